//! Before a statement runs: the locks it needs, and the engine's transaction, which begins only
//! now, so that a writer that had to wait sees what the one before it committed.
//!
//! Redshift Developer Guide, "Managing concurrent write operations", "LOCK".

use std::sync::Arc;
use std::sync::atomic::Ordering;

use redshift_sql::{Access, AlterTableAction, Kind, ObjectName, Privilege};

use super::Session;
use super::transaction::Transaction;
use crate::errors::Failure;
use crate::locks::{Circle, Mode, Refused, Table};
use crate::privileges::{Resolved, resolve};

impl Session {
    /// Waits for the locks of a statement, then begins the engine's transaction if a block is open.
    ///
    /// # Errors
    /// 40P01 for a deadlock, 57014 when the wait is cancelled, `1023` for a circle of serializable
    /// transactions.
    pub(super) fn prepare_to_run(&mut self, kind: &Kind) -> Result<(), Failure> {
        let in_block = self.transaction.is_open();
        let serializable = self.serializable;
        let wanted = wanted(kind);
        if in_block && self.settings.is_on("transaction_read_only") && writes(kind, &wanted) {
            return Err(Failure::new("25006", "transaction is read-only"));
        }
        let mut tables: Vec<(Table, Mode)> = Vec::new();
        for (name, mode) in wanted {
            if !in_block && !serializable && mode == Mode::Read {
                continue;
            }
            let found = self.with_scope(|connection, scope| resolve(connection, scope, &name));
            // What does not exist is told by the statement itself.
            if let Ok(Resolved::Relation { database, relation }) = found {
                tables.push(((database, relation.id), mode));
            }
        }
        // In one order for everybody: two statements alone cannot wait for each other.
        tables.sort();
        for (table, mode) in &tables {
            if in_block || *mode > Mode::Read {
                self.lock_table(table, *mode)?;
            }
        }
        if !needs_engine(kind) {
            return Ok(());
        }
        let began = !self.engine_open;
        self.begin_engine()?;
        if serializable {
            self.note_serial(began, &tables)?;
        }
        Ok(())
    }

    fn note_serial(&self, began: bool, tables: &[(Table, Mode)]) -> Result<(), Failure> {
        let locks = &self.cluster.locks;
        if began {
            let number = match self.transaction.is_open() {
                true => self.transaction_number,
                false => Self::next_transaction(),
            };
            locks.begin_serial(self.pid, number);
        }
        for (table, mode) in tables {
            locks.note(self.pid, table, *mode).map_err(|circle| violation(&circle, self.pid))?;
        }
        Ok(())
    }

    pub(super) fn lock_table(&self, table: &Table, mode: Mode) -> Result<(), Failure> {
        let signals = Arc::clone(&self.signals);
        let stop = || {
            signals.cancelled.load(Ordering::SeqCst) || signals.terminated.load(Ordering::SeqCst)
        };
        match self.cluster.locks.acquire(self.pid, table, mode, stop) {
            Ok(_) => Ok(()),
            Err(Refused::Cancelled) => {
                Err(Failure::new("57014", "Query (0) cancelled on user's request"))
            }
            Err(Refused::Deadlock { with }) => {
                let mut failure = Failure::new("40P01", "deadlock detected");
                failure.detail = Some(format!(
                    "Process {} waits for {} on relation {} of database {}; blocked by process {with}.",
                    self.pid,
                    mode.name(),
                    table.1,
                    self.name_of(&table.0)?
                ));
                Err(failure)
            }
        }
    }

    /// The transaction is over: its locks are free.
    pub(super) fn release_locks(&self, committed: bool) {
        self.cluster.locks.release(self.pid, committed);
    }

    /// After a statement outside of a block: its locks are free.
    pub(super) fn release_after(&self, succeeded: bool) {
        if matches!(self.transaction, Transaction::None | Transaction::Aborted) {
            self.release_locks(succeeded);
        }
    }
}

/// Redshift gives this failure a number for its text.
fn violation(circle: &Circle, pid: i32) -> Failure {
    let mut failure = Failure::new("XX000", "1023");
    let numbers: Vec<String> = circle.transactions.iter().map(i64::to_string).collect();
    failure.detail = Some(format!(
        "Serializable isolation violation on table - {}, transactions forming the cycle are: {} \
         (pid:{pid})",
        circle.table,
        numbers.join(", ")
    ));
    failure
}

/// Statements that leave the engine's transaction alone.
fn needs_engine(kind: &Kind) -> bool {
    !matches!(
        kind,
        Kind::Empty
            | Kind::Begin(_)
            | Kind::Commit
            | Kind::Rollback
            | Kind::Set(_)
            | Kind::Reset { .. }
            | Kind::Deallocate { .. }
    )
}

/// Whether a read-only transaction refuses a statement.
fn writes(kind: &Kind, wanted: &[(ObjectName, Mode)]) -> bool {
    let creates = matches!(
        kind,
        Kind::CreateTable(_)
            | Kind::CreateView(_)
            | Kind::CreateMaterializedView(_)
            | Kind::CreateSchema(_)
            | Kind::AlterSchema(_)
            | Kind::DropSchema(_)
            | Kind::Comment(_)
            | Kind::Grant(_)
            | Kind::Revoke(_)
    );
    let locks = matches!(kind, Kind::Lock { .. });
    creates || !locks && wanted.iter().any(|(_, mode)| *mode > Mode::Read)
}

/// The relations that a statement names, and what it does to them.
fn wanted(kind: &Kind) -> Vec<(ObjectName, Mode)> {
    let exclusive = |name: &ObjectName| vec![(name.clone(), Mode::Exclusive)];
    match kind {
        Kind::Engine(statement) => of_accesses(&statement.accesses),
        Kind::Merge(merge) => {
            merge.statements.iter().flat_map(|one| of_accesses(&one.accesses)).collect()
        }
        Kind::Copy(copy) => vec![(copy.table.clone(), Mode::Write)],
        Kind::CreateTable(create) => of_accesses(&create.accesses),
        Kind::DeclareCursor { query, .. } => of_accesses(&query.accesses),
        Kind::Truncate { table, .. } => exclusive(table),
        Kind::Lock { tables } => tables.iter().flat_map(exclusive).collect(),
        Kind::DropRelation(drop) => drop.names.iter().flat_map(exclusive).collect(),
        Kind::RefreshMaterializedView { name, .. } => exclusive(name),
        Kind::AlterTable(alter) => {
            let mut all = exclusive(&alter.table);
            if let AlterTableAction::Append { source, .. } = &alter.action {
                all.extend(exclusive(source));
            }
            all
        }
        _ => Vec::new(),
    }
}

fn of_accesses(accesses: &[Access]) -> Vec<(ObjectName, Mode)> {
    accesses
        .iter()
        .map(|access| {
            let mode = match access.privilege {
                Privilege::Insert | Privilege::Update | Privilege::Delete => Mode::Write,
                _ => Mode::Read,
            };
            (access.name.clone(), mode)
        })
        .collect()
}
