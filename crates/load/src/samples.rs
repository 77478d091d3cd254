//! What the tests of several readers share: fixtures, columns, batches as text.

use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, make_array};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use redshift_sql::SqlType;

use crate::target::{ColumnarError, ReadAt, Target};

/// A file of `fixtures/`, which `fixtures/make.py` wrote.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

/// Columns from `name type, …`; `!` after a type is NOT NULL.
pub(crate) fn targets(columns: &[(&str, &str)]) -> Vec<Target> {
    let target = |(name, ty): &(&str, &str)| Target {
        name: (*name).to_owned(),
        ty: SqlType::parse(ty).unwrap(),
        nullable: true,
    };
    columns.iter().map(target).collect()
}

/// The columns that `table()` of `fixtures/make.py` fills.
pub(crate) fn all_types() -> Vec<Target> {
    targets(&[
        ("b", "boolean"),
        ("i2", "smallint"),
        ("i4", "integer"),
        ("i8", "bigint"),
        ("f4", "real"),
        ("f8", "double precision"),
        ("n", "decimal(9,2)"),
        ("big", "decimal(38,10)"),
        ("s", "varchar(50)"),
        ("raw", "varbyte(10)"),
        ("day", "date"),
        ("at", "timestamp"),
        ("zoned", "timestamptz"),
        ("list", "super"),
        ("pair", "super"),
        ("map", "super"),
    ])
}

/// The rows of `table()` of `fixtures/make.py`, as [`shown`] shows them.
pub(crate) const TABLE: [&str; 4] = [
    "true|1|1|1|1.5|0.1|1.50|0.0000000001|||1970-01-01|2026-11-22T09:08:07.123456|2026-11-22T09:08:07.123456Z|[1,null,3]|{\"a\":\"x\\\"\",\"b\":[1.5]}|{\"k\":1}",
    "∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅|∅",
    "false|-32768|-2147483648|-9223372036854775808|-inf|-0.0|-9999999.99|-1.0000000000|é€😀|\"\\\n|00ff|1900-02-28|1950-01-01T00:00:00|1950-01-01T00:00:00Z|[]|{\"a\":null,\"b\":null}|{}",
    "true|32767|2147483647|9223372036854775807|3.25e38|1e308|9999999.99|9999999999999999999999999999.9999999999|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|6279746573|9999-12-31|9999-12-31T23:59:59.999999|9999-12-31T23:59:59.999999Z|[4]|{\"a\":\"\",\"b\":[]}|{\"a\":null,\"b\":2}",
];

/// Each row with `|` between its values and `∅` for null.
pub(crate) fn shown(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("∅");
    // Without the name of their zone, which takes a time-zone database to write.
    let unzoned = |column: &ArrayRef| match column.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let ty = DataType::Timestamp(*unit, None);
            (make_array(column.to_data().into_builder().data_type(ty).build().unwrap()), "Z")
        }
        _ => (Arc::clone(column), ""),
    };
    let columns: Vec<_> = batch.columns().iter().map(unzoned).collect();
    let columns: Vec<_> = columns
        .iter()
        .map(|(column, zone)| (column, ArrayFormatter::try_new(column, &options).unwrap(), zone))
        .collect();
    let row = |row| {
        let values = columns.iter().map(|(column, text, zone)| {
            let zone = if column.is_null(row) { "" } else { zone };
            format!("{}{zone}", text.value(row))
        });
        values.collect::<Vec<_>>().join("|")
    };
    (0..batch.num_rows()).map(row).collect()
}

/// An error as its parts, for comparing.
pub(crate) fn said(error: &ColumnarError) -> String {
    match error {
        ColumnarError::Scan { message, code, context } => format!("{message} [{code}] {context}"),
        ColumnarError::Io(error) => format!("io: {error}"),
    }
}

/// A file in memory.
pub(crate) struct Memory(pub Vec<u8>);

impl Memory {
    pub fn shared(bytes: Vec<u8>) -> Arc<dyn ReadAt> {
        Arc::new(Self(bytes))
    }
}

impl ReadAt for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let start = offset as usize;
        let bytes = self.0.get(start..start + length);
        bytes.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
