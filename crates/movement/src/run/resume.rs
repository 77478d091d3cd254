//! Taking up a run that was interrupted after its statement had been sent.
//!
//! The journal names the run; the warehouse's history knows by the run's mark what became of it.
//! Only when the history knows nothing of an UNLOAD does the manifest decide: it is written last, so a
//! manifest younger than the run means that the UNLOAD went through. A load that deletes first comes
//! to the same when it is sent again, whatever became of it; one that only appends is sent again only
//! when the history, or the table's unchanged count, says that it left nothing.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::login::LoggedIn;
use super::send::{self, Counted};
use super::{Done, Sent, landed, note_failure};
use crate::file::{Mode, Unload, Way};
use crate::journal::Entry;
use crate::objects;
use crate::place::Account;
use crate::report::{Event, Progress};
use crate::sql;
use crate::trouble::{Result, Trouble};
use crate::work::Work;

/// A run of the journal without an end.
pub(crate) struct Unfinished {
    run: String,
    /// What it did, when it is known to have gone through.
    counted: Option<Counted>,
}

/// The last run, if it has neither arrived nor failed.
pub(crate) fn unfinished(work: &Work<'_>) -> Option<Unfinished> {
    let mut open = None;
    for entry in work.journal.entries() {
        match entry {
            Entry::RunStarted { run, .. } => {
                open = Some(Unfinished { run: run.clone(), counted: None });
            }
            Entry::Unloaded { rows, .. } => {
                let counted = Counted { rows: *rows, ..Counted::default() };
                open.iter_mut().for_each(|open| open.counted = Some(counted));
            }
            Entry::Loaded { rows, rejected, replaced, .. } => {
                let counted = Counted { rows: *rows, rejected: *rejected, replaced: *replaced };
                open.iter_mut().for_each(|open| open.counted = Some(counted));
            }
            Entry::Arrived { .. } | Entry::RunFailed { .. } | Entry::DataDeleted => open = None,
            _ => {}
        }
    }
    open
}

/// What became of the run: `None` means that it left nothing and a new one may start.
pub(crate) async fn take_up(
    work: &mut Work<'_>,
    login: &LoggedIn,
    unfinished: Unfinished,
    detach: bool,
) -> Result<Option<Sent>> {
    let Unfinished { run, counted } = unfinished;
    work.say(Event::Note(format!("taking up run {run}")));
    if let Some(counted) = counted {
        return Ok(Some(Sent::Done(Done { run, counted, elapsed_ms: None })));
    }
    match history(work, login, &run, detach).await? {
        Known::Done(counted) => {
            send::note_done(work, &run, counted)?;
            Ok(Some(Sent::Done(Done { run, counted, elapsed_ms: None })))
        }
        Known::Running => Ok(Some(Sent::Left { run })),
        Known::Nothing => {
            let statement = work.movement.statement();
            note_failure(work, &run, &format!("interrupted before the {statement} went through"))?;
            Ok(None)
        }
    }
}

/// What could be learnt of a run.
enum Known {
    Done(Counted),
    Running,
    Nothing,
}

/// Asks the history until the statement is no longer running; rows when it succeeded. Ctrl-C ends
/// the asking, not the statement.
async fn history(work: &mut Work<'_>, login: &LoggedIn, run: &str, detach: bool) -> Result<Known> {
    let statement = work.movement.statement();
    let sql = send::history(&send::mark(&work.movement.name, run), statement);
    let mut told = None;
    for _ in 0..work.polls() {
        let Ok(rows) = login.session.query(&sql).await else { break };
        let status = rows.first().unwrap_or_default().to_owned();
        match status.as_str() {
            "failed" | "canceled" => return Ok(Known::Nothing),
            "success" | "" => {
                told = Some(status == "success");
                break;
            }
            _ if detach => return Ok(Known::Running),
            _ => still_running(work, run),
        }
        tokio::select! {
            () = work.pause() => {}
            () = work.cx.cancel.wait() => return Err(left_running(work, run)),
        }
    }
    let rows = match &work.movement.way {
        Way::Out(unload) => unloaded_rows(work, unload, run).await?,
        Way::In(load) if load.mode != Mode::Append => return Ok(Known::Nothing),
        Way::In(_) => return appended(work, login, run, told).await,
    };
    let counted = |rows| Known::Done(Counted { rows, ..Counted::default() });
    Ok(rows.map_or(Known::Nothing, counted))
}

/// What became of a COPY that is a transaction by itself. The history writes down a statement when it
/// begins, so one that it does not know never reached the warehouse.
async fn appended(
    work: &mut Work<'_>,
    login: &LoggedIn,
    run: &str,
    told: Option<bool>,
) -> Result<Known> {
    if told == Some(true) {
        let sql = format!(
            "SELECT SUM(h.loaded_rows), SUM(h.error_count) FROM sys_load_history h \
             JOIN sys_query_history q ON q.query_id = h.query_id WHERE TRIM(q.query_label) = {}",
            sql::literal(&send::mark(&work.movement.name, run))
        );
        let rows = login.session.query(&sql).await.unwrap_or_default().rows;
        let number = |column: usize| rows.first()?.get(column)?.as_deref()?.parse().ok();
        if let Some(rows) = number(0) {
            let rejected = number(1).unwrap_or_default();
            return Ok(Known::Done(Counted { rows, rejected, replaced: 0 }));
        }
    }
    if told == Some(false) {
        return Ok(Known::Nothing);
    }
    let (before, _) = landed::planned(work, run);
    match (before, landed::count(work).await?) {
        (Some(before), Some(now)) if before == now && told.is_none() => Ok(Known::Nothing),
        (before, now) => Err(unknown(work, run, before, now)),
    }
}

/// Nobody knows whether the rows are there; sending them again might double them.
fn unknown(work: &Work<'_>, run: &str, before: Option<u64>, now: Option<u64>) -> Box<Trouble> {
    let rows = |count: Option<u64>| count.map_or("unknown".to_owned(), |count| count.to_string());
    let trouble = Trouble::new(format!("find out what became of run {run}"))
        .said("the warehouse's history does not tell how many rows it loaded")
        .why(format!("rows before: {}, now: {}", rows(before), rows(now)))
        .fix("look at the table; mode = \"overwrite\" or \"upsert\" can be sent again safely");
    Box::new(trouble.at(7, work.label(Account::Warehouse)))
}

fn still_running(work: &Work<'_>, run: &str) {
    let elapsed = started(run).map(|at| (work.cx.clock.now() - at).num_milliseconds());
    let elapsed_ms = elapsed.and_then(|ms| u64::try_from(ms).ok()).unwrap_or_default();
    work.say(Event::Progress(Progress {
        what: send::doing(work),
        elapsed_ms,
        ..Progress::default()
    }));
}

fn left_running(work: &Work<'_>, run: &str) -> Box<Trouble> {
    let trouble = Trouble::new(format!("wait for run {run}"))
        .said("cancelled; the statement goes on in the warehouse")
        .fix(format!("{}   (takes this run up again)", work.command("run", "")));
    Box::new(trouble)
}

/// The manifest's count, when the manifest is younger than the run.
async fn unloaded_rows(work: &Work<'_>, unload: &Unload, run: &str) -> Result<Option<u64>> {
    let key = objects::manifest_key(work);
    let listed = objects::list(work, &key).await?;
    let started = started(run).map_or(0, |at| at.timestamp());
    // S3 tells whole seconds; the run's id too.
    let young = listed.iter().any(|object| object.key == key && object.modified >= started as f64);
    if !young {
        return Ok(None);
    }
    let manifest = objects::manifest(work, &key).await?;
    let total: u64 = manifest.entries.iter().map(objects::ManifestEntry::records).sum();
    let headers = objects::header_lines(&unload.form);
    Ok(Some(total.saturating_sub(headers * manifest.entries.len() as u64)))
}

/// The time inside a run's id.
fn started(run: &str) -> Option<DateTime<Utc>> {
    let (text, _) = run.split_once('-')?;
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok().map(|time| time.and_utc())
}
