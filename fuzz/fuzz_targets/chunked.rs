//! Bodies in `aws-chunked` form: never more out than was declared, and an end.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use wire::chunked::ChunkedReader;
use wire::sigv4::PayloadHash;

const KINDS: [&str; 3] = [
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
];

fuzz_target!(|bytes: &[u8]| {
    let Some(([kind, length], body)) = bytes.split_first_chunk::<2>() else { return };
    let Ok(payload) = PayloadHash::parse(KINDS[usize::from(*kind) % KINDS.len()]) else { return };
    let expected = (*length < 255).then_some(u64::from(*length));
    let mut reader = ChunkedReader::new(body, &payload, None, expected);
    let mut read = Vec::new();
    let outcome = reader.read_to_end(&mut read);
    assert!(read.len() <= body.len());
    if let (Ok(_), Some(expected)) = (outcome, expected) {
        assert_eq!(read.len() as u64, expected);
    }
});
