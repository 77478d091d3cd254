//! What ORC files say about themselves (ORC specification v1 › File Tail, Stripe Footer), in
//! protocol buffers.
//!
//! Unknown fields are skipped; nothing is believed about lengths before it is compared with what
//! is there. Start at [`Footer`].

use super::stream::{Broken, Damage};

/// A number or the bytes of a field; fixed-width numbers are of no use here.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

impl Value<'_> {
    fn number(&self) -> u64 {
        if let Self::Number(number) = self { *number } else { 0 }
    }
}

/// Calls `each` with the fields of a message.
fn fields<'a>(
    mut bytes: &'a [u8],
    mut each: impl FnMut(u64, Value<'a>) -> Damage<()>,
) -> Damage<()> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => fixed(&mut bytes, 8)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).unwrap_or(usize::MAX);
                let (inside, rest) = bytes.split_at_checked(length).ok_or(Broken::SHORT)?;
                bytes = rest;
                Value::Bytes(inside)
            }
            5 => fixed(&mut bytes, 4)?,
            _ => return Err(Broken::Damaged("a description has an unknown field type")),
        };
        each(key >> 3, value)?;
    }
    Ok(())
}

fn fixed<'a>(bytes: &mut &'a [u8], length: usize) -> Damage<Value<'a>> {
    *bytes = bytes.split_at_checked(length).ok_or(Broken::SHORT)?.1;
    Ok(Value::Fixed)
}

fn varint(bytes: &mut &[u8]) -> Damage<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Broken::SHORT)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Broken::Damaged("a number is too long"))
}

/// The end of a file.
#[derive(Debug, Default)]
pub(super) struct PostScript {
    pub footer_length: u64,
    pub compression: u64,
    pub block_size: u64,
    pub magic: bool,
}

impl PostScript {
    pub fn parse(bytes: &[u8]) -> Damage<Self> {
        let mut made = Self::default();
        fields(bytes, |number, value| {
            match (number, value) {
                (1, value) => made.footer_length = value.number(),
                (2, value) => made.compression = value.number(),
                (3, value) => made.block_size = value.number(),
                (8000, Value::Bytes(magic)) => made.magic = magic == b"ORC",
                _ => {}
            }
            Ok(())
        })?;
        Ok(made)
    }
}

/// A stripe: where it is and how many rows it has.
#[derive(Debug, Default, Clone)]
pub(super) struct Stripe {
    pub offset: u64,
    pub index_length: u64,
    pub data_length: u64,
    pub footer_length: u64,
    pub rows: u64,
}

/// A type, its inner types by their index.
#[derive(Debug, Default, Clone)]
pub(super) struct Type {
    pub kind: u64,
    pub inner: Vec<usize>,
    pub names: Vec<String>,
    pub precision: u64,
    pub scale: u64,
}

/// What a file has.
#[derive(Debug, Default)]
pub(super) struct Footer {
    pub stripes: Vec<Stripe>,
    pub types: Vec<Type>,
    pub rows: u64,
    pub encrypted: bool,
}

impl Footer {
    pub fn parse(bytes: &[u8]) -> Damage<Self> {
        let mut made = Self::default();
        fields(bytes, |number, value| {
            match (number, value) {
                (3, Value::Bytes(bytes)) => made.stripes.push(stripe(bytes)?),
                (4, Value::Bytes(bytes)) => made.types.push(type_of(bytes)?),
                (6, value) => made.rows = value.number(),
                (10, _) => made.encrypted = true,
                _ => {}
            }
            Ok(())
        })?;
        Ok(made)
    }
}

fn stripe(bytes: &[u8]) -> Damage<Stripe> {
    let mut made = Stripe::default();
    fields(bytes, |number, value| {
        match number {
            1 => made.offset = value.number(),
            2 => made.index_length = value.number(),
            3 => made.data_length = value.number(),
            4 => made.footer_length = value.number(),
            5 => made.rows = value.number(),
            _ => {}
        }
        Ok(())
    })?;
    Ok(made)
}

fn type_of(bytes: &[u8]) -> Damage<Type> {
    let mut made = Type::default();
    fields(bytes, |number, value| {
        match (number, value) {
            (1, value) => made.kind = value.number(),
            (2, Value::Number(inner)) => made.inner.push(index(inner)),
            (2, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    made.inner.push(index(varint(&mut packed)?));
                }
            }
            (3, Value::Bytes(name)) => made.names.push(String::from_utf8_lossy(name).into_owned()),
            (5, value) => made.precision = value.number(),
            (6, value) => made.scale = value.number(),
            _ => {}
        }
        Ok(())
    })?;
    Ok(made)
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// One stream of a stripe.
#[derive(Debug, Default)]
pub(super) struct StreamInfo {
    pub kind: u64,
    pub column: usize,
    pub length: u64,
}

/// What a stripe has.
#[derive(Debug, Default)]
pub(super) struct StripeFooter {
    pub streams: Vec<StreamInfo>,
    /// Of each column: its encoding and the size of its dictionary.
    pub encodings: Vec<(u64, u64)>,
    pub time_zone: String,
}

impl StripeFooter {
    pub fn parse(bytes: &[u8]) -> Damage<Self> {
        let mut made = Self::default();
        fields(bytes, |number, value| {
            match (number, value) {
                (1, Value::Bytes(bytes)) => {
                    let mut stream = StreamInfo::default();
                    fields(bytes, |number, value| {
                        match number {
                            1 => stream.kind = value.number(),
                            2 => stream.column = index(value.number()),
                            3 => stream.length = value.number(),
                            _ => {}
                        }
                        Ok(())
                    })?;
                    made.streams.push(stream);
                }
                (2, Value::Bytes(bytes)) => {
                    let mut encoding = (0, 0);
                    fields(bytes, |number, value| {
                        match number {
                            1 => encoding.0 = value.number(),
                            2 => encoding.1 = value.number(),
                            _ => {}
                        }
                        Ok(())
                    })?;
                    made.encodings.push(encoding);
                }
                (3, Value::Bytes(zone)) => {
                    made.time_zone = String::from_utf8_lossy(zone).into_owned();
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(made)
    }
}
