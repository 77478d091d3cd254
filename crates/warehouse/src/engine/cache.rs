//! The engine's memory, kept from growing with a load.
//!
//! The engine keeps each block that it has written until its memory is full: a load of many rows
//! would fill gigabytes with what nobody has asked for. It gives blocks up when its limit is
//! lowered, the oldest first, and reads them again from the file when they are wanted. A lower
//! limit would refuse memory to whatever asks in that moment, so it is lowered only while nothing
//! runs, and nothing begins until it is as before. Start reading at [`Cache::trim`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::EngineFault;

/// The engine's setting of its limit.
pub(super) const LIMIT_SETTING: &str = "memory_limit";

/// What a load leaves the engine, in megabytes.
const KEPT_MEGABYTES: u64 = 32;

/// Counts the statements that run in an engine.
#[derive(Clone, Default)]
pub(super) struct Activity(Arc<Mutex<usize>>);

/// A statement that runs.
pub(super) struct Running(Activity);

impl Activity {
    /// A statement begins; it ends when this is dropped.
    pub(super) fn begin(&self) -> Running {
        let mut running = self.running();
        *running = running.saturating_add(1);
        Running(self.clone())
    }

    fn running(&self) -> MutexGuard<'_, usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.0.running();
        *running = running.saturating_sub(1);
    }
}

/// The cache of an engine.
pub(super) struct Cache {
    connection: duckdb::Connection,
    activity: Activity,
    /// The engine's limit, in megabytes.
    megabytes: u64,
}

impl Cache {
    pub(super) fn new(connection: duckdb::Connection, activity: Activity, megabytes: u64) -> Self {
        Self { connection, activity, megabytes }
    }

    /// Gives up what the engine holds beyond [`KEPT_MEGABYTES`] and does not use at the moment, for
    /// a statement that itself rests meanwhile. Nothing happens while others run.
    pub(super) fn trim(&self) {
        let running = self.activity.running();
        if *running > 1 {
            return;
        }
        if let Err(fault) = self.lower_and_restore() {
            // What is in use is more. The limit is as it was then.
            tracing::debug!(%fault, "the engine's memory could not be made smaller");
        }
        drop(running);
    }

    fn lower_and_restore(&self) -> Result<(), EngineFault> {
        let usual = self.megabytes;
        let lower = usual.min(KEPT_MEGABYTES);
        Ok(self.connection.execute_batch(&format!(
            "SET GLOBAL {LIMIT_SETTING} = '{lower}MB'; SET GLOBAL {LIMIT_SETTING} = '{usual}MB'"
        ))?)
    }
}
