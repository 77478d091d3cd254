//! What a writer changed, so that it, or a part of it, can be taken back.
//!
//! Writers share one transaction of the database (`group.rs`), whose own savepoints begin only
//! before its first change. So each change leaves what stood there before it. Knows nothing of
//! records. Start at [`Writer::nested`].

use std::cell::RefCell;

use redb::WriteTransaction;

use crate::StoreError;
use crate::audit::AuditRecord;
use crate::group::{Group, lost};
use crate::kv::definition;
use crate::turn::Turn;

/// The one writer, with the way back. Dropped before it joined its group, its changes are undone.
pub struct Writer {
    /// Taken out at the end.
    group: Option<Group>,
    /// Oldest first.
    changes: RefCell<Vec<Change>>,
    /// After the group: what is dropped is undone before the next writer comes.
    turn: Turn<Group>,
}

/// A key that was written or removed.
struct Change {
    table: &'static str,
    key: String,
    before: Option<Vec<u8>>,
}

impl Writer {
    pub(crate) fn new(group: Group, turn: Turn<Group>) -> Self {
        Self { group: Some(group), changes: RefCell::default(), turn }
    }

    /// The transaction of the database.
    pub(crate) fn tx(&self) -> Result<&WriteTransaction, StoreError> {
        self.group.as_ref().map(|group| &group.tx).ok_or_else(lost)
    }

    /// Which opening of the database it belongs to.
    pub(crate) fn generation(&self) -> Option<u64> {
        self.group.as_ref().map(|group| group.generation)
    }

    /// Whether there is nothing to commit.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.changes.borrow().is_empty()
    }

    /// Leaves the changes to the group, to be committed with it, and lets the next writer in.
    pub(crate) fn join(mut self, records: &[AuditRecord], ticket: u64) {
        if let Some(mut group) = self.group.take() {
            group.add(records, ticket);
            self.turn.leave(group);
        }
    }

    /// Writes `after` under `key`, or removes the key; answers whether it was there.
    pub(crate) fn change(
        &self,
        table: &'static str,
        key: &str,
        after: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        let mut open = self.tx()?.open_table(definition(table))?;
        let before = match after {
            Some(bytes) => open.insert(key, bytes)?,
            None => open.remove(key)?,
        };
        let before = before.map(|guard| guard.value().to_vec());
        let existed = before.is_some();
        self.changes.borrow_mut().push(Change { table, key: key.to_owned(), before });
        Ok(existed)
    }

    /// Does a part of the work that takes its own changes with it when it fails.
    pub(crate) fn nested<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let mark = self.changes.borrow().len();
        let outcome = work();
        if outcome.is_err() {
            let taken = self.changes.borrow_mut().split_off(mark);
            take_back(self.tx()?, taken)?;
        }
        outcome
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Some(group) = self.group.take() else { return };
        if group.is_empty() {
            // The transaction goes with all that is in it.
            return;
        }
        let undone = take_back(&group.tx, self.changes.take());
        if undone.is_ok() {
            self.turn.leave(group);
        }
        // INVARIANT (whole changes): else the whole group goes, and the flusher tells everybody
        // whose changes were in it.
    }
}

/// Takes changes back, newest first.
fn take_back(tx: &WriteTransaction, changes: Vec<Change>) -> Result<(), StoreError> {
    for Change { table, key, before } in changes.into_iter().rev() {
        let mut open = tx.open_table(definition(table))?;
        match before {
            Some(bytes) => drop(open.insert(key.as_str(), bytes.as_slice())?),
            None => drop(open.remove(key.as_str())?),
        }
    }
    Ok(())
}
