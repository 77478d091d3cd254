//! Taking up a run that was interrupted after its statement had been sent.
//!
//! The journal names the run; the warehouse's history knows by the run's mark what became of it.
//! Only when the history knows nothing does the manifest decide: it is written last, so a manifest
//! younger than the run means that the UNLOAD went through.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::login::LoggedIn;
use super::{Sent, Unloaded, note_failure, unload};
use crate::journal::Entry;
use crate::objects;
use crate::report::{Event, Progress};
use crate::trouble::{Result, Trouble};
use crate::work::Work;

/// A run of the journal without an end.
pub(crate) struct Unfinished {
    run: String,
    /// Rows, when the UNLOAD is known to have gone through.
    rows: Option<u64>,
}

/// The last run, if it has neither arrived nor failed.
pub(crate) fn unfinished(work: &Work<'_>) -> Option<Unfinished> {
    let mut open = None;
    for entry in work.journal.entries() {
        match entry {
            Entry::RunStarted { run, .. } => {
                open = Some(Unfinished { run: run.clone(), rows: None });
            }
            Entry::Unloaded { rows, .. } => {
                if let Some(open) = open.as_mut() {
                    open.rows = Some(*rows);
                }
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
    let Unfinished { run, rows } = unfinished;
    work.say(Event::Note(format!("taking up run {run}")));
    if let Some(rows) = rows {
        return Ok(Some(Sent::Done(Unloaded { run, rows, elapsed_ms: None })));
    }
    match history(work, login, &run, detach).await? {
        Known::Rows(rows) => {
            work.note(Entry::Unloaded { run: run.clone(), rows })?;
            Ok(Some(Sent::Done(Unloaded { run, rows, elapsed_ms: None })))
        }
        Known::Running => Ok(Some(Sent::Left { run })),
        Known::Nothing => {
            note_failure(work, &run, "interrupted before the UNLOAD went through")?;
            Ok(None)
        }
    }
}

/// What could be learnt of a run.
enum Known {
    Rows(u64),
    Running,
    Nothing,
}

/// Asks the history until the statement is no longer running; rows when it succeeded. Ctrl-C ends
/// the asking, not the statement.
async fn history(work: &Work<'_>, login: &LoggedIn, run: &str, detach: bool) -> Result<Known> {
    let sql = unload::history(&unload::mark(&work.movement.name, run));
    for _ in 0..work.polls() {
        let Ok(rows) = login.session.query(&sql).await else { break };
        match rows.first().unwrap_or_default() {
            "success" => break,
            "failed" | "canceled" => return Ok(Known::Nothing),
            "" => break,
            _ if detach => return Ok(Known::Running),
            _ => still_running(work, run),
        }
        tokio::select! {
            () = work.pause() => {}
            () = work.cx.cancel.wait() => return Err(left_running(work, run)),
        }
    }
    let rows = unloaded_rows(work, run).await?;
    Ok(rows.map_or(Known::Nothing, Known::Rows))
}

fn still_running(work: &Work<'_>, run: &str) {
    let elapsed = started(run).map(|at| (work.cx.clock.now() - at).num_milliseconds());
    let elapsed_ms = elapsed.and_then(|ms| u64::try_from(ms).ok()).unwrap_or_default();
    work.say(Event::Progress(Progress { what: "unloading", elapsed_ms, ..Progress::default() }));
}

fn left_running(work: &Work<'_>, run: &str) -> Box<Trouble> {
    let trouble = Trouble::new(format!("wait for run {run}"))
        .said("cancelled; the statement goes on in the warehouse")
        .fix(format!("{}   (takes this run up again)", work.command("run", "")));
    Box::new(trouble)
}

/// The manifest's count, when the manifest is younger than the run.
async fn unloaded_rows(work: &Work<'_>, run: &str) -> Result<Option<u64>> {
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
    let headers = objects::header_lines(&work.movement.target.form);
    Ok(Some(total.saturating_sub(headers * manifest.entries.len() as u64)))
}

/// The time inside a run's id.
fn started(run: &str) -> Option<DateTime<Utc>> {
    let (text, _) = run.split_once('-')?;
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok().map(|time| time.and_utc())
}
