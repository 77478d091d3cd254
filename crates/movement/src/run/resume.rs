//! Taking up a run that was interrupted after its statement had been sent.
//!
//! The journal names the run; the warehouse's history knows by the run's mark what became of it.
//! Only when the history knows nothing does the manifest decide: it is written last, so a manifest
//! younger than the run means that the UNLOAD went through.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::login::LoggedIn;
use super::{Unloaded, note_failure, unload};
use crate::journal::Entry;
use crate::objects;
use crate::report::Event;
use crate::sql;
use crate::trouble::Result;
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
) -> Result<Option<Unloaded>> {
    let Unfinished { run, rows } = unfinished;
    work.say(Event::Note(format!("taking up run {run}")));
    if let Some(rows) = rows {
        return Ok(Some(Unloaded { run, rows, elapsed_ms: None }));
    }
    match history(work, login, &run).await? {
        Some(rows) => {
            work.note(Entry::Unloaded { run: run.clone(), rows })?;
            Ok(Some(Unloaded { run, rows, elapsed_ms: None }))
        }
        None => {
            note_failure(work, &run, "interrupted before the UNLOAD went through")?;
            Ok(None)
        }
    }
}

/// Asks the history until the statement is no longer running; rows when it succeeded.
async fn history(work: &Work<'_>, login: &LoggedIn, run: &str) -> Result<Option<u64>> {
    let mark = sql::literal(&unload::mark(&work.movement.name, run));
    let sql = format!(
        "SELECT TRIM(status) FROM sys_query_history WHERE TRIM(query_label) = {mark} \
         AND TRIM(query_type) = 'UNLOAD' ORDER BY start_time DESC LIMIT 1"
    );
    for _ in 0..work.polls() {
        let Ok(rows) = login.session.query(&sql).await else { break };
        let status = rows.first().unwrap_or_default().to_owned();
        match status.as_str() {
            "success" => return unloaded_rows(work, run).await,
            "failed" | "canceled" => return Ok(None),
            "" => break,
            _ => work.pause().await,
        }
    }
    unloaded_rows(work, run).await
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
