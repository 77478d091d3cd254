//! Delimited text: a line is a record; `ESCAPE` and `REMOVEQUOTES` protect delimiters in values
//! (COPY › Data conversion parameters). Start at [`Delimited::record`].

use crate::options::Options;
use crate::row::Row;
use crate::text::{Found, invalid, last_newline, without_return};

/// `err_reason` of a quote that is not closed.
const UNCLOSED: &str = "Quoted string is not terminated";

/// The reader of delimited text.
#[derive(Debug, Clone)]
pub struct Delimited {
    delimiter: u8,
    escape: bool,
    remove_quotes: bool,
    null_as: Vec<u8>,
}

impl Delimited {
    /// A reader for this delimiter under a statement's options.
    pub fn new(delimiter: u8, options: &Options) -> Self {
        Self {
            delimiter,
            escape: options.escape,
            remove_quotes: options.remove_quotes,
            null_as: options.null_as.clone(),
        }
    }

    pub(crate) fn cut(&self, block: &[u8]) -> Option<usize> {
        let mut end = last_newline(block)?;
        while self.escape && is_escaped(block, end - 1) {
            end = last_newline(block.get(..end - 1)?)?;
        }
        Some(end)
    }

    #[inline]
    pub(crate) fn record(&self, input: &[u8], row: &mut Row) -> Found {
        if !self.escape && !self.remove_quotes {
            return self.simple(input, row);
        }
        let (end, lines) = self.line_end(input);
        let line = input.get(..end).unwrap_or_default();
        let has_end = end < input.len();
        let mut text = if has_end { without_return(line) } else { end };
        if text < end && self.escape && is_escaped(line, text) {
            text = end;
        }
        let line = line.get(..text).unwrap_or_default();
        let problem = self
            .fields(line, row)
            .err()
            .map(|at| invalid(UNCLOSED, row.len(), at, line.get(at..).unwrap_or_default()));
        Found { length: end + usize::from(has_end), text, lines: lines + 1, problem }
    }

    /// Nothing protects anything: fields are what stands between delimiters.
    #[inline]
    fn simple(&self, input: &[u8], row: &mut Row) -> Found {
        let mut start = 0;
        loop {
            let rest = input.get(start..).unwrap_or_default();
            let special = |&byte: &u8| byte == self.delimiter || byte == b'\n';
            let length = rest.iter().position(special);
            let end = start + length.unwrap_or(rest.len());
            match length.and_then(|at| rest.get(at)) {
                Some(&b'\n') => {
                    let field = input.get(start..end).unwrap_or_default();
                    let text = start + without_return(field);
                    row.push(start, text, false);
                    return Found { length: end + 1, text, lines: 1, problem: None };
                }
                Some(_) => row.push(start, end, false),
                None => {
                    row.push(start, end, false);
                    return Found { length: end, text: end, lines: 1, problem: None };
                }
            }
            start = end + 1;
        }
    }

    /// Where the line ends, and how many escaped line ends it holds.
    fn line_end(&self, input: &[u8]) -> (usize, u64) {
        let (mut at, mut lines) = (0, 0);
        loop {
            let rest = input.get(at..).unwrap_or_default();
            let Some(found) = rest.iter().position(|&byte| byte == b'\n') else {
                return (input.len(), lines);
            };
            let end = at + found;
            if !(self.escape && is_escaped(input, end)) {
                return (end, lines);
            }
            lines += 1;
            at = end + 1;
        }
    }

    /// The fields of a line; the place of the field whose quote is not closed, if any.
    fn fields(&self, line: &[u8], row: &mut Row) -> Result<(), usize> {
        let mut start = 0;
        loop {
            let quote = line
                .get(start)
                .copied()
                .filter(|byte| self.remove_quotes && (*byte == b'"' || *byte == b'\''));
            let end = match quote {
                Some(quote) => {
                    let close = self.closing(line, start + 1, quote).ok_or(start)?;
                    self.push(line, (start + 1, close), start, true, row);
                    close + 1
                }
                None => {
                    let end = self.delimiter_from(line, start);
                    self.push(line, (start, end), start, false, row);
                    end
                }
            };
            if end >= line.len() {
                return Ok(());
            }
            start = end + 1;
        }
    }

    /// The quote that closes a field: the delimiter or the line's end stands behind it.
    fn closing(&self, line: &[u8], from: usize, quote: u8) -> Option<usize> {
        let mut escaped = false;
        let tail = line.get(from..)?;
        for (index, &byte) in tail.iter().enumerate() {
            let next = tail.get(index + 1);
            let ends = next.is_none_or(|&next| next == self.delimiter);
            if byte == quote && ends && !escaped {
                return Some(from + index);
            }
            escaped = self.escape && byte == b'\\' && !escaped;
        }
        None
    }

    fn delimiter_from(&self, line: &[u8], from: usize) -> usize {
        let mut escaped = false;
        for (index, &byte) in line.get(from..).unwrap_or_default().iter().enumerate() {
            if byte == self.delimiter && !escaped {
                return from + index;
            }
            escaped = self.escape && byte == b'\\' && !escaped;
        }
        line.len()
    }

    fn push(
        &self,
        line: &[u8],
        (start, end): (usize, usize),
        at: usize,
        quoted: bool,
        row: &mut Row,
    ) {
        let text = line.get(start..end).unwrap_or_default();
        if !self.escape || !text.contains(&b'\\') {
            row.push(start, end, quoted);
        } else if !quoted && text == self.null_as {
            // `\N` is the sign of NULL, not an escaped N.
            row.push_null(at);
        } else {
            let scratch = row.scratch();
            let from = scratch.len();
            let mut escaped = false;
            for &byte in text {
                escaped = byte == b'\\' && !escaped;
                if !escaped {
                    scratch.push(byte);
                }
            }
            // What had to be unescaped is never the sign of NULL.
            row.push_scratch(from, at, true);
        }
    }
}

/// Whether an odd number of backslashes stands before `at`.
fn is_escaped(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}
