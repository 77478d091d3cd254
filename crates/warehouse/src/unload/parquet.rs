//! Parquet files as Redshift writes them: version 1.0 pages, SNAPPY, every column optional,
//! INT96 timestamps, decimals as FIXED_LEN_BYTE_ARRAY.
//!
//! The crate `parquet` writes headers, row groups and the footer; the values of a page are
//! encoded here, straight from the Arrow buffers, which is several times faster than its typed
//! writers and writes the physical types that its Arrow writer does not.
//! It must not know where the bytes go. Start reading at [`ParquetEncoder::encode`].

mod chunk;
mod dictionary;
mod plain;
mod schema;
mod stats;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::ArrayRef;
use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, TypePtr};
use redshift_sql::SqlType;

use super::cells::Column;
use super::encoder::{Encoded, Encoder};
use super::{ResultColumn, UnloadError};
use chunk::Chunk;

/// Bytes of a row group when ROWGROUPSIZE is not given: 32 MB.
const DEFAULT_ROW_GROUP: u64 = 32 << 20;

/// What all Parquet files of a statement have in common.
pub(super) struct ParquetFormat {
    schema: TypePtr,
    descriptor: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    types: Vec<SqlType>,
    row_group: u64,
}

impl ParquetFormat {
    /// # Errors
    /// A name or type that Parquet cannot hold.
    pub(super) fn new(
        columns: &[&ResultColumn],
        row_group: Option<u64>,
    ) -> Result<Self, UnloadError> {
        let schema = schema::of(columns).map_err(|error| failed(&error))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(concat!("landbridge version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        Ok(Self {
            descriptor: Arc::new(SchemaDescriptor::new(Arc::clone(&schema))),
            schema,
            properties: Arc::new(properties),
            types: columns.iter().map(|column| column.redshift_type).collect(),
            row_group: row_group.unwrap_or(DEFAULT_ROW_GROUP),
        })
    }

    /// The encoder of a new file.
    pub(super) fn open(self: &Arc<Self>) -> ParquetEncoder {
        let chunk = |(index, &ty): (usize, &SqlType)| Chunk::new(self.descriptor.column(index), ty);
        ParquetEncoder {
            chunks: self.types.iter().enumerate().map(chunk).collect(),
            format: Arc::clone(self),
            writer: None,
            rows: 0,
            largest_group: 0,
        }
    }
}

fn failed(error: &ParquetError) -> UnloadError {
    UnloadError::plain("XX000", format!("UNLOAD to Parquet: {error}"))
}

/// One file: the row group that is being gathered, and the writer of those before it.
pub(super) struct ParquetEncoder {
    format: Arc<ParquetFormat>,
    writer: Option<SerializedFileWriter<Vec<u8>>>,
    chunks: Vec<Chunk>,
    /// Rows of the row group.
    rows: u64,
    /// Bytes of the largest row group written.
    largest_group: u64,
}

impl ParquetEncoder {
    /// Bytes of the row group so far, encoded but not compressed.
    fn group_bytes(&self) -> u64 {
        self.chunks.iter().map(Chunk::encoded).sum()
    }

    /// Whether the file should end before the next rows: it ends on whole row groups while
    /// there is room for another like the largest, and in the middle of one only when it must.
    fn is_full(&self, room: u64) -> bool {
        if self.rows == 0 {
            self.largest_group > 0 && room < self.largest_group
        } else {
            self.kept() as u64 >= room
        }
    }

    fn write_group(&mut self, out: &mut Vec<u8>) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let before = writer_bytes(self.writer.as_ref());
        let writer = match &mut self.writer {
            Some(writer) => writer,
            slot @ None => slot.insert(SerializedFileWriter::new(
                Vec::new(),
                Arc::clone(&self.format.schema),
                Arc::clone(&self.format.properties),
            )?),
        };
        let mut group = writer.next_row_group()?;
        for chunk in &mut self.chunks {
            let (bytes, closed) = chunk.close()?;
            group.append_column(&Bytes::from(bytes), closed)?;
        }
        group.close()?;
        writer.flush()?;
        append(out, writer.inner_mut());
        self.rows = 0;
        self.largest_group = self.largest_group.max(writer_bytes(self.writer.as_ref()) - before);
        Ok(())
    }
}

fn writer_bytes(writer: Option<&SerializedFileWriter<Vec<u8>>>) -> u64 {
    writer.map_or(0, |writer| writer.bytes_written() as u64)
}

/// Moves bytes; a row group is large, and mostly there is nothing in `out` yet.
fn append(out: &mut Vec<u8>, bytes: &mut Vec<u8>) {
    if out.is_empty() {
        std::mem::swap(out, bytes);
    } else {
        out.append(bytes);
    }
}

impl Encoder for ParquetEncoder {
    fn begin(&mut self, _out: &mut Vec<u8>) -> Result<u64, UnloadError> {
        Ok(0)
    }

    fn encode(
        &mut self,
        columns: &[ArrayRef],
        from: usize,
        room: u64,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, UnloadError> {
        if self.is_full(room) {
            return Ok(Encoded { rows: 0, full: true });
        }
        let rows = columns.first().map_or(0, |column| column.len()).saturating_sub(from);
        for ((chunk, array), &ty) in self.chunks.iter_mut().zip(columns).zip(&self.format.types) {
            let array = if from == 0 { Arc::clone(array) } else { array.slice(from, rows) };
            let column = Column::of(&array, ty).ok_or_else(UnloadError::layout)?;
            chunk.append(&column, rows).map_err(|error| failed(&error))?;
        }
        self.rows += rows as u64;
        if self.group_bytes() >= self.format.row_group {
            self.write_group(out).map_err(|error| failed(&error))?;
        }
        Ok(Encoded { rows, full: false })
    }

    fn release(&mut self, out: &mut Vec<u8>) -> Result<(), UnloadError> {
        self.write_group(out).map_err(|error| failed(&error))
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), UnloadError> {
        let mut end = || {
            self.write_group(out)?;
            if let Some(writer) = self.writer.take() {
                out.extend(writer.into_inner()?);
            }
            Ok(())
        };
        end().map_err(|error| failed(&error))
    }

    fn kept(&self) -> usize {
        self.chunks.iter().map(Chunk::kept).sum()
    }
}
