//! Arrow batches into DataRow messages, each column in the format the client asked for.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, PrimitiveArray, StringArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow::record_batch::RecordBatch;
use bytes::{BufMut, BytesMut};

use super::shape::Shape;
use super::{array, numeric, text};
use crate::errors::Failure;
use redshift_sql::Zone;

/// Microseconds from 1970 to 2000, the wire's epoch.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Days from 1970 to 2000.
const EPOCH_DAYS: i32 = 10_957;

/// A column's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Text.
    Text,
    /// Binary.
    Binary,
}

/// A batch's columns, ready to be written row by row.
pub(super) struct Rows<'a> {
    columns: Vec<Column<'a>>,
    style: Style,
}

/// How values are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// `extra_float_digits`.
    pub float_digits: i64,
    /// The zone that moments are shown in, where it is not UTC.
    pub zone: Option<Zone>,
}

struct Column<'a> {
    array: &'a ArrayRef,
    values: Values<'a>,
    format: Format,
    shape: Shape,
}

/// Typed views of a column's array.
enum Values<'a> {
    Bool(&'a BooleanArray),
    Int8(&'a PrimitiveArray<Int8Type>),
    Int16(&'a PrimitiveArray<Int16Type>),
    Int32(&'a PrimitiveArray<Int32Type>),
    Int64(&'a PrimitiveArray<Int64Type>),
    UInt8(&'a PrimitiveArray<UInt8Type>),
    UInt16(&'a PrimitiveArray<UInt16Type>),
    UInt32(&'a PrimitiveArray<UInt32Type>),
    UInt64(&'a PrimitiveArray<UInt64Type>),
    Float32(&'a PrimitiveArray<Float32Type>),
    Float64(&'a PrimitiveArray<Float64Type>),
    Decimal(&'a PrimitiveArray<Decimal128Type>, i8),
    Date(&'a PrimitiveArray<Date32Type>),
    Time(&'a PrimitiveArray<Time64MicrosecondType>),
    Timestamp(TimestampValues<'a>, bool),
    Interval(&'a PrimitiveArray<IntervalMonthDayNanoType>),
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    List(&'a arrow::array::ListArray),
    Null,
}

/// Timestamps of any unit, read as microseconds.
enum TimestampValues<'a> {
    Seconds(&'a PrimitiveArray<TimestampSecondType>),
    Millis(&'a PrimitiveArray<TimestampMillisecondType>),
    Micros(&'a PrimitiveArray<TimestampMicrosecondType>),
    Nanos(&'a PrimitiveArray<TimestampNanosecondType>),
}

impl TimestampValues<'_> {
    fn micros(&self, row: usize) -> i64 {
        match self {
            Self::Seconds(array) => array.value(row).saturating_mul(1_000_000),
            Self::Millis(array) => array.value(row).saturating_mul(1000),
            Self::Micros(array) => array.value(row),
            Self::Nanos(array) => array.value(row).div_euclid(1000),
        }
    }
}

impl<'a> Rows<'a> {
    /// Looks at a batch; `formats` has one format per column, or one for all, or none (text).
    /// `shapes` has what is done to each column's values, nothing for nothing.
    pub(super) fn new(
        batch: &'a RecordBatch,
        formats: &[Format],
        shapes: &[Shape],
        style: Style,
    ) -> Result<Self, Failure> {
        let columns = batch
            .columns()
            .iter()
            .enumerate()
            .map(|(index, array)| {
                let shape = shapes.get(index).copied().unwrap_or(Shape::Plain);
                let format = format_of(formats, index);
                Ok(Column { array, values: values(array)?, format, shape })
            })
            .collect::<Result<_, Failure>>()?;
        Ok(Self { columns, style })
    }

    /// Writes one row: the number of fields, then each with its length.
    pub(super) fn write(&self, row: usize, out: &mut BytesMut) {
        out.put_u16(u16::try_from(self.columns.len()).unwrap_or(u16::MAX));
        for column in &self.columns {
            if column.array.is_null(row) || matches!(column.values, Values::Null) {
                out.put_i32(-1);
                continue;
            }
            out.put_i32(0);
            let start = out.len();
            match column.format {
                Format::Text => write_text(&column.values, row, self.style, out),
                Format::Binary => write_binary(&column.values, row, column.shape, out),
            }
            column.shape.end(start, out);
            let length = i32::try_from(out.len().saturating_sub(start)).unwrap_or(i32::MAX);
            if let Some(place) = out.get_mut(start.saturating_sub(4)..start) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
    }
}

/// A batch's rows as the protocol's text format has them, NULL as `None`; floating-point numbers
/// with all their digits.
pub(crate) fn texts(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>, Failure> {
    /// What makes every floating-point number come back as itself.
    const STYLE: Style = Style { float_digits: 3, zone: None };
    let rows = Rows::new(batch, &[], &[], STYLE)?;
    let mut out = BytesMut::new();
    let mut text = |column: &Column<'_>, row: usize| {
        if column.array.is_null(row) || matches!(column.values, Values::Null) {
            return None;
        }
        out.clear();
        write_text(&column.values, row, STYLE, &mut out);
        Some(String::from_utf8_lossy(&out).into_owned())
    };
    Ok((0..batch.num_rows())
        .map(|row| rows.columns.iter().map(|column| text(column, row)).collect())
        .collect())
}

/// The format of a column, by the rule of Bind: none is text, one is for all.
pub(super) fn format_of(formats: &[Format], index: usize) -> Format {
    match formats {
        [] => Format::Text,
        [one] => *one,
        many => many.get(index).copied().unwrap_or(Format::Text),
    }
}

fn values(array: &ArrayRef) -> Result<Values<'_>, Failure> {
    Ok(match array.data_type() {
        DataType::Boolean => Values::Bool(array.as_boolean()),
        DataType::Int8 => Values::Int8(array.as_primitive()),
        DataType::Int16 => Values::Int16(array.as_primitive()),
        DataType::Int32 => Values::Int32(array.as_primitive()),
        DataType::Int64 => Values::Int64(array.as_primitive()),
        DataType::UInt8 => Values::UInt8(array.as_primitive()),
        DataType::UInt16 => Values::UInt16(array.as_primitive()),
        DataType::UInt32 => Values::UInt32(array.as_primitive()),
        DataType::UInt64 => Values::UInt64(array.as_primitive()),
        DataType::Float32 => Values::Float32(array.as_primitive()),
        DataType::Float64 => Values::Float64(array.as_primitive()),
        DataType::Decimal128(_, scale) => Values::Decimal(array.as_primitive(), *scale),
        DataType::Date32 => Values::Date(array.as_primitive()),
        DataType::Time64(TimeUnit::Microsecond) => Values::Time(array.as_primitive()),
        DataType::Timestamp(unit, zone) => {
            let micros = match unit {
                TimeUnit::Second => TimestampValues::Seconds(array.as_primitive()),
                TimeUnit::Millisecond => TimestampValues::Millis(array.as_primitive()),
                TimeUnit::Microsecond => TimestampValues::Micros(array.as_primitive()),
                TimeUnit::Nanosecond => TimestampValues::Nanos(array.as_primitive()),
            };
            Values::Timestamp(micros, zone.is_some())
        }
        DataType::Interval(_) => Values::Interval(array.as_primitive()),
        DataType::Utf8 => Values::Text(array.as_string()),
        DataType::Binary => Values::Bytes(array.as_binary()),
        DataType::List(_) => Values::List(array.as_list()),
        DataType::Null => Values::Null,
        other => {
            return Err(Failure::new(
                "0A000",
                format!("a result of type {other} is not supported"),
            ));
        }
    })
}

fn write_text(values: &Values<'_>, row: usize, style: Style, out: &mut BytesMut) {
    match values {
        Values::Bool(array) => out.put_u8(if array.value(row) { b't' } else { b'f' }),
        Values::Int8(array) => integer(array.value(row).into(), out),
        Values::Int16(array) => integer(array.value(row).into(), out),
        Values::Int32(array) => integer(array.value(row).into(), out),
        Values::Int64(array) => integer(array.value(row).into(), out),
        Values::UInt8(array) => integer(array.value(row).into(), out),
        Values::UInt16(array) => integer(array.value(row).into(), out),
        Values::UInt32(array) => integer(array.value(row).into(), out),
        Values::UInt64(array) => integer(array.value(row).into(), out),
        Values::Float32(array) => text::real(array.value(row), style.float_digits, out),
        Values::Float64(array) => text::double(array.value(row), style.float_digits, out),
        Values::Decimal(array, scale) => numeric::write_text(array.value(row), *scale, out),
        Values::Date(array) => text::date(array.value(row), out),
        Values::Time(array) => text::time(array.value(row), out),
        Values::Timestamp(array, zoned) => {
            let micros = array.micros(row);
            let clock = style.zone.filter(|_| *zoned).map(|zone| zone.clock(micros));
            let (micros, offset) = clock.unwrap_or((micros, 0));
            text::timestamp(micros, zoned.then_some(offset), out);
        }
        Values::Interval(array) => {
            let value = array.value(row);
            text::interval(value.months, value.days, value.nanoseconds, out);
        }
        Values::Text(array) => out.put_slice(array.value(row).as_bytes()),
        // VARBYTE prints as hexadecimal digits.
        Values::Bytes(array) => out.put_slice(hex::encode(array.value(row)).as_bytes()),
        Values::List(array) => list(&array.value(row), style, out),
        Values::Null => {}
    }
}

fn write_binary(values: &Values<'_>, row: usize, shape: Shape, out: &mut BytesMut) {
    match values {
        Values::Bool(array) => out.put_u8(array.value(row).into()),
        Values::Int8(array) => out.put_i16(array.value(row).into()),
        Values::Int16(array) => out.put_i16(array.value(row)),
        Values::Int32(array) => out.put_i32(array.value(row)),
        Values::Int64(array) => out.put_i64(array.value(row)),
        Values::UInt8(array) => out.put_i16(array.value(row).into()),
        Values::UInt16(array) => out.put_i32(array.value(row).into()),
        Values::UInt32(array) => out.put_i64(array.value(row).into()),
        Values::UInt64(array) => numeric::write_binary(array.value(row).into(), 0, out),
        Values::Float32(array) => out.put_f32(array.value(row)),
        Values::Float64(array) => out.put_f64(array.value(row)),
        Values::Decimal(array, scale) => numeric::write_binary(array.value(row), *scale, out),
        Values::Date(array) => out.put_i32(array.value(row).saturating_sub(EPOCH_DAYS)),
        Values::Time(array) => out.put_i64(array.value(row)),
        Values::Timestamp(array, _) => {
            out.put_i64(array.micros(row).saturating_sub(EPOCH_MICROS));
        }
        Values::Interval(array) => {
            let value = array.value(row);
            shape.interval(value.months, value.days, value.nanoseconds, out);
        }
        Values::Bytes(array) => out.put_slice(array.value(row)),
        Values::List(list) => array::write_binary(&list.value(row), out),
        Values::Text(array) if shape.zoned_time(array.value(row), out) => {}
        Values::Text(_) | Values::Null => {
            write_text(values, row, Style { float_digits: 0, zone: None }, out)
        }
    }
}

fn integer(value: i128, out: &mut BytesMut) {
    numeric::write_text(value, 0, out);
}

/// `{a,b}` as PostgreSQL prints arrays.
fn list(items: &ArrayRef, style: Style, out: &mut BytesMut) {
    out.put_u8(b'{');
    if let Ok(inner) = values(items) {
        for row in 0..items.len() {
            if row > 0 {
                out.put_u8(b',');
            }
            match &inner {
                _ if items.is_null(row) => out.put_slice(b"NULL"),
                Values::Text(texts) => array::write_element_text(texts.value(row), out),
                other => write_text(other, row, style, out),
            }
        }
    }
    out.put_u8(b'}');
}
