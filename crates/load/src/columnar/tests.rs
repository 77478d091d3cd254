//! Values of each kind against columns of each type.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::DataType;

use super::*;
use crate::samples::{said, shown, targets};

fn load(column: ArrayRef, ty: &str, options: Columnar) -> Result<Vec<String>, String> {
    let targets = targets(&[("c", ty)]);
    let words = "column".to_owned();
    let source = Source { ty: column.data_type().clone(), words, json: false };
    let columns = Columns::new(&targets, options, "f", "Parquet");
    let loaded = columns.fill_from(vec![source]);
    let loaded = loaded.and_then(|columns| columns.batch(&[Arc::clone(&column)], column.len()));
    loaded.map(|batch| shown(&batch)).map_err(|error| said(&error))
}

fn check(column: impl Array + 'static, ty: &str, expect: &[&str]) {
    let rows = load(Arc::new(column), ty, Columnar::default());
    assert_eq!(rows.unwrap(), expect, "{ty}");
}

fn refused(column: impl Array + 'static, ty: &str, expect: &str) {
    let error = load(Arc::new(column), ty, Columnar::default()).unwrap_err();
    assert!(error.contains(expect), "{ty}: {error}");
}

#[test]
fn integers_are_of_the_width_of_their_column() {
    check(Int16Array::from(vec![1, -1]), "smallint", &["1", "-1"]);
    check(Int32Array::from(vec![32767]), "smallint", &["32767"]);
    refused(Int32Array::from(vec![32768]), "smallint", "Value out of range for column c");
    check(UInt16Array::from(vec![65535]), "integer", &["65535"]);
    refused(Int64Array::from(vec![1]), "integer", "Column type: INTEGER");
    check(UInt32Array::from(vec![u32::MAX]), "bigint", &["4294967295"]);
    refused(UInt64Array::from(vec![1]), "bigint", "incompatible Parquet schema");
    refused(Int32Array::from(vec![1]), "varchar(10)", "Column type: CHARACTER VARYING(10)");
    refused(Float32Array::from(vec![1.0]), "double precision", "incompatible");
    check(NullArray::new(2), "integer", &["∅", "∅"]);
}

#[test]
fn decimals_keep_their_value_or_are_refused() {
    let decimal = |value: i128, precision: u8, scale: i8| {
        Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale).unwrap()
    };
    check(decimal(150, 9, 2), "decimal(18,2)", &["1.50"]);
    check(decimal(150, 9, 2), "decimal(18,4)", &["1.5000"]);
    refused(decimal(150, 9, 2), "decimal(18,1)", "incompatible");
    check(decimal(99_999, 9, 2), "decimal(5,2)", &["999.99"]);
    refused(decimal(100_000, 9, 2), "decimal(5,2)", "Value out of range");
    // More digits than the file's own column declares.
    refused(decimal(100_000, 5, 2), "decimal(5,2)", "Value out of range");
    refused(decimal(10_i128.pow(36), 38, 0), "decimal(38,5)", "Value out of range");
}

#[test]
fn times_take_the_unit_of_the_engine() {
    check(TimestampMillisecondArray::from(vec![1_500]), "timestamp", &["1970-01-01T00:00:01.500"]);
    check(
        TimestampNanosecondArray::from(vec![1_999]).with_timezone("UTC"),
        "timestamptz",
        &["1970-01-01T00:00:00.000001Z"],
    );
    refused(TimestampSecondArray::from(vec![i64::MAX]), "timestamp", "Value out of range");
    check(Time32MillisecondArray::from(vec![1]), "time", &["00:00:00.001"]);
    check(
        Time64MicrosecondArray::from(vec![Some(86_399_999_999), None]),
        "timetz",
        &["23:59:59.999999+00", "∅"],
    );
    refused(Int64Array::from(vec![1]), "timestamp", "incompatible");
}

#[test]
fn text_is_checked_and_replaced_only_if_asked() {
    let views = |values: &[&[u8]]| BinaryViewArray::from_iter_values(values.iter());
    check(views(&[b"", b"abc"]), "varchar(3)", &["", "abc"]);
    check(views(&[b"abc"]), "char(3)", &["abc"]);
    refused(views(&[b"ab\xc3"]), "varchar(3)", "Bad UTF-8 hex sequence: c3 (error 3)");
    // Two halves of one letter in neighbours are no letter.
    refused(views(&[b"\xc3", b"\xa9"]), "varchar(3)", "Bad UTF-8 hex sequence: c3 (error 3)");
    refused(views(&[b"ab\xf0\x9f\x98\x80"]), "char(9)", "Invalid char: f0 9f 98 80");
    let replacing = Columnar { replace_invalid: Some('?'), ..Columnar::default() };
    let rows = load(Arc::new(views(&[b"a\xff\xfeb\xe2\x82", b"good"])), "varchar(6)", replacing);
    assert_eq!(rows.unwrap(), ["a??b??", "good"]);
    check(
        FixedSizeBinaryArray::try_from_iter([[1_u8, 255]].iter()).unwrap(),
        "varbyte(2)",
        &["01ff"],
    );
    refused(views(&[b"abc"]), "varbyte(2)", "Table: 2, Data: 3");
}

#[test]
fn text_for_super() {
    let nested = Columnar { serialize_to_json: true, ..Columnar::default() };
    let check = |value: &str, expect: Result<&str, &str>| {
        let column = BinaryViewArray::from_iter_values([value]);
        let loaded = load(Arc::new(column), "super", nested).map(|rows| rows[0].clone());
        match (loaded, expect) {
            (Ok(row), Ok(expect)) => assert_eq!(row, expect),
            (Err(said), Err(expect)) => assert!(said.contains(expect), "{said}"),
            other => panic!("{other:?}"),
        }
    };
    check("{\"a\": 1}", Ok("{\"a\": 1}"));
    check(" [1]", Ok(" [1]"));
    check("{\"a\": ", Ok("\"{\\\"a\\\": \""));
    check("12", Ok("\"12\""));
    let long = "x".repeat(65_536);
    check(&long, Err("String value exceeds the max size of 65535 bytes [1224]"));
}

#[test]
fn nested_values_as_json() {
    let nested = Columnar { serialize_to_json: true, ..Columnar::default() };
    let floats = Float64Array::from(vec![1.0, f64::NAN, f64::INFINITY, 1e300]);
    let days = Date32Array::from(vec![0, 1, 2, 3]);
    let flags = BooleanArray::from(vec![true, false, true, false]);
    let field = |name: &str, ty: DataType| Arc::new(arrow::datatypes::Field::new(name, ty, true));
    let column = StructArray::from(vec![
        (field("f\"", DataType::Float64), Arc::new(floats) as ArrayRef),
        (field("d", DataType::Date32), Arc::new(days) as ArrayRef),
        (field("b", DataType::Boolean), Arc::new(flags) as ArrayRef),
    ]);
    let rows = load(Arc::new(column), "super", nested).unwrap();
    assert_eq!(
        rows,
        [
            r#"{"f\"":1.0,"d":"1970-01-01","b":true}"#,
            r#"{"f\"":null,"d":"1970-01-02","b":false}"#,
            r#"{"f\"":null,"d":"1970-01-03","b":true}"#,
            r#"{"f\"":1e300,"d":"1970-01-04","b":false}"#,
        ]
    );
    for row in rows {
        assert!(serde_json::from_str::<serde_json::Value>(&row).is_ok(), "{row}");
    }
}
