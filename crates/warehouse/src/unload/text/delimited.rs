//! Delimited text and CSV: fields between delimiters, one record a line.
//!
//! Text and CSV differ in what protects a delimiter inside a value: nothing, ADDQUOTES, ESCAPE
//! or both in text; double quotes exactly where needed in CSV.
//! Amazon Redshift Developer Guide, "UNLOAD": CSV, DELIMITER, ADDQUOTES, ESCAPE, NULL AS.
//! Start reading at [`Delimited::field`].

use super::scan;
use super::value::{Show, push_value};
use super::{LineFormat, Prepared};
use crate::unload::UnloadError;
use crate::unload::cells::{Cells, Column};

/// What protects special characters inside a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Quotes around fields that hold the delimiter, a quote or a line end; quotes doubled.
    Csv,
    /// Text: `ADDQUOTES` puts quotes around every field, `ESCAPE` a backslash before special
    /// characters of character columns.
    Text { add_quotes: bool, escape: bool },
}

/// Delimited text or CSV.
pub(crate) struct Delimited {
    delimiter: u8,
    style: Style,
    /// A NULL, ready to be appended.
    null: Vec<u8>,
    header: Vec<u8>,
    show: Show,
    /// The delimiter may occur in numbers, dates or booleans.
    delimiter_in_values: bool,
}

impl Delimited {
    /// `names` are the columns' names when a header line is wanted.
    pub(crate) fn new(
        delimiter: u8,
        style: Style,
        null_as: &str,
        names: Option<&[&str]>,
        show: Show,
    ) -> Self {
        let mut format = Self {
            delimiter,
            style,
            null: Vec::new(),
            header: Vec::new(),
            show,
            delimiter_in_values: delimiter.is_ascii_alphanumeric() || b"+-.: ".contains(&delimiter),
        };
        format.null = format.null_field(null_as);
        format.header = names.map(|names| format.header_line(names)).unwrap_or_default();
        format
    }

    /// CSV's rule holds for the NULL string too; in text it stands as it was given.
    fn null_field(&self, null_as: &str) -> Vec<u8> {
        let mut field = Vec::new();
        match self.style {
            Style::Csv => self.push_csv(null_as.as_bytes(), &mut field),
            Style::Text { .. } => field.extend_from_slice(null_as.as_bytes()),
        }
        field
    }

    fn header_line(&self, names: &[&str]) -> Vec<u8> {
        let mut line = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                line.push(self.delimiter);
            }
            self.push_text(name.as_bytes(), false, &mut line);
        }
        line.push(b'\n');
        line
    }

    /// A byte that makes a text value other than itself in the file.
    fn is_special(&self, byte: u8) -> bool {
        let line_end = (byte == b'\n') | (byte == b'\r');
        match self.style {
            Style::Csv => line_end | (byte == self.delimiter) | (byte == b'"'),
            Style::Text { escape: false, .. } => false,
            Style::Text { escape: true, add_quotes } => {
                let quote = add_quotes & ((byte == b'"') | (byte == b'\''));
                line_end | (byte == self.delimiter) | (byte == b'\\') | quote
            }
        }
    }

    /// Appends one field.
    #[inline]
    fn field(&self, prepared: &Prepared<'_>, row: usize, out: &mut Vec<u8>) {
        let Prepared { column, clean } = prepared;
        if column.is_null(row) {
            // SUPER has its own null and takes no part in NULL AS.
            let super_null = matches!(column.cells, Cells::Super(_)).then_some(b"null".as_slice());
            return out.extend_from_slice(super_null.unwrap_or(&self.null));
        }
        match (&column.cells, self.style) {
            (Cells::Text(values) | Cells::Super(values), _) => {
                self.push_text(values.value(row).as_bytes(), *clean, out);
            }
            (cells, Style::Text { add_quotes: true, .. }) => {
                out.push(b'"');
                push_value(out, cells, row, self.show);
                out.push(b'"');
            }
            (cells, Style::Csv) if self.delimiter_in_values => {
                let mut value = Vec::new();
                push_value(&mut value, cells, row, self.show);
                self.push_csv(&value, out);
            }
            (cells, _) => push_value(out, cells, row, self.show),
        }
    }

    /// Appends a text value; `clean` tells that it is known to hold no special byte.
    #[inline]
    fn push_text(&self, text: &[u8], clean: bool, out: &mut Vec<u8>) {
        match self.style {
            Style::Csv if clean => out.extend_from_slice(text),
            Style::Csv => self.push_csv(text, out),
            Style::Text { add_quotes, .. } => {
                if add_quotes {
                    out.push(b'"');
                }
                self.push_escaped(text, clean, out);
                if add_quotes {
                    out.push(b'"');
                }
            }
        }
    }

    fn push_csv(&self, text: &[u8], out: &mut Vec<u8>) {
        if !scan::any(text, |byte| self.is_special(byte)) {
            out.extend_from_slice(text);
            return;
        }
        out.push(b'"');
        for piece in text.split_inclusive(|&byte| byte == b'"') {
            out.extend_from_slice(piece);
            if piece.last() == Some(&b'"') {
                out.push(b'"');
            }
        }
        out.push(b'"');
    }

    fn push_escaped(&self, text: &[u8], clean: bool, out: &mut Vec<u8>) {
        if clean || !scan::any(text, |byte| self.is_special(byte)) {
            out.extend_from_slice(text);
            return;
        }
        for &byte in text {
            if self.is_special(byte) {
                out.push(b'\\');
            }
            out.push(byte);
        }
    }
}

impl LineFormat for Delimited {
    fn header(&self) -> &[u8] {
        &self.header
    }

    fn prepare<'a>(&self, columns: Vec<Column<'a>>) -> Vec<Prepared<'a>> {
        scan::prepare(columns, |byte| self.is_special(byte))
    }

    fn row(
        &self,
        columns: &[Prepared<'_>],
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), UnloadError> {
        if let Some((first, rest)) = columns.split_first() {
            self.field(first, row, out);
            for column in rest {
                out.push(self.delimiter);
                self.field(column, row, out);
            }
        }
        out.push(b'\n');
        Ok(())
    }
}
