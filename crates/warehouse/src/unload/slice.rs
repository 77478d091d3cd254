//! One slice: the rows it is given, into one open file per folder.
//!
//! Memory and open objects are bounded whatever the number of folders: beyond
//! [`MAX_OPEN_FILES`] the file that was longest without rows is ended, and a later row of its
//! folder begins a new part. It must not know threads. Start reading at [`Slice::write`].

use std::collections::HashMap;

use arrow::record_batch::RecordBatch;

use super::UnloadError;
use super::file::{DataFile, Finished, Output};
use super::partition::{Group, split};

/// Objects one slice may have open at a time.
pub(super) const MAX_OPEN_FILES: usize = 64;

/// Bytes one slice may keep in memory for files that are not full.
pub(super) const MAX_KEPT: usize = 64 << 20;

/// A slice's writer.
pub(super) struct Slice<'a> {
    output: Output<'a>,
    number: u16,
    folders: HashMap<String, Folder<'a>>,
    finished: Vec<Finished>,
    /// Counts writes, to know which folder was used last.
    clock: u64,
}

/// One folder's files.
struct Folder<'a> {
    file: Option<DataFile<'a>>,
    parts: u32,
    used: u64,
}

impl<'a> Slice<'a> {
    pub(super) fn new(output: Output<'a>, number: u16) -> Self {
        Self { output, number, folders: HashMap::new(), finished: Vec::new(), clock: 0 }
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// A value that the format cannot hold, or the object store's refusal.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), UnloadError> {
        let plan = self.output.plan;
        let columns = plan.layout.normalize(batch).map_err(|error| UnloadError::arrow(&error))?;
        for group in split(plan, &columns)? {
            self.write_group(group)?;
        }
        if self.folders.len() > 1 {
            self.bound()?;
        }
        Ok(())
    }

    fn write_group(&mut self, group: Group) -> Result<(), UnloadError> {
        let rows = group.columns.first().map_or(0, |column| column.len());
        let mut from = 0;
        while from < rows {
            let file = self.open(&group.folder)?;
            from += file.write(&group.columns, from)?;
            if from < rows {
                self.end(&group.folder)?;
            }
        }
        Ok(())
    }

    /// The folder's open file, begun when there is none.
    fn open(&mut self, folder: &str) -> Result<&mut DataFile<'a>, UnloadError> {
        self.clock += 1;
        if !self.folders.contains_key(folder) {
            let new = Folder { file: None, parts: 0, used: 0 };
            self.folders.insert(folder.to_owned(), new);
        }
        let state = self.folders.get_mut(folder).ok_or_else(UnloadError::layout)?;
        state.used = self.clock;
        if state.file.is_none() {
            let key = self.output.plan.key(folder, self.number, state.parts);
            state.parts += 1;
            state.file = Some(DataFile::begin(self.output, key)?);
        }
        state.file.as_mut().ok_or_else(UnloadError::layout)
    }

    /// Ends the folder's open file.
    fn end(&mut self, folder: &str) -> Result<(), UnloadError> {
        if let Some(file) = self.folders.get_mut(folder).and_then(|state| state.file.take()) {
            self.finished.push(file.finish(self.number)?);
        }
        Ok(())
    }

    /// Keeps memory and open objects within their bounds.
    fn bound(&mut self) -> Result<(), UnloadError> {
        let open = |state: &Folder<'_>| state.file.as_ref().is_some_and(DataFile::is_open);
        let kept = |state: &Folder<'_>| state.file.as_ref().map_or(0, DataFile::kept);
        while self.folders.values().map(kept).sum::<usize>() > MAX_KEPT {
            let Some(largest) = self.folders.values_mut().max_by_key(|state| kept(state)) else {
                break;
            };
            if let Some(file) = &mut largest.file {
                file.release()?;
            }
        }
        while self.folders.values().filter(|state| open(state)).count() > MAX_OPEN_FILES {
            let oldest = self
                .folders
                .iter()
                .filter(|(_, state)| open(state))
                .min_by_key(|(_, state)| state.used)
                .map(|(folder, _)| folder.clone());
            let Some(oldest) = oldest else { break };
            self.end(&oldest)?;
        }
        Ok(())
    }

    /// Ends everything. `empty` asks for one file even without rows.
    ///
    /// # Errors
    /// The object store's refusal.
    pub(super) fn finish(mut self, empty: bool) -> Result<Vec<Finished>, UnloadError> {
        if empty && self.folders.is_empty() {
            self.open("")?;
        }
        let mut folders: Vec<String> = self.folders.keys().cloned().collect();
        folders.sort_unstable();
        for folder in folders {
            self.end(&folder)?;
        }
        Ok(self.finished)
    }
}
