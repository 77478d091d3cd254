//! Floating-point numbers as Redshift prints them: C's `%.*g` with the type's safe digits.
//!
//! Amazon Redshift Developer Guide, "extra_float_digits": 15 digits for DOUBLE PRECISION and 6
//! for REAL, plus the setting. Start reading at [`push_float`].

use std::io::Write;

/// Digits of a DOUBLE PRECISION that survive any decimal round trip (DBL_DIG).
pub(crate) const DOUBLE_DIGITS: i8 = 15;
/// Digits of a REAL that survive any decimal round trip (FLT_DIG).
pub(crate) const REAL_DIGITS: i8 = 6;

/// Significant digits for a type's safe digits and the session's `extra_float_digits`.
pub(crate) fn significant(safe: i8, extra: i8) -> usize {
    usize::try_from(safe.saturating_add(extra).max(1)).unwrap_or(1)
}

/// Appends `value` with at most `digits` significant digits; `NaN`, `Infinity`, `-Infinity`.
pub(crate) fn push_float(out: &mut Vec<u8>, value: f64, digits: usize) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    } else if value == value.trunc() && value.abs() < 100_000.0 && value != 0.0 {
        // Whole and within every precision: no rounding to do.
        super::digits::push_i64(out, value as i64);
    } else {
        push_general(out, value, digits);
    }
}

fn push_general(out: &mut Vec<u8>, value: f64, digits: usize) {
    // `d.ddde-xx`: rounded once, to the precision asked for. A Vec takes every write.
    let mut scientific = Scientific::default();
    let _ = write!(scientific, "{:.*e}", digits - 1, value.abs());
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let exponent = scientific.exponent();
    let mantissa = scientific.mantissa();
    if exponent < -4 || exponent >= i32::try_from(digits).unwrap_or(i32::MAX) {
        push_exponential(out, mantissa, exponent);
    } else {
        push_fixed(out, mantissa, exponent);
    }
}

fn push_exponential(out: &mut Vec<u8>, mantissa: &[u8], exponent: i32) {
    let (first, rest) = mantissa.split_at(1.min(mantissa.len()));
    out.extend_from_slice(first);
    if !rest.is_empty() {
        out.push(b'.');
        out.extend_from_slice(rest);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let magnitude = u64::from(exponent.unsigned_abs());
    if magnitude < 10 {
        out.push(b'0');
    }
    super::digits::push_u64(out, magnitude);
}

fn push_fixed(out: &mut Vec<u8>, mantissa: &[u8], exponent: i32) {
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', exponent.unsigned_abs() as usize - 1));
        out.extend_from_slice(mantissa);
        return;
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    match mantissa.split_at_checked(whole) {
        Some((before, after)) => {
            out.extend_from_slice(before);
            if !after.is_empty() {
                out.push(b'.');
                out.extend_from_slice(after);
            }
        }
        None => {
            out.extend_from_slice(mantissa);
            out.extend(std::iter::repeat_n(b'0', whole - mantissa.len()));
        }
    }
}

/// A small buffer for Rust's own scientific notation: at most 17 digits, a point, an exponent.
#[derive(Default)]
struct Scientific {
    /// The digits without the point.
    digits: [u8; 24],
    len: usize,
    in_exponent: bool,
    negative: bool,
    exponent: i32,
}

impl Scientific {
    fn push(&mut self, byte: u8) {
        match byte {
            b'e' => self.in_exponent = true,
            b'-' if self.in_exponent => self.negative = true,
            b'0'..=b'9' if self.in_exponent => {
                self.exponent = self.exponent * 10 + i32::from(byte - b'0');
            }
            b'0'..=b'9' => {
                if let Some(slot) = self.digits.get_mut(self.len) {
                    *slot = byte;
                    self.len += 1;
                }
            }
            _ => {}
        }
    }

    /// The significant digits without trailing zeros, at least one.
    fn mantissa(&self) -> &[u8] {
        let digits = self.digits.get(..self.len).unwrap_or_default();
        let used = digits.iter().rposition(|&digit| digit != b'0').map_or(1, |last| last + 1);
        digits.get(..used).unwrap_or_default()
    }

    fn exponent(&self) -> i32 {
        if self.negative { -self.exponent } else { self.exponent }
    }
}

impl Write for Scientific {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        bytes.iter().for_each(|&byte| self.push(byte));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
