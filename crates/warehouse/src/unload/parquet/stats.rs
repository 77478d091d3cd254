//! Minimum and maximum of a column chunk, with the NULLs counted.
//!
//! NaN takes no part; INT96 has no order and so no statistics; long strings have none either.
//! Apache Parquet, "parquet.thrift", Statistics. Start reading at [`Stats::add`].

use arrow::buffer::NullBuffer;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::file::statistics::{Statistics, ValueStatistics};

use crate::unload::cells::{Cells, Column};

/// A longer minimum or maximum is not worth its place in the footer.
const MAX_TEXT: usize = 64;

/// The bounds seen so far; the variant follows from the column's type.
#[derive(Debug, Clone, Default)]
enum Bounds {
    #[default]
    None,
    Boolean(bool, bool),
    Int32(i32, i32),
    Int64(i64, i64),
    Float(f32, f32),
    Double(f64, f64),
    Decimal(i128, i128),
    Text(Vec<u8>, Vec<u8>),
    /// A bound of a text column was too long: no statistics at all.
    Unbounded,
}

/// Statistics of a column chunk.
#[derive(Default)]
pub(super) struct Stats {
    bounds: Bounds,
    nulls: u64,
}

impl Stats {
    /// Takes in a column of a batch; text columns are taken in by [`Stats::add_text`].
    pub(super) fn add(&mut self, column: &Column<'_>) {
        self.nulls += column.nulls.map_or(0, |nulls| nulls.null_count()) as u64;
        let nulls = column.nulls;
        let new = match &column.cells {
            Cells::Boolean(values) => {
                let mut seen = values.iter().flatten();
                let first = seen.next();
                first
                    .map(|first| seen.fold((first, first), |(a, b), v| (a & v, b | v)))
                    .map(|(low, high)| Bounds::Boolean(low, high))
            }
            Cells::Int16(values) => bounds(values, nulls, i16::MIN, i16::MAX)
                .map(|(low, high)| Bounds::Int32(i32::from(low), i32::from(high))),
            Cells::Int32(values) | Cells::Date(values) => {
                bounds(values, nulls, i32::MIN, i32::MAX).map(|(a, b)| Bounds::Int32(a, b))
            }
            Cells::Int64(values) | Cells::Time(values) | Cells::TimeTz(values) => {
                bounds(values, nulls, i64::MIN, i64::MAX).map(|(a, b)| Bounds::Int64(a, b))
            }
            Cells::Real(values) => {
                bounds(values, nulls, f32::NEG_INFINITY, f32::INFINITY).map(|(a, b)| {
                    // Zero has two signs, and bounds must hold for both.
                    Bounds::Float(if a == 0.0 { -0.0 } else { a }, if b == 0.0 { 0.0 } else { b })
                })
            }
            Cells::Double(values) => {
                bounds(values, nulls, f64::NEG_INFINITY, f64::INFINITY).map(|(a, b)| {
                    Bounds::Double(if a == 0.0 { -0.0 } else { a }, if b == 0.0 { 0.0 } else { b })
                })
            }
            Cells::Decimal(values, _) => {
                bounds(values, nulls, i128::MIN, i128::MAX).map(|(a, b)| Bounds::Decimal(a, b))
            }
            _ => None,
        };
        if let Some(new) = new {
            self.merge(new);
        }
    }

    /// Takes in a text value.
    pub(super) fn add_text(&mut self, value: &[u8]) {
        match &mut self.bounds {
            Bounds::Text(low, _) if value < low.as_slice() => {
                low.clear();
                low.extend_from_slice(value);
            }
            Bounds::Text(_, high) if value > high.as_slice() => {
                high.clear();
                high.extend_from_slice(value);
            }
            Bounds::Text(..) | Bounds::Unbounded => return,
            bounds => *bounds = Bounds::Text(value.to_vec(), value.to_vec()),
        }
        if value.len() > MAX_TEXT {
            self.bounds = Bounds::Unbounded;
        }
    }

    fn merge(&mut self, new: Bounds) {
        self.bounds = match (std::mem::replace(&mut self.bounds, Bounds::None), new) {
            (Bounds::Boolean(a, b), Bounds::Boolean(c, d)) => Bounds::Boolean(a & c, b | d),
            (Bounds::Int32(a, b), Bounds::Int32(c, d)) => Bounds::Int32(a.min(c), b.max(d)),
            (Bounds::Int64(a, b), Bounds::Int64(c, d)) => Bounds::Int64(a.min(c), b.max(d)),
            (Bounds::Float(a, b), Bounds::Float(c, d)) => Bounds::Float(a.min(c), b.max(d)),
            (Bounds::Double(a, b), Bounds::Double(c, d)) => Bounds::Double(a.min(c), b.max(d)),
            (Bounds::Decimal(a, b), Bounds::Decimal(c, d)) => Bounds::Decimal(a.min(c), b.max(d)),
            (_, new) => new,
        };
    }

    /// The chunk's statistics; `length` is that of its fixed-length values.
    pub(super) fn finish(&self, length: usize) -> Option<Statistics> {
        let nulls = Some(self.nulls);
        let tail = |value: i128| {
            let bytes = value.to_be_bytes();
            let tail = bytes.get(bytes.len().saturating_sub(length)..).unwrap_or_default();
            FixedLenByteArray::from(tail.to_vec())
        };
        Some(match &self.bounds {
            Bounds::None | Bounds::Unbounded => return None,
            Bounds::Boolean(a, b) => Statistics::boolean(Some(*a), Some(*b), None, nulls, false),
            Bounds::Int32(a, b) => Statistics::int32(Some(*a), Some(*b), None, nulls, false),
            Bounds::Int64(a, b) => Statistics::int64(Some(*a), Some(*b), None, nulls, false),
            Bounds::Float(a, b) => Statistics::float(Some(*a), Some(*b), None, nulls, false),
            Bounds::Double(a, b) => Statistics::double(Some(*a), Some(*b), None, nulls, false),
            Bounds::Decimal(a, b) => Statistics::FixedLenByteArray(ValueStatistics::new(
                Some(tail(*a)),
                Some(tail(*b)),
                None,
                nulls,
                false,
            )),
            Bounds::Text(a, b) => {
                let (a, b) = (ByteArray::from(a.clone()), ByteArray::from(b.clone()));
                Statistics::byte_array(Some(a), Some(b), None, nulls, false)
            }
        })
    }
}

/// The least and the greatest value that are not NULL (comparisons leave NaN out).
fn bounds<T: Copy + PartialOrd>(
    values: &[T],
    nulls: Option<&NullBuffer>,
    least: T,
    greatest: T,
) -> Option<(T, T)> {
    let fold = |(low, high): (T, T), value: T| {
        (if value < low { value } else { low }, if value > high { value } else { high })
    };
    let start = (greatest, least);
    let (low, high) = match nulls {
        None => values.iter().copied().fold(start, fold),
        Some(nulls) => {
            let present = values.iter().zip(nulls).filter(|(_, present)| *present);
            present.map(|(&value, _)| value).fold(start, fold)
        }
    };
    // Nothing but NULLs or NaN leaves the bounds crossed.
    (low <= high).then_some((low, high))
}
