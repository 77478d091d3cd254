//! Parquet files of COPY, into columns of every type.
#![no_main]

use landbridge_fuzz::{Memory, NESTED, columns};
use libfuzzer_sys::fuzz_target;
use load::parquet::Parquet;

fuzz_target!(init: {
    // The reader turns what the decoder asserts into errors: a panic is no finding here.
    std::panic::set_hook(Box::new(|_| ()));
}, |bytes: &[u8]| {
    let Ok(file) = Parquet::open(Memory::shared(bytes), "file", &columns(), NESTED) else { return };
    for group in 0..file.row_groups().min(4) {
        if let Ok(batches) = file.read(group) {
            batches.take(16).for_each(drop);
        }
    }
});
