//! One record of a file as its reader found it: fields in order, before any conversion.
//!
//! A record is reused for the whole file, so that reading allocates nothing once it is warm.
//! Start at [`Record`].

use std::io;

/// The fields of one record, in the order of the target's column list.
#[derive(Debug, Default)]
pub struct Record {
    /// Where it stands: the number of its last line, from 1 (COPY › JSON: "the last line").
    pub line: u64,
    /// The record as it stands in the file, for `STL_LOAD_ERRORS.raw_line`.
    pub raw: Vec<u8>,
    text: Vec<u8>,
    fields: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Absent,
    Null,
    Text { end: usize, quoted: bool },
}

/// One field of a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// The record does not have it: a missing member of an object, a missing trailing column.
    Absent,
    /// Null by the format's own sign, such as JSON's `null`.
    Null,
    /// Its text, unescaped.
    Text {
        /// Not yet known to be UTF-8.
        bytes: &'a [u8],
        /// Stood in quotes: never compared with `NULL AS`.
        quoted: bool,
    },
}

impl Record {
    /// Makes it empty, keeping its memory.
    pub fn clear(&mut self) {
        self.raw.clear();
        self.text.clear();
        self.fields.clear();
    }

    /// Adds a field that the record does not have.
    pub fn push_absent(&mut self) {
        self.fields.push(Slot::Absent);
    }

    /// Adds a null.
    pub fn push_null(&mut self) {
        self.fields.push(Slot::Null);
    }

    /// Adds a field with text.
    pub fn push_text(&mut self, bytes: &[u8], quoted: bool) {
        self.text.extend_from_slice(bytes);
        self.fields.push(Slot::Text { end: self.text.len(), quoted });
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let mut start = 0;
        self.fields.iter().map(move |slot| match *slot {
            Slot::Absent => Field::Absent,
            Slot::Null => Field::Null,
            Slot::Text { end, quoted } => {
                let bytes = self.text.get(start..end).unwrap_or_default();
                start = end;
                Field::Text { bytes, quoted }
            }
        })
    }
}

/// A reader of records. After [`ReadError::Rejected`] the next call goes on with the next record.
pub trait Records {
    /// Reads the next record into `record`, clearing it first; `false` at the end of the file.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn next(&mut self, record: &mut Record) -> Result<bool, ReadError>;
}

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// This record is not well-formed; `record` holds its line and raw text.
    #[error("{0}")]
    Rejected(Rejection),
    /// The file cannot be read further: damaged, cut off, or beyond a limit.
    #[error("{0}")]
    Broken(String),
    /// The bytes could not be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is wrong with a record or a field: a row of `STL_LOAD_ERRORS`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Rejection {
    /// `err_code`, 1200 to 1224 (Database Developer Guide › Load error reference).
    pub code: u16,
    /// `err_reason`.
    pub reason: String,
    /// Index of the column in the column list; none when the line itself is wrong.
    pub column: Option<usize>,
    /// `position`: bytes from the start of the line.
    pub position: usize,
    /// `raw_field_value`.
    pub value: Vec<u8>,
}
