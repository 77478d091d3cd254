//! Whether a frontend message has the form its type demands, before it is taken apart.
//!
//! The decoder that follows trusts the counts and lengths inside a message; a message that lies
//! about them would end its task instead of its session. Knows no meanings.
//! PostgreSQL documentation, "Message Formats".

/// What is left of a message's content; `None` once it was shorter than it said.
type Rest<'b> = Option<&'b [u8]>;

/// Whether `body`, the content of a message after its length, is whole for a message of `kind`.
/// Kinds that are passed on as they are, or not known at all, are the decoder's matter.
pub(super) fn is_whole(kind: u8, body: &[u8]) -> bool {
    let rest = match kind {
        b'Q' | b'f' => text(body),
        b'P' => text(body).and_then(text).and_then(|rest| counted(rest, 4)),
        b'B' => bind(body),
        b'D' | b'C' => skip(body, 1).and_then(text),
        b'E' => text(body).and_then(|rest| skip(rest, 4)),
        b'H' | b'S' | b'X' | b'c' => Some(body),
        _ => return true,
    };
    rest.is_some_and(<[u8]>::is_empty)
}

/// Whether the content of a start-up packet is pairs of texts and the zero that ends them.
pub(super) fn is_whole_startup(body: &[u8]) -> bool {
    let Some((0, pairs)) = body.split_last() else { return body.is_empty() };
    let mut rest = pairs;
    while !rest.is_empty() {
        let Some(after) = text(rest).and_then(text) else { return false };
        rest = after;
    }
    true
}

fn bind(body: &[u8]) -> Rest<'_> {
    let formats = text(body).and_then(text)?;
    let values = counted(formats, 2)?;
    let (count, mut rest) = number(values)?;
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = i32::from_be_bytes(*length);
        // -1 is NULL and has no bytes.
        rest = match usize::try_from(length) {
            Ok(length) => skip(after, length)?,
            Err(_) if length == -1 => after,
            Err(_) => return None,
        };
    }
    counted(rest, 2)
}

/// A text and its zero byte.
fn text(rest: &[u8]) -> Rest<'_> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    skip(rest, end + 1)
}

/// A count in two bytes, and so many things of `size` bytes.
fn counted(rest: &[u8], size: usize) -> Rest<'_> {
    let (count, rest) = number(rest)?;
    skip(rest, count * size)
}

fn number(rest: &[u8]) -> Option<(usize, &[u8])> {
    let (count, rest) = rest.split_first_chunk::<2>()?;
    Some((usize::from(u16::from_be_bytes(*count)), rest))
}

fn skip(rest: &[u8], bytes: usize) -> Rest<'_> {
    rest.get(bytes..)
}
