//! One batch's columns, each as the array its Redshift type is written from.
//!
//! Batches arrive in whatever Arrow types the engine chose (a SUM may be a HUGEINT, a timestamp
//! may be in nanoseconds); [`Layout::normalize`] casts what differs, and [`Cells`] is the typed
//! view the writers loop over. It must not know any file format. Start reading at [`Layout`].

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, IntervalMonthDayNanoArray, RecordBatch,
    StringArray,
};
use arrow::buffer::NullBuffer;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use redshift_sql::SqlType;

use super::ResultColumn;

/// The Arrow type each column is written from.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    columns: Vec<SqlType>,
}

impl Layout {
    pub(super) fn new(columns: &[ResultColumn]) -> Self {
        Self { columns: columns.iter().map(|column| column.redshift_type).collect() }
    }

    /// The batch's columns as the arrays they are written from.
    ///
    /// # Errors
    /// The batch has another number of columns than the query, or a value does not fit.
    pub(super) fn normalize(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, ArrowError> {
        if batch.num_columns() != self.columns.len() {
            return Err(ArrowError::SchemaError(format!(
                "the query has {} columns and a batch of it {}",
                self.columns.len(),
                batch.num_columns(),
            )));
        }
        self.columns.iter().zip(batch.columns()).map(|(&ty, array)| conform(array, ty)).collect()
    }
}

/// Casts an array to the type that [`Cells::of`] expects; most need nothing.
fn conform(array: &ArrayRef, ty: SqlType) -> Result<ArrayRef, ArrowError> {
    let actual = array.data_type();
    let wanted = match ty {
        SqlType::Boolean => DataType::Boolean,
        SqlType::SmallInt => DataType::Int16,
        SqlType::Integer => DataType::Int32,
        SqlType::BigInt | SqlType::Oid => DataType::Int64,
        SqlType::Real => DataType::Float32,
        SqlType::Double => DataType::Float64,
        SqlType::Decimal { precision, scale } => return decimal(array, precision, scale),
        SqlType::Date => DataType::Date32,
        SqlType::Time | SqlType::TimeTz => DataType::Time64(TimeUnit::Microsecond),
        // The zone only says how to show the instant: the values are microseconds UTC anyway.
        SqlType::Timestamp | SqlType::TimestampTz => match actual {
            DataType::Timestamp(TimeUnit::Microsecond, _) => return Ok(Arc::clone(array)),
            DataType::Timestamp(_, zone) => {
                DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
            }
            _ => DataType::Timestamp(TimeUnit::Microsecond, None),
        },
        SqlType::IntervalYearToMonth | SqlType::IntervalDayToSecond => {
            DataType::Interval(IntervalUnit::MonthDayNano)
        }
        SqlType::Varbyte(_) => DataType::Binary,
        SqlType::Geometry | SqlType::Geography if is_binary(actual) => DataType::Binary,
        SqlType::Char(_)
        | SqlType::Varchar(_)
        | SqlType::Super
        | SqlType::Geometry
        | SqlType::Geography
        | SqlType::HllSketch
        | SqlType::Name => DataType::Utf8,
    };
    if *actual == wanted { Ok(Arc::clone(array)) } else { strict_cast(array, &wanted) }
}

fn decimal(array: &ArrayRef, precision: u8, scale: u8) -> Result<ArrayRef, ArrowError> {
    let scale = i8::try_from(scale).unwrap_or(i8::MAX);
    match array.data_type() {
        // A narrower or wider declared precision writes the same digits.
        DataType::Decimal128(_, actual) if *actual == scale => Ok(Arc::clone(array)),
        _ => strict_cast(array, &DataType::Decimal128(precision, scale)),
    }
}

fn is_binary(ty: &DataType) -> bool {
    matches!(ty, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

/// A value that does not fit is an error, not a NULL.
fn strict_cast(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, ArrowError> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, wanted, &options)
}

/// A column of a batch, ready to be written.
pub(super) struct Column<'a> {
    pub nulls: Option<&'a NullBuffer>,
    pub cells: Cells<'a>,
}

impl Column<'_> {
    /// Whether the row is NULL.
    #[inline]
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }
}

/// The values of a column by how they are written.
pub(super) enum Cells<'a> {
    Boolean(&'a BooleanArray),
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Real(&'a [f32]),
    Double(&'a [f64]),
    /// Unscaled values and the digits after the point.
    Decimal(&'a [i128], u8),
    /// Days from 1970-01-01.
    Date(&'a [i32]),
    /// Microseconds of the day.
    Time(&'a [i64]),
    /// As [`Cells::Time`], shown with its zone.
    TimeTz(&'a [i64]),
    /// Microseconds from 1970-01-01.
    Timestamp(&'a [i64]),
    /// As [`Cells::Timestamp`], shown with its zone.
    TimestampTz(&'a [i64]),
    Interval(&'a IntervalMonthDayNanoArray),
    Text(&'a StringArray),
    /// JSON text.
    Super(&'a StringArray),
    Binary(&'a BinaryArray),
}

impl<'a> Column<'a> {
    /// The view of a normalized array; `None` only when it was not normalized for this type.
    pub(super) fn of(array: &'a ArrayRef, ty: SqlType) -> Option<Self> {
        let cells = Cells::of(array, ty)?;
        Some(Self { nulls: array.nulls().filter(|nulls| nulls.null_count() > 0), cells })
    }
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef, ty: SqlType) -> Option<Self> {
        Some(match ty {
            SqlType::Boolean => Self::Boolean(array.as_boolean_opt()?),
            SqlType::SmallInt => Self::Int16(array.as_primitive_opt::<Int16Type>()?.values()),
            SqlType::Integer => Self::Int32(array.as_primitive_opt::<Int32Type>()?.values()),
            SqlType::BigInt | SqlType::Oid => {
                Self::Int64(array.as_primitive_opt::<Int64Type>()?.values())
            }
            SqlType::Real => Self::Real(array.as_primitive_opt::<Float32Type>()?.values()),
            SqlType::Double => Self::Double(array.as_primitive_opt::<Float64Type>()?.values()),
            SqlType::Decimal { scale, .. } => {
                Self::Decimal(array.as_primitive_opt::<Decimal128Type>()?.values(), scale)
            }
            SqlType::Date => Self::Date(array.as_primitive_opt::<Date32Type>()?.values()),
            SqlType::Time => Self::Time(time(array)?),
            SqlType::TimeTz => Self::TimeTz(time(array)?),
            SqlType::Timestamp => Self::Timestamp(timestamp(array)?),
            SqlType::TimestampTz => Self::TimestampTz(timestamp(array)?),
            SqlType::IntervalYearToMonth | SqlType::IntervalDayToSecond => {
                Self::Interval(array.as_primitive_opt::<IntervalMonthDayNanoType>()?)
            }
            SqlType::Super => Self::Super(array.as_string_opt()?),
            _ if is_binary(array.data_type()) => Self::Binary(array.as_binary_opt()?),
            _ => Self::Text(array.as_string_opt()?),
        })
    }
}

fn time(array: &ArrayRef) -> Option<&[i64]> {
    Some(array.as_primitive_opt::<Time64MicrosecondType>()?.values())
}

fn timestamp(array: &ArrayRef) -> Option<&[i64]> {
    Some(array.as_primitive_opt::<TimestampMicrosecondType>()?.values())
}
