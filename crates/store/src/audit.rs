//! The append-only audit log: segments of records, each with a small header for fast filters.
//!
//! A record that belongs to a change carries the change's commit number. After a crash the
//! database tells the last durable commit; records beyond it are taken out again, so the log and
//! the state never disagree. Records of reads and refusals carry no number and always stay.
//!
//! Room for some thousand records is kept aside, so that reads are audited on a full disk too.

mod filter;
mod format;
mod scan;
#[cfg(test)]
mod tests;
mod walk;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
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

/// Bytes kept aside behind the end of the log.
const RESERVE_BYTES: u64 = 4 * 1024 * 1024;

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
    /// Up to where the file system has promised room.
    reserved: u64,
    /// Changes of an earlier opening of the database no longer come in.
    generation: u64,
}

impl Tail {
    /// Keeps room aside; on a file system that cannot, or a full disk, there is none.
    fn reserve(&mut self) {
        let offset = self.position.offset;
        if self.reserved < offset + RESERVE_BYTES / 2 {
            let flags = rustix::fs::FallocateFlags::KEEP_SIZE;
            if rustix::fs::fallocate(&self.file, flags, offset, RESERVE_BYTES).is_ok() {
                self.reserved = offset + RESERVE_BYTES;
            }
        }
    }
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
            let path = segment_path(&directory, segment);
            let end = take_out(&path, from, commit)?;
            cut(&path, end)?;
        }
        let tail = open_tail(&directory, newest.max(position.segment), 0)?;
        Ok(Self { directory, tail: Mutex::new(tail) })
    }

    /// Takes out what came after `commit`, and lets no change in but those of `generation`.
    pub(crate) fn go_back(
        &self,
        generation: u64,
        commit: u64,
        position: AuditPosition,
    ) -> Result<(), StoreError> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.generation = generation;
        for segment in position.segment..=tail.position.segment {
            let from = if segment == position.segment { position.offset } else { 0 };
            take_out(&segment_path(&self.directory, segment), from, commit)?;
        }
        Ok(())
    }

    /// Appends records in one write, those of a change with its generation and commit number;
    /// answers where the log ends now.
    pub(crate) fn append(
        &self,
        change: Option<(u64, u64)>,
        records: &[AuditRecord],
    ) -> Result<AuditPosition, StoreError> {
        let (generation, commit) = change.unzip();
        let commit = commit.unwrap_or(0);
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if generation.is_some_and(|generation| generation != tail.generation) {
            return Err(StoreError::Halted("the disk failed".to_owned()));
        }
        if records.is_empty() {
            return Ok(tail.position);
        }
        let mut bytes = Vec::new();
        records.iter().for_each(|record| encode(commit, record, &mut bytes));
        if tail.position.offset >= SEGMENT_BYTES {
            tail.file.sync_data().map_err(|e| StoreError::io("sync", &self.directory, e))?;
            *tail = open_tail(&self.directory, tail.position.segment + 1, tail.generation)?;
        }
        tail.reserve();
        let offset = tail.position.offset;
        if let Err(e) = tail.file.write_all(&bytes) {
            // Half a record must not stay before the next one: back to the last whole end.
            let _ = tail.file.set_len(offset);
            tail.reserved = offset;
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

fn open_tail(directory: &Path, segment: u64, generation: u64) -> Result<Tail, StoreError> {
    let path = segment_path(directory, segment);
    let open = |e| StoreError::io("open", &path, e);
    let file = File::options().create(true).append(true).mode(0o600).open(&path).map_err(open)?;
    let offset = file.metadata().map_err(open)?.len();
    let position = AuditPosition { segment, offset };
    let mut tail = Tail { file, position, reserved: 0, generation };
    tail.reserve();
    Ok(tail)
}

/// Takes out the records of a segment behind `from` that never became durable, in place; answers
/// where its last whole record ends.
fn take_out(path: &Path, from: u64, commit: u64) -> Result<u64, StoreError> {
    let (read, write) = (|e| StoreError::io("read", path, e), |e| StoreError::io("write", path, e));
    let mut segment = match File::open(path) {
        Ok(segment) => segment,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(read(e)),
    };
    let mut open = Vec::new();
    let mut end = from.min(segment.metadata().map_err(read)?.len());
    segment.seek(SeekFrom::Start(end)).map_err(read)?;
    segment.read_to_end(&mut open).map_err(read)?;
    let mut file = None;
    for (header, raw) in format::decode_all(&open) {
        if header.commit > commit
            && header.commit != format::VOID
            && let Some((at, mark)) = format::void(raw)
        {
            let file = match &mut file {
                Some(file) => file,
                none => none.insert(File::options().write(true).open(path).map_err(write)?),
            };
            file.write_all_at(&mark, end + at).map_err(write)?;
        }
        end += raw.len() as u64;
    }
    file.map_or(Ok(()), |file| file.sync_data()).map_err(write)?;
    Ok(end)
}

/// Cuts off a record that a killed process wrote half of.
fn cut(path: &Path, end: u64) -> Result<(), StoreError> {
    match fs::metadata(path) {
        Ok(facts) if facts.len() > end => File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_len(end))
            .map_err(|e| StoreError::io("cut", path, e)),
        _ => Ok(()),
    }
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
