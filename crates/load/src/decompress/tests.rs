//! Whole files, in pieces, damaged, cut off and beyond the limits.

use std::io::Write;

use super::*;
use crate::samples::fixture;

/// What `fixtures/make.py` calls rows.
fn rows() -> Vec<u8> {
    let line = |i: usize| {
        let run = if i.is_multiple_of(50) { i % 400 } else { 3 };
        format!("{i}|{}|{}\n", i * i % 97, "x".repeat(run))
    };
    (0..1000).map(line).collect::<String>().into_bytes()
}

fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn packed(compression: Compression, plain: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            writer.write_all(plain).unwrap();
            writer.finish().unwrap()
        }
        Compression::Bzip2 => {
            let mut writer = bzip2::write::BzEncoder::new(Vec::new(), Default::default());
            writer.write_all(plain).unwrap();
            writer.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(plain, 3).unwrap(),
        Compression::Lzop => fixture("rows-9.lzo"),
        Compression::None => plain.to_vec(),
    }
}

fn unpack_within(compression: Compression, file: Vec<u8>, limits: Limits) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    open(compression, Box::new(io::Cursor::new(file)), limits).read_to_end(&mut plain)?;
    Ok(plain)
}

fn unpack(compression: Compression, file: Vec<u8>) -> io::Result<Vec<u8>> {
    unpack_within(compression, file, Limits::default())
}

const ALL: [Compression; 4] =
    [Compression::Gzip, Compression::Bzip2, Compression::Zstd, Compression::Lzop];

#[test]
fn one_part_and_several_parts() {
    let plain = rows();
    for compression in ALL {
        let file = packed(compression, &plain);
        assert_eq!(unpack(compression, file.clone()).unwrap(), plain, "{compression:?}");
        let twice = unpack(compression, file.repeat(2)).unwrap();
        assert_eq!(twice, plain.repeat(2), "{compression:?}");
    }
    assert_eq!(unpack(Compression::None, plain.clone()).unwrap(), plain);
}

#[test]
fn an_empty_file_is_empty() {
    for compression in ALL {
        assert_eq!(unpack(compression, Vec::new()).unwrap(), b"", "{compression:?}");
    }
}

#[test]
fn every_cut_is_an_error() {
    let plain = b"1,one\n2,two\n3,three\n".repeat(20);
    for compression in ALL {
        let file = match compression {
            Compression::Lzop => fixture("two.lzo"),
            _ => packed(compression, &plain),
        };
        for cut in 1..file.len() {
            match unpack(compression, file[..cut].to_vec()) {
                // An LZOP archive's end is where the next may begin.
                Ok(read) => assert_eq!((compression, &*read), (Compression::Lzop, &b"first\n"[..])),
                Err(error) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{compression:?}"),
            }
        }
    }
}

#[test]
fn damage_is_an_error_or_changes_nothing() {
    let plain = rows();
    for compression in ALL {
        let file = packed(compression, &plain);
        for at in (0..file.len()).step_by(1 + file.len() / 200) {
            let mut damaged = file.clone();
            damaged[at] ^= 0x41;
            // Names, times and the like in headers are nobody's data. ZSTD has no checksum by default.
            match unpack(compression, damaged) {
                Ok(read) if compression != Compression::Zstd => assert_eq!(read, plain),
                _ => {}
            }
        }
    }
}

#[test]
fn other_formats_are_errors() {
    for compression in ALL {
        for other in [&b"plain text, not compressed at all"[..], &[0x1f], &[0; 64]] {
            assert!(unpack(compression, other.to_vec()).is_err(), "{compression:?}");
        }
        let mut trailing = packed(compression, &rows());
        trailing.extend_from_slice(b"and then text");
        assert!(unpack(compression, trailing).is_err(), "{compression:?}");
    }
}

#[test]
fn files_of_the_lzop_program() {
    let check = |name: &str, expect: Vec<u8>| {
        assert_eq!(unpack(Compression::Lzop, fixture(name)).unwrap(), expect, "{name}");
    };
    check("rows-1.lzo", rows());
    check("rows-9.lzo", rows());
    check("crc32.lzo", b"a,b\n".repeat(5000));
    check("unchecked.lzo", b"a,b\n".repeat(5000));
    check("two.lzo", [b"first\nsecond\n".to_vec(), vec![0; 100_000]].concat());
    check("noise.lzo", noise(3000));
    check("empty.lzo", Vec::new());
}

#[test]
fn lzo_blocks_that_lie() {
    let check = |packed: &[u8], expect: Result<&[u8], lzo1x::Damage>| {
        let mut output = b"before".to_vec();
        let decoded = lzo1x::decode(packed, &mut output, 64).map(|()| output[6..].to_vec());
        assert_eq!(decoded, expect.map(<[u8]>::to_vec), "{packed:02x?}");
    };
    check(&[0x11, 0, 0], Ok(b""));
    check(&[20, b'a', b'b', b'c', 0x11, 0, 0], Ok(b"abc"));
    // Three letters, then six from three back, reading what it writes.
    check(&[20, b'a', b'b', b'c', 0x24, 0x08, 0, 0x11, 0, 0], Ok(b"abcabcabc"));
    check(&[20, b'a', b'b', b'c', 0x24, 0x0c, 0, 0x11, 0, 0], Err(lzo1x::Damage::Distance));
    check(&[20, b'a', b'b', b'c', 0x3f, 0x08, 0], Err(lzo1x::Damage::Short));
    check(&[20, b'a', b'b', b'c', 0x20, 0xff, 0x08, 0], Err(lzo1x::Damage::Long));
    check(&[20, b'a', b'b'], Err(lzo1x::Damage::Short));
    check(&[0x11, 0, 0, 0], Err(lzo1x::Damage::Trailing));
    check(&[], Err(lzo1x::Damage::Short));
    check(&[0; 400], Err(lzo1x::Damage::Long));
}

#[test]
fn bombs_end_within_the_limits() {
    let limits = Limits { free_output: 1 << 20, ..Limits::default() };
    for compression in [Compression::Gzip, Compression::Bzip2, Compression::Zstd] {
        let file = packed(compression, &vec![b'0'; 64 << 20]);
        let size = file.len();
        let mut reader = open(compression, Box::new(io::Cursor::new(file)), limits);
        let mut given = 0;
        let mut buffer = vec![0; 64 << 10];
        let error = loop {
            match reader.read(&mut buffer) {
                Ok(0) => panic!("{compression:?}: a bomb of {size} bytes came out whole"),
                Ok(count) => given += count,
                Err(error) => break error,
            }
        };
        assert!(given <= (2 << 20) + size * 500, "{compression:?}: {given}");
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{compression:?}");
    }
    let alike = b"182851|same row as ever|2026-11-22\n".repeat(20_000);
    let within = unpack_within(Compression::Gzip, packed(Compression::Gzip, &alike), limits);
    assert_eq!(within.unwrap(), alike);
}

#[test]
fn a_window_beyond_the_limit_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(24).unwrap();
    encoder.write_all(&noise(1 << 20)).unwrap();
    let file = encoder.finish().unwrap();
    let small = Limits { window_log: 20, ..Limits::default() };
    assert!(unpack_within(Compression::Zstd, file.clone(), small).is_err());
    assert_eq!(unpack(Compression::Zstd, file).unwrap(), noise(1 << 20));
}
