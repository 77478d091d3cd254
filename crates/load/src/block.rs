//! Text files block by block: [`Blocks`] cuts a stream into runs of whole records, [`parse`]
//! makes a batch of one of them. Blocks of one file can be parsed beside each other; line numbers
//! count from the block's beginning.

use std::io::{self, Read};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use crate::convert::Converter;
use crate::options::Options;
use crate::record::{Field, ReadError, Rejection};
use crate::row::Row;
use crate::target::Target;
use crate::text::Text;

/// Bytes of a block that is not one long record.
pub const BLOCK: usize = 1 << 20;
/// A record at most (COPY › Usage notes: the row size limit).
pub const MAX_RECORD: usize = 4 << 20;
/// Bytes of a line that `STL_LOAD_ERRORS.raw_line` keeps, and of a value.
pub const KEPT: usize = 1024;
/// `err_code` of a line without data.
const NO_DATA: u16 = 1211;

/// Some whole records of a file.
#[derive(Debug)]
pub struct Block {
    /// The records, the last one perhaps without its line end.
    pub bytes: Vec<u8>,
    /// Lines that were skipped before it: the file's header.
    pub skipped: u64,
    /// Where it begins in the uncompressed file, in bytes.
    pub offset: u64,
}

/// Cuts a stream into blocks.
pub struct Blocks {
    source: Box<dyn Read + Send>,
    text: Text,
    pending: Vec<u8>,
    header: u64,
    skipped: u64,
    offset: u64,
    size: usize,
    ended: bool,
    begun: bool,
}

impl Blocks {
    /// The blocks of a file whose first lines are skipped.
    pub fn new(source: Box<dyn Read + Send>, text: Text, ignore_header: u64) -> Self {
        Self::sized(source, text, ignore_header, BLOCK)
    }

    /// The same with blocks of about `size` bytes.
    pub fn sized(source: Box<dyn Read + Send>, text: Text, header: u64, size: usize) -> Self {
        Self {
            source,
            text,
            pending: Vec::new(),
            header,
            skipped: 0,
            offset: 0,
            size: size.max(1),
            ended: false,
            begun: false,
        }
    }

    /// The next block, `None` at the end.
    ///
    /// # Errors
    /// The source's, and [`ReadError::Broken`] for a record longer than [`MAX_RECORD`].
    #[allow(clippy::should_implement_trait, reason = "it fails, and ends for good when it does")]
    pub fn next(&mut self) -> Result<Option<Block>, ReadError> {
        let mut wanted = self.size;
        loop {
            self.fill(wanted)?;
            if self.header > 0 && self.skip_header() {
                continue;
            }
            if self.pending.is_empty() {
                match self.ended {
                    true => return Ok(None),
                    false => continue,
                }
            }
            let cut =
                if self.ended { Some(self.pending.len()) } else { self.text.cut(&self.pending) };
            if let Some(cut) = cut {
                let rest = self.pending.split_off(cut);
                let bytes = std::mem::replace(&mut self.pending, rest);
                let offset = self.offset;
                self.offset += bytes.len() as u64;
                return Ok(Some(Block {
                    bytes,
                    skipped: std::mem::take(&mut self.skipped),
                    offset,
                }));
            }
            if self.pending.len() > MAX_RECORD {
                return Err(ReadError::Broken(String::from("The size of a row exceeds 4 MB")));
            }
            wanted = (self.pending.len() * 2).min(MAX_RECORD + 1);
        }
    }

    /// Reads until so many bytes are pending or the file ends.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        while self.pending.len() < wanted && !self.ended {
            let before = self.pending.len();
            let missing = (wanted - before) as u64;
            self.pending.reserve_exact(wanted - before);
            let count = self.source.by_ref().take(missing).read_to_end(&mut self.pending)?;
            self.ended = count == 0;
        }
        if !self.begun && (self.pending.len() >= 3 || self.ended) {
            self.begun = true;
            // A byte-order mark is no part of the first field.
            if self.pending.starts_with(b"\xef\xbb\xbf") {
                self.pending.drain(..3);
                self.offset = 3;
            }
        }
        Ok(())
    }

    /// Skips header lines that are pending; whether more must be read for it.
    fn skip_header(&mut self) -> bool {
        let mut at = 0;
        while self.header > 0 {
            let rest = self.pending.get(at..).unwrap_or_default();
            let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { break };
            at += end + 1;
            self.header -= 1;
            self.skipped += 1;
        }
        if self.header > 0 && self.ended {
            // The file has fewer lines than its header should have.
            at = self.pending.len();
            self.header = 0;
        } else if self.header > 0 {
            // Whatever stands in an endless header line is not needed.
            at = self.pending.len();
        }
        self.pending.drain(..at);
        self.offset += at as u64;
        self.header > 0 || self.pending.is_empty() && !self.ended
    }
}

/// What became of a block.
#[derive(Debug)]
pub struct Parsed {
    /// Its good rows.
    pub batch: RecordBatch,
    /// Lines of it, whether loaded or not.
    pub lines: u64,
    /// The records that are not loaded.
    pub bad: Vec<Bad>,
    /// Bad records beyond those that are listed.
    pub unlisted: u64,
    /// Where `ACCEPTINVCHARS` replaced bytes.
    pub replaced: Vec<Replaced>,
}

/// A record that cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Its last line, from 1 at the block's beginning.
    pub line: u64,
    /// Where it begins, in bytes from the block's beginning.
    pub offset: u64,
    /// Its text, cut off at [`KEPT`] bytes.
    pub raw: Vec<u8>,
    /// What is wrong.
    pub rejection: Rejection,
    /// Its fields up to the bad one; `None` for a null.
    pub fields: Vec<Option<Vec<u8>>>,
}

impl Bad {
    /// A rejection with the fields that led to it.
    pub fn new<'f>(
        (line, offset, raw): (u64, u64, &[u8]),
        mut rejection: Rejection,
        fields: impl Iterator<Item = Field<'f>>,
    ) -> Self {
        let kept = |bytes: &[u8]| bytes.get(..KEPT).unwrap_or(bytes).to_vec();
        rejection.value = kept(&rejection.value);
        let fields = fields.take(rejection.column.map_or(0, |column| column + 1));
        let value = |field| match field {
            Field::Text { bytes, .. } => Some(kept(bytes)),
            Field::Null | Field::Absent => None,
        };
        Self { line, offset, raw: kept(raw), fields: fields.map(value).collect(), rejection }
    }
}

/// A value in which bytes were replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// The line, from 1 at the block's beginning.
    pub line: u64,
    /// Index of the column.
    pub column: usize,
}

/// Makes a batch of a block. With a limit it goes no further than so many bad records: the load
/// fails then anyway. Without, so many are listed and the others counted.
///
/// # Errors
/// A fault of our own.
pub fn parse(
    text: &Text,
    targets: &[Target],
    options: &Options,
    block: &[u8],
) -> Result<Parsed, ArrowError> {
    let mut converter = Converter::new(targets, options);
    let mut parsed = Listed::default();
    let (mut row, mut at, mut lines) = (Row::default(), 0, 0);
    while let Some(rest) = block.get(at..).filter(|rest| !rest.is_empty()) {
        row.clear();
        let found = text.record(rest, &mut row);
        let record = rest.get(..found.text).unwrap_or_default();
        lines += found.lines;
        let result = match found.problem {
            Some(problem) => Err(problem),
            None if record.is_empty() && options.ignore_blank_lines => {
                at += found.length;
                continue;
            }
            None if record.is_empty() && targets.len() > 1 && !options.fill_record => {
                Err(no_data())
            }
            None => {
                row.drop_trailing(text, targets.len());
                converter.push(row.fields(record))
            }
        };
        parsed
            .replaced
            .extend(converter.replaced().iter().map(|&column| Replaced { line: lines, column }));
        if let Err(rejection) = result {
            let fields = row.fields(record).map(|(field, _)| field);
            let bad = || Bad::new((lines, at as u64, record), rejection, fields);
            if parsed.add(bad, options.max_errors) {
                break;
            }
        }
        at += found.length;
    }
    let Listed { bad, unlisted, replaced } = parsed;
    Ok(Parsed { batch: converter.finish()?, lines, bad, unlisted, replaced })
}

/// Bad records listed of one block when none of them ends the load.
const LISTED: usize = 1000;

#[derive(Default)]
struct Listed {
    bad: Vec<Bad>,
    unlisted: u64,
    replaced: Vec<Replaced>,
}

impl Listed {
    /// Adds a bad record; whether there are enough of them to end the load.
    fn add(&mut self, bad: impl FnOnce() -> Bad, max_errors: Option<u64>) -> bool {
        match max_errors {
            None if self.bad.len() >= LISTED => self.unlisted += 1,
            _ => self.bad.push(bad()),
        }
        max_errors.is_some_and(|most| self.bad.len() as u64 >= most)
    }
}

fn no_data() -> Rejection {
    Rejection {
        code: NO_DATA,
        reason: String::from("Line contained no data"),
        column: None,
        position: 0,
        value: Vec::new(),
    }
}
