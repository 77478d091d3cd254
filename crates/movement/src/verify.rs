//! `verify`: is what lies in the target still what the last run left?
//!
//! The journal says what arrived; the manifest, the listing and the objects themselves are read
//! anew. Every file is a finding; every difference names what was expected and what is there. Of a
//! load (`loaded`) it is the table, the warehouse's history and the source's objects.

mod loaded;

use crate::context::{Context, Options};
use crate::file::{Movement, Unload, Way};
use crate::journal::Entry;
use crate::legs::Legs;
use crate::objects::{self, Listed, Manifest};
use crate::path;
use crate::render::figures;
use crate::report::{Event, Exit, Finding, Moved, MovedFile, Outcome};
use crate::sql;
use crate::trouble::{Result, Trouble};
use crate::work::{Mode, Work};

/// Checks manifest, sizes, records and checksums of the last run against its journal; with
/// [`Options::recount`], also the rows that the select gives at the source now, or the items of a
/// DynamoDB table.
pub async fn verify(movement: &Movement, cx: &Context, options: &Options) -> Outcome {
    if let Some(legs) = Legs::of(movement) {
        return legs.verify(cx, options).await;
    }
    let mut outcome = Outcome::new("verify", &movement.name);
    let ended = try_verify(movement, cx, options, &mut outcome).await;
    cx.conclude(outcome, ended)
}

/// The last run that arrived, as the journal has it.
pub(crate) struct Arrived {
    pub moved: Moved,
    manifest_sha256: Option<String>,
}

/// The last run that arrived and whose objects `destroy --data` has not deleted.
pub(crate) fn last_arrived(work: &Work<'_>) -> Option<Arrived> {
    let mut last = None;
    for entry in work.journal.entries() {
        match entry {
            Entry::Arrived { run, rows, manifest, manifest_sha256, files, landing } => {
                let moved = Moved {
                    run: run.clone(),
                    rows: *rows,
                    bytes: files.iter().map(|file| file.bytes).sum(),
                    manifest: manifest.clone(),
                    files: files.clone(),
                    elapsed_ms: None,
                    landing: landing.clone(),
                };
                last = Some(Arrived { moved, manifest_sha256: manifest_sha256.clone() });
            }
            Entry::DataDeleted => last = None,
            _ => {}
        }
    }
    last
}

async fn try_verify(
    movement: &Movement,
    cx: &Context,
    options: &Options,
    outcome: &mut Outcome,
) -> Result<()> {
    let mut work = Work::open(movement, cx, Mode::Look).await?;
    work.say(path::title(&work));
    let Some(arrived) = last_arrived(&work) else {
        let trouble = Trouble::new(format!("verify {}", movement.name))
            .said("no run has arrived yet")
            .fix(work.command("run", ""));
        return Err(Box::new(trouble));
    };
    outcome.findings = match &movement.way {
        Way::Out(unload) => unloaded(&mut work, unload, &arrived, options.recount).await?,
        Way::In(load) => loaded::findings(&mut work, load, &arrived.moved, options.recount).await?,
    };
    let bad = outcome.findings.iter().filter(|finding| !finding.good).count();
    for finding in &outcome.findings {
        work.say(Event::Finding(finding.clone()));
    }
    outcome.moved = Some(arrived.moved.clone());
    if bad == 0 {
        work.say(Event::Moved(arrived.moved));
        return Ok(());
    }
    outcome.exit = Exit::Failed;
    let of = outcome.findings.len();
    work.say(Event::Summary(format!("{bad} of {of} checks failed")));
    Ok(())
}

async fn unloaded(
    work: &mut Work<'_>,
    unload: &Unload,
    arrived: &Arrived,
    count_again: bool,
) -> Result<Vec<Finding>> {
    let listed = objects::list(work, work.movement.store.prefix()).await?;
    let mut findings = vec![check_manifest(work, arrived, &listed).await?];
    for file in &arrived.moved.files {
        findings.push(check_file(work, file, &listed).await?);
    }
    findings.extend(extra(arrived, &listed));
    if count_again {
        findings.push(recount(work, unload, arrived).await?);
    }
    Ok(findings)
}

async fn check_manifest(work: &Work<'_>, arrived: &Arrived, listed: &[Listed]) -> Result<Finding> {
    let Some(key) = &arrived.moved.manifest else {
        let said = "the run moved no rows and wrote no manifest".to_owned();
        return Ok(Finding { good: true, what: "manifest".into(), said });
    };
    let bad = |said: String| Finding { good: false, what: key.clone(), said };
    if !listed.iter().any(|object| object.key == *key) {
        return Ok(bad("the manifest is missing".into()));
    }
    let manifest = objects::manifest(work, key).await?;
    let problems = manifest_problems(work, arrived, &manifest);
    if problems.is_empty() {
        let rows = figures::whole(arrived.moved.rows);
        let said = format!("{} files, {rows} rows", arrived.moved.files.len());
        return Ok(Finding { good: true, what: key.clone(), said });
    }
    Ok(bad(problems.join("; ")))
}

/// The manifest against the journal, and against itself.
fn manifest_problems(work: &Work<'_>, arrived: &Arrived, manifest: &Manifest) -> Vec<String> {
    let mut problems = Vec::new();
    if arrived.manifest_sha256.as_ref().is_some_and(|sha256| *sha256 != manifest.sha256) {
        problems.push("it has changed since the run".to_owned());
    }
    let bucket = work.movement.store.bucket();
    let named: Vec<&str> = manifest.entries.iter().filter_map(|entry| entry.key(bucket)).collect();
    for file in &arrived.moved.files {
        if !named.contains(&file.key.as_str()) {
            problems.push(format!("it does not name {}", file.key));
        }
    }
    if let Some(meta) = manifest.meta {
        let bytes: u64 = manifest.entries.iter().map(objects::ManifestEntry::bytes).sum();
        let records: u64 = manifest.entries.iter().map(objects::ManifestEntry::records).sum();
        for (what, total, sum) in
            [("bytes", meta.content_length, bytes), ("records", meta.record_count, records)]
        {
            if total.is_some_and(|total| total != sum) {
                let total = total.unwrap_or_default();
                problems.push(format!("it says {total} {what}, its entries {sum}"));
            }
        }
    }
    problems
}

async fn check_file(work: &Work<'_>, file: &MovedFile, listed: &[Listed]) -> Result<Finding> {
    let finding = |good, said: String| Finding { good, what: file.key.clone(), said };
    let Some(object) = listed.iter().find(|object| object.key == file.key) else {
        return Ok(finding(false, "the file is missing".into()));
    };
    if object.bytes != file.bytes {
        let said = format!("{} bytes, the run left {}", object.bytes, file.bytes);
        return Ok(finding(false, said));
    }
    let Some(expected) = &file.sha256 else {
        return Ok(finding(true, format!("{} bytes, not hashed", file.bytes)));
    };
    let read = objects::read(work, &file.key, work.movement.form()).await?;
    if read.sha256 != *expected {
        let said = "same size, other bytes: its SHA-256 is not the run's";
        return Ok(finding(false, said.into()));
    }
    if let Some(records) = read.records.filter(|records| *records != file.records) {
        let said = format!("{records} records, the manifest said {}", file.records);
        return Ok(finding(false, said));
    }
    let (records, bytes) = (figures::whole(file.records), figures::bytes(file.bytes));
    Ok(finding(true, format!("{records} records · {bytes} · sha-256 as in the journal")))
}

/// Counts at the source what the movement selects. Rows that came or went since the run make a
/// difference too, so the finding says only what is there.
async fn recount(work: &mut Work<'_>, unload: &Unload, arrived: &Arrived) -> Result<Finding> {
    let sql = format!("SELECT COUNT(*) FROM ({}) AS moved", sql::select(&unload.what));
    let rows = match work.admin_sql(&sql).await? {
        Ok(rows) => rows,
        Err(error) => return Err(work.db_refused(5, "count the rows again".into(), &error).await),
    };
    let now = rows.first().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    let moved = arrived.moved.rows;
    let what = format!("rows at the source, {}", work.movement.warehouse.database);
    let said = match now == moved {
        true => format!("{}, as many as were moved", figures::whole(now)),
        false => format!("{} now, {} were moved", figures::whole(now), figures::whole(moved)),
    };
    Ok(Finding { good: now == moved, what, said })
}

/// Objects under the prefix that the run did not write: a reader of the prefix would take them in.
fn extra(arrived: &Arrived, listed: &[Listed]) -> Vec<Finding> {
    let known = |key: &str| {
        arrived.moved.manifest.as_deref() == Some(key)
            || arrived.moved.files.iter().any(|file| file.key == key)
    };
    listed
        .iter()
        .filter(|object| !known(&object.key))
        .map(|object| Finding {
            good: false,
            what: object.key.clone(),
            said: "not of this run: whoever reads the prefix reads it too".into(),
        })
        .collect()
}
