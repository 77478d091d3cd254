//! What a load left: the rows of the table, the warehouse's history of the load, and the objects or
//! items that it came from.

use serde_json::{Value, json};

use crate::file::{Load, Place};
use crate::journal::{Entry, Journal};
use crate::objects;
use crate::place::Account;
use crate::render::figures;
use crate::report::{Finding, Landing, Moved, MovedFile};
use crate::run::{landed, send};
use crate::sql;
use crate::trouble::Result;
use crate::work::Work;

pub(super) async fn findings(
    work: &mut Work<'_>,
    load: &Load,
    moved: &Moved,
    recount: bool,
) -> Result<Vec<Finding>> {
    let landing = moved.landing.clone().unwrap_or_default();
    let mut findings = vec![rows_now(work, &landing).await?];
    findings.extend(history(work, moved, &landing).await?);
    if let Some(run) = &landing.of_run {
        findings.extend(staged(work, run, moved.rows)?);
        return Ok(findings);
    }
    let now = landed::files(work).await?;
    for file in &moved.files {
        findings.push(check_file(work, load, file, &now).await?);
    }
    findings.extend(now.iter().filter(|object| !is_known(moved, object)).map(|object| Finding {
        good: false,
        what: object.key.clone(),
        said: "it came after the load, which has not read it".into(),
    }));
    if let (true, Place::Table(table)) = (recount, &work.movement.store.place) {
        findings.push(items(work, table, moved.rows).await?);
    }
    Ok(findings)
}

/// What the unload left in the stage, which may be empty by now, against what was loaded.
fn staged(work: &Work<'_>, wanted: &str, loaded: u64) -> Result<Option<Finding>> {
    let journal = Journal::read(&work.cx.state, &work.movement.name, false)?;
    let unloaded = journal.entries().iter().find_map(|entry| match entry {
        Entry::Arrived { run, rows, .. } if run == wanted => Some(*rows),
        _ => None,
    });
    Ok(unloaded.map(|rows| {
        let said = match rows == loaded {
            true => format!("{} rows unloaded, as many loaded", figures::whole(rows)),
            false => {
                let (rows, loaded) = (figures::whole(rows), figures::whole(loaded));
                format!("{rows} rows unloaded, {loaded} loaded")
            }
        };
        Finding { good: rows == loaded, what: work.movement.store.url(), said }
    }))
}

fn is_known(moved: &Moved, object: &MovedFile) -> bool {
    moved.files.iter().any(|file| file.key == object.key)
}

/// The rows of the table. Others may write to it, so the finding says only what is there.
async fn rows_now(work: &mut Work<'_>, landing: &Landing) -> Result<Finding> {
    let (now, left) = (landed::count(work).await?, landing.after);
    let words = |count: Option<u64>| count.map_or("not countable".to_owned(), figures::whole);
    let said = match (landing.before, now == left) {
        (Some(before), true) => {
            format!("{} rows, {} before the load", words(now), figures::whole(before))
        }
        (None, true) => format!("{} rows", words(now)),
        (_, false) => format!("{} rows now, the load left {}", words(now), words(left)),
    };
    Ok(Finding { good: now == left && now.is_some(), what: landing.table.clone(), said })
}

/// What the warehouse remembers of the load ("SYS_LOAD_HISTORY"); nothing where it does not tell.
async fn history(work: &mut Work<'_>, moved: &Moved, landing: &Landing) -> Result<Option<Finding>> {
    let sql = format!(
        "SELECT TRIM(h.status), h.loaded_rows, h.error_count FROM sys_load_history h \
         JOIN sys_query_history q ON q.query_id = h.query_id WHERE TRIM(q.query_label) = {}",
        sql::literal(&send::mark(&work.movement.name, &moved.run))
    );
    let Ok(rows) = work.admin_sql(&sql).await? else { return Ok(None) };
    let Some(row) = rows.rows.first() else { return Ok(None) };
    let text = |column: usize| row.get(column).and_then(Option::as_deref).unwrap_or_default();
    let rows = text(1).parse::<u64>().unwrap_or_default();
    let errors = text(2).parse::<u64>().unwrap_or_default();
    let good = text(0) == "completed" && rows == moved.rows && errors == landing.rejected;
    let mut said = format!("{}, {} rows", text(0), figures::whole(rows));
    if errors > 0 {
        said = format!("{said}, {} lines left out", figures::whole(errors));
    }
    if !good {
        said = format!("{said}; the run counted {}", figures::whole(moved.rows));
    }
    Ok(Some(Finding { good, what: "load history".into(), said }))
}

/// Whether an object is still the one that was loaded.
async fn check_file(
    work: &Work<'_>,
    load: &Load,
    file: &MovedFile,
    now: &[MovedFile],
) -> Result<Finding> {
    let finding = |good, said: String| Finding { good, what: file.key.clone(), said };
    let Some(object) = now.iter().find(|object| object.key == file.key) else {
        return Ok(finding(false, "it is no longer there".into()));
    };
    if object.etag != file.etag {
        return Ok(finding(false, "it has changed since it was loaded".into()));
    }
    let (records, bytes) = (figures::whole(file.records), figures::bytes(file.bytes));
    let Some(expected) = &file.sha256 else {
        return Ok(finding(true, format!("{records} records · {bytes} · ETag as in the journal")));
    };
    let read = objects::read(work, &file.key, &load.form).await?;
    Ok(match read.sha256 == *expected {
        true => finding(true, format!("{records} records · {bytes} · sha-256 as in the journal")),
        false => finding(false, "other bytes: its SHA-256 is not that of the load".into()),
    })
}

/// Counts the items by a scan: `DescribeTable` tells a figure that is hours old.
async fn items(work: &Work<'_>, table: &str, moved: u64) -> Result<Finding> {
    let (mut count, mut start) = (0u64, Value::Null);
    loop {
        let mut input = json!({ "TableName": table, "Select": "COUNT" });
        if let (Some(members), false) = (input.as_object_mut(), start.is_null()) {
            members.insert("ExclusiveStartKey".into(), start);
        }
        let tried = format!("count the items of {table}");
        let answer = work.ask((Account::Store, 7), tried, ("dynamodb", "Scan"), input).await?;
        count += answer.get("Count").and_then(Value::as_u64).unwrap_or_default();
        start = answer.get("LastEvaluatedKey").cloned().unwrap_or_default();
        if start.is_null() {
            break;
        }
    }
    let said = match count == moved {
        true => format!("{} items, as many as were loaded", figures::whole(count)),
        false => {
            format!("{} items now, {} were loaded", figures::whole(count), figures::whole(moved))
        }
    };
    Ok(Finding { good: count == moved, what: format!("dynamodb://{table}"), said })
}
