//! What a load reads and what landed: the source's objects before and after, the warehouse's own
//! history of the load, and the rows of the table.

use std::collections::BTreeMap;

use super::Done;
use super::send::mark;
use crate::database::Database;
use crate::file::{Load, Mode, Place};
use crate::journal::Entry;
use crate::objects::{self, header_lines};
use crate::place::Account;
use crate::report::{Event, Landing, Moved, MovedFile};
use crate::sql;
use crate::trouble::{Result, Trouble};
use crate::work::Work;

/// Looks at what is about to be loaded, and journals it.
pub(super) async fn sources(work: &mut Work<'_>, run: &str) -> Result<()> {
    let files = files(work).await?;
    let before = count(work).await?;
    work.note(Entry::Sources { run: run.to_owned(), before, files })
}

/// The objects that the COPY reads; none for a DynamoDB table.
pub(crate) async fn files(work: &Work<'_>) -> Result<Vec<MovedFile>> {
    let Place::Bucket { bucket, prefix } = &work.movement.store.place else {
        return Ok(Vec::new());
    };
    let listed = objects::list(work, prefix).await?;
    let file = |object: &objects::Listed| MovedFile {
        key: object.key.clone(),
        bytes: object.bytes,
        etag: Some(object.etag.clone()),
        ..MovedFile::default()
    };
    let Some(manifest) = work.movement.inward().and_then(|load| load.manifest.as_ref()) else {
        return Ok(listed.iter().map(file).collect());
    };
    let entries = objects::manifest(work, manifest).await?.entries;
    let (mut files, mut outside) = (Vec::new(), Vec::new());
    for entry in &entries {
        match entry.key(bucket).filter(|key| key.starts_with(prefix.as_str())) {
            None => outside.push(entry.url.clone()),
            // One that is absent is COPY's to refuse or, not being mandatory, to pass over.
            Some(key) => files.extend(listed.iter().find(|object| object.key == key).map(file)),
        }
    }
    if outside.is_empty() { Ok(files) } else { Err(elsewhere(work, manifest, outside)) }
}

fn elsewhere(work: &Work<'_>, manifest: &str, outside: Vec<String>) -> Box<Trouble> {
    let store = &work.movement.store;
    let mut trouble = Trouble::new(format!("read the manifest s3://{}/{manifest}", store.bucket()))
        .said("it names objects that do not lie beside or below it, where the role may not read")
        .fix("put the manifest above everything it names");
    trouble.why = outside;
    Box::new(trouble.at(7, work.label(Account::Store)))
}

/// The rows of the table, counted by the administrator: the user may not read it in every mode.
pub(crate) async fn count(work: &mut Work<'_>) -> Result<Option<u64>> {
    let Some(load) = work.movement.inward() else { return Ok(None) };
    let sql = format!("SELECT COUNT(*) FROM {}", sql::qualified(&load.table));
    let rows = work.admin_sql(&sql).await?;
    Ok(rows.ok().and_then(|rows| rows.first()?.parse().ok()))
}

/// Looks at what the load did, and journals it.
pub(super) async fn look(
    work: &mut Work<'_>,
    load: &Load,
    session: &dyn Database,
    done: &Done,
) -> Result<Moved> {
    let (before, mut files) = planned(work, &done.run);
    let scanned = scanned(work, session, &done.run).await;
    let mut problems = unlike_history(work, &files, &scanned);
    problems.extend(read_through(work, &mut files, &scanned).await?);
    problems.extend(miscounted(work, load, done, &files));
    if !problems.is_empty() {
        return Err(wrong(work, load, problems));
    }
    let counted = done.counted;
    let landing = Landing {
        table: table(work, load),
        mode: load.mode.word().to_owned(),
        before,
        after: count(work).await?,
        replaced: match load.mode {
            Mode::Overwrite => before.unwrap_or_default(),
            _ => counted.replaced,
        },
        rejected: counted.rejected,
        of_run: load.of_run.clone(),
    };
    if let Some(note) = others_wrote(load, &landing, counted.rows) {
        work.say(Event::Note(note));
    }
    work.note(Entry::Arrived {
        run: done.run.clone(),
        rows: counted.rows,
        manifest: load.manifest.clone(),
        manifest_sha256: None,
        files: files.clone(),
        landing: Some(landing.clone()),
    })?;
    Ok(Moved {
        run: done.run.clone(),
        rows: counted.rows,
        bytes: files.iter().map(|file| file.bytes).sum(),
        manifest: load.manifest.clone(),
        files,
        elapsed_ms: done.elapsed_ms,
        landing: Some(landing),
    })
}

fn table(work: &Work<'_>, load: &Load) -> String {
    let database = &work.movement.warehouse.database;
    format!("{database}.{}.{}", load.table.schema, load.table.relation)
}

/// What was found before the statement was sent.
pub(super) fn planned(work: &Work<'_>, wanted: &str) -> (Option<u64>, Vec<MovedFile>) {
    let found = work.journal.entries().iter().rev().find_map(|entry| match entry {
        Entry::Sources { run, before, files } if run == wanted => Some((*before, files.clone())),
        _ => None,
    });
    found.unwrap_or_default()
}

/// What the warehouse scanned, by object URL ("SYS_LOAD_DETAIL"); `None` when it does not tell.
pub(crate) async fn scanned(
    work: &Work<'_>,
    session: &dyn Database,
    run: &str,
) -> Option<BTreeMap<String, u64>> {
    if matches!(work.movement.store.place, Place::Table(_)) {
        return None;
    }
    let sql = format!(
        "SELECT TRIM(d.file_name), SUM(d.lines_scanned) FROM sys_load_detail d \
         JOIN sys_query_history q ON q.query_id = d.query_id \
         WHERE TRIM(q.query_label) = {} GROUP BY 1",
        sql::literal(&mark(&work.movement.name, run))
    );
    let rows = session.query(&sql).await.ok()?.rows;
    let file = |row: &Vec<Option<String>>| {
        let url = row.first()?.clone()?;
        Some((url, row.get(1)?.as_deref()?.parse().ok()?))
    };
    let found: BTreeMap<String, u64> = rows.iter().filter_map(file).collect();
    (!found.is_empty()).then_some(found)
}

/// The history names just the objects that were there.
pub(crate) fn unlike_history(
    work: &Work<'_>,
    files: &[MovedFile],
    scanned: &Option<BTreeMap<String, u64>>,
) -> Vec<String> {
    let Some(scanned) = scanned else { return Vec::new() };
    let bucket = work.movement.store.bucket();
    let url = |file: &MovedFile| format!("s3://{bucket}/{}", file.key);
    // An empty object has nothing to scan.
    let unread = files
        .iter()
        .filter(|file| file.bytes > 0 && !scanned.contains_key(&url(file)))
        .map(|file| format!("{} was not read", file.key));
    let known: Vec<String> = files.iter().map(url).collect();
    let extra = scanned.keys().filter(|name| !known.contains(name));
    unread.chain(extra.map(|name| format!("{name} was read and was not there before"))).collect()
}

/// Whether the objects are still those that were loaded; with checksums, each is read through.
async fn read_through(
    work: &Work<'_>,
    files: &mut [MovedFile],
    scanned: &Option<BTreeMap<String, u64>>,
) -> Result<Vec<String>> {
    let now = self::files(work).await?;
    let mut problems = Vec::new();
    for file in files {
        let same = now.iter().any(|other| other.key == file.key && other.etag == file.etag);
        if !same {
            problems.push(format!("{} has changed since the load began", file.key));
            continue;
        }
        let url = format!("s3://{}/{}", work.movement.store.bucket(), file.key);
        file.records = scanned.as_ref().and_then(|scanned| scanned.get(&url)).copied().unwrap_or(0);
        if work.movement.checksums {
            let read = objects::read(work, &file.key, work.movement.form()).await?;
            file.records = read.records.unwrap_or(file.records);
            file.sha256 = Some(read.sha256);
        }
    }
    Ok(problems)
}

/// The records of the files against the rows that were loaded, where the files tell and nothing of
/// them is passed over by an option.
fn miscounted(work: &Work<'_>, load: &Load, done: &Done, files: &[MovedFile]) -> Option<String> {
    let told = work.movement.checksums && !files.is_empty() && load.options.is_none();
    if !told || files.iter().any(|file| file.records == 0 && file.bytes > 0) {
        return None;
    }
    let headers = header_lines(&load.form) * files.len() as u64;
    let records: u64 = files.iter().map(|file| file.records).sum();
    let records = records.saturating_sub(headers);
    let (rows, rejected) = (done.counted.rows, done.counted.rejected);
    (records != rows + rejected).then(|| {
        let left = if rejected > 0 { format!(" and left out {rejected}") } else { String::new() };
        format!("the files hold {records} records, the warehouse loaded {rows}{left}")
    })
}

/// What the table should hold by now, and does not.
fn others_wrote(load: &Load, landing: &Landing, rows: u64) -> Option<String> {
    let (before, after) = (landing.before?, landing.after?);
    let expected = match load.mode {
        Mode::Overwrite => rows,
        _ => (before + rows).saturating_sub(landing.replaced),
    };
    (after != expected).then(|| {
        format!(
            "{} holds {after} rows, {expected} by this load: others wrote meanwhile",
            landing.table
        )
    })
}

fn wrong(work: &Work<'_>, load: &Load, problems: Vec<String>) -> Box<Trouble> {
    let tried = format!("check what was loaded into {}", table(work, load));
    let mut trouble =
        Trouble::new(tried).said("it is committed, and it is not what lies in the source");
    trouble.why = problems;
    Box::new(trouble.at(7, work.label(Account::Store)))
}
