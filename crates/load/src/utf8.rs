//! What is wrong with bytes that are not UTF-8, in the words of the load error reference
//! (Multibyte character load errors). Start at [`check`].

use crate::number::Problem;

/// `err_code` of unsupported code points.
const BAD_UTF8: u16 = 1220;

/// Checks a text.
///
/// # Errors
/// 1220 with the first bad sequence in hexadecimal and which rule it breaks.
#[inline]
pub fn check(text: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(text).map_err(|error| {
        let bad = text.get(error.valid_up_to()..).unwrap_or_default();
        let (length, rule) = rule(bad);
        let sequence = hex(bad.get(..length).unwrap_or(bad));
        Problem::new(
            BAD_UTF8,
            format!(
                "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex \
                 sequence: {sequence} (error {rule})"
            ),
        )
    })
}

/// The length of the bad sequence at the start, and the number of the rule that it breaks.
fn rule(bytes: &[u8]) -> (usize, u8) {
    let first = bytes.first().copied().unwrap_or_default();
    let expected: usize = match first {
        0x80..=0xbf | 0xfe | 0xff => return (1, 3),
        0xf8..=0xfd => return (1, 1),
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let follows = |byte: &&u8| (0x80..=0xbf).contains(*byte);
    let found = bytes.iter().skip(1).take(expected - 1).take_while(follows).count() + 1;
    if found < expected {
        // The sequence ends with the text, or a byte that does not belong to it follows.
        return if found == bytes.len() { (found, 2) } else { (found + 1, 4) };
    }
    match (first, bytes.get(1).copied().unwrap_or_default()) {
        (0xed, 0xa0..) => (expected, 5),
        (0xf4.., _) => (expected, 6),
        // A code point written longer than it need be.
        _ => (expected, 7),
    }
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// `CHAR` takes ASCII only.
///
/// # Errors
/// 1220 with the first character that is none.
pub fn check_single_byte(text: &[u8]) -> Result<&str, Problem> {
    if let Some(at) = text.iter().position(|byte| !byte.is_ascii()) {
        let rest = text.get(at..).unwrap_or_default();
        let length = rest.iter().skip(1).take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
        let reason = format!(
            "Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). Invalid \
             char: {}",
            hex(rest.get(..=length).unwrap_or(rest))
        );
        return Err(Problem::new(BAD_UTF8, reason));
    }
    check(text)
}

/// Puts `with` in the place of each byte that is not UTF-8; the length stays
/// (`ACCEPTINVCHARS`). Gives whether there was one.
pub fn replace(text: &[u8], with: u8, out: &mut Vec<u8>) -> bool {
    let mut replaced = false;
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        replaced |= !chunk.invalid().is_empty();
        out.extend(std::iter::repeat_n(with, chunk.invalid().len()));
    }
    replaced
}

/// As much of a text as fits into so many bytes without cutting a character.
pub fn cut(text: &[u8], bytes: usize) -> &[u8] {
    let inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut end = bytes.min(text.len());
    while end > 0 && end < text.len() && inside(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}
