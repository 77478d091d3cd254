//! Dates and times from text: `DATEFORMAT`, `TIMEFORMAT` and their `'auto'`
//! (COPY › Data conversion parameters; DATEFORMAT and TIMEFORMAT strings).
//!
//! In COPY `HH` means `HH24`. Start at [`DateFormat`] and [`TimeFormat`].

mod auto;
mod calendar;
mod format;
mod zone;

pub use calendar::{MICROS_PER_DAY, days_from_civil};

use format::{Format, Parts};
use redshift_sql::SqlError;

/// How text becomes a `DATE`.
#[derive(Debug, Clone, Default)]
pub enum DateFormat {
    /// `YYYY-MM-DD`.
    #[default]
    Usual,
    /// A format string.
    Given(Format),
    /// `'auto'`.
    Auto,
}

/// How text becomes a `TIMESTAMP` or `TIMESTAMPTZ`.
#[derive(Debug, Clone, Default)]
pub enum TimeFormat {
    /// `YYYY-MM-DD HH:MI:SS`, with an offset for `TIMESTAMPTZ`.
    #[default]
    Usual,
    /// A format string.
    Given(Format),
    /// `'auto'`.
    Auto,
    /// `'epochsecs'`.
    EpochSeconds,
    /// `'epochmillisecs'`.
    EpochMilliseconds,
}

impl DateFormat {
    /// Reads the option's value.
    ///
    /// # Errors
    /// 22007 for a format string with an unknown element.
    pub fn new(text: &str) -> Result<Self, SqlError> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => Format::new(text).map(Self::Given),
        }
    }

    /// Days from 1970-01-01; a time behind the date is cut off.
    pub fn date(&self, text: &[u8]) -> Option<i32> {
        match self {
            Self::Usual => usual_date(text).or_else(|| {
                let parts = usual_parts(text)?;
                parts.days()
            }),
            Self::Given(format) => {
                let (parts, rest) = format.read(text)?;
                // Time information behind a date is dropped.
                let rest = rest.trim_ascii_start();
                let is_time = rest.first().is_none_or(|byte| byte.is_ascii_digit());
                is_time.then(|| parts.days()).flatten()
            }
            Self::Auto => auto::read(text)?.days(),
        }
    }
}

impl TimeFormat {
    /// Reads the option's value; its keywords are case-sensitive.
    ///
    /// # Errors
    /// 22007 for a format string with an unknown element.
    pub fn new(text: &str) -> Result<Self, SqlError> {
        match text {
            "auto" => Ok(Self::Auto),
            "epochsecs" => Ok(Self::EpochSeconds),
            "epochmillisecs" => Ok(Self::EpochMilliseconds),
            _ => Format::new(text).map(Self::Given),
        }
    }

    /// Microseconds from 1970-01-01, and the offset in seconds that the text names.
    fn read(&self, text: &[u8]) -> Option<(i64, Option<i32>)> {
        match self {
            Self::Usual => usual_parts(text)?.micros(),
            Self::Auto => auto::read(text)?.micros(),
            Self::EpochSeconds => Some((epoch(text, 6)?, None)),
            Self::EpochMilliseconds => Some((epoch(text, 3)?, None)),
            Self::Given(format) => {
                let (mut parts, rest) = format.read(text)?;
                let rest = rest.trim_ascii();
                if !rest.is_empty() {
                    parts.read_zone(rest)?;
                }
                parts.micros()
            }
        }
    }

    /// A `TIMESTAMP`: what the clock showed, whatever zone the text names.
    pub fn timestamp(&self, text: &[u8]) -> Option<i64> {
        self.read(text).map(|(micros, _)| micros)
    }

    /// A `TIMESTAMPTZ` in UTC; text without a zone is in UTC, the zone of every session.
    pub fn timestamptz(&self, text: &[u8]) -> Option<i64> {
        let (micros, offset) = self.read(text)?;
        micros.checked_sub(i64::from(offset.unwrap_or(0)) * 1_000_000)
    }

    /// The format as messages show it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Usual => "YYYY-MM-DD HH24:MI:SS",
            Self::Given(format) => format.text(),
            Self::Auto => "auto",
            Self::EpochSeconds => "epochsecs",
            Self::EpochMilliseconds => "epochmillisecs",
        }
    }
}

/// Exactly `YYYY-MM-DD`.
#[inline]
fn usual_date(text: &[u8]) -> Option<i32> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text else { return None };
    let digit = |byte: u8| {
        let value = byte.wrapping_sub(b'0');
        (value < 10).then_some(i32::from(value))
    };
    let year = digit(y0)? * 1000 + digit(y1)? * 100 + digit(y2)? * 10 + digit(y3)?;
    let month = digit(m0)? * 10 + digit(m1)?;
    days_from_civil(year, month, digit(d0)? * 10 + digit(d1)?)
}

/// `YYYY-MM-DD[ HH:MI[:SS[.ffffff]]][ offset]`, the fast way.
fn usual_parts(text: &[u8]) -> Option<Parts> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = Parts::of_days(usual_date(date)?);
    let rest = match rest {
        [] => return Some(parts),
        [b' ' | b'T', rest @ ..] => rest,
        _ => return None,
    };
    let rest = parts.read_clock(rest)?;
    let rest = rest.trim_ascii();
    if !rest.is_empty() {
        parts.read_zone(rest)?;
    }
    Some(parts)
}

/// A number with a fraction, as microseconds; `digits` is how many the unit is short of.
fn epoch(text: &[u8], digits: usize) -> Option<i64> {
    let (sign, text) = match text {
        [b'-', rest @ ..] => (-1, rest),
        _ => (1, text),
    };
    let point = text.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = text.split_at(point.unwrap_or(text.len()));
    let fraction = fraction.get(1..).unwrap_or_default();
    if whole.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(digits);
    whole.iter().copied().chain(padded).try_fold(0_i64, |value, byte| {
        value.checked_mul(10)?.checked_add(sign * i64::from(byte - b'0'))
    })
}

/// A `TIME`: microseconds of the day, and the offset in seconds that the text names.
pub fn time(text: &[u8]) -> Option<(i64, Option<i32>)> {
    // A name whose offset changes with the seasons means that of the first day.
    let mut parts = Parts::of_days(0);
    let rest = parts.read_clock(text)?.trim_ascii();
    if !rest.is_empty() {
        parts.read_zone(rest)?;
    }
    Some((parts.clock()?, parts.offset))
}

/// A time of day in UTC, as the engine reads a `TIMETZ`: UNLOAD writes them so too.
pub fn timetz(text: &[u8]) -> Option<String> {
    let (micros, offset) = time(text)?;
    let utc = micros - i64::from(offset.unwrap_or(0)) * 1_000_000;
    let micros = utc.rem_euclid(MICROS_PER_DAY);
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    Some(format!("{hours:02}:{minutes:02}:{:02}.{fraction:06}+00", seconds % 60))
}
