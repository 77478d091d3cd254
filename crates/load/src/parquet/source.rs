//! A source of bytes as the `parquet` crate wants it, safe to use from several threads.
//!
//! Never asks for more than the file has, whatever lengths stand in it. Start at [`Chunks`].

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::target::ReadAt;

/// Page headers are read this many bytes at a time; pages themselves whole.
const HEADER: usize = 4 << 10;

#[derive(Clone)]
pub(super) struct Chunks {
    source: Arc<dyn ReadAt>,
}

impl Chunks {
    pub fn new(source: Arc<dyn ReadAt>) -> Self {
        Self { source }
    }

    pub fn size(&self) -> u64 {
        self.source.size()
    }

    /// Exactly these bytes.
    pub fn bytes(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let left = self.size().checked_sub(start);
        if left.is_none_or(|left| left < length as u64) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.source.read_at(start, length)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.size()
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Forward>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let forward = Forward { chunks: self.clone(), at: start };
        Ok(BufReader::with_capacity(HEADER, forward))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.bytes(start, length);
        bytes.map(Bytes::from).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// Reads on from a place.
pub(super) struct Forward {
    chunks: Chunks,
    at: u64,
}

impl Read for Forward {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.chunks.size().saturating_sub(self.at);
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let bytes = self.chunks.bytes(self.at, length)?;
        self.at += length as u64;
        (&*bytes).read(buffer)
    }
}
