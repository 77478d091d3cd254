//! Signatures in headers, queries and forms: read, and verified against a secret they do not know.
#![no_main]

use chrono::DateTime;
use landbridge_fuzz::request;
use libfuzzer_sys::fuzz_target;
use wire::sigv4::{PayloadHash, Presented};

fuzz_target!(|bytes: &[u8]| {
    let Some((parts, body)) = request(bytes) else { return };
    let presented = match Presented::parse(&parts) {
        Ok(Some(presented)) => presented,
        Ok(None) => return,
        Err(error) => {
            for model in wire::models() {
                let _ = error.fault(model.protocol());
            }
            return;
        }
    };
    let Ok(payload) = PayloadHash::of_request(&parts, &presented, body) else { return };
    let _ = presented.check_scope("s3", None);
    // The time of the request itself, so that more than the clock is looked at.
    let now = presented.timestamp();
    let secret = b"a secret that no fuzzer knows";
    assert!(presented.verify(&parts, &payload, secret, now).is_err());
    let _ = presented.verify(&parts, &payload, secret, DateTime::UNIX_EPOCH);
});
