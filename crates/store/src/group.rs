//! One transaction of the database that many writers share, one after the other.
//!
//! What a commit costs, the pages written and the disk synchronised, is paid once for all of
//! them; nobody reads any of it before it is on disk. Knows nothing of who waits (`flush.rs`) nor
//! of how a writer that fails is taken back (`undo.rs`). Start at [`Group::begin`].

use redb::WriteTransaction;

use crate::StoreError;
use crate::audit::{AuditLog, AuditRecord};
use crate::database::{Current, commit_number, note_commit};

/// Changes that are committed together, and the audit records that belong to them.
pub(crate) struct Group {
    pub(crate) tx: WriteTransaction,
    /// Which opening of the database it belongs to.
    pub(crate) generation: u64,
    commit: u64,
    records: Vec<AuditRecord>,
    tickets: Option<(u64, u64)>,
}

impl Group {
    /// Begins the next group of an opening of the database.
    pub(crate) fn begin(current: &Current) -> Result<Self, StoreError> {
        let tx = current.database.begin_write()?;
        let commit = commit_number(&tx)? + 1;
        let generation = current.generation;
        Ok(Self { tx, generation, commit, records: Vec::new(), tickets: None })
    }

    /// Whether nobody's changes are in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.tickets.is_none()
    }

    /// Takes a writer's part in: its records, and the ticket with which it waits.
    pub(crate) fn add(&mut self, records: &[AuditRecord], ticket: u64) {
        self.records.extend_from_slice(records);
        self.tickets = Some((self.tickets.map_or(ticket, |(first, _)| first), ticket));
    }

    /// Makes it durable: first the audit log, then the database, so that whatever the database
    /// says after a crash, the audit records of it are there. Answers the last ticket.
    ///
    /// `durable` is the last ticket that is settled: a group that was lost in between must not
    /// count as durable because a later one is.
    pub(crate) fn commit(self, audit: &AuditLog, durable: u64) -> Result<u64, StoreError> {
        let last = match self.tickets {
            Some((first, last)) if first == durable + 1 => last,
            _ => return Err(lost()),
        };
        let position = audit.append(Some((self.generation, self.commit)), &self.records)?;
        audit.sync()?;
        note_commit(&self.tx, self.commit, position)?;
        self.tx.commit()?;
        Ok(last)
    }
}

/// Some writer's changes could not be taken back, so those of its group went with them.
pub(crate) fn lost() -> StoreError {
    StoreError::Halted("the changes of a transaction could not be taken back".to_owned())
}
