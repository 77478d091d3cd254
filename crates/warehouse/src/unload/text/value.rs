//! One value as Redshift's text; the same in text, CSV and fixed-width files and, for what is a
//! JSON number or a plain string, in JSON. It must not know quoting. Start at [`push_value`].

use arrow::array::IntervalMonthDayNanoArray;

use super::digits::{push_date, push_decimal, push_i64, push_time, push_timestamp, push_u64};
use super::float::{DOUBLE_DIGITS, REAL_DIGITS, push_float, significant};
use crate::unload::cells::Cells;

/// How the session shows values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Show {
    double_digits: usize,
    real_digits: usize,
}

impl Show {
    /// `extra` is the session's `extra_float_digits`.
    pub(crate) fn new(extra: i8) -> Self {
        Self {
            double_digits: significant(DOUBLE_DIGITS, extra),
            real_digits: significant(REAL_DIGITS, extra),
        }
    }
}

/// The zone of every TIMESTAMPTZ and TIMETZ: sessions run in UTC.
const UTC: &[u8] = b"+00";

/// Appends the value of a row that is not NULL. Strings come out as they are.
#[inline]
pub(crate) fn push_value(out: &mut Vec<u8>, cells: &Cells<'_>, row: usize, show: Show) {
    match cells {
        Cells::Boolean(values) => out.push(if values.value(row) { b't' } else { b'f' }),
        Cells::Int16(values) => push_i64(out, i64::from(at(values, row))),
        Cells::Int32(values) => push_i64(out, i64::from(at(values, row))),
        Cells::Int64(values) => push_i64(out, at(values, row)),
        Cells::Real(values) => push_float(out, f64::from(at(values, row)), show.real_digits),
        Cells::Double(values) => push_float(out, at(values, row), show.double_digits),
        Cells::Decimal(values, scale) => push_decimal(out, at(values, row), *scale),
        Cells::Date(values) => push_date(out, at(values, row)),
        Cells::Time(values) => push_time(out, at(values, row)),
        Cells::TimeTz(values) => {
            push_time(out, at(values, row));
            out.extend_from_slice(UTC);
        }
        Cells::Timestamp(values) => push_timestamp(out, at(values, row), b""),
        Cells::TimestampTz(values) => push_timestamp(out, at(values, row), UTC),
        Cells::Interval(values) => push_interval(out, values, row),
        Cells::Text(values) | Cells::Super(values) => {
            out.extend_from_slice(values.value(row).as_bytes());
        }
        Cells::Binary(values) => push_hex(out, values.value(row)),
    }
}

/// The value at a row, which is always within the batch.
#[inline]
fn at<T: Copy + Default>(values: &[T], row: usize) -> T {
    values.get(row).copied().unwrap_or_default()
}

/// Lower-case hexadecimal, as VARBYTE and EWKB are shown.
fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    for byte in bytes {
        out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
}

/// An interval in the Postgres style: `1 year 2 mons`, `3 days 04:05:06.5`.
fn push_interval(out: &mut Vec<u8>, values: &IntervalMonthDayNanoArray, row: usize) {
    let value = values.value(row);
    let start = out.len();
    push_unit(out, start, i64::from(value.months / 12), "year");
    push_unit(out, start, i64::from(value.months % 12), "mon");
    push_unit(out, start, i64::from(value.days), "day");
    let micros = value.nanoseconds / 1_000;
    if micros != 0 || out.len() == start {
        separate(out, start);
        if micros < 0 {
            out.push(b'-');
        }
        push_time(out, micros);
    }
}

fn push_unit(out: &mut Vec<u8>, start: usize, count: i64, unit: &str) {
    if count == 0 {
        return;
    }
    separate(out, start);
    if count < 0 {
        out.push(b'-');
    }
    push_u64(out, count.unsigned_abs());
    out.push(b' ');
    out.extend_from_slice(unit.as_bytes());
    if count != 1 {
        out.push(b's');
    }
}

fn separate(out: &mut Vec<u8>, start: usize) {
    if out.len() > start {
        out.push(b' ');
    }
}
