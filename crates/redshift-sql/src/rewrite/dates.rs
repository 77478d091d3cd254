//! Dates and times as people write them, in the one form that the engine reads.
//!
//! Redshift guide, "Date, time, and timestamp literals": months by name or number, month first
//! where only numbers are given, years of two digits, hours with AM and PM. What has none of
//! these forms is left to the engine to refuse. Start reading at [`iso`].

/// The months as English writes them.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Years of two digits from here on are of the last century.
const PIVOT: u32 = 70;

/// `YYYY-MM-DD`, with the time if there is one; `None` for a text that is not of these forms.
pub(super) fn iso(text: &str) -> Option<String> {
    let (date, clock) = split(text);
    let date = date_of(date)?;
    if clock.is_empty() {
        return Some(date);
    }
    Some(format!("{date} {}", time(clock)?))
}

/// The date, and the time with whatever follows it.
fn split(text: &str) -> (&str, &str) {
    let before = text.split(':').next().unwrap_or(text);
    if before.len() == text.len() {
        return (text, "");
    }
    match before.rfind(' ') {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default().trim()),
        None => ("", text),
    }
}

fn date_of(text: &str) -> Option<String> {
    let parts: Vec<&str> =
        text.split([' ', ',', '-', '/']).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match parts.as_slice() {
        [digits] if digits.len() == 8 || digits.len() == 6 => {
            let (start, day) = digits.split_at_checked(digits.len().checked_sub(2)?)?;
            let (year, month) = start.split_at_checked(start.len().checked_sub(2)?)?;
            (year, number(month)?, day)
        }
        [first, second, year] if month(first).is_some() => (*year, month(first)?, *second),
        [first, second, third] => match (month(second), first.len()) {
            (Some(month), 4) => (*first, month, *third),
            (Some(month), _) => (*third, month, *first),
            (None, 4) => (*first, number(second)?, *third),
            (None, _) => (*third, number(first)?, *second),
        },
        _ => return None,
    };
    Some(format!("{:04}-{month:02}-{:02}", year_of(year)?, number(day)?))
}

/// A month by its name or the first three letters of it.
fn month(word: &str) -> Option<u32> {
    let word = word.to_ascii_lowercase();
    let named = |month: &&str| word.len() >= 3 && month.starts_with(word.as_str());
    let index = MONTHS.iter().position(named)?;
    u32::try_from(index).ok()?.checked_add(1)
}

fn year_of(text: &str) -> Option<u32> {
    let year = number(text)?;
    match text.len() {
        2 if year < PIVOT => Some(2000 + year),
        2 => Some(1900 + year),
        4 => Some(year),
        _ => None,
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A time with two digits of hours, by 24 hours.
pub(super) fn time(text: &str) -> Option<String> {
    let (hours, rest) = text.split_once(':')?;
    let hours = number(hours.trim())?;
    let lower = rest.to_ascii_lowercase();
    let half = ["am", "pm"].into_iter().find(|half| lower.ends_with(half));
    let Some(half) = half else { return Some(format!("{hours:02}:{rest}")) };
    if !(1..=12).contains(&hours) {
        return None;
    }
    let rest = rest.get(..rest.len().checked_sub(2)?)?.trim();
    let hours = hours % 12 + if half == "pm" { 12 } else { 0 };
    Some(format!("{hours:02}:{rest}"))
}

#[cfg(test)]
mod tests {
    use super::{iso, time};

    #[test]
    fn the_guides_forms_of_dates_and_times_are_read() {
        for (text, expect) in [
            ("January 8, 1999", Some("1999-01-08")),
            ("1/8/1999", Some("1999-01-08")),
            ("01/02/00", Some("2000-01-02")),
            ("2000-Jan-31", Some("2000-01-31")),
            ("Jan-31-2000", Some("2000-01-31")),
            ("31-Jan-2000", Some("2000-01-31")),
            ("080215", Some("2008-02-15")),
            ("Jun 1,2008 9:59:59", Some("2008-06-01 09:59:59")),
            ("12/31/99 11:30 PM", Some("1999-12-31 23:30")),
            ("1 May 2024 12:05 am", Some("2024-05-01 00:05")),
            ("someday", None),
            ("", None),
            ("1/2", None),
            ("x-y-z", None),
            ("2024-13-13-13", None),
        ] {
            assert_eq!(iso(text).as_deref(), expect, "{text}");
        }
        assert_eq!(time("4:05 PM").as_deref(), Some("16:05"));
        assert_eq!(time("04:05:06.789").as_deref(), Some("04:05:06.789"));
        assert_eq!(time("13:05 PM"), None);
    }
}
