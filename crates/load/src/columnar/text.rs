//! Text and bytes of a file as values of VARCHAR, CHAR, VARBYTE and TIMETZ: their lengths, their
//! characters.
//!
//! Files hand bytes over unchecked, so that what is wrong can be named. A whole batch is checked
//! to be UTF-8 at once; only where that fails is the value looked for. Start at [`text`].

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, GenericByteBuilder, StringArray, StringBuilder,
    cast::AsArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{BinaryType, DataType, Time64MicrosecondType, TimeUnit};
use arrow::error::ArrowError;
use redshift_sql::SqlType;

use super::Columns;
use crate::target::{ColumnarError, Target};

/// The longest text without a length of its own.
const LONGEST: usize = 65_535;

/// The values of a column of text or bytes, one after the other.
pub(super) fn values<'a>(
    columns: &Columns,
    column: &'a ArrayRef,
) -> Result<Box<dyn Iterator<Item = Option<&'a [u8]>> + 'a>, ColumnarError> {
    Ok(match column.data_type() {
        DataType::BinaryView => Box::new(column.as_binary_view().iter()),
        DataType::Utf8View => {
            let strings = column.as_string_view().iter();
            Box::new(strings.map(|text| text.map(str::as_bytes)))
        }
        DataType::Binary => Box::new(column.as_binary::<i32>().iter()),
        DataType::Utf8 => {
            let strings = column.as_string::<i32>().iter();
            Box::new(strings.map(|text| text.map(str::as_bytes)))
        }
        DataType::FixedSizeBinary(_) => Box::new(column.as_fixed_size_binary().iter()),
        other => return Err(columns.damaged(&format!("unexpected {other}"))),
    })
}

/// A column of VARBYTE.
pub(super) fn bytes(
    columns: &Columns,
    column: &ArrayRef,
    target: &Target,
) -> Result<ArrayRef, ColumnarError> {
    Ok(Arc::new(gather(columns, column, &target.name, longest(target))?))
}

fn longest(target: &Target) -> usize {
    target.max_bytes().unwrap_or(LONGEST)
}

/// Copies the values together, refusing those that are longer than `most`.
pub(super) fn gather(
    columns: &Columns,
    column: &ArrayRef,
    name: &str,
    most: usize,
) -> Result<BinaryArray, ColumnarError> {
    let too_long = |length: usize| {
        columns.scan(format!(
            "The length of the data column {name} is longer than the length defined in the table. Table: {most}, Data: {length}, File name: {}",
            columns.file
        ))
    };
    if column.data_type() == &DataType::BinaryView {
        // The common case, without a call for each value.
        let views = column.as_binary_view();
        let longest = views.lengths().max().unwrap_or(0) as usize;
        if longest > most {
            return Err(too_long(longest));
        }
        return together(views).map_err(|error| columns.damaged(&error));
    }
    let mut built = GenericByteBuilder::<BinaryType>::new();
    for value in values(columns, column)? {
        if let Some(value) = value.filter(|value| value.len() > most) {
            return Err(too_long(value.len()));
        }
        built.append_option(value);
    }
    Ok(built.finish())
}

/// A view of so many bytes holds them itself, after four of their length (Arrow Columnar Format,
/// "Variable-size Binary View Layout").
const INLINED: usize = 12;

/// The values one after the other.
fn together(views: &BinaryViewArray) -> Result<BinaryArray, ArrowError> {
    let total: usize = views.lengths().map(|length| length as usize).sum();
    let mut bytes = Vec::with_capacity(total.saturating_add(INLINED));
    let mut ends = Vec::with_capacity(views.len() + 1);
    ends.push(0);
    for (row, view) in views.views().iter().enumerate() {
        let [l0, l1, l2, l3, inlined @ ..] = view.to_le_bytes();
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if length <= INLINED {
            // Copying always as many is faster than as many as there are.
            let end = bytes.len() + length;
            bytes.extend_from_slice(&inlined);
            bytes.truncate(end);
        } else if views.is_valid(row) {
            bytes.extend_from_slice(views.value(row));
        }
        ends.push(i32::try_from(bytes.len()).map_err(|_| ArrowError::OffsetOverflowError(total))?);
    }
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
    BinaryArray::try_new(ends, Buffer::from_vec(bytes), views.nulls().cloned())
}

/// A column of text.
pub(super) fn text(
    columns: &Columns,
    column: &ArrayRef,
    target: &Target,
) -> Result<ArrayRef, ColumnarError> {
    let gathered = gather(columns, column, &target.name, longest(target))?;
    if matches!(target.ty, SqlType::Char(_)) && !gathered.value_data().is_ascii() {
        return only_single_bytes(columns, &gathered);
    }
    strings(columns, gathered).map(|strings| Arc::new(strings) as ArrayRef)
}

/// The same values, known to be UTF-8.
pub(super) fn strings(
    columns: &Columns,
    gathered: BinaryArray,
) -> Result<StringArray, ColumnarError> {
    let (offsets, buffer, nulls) = gathered.clone().into_parts();
    // Checks the whole at once, which is much faster than value by value.
    StringArray::try_new(offsets, buffer, nulls).or_else(|_| invalid(columns, &gathered))
}

/// Replaces what is not UTF-8, byte for byte, if the statement says by what; else names it.
fn invalid(columns: &Columns, gathered: &BinaryArray) -> Result<StringArray, ColumnarError> {
    let mut built = StringBuilder::with_capacity(gathered.len(), gathered.value_data().len());
    for value in gathered {
        match (value.map(std::str::from_utf8), columns.options.replace_invalid) {
            (None, _) => built.append_null(),
            (Some(Ok(text)), _) => built.append_value(text),
            (Some(Err(_)), Some(stand_in)) => {
                built.append_value(replaced(value.unwrap_or_default(), stand_in));
            }
            (Some(Err(error)), None) => {
                let rest = value.unwrap_or_default().get(error.valid_up_to()..);
                return Err(bad_sequence(columns, rest.unwrap_or_default(), error.error_len()));
            }
        }
    }
    Ok(built.finish())
}

/// Each byte that is not UTF-8 becomes `stand_in`, so that a length never grows.
fn replaced(value: &[u8], stand_in: char) -> String {
    let mut text = String::with_capacity(value.len());
    for chunk in value.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| stand_in));
    }
    text
}

fn bad_sequence(columns: &Columns, rest: &[u8], length: Option<usize>) -> ColumnarError {
    let sequence = rest.get(..length.unwrap_or(rest.len())).unwrap_or(rest);
    columns.scan(format!(
        "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: {} (error 3)",
        hexadecimal(sequence)
    ))
}

/// CHAR takes single bytes only.
fn only_single_bytes(columns: &Columns, values: &BinaryArray) -> Result<ArrayRef, ColumnarError> {
    for value in values.iter().flatten() {
        if let Some(at) = value.iter().position(|byte| !byte.is_ascii()) {
            let rest = value.get(at..).unwrap_or_default();
            let end = rest.iter().skip(1).position(|byte| byte & 0xc0 != 0x80);
            let letter = rest.get(..end.map_or(rest.len(), |end| end + 1)).unwrap_or(rest);
            return Err(columns.scan(format!(
                "Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). Invalid char: {}",
                hexadecimal(letter)
            )));
        }
    }
    Err(columns.damaged(&"text is not ASCII"))
}

/// `e0 a1 c7`, of the first bytes.
fn hexadecimal(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// A column of TIMETZ, which travels as text: a file's times are UTC.
pub(super) fn time_tz(columns: &Columns, column: &ArrayRef) -> Result<ArrayRef, ColumnarError> {
    let to = DataType::Time64(TimeUnit::Microsecond);
    let times = arrow::compute::cast(column, &to).map_err(|error| columns.damaged(&error))?;
    let mut built = StringBuilder::new();
    let mut text = String::new();
    for time in times.as_primitive::<Time64MicrosecondType>() {
        let Some(micros) = time else {
            built.append_null();
            continue;
        };
        text.clear();
        let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        // Writing to a string cannot fail.
        let _ = write!(text, "{hours:02}:{minutes:02}:{:02}.{micros:06}+00", seconds % 60);
        built.append_value(&text);
    }
    Ok(Arc::new(built.finish()))
}
