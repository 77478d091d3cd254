//! What goes into an UNLOAD and what comes out of it; values only.

use arrow::record_batch::RecordBatch;

use super::ResultColumn;
use crate::ports::ClusterRef;

/// Who runs a statement: what error blocks and external ids name.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The cluster the session is connected to.
    pub cluster: &'a ClusterRef,
    /// The database user, as `current_user` has it.
    pub db_user: &'a str,
    /// The statement's query id (`pg_last_query_id()`), 0 when there is none.
    pub query_id: i64,
    /// The session's process id (`pg_backend_pid()`).
    pub pid: i32,
}

/// One UNLOAD statement of one session, its query already planned and its privileges checked.
pub struct UnloadRequest<'a> {
    /// The parsed statement.
    pub statement: &'a redshift_sql::Unload,
    /// The query's columns, in order.
    pub columns: Vec<ResultColumn>,
    /// The role chain, as [`super::resolve_roles`] gave it; empty with access keys.
    pub roles: Vec<String>,
    /// Who runs it, where.
    pub caller: Caller<'a>,
    /// The session's `extra_float_digits`: 0 by default, up to 2.
    pub extra_float_digits: i8,
}

/// A pull source of the query's rows. It stays on the caller's thread, so it need not be `Send`;
/// the batches themselves are handed to the writers.
pub trait BatchSource {
    /// The next rows, `None` at the end. The columns are those of the request, in order.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, SourceError>;
}

/// The query failed while its rows were read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// SQLSTATE.
    pub sqlstate: String,
    /// The message, in Redshift's words.
    pub message: String,
}

/// How far a running UNLOAD is; told on the caller's thread after each batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Rows written.
    pub rows: u64,
    /// Bytes handed to the object store, after compression.
    pub bytes: u64,
    /// Files begun.
    pub files: u64,
}

/// A finished UNLOAD: what `STL_UNLOAD_LOG`, `SYS_UNLOAD_HISTORY` and the notice say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnloadReport {
    /// Rows unloaded, without header lines (`pg_last_unload_count()`).
    pub rows: u64,
    /// The data files in the order of their names.
    pub files: Vec<UnloadedFile>,
    /// The manifest, when one was asked for and written.
    pub manifest: Option<UnloadedFile>,
    /// `Text`, `CSV`, `Parquet` or `JSON`, as `SYS_UNLOAD_HISTORY.file_format` shows it.
    pub format: &'static str,
    /// Empty, `GZIP`, `BZIP2` or `ZSTD`.
    pub compression: &'static str,
}

impl UnloadReport {
    /// The text of the success notice.
    /// Amazon Redshift Developer Guide, "UNLOAD examples".
    pub fn notice(&self) -> String {
        format!("UNLOAD completed, {} record(s) unloaded successfully.", self.rows)
    }

    /// Bytes of all data files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// One object written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnloadedFile {
    /// `s3://bucket/key`.
    pub url: String,
    /// The slice that wrote it, from 0.
    pub slice: u16,
    /// Bytes of the object.
    pub bytes: u64,
    /// Lines or records of it, header lines included, as the manifest counts them.
    pub records: u64,
    /// Rows of the query in it.
    pub rows: u64,
}
