//! Files as they were before their compression: GZIP, BZIP2, ZSTD and LZOP as streams.
//!
//! Several members, streams, frames or archives one after the other are one file, as `cat` makes
//! them. Whatever the file claims, memory stays within [`Limits`] and what is damaged, cut off or
//! expands beyond all reason is an error, never a shorter file. It must not know records.
//! Start at [`open`].

mod lzo1x;
mod lzop;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redshift_sql::Compression;

/// Bytes asked of the source at a time.
const READ: usize = 128 << 10;

/// What a compressed file may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// ZSTD: the window a frame may ask for, as a power of two. 27 (128 MiB) is what `zstd`
    /// itself decodes without being told to use more.
    pub window_log: u32,
    /// Bytes that may come out whatever the ratio, so that repetitive small files are no bombs.
    pub free_output: u64,
    /// Beyond `free_output`: bytes out for each byte in. GZIP cannot pass 1,032; files of
    /// different rows, however alike, stay far below 200 in every format.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { window_log: 27, free_output: 1 << 30, ratio: 500 }
    }
}

/// The plain bytes of a compressed file. An empty file is empty in every format.
///
/// Reading fails with [`ErrorKind::InvalidData`] for a file that is damaged, of another format or
/// beyond `limits`, with [`ErrorKind::UnexpectedEof`] for one cut off.
pub fn open(
    compression: Compression,
    source: Box<dyn Read + Send>,
    limits: Limits,
) -> Box<dyn Read + Send> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Counted { source, taken: Arc::clone(&taken) };
    let input = Box::new(BufReader::with_capacity(READ, counted));
    let inner = match compression {
        Compression::None => return Box::new(BufReader::with_capacity(READ, input.into_inner())),
        _ => Stage::Unread(compression, input),
    };
    Box::new(Unpacked { inner, taken, given: 0, limits })
}

type Input = BufReader<Counted>;

/// A source that says how many bytes were taken from it.
struct Counted {
    source: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

enum Stage {
    /// Nothing was read yet: whether the file is empty is not known.
    Unread(Compression, Box<Input>),
    Open(Box<dyn Read + Send>),
}

struct Unpacked {
    inner: Stage,
    taken: Arc<AtomicU64>,
    given: u64,
    limits: Limits,
}

impl Unpacked {
    fn reader(&mut self) -> io::Result<&mut (dyn Read + Send)> {
        if let Stage::Unread(compression, input) = &mut self.inner {
            let empty = input.fill_buf()?.is_empty();
            let nothing = Counted { source: Box::new(io::empty()), taken: Arc::clone(&self.taken) };
            let input = std::mem::replace(&mut **input, BufReader::with_capacity(0, nothing));
            let compression = if empty { Compression::None } else { *compression };
            self.inner = Stage::Open(decoder(compression, input, self.limits)?);
        }
        match &mut self.inner {
            Stage::Open(reader) => Ok(&mut **reader),
            Stage::Unread(..) => Err(Error::other("not opened")),
        }
    }

    fn bomb(&self) -> bool {
        let taken = self.taken.load(Ordering::Relaxed);
        self.given > self.limits.free_output && self.given / self.limits.ratio.max(1) > taken
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.reader()?.read(buffer).map_err(named)?;
        self.given += count as u64;
        if self.bomb() {
            let ratio = self.limits.ratio;
            return Err(invalid(format!("The file expands to more than {ratio} times its size")));
        }
        Ok(count)
    }
}

fn decoder(
    compression: Compression,
    input: Input,
    limits: Limits,
) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::None => Box::new(input),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(limits.window_log)?;
            Box::new(decoder)
        }
        Compression::Lzop => Box::new(lzop::Lzop::new(input)),
    })
}

/// One kind of error for damaged files, whatever the library calls it.
fn named(error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Other => Error::new(ErrorKind::InvalidData, error),
        _ => error,
    }
}

fn invalid(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, reason.into())
}
