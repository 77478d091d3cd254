//! JSON: one object a line, one member per column.
//!
//! Booleans are the strings `t` and `f` and NULL is `null`, as Redshift writes them; numbers are
//! numbers, SUPER is its own JSON, everything else a string.
//! Amazon Redshift Developer Guide, "UNLOAD": FORMAT AS JSON. Start reading at [`Json::member`].

use super::scan;
use super::value::{Show, push_value};
use super::{LineFormat, Prepared};
use crate::unload::UnloadError;
use crate::unload::cells::{Cells, Column};

/// JSON lines.
pub(crate) struct Json {
    /// `{"first":`, `,"second":`, ….
    keys: Vec<Vec<u8>>,
    show: Show,
}

impl Json {
    /// `names` are those of the file's columns.
    pub(crate) fn new(names: &[&str], show: Show) -> Self {
        let key = |(index, name): (usize, &&str)| {
            let mut key = vec![if index == 0 { b'{' } else { b',' }];
            push_string(name.as_bytes(), false, &mut key);
            key.push(b':');
            key
        };
        Self { keys: names.iter().enumerate().map(key).collect(), show }
    }

    fn member(&self, prepared: &Prepared<'_>, row: usize, out: &mut Vec<u8>) {
        let Prepared { column, clean } = prepared;
        if column.is_null(row) {
            out.extend_from_slice(b"null");
            return;
        }
        match &column.cells {
            Cells::Text(values) => push_string(values.value(row).as_bytes(), *clean, out),
            // Line ends in JSON text are white space only, and a record is one line.
            Cells::Super(values) => {
                out.extend(values.value(row).bytes().filter(|byte| !b"\r\n".contains(byte)));
            }
            cells if is_number(cells, row) => push_value(out, cells, row, self.show),
            cells => {
                out.push(b'"');
                push_value(out, cells, row, self.show);
                out.push(b'"');
            }
        }
    }
}

/// NaN and the infinities are no JSON numbers and become strings.
fn is_number(cells: &Cells<'_>, row: usize) -> bool {
    match cells {
        Cells::Int16(_) | Cells::Int32(_) | Cells::Int64(_) | Cells::Decimal(..) => true,
        Cells::Real(values) => values.get(row).is_some_and(|value| value.is_finite()),
        Cells::Double(values) => values.get(row).is_some_and(|value| value.is_finite()),
        _ => false,
    }
}

/// RFC 8259: quotation mark, reverse solidus and control characters must be escaped.
fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Appends a JSON string; `clean` tells that it is known to need no escape.
pub(crate) fn push_string(text: &[u8], clean: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    if clean || !scan::any(text, is_special) {
        out.extend_from_slice(text);
    } else {
        text.iter().for_each(|&byte| push_escaped(byte, out));
    }
    out.push(b'"');
}

fn push_escaped(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        0x00..0x20 => {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            return;
        }
        _ => return out.push(byte),
    };
    out.extend_from_slice(&[b'\\', short]);
}

impl LineFormat for Json {
    fn header(&self) -> &[u8] {
        b""
    }

    fn prepare<'a>(&self, columns: Vec<Column<'a>>) -> Vec<Prepared<'a>> {
        scan::prepare(columns, is_special)
    }

    fn row(
        &self,
        columns: &[Prepared<'_>],
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), UnloadError> {
        for (key, column) in self.keys.iter().zip(columns) {
            out.extend_from_slice(key);
            self.member(column, row, out);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}
