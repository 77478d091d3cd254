//! Parquet files read back with the crate's own reader: types, values, statistics, splitting.

use std::sync::Arc;

use arrow::array::{Float64Array, Int32Array, Int64Array, StringArray};
use bytes::Bytes;
use expect_test::expect;
use parquet::basic::{Compression, Encoding};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::schema::printer::print_schema;
use redshift_sql::{SqlType, UnloadFormat};

use super::fake::{Table, awkward, noise, statement, unload};

fn read(table: &Table) -> SerializedFileReader<Bytes> {
    // Small row groups, so that small tables have several.
    let mut statement = statement(UnloadFormat::Parquet);
    statement.row_group_size = Some(1 << 20);
    let (cloud, _) = unload(&statement, table);
    SerializedFileReader::new(Bytes::from(cloud.bytes("out/t_000.parquet"))).unwrap()
}

fn rows(reader: &SerializedFileReader<Bytes>) -> Vec<String> {
    reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect()
}

fn without_binary() -> Table {
    let names: Vec<String> = awkward().columns.iter().map(|c| c.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|n| *n != "raw").collect();
    awkward().select(&names)
}

#[test]
fn physical_types_are_those_redshift_writes() {
    let reader = read(&without_binary());
    let mut schema = Vec::new();
    print_schema(&mut schema, reader.metadata().file_metadata().schema());
    expect![[r#"
        message schema {
          OPTIONAL INT32 id;
          OPTIONAL BYTE_ARRAY name (STRING);
          OPTIONAL BYTE_ARRAY empty (STRING);
          OPTIONAL FIXED_LEN_BYTE_ARRAY (4) amount (DECIMAL(8,2));
          OPTIONAL INT96 at;
          OPTIONAL INT96 atz;
          OPTIONAL INT32 day (DATE);
          OPTIONAL INT64 clock (TIME(MICROS,false));
          OPTIONAL BOOLEAN ok;
          OPTIONAL DOUBLE x;
          OPTIONAL FLOAT r;
          OPTIONAL INT32 small (INTEGER(16,true));
          OPTIONAL INT64 big;
          OPTIONAL BYTE_ARRAY doc (JSON);
        }
    "#]]
    .assert_eq(&String::from_utf8(schema).unwrap());
    for column in reader.metadata().row_group(0).columns() {
        assert_eq!(column.compression(), Compression::SNAPPY);
    }
}

#[test]
fn values_come_back() {
    expect![[r#"
        {id: 1, name: "plain", empty: "", amount: 12.34, at: 2008-01-01 00:00:00.000 +00:00, atz: 1970-01-01 00:00:00.000 +00:00, day: 1970-01-01, clock: 00:00:00.000000, ok: true, x: 0.1, r: 1.5, small: 7, big: 9223372036854775807, doc: "{"a":[1,"x"]}"}
        {id: -2, name: "a|b,c"d'e\f
        g<CR>h é€", empty: " ", amount: -0.05, at: 1969-12-31 00:00:01.500 +00:00, atz: 1970-01-01 00:00:00.001 +00:00, day: 1969-12-31, clock: 23:59:59.999999, ok: false, x: NaN, r: -inf, small: -7, big: -9223372036854775808, doc: "null"}
        {id: null, name: null, empty: null, amount: null, at: null, atz: null, day: null, clock: null, ok: null, x: null, r: null, small: null, big: null, doc: null}"#]]
    .assert_eq(&rows(&read(&without_binary())).join("\n").replace('\r', "<CR>"));
}

#[test]
fn statistics_leave_nan_and_null_out() {
    let table = Table::new(vec![
        (
            "x",
            SqlType::Double,
            Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(2.0), None, Some(-1.0)])),
        ),
        (
            "s",
            SqlType::Varchar(9),
            Arc::new(StringArray::from(vec![Some("b"), None, Some("é"), Some("a")])),
        ),
        ("n", SqlType::Integer, Arc::new(Int32Array::from(vec![None, None, None, None::<i32>]))),
    ]);
    let reader = read(&table);
    let group = reader.metadata().row_group(0);
    let Some(Statistics::Double(x)) = group.column(0).statistics() else { panic!("no statistics") };
    assert_eq!((x.min_opt(), x.max_opt(), x.null_count_opt()), (Some(&-1.0), Some(&2.0), Some(1)));
    let s = group.column(1).statistics().unwrap();
    assert_eq!(s.min_bytes_opt(), Some(b"a".as_slice()));
    assert_eq!(s.max_bytes_opt(), Some("é".as_bytes()));
    assert!(group.column(2).statistics().is_none_or(|n| n.min_bytes_opt().is_none()));
}

/// Batches of `per` rows of one text column, 320 bytes a row that do not compress.
fn heavy(count: i64, per: i64) -> Table {
    let batch = |from: i64| {
        let text = (from..from + per).map(|id| noise(id as usize, 320));
        let column = StringArray::from_iter_values(text);
        Table::new(vec![("text", SqlType::Varchar(400), Arc::new(column))])
    };
    let batches = (0..count / per).flat_map(|i| batch(i * per).batches).collect();
    Table { columns: batch(0).columns, batches }
}

/// Batches of `per` rows: a running number, few distinct texts, all distinct texts, NULLs.
fn large(count: i64, per: i64) -> Table {
    let batch = |from: i64| {
        let ids = from..from + per;
        let few = ids.clone().map(|id| format!("kind {}", id % 10));
        let sparse = ids.clone().map(|id| (id % 3 == 0).then_some(id));
        Table::new(vec![
            ("id", SqlType::BigInt, Arc::new(Int64Array::from_iter_values(ids.clone()))),
            ("few", SqlType::Varchar(9), Arc::new(StringArray::from_iter_values(few))),
            (
                "all",
                SqlType::Varchar(200),
                Arc::new(StringArray::from_iter_values(
                    ids.clone().map(|id| noise(id as usize, 32)),
                )),
            ),
            ("sparse", SqlType::BigInt, Arc::new(Int64Array::from_iter(sparse))),
        ])
    };
    let batches = (0..count / per).flat_map(|i| batch(i * per).batches).collect();
    Table { columns: batch(0).columns, batches }
}

#[test]
fn large_files_have_row_groups_dictionaries_and_every_value() {
    const ROWS: i64 = 50_000;
    let reader = read(&large(ROWS, 2_000));
    let metadata = reader.metadata();
    assert!(metadata.num_row_groups() > 1);
    for group in metadata.row_groups() {
        let bytes = group.total_byte_size();
        assert!(bytes < 2 << 20, "{bytes} bytes");
        assert!(group.column(1).encodings().any(|e| e == Encoding::PLAIN_DICTIONARY));
    }
    // Text that does not repeat leaves the dictionary, but not before it was tried.
    assert!(metadata.row_group(0).column(2).encodings().any(|e| e == Encoding::PLAIN));
    for (id, row) in (0..ROWS).zip(reader.get_row_iter(None).unwrap()) {
        let sparse = if id % 3 == 0 { id.to_string() } else { "null".into() };
        assert_eq!(
            row.unwrap().to_string(),
            format!(
                "{{id: {id}, few: \"kind {}\", all: \"{}\", sparse: {sparse}}}",
                id % 10,
                noise(id as usize, 32),
            )
        );
    }
}

#[test]
fn file_sizes_are_rounded_down_to_whole_row_groups() {
    let mut statement = statement(UnloadFormat::Parquet);
    statement.max_file_size = Some(50 << 20);
    let (cloud, report) = unload(&statement, &heavy(150_000, 2_000));
    assert!(report.files.len() > 1, "{:?}", report.files);
    let mut total = 0;
    for file in &report.files {
        assert!(file.bytes <= 34 << 20, "{file:?}");
        let bytes = Bytes::from(cloud.bytes(file.url.strip_prefix("s3://lake/").unwrap()));
        let reader = SerializedFileReader::new(bytes).unwrap();
        total += reader.metadata().file_metadata().num_rows();
    }
    assert_eq!(total, 150_000);
}
