//! Sending the UNLOAD and watching it: journalled first, cancelled on Ctrl-C, its progress taken
//! from `SYS_UNLOAD_DETAIL` over a second connection.

use std::time::{Duration, Instant};

use super::login::LoggedIn;
use super::{Path, Sent, Unloaded, blame, note_failure};
use crate::database::{Database, DbError, Login, Rows};
use crate::journal::Entry;
use crate::objects;
use crate::report::{Event, Progress, Side};
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

/// Sends the statement and waits for it; with `detach`, until the warehouse is at work.
pub(crate) async fn unload(
    work: &mut Work<'_>,
    login: &LoggedIn,
    path: &mut Path<'_>,
    detach: bool,
) -> Result<Sent> {
    let now = work.cx.clock.now().format("%Y%m%dT%H%M%SZ");
    let run = format!("{now}-{}", work.random_hex::<4>());
    let mark = mark(&work.movement.name, &run);
    let statement = sql::unload(work.movement, &work.facts, &mark);
    let process = login.session.query("SELECT pg_backend_pid()").await.ok();
    let process = process.and_then(|rows| rows.first().map(str::to_owned));
    // A label in the history beside the comment; a warehouse that refuses it has the comment.
    let label = format!("SET query_group TO {}", sql::literal(&mark));
    let _ = login.session.query(&label).await;
    let statement_sha256 = objects::sha256(&statement);
    work.note(Entry::RunStarted { run: run.clone(), process, statement_sha256 })?;

    let started = work.cx.clock.now();
    match watched(work, login, (&statement, &mark), path, detach).await {
        Ok(_) => {}
        // Nobody waits for its answer any more; the statement goes on without.
        Err(Stopped::Left) => return Ok(Sent::Left { run }),
        Err(Stopped::Cancelled) => {
            note_failure(work, &run, "cancelled")?;
            return Err(cancelled(work));
        }
        // No answer at all: the statement may go on, and the next run looks what became of it.
        Err(Stopped::Refused(error)) if error.sqlstate.is_none() => {
            return Err(cut_off(work, &error));
        }
        Err(Stopped::Refused(error)) => {
            note_failure(work, &run, &error.message)?;
            let hop = blame::hop_of_unload(work, &error);
            path.pass_all(work, 5..=hop - 1);
            path.fail(work, hop);
            let tried = tried(work, hop);
            let trouble = blame::block(work, hop, blame::Refusal::database(tried, error)).await;
            return Err(occupied(work, trouble));
        }
    }
    let elapsed = work.cx.clock.now() - started;
    let elapsed_ms = u64::try_from(elapsed.num_milliseconds()).ok();
    let rows = count(login.session.as_ref()).await;
    work.note(Entry::Unloaded { run: run.clone(), rows })?;
    Ok(Sent::Done(Unloaded { run, rows, elapsed_ms }))
}

enum Stopped {
    Left,
    Cancelled,
    Refused(DbError),
}

/// Asks the history for the state of the UNLOAD with this mark ("SYS_QUERY_HISTORY").
pub(crate) fn history(mark: &str) -> String {
    format!(
        "SELECT TRIM(status) FROM sys_query_history WHERE TRIM(query_label) = {} \
         AND TRIM(query_type) = 'UNLOAD' ORDER BY start_time DESC LIMIT 1",
        sql::literal(mark)
    )
}

/// Awaits the statement, telling progress, until it ends or the user has had enough.
async fn watched(
    work: &Work<'_>,
    login: &LoggedIn,
    (statement, mark): (&str, &str),
    path: &mut Path<'_>,
    detach: bool,
) -> std::result::Result<Rows, Stopped> {
    let started = Instant::now();
    let mut watcher = Watcher::default();
    let statement = login.session.query(statement);
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
            what: "unloading",
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
        let sql = history(mark);
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
        let sql = format!(
            "SELECT SUM(d.line_count), SUM(d.transfer_size) FROM sys_unload_detail d \
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

/// The rows of the session's last UNLOAD: the notice, or `pg_last_unload_count()`.
async fn count(session: &dyn Database) -> u64 {
    let told = session.notices().iter().rev().find_map(|notice| {
        let (_, rest) = notice.split_once("UNLOAD completed, ")?;
        rest.split_whitespace().next()?.parse().ok()
    });
    if let Some(rows) = told {
        return rows;
    }
    let rows = session.query("SELECT pg_last_unload_count()").await.unwrap_or_default();
    rows.first().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn tried(work: &Work<'_>, hop: u8) -> String {
    let roles = &work.movement.roles;
    match hop {
        5 => format!("{} uses {}", work.movement.source.cluster, roles.cluster),
        6 => format!("{} assumes {}", roles.cluster, roles.writer),
        _ => {
            let target = &work.movement.target;
            format!("{} writes s3://{}/{}", roles.writer, target.bucket, target.prefix)
        }
    }
}

/// Redshift refuses a prefix that holds objects; say what can be done about it.
fn occupied(work: &Work<'_>, mut trouble: Box<Trouble>) -> Box<Trouble> {
    if trouble.said.as_ref().is_some_and(|said| said.contains("is not empty")) {
        trouble.fix = vec![
            format!(
                "if_exists = \"replace\" under [target] in {}, then landbridge apply, or",
                work.file()
            ),
            "another prefix".to_owned(),
        ];
    }
    trouble
}

fn cut_off(work: &Work<'_>, error: &DbError) -> Box<Trouble> {
    let trouble = Trouble::new("wait for the UNLOAD")
        .said(error.message.clone())
        .why("the connection is gone; the statement may still be running in the warehouse")
        .fix(format!("{}   (takes this run up again)", work.command("run", "")));
    Box::new(trouble.at(7, work.label(Side::Source)))
}

fn cancelled(work: &Work<'_>) -> Box<Trouble> {
    let trouble = Trouble::new(format!("run {}", work.movement.name))
        .said("cancelled; the statement was stopped in the warehouse and nothing was kept")
        .fix(work.command("run", ""));
    Box::new(trouble)
}
