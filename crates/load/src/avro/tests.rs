//! Files of fastavro, files made by hand, and files that lie.

use super::*;
use crate::jsonpath::path;
use crate::record::Field;
use crate::samples::fixture;

const COLUMNS: [&str; 17] = [
    "id", "flag", "f", "d", "name", "raw", "fixed", "color", "list", "map", "node", "day", "ms",
    "us", "time", "price", "other",
];

/// Each object's fields with `|` between: `-` absent, `∅` null, text of strings in apostrophes.
fn read(file: &[u8], shape: &Shape, columns: &[&str]) -> Result<Vec<String>, String> {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut reader = Avro::open(file, shape, &columns).map_err(|error| error.to_string())?;
    let mut record = Record::default();
    let mut rows = Vec::new();
    while reader.next(&mut record).map_err(|error| error.to_string())? {
        assert_eq!(record.line, rows.len() as u64 + 1);
        let fields: Vec<_> = record.fields().map(shown).collect();
        rows.push(fields.join("|"));
    }
    Ok(rows)
}

fn shown(field: Field<'_>) -> String {
    match field {
        Field::Absent => "-".into(),
        Field::Null => "∅".into(),
        Field::Text { bytes, quoted: true } => format!("'{}'", String::from_utf8_lossy(bytes)),
        Field::Text { bytes, quoted: false } => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[test]
fn every_type_of_another_writer_in_every_codec() {
    for name in ["null.avro", "deflate.avro", "snappy.avro"] {
        let rows = read(&fixture(name), &Shape::Auto, &COLUMNS).unwrap();
        let expect = [
            "1|true|1.5|0.1|'é\"\n'|'text'|'abc'|'GREEN'|[1,null]|{\"k\":\"v\"}|{\"v\":1,\"next\":{\"v\":2,\"next\":null}}|'2026-11-22'|'2026-11-22 09:08:07.123000'|'2026-11-22 09:08:07.123456'|'09:08:07.123456'|-1234.50|-",
            "-9223372036854775808|false|0.0|1e300|∅|''|'\0\0\0'|'RED'|[]|{}|{\"v\":-1,\"next\":null}|'1969-12-31'|'1950-01-01 00:00:00.000000'|∅|'00:00:00.000000'|0.05|-",
        ];
        assert_eq!(rows, expect, "{name}");
    }
}

#[test]
fn shapes() {
    let file = fixture("null.avro");
    let check = |shape: Shape, columns: &[&str], expect: Result<&[&str], &str>| {
        let expect = expect.map(|rows| rows.iter().map(|row| row.to_string()).collect::<Vec<_>>());
        assert_eq!(read(&file, &shape, columns), expect.map_err(str::to_owned), "{shape:?}");
    };
    let paths =
        |texts: &[&str]| Shape::Paths(texts.iter().map(|text| path(text).unwrap()).collect());
    check(Shape::AutoIgnoreCase, &["ID", "Flag"], Ok(&["1|true", "-9223372036854775808|false"]));
    check(paths(&["$.node.next.v", "$.map.k"]), &["a", "b"], Ok(&["2|'v'", "-|-"]));
    check(
        paths(&["$.list[1]"]),
        &["a"],
        Err("Invalid JSONPath format: Not an array or index out of range."),
    );
    let whole = read(&file, &Shape::NoShred, &["data"]).unwrap();
    assert!(whole[0].starts_with("{\"id\":1,\"flag\":true,"), "{}", whole[0]);
}

/// A file with this schema and these blocks: how many objects each, and their bytes.
fn written(schema: &str, codec: &str, blocks: &[(i64, &[u8])]) -> Vec<u8> {
    let mut file = b"Obj\x01".to_vec();
    long(&mut file, 2);
    for (key, value) in [("avro.codec", codec), ("avro.schema", schema)] {
        for text in [key, value] {
            long(&mut file, text.len() as i64);
            file.extend_from_slice(text.as_bytes());
        }
    }
    long(&mut file, 0);
    file.extend_from_slice(&[7; 16]);
    for (count, bytes) in blocks {
        long(&mut file, *count);
        long(&mut file, bytes.len() as i64);
        file.extend_from_slice(bytes);
        file.extend_from_slice(&[7; 16]);
    }
    file
}

fn long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn record(ty: &str) -> String {
    format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "a", "type": {ty}}}]}}"#)
}

#[test]
fn values_by_their_bytes() {
    let check = |ty: &str, bytes: &[u8], expect: Result<&str, &str>| {
        let said = read(&written(&record(ty), "null", &[(1, bytes)]), &Shape::Auto, &["a"]);
        let expect = expect.map(|row| vec![row.to_owned()]);
        assert_eq!(said, expect.map_err(|why| format!("Invalid Avro file: {why}")), "{ty}");
    };
    check("\"int\"", &[0x03], Ok("-2"));
    check("\"int\"", &[0xfe, 0xff, 0xff, 0xff, 0x0f], Ok("2147483647"));
    check("\"int\"", &[0x80, 0x80, 0x80, 0x80, 0x10], Err("an int is out of range"));
    check("\"long\"", &[0xff; 10], Err("a number is too long"));
    check("\"long\"", &[0x80], Err("a value ends beyond its block"));
    check("\"long\"", &[2, 2], Err("a block has bytes after its objects"));
    check("\"boolean\"", &[2], Err("a boolean is neither true nor false"));
    check("\"string\"", &[3], Err("a length is negative"));
    check("\"string\"", &[20, b'x'], Err("a value ends beyond its block"));
    check("\"double\"", &f64::NAN.to_le_bytes(), Ok("'NaN'"));
    check("\"float\"", &f32::NEG_INFINITY.to_le_bytes(), Ok("'-Infinity'"));
    check("[\"null\", \"int\"]", &[4], Err("a union has no such branch"));
    check(
        r#"{"type": "enum", "name": "E", "symbols": ["A"]}"#,
        &[2],
        Err("an enum has no such symbol"),
    );
    check(r#"{"type": "array", "items": "int"}"#, &[3, 4, 2, 4, 2, 6, 0], Ok("[1,2,3]"));
    let decimal = r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 3}"#;
    check(decimal, &[4, 0xff, 0xfb], Ok("-0.005"));
    check(decimal, &[0], Ok("0.000"));
    check(
        decimal,
        &[36, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        Err("a decimal is too long"),
    );
    check(
        r#"{"type": "long", "logicalType": "timestamp-millis"}"#,
        &[1],
        Ok("'1969-12-31 23:59:59.999000'"),
    );
    check(
        r#"{"type": "long", "logicalType": "timestamp-millis"}"#,
        &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        Err("a timestamp is out of range"),
    );
}

#[test]
fn files_that_lie() {
    let check = |file: Vec<u8>, expect: &str| {
        let said = read(&file, &Shape::Auto, &["a"]).unwrap_err();
        assert_eq!(said, format!("Invalid Avro file: {expect}"));
    };
    check(b"{\"a\": 1}".to_vec(), "not an Avro object container file");
    check(b"Obj".to_vec(), "the file is cut off");
    check(written(&record("\"int\""), "zstandard", &[]), "codec zstandard is not supported");
    check(
        written("{", "null", &[]),
        "schema is not JSON: EOF while parsing an object at line 1 column 1",
    );
    check(written(&record("\"what\""), "null", &[]), "schema refers to an unknown type what");
    let deep = "[".repeat(110) + &"]".repeat(110);
    check(written(&record(&deep), "null", &[]), "schema is too large");
    check(written(&record("\"int\""), "null", &[(-1, &[2])]), "a block's count is negative");
    check(written(&record("\"null\""), "null", &[(i64::MAX, &[])]), "a block's count is too large");
    check(written(&record("\"int\""), "snappy", &[(1, &[2])]), "a block is too short");
    // Elements that take no bytes, as many as can be said.
    let many = written(
        &record(r#"{"type": "array", "items": "null"}"#),
        "null",
        &[(1, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])],
    );
    check(many, "a value is nested too deep or too large");
    let own =
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "R"]}]}"#;
    check(written(own, "null", &[(1, &[2; 5000])]), "a value is nested too deep or too large");
    let mut long_header = b"Obj\x01".to_vec();
    long(&mut long_header, 1);
    long(&mut long_header, 2 << 20);
    long_header.resize(3 << 20, b'x');
    check(long_header, "the header is larger than 1 MB");
    let mut bomb = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![0; 100 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    check(written(&record("\"int\""), "deflate", &[(1, &bomb)]), "a block unpacks to too much");
}

#[test]
fn cut_and_damaged_files_end_in_errors() {
    for name in ["null.avro", "deflate.avro", "snappy.avro"] {
        let file = fixture(name);
        let end = file.len();
        for cut in 0..end {
            let said = read(&file[..cut], &Shape::Auto, &COLUMNS);
            // Where the header ends, a file without objects ends too.
            assert!(said.is_err() || said == Ok(Vec::new()), "{name} {cut}: {said:?}");
        }
        let mut dice = dice::Dice::new(3);
        for _ in 0..5_000 {
            let mut damaged = file.clone();
            damaged[dice.below(end)] = dice.roll() as u8;
            let _ = read(&damaged, &Shape::Auto, &COLUMNS);
        }
    }
}
