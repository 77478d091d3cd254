//! Group commit: one thread synchronises the disk for every commit that waits.
//!
//! Order matters: first the audit log, then the database. So whatever the database says after a
//! crash, the audit records of it are there.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use redb::{Database, Durability};

use crate::StoreError;
use crate::audit::AuditLog;

#[derive(Default)]
struct Progress {
    /// Tickets handed out and tickets known durable; both only grow.
    asked: u64,
    durable: u64,
    stopping: bool,
    failed: Option<String>,
}

#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        // Every critical section leaves the numbers consistent, so a poisoned lock is usable.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handle on the synchronising thread; dropped, it finishes what was asked and ends.
pub(crate) struct Flusher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    pub(crate) fn start(database: Arc<Database>, audit: Arc<AuditLog>) -> Self {
        let shared = Arc::new(Shared::default());
        let mine = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(&mine, &database, &audit));
        Self { shared, thread: Some(thread) }
    }

    /// Returns when everything committed before the call is on disk.
    pub(crate) fn wait_durable(&self) -> Result<(), StoreError> {
        let mut progress = self.shared.lock();
        progress.asked += 1;
        let ticket = progress.asked;
        self.shared.changed.notify_all();
        while progress.durable < ticket {
            if let Some(reason) = &progress.failed {
                return Err(StoreError::Halted(reason.clone()));
            }
            progress = self.shared.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, database: &Database, audit: &AuditLog) {
    loop {
        let target = {
            let mut progress = shared.lock();
            while progress.asked == progress.durable && !progress.stopping {
                progress = shared.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
            }
            if progress.asked == progress.durable {
                return;
            }
            progress.asked
        };
        let outcome = synchronise(database, audit);
        let mut progress = shared.lock();
        match outcome {
            Ok(()) => progress.durable = target,
            Err(e) => progress.failed = Some(e.to_string()),
        }
        let failed = progress.failed.is_some();
        drop(progress);
        shared.changed.notify_all();
        if failed {
            return;
        }
    }
}

fn synchronise(database: &Database, audit: &AuditLog) -> Result<(), StoreError> {
    let mut tx = database.begin_write()?;
    tx.set_durability(Durability::Immediate)?;
    audit.sync()?;
    tx.commit()?;
    Ok(())
}
