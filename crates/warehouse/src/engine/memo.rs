//! Reads of our own catalog, remembered until anybody changes it: who may read a table is asked
//! with every statement, and each asking costs the engine more than a point query.
//!
//! A change is any statement of ours that names our schema; user SQL cannot name it. What a
//! transaction has changed itself is not remembered. This module must not know what the tables
//! mean. Start reading at [`Memo::answer`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{EngineFault, OWN_SCHEMA, Value};

/// Answers kept by a session; then it begins anew.
const MOST_ANSWERS: usize = 1_000;

/// The rows of a small result.
type Rows = Vec<Vec<Value>>;

/// Counts the changes of the catalog, for all connections of an engine.
#[derive(Clone, Default)]
pub(super) struct Changes(Arc<AtomicU64>);

impl Changes {
    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// What one connection remembers.
pub(super) struct Memo {
    changes: Changes,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// The count when the open transaction began: what it sees changes by itself only.
    began: Option<u64>,
    /// The open transaction changed the catalog.
    changed: bool,
    /// The count for which the answers hold.
    version: u64,
    answers: HashMap<String, Rows>,
}

impl Memo {
    pub(super) fn new(changes: Changes) -> Self {
        Self { changes, state: RefCell::default() }
    }

    /// Runs a statement of ours by `work` and notes what it changes.
    pub(super) fn around<T>(
        &self,
        sql: &str,
        work: impl FnOnce() -> Result<T, EngineFault>,
    ) -> Result<T, EngineFault> {
        if sql == "BEGIN TRANSACTION" {
            // Counted before the engine takes its snapshot: a change between the two is seen
            // early, never late.
            self.state.borrow_mut().began = Some(self.changes.count());
        }
        let result = work();
        let mut state = self.state.borrow_mut();
        match sql {
            "BEGIN TRANSACTION" if result.is_ok() => state.changed = false,
            "BEGIN TRANSACTION" | "COMMIT" | "ROLLBACK" => {
                state.began = None;
                if std::mem::take(&mut state.changed) {
                    self.changes.add();
                }
            }
            other if other.contains(OWN_SCHEMA) => match state.began {
                Some(_) => state.changed = true,
                None => self.changes.add(),
            },
            _ => {}
        }
        result
    }

    /// The rows of a query, from memory where it is of the catalog and nothing has changed.
    pub(super) fn answer(
        &self,
        sql: &str,
        ask: impl FnOnce() -> Result<Rows, EngineFault>,
    ) -> Result<Rows, EngineFault> {
        let is_catalog = sql.starts_with("SELECT ") && sql.contains(OWN_SCHEMA);
        let Some(version) = self.version().filter(|_| is_catalog) else { return ask() };
        if let Some(rows) = self.known(version, sql) {
            return Ok(rows);
        }
        let rows = ask()?;
        let mut state = self.state.borrow_mut();
        if state.answers.len() >= MOST_ANSWERS {
            state.answers.clear();
        }
        state.answers.insert(sql.to_owned(), rows.clone());
        Ok(rows)
    }

    /// The count at which a read happens now; `None` when the transaction sees changes of its own.
    fn version(&self) -> Option<u64> {
        let state = self.state.borrow();
        let version = state.began.unwrap_or_else(|| self.changes.count());
        (!state.changed).then_some(version)
    }

    fn known(&self, version: u64, sql: &str) -> Option<Rows> {
        let mut state = self.state.borrow_mut();
        if state.version != version {
            state.version = version;
            state.answers.clear();
        }
        state.answers.get(sql).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Changes, Memo, Value};

    const READ: &str = "SELECT name FROM \"dev$db\".pg_landbridge.schemas";
    const WRITE: &str = "INSERT INTO \"dev$db\".pg_landbridge.schemas VALUES (1)";

    fn read(memo: &Memo, now: i64) -> i64 {
        memo.answer(READ, || Ok(vec![vec![Value::Int(now)]])).unwrap()[0][0].int()
    }

    fn run(memo: &Memo, sql: &str) {
        memo.around(sql, || Ok(())).unwrap();
    }

    #[test]
    fn an_answer_holds_until_the_catalog_changes() {
        let changes = Changes::default();
        let (one, other) = (Memo::new(changes.clone()), Memo::new(changes));
        assert_eq!(read(&one, 1), 1);
        run(&other, "INSERT INTO sales VALUES (1)");
        assert_eq!(read(&one, 2), 1, "a user's statement is no change");
        run(&other, WRITE);
        assert_eq!(read(&one, 3), 3);
        run(&other, "BEGIN TRANSACTION");
        run(&other, WRITE);
        assert_eq!(read(&one, 4), 3, "not committed yet");
        assert_eq!(read(&other, 5), 5, "its own change");
        assert_eq!(read(&other, 6), 6, "and nothing of it is kept");
        run(&other, "COMMIT");
        assert_eq!(read(&one, 7), 7);
        run(&one, "BEGIN TRANSACTION");
        run(&other, WRITE);
        assert_eq!(read(&one, 8), 7, "a transaction sees what it saw");
        run(&one, "COMMIT");
        assert_eq!(read(&one, 9), 9);
    }
}
