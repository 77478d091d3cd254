//! Format strings: their elements, and reading a text by them. Start at [`Format::read`].

use redshift_sql::{MONTHS, SqlError};

use super::calendar::{MICROS_PER_DAY, days_from_civil};
use super::zone;

/// A `DATEFORMAT` or `TIMEFORMAT` string.
#[derive(Debug, Clone)]
pub struct Format {
    text: String,
    elements: Vec<Element>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Year4,
    Year2,
    Month,
    MonthName,
    Day,
    DayOfYear,
    Hour24,
    Hour12,
    Minute,
    Second,
    Meridiem,
    Literal(u8),
}

/// Longer elements first: `HH24` begins like `HH`.
const ELEMENTS: [(&str, Element); 14] = [
    ("YYYY", Element::Year4),
    ("YY", Element::Year2),
    ("MON", Element::MonthName),
    ("MM", Element::Month),
    ("MI", Element::Minute),
    ("DDD", Element::DayOfYear),
    ("DD", Element::Day),
    ("HH24", Element::Hour24),
    ("HH12", Element::Hour12),
    ("HH", Element::Hour24),
    ("SS", Element::Second),
    ("AM", Element::Meridiem),
    ("PM", Element::Meridiem),
    ("OF", Element::Literal(b' ')),
];

impl Format {
    /// Reads a format string.
    ///
    /// # Errors
    /// 22007 for an unknown element.
    pub fn new(text: &str) -> Result<Self, SqlError> {
        let mut elements = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            let known = ELEMENTS.iter().find(|(name, _)| {
                rest.get(..name.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
            });
            rest = match known {
                // The offset is read behind the format whether it is named or not.
                Some((name @ "OF", _)) => rest.get(name.len()..).unwrap_or_default(),
                Some((name, element)) => {
                    elements.push(*element);
                    rest.get(name.len()..).unwrap_or_default()
                }
                // ISO 8601's separator is the one letter that stands for itself.
                None if byte.is_ascii_alphabetic() && byte != b'T' => {
                    let message = format!("Invalid date or time format: '{text}'");
                    return Err(SqlError::new("22007", message));
                }
                None => {
                    elements.push(Element::Literal(byte));
                    tail
                }
            };
        }
        Ok(Self { text: text.to_owned(), elements })
    }

    /// The string.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads a text; gives what follows behind the format. A text may end where only the time
    /// of day is left to read: midnight.
    pub(super) fn read<'a>(&self, text: &'a [u8]) -> Option<(Parts, &'a [u8])> {
        let mut parts = Parts::default();
        let rest = self.read_into(text, &mut parts)?;
        Some((parts, rest))
    }

    /// The same, adding to what has been read already.
    pub(super) fn read_into<'a>(&self, text: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
        let mut rest = text.trim_ascii_start();
        let mut elements = self.elements.iter().peekable();
        while let Some(element) = elements.next() {
            if rest.trim_ascii().is_empty() && parts.has_date() && element.is_of_clock() {
                break;
            }
            // Digits that stand without a separator have their full width.
            let packed = matches!(elements.peek(), Some(next) if next.is_number());
            rest = element.read(rest, packed, parts)?;
        }
        Some(rest)
    }
}

impl Element {
    fn is_number(self) -> bool {
        !matches!(self, Self::MonthName | Self::Meridiem | Self::Literal(_))
    }

    fn is_of_clock(self) -> bool {
        matches!(
            self,
            Self::Hour24
                | Self::Hour12
                | Self::Minute
                | Self::Second
                | Self::Meridiem
                | Self::Literal(_)
        )
    }

    fn read<'a>(self, text: &'a [u8], packed: bool, parts: &mut Parts) -> Option<&'a [u8]> {
        let two = |at_most: usize| number(text, if packed { at_most } else { 1 }, at_most);
        let slot = match self {
            Self::Literal(byte) => return text.split_first().filter(|f| *f.0 == byte).map(|f| f.1),
            Self::MonthName => return parts.read_month_name(text),
            Self::Meridiem => return parts.read_meridiem(text),
            Self::Year4 => {
                let (year, rest) = number(text, 4, 4)?;
                parts.year = Some(year);
                return Some(rest);
            }
            Self::Year2 => {
                let (year, rest) = number(text, 2, 2)?;
                parts.year = Some(if year < 70 { year + 2000 } else { year + 1900 });
                return Some(rest);
            }
            Self::DayOfYear => {
                let (day, rest) = number(text, 3, 3)?;
                parts.day_of_year = Some(day);
                return Some(rest);
            }
            Self::Second => {
                let (second, rest) = two(2)?;
                parts.second = second;
                return Some(parts.read_fraction(rest));
            }
            Self::Month => &mut parts.month,
            Self::Day => &mut parts.day,
            Self::Hour24 | Self::Hour12 => &mut parts.hour,
            Self::Minute => &mut parts.minute,
        };
        let (value, rest) = two(2)?;
        if self == Self::Hour12 && !(1..=12).contains(&value) {
            return None;
        }
        *slot = value;
        Some(rest)
    }
}

/// A number of so many digits.
fn number(text: &[u8], at_least: usize, at_most: usize) -> Option<(i32, &[u8])> {
    let count = text.iter().take(at_most).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(count)?;
    let value = digits.iter().fold(0, |value, byte| value * 10 + i32::from(byte - b'0'));
    (count >= at_least).then_some((value, rest))
}

/// What has been read of a date and time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts {
    /// The whole date, where it is known at once.
    days: Option<i32>,
    year: Option<i32>,
    month: i32,
    day: i32,
    day_of_year: Option<i32>,
    hour: i32,
    minute: i32,
    second: i32,
    micros: i64,
    /// Afternoon or morning.
    meridiem: Option<bool>,
    /// Seconds east of UTC.
    pub offset: Option<i32>,
    pub before_christ: bool,
}

impl Parts {
    /// A date that is known at once.
    pub(super) fn of_days(days: i32) -> Self {
        Self { days: Some(days), ..Self::default() }
    }

    fn has_date(&self) -> bool {
        let calendar = self.month > 0 && self.day > 0;
        self.days.is_some() || (self.year.is_some() && (calendar || self.day_of_year.is_some()))
    }

    /// Days from 1970-01-01.
    pub(super) fn days(&self) -> Option<i32> {
        if let Some(days) = self.days {
            return Some(days);
        }
        let year = self.year?;
        let year = if self.before_christ { 1 - year } else { year };
        match self.day_of_year {
            Some(day) => {
                let (first, next) =
                    (days_from_civil(year, 1, 1)?, days_from_civil(year + 1, 1, 1)?);
                (day >= 1 && day <= next - first).then(|| first + day - 1)
            }
            None => days_from_civil(year, self.month, self.day),
        }
    }

    /// Microseconds of the day.
    pub(super) fn clock(&self) -> Option<i64> {
        let hour = match self.meridiem {
            None => self.hour,
            Some(_) if !(0..=12).contains(&self.hour) => return None,
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
        };
        // A leap second is the next minute's beginning; 24:00:00 is the next day's.
        let whole_day = hour == 24 && self.minute == 0 && self.second == 0 && self.micros == 0;
        let valid = (hour < 24 || whole_day) && self.minute < 60 && self.second <= 60;
        let seconds = i64::from(hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        valid.then_some(seconds * 1_000_000 + self.micros)
    }

    /// The time zone behind what has been read.
    pub(super) fn read_zone(&mut self, text: &[u8]) -> Option<()> {
        let (local, _) = self.micros()?;
        self.offset = Some(zone::offset(text, local)?);
        Some(())
    }

    /// Microseconds from 1970-01-01, and the offset.
    pub(super) fn micros(&self) -> Option<(i64, Option<i32>)> {
        let days = i64::from(self.days()?).checked_mul(MICROS_PER_DAY)?;
        Some((days.checked_add(self.clock()?)?, self.offset))
    }

    /// `HH:MI[:SS[.ffffff]] [AM|PM]`; gives what follows.
    pub(super) fn read_clock<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let (hour, rest) = number(text, 1, 2)?;
        let (minute, mut rest) = number(rest.strip_prefix(b":")?, 2, 2)?;
        (self.hour, self.minute) = (hour, minute);
        if let Some(seconds) = rest.strip_prefix(b":") {
            let (second, fraction) = number(seconds, 2, 2)?;
            self.second = second;
            rest = self.read_fraction(fraction);
        }
        Some(self.read_meridiem(rest.trim_ascii_start()).unwrap_or(rest))
    }

    /// `.ffffff`: further digits are cut off.
    fn read_fraction<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let Some(digits) = text.strip_prefix(b".") else { return text };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let padded = digits.iter().take(count).copied().chain(std::iter::repeat(b'0')).take(6);
        self.micros = padded.fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
        digits.get(count..).unwrap_or_default()
    }

    fn read_meridiem<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let (word, rest) = text.split_at_checked(2)?;
        let afternoon = word.eq_ignore_ascii_case(b"pm");
        // `America/New_York` is no morning.
        let longer = rest.first().is_some_and(u8::is_ascii_alphabetic);
        if longer || (!afternoon && !word.eq_ignore_ascii_case(b"am")) {
            return None;
        }
        self.meridiem = Some(afternoon);
        Some(rest)
    }

    /// A month's name, whole or its first three letters.
    fn read_month_name<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = text.split_at_checked(length)?;
        let named = |name: &&str| {
            let short = name.as_bytes().get(..3);
            word.eq_ignore_ascii_case(name.as_bytes())
                || short.is_some_and(|short| word.eq_ignore_ascii_case(short))
        };
        let index = MONTHS.iter().position(named)?;
        self.month = i32::try_from(index + 1).ok()?;
        Some(rest)
    }
}
