//! How an audit record lies in a segment.
//!
//! `length:u32 crc32:u32 | commit:u64 time_ms:i64 account:u64 second_account:u64 | payload`, all
//! big-endian. The length counts what follows the checksum; the checksum covers it.

const PREFIX_BYTES: usize = 8;
const HEADER_BYTES: usize = 32;

/// The part of a record that can be filtered without parsing its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditHeader {
    /// The change this record belongs to; 0 for none. Set by the store.
    pub commit: u64,
    /// When the call came, in milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// Numbers of the accounts whose trail shows the record; the second is 0 when there is one.
    pub accounts: [u64; 2],
}

/// One audit record: a header and a payload that the store does not interpret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// For filters.
    pub header: AuditHeader,
    /// JSON, by the gateway's convention.
    pub payload: Vec<u8>,
}

pub(super) fn encode(commit: u64, record: &AuditRecord) -> Vec<u8> {
    let AuditHeader { time_ms, accounts: [first, second], .. } = record.header;
    let mut body = Vec::with_capacity(HEADER_BYTES + record.payload.len());
    body.extend(commit.to_be_bytes());
    body.extend(time_ms.to_be_bytes());
    body.extend(first.to_be_bytes());
    body.extend(second.to_be_bytes());
    body.extend(&record.payload);
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + body.len());
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(crc32fast::hash(&body).to_be_bytes());
    bytes.append(&mut body);
    bytes
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

/// The first record of `bytes`: header, payload, and its whole length in bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<(AuditHeader, &[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let body = rest.get(..length)?;
    if crc32fast::hash(body) != u32::from_be_bytes(*crc) {
        return None;
    }
    let (commit, body) = body.split_first_chunk::<8>()?;
    let (time_ms, body) = body.split_first_chunk::<8>()?;
    let (first, body) = body.split_first_chunk::<8>()?;
    let (second, payload) = body.split_first_chunk::<8>()?;
    let header = AuditHeader {
        commit: u64::from_be_bytes(*commit),
        time_ms: i64::from_be_bytes(*time_ms),
        accounts: [u64::from_be_bytes(*first), u64::from_be_bytes(*second)],
    };
    Some((header, payload, PREFIX_BYTES + length))
}
