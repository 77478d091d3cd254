//! What ran: rows behind `sys_query_history`, `stl_unload_log` and their kin.
//! Redshift Developer Guide, "SYS_QUERY_HISTORY", "SYS_UNLOAD_HISTORY", "STL_UNLOAD_LOG".

use chrono::{DateTime, Utc};

use super::{optional, own, timestamp};
use crate::engine::{Connection, EngineFault, Value, literal};

/// Rows kept of each kind of history; a cluster keeps days, a laptop keeps a bounded number.
const KEPT_QUERIES: i64 = 100_000;

/// What runs now, in the engine's in-memory root.
const RUNNING: &str = "memory.rs_own.running";

/// Which statement of which session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The user's id.
    pub user: i64,
    /// `pg_last_query_id()`.
    pub query: i64,
    /// The transaction's number.
    pub transaction: i64,
    /// `pg_backend_pid()`.
    pub session: i32,
    /// The database.
    pub database: String,
}

/// A statement that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunningRecord {
    /// Where it runs.
    pub origin: Origin,
    /// `query_group`.
    pub label: String,
    /// As in [`QueryRecord`].
    pub query_type: &'static str,
    /// When it began.
    pub started: DateTime<Utc>,
    /// The text, redacted.
    pub text: String,
}

/// A finished statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryRecord {
    /// Where it ran.
    pub origin: Origin,
    /// `query_group`.
    pub label: String,
    /// SELECT, INSERT, UNLOAD, DDL, UTILITY, ….
    pub query_type: &'static str,
    /// `success`, `failed` or `canceled`.
    pub status: &'static str,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// Why it failed.
    pub error: Option<String>,
    /// Rows sent to the client.
    pub rows: u64,
    /// The text, redacted.
    pub text: String,
}

/// A finished UNLOAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnloadRecord {
    /// Where it ran.
    pub origin: Origin,
    /// `completed` or `aborted`.
    pub status: &'static str,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// `Text`, `CSV`, `Parquet`, `JSON`.
    pub format: String,
    /// `GZIP`, `BZIP2`, `ZSTD` or empty.
    pub compression: String,
    /// The `TO` of the statement.
    pub location: String,
    /// Rows unloaded.
    pub rows: u64,
    /// Why it failed.
    pub error: Option<String>,
    /// The files written: URL, slice, lines, bytes.
    pub files: Vec<(String, u16, u64, u64)>,
}

/// One thing to remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Any statement, as it begins; its [`Record::Query`] follows when it has ended.
    Running(RunningRecord),
    /// Any statement.
    Query(QueryRecord),
    /// An UNLOAD, beside its query.
    Unload(UnloadRecord),
}

impl Origin {
    fn values(&self) -> (String, String) {
        (
            format!("{}, {}", self.user, self.query),
            format!("{}, {}, {}", self.transaction, self.session, literal(&self.database)),
        )
    }
}

/// Writes records in one transaction, then what runs and what has ended since: that is a table in
/// memory, and a transaction writes to one database.
pub(crate) fn write(
    connection: &Connection,
    home: &str,
    records: &[Record],
) -> Result<(), EngineFault> {
    let (mut running, mut ended) = (Vec::new(), Vec::new());
    let mut queries = Vec::new();
    let mut unloads = Vec::new();
    let mut files = Vec::new();
    for record in records {
        match record {
            Record::Running(query) => running.push(query),
            Record::Query(query) => {
                ended.push(query.origin.query);
                queries.push(query_row(query));
            }
            Record::Unload(unload) => {
                unloads.push(unload_row(unload));
                files.extend(file_rows(unload));
            }
        }
    }
    connection.run("BEGIN TRANSACTION")?;
    let written =
        [("query_history", queries), ("unload_history", unloads), ("unload_detail", files)]
            .into_iter()
            .filter(|(_, rows)| !rows.is_empty())
            .try_for_each(|(table, rows)| {
                let table = own(home, table);
                connection.run(&format!("INSERT INTO {table} VALUES {}", rows.join(", "))).map(drop)
            });
    connection.run(if written.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    written?;
    write_running(connection, &running, &ended)
}

/// Most statements begin and end in one batch and are never told of as running.
fn write_running(
    connection: &Connection,
    running: &[&RunningRecord],
    ended: &[i64],
) -> Result<(), EngineFault> {
    let longer = running.iter().filter(|query| !ended.contains(&query.origin.query));
    let rows: Vec<String> = longer.map(|query| running_row(query)).collect();
    if !rows.is_empty() {
        connection.run(&format!("INSERT INTO {RUNNING} VALUES {}", rows.join(", ")))?;
    }
    if !ended.is_empty() {
        let list: Vec<String> = ended.iter().map(i64::to_string).collect();
        connection
            .run(&format!("DELETE FROM {RUNNING} WHERE query_id IN ({})", list.join(", ")))?;
    }
    Ok(())
}

fn running_row(query: &RunningRecord) -> String {
    let (user_query, place) = query.origin.values();
    format!(
        "({user_query}, {}, {place}, '{}', {}, {})",
        literal(&query.label),
        query.query_type,
        timestamp(query.started),
        literal(&query.text),
    )
}

fn query_row(query: &QueryRecord) -> String {
    let (user_query, place) = query.origin.values();
    format!(
        "({user_query}, {label}, {place}, '{kind}', '{status}', {started}, {ended}, {error}, \
         {rows}, {text})",
        label = literal(&query.label),
        kind = query.query_type,
        status = query.status,
        started = timestamp(query.started),
        ended = timestamp(query.ended),
        error = optional(query.error.as_deref()),
        rows = query.rows,
        text = literal(&query.text),
    )
}

fn unload_row(unload: &UnloadRecord) -> String {
    let (user_query, place) = unload.origin.values();
    format!(
        "({user_query}, {place}, '{status}', {started}, {ended}, {format}, {compression}, \
         {location}, {rows}, {files}, {bytes}, {error})",
        status = unload.status,
        started = timestamp(unload.started),
        ended = timestamp(unload.ended),
        format = literal(&unload.format),
        compression = literal(&unload.compression),
        location = literal(&unload.location),
        rows = unload.rows,
        files = unload.files.len(),
        bytes = unload.files.iter().map(|file| file.3).sum::<u64>(),
        error = optional(unload.error.as_deref()),
    )
}

fn file_rows(unload: &UnloadRecord) -> Vec<String> {
    let origin = &unload.origin;
    let row = |(url, slice, lines, bytes): &(String, u16, u64, u64)| {
        format!(
            "({}, {}, {}, {}, {slice}, {}, {}, {}, {lines}, {bytes}, {})",
            origin.user,
            origin.query,
            origin.session,
            origin.transaction,
            literal(url),
            timestamp(unload.started),
            timestamp(unload.ended),
            literal(&unload.format),
        )
    };
    unload.files.iter().map(row).collect()
}

/// Forgets the oldest statements beyond a bound.
pub(crate) fn trim(connection: &Connection, home: &str) -> Result<(), EngineFault> {
    connection.run(&format!(
        "DELETE FROM {table} WHERE query_id < (SELECT max(query_id) - {KEPT_QUERIES} FROM {table})",
        table = own(home, "query_history"),
    ))?;
    Ok(())
}

/// The last query id given out before the cluster stopped.
pub(crate) fn last_query_id(connection: &Connection, home: &str) -> Result<i64, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT CAST(coalesce(max(query_id), 0) AS BIGINT) FROM {}",
        own(home, "query_history")
    ))?;
    Ok(rows.first().and_then(|row| row.first()).map_or(0, Value::int))
}
