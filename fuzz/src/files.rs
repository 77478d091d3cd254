//! What the targets for COPY's files share.

use std::io;
use std::sync::Arc;

use load::record::{ReadError, Record, Records};
use load::target::{Columnar, ReadAt, Target};
use redshift_sql::SqlType;

/// `SERIALIZETOJSON FILLRECORD`, so that as much as possible is read.
pub const NESTED: Columnar =
    Columnar { serialize_to_json: true, fill_record: true, replace_invalid: Some('?') };

/// Reads to the end, which must come after at most `most` records.
pub fn drain(mut reader: impl Records, most: usize) {
    let mut record = Record::default();
    let mut count = 0;
    loop {
        match reader.next(&mut record) {
            Ok(true) | Err(ReadError::Rejected(_)) => count += 1,
            Ok(false) | Err(_) => return,
        }
        assert!(count <= most, "more records than bytes");
    }
}

/// Columns of the types of `crates/load/fixtures/make.py`.
pub fn columns() -> Vec<Target> {
    let types = [
        "boolean", "smallint", "integer", "bigint", "real", "float8", "decimal(9,2)",
        "decimal(38,10)", "varchar(50)", "varbyte(10)", "date", "timestamp", "timestamptz", "super",
        "super", "super",
    ];
    let target = |ty: &&str| {
        let ty = SqlType::parse(ty).ok()?;
        Some(Target { name: "c".into(), ty, nullable: true })
    };
    types.iter().filter_map(target).collect()
}

/// A file in memory.
pub struct Memory(Vec<u8>);

impl Memory {
    /// As readers want it.
    pub fn shared(bytes: &[u8]) -> Arc<dyn ReadAt> {
        Arc::new(Self(bytes.to_vec()))
    }
}

impl ReadAt for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = start.checked_add(length).and_then(|end| self.0.get(start..end));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
