//! The messages of a session, on its thread: simple queries, and the extended protocol with its
//! prepared statements and portals.
//! PostgreSQL documentation, "Message flow".

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use pgwire::messages::data::{FieldDescription, NoData, ParameterDescription, RowDescription};
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete,
    PortalSuspended, TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::{
    CommandComplete, EmptyQueryResponse, ReadyForQuery, TransactionStatus,
};
use pgwire::messages::startup::{Authentication, BackendKeyData, ParameterStatus, SecretKey};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use redshift_sql::{Kind, Show, Statement};
use tokio::sync::mpsc::{Receiver, Sender};

use super::bind;
use super::encode::{Format, Rows, Style, format_of};
use super::inbox::Inbox;
use super::login::Admitted;
use super::outbox::Outbox;
use super::shape::{Shape, shape};
use super::types::{engine_type, wire_type};
use crate::errors::Failure;
use crate::registry::Signals;
use crate::session::{Field, Notice, Output, Pager, Parameter, Session, Status};
use crate::warehouse::Cluster;

/// VARCHAR: what a parameter of unknown type is described as.
const VARCHAR: u32 = 1043;

/// A statement of Parse.
struct Prepared {
    /// `None` for an empty text.
    statement: Option<Arc<Statement>>,
    /// The parameters' types as described: the client's, VARCHAR where it gave none.
    types: Vec<u32>,
}

/// A bound statement.
struct Portal {
    statement: Option<Arc<Statement>>,
    parameters: Vec<Parameter>,
    types: Vec<u32>,
    formats: Vec<Format>,
    progress: Progress,
}

/// How far a portal has been read.
enum Progress {
    New,
    Paged(Pager),
    Done(String),
}

/// Runs a session until its client or its cluster ends it.
pub(super) fn run(
    cluster: &Arc<Cluster>,
    admitted: Admitted,
    signals: Arc<Signals>,
    inbox: Receiver<PgWireFrontendMessage>,
    queue: Sender<Bytes>,
) {
    let mut outbox = Outbox::new(queue);
    let mut secret = [0_u8; 4];
    cluster.world.random_bytes(&mut secret);
    let secret = i32::from_be_bytes(secret);
    let session = Session::open(Arc::clone(cluster), admitted.login, Arc::clone(&signals));
    let admitted =
        session.and_then(|session| session.admit(secret, &signals).map(|pid| (session, pid)));
    let ended = match admitted {
        Err(failure) => outbox.failure(&failure.fatal()).and_then(|()| outbox.flush()),
        Ok((session, pid)) => {
            let mut connection = Connection {
                session,
                inbox: Inbox::new(inbox),
                outbox,
                statements: HashMap::new(),
                portals: HashMap::new(),
                skipping: false,
            };
            connection.welcome(pid, secret).and_then(|()| connection.converse(&signals))
        }
    };
    if let Err(failure) = ended {
        tracing::debug!(%failure, "session ended");
    }
}

struct Connection {
    session: Session,
    inbox: Inbox,
    outbox: Outbox,
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    /// An extended message failed: everything until Sync is skipped.
    skipping: bool,
}

impl Connection {
    /// AuthenticationOk, the parameters clients look at, the key to cancel, ReadyForQuery.
    fn welcome(&mut self, pid: i32, secret: i32) -> Result<(), Failure> {
        self.session.set_pid(pid)?;
        self.outbox.message(&PgWireBackendMessage::Authentication(Authentication::Ok))?;
        let settings = [
            "client_encoding",
            "datestyle",
            "standard_conforming_strings",
            "timezone",
            "application_name",
        ];
        let [encoding, date_style, conforming, zone, application] =
            settings.map(|name| self.session.setting(name).unwrap_or_default().to_owned());
        let status = [
            ("server_version", "8.0.2"),
            ("server_encoding", "UTF8"),
            ("client_encoding", encoding.as_str()),
            ("application_name", application.as_str()),
            ("DateStyle", date_style.as_str()),
            ("TimeZone", zone.as_str()),
            ("integer_datetimes", "on"),
            ("standard_conforming_strings", conforming.as_str()),
            ("padb_version", "1.0.436211"),
            ("padb_revision", "436211"),
            // Drivers ask by SHOW, and for all databases, instead of long catalog queries.
            ("show_discovery", "4"),
            ("datashare_enabled", "on"),
        ];
        for (name, value) in status {
            self.parameter_status(name, value)?;
        }
        let key = BackendKeyData::new(pid, SecretKey::I32(secret));
        self.outbox.message(&PgWireBackendMessage::BackendKeyData(key))?;
        self.ready()
    }

    fn parameter_status(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let status = ParameterStatus::new(name.to_owned(), value.to_owned());
        self.outbox.message(&PgWireBackendMessage::ParameterStatus(status))
    }

    fn ready(&mut self) -> Result<(), Failure> {
        let status = match self.session.status() {
            Status::Idle => TransactionStatus::Idle,
            Status::Open => TransactionStatus::Transaction,
            Status::Failed => TransactionStatus::Error,
        };
        self.outbox.message(&PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(status)))?;
        self.outbox.flush()
    }

    /// Handles messages until the client says goodbye, is gone, or the cluster ends the session.
    fn converse(&mut self, signals: &Signals) -> Result<(), Failure> {
        loop {
            if signals.terminated.load(Ordering::SeqCst) {
                self.outbox.failure(&signals.farewell())?;
                return self.outbox.flush();
            }
            signals.rest(self.session.rest());
            let message = self.inbox.next();
            signals.work();
            match message {
                // The reader stops when the cluster ends the session, too.
                None if signals.terminated.load(Ordering::SeqCst) => {}
                None | Some(PgWireFrontendMessage::Terminate(_)) => return Ok(()),
                Some(message) => self.handle(message)?,
            }
        }
    }

    /// Handles one message; the error is only that of a connection that cannot go on.
    fn handle(&mut self, message: PgWireFrontendMessage) -> Result<(), Failure> {
        match message {
            PgWireFrontendMessage::Query(query) => {
                self.skipping = false;
                self.simple(&query.query)?;
                self.ready()
            }
            PgWireFrontendMessage::Sync(_) => {
                let ended = if std::mem::take(&mut self.skipping) { Ok(()) } else { self.synced() };
                self.tell(ended, false)?;
                self.ready()
            }
            _ if self.skipping => Ok(()),
            PgWireFrontendMessage::Flush(_) => self.outbox.flush(),
            // What a client sends before it hears that its COPY was refused is not for anyone.
            PgWireFrontendMessage::CopyData(_)
            | PgWireFrontendMessage::CopyDone(_)
            | PgWireFrontendMessage::CopyFail(_) => Ok(()),
            extended => {
                let done = match extended {
                    PgWireFrontendMessage::Parse(parse) => self.parse(&parse),
                    PgWireFrontendMessage::Bind(bind) => self.bind(&bind),
                    PgWireFrontendMessage::Describe(describe) => self.describe(&describe),
                    PgWireFrontendMessage::Execute(execute) => self.execute(&execute),
                    PgWireFrontendMessage::Close(close) => self.close(&close),
                    _ => Err(Failure::new("08P01", "unexpected message").fatal()),
                };
                self.tell(done, true)
            }
        }
    }

    /// Tells a failure to the client; fatal ones end the session. One of the extended protocol
    /// undoes what came since the last Sync, and is sent at once: there are clients that wait for
    /// the answer to a Flush before they send their Sync.
    fn tell(&mut self, done: Result<(), Failure>, extended: bool) -> Result<(), Failure> {
        let Err(failure) = done else { return Ok(()) };
        self.outbox.failure(&failure)?;
        if failure.fatal {
            self.outbox.flush()?;
            return Err(failure);
        }
        self.skipping = extended;
        if extended {
            self.session.abort();
            self.outbox.flush()?;
        }
        Ok(())
    }

    /// Sync: what came since the last one was a transaction, unless it is inside a block.
    fn synced(&mut self) -> Result<(), Failure> {
        if self.session.status() == Status::Idle {
            self.close_portals();
        }
        self.session.end_implicit()
    }

    fn simple(&mut self, text: &str) -> Result<(), Failure> {
        let statements = match self.session.parse(text) {
            Ok(statements) => statements,
            Err(failure) => {
                self.session.abort();
                return self.tell(Err(failure), false);
            }
        };
        let real: Vec<&Statement> =
            statements.iter().filter(|statement| statement.kind != Kind::Empty).collect();
        if real.is_empty() {
            let empty = EmptyQueryResponse::new();
            return self.outbox.message(&PgWireBackendMessage::EmptyQueryResponse(empty));
        }
        let done = self.simple_statements(&real);
        self.tell(done, false)
    }

    /// Several statements of one message share a transaction.
    fn simple_statements(&mut self, statements: &[&Statement]) -> Result<(), Failure> {
        let several = statements.len() > 1;
        for statement in statements {
            if several {
                self.session.begin_implicit()?;
            }
            let mut output = WireOutput::new(&mut self.outbox, &[], true, &self.session);
            let tag = self.session.execute(statement, &[], &mut output)?;
            self.complete(&tag)?;
        }
        self.session.end_implicit()
    }

    fn complete(&mut self, tag: &str) -> Result<(), Failure> {
        let complete = CommandComplete::new(tag.to_owned());
        self.outbox.message(&PgWireBackendMessage::CommandComplete(complete))
    }

    fn parse(&mut self, parse: &Parse) -> Result<(), Failure> {
        let name = parse.name.clone().unwrap_or_default();
        if !name.is_empty() && self.statements.contains_key(&name) {
            let text = format!("prepared statement \"{name}\" already exists");
            return Err(Failure::new("42P05", text));
        }
        let mut statements = match self.session.parse(&parse.query) {
            Ok(statements) => statements,
            Err(failure) => {
                self.session.abort();
                return Err(failure);
            }
        };
        statements.retain(|statement| statement.kind != Kind::Empty);
        if statements.len() > 1 {
            self.session.abort();
            let text = "cannot insert multiple commands into a prepared statement";
            return Err(Failure::new("42601", text));
        }
        let statement = statements.pop().map(Arc::new);
        if let Some(statement) = &statement {
            self.session.refuse_if_aborted(&statement.kind)?;
        }
        let count = statement.as_ref().map_or(0, |statement| parameter_count(&statement.kind));
        let types = (0..count.max(parse.type_oids.len()))
            .map(|index| parse.type_oids.get(index).copied().filter(|oid| *oid != 0))
            .collect::<Vec<Option<u32>>>();
        let types = match &statement {
            Some(statement) => self.session.parameter_types(statement, &types),
            None => types,
        };
        let types = types.into_iter().map(|oid| oid.unwrap_or(VARCHAR)).collect();
        self.statements.insert(name, Prepared { statement, types });
        self.outbox.message(&PgWireBackendMessage::ParseComplete(ParseComplete::new()))
    }

    fn bind(&mut self, bind: &Bind) -> Result<(), Failure> {
        let name = bind.statement_name.clone().unwrap_or_default();
        let prepared = self.statements.get(&name).ok_or_else(|| no_statement(&name))?;
        if bind.parameters.len() < prepared.types.len() {
            let text = format!(
                "bind message supplies {} parameters, but prepared statement \"{name}\" \
                 requires {}",
                bind.parameters.len(),
                prepared.types.len()
            );
            return Err(Failure::new("08P01", text));
        }
        let portal = Portal {
            statement: prepared.statement.clone(),
            parameters: bind::parameters(bind, &prepared.types)?,
            types: prepared.types.clone(),
            formats: bind::formats(&bind.result_column_format_codes)?,
            progress: Progress::New,
        };
        let name = bind.portal_name.clone().unwrap_or_default();
        self.close_portal(&name);
        self.portals.insert(name, portal);
        self.outbox.message(&PgWireBackendMessage::BindComplete(BindComplete::new()))
    }

    fn describe(&mut self, describe: &Describe) -> Result<(), Failure> {
        let name = describe.name.clone().unwrap_or_default();
        let (statement, types, formats) = if describe.target_type == TARGET_TYPE_BYTE_STATEMENT {
            let prepared = self.statements.get(&name).ok_or_else(|| no_statement(&name))?;
            let types = ParameterDescription::new(prepared.types.clone());
            self.outbox.message(&PgWireBackendMessage::ParameterDescription(types))?;
            (prepared.statement.clone(), prepared.types.clone(), Vec::new())
        } else {
            let Some(portal) = self.portals.get(&name) else {
                let fields = self.session.cursor_fields(&name).ok_or_else(|| no_portal(&name))?;
                return self.outbox.message(&row_description(&fields, &[]));
            };
            (portal.statement.clone(), portal.types.clone(), portal.formats.clone())
        };
        let engine: Vec<_> = types.iter().map(|oid| engine_type(*oid)).collect();
        let described = match statement {
            Some(statement) => self.session.describe(&statement, &engine),
            None => Ok(None),
        };
        if described.is_err() && describe.target_type == TARGET_TYPE_BYTE_STATEMENT {
            // PostgreSQL would have found the error at Parse, and there would be no statement:
            // clients use its name again.
            self.statements.remove(&name);
        }
        let fields = described?;
        self.outbox.message(&match fields {
            Some(fields) => row_description(&fields, &formats),
            None => PgWireBackendMessage::NoData(NoData::new()),
        })
    }

    fn execute(&mut self, execute: &Execute) -> Result<(), Failure> {
        let name = execute.name.clone().unwrap_or_default();
        let mut portal = self.portals.remove(&name).ok_or_else(|| no_portal(&name))?;
        let done = self.execute_portal(&mut portal, execute.max_rows);
        self.portals.insert(name, portal);
        done
    }

    fn execute_portal(&mut self, portal: &mut Portal, max_rows: i32) -> Result<(), Failure> {
        let Some(statement) = portal.statement.clone() else {
            let empty = EmptyQueryResponse::new();
            return self.outbox.message(&PgWireBackendMessage::EmptyQueryResponse(empty));
        };
        if !is_alone(&statement.kind) && !self.inbox.sync_follows() {
            self.session.begin_implicit()?;
        }
        let limit = u64::try_from(max_rows).ok().filter(|limit| *limit > 0);
        if limit.is_some()
            && matches!(portal.progress, Progress::New)
            && let Some(pager) = self.session.open_pager(&statement, &portal.parameters)?
        {
            portal.progress = Progress::Paged(pager);
        }
        match &mut portal.progress {
            Progress::New => {
                let mut output =
                    WireOutput::new(&mut self.outbox, &portal.formats, false, &self.session);
                let tag = self.session.execute(&statement, &portal.parameters, &mut output)?;
                portal.progress = Progress::Done(tag.clone());
                self.complete(&tag)
            }
            Progress::Paged(pager) => {
                let mut output =
                    WireOutput::new(&mut self.outbox, &portal.formats, false, &self.session);
                self.session.page(pager, limit, &mut output)?;
                if pager.is_done() {
                    self.session.close_pager(pager);
                    portal.progress = Progress::Done(String::from("SELECT"));
                    return self.complete("SELECT");
                }
                let suspended = PortalSuspended::new();
                self.outbox.message(&PgWireBackendMessage::PortalSuspended(suspended))
            }
            Progress::Done(tag) => {
                let tag = tag.clone();
                self.complete(&tag)
            }
        }
    }

    fn close(&mut self, close: &Close) -> Result<(), Failure> {
        let name = close.name.clone().unwrap_or_default();
        if close.target_type == TARGET_TYPE_BYTE_STATEMENT {
            self.statements.remove(&name);
        } else {
            self.close_portal(&name);
        }
        self.outbox.message(&PgWireBackendMessage::CloseComplete(CloseComplete::new()))
    }

    fn close_portal(&mut self, name: &str) {
        if let Some(Portal { progress: Progress::Paged(pager), .. }) = self.portals.remove(name) {
            self.session.close_pager(&pager);
        }
    }

    fn close_portals(&mut self) {
        let names: Vec<String> = self.portals.keys().cloned().collect();
        names.iter().for_each(|name| self.close_portal(name));
    }
}

fn parameter_count(kind: &Kind) -> usize {
    match kind {
        Kind::Engine(engine) => engine.parameters,
        Kind::CreateTable(create) => create.parameters,
        Kind::DeclareCursor { query, .. } => query.parameters,
        Kind::Show(Show::List(list)) => list.parameters,
        Kind::Call(call) => call.parameters,
        _ => 0,
    }
}

/// Whether a statement begins or ends transactions itself, cannot be inside one, or asks for one
/// that `BEGIN` began.
fn is_alone(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Begin(_)
            | Kind::Commit
            | Kind::Rollback
            | Kind::Call(_)
            | Kind::Vacuum { .. }
            | Kind::DeclareCursor { .. }
            | Kind::CreateDatabase(_)
            | Kind::DropDatabase { .. }
            | Kind::AlterDatabase(_)
    )
}

fn row_description(fields: &[Field], formats: &[Format]) -> PgWireBackendMessage {
    let fields = fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let wire = wire_type(field.kind);
            let format = i16::from(format_of(formats, index) == Format::Binary);
            FieldDescription::new(
                field.name.clone(),
                0,
                0,
                wire.oid,
                wire.size,
                wire.modifier,
                format,
            )
        })
        .collect();
    PgWireBackendMessage::RowDescription(RowDescription::new(fields))
}

fn no_statement(name: &str) -> Failure {
    Failure::new("26000", format!("prepared statement \"{name}\" does not exist"))
}

fn no_portal(name: &str) -> Failure {
    Failure::new("34000", format!("portal \"{name}\" does not exist"))
}

/// Sends a statement's results in the formats asked for.
struct WireOutput<'a> {
    outbox: &'a mut Outbox,
    formats: &'a [Format],
    describes: bool,
    style: Style,
    /// What is done to each column's values.
    shapes: Vec<Shape>,
}

impl<'a> WireOutput<'a> {
    fn new(
        outbox: &'a mut Outbox,
        formats: &'a [Format],
        describes: bool,
        session: &Session,
    ) -> Self {
        let digits = session.setting("extra_float_digits").and_then(|digits| digits.parse().ok());
        Self {
            outbox,
            formats,
            describes,
            style: Style { float_digits: digits.unwrap_or(0), zone: session.zone() },
            shapes: Vec::new(),
        }
    }
}

impl Output for WireOutput<'_> {
    fn columns(&mut self, fields: &[Field]) -> Result<(), Failure> {
        self.shapes = fields.iter().map(|field| shape(field.kind)).collect();
        if self.describes {
            self.outbox.message(&row_description(fields, self.formats))?;
        }
        Ok(())
    }

    fn rows(&mut self, batch: &arrow::record_batch::RecordBatch) -> Result<(), Failure> {
        let rows = Rows::new(batch, self.formats, &self.shapes, self.style)?;
        for row in 0..batch.num_rows() {
            self.outbox.row(|out| rows.write(row, out))?;
        }
        Ok(())
    }

    fn notice(&mut self, notice: &Notice) -> Result<(), Failure> {
        self.outbox.notice(notice)
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let status = ParameterStatus::new(name.to_owned(), value.to_owned());
        self.outbox.message(&PgWireBackendMessage::ParameterStatus(status))
    }
}
