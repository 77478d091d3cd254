//! Compressed files of COPY: plain bytes within the limits, or an error.
#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use load::decompress::{Limits, open};
use redshift_sql::Compression;

fuzz_target!(|bytes: &[u8]| {
    let Some((compression, bytes)) = bytes.split_first() else { return };
    let compression = match compression % 4 {
        0 => Compression::Lzop,
        1 => Compression::Gzip,
        2 => Compression::Bzip2,
        _ => Compression::Zstd,
    };
    let limits = Limits { window_log: 20, free_output: 1 << 20, ratio: 500 };
    let mut plain = open(compression, Box::new(Cursor::new(bytes.to_vec())), limits);
    let mut buffer = [0; 4096];
    let mut total = 0;
    while let Ok(count @ 1..) = plain.read(&mut buffer) {
        total += count;
        assert!(total <= (2 << 20) + bytes.len() * 500);
    }
});
