//! What comes out of a COPY besides rows: counts, files, bad records; values only.

use chrono::{DateTime, Utc};

use crate::unload::UnloadError;

/// How far a load came: what `SYS_LOAD_HISTORY` and the notices say of it.
#[derive(Debug, Default)]
pub(crate) struct LoadReport {
    /// Loading began: there is a `pg_last_copy_id()` from here on.
    pub begun: bool,
    /// Rows handed to the insertion.
    pub rows: u64,
    /// Records that could not be loaded.
    pub errors: u64,
    /// Objects to read.
    pub source_files: usize,
    /// The objects read.
    pub files: Vec<LoadedFile>,
}

impl LoadReport {
    /// The texts of the success notices (COPY › examples of messages).
    pub(crate) fn notices(&self, table: &str) -> Vec<String> {
        let Self { rows, errors, .. } = self;
        let mut notices = vec![format!(
            "Load into table '{table}' completed, {rows} record(s) loaded successfully."
        )];
        if *errors > 0 {
            notices.push(format!(
                "Load into table '{table}' completed, {errors} record(s) could not be loaded.  \
                 Check 'stl_load_errors' system table for details."
            ));
        }
        notices
    }

    /// Bytes of all objects read.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// One object that was read.
#[derive(Debug, Clone)]
pub(crate) struct LoadedFile {
    /// `s3://bucket/key`.
    pub url: String,
    /// Bytes of it, compressed as they were.
    pub bytes: u64,
    /// Lines (records of formats without lines).
    pub lines: u64,
    /// Bad records in it.
    pub errors: u64,
    /// When its reading began.
    pub started: DateTime<Utc>,
    /// When the last of it was converted.
    pub ended: DateTime<Utc>,
}

/// A record that was not loaded: a row of `STL_LOAD_ERRORS`.
#[derive(Debug, Clone)]
pub(crate) struct BadRow {
    /// `s3://bucket/key`.
    pub url: String,
    /// Its line, from 1.
    pub line: u64,
    /// Where it begins in the uncompressed file, in bytes.
    pub offset: u64,
    /// Its text, cut off.
    pub raw: Vec<u8>,
    /// What is wrong.
    pub rejection: load::record::Rejection,
    /// Its fields up to the bad one; `None` for a null.
    pub fields: Vec<Option<Vec<u8>>>,
}

/// A value in which ACCEPTINVCHARS replaced characters: a row of `STL_REPLACEMENTS`.
#[derive(Debug, Clone)]
pub(crate) struct ReplacedValue {
    /// `s3://bucket/key`.
    pub url: String,
    /// Its line, from 1.
    pub line: u64,
    /// Index of its column.
    pub column: usize,
}

/// Why a load did not complete.
#[derive(Debug)]
pub(crate) enum LoadEnd<E> {
    /// The cloud or a file.
    Refused(UnloadError),
    /// As many bad records as MAXERROR says.
    TooManyErrors,
    /// The insertion.
    Insert(E),
}
