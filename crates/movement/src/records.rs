//! Counting the records of a file while its bytes pass by.
//!
//! CSV and delimited text by their quoting and escaping rules, JSON by lines, Parquet by its
//! footer. Compressed files are unpacked on the way.

use std::io::Write;

use bzip2::write::BzDecoder;
use flate2::write::MultiGzDecoder;
use parquet::file::metadata::ParquetMetaDataReader;

use crate::file::{Compression, Form, Format};

/// How many last bytes of a Parquet file are kept for its footer; wide files have large ones.
const FOOTER_LIMIT: usize = 16 * 1024 * 1024;
/// Bytes after the footer: its length and the magic number.
const FOOTER_TAIL: usize = 8;

/// Counts one file.
pub(crate) struct Counter(Kind);

enum Kind {
    Lines(Lines),
    Gzip(Box<MultiGzDecoder<Lines>>),
    Bzip2(Box<BzDecoder<Lines>>),
    Zstd(Box<zstd::stream::write::Decoder<'static, Lines>>),
    Footer { tail: Vec<u8>, length: u64 },
    Unknown,
}

impl Counter {
    pub fn new(form: &Form) -> Self {
        let lines = || Lines::new(form);
        Self(match (form.format, form.compression) {
            (Format::Parquet, _) => Kind::Footer { tail: Vec::new(), length: 0 },
            (Format::Avro | Format::Orc, _) | (_, Some(Compression::Lzop)) => Kind::Unknown,
            (_, None) => Kind::Lines(lines()),
            (_, Some(Compression::Gzip)) => Kind::Gzip(Box::new(MultiGzDecoder::new(lines()))),
            (_, Some(Compression::Bzip2)) => Kind::Bzip2(Box::new(BzDecoder::new(lines()))),
            (_, Some(Compression::Zstd)) => zstd::stream::write::Decoder::new(lines())
                .map_or(Kind::Unknown, |decoder| Kind::Zstd(Box::new(decoder))),
        })
    }

    /// The next bytes of the file.
    pub fn add(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Kind::Lines(lines) => lines.add(bytes),
            Kind::Gzip(decoder) => {
                let written = decoder.write_all(bytes);
                self.unless(written);
            }
            Kind::Bzip2(decoder) => {
                let written = decoder.write_all(bytes);
                self.unless(written);
            }
            Kind::Zstd(decoder) => {
                let written = decoder.write_all(bytes);
                self.unless(written);
            }
            Kind::Footer { tail, length } => {
                *length += bytes.len() as u64;
                tail.extend_from_slice(bytes);
                // Cut rarely: moving the kept bytes costs their length.
                if tail.len() > 2 * FOOTER_LIMIT {
                    tail.drain(..tail.len() - FOOTER_LIMIT);
                }
            }
            Kind::Unknown => {}
        }
    }

    /// What cannot be unpacked is not counted.
    fn unless(&mut self, written: std::io::Result<()>) {
        if written.is_err() {
            self.0 = Kind::Unknown;
        }
    }

    /// The records, header lines included; `None` when the file does not tell or is damaged.
    pub fn records(self) -> Option<u64> {
        match self.0 {
            Kind::Lines(lines) => lines.finish(),
            Kind::Gzip(decoder) => decoder.finish().ok()?.finish(),
            Kind::Bzip2(mut decoder) => decoder.finish().ok()?.finish(),
            Kind::Zstd(mut decoder) => {
                decoder.flush().ok()?;
                decoder.into_inner().finish()
            }
            Kind::Footer { tail, .. } => parquet_rows(&tail),
            Kind::Unknown => None,
        }
    }
}

/// The rows that a Parquet footer names
/// (<https://parquet.apache.org/docs/file-format/>: metadata, its length, `PAR1`).
fn parquet_rows(tail: &[u8]) -> Option<u64> {
    let (rest, end) = tail.split_at_checked(tail.len().checked_sub(FOOTER_TAIL)?)?;
    let (length, magic) = end.split_at_checked(4)?;
    if magic != b"PAR1" {
        return None;
    }
    let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
    let footer = rest.get(rest.len().checked_sub(length)?..)?;
    let metadata = ParquetMetaDataReader::decode_metadata(footer).ok()?;
    u64::try_from(metadata.file_metadata().num_rows()).ok()
}

/// Counts the lines that end a record.
struct Lines {
    /// Fields may be quoted, and quotes hide line ends.
    quotes: bool,
    /// A backslash hides what follows.
    escapes: bool,
    in_quotes: bool,
    escaped: bool,
    /// Bytes since the last counted line end.
    open: bool,
    count: u64,
}

impl Lines {
    fn new(form: &Form) -> Self {
        Self {
            quotes: form.format == Format::Csv || form.add_quotes,
            escapes: form.escape,
            in_quotes: false,
            escaped: false,
            open: false,
            count: 0,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let hidden = std::mem::take(&mut self.escaped);
            self.open = true;
            match byte {
                _ if hidden => {}
                b'\\' if self.escapes => self.escaped = true,
                // A doubled quote closes and opens again, which comes to the same.
                b'"' if self.quotes => self.in_quotes = !self.in_quotes,
                b'\n' if !self.in_quotes => {
                    self.count += 1;
                    self.open = false;
                }
                _ => {}
            }
        }
    }

    /// `None` when the file ends inside quotes: then it is cut off.
    fn finish(self) -> Option<u64> {
        (!self.in_quotes).then_some(self.count + u64::from(self.open))
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
