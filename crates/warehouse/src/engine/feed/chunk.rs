//! Rows as the engine takes them: numbers are copied, texts and bytes only lent.
//!
//! The engine copies what it stores, so a copy on the way there would be one too many: a chunk's
//! texts point into the batch they came from, which [`Shown`] keeps for as long as the chunk may
//! show it. This is the one module with `unsafe`, because the bindings can only write texts by
//! copying them. It must not know where rows come from. Start reading at
//! [`Shown::show`].
#![allow(unsafe_code)]

use std::error::Error;
use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow::array::{Array, AsArray, GenericByteArray, PrimitiveArray};
use arrow::datatypes::{ByteArrayType, DataType, Decimal128Type, Schema};
use arrow::record_batch::RecordBatch;
use duckdb::core::{ArrayVector, DataChunkHandle, FlatVector, ListVector, StructVector};
use duckdb::ffi;
use duckdb::vtab::arrow::{WritableVector, write_arrow_array_to_vector};

/// The longest text that lies within its own record (`duckdb.h`, `duckdb_string_t`).
const INLINED: usize = 12;
/// How much of a longer text is repeated in its record.
const PREFIX: usize = 4;

/// What tells a chunk from the others that are filled at the same time.
pub(super) fn address(chunk: &DataChunkHandle) -> usize {
    chunk.get_ptr().addr()
}

/// What a chunk shows. It is kept with the chunk's reader, until the chunk has been filled anew or
/// its reader has come to its end.
#[derive(Default)]
pub(super) struct Shown(Option<RecordBatch>);

impl Shown {
    /// Puts the rows of a batch into the chunk, in place of what it showed before.
    ///
    /// # Errors
    /// More rows than the chunk has, or other columns than `declared`, of which the engine made
    /// it; a type that the bindings cannot write.
    pub(super) fn show(
        &mut self,
        batch: RecordBatch,
        declared: &Schema,
        chunk: &mut DataChunkHandle,
    ) -> Result<(), Box<dyn Error>> {
        let types = batch.schema_ref().fields().iter().map(|field| field.data_type());
        if !types.eq(declared.fields().iter().map(|field| field.data_type())) {
            return Err("other columns than the statement has".into());
        }
        for (index, column) in batch.columns().iter().enumerate() {
            let mut vector = Column { chunk, index };
            match column.data_type() {
                DataType::Utf8 => {
                    lend(column.as_string::<i32>(), &mut vector.flat_vector())?;
                }
                DataType::Binary => {
                    lend(column.as_binary::<i32>(), &mut vector.flat_vector())?;
                }
                DataType::Decimal128(precision, _) => {
                    let values = column.as_primitive::<Decimal128Type>();
                    decimals(values, *precision, &mut vector.flat_vector())?;
                }
                _ => write_arrow_array_to_vector(column, &mut vector)?,
            }
        }
        chunk.set_len(batch.num_rows());
        self.0 = Some(batch);
        Ok(())
    }
}

/// Points a column of texts or bytes to its values.
fn lend<T: ByteArrayType<Offset = i32>>(
    values: &GenericByteArray<T>,
    vector: &mut FlatVector<'_>,
) -> Result<(), Box<dyn Error>> {
    let (offsets, bytes) = (values.value_offsets(), values.value_data());
    let records = offsets.windows(2).map(|bounds| {
        let &[start, end] = bounds else { return None };
        let bytes = bytes.get(usize::try_from(start).ok()?..)?;
        record(bytes, usize::try_from(end.checked_sub(start)?).ok()?)
    });
    // SAFETY: columns of VARCHAR and BLOB are stored as `duckdb_string_t`.
    unsafe { fill(values.len(), records, vector)? };
    nulls(values, vector);
    Ok(())
}

/// A text of `length` at the beginning of `bytes`, as the engine writes one down; it only reads
/// through the pointer.
fn record(bytes: &[u8], length: usize) -> Option<ffi::duckdb_string_t> {
    let text = bytes.get(..length)?;
    let length = u32::try_from(length).ok()?;
    let value = if text.len() <= INLINED {
        let inlined = match bytes.first_chunk::<INLINED>() {
            // A copy of a fixed size is one instruction or two.
            Some(first) => without_rest(*first, text.len()),
            None => start_of(text),
        };
        let inlined = ffi::duckdb_string_t__bindgen_ty_1__bindgen_ty_2 { length, inlined };
        ffi::duckdb_string_t__bindgen_ty_1 { inlined }
    } else {
        let (prefix, ptr) = (start_of::<PREFIX>(text), text.as_ptr().cast_mut().cast());
        let pointer = ffi::duckdb_string_t__bindgen_ty_1__bindgen_ty_1 { length, prefix, ptr };
        ffi::duckdb_string_t__bindgen_ty_1 { pointer }
    };
    Some(ffi::duckdb_string_t { value })
}

/// The bytes from `length` on are zeros, which comparisons rely on.
fn without_rest(bytes: [u8; INLINED], length: usize) -> [c_char; INLINED] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
    let wide = u128::from_le_bytes([a, b, c, d, e, f, g, h, i, j, k, l, 0, 0, 0, 0]);
    let bits = u32::try_from(length.saturating_mul(8)).unwrap_or(u32::MAX);
    let rest = u128::MAX.checked_shl(bits).unwrap_or(0);
    let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = (wide & !rest).to_le_bytes();
    [a, b, c, d, e, f, g, h, i, j, k, l].map(|byte| c_char::from_ne_bytes([byte]))
}

fn start_of<const N: usize>(text: &[u8]) -> [c_char; N] {
    let mut start = [0; N];
    for (to, from) in start.iter_mut().zip(text) {
        *to = c_char::from_ne_bytes([*from]);
    }
    start
}

/// Copies decimals into the integers that the engine stores them in (`duckdb.h`,
/// `duckdb_decimal_internal_type`).
fn decimals(
    values: &PrimitiveArray<Decimal128Type>,
    precision: u8,
    vector: &mut FlatVector<'_>,
) -> Result<(), Box<dyn Error>> {
    fn narrow<T: TryFrom<i128> + Default>(
        values: &PrimitiveArray<Decimal128Type>,
    ) -> impl Iterator<Item = Option<T>> {
        // What stands where a value is missing may be anything.
        let narrow = |(row, value): (usize, &i128)| {
            T::try_from(*value).ok().or_else(|| values.is_null(row).then(T::default))
        };
        values.values().iter().enumerate().map(narrow)
    }
    let rows = values.len();
    // SAFETY: these are the engine's types for these precisions.
    unsafe {
        match precision {
            0..=4 => fill::<i16>(rows, narrow(values), vector)?,
            5..=9 => fill::<i32>(rows, narrow(values), vector)?,
            10..=18 => fill::<i64>(rows, narrow(values), vector)?,
            _ => fill::<i128>(rows, narrow(values), vector)?,
        }
    }
    nulls(values, vector);
    Ok(())
}

/// Writes a column's values.
///
/// # Safety
/// The column must be stored as `T`.
unsafe fn fill<T>(
    rows: usize,
    values: impl Iterator<Item = Option<T>>,
    vector: &mut FlatVector<'_>,
) -> Result<(), Box<dyn Error>> {
    if rows > vector.capacity() {
        return Err("more rows than a chunk holds".into());
    }
    // SAFETY: there is room for `capacity` of them, none is read before it is written, and this
    // borrow is the only one of the vector.
    let slots = unsafe { vector.as_mut_slice_with_len::<MaybeUninit<T>>(rows) };
    for (slot, value) in slots.iter_mut().zip(values) {
        slot.write(value.ok_or("a value does not fit its column")?);
    }
    Ok(())
}

fn nulls(values: &dyn Array, vector: &mut FlatVector<'_>) {
    if values.null_count() == 0 {
        return;
    }
    for row in (0..values.len()).filter(|row| values.is_null(*row)) {
        vector.set_null(row);
    }
}

/// A column of a chunk, as the bindings write to one.
struct Column<'a> {
    chunk: &'a mut DataChunkHandle,
    index: usize,
}

impl WritableVector for Column<'_> {
    fn flat_vector(&mut self) -> FlatVector<'_> {
        self.chunk.flat_vector(self.index)
    }

    fn list_vector(&mut self) -> ListVector<'_> {
        self.chunk.list_vector(self.index)
    }

    fn array_vector(&mut self) -> ArrayVector<'_> {
        self.chunk.array_vector(self.index)
    }

    fn struct_vector(&mut self) -> StructVector<'_> {
        self.chunk.struct_vector(self.index)
    }
}
