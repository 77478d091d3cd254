//! Sending the statement and watching it: journalled first, cancelled on Ctrl-C, its progress taken
//! from the history over a second connection.
//!
//! What is sent is `unload`'s or `load`'s; here is what both have in common.

use std::time::{Duration, Instant};

use super::login::LoggedIn;
use super::{Done, Path, Sent, blame, landed, load, note_failure, unload};
use crate::database::{Database, DbError, Login};
use crate::file::{Mode, Way};
use crate::journal::Entry;
use crate::objects;
use crate::place::Account;
use crate::report::{Event, Progress};
use crate::sql;
use crate::trouble::{Result, Trouble};
use crate::work::Work;

/// Between two progress lines.
const TICK: Duration = Duration::from_millis(200);
/// Statements shorter than this are not worth a second connection.
const WATCH_AFTER: Duration = Duration::from_secs(1);
/// A statement of which the warehouse's history says nothing counts as under way after this.
const SENT_AFTER: Duration = Duration::from_secs(5);
/// Between two questions to the warehouse.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The mark of a run, in the statement's comment and in the query label.
pub(crate) fn mark(movement: &str, run: &str) -> String {
    format!("landbridge:{movement}:{run}")
}

/// What a statement did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Rows unloaded or loaded.
    pub rows: u64,
    /// Broken lines that were left out.
    pub rejected: u64,
    /// Rows that were replaced.
    pub replaced: u64,
}

/// Why a statement did nothing.
pub(crate) enum Refused {
    /// The warehouse refused it.
    Database(DbError),
    /// What was loaded could not be used.
    Known(Box<Trouble>),
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// Sends the statement and waits for it; with `detach`, until the warehouse is at work.
pub(crate) async fn send(
    work: &mut Work<'_>,
    login: &LoggedIn,
    path: &mut Path<'_>,
    detach: bool,
) -> Result<Sent> {
    if detach && work.movement.inward().is_some_and(|load| load.mode != Mode::Append) {
        return Err(attached(work));
    }
    let now = work.cx.clock.now().format("%Y%m%dT%H%M%SZ");
    let run = format!("{now}-{}", work.random_hex::<4>());
    let mark = mark(&work.movement.name, &run);
    let session = login.session.as_ref();
    let process = session.query("SELECT pg_backend_pid()").await.ok();
    let process = process.and_then(|rows| rows.first().map(str::to_owned));
    // A label in the history beside the comment; a warehouse that refuses it has the comment.
    let label = format!("SET query_group TO {}", sql::literal(&mark));
    let _ = session.query(&label).await;
    if work.movement.inward().is_some() {
        landed::sources(work, &run).await?;
    }
    let started = work.cx.clock.now();
    let ended = match &work.movement.way {
        Way::Out(form) => {
            let statement = sql::unload(work.movement, form, &work.facts, &mark);
            begin(work, &run, process, &statement)?;
            let running = unload::unload(session, &statement);
            watched(work, login, &mark, path, detach, running).await
        }
        Way::In(load) => {
            let load = load::Statements::new(work, load, &mark);
            begin(work, &run, process, load.copy())?;
            let running = load.execute(session);
            watched(work, login, &mark, path, detach, running).await
        }
    };
    let counted = match ended {
        Ok(counted) => counted,
        // Nobody waits for its answer any more; the statement goes on without.
        Err(Stopped::Left) => return Ok(Sent::Left { run }),
        Err(stopped) => return Err(refused(work, login, path, &run, stopped).await?),
    };
    let elapsed = work.cx.clock.now() - started;
    let elapsed_ms = u64::try_from(elapsed.num_milliseconds()).ok();
    note_done(work, &run, counted)?;
    Ok(Sent::Done(Done { run, counted, elapsed_ms }))
}

fn begin(work: &mut Work<'_>, run: &str, process: Option<String>, statement: &str) -> Result<()> {
    let statement_sha256 = objects::sha256(statement);
    work.note(Entry::RunStarted { run: run.to_owned(), process, statement_sha256 })
}

/// Journals that the statement is done.
pub(super) fn note_done(work: &mut Work<'_>, run: &str, counted: Counted) -> Result<()> {
    let (run, Counted { rows, rejected, replaced }) = (run.to_owned(), counted);
    work.note(match work.movement.way {
        Way::Out(_) => Entry::Unloaded { run, rows },
        Way::In(_) => Entry::Loaded { run, rows, rejected, replaced },
    })
}

/// The block of a statement that was stopped or refused; what is known of its end is journalled.
async fn refused(
    work: &mut Work<'_>,
    login: &LoggedIn,
    path: &mut Path<'_>,
    run: &str,
    stopped: Stopped,
) -> Result<Box<Trouble>> {
    let error = match stopped {
        Stopped::Left | Stopped::Cancelled => {
            note_failure(work, run, "cancelled")?;
            return Ok(cancelled(work));
        }
        Stopped::Refused(Refused::Known(trouble)) => {
            note_failure(work, run, &trouble.to_string())?;
            path.pass_all(work, 5..=7);
            return Ok(trouble);
        }
        // No answer at all: the statement may go on, and the next run looks what became of it.
        Stopped::Refused(Refused::Database(error)) if error.sqlstate.is_none() => {
            return Ok(cut_off(work, &error));
        }
        Stopped::Refused(Refused::Database(error)) => error,
    };
    note_failure(work, run, &error.message)?;
    let hop = blame::hop_of_statement(work, &error);
    path.pass_all(work, 5..=hop - 1);
    path.fail(work, hop);
    let broken = match work.movement.way {
        Way::Out(_) => Vec::new(),
        Way::In(_) => load::broken_lines(login.session.as_ref(), &error).await,
    };
    let tried = tried(work, hop);
    let mut trouble = blame::block(work, hop, blame::Refusal::database(tried, error)).await;
    trouble.why.extend(broken);
    Ok(unload::occupied(work, trouble))
}

enum Stopped {
    Left,
    Cancelled,
    Refused(Refused),
}

/// Asks the history for the state of the statement with this mark ("SYS_QUERY_HISTORY").
pub(crate) fn history(mark: &str, statement: &str) -> String {
    format!(
        "SELECT TRIM(status) FROM sys_query_history WHERE TRIM(query_label) = {} \
         AND TRIM(query_type) = '{statement}' ORDER BY start_time DESC LIMIT 1",
        sql::literal(mark)
    )
}

/// Awaits the statement, telling progress, until it ends or the user has had enough.
async fn watched(
    work: &Work<'_>,
    login: &LoggedIn,
    mark: &str,
    path: &mut Path<'_>,
    detach: bool,
    statement: impl Future<Output = std::result::Result<Counted, Refused>>,
) -> std::result::Result<Counted, Stopped> {
    let started = Instant::now();
    let mut watcher = Watcher::default();
    tokio::pin!(statement);
    loop {
        tokio::select! {
            ended = &mut statement => return ended.map_err(Stopped::Refused),
            () = work.cx.cancel.wait() => {
                let _ = login.session.cancel().await;
                // The statement answers that it was cancelled, or had just ended.
                let ended = statement.await;
                return ended.map_err(|_| Stopped::Cancelled);
            }
            () = tokio::time::sleep(TICK) => {}
        }
        let elapsed = started.elapsed();
        if detach && (elapsed > SENT_AFTER || watcher.is_running(work, &login.login, mark).await) {
            return Err(Stopped::Left);
        }
        if elapsed > WATCH_AFTER {
            watcher.ask(work, &login.login, mark).await;
        }
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let Watcher { rows, bytes, .. } = watcher;
        if rows.is_some_and(|rows| rows > 0) {
            // Rows are written: every role of the chain has been assumed.
            path.pass_all(work, 5..=7);
        }
        work.say(Event::Progress(Progress {
            what: doing(work),
            elapsed_ms,
            total: None,
            rows,
            bytes,
        }));
    }
}

/// The second connection and what it last heard.
#[derive(Default)]
struct Watcher {
    session: Option<Box<dyn Database>>,
    asked: Option<Instant>,
    rows: Option<u64>,
    bytes: Option<u64>,
}

impl Watcher {
    async fn connected(&mut self, work: &Work<'_>, login: &Login) -> Option<&dyn Database> {
        if self.session.is_none() {
            self.session = work.cx.databases.connect(login).await.ok();
        }
        self.session.as_deref()
    }

    /// Whether the history knows the statement, as running or as anything else.
    async fn is_running(&mut self, work: &Work<'_>, login: &Login, mark: &str) -> bool {
        let sql = history(mark, work.movement.statement());
        match self.connected(work, login).await {
            Some(session) => session.query(&sql).await.is_ok_and(|rows| rows.first().is_some()),
            None => false,
        }
    }

    /// Asks now and then; a warehouse that does not tell leaves only the clock.
    async fn ask(&mut self, work: &Work<'_>, login: &Login, mark: &str) {
        if self.asked.is_some_and(|asked| asked.elapsed() < ASK_EVERY) {
            return;
        }
        self.asked = Some(Instant::now());
        let Some(session) = self.connected(work, login).await else { return };
        let (rows, bytes, view) = match work.movement.way {
            Way::Out(_) => ("line_count", "transfer_size", "sys_unload_detail"),
            Way::In(_) => ("loaded_rows", "loaded_bytes", "sys_load_history"),
        };
        let sql = format!(
            "SELECT SUM(d.{rows}), SUM(d.{bytes}) FROM {view} d \
             JOIN sys_query_history q ON q.query_id = d.query_id \
             WHERE TRIM(q.query_label) = {}",
            sql::literal(mark)
        );
        if let Ok(rows) = session.query(&sql).await
            && let Some(row) = rows.rows.first()
        {
            let number = |column: usize| row.get(column)?.as_deref()?.parse().ok();
            self.rows = number(0).or(self.rows);
            self.bytes = number(1).or(self.bytes);
        }
    }
}

/// What goes on, in a word.
pub(super) fn doing(work: &Work<'_>) -> &'static str {
    match work.movement.way {
        Way::Out(_) => "unloading",
        Way::In(_) => "loading",
    }
}

fn tried(work: &Work<'_>, hop: u8) -> String {
    let (roles, store) = (&work.movement.roles, &work.movement.store);
    let role = if work.facts.chained { &roles.data } else { &roles.cluster };
    match (hop, &work.movement.way) {
        (5, _) => format!("{} uses {}", work.movement.warehouse.cluster, roles.cluster),
        (6, _) => format!("{} assumes {}", roles.cluster, roles.data),
        (_, Way::Out(_)) => format!("{role} writes {}", store.url()),
        (_, Way::In(_)) => format!("{role} reads {}", store.url()),
    }
}

fn cut_off(work: &Work<'_>, error: &DbError) -> Box<Trouble> {
    let trouble = Trouble::new(format!("wait for the {}", work.movement.statement()))
        .said(error.message.clone())
        .why("the connection is gone; the statement may still be running in the warehouse")
        .fix(format!("{}   (takes this run up again)", work.command("run", "")));
    Box::new(trouble.at(7, work.label(Account::Warehouse)))
}

fn cancelled(work: &Work<'_>) -> Box<Trouble> {
    let trouble = Trouble::new(format!("run {}", work.movement.name))
        .said("cancelled; the statement was stopped in the warehouse and nothing was kept")
        .fix(work.command("run", ""));
    Box::new(trouble)
}

/// Several statements in one transaction end with their connection.
fn attached(work: &Work<'_>) -> Box<Trouble> {
    let trouble = Trouble::new(format!("leave run {} to the warehouse", work.movement.name))
        .said("only mode \"append\" is one statement; the others are a transaction, which ends with its connection")
        .fix(work.command("run", ""));
    Box::new(trouble)
}
