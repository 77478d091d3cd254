//! The way of a file's bytes: compression, counting, the object store's writer.
//! It must not know what the bytes mean. Start reading at [`Sink`].

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use redshift_sql::Compression;

use super::Progress;
use crate::ports::{CloudError, ObjectWriter, StagedObject};

/// Progress of all slices together, read by the feeding thread.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub rows: AtomicU64,
    pub bytes: AtomicU64,
    pub files: AtomicU64,
}

impl Counters {
    /// How far the slices are now.
    pub(super) fn progress(&self) -> Progress {
        Progress {
            rows: self.rows.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            files: self.files.load(Ordering::Relaxed),
        }
    }
}

/// An object being written through its compression.
pub(super) struct Sink<'a> {
    way: Way<'a>,
    given: u64,
}

enum Way<'a> {
    Plain(Counted<'a>),
    Gzip(GzEncoder<Counted<'a>>),
    Bzip2(BzEncoder<Counted<'a>>),
    Zstd(Box<zstd::Encoder<'static, Counted<'a>>>),
}

/// Why a file could not be ended.
pub(super) enum SinkError {
    Io(io::Error),
    Cloud(Box<CloudError>),
}

impl<'a> Sink<'a> {
    /// # Errors
    /// The compressor could not be made.
    pub(super) fn new(
        writer: Box<dyn ObjectWriter>,
        compression: Compression,
        counters: &'a Counters,
    ) -> io::Result<Self> {
        counters.files.fetch_add(1, Ordering::Relaxed);
        let counted = Counted { writer, bytes: 0, counters };
        let way = match compression {
            Compression::Gzip => Way::Gzip(GzEncoder::new(counted, flate2::Compression::fast())),
            Compression::Bzip2 => Way::Bzip2(BzEncoder::new(counted, bzip2::Compression::best())),
            Compression::Zstd => {
                let level = zstd::DEFAULT_COMPRESSION_LEVEL;
                Way::Zstd(Box::new(zstd::Encoder::new(counted, level)?))
            }
            // LZOP is a COPY option only; the parser never lets it reach an UNLOAD.
            Compression::None | Compression::Lzop => Way::Plain(counted),
        };
        Ok(Self { way, given: 0 })
    }

    /// Bytes that were given to the compression so far.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Bytes that reached the object so far; a compressor may hold back more.
    pub(super) fn bytes(&self) -> u64 {
        match &self.way {
            Way::Plain(counted) => counted.bytes,
            Way::Gzip(encoder) => encoder.get_ref().bytes,
            Way::Bzip2(encoder) => encoder.get_ref().bytes,
            Way::Zstd(encoder) => encoder.get_ref().bytes,
        }
    }

    /// Ends the compression and the object, which stays staged.
    pub(super) fn finish(self) -> Result<StagedObject, SinkError> {
        let counted = match self.way {
            Way::Plain(counted) => Ok(counted),
            Way::Gzip(encoder) => encoder.finish(),
            Way::Bzip2(encoder) => encoder.finish(),
            Way::Zstd(encoder) => encoder.finish(),
        };
        let mut counted = counted.map_err(SinkError::Io)?;
        counted.flush().map_err(SinkError::Io)?;
        counted.writer.finish().map_err(|error| SinkError::Cloud(Box::new(error)))
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = match &mut self.way {
            Way::Plain(counted) => counted.write(bytes),
            Way::Gzip(encoder) => encoder.write(bytes),
            Way::Bzip2(encoder) => encoder.write(bytes),
            Way::Zstd(encoder) => encoder.write(bytes),
        }?;
        self.given += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The object's writer with a count of its bytes.
pub(super) struct Counted<'a> {
    writer: Box<dyn ObjectWriter>,
    bytes: u64,
    counters: &'a Counters,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.bytes += written as u64;
        self.counters.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
