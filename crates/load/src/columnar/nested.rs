//! Values of a file as JSON text for SUPER: structures, lists and maps, and what they hold
//! (`SERIALIZETOJSON`).
//!
//! What the documentation leaves open is answered so: maps become objects, dates and times their
//! text, text that is an object or an array is taken as such and other text is a JSON string, as
//! every text is inside a structure. Start at [`json`].

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, StringArray, StringBuilder, cast::AsArray};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::DateTime;

use super::{Columns, text};
use crate::target::ColumnarError;

/// The longest text that may become a SUPER value.
const LONGEST: usize = 65_535;
/// The longest value of SUPER (Limitations of SUPER: 16 MB).
const LARGEST: usize = 16 << 20;

/// A column of SUPER. `declared`: the file says that its text is JSON.
pub(super) fn json(
    columns: &Columns,
    column: &ArrayRef,
    declared: bool,
) -> Result<ArrayRef, ColumnarError> {
    if column.data_type() == &DataType::BinaryView {
        let gathered = text::gather(columns, column, "", usize::MAX)?;
        return from_text(columns, &text::strings(columns, gathered)?, declared);
    }
    let options = FormatOptions::new().with_null("null");
    let writer = Writer::new(column, &options).map_err(|error| columns.damaged(&error))?;
    let mut built = StringBuilder::new();
    let mut out = String::new();
    for row in 0..column.len() {
        if column.is_null(row) {
            built.append_null();
            continue;
        }
        out.clear();
        writer.write(row, &mut out);
        if out.len() > LARGEST {
            return Err(
                columns.scan(format!("SUPER value exceeds the max size of {LARGEST} bytes"))
            );
        }
        built.append_value(&out);
    }
    Ok(Arc::new(built.finish()))
}

fn from_text(
    columns: &Columns,
    column: &StringArray,
    declared: bool,
) -> Result<ArrayRef, ColumnarError> {
    let mut built = StringBuilder::new();
    for value in column {
        let Some(value) = value else {
            built.append_null();
            continue;
        };
        if value.len() > LONGEST {
            return Err(ColumnarError::Scan {
                message: format!("String value exceeds the max size of {LONGEST} bytes"),
                code: 1224,
                context: format!("File name: {}", columns.file),
            });
        }
        let meant = declared || value.trim_start().starts_with(['{', '[']);
        if meant && serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok() {
            built.append_value(value);
        } else {
            built.append_value(quoted(value));
        }
    }
    Ok(Arc::new(built.finish()))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes values of one array, its inner arrays prepared once.
enum Writer<'a> {
    /// Numbers and truth values: their text is JSON.
    Bare(&'a dyn Array, ArrayFormatter<'a>),
    /// Everything else that has a text.
    Quoted(&'a dyn Array, ArrayFormatter<'a>),
    Bytes(&'a ArrayRef),
    /// Timestamps, and how many of their unit make a second.
    Times(&'a dyn Array, Int64Array, i64),
    List(&'a dyn Array, Box<Writer<'a>>),
    Struct(&'a dyn Array, Vec<(String, Writer<'a>)>),
    Map(&'a dyn Array, Box<Writer<'a>>, Box<Writer<'a>>),
}

impl<'a> Writer<'a> {
    fn new(
        array: &'a ArrayRef,
        options: &FormatOptions<'a>,
    ) -> Result<Self, arrow::error::ArrowError> {
        use DataType as D;
        let formatter = || ArrayFormatter::try_new(array.as_ref(), options);
        Ok(match array.data_type() {
            D::Binary | D::BinaryView | D::Utf8 | D::Utf8View => Self::Bytes(array),
            D::List(_) => {
                let items = Self::new(array.as_list::<i32>().values(), options)?;
                Self::List(array, Box::new(items))
            }
            D::Struct(fields) => {
                let columns = fields.iter().zip(array.as_struct().columns());
                let writer = |(field, column): (&Arc<arrow::datatypes::Field>, &'a ArrayRef)| {
                    Ok((quoted(field.name()) + ":", Self::new(column, options)?))
                };
                let members =
                    columns.map(writer).collect::<Result<_, arrow::error::ArrowError>>()?;
                Self::Struct(array, members)
            }
            D::Map(..) => {
                let map = array.as_map();
                let keys = Box::new(Self::new(map.keys(), options)?);
                Self::Map(array, keys, Box::new(Self::new(map.values(), options)?))
            }
            D::Timestamp(unit, _) => {
                let parts = match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1_000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                };
                let data = array.to_data().into_builder().data_type(D::Int64).build()?;
                Self::Times(array, Int64Array::from(data), parts)
            }
            ty if ty.is_numeric() || *ty == D::Boolean => Self::Bare(array, formatter()?),
            _ => Self::Quoted(array, formatter()?),
        })
    }

    fn write(&self, row: usize, out: &mut String) {
        match self {
            Self::Bare(array, text) if array.is_valid(row) => {
                let text = text.value(row).try_to_string().unwrap_or_default();
                // JSON has no infinities.
                let finite = text.ends_with(|last: char| last.is_ascii_digit() || last == 'e');
                out.push_str(if finite { &text } else { "null" });
            }
            Self::Quoted(array, text) if array.is_valid(row) => {
                out.push_str(&quoted(&text.value(row).try_to_string().unwrap_or_default()));
            }
            Self::Bytes(array) if array.is_valid(row) => {
                out.push_str(&quoted(&String::from_utf8_lossy(bytes(array, row))));
            }
            Self::Times(array, times, parts) if array.is_valid(row) => {
                let time = times.value(row);
                let nanos = time.rem_euclid(*parts) * (1_000_000_000 / parts);
                let nanos = u32::try_from(nanos).unwrap_or(0);
                match DateTime::from_timestamp(time.div_euclid(*parts), nanos) {
                    Some(time) => out.push_str(&quoted(&time.format("%FT%T%.f").to_string())),
                    None => out.push_str("null"),
                }
            }
            Self::List(array, items) if array.is_valid(row) => {
                let (from, to) = range(array.as_list::<i32>().value_offsets(), row);
                list(out, ('[', ']'), from..to, |item, out| items.write(item, out));
            }
            Self::Struct(array, members) if array.is_valid(row) => {
                list(out, ('{', '}'), members, |(name, member), out| {
                    out.push_str(name);
                    member.write(row, out);
                });
            }
            Self::Map(array, keys, values) if array.is_valid(row) => {
                let (from, to) = range(array.as_map().value_offsets(), row);
                list(out, ('{', '}'), from..to, |item, out| {
                    let at = out.len();
                    keys.write(item, out);
                    if !out.get(at..).is_some_and(|key| key.starts_with('"')) {
                        out.insert(at, '"');
                        out.push('"');
                    }
                    out.push(':');
                    values.write(item, out);
                });
            }
            _ => out.push_str("null"),
        }
    }
}

fn list<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

fn range(offsets: &[i32], row: usize) -> (usize, usize) {
    let at = |row: usize| offsets.get(row).and_then(|at| usize::try_from(*at).ok()).unwrap_or(0);
    (at(row), at(row + 1))
}

fn bytes(array: &ArrayRef, row: usize) -> &[u8] {
    match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
        _ => &[],
    }
}
