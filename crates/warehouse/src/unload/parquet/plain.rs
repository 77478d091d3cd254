//! PLAIN encoding of fixed-width values, from Arrow's slices to little-endian bytes.
//!
//! A whole batch at once: without NULLs the loops have no branch and become vector code.
//! Apache Parquet, "Encodings.md". Start reading at [`push`].

use arrow::buffer::NullBuffer;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// The Julian day of 1970-01-01.
const JULIAN_EPOCH: i64 = 2_440_588;

/// Appends `encode(value)` of every value that is not NULL.
pub(super) fn push<T: Copy, const N: usize>(
    out: &mut Vec<u8>,
    values: &[T],
    nulls: Option<&NullBuffer>,
    encode: impl Fn(T) -> [u8; N],
) {
    match nulls {
        None => {
            let start = out.len();
            out.resize(start + values.len() * N, 0);
            let (slots, _) = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<N>();
            for (slot, &value) in slots.iter_mut().zip(values) {
                *slot = encode(value);
            }
        }
        Some(nulls) => {
            for (&value, present) in values.iter().zip(nulls) {
                if present {
                    out.extend_from_slice(&encode(value));
                }
            }
        }
    }
}

/// A timestamp as INT96: nanoseconds of the day, then the Julian day.
pub(super) fn int96(micros: i64) -> [u8; 12] {
    let day = micros.div_euclid(DAY) + JULIAN_EPOCH;
    let nanos = micros.rem_euclid(DAY) * 1_000;
    let [a, b, c, d, e, f, g, h] = nanos.to_le_bytes();
    let [i, j, k, l, ..] = day.to_le_bytes();
    [a, b, c, d, e, f, g, h, i, j, k, l]
}

/// Appends decimals as big-endian two's complement of `length` bytes (at most 16).
pub(super) fn push_decimals(
    out: &mut Vec<u8>,
    values: &[i128],
    nulls: Option<&NullBuffer>,
    length: usize,
) {
    fn tail<const N: usize>(value: i128) -> [u8; N] {
        // The value fits by its declared precision; the bytes in front only repeat the sign.
        value.to_be_bytes().last_chunk::<N>().copied().unwrap_or([0; N])
    }
    // One loop per length, so that each knows its width when it is compiled.
    macro_rules! by_length {
        ($($n:literal)*) => {
            match length {
                $($n => push(out, values, nulls, tail::<$n>),)*
                _ => push(out, values, nulls, tail::<16>),
            }
        };
    }
    by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
}

/// Appends booleans, eight to a byte from the lowest bit; `used` bits of the last byte of `out`
/// are taken already. Returns how many are taken afterwards.
pub(super) fn push_booleans(
    out: &mut Vec<u8>,
    mut used: u32,
    values: impl Iterator<Item = bool>,
) -> u32 {
    for value in values {
        if used == 8 || out.is_empty() {
            out.push(0);
            used = 0;
        }
        if let Some(last) = out.last_mut() {
            *last |= u8::from(value) << used;
        }
        used += 1;
    }
    used
}
