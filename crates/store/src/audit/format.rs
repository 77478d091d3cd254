//! How an audit record lies in a segment.
//!
//! `length:u32 crc32:u32 | commit:u64 time_ms:i64 account:u64 second_account:u64 marks:u128 |
//! payload | length:u32`, all big-endian. Both lengths count header and payload, which the
//! checksum covers; the second one lets a reader go backwards.

/// The commit number of a record that is taken out.
pub(super) const VOID: u64 = u64::MAX;
/// Where a record's checksum and commit number stand, which are written together.
const MARK_AT: u64 = 4;
const PREFIX_BYTES: usize = 8;
const HEADER_BYTES: usize = 48;
/// Bytes of the length behind a record.
pub(super) const SUFFIX_BYTES: usize = 4;
/// A record longer than this is damage. A call's input is bounded far below it.
pub(super) const MAX_RECORD_BYTES: usize = 64 * 1024 * 1024;

/// The part of a record that can be filtered without parsing its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditHeader {
    /// The change this record belongs to; 0 for none. Set by the store.
    pub commit: u64,
    /// When the call came, in milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// Numbers of the accounts whose trail shows the record; the second is 0 when there is one.
    pub accounts: [u64; 2],
    /// The [`mark`]s of everything the record can be found by, in one.
    pub marks: u128,
}

/// Three of 128 bits that stand for `term`. A record whose [`AuditHeader::marks`] lack one of
/// them does not have the term; one that has them all very likely does, and must be looked at.
pub fn mark(term: &str) -> u128 {
    let hash = crc32fast::hash(term.as_bytes());
    [0, 7, 14].iter().fold(0, |bits, shift| bits | 1 << ((hash >> shift) & 127))
}

/// One audit record: a header and a payload that the store does not interpret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// For filters.
    pub header: AuditHeader,
    /// JSON, by the gateway's convention.
    pub payload: Vec<u8>,
}

/// Appends the raw form of a record to `bytes`.
pub(super) fn encode(commit: u64, record: &AuditRecord, bytes: &mut Vec<u8>) {
    let AuditHeader { time_ms, accounts: [first, second], marks, .. } = record.header;
    let mut header = [0; HEADER_BYTES];
    let numbers = [commit, time_ms as u64, first, second, (marks >> 64) as u64, marks as u64];
    for (place, number) in header.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_be_bytes());
    }
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&header);
    checksum.update(&record.payload);
    let length = ((HEADER_BYTES + record.payload.len()) as u32).to_be_bytes();
    bytes.reserve(PREFIX_BYTES + HEADER_BYTES + record.payload.len() + SUFFIX_BYTES);
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&checksum.finalize().to_be_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&record.payload);
    bytes.extend_from_slice(&length);
}

/// What takes the record in `raw` out, and where in it that is to be written: twelve bytes in one
/// place, so that a process killed at any instant leaves the record as it was or taken out.
pub(super) fn void(raw: &[u8]) -> Option<(u64, [u8; 12])> {
    let (_, body) = raw.split_at_checked(PREFIX_BYTES)?;
    let (body, _) = body.split_last_chunk::<SUFFIX_BYTES>()?;
    let (_, rest) = body.split_first_chunk::<8>()?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&VOID.to_be_bytes());
    checksum.update(rest);
    let mut mark = [0; 12];
    let (crc, commit) = mark.split_at_mut(4);
    crc.copy_from_slice(&checksum.finalize().to_be_bytes());
    commit.copy_from_slice(&VOID.to_be_bytes());
    Some((MARK_AT, mark))
}

/// The records of `bytes` in order, each with its raw form, up to the first damaged one.
pub(super) fn decode_all(bytes: &[u8]) -> impl Iterator<Item = (AuditHeader, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (header, _, raw_bytes) = decode(rest)?;
        let (raw, tail) = rest.split_at_checked(raw_bytes)?;
        rest = tail;
        Some((header, raw))
    })
}

/// Bytes of the whole record that ends at the end of `bytes`, by the length behind it.
pub(super) fn length_of_last(bytes: &[u8]) -> Option<usize> {
    bytes.split_last_chunk::<SUFFIX_BYTES>().and_then(|(_, length)| whole(*length))
}

/// Bytes of the whole record that begins `bytes`, by the length before it.
pub(super) fn length_of_first(bytes: &[u8]) -> Option<usize> {
    bytes.split_first_chunk::<4>().and_then(|(length, _)| whole(*length))
}

fn whole(length: [u8; 4]) -> Option<usize> {
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    (HEADER_BYTES..=MAX_RECORD_BYTES)
        .contains(&length)
        .then_some(PREFIX_BYTES + length + SUFFIX_BYTES)
}

/// The first record of `bytes`: header, payload, and its whole length in bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<(AuditHeader, &[u8], usize)> {
    let raw_bytes = length_of_first(bytes)?;
    let raw = bytes.get(..raw_bytes)?;
    if length_of_last(raw) != Some(raw_bytes) {
        return None;
    }
    let (_, rest) = raw.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let (body, _) = rest.split_last_chunk::<SUFFIX_BYTES>()?;
    if crc32fast::hash(body) != u32::from_be_bytes(*crc) {
        return None;
    }
    let (commit, body) = body.split_first_chunk::<8>()?;
    let (time_ms, body) = body.split_first_chunk::<8>()?;
    let (first, body) = body.split_first_chunk::<8>()?;
    let (second, body) = body.split_first_chunk::<8>()?;
    let (marks, payload) = body.split_first_chunk::<16>()?;
    let header = AuditHeader {
        commit: u64::from_be_bytes(*commit),
        time_ms: i64::from_be_bytes(*time_ms),
        accounts: [u64::from_be_bytes(*first), u64::from_be_bytes(*second)],
        marks: u128::from_be_bytes(*marks),
    };
    Some((header, payload, raw_bytes))
}
