//! Parquet files: row groups as batches of the table's types.
//!
//! Columns count by position (COPY from columnar data formats). Row groups are read independently
//! of each other, on as many threads as the caller likes, each a batch at a time. It must not know
//! the engine. Start at [`Parquet::open`].

mod footer;
mod schema;
mod source;
#[cfg(test)]
mod tests;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetStatisticsPolicy};

use crate::columnar::Columns;
use crate::target::{Columnar, ColumnarError, ReadAt, Target};
use source::Chunks;

/// Rows of a batch at most: a vector of the engine.
const ROWS: usize = 2048;
/// A file's own description of itself at most, in bytes.
const LARGEST_FOOTER: u64 = 64 << 20;
/// What one row group's column may claim to be when unpacked, in bytes.
const LARGEST_CHUNK: i64 = 4 << 30;
/// `PAR1` and the footer's length, at the end of each file.
const TAIL: u64 = 8;

/// An open file.
pub struct Parquet {
    source: Chunks,
    metadata: ArrowReaderMetadata,
    columns: Arc<Columns>,
}

impl Parquet {
    /// Reads the file's description and compares it with the columns of the statement. `file` is
    /// its name in errors.
    ///
    /// # Errors
    /// In the words of Redshift Spectrum: no Parquet file, another number of columns, types that
    /// do not go together; and what `source` refuses.
    pub fn open(
        source: Arc<dyn ReadAt>,
        file: &str,
        targets: &[Target],
        options: Columnar,
    ) -> Result<Self, ColumnarError> {
        let columns = Columns::new(targets, options, file, "Parquet");
        let of = columns.clone();
        guarded(&of, || Self::open_file(Chunks::new(source), columns))
    }

    fn open_file(source: Chunks, columns: Columns) -> Result<Self, ColumnarError> {
        check_tail(&source, &columns)?;
        let failed = |error| parquet_error(&columns, error);
        let plain = ArrowReaderMetadata::load(&source, reading()).map_err(failed)?;
        let described = plain.parquet_schema();
        let bare = schema::without_text(described).map_err(failed)?;
        let reading = reading().with_parquet_schema(bare);
        let metadata = ArrowReaderMetadata::load(&source, reading.clone()).map_err(failed)?;
        let hinted = schema::hinted(&metadata);
        let shape = Arc::clone(metadata.metadata());
        let metadata =
            ArrowReaderMetadata::try_new(shape, reading.with_schema(hinted)).map_err(failed)?;
        let sources = schema::sources(described, metadata.schema());
        check_sizes(&metadata, &columns)?;
        let columns = Arc::new(columns.fill_from(sources)?);
        Ok(Self { source, metadata, columns })
    }

    /// How many row groups there are.
    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// How many rows there are, if the file says so rightly.
    pub fn rows(&self) -> u64 {
        let groups = self.metadata.metadata().row_groups();
        groups.iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).sum()
    }

    /// How many rows a group has, if the file says so rightly.
    pub fn rows_of(&self, row_group: usize) -> u64 {
        let group = self.metadata.metadata().row_groups().get(row_group);
        group.map_or(0, |group| u64::try_from(group.num_rows()).unwrap_or(0))
    }

    /// The rows of one group, in order.
    ///
    /// # Errors
    /// A group that is not there; a file that contradicts itself.
    pub fn read(&self, row_group: usize) -> Result<Batches, ColumnarError> {
        if row_group >= self.row_groups() {
            return Err(self.columns.damaged(&"no such row group"));
        }
        let (source, metadata) = (self.source.clone(), self.metadata.clone());
        let reader = guarded(&self.columns, || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(source, metadata)
                .with_batch_size(ROWS)
                .with_row_groups(vec![row_group])
                .build()
                .map_err(|error| parquet_error(&self.columns, error))
        })?;
        let left = self.metadata.metadata().row_group(row_group).num_rows();
        let left = u64::try_from(left).unwrap_or(0);
        Ok(Batches { reader: Some(reader), columns: Arc::clone(&self.columns), left })
    }
}

/// The batches of one row group, of the schema that [`crate::target::schema`] makes of the
/// targets.
pub struct Batches {
    /// None once it has failed.
    reader: Option<ParquetRecordBatchReader>,
    columns: Arc<Columns>,
    /// Rows that the file says are still to come.
    left: u64,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ColumnarError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { reader, columns, left } = self;
        let reader = reader.as_mut()?;
        let next = guarded(columns, || match reader.next() {
            Some(Ok(batch)) => columns.batch(batch.columns(), batch.num_rows()).map(Some),
            Some(Err(error)) => Err(arrow_error(columns, error)),
            None => Ok(None),
        });
        // Data that ends early is no error to the `parquet` crate.
        let next = next.and_then(|batch| {
            let rows = batch.as_ref().map_or(*left, |batch| batch.num_rows() as u64);
            let rest = left.checked_sub(rows).filter(|_| batch.is_some() || *left == 0);
            *left =
                rest.ok_or_else(|| columns.damaged(&"a row group has other rows than it says"))?;
            Ok(batch)
        });
        if next.is_err() {
            self.reader = None;
        }
        next.transpose()
    }
}

/// What the `parquet` crate asserts instead of checking is a damaged file too.
fn guarded<T>(
    columns: &Columns,
    work: impl FnOnce() -> Result<T, ColumnarError>,
) -> Result<T, ColumnarError> {
    // Nothing that the work touches is used after it has failed.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(columns.damaged(&"it contradicts itself")))
}

/// Only what is needed to read values: neither hints of other programs nor statistics.
fn reading() -> ArrowReaderOptions {
    ArrowReaderOptions::new()
        .with_skip_arrow_metadata(true)
        .with_page_index_policy(PageIndexPolicy::Skip)
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
}

fn check_tail(source: &Chunks, columns: &Columns) -> Result<(), ColumnarError> {
    let version =
        || columns.scan(format!("File '{}' has an invalid version number.", columns.file));
    let start = source.size().checked_sub(TAIL).ok_or_else(version)?;
    let tail = source.bytes(start, TAIL as usize)?;
    let Some((length, magic)) = tail.split_first_chunk::<4>() else { return Err(version()) };
    if magic != b"PAR1" {
        return Err(version());
    }
    let length = u64::from(u32::from_le_bytes(*length));
    if length > start || length > LARGEST_FOOTER {
        return Err(columns.damaged(&"the footer is too large"));
    }
    let footer = source.bytes(start - length, usize::try_from(length).unwrap_or_default())?;
    if !footer::is_sound(&footer) {
        return Err(columns.damaged(&"the footer contradicts itself"));
    }
    Ok(())
}

/// Refuses what would unpack to more than any honest file has in one place.
fn check_sizes(metadata: &ArrowReaderMetadata, columns: &Columns) -> Result<(), ColumnarError> {
    let groups = metadata.metadata().row_groups();
    let wrong = groups.iter().flat_map(|group| group.columns()).any(|chunk| {
        chunk.data_page_offset() < 0
            || chunk.dictionary_page_offset().is_some_and(|offset| offset < 0)
            || chunk.compressed_size() < 0
            || chunk.num_values() < 0
            || !(0..=LARGEST_CHUNK).contains(&chunk.uncompressed_size())
    });
    if wrong || groups.iter().any(|group| group.num_rows() < 0) {
        return Err(columns.damaged(&"a column chunk is too large or less than nothing"));
    }
    let rows = groups.iter().map(|group| i128::from(group.num_rows())).sum::<i128>();
    if rows != i128::from(metadata.metadata().file_metadata().num_rows()) {
        return Err(columns.damaged(&"its row groups have other rows than it says"));
    }
    Ok(())
}

fn parquet_error(columns: &Columns, error: ParquetError) -> ColumnarError {
    match error {
        ParquetError::External(inner) => unpacked(columns, inner),
        other => columns.damaged(&other),
    }
}

fn arrow_error(columns: &Columns, error: ArrowError) -> ColumnarError {
    match error {
        ArrowError::ExternalError(inner) => unpacked(columns, inner),
        other => columns.damaged(&other),
    }
}

/// Tells a source that refuses from a file that is wrong.
fn unpacked(columns: &Columns, error: Box<dyn std::error::Error + Send + Sync>) -> ColumnarError {
    match error.downcast::<io::Error>() {
        Ok(error) if error.kind() == io::ErrorKind::UnexpectedEof => columns.damaged(&error),
        Ok(error) => ColumnarError::Io(*error),
        Err(other) => columns.damaged(&other),
    }
}
