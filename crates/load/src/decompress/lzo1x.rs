//! LZO1X, the compression inside LZOP files: one block of bytes into another.
//!
//! The format is the stream that the Linux kernel documents (staging/lzo): instructions copy a
//! distance back into what was written, each followed by up to three literals. It must not know
//! LZOP. Start at [`decode`].

/// What is wrong with a block. All end the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    /// The instructions end before the end marker.
    #[error("LZO data is cut off")]
    Short,
    /// A copy from before the beginning.
    #[error("LZO data refers to bytes before its beginning")]
    Distance,
    /// More comes out than the block's header says.
    #[error("LZO data is longer than its header says")]
    Long,
    /// Bytes after the end marker.
    #[error("LZO data goes on after its end")]
    Trailing,
}

/// A distance of exactly this much with the far instruction ends the block.
const FAR: usize = 16_384;
/// Second kilobyte onward for the three-byte copy after a run of literals.
const AFTER_LITERALS: usize = 2_049;

/// Unpacks `input` onto the end of `output`, at most `most` bytes.
pub(super) fn decode(input: &[u8], output: &mut Vec<u8>, most: usize) -> Result<(), Damage> {
    let mut decoder = Decoder { input, start: output.len(), most, output };
    decoder.run()
}

struct Decoder<'a> {
    input: &'a [u8],
    output: &'a mut Vec<u8>,
    start: usize,
    most: usize,
}

/// What the literals before an instruction make of its lowest range of values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// No literals: it is a run of literals.
    Copy,
    /// One to three: a copy of two near bytes.
    FewLiterals,
    /// A run of four or more: a copy of three bytes.
    Run,
}

impl Decoder<'_> {
    fn run(&mut self) -> Result<(), Damage> {
        let mut after = self.first()?;
        loop {
            let code = self.byte()?;
            let (length, distance, literals) = match code {
                0..=15 if after == After::Copy => {
                    let run = self.length(usize::from(code), 15)? + 3;
                    self.literals(run)?;
                    after = After::Run;
                    continue;
                }
                0..=15 => {
                    let near = (usize::from(self.byte()?) << 2) + usize::from(code >> 2);
                    if after == After::Run {
                        (3, near + AFTER_LITERALS, code)
                    } else {
                        (2, near + 1, code)
                    }
                }
                16..=31 => {
                    let length = self.length(usize::from(code & 7), 7)? + 2;
                    let (low, literals) = self.offset()?;
                    let distance = FAR + (usize::from(code & 8) << 11) + low;
                    if distance == FAR {
                        return if self.input.is_empty() { Ok(()) } else { Err(Damage::Trailing) };
                    }
                    (length, distance, literals)
                }
                32..=63 => {
                    let length = self.length(usize::from(code & 31), 31)? + 2;
                    let (low, literals) = self.offset()?;
                    (length, low + 1, literals)
                }
                64.. => {
                    let length = usize::from(code >> 5) + 1;
                    let low = usize::from((code >> 2) & 7);
                    (length, (usize::from(self.byte()?) << 3) + low + 1, code)
                }
            };
            self.copy(length, distance)?;
            after = self.few(literals)?;
        }
    }

    /// The first byte may be a run of literals of its own kind.
    fn first(&mut self) -> Result<After, Damage> {
        let Some((&code, rest)) = self.input.split_first() else { return Err(Damage::Short) };
        if code < 18 {
            return Ok(After::Copy);
        }
        self.input = rest;
        let run = usize::from(code) - 17;
        self.literals(run)?;
        Ok(if run < 4 { After::FewLiterals } else { After::Run })
    }

    fn byte(&mut self) -> Result<u8, Damage> {
        let (&byte, rest) = self.input.split_first().ok_or(Damage::Short)?;
        self.input = rest;
        Ok(byte)
    }

    /// A length that goes on in further bytes when its own bits are all zero.
    fn length(&mut self, bits: usize, base: usize) -> Result<usize, Damage> {
        if bits > 0 {
            return Ok(bits);
        }
        let mut length = base;
        loop {
            match self.byte()? {
                0 => length += 255,
                byte => return Ok(length + usize::from(byte)),
            }
            if length > self.most {
                return Err(Damage::Long);
            }
        }
    }

    /// Fourteen bits of distance and two of literals.
    fn offset(&mut self) -> Result<(usize, u8), Damage> {
        let (pair, rest) = self.input.split_first_chunk::<2>().ok_or(Damage::Short)?;
        self.input = rest;
        let [low, _] = *pair;
        Ok((usize::from(u16::from_le_bytes(*pair)) >> 2, low))
    }

    /// The literals that an instruction's lowest two bits ask for.
    fn few(&mut self, bits: u8) -> Result<After, Damage> {
        match bits & 3 {
            0 => Ok(After::Copy),
            count => {
                self.literals(usize::from(count))?;
                Ok(After::FewLiterals)
            }
        }
    }

    fn literals(&mut self, count: usize) -> Result<(), Damage> {
        let (run, rest) = self.input.split_at_checked(count).ok_or(Damage::Short)?;
        self.room(count)?;
        self.output.extend_from_slice(run);
        self.input = rest;
        Ok(())
    }

    /// Copies from `distance` back; what it writes may be what it then reads.
    fn copy(&mut self, length: usize, distance: usize) -> Result<(), Damage> {
        self.room(length)?;
        let end = self.output.len();
        let from = end.checked_sub(distance).filter(|from| *from >= self.start);
        let from = from.ok_or(Damage::Distance)?;
        let mut left = length;
        // What stands between `from` and the end repeats, so each round may copy all of it.
        while left > 0 {
            let piece = left.min(self.output.len() - from);
            self.output.extend_from_within(from..from + piece);
            left -= piece;
        }
        Ok(())
    }

    fn room(&self, count: usize) -> Result<(), Damage> {
        let written = self.output.len() - self.start;
        if count > self.most - written { Err(Damage::Long) } else { Ok(()) }
    }
}
