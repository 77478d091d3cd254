//! The engine's memory, kept from growing with a load.
//!
//! The engine keeps each block that it has written until its memory is full: a load of many rows
//! would fill gigabytes with what nobody has asked for. It gives memory up when its limit is
//! lowered: first blocks of files, which it reads again when they are wanted, then what it can
//! write to its staging directory. A lower limit would refuse memory to whatever asks in that
//! moment, so it is lowered only while nothing runs, and nothing begins until it is as before.
//! Start reading at [`Cache::trim`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::EngineFault;

/// The engine's setting of its limit.
pub(super) const LIMIT_SETTING: &str = "memory_limit";

/// What a load leaves the engine beyond what it held before that was no block of a file, in bytes.
const KEPT: u64 = 32 << 20;

/// Counts the statements that run in an engine, and knows its limit of memory.
#[derive(Clone)]
pub(super) struct Activity {
    state: Arc<Mutex<State>>,
    /// The engine's limit, in megabytes.
    megabytes: u64,
}

#[derive(Default)]
struct State {
    running: usize,
    /// The limit is lower than it should be.
    low: bool,
}

/// A statement that runs.
pub(super) struct Running(Activity);

impl Activity {
    pub(super) fn new(megabytes: u64) -> Self {
        Self { state: Arc::default(), megabytes }
    }

    /// A statement of a connection begins; it ends when this is dropped.
    pub(super) fn begin(&self, connection: &duckdb::Connection) -> Running {
        let mut state = self.state();
        state.running = state.running.saturating_add(1);
        if state.low {
            self.restore(&mut state, connection);
        }
        Running(self.clone())
    }

    /// Puts the limit back. It was found that this can be refused, for want of a few kilobytes;
    /// the next statement tries again.
    fn restore(&self, state: &mut State, connection: &duckdb::Connection) {
        let usual = format!("SET GLOBAL {LIMIT_SETTING} = '{}MB'", self.megabytes);
        let restored = connection.execute_batch(&usual).map_err(EngineFault::from);
        state.low = restored.is_err();
        if let Err(fault) = restored {
            tracing::error!(%fault, "the engine's limit of memory could not be put back yet");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running = state.running.saturating_sub(1);
    }
}

/// The engine's memory during one load.
pub(super) struct Cache {
    connection: duckdb::Connection,
    activity: Activity,
    /// What the engine may keep, in bytes.
    kept: u64,
}

impl Cache {
    /// At the beginning of a load.
    ///
    /// # Errors
    /// The engine does not tell what it holds.
    pub(super) fn new(
        connection: duckdb::Connection,
        activity: Activity,
    ) -> Result<Self, EngineFault> {
        let held = "SELECT coalesce(sum(memory_usage_bytes), 0)::UBIGINT FROM duckdb_memory() \
                    WHERE tag <> 'BASE_TABLE'";
        let held: u64 = connection.query_row(held, [], |row| row.get(0))?;
        Ok(Self { connection, activity, kept: held.saturating_add(KEPT) })
    }

    /// Whether nothing runs but the load itself.
    pub(super) fn is_alone(&self) -> bool {
        self.activity.state().running <= 1
    }

    /// Gives up what the engine holds beyond what it may keep and does not use at the moment, for
    /// a load that itself rests meanwhile. Nothing happens while others run.
    pub(super) fn trim(&self) {
        let mut state = self.activity.state();
        if state.running > 1 || self.kept >= self.activity.megabytes.saturating_mul(1_000_000) {
            return;
        }
        state.low = true;
        let lower = format!("SET GLOBAL {LIMIT_SETTING} = '{}B'", self.kept);
        if let Err(fault) = self.connection.execute_batch(&lower).map_err(EngineFault::from) {
            // What is in use is more: a wide table, say.
            tracing::debug!(%fault, "the engine's memory could not be made smaller");
        }
        // Also then: the engine would tell the lower limit, though it did not take it.
        self.activity.restore(&mut state, &self.connection);
    }
}
