//! Numbers of SUPER: exact decimals up to 38 digits, and floating point where the text has an
//! exponent. Scales of results follow Redshift's rules for DECIMAL, from the values' own digits.

use std::cmp::Ordering;

use super::scalar::Fault;

/// Digits of the longest decimal.
const MAX_DIGITS: usize = 38;

/// A number by its kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// `units / 10^scale`; an integer has scale 0.
    Decimal {
        /// All digits.
        units: i128,
        /// How many of them stand after the point.
        scale: u32,
    },
    /// FLOAT4 or FLOAT8.
    Float(f64),
}

/// A number's text in the form that SUPER keeps: floating point as `2.22e+0`.
pub(super) fn canonical(digits: &str) -> String {
    read(digits).map_or_else(|| digits.to_owned(), |number| number.write())
}

/// Reads a number; one of too many digits is floating point.
pub(super) fn read(text: &str) -> Option<Number> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.contains(['e', 'E']) || digits > MAX_DIGITS {
        return text.parse().ok().map(Number::Float);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let units = format!("{whole}{fraction}").parse().ok()?;
    Some(Number::Decimal { units, scale: u32::try_from(fraction.len()).ok()? })
}

impl Number {
    /// The text.
    pub(super) fn write(self) -> String {
        match self {
            Self::Decimal { units, scale } => decimal_text(units, scale),
            Self::Float(value) => {
                let text = format!("{value:e}");
                match text.split_once('e') {
                    Some((digits, exponent)) if !exponent.starts_with('-') => {
                        format!("{digits}e+{exponent}")
                    }
                    _ => text,
                }
            }
        }
    }

    /// The digits without an exponent, for casts.
    pub(super) fn plain(self) -> String {
        match self {
            Self::Float(value) => value.to_string(),
            decimal => decimal.write(),
        }
    }

    /// The nearest floating-point number.
    fn float(self) -> f64 {
        match self {
            Self::Float(value) => value,
            Self::Decimal { units, scale } => {
                decimal_text(units, scale).parse().unwrap_or(f64::NAN)
            }
        }
    }

    /// A whole number of scale 0.
    pub(super) fn integer(self) -> Option<i128> {
        match self {
            Self::Decimal { units, scale: 0 } => Some(units),
            _ => None,
        }
    }

    /// Digits in all.
    pub(super) fn precision(self) -> Option<u32> {
        match self {
            Self::Decimal { units, scale } => Some(digits_of(units).max(scale)),
            Self::Float(_) => None,
        }
    }

    /// A text that sorts by bytes as numbers do: sign, power of ten, digits.
    pub(super) fn sort_key(self) -> String {
        let scientific = match self {
            Self::Float(value) => format!("{value:e}"),
            Self::Decimal { units, scale } => {
                let digits = units.unsigned_abs().to_string();
                let power = i64::try_from(digits.len()).unwrap_or(0) - 1 - i64::from(scale);
                let sign = if units < 0 { "-" } else { "" };
                format!("{sign}{digits}e{power}")
            }
        };
        let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return String::from("1");
        }
        let power = power.parse::<i64>().unwrap_or(0) + 5_000;
        let key = format!("{power:04}{digits}");
        if !mantissa.starts_with('-') {
            return format!("2{key}");
        }
        // Of two negative numbers the one of larger digits comes first.
        let turned = key.bytes().map(|digit| char::from(b'0' + (b'9' - digit)));
        format!("0{}~", turned.collect::<String>())
    }
}

fn decimal_text(units: i128, scale: u32) -> String {
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let sign = if units < 0 { "-" } else { "" };
    match digits.split_at_checked(digits.len().saturating_sub(scale)) {
        Some((whole, fraction)) if scale > 0 => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{digits}"),
    }
}

fn digits_of(units: i128) -> u32 {
    units.unsigned_abs().checked_ilog10().map_or(1, |power| power + 1)
}

fn overflow() -> Fault {
    Fault::new("22003", "Numeric data overflow (result precision)")
}

fn power_of_ten(exponent: u32) -> Result<i128, Fault> {
    10_i128.checked_pow(exponent).ok_or_else(overflow)
}

/// The same value with more digits after the point.
fn widened(units: i128, scale: u32, wanted: u32) -> Result<i128, Fault> {
    units.checked_mul(power_of_ten(wanted.saturating_sub(scale))?).ok_or_else(overflow)
}

fn decimal(units: Option<i128>, scale: u32) -> Result<Number, Fault> {
    let units = units.ok_or_else(overflow)?;
    let fits = digits_of(units) <= u32::try_from(MAX_DIGITS).unwrap_or(u32::MAX);
    if fits { Ok(Number::Decimal { units, scale }) } else { Err(overflow()) }
}

/// `left operator right`, the operator one of `+ - * / %`.
///
/// # Errors
/// 22012 for a zero divisor, 22003 when the digits do not suffice.
pub(super) fn arithmetic(operator: &str, left: Number, right: Number) -> Result<Number, Fault> {
    let divides = matches!(operator, "/" | "%");
    if divides && right.float() == 0.0 {
        return Err(Fault::new("22012", "Divide by zero"));
    }
    let (Number::Decimal { units: a, scale: s }, Number::Decimal { units: b, scale: t }) =
        (left, right)
    else {
        return floats(operator, left.float(), right.float());
    };
    let scale = s.max(t);
    match operator {
        "+" => decimal(widened(a, s, scale)?.checked_add(widened(b, t, scale)?), scale),
        "-" => decimal(widened(a, s, scale)?.checked_sub(widened(b, t, scale)?), scale),
        "%" => decimal(widened(a, s, scale)?.checked_rem(widened(b, t, scale)?), scale),
        "*" => decimal(a.checked_mul(b), s.saturating_add(t)),
        // Integers divide to integers, as those of SQL do.
        _ if s == 0 && t == 0 => decimal(a.checked_div(b), 0),
        _ => divide((a, s), (b, t), right.precision().unwrap_or(0)),
    }
}

fn divide((a, s): (i128, u32), (b, t): (i128, u32), precision: u32) -> Result<Number, Fault> {
    let scale = 4.max((s + precision + 1).saturating_sub(t));
    // a/10^s / (b/10^t), in units of 10^-scale.
    let dividend = widened(a, 0, (scale + t).saturating_sub(s))?;
    decimal(Some(nearest(dividend, b)), scale)
}

/// A quotient, rounded half away from zero.
fn nearest(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend.checked_div(divisor).unwrap_or(0);
    let rest = dividend.checked_rem(divisor).unwrap_or(0);
    let up = rest.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2) && rest != 0;
    let away = if (dividend < 0) == (divisor < 0) { 1 } else { -1 };
    if up { quotient.saturating_add(away) } else { quotient }
}

fn floats(operator: &str, a: f64, b: f64) -> Result<Number, Fault> {
    let value = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "%" => a % b,
        _ => a / b,
    };
    if value.is_finite() {
        return Ok(Number::Float(value));
    }
    Err(Fault::new("22003", "Overflow, result is out of range of floating point"))
}

/// `FLOOR`, `CEIL`, `ROUND`, `TRUNC` and `ABS` by name; decimals keep `digits` after the point.
pub(super) fn rounded(name: &str, number: Number, digits: u32) -> Result<Number, Fault> {
    match number {
        Number::Float(value) => Ok(Number::Float(match name {
            "abs" => value.abs(),
            "floor" => value.floor(),
            "ceil" => value.ceil(),
            _ => {
                let power = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
                let moved = value * power;
                (if name == "trunc" { moved.trunc() } else { moved.round() }) / power
            }
        })),
        Number::Decimal { units, scale } if name == "abs" => decimal(units.checked_abs(), scale),
        Number::Decimal { units, scale } if scale <= digits => decimal(Some(units), scale),
        Number::Decimal { units, scale } => {
            let power = power_of_ten(scale.saturating_sub(digits))?;
            let units = match name {
                "floor" => units.checked_div_euclid(power),
                "ceil" => units.checked_neg().and_then(|turned| {
                    turned.checked_div_euclid(power).and_then(i128::checked_neg)
                }),
                "trunc" => units.checked_div(power),
                _ => Some(nearest(units, power)),
            };
            decimal(units, digits)
        }
    }
}

/// The order of two numbers.
pub(super) fn compare(left: Number, right: Number) -> Ordering {
    left.sort_key().cmp(&right.sort_key())
}
