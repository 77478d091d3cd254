//! Texts as numbers in Teradata's way (Redshift guide, SQL functions › Data type formatting
//! functions › TEXT_TO_INT_ALT, TEXT_TO_NUMERIC_ALT).

use super::kinds::{Integer, Text};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Text,), Integer>("lb_text_to_int_alt", |(text,)| text_to_int(text))?;
    registry.add::<(Text, Integer, Integer), Text>("lb_text_to_numeric_alt", |(text, p, s)| {
        text_to_numeric(text, p, s)
    })
}

/// Digits, and how many of them stand behind the decimal point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// All digits with their sign.
    pub digits: i128,
    /// Decimals; negative for zeros that are not written.
    pub scale: i32,
}

impl Number {
    /// Reads `[sign] digits [. digits] [E exponent] [sign]`; blanks around are ignored, the empty
    /// text is zero.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Some(Self { digits: 0, scale: 0 });
        }
        let (negative, text) = signed(text)?;
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        // Between digits these characters mean nothing.
        let mantissa: String =
            mantissa.chars().filter(|c| !matches!(c, '/' | ',' | ':' | '%')).collect();
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
        let all = format!("{whole}{decimals}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits: i128 = all.parse().ok()?;
        let scale = i32::try_from(decimals.len()).ok()?.checked_sub(exponent)?;
        Some(Self { digits: if negative { digits.checked_neg()? } else { digits }, scale })
    }

    /// The digits with this many decimals, and whether what is cut off is nothing, less than a
    /// half, a half, or more.
    fn scaled(self, scale: i32) -> Option<(i128, std::cmp::Ordering, bool)> {
        let shift = scale.checked_sub(self.scale)?;
        let power = |n: u32| 10_i128.checked_pow(n);
        if shift >= 0 {
            let factor = power(shift.unsigned_abs());
            let digits = match factor {
                Some(factor) => self.digits.checked_mul(factor)?,
                None if self.digits == 0 => 0,
                None => return None,
            };
            return Some((digits, std::cmp::Ordering::Less, true));
        }
        let Some(divisor) = power(shift.unsigned_abs()) else {
            return Some((0, std::cmp::Ordering::Less, self.digits == 0));
        };
        let rest = self.digits.checked_rem(divisor)?.abs();
        let half = rest.cmp(&divisor.checked_sub(rest)?);
        Some((self.digits.checked_div(divisor)?, half, rest == 0))
    }
}

/// A sign before or behind, and the rest.
fn signed(text: &str) -> Option<(bool, &str)> {
    let before = text.strip_prefix(['+', '-']);
    let behind = text.strip_suffix(['+', '-']);
    match (before, behind) {
        (Some(rest), None) => Some((text.starts_with('-'), rest)),
        (None, Some(rest)) => Some((text.ends_with('-'), rest)),
        (None, None) => Some((false, text)),
        (Some(_), Some(_)) => None,
    }
}

fn invalid(text: &str) -> Refusal {
    Refusal::new("22P02", format!("Invalid input syntax for numeric: \"{text}\""))
}

/// `TEXT_TO_INT_ALT(text)`: decimals are cut off.
fn text_to_int(text: &str) -> Answer<i32> {
    let number = Number::read(text).ok_or_else(|| invalid(text))?;
    let whole = number.scaled(0).map(|(whole, ..)| whole);
    let value = whole.and_then(|whole| i32::try_from(whole).ok());
    value.map(Some).ok_or_else(|| {
        Refusal::new("22003", format!("value \"{text}\" is out of range for type integer"))
    })
}

/// `TEXT_TO_NUMERIC_ALT(text, precision, scale)`: rounded, a half to the even digit.
fn text_to_numeric(text: &str, precision: i32, scale: i32) -> Answer<String> {
    let overflow = || Refusal::new("22003", "Numeric data overflow (result precision)");
    let number = Number::read(text).ok_or_else(|| invalid(text))?;
    let (cut, rest, _) = number.scaled(scale).ok_or_else(overflow)?;
    let up = match rest {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => cut % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    let step = if number.digits < 0 { -1 } else { 1 };
    let digits = if up { cut.saturating_add(step) } else { cut };
    let most = 10_u128.checked_pow(u32::try_from(precision).unwrap_or(0));
    if most.is_some_and(|most| digits.unsigned_abs() >= most) {
        return Err(overflow());
    }
    Ok(Some(decimal_text(digits, usize::try_from(scale).unwrap_or(0))))
}

/// Digits with a decimal point.
pub(super) fn decimal_text(digits: i128, scale: usize) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let width = scale.saturating_add(1);
    let all = format!("{:0>width$}", digits.unsigned_abs());
    let (whole, decimals) =
        all.split_at_checked(all.len().saturating_sub(scale)).unwrap_or((&all, ""));
    if decimals.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{decimals}") }
}

#[cfg(test)]
mod tests {
    use super::{text_to_int, text_to_numeric};

    #[test]
    fn teradata_numbers() {
        for (text, expect) in [
            ("123-", Some(-123)),
            ("2147483647+", Some(i32::MAX)),
            ("2147483648", None),
            ("-123E-2", Some(-1)),
            ("  ", Some(0)),
            ("1,234.9", Some(1234)),
            ("-1-", None),
            ("1 2", None),
            ("x", None),
        ] {
            assert_eq!(text_to_int(text).ok().flatten(), expect, "{text}");
        }
        for (text, precision, scale, expect) in [
            ("1.5", 38, 0, Some("2")),
            ("2.5", 38, 0, Some("2")),
            ("2.51", 38, 0, Some("3")),
            ("123.52501", 10, 2, Some("123.53")),
            ("-123E2", 38, 0, Some("-12300")),
            ("-0.05", 5, 2, Some("-0.05")),
            ("12345", 4, 0, None),
            (&"9".repeat(38), 38, 0, Some(&"9".repeat(38))),
        ] {
            let found = text_to_numeric(text, precision, scale).ok().flatten();
            assert_eq!(found.as_deref(), expect, "{text}");
        }
    }
}
