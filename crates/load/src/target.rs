//! The columns that a load fills, and what the readers of columnar files are given and give.
//!
//! Text formats go another way: a reader makes [`crate::record::Record`]s, `convert` makes values.
//! Columnar readers make batches of the targets' types themselves. Start at [`Target`].

use std::io;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use redshift_sql::SqlType;

/// One column of the statement's column list (of the table, without a list), in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name, folded.
    pub name: String,
    /// Its declared type.
    pub ty: SqlType,
    /// Not `NOT NULL`.
    pub nullable: bool,
}

impl Target {
    /// What its values are between a reader and the engine. Types without an Arrow form of their
    /// own (`TIMETZ`, `SUPER`, intervals) travel as text and are cast on their way in.
    pub fn arrow(&self) -> DataType {
        match self.ty {
            SqlType::Boolean => DataType::Boolean,
            SqlType::SmallInt => DataType::Int16,
            SqlType::Integer => DataType::Int32,
            SqlType::BigInt | SqlType::Oid => DataType::Int64,
            SqlType::Real => DataType::Float32,
            SqlType::Double => DataType::Float64,
            SqlType::Decimal { precision, scale } => {
                DataType::Decimal128(precision, i8::try_from(scale).unwrap_or(0))
            }
            SqlType::Date => DataType::Date32,
            SqlType::Time => DataType::Time64(TimeUnit::Microsecond),
            SqlType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            SqlType::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            SqlType::Varbyte(_) => DataType::Binary,
            _ => DataType::Utf8,
        }
    }

    /// Longest text in bytes, for types that have a length.
    pub fn max_bytes(&self) -> Option<usize> {
        match self.ty {
            SqlType::Char(bytes) | SqlType::Varchar(bytes) | SqlType::Varbyte(bytes) => {
                usize::try_from(bytes).ok()
            }
            _ => None,
        }
    }
}

/// The schema of the batches that fill these columns.
pub fn schema(targets: &[Target]) -> Schema {
    let field = |target: &Target| Field::new(&target.name, target.arrow(), true);
    Schema::new(targets.iter().map(field).collect::<Vec<_>>())
}

/// An object that can be read at any place: columnar files are read from their end.
pub trait ReadAt: Send + Sync {
    /// Bytes of the whole object.
    fn size(&self) -> u64;

    /// Exactly `length` bytes from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` beyond the end; what the source of bytes refuses.
    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>>;
}

/// The options of a `COPY` that columnar formats allow (COPY from columnar data formats).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Columnar {
    /// `SERIALIZETOJSON`: nested values become SUPER.
    pub serialize_to_json: bool,
    /// `FILLRECORD`: columns that the file lacks at its end are null.
    pub fill_record: bool,
    /// `ACCEPTINVCHARS`: what stands in for bytes that are not UTF-8.
    pub replace_invalid: Option<char>,
}

/// Why a columnar file cannot be loaded. `MAXERROR` does not count here: the load ends.
#[derive(Debug, thiserror::Error)]
pub enum ColumnarError {
    /// An error of the engine with its DETAIL block.
    #[error("{message}")]
    Scan {
        /// `Spectrum Scan Error` and the like.
        message: String,
        /// `code:`, such as 15007.
        code: u32,
        /// `context:`, with the name of the file that the reader was given.
        context: String,
    },
    /// The bytes could not be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}
