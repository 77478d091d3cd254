//! Answers of a server, in every protocol, as our own client reads them.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use landbridge_fuzz::operation;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((model, operation, rest)) = operation(bytes, |_| true) else { return };
    let Some((status, body)) = rest.split_first() else { return };
    let status = 200 + 50 * u16::from(status % 8);
    let mut headers = HeaderMap::new();
    let names = ["x-amz-request-id", "x-amzn-errortype", "last-modified", "x-amz-version-id"];
    for (name, value) in names.iter().zip(body.chunks(12)) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let _ = wire::client::decode_response(model, operation, status, &headers, body);
});
