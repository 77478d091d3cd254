//! Looking for the bytes that need quoting or escaping.
//!
//! The loops carry no branch, so that the compiler turns them into vector code; they are run
//! over a whole column of a batch first, and over single values only where that found something.

use arrow::array::StringArray;
use arrow::datatypes::ArrowNativeType;

use crate::unload::cells::{Cells, Column};

use super::Prepared;

/// Whether any byte satisfies the predicate.
#[inline]
pub(super) fn any(bytes: &[u8], hit: impl Fn(u8) -> bool) -> bool {
    // A block at a time: vectorised inside, early exit between.
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().any(|block| block.iter().fold(false, |found, &byte| found | hit(byte)))
        || rest.iter().fold(false, |found, &byte| found | hit(byte))
}

/// All text of a column's batch, without the parts of a larger buffer that it does not use.
fn text_of(values: &StringArray) -> &[u8] {
    let offsets = values.value_offsets();
    let start = offsets.first().map_or(0, |offset| offset.as_usize());
    let end = offsets.last().map_or(0, |offset| offset.as_usize());
    values.value_data().get(start..end).unwrap_or_default()
}

/// Marks each text column that holds no byte of interest in the whole batch.
pub(super) fn prepare<'a>(
    columns: Vec<Column<'a>>,
    hit: impl Fn(u8) -> bool + Copy,
) -> Vec<Prepared<'a>> {
    let ready = |column: Column<'a>| {
        let clean = match &column.cells {
            Cells::Text(values) | Cells::Super(values) => !any(text_of(values), hit),
            _ => true,
        };
        Prepared { column, clean }
    };
    columns.into_iter().map(ready).collect()
}
