//! The session's transaction: open, aborted, or none, and what beginning and ending it does.
//! Redshift Developer Guide, "BEGIN", "Serializable isolation".

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use redshift_sql::Begin;

use super::{Notice, Output, Session};
use crate::errors::Failure;

/// Transaction numbers are given out from here, as `transaction_id` in history.
static TRANSACTIONS: AtomicI64 = AtomicI64::new(1000);

/// What ReadyForQuery tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// No transaction block.
    Idle,
    /// In a transaction block.
    Open,
    /// In an aborted transaction block.
    Failed,
}

/// The state of the session's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Transaction {
    /// None: each statement is its own.
    #[default]
    None,
    /// `BEGIN` was said.
    Block,
    /// Several statements in one message, without `BEGIN`.
    Implicit,
    /// An error ended the engine's transaction; the block waits for its end.
    Aborted,
}

impl Transaction {
    /// What ReadyForQuery tells.
    pub(crate) fn status(self) -> Status {
        match self {
            Self::None | Self::Implicit => Status::Idle,
            Self::Block => Status::Open,
            Self::Aborted => Status::Failed,
        }
    }

    /// Whether `BEGIN` was said.
    pub(crate) fn is_block(self) -> bool {
        self == Self::Block
    }

    /// Whether a transaction of several statements is open.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Block | Self::Implicit)
    }
}

impl Session {
    /// `BEGIN`.
    pub(super) fn begin(&mut self, modes: &Begin, output: &mut dyn Output) -> Result<(), Failure> {
        match self.transaction {
            Transaction::Block => output
                .notice(&Notice::warning("25001", "there is already a transaction in progress"))?,
            Transaction::Implicit => self.transaction = Transaction::Block,
            Transaction::None | Transaction::Aborted => {
                self.note_beginning(Transaction::Block);
            }
        }
        if modes.read_only == Some(true) {
            self.settings.set("transaction_read_only", Some(&["on".into()]), true)?;
        }
        Ok(())
    }

    /// Begins the transaction that several statements of one message share.
    pub(crate) fn begin_implicit(&mut self) -> Result<(), Failure> {
        if self.transaction == Transaction::None {
            self.note_beginning(Transaction::Implicit);
        }
        Ok(())
    }

    /// Begins the engine's transaction when the first statement of a block needs it: what it sees
    /// is what is committed by then, as in Redshift.
    pub(super) fn begin_engine(&mut self) -> Result<(), Failure> {
        if !self.transaction.is_open() || self.engine_open {
            return Ok(());
        }
        self.connection.run("BEGIN TRANSACTION")?;
        self.engine_open = true;
        self.relations_seen();
        self.path = None;
        Ok(())
    }

    /// A number for a transaction.
    pub(super) fn next_transaction() -> i64 {
        TRANSACTIONS.fetch_add(1, Ordering::Relaxed)
    }

    /// Ends the shared transaction, if no statement made it a block of its own.
    pub(crate) fn end_implicit(&mut self) -> Result<(), Failure> {
        if self.transaction == Transaction::Implicit {
            self.commit_open()?;
        }
        Ok(())
    }

    /// The time `sysdate` and `current_timestamp` tell: the transaction's beginning.
    pub(super) fn transaction_time(&self) -> DateTime<Utc> {
        let began = self.transaction_began.filter(|_| self.transaction.is_open());
        began.unwrap_or_else(|| self.cluster.world.now())
    }

    fn note_beginning(&mut self, state: Transaction) {
        self.transaction = state;
        self.relations_seen();
        self.privileges_seen();
        self.transaction_began = Some(self.cluster.world.now());
        self.settings.begin();
        self.transaction_number = Self::next_transaction();
    }

    /// `COMMIT`; gives the command tag, which is `ROLLBACK` for an aborted block.
    pub(super) fn commit(&mut self, output: &mut dyn Output) -> Result<&'static str, Failure> {
        match self.transaction {
            Transaction::None => {
                output.notice(&Notice::warning("25P01", "there is no transaction in progress"))?;
                Ok("COMMIT")
            }
            Transaction::Aborted => {
                self.transaction = Transaction::None;
                Ok("ROLLBACK")
            }
            Transaction::Block | Transaction::Implicit => self.commit_open().map(|()| "COMMIT"),
        }
    }

    pub(super) fn commit_open(&mut self) -> Result<(), Failure> {
        self.close_cursors();
        let committed = match std::mem::take(&mut self.engine_open) {
            true => self.connection.run("COMMIT").map(drop),
            false => Ok(()),
        };
        if committed.is_err() {
            self.rollback_engine();
        }
        self.release_locks(committed.is_ok());
        self.transaction = Transaction::None;
        self.relations_settled();
        self.privileges_settled();
        self.settings.end(committed.is_ok());
        self.path = None;
        committed?;
        Ok(())
    }

    /// `ROLLBACK`.
    pub(super) fn rollback(&mut self, output: &mut dyn Output) -> Result<(), Failure> {
        match self.transaction {
            Transaction::None => {
                output.notice(&Notice::warning("25P01", "there is no transaction in progress"))?;
            }
            Transaction::Aborted => {}
            Transaction::Block | Transaction::Implicit => self.undo(),
        }
        self.transaction = Transaction::None;
        Ok(())
    }

    /// A statement failed: its transaction is undone at once, and a block waits for its end.
    pub(crate) fn abort(&mut self) {
        match self.transaction {
            Transaction::Block => {
                self.undo();
                self.transaction = Transaction::Aborted;
            }
            Transaction::Implicit => {
                self.undo();
                self.transaction = Transaction::None;
            }
            Transaction::None | Transaction::Aborted => {}
        }
    }

    pub(super) fn undo(&mut self) {
        self.close_cursors();
        if std::mem::take(&mut self.engine_open) {
            self.rollback_engine();
        }
        self.release_locks(false);
        self.settings.end(false);
        self.relations_settled();
        self.temporary = None;
        self.privileges_changed();
        self.privileges_settled();
    }

    /// The engine may have ended the transaction itself, so that there is nothing to roll back.
    fn rollback_engine(&self) {
        if let Err(fault) = self.connection.run("ROLLBACK") {
            tracing::debug!(error = %fault, "nothing to roll back");
        }
    }

    /// Runs several engine statements as one, in the open transaction or one of their own.
    pub(super) fn atomically<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.transaction.is_open() {
            self.begin_engine()?;
            return work(self);
        }
        self.connection.run("BEGIN TRANSACTION")?;
        let result = work(self);
        let ended = match &result {
            Ok(_) => self.connection.run("COMMIT").map(drop),
            Err(_) => Ok(()),
        };
        if result.is_err() || ended.is_err() {
            self.rollback_engine();
            self.temporary = None;
        }
        self.path = None;
        ended?;
        result
    }
}
