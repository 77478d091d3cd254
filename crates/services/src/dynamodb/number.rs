//! DynamoDB's numbers: 38 significant decimal digits, magnitudes from 1E-130 to
//! 9.99…E+125 ("Data types", DynamoDB Developer Guide, section Number).
//!
//! They are exact: parsed, compared, added and written by value, never through a float. Knows
//! nothing of items. Start at [`Decimal::parse`].

use std::cmp::Ordering;
use std::iter::repeat_n;

/// Most significant digits.
const MAX_DIGITS: usize = 38;
/// `0.d…` times ten to this is the largest magnitude.
const MAX_EXPONENT: i64 = 126;
/// `0.1` times ten to this is the smallest magnitude.
const MIN_EXPONENT: i64 = -129;
/// Brings every exponent above zero, in a key's text.
const BIAS: i64 = 130;

/// Why a text is no number that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// It is no number at all.
    Malformed,
    /// More than 38 significant digits.
    TooPrecise,
    /// Too large.
    Overflow,
    /// Too close to zero.
    Underflow,
}

impl NumberError {
    /// DynamoDB's sentence about `text`.
    pub fn message(self, text: &str) -> String {
        match self {
            Self::Malformed if text.is_empty() => {
                "The parameter cannot be converted to a numeric value".to_owned()
            }
            Self::Malformed => {
                format!("The parameter cannot be converted to a numeric value: {text}")
            }
            Self::TooPrecise => {
                "Attempting to store more than 38 significant digits in a Number".to_owned()
            }
            Self::Overflow => "Number overflow. Attempting to store a number with magnitude \
                               larger than supported range"
                .to_owned(),
            Self::Underflow => "Number underflow. Attempting to store a number with magnitude \
                                smaller than supported range"
                .to_owned(),
        }
    }
}

/// A number: `0.d1d2… × 10^exponent`, without zeros at either end of the digits; zero has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    exponent: i64,
    digits: Vec<u8>,
}

impl Decimal {
    /// Reads a number as JSON writes it, also with a leading `+`, or a point without digits on
    /// one of its sides.
    ///
    /// # Errors
    /// See [`NumberError`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let (negative, rest) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let at = rest.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (mantissa, power) = match at.and_then(|at| rest.split_at_checked(at)) {
            Some((mantissa, [_, power @ ..])) => (mantissa, power_of(power)?),
            _ => (rest, 0),
        };
        let mut parts = mantissa.splitn(2, |byte| *byte == b'.');
        let whole = parts.next().unwrap_or_default();
        let fraction = parts.next().unwrap_or_default();
        let all_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
        if !all_digits || whole.len() + fraction.len() == 0 {
            return Err(NumberError::Malformed);
        }
        let digits = whole.iter().chain(fraction).map(|byte| byte - b'0').collect();
        let places = i64::try_from(whole.len()).map_err(|_| NumberError::Overflow)?;
        Self::normal(negative, digits, places.saturating_add(power))
    }

    /// Nothing.
    pub fn zero() -> Self {
        Self { negative: false, exponent: 0, digits: Vec::new() }
    }

    /// Takes the zeros off and checks the range.
    fn normal(negative: bool, mut digits: Vec<u8>, mut exponent: i64) -> Result<Self, NumberError> {
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..leading);
        exponent = exponent.saturating_sub(i64::try_from(leading).unwrap_or(i64::MAX));
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Ok(Self::zero());
        }
        if digits.len() > MAX_DIGITS {
            return Err(NumberError::TooPrecise);
        }
        match exponent {
            e if e > MAX_EXPONENT => Err(NumberError::Overflow),
            e if e < MIN_EXPONENT => Err(NumberError::Underflow),
            _ => Ok(Self { negative, exponent, digits }),
        }
    }

    /// The sum.
    ///
    /// # Errors
    /// When it has too many digits or is too large.
    pub fn plus(&self, other: &Self) -> Result<Self, NumberError> {
        let top = self.exponent.max(other.exponent);
        let bottom = self.lowest().min(other.lowest());
        let width = usize::try_from(top - bottom).unwrap_or_default() + 1;
        let (mine, theirs) = (self.aligned(top, width), other.aligned(top, width));
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, sum(&mine, &theirs))
        } else if mine >= theirs {
            (self.negative, difference(&mine, &theirs))
        } else {
            (other.negative, difference(&theirs, &mine))
        };
        Self::normal(negative, digits, top + 1)
    }

    /// The difference.
    ///
    /// # Errors
    /// As [`Decimal::plus`].
    pub fn minus(&self, other: &Self) -> Result<Self, NumberError> {
        self.plus(&Self { negative: !other.negative, ..other.clone() })
    }

    /// The exponent behind the last digit.
    fn lowest(&self) -> i64 {
        self.exponent - i64::try_from(self.digits.len()).unwrap_or_default()
    }

    /// The digits between `10^(top + 1)` and below, with a leading zero for a carry.
    fn aligned(&self, top: i64, width: usize) -> Vec<u8> {
        let before = usize::try_from(top - self.exponent).unwrap_or_default() + 1;
        let mut digits: Vec<u8> = repeat_n(0, before).chain(self.digits.iter().copied()).collect();
        digits.resize(width.max(digits.len()), 0);
        digits
    }

    /// The value's text: plain notation without needless zeros, as items are answered.
    pub fn text(&self) -> String {
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        let mut text = if self.negative { "-".to_owned() } else { String::new() };
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        match usize::try_from(self.exponent) {
            Ok(places) if places > 0 => match digits.split_at_checked(places) {
                Some((whole, "")) => text.push_str(whole),
                Some((whole, fraction)) => {
                    text.push_str(whole);
                    text.push('.');
                    text.push_str(fraction);
                }
                None => {
                    text.push_str(&digits);
                    text.extend(repeat_n('0', places - digits.len()));
                }
            },
            _ => {
                text.push_str("0.");
                text.extend(repeat_n('0', self.exponent.unsigned_abs().try_into().unwrap_or(0)));
                text.push_str(&digits);
            }
        }
        text
    }

    /// A text that sorts as the number does, of characters behind `/`.
    pub fn sortable(&self) -> String {
        let digit = |digit: &u8| {
            char::from(b'0' + if self.negative { 9_u8.saturating_sub(*digit) } else { *digit })
        };
        let digits: String = self.digits.iter().map(digit).collect();
        let magnitude = self.exponent + BIAS;
        match (self.digits.is_empty(), self.negative) {
            (true, _) => "1".to_owned(),
            (false, false) => format!("2{magnitude:03}{digits}"),
            // The end of fewer digits comes behind those of more.
            (false, true) => format!("0{:03}{digits}~", 999 - magnitude),
        }
    }

    /// Bytes that the number counts for: about one for two significant digits, and one.
    pub fn size(&self) -> usize {
        self.digits.len().div_ceil(2) + 1 + usize::from(self.negative)
    }

    /// Whole seconds, where it is a number of them.
    pub fn whole(&self) -> Option<i64> {
        self.text().split('.').next()?.parse().ok()
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitudes = || (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits));
        match sign(self).cmp(&sign(other)) {
            Ordering::Equal if self.negative => magnitudes().reverse(),
            Ordering::Equal => magnitudes(),
            unequal => unequal,
        }
    }
}

/// The power behind an `E`; one beyond every range counts as the range's end.
fn power_of(bytes: &[u8]) -> Result<i64, NumberError> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumberError::Malformed);
    }
    let power = digits.iter().fold(0_i64, |power, digit| {
        power.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    let power = power.min(1_000_000_000);
    Ok(if negative { -power } else { power })
}

/// Both have one length, and a zero at their head.
fn sum(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits: Vec<u8> = left
        .iter()
        .zip(right)
        .rev()
        .map(|(left, right)| {
            let digit = left + right + carry;
            carry = digit / 10;
            digit % 10
        })
        .collect();
    digits.reverse();
    digits
}

/// The larger less the smaller, of one length.
fn difference(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut digits: Vec<u8> = larger
        .iter()
        .zip(smaller)
        .rev()
        .map(|(large, small)| {
            let taken = small + borrow;
            borrow = u8::from(*large < taken);
            large + 10 * borrow - taken
        })
        .collect();
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        Decimal::parse(text).map_or_else(|error| format!("{error:?}"), |number| number.text())
    }

    #[test]
    fn numbers_have_one_text() {
        for (text, expected) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("+1.50", "1.5"),
            ("007", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("-12.5E-3", "-0.0125"),
            ("0e999999", "0"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("999999999999999999999999999999999999999", "TooPrecise"),
            (
                "1000000000000000000000000000000000000000",
                "1000000000000000000000000000000000000000",
            ),
            ("1e126", "Overflow"),
            ("1e-131", "Underflow"),
            ("", "Malformed"),
            ("-", "Malformed"),
            ("1e", "Malformed"),
            ("1.2.3", "Malformed"),
            ("NaN", "Malformed"),
            ("0x1", "Malformed"),
            (" 1", "Malformed"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        assert_eq!(told("1e125").len(), 126);
        assert_eq!(told("1e-130").len(), 132);
    }

    #[test]
    fn they_compare_and_sort_by_value() {
        let ascending = [
            "-1e125", "-100", "-99.5", "-99", "-1.01", "-1", "-0.5", "-1e-130", "0", "1e-130",
            "0.001", "0.5", "1", "1.01", "2", "10", "99", "100", "1e38", "9e125",
        ];
        let numbers: Vec<Decimal> =
            ascending.iter().map(|text| Decimal::parse(text).unwrap()).collect();
        for pair in numbers.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
            assert!(pair[0].sortable() < pair[1].sortable(), "{pair:?}");
        }
    }

    #[test]
    fn they_add_and_subtract_exactly() {
        for (left, right, sum, difference) in [
            ("0.1", "0.2", "0.3", "-0.1"),
            ("5", "-5", "0", "10"),
            ("999", "1", "1000", "998"),
            ("-1.5", "0", "-1.5", "-1.5"),
            ("1e20", "1", "100000000000000000001", "99999999999999999999"),
            ("1e38", "1", "TooPrecise", "99999999999999999999999999999999999999"),
            ("9.9e125", "9e124", "Overflow", "9e125"),
        ] {
            let (a, b) = (Decimal::parse(left).unwrap(), Decimal::parse(right).unwrap());
            let told = |outcome: Result<Decimal, NumberError>| {
                outcome.map_or_else(|error| format!("{error:?}"), |number| number.text())
            };
            let canonical = |text: &str| Decimal::parse(text).map_or(text.to_owned(), |n| n.text());
            assert_eq!(told(a.plus(&b)), canonical(sum), "{left} + {right}");
            assert_eq!(told(a.minus(&b)), canonical(difference), "{left} - {right}");
        }
    }
}
