//! JSON files: objects or arrays one after the other, shredded into columns or kept whole.
//!
//! Strict JSON (RFC 8259) of at most 4 MB each (COPY from JSON format). No tree is built: one pass
//! over the bytes notes where each column's value stands. Of members with the same name the last
//! one counts; strings come as quoted fields, numbers, `true`, `false`, objects and arrays as
//! their text in the file. Start at [`Json`].

mod plan;
mod scan;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

use crate::jsonpath::{Path, Step};
use crate::record::{ReadError, Record, Records, Rejection};
use plan::{Mismatch, Plan, inside};
use scan::{Kind, Scanner, Stop, unescape};

/// The largest object, as COPY documents it: 4 MB.
pub const LARGEST: usize = 4 << 20;
/// Bytes read at a time; grows up to [`LARGEST`] with the objects.
const WINDOW: usize = 256 << 10;
/// `err_code` of a line that is not what the format says: input line is not valid.
const NOT_VALID: u16 = 1216;

/// How objects become columns: the argument of `JSON` and of `AVRO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `'auto'`: members of the columns' names.
    Auto,
    /// `'auto ignorecase'`: members of the columns' names in any case.
    AutoIgnoreCase,
    /// `'noshred'`: the whole into the only column.
    NoShred,
    /// A JSONPaths file: a path for each column.
    Paths(Vec<Path>),
}

impl Shape {
    /// The path of each column.
    pub(crate) fn paths(&self, columns: &[String]) -> Vec<Path> {
        let member = |name: &String| vec![Step::Member(name.clone())];
        match self {
            Self::Auto => columns.iter().map(member).collect(),
            Self::AutoIgnoreCase => columns.iter().map(|c| member(&c.to_lowercase())).collect(),
            Self::NoShred => vec![Path::new()],
            Self::Paths(paths) => paths.clone(),
        }
    }

    pub(crate) fn folds_case(&self) -> bool {
        *self == Self::AutoIgnoreCase
    }
}

/// Finds the columns' values in JSON text.
pub(crate) struct Shredder {
    plan: Plan,
    text: Vec<u8>,
    /// Columns that take JSON: a string stays one.
    json: Vec<bool>,
}

impl Shredder {
    pub fn new(shape: &Shape, columns: &[String]) -> Self {
        Self {
            plan: Plan::new(&shape.paths(columns), shape.folds_case()),
            text: Vec::new(),
            json: Vec::new(),
        }
    }

    /// Says which columns are SUPER: their strings keep their quotes.
    pub fn keep_json(&mut self, columns: Vec<bool>) {
        self.json = columns;
    }

    /// Fills the fields of `record` from its own `raw`, one object or array.
    pub fn shred(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        let raw = std::mem::take(&mut record.raw);
        let mut scanner = Scanner { bytes: &raw, at: 0 };
        let read = self.plan.read(&mut scanner);
        let done = match (read, self.plan.mismatch) {
            (Err(Stop::Bad(at, why)), _) => Err(rejected(why.to_owned(), None, at)),
            (Err(Stop::More), _) => Err(rejected("a value has no end".into(), None, raw.len())),
            (Ok(()), Some(Mismatch { column, at, reason })) => {
                Err(rejected(reason.to_owned(), Some(column), at))
            }
            (Ok(()), None) => {
                self.push(&raw, record);
                Ok(true)
            }
        };
        record.raw = raw;
        done
    }

    /// Adds the values that the plan found in `raw`.
    fn push(&mut self, raw: &[u8], record: &mut Record) {
        for (column, slot) in self.plan.slots.iter().enumerate() {
            let Some(slot) = slot else {
                record.push_absent();
                continue;
            };
            let value = raw.get(slot.start..slot.end).unwrap_or_default();
            match slot.kind {
                Kind::Null => record.push_null(),
                Kind::Bare | Kind::Nested => record.push_text(value, false),
                Kind::String { .. } if self.json.get(column) == Some(&true) => {
                    record.push_text(value, true);
                }
                Kind::String { escaped: false } => record.push_text(inside(value), true),
                Kind::String { escaped: true } => {
                    self.text.clear();
                    unescape(inside(value), &mut self.text);
                    record.push_text(&self.text, true);
                }
            }
        }
    }
}

/// A reader of the objects of one file.
///
/// After a broken object reading goes on with the next line, as whatever follows on its own line
/// may still belong to it. What Redshift does there is not documented.
pub struct Json<R> {
    source: R,
    /// `window[at..filled]` was read and not yet consumed.
    window: Vec<u8>,
    at: usize,
    filled: usize,
    at_end: bool,
    /// The line of `at`, from 1.
    line: u64,
    /// Bytes of that line before `at`.
    line_start: usize,
    /// A broken object's line has not ended yet.
    skipping: bool,
    begun: bool,
    shredder: Shredder,
}

impl<R: Read> Json<R> {
    /// Reads `source` for the columns of these names.
    pub fn new(source: R, shape: &Shape, columns: &[String]) -> Self {
        Self {
            source,
            window: Vec::new(),
            at: 0,
            filled: 0,
            at_end: false,
            line: 1,
            line_start: 0,
            skipping: false,
            begun: false,
            shredder: Shredder::new(shape, columns),
        }
    }

    /// Says which columns are SUPER: their strings stay JSON.
    #[must_use]
    pub fn keeping_json(mut self, columns: Vec<bool>) -> Self {
        self.shredder.keep_json(columns);
        self
    }

    /// Reads more behind what is there, moving that to the front; `false` at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        self.window.copy_within(self.at..self.filled, 0);
        self.filled -= self.at;
        self.at = 0;
        if self.filled * 2 > self.window.len() || self.window.is_empty() {
            let larger = (self.window.len() * 2).clamp(WINDOW, LARGEST + WINDOW);
            self.window.resize(larger, 0);
        }
        let before = self.filled;
        while let Some(room) = self.window.get_mut(self.filled..).filter(|room| !room.is_empty()) {
            match self.source.read(room) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled > before)
    }

    fn unread(&self) -> &[u8] {
        self.window.get(self.at..self.filled).unwrap_or_default()
    }

    /// Passes `count` bytes and counts their lines.
    fn consume(&mut self, count: usize) {
        let passed = self.window.get(self.at..self.at + count).unwrap_or_default();
        match memchr::memrchr(b'\n', passed) {
            None => self.line_start += count,
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
                self.line_start = count - last - 1;
            }
        }
        self.at += count;
    }

    /// Passes white space and what is left of a broken object's line; `false` at the end.
    fn seek(&mut self) -> io::Result<bool> {
        loop {
            if self.unread().is_empty() && !self.fill()? {
                return Ok(false);
            }
            if !std::mem::replace(&mut self.begun, true)
                && self.unread().starts_with(b"\xef\xbb\xbf")
            {
                self.at += 3;
            }
            if self.skipping {
                let end = memchr::memchr(b'\n', self.unread());
                self.skipping = end.is_none();
                let count = end.map_or(self.unread().len(), |end| end + 1);
                self.consume(count);
                continue;
            }
            let white = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
            let count = self.unread().iter().take_while(white).count();
            self.consume(count);
            if !self.unread().is_empty() {
                return Ok(true);
            }
        }
    }

    /// Hands out the object that ends at `end`, or what is wrong with it.
    fn finish(&mut self, end: usize, record: &mut Record) -> Result<bool, ReadError> {
        let object = self.window.get(self.at..self.filled).unwrap_or_default();
        let raw = object.get(..end).unwrap_or_default();
        record.raw.extend_from_slice(raw);
        if let Some(Mismatch { column, at, reason }) = self.shredder.plan.mismatch {
            let position = self.line_start;
            self.consume(end);
            record.line = self.line;
            let position = position_in(&record.raw, at, position);
            let reason = reason.to_owned();
            let column = Some(column);
            return Err(rejected(reason, column, position));
        }
        self.shredder.push(raw, record);
        self.consume(end);
        record.line = self.line;
        Ok(true)
    }

    /// Passes a broken object as far as its line is there.
    fn reject(&mut self, at: usize, why: String, record: &mut Record) -> ReadError {
        let rest = self.unread().get(at..).unwrap_or_default();
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let raw = self.unread().get(..at + line).unwrap_or_default();
        record.raw.extend_from_slice(raw);
        let position = position_in(raw, at, self.line_start);
        // What begins a line and can begin an object is taken for the next one.
        let opens = matches!(rest.first(), Some(b'{' | b'['));
        let head = self.unread().get(..at).unwrap_or_default().trim_ascii_end();
        let fresh = opens && self.unread().get(head.len()..at).is_some_and(|b| b.contains(&b'\n'));
        self.consume(at);
        record.line = self.line;
        self.skipping = !fresh;
        rejected(why, None, position)
    }
}

/// Bytes from the start of the line to `at` in an object whose own line began `before` bytes
/// earlier.
fn position_in(raw: &[u8], at: usize, before: usize) -> usize {
    let head = raw.get(..at).unwrap_or(raw);
    memchr::memrchr(b'\n', head).map_or(before + head.len(), |newline| head.len() - newline - 1)
}

fn rejected(reason: String, column: Option<usize>, position: usize) -> ReadError {
    let value = Vec::new();
    ReadError::Rejected(Rejection { code: NOT_VALID, reason, column, position, value })
}

impl<R: Read> Records for Json<R> {
    fn next(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        record.clear();
        if !self.seek()? {
            return Ok(false);
        }
        loop {
            let bytes = self.window.get(self.at..self.filled).unwrap_or_default();
            let mut scanner = Scanner { bytes, at: 0 };
            let read = match bytes.first() {
                Some(b'{' | b'[') => self.shredder.plan.read(&mut scanner),
                _ => scanner.bad("expected an object or array"),
            };
            let end = scanner.at;
            match read {
                Ok(()) if end <= LARGEST => return self.finish(end, record),
                Err(Stop::Bad(at, why)) => {
                    return Err(self.reject(at, format!("Invalid JSON format: {why}"), record));
                }
                Err(Stop::More) if bytes.len() <= LARGEST => {
                    let there = bytes.len();
                    if !self.fill()? {
                        let why = "Invalid JSON format: the file ends inside an object".into();
                        return Err(self.reject(there, why, record));
                    }
                }
                Ok(()) | Err(Stop::More) => {
                    let why = format!("JSON object exceeds the max size of {LARGEST} bytes");
                    return Err(self.reject(LARGEST, why, record));
                }
            }
        }
    }
}
