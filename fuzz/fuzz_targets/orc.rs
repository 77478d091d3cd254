//! ORC files of COPY, into columns of every type.
#![no_main]

use landbridge_fuzz::{Memory, NESTED, columns};
use libfuzzer_sys::fuzz_target;
use load::orc::Orc;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = Orc::open(Memory::shared(bytes), "file", &columns(), NESTED) else { return };
    for stripe in 0..file.stripes().min(4) {
        if let Ok(batches) = file.read(stripe) {
            batches.take(16).for_each(drop);
        }
    }
});
