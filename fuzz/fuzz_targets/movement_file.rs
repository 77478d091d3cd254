//! Movement files: read, or refused with the place of each problem.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use movement::Movement;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = Movement::parse(text, Path::new("movement.toml")) {
        assert!(!error.to_string().is_empty());
    }
});
