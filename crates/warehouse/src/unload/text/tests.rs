//! Numbers, dates and floats, one by one.

use super::digits::{push_date, push_decimal, push_i64, push_time, push_timestamp, push_u64};
use super::float::push_float;

fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    push(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn integers_are_those_of_the_standard_library() {
    let mut n = 1u64;
    for step in 0..2_000u64 {
        for n in
            [n, n.wrapping_sub(1), 10u64.pow((step % 20) as u32), 10u64.pow((step % 20) as u32) - 1]
        {
            assert_eq!(text(|out| push_u64(out, n)), n.to_string());
        }
        n = n.wrapping_mul(3).wrapping_add(step);
    }
    for n in [0, -1, i64::MIN, i64::MAX, -99_999_999, -100_000_000] {
        assert_eq!(text(|out| push_i64(out, n)), n.to_string());
    }
}

#[test]
fn decimals_keep_their_scale() {
    for (unscaled, scale, expected) in [
        (0, 2, "0.00"),
        (-5, 2, "-0.05"),
        (123, 0, "123"),
        (1_000_000_000_000_000_000_000, 4, "100000000000000000.0000"),
        (i128::from(i64::MAX), 18, "9.223372036854775807"),
        (
            99_999_999_999_999_999_999_999_999_999_999_999_999,
            37,
            "9.9999999999999999999999999999999999999",
        ),
        (
            -99_999_999_999_999_999_999_999_999_999_999_999_999,
            0,
            "-99999999999999999999999999999999999999",
        ),
        (1, 37, "0.0000000000000000000000000000000000001"),
    ] {
        assert_eq!(text(|out| push_decimal(out, unscaled, scale)), expected);
    }
}

#[test]
fn every_day_of_twelve_centuries_is_chronos() {
    let first = chrono::NaiveDate::from_ymd_opt(1600, 1, 1).unwrap();
    let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    for (index, day) in first.iter_days().take(440_000).enumerate() {
        let days = i32::try_from((first - epoch).num_days() + index as i64).unwrap();
        assert_eq!(text(|out| push_date(out, days)), day.format("%Y-%m-%d").to_string());
    }
}

#[test]
fn times_drop_trailing_zeros() {
    for (micros, expected) in [
        (0, "00:00:00"),
        (1, "00:00:00.000001"),
        (500_000, "00:00:00.5"),
        (45_296_120_000, "12:34:56.12"),
        (86_400_000_000, "24:00:00"),
    ] {
        assert_eq!(text(|out| push_time(out, micros)), expected);
    }
    for (micros, expected) in [
        (-1, "1969-12-31 23:59:59.999999+00"),
        (253_402_300_800_000_000, "10000-01-01 00:00:00+00"),
        (-62_135_596_800_000_001, "0001-12-31 23:59:59.999999+00 BC"),
    ] {
        assert_eq!(text(|out| push_timestamp(out, micros, b"+00")), expected);
    }
}

#[test]
fn floats_are_printf_g() {
    for (value, digits, expected) in [
        (0.0, 15, "0"),
        (-0.0, 15, "-0"),
        (0.1, 15, "0.1"),
        (0.1, 17, "0.10000000000000001"),
        (1.0 / 3.0, 15, "0.333333333333333"),
        (1e14, 15, "100000000000000"),
        (1e15, 15, "1e+15"),
        (123_456_789_012_345_680.0, 15, "1.23456789012346e+17"),
        (0.0001, 15, "0.0001"),
        (0.00001, 15, "1e-05"),
        (-1.5e-300, 15, "-1.5e-300"),
        (1.7976931348623157e308, 15, "1.79769313486232e+308"),
        (999_999.5, 6, "1e+06"),
        (99_999.0, 6, "99999"),
        (f64::from(3.4e38f32), 6, "3.4e+38"),
        (2.5, 1, "2"),
        (f64::INFINITY, 15, "Infinity"),
    ] {
        assert_eq!(text(|out| push_float(out, value, digits)), expected);
    }
}
