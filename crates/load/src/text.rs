//! Text formats: how a block of bytes is cut into records and a record into fields.
//!
//! A block is a run of whole records, so that blocks can be converted beside each other. Where a
//! file may be cut ([`Text::cut`]) and where its records end ([`Text::record`]) are the same rule.
//! It must not know types. Start at [`Text`].

use redshift_sql::CopyFormat;

use crate::csv::Csv;
use crate::delimited::Delimited;
use crate::fixed_width::FixedWidth;
use crate::options::Options;
use crate::record::Rejection;
use crate::row::Row;

/// `err_code` of a line that has fewer fields than there are columns.
pub(crate) const TOO_FEW: u16 = 1214;
/// `err_code` of a line with more.
pub(crate) const TOO_MANY: u16 = 1202;
/// `err_code` of a line that breaks its format's rules.
pub(crate) const INVALID_LINE: u16 = 1216;

/// One of the text formats.
#[derive(Debug, Clone)]
pub enum Text {
    /// `CSV`.
    Csv(Csv),
    /// Delimited text.
    Delimited(Delimited),
    /// `FIXEDWIDTH`.
    FixedWidth(FixedWidth),
}

/// A record that was found at the start of some bytes.
#[derive(Debug)]
pub struct Found {
    /// Bytes of it, with its line end.
    pub length: usize,
    /// Bytes of it without.
    pub text: usize,
    /// Line ends in it, its own included.
    pub lines: u64,
    /// What is wrong with it; the fields before are there.
    pub problem: Option<Rejection>,
}

impl Text {
    /// The reader of a text format; `None` for the formats that are no text.
    pub fn of(format: &CopyFormat, options: &Options) -> Option<Self> {
        Some(match format {
            CopyFormat::Text { delimiter } => Self::Delimited(Delimited::new(*delimiter, options)),
            CopyFormat::Csv { delimiter, quote } => Self::Csv(Csv::new(*delimiter, *quote)),
            CopyFormat::FixedWidth(columns) => {
                Self::FixedWidth(FixedWidth::new(columns.iter().map(|column| column.width)))
            }
            _ => return None,
        })
    }

    /// The end of the last whole record of a block that begins with a record; `None` when the
    /// first one goes on beyond the block.
    pub fn cut(&self, block: &[u8]) -> Option<usize> {
        match self {
            Self::Csv(csv) => csv.cut(block),
            Self::Delimited(delimited) => delimited.cut(block),
            Self::FixedWidth(_) => last_newline(block),
        }
    }

    /// Reads the record at the start of `input`, which is not empty, into `row`.
    #[inline]
    pub fn record(&self, input: &[u8], row: &mut Row) -> Found {
        match self {
            Self::Csv(csv) => csv.record(input, row),
            Self::Delimited(delimited) => delimited.record(input, row),
            Self::FixedWidth(fixed) => fixed.record(input, row),
        }
    }
}

/// The end of the last line.
pub(crate) fn last_newline(block: &[u8]) -> Option<usize> {
    block.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1)
}

/// The length of a line's text: without `\n`, and without the `\r` before it.
pub(crate) fn without_return(line: &[u8]) -> usize {
    line.len() - usize::from(line.last() == Some(&b'\r'))
}

/// A line that breaks a rule.
pub(crate) fn invalid(reason: &str, column: usize, at: usize, value: &[u8]) -> Rejection {
    Rejection {
        code: INVALID_LINE,
        reason: reason.to_owned(),
        column: Some(column),
        position: at,
        value: value.to_vec(),
    }
}
