//! Which statement is carried out where, and what happens around each: cancellation, timeout,
//! the aborted transaction, history.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use chrono::{DateTime, Utc};
use redshift_sql::{Kind, Statement, Verb};

use super::transaction::Transaction;
use super::{Field, Notice, Output, Parameter, Session};
use crate::catalog::history::{Origin, QueryRecord, Record, RunningRecord};
use crate::engine::Interrupt;
use crate::errors::Failure;
use crate::registry::Signals;

/// Characters of a statement kept in history (`SYS_QUERY_HISTORY.query_text`).
const HISTORY_TEXT: usize = 4000;

impl Session {
    /// Carries out one statement; gives its command tag, empty for an empty statement.
    ///
    /// # Errors
    /// The statement's failure, after its transaction has been undone.
    pub(crate) fn execute(
        &mut self,
        statement: &Statement,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        if statement.kind == Kind::Empty {
            return Ok(String::new());
        }
        self.surrounded(statement, |session| {
            let upper = session.settings.is_on("describe_field_name_in_uppercase");
            let least = session.settings.get("client_min_messages").unwrap_or_default();
            let least = least.to_ascii_lowercase();
            let mut counting = Counting { output, rows: 0, upper, least };
            let result = session.dispatch_whole(statement, parameters, &mut counting);
            (result, counting.rows)
        })
    }

    /// What happens around every statement; `work` gives its result and the number of its rows.
    pub(super) fn surrounded<T>(
        &mut self,
        statement: &Statement,
        work: impl FnOnce(&mut Self) -> (Result<T, Failure>, u64),
    ) -> Result<T, Failure> {
        self.refuse_if_aborted(&statement.kind)?;
        self.signals.begin();
        let query = self.begin_query(&statement.kind)?;
        let timeout = Timeout::start(
            self.settings.int("statement_timeout"),
            self.interrupt(),
            Arc::clone(&self.signals),
        );
        let started = self.cluster.world.now();
        self.statement_text.clone_from(&statement.text);
        self.statement_position = statement.position;
        let begun = self.remember_begin(statement, query, started);
        let (result, rows) = match self.prepare_to_run(&statement.kind) {
            Ok(()) => work(self),
            Err(failure) => (Err(failure), 0),
        };
        drop(timeout);
        let result = result.map_err(|failure| self.worded(self.denied_if_hidden(failure), query));
        if result.is_err() {
            self.abort();
        }
        self.release_after(result.is_ok());
        if let Some(begun) = begun {
            self.remember(begun, result.as_ref().err(), rows);
        }
        result
    }

    /// Carries out a statement of a procedure: as any other, but it is the call that is
    /// cancelled, timed and undone.
    pub(super) fn execute_inside(
        &mut self,
        statement: &Statement,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let query = self.begin_query(&statement.kind)?;
        let started = self.cluster.world.now();
        let outer = std::mem::replace(&mut self.statement_text, statement.text.clone());
        let begun = self.remember_begin(statement, query, started);
        let mut counting = Counting { output, rows: 0, upper: false, least: String::new() };
        let ready = self.prepare_to_run(&statement.kind);
        let result = ready.and_then(|()| self.dispatch_whole(statement, parameters, &mut counting));
        self.release_after(result.is_ok());
        let rows = counting.rows;
        self.statement_text = outer;
        if let Some(begun) = begun {
            self.remember(begun, result.as_ref().err(), rows);
        }
        result
    }

    /// 25P02 in a transaction that has failed, but for the statements that end it.
    pub(crate) fn refuse_if_aborted(&self, kind: &Kind) -> Result<(), Failure> {
        let ends = matches!(kind, Kind::Commit | Kind::Rollback | Kind::Empty);
        if self.transaction == Transaction::Aborted && !ends {
            return Err(Failure::transaction_aborted());
        }
        Ok(())
    }

    /// The columns a statement will answer with, found without running it; `None` for none.
    ///
    /// # Errors
    /// What preparing the statement would fail with; the transaction is then undone.
    pub(crate) fn describe(
        &mut self,
        statement: &Statement,
        types: &[Option<&'static str>],
    ) -> Result<Option<Vec<Field>>, Failure> {
        self.refuse_if_aborted(&statement.kind)?;
        let described = match &statement.kind {
            Kind::Engine(engine) if engine.returns_rows && engine.verb == Verb::Select => {
                self.describe_query(engine, types).map(Some)
            }
            Kind::Show(show) => self.describe_show(show).map(Some),
            Kind::Fetch(fetch) => self.describe_fetch(fetch).map(Some),
            Kind::Execute(execute) => self.describe_prepared(execute),
            Kind::Explain(_) => Ok(Some(super::explain::fields())),
            Kind::Call(call) => self.describe_call(call, types),
            _ => Ok(None),
        };
        let described = described.map_err(|failure| self.denied_if_hidden(failure));
        if described.is_err() {
            self.abort();
        }
        let described = described?;
        match self.settings.is_on("describe_field_name_in_uppercase") {
            true => Ok(described.as_deref().map(in_capitals)),
            false => Ok(described),
        }
    }

    /// Carries a statement out, and what its functions have left to be done.
    fn dispatch_whole(
        &mut self,
        statement: &Statement,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let tag = self.dispatch(statement, parameters, output)?;
        self.apply_effects(output)?;
        Ok(tag)
    }

    fn dispatch(
        &mut self,
        statement: &Statement,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        match &statement.kind {
            Kind::Empty => Ok(String::new()),
            Kind::Engine(engine) => self.run_engine(engine, parameters, output),
            Kind::Merge(merge) => self.merge(merge, parameters, output),
            Kind::Unload(unload) => self.run_unload(unload, output),
            Kind::Copy(copy) => self.run_copy(copy, output),
            Kind::Begin(modes) => self.begin(modes, output).map(|()| "BEGIN".into()),
            Kind::Commit => self.commit(output).map(str::to_owned),
            Kind::Rollback => self.rollback(output).map(|()| "ROLLBACK".into()),
            Kind::DeclareCursor { .. }
            | Kind::Fetch(_)
            | Kind::Close { .. }
            | Kind::Prepare(_)
            | Kind::Execute(_)
            | Kind::Deallocate { .. } => self.run_cursor(&statement.kind, parameters, output),
            Kind::Set(_)
            | Kind::SetSessionAuthorization { .. }
            | Kind::Reset { .. }
            | Kind::Use { .. }
            | Kind::Show(_)
            | Kind::Discard
            | Kind::Explain(_)
            | Kind::Cancel { .. } => self.run_session(&statement.kind, parameters, output),
            Kind::CreateUser(_)
            | Kind::AlterUser(_)
            | Kind::DropUser(_)
            | Kind::CreateGroup(_)
            | Kind::AlterGroup(_)
            | Kind::DropGroup(_)
            | Kind::CreateRole(_)
            | Kind::AlterRole(_)
            | Kind::DropRole(_) => self.run_users(&statement.kind),
            Kind::Grant(grant) => self.grant(grant).map(|()| "GRANT".into()),
            Kind::Revoke(revoke) => self.revoke(revoke).map(|()| "REVOKE".into()),
            Kind::Policy(policy) => {
                self.run_policy(policy)?;
                Ok(redshift_sql::command_tag(&statement.kind, 0))
            }
            Kind::AlterDefaultPrivileges(alter) => {
                self.alter_default_privileges(alter).map(|()| "ALTER DEFAULT PRIVILEGES".into())
            }
            Kind::CreateProcedure(create) => self.create_procedure(create),
            Kind::CreateFunction(create) => self.create_function(create),
            Kind::AlterRoutine(alter) => self.alter_routine(alter),
            Kind::DropRoutine { routine, .. } => self.drop_routine(routine),
            Kind::Call(call) => self.call(call, parameters, output),
            Kind::CreateDatabase(_) | Kind::AlterDatabase(_) | Kind::DropDatabase { .. } => {
                self.run_databases(&statement.kind)?;
                Ok(redshift_sql::command_tag(&statement.kind, 0))
            }
            other => self.run_ddl(other, parameters, output),
        }
    }

    /// Gives a query id to statements that have one; the others keep the last.
    fn begin_query(&mut self, kind: &Kind) -> Result<i64, Failure> {
        if !has_query_id(kind) {
            return Ok(0);
        }
        Ok(self.next_query())
    }

    /// A new query id.
    pub(super) fn next_query(&mut self) -> i64 {
        let query = self.cluster.query_ids.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        self.query_before = self.last_query;
        self.last_query = query;
        query
    }

    /// Where the running statement stands in history.
    pub(super) fn origin(&self, query: i64) -> Origin {
        Origin {
            user: self.user.id,
            query,
            transaction: self.transaction_number,
            session: self.pid,
            database: self.database_name.clone(),
        }
    }

    /// Tells history that a statement runs; `None` for those that it does not keep.
    fn remember_begin(
        &self,
        statement: &Statement,
        query: i64,
        started: DateTime<Utc>,
    ) -> Option<RunningRecord> {
        if query == 0 {
            return None;
        }
        let text = redshift_sql::redact(&statement.text);
        let begun = RunningRecord {
            origin: self.origin(query),
            label: self.settings.get("query_group").unwrap_or_default().to_owned(),
            query_type: query_type(&statement.kind),
            started,
            text: text.chars().take(HISTORY_TEXT).collect(),
        };
        self.cluster.history.add(Record::Running(begun.clone()));
        Some(begun)
    }

    fn remember(&self, begun: RunningRecord, failure: Option<&Failure>, rows: u64) {
        let status = match failure {
            None => "success",
            Some(failure) if matches!(failure.sqlstate.as_str(), "57014" | "57P01") => "canceled",
            Some(_) => "failed",
        };
        let RunningRecord { origin, label, query_type, started, text } = begun;
        self.cluster.history.add(Record::Query(QueryRecord {
            origin: Origin { transaction: self.transaction_number, ..origin },
            label,
            query_type,
            status,
            started,
            ended: self.cluster.world.now(),
            error: failure.map(|failure| failure.message.clone()),
            rows,
            text,
        }));
    }
}

fn has_query_id(kind: &Kind) -> bool {
    !matches!(
        kind,
        Kind::Begin(_)
            | Kind::Commit
            | Kind::Rollback
            | Kind::Set(_)
            | Kind::Reset { .. }
            | Kind::Show(_)
            | Kind::Deallocate { .. }
            | Kind::Close { .. }
    )
}

/// `SYS_QUERY_HISTORY.query_type`.
fn query_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Engine(engine) => match engine.verb {
            Verb::Select => "SELECT",
            Verb::Insert => "INSERT",
            Verb::Update => "UPDATE",
            Verb::Delete => "DELETE",
            Verb::Merge => "OTHER",
        },
        Kind::Merge(_) => "OTHER",
        Kind::Unload(_) => "UNLOAD",
        Kind::Copy(_) => "COPY",
        Kind::CreateTable(table) if !table.sql.is_empty() && is_ctas(table) => "CTAS",
        Kind::CreateTable(_)
        | Kind::CreateView(_)
        | Kind::CreateMaterializedView(_)
        | Kind::CreateSchema(_)
        | Kind::AlterSchema(_)
        | Kind::DropSchema(_)
        | Kind::DropRelation(_)
        | Kind::AlterTable(_)
        | Kind::Truncate { .. }
        | Kind::CreateProcedure(_)
        | Kind::CreateFunction(_)
        | Kind::AlterRoutine(_)
        | Kind::DropRoutine { .. }
        | Kind::Comment(_) => "DDL",
        Kind::Call(_) => "CALL",
        Kind::DeclareCursor { .. } | Kind::Fetch(_) | Kind::Execute(_) => "COMMAND",
        _ => "UTILITY",
    }
}

fn is_ctas(table: &redshift_sql::CreateTable) -> bool {
    matches!(table.source, redshift_sql::TableSource::Query { .. })
}

/// Column names as some old clients want them.
fn in_capitals(fields: &[Field]) -> Vec<Field> {
    let capital = |field: &Field| Field { name: field.name.to_ascii_uppercase(), kind: field.kind };
    fields.iter().map(capital).collect()
}

/// Counts the rows on their way out.
struct Counting<'a> {
    output: &'a mut dyn Output,
    rows: u64,
    /// `describe_field_name_in_uppercase`.
    upper: bool,
    /// `client_min_messages`; empty lets everything through.
    least: String,
}

impl Counting<'_> {
    /// Whether the client wants a message; INFO always is.
    fn is_wanted(&self, severity: &str) -> bool {
        let only_errors = matches!(self.least.as_str(), "error" | "fatal" | "panic");
        match severity {
            "NOTICE" => !only_errors && self.least != "warning",
            "WARNING" => !only_errors,
            _ => true,
        }
    }
}

impl Output for Counting<'_> {
    fn columns(&mut self, fields: &[Field]) -> Result<(), Failure> {
        match self.upper {
            true => self.output.columns(&in_capitals(fields)),
            false => self.output.columns(fields),
        }
    }

    fn rows(&mut self, batch: &arrow::record_batch::RecordBatch) -> Result<(), Failure> {
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        self.output.rows(batch)
    }

    fn notice(&mut self, notice: &Notice) -> Result<(), Failure> {
        if self.is_wanted(notice.severity) { self.output.notice(notice) } else { Ok(()) }
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        self.output.parameter(name, value)
    }
}

/// Interrupts the statement after `statement_timeout` milliseconds, unless dropped before.
struct Timeout {
    _stop: Option<Sender<()>>,
}

impl Timeout {
    fn start(milliseconds: i64, interrupt: Interrupt, signals: Arc<Signals>) -> Self {
        let Some(wait) = u64::try_from(milliseconds).ok().filter(|wait| *wait > 0) else {
            return Self { _stop: None };
        };
        let (stop, stopped) = channel::<()>();
        std::thread::spawn(move || {
            let wait = Duration::from_millis(wait);
            if stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                // A procedure may be between two statements of the engine. A lock may be waited for too.
                signals.cancelled.store(true, Ordering::SeqCst);
                interrupt.interrupt();
            }
        });
        Self { _stop: Some(stop) }
    }
}
