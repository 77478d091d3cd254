//! The columns of a stripe, from their streams to arrays (ORC specification v1 › Column
//! Encodings).
//!
//! Values stand only where neither the column nor what contains it is null; arrays get a place for
//! every row. Start at [`Column::read`].

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryViewBuilder, BooleanArray, Decimal128Array, ListArray, MapArray,
    PrimitiveArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Field, FieldRef, Fields, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};

use super::rle::{Bits, Bytes, Ints, varint};
use super::stream::{Broken, Damage, Stream};

/// Bytes of text of a column in one batch, at most.
const MOST_TEXT: usize = 256 << 20;
/// Elements of lists and maps of a column in one batch, at most.
const MOST_ELEMENTS: usize = 4 << 20;
/// Bytes of a dictionary, at most.
const LARGEST_DICTIONARY: usize = 256 << 20;
/// 2015-01-01 in seconds since 1970: where ORC's timestamps begin.
const EPOCH: i64 = 1_420_070_400;

/// A column of a stripe.
pub(super) struct Column {
    pub present: Option<Bits>,
    pub values: Values,
}

/// Its values.
pub(super) enum Values {
    Boolean(Bits),
    Byte(Bytes),
    Short(Ints),
    Int(Ints),
    Long(Ints),
    Date(Ints),
    Float(Stream),
    Double(Stream),
    /// Lengths, and the bytes one after the other.
    Text(Ints, Stream),
    /// Indexes into texts.
    Dictionary(Ints, Vec<Vec<u8>>),
    /// Seconds since 2015 and nanoseconds; whether they are instants.
    Timestamp(Ints, Ints, bool),
    /// Unscaled values and their scales; precision and scale of the column.
    Decimal(Stream, Ints, u8, i8),
    List(Ints, FieldRef, Box<Column>),
    Map(Ints, FieldRef, Box<Column>, Box<Column>),
    Struct(Fields, Vec<Column>),
}

impl Column {
    /// The next rows, one for each of `parent`; those that are false there are null here.
    pub fn read(&mut self, parent: &[bool]) -> Damage<ArrayRef> {
        let mut own = parent.to_vec();
        if let Some(present) = &mut self.present {
            for place in own.iter_mut().filter(|place| **place) {
                *place = present.next()?;
            }
        }
        self.values.read(&own)
    }
}

impl Values {
    fn read(&mut self, present: &[bool]) -> Damage<ArrayRef> {
        Ok(match self {
            Self::Boolean(bits) => {
                let values = each(present, || bits.next())?;
                Arc::new(BooleanArray::from(values))
            }
            Self::Byte(bytes) => {
                primitive::<Int8Type>(present, || bytes.next().map(|byte| byte as i8))?
            }
            Self::Short(ints) => primitive::<Int16Type>(present, || narrow(ints.next()?))?,
            Self::Int(ints) => primitive::<Int32Type>(present, || narrow(ints.next()?))?,
            Self::Long(ints) => primitive::<Int64Type>(present, || ints.next())?,
            Self::Date(ints) => primitive::<Date32Type>(present, || narrow(ints.next()?))?,
            Self::Float(stream) => {
                primitive::<Float32Type>(present, || stream.array().map(f32::from_le_bytes))?
            }
            Self::Double(stream) => {
                primitive::<Float64Type>(present, || stream.array().map(f64::from_le_bytes))?
            }
            Self::Text(lengths, stream) => text(present, lengths, stream)?,
            Self::Dictionary(indexes, words) => from_dictionary(present, indexes, words)?,
            Self::Timestamp(seconds, nanos, instant) => {
                let micros = || micros(seconds.next()?, nanos.next()?);
                let values = each(present, micros)?;
                let made = PrimitiveArray::<TimestampMicrosecondType>::from(values);
                let zone = instant.then_some("UTC");
                Arc::new(made.with_timezone_opt(zone))
            }
            Self::Decimal(stream, scales, precision, scale) => {
                let value = || rescaled(varint(stream)?, scales.next()?, *scale);
                let made = Decimal128Array::from(each(present, value)?);
                let made = made.with_precision_and_scale(*precision, *scale);
                Arc::new(made.map_err(|_| Broken::Damaged("a decimal has no such precision"))?)
            }
            Self::List(..) | Self::Map(..) | Self::Struct(..) => self.nested(present)?,
        })
    }

    /// Values that contain others.
    fn nested(&mut self, present: &[bool]) -> Damage<ArrayRef> {
        const WRONG: Broken = Broken::Damaged("a nested value contradicts itself");
        Ok(match self {
            Self::List(lengths, field, items) => {
                let (offsets, elements) = elements(present, lengths)?;
                let items = items.read(&elements)?;
                let made = ListArray::try_new(Arc::clone(field), offsets, items, nulls(present));
                Arc::new(made.map_err(|_| WRONG)?)
            }
            Self::Map(lengths, field, keys, values) => {
                let (offsets, elements) = elements(present, lengths)?;
                let DataType::Struct(fields) = field.data_type() else { return Err(WRONG) };
                let columns = vec![keys.read(&elements)?, values.read(&elements)?];
                let entries = StructArray::try_new(fields.clone(), columns, None);
                let (field, entries) = (Arc::clone(field), entries.map_err(|_| WRONG)?);
                let made = MapArray::try_new(field, offsets, entries, nulls(present), false);
                Arc::new(made.map_err(|_| WRONG)?)
            }
            Self::Struct(fields, columns) => {
                let columns = columns.iter_mut().map(|column| column.read(present));
                let columns = columns.collect::<Damage<Vec<_>>>()?;
                let made = StructArray::try_new(fields.clone(), columns, nulls(present));
                Arc::new(made.map_err(|_| WRONG)?)
            }
            _ => return Err(WRONG),
        })
    }
}

/// A value for each place that has one.
fn each<T>(present: &[bool], mut next: impl FnMut() -> Damage<T>) -> Damage<Vec<Option<T>>> {
    present.iter().map(|here| here.then(&mut next).transpose()).collect()
}

fn primitive<T: ArrowPrimitiveType>(
    present: &[bool],
    mut next: impl FnMut() -> Damage<T::Native>,
) -> Damage<ArrayRef> {
    let mut values = Vec::with_capacity(present.len());
    for here in present {
        values.push(if *here { next()? } else { T::Native::default() });
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls(present))))
}

fn nulls(present: &[bool]) -> Option<NullBuffer> {
    (!present.iter().all(|here| *here)).then(|| NullBuffer::from(present))
}

fn narrow<T: TryFrom<i64>>(value: i64) -> Damage<T> {
    T::try_from(value).map_err(|_| Broken::Damaged("a number does not fit its column"))
}

fn text(present: &[bool], lengths: &mut Ints, stream: &mut Stream) -> Damage<ArrayRef> {
    let mut built = BinaryViewBuilder::with_capacity(present.len());
    let (mut value, mut total) = (Vec::new(), 0_usize);
    for here in present {
        if !here {
            built.append_null();
            continue;
        }
        let length = lengths.size()?;
        total = total.saturating_add(length);
        if total > MOST_TEXT {
            return Err(Broken::Damaged("too much text in one place"));
        }
        value.clear();
        stream.bytes(length, &mut value)?;
        built.append_value(&value);
    }
    Ok(Arc::new(built.finish()))
}

fn from_dictionary(present: &[bool], indexes: &mut Ints, words: &[Vec<u8>]) -> Damage<ArrayRef> {
    let mut built = BinaryViewBuilder::with_capacity(present.len());
    let mut total = 0_usize;
    for here in present {
        if !here {
            built.append_null();
            continue;
        }
        let word = words.get(indexes.size()?).ok_or(Broken::Damaged("no such word"))?;
        total += word.len();
        if total > MOST_TEXT {
            return Err(Broken::Damaged("too much text in one place"));
        }
        built.append_value(word);
    }
    Ok(Arc::new(built.finish()))
}

/// The words of a dictionary of so many.
pub(super) fn dictionary(size: u64, mut lengths: Ints, mut stream: Stream) -> Damage<Vec<Vec<u8>>> {
    let (mut words, mut total) = (Vec::new(), 0_usize);
    for _ in 0..size {
        let length = lengths.size()?;
        // A word has a cost even when it is empty.
        total = total.saturating_add(length).saturating_add(32);
        if total > LARGEST_DICTIONARY {
            return Err(Broken::Damaged("a dictionary is too large"));
        }
        let mut word = Vec::new();
        stream.bytes(length, &mut word)?;
        words.push(word);
    }
    Ok(words)
}

/// Where the elements of each row end, and that there are so many.
fn elements(present: &[bool], lengths: &mut Ints) -> Damage<(OffsetBuffer<i32>, Vec<bool>)> {
    let lengths = each(present, || lengths.size())?;
    let mut total = 0_usize;
    let mut offsets = Vec::with_capacity(lengths.len() + 1);
    offsets.push(0);
    for length in lengths {
        total = total.saturating_add(length.unwrap_or(0));
        if total > MOST_ELEMENTS {
            return Err(Broken::Damaged("too many elements in one place"));
        }
        offsets.push(i32::try_from(total).unwrap_or(i32::MAX));
    }
    Ok((OffsetBuffer::new(offsets.into()), vec![true; total]))
}

/// Microseconds since 1970. The lowest three bits of the nanoseconds say how many zeros were left
/// off; before 1970 whole seconds were rounded towards it, and Arrow's writer then has negative
/// nanoseconds.
fn micros(seconds: i64, encoded: i64) -> Damage<i64> {
    const RANGE: Broken = Broken::Damaged("a timestamp is out of range");
    let zeros = u32::try_from(encoded & 7).unwrap_or(0);
    let factor = if zeros == 0 { 1 } else { 10_i64.pow(zeros + 1) };
    let nanos = (encoded >> 3).checked_mul(factor).filter(|n| n.abs() < 1_000_000_000);
    let nanos = nanos.ok_or(RANGE)?;
    let mut seconds = seconds.checked_add(EPOCH).ok_or(RANGE)?;
    if seconds < 0 && nanos > 999_999 {
        seconds -= 1;
    }
    let micros =
        seconds.checked_mul(1_000_000).and_then(|s| s.checked_add(nanos.div_euclid(1_000)));
    micros.ok_or(RANGE)
}

/// An unscaled value in the column's scale, which loses nothing.
fn rescaled(zigzag: u128, from: i64, to: i8) -> Damage<i128> {
    const RANGE: Broken = Broken::Damaged("a decimal is out of range");
    let value = ((zigzag >> 1) as i128) ^ -((zigzag & 1) as i128);
    let up = i64::from(to).checked_sub(from).ok_or(RANGE)?;
    let factor = u32::try_from(up.unsigned_abs()).ok().and_then(|up| 10_i128.checked_pow(up));
    match factor {
        _ if value == 0 => Ok(0),
        Some(factor) if up >= 0 => value.checked_mul(factor).ok_or(RANGE),
        Some(factor) if value % factor == 0 => Ok(value / factor),
        _ => Err(RANGE),
    }
}

/// A field of a list, map or structure.
pub(super) fn field(name: &str, ty: DataType) -> FieldRef {
    Arc::new(Field::new(name, ty, true))
}

#[cfg(test)]
mod tests {
    use super::{EPOCH, micros};

    #[test]
    fn timestamps_before_and_after_1970() {
        let check = |seconds: i64, encoded: i64, expect: Option<i64>| {
            assert_eq!(micros(seconds - EPOCH, encoded).ok(), expect, "{seconds} {encoded}");
        };
        check(0, 0, Some(0));
        // 123 microseconds, all digits; a thousandth of a second with five zeros left off.
        check(1, 123_000 << 3, Some(1_000_123));
        check(1, (1 << 3) | 5, Some(2_000_000 - 999_000));
        check(1, (5 << 3) | 7, Some(1_500_000));
        // Rounded towards 1970, as Java writes it, and with a negative rest, as Arrow does.
        check(-1, 500_000_000 << 3, Some(-1_500_000));
        check(-1, -500_000_000 << 3, Some(-1_500_000));
        check(0, 1_000_000_000 << 3, None);
        check(i64::MIN + EPOCH, 0, None);
    }
}
