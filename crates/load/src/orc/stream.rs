//! One stream of a stripe: compressed blocks, unpacked one at a time (ORC specification v1 ›
//! Compression).
//!
//! Memory is one block and what is read ahead, whatever the stream's length. Start at [`Stream`].

use std::io::{self, Read};
use std::sync::Arc;

use crate::target::ReadAt;

/// Bytes read from the file at a time, at least.
const READ: u64 = 64 << 10;
/// The largest block that is unpacked; writers use 64 to 256 KiB.
pub(super) const LARGEST_BLOCK: usize = 16 << 20;

/// Why a stream ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The file contradicts itself.
    #[error("{0}")]
    Damaged(&'static str),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Broken {
    pub const SHORT: Self = Self::Damaged("the file is cut off");
}

pub(super) type Damage<T> = Result<T, Broken>;

/// How blocks are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Zlib,
    Snappy,
    Zstd,
}

/// How a file's blocks are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    pub codec: Codec,
    /// The most that a block unpacks to.
    pub block: usize,
}

/// Reads a part of a file forward.
pub(super) struct Stream {
    source: Arc<dyn ReadAt>,
    packing: Packing,
    at: u64,
    end: u64,
    ahead: Vec<u8>,
    ahead_at: usize,
    block: Vec<u8>,
    block_at: usize,
}

impl Stream {
    /// The `length` bytes from `offset` on. Refuses what is not there.
    pub fn new(
        source: &Arc<dyn ReadAt>,
        packing: Packing,
        offset: u64,
        length: u64,
    ) -> Damage<Self> {
        let end = offset.checked_add(length).filter(|end| *end <= source.size());
        Ok(Self {
            source: Arc::clone(source),
            packing,
            at: offset,
            end: end.ok_or(Broken::SHORT)?,
            ahead: Vec::new(),
            ahead_at: 0,
            block: Vec::new(),
            block_at: 0,
        })
    }

    /// Unpacks everything, at most `most` bytes.
    pub fn whole(mut self, most: usize) -> Damage<Vec<u8>> {
        let mut whole = Vec::new();
        while self.fill()? {
            whole.extend_from_slice(self.rest());
            self.block_at = self.block.len();
            if whole.len() > most {
                return Err(Broken::Damaged("a description is too large"));
            }
        }
        Ok(whole)
    }

    fn rest(&self) -> &[u8] {
        self.block.get(self.block_at..).unwrap_or_default()
    }

    /// The next byte.
    pub fn byte(&mut self) -> Damage<u8> {
        loop {
            if let Some(byte) = self.block.get(self.block_at) {
                self.block_at += 1;
                return Ok(*byte);
            }
            if !self.fill()? {
                return Err(Broken::SHORT);
            }
        }
    }

    /// The next `length` bytes, behind what `out` has.
    pub fn bytes(&mut self, length: usize, out: &mut Vec<u8>) -> Damage<()> {
        let mut left = length;
        while left > 0 {
            if self.rest().is_empty() && !self.fill()? {
                return Err(Broken::SHORT);
            }
            let count = left.min(self.rest().len());
            out.extend_from_slice(self.rest().get(..count).unwrap_or_default());
            self.block_at += count;
            left -= count;
        }
        Ok(())
    }

    /// Exactly N bytes.
    pub fn array<const N: usize>(&mut self) -> Damage<[u8; N]> {
        if let Some((bytes, _)) = self.rest().split_first_chunk::<N>() {
            let bytes = *bytes;
            self.block_at += N;
            return Ok(bytes);
        }
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    /// Unpacks the next block, which may be empty; `false` at the end.
    fn fill(&mut self) -> Damage<bool> {
        self.block.clear();
        self.block_at = 0;
        let left = (self.ahead.len() - self.ahead_at) as u64 + (self.end - self.at);
        if left == 0 {
            return Ok(false);
        }
        if self.packing.codec == Codec::None {
            let length = usize::try_from(left.min(READ)).unwrap_or(0);
            let mut block = std::mem::take(&mut self.block);
            block.extend_from_slice(self.take(length)?);
            self.block = block;
            return Ok(true);
        }
        let header =
            self.take(3)?.iter().rev().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
        let (length, original) = (header >> 1, header & 1 == 1);
        let mut block = std::mem::take(&mut self.block);
        let packing = self.packing;
        let packed = self.take(length)?;
        if original {
            block.extend_from_slice(packed);
        } else {
            unpack(packing, packed, &mut block)?;
        }
        self.block = block;
        Ok(true)
    }

    /// The next bytes of the file.
    fn take(&mut self, length: usize) -> Damage<&[u8]> {
        if self.ahead.len() - self.ahead_at < length {
            self.ahead.drain(..self.ahead_at);
            self.ahead_at = 0;
            let missing = (length - self.ahead.len()) as u64;
            let count = missing.max(READ).min(self.end - self.at);
            if count < missing {
                return Err(Broken::SHORT);
            }
            let read = self.source.read_at(self.at, usize::try_from(count).unwrap_or(0))?;
            self.at += count;
            self.ahead.extend_from_slice(&read);
        }
        let start = self.ahead_at;
        self.ahead_at += length;
        self.ahead.get(start..self.ahead_at).ok_or(Broken::SHORT)
    }
}

fn unpack(packing: Packing, packed: &[u8], block: &mut Vec<u8>) -> Damage<()> {
    const WRONG: Broken = Broken::Damaged("a block cannot be unpacked");
    let most = packing.block;
    match packing.codec {
        Codec::None => block.extend_from_slice(packed),
        Codec::Zlib => {
            let decoder = flate2::read::DeflateDecoder::new(packed);
            decoder.take(most as u64 + 1).read_to_end(block).map_err(|_| WRONG)?;
        }
        Codec::Snappy => {
            let size = snap::raw::decompress_len(packed).map_err(|_| WRONG)?;
            if size > most {
                return Err(WRONG);
            }
            block.resize(size, 0);
            snap::raw::Decoder::new().decompress(packed, block).map_err(|_| WRONG)?;
        }
        Codec::Zstd => *block = zstd::bulk::decompress(packed, most).map_err(|_| WRONG)?,
    }
    if block.len() > most { Err(WRONG) } else { Ok(()) }
}
