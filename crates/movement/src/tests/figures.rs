//! Counting records of files.

use std::io::Write;

use crate::file::{Compression, Form, Format};
use crate::records::Counter;

fn count(form: &Form, bytes: &[u8], step: usize) -> Option<u64> {
    let mut counter = Counter::new(form);
    bytes.chunks(step).for_each(|part| counter.add(part));
    counter.records()
}

#[test]
fn records_are_counted_by_the_rules_of_their_form() {
    let form = |format, escape, add_quotes| Form { format, escape, add_quotes, ..Form::default() };
    let csv = form(Format::Csv, false, false);
    let cases = [
        (&csv, "", Some(0)),
        (&csv, "a,b\n", Some(1)),
        (&csv, "a,b\nc,d", Some(2)),
        (&csv, "\"a\nb\",\"x\"\"\n\"\n2\n", Some(2)),
        (&csv, "a\\\nb\n", Some(2)),
        (&csv, "\"cut off\n", None),
        (&form(Format::Text, true, false), "a|b\\\nc\\\\\nd\n", Some(2)),
        (&form(Format::Text, true, true), "\"a\\\"\n\"\n\"b\"\n", Some(2)),
        (&form(Format::Text, false, false), "\"a\nb\n", Some(2)),
        (&form(Format::Json, false, false), "{\"a\":\"x\\ny\"}\n{}\n", Some(2)),
    ];
    for (form, text, expected) in cases {
        for step in [1, 2, 1000] {
            assert_eq!(count(form, text.as_bytes(), step), expected, "{text:?} by {step}");
        }
    }
}

#[test]
fn gzip_is_unpacked_and_damage_is_not_counted() {
    let form =
        Form { format: Format::Json, compression: Some(Compression::Gzip), ..Form::default() };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"{}\n{}\n{}\n").unwrap();
    let packed = encoder.finish().unwrap();
    assert_eq!(count(&form, &packed, 5), Some(3));
    assert_eq!(count(&form, b"not gzip at all", 5), None);
}

#[test]
fn bzip2_and_zstd_are_unpacked_too() {
    let text = b"{}\n{}\n{}\n";
    let form = |compression| Form {
        format: Format::Json,
        compression: Some(compression),
        ..Form::default()
    };
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(text).unwrap();
    let cases = [
        (form(Compression::Bzip2), bzip2.finish().unwrap()),
        (form(Compression::Zstd), zstd::encode_all(&text[..], 1).unwrap()),
    ];
    for (form, packed) in cases {
        for step in [1, 7, 1000] {
            assert_eq!(count(&form, &packed, step), Some(3), "{form:?} by {step}");
        }
        assert_eq!(count(&form, b"\n\n not packed", 5), None, "{form:?}");
    }
}

#[test]
fn a_parquet_footer_tells_its_rows() {
    use parquet::data_type::Int32Type;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let schema = parse_message_type("message m { required int32 a; }").unwrap();
    let properties = WriterProperties::builder().build().into();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema.into(), properties).unwrap();
    for _ in 0..2 {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[1, 2, 3], None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    let bytes = writer.into_inner().unwrap();
    let form = Form { format: Format::Parquet, ..Form::default() };
    assert_eq!(count(&form, &bytes, 11), Some(6));
    assert_eq!(count(&form, &bytes[..bytes.len() - 1], 11), None);
    assert_eq!(count(&form, b"PAR1", 11), None);
}
