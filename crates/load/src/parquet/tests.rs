//! Files of pyarrow and of the `parquet` crate's own writer, and files that lie.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::*;
use crate::samples::{Memory, TABLE, all_types, fixture, said, shown, targets};

const NESTED: Columnar =
    Columnar { serialize_to_json: true, fill_record: false, replace_invalid: None };

fn read(file: Vec<u8>, targets: &[Target], options: Columnar) -> Result<Vec<String>, String> {
    let said = |error: ColumnarError| said(&error);
    let file = Parquet::open(Memory::shared(file), "s3/f", targets, options).map_err(said)?;
    let mut rows = Vec::new();
    for group in 0..file.row_groups() {
        for batch in file.read(group).map_err(said)? {
            rows.extend(shown(&batch.map_err(said)?));
        }
    }
    // Never fewer without an error.
    assert_eq!(rows.len() as u64, file.rows());
    Ok(rows)
}

fn written(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

#[test]
fn every_type_of_another_writer() {
    for name in ["types.parquet", "types-2.parquet"] {
        let rows = read(fixture(name), &all_types(), NESTED).unwrap();
        assert_eq!(rows, TABLE, "{name}");
    }
}

#[test]
fn row_groups_are_read_apart_and_in_batches() {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..10_000));
    let names: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..10_000).map(|i| format!("n{}", i % 7))));
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(6_000)).build();
    let file = written(vec![("id", ids), ("name", names)], properties);
    let columns = targets(&[("id", "bigint"), ("name", "varchar(2)")]);
    let file = Parquet::open(Memory::shared(file), "f", &columns, Columnar::default()).unwrap();
    assert_eq!((file.row_groups(), file.rows()), (2, 10_000));
    let sizes = |group| {
        let batches = file.read(group).unwrap().map(|batch| batch.unwrap().num_rows());
        batches.collect::<Vec<_>>()
    };
    assert_eq!(sizes(1), [2048, 1952]);
    assert_eq!(sizes(0), [2048, 2048, 1904]);
    let last = file.read(1).unwrap().last().unwrap().unwrap();
    assert_eq!(shown(&last).last().unwrap(), "9999|n3");
    assert!(file.read(2).is_err());
    fn is_shared<T: Send + Sync>(_: &T) {}
    is_shared(&file);
}

#[test]
fn what_does_not_fit_the_table() {
    let ids: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), None, Some(70_000)]));
    let names: ArrayRef = Arc::new(StringArray::from(vec!["abc", "été", "x"]));
    let file = written(vec![("id", ids), ("name", names)], WriterProperties::default());
    let check = |columns: &[(&str, &str)], options: Columnar, expect: Result<&[&str], &str>| {
        let rows = read(file.clone(), &targets(columns), options);
        let expect = expect.map(|rows| rows.iter().map(|row| row.to_string()).collect::<Vec<_>>());
        assert_eq!(rows, expect.map_err(str::to_owned), "{columns:?}");
    };
    let plain = Columnar::default();
    let fill = Columnar { fill_record: true, ..plain };
    let fits: Result<&[&str], &str> = Ok(&["7|abc", "∅|été", "70000|x"]);
    check(&[("a", "integer"), ("b", "varchar(5)")], plain, fits);
    check(
        &[("a", "integer")],
        fill,
        Err(
            "Spectrum Scan Error [15007] Unmatched number of columns between table and file. Table columns: 1, Data columns: 2, File name: s3/f",
        ),
    );
    check(
        &[("a", "integer"), ("b", "varchar(5)"), ("c", "date")],
        plain,
        Err(
            "Spectrum Scan Error [15007] Unmatched number of columns between table and file. Table columns: 3, Data columns: 2, File name: s3/f",
        ),
    );
    let filled: Result<&[&str], &str> = Ok(&["7|abc|∅", "∅|été|∅", "70000|x|∅"]);
    check(&[("a", "integer"), ("b", "varchar(5)"), ("c", "date")], fill, filled);
    check(
        &[("a", "bigint"), ("b", "varchar(5)")],
        plain,
        Err(
            "Spectrum Scan Error [15007] File 's3/f' has an incompatible Parquet schema for column 'a'. Column type: BIGINT, Parquet schema:\noptional int32 id",
        ),
    );
    check(
        &[("a", "integer"), ("b", "date")],
        plain,
        Err(
            "Spectrum Scan Error [15007] File 's3/f' has an incompatible Parquet schema for column 'b'. Column type: DATE, Parquet schema:\nrequired byte_array name (string)",
        ),
    );
    check(
        &[("a", "integer"), ("b", "varchar(4)")],
        plain,
        Err(
            "Spectrum Scan Error [15007] The length of the data column b is longer than the length defined in the table. Table: 4, Data: 5, File name: s3/f",
        ),
    );
    check(
        &[("a", "integer"), ("b", "char(5)")],
        plain,
        Err(
            "Spectrum Scan Error [15007] Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). Invalid char: c3 a9",
        ),
    );
    check(
        &[("a", "smallint"), ("b", "varchar(5)")],
        plain,
        Err(
            "Spectrum Scan Error [15007] Value out of range for column a. Column type: SMALLINT, File name: s3/f",
        ),
    );
    check(
        &[("a", "integer"), ("b", "super")],
        plain,
        Err("SUPER column in COPY query requires SERIALIZETOJSON option [8001] "),
    );
    let text: Result<&[&str], &str> = Ok(&["7|\"abc\"", "∅|\"été\"", "70000|\"x\""]);
    check(&[("a", "integer"), ("b", "super")], NESTED, text);
}

#[test]
fn no_file_of_this_format() {
    let check = |file: &[u8], expect: &str| {
        let error = read(file.to_vec(), &targets(&[("a", "integer")]), Columnar::default());
        assert!(error.clone().unwrap_err().contains(expect), "{error:?}");
    };
    let version = "File 's3/f' has an invalid version number.";
    check(b"", version);
    check(b"PAR1", version);
    check(b"id,name\n1,one\n2,two\n", version);
    check(b"PAR1\xff\xff\xff\x7fPAR1", "the footer is too large");
    check(b"PAR1\x04\x00\x00\x00PAR1", "could not be read as Parquet");
}

#[test]
fn cut_and_damaged_files_are_errors_or_whole() {
    let file = fixture("types.parquet");
    for cut in 0..file.len() {
        assert!(read(file[..cut].to_vec(), &all_types(), NESTED).is_err(), "{cut}");
    }
    for round in 0..3_000 {
        let mut dice = dice::Dice::new(round);
        let mut damaged = file.clone();
        for _ in 0..1 + dice.below(3) {
            let at = dice.below(damaged.len());
            damaged[at] = dice.roll() as u8;
        }
        // Whatever comes, it comes as rows or as an error.
        let _ = read(damaged, &all_types(), NESTED);
    }
}
