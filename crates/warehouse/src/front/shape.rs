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
    /// TIMETZ, which comes as its text: microseconds in eight bytes, and seconds west of Greenwich
    /// in four.
    ZonedTime,
    /// INTERVAL DAY TO SECOND: a number of microseconds in eight bytes.
    Micros,
}

/// The shape of a column's values.
pub(super) fn shape(kind: FieldType) -> Shape {
    match kind {
        FieldType::Sql(SqlType::Char(length)) => Shape::Padded(length as usize),
        FieldType::Sql(SqlType::TimeTz) => Shape::ZonedTime,
        FieldType::Sql(SqlType::IntervalYearToMonth) => Shape::Months,
        FieldType::Sql(SqlType::IntervalDayToSecond) => Shape::Micros,
        _ => Shape::Plain,
    }
}

impl Shape {
    /// Writes the binary format of a TIMETZ that is here as its text, `13:14:15.5-05:30`; false for
    /// everything else.
    pub(super) fn zoned_time(self, text: &str, out: &mut BytesMut) -> bool {
        let Some((micros, west)) =
            (self == Self::ZonedTime).then(|| clock_and_west(text)).flatten()
        else {
            return false;
        };
        out.put_i64(micros);
        out.put_i32(west);
        true
    }

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

/// The microseconds of a clock with an offset, and the seconds of that to the west.
fn clock_and_west(text: &str) -> Option<(i64, i32)> {
    let at = text.rfind(['+', '-'])?;
    let (clock, offset) = text.split_at_checked(at)?;
    let seconds = |text: &str| -> Option<f64> {
        let mut parts = text.split(':').map(|part| part.parse::<f64>().ok());
        let (hours, rest) = (parts.next()??, [parts.next(), parts.next()]);
        let [minutes, seconds] = rest.map(|part| part.flatten().unwrap_or(0.0));
        Some(hours * 3600.0 + minutes * 60.0 + seconds)
    };
    let east = seconds(offset.get(1..)?)?;
    let east = if offset.starts_with('-') { -east } else { east };
    // Exact: a day has fewer microseconds than a double has whole numbers.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a clock's microseconds and a zone's seconds"
    )]
    let found = ((seconds(clock)? * 1e6).round() as i64, (-east).round() as i32);
    Some(found)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::Shape;

    #[test]
    fn clocks_with_offsets_have_twelve_bytes() {
        for (text, micros, west) in [
            ("13:14:15.5-05", 47_655_500_000, 18_000),
            ("00:00:00+05:30", 0, -19_800),
            ("23:59:59.999999+00", 86_399_999_999, 0),
        ] {
            assert_eq!(super::clock_and_west(text), Some((micros, west)), "{text}");
        }
        let mut out = BytesMut::new();
        assert!(!Shape::Plain.zoned_time("10:00:00+00", &mut out));
        assert!(Shape::ZonedTime.zoned_time("00:00:01+00", &mut out));
        assert_eq!(out.to_vec(), [0, 0, 0, 0, 0, 15, 66, 64, 0, 0, 0, 0]);
    }

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
