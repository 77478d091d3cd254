//! Named time zones (Redshift guide, SQL functions › CONVERT_TIMEZONE › Time zone usage notes):
//! abbreviations with a fixed offset, names with their rules, and POSIX forms such as `EST5`.
//! The zone of a session is one of them too.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

use redshift_sql::Written;

use super::kinds::{Bool, Text, Timestamp};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Timestamp, Text), Timestamp>("lb_zone_to_utc", |(local, name)| {
        let seconds = Zone::read(name)?.offset_of_local(local)?;
        shifted(local, seconds.checked_neg())
    })?;
    registry.add::<(Timestamp, Text), Timestamp>("lb_zone_from_utc", |(utc, name)| {
        let seconds = Zone::read(name)?.offset_of_utc(utc)?;
        shifted(utc, Some(seconds))
    })?;
    registry.add::<(Timestamp, Text), Text>("lb_zone_text", |(utc, name)| text(utc, name))?;
    registry.add::<(Timestamp, Text), Text>("lb_zone_short", |(local, name)| short(local, name))?;
    registry.add::<(Text,), Bool>("lb_has_offset", |(text,)| {
        Ok(Some(redshift_sql::zone_of(text) == Written::Offset))
    })?;
    registry.add::<(Text,), Text>("lb_zone_of", |(text,)| Ok(named(text).map(|(_, zone)| zone)))?;
    registry.add::<(Text,), Text>("lb_clock_of", |(text,)| Ok(named(text).map(|(clock, _)| clock)))
}

/// The clock and the zone of a text that names one.
fn named(text: &str) -> Option<(String, String)> {
    match redshift_sql::zone_of(text) {
        Written::Named { clock, zone } => Some((clock, zone)),
        Written::Nothing | Written::Offset => None,
    }
}

/// A moment as text: the clock of a zone, and its offset.
fn text(utc: i64, name: &str) -> Answer<String> {
    let seconds = Zone::read(name)?.offset_of_utc(utc)?;
    let Some(local) = shifted(utc, Some(seconds))? else { return Ok(None) };
    let clock = naive(local)?;
    let fraction = clock.format("%.6f").to_string();
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    let clock = clock.format("%Y-%m-%d %H:%M:%S");
    Ok(Some(format!("{clock}{fraction}{}", offset_text(seconds))))
}

/// What people call a zone at a time of its clock: `EDT`.
fn short(local: i64, name: &str) -> Answer<String> {
    let zone = Zone::read(name)?;
    let Zone::Named(named) = zone else { return Ok(Some(name.to_ascii_uppercase())) };
    let utc = shifted(local, zone.offset_of_local(local)?.checked_neg())?.unwrap_or(local);
    let offset = named.offset_from_utc_datetime(&naive(utc)?);
    Ok(Some(offset.abbreviation().map_or_else(|| offset_text(0), str::to_owned)))
}

/// `+02`, `-03:30`: seconds east of Greenwich as times show them.
pub(crate) fn offset_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (minutes, rest) = (seconds.abs() / 60, seconds.abs() % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match (minutes, rest) {
        (0, 0) => format!("{sign}{hours:02}"),
        (_, 0) => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

fn shifted(micros: i64, seconds: Option<i64>) -> Answer<i64> {
    let shift = seconds.and_then(|seconds| seconds.checked_mul(1_000_000));
    let moved = shift.and_then(|shift| micros.checked_add(shift));
    moved.map(Some).ok_or_else(out_of_range)
}

fn out_of_range() -> Refusal {
    Refusal::new("22008", "timestamp out of range")
}

/// Abbreviations and their offsets in minutes east of Greenwich.
const ABBREVIATIONS: &[(&str, i64)] = &[
    ("ACDT", 630),
    ("ACST", 570),
    ("ADT", -180),
    ("AEDT", 660),
    ("AEST", 600),
    ("AKDT", -480),
    ("AKST", -540),
    ("AST", -240),
    ("AWST", 480),
    ("BST", 60),
    ("CDT", -300),
    ("CEST", 120),
    ("CET", 60),
    ("CST", -360),
    ("EDT", -240),
    ("EEST", 180),
    ("EET", 120),
    ("EST", -300),
    ("GMT", 0),
    ("HKT", 480),
    ("HST", -600),
    ("JST", 540),
    ("KST", 540),
    ("MDT", -360),
    ("MEST", 120),
    ("MET", 60),
    ("MSK", 180),
    ("MST", -420),
    ("NDT", -150),
    ("NST", -210),
    ("NZDT", 780),
    ("NZST", 720),
    ("PDT", -420),
    ("PKT", 300),
    ("PST", -480),
    ("SGT", 480),
    ("UCT", 0),
    ("UTC", 0),
    ("WEST", 60),
    ("WET", 0),
    ("Z", 0),
    ("ZULU", 0),
];

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// With its rules of every season.
    Named(Tz),
    /// Seconds east of Greenwich.
    Fixed(i64),
}

impl Zone {
    /// A zone by its name, and how the name is written; `None` for a name of none.
    pub(crate) fn find(name: &str) -> Option<(String, Self)> {
        let name = name.trim();
        let zone = Self::read(name).ok()?;
        let shown = match zone {
            Self::Named(zone) => zone.name().to_owned(),
            Self::Fixed(_) => name.to_ascii_uppercase(),
        };
        Some((shown, zone))
    }

    /// The clock of the zone at a moment: both in microseconds since 1970, and the offset in
    /// seconds east of Greenwich.
    pub(crate) fn clock(self, utc: i64) -> (i64, i64) {
        let seconds = self.offset_of_utc(utc).unwrap_or(0);
        (utc.saturating_add(seconds.saturating_mul(1_000_000)), seconds)
    }

    fn read(name: &str) -> Result<Self, Refusal> {
        let name = name.trim();
        if name == "UTC" {
            return Ok(Self::Fixed(0));
        }
        let short = ABBREVIATIONS.iter().find(|(short, _)| short.eq_ignore_ascii_case(name));
        if let Some((_, minutes)) = short {
            return Ok(Self::Fixed(minutes.saturating_mul(60)));
        }
        if let Some(zone) = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)) {
            return Ok(Self::Named(*zone));
        }
        posix(name)
            .map(Self::Fixed)
            .ok_or_else(|| Refusal::new("22023", format!("time zone \"{name}\" not recognized")))
    }

    /// Seconds east of Greenwich at a moment.
    fn offset_of_utc(self, micros: i64) -> Result<i64, Refusal> {
        match self {
            Self::Fixed(seconds) => Ok(seconds),
            Self::Named(zone) => {
                let moment = naive(micros)?;
                let offset = zone.offset_from_utc_datetime(&moment).fix();
                Ok(i64::from(offset.local_minus_utc()))
            }
        }
    }

    /// Seconds east of Greenwich where clocks show a time: when they show it twice the second
    /// time, when never what held before they were put forward.
    fn offset_of_local(self, micros: i64) -> Result<i64, Refusal> {
        let zone = match self {
            Self::Fixed(seconds) => return Ok(seconds),
            Self::Named(zone) => zone,
        };
        let local = naive(micros)?;
        let offset = match zone.offset_from_local_datetime(&local) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset,
            LocalResult::None => {
                let before =
                    local.checked_sub_signed(Duration::hours(3)).ok_or_else(out_of_range)?;
                match zone.offset_from_local_datetime(&before) {
                    LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset,
                    LocalResult::None => return Err(out_of_range()),
                }
            }
        };
        Ok(i64::from(offset.fix().local_minus_utc()))
    }
}

fn naive(micros: i64) -> Result<NaiveDateTime, Refusal> {
    DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc()).ok_or_else(out_of_range)
}

/// `<any name><hours>[:<minutes>]`, counted to the west.
fn posix(name: &str) -> Option<i64> {
    let at = name.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))?;
    let (word, offset) = name.split_at_checked(at)?;
    if word.trim().len() < 3 {
        return None;
    }
    let (sign, digits) = match offset.strip_prefix('-') {
        Some(digits) => (1, digits),
        None => (-1, offset.strip_prefix('+').unwrap_or(offset)),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let (hours, minutes): (i64, i64) = (number(hours)?, number(minutes)?);
    let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
    seconds.checked_mul(sign)
}

fn number(digits: &str) -> Option<i64> {
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::Zone;

    fn micros(text: &str) -> i64 {
        let read = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        read.and_utc().timestamp_micros()
    }

    #[test]
    fn offsets_follow_seasons_and_abbreviations_do_not() {
        for (zone, at, hours) in [
            ("US/Pacific", "2031-08-24 09:00:00", -7.0),
            ("us/pacific", "2031-01-24 09:00:00", -8.0),
            ("PST", "2031-08-24 09:00:00", -8.0),
            ("EST5", "2031-08-24 09:00:00", -5.0),
            ("NEWZONE +2", "2031-08-24 09:00:00", -2.0),
            ("NEWZONE-2:15", "2031-08-24 09:00:00", 2.25),
            ("Asia/Kolkata", "2031-08-24 09:00:00", 5.5),
        ] {
            let offset = Zone::read(zone).unwrap().offset_of_utc(micros(at)).unwrap();
            assert_eq!(offset as f64 / 3600.0, hours, "{zone} {at}");
        }
        for wrong in ["", "Nowhere", "Mars/North", "+5"] {
            assert!(Zone::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn clocks_that_jump() {
        let zone = Zone::read("America/New_York").unwrap();
        // Shown twice: the second time. Never shown: as before the jump.
        for (local, hours) in [("2030-11-03 01:30:00", -5), ("2030-03-10 02:30:00", -5)] {
            assert_eq!(zone.offset_of_local(micros(local)).unwrap() / 3600, hours, "{local}");
        }
    }
}
