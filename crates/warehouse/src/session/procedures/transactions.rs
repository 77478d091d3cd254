//! Transactions of procedures: `COMMIT`, `ROLLBACK`, statements that commit, and handlers.
//! Developer guide, "Managing transactions", "Trapping errors".

use redshift_sql::Begin;

use super::super::Session;
use super::super::transaction::Transaction;
use super::interpreter::Interpreter;
use crate::errors::Failure;

const HINT: &str = "Try calling the procedure as a top-level call i.e. not from within an explicit \
                    transaction block.\nOr, if this procedure (or one of its ancestors in the call \
                    chain) was created with SET config options, recreate the procedure without \
                    them.";

impl Interpreter<'_> {
    /// Nobody but the caller may end its transaction.
    pub(super) fn require_unbound(&self, what: &str) -> Result<(), Failure> {
        if !self.session.running.bound {
            return Ok(());
        }
        let text = format!(
            "{what} cannot be invoked from a procedure that is executing in an atomic context."
        );
        Err(Failure::new("2D000", text).with_hint(HINT))
    }

    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        self.require_unbound("COMMIT")?;
        self.end(true)
    }

    pub(super) fn rollback(&mut self) -> Result<(), Failure> {
        self.require_unbound("ROLLBACK")?;
        self.end(false)
    }

    fn end(&mut self, keep: bool) -> Result<(), Failure> {
        self.session.running.ended = self.session.running.ended.saturating_add(1);
        self.session.end_transaction(keep)?;
        self.go_on()
    }

    /// `START TRANSACTION` of a NONATOMIC procedure.
    pub(super) fn start_transaction(&mut self) -> Result<(), Failure> {
        if !self.routine.nonatomic {
            let text = "START TRANSACTION is only supported in NONATOMIC stored procedures";
            return Err(Failure::new("0A000", text));
        }
        self.session.begin(&Begin::default(), self.output)
    }

    /// After a statement that may have committed (TRUNCATE), the procedure goes on in a new
    /// transaction; after one that was its own transaction, its cursors are closed.
    pub(super) fn after_statement(&mut self) -> Result<(), Failure> {
        if self.session.transaction.is_open() {
            return Ok(());
        }
        if self.routine.nonatomic {
            self.session.close_cursors();
            return Ok(());
        }
        self.session.running.ended = self.session.running.ended.saturating_add(1);
        self.go_on()
    }

    /// A default-mode procedure is always in a transaction.
    fn go_on(&mut self) -> Result<(), Failure> {
        if self.routine.nonatomic { Ok(()) } else { self.session.begin_implicit() }
    }

    /// The work so far is undone before a handler runs, which has a transaction of its own.
    pub(super) fn before_handler(&mut self) -> Result<(), Failure> {
        let block = self.session.transaction == Transaction::Block;
        self.session.running.ended = self.session.running.ended.saturating_add(1);
        if self.session.transaction.is_open() {
            self.session.end_transaction(false)?;
        }
        if block && self.session.running.bound {
            // The caller's block goes on with what the handler does.
            return self.session.begin(&Begin::default(), self.output);
        }
        self.go_on()
    }

    /// What a handler did is kept before its error goes on.
    pub(super) fn after_handler(&mut self) -> Result<(), Failure> {
        let block = self.session.transaction == Transaction::Block;
        if self.session.transaction.is_open() {
            self.session.end_transaction(true)?;
        }
        if block {
            // The caller's block fails with the error.
            return self.session.begin(&Begin::default(), self.output);
        }
        self.go_on()
    }
}

impl Session {
    /// Ends the open transaction, if there is one.
    fn end_transaction(&mut self, keep: bool) -> Result<(), Failure> {
        match (self.transaction.is_open(), keep) {
            (false, _) => Ok(()),
            (true, true) => self.commit_open(),
            (true, false) => {
                self.undo();
                self.transaction = Transaction::None;
                Ok(())
            }
        }
    }
}
