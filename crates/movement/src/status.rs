//! `status`: what the journal knows of a movement. Asks nobody.

use crate::context::Context;
use crate::file::Movement;
use crate::journal::{Entry, Journal};
use crate::legs::Legs;
use crate::report::{Event, Finding, Outcome};
use crate::trouble::Result;

/// What has been made, what has run, what is unfinished.
pub async fn status(movement: &Movement, cx: &Context) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.status(cx).await;
    }
    let mut outcome = Outcome::new("status", &movement.name);
    let ended = findings(movement, cx).map(|findings| {
        for finding in &findings {
            cx.reporter.report(&Event::Finding(finding.clone()));
        }
        outcome.findings = findings;
    });
    cx.conclude(outcome, ended)
}

fn findings(movement: &Movement, cx: &Context) -> Result<Vec<Finding>> {
    let journal = Journal::read(&cx.state, &movement.name, movement.from_stage)?;
    let standing = journal.standing();
    let unsure: Vec<&str> =
        standing.iter().filter(|step| !step.made).map(|step| step.step.as_str()).collect();
    let (apply, run) = (cx.command(movement, "apply", ""), cx.command(movement, "run", ""));
    let mut findings = vec![match (standing.len(), unsure.first()) {
        (0, _) => finding(true, "resources", format!("none; {apply}")),
        (count, None) => finding(true, "resources", format!("{count} made, none unfinished")),
        (_, Some(step)) => finding(false, "resources", format!("{step} is unfinished; {apply}")),
    }];
    findings.extend(journal.entries().iter().rev().find_map(|entry| run_finding(entry, &run)));
    Ok(findings)
}

/// The state that the newest entry about a run tells.
fn run_finding(entry: &Entry, again: &str) -> Option<Finding> {
    Some(match entry {
        Entry::RunStarted { run, .. } => {
            finding(false, run, format!("sent and not looked at since; {again}   takes it up"))
        }
        Entry::Unloaded { run, rows } => {
            finding(false, run, format!("{rows} rows unloaded, not looked at yet; {again}"))
        }
        Entry::Loaded { run, rows, .. } => {
            finding(false, run, format!("{rows} rows loaded, not looked at yet; {again}"))
        }
        Entry::Arrived { run, rows, landing: Some(landing), .. } => {
            finding(true, run, format!("{rows} rows loaded into {}", landing.table))
        }
        Entry::Arrived { run, rows, files, .. } => {
            finding(true, run, format!("{rows} rows arrived in {} files", files.len()))
        }
        Entry::RunFailed { run, reason } => finding(false, run, reason.clone()),
        Entry::DataDeleted => finding(true, "data", "deleted".into()),
        _ => return None,
    })
}

fn finding(good: bool, what: &str, said: String) -> Finding {
    Finding { good, what: what.to_owned(), said }
}
