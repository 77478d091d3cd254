//! `TO_CHAR` of a date or time.

use chrono::{Datelike, NaiveDateTime, Timelike};

use super::super::dates::naive;
use super::pattern::{Case, DAYS, Field, MONTHS, Piece, read};
use super::roman::roman;
use super::{Answer, Refusal};

/// Writes a moment by a pattern.
pub(super) fn to_char(at: i64, pattern: &str) -> Answer<String> {
    let at = naive(at)?;
    let mut out = String::new();
    for piece in read(pattern) {
        match piece {
            Piece::Plain(letter) => out.push(letter),
            Piece::Field { field, case, plain, ordinal } => {
                out.push_str(&written(at, field, case, plain, ordinal)?);
            }
        }
    }
    Ok(Some(out))
}

fn written(
    at: NaiveDateTime,
    field: Field,
    case: Case,
    plain: bool,
    ordinal: Option<Case>,
) -> Result<String, Refusal> {
    if let Some((value, width)) = number(at, field) {
        let digits = if plain { value.to_string() } else { format!("{value:0width$}") };
        let ending = ordinal.map_or(String::new(), |case| case.write(ending(value)));
        return Ok(digits + &ending);
    }
    let name = name(at, field, case);
    // Whole names are as wide as the longest.
    let wide = matches!(field, Field::MonthName | Field::DayName) && !plain;
    Ok(match field {
        _ if wide => format!("{name:<9}"),
        Field::MonthRoman if !plain => format!("{name:<4}"),
        _ => name,
    })
}

/// The value of a field of digits, and how many it has.
fn number(at: NaiveDateTime, field: Field) -> Option<(i64, usize)> {
    let year = i64::from(if at.year() > 0 { at.year() } else { 1_i32.saturating_sub(at.year()) });
    let iso = at.iso_week();
    let day = i64::from(at.ordinal());
    let week_day = i64::from(at.weekday().number_from_monday());
    let micros = i64::from(at.nanosecond() / 1000);
    Some(match field {
        Field::Century => (year.saturating_add(99) / 100, 2),
        Field::Year(digits) => (last_digits(year, digits), digits),
        Field::IsoYear(digits) => (last_digits(i64::from(iso.year()), digits), digits),
        Field::Quarter => (i64::from(at.month0() / 3).saturating_add(1), 1),
        Field::Month => (i64::from(at.month()), 2),
        Field::WeekOfMonth => (i64::from(at.day0() / 7).saturating_add(1), 1),
        Field::WeekOfYear => (i64::from(at.ordinal0() / 7).saturating_add(1), 2),
        Field::IsoWeek => (i64::from(iso.week()), 2),
        Field::DayOfYear => (day, 3),
        Field::IsoDayOfYear => {
            (i64::from(iso.week()).saturating_sub(1).saturating_mul(7).saturating_add(week_day), 3)
        }
        Field::Day => (i64::from(at.day()), 2),
        Field::DayOfWeek => (i64::from(at.weekday().number_from_sunday()), 1),
        Field::IsoDayOfWeek => (week_day, 1),
        // Julian days count from the year -4713; the first of January of the year 1 is 1721426.
        Field::Julian => (i64::from(at.num_days_from_ce()).saturating_add(1_721_425), 1),
        Field::Hour24 => (i64::from(at.hour()), 2),
        Field::Hour12 => (i64::from(at.hour12().1), 2),
        Field::Minute => (i64::from(at.minute()), 2),
        Field::Second => (i64::from(at.second()), 2),
        Field::Millisecond => (micros / 1000, 3),
        Field::Microsecond => (micros, 6),
        Field::SecondOfDay => (i64::from(at.num_seconds_from_midnight()), 1),
        _ => return None,
    })
}

fn last_digits(year: i64, digits: usize) -> i64 {
    let modulus = match digits {
        4 => return year,
        3 => 1000,
        2 => 100,
        _ => 10,
    };
    year % modulus
}

fn name(at: NaiveDateTime, field: Field, case: Case) -> String {
    let month = usize::try_from(at.month0()).ok().and_then(|month| MONTHS.get(month));
    let day = usize::try_from(at.weekday().num_days_from_monday()).ok();
    let day = day.and_then(|day| DAYS.get(day)).copied().unwrap_or_default();
    let month = month.copied().unwrap_or_default();
    let short = |name: &str| name.chars().take(3).collect::<String>();
    let (afternoon, before) = (at.hour() >= 12, at.year() < 1);
    // In lower case only where the pattern is.
    let lower =
        |name: &str| if case == Case::Lower { name.to_lowercase() } else { name.to_owned() };
    match field {
        Field::MonthName => case.write(month),
        Field::MonthShort => case.write(&short(month)),
        Field::DayName => case.write(day),
        Field::DayShort => case.write(&short(day)),
        Field::MonthRoman => lower(&roman(i128::from(at.month())).unwrap_or_default()),
        Field::Meridian => lower(if afternoon { "PM" } else { "AM" }),
        Field::MeridianDotted => lower(if afternoon { "P.M." } else { "A.M." }),
        Field::Era => lower(if before { "BC" } else { "AD" }),
        Field::EraDotted => lower(if before { "B.C." } else { "A.D." }),
        Field::Zone => lower("UTC"),
        Field::Offset => String::from("+00"),
        Field::YearWithComma => {
            let year = at.year().unsigned_abs();
            format!("{},{:03}", year / 1000, year % 1000)
        }
        _ => String::new(),
    }
}

/// What follows an ordinal number.
pub(super) fn ending(value: i64) -> &'static str {
    match (value % 100, value % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::to_char;

    #[test]
    fn fields_of_a_moment() {
        // 2009-12-31 23:15:59.012345
        let at = 1_262_301_359_012_345;
        for (pattern, expect) in [
            ("MONTH-DY-DD-YYYY HH12:MIPM", "DECEMBER -THU-31-2009 11:15PM"),
            ("FMMonth DDth, YYYY", "December 31st, 2009"),
            ("Day day FMDAY|", "Thursday  thursday  THURSDAY|"),
            ("DDD D ID J Q W WW IW", "365 5 4 2455197 4 5 53 53"),
            ("HH24:MI:SS.MS US SSSS", "23:15:59.012 012345 83759"),
            ("cc Y,YYY IYYY rm A.D. am TZ OF", "21 2,009 2009 xii  A.D. pm UTC +00"),
            ("\"at\" HH \"o'clock\"", "at 11 o'clock"),
        ] {
            assert_eq!(to_char(at, pattern), Ok(Some(expect.into())), "{pattern}");
        }
    }
}
