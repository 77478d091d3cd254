//! `ENCODING`: files in UTF-16 or ISO 8859-1 become UTF-8 as they are read
//! (COPY › Data conversion parameters › ENCODING). Start at [`decode`].

use std::io::{self, Read};

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// A reader of UTF-8 from a reader of an encoding, named as the statement names it, upper case.
pub fn decode(encoding: &str, source: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    let form = match encoding {
        "UTF16" => Form::Utf16(None),
        "UTF16LE" => Form::Utf16(Some(Order::Little)),
        "UTF16BE" => Form::Utf16(Some(Order::Big)),
        "ISO88591" => Form::Latin,
        _ => return source,
    };
    Box::new(Decoder {
        source,
        form,
        started: false,
        pending: Vec::new(),
        out: Vec::new(),
        given: 0,
        ended: false,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

#[derive(Clone, Copy)]
enum Form {
    /// The order of its bytes; none until the byte-order mark has told it.
    Utf16(Option<Order>),
    Latin,
}

struct Decoder {
    source: Box<dyn Read + Send>,
    form: Form,
    started: bool,
    /// Bytes that are not a whole character yet.
    pending: Vec<u8>,
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Decoder {
    fn fill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.given = 0;
        while self.out.is_empty() && !self.ended {
            let before = self.pending.len();
            self.pending.resize(before + CHUNK, 0);
            let room = self.pending.get_mut(before..).unwrap_or_default();
            let count = self.source.read(room)?;
            self.pending.truncate(before + count);
            self.ended = count == 0;
            match self.form {
                Form::Latin => {
                    let text: String = self.pending.drain(..).map(char::from).collect();
                    self.out.extend_from_slice(text.as_bytes());
                }
                Form::Utf16(order) => self.utf16(order)?,
            }
        }
        Ok(())
    }

    fn utf16(&mut self, order: Option<Order>) -> io::Result<()> {
        if self.pending.len() < 2 && !self.ended {
            return Ok(());
        }
        let order = if self.started { order } else { self.mark(order)? };
        let Some(order) = order else { return Ok(()) };
        let units: Vec<u16> = self
            .pending
            .chunks_exact(2)
            .filter_map(|pair| <[u8; 2]>::try_from(pair).ok())
            .map(|pair| match order {
                Order::Little => u16::from_le_bytes(pair),
                Order::Big => u16::from_be_bytes(pair),
            })
            .collect();
        // Half of a pair waits for the other half.
        let waits = !self.ended && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        let used = units.len() - usize::from(waits);
        for character in char::decode_utf16(units.into_iter().take(used)) {
            let character = character.map_err(|_| wrong("invalid UTF-16: a lone surrogate"))?;
            self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.pending.drain(..used * 2);
        if self.ended && !self.pending.is_empty() {
            return Err(wrong("invalid UTF-16: the file ends within a character"));
        }
        Ok(())
    }

    /// Reads the byte-order mark; `UTF16` needs one, the others may have their own.
    fn mark(&mut self, order: Option<Order>) -> io::Result<Option<Order>> {
        self.started = true;
        let marked = match self.pending.get(..2) {
            Some([0xff, 0xfe]) => Some(Order::Little),
            Some([0xfe, 0xff]) => Some(Order::Big),
            _ => None,
        };
        match (order, marked) {
            (None, None) if self.pending.is_empty() => return Ok(None),
            (None, None) => return Err(wrong("ENCODING UTF16 needs a byte-order mark")),
            (Some(stated), Some(found)) if stated != found => {
                return Err(wrong("the file's byte-order mark differs from ENCODING"));
            }
            _ => {}
        }
        if marked.is_some() {
            self.pending.drain(..2);
        }
        let order = order.or(marked);
        self.form = Form::Utf16(order);
        Ok(order)
    }
}

impl Read for Decoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.out.len() {
            self.fill()?;
        }
        let ready = self.out.get(self.given..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(ready) {
            *to = *from;
        }
        self.given += count;
        Ok(count)
    }
}
