//! Values as Redshift prints them: the text format of the protocol.

use std::fmt::Write;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Datelike, NaiveDate, Timelike};

use crate::engine::offset_text;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// `YYYY-MM-DD`, with ` BC` for years before 1.
pub(super) fn date(days: i32, out: &mut BytesMut) {
    let day = NaiveDate::from_epoch_days(days);
    let Some(day) = day else { return out.put_slice(b"infinity") };
    calendar(day, out);
    era(day, out);
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`, with `+00` for a time with a zone of this offset in seconds.
pub(super) fn timestamp(micros: i64, offset: Option<i64>, out: &mut BytesMut) {
    match micros {
        i64::MAX => return out.put_slice(b"infinity"),
        _ if micros <= -i64::MAX => return out.put_slice(b"-infinity"),
        _ => {}
    }
    let Some(at) = DateTime::from_timestamp_micros(micros) else {
        return out.put_slice(b"infinity");
    };
    let day = at.date_naive();
    calendar(day, out);
    out.put_u8(b' ');
    let clock = at.time();
    let seconds = i64::from(clock.num_seconds_from_midnight());
    let inside = i64::from(clock.nanosecond() / 1000);
    time(seconds.saturating_mul(MICROS_PER_SECOND).saturating_add(inside), out);
    match offset {
        Some(0) => out.put_slice(b"+00"),
        Some(seconds) => out.put_slice(offset_text(seconds).as_bytes()),
        None => {}
    }
    era(day, out);
}

fn calendar(day: NaiveDate, out: &mut BytesMut) {
    let (_, year) = day.year_ce();
    put(out, format_args!("{year:04}-{:02}-{:02}", day.month(), day.day()));
}

fn era(day: NaiveDate, out: &mut BytesMut) {
    if day.year() < 1 {
        out.put_slice(b" BC");
    }
}

/// `HH:MM:SS[.ffffff]`, the fraction without trailing zeros.
pub(super) fn time(micros: i64, out: &mut BytesMut) {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    put(out, format_args!("{hours:02}:{minutes:02}:{:02}", seconds % 60));
    fraction(micros.rem_euclid(MICROS_PER_SECOND), out);
}

fn fraction(micros: i64, out: &mut BytesMut) {
    if micros != 0 {
        let digits = format!("{micros:06}");
        put(out, format_args!(".{}", digits.trim_end_matches('0')));
    }
}

/// PostgreSQL's own style: `1 year 2 mons 3 days 04:05:06.5`.
pub(super) fn interval(months: i32, days: i32, nanos: i64, out: &mut BytesMut) {
    let start = out.len();
    let unit = |count: i32, one: &str, many: &str, out: &mut BytesMut| {
        if count != 0 {
            let space = if out.len() == start { "" } else { " " };
            let word = if count == 1 { one } else { many };
            put(out, format_args!("{space}{count} {word}"));
        }
    };
    unit(months / 12, "year", "years", out);
    unit(months % 12, "mon", "mons", out);
    unit(days, "day", "days", out);
    let micros = nanos / 1000;
    if micros == 0 && out.len() > start {
        return;
    }
    if out.len() > start {
        out.put_u8(b' ');
    }
    if micros < 0 {
        out.put_u8(b'-');
    }
    time(micros.checked_abs().unwrap_or(i64::MAX), out);
}

/// `%g` with 15 digits and `extra_float_digits` more; 17 are always enough.
pub(super) fn double(value: f64, extra: i64, out: &mut BytesMut) {
    let digits = extra.saturating_add(15).clamp(1, 17);
    general(value, usize::try_from(digits).unwrap_or(15), out);
}

/// `%g` with 6 digits and `extra_float_digits` more; 9 are always enough.
pub(super) fn real(value: f32, extra: i64, out: &mut BytesMut) {
    let digits = extra.saturating_add(6).clamp(1, 9);
    general(f64::from(value), usize::try_from(digits).unwrap_or(6), out);
}

/// A floating-point number with this many digits, as the text format shows it.
pub(crate) fn float(value: f64, digits: usize) -> String {
    let mut out = BytesMut::new();
    general(value, digits, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// C's `%.*g`: the shorter of fixed and exponent form, without trailing zeros.
fn general(value: f64, digits: usize, out: &mut BytesMut) {
    if value.is_nan() {
        return out.put_slice(b"NaN");
    }
    if value.is_infinite() {
        let text: &[u8] = if value > 0.0 { b"Infinity" } else { b"-Infinity" };
        return out.put_slice(text);
    }
    let scientific = format!("{value:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let wide = i32::try_from(digits).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= wide {
        let sign = if exponent < 0 { '-' } else { '+' };
        put(out, format_args!("{}e{sign}{:02}", trimmed(mantissa), exponent.unsigned_abs()));
        return;
    }
    let decimals = usize::try_from(wide.saturating_sub(1).saturating_sub(exponent)).unwrap_or(0);
    let fixed = format!("{value:.decimals$}");
    out.put_slice(trimmed(&fixed).as_bytes());
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

fn put(out: &mut BytesMut, arguments: std::fmt::Arguments<'_>) {
    // Writing to a growing buffer cannot fail.
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{date, double, interval, real, time, timestamp};

    fn written(write: impl FnOnce(&mut BytesMut)) -> String {
        let mut out = BytesMut::new();
        write(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn floats_print_like_c() {
        for (value, extra, expect) in [
            (0.1, 0, "0.1"),
            (0.1, 2, "0.10000000000000001"),
            (1.0, 0, "1"),
            (-2.5, 0, "-2.5"),
            (1e15, 0, "1e+15"),
            (123_456_789_012_345.0, 0, "123456789012345"),
            (1e-5, 0, "1e-05"),
            (0.0001, 0, "0.0001"),
            (1.0 / 3.0, 0, "0.333333333333333"),
            (f64::NAN, 0, "NaN"),
            (f64::NEG_INFINITY, 0, "-Infinity"),
            (0.0, 0, "0"),
        ] {
            assert_eq!(written(|out| double(value, extra, out)), expect);
        }
        assert_eq!(written(|out| real(0.1, 0, out)), "0.1");
        assert_eq!(written(|out| real(16_777_216.0, 0, out)), "1.67772e+07");
    }

    #[test]
    fn times_print_iso() {
        assert_eq!(written(|out| date(0, out)), "1970-01-01");
        assert_eq!(written(|out| date(-719_163, out)), "0001-12-31 BC");
        assert_eq!(written(|out| timestamp(1_500_000, None, out)), "1970-01-01 00:00:01.5");
        assert_eq!(written(|out| timestamp(-1, Some(0), out)), "1969-12-31 23:59:59.999999+00");
        let half = Some(-12_600);
        assert_eq!(written(|out| timestamp(0, half, out)), "1970-01-01 00:00:00-03:30");
        assert_eq!(written(|out| time(3_723_000_100, out)), "01:02:03.0001");
    }

    #[test]
    fn intervals_print_like_postgres() {
        for (months, day_count, nanos, expect) in [
            (0, 0, 0, "00:00:00"),
            (14, 3, 0, "1 year 2 mons 3 days"),
            (0, 1, 7_200_000_000_000, "1 day 02:00:00"),
            (0, 0, -1_500_000_000, "-00:00:01.5"),
        ] {
            assert_eq!(written(|out| interval(months, day_count, nanos, out)), expect);
        }
    }
}
