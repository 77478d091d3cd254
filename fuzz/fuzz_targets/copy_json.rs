//! JSON files of COPY: whatever the bytes, records or rejections, and an end.
#![no_main]

use landbridge_fuzz::drain;
use libfuzzer_sys::fuzz_target;
use load::json::{Json, Shape};

fuzz_target!(|bytes: &[u8]| {
    let Some((shape, bytes)) = bytes.split_first() else { return };
    let columns = ["id".to_owned(), "name".to_owned()];
    let path = |text: &str| load::jsonpath::path(text).unwrap_or_default();
    let shape = match shape % 4 {
        0 => Shape::Auto,
        1 => Shape::AutoIgnoreCase,
        2 => Shape::NoShred,
        _ => Shape::Paths(vec![path("$.id"), path("$.a[1].b")]),
    };
    drain(Json::new(bytes, &shape, &columns), bytes.len());
});
