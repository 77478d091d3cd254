//! `TO_DATE` and `TO_TIMESTAMP`: reading a text by a pattern.

use chrono::{Days, NaiveDate, NaiveTime};

use super::pattern::{Field, MONTHS, Piece, read};
use super::{Answer, Refusal, unknown};

/// What the fields said.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    julian: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    afternoon: Option<bool>,
    before: bool,
}

/// Reads a moment in microseconds since 1970; `strict` refuses what is out of its range, else
/// it runs over into the next day, month or year.
pub(super) fn to_timestamp(text: &str, pattern: &str, strict: bool) -> Answer<i64> {
    let pieces = read(pattern);
    let mut parts = Parts::default();
    let mut rest = text.trim_start();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Plain(letter) => rest = skip(rest, *letter),
            Piece::Field { field, .. } => {
                let exact = matches!(
                    pieces.get(index.saturating_add(1)),
                    Some(Piece::Field { field, .. }) if is_digits(*field)
                );
                rest = parts.read(*field, rest.trim_start(), exact, pattern)?;
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    parts.moment(strict).map(Some)
}

fn is_digits(field: Field) -> bool {
    !matches!(field, Field::MonthName | Field::MonthShort | Field::Meridian | Field::MeridianDotted)
}

/// A separator of the pattern stands for any one character, a blank for any number of them.
fn skip(rest: &str, letter: char) -> &str {
    if letter == ' ' {
        return rest.trim_start_matches(' ');
    }
    let mut letters = rest.chars();
    match letters.next() {
        Some(first) if !first.is_ascii_digit() => letters.as_str(),
        _ => rest,
    }
}

impl Parts {
    /// Reads one field; gives the rest of the text.
    fn read<'a>(
        &mut self,
        field: Field,
        text: &'a str,
        exact: bool,
        pattern: &str,
    ) -> Result<&'a str, Refusal> {
        let (width, name) = match field {
            Field::Year(digits) => (digits, "YYYY"),
            Field::MonthName | Field::MonthShort => return self.month_name(text),
            Field::Meridian | Field::MeridianDotted | Field::Era | Field::EraDotted => {
                return self.mark(field, text);
            }
            Field::DayName | Field::DayShort => {
                return Ok(text.trim_start_matches(|c: char| c.is_ascii_alphabetic()));
            }
            Field::DayOfYear => (3, "DDD"),
            Field::Julian => (7, "J"),
            Field::Millisecond => (3, "MS"),
            Field::Microsecond => (6, "US"),
            Field::Month => (2, "MM"),
            Field::Day => (2, "DD"),
            Field::Hour24 | Field::Hour12 => (2, "HH"),
            Field::Minute => (2, "MI"),
            Field::Second => (2, "SS"),
            _ => return Err(unknown(pattern)),
        };
        // A year that no digit follows may have more digits than the pattern.
        let width = if matches!(field, Field::Year(4)) && !exact { 9 } else { width };
        let (digits, rest) = digits(text, width);
        let value: i64 = digits.parse().map_err(|_| {
            Refusal::new("22007", format!("invalid value \"{text}\" for \"{name}\""))
        })?;
        self.set(field, value, digits.len());
        Ok(rest)
    }

    fn set(&mut self, field: Field, value: i64, length: usize) {
        let fraction = |places: usize| {
            let missing = u32::try_from(places.saturating_sub(length)).unwrap_or(0);
            value.saturating_mul(10_i64.saturating_pow(missing))
        };
        match field {
            Field::Year(4) => self.year = Some(value),
            Field::Year(_) => self.year = Some(near_year(value, length)),
            Field::Month => self.month = Some(value),
            Field::Day => self.day = Some(value),
            Field::DayOfYear => self.day_of_year = Some(value),
            Field::Julian => self.julian = Some(value),
            Field::Hour24 | Field::Hour12 => self.hour = value,
            Field::Minute => self.minute = value,
            Field::Second => self.second = value,
            Field::Millisecond => self.micros = fraction(3).saturating_mul(1000),
            Field::Microsecond => self.micros = fraction(6),
            _ => {}
        }
    }

    fn month_name<'a>(&mut self, text: &'a str) -> Result<&'a str, Refusal> {
        let starts =
            |name: &str| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        for (month, name) in (1_i64..).zip(MONTHS) {
            let short = name.get(..3).unwrap_or(name);
            let found = [name, short].into_iter().find(|name| starts(name));
            if let Some(found) = found {
                self.month = Some(month);
                return Ok(text.get(found.len()..).unwrap_or_default());
            }
        }
        Err(Refusal::new("22007", format!("invalid value \"{text}\" for \"MONTH\"")))
    }

    fn mark<'a>(&mut self, field: Field, text: &'a str) -> Result<&'a str, Refusal> {
        let length = if matches!(field, Field::Meridian | Field::Era) { 2 } else { 4 };
        let (head, rest) = text.split_at_checked(length).unwrap_or((text, ""));
        match head.replace('.', "").to_ascii_uppercase().as_str() {
            "AM" => self.afternoon = Some(false),
            "PM" => self.afternoon = Some(true),
            "BC" => self.before = true,
            "AD" => self.before = false,
            _ => {
                let words = format!("invalid value \"{head}\" for \"AM\"");
                return Err(Refusal::new("22007", words));
            }
        }
        Ok(rest)
    }

    fn moment(&self, strict: bool) -> Result<i64, Refusal> {
        let date = self.date(strict)?;
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour.saturating_add(12),
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        if strict && (hour > 23 || self.minute > 59 || self.second > 59) {
            let clock = format!("{hour}:{:02}:{:02}.0", self.minute, self.second);
            let words = format!("date/time field time value out of range: {clock}");
            return Err(Refusal::new("22008", words));
        }
        let seconds = hour
            .saturating_mul(3600)
            .saturating_add(self.minute.saturating_mul(60))
            .saturating_add(self.second);
        let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
        let clock = seconds.saturating_mul(1_000_000).saturating_add(self.micros);
        Ok(midnight.saturating_add(clock))
    }

    fn date(&self, strict: bool) -> Result<NaiveDate, Refusal> {
        let wrong = |date: &str| {
            let words = format!("date/time field date value out of range: {date}");
            Refusal::new("22008", words)
        };
        if let Some(julian) = self.julian {
            let days = i32::try_from(julian.saturating_sub(1_721_425)).ok();
            let date = days.and_then(NaiveDate::from_num_days_from_ce_opt);
            return date.ok_or_else(|| wrong(&julian.to_string()));
        }
        let year = self.year.unwrap_or(1);
        let year = if self.before { 1_i64.saturating_sub(year) } else { year };
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let shown = format!("{year}-{month}-{day}");
        let (month, day) = match self.day_of_year {
            Some(day) if self.month.is_none() => (1, day),
            _ => (month, day),
        };
        let plain = || {
            let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
            NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
        };
        if strict && self.day_of_year.is_none() {
            return plain().ok_or_else(|| wrong(&shown));
        }
        over(year, month, day).ok_or_else(|| wrong(&shown))
    }
}

/// A date whose month or day may lie behind the last.
fn over(year: i64, month: i64, day: i64) -> Option<NaiveDate> {
    let months = month.checked_sub(1)?;
    let year = i32::try_from(year.checked_add(months.div_euclid(12))?).ok()?;
    let month = u32::try_from(months.rem_euclid(12)).ok()?.checked_add(1)?;
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    match u64::try_from(day.checked_sub(1)?) {
        Ok(days) => first.checked_add_days(Days::new(days)),
        Err(_) => first.checked_sub_days(Days::new(1)),
    }
}

/// A year of fewer than four digits: the one nearest to 2020.
fn near_year(value: i64, length: usize) -> i64 {
    match length {
        0..=2 if value < 70 => value.saturating_add(2000),
        0..=2 => value.saturating_add(1900),
        3 if value < 520 => value.saturating_add(2000),
        3 => value.saturating_add(1000),
        _ => value,
    }
}

/// Up to so many digits, and the rest.
fn digits(text: &str, width: usize) -> (&str, &str) {
    let count = text.bytes().take(width).take_while(u8::is_ascii_digit).count();
    text.split_at_checked(count).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::to_timestamp;

    #[test]
    fn texts_by_patterns() {
        for (text, pattern, strict, expect) in [
            ("02 Oct 2001", "DD Mon YYYY", false, Some("2001-10-02 00:00:00 UTC")),
            ("20010631", "YYYYMMDD", false, Some("2001-07-01 00:00:00 UTC")),
            ("20010631", "YYYYMMDD", true, None),
            (
                "2011-12-18 24:38:15",
                "YYYY-MM-DD HH24:MI:SS",
                false,
                Some("2011-12-19 00:38:15 UTC"),
            ),
            ("2011-12-18 24:38:15", "YYYY-MM-DD HH24:MI:SS", true, None),
            ("3/4/07 2:05 pm", "MM/DD/YY HH:MI AM", false, Some("2007-03-04 14:05:00 UTC")),
            (
                "september 9, 1999 5",
                "MONTH DD, YYYY MS",
                false,
                Some("1999-09-09 00:00:00.500 UTC"),
            ),
            ("2024-060", "YYYY-DDD", false, Some("2024-02-29 00:00:00 UTC")),
            ("x", "YYYY", false, None),
        ] {
            let found = to_timestamp(text, pattern, strict).ok().flatten();
            let found = found.and_then(DateTime::from_timestamp_micros).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expect, "{text} {pattern}");
        }
    }
}
