//! A file's description of itself, walked before it is believed: the `parquet` crate makes room
//! for as many elements as a list claims to have, and a claim of billions would end the process.
//!
//! The description is in Thrift's compact protocol (`thrift/doc/specs/thrift-compact-protocol.md`
//! of Apache Thrift); what its fields mean is not looked at. Start at [`is_sound`].

/// Elements of a list at most: columns, row groups and the columns of each row group.
const MOST_ELEMENTS: u64 = 1 << 18;
/// Structures within structures at most; Parquet's own go to about ten.
const DEEPEST: u32 = 64;

/// Whether the bytes are one structure whose lists and texts are all there.
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    let mut left = bytes;
    structure(&mut left, DEEPEST).is_some()
}

/// Takes the fields of a structure, to its stop.
fn structure(left: &mut &[u8], depth: u32) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    loop {
        let header = byte(left)?;
        let kind = header & 0x0f;
        if kind == 0 {
            return Some(());
        }
        // Without a difference to the field before, its number follows.
        if header >> 4 == 0 {
            number(left)?;
        }
        // A boolean field has its value in its type.
        if !matches!(kind, 1 | 2) {
            value(left, kind, depth)?;
        }
    }
}

/// Takes a value of a type; booleans here are those of lists, a byte each.
fn value(left: &mut &[u8], kind: u8, depth: u32) -> Option<()> {
    match kind {
        1..=3 => byte(left).map(drop),
        4..=6 => number(left).map(drop),
        7 => skip(left, 8),
        8 => {
            let length = number(left)?;
            skip(left, length)
        }
        9 | 10 => list(left, depth),
        11 => map(left, depth),
        12 => structure(left, depth),
        _ => None,
    }
}

fn list(left: &mut &[u8], depth: u32) -> Option<()> {
    let header = byte(left)?;
    let length = match header >> 4 {
        15 => number(left)?,
        short => u64::from(short),
    };
    elements(left, length, &[header & 0x0f], depth)
}

fn map(left: &mut &[u8], depth: u32) -> Option<()> {
    let length = number(left)?;
    if length == 0 {
        return Some(());
    }
    let kinds = byte(left)?;
    elements(left, length, &[kinds >> 4, kinds & 0x0f], depth)
}

fn elements(left: &mut &[u8], length: u64, kinds: &[u8], depth: u32) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    if length > MOST_ELEMENTS.min(left.len() as u64) {
        return None;
    }
    (0..length).try_for_each(|_| kinds.iter().try_for_each(|kind| value(left, *kind, depth)))
}

/// A number of variable length (LEB128).
fn number(left: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let next = byte(left)?;
        number |= u64::from(next & 0x7f).checked_shl(shift)?;
        if next & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn byte(left: &mut &[u8]) -> Option<u8> {
    let (first, rest) = left.split_first()?;
    *left = rest;
    Some(*first)
}

fn skip(left: &mut &[u8], length: u64) -> Option<()> {
    *left = left.get(usize::try_from(length).ok()?..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::is_sound;

    #[test]
    fn claims_are_compared_with_what_is_there() {
        for (bytes, sound) in [
            // Nothing in it; a 32-bit field; a list of two structures; a text.
            (&[0x00][..], true),
            (&[0x15, 0x02, 0x00], true),
            (&[0x19, 0x2c, 0x00, 0x00, 0x00], true),
            (&[0x18, 0x03, b'a', b'b', b'c', 0x00], true),
            // No stop; a list of 4,294,967,295 structures; a text longer than the rest.
            (&[0x15, 0x02], false),
            (&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x00], false),
            (&[0x18, 0x7f, b'a', 0x00], false),
            // A type that does not exist; a number without an end.
            (&[0x1e, 0x00], false),
            (&[0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00], false),
        ] {
            assert_eq!(is_sound(bytes), sound, "{bytes:x?}");
        }
        // Structures within structures.
        assert!(!is_sound(&[0x1c; 10_000]));
    }
}
