//! PARTITION BY: which folder a row goes to, by the Hive convention `name=value/`.
//! It must not know files. Start reading at [`split`].

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::UnloadError;
use super::cells::Column;
use super::plan::{PartitionPlan, Plan};
use super::text::push_value;

/// The value of a NULL. Amazon Redshift Developer Guide, "UNLOAD", PARTITION BY clause.
const NULL_PARTITION: &[u8] = b"__HIVE_DEFAULT_PARTITION__";

/// Rows of one batch that go to one folder.
pub(super) struct Group {
    /// `a=1/b=x/`, or nothing without PARTITION BY.
    pub folder: String,
    /// The columns of the files.
    pub columns: Vec<ArrayRef>,
}

/// Splits a normalized batch by folder, in the order in which the folders first appear.
///
/// # Errors
/// The batch does not have the query's columns.
pub(super) fn split(plan: &Plan, batch: &[ArrayRef]) -> Result<Vec<Group>, UnloadError> {
    let columns: Vec<ArrayRef> = plan
        .file_columns
        .iter()
        .map(|&index| batch.get(index).map(Arc::clone).ok_or_else(UnloadError::layout))
        .collect::<Result<_, _>>()?;
    let Some(partition) = &plan.partition else {
        return Ok(vec![Group { folder: String::new(), columns }]);
    };
    let groups = rows_by_folder(partition, batch)?;
    if let [(folder, _)] = groups.as_slice() {
        return Ok(vec![Group { folder: folder.clone(), columns }]);
    }
    let pick = |(folder, rows): (String, Vec<u32>)| {
        let rows = UInt32Array::from(rows);
        let columns = columns
            .iter()
            .map(|column| take(column, &rows, None))
            .collect::<Result<_, _>>()
            .map_err(|error| UnloadError::arrow(&error))?;
        Ok(Group { folder, columns })
    };
    groups.into_iter().map(pick).collect()
}

fn rows_by_folder(
    partition: &PartitionPlan,
    batch: &[ArrayRef],
) -> Result<Vec<(String, Vec<u32>)>, UnloadError> {
    let keys = partition
        .columns
        .iter()
        .map(|(index, name, ty)| {
            let array = batch.get(*index).ok_or_else(UnloadError::layout)?;
            let column = Column::of(array, *ty).ok_or_else(UnloadError::layout)?;
            let mut prefix = Vec::new();
            push_escaped(name.as_bytes(), &mut prefix);
            prefix.push(b'=');
            Ok((prefix, column))
        })
        .collect::<Result<Vec<_>, UnloadError>>()?;
    let count = batch.first().map_or(0, |column| column.len());
    let mut index: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut rows: Vec<Vec<u32>> = Vec::new();
    let mut folder = Vec::new();
    let mut value = Vec::new();
    for row in 0..count {
        folder.clear();
        for (prefix, column) in &keys {
            folder.extend_from_slice(prefix);
            if column.is_null(row) {
                folder.extend_from_slice(NULL_PARTITION);
            } else {
                value.clear();
                push_value(&mut value, &column.cells, row, partition.show);
                push_escaped(&value, &mut folder);
            }
            folder.push(b'/');
        }
        let group = match index.get(&folder) {
            Some(&group) => group,
            None => {
                index.insert(folder.clone(), rows.len());
                rows.push(Vec::new());
                rows.len() - 1
            }
        };
        if let Some(rows) = rows.get_mut(group) {
            rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        }
    }
    Ok(in_order(index, rows))
}

fn in_order(index: HashMap<Vec<u8>, usize>, mut rows: Vec<Vec<u32>>) -> Vec<(String, Vec<u32>)> {
    let mut folders: Vec<(Vec<u8>, usize)> = index.into_iter().collect();
    folders.sort_unstable_by_key(|(_, group)| *group);
    folders
        .into_iter()
        .map(|(folder, group)| {
            let rows = rows.get_mut(group).map(std::mem::take).unwrap_or_default();
            (String::from_utf8_lossy(&folder).into_owned(), rows)
        })
        .collect()
}

/// Appends a name or value of a Hive path: the bytes that Hive cannot have in a path become
/// `%XX`. (Hive's `FileUtils.escapePathName` is the convention Redshift Spectrum reads.)
fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        if byte < 0x20 || byte == 0x7f || b"\"#%'*/:=?\\{[]^".contains(&byte) {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        } else {
            out.push(byte);
        }
    }
}
