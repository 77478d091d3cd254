//! Reading the log backwards, a segment at a time.

use std::fs;
use std::path::PathBuf;

use super::{AuditPosition, AuditRecord, format, segment_path};
use crate::StoreError;

/// The records of the log from the newest to the oldest, as of when the scan began.
pub struct AuditScan {
    directory: PathBuf,
    /// Segments still to read, oldest first.
    segments: Vec<u64>,
    end: AuditPosition,
    /// The segment in hand and where its unread records begin.
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl AuditScan {
    pub(super) fn new(
        directory: PathBuf,
        mut segments: Vec<u64>,
        end: AuditPosition,
    ) -> Result<Self, StoreError> {
        segments.retain(|segment| *segment <= end.segment);
        Ok(Self { directory, segments, end, bytes: Vec::new(), starts: Vec::new() })
    }

    fn load(&mut self, segment: u64) -> Result<(), StoreError> {
        let path = segment_path(&self.directory, segment);
        self.bytes = fs::read(&path).map_err(|e| StoreError::io("read", &path, e))?;
        if segment == self.end.segment {
            self.bytes.truncate(usize::try_from(self.end.offset).unwrap_or(usize::MAX));
        }
        let mut start = 0;
        for (_, raw) in format::decode_all(&self.bytes) {
            self.starts.push(start);
            start += raw.len();
        }
        Ok(())
    }
}

impl Iterator for AuditScan {
    type Item = Result<AuditRecord, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.starts.is_empty() {
            let segment = self.segments.pop()?;
            if let Err(e) = self.load(segment) {
                return Some(Err(e));
            }
        }
        let start = self.starts.pop()?;
        let (header, payload, _) = format::decode(self.bytes.get(start..)?)?;
        Some(Ok(AuditRecord { header, payload: payload.to_vec() }))
    }
}
