//! Numbers and bytes as digits: VARBYTE functions, `TO_HEX`, `STRTOL` (Redshift guide, SQL
//! functions › VARBYTE functions, Math functions › TO_HEX, String functions › STRTOL).

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};

use super::kinds::{Any, BigInt, Bytes, Integer, Text};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Text, Text), Bytes>("lb_to_varbyte", to_varbyte)?;
    registry.add::<(Bytes, Text), Text>("lb_from_varbyte", from_varbyte)?;
    registry.add::<(Text,), Bytes>("lb_from_hex", |(text,)| from_hex(text).map(Some))?;
    registry.add::<(Any,), Text>("lb_to_hex", to_hex)?;
    registry.add::<(Bytes, Integer), Integer>("lb_getbit", getbit)?;
    registry.add::<(Text, Integer), BigInt>("lb_strtol", strtol)
}

/// A wrong value of a kind of digits.
fn invalid(kind: &str) -> Refusal {
    Refusal::new("22023", format!("Invalid {kind} value"))
}

/// `TO_VARBYTE(text, format)`.
fn to_varbyte((text, format): (&str, &str)) -> Answer<Vec<u8>> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => from_hex(text).map(Some),
        "binary" => from_bits(text).map(Some),
        "utf8" | "utf-8" => Ok(Some(text.as_bytes().to_vec())),
        _ => Err(unknown_format(format)),
    }
}

fn unknown_format(format: &str) -> Refusal {
    Refusal::new("22023", format!("Invalid format '{format}'"))
}

/// An odd number of digits counts as one with a zero before it.
fn from_hex(text: &str) -> Result<Vec<u8>, Refusal> {
    let even = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    hex::decode(even).map_err(|_| invalid("hex"))
}

fn from_bits(text: &str) -> Result<Vec<u8>, Refusal> {
    let missing = text.len().next_multiple_of(8).saturating_sub(text.len());
    let padded = "0".repeat(missing) + text;
    let bytes = padded.as_bytes().chunks(8).map(|chunk| {
        let digits = std::str::from_utf8(chunk).ok()?;
        if digits.contains('+') {
            return None;
        }
        u8::from_str_radix(digits, 2).ok()
    });
    bytes.collect::<Option<Vec<u8>>>().ok_or_else(|| invalid("binary"))
}

/// `TO_HEX(x)`: the digits of bytes, and of whole numbers as their type stores them.
fn to_hex(((column, row),): ((&ArrayRef, usize),)) -> Answer<String> {
    let digits = match column.data_type() {
        DataType::Binary => column.as_binary_opt::<i32>().map(|a| hex::encode(a.value(row))),
        DataType::Int16 => {
            column.as_primitive_opt::<Int16Type>().map(|a| format!("{:x}", i32::from(a.value(row))))
        }
        DataType::Int32 => {
            column.as_primitive_opt::<Int32Type>().map(|a| format!("{:x}", a.value(row)))
        }
        DataType::Int64 => {
            column.as_primitive_opt::<Int64Type>().map(|a| format!("{:x}", a.value(row)))
        }
        _ => None,
    };
    let kind = column.data_type();
    let unfit = || Refusal::new("42883", format!("function to_hex({kind}) does not exist"));
    digits.map(Some).ok_or_else(unfit)
}

/// `FROM_VARBYTE(bytes, format)`.
fn from_varbyte((bytes, format): (&[u8], &str)) -> Answer<String> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => Ok(Some(hex::encode(bytes))),
        "binary" => Ok(Some(bytes.iter().map(|byte| format!("{byte:08b}")).collect())),
        "utf8" | "utf-8" => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Refusal::new("22021", "VARBYTE value is not valid UTF-8")),
        },
        _ => Err(unknown_format(format)),
    }
}

/// `GETBIT(bytes, index)`; the rightmost bit is number 0.
fn getbit((bytes, index): (&[u8], i32)) -> Answer<i32> {
    let outside = || Refusal::new("22023", format!("Index {index} is out of range"));
    let bit = usize::try_from(index).map_err(|_| outside())?;
    let byte = bytes.iter().rev().nth(bit / 8).ok_or_else(outside)?;
    Ok(Some(i32::from(byte >> (bit % 8) & 1)))
}

/// `STRTOL(digits, base)`: blanks, a sign and `0x` may come first.
fn strtol((text, base): (&str, i32)) -> Answer<i64> {
    let radix = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    let radix = radix.ok_or_else(|| {
        Refusal::new("22023", format!("base {base} is out of range, must be between 2 and 36"))
    })?;
    let digits = text.trim_start();
    if digits.is_empty() || digits.starts_with('\0') {
        return Ok(Some(0));
    }
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let plain = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let digits = plain.filter(|_| radix == 16).unwrap_or(digits);
    let wrong = || {
        let words = format!("The input {text} is not valid to be converted to base {base}");
        Refusal::new("22023", words)
    };
    if digits.starts_with(['+', '-']) {
        return Err(wrong());
    }
    let value = i128::from_str_radix(digits, radix).map_err(|_| wrong())?;
    let value = if negative { value.saturating_neg() } else { value };
    i64::try_from(value).map(Some).map_err(|_| {
        Refusal::new("22003", format!("value \"{text}\" is out of range for type bigint"))
    })
}

#[cfg(test)]
mod tests {
    use super::{from_bits, from_hex, getbit, strtol};

    #[test]
    fn digits_of_any_base() {
        for (text, base, expect) in [
            ("0xf", 16, Some(15)),
            ("abcd1234", 16, Some(2_882_343_476)),
            ("  -110", 2, Some(-6)),
            ("", 10, Some(0)),
            ("zz", 36, Some(1295)),
            ("9223372036854775807", 10, Some(i64::MAX)),
            ("9223372036854775808", 10, None),
            ("12", 2, None),
            ("--1", 10, None),
            ("1", 37, None),
        ] {
            assert_eq!(strtol((text, base)).ok().flatten(), expect, "{text}");
        }
    }

    #[test]
    fn bits_count_from_the_right() {
        let bytes = from_hex("4d").unwrap();
        let bits: Vec<i32> = (0..8).map(|n| getbit((&bytes, n)).unwrap().unwrap()).collect();
        assert_eq!(bits, [1, 0, 1, 1, 0, 0, 1, 0]);
        assert!(getbit((&bytes, 8)).is_err());
        assert_eq!(from_bits("1001101"), Ok(vec![0x4d]));
        assert!(from_bits("2").is_err());
    }
}
