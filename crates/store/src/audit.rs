//! The append-only audit log: segments of records, each with a small header for fast filters.
//!
//! A record that belongs to a change carries the change's commit number. After a crash the
//! database tells the last durable commit; records beyond it are taken out again, so the log and
//! the state never disagree. Records of reads and refusals carry no number and always stay.

mod filter;
mod format;
mod scan;
#[cfg(test)]
mod tests;
mod walk;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub use filter::AuditFilter;
pub use format::{AuditHeader, AuditRecord, mark};
pub use scan::AuditScan;
pub use walk::AuditWalk;

use serde::{Deserialize, Serialize};

use crate::StoreError;
use format::encode;

/// A segment that has reached this many bytes is followed by a new one.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// A place in the log: segment number and byte offset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AuditPosition {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

impl AuditPosition {
    /// Bytes of the log from an earlier place to this one; a whole segment at least when another
    /// one begins in between.
    pub fn bytes_since(self, earlier: Self) -> u64 {
        if self.segment == earlier.segment {
            return self.offset.saturating_sub(earlier.offset);
        }
        self.segment.saturating_sub(earlier.segment).saturating_mul(SEGMENT_BYTES)
    }

    /// The bytes kept in the database: commit number, segment, offset.
    pub(crate) fn with_commit(self, commit: u64) -> Vec<u8> {
        [commit, self.segment, self.offset].iter().flat_map(|n| n.to_be_bytes()).collect()
    }

    /// The inverse of [`AuditPosition::with_commit`]; anything else counts as the beginning.
    pub(crate) fn decode(bytes: &[u8]) -> (u64, Self) {
        let mut numbers =
            bytes.chunks_exact(8).map(|c| c.iter().fold(0, |n, b| (n << 8) | u64::from(*b)));
        let mut next = || numbers.next().unwrap_or(0);
        (next(), Self { segment: next(), offset: next() })
    }
}

struct Tail {
    file: File,
    position: AuditPosition,
}

/// The log, open at its end.
pub(crate) struct AuditLog {
    directory: PathBuf,
    tail: Mutex<Tail>,
}

impl AuditLog {
    /// Opens the log and takes out what lies behind `position` with a commit number above
    /// `commit`, and a record that was cut short.
    pub(crate) fn open(
        directory: PathBuf,
        commit: u64,
        position: AuditPosition,
    ) -> Result<Self, StoreError> {
        let newest = segments(&directory)?.last().copied().unwrap_or(0);
        // Only the segments from the last durable commit on can hold records to take out.
        for segment in position.segment..=newest {
            let from = if segment == position.segment { position.offset } else { 0 };
            mend(&segment_path(&directory, segment), from, commit)?;
        }
        let tail = open_tail(&directory, newest.max(position.segment))?;
        Ok(Self { directory, tail: Mutex::new(tail) })
    }

    /// Appends records in one write; answers where the log ends now.
    pub(crate) fn append(
        &self,
        commit: u64,
        records: &[AuditRecord],
    ) -> Result<AuditPosition, StoreError> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if records.is_empty() {
            return Ok(tail.position);
        }
        let bytes: Vec<u8> = records.iter().flat_map(|record| encode(commit, record)).collect();
        if tail.position.offset >= SEGMENT_BYTES {
            tail.file.sync_data().map_err(|e| StoreError::io("sync", &self.directory, e))?;
            *tail = open_tail(&self.directory, tail.position.segment + 1)?;
        }
        let offset = tail.position.offset;
        if let Err(e) = tail.file.write_all(&bytes) {
            // Half a record must not stay before the next one: back to the last whole end.
            let _ = tail.file.set_len(offset);
            return Err(StoreError::io("append to", &self.directory, e));
        }
        tail.position.offset += bytes.len() as u64;
        Ok(tail.position)
    }

    /// Synchronises the open segment to disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        let file = {
            let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
            tail.file.try_clone()
        };
        file.and_then(|f| f.sync_data()).map_err(|e| StoreError::io("sync", &self.directory, e))
    }

    /// Newest to oldest.
    pub(crate) fn scan(&self, filter: AuditFilter) -> Result<AuditScan, StoreError> {
        let end = self.end();
        Ok(AuditScan::new(self.directory.clone(), segments(&self.directory)?, end, filter))
    }

    /// Oldest to newest, from a place that the log had as its end.
    pub(crate) fn walk(&self, from: AuditPosition) -> AuditWalk {
        AuditWalk::new(self.directory.clone(), from, self.end())
    }

    /// Where the log ends now.
    pub(crate) fn end(&self) -> AuditPosition {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).position
    }
}

fn open_tail(directory: &Path, segment: u64) -> Result<Tail, StoreError> {
    let path = segment_path(directory, segment);
    let open = |e| StoreError::io("open", &path, e);
    let file = File::options().create(true).append(true).mode(0o600).open(&path).map_err(open)?;
    let offset = file.metadata().map_err(open)?.len();
    Ok(Tail { file, position: AuditPosition { segment, offset } })
}

/// Rewrites a segment from `from` on without the records that never became durable.
fn mend(path: &Path, from: u64, commit: u64) -> Result<(), StoreError> {
    let read = |e| StoreError::io("read", path, e);
    let mut segment = match File::open(path) {
        Ok(segment) => segment,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(read(e)),
    };
    let mut open = Vec::new();
    segment.seek(SeekFrom::Start(from)).map_err(read)?;
    segment.read_to_end(&mut open).map_err(read)?;
    let kept: Vec<u8> = format::decode_all(&open)
        .filter(|(header, _)| header.commit <= commit)
        .flat_map(|(_, raw)| raw.to_vec())
        .collect();
    if kept.len() == open.len() {
        return Ok(());
    }
    let temporary = path.with_extension("new");
    let write = |e| StoreError::io("write", path, e);
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(write)?;
    segment.rewind().map_err(read)?;
    std::io::copy(&mut segment.take(from), &mut file).map_err(write)?;
    file.write_all(&kept).map_err(write)?;
    file.sync_all().map_err(write)?;
    fs::rename(&temporary, path).map_err(write)
}

/// The numbers of the segments, in order.
fn segments(directory: &Path) -> Result<Vec<u64>, StoreError> {
    let list = |e| StoreError::io("list", directory, e);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory).map_err(list)? {
        let name = entry.map_err(list)?.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(".log")).map(str::parse::<u64>);
        numbers.extend(number.and_then(Result::ok));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn segment_path(directory: &Path, segment: u64) -> PathBuf {
    directory.join(format!("{segment:08}.log"))
}
