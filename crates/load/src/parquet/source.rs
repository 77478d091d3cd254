//! A source of bytes as the `parquet` crate wants it, safe to use from several threads.
//!
//! Never asks for more than the file has, whatever lengths stand in it, and lets no page claim to
//! be larger than any honest one: the `parquet` crate makes room for what a page claims before it
//! unpacks it. Start at [`Chunks`].

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::target::ReadAt;

/// Page headers are read this many bytes at a time; pages themselves whole.
const HEADER: usize = 4 << 10;

/// What a page may claim to be when unpacked, in bytes: writers make pages of about 1 MiB.
const LARGEST_PAGE: i64 = 128 << 20;

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
        let mut reader = BufReader::with_capacity(HEADER, forward);
        let failed = |error| ParquetError::External(Box::new(error));
        let claimed = claimed_size(reader.fill_buf().map_err(failed)?);
        if claimed.is_some_and(|size| !(0..=LARGEST_PAGE).contains(&size)) {
            return Err(ParquetError::General(String::from("a page is larger than any may be")));
        }
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.bytes(start, length);
        bytes.map(Bytes::from).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// The second member of a `PageHeader` in Thrift's compact form, `uncompressed_page_size`; both
/// it and the member before it are required 32-bit integers. `None` where something else stands,
/// which the `parquet` crate refuses itself.
fn claimed_size(header: &[u8]) -> Option<i64> {
    /// The next member, by number, is a 32-bit integer.
    const NEXT_I32: u8 = 0x15;
    let rest = header.strip_prefix(&[NEXT_I32])?;
    let (_, rest) = zigzag(rest)?;
    let (size, _) = zigzag(rest.strip_prefix(&[NEXT_I32])?)?;
    Some(size)
}

/// An integer of Thrift's compact form, and what comes behind it.
fn zigzag(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let length = bytes.iter().take(10).position(|byte| *byte < 0x80)? + 1;
    let (own, rest) = bytes.split_at_checked(length)?;
    let value = own.iter().rev().fold(0_u64, |value, byte| (value << 7) | u64::from(byte & 0x7f));
    Some(((value >> 1).cast_signed() ^ -(value & 1).cast_signed(), rest))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::file::reader::ChunkReader;

    use super::{Chunks, ReadAt, claimed_size};

    struct Header(Vec<u8>);

    impl ReadAt for Header {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
            Ok(self.0[offset as usize..offset as usize + length].to_vec())
        }
    }

    #[test]
    fn a_page_may_not_claim_to_be_larger_than_any() {
        for (header, claimed, fits) in [
            (&b"\x15\x00\x15\x80\x01\x15\x80\x01"[..], Some(64), true),
            // 128 MiB, and a byte more.
            (b"\x15\x04\x15\x80\x80\x80\x80\x01\x15\x02", Some(128 << 20), true),
            (b"\x15\x04\x15\x82\x80\x80\x80\x01\x15\x02", Some((128 << 20) + 1), false),
            (b"\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\x02", Some(i64::from(i32::MAX)), false),
            (b"\x15\x00\x15\x01", Some(-1), false),
            (b"\x15\x00\x15\x80\x80", None, true),
            (b"PAR1", None, true),
            (b"", None, true),
        ] {
            assert_eq!(claimed_size(header), claimed, "{header:?}");
            let chunks = Chunks::new(Arc::new(Header(header.to_vec())));
            assert_eq!(chunks.get_read(0).is_ok(), fits, "{header:?}");
        }
    }
}
