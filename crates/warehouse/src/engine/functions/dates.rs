//! Date functions that are more than an expression of the engine's (Redshift guide, SQL functions
//! › Date and time functions).

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Weekday};

use super::kinds::{Date, Double, Text, Timestamp};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Timestamp, Timestamp), Double>("lb_months_between", months_between)?;
    registry.add::<(Timestamp, Text), Date>("lb_next_day", next_day)
}

/// A moment as date and clock.
pub(super) fn naive(micros: i64) -> Result<NaiveDateTime, Refusal> {
    let at = DateTime::from_timestamp_micros(micros);
    at.map(|at| at.naive_utc()).ok_or_else(|| Refusal::new("22008", "timestamp out of range"))
}

/// `MONTHS_BETWEEN(a, b)`: whole when both have the same day or are the last of their months;
/// else the rest is a part of a month of 31 days.
fn months_between((a, b): (i64, i64)) -> Answer<f64> {
    let (a, b) = (naive(a)?, naive(b)?);
    let months = |at: NaiveDateTime| f64::from(at.year()) * 12.0 + f64::from(at.month0());
    let whole = months(a) - months(b);
    if a.day() == b.day() || (is_last(a.date()) && is_last(b.date())) {
        return Ok(Some(whole));
    }
    let days = |at: NaiveDateTime| {
        let seconds = f64::from(at.num_seconds_from_midnight()) + f64::from(at.nanosecond()) / 1e9;
        f64::from(at.day()) + seconds / 86_400.0
    };
    Ok(Some(whole + (days(a) - days(b)) / 31.0))
}

fn is_last(day: NaiveDate) -> bool {
    day.succ_opt().is_none_or(|next| next.day() == 1)
}

/// `NEXT_DAY(t, day)`: the first such day after, by as much of its name as tells it apart.
fn next_day((at, name): (i64, &str)) -> Answer<i32> {
    const NAMES: [(&str, Weekday, usize); 7] = [
        ("sunday", Weekday::Sun, 2),
        ("monday", Weekday::Mon, 1),
        ("tuesday", Weekday::Tue, 2),
        ("wednesday", Weekday::Wed, 1),
        ("thursday", Weekday::Thu, 2),
        ("friday", Weekday::Fri, 1),
        ("saturday", Weekday::Sat, 2),
    ];
    let wanted = name.trim().to_ascii_lowercase();
    let known = NAMES
        .iter()
        .find(|(day, _, least)| wanted.len() >= *least && day.starts_with(wanted.as_str()));
    let Some((_, day, _)) = known else {
        return Err(Refusal::new("22023", format!("day of week \"{name}\" not recognized")));
    };
    let from = naive(at)?.date();
    let next = from.iter_days().skip(1).take(7).find(|date| date.weekday() == *day);
    let next = next.ok_or_else(|| Refusal::new("22008", "date out of range"))?;
    Ok(Some(next.to_epoch_days()))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{months_between, next_day};

    fn day(text: &str) -> i64 {
        let date: NaiveDate = text.parse().unwrap();
        i64::from(date.to_epoch_days()) * 86_400_000_000
    }

    #[test]
    fn months_have_31_days() {
        for (a, b, expect) in [
            ("1969-01-18", "1969-03-18", -2.0),
            ("2031-09-30", "2031-08-31", 1.0),
            ("2031-03-31", "2031-02-28", 1.0),
            ("2031-02-10", "2031-01-25", 1.0 - 15.0 / 31.0),
        ] {
            assert_eq!(months_between((day(a), day(b))), Ok(Some(expect)), "{a} {b}");
        }
    }

    #[test]
    fn the_next_day_is_never_the_same() {
        for (from, name, expect) in [
            ("2014-08-20", "Tuesday", "2014-08-26"),
            ("2014-08-20", "w", "2014-08-27"),
            ("2014-08-20", "TH", "2014-08-21"),
        ] {
            let found = next_day((day(from), name)).unwrap().unwrap();
            assert_eq!(i64::from(found) * 86_400_000_000, day(expect), "{from} {name}");
        }
        assert!(next_day((0, "t")).is_err());
    }
}
