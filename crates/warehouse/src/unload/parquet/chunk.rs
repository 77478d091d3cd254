//! One column chunk: levels and values of its pages, compressed, with its statistics.
//!
//! Text goes through a dictionary while that pays, everything else is PLAIN.
//! Apache Parquet, "Data Pages" and "Encodings.md". Start reading at [`Chunk::append`].

use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use redshift_sql::SqlType;

use super::dictionary::{Dictionary, push_packed, push_varint};
use super::plain;
use super::schema::decimal_length;
use super::stats::Stats;
use crate::unload::cells::{Cells, Column};
use crate::unload::text::{Show, push_value};

/// Bytes of values that make a page.
const PAGE: usize = 256 << 10;

/// The encoding of dictionary and of the pages that use it, as version 1.0 names it.
const DICTIONARY: Encoding = Encoding::PLAIN_DICTIONARY;

/// A column of a row group.
pub(super) struct Chunk {
    descriptor: ColumnDescPtr,
    /// Bytes of a fixed-length value.
    length: usize,
    is_text: bool,
    page: PageValues,
    dictionary: Dictionary,
    /// The dictionary did not pay: pages are plain from here on.
    overflowed: bool,
    /// Pages written, before the dictionary's if there is one.
    pages: TrackedWrite<Vec<u8>>,
    totals: Totals,
    stats: Stats,
    compressor: snap::raw::Encoder,
    /// Compression does not pay for this chunk's values.
    stored: bool,
}

/// The page being filled.
#[derive(Default)]
struct PageValues {
    rows: usize,
    /// One bit a row, made when the first NULL comes.
    present: Option<Vec<u8>>,
    /// PLAIN values.
    plain: Vec<u8>,
    /// Bits taken in the last byte of `plain`, for booleans.
    bits: u32,
    /// Numbers in the dictionary.
    indices: Vec<u32>,
}

/// Sums over the chunk's pages.
#[derive(Default)]
struct Totals {
    rows: u64,
    uncompressed: usize,
    compressed: usize,
    dictionary_pages: bool,
    plain_pages: bool,
}

impl Chunk {
    pub(super) fn new(descriptor: ColumnDescPtr, ty: SqlType) -> Self {
        let length = match ty {
            SqlType::Decimal { precision, .. } => decimal_length(precision),
            _ => 0,
        };
        let is_text = descriptor.physical_type() == parquet::basic::Type::BYTE_ARRAY;
        Self {
            descriptor,
            length,
            is_text,
            page: PageValues::default(),
            dictionary: Dictionary::new(),
            overflowed: false,
            pages: TrackedWrite::new(Vec::new()),
            totals: Totals::default(),
            stats: Stats::default(),
            compressor: snap::raw::Encoder::new(),
            stored: false,
        }
    }

    /// Bytes encoded so far, not compressed.
    pub(super) fn encoded(&self) -> u64 {
        (self.totals.uncompressed + self.page.bytes() + self.dictionary.pool().len()) as u64
    }

    /// Bytes in memory.
    pub(super) fn kept(&self) -> usize {
        self.totals.compressed + self.page.bytes() + self.dictionary.pool().len()
    }

    /// Takes in `rows` rows.
    ///
    /// # Errors
    /// A page could not be compressed.
    pub(super) fn append(&mut self, column: &Column<'_>, rows: usize) -> Result<(), ParquetError> {
        self.page.push_levels(column, rows);
        self.stats.add(column);
        if self.is_text {
            self.push_texts(column, rows);
        } else {
            self.page.push_plain(column, self.length);
        }
        if self.page.bytes() >= PAGE { self.write_page() } else { Ok(()) }
    }

    fn push_texts(&mut self, column: &Column<'_>, rows: usize) {
        let mut scratch = Vec::new();
        for row in (0..rows).filter(|&row| !column.is_null(row)) {
            match &column.cells {
                Cells::Text(values) | Cells::Super(values) => {
                    self.push_text(values.value(row).as_bytes());
                }
                Cells::Binary(values) => self.push_text(values.value(row)),
                cells => {
                    scratch.clear();
                    push_value(&mut scratch, cells, row, Show::new(0));
                    self.push_text(&scratch);
                }
            }
        }
    }

    #[inline]
    fn push_text(&mut self, value: &[u8]) {
        if !self.overflowed {
            match self.dictionary.index(value) {
                Some(index) => return self.page.indices.push(index),
                None => self.leave_dictionary(),
            }
        }
        self.stats.add_text(value);
        self.page.push_bytes(value);
    }

    /// The dictionary does not pay: this page and those after it are plain.
    fn leave_dictionary(&mut self) {
        self.overflowed = true;
        for index in std::mem::take(&mut self.page.indices) {
            self.page.push_bytes(self.dictionary.value(index as usize));
        }
    }

    fn write_page(&mut self) -> Result<(), ParquetError> {
        if self.page.rows == 0 {
            return Ok(());
        }
        let uses_dictionary = self.is_text && !self.overflowed;
        let mut buffer = Vec::with_capacity(self.page.bytes() + 64);
        self.page.push_encoded_levels(&mut buffer);
        if uses_dictionary {
            push_packed(&mut buffer, &self.page.indices, self.dictionary.len());
        } else {
            buffer.extend_from_slice(&self.page.plain);
        }
        let page = Page::DataPage {
            buf: self.compress(&buffer)?,
            num_values: count(self.page.rows)?,
            encoding: if uses_dictionary { DICTIONARY } else { Encoding::PLAIN },
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let page = CompressedPage::new(page, buffer.len());
        let spec = SerializedPageWriter::new(&mut self.pages).write_page(page)?;
        self.totals.add(&spec);
        self.totals.rows += self.page.rows as u64;
        self.totals.dictionary_pages |= uses_dictionary;
        self.totals.plain_pages |= !uses_dictionary;
        self.page.clear();
        Ok(())
    }

    /// A page's SNAPPY form. The chunk's first page tells whether compression pays; where it
    /// does not, the others are stored, which costs next to nothing and is SNAPPY all the same.
    fn compress(&mut self, bytes: &[u8]) -> Result<Bytes, ParquetError> {
        if self.stored {
            return Ok(Bytes::from(stored(bytes)));
        }
        let compressed = self
            .compressor
            .compress_vec(bytes)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        self.stored = compressed.len() > bytes.len() / 10 * 7;
        Ok(Bytes::from(compressed))
    }

    /// Ends the chunk: its bytes, and what the footer says of them. It is then empty again.
    ///
    /// # Errors
    /// A page could not be compressed.
    pub(super) fn close(&mut self) -> Result<(Vec<u8>, ColumnCloseResult), ParquetError> {
        self.write_page()?;
        let mut chunk = TrackedWrite::new(Vec::new());
        let dictionary_offset = self.totals.dictionary_pages.then_some(0);
        if self.totals.dictionary_pages {
            self.write_dictionary(&mut chunk)?;
        }
        let data_offset = chunk.bytes_written();
        let mut bytes = chunk.into_inner()?;
        let pages = std::mem::replace(&mut self.pages, TrackedWrite::new(Vec::new()));
        if bytes.is_empty() {
            bytes = pages.into_inner()?;
        } else {
            bytes.append(&mut pages.into_inner()?);
        }
        let totals = std::mem::take(&mut self.totals);
        let mut builder = ColumnChunkMetaData::builder(self.descriptor.clone())
            .set_compression(Compression::SNAPPY)
            .set_encodings(totals.encodings())
            .set_num_values(signed(totals.rows as usize)?)
            .set_total_compressed_size(signed(bytes.len())?)
            .set_total_uncompressed_size(signed(totals.uncompressed)?)
            .set_data_page_offset(signed(data_offset)?)
            .set_dictionary_page_offset(dictionary_offset);
        if let Some(stats) = std::mem::take(&mut self.stats).finish(self.length) {
            builder = builder.set_statistics(stats);
        }
        self.dictionary = Dictionary::new();
        self.overflowed = false;
        self.stored = false;
        let closed = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: totals.rows,
            metadata: builder.build()?,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((bytes, closed))
    }

    /// The dictionary's page; its values are all the chunk's text that is not in plain pages,
    /// so they make the statistics too.
    fn write_dictionary(&mut self, chunk: &mut TrackedWrite<Vec<u8>>) -> Result<(), ParquetError> {
        for index in 0..self.dictionary.len() {
            self.stats.add_text(self.dictionary.value(index));
        }
        let compressed = self.compressor.compress_vec(self.dictionary.pool());
        let compressed = compressed.map_err(|error| ParquetError::External(Box::new(error)))?;
        let page = Page::DictionaryPage {
            buf: Bytes::from(compressed),
            num_values: count(self.dictionary.len())?,
            encoding: DICTIONARY,
            is_sorted: false,
        };
        let page = CompressedPage::new(page, self.dictionary.pool().len());
        let spec = SerializedPageWriter::new(chunk).write_page(page)?;
        self.totals.add(&spec);
        Ok(())
    }
}

impl Totals {
    fn add(&mut self, spec: &PageWriteSpec) {
        self.uncompressed += spec.uncompressed_size;
        self.compressed += spec.compressed_size;
    }

    fn encodings(&self) -> Vec<Encoding> {
        let mut encodings = vec![Encoding::RLE];
        if self.dictionary_pages {
            encodings.push(DICTIONARY);
        }
        if self.plain_pages {
            encodings.push(Encoding::PLAIN);
        }
        encodings
    }
}

impl PageValues {
    fn bytes(&self) -> usize {
        self.plain.len() + self.indices.len() * 2
    }

    fn clear(&mut self) {
        self.rows = 0;
        self.present = None;
        self.plain.clear();
        self.indices.clear();
        self.bits = 0;
    }

    /// Notes which of the next rows are NULL.
    fn push_levels(&mut self, column: &Column<'_>, rows: usize) {
        if self.present.is_none() && column.nulls.is_some() {
            let mut bits = Vec::new();
            plain::push_booleans(&mut bits, 8, std::iter::repeat_n(true, self.rows));
            self.present = Some(bits);
        }
        if let Some(bits) = &mut self.present {
            let used = if self.rows.is_multiple_of(8) { 8 } else { (self.rows % 8) as u32 };
            match column.nulls {
                None => plain::push_booleans(bits, used, std::iter::repeat_n(true, rows)),
                Some(nulls) => plain::push_booleans(bits, used, nulls.iter()),
            };
        }
        self.rows += rows;
    }

    /// Definition levels as RLE/bit-packed runs of width 1, with their length in front.
    fn push_encoded_levels(&self, out: &mut Vec<u8>) {
        let mut levels = Vec::new();
        match &self.present {
            None => {
                push_varint(&mut levels, (self.rows as u64) << 1);
                levels.push(1);
            }
            Some(bits) => {
                push_varint(&mut levels, (bits.len() as u64) << 1 | 1);
                levels.extend_from_slice(bits);
            }
        }
        out.extend_from_slice(&(levels.len() as u32).to_le_bytes());
        out.append(&mut levels);
    }

    fn push_bytes(&mut self, value: &[u8]) {
        self.plain.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.plain.extend_from_slice(value);
    }

    /// Appends the values of a column that is not text.
    fn push_plain(&mut self, column: &Column<'_>, length: usize) {
        let (out, nulls) = (&mut self.plain, column.nulls);
        match &column.cells {
            Cells::Boolean(values) => {
                self.bits = plain::push_booleans(out, self.bits, values.iter().flatten());
            }
            Cells::Int16(values) => {
                plain::push(out, values, nulls, |value| i32::from(value).to_le_bytes());
            }
            Cells::Int32(values) | Cells::Date(values) => {
                plain::push(out, values, nulls, i32::to_le_bytes);
            }
            Cells::Int64(values) | Cells::Time(values) | Cells::TimeTz(values) => {
                plain::push(out, values, nulls, i64::to_le_bytes);
            }
            Cells::Real(values) => plain::push(out, values, nulls, f32::to_le_bytes),
            Cells::Double(values) => plain::push(out, values, nulls, f64::to_le_bytes),
            Cells::Timestamp(values) | Cells::TimestampTz(values) => {
                plain::push(out, values, nulls, plain::int96);
            }
            Cells::Decimal(values, _) => plain::push_decimals(out, values, nulls, length),
            // Text columns have their own way, through the dictionary.
            Cells::Interval(_) | Cells::Text(_) | Cells::Super(_) | Cells::Binary(_) => {}
        }
    }
}

/// A SNAPPY stream of one literal: the length, then tag 63 with the length less one in four
/// bytes. (Snappy, "format_description.txt", sections 1 and 2.1.)
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    push_varint(&mut out, bytes.len() as u64);
    if let Some(last) = bytes.len().checked_sub(1) {
        out.push(63 << 2);
        out.extend_from_slice(&(last as u32).to_le_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

fn count(n: usize) -> Result<u32, ParquetError> {
    u32::try_from(n).map_err(|error| ParquetError::External(Box::new(error)))
}

fn signed(n: usize) -> Result<i64, ParquetError> {
    i64::try_from(n).map_err(|error| ParquetError::External(Box::new(error)))
}
