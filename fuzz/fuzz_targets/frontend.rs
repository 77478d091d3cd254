//! What a Postgres client may send: start-up packets, messages, values of Bind.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| warehouse::fuzz(bytes));
