//! Time zones by name (Redshift guide, SQL functions › CONVERT_TIMEZONE › Time zone usage notes):
//! abbreviations with a fixed offset, names with their rules, and POSIX forms such as `EST5`. What
//! a session's zone may be called, and what may stand behind a time in a loaded file.
//! Start reading at [`Zone::read`].

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

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
pub enum Zone {
    /// With its rules of every season.
    Named(Tz),
    /// Seconds east of Greenwich.
    Fixed(i64),
}

impl Zone {
    /// A zone by its name, in any case; `None` for a name of none.
    pub fn read(name: &str) -> Option<Self> {
        let name = name.trim();
        if name == "UTC" {
            return Some(Self::Fixed(0));
        }
        let short = ABBREVIATIONS.iter().find(|(short, _)| short.eq_ignore_ascii_case(name));
        if let Some((_, minutes)) = short {
            return Some(Self::Fixed(minutes.saturating_mul(60)));
        }
        if let Some(zone) = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)) {
            return Some(Self::Named(*zone));
        }
        posix(name).map(Self::Fixed)
    }

    /// The same, with the name as it is written.
    pub fn find(name: &str) -> Option<(String, Self)> {
        let zone = Self::read(name)?;
        let shown = match zone {
            Self::Named(zone) => zone.name().to_owned(),
            Self::Fixed(_) => name.trim().to_ascii_uppercase(),
        };
        Some((shown, zone))
    }

    /// The clock of the zone at a moment: both in microseconds since 1970, and the offset in
    /// seconds east of Greenwich.
    pub fn clock(self, utc: i64) -> (i64, i64) {
        let seconds = self.offset_of_utc(utc).unwrap_or(0);
        (utc.saturating_add(seconds.saturating_mul(1_000_000)), seconds)
    }

    /// Seconds east of Greenwich at a moment, given in microseconds since 1970; `None` for one that
    /// no calendar has.
    pub fn offset_of_utc(self, micros: i64) -> Option<i64> {
        match self {
            Self::Fixed(seconds) => Some(seconds),
            Self::Named(zone) => {
                let offset = zone.offset_from_utc_datetime(&naive(micros)?).fix();
                Some(i64::from(offset.local_minus_utc()))
            }
        }
    }

    /// Seconds east of Greenwich where clocks show a time: when they show it twice the second
    /// time, when never what held before they were put forward.
    pub fn offset_of_local(self, micros: i64) -> Option<i64> {
        let zone = match self {
            Self::Fixed(seconds) => return Some(seconds),
            Self::Named(zone) => zone,
        };
        let local = naive(micros)?;
        let offset = match zone.offset_from_local_datetime(&local) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset,
            LocalResult::None => {
                let before = local.checked_sub_signed(Duration::hours(3))?;
                match zone.offset_from_local_datetime(&before) {
                    LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset,
                    LocalResult::None => return None,
                }
            }
        };
        Some(i64::from(offset.fix().local_minus_utc()))
    }

    /// What people call the zone at a moment: `EDT`. `None` where nobody has a word for it.
    pub fn abbreviation_at(self, utc: i64) -> Option<String> {
        let Self::Named(zone) = self else { return None };
        zone.offset_from_utc_datetime(&naive(utc)?).abbreviation().map(str::to_owned)
    }
}

fn naive(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc())
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
            assert!(Zone::read(wrong).is_none(), "{wrong}");
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
