//! The line formats: delimited text, CSV, fixed width and JSON.
//!
//! A [`LineFormat`] knows how a row becomes a line; [`LineEncoder`] runs it over batches and
//! stops where a file is full. It must not know files, compression or the cloud.
//! Amazon Redshift Developer Guide, "UNLOAD", FORMAT AS and the text options.
//! Start reading at [`LineEncoder`].

mod delimited;
pub(super) mod digits;
mod fixed;
mod float;
mod json;
mod scan;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::ArrayRef;
use redshift_sql::SqlType;

use super::UnloadError;
use super::cells::Column;
use super::encoder::{Encoded, Encoder};

pub(super) use delimited::{Delimited, Style};
pub(super) use fixed::FixedWidth;
pub(super) use json::Json;
pub(super) use value::{Show, push_value};

/// How a row becomes a line.
pub(super) trait LineFormat: Send + Sync {
    /// The line with the columns' names, with its line feed; empty when there is none.
    fn header(&self) -> &[u8];

    /// Readies the batch's columns once, so that rows need no further look-ups.
    fn prepare<'a>(&self, columns: Vec<Column<'a>>) -> Vec<Prepared<'a>>;

    /// Appends one row with its line feed.
    ///
    /// # Errors
    /// A value that the format cannot hold.
    fn row(
        &self,
        columns: &[Prepared<'_>],
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), UnloadError>;
}

/// A column and what one look at the whole batch tells of it.
pub(super) struct Prepared<'a> {
    pub column: Column<'a>,
    /// No value of the batch needs quoting or escaping.
    pub clean: bool,
}

/// The encoder of every line format; holds nothing between batches.
pub(super) struct LineEncoder {
    format: Arc<dyn LineFormat>,
    types: Arc<[SqlType]>,
}

impl LineEncoder {
    /// `types` are those of the columns that `encode` will be given.
    pub(super) fn new(format: Arc<dyn LineFormat>, types: Arc<[SqlType]>) -> Self {
        Self { format, types }
    }
}

impl Encoder for LineEncoder {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<u64, UnloadError> {
        out.extend_from_slice(self.format.header());
        Ok(u64::from(!self.format.header().is_empty()))
    }

    fn encode(
        &mut self,
        columns: &[ArrayRef],
        from: usize,
        room: u64,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, UnloadError> {
        let rows = columns.first().map_or(0, |column| column.len());
        let columns = columns
            .iter()
            .zip(self.types.iter())
            .map(|(array, &ty)| Column::of(array, ty).ok_or_else(UnloadError::layout))
            .collect::<Result<Vec<_>, _>>()?;
        let columns = self.format.prepare(columns);
        let limit = out.len().saturating_add(usize::try_from(room).unwrap_or(usize::MAX));
        for row in from..rows {
            let mark = out.len();
            self.format.row(&columns, row, out)?;
            if out.len() > limit {
                out.truncate(mark);
                return Ok(Encoded { rows: row - from, full: true });
            }
        }
        Ok(Encoded { rows: rows.saturating_sub(from), full: false })
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), UnloadError> {
        Ok(())
    }
}
