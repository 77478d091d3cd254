//! The key-value store and its transactions.
//!
//! One writer at a time, readers beside it on a snapshot of what is on disk. A writer that is done
//! leaves its changes to the group of those before it (`group.rs`), lets the next one in and waits
//! for the flusher (`flush.rs`), which commits once for all of them. The database file itself is
//! `database.rs`.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use redb::{ReadableDatabase, ReadableTable, TableDefinition, TableError};

use crate::audit::{AuditFilter, AuditLog, AuditPosition, AuditRecord, AuditScan, AuditWalk};
use crate::database::{Databases, last_commit};
use crate::flush::Flusher;
use crate::group::{Group, lost};
use crate::turn::Turns;
use crate::undo::Writer;
use crate::{Blobs, Entropy, Record, Seal, StateDir, StoreError, Table};

/// Free bytes below which nothing is changed any more: what is left lets reads be audited, and
/// lets objects be deleted to make room (object data stops earlier, see `blobs.rs`).
const RESERVE_BYTES: u64 = 4 * 1024 * 1024;

/// All durable state of one world.
pub struct Store {
    directory: StateDir,
    databases: Arc<Databases>,
    audit: Arc<AuditLog>,
    flusher: Flusher,
    turns: Turns<Group>,
    blobs: Blobs,
    seal: Seal,
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TxMode {
    /// Reads on a snapshot.
    Read,
    /// Reads and changes, one at a time.
    Write,
}

/// A transaction: a snapshot to read, or the one writer.
pub enum Tx {
    /// See [`TxMode::Read`].
    Read(redb::ReadTransaction),
    /// See [`TxMode::Write`]. Dropped without [`Store::commit`], its changes are gone.
    Write(Box<Writer>),
}

impl Store {
    /// Opens the state in `directory`, creating what is absent, and mends what a killed process
    /// left: audit records of changes that never became durable are taken out.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it open; otherwise what the disk said.
    pub fn open(directory: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        let directory = StateDir::open(directory)?;
        let databases = Arc::new(Databases::open(directory.root().join("world.redb"))?);
        let (commit, position) = last_commit(&databases.current().database)?;
        let audit = AuditLog::open(directory.subdirectory("audit")?, commit, position)?;
        let (audit, turns) = (Arc::new(audit), Turns::default());
        Ok(Self {
            flusher: Flusher::start(Arc::clone(&databases), Arc::clone(&audit), turns.clone()),
            turns,
            blobs: Blobs::new(directory.subdirectory("blobs")?, Arc::clone(&entropy)),
            seal: Seal::open(&directory.root().join("master.key"), entropy)?,
            directory,
            databases,
            audit,
        })
    }

    /// The state directory.
    pub fn directory(&self) -> &StateDir {
        &self.directory
    }

    /// Object bodies.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Sealing of small secrets.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Begins a transaction; a second writer waits for the first.
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Halted`] for a writer that could not be made
    /// durable; [`StoreError::Database`].
    pub fn begin(&self, mode: TxMode) -> Result<Tx, StoreError> {
        if mode == TxMode::Write {
            self.flusher.check()?;
            self.directory.check_room(RESERVE_BYTES)?;
        }
        Ok(match mode {
            TxMode::Read => Tx::Read(self.databases.current().database.begin_read()?),
            TxMode::Write => {
                let turn = self.turns.wait();
                let current = self.databases.current();
                let left = turn.take().filter(|group| group.generation == current.generation);
                let group = left.map_or_else(|| Group::begin(&current), Ok)?;
                Tx::Write(Box::new(Writer::new(group, turn)))
            }
        })
    }

    /// Ends a transaction together with the audit records of the calls in it.
    ///
    /// For a writer this returns when both are durable; nobody sees the changes before, but the
    /// writers that come next. For a reader the records are handed to the operating system, which
    /// keeps them whatever becomes of this process.
    ///
    /// # Errors
    /// After an error of a writer nothing of it is visible; the state is as after the last commit
    /// that succeeded.
    pub fn commit(&self, tx: Tx, records: &[AuditRecord]) -> Result<(), StoreError> {
        match tx {
            Tx::Read(_) => self.append_audit(records),
            Tx::Write(writer) => {
                if records.is_empty() && writer.is_unchanged() {
                    return Ok(());
                }
                let generation = writer.generation().ok_or_else(lost)?;
                let ticket = self.flusher.ask(generation)?;
                writer.join(records, ticket);
                self.flusher.wait(generation, ticket)
            }
        }
    }

    /// How many changes were ever committed: two equal answers mean that nothing changed between.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn commits(&self) -> Result<u64, StoreError> {
        Ok(last_commit(&self.databases.current().database)?.0)
    }

    /// Appends audit records that belong to no change, such as those of denied calls.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn append_audit(&self, records: &[AuditRecord]) -> Result<(), StoreError> {
        self.audit.append(None, records).map(drop)
    }

    #[cfg(test)]
    pub(crate) fn databases(&self) -> &Databases {
        &self.databases
    }

    /// How many writers wait for their turn.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.turns.waiting()
    }

    #[cfg(test)]
    pub(crate) fn audit_log(&self) -> &AuditLog {
        &self.audit
    }

    /// Walks the audit log from its newest record to its oldest.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn scan_audit(&self) -> Result<AuditScan, StoreError> {
        self.find_audit(AuditFilter::default())
    }

    /// [`Store::scan_audit`] of the records that `filter` wants. Time bounds keep it from reading
    /// what cannot be in them; the rest is read, and its payloads skipped.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn find_audit(&self, filter: AuditFilter) -> Result<AuditScan, StoreError> {
        self.audit.scan(filter)
    }

    /// Walks the audit log from a former end of it ([`Store::audit_end`], or a place that a walk
    /// answered) to its newest record.
    pub fn walk_audit(&self, from: AuditPosition) -> AuditWalk {
        self.audit.walk(from)
    }

    /// Where the audit log ends now.
    pub fn audit_end(&self) -> AuditPosition {
        self.audit.end()
    }
}

pub(crate) fn definition(
    name: &'static str,
) -> TableDefinition<'static, &'static str, &'static [u8]> {
    TableDefinition::new(name)
}

impl Tx {
    /// The record under `key`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not decode.
    pub fn get<R: Record>(&self, table: &Table<R>, key: &str) -> Result<Option<R>, StoreError> {
        let bytes = match self {
            Self::Read(tx) => match tx.open_table(definition(table.name)) {
                Ok(open) => open.get(key)?.map(|guard| guard.value().to_vec()),
                Err(TableError::TableDoesNotExist(_)) => None,
                Err(e) => return Err(e.into()),
            },
            Self::Write(writer) => {
                let open = writer.tx()?.open_table(definition(table.name))?;
                open.get(key)?.map(|guard| guard.value().to_vec())
            }
        };
        bytes.map(|bytes| table.decode(key, &bytes)).transpose()
    }

    /// Up to `limit` records whose keys begin with `prefix` and come after `after`, in byte
    /// order of their keys.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when one does not decode.
    pub fn scan<R: Record>(
        &self,
        table: &Table<R>,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, R)>, StoreError> {
        match self {
            Self::Read(tx) => match tx.open_table(definition(table.name)) {
                Ok(open) => scan_table(&open, table, prefix, after, limit),
                Err(TableError::TableDoesNotExist(_)) => Ok(Vec::new()),
                Err(e) => Err(e.into()),
            },
            Self::Write(writer) => {
                let open = writer.tx()?.open_table(definition(table.name))?;
                scan_table(&open, table, prefix, after, limit)
            }
        }
    }

    /// Shows `visit` the records between two keys, in byte order of the keys or against it, until
    /// it answers `false`. None of them is held longer than its visit.
    ///
    /// # Errors
    /// Those of `visit`; [`StoreError::Damaged`] when a record does not decode.
    pub fn walk<R: Record, E: From<StoreError>>(
        &self,
        table: &Table<R>,
        between: (Bound<&str>, Bound<&str>),
        backwards: bool,
        visit: impl FnMut(&str, R) -> Result<bool, E>,
    ) -> Result<(), E> {
        match self {
            Self::Read(tx) => match tx.open_table(definition(table.name)) {
                Ok(open) => walk_table(&open, table, between, backwards, visit),
                Err(TableError::TableDoesNotExist(_)) => Ok(()),
                Err(e) => Err(StoreError::from(e).into()),
            },
            Self::Write(writer) => {
                let open =
                    writer.tx()?.open_table(definition(table.name)).map_err(StoreError::from)?;
                walk_table(&open, table, between, backwards, visit)
            }
        }
    }

    /// Writes the record under `key`, in place of one that may be there.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a reading transaction.
    pub fn put<R: Record>(
        &self,
        table: &Table<R>,
        key: &str,
        record: &R,
    ) -> Result<(), StoreError> {
        let Self::Write(writer) = self else { return Err(StoreError::ReadOnly(table.name)) };
        let bytes = table.encode(key, record)?;
        writer.change(table.name, key, Some(&bytes)).map(drop)
    }

    /// Removes the record under `key`; answers whether there was one.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] in a reading transaction.
    pub fn delete<R: Record>(&self, table: &Table<R>, key: &str) -> Result<bool, StoreError> {
        let Self::Write(writer) = self else { return Err(StoreError::ReadOnly(table.name)) };
        writer.change(table.name, key, None)
    }

    /// Does a part of the transaction's work. When it fails, what it changed is taken back and
    /// everything before it stays, so that whoever began the part may go on.
    ///
    /// # Errors
    /// Those of `work`; or [`StoreError`] when a change cannot be taken back: the database
    /// commits nothing after such an error.
    pub fn nested<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Read(_) => work(),
            Self::Write(writer) => writer.nested(work),
        }
    }
}

fn scan_table<R: Record>(
    open: &impl ReadableTable<&'static str, &'static [u8]>,
    table: &Table<R>,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, R)>, StoreError> {
    let start = after.filter(|after| *after > prefix).unwrap_or(prefix);
    let mut found = Vec::new();
    for entry in open.range(start..)? {
        let (key, value) = entry?;
        let key = key.value();
        if found.len() == limit || !key.starts_with(prefix) {
            break;
        }
        if after != Some(key) {
            found.push((key.to_owned(), table.decode(key, value.value())?));
        }
    }
    Ok(found)
}

fn walk_table<R: Record, E: From<StoreError>>(
    open: &impl ReadableTable<&'static str, &'static [u8]>,
    table: &Table<R>,
    between: (Bound<&str>, Bound<&str>),
    backwards: bool,
    mut visit: impl FnMut(&str, R) -> Result<bool, E>,
) -> Result<(), E> {
    let mut range = open.range::<&str>(between).map_err(StoreError::from)?;
    while let Some(entry) = if backwards { range.next_back() } else { range.next() } {
        let (key, value) = entry.map_err(StoreError::from)?;
        if !visit(key.value(), table.decode(key.value(), value.value())?)? {
            break;
        }
    }
    Ok(())
}
