//! Avro's binary encoding (Avro 1.11 specification › Binary Encoding), written as JSON text.
//!
//! So that nested values have their text at once, and paths into them mean the same as in JSON.
//! Never reads past its bytes, writes no more than a row may hold, and nests no deeper than
//! SUPER does. Start at [`Decoder::value`].

use std::fmt::Write as _;

use chrono::DateTime;

use super::schema::{Schema, Type};
use crate::json::LARGEST;

/// Nesting of values at most.
const DEEPEST: usize = 500;

/// What is wrong with the bytes, which ends the file.
pub(super) type Decode<T> = Result<T, &'static str>;

const SHORT: &str = "a value ends beyond its block";

/// Reads values from a block.
pub(super) struct Decoder<'a> {
    pub schema: &'a Schema,
    pub rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Appends the JSON text of the value of type `id`.
    pub fn value(&mut self, id: usize, out: &mut Vec<u8>, depth: usize) -> Decode<()> {
        if depth > DEEPEST || out.len() > LARGEST {
            return Err("a value is nested too deep or too large");
        }
        let schema = self.schema;
        match schema.get(id).ok_or("the schema is broken")? {
            Type::Union(branches) => {
                let branch = usize::try_from(self.long()?).ok().and_then(|at| branches.get(at));
                self.value(*branch.ok_or("a union has no such branch")?, out, depth + 1)
            }
            Type::Record(fields) => {
                for (index, (name, ty)) in fields.iter().enumerate() {
                    out.push(if index == 0 { b'{' } else { b',' });
                    out.extend_from_slice(name.as_bytes());
                    self.value(*ty, out, depth + 1)?;
                }
                out.extend_from_slice(if fields.is_empty() { b"{}" } else { b"}" });
                Ok(())
            }
            Type::Array(items) => self.list(*items, false, out, depth + 1),
            Type::Map(values) => self.list(*values, true, out, depth + 1),
            scalar => self.scalar(scalar, out),
        }
    }

    /// A value that contains no others.
    fn scalar(&mut self, ty: &Type, out: &mut Vec<u8>) -> Decode<()> {
        match ty {
            Type::Boolean => match self.take(1)? {
                [0] => out.extend_from_slice(b"false"),
                [1] => out.extend_from_slice(b"true"),
                _ => return Err("a boolean is neither true nor false"),
            },
            Type::Int => {
                let number = i32::try_from(self.long()?).map_err(|_| "an int is out of range")?;
                text(out, format_args!("{number}"));
            }
            Type::Long => {
                let number = self.long()?;
                text(out, format_args!("{number}"));
            }
            Type::Float => {
                let number = f32::from_le_bytes(self.array()?);
                float(out, f64::from(number), format_args!("{number:?}"));
            }
            Type::Double => {
                let number = f64::from_le_bytes(self.array()?);
                float(out, number, format_args!("{number:?}"));
            }
            Type::Bytes | Type::String => quote(self.bytes()?, out),
            Type::Fixed(size) => quote(self.take(*size)?, out),
            Type::Enum(symbols) => {
                let symbol = usize::try_from(self.long()?).ok().and_then(|at| symbols.get(at));
                out.extend_from_slice(symbol.ok_or("an enum has no such symbol")?.as_bytes());
            }
            Type::Date => date(self.long()?, out)?,
            Type::Time(parts) => time(self.long()?, *parts, out),
            Type::Timestamp(parts) => timestamp(self.long()?, *parts, out)?,
            Type::Decimal { scale, size } => {
                let bytes = match size {
                    Some(size) => self.take(*size)?,
                    None => self.bytes()?,
                };
                decimal(out, unscaled(bytes)?, *scale);
            }
            _ => out.extend_from_slice(b"null"),
        }
        Ok(())
    }

    /// The blocks of an array or a map.
    fn list(&mut self, ty: usize, map: bool, out: &mut Vec<u8>, depth: usize) -> Decode<()> {
        out.push(if map { b'{' } else { b'[' });
        let mut first = true;
        loop {
            let mut count = self.long()?;
            if count == 0 {
                break;
            }
            if count < 0 {
                // The block's size follows, for those who skip it.
                count = count.checked_neg().ok_or("a count is out of range")?;
                self.long()?;
            }
            for _ in 0..count {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                if map {
                    quote(self.bytes()?, out);
                    out.push(b':');
                }
                self.value(ty, out, depth)?;
            }
        }
        out.push(if map { b'}' } else { b']' });
        Ok(())
    }

    fn take(&mut self, length: usize) -> Decode<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Decode<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// A length and so many bytes.
    pub fn bytes(&mut self) -> Decode<&'a [u8]> {
        let length = usize::try_from(self.long()?).map_err(|_| "a length is negative")?;
        self.take(length)
    }

    /// A variable-length zig-zag number.
    pub fn long(&mut self) -> Decode<i64> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(SHORT)?;
            self.rest = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(unzigzag(value));
            }
        }
        Err("a number is too long")
    }
}

fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

fn text(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = text.write_fmt(arguments);
    out.extend_from_slice(text.as_bytes());
}

/// JSON has no infinities: they and NaN are strings, which a column of floats understands.
fn float(out: &mut Vec<u8>, value: f64, written: std::fmt::Arguments<'_>) {
    if value.is_finite() {
        return text(out, written);
    }
    let name: &[u8] = match value {
        value if value.is_nan() => b"\"NaN\"",
        value if value > 0.0 => b"\"Infinity\"",
        _ => b"\"-Infinity\"",
    };
    out.extend_from_slice(name);
}

fn date(days: i64, out: &mut Vec<u8>) -> Decode<()> {
    let date = days.checked_mul(86_400).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    text(out, format_args!("\"{}\"", date.ok_or("a date is out of range")?.format("%F")));
    Ok(())
}

fn time(value: i64, parts: i64, out: &mut Vec<u8>) {
    let (seconds, micros) = split(value, parts);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    text(out, format_args!("\"{hours:02}:{minutes:02}:{:02}.{micros:06}\"", seconds % 60));
}

fn timestamp(value: i64, parts: i64, out: &mut Vec<u8>) -> Decode<()> {
    let (seconds, micros) = split(value, parts);
    let time = DateTime::from_timestamp(seconds, 0).ok_or("a timestamp is out of range")?;
    text(out, format_args!("\"{}.{micros:06}\"", time.format("%F %T")));
    Ok(())
}

/// Seconds and microseconds of so many parts of a second.
fn split(value: i64, parts: i64) -> (i64, i64) {
    (value.div_euclid(parts), value.rem_euclid(parts) * (1_000_000 / parts))
}

/// Bytes as a JSON string; those that are no text stay as they are, for the conversion to find.
fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0..0x20 => text(out, format_args!("\\u{byte:04x}")),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

/// A big-endian two's complement number.
fn unscaled(bytes: &[u8]) -> Decode<i128> {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let skip = bytes.iter().take_while(|byte| **byte == fill).count();
    let significant = bytes.get(skip..).unwrap_or_default();
    let mut whole = [fill; 16];
    let start = whole.len().checked_sub(significant.len()).ok_or("a decimal is too long")?;
    let tail = whole.get_mut(start..).ok_or("a decimal is too long")?;
    tail.copy_from_slice(significant);
    let value = i128::from_be_bytes(whole);
    if (value < 0) == negative { Ok(value) } else { Err("a decimal is too long") }
}

fn decimal(out: &mut Vec<u8>, value: i128, scale: u32) {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs();
    match 10_u128.checked_pow(scale) {
        Some(one) if scale > 0 => {
            let width = scale as usize;
            text(out, format_args!("{sign}{}.{:0width$}", digits / one, digits % one));
        }
        _ => text(out, format_args!("{sign}{digits}")),
    }
}
