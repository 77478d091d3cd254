//! `'auto'`: the formats that are recognized without being told (COPY › Using automatic
//! recognition with DATEFORMAT and TIMEFORMAT). Months come before days where both are numbers.

use std::sync::LazyLock;

use super::format::{Format, Parts};

/// Whole formats, tried in order; the first that the text fits wins.
const DATES: [&str; 23] = [
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "YYYY-MON-DD",
    "YYYY.DDD",
    "YYYYMMDD",
    "MM/DD/YYYY",
    "MM-DD-YYYY",
    "MM.DD.YYYY",
    "MON-DD-YYYY",
    "MON DD, YYYY",
    "MON DD YYYY",
    "DD-MON-YYYY",
    "DD MON YYYY",
    "DD MON HH:MI:SS YYYY",
    "YYMMDD",
    "MM/DD/YY",
    "MM-DD-YY",
    "MON-DD-YY",
    "DD-MON-YY",
    "DD MON YY",
    "YY-MM-DD",
    "YY/MM/DD",
];
/// A time of day without colons.
const PACKED_CLOCK: &str = "HHMISS";

static FORMATS: LazyLock<(Vec<Format>, Option<Format>)> = LazyLock::new(|| {
    let formats = DATES.iter().filter_map(|text| Format::new(text).ok()).collect();
    (formats, Format::new(PACKED_CLOCK).ok())
});

/// Julian day number of 1970-01-01.
const JULIAN_EPOCH: i32 = 2_440_588;

/// Reads a date with or without a time of day and a zone.
pub(super) fn read(text: &[u8]) -> Option<Parts> {
    let text = text.trim_ascii();
    if let [b'J' | b'j', digits @ ..] = text
        && digits.first().is_some_and(u8::is_ascii_digit)
    {
        return julian(digits);
    }
    FORMATS.0.iter().find_map(|format| {
        let (parts, rest) = format.read(text)?;
        let parts = behind_date(parts, rest)?;
        parts.days().map(|_| parts)
    })
}

fn julian(digits: &[u8]) -> Option<Parts> {
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count().min(8);
    let (number, rest) = digits.split_at_checked(count)?;
    let day = number.iter().fold(0, |value, byte| value * 10 + i32::from(byte - b'0'));
    behind_date(Parts::of_days(day - JULIAN_EPOCH), rest)
}

/// `[T]time [zone] [BC]` behind a date.
fn behind_date(mut parts: Parts, rest: &[u8]) -> Option<Parts> {
    let mut rest = rest.trim_ascii_end();
    if let Some((head, b"BC" | b"bc")) = rest.split_at_checked(rest.len().saturating_sub(2)) {
        parts.before_christ = true;
        rest = head.trim_ascii_end();
    }
    let clock = match rest {
        [] => return Some(parts),
        [b'T' | b't' | b' ', clock @ ..] => clock.trim_ascii_start(),
        _ => return None,
    };
    let tail = match parts.read_clock(clock) {
        Some(tail) => tail,
        None => match FORMATS.1.as_ref().and_then(|packed| packed.read_into(clock, &mut parts)) {
            Some(tail) => tail,
            None => clock,
        },
    };
    let tail = tail.trim_ascii();
    if !tail.is_empty() {
        parts.read_zone(tail)?;
    }
    Some(parts)
}
