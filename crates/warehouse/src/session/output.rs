//! Where a statement's results go: the wire is one implementation, tests have another.

use arrow::record_batch::RecordBatch;

use super::Field;
use crate::errors::Failure;

/// Receives what a statement produces, as it is produced.
pub(crate) trait Output {
    /// The columns of the rows to come, once, before any rows.
    fn columns(&mut self, fields: &[Field]) -> Result<(), Failure>;
    /// Some rows. Blocks while the client does not read.
    fn rows(&mut self, batch: &RecordBatch) -> Result<(), Failure>;
    /// A message beside the result.
    fn notice(&mut self, notice: &Notice) -> Result<(), Failure>;
    /// A parameter that the client is told of changed.
    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Failure>;
}

/// For statements of our own, whose results nobody is sent.
pub(crate) struct Nowhere;

impl Output for Nowhere {
    fn columns(&mut self, _: &[Field]) -> Result<(), Failure> {
        Ok(())
    }

    fn rows(&mut self, _: &RecordBatch) -> Result<(), Failure> {
        Ok(())
    }

    fn notice(&mut self, _: &Notice) -> Result<(), Failure> {
        Ok(())
    }

    fn parameter(&mut self, _: &str, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}

/// A NoticeResponse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// `INFO`, `WARNING`, ….
    pub severity: &'static str,
    /// SQLSTATE.
    pub sqlstate: String,
    /// The text.
    pub message: String,
}

impl Notice {
    /// `INFO`, as COPY and UNLOAD report their success.
    pub(crate) fn info(message: String) -> Self {
        Self { severity: "INFO", sqlstate: String::from("00000"), message }
    }

    /// `WARNING`.
    pub(crate) fn warning(sqlstate: &str, message: &str) -> Self {
        Self { severity: "WARNING", sqlstate: sqlstate.to_owned(), message: message.to_owned() }
    }
}
