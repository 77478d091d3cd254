//! The bytes of JSON (RFC 8259): where a value ends, and whether it is one.
//!
//! Strict, without a tree and without memory of its own beyond the nesting. It must not know
//! columns. Start at [`Scanner::skip`].

/// Nesting beyond this is refused, as SUPER refuses it (Limitations of SUPER: 1,000 levels).
const DEEPEST: usize = 1_000;

/// Why a scan did not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The bytes end inside the value.
    More,
    /// The byte here cannot stand here.
    Bad(usize, &'static str),
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    /// A number, `true` or `false`: its text is its value.
    Bare,
    String {
        escaped: bool,
    },
    /// An object or array.
    Nested,
}

/// Reads forward through bytes.
pub(crate) struct Scanner<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl Scanner<'_> {
    /// The next byte that is not white space, without passing it.
    pub fn peek(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::More),
            }
        }
    }

    pub fn bad<T>(&self, why: &'static str) -> Result<T, Stop> {
        Err(Stop::Bad(self.at, why))
    }

    /// Passes one byte that must stand next.
    pub fn expect(&mut self, byte: u8, why: &'static str) -> Result<(), Stop> {
        if self.peek()? == byte {
            self.at += 1;
            return Ok(());
        }
        self.bad(why)
    }

    /// After an item: whether another follows, or `close` ends the list.
    pub fn another(&mut self, close: u8) -> Result<bool, Stop> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                Ok(true)
            }
            byte if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ if close == b'}' => self.bad("expected , or }"),
            _ => self.bad("expected , or ]"),
        }
    }

    /// After an opening bracket: whether nothing stands inside; if so, passes its end.
    pub fn closes(&mut self, close: u8) -> Result<bool, Stop> {
        let empty = self.peek()? == close;
        self.at += usize::from(empty);
        Ok(empty)
    }

    /// Passes the value that begins at `self.at`, which is not white space.
    pub fn skip(&mut self, open: &mut Vec<u8>) -> Result<Kind, Stop> {
        match self.bytes.get(self.at).copied().ok_or(Stop::More)? {
            b'"' => self.string().map(|escaped| Kind::String { escaped }),
            b'{' | b'[' => self.nested(open).map(|()| Kind::Nested),
            b'-' | b'0'..=b'9' => self.number().map(|()| Kind::Bare),
            b't' => self.word(b"true").map(|()| Kind::Bare),
            b'f' => self.word(b"false").map(|()| Kind::Bare),
            b'n' => self.word(b"null").map(|()| Kind::Null),
            _ => self.bad("expected a value"),
        }
    }

    /// Passes an object or array; `open` holds the ends that are waited for.
    fn nested(&mut self, open: &mut Vec<u8>) -> Result<(), Stop> {
        open.clear();
        loop {
            // At the beginning of a value.
            let close = match self.peek()? {
                b'{' => b'}',
                b'[' => b']',
                _ => 0,
            };
            if close == 0 {
                self.scalar()?;
            } else {
                self.at += 1;
                if !self.closes(close)? {
                    if open.len() >= DEEPEST {
                        return self.bad("nested too deep");
                    }
                    open.push(close);
                    self.key_of(close)?;
                    continue;
                }
            }
            // After a value: what contains it goes on or ends.
            loop {
                let Some(close) = open.last().copied() else { return Ok(()) };
                if self.another(close)? {
                    self.key_of(close)?;
                    break;
                }
                open.pop();
            }
        }
    }

    fn scalar(&mut self) -> Result<(), Stop> {
        match self.bytes.get(self.at) {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.bad("expected a value"),
        }
    }

    /// In an object: passes a name and its colon.
    fn key_of(&mut self, close: u8) -> Result<(), Stop> {
        if close == b'}' {
            self.key()?;
        }
        Ok(())
    }

    /// Passes a member's name and colon; where the name stands, quotes included.
    pub fn key(&mut self) -> Result<(usize, usize), Stop> {
        if self.peek()? != b'"' {
            return self.bad("expected a name in quotes");
        }
        let start = self.at;
        self.string()?;
        let end = self.at;
        self.expect(b':', "expected :")?;
        Ok((start, end))
    }

    /// Passes a string, the opening quote here; whether it has escapes.
    pub fn string(&mut self) -> Result<bool, Stop> {
        self.at += 1;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += plain(rest);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return self.bad("control character in a string"),
                None => return Err(Stop::More),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Stop> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                for digit in self.at + 2..self.at + 6 {
                    match self.bytes.get(digit) {
                        Some(byte) if byte.is_ascii_hexdigit() => {}
                        Some(_) => return Err(Stop::Bad(digit, "expected a hexadecimal digit")),
                        None => return Err(Stop::More),
                    }
                }
                self.at += 6;
            }
            Some(_) => return self.bad("unknown escape"),
            None => return Err(Stop::More),
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        if word.starts_with(rest) { Err(Stop::More) } else { self.bad("expected a value") }
    }

    fn number(&mut self) -> Result<(), Stop> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.bytes.get(self.at) {
            Some(b'0'..=b'9' | b'.' | b'+' | b'-' | b'a'..=b'z' | b'A'..=b'Z' | b'"') => {
                self.bad("not a number")
            }
            Some(_) => Ok(()),
            None => Err(Stop::More),
        }
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        match (count, rest.get(count)) {
            (_, None) => Err(Stop::More),
            (0, Some(_)) => self.bad("expected a digit"),
            _ => Ok(()),
        }
    }
}

/// How many bytes at the start are neither a quote, a backslash nor a control character.
fn plain(bytes: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest marked byte is right; a borrow can only mark bytes above one that is.
    let zero = |word: u64| word.wrapping_sub(EACH) & !word;
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let quote = zero(word ^ (EACH * u64::from(b'"')));
        let backslash = zero(word ^ (EACH * u64::from(b'\\')));
        let control = word.wrapping_sub(EACH * 0x20) & !word;
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            return bytes.len() - rest.len() + (found.trailing_zeros() / 8) as usize;
        }
        rest = after;
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes.len() - rest.len() + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Appends what a scanned string means. `raw` is without its quotes. A lone surrogate becomes
/// three bytes that are not UTF-8, so that whoever checks the text finds it there.
pub(crate) fn unescape(raw: &[u8], text: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or_default();
        text.extend_from_slice(before);
        let letter = escape.get(1).copied().unwrap_or(b'\\');
        let mut length = 2;
        match letter {
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'u' => length = unicode(escape, text),
            other => text.push(other),
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
}

/// Appends the character of `\uXXXX`, or of two that are a pair; how many bytes they took.
fn unicode(escape: &[u8], text: &mut Vec<u8>) -> usize {
    let first = hex(escape, 2);
    let second = hex(escape, 8);
    let pair = (0xd800..0xdc00).contains(&first)
        && escape.get(6..8) == Some(b"\\u")
        && (0xdc00..0xe000).contains(&second);
    let (code, length) = if pair {
        (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12)
    } else {
        (first, 6)
    };
    match char::from_u32(code) {
        Some(letter) => text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            let low = |shift: u32| 0x80 | u8::try_from((code >> shift) & 0x3f).unwrap_or(0);
            text.extend_from_slice(&[0xed, low(6), low(0)]);
        }
    }
    length
}

/// Four hexadecimal digits; 0 where there are none.
fn hex(bytes: &[u8], at: usize) -> u32 {
    let digits = bytes.get(at..at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0)
}
