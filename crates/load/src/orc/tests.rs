//! Files of Arrow's C++ writer, and files that lie. The encodings that writer does not choose are
//! tried by the bytes of the specification's examples.

use super::rle::{Bits, Bytes, Ints};
use super::*;
use crate::samples::{Memory, TABLE, all_types, fixture, said, shown, targets};

const NESTED: Columnar =
    Columnar { serialize_to_json: true, fill_record: false, replace_invalid: None };

fn read(file: Vec<u8>, targets: &[Target], options: Columnar) -> Result<Vec<String>, String> {
    let said = |error: ColumnarError| said(&error);
    let file = Orc::open(Memory::shared(file), "s3/f", targets, options).map_err(said)?;
    let mut rows = Vec::new();
    for stripe in 0..file.stripes() {
        for batch in file.read(stripe).map_err(said)? {
            rows.extend(shown(&batch.map_err(said)?));
        }
    }
    Ok(rows)
}

#[test]
fn every_type_of_another_writer() {
    for name in ["types.orc", "types-plain.orc"] {
        let rows = read(fixture(name), &all_types(), NESTED).unwrap();
        assert_eq!(rows, TABLE, "{name}");
    }
}

/// What `noise` of `fixtures/make.py` makes.
fn noise(count: usize) -> Vec<i64> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as i64
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn many_rows_with_runs_steps_noise_and_outliers() {
    let columns = targets(&[
        ("id", "bigint"),
        ("few", "varchar(10)"),
        ("noise", "integer"),
        ("outlier", "bigint"),
        ("at", "timestamp"),
    ]);
    let rows = read(fixture("many.orc"), &columns, Columnar::default()).unwrap();
    assert_eq!(rows.len(), 1200);
    for (i, (row, byte)) in rows.iter().zip(noise(1200)).enumerate() {
        let i = i as i64;
        let noise = byte * 16_777_619 % (1 << 31);
        let noise = if byte % 11 == 0 { "∅".into() } else { noise.to_string() };
        let outlier = if i % 300 == 7 { 1 << 40 } else { i % 3 };
        let micros = 1_700_000_000_000_000 + i * 1_000_003;
        let at = chrono::DateTime::from_timestamp_micros(micros).unwrap();
        let at = at.format("%FT%T%.f");
        let expect = format!("{i}|name {}|{noise}|{outlier}|{at}", byte % 7);
        assert_eq!(row.as_str(), expect, "{i}");
    }
}

fn stream(bytes: &[u8]) -> Stream {
    let packing = Packing { codec: Codec::None, block: 0 };
    let source = Memory::shared(bytes.to_vec());
    Stream::new(&source, packing, 0, bytes.len() as u64).unwrap()
}

#[test]
fn runs_of_integers() {
    let check = |signed: bool, second: bool, bytes: &[u8], expect: &[i64]| {
        let mut ints = Ints::new(stream(bytes), signed, second);
        let read: Vec<i64> = expect.iter().map_while(|_| ints.next().ok()).collect();
        assert_eq!(read, expect, "{bytes:02x?}");
        assert!(ints.next().is_err(), "{bytes:02x?}");
    };
    // The examples of the specification.
    check(false, false, &[0x61, 0x00, 0x07], &[7; 100]);
    let down: Vec<i64> = (1..=100).rev().collect();
    check(false, false, &[0x61, 0xff, 0x64], &down);
    check(false, false, &[0xfb, 0x02, 0x03, 0x06, 0x07, 0x0b], &[2, 3, 6, 7, 11]);
    check(true, false, &[0xfe, 0x01, 0x02], &[-1, 1]);
    check(false, true, &[0x0a, 0x27, 0x10], &[10_000; 5]);
    check(
        false,
        true,
        &[0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef],
        &[23_713, 43_806, 57_005, 48_879],
    );
    check(
        false,
        true,
        &[
            0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46,
            0x50, 0x5a, 0x64, 0x6e, 0x78, 0x82, 0x8c, 0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
        ],
        &[
            2030, 2000, 2020, 1_000_000, 2040, 2050, 2060, 2070, 2080, 2090, 2100, 2110, 2120,
            2130, 2140, 2150, 2160, 2170, 2180, 2190,
        ],
    );
    check(
        false,
        true,
        &[0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46],
        &[2, 3, 5, 7, 11, 13, 17, 19, 23, 29],
    );
    // Steps downwards, and a step that repeats.
    check(true, true, &[0xc2, 0x03, 0x14, 0x03, 0x60], &[10, 8, 7, 5]);
    check(true, true, &[0xc0, 0x02, 0x00, 0x04], &[0, 2, 4]);
    check(true, true, &[0xc0, 0x00, 0x09, 0x00], &[-5]);
}

#[test]
fn runs_of_bytes_and_bits() {
    let mut bytes = Bytes::new(stream(&[0x61, 0x00, 0xfe, 0x44, 0x45]));
    let read: Vec<u8> = (0..102).map(|_| bytes.next().unwrap()).collect();
    assert_eq!(read, [vec![0; 100], vec![0x44, 0x45]].concat());
    assert!(bytes.next().is_err());
    let mut bits = Bits::new(stream(&[0xff, 0x80]));
    let read: Vec<bool> = (0..8).map(|_| bits.next().unwrap()).collect();
    assert_eq!(read, [true, false, false, false, false, false, false, false]);
}

#[test]
fn what_does_not_fit_the_table_and_no_file_of_this_format() {
    let check = |file: Vec<u8>, columns: &[(&str, &str)], expect: &str| {
        let error = read(file, &targets(columns), Columnar::default()).unwrap_err();
        assert_eq!(error, format!("Spectrum Scan Error [15007] {expect}"));
    };
    check(
        fixture("many.orc"),
        &[("a", "bigint")],
        "Unmatched number of columns between table and file. Table columns: 1, Data columns: 5, File name: s3/f",
    );
    let columns =
        [("a", "integer"), ("b", "varchar(9)"), ("c", "int"), ("d", "bigint"), ("e", "timestamp")];
    check(
        fixture("many.orc"),
        &columns,
        "File 's3/f' has an incompatible ORC schema for column 'a'. Column type: INTEGER, ORC schema:\nid bigint",
    );
    for file in [&b""[..], b"\0", b"id,name\n", &[255; 100]] {
        check(file.to_vec(), &columns, "File 's3/f' could not be read as ORC: not an ORC file");
    }
}

#[test]
fn cut_and_damaged_files_are_errors_or_whole() {
    for name in ["types.orc", "types-plain.orc"] {
        let file = fixture(name);
        for cut in 0..file.len() {
            assert!(read(file[..cut].to_vec(), &all_types(), NESTED).is_err(), "{cut}");
        }
        let mut dice = dice::Dice::new(8);
        for _ in 0..3_000 {
            let mut damaged = file.clone();
            for _ in 0..1 + dice.below(3) {
                let at = dice.below(damaged.len());
                damaged[at] = dice.roll() as u8;
            }
            let _ = read(damaged, &all_types(), NESTED);
        }
    }
}
