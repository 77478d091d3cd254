//! Numbers and truth values from text, and what is wrong with those that are none. The text comes
//! without white space around it and is not empty. Start at [`integer`].

/// What is wrong with a field: a code of the load error reference and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `err_code`.
    pub code: u16,
    /// `err_reason`.
    pub reason: String,
}

impl Problem {
    pub(crate) fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// A byte that a number of this type cannot have at this place.
    fn digit(code: u16, text: &[u8], at: usize, kind: &str) -> Self {
        let shown = String::from_utf8_lossy(text.get(at..).unwrap_or_default());
        let byte = shown.chars().next().map(String::from).unwrap_or_default();
        Self::new(code, format!("Invalid digit, Value '{byte}', Pos {at}, Type: {kind}"))
    }
}

/// `err_code` of a value beyond its type's range.
pub(crate) const OUT_OF_RANGE: u16 = 1204;
const BAD_DIGIT: u16 = 1207;
const BAD_FLOAT: u16 = 1208;
const BAD_DECIMAL: u16 = 1209;
const BAD_BOOLEAN: u16 = 1210;

/// An integer type: its name in messages and its range.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    kind: &'static str,
    least: i64,
    most: i64,
}

impl Range {
    /// `SMALLINT`.
    pub const SHORT: Self = Self { kind: "Short", least: i16::MIN as i64, most: i16::MAX as i64 };
    /// `INTEGER`.
    pub const INTEGER: Self =
        Self { kind: "Integer", least: i32::MIN as i64, most: i32::MAX as i64 };
    /// `BIGINT`.
    pub const LONG: Self = Self { kind: "Long", least: i64::MIN, most: i64::MAX };

    fn exceeded(self) -> Problem {
        let Self { kind, least, most } = self;
        Problem::new(OUT_OF_RANGE, format!("Overflow ({kind} valid range {least} to {most})"))
    }
}

/// Reads an integer.
///
/// # Errors
/// 1207 for what is no digit, 1204 for a number out of range.
#[inline]
pub fn integer(text: &[u8], range: Range) -> Result<i64, Problem> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut value = 0_i64;
    for (index, &byte) in digits.iter().enumerate() {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return Err(Problem::digit(
                BAD_DIGIT,
                text,
                text.len() - digits.len() + index,
                range.kind,
            ));
        }
        // Counting downwards reaches the least number too.
        let next = value.checked_mul(10).and_then(|value| value.checked_sub(digit));
        value = next.ok_or_else(|| range.exceeded())?;
    }
    if digits.is_empty() {
        return Err(Problem::digit(BAD_DIGIT, text, 0, range.kind));
    }
    let value = if negative { Some(value) } else { value.checked_neg() };
    value.filter(|v| (range.least..=range.most).contains(v)).ok_or_else(|| range.exceeded())
}

/// Reads a `DOUBLE PRECISION`, also `NaN` and `Infinity`.
///
/// # Errors
/// 1208 for what is no number, 1204 for one out of range.
pub fn double(text: &[u8]) -> Result<f64, Problem> {
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match parsed {
        Some(value) if value.is_infinite() && text.iter().any(u8::is_ascii_digit) => {
            Err(Problem::new(OUT_OF_RANGE, "Overflow (Double out of range)"))
        }
        Some(value) => Ok(value),
        None => Err(Problem::digit(BAD_FLOAT, text, bad_float(text), "Double")),
    }
}

/// Reads a `REAL`.
///
/// # Errors
/// As [`double`].
pub fn real(text: &[u8]) -> Result<f32, Problem> {
    let value = double(text)?;
    let narrow = value as f32;
    if narrow.is_infinite() && value.is_finite() {
        return Err(Problem::new(OUT_OF_RANGE, "Overflow (Float out of range)"));
    }
    Ok(narrow)
}

/// Where a text stops looking like a number.
fn bad_float(text: &[u8]) -> usize {
    let fits = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    text.iter().position(|byte| !fits(byte)).unwrap_or(text.len().saturating_sub(1))
}

/// Reads a `DECIMAL(precision, scale)` as its unscaled value. Digits beyond the scale are cut
/// off, or rounded half up with `ROUNDEC`.
///
/// # Errors
/// 1209 for what is no number, 1204 for one that the precision does not hold.
#[inline]
pub fn decimal(text: &[u8], precision: u8, scale: u8, round: bool) -> Result<i128, Problem> {
    let bad = |at| Problem::digit(BAD_DECIMAL, text, at, "Decimal");
    let overflow =
        || Problem::new(OUT_OF_RANGE, format!("Overflow for NUMERIC({precision},{scale})"));
    let (negative, mut at) = match text.first() {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        _ => (false, 0),
    };
    let (mut value, mut digits, mut behind) = (0_i128, 0_usize, None);
    let mut next = None;
    let mut exponent = 0_i32;
    let keep = i32::from(scale);
    let exponent_at = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    if let Some(place) = exponent_at {
        exponent =
            exponent_of(text.get(place + 1..).unwrap_or_default()).ok_or_else(|| bad(place))?;
    }
    for &byte in text.get(at..exponent_at.unwrap_or(text.len())).unwrap_or_default() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                // How many digits stand behind the point so far, the exponent applied.
                let place = behind.unwrap_or(0) - exponent;
                if behind.is_some() && place >= keep {
                    next = next.or(Some(byte));
                } else {
                    value = value
                        .checked_mul(10)
                        .and_then(|value| value.checked_add(i128::from(byte - b'0')))
                        .ok_or_else(overflow)?;
                }
                behind = behind.map(|count| count + 1);
            }
            b'.' if behind.is_none() => behind = Some(0),
            _ => return Err(bad(at)),
        }
        at += 1;
    }
    if digits == 0 {
        return Err(bad(0));
    }
    let have = (behind.unwrap_or(0) - exponent).min(keep);
    let (value, next) = scaled(value, keep - have, next).ok_or_else(overflow)?;
    let value = value + i128::from(round && next.is_some_and(|digit| digit >= b'5'));
    if value >= 10_i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX) {
        return Err(overflow());
    }
    Ok(if negative { -value } else { value })
}

/// Moves the point by so many digits; gives the last digit that fell off, if any did.
fn scaled(value: i128, by: i32, next: Option<u8>) -> Option<(i128, Option<u8>)> {
    if by >= 0 {
        let factor = 10_i128.checked_pow(by.unsigned_abs());
        let moved = factor.and_then(|factor| value.checked_mul(factor));
        return if value == 0 { Some((0, next)) } else { Some((moved?, next)) };
    }
    let Some(factor) = 10_i128.checked_pow(by.unsigned_abs()) else { return Some((0, None)) };
    let digit = value / (factor / 10) % 10;
    Some((value / factor, u8::try_from(digit).ok().map(|digit| digit + b'0')))
}

fn exponent_of(text: &[u8]) -> Option<i32> {
    let value: i32 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (-400..=400).contains(&value).then_some(value)
}

/// Reads a `BOOLEAN` in any of its spellings (Data types › Boolean type).
///
/// # Errors
/// 1210.
pub fn boolean(text: &[u8]) -> Result<bool, Problem> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
    if is(&["t", "true", "y", "yes", "1", "on"]) {
        Ok(true)
    } else if is(&["f", "false", "n", "no", "0", "off"]) {
        Ok(false)
    } else {
        Err(Problem::new(BAD_BOOLEAN, "Unknown boolean format"))
    }
}

/// Reads hexadecimal, the text form of `VARBYTE`.
///
/// # Errors
/// 1207 for what is no hexadecimal digit or an odd number of them.
pub fn hexadecimal(text: &[u8], out: &mut Vec<u8>) -> Result<(), Problem> {
    let digit = |at: usize, byte: u8| {
        let value = char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
        value.ok_or_else(|| Problem::digit(BAD_DIGIT, text, at, "Varbyte"))
    };
    for (index, pair) in text.chunks(2).enumerate() {
        let [high, low] = *pair else {
            return Err(Problem::digit(BAD_DIGIT, text, index * 2, "Varbyte"));
        };
        out.push(digit(index * 2, high)? << 4 | digit(index * 2 + 1, low)?);
    }
    Ok(())
}
