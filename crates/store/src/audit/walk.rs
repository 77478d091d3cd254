//! Reading the log forwards, from a place that was once its end.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::path::PathBuf;

use super::{AuditPosition, AuditRecord, format, segment_path};
use crate::StoreError;

/// Bytes read at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// The records of the log from a place on, oldest first, as of when the walk began, each with
/// the place behind it. It ends at a damaged record with an error.
pub struct AuditWalk {
    directory: PathBuf,
    at: AuditPosition,
    end: AuditPosition,
    open: Option<BufReader<Take<File>>>,
}

impl AuditWalk {
    pub(super) fn new(directory: PathBuf, at: AuditPosition, end: AuditPosition) -> Self {
        Self { directory, at, end, open: None }
    }

    fn path(&self) -> PathBuf {
        segment_path(&self.directory, self.at.segment)
    }

    fn open(&self) -> Result<BufReader<Take<File>>, StoreError> {
        let path = self.path();
        let read = |e| StoreError::io("read", &path, e);
        let mut file = File::open(&path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let last = self.at.segment == self.end.segment;
        let end = if last { self.end.offset } else { length };
        file.seek(SeekFrom::Start(self.at.offset)).map_err(read)?;
        let rest = file.take(end.saturating_sub(self.at.offset));
        Ok(BufReader::with_capacity(BLOCK_BYTES, rest))
    }

    /// The next record of the segment; `None` at its end.
    fn next_in_segment(&mut self) -> Result<Option<AuditRecord>, StoreError> {
        let mut reader = match self.open.take() {
            Some(reader) => reader,
            None => self.open()?,
        };
        let path = self.path();
        let read = |e| StoreError::io("read", &path, e);
        let damaged = || StoreError::DamagedAudit { path: path.clone(), offset: self.at.offset };
        let mut raw = Vec::new();
        if reader.by_ref().take(4).read_to_end(&mut raw).map_err(read)? == 0 {
            return Ok(None);
        }
        let length = format::length_of_first(&raw).ok_or_else(damaged)?;
        let rest = (length - raw.len()) as u64;
        reader.by_ref().take(rest).read_to_end(&mut raw).map_err(read)?;
        let (header, payload, _) = format::decode(&raw).ok_or_else(damaged)?;
        let payload = payload.to_vec();
        self.at.offset += length as u64;
        self.open = Some(reader);
        Ok(Some(AuditRecord { header, payload }))
    }
}

impl Iterator for AuditWalk {
    type Item = Result<(AuditRecord, AuditPosition), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.end {
            match self.next_in_segment() {
                Ok(Some(record)) if record.header.commit == format::VOID => {}
                Ok(Some(record)) => return Some(Ok((record, self.at))),
                Ok(None) if self.at.segment == self.end.segment => return None,
                Ok(None) => self.at = AuditPosition { segment: self.at.segment + 1, offset: 0 },
                Err(e) => {
                    self.at = self.end;
                    return Some(Err(e));
                }
            }
        }
        None
    }
}
