//! Reading the log backwards, a block at a time.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::filter::AuditFilter;
use super::format::{self, AuditHeader};
use super::{AuditPosition, AuditRecord, segment_path};
use crate::StoreError;

/// Bytes read at once, and so about what a scan holds in memory.
const BLOCK_BYTES: usize = 256 * 1024;

/// The records of the log from the newest to the oldest, as of when the scan began.
///
/// A damaged record ends its segment with an error; the scan then goes on with the one before.
pub struct AuditScan {
    directory: PathBuf,
    filter: AuditFilter,
    /// Segments still to read, oldest first.
    segments: Vec<u64>,
    end: AuditPosition,
    open: Option<Segment>,
}

/// The part of a segment that is still to be read.
struct Segment {
    path: PathBuf,
    file: File,
    /// Where `unread` begins in the file; what lies before it is unread too.
    start: u64,
    unread: Vec<u8>,
}

impl AuditScan {
    pub(super) fn new(
        directory: PathBuf,
        mut segments: Vec<u64>,
        end: AuditPosition,
        filter: AuditFilter,
    ) -> Self {
        segments.retain(|segment| *segment <= end.segment);
        Self { directory, filter, segments, end, open: None }
    }

    /// The next wanted record of the open segment; `None` at its beginning.
    fn next_in_segment(&mut self) -> Result<Option<AuditRecord>, StoreError> {
        while let Some(segment) = &mut self.open {
            let Some((header, payload)) = segment.last_record()? else { break };
            if self.filter.ends_before(header.time_ms) {
                self.segments.clear();
                break;
            }
            if self.filter.wants(&header) {
                return Ok(Some(AuditRecord { header, payload }));
            }
        }
        self.open = None;
        Ok(None)
    }

    fn open_segment(&self, number: u64) -> Result<Option<Segment>, StoreError> {
        let path = segment_path(&self.directory, number);
        let read = |e| StoreError::io("read", &path, e);
        let file = File::open(&path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let at_end = number == self.end.segment;
        let start = if at_end { self.end.offset.min(length) } else { length };
        if self.filter.until_ms.is_some()
            && first_time(&file).is_some_and(|time| self.filter.begins_after(time))
        {
            return Ok(None);
        }
        Ok(Some(Segment { path, file, start, unread: Vec::new() }))
    }
}

/// The time of a segment's first record.
fn first_time(file: &File) -> Option<i64> {
    let mut head = [0; 4];
    file.read_exact_at(&mut head, 0).ok()?;
    let mut record = vec![0; format::length_of_first(&head)?];
    file.read_exact_at(&mut record, 0).ok()?;
    format::decode(&record).map(|(header, ..)| header.time_ms)
}

impl Segment {
    /// Takes the last unread record.
    fn last_record(&mut self) -> Result<Option<(AuditHeader, Vec<u8>)>, StoreError> {
        if !self.hold(format::SUFFIX_BYTES)? {
            return if self.unread.is_empty() { Ok(None) } else { Err(self.damaged()) };
        }
        let length = format::length_of_last(&self.unread).ok_or_else(|| self.damaged())?;
        if !self.hold(length)? {
            return Err(self.damaged());
        }
        let at = self.unread.len() - length;
        let record = self.unread.get(at..).and_then(format::decode);
        let record = record.filter(|(_, _, found)| *found == length);
        let (header, payload, _) = record.ok_or_else(|| self.damaged())?;
        let payload = payload.to_vec();
        self.unread.truncate(at);
        Ok(Some((header, payload)))
    }

    /// Reads on until `bytes` are in hand; answers false when there are not so many.
    fn hold(&mut self, bytes: usize) -> Result<bool, StoreError> {
        if self.unread.len() >= bytes {
            return Ok(true);
        }
        let wanted = (bytes - self.unread.len()).max(BLOCK_BYTES) as u64;
        let start = self.start.saturating_sub(wanted);
        let mut block = vec![0; usize::try_from(self.start - start).unwrap_or(usize::MAX)];
        let read = self.file.read_exact_at(&mut block, start);
        read.map_err(|e| StoreError::io("read", &self.path, e))?;
        block.append(&mut self.unread);
        self.start = start;
        self.unread = block;
        Ok(self.unread.len() >= bytes)
    }

    fn damaged(&self) -> StoreError {
        let at = self.start + self.unread.len() as u64;
        StoreError::DamagedAudit { path: self.path.clone(), offset: at }
    }
}

impl Iterator for AuditScan {
    type Item = Result<AuditRecord, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.open.is_none() {
                let number = self.segments.pop()?;
                match self.open_segment(number) {
                    Ok(segment) => self.open = segment,
                    Err(e) => return Some(Err(e)),
                }
            }
            match self.next_in_segment() {
                Ok(Some(record)) => return Some(Ok(record)),
                Ok(None) => {}
                Err(e) => {
                    self.open = None;
                    return Some(Err(e));
                }
            }
        }
    }
}
