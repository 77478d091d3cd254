//! What a part of a transaction changed, so that the part alone can be taken back.
//!
//! The database's own savepoints begin only before the first change of a transaction, and a call
//! inside a call begins later. So while a part is under way each change leaves what stood there
//! before it; outside of every part nothing is kept. Knows nothing of records. Start at
//! [`Writer::nested`].

use std::cell::RefCell;

use redb::WriteTransaction;

use crate::StoreError;
use crate::kv::definition;
use crate::turn::Turn;

/// The one writer, with the way back from its parts.
pub struct Writer {
    pub(crate) tx: WriteTransaction,
    /// Which opening of the database it belongs to.
    pub(crate) generation: u64,
    undo: RefCell<Undo>,
    /// After `tx`: what is dropped without a commit is undone before the next writer comes.
    pub(crate) turn: Turn,
}

#[derive(Default)]
struct Undo {
    /// How many parts are under way, one inside the other.
    depth: usize,
    /// Oldest first.
    changes: Vec<Change>,
}

/// A key that was written or removed.
struct Change {
    table: &'static str,
    key: String,
    before: Option<Vec<u8>>,
}

impl Writer {
    pub(crate) fn new(tx: WriteTransaction, generation: u64, turn: Turn) -> Self {
        Self { tx, generation, undo: RefCell::default(), turn }
    }

    /// Writes `after` under `key`, or removes the key; answers whether it was there.
    pub(crate) fn change(
        &self,
        table: &'static str,
        key: &str,
        after: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        let mut open = self.tx.open_table(definition(table))?;
        let before = match after {
            Some(bytes) => open.insert(key, bytes)?,
            None => open.remove(key)?,
        };
        let existed = before.is_some();
        let mut undo = self.undo.borrow_mut();
        if undo.depth > 0 {
            let before = before.map(|guard| guard.value().to_vec());
            undo.changes.push(Change { table, key: key.to_owned(), before });
        }
        Ok(existed)
    }

    /// Does a part of the work that takes its own changes with it when it fails.
    pub(crate) fn nested<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let mark = {
            let mut undo = self.undo.borrow_mut();
            undo.depth += 1;
            undo.changes.len()
        };
        let outcome = work();
        let undone = if outcome.is_err() { self.undo_to(mark) } else { Ok(()) };
        let mut undo = self.undo.borrow_mut();
        undo.depth -= 1;
        if undo.depth == 0 {
            undo.changes.clear();
        }
        undone?;
        outcome
    }

    /// Takes changes back, newest first, until `mark` of them are left.
    fn undo_to(&self, mark: usize) -> Result<(), StoreError> {
        let taken = self.undo.borrow_mut().changes.split_off(mark);
        for Change { table, key, before } in taken.into_iter().rev() {
            let mut open = self.tx.open_table(definition(table))?;
            match before {
                Some(bytes) => drop(open.insert(key.as_str(), bytes.as_slice())?),
                None => drop(open.remove(key.as_str())?),
            }
        }
        Ok(())
    }
}
