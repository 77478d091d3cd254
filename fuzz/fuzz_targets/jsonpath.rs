//! JSONPaths files and the expressions in them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = load::jsonpath::parse(bytes, 1);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = load::jsonpath::path(text);
    }
});
