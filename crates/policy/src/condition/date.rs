//! `Date*` operators: ISO 8601 dates or epoch seconds, on either side.
//!
//! A date alone is its midnight in UTC; fractions and offsets are read. A number beyond the year
//! 9999 can only be milliseconds and is read so.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::condition::operator::Order;

/// The last second that is written with four digits of year.
const END_OF_YEAR_9999: i128 = 253_402_300_799;
const NANOSECONDS: i128 = 1_000_000_000;

/// One value of the policy.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    source: String,
    instant: Option<Instant>,
    order: Order,
}

impl Operand {
    pub fn parse(source: &str, order: Order) -> Self {
        Self { source: source.to_owned(), instant: Instant::parse(source), order }
    }

    /// `None` when either side is not a date.
    pub fn matches(&self, value: &str) -> Option<bool> {
        let found = Instant::parse(value)?;
        Some(self.order.holds(&found, self.instant.as_ref()?))
    }

    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Instant(i128);

/// Whether the text can be compared as a date.
pub(crate) fn is_date(text: &str) -> bool {
    Instant::parse(text).is_some()
}

impl Instant {
    fn parse(text: &str) -> Option<Self> {
        Self::parse_epoch(text).or_else(|| Self::parse_iso(text))
    }

    /// Seconds, with an optional fraction.
    fn parse_epoch(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(fraction) {
            return None;
        }
        let seconds: i128 = i128::from(whole.parse::<i64>().ok()?);
        if seconds > END_OF_YEAR_9999 {
            return Some(Self(seconds * (NANOSECONDS / 1_000)));
        }
        let padded: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        let nanos: i128 = padded.parse().ok()?;
        let signed = if whole.starts_with('-') { -nanos } else { nanos };
        Some(Self(seconds * NANOSECONDS + signed))
    }

    /// A date, with the month or day left out if need be, and an optional time and offset.
    fn parse_iso(text: &str) -> Option<Self> {
        let Some((date, time)) = text.split_once(['T', 't']) else {
            return Some(Self::at(parse_date(text)?.and_time(NaiveTime::MIN), 0));
        };
        let (time, offset) = split_offset(time)?;
        Some(Self::at(parse_date(date)?.and_time(parse_time(time)?), offset))
    }

    fn at(local: NaiveDateTime, offset_seconds: i32) -> Self {
        let utc: DateTime<_> = local.and_utc();
        let seconds = i128::from(utc.timestamp()) - i128::from(offset_seconds);
        Self(seconds * NANOSECONDS + i128::from(utc.timestamp_subsec_nanos()))
    }
}

/// `2019-07-01`, `2019-07`, `2019`.
fn parse_date(text: &str) -> Option<NaiveDate> {
    let mut groups = text.split('-');
    let year = number(groups.next()?, 4)?;
    let month = groups.next().map_or(Some(1), |month| number(month, 2))?;
    let day = groups.next().map_or(Some(1), |day| number(day, 2))?;
    if groups.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// `13:20:15.5`, with trailing parts left out if need be; nothing is midnight.
fn parse_time(text: &str) -> Option<NaiveTime> {
    if text.is_empty() {
        return Some(NaiveTime::MIN);
    }
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut groups = clock.split(':');
    let mut next = || groups.next().map_or(Some(0), |group| number(group, 2));
    let (hours, minutes, seconds) = (next()?, next()?, next()?);
    number(fraction, 9)?;
    let nanos: String = fraction.chars().chain("00000000".chars()).take(9).collect();
    if groups.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_nano_opt(hours, minutes, seconds, nanos.parse().ok()?)
}

/// One to `most` digits.
fn number(digits: &str, most: usize) -> Option<u32> {
    let fits = (1..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { digits.parse().ok() } else { None }
}

/// Splits `Z`, `+hh`, `+hhmm` or `+hh:mm` from the end; none means UTC. The offset is in seconds.
fn split_offset(time: &str) -> Option<(&str, i32)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, offset) = time.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let seconds = hours.parse::<i32>().ok()? * 3_600 + minutes.parse::<i32>().ok()? * 60;
    Some((time, sign * seconds))
}
