//! How a column's values differ on the wire from what the engine's type alone says.
//!
//! The engine has one interval and no padding; Redshift has more. It must not know
//! where the types come from. Start reading at [`shape`].

use bytes::{BufMut, BytesMut};
use redshift_sql::SqlType;

use crate::session::FieldType;

/// Microseconds of a day.
const DAY_MICROS: i64 = 86_400_000_000;

/// What is done to a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing.
    Plain,
    /// CHAR: blanks up to so many bytes.
    Padded(usize),
    /// INTERVAL YEAR TO MONTH: a number of months in four bytes.
    Months,
    /// INTERVAL DAY TO SECOND: a number of microseconds in eight bytes.
    Micros,
}

/// The shape of a column's values.
pub(super) fn shape(kind: FieldType) -> Shape {
    match kind {
        FieldType::Sql(SqlType::Char(length)) => Shape::Padded(length as usize),
        FieldType::Sql(SqlType::IntervalYearToMonth) => Shape::Months,
        FieldType::Sql(SqlType::IntervalDayToSecond) => Shape::Micros,
        _ => Shape::Plain,
    }
}

impl Shape {
    /// Ends a value, in either format, that begins at `start`.
    pub(super) fn end(self, start: usize, out: &mut BytesMut) {
        if let Self::Padded(width) = self {
            let end = start.saturating_add(width);
            out.resize(out.len().max(end), b' ');
        }
    }

    /// Writes an interval in the binary format: Redshift's two in theirs, others in PostgreSQL's.
    pub(super) fn interval(self, months: i32, days: i32, nanos: i64, out: &mut BytesMut) {
        let micros = nanos / 1000;
        match self {
            Self::Months => out.put_i32(months),
            Self::Micros => {
                out.put_i64(i64::from(days).saturating_mul(DAY_MICROS).saturating_add(micros));
            }
            _ => {
                out.put_i64(micros);
                out.put_i32(days);
                out.put_i32(months);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::Shape;

    #[test]
    fn intervals_have_the_bytes_of_their_type() {
        for (shape, expect) in [
            (Shape::Months, &[0, 0, 0, 14][..]),
            (Shape::Micros, &[0, 0, 0, 20, 29, 215, 99, 232]),
            (Shape::Plain, &[0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0, 1, 0, 0, 0, 14]),
        ] {
            let mut out = BytesMut::new();
            shape.interval(14, 1, 1_000_000, &mut out);
            assert_eq!(out.to_vec(), expect);
        }
    }
}
