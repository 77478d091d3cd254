//! A session's connection: statements run whole, or streamed batch by batch.

use std::cell::Cell;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::cache::{Activity, Cache, Running};
use super::memo::{Changes, Memo};
use super::plan::Plan;
use super::{EngineFault, Value, values};

/// Ends the statement that runs on a connection; callable from any thread, harmless when idle.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<duckdb::InterruptHandle>);

impl Interrupt {
    /// Makes the running statement fail with SQLSTATE 57014.
    pub(crate) fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// A connection with its own transaction and temporary tables. It stays on one thread.
pub(crate) struct Connection {
    inner: duckdb::Connection,
    memo: Memo,
    activity: Activity,
    /// The engine may put rows in any order, because putting that back failed.
    unordered: Cell<bool>,
}

impl Connection {
    pub(super) fn new(inner: duckdb::Connection, changes: Changes, activity: Activity) -> Self {
        let (memo, unordered) = (Memo::new(changes), Cell::new(false));
        Self { inner, memo, activity, unordered }
    }

    /// The engine's memory at the beginning of a load.
    pub(super) fn cache(&self) -> Result<Cache, EngineFault> {
        Cache::new(self.inner.try_clone()?, self.activity.clone())
    }

    /// The handle that cancels this connection's statements.
    pub(crate) fn interrupt(&self) -> Interrupt {
        Interrupt(self.inner.interrupt_handle())
    }

    /// Runs one statement to its end and gives the number of rows it changed.
    pub(crate) fn run(&self, sql: &str) -> Result<u64, EngineFault> {
        self.keep_order();
        self.execute(sql)
    }

    /// The same for an INSERT whose rows may be stored in any order, on all threads.
    pub(super) fn run_in_any_order(&self, sql: &str) -> Result<u64, EngineFault> {
        self.unordered.set(true);
        self.order(false)?;
        let result = self.execute(sql);
        self.keep_order();
        result
    }

    /// Puts the order of rows back. In a transaction that has failed the engine refuses; the first
    /// statement after it tries again.
    fn keep_order(&self) {
        if self.unordered.get() && self.order(true).is_ok() {
            self.unordered.set(false);
        }
    }

    fn order(&self, keep: bool) -> Result<(), EngineFault> {
        let _running = self.activity.begin(&self.inner);
        Ok(self.inner.execute_batch(&format!("SET SESSION {ORDER_SETTING} = {keep}"))?)
    }

    fn execute(&self, sql: &str) -> Result<u64, EngineFault> {
        let _running = self.activity.begin(&self.inner);
        self.memo.around(sql, || {
            let mut statement = self.inner.prepare(sql)?;
            Ok(statement.execute([])? as u64)
        })
    }

    /// Runs several statements separated by `;`, for our own set-up only.
    pub(crate) fn run_script(&self, sql: &str) -> Result<(), EngineFault> {
        self.keep_order();
        let _running = self.activity.begin(&self.inner);
        self.memo.around(sql, || Ok(self.inner.execute_batch(sql)?))
    }

    /// Reads a small result whole: our own catalog's rows, which may be remembered.
    pub(crate) fn rows(&self, sql: &str) -> Result<Vec<Vec<Value>>, EngineFault> {
        self.memo.answer(sql, || {
            let mut prepared = self.prepare(sql)?;
            prepared.start()?;
            let mut rows = Vec::new();
            while let Some(batch) = prepared.next_batch()? {
                values::append_rows(&batch, &mut rows);
            }
            Ok(rows)
        })
    }

    /// What the engine would do to carry a statement out.
    pub(crate) fn plan(&self, sql: &str) -> Result<Plan, EngineFault> {
        let rows = self.rows(&format!("EXPLAIN (FORMAT JSON) {sql}"))?;
        let json = rows.first().and_then(|row| row.last()).map(|value| value.text().to_owned());
        let plan = json.and_then(|json| Plan::read(&json));
        plan.ok_or_else(|| EngineFault { message: String::from("the plan cannot be read") })
    }

    /// Prepares one statement for streaming.
    pub(crate) fn prepare(&self, sql: &str) -> Result<Prepared<'_>, EngineFault> {
        self.keep_order();
        let running = self.activity.begin(&self.inner);
        Ok(Prepared { statement: self.inner.prepare(sql)?, _running: running })
    }
}

/// The one setting of the engine that statements of ours change, for their own connection.
pub(super) const ORDER_SETTING: &str = "preserve_insertion_order";

/// A statement whose rows are pulled batch by batch; the engine computes no further than asked.
pub(crate) struct Prepared<'a> {
    statement: duckdb::Statement<'a>,
    _running: Running,
}

impl Prepared<'_> {
    /// Starts the statement and gives the columns of its result.
    pub(crate) fn start(&mut self) -> Result<SchemaRef, EngineFault> {
        // The iterator it returns panics on errors in the middle; `step` reports them.
        drop(self.statement.stream_arrow([])?);
        Ok(self.statement.schema())
    }

    /// The next rows, `None` at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<RecordBatch>, EngineFault> {
        Ok(self.statement.step()?.map(|rows| RecordBatch::from(&rows)))
    }
}
