//! Avro object container files (Avro 1.11 specification › Object Container Files) as records.
//!
//! Blocks are unpacked one at a time: null, deflate and snappy, a header of at most 1 MB and
//! blocks of at most 4 MB (COPY from Avro format). Each object becomes JSON text, and the columns
//! are found in it as in a JSON file: by name or by JSONPaths. Bytes and fixed values are the text
//! they hold; dates, times, timestamps and decimals their usual text. Start at [`Avro::open`].

mod decode;
mod schema;
#[cfg(test)]
mod tests;

use std::io::{BufRead, BufReader, ErrorKind, Read};

use crate::json::{Shape, Shredder};
use crate::record::{ReadError, Record, Records};
use decode::Decoder;
use schema::Schema;

const MAGIC: [u8; 4] = *b"Obj\x01";
/// The largest header, as COPY documents it.
const LARGEST_HEADER: usize = 1 << 20;
/// The largest block in the file, as COPY documents it.
const LARGEST_BLOCK: usize = 4 << 20;
/// What a block may become: snappy and deflate on text stay below this.
const LARGEST_UNPACKED: usize = 64 << 20;
/// Objects of a block that take no bytes, at most.
const MOST_EMPTY: u64 = 1 << 12;
/// Bytes read at a time.
const READ: usize = 128 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Null,
    Deflate,
    Snappy,
}

/// A reader of the objects of one file.
pub struct Avro<R> {
    source: BufReader<R>,
    schema: Schema,
    codec: Codec,
    sync: [u8; 16],
    packed: Vec<u8>,
    block: Vec<u8>,
    /// How much of `block` was decoded.
    at: usize,
    /// Objects of `block` not yet read.
    left: u64,
    number: u64,
    shredder: Shredder,
    broken: bool,
}

impl<R: Read> Avro<R> {
    /// Reads the header of `source`, for the columns of these names.
    ///
    /// # Errors
    /// [`ReadError::Broken`] for what is no Avro file, has a header of more than 1 MB, another
    /// codec or a schema that is none; [`ReadError::Io`].
    pub fn open(source: R, shape: &Shape, columns: &[String]) -> Result<Self, ReadError> {
        let mut header =
            Header { source: BufReader::with_capacity(READ, source), left: LARGEST_HEADER };
        if header.array()? != MAGIC {
            return Err(broken("not an Avro object container file"));
        }
        let (mut schema, mut codec) = (None, Codec::Null);
        loop {
            let count = header.long()?;
            if count == 0 {
                break;
            }
            if count < 0 {
                header.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                let (key, value) = (header.bytes()?, header.bytes()?);
                match key.as_slice() {
                    b"avro.schema" => schema = Some(Schema::parse(&value).map_err(broken)?),
                    b"avro.codec" => codec = codec_of(&value)?,
                    _ => {}
                }
            }
        }
        let sync = header.array()?;
        Ok(Self {
            source: header.source,
            schema: schema.ok_or_else(|| broken("no schema in the header"))?,
            codec,
            sync,
            packed: Vec::new(),
            block: Vec::new(),
            at: 0,
            left: 0,
            number: 0,
            shredder: Shredder::new(shape, columns),
            broken: false,
        })
    }

    /// Says which columns are SUPER: their strings stay JSON.
    #[must_use]
    pub fn keeping_json(mut self, columns: Vec<bool>) -> Self {
        self.shredder.keep_json(columns);
        self
    }

    /// Unpacks the next block; `false` at the end of the file.
    fn next_block(&mut self) -> Result<bool, ReadError> {
        if self.source.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let mut head = Header { source: &mut self.source, left: LARGEST_BLOCK + 36 };
        let count =
            u64::try_from(head.long()?).map_err(|_| broken("a block's count is negative"))?;
        let size = usize::try_from(head.long()?).ok().filter(|size| *size <= LARGEST_BLOCK);
        let size = size.ok_or_else(|| broken("a block is larger than 4 MB"))?;
        head.fill(size, &mut self.packed)?;
        if head.array()? != self.sync {
            return Err(broken("a block does not end where it should"));
        }
        self.unpack()?;
        if count > (self.block.len() as u64).max(MOST_EMPTY) {
            return Err(broken("a block's count is too large"));
        }
        (self.at, self.left) = (0, count);
        Ok(true)
    }

    fn unpack(&mut self) -> Result<(), ReadError> {
        self.block.clear();
        match self.codec {
            Codec::Null => std::mem::swap(&mut self.block, &mut self.packed),
            Codec::Deflate => {
                let most = LARGEST_UNPACKED as u64 + 1;
                let mut unpacked = flate2::read::DeflateDecoder::new(&*self.packed).take(most);
                unpacked.read_to_end(&mut self.block).map_err(|error| broken(error.to_string()))?;
            }
            Codec::Snappy => self.unpack_snappy()?,
        }
        if self.block.len() > LARGEST_UNPACKED {
            return Err(broken("a block unpacks to too much"));
        }
        Ok(())
    }

    /// Snappy without frames, and the CRC-32 of what comes out.
    fn unpack_snappy(&mut self) -> Result<(), ReadError> {
        let (packed, crc) =
            self.packed.split_last_chunk::<4>().ok_or_else(|| broken("a block is too short"))?;
        let size = snap::raw::decompress_len(packed).map_err(|error| broken(error.to_string()))?;
        if size > LARGEST_UNPACKED {
            return Err(broken("a block unpacks to too much"));
        }
        self.block.resize(size, 0);
        let unpacked = snap::raw::Decoder::new().decompress(packed, &mut self.block);
        unpacked.map_err(|error| broken(error.to_string()))?;
        if crc32fast::hash(&self.block) != u32::from_be_bytes(*crc) {
            return Err(broken("a block's checksum does not match"));
        }
        Ok(())
    }

    fn read(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        while self.left == 0 {
            if self.at < self.block.len() {
                return Err(broken("a block has bytes after its objects"));
            }
            if !self.next_block()? {
                return Ok(false);
            }
        }
        self.left -= 1;
        self.number += 1;
        record.line = self.number;
        let rest = self.block.get(self.at..).unwrap_or_default();
        let mut decoder = Decoder { schema: &self.schema, rest };
        decoder.value(0, &mut record.raw, 0).map_err(broken)?;
        self.at = self.block.len() - decoder.rest.len();
        self.shredder.shred(record)
    }
}

impl<R: Read> Records for Avro<R> {
    /// `record.line` is the number of the object, `record.raw` its JSON text.
    fn next(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        record.clear();
        if self.broken {
            return Ok(false);
        }
        let read = self.read(record);
        self.broken = matches!(read, Err(ReadError::Broken(_) | ReadError::Io(_)));
        read
    }
}

fn codec_of(name: &[u8]) -> Result<Codec, ReadError> {
    match name {
        b"null" => Ok(Codec::Null),
        b"deflate" => Ok(Codec::Deflate),
        b"snappy" => Ok(Codec::Snappy),
        other => Err(broken(format!("codec {} is not supported", String::from_utf8_lossy(other)))),
    }
}

fn broken(why: impl Into<String>) -> ReadError {
    ReadError::Broken(format!("Invalid Avro file: {}", why.into()))
}

/// Reads what stands outside of blocks, within a budget of bytes.
struct Header<R> {
    source: R,
    left: usize,
}

impl<R: Read> Header<R> {
    fn fill(&mut self, length: usize, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        let left = self.left.checked_sub(length);
        self.left = left.ok_or_else(|| broken("the header is larger than 1 MB"))?;
        bytes.clear();
        let read = (&mut self.source).take(length as u64).read_to_end(bytes)?;
        if read == length { Ok(()) } else { Err(broken("the file is cut off")) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut bytes = [0; N];
        let left = self.left.checked_sub(N);
        self.left = left.ok_or_else(|| broken("the header is larger than 1 MB"))?;
        self.source.read_exact(&mut bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => broken("the file is cut off"),
            _ => ReadError::Io(error),
        })?;
        Ok(bytes)
    }

    fn bytes(&mut self) -> Result<Vec<u8>, ReadError> {
        let length = usize::try_from(self.long()?).map_err(|_| broken("a length is negative"))?;
        let mut bytes = Vec::new();
        self.fill(length, &mut bytes)?;
        Ok(bytes)
    }

    fn long(&mut self) -> Result<i64, ReadError> {
        let mut bytes = [0; 10];
        for end in 1..=bytes.len() {
            let [byte] = self.array()?;
            if let Some(place) = bytes.get_mut(end - 1) {
                *place = byte;
            }
            if byte & 0x80 == 0 {
                let rest = bytes.get(..end).unwrap_or_default();
                let schema = Schema::default();
                return Decoder { schema: &schema, rest }.long().map_err(broken);
            }
        }
        Err(broken("a number is too long"))
    }
}
