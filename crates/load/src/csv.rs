//! CSV: fields in quotes may hold anything, quotes doubled; white space between a delimiter and
//! a quote does not count (COPY › Data format parameters › CSV).
//!
//! A quote opens a field only where the field begins. A quote anywhere else in a field without
//! quotes, and anything but white space behind a closing quote, make the record invalid; it then
//! ends where it would have ended had the stray quote not been there. Start at [`Csv::record`].

use crate::row::Row;
use crate::text::{Found, invalid, last_newline, without_return};

/// `err_reason` of quotes in wrong places.
const BAD_QUOTES: &str = "Invalid quote formatting for CSV";

/// The reader of CSV.
#[derive(Debug, Clone)]
pub struct Csv {
    delimiter: u8,
    quote: u8,
}

/// Where a field ends.
struct End {
    /// The place of the delimiter, the line end or the end of the input.
    at: usize,
    /// Another field follows.
    more: bool,
}

impl Csv {
    /// A reader for this delimiter and this quote.
    pub fn new(delimiter: u8, quote: u8) -> Self {
        Self { delimiter, quote }
    }

    fn is_blank(&self, byte: u8) -> bool {
        (byte == b' ' || byte == b'\t') && byte != self.delimiter
    }

    pub(crate) fn record(&self, input: &[u8], row: &mut Row) -> Found {
        let (mut at, mut lines, mut broken) = (0, 0, None);
        let end = loop {
            let end = match self.opening(input, at) {
                None => self.plain(input, at, row, &mut broken),
                Some(open) => self.quoted(input, (at, open), row, &mut lines, &mut broken),
            };
            if !end.more {
                break end.at;
            }
            at = end.at + 1;
        };
        let has_end = end < input.len();
        let text = if has_end { without_return(input.get(..end).unwrap_or_default()) } else { end };
        lines += 1;
        let problem = broken.map(|(column, at)| {
            invalid(BAD_QUOTES, column, at, input.get(at..text).unwrap_or_default())
        });
        Found { length: end + usize::from(has_end), text, lines, problem }
    }

    /// Where the quote stands that opens the field at `at`.
    #[inline]
    fn opening(&self, input: &[u8], at: usize) -> Option<usize> {
        let rest = input.get(at..)?;
        let first = *rest.first()?;
        if first == self.quote {
            return Some(at);
        }
        if !self.is_blank(first) {
            return None;
        }
        let blanks = rest.iter().take_while(|&&byte| self.is_blank(byte)).count();
        (rest.get(blanks) == Some(&self.quote)).then_some(at + blanks)
    }

    #[inline]
    fn plain(
        &self,
        input: &[u8],
        at: usize,
        row: &mut Row,
        broken: &mut Option<(usize, usize)>,
    ) -> End {
        let rest = input.get(at..).unwrap_or_default();
        let special = |&byte: &u8| byte == self.delimiter || byte == b'\n' || byte == self.quote;
        let mut length = rest.iter().position(special).unwrap_or(rest.len());
        if rest.get(length) == Some(&self.quote) {
            broken.get_or_insert((row.len(), at));
            length = self.field_end(rest, length);
        }
        let end = at + length;
        match rest.get(length) {
            Some(&byte) if byte == self.delimiter => {
                row.push(at, end, false);
                End { at: end, more: true }
            }
            Some(_) => {
                let text = without_return(rest.get(..length).unwrap_or_default());
                row.push(at, at + text, false);
                End { at: end, more: false }
            }
            None => {
                row.push(at, end, false);
                End { at: end, more: false }
            }
        }
    }

    /// The next delimiter or line end.
    fn field_end(&self, rest: &[u8], from: usize) -> usize {
        let tail = rest.get(from..).unwrap_or_default();
        let ends = |&byte: &u8| byte == self.delimiter || byte == b'\n';
        tail.iter().position(ends).map_or(rest.len(), |found| from + found)
    }

    fn quoted(
        &self,
        input: &[u8],
        (field, open): (usize, usize),
        row: &mut Row,
        lines: &mut u64,
        broken: &mut Option<(usize, usize)>,
    ) -> End {
        let start = open + 1;
        let (mut at, mut copied, mut from) = (start, start, None);
        let close = loop {
            let rest = input.get(at..).unwrap_or_default();
            let Some(found) = rest.iter().position(|&byte| byte == self.quote) else {
                break None;
            };
            let quote = at + found;
            if input.get(quote + 1) != Some(&self.quote) {
                break Some(quote);
            }
            // A doubled quote: from here on the text is no longer what stands in the file.
            let buffer = row.scratch();
            from.get_or_insert(buffer.len());
            buffer.extend_from_slice(input.get(copied..=quote).unwrap_or_default());
            copied = quote + 2;
            at = copied;
        };
        let until = close.unwrap_or(input.len());
        if let Some(from) = from {
            row.scratch().extend_from_slice(input.get(copied..until).unwrap_or_default());
            row.push_scratch(from, field, true);
        } else {
            row.push(start, until, true);
        }
        *lines += newlines(input.get(start..until).unwrap_or_default());
        let Some(close) = close else {
            broken.get_or_insert((row.len().saturating_sub(1), field));
            return End { at: input.len(), more: false };
        };
        let end = self.field_end(input, close + 1);
        let behind = input.get(close + 1..end).unwrap_or_default();
        let more = input.get(end) == Some(&self.delimiter);
        let behind = if more { behind } else { behind.strip_suffix(b"\r").unwrap_or(behind) };
        if !behind.iter().all(|&byte| self.is_blank(byte)) {
            broken.get_or_insert((row.len().saturating_sub(1), field));
        }
        End { at: end, more }
    }

    pub(crate) fn cut(&self, block: &[u8]) -> Option<usize> {
        let mut last = None;
        let mut at = 0;
        loop {
            let rest = block.get(at..)?;
            let quote = rest.iter().position(|&byte| byte == self.quote);
            let outside = rest.get(..quote.unwrap_or(rest.len())).unwrap_or_default();
            last = last_newline(outside).map(|end| at + end).or(last);
            let Some(quote) = quote.map(|found| at + found) else { return last };
            at = quote + 1;
            if self.opens(block.get(..quote).unwrap_or_default()) {
                match self.closing(block, at) {
                    Some(close) => at = close + 1,
                    None => return last,
                }
            }
        }
    }

    /// Whether a quote behind these bytes opens a field.
    fn opens(&self, before: &[u8]) -> bool {
        let byte = before.iter().rev().find(|&&byte| !self.is_blank(byte));
        byte.is_none_or(|&byte| byte == self.delimiter || byte == b'\n')
    }

    fn closing(&self, block: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let found = block.get(at..)?.iter().position(|&byte| byte == self.quote)?;
            let quote = at + found;
            match block.get(quote + 1) {
                Some(&next) if next == self.quote => at = quote + 2,
                _ => return Some(quote),
            }
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}
