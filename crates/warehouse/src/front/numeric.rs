//! NUMERIC: decimal text, and the wire's binary form in digits of base 10,000.

use bytes::{BufMut, BytesMut};

/// Writes a decimal of `scale` digits after the point as text.
pub(super) fn write_text(value: i128, scale: i8, out: &mut BytesMut) {
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale.unsigned_abs());
    if value < 0 {
        out.put_u8(b'-');
    }
    let whole = digits.len().saturating_sub(scale);
    if scale == 0 {
        out.put_slice(digits.as_bytes());
        return;
    }
    match digits.split_at_checked(whole) {
        Some(("", fraction)) => {
            out.put_slice(b"0.");
            out.put_bytes(b'0', scale.saturating_sub(fraction.len()));
            out.put_slice(fraction.as_bytes());
        }
        Some((whole, fraction)) => {
            out.put_slice(whole.as_bytes());
            out.put_u8(b'.');
            out.put_slice(fraction.as_bytes());
        }
        None => {}
    }
}

/// Writes the binary form: counts, weight, sign, scale and digits of base 10,000.
pub(super) fn write_binary(value: i128, scale: i8, out: &mut BytesMut) {
    let scale = i16::from(scale.max(0));
    // Align the point between two digits of base 10,000.
    let padding = (4 - scale.rem_euclid(4)).rem_euclid(4);
    let mut digits = Vec::new();
    let mut rest = value.unsigned_abs();
    let mut first = true;
    while rest > 0 {
        // The lowest digit holds only the fraction's odd decimals, padded with zeros.
        let (base, factor) = if first && padding > 0 {
            (
                10_u128.pow(u32::try_from(4 - padding).unwrap_or(0)),
                10_u128.pow(u32::try_from(padding).unwrap_or(0)),
            )
        } else {
            (10_000, 1)
        };
        let digit = (rest % base).saturating_mul(factor);
        digits.push(i16::try_from(digit).unwrap_or(0));
        rest /= base;
        first = false;
    }
    let fraction_digits = (scale + padding) / 4;
    let weight = i16::try_from(digits.len()).unwrap_or(0) - fraction_digits - 1;
    digits.reverse();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let weight = if digits.is_empty() { 0 } else { weight };
    out.put_i16(i16::try_from(digits.len()).unwrap_or(0));
    out.put_i16(weight);
    out.put_u16(if value < 0 { 0x4000 } else { 0 });
    out.put_i16(scale);
    digits.iter().for_each(|digit| out.put_i16(*digit));
}

/// Reads the binary form as text; `None` when it is not one (or not a number).
pub(super) fn read_binary(bytes: &[u8]) -> Option<String> {
    let mut words = bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => i16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let (count, weight) = (words.next()?, words.next()?);
    let (sign, scale) = (words.next()?, words.next()?);
    let digits: Vec<i16> = words.collect();
    let known_sign = sign == 0 || sign == 0x4000;
    if usize::try_from(count).ok()? != digits.len() || !known_sign {
        return None;
    }
    let digit = |index: i32| {
        usize::try_from(index).ok().and_then(|index| digits.get(index)).copied().unwrap_or(0)
    };
    let weight = i32::from(weight);
    let whole: String = (0..=weight.max(0))
        .map(|index| {
            let value = if weight < 0 { 0 } else { digit(index) };
            format!("{value:04}")
        })
        .collect();
    let scale = usize::try_from(scale).ok()?;
    let pieces = i32::try_from(scale.div_ceil(4)).ok()?;
    let fraction: String =
        (1..=pieces).map(|index| format!("{:04}", digit(weight.saturating_add(index)))).collect();
    let whole = whole.trim_start_matches('0');
    let mut text = String::from(if sign == 0x4000 { "-" } else { "" });
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        text.push('.');
        text.push_str(fraction.get(..scale)?);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{read_binary, write_binary, write_text};

    #[test]
    fn text_and_binary_agree() {
        for (value, scale, expect) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (150, 2, "1.50"),
            (12_345_678, 3, "12345.678"),
            (-1_000_000, 0, "-1000000"),
            (100_000_000, 4, "10000.0000"),
            (1, 5, "0.00001"),
            (10_000, 0, "10000"),
            (
                170_141_183_460_469_231_731_687_303_715_884_105_727,
                37,
                "17.0141183460469231731687303715884105727",
            ),
        ] {
            let mut text = BytesMut::new();
            write_text(value, scale, &mut text);
            assert_eq!(std::str::from_utf8(&text).unwrap(), expect);
            let mut binary = BytesMut::new();
            write_binary(value, scale, &mut binary);
            assert_eq!(read_binary(&binary).as_deref(), Some(expect), "{value} scale {scale}");
        }
    }

    #[test]
    fn the_binary_form_is_postgres_own() {
        // PostgreSQL's numeric_send(1234.5): two digits, weight 0, scale 1.
        let mut binary = BytesMut::new();
        write_binary(12_345, 1, &mut binary);
        assert_eq!(&binary[..], [0, 2, 0, 0, 0, 0, 0, 1, 0x04, 0xd2, 0x13, 0x88]);
        assert_eq!(read_binary(&[0, 1, 0, 0, 0xc0, 0, 0, 0, 0, 0]), None);
        assert_eq!(read_binary(&[0, 9]), None);
    }
}
