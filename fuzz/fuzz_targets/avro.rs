//! Avro files of COPY.
#![no_main]

use landbridge_fuzz::drain;
use libfuzzer_sys::fuzz_target;
use load::avro::Avro;
use load::json::Shape;

fuzz_target!(|bytes: &[u8]| {
    let columns = ["id".to_owned(), "name".to_owned()];
    if let Ok(reader) = Avro::open(bytes, &Shape::Auto, &columns) {
        drain(reader, usize::MAX);
    }
});
