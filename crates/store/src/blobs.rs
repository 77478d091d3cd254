//! Blobs: written once, sealed, read by range, deleted when nothing refers to them.
//!
//! A blob is a file, or, up to [`INLINE_BYTES`], lies sealed in its own id and so in the record
//! that refers to it: a file would cost many times what it holds. Nobody outside sees which.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::frames::{FRAME_BYTES, FrameCipher, SEALED_FRAME_BYTES, TAG_BYTES};
use crate::state_dir::check_room;
use crate::{DataKey, Entropy, StoreError};

/// Free bytes below which no blob is begun: changes of records need room after the last object.
const RESERVE_BYTES: u64 = 32 * 1024 * 1024;

/// Plain bytes up to which a blob lies in its id: so many that a record with one still fits the
/// database's pages.
pub const INLINE_BYTES: usize = 2 * 1024;
/// What stands between a blob's name and its bytes in an id that holds them.
const INLINE: char = '.';

/// A blob: its random name, and with a small one its sealed bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(String);

impl BlobId {
    /// The blob's name: 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        self.0.split(INLINE).next().unwrap_or_default()
    }

    /// Whether the blob lies in a file of this name.
    pub fn is_file(&self) -> bool {
        !self.0.contains(INLINE)
    }

    /// The id that holds a sealed frame.
    fn holding(&self, sealed: &[u8]) -> Self {
        Self(format!("{}{INLINE}{}", self.0, STANDARD_NO_PAD.encode(sealed)))
    }

    /// The sealed frame that the id holds.
    fn held(&self) -> Option<io::Result<Vec<u8>>> {
        let (_, sealed) = self.0.split_once(INLINE)?;
        let damaged = |e| io::Error::new(io::ErrorKind::InvalidData, e);
        Some(STANDARD_NO_PAD.decode(sealed).map_err(damaged))
    }
}

/// The directory of blob files.
pub struct Blobs {
    root: PathBuf,
    entropy: Arc<dyn Entropy>,
    readers: Arc<Readers>,
}

/// How many readers each blob has, and whether it goes with the last of them: what is being read
/// stays readable to its end, without a file held open for every part of a large object.
#[derive(Default)]
struct Readers(Mutex<HashMap<BlobId, (usize, bool)>>);

impl Readers {
    fn lock(&self) -> MutexGuard<'_, HashMap<BlobId, (usize, bool)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, id: &BlobId) {
        self.lock().entry(id.clone()).or_default().0 += 1;
    }

    /// Whether somebody reads the blob; then it goes when they are done.
    fn defer(&self, id: &BlobId) -> bool {
        self.lock().get_mut(id).map(|(_, doomed)| *doomed = true).is_some()
    }

    /// Whether the blob is to go, now that a reader has left.
    fn leave(&self, id: &BlobId) -> bool {
        let mut readers = self.lock();
        let Some((count, doomed)) = readers.get_mut(id) else { return false };
        *count -= 1;
        let (last, doomed) = (*count == 0, *doomed);
        if last {
            readers.remove(id);
        }
        last && doomed
    }
}

impl Blobs {
    pub(crate) fn new(root: PathBuf, entropy: Arc<dyn Entropy>) -> Self {
        Self { root, entropy, readers: Arc::default() }
    }

    /// Starts a blob sealed under `key`. Nobody can find it before its id is committed in a
    /// record; dropped without [`BlobWriter::finish`], the file goes.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Io`].
    pub fn create(&self, key: &DataKey) -> Result<BlobWriter, StoreError> {
        check_room(&self.root, RESERVE_BYTES)?;
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        let id = BlobId(hex::encode(random));
        let path = self.path(&id);
        let cipher = FrameCipher::new(key, id.as_str())?;
        let (file, frame) = (None, Vec::new());
        Ok(BlobWriter { id, path, file, cipher, frame, index: 0, plain_bytes: 0, finished: false })
    }

    /// Opens the plain bytes `range` of a blob of `plain_bytes` bytes. The file itself is opened
    /// when its first byte is read; until the reader is dropped the blob is not deleted.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the blob is absent. Altered content is found while reading.
    pub fn open(
        &self,
        id: &BlobId,
        key: &DataKey,
        plain_bytes: u64,
        range: Range<u64>,
    ) -> Result<BlobReader, StoreError> {
        let cipher = FrameCipher::new(key, id.as_str())?;
        let source = match id.held() {
            Some(sealed) => {
                Source::Inline(sealed.map_err(|e| StoreError::io("open", &self.path(id), e))?)
            }
            None => {
                self.readers.enter(id);
                let (path, readers) = (self.path(id), Arc::clone(&self.readers));
                let held = Held { id: id.clone(), path, readers };
                fs::metadata(&held.path).map_err(|e| StoreError::io("open", &held.path, e))?;
                Source::File(held, None)
            }
        };
        let index = range.start / FRAME_BYTES as u64;
        Ok(BlobReader {
            source,
            cipher,
            last_index: plain_bytes.saturating_sub(1) / FRAME_BYTES as u64,
            index,
            skip: (range.start % FRAME_BYTES as u64) as usize,
            left: range.end.min(plain_bytes).saturating_sub(range.start),
            frame: Vec::new(),
            position: 0,
        })
    }

    /// Removes a blob, once nobody reads it any more; one that is gone already is fine.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn delete(&self, id: &BlobId) -> Result<(), StoreError> {
        if !id.is_file() || self.readers.defer(id) {
            return Ok(());
        }
        let path = self.path(id);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("delete", &path, e))
            }
            _ => Ok(()),
        }
    }

    /// Removes every blob that `is_referenced` does not know: what a killed process left behind.
    /// Call it before anything writes. Answers how many went.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn sweep(&self, is_referenced: &dyn Fn(&BlobId) -> bool) -> Result<u64, StoreError> {
        let mut removed = 0;
        for directory in entries(&self.root)? {
            for path in entries(&directory)? {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
                let id = BlobId(name.unwrap_or_default());
                if !is_referenced(&id) {
                    fs::remove_file(&path).map_err(|e| StoreError::io("delete", &path, e))?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        let name = id.as_str();
        self.root.join(name.get(..2).unwrap_or_default()).join(name)
    }
}

/// The directories of blobs come one by one, each with the first blob in it.
fn create_file(path: &Path) -> io::Result<File> {
    let open = || File::options().create_new(true).write(true).mode(0o600).open(path);
    match (open(), path.parent()) {
        (Err(e), Some(parent)) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(parent)?;
            open()
        }
        (opened, _) => opened,
    }
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let read = |e| StoreError::io("list", directory, e);
    fs::read_dir(directory)
        .map_err(read)?
        .map(|entry| entry.map(|e| e.path()).map_err(read))
        .collect()
}

/// Writes one blob, sealing a frame at a time: memory does not grow with the blob.
pub struct BlobWriter {
    id: BlobId,
    path: PathBuf,
    /// Made with the first frame that does not fit the id.
    file: Option<File>,
    cipher: FrameCipher,
    frame: Vec<u8>,
    index: u64,
    plain_bytes: u64,
    finished: bool,
}

impl BlobWriter {
    /// Seals the last frame; answers the blob's id and plain size in bytes.
    ///
    /// # Errors
    /// As of any write, for example on a full disk.
    pub fn finish(mut self) -> io::Result<(BlobId, u64)> {
        let id = if self.index == 0 && self.frame.len() <= INLINE_BYTES {
            self.cipher.seal(0, true, &mut self.frame).map_err(io::Error::other)?;
            self.id.holding(&self.frame)
        } else {
            self.flush_frame(true)?;
            self.id.clone()
        };
        self.finished = true;
        Ok((id, self.plain_bytes))
    }

    /// [`BlobWriter::finish`] for a blob that may yet not be wanted: dropped before
    /// [`HeldBlob::keep`], the file goes.
    ///
    /// # Errors
    /// As [`BlobWriter::finish`].
    pub fn finish_held(self) -> io::Result<HeldBlob> {
        let path = self.path.clone();
        let (id, plain_bytes) = self.finish()?;
        Ok(HeldBlob { id, path, plain_bytes, kept: false })
    }

    /// Plain bytes written so far.
    pub fn plain_bytes(&self) -> u64 {
        self.plain_bytes
    }

    fn flush_frame(&mut self, last: bool) -> io::Result<()> {
        self.cipher.seal(self.index, last, &mut self.frame).map_err(io::Error::other)?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(create_file(&self.path)?),
        };
        file.write_all(&self.frame)?;
        self.frame.clear();
        self.index += 1;
        Ok(())
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full frame waits for more bytes: only then is it known not to be the last.
        if self.frame.len() == FRAME_BYTES && !bytes.is_empty() {
            self.flush_frame(false)?;
        }
        let (taken, _) = bytes.split_at(bytes.len().min(FRAME_BYTES - self.frame.len()));
        if self.frame.capacity() < FRAME_BYTES && self.frame.len() + taken.len() > INLINE_BYTES {
            self.frame.reserve_exact(FRAME_BYTES + TAG_BYTES - self.frame.len());
        }
        self.frame.extend_from_slice(taken);
        self.plain_bytes += taken.len() as u64;
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if !self.finished && self.file.is_some() {
            // Best effort: the sweep at the next start finds what this leaves.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A whole blob that nothing refers to yet.
#[derive(Debug)]
pub struct HeldBlob {
    id: BlobId,
    path: PathBuf,
    plain_bytes: u64,
    kept: bool,
}

impl HeldBlob {
    /// Its plain bytes.
    pub fn plain_bytes(&self) -> u64 {
        self.plain_bytes
    }

    /// The blob, for the record that refers to it from now on.
    pub fn keep(mut self) -> BlobId {
        self.kept = true;
        self.id.clone()
    }
}

impl Drop for HeldBlob {
    fn drop(&mut self) {
        if !self.kept && self.id.is_file() {
            // Best effort: the sweep at the next start finds what this leaves.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Reads a range of one blob, opening a frame at a time.
pub struct BlobReader {
    source: Source,
    cipher: FrameCipher,
    last_index: u64,
    index: u64,
    /// Plain bytes of the next frame that lie before the range.
    skip: usize,
    left: u64,
    frame: Vec<u8>,
    position: usize,
}

/// Where the sealed frames are.
enum Source {
    /// The only frame.
    Inline(Vec<u8>),
    /// The file, opened when its first byte is read.
    File(Held, Option<File>),
}

/// Keeps a blob from being deleted.
struct Held {
    id: BlobId,
    path: PathBuf,
    readers: Arc<Readers>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.readers.leave(&self.id) {
            // Best effort: the sweep at the next start finds what this leaves.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl BlobReader {
    /// Plain bytes still to come.
    pub fn remaining(&self) -> u64 {
        self.left
    }

    fn next_frame(&mut self) -> io::Result<()> {
        match &mut self.source {
            Source::Inline(sealed) => self.frame = std::mem::take(sealed),
            Source::File(held, file) => {
                let file = match file {
                    Some(file) => file,
                    None => {
                        let mut opened = File::open(&held.path)?;
                        opened.seek(SeekFrom::Start(self.index * SEALED_FRAME_BYTES))?;
                        file.insert(opened)
                    }
                };
                self.frame.clear();
                // A short blob has one short frame, read without growing.
                let wanted = (self.skip as u64 + self.left).min(SEALED_FRAME_BYTES);
                self.frame.reserve(wanted as usize + 2 * TAG_BYTES);
                file.take(SEALED_FRAME_BYTES).read_to_end(&mut self.frame)?;
            }
        }
        let last = self.index == self.last_index;
        self.cipher
            .open(self.index, last, &mut self.frame)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        self.position = std::mem::take(&mut self.skip);
        self.index += 1;
        Ok(())
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        if self.position >= self.frame.len() {
            self.next_frame()?;
        }
        let available = self.frame.get(self.position..).unwrap_or_default();
        let wanted = buffer.len().min(self.left.try_into().unwrap_or(usize::MAX));
        let (available, _) = available.split_at(available.len().min(wanted));
        let count = available.len();
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.split_at_mut(count).0.copy_from_slice(available);
        self.position += count;
        self.left -= count as u64;
        Ok(count)
    }
}
