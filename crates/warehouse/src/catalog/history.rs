//! What ran: rows behind `sys_query_history`, `stl_unload_log` and their kin.
//! Redshift Developer Guide, "SYS_QUERY_HISTORY", "SYS_UNLOAD_HISTORY", "STL_UNLOAD_LOG".

mod connections;
mod load;
mod procedures;
mod refreshes;

pub(crate) use procedures::{CallRecord, MessageRecord};

pub(crate) use refreshes::RefreshRecord;

pub(crate) use connections::{Client, ConnectionRecord, Event, UserRecord};

use std::collections::BTreeMap;

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

/// A finished COPY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadRecord {
    /// Where it ran.
    pub origin: Origin,
    /// `completed` or `aborted`.
    pub status: &'static str,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// The table's name and id.
    pub table: (String, i64),
    /// The `FROM` of the statement.
    pub source: String,
    /// `csv`, `txt`, `json`, ….
    pub format: &'static str,
    /// Rows loaded; 0 when it was aborted.
    pub rows: u64,
    /// Objects to read.
    pub source_files: usize,
    /// Records that could not be loaded.
    pub errors: u64,
    /// The objects read.
    pub files: Vec<LoadFileRecord>,
}

/// An object that a COPY read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadFileRecord {
    /// `s3://bucket/key`.
    pub url: String,
    /// Bytes, lines and bad records of it.
    pub counts: [u64; 3],
    /// When its reading began and ended.
    pub times: [DateTime<Utc>; 2],
}

/// A record that a COPY could not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadErrorRecord {
    /// Where it ran.
    pub origin: Origin,
    /// The table's id.
    pub table: i64,
    /// When it was found.
    pub time: DateTime<Utc>,
    /// `s3://bucket/key`.
    pub url: String,
    /// The line, from 1.
    pub line: u64,
    /// The bad column; empty when the line itself is wrong.
    pub column: ColumnRecord,
    /// Bytes from the start of the line.
    pub position: usize,
    /// The line and the field as they stand in the file.
    pub raw: [String; 2],
    /// `err_code`.
    pub code: u16,
    /// `err_reason`.
    pub reason: String,
    /// Where the record begins in the file, in bytes.
    pub offset: u64,
    /// The columns up to the bad one with their values; `None` for a null.
    pub fields: Vec<(ColumnRecord, Option<String>)>,
}

/// A column as load errors tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ColumnRecord {
    /// Its name.
    pub name: String,
    /// `int4`, `varchar`, ….
    pub kind: &'static str,
    /// `0`, `128`, `18, 2`.
    pub length: String,
}

/// A value in which a COPY replaced characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplacementRecord {
    /// Where it ran.
    pub origin: Origin,
    /// `s3://bucket/key`.
    pub url: String,
    /// The line, from 1.
    pub line: u64,
    /// The column's name.
    pub column: String,
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
    /// A COPY, beside its query.
    Load(LoadRecord),
    /// A record that a COPY could not load; told while it runs.
    LoadError(LoadErrorRecord),
    /// A value that a COPY changed; told while it runs.
    Replacement(ReplacementRecord),
    /// A connection came, was refused, or went.
    Connection(ConnectionRecord),
    /// A database user changed.
    User(UserRecord),
    /// A call of a procedure, beside its query.
    Call(CallRecord),
    /// A message of a procedure; told while it runs.
    Message(MessageRecord),
    /// A materialized view was refreshed, beside its query.
    Refresh(RefreshRecord),
}

/// Rows to write, by table.
type Rows = BTreeMap<&'static str, Vec<String>>;

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
    // Changes of what lies in memory only.
    let mut sessions = Vec::new();
    let mut rows = Rows::new();
    for record in records {
        let mut add = |table, row| rows.entry(table).or_default().push(row);
        match record {
            Record::Running(query) => running.push(query),
            Record::Query(query) => {
                ended.push(query.origin.query);
                add("query_history", query_row(query));
            }
            Record::Unload(unload) => {
                add("unload_history", unload_row(unload));
                file_rows(unload).into_iter().for_each(|row| add("unload_detail", row));
            }
            Record::Load(load) => {
                add("load_history", load::history_row(load));
                load::file_rows(load).for_each(|row| add("load_detail", row));
            }
            Record::LoadError(error) => {
                add("load_errors", load::error_row(error));
                load::field_rows(error).for_each(|row| add("load_error_fields", row));
            }
            Record::Call(call) => add("procedure_calls", procedures::call_row(call)),
            Record::Message(message) => {
                add("procedure_messages", procedures::message_row(message));
            }
            Record::Replacement(value) => add("load_replacements", load::replacement_row(value)),
            Record::Connection(event) => {
                sessions.extend(connections::session_change(event));
                add("connection_log", connections::connection_row(event));
            }
            Record::Refresh(refresh) => sessions.push(refreshes::refresh_change(refresh)),
            Record::User(change) => add("user_log", connections::user_row(change)),
        }
    }
    connection.run("BEGIN TRANSACTION")?;
    let written = rows.into_iter().try_for_each(|(table, rows)| {
        let table = own(home, table);
        connection.run(&format!("INSERT INTO {table} VALUES {}", rows.join(", "))).map(drop)
    });
    connection.run(if written.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    written?;
    sessions.iter().try_for_each(|change| connection.run(change).map(drop))?;
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

/// Tables of history that are kept as long as the statements they belong to.
const FOLLOWING: [&str; 7] = [
    "load_history",
    "load_detail",
    "load_errors",
    "load_error_fields",
    "load_replacements",
    "procedure_calls",
    "procedure_messages",
];

/// Forgets the oldest statements beyond a bound.
pub(crate) fn trim(connection: &Connection, home: &str) -> Result<(), EngineFault> {
    let queries = own(home, "query_history");
    for table in FOLLOWING.iter().copied().chain(["query_history"]) {
        connection.run(&format!(
            "DELETE FROM {table} WHERE query_id < \
             (SELECT max(query_id) - {KEPT_QUERIES} FROM {queries})",
            table = own(home, table),
        ))?;
    }
    for table in ["connection_log", "user_log"] {
        let table = own(home, table);
        connection.run(&format!(
            "DELETE FROM {table} WHERE record_time < (SELECT record_time FROM {table} \
             ORDER BY record_time DESC LIMIT 1 OFFSET {KEPT_QUERIES})"
        ))?;
    }
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
