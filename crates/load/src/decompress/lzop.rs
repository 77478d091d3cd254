//! LZOP archives: headers, blocks of LZO1X with their checksums, several archives in a row.
//!
//! The layout is that of `lzop` 1.04 (version 0x1040 of the format). Filters, split archives and
//! the methods that are not LZO1X are refused. Start at [`Lzop`].

use std::io::{self, BufRead, Error, ErrorKind, Read};

use super::{invalid, lzo1x};

const MAGIC: [u8; 9] = [0x89, b'L', b'Z', b'O', 0x00, 0x0d, 0x0a, 0x1a, 0x0a];
/// The largest block that `lzop` itself writes or reads.
const LARGEST_BLOCK: u32 = 64 << 20;
/// From this version on headers have a level, a version needed and a second half of the time.
const VERSION_WITH_LEVEL: u16 = 0x0940;
/// LZO1X-1, LZO1X-1(15) and LZO1X-999: one decoder reads all.
const METHODS: std::ops::RangeInclusive<u8> = 1..=3;

const ADLER32_PLAIN: u32 = 0x0001;
const ADLER32_PACKED: u32 = 0x0002;
const EXTRA_FIELD: u32 = 0x0040;
const CRC32_PLAIN: u32 = 0x0100;
const CRC32_PACKED: u32 = 0x0200;
const MULTIPART: u32 = 0x0400;
const FILTER: u32 = 0x0800;
const CRC32_HEADER: u32 = 0x1000;

/// A reader of the plain bytes.
pub(super) struct Lzop<R> {
    input: R,
    /// Flags of the archive whose blocks come next.
    flags: Option<u32>,
    archives: u64,
    packed: Vec<u8>,
    plain: Vec<u8>,
    /// How much of `plain` was handed out.
    given: usize,
}

impl<R: BufRead> Lzop<R> {
    pub(super) fn new(input: R) -> Self {
        let (packed, plain) = (Vec::new(), Vec::new());
        Self { input, flags: None, archives: 0, packed, plain, given: 0 }
    }

    /// Unpacks the next block; `false` at the end of the file.
    fn next_block(&mut self) -> io::Result<bool> {
        self.plain.clear();
        self.given = 0;
        loop {
            let Some(flags) = self.flags else {
                if self.archives > 0 && self.input.fill_buf()?.is_empty() {
                    return Ok(false);
                }
                self.flags = Some(self.header()?);
                self.archives += 1;
                continue;
            };
            match self.number()? {
                0 => self.flags = None,
                size if size > LARGEST_BLOCK => return Err(invalid("LZOP block is too large")),
                size => return self.block(size, flags).map(|()| true),
            }
        }
    }

    fn block(&mut self, plain_size: u32, flags: u32) -> io::Result<()> {
        let packed_size = self.number()?;
        if packed_size == 0 || packed_size > plain_size {
            return Err(invalid("LZOP block has a wrong size"));
        }
        let stored = packed_size == plain_size;
        let adler_plain = self.optional(flags & ADLER32_PLAIN != 0)?;
        let crc_plain = self.optional(flags & CRC32_PLAIN != 0)?;
        let adler_packed = self.optional(flags & ADLER32_PACKED != 0 && !stored)?;
        let crc_packed = self.optional(flags & CRC32_PACKED != 0 && !stored)?;
        self.packed.clear();
        // Grows with what is really there, whatever the header says.
        let read = (&mut self.input).take(u64::from(packed_size)).read_to_end(&mut self.packed)?;
        if read as u64 != u64::from(packed_size) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        check(&self.packed, adler_packed, crc_packed)?;
        if stored {
            std::mem::swap(&mut self.plain, &mut self.packed);
        } else {
            lzo1x::decode(&self.packed, &mut self.plain, plain_size as usize)
                .map_err(|damage| Error::new(ErrorKind::InvalidData, damage))?;
            if self.plain.len() as u64 != u64::from(plain_size) {
                return Err(invalid("LZOP block is shorter than its header says"));
            }
        }
        check(&self.plain, adler_plain, crc_plain)
    }

    /// Reads an archive's header: the flags that its blocks need.
    fn header(&mut self) -> io::Result<u32> {
        let mut magic = [0; MAGIC.len()];
        self.input.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Err(invalid("The file is not in LZOP format"));
        }
        let mut seen = Vec::new();
        let version = u16::from_be_bytes(self.header_bytes(&mut seen)?);
        let with_level = version >= VERSION_WITH_LEVEL;
        let _library: [u8; 2] = self.header_bytes(&mut seen)?;
        if with_level {
            let _needed: [u8; 2] = self.header_bytes(&mut seen)?;
        }
        let [method] = self.header_bytes(&mut seen)?;
        if with_level {
            let _level: [u8; 1] = self.header_bytes(&mut seen)?;
        }
        let flags = u32::from_be_bytes(self.header_bytes(&mut seen)?);
        if flags & (FILTER | MULTIPART) != 0 || !METHODS.contains(&method) {
            return Err(invalid("LZOP files with this method or filter are not supported"));
        }
        let _mode_and_time: [u8; 8] = self.header_bytes(&mut seen)?;
        if with_level {
            let _time: [u8; 4] = self.header_bytes(&mut seen)?;
        }
        let [name] = self.header_bytes(&mut seen)?;
        for _ in 0..name {
            let _letter: [u8; 1] = self.header_bytes(&mut seen)?;
        }
        self.header_checksum(&seen, flags)?;
        if flags & EXTRA_FIELD != 0 {
            self.extra(flags)?;
        }
        Ok(flags)
    }

    /// A field that nobody needs, with its own checksum.
    fn extra(&mut self, flags: u32) -> io::Result<()> {
        let mut seen = Vec::new();
        let length = u32::from_be_bytes(self.header_bytes(&mut seen)?);
        if length > LARGEST_BLOCK {
            return Err(invalid("LZOP header is too large"));
        }
        let read = (&mut self.input).take(u64::from(length)).read_to_end(&mut seen)?;
        if read as u64 != u64::from(length) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.header_checksum(&seen, flags)
    }

    fn header_checksum(&mut self, seen: &[u8], flags: u32) -> io::Result<()> {
        let expected = Some(self.number()?);
        if flags & CRC32_HEADER != 0 {
            check(seen, None, expected)
        } else {
            check(seen, expected, None)
        }
    }

    fn header_bytes<const N: usize>(&mut self, seen: &mut Vec<u8>) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        seen.extend_from_slice(&bytes);
        Ok(bytes)
    }

    fn number(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.input.read_exact(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn optional(&mut self, present: bool) -> io::Result<Option<u32>> {
        if present { self.number().map(Some) } else { Ok(None) }
    }
}

impl<R: BufRead> Read for Lzop<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() {
            if !self.next_block()? {
                return Ok(0);
            }
        }
        let count = self.plain.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

fn check(bytes: &[u8], adler: Option<u32>, crc: Option<u32>) -> io::Result<()> {
    let right = adler.is_none_or(|expected| adler32(bytes) == expected)
        && crc.is_none_or(|expected| crc32fast::hash(bytes) == expected);
    if right { Ok(()) } else { Err(invalid("LZOP checksum does not match")) }
}

/// Adler-32 (RFC 1950).
fn adler32(bytes: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    // So many bytes fit before the sums can overflow 32 bits.
    const RUN: usize = 5_552;
    let (mut low, mut high) = (1_u32, 0_u32);
    for run in bytes.chunks(RUN) {
        for byte in run {
            low += u32::from(*byte);
            high += low;
        }
        low %= BASE;
        high %= BASE;
    }
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::adler32;

    #[test]
    fn adler32_of_known_texts() {
        assert_eq!(adler32(b""), 1);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(&[0xff; 100_000]), one_at_a_time(&[0xff; 100_000]));
    }

    /// The definition, without the shortcut.
    fn one_at_a_time(bytes: &[u8]) -> u32 {
        let (mut low, mut high) = (1_u32, 0_u32);
        for byte in bytes {
            low = (low + u32::from(*byte)) % 65_521;
            high = (high + low) % 65_521;
        }
        (high << 16) | low
    }
}
