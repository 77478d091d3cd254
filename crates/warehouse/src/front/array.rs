//! Arrays of one dimension in the wire's binary format (PostgreSQL's `array_send`): dimensions,
//! whether there are nulls, the element type, length and lower bound, then each element with its
//! length. Only the catalog has arrays: of names, SMALLINT, INTEGER and
//! object ids.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int16Type, Int32Type, UInt32Type};
use bytes::{BufMut, BytesMut};

/// Object ids of the element types.
const NAME: u32 = 19;
const INT2: u32 = 21;
const INT4: u32 = 23;
const OID: u32 = 26;

/// Writes one array; elements of other types as text.
pub(super) fn write_binary(list: &ArrayRef, out: &mut BytesMut) {
    let element = match list.data_type() {
        DataType::Int16 => INT2,
        DataType::Int32 => INT4,
        DataType::UInt32 => OID,
        _ => NAME,
    };
    let length = i32::try_from(list.len()).unwrap_or(i32::MAX);
    out.put_i32(i32::from(length > 0));
    out.put_i32(i32::from(list.null_count() > 0));
    out.put_u32(element);
    if length == 0 {
        return;
    }
    out.put_i32(length);
    out.put_i32(1);
    for index in 0..list.len() {
        write_element(list, index, out);
    }
}

/// Writes an element of an array in the text format, in quotes where it could be misread.
pub(super) fn write_element_text(text: &str, out: &mut BytesMut) {
    let special = |c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\\' | '{' | '}' | ',');
    if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(special) {
        return out.put_slice(text.as_bytes());
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    out.put_u8(b'"');
    out.put_slice(escaped.as_bytes());
    out.put_u8(b'"');
}

fn write_element(list: &ArrayRef, index: usize, out: &mut BytesMut) {
    if list.is_null(index) {
        out.put_i32(-1);
        return;
    }
    match list.data_type() {
        DataType::Int16 => {
            out.put_i32(2);
            out.put_i16(list.as_primitive::<Int16Type>().value(index));
        }
        DataType::Int32 => {
            out.put_i32(4);
            out.put_i32(list.as_primitive::<Int32Type>().value(index));
        }
        DataType::UInt32 => {
            out.put_i32(4);
            out.put_u32(list.as_primitive::<UInt32Type>().value(index));
        }
        DataType::Utf8 => {
            let text = list.as_string::<i32>().value(index).as_bytes();
            out.put_i32(i32::try_from(text.len()).unwrap_or(i32::MAX));
            out.put_slice(text);
        }
        _ => out.put_i32(-1),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int16Array, StringArray};
    use bytes::BytesMut;

    use super::{write_binary, write_element_text};

    fn written(list: ArrayRef) -> Vec<u8> {
        let mut out = BytesMut::new();
        write_binary(&list, &mut out);
        out.to_vec()
    }

    #[test]
    fn elements_that_could_be_misread_are_quoted() {
        for (text, expect) in [
            ("ana=r/bob", "ana=r/bob"),
            ("group readers=r/bob", "\"group readers=r/bob\""),
            ("a,b", "\"a,b\""),
            ("a\"\\", "\"a\\\"\\\\\""),
            ("", "\"\""),
            ("NULL", "\"NULL\""),
        ] {
            let mut out = bytes::BytesMut::new();
            write_element_text(text, &mut out);
            assert_eq!(out, expect.as_bytes());
        }
    }

    #[test]
    fn arrays_are_written_as_postgresql_writes_them() {
        let numbers = written(Arc::new(Int16Array::from(vec![7_i16, 8])));
        let head = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 1];
        assert_eq!(numbers, [&head[..], &[0, 0, 0, 2, 0, 7, 0, 0, 0, 2, 0, 8]].concat());
        let names = written(Arc::new(StringArray::from(vec![Some("a"), None])));
        let head = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 19, 0, 0, 0, 2, 0, 0, 0, 1];
        assert_eq!(names, [&head[..], &[0, 0, 0, 1, b'a', 255, 255, 255, 255]].concat());
        let empty = written(Arc::new(StringArray::from(Vec::<&str>::new())));
        assert_eq!(empty, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 19]);
    }
}
