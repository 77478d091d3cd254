//! Group commit: one thread synchronises the disk for every commit that waits.
//!
//! Order matters: first the audit log, then the database. So whatever the database says after a
//! crash, the audit records of it are there. When synchronising fails, everybody who waits is
//! told, and the thread takes the state back to the last durable commit, as a restart would; it
//! tries again until that succeeds, so the store works again when the disk does. Start at
//! [`Flusher::wait_durable`].

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use redb::Durability;

use crate::StoreError;
use crate::audit::AuditLog;
use crate::database::Databases;

/// Between two attempts to go back to the last durable commit.
const RETRY: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Progress {
    /// Which opening of the database the numbers below are about.
    generation: u64,
    /// Tickets handed out and tickets known durable; both only grow within a generation.
    asked: u64,
    durable: u64,
    /// What was durable at the end of the generation before.
    durable_before: u64,
    stopping: bool,
    /// Why nothing can be made durable at the moment.
    broken: Option<String>,
}

impl Progress {
    /// Whether a ticket is settled, and how.
    fn outcome(&self, generation: u64, ticket: u64) -> Option<Result<(), StoreError>> {
        let (durable, over) = match self.generation.checked_sub(generation) {
            Some(0) => (self.durable, self.broken.is_some()),
            Some(1) => (self.durable_before, true),
            _ => (0, true),
        };
        if durable >= ticket {
            return Some(Ok(()));
        }
        let reason = || self.broken.clone().unwrap_or_else(|| "the disk failed".to_owned());
        over.then(|| Err(StoreError::Halted(reason())))
    }
}

#[derive(Default)]
struct Shared {
    progress: Mutex<Progress>,
    /// There is something to do.
    work: Condvar,
    /// Tickets were settled.
    settled: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        // Every critical section leaves the numbers consistent, so a poisoned lock is usable.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, reason: String) {
        self.lock().broken.get_or_insert(reason);
        self.work.notify_one();
        self.settled.notify_all();
    }
}

/// Handle on the synchronising thread; dropped, it finishes what was asked and ends.
pub(crate) struct Flusher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    pub(crate) fn start(databases: Arc<Databases>, audit: Arc<AuditLog>) -> Self {
        let shared = Arc::new(Shared::default());
        let mine = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(&mine, &databases, &audit));
        Self { shared, thread: Some(thread) }
    }

    /// Refuses at once what could not be made durable.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match &self.shared.lock().broken {
            Some(reason) => Err(StoreError::Halted(reason.clone())),
            None => Ok(()),
        }
    }

    /// Reports that a commit of a generation failed half-way; answers the error.
    pub(crate) fn failed(&self, generation: u64, error: StoreError) -> StoreError {
        if self.shared.lock().generation == generation {
            self.shared.fail(error.to_string());
        }
        error
    }

    /// Returns when everything committed in this generation before the call is on disk.
    pub(crate) fn wait_durable(&self, generation: u64) -> Result<(), StoreError> {
        let mut progress = self.shared.lock();
        if progress.generation != generation {
            return Err(StoreError::Halted("the disk failed".to_owned()));
        }
        progress.asked += 1;
        let ticket = progress.asked;
        self.shared.work.notify_one();
        loop {
            if let Some(outcome) = progress.outcome(generation, ticket) {
                return outcome;
            }
            progress = self.shared.settled.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

enum Work {
    Synchronise { target: u64 },
    Recover,
    Stop,
}

fn next(shared: &Shared) -> Work {
    let mut progress = shared.lock();
    loop {
        if progress.broken.is_some() {
            return if progress.stopping { Work::Stop } else { Work::Recover };
        }
        if progress.asked > progress.durable {
            return Work::Synchronise { target: progress.asked };
        }
        if progress.stopping {
            return Work::Stop;
        }
        progress = shared.work.wait(progress).unwrap_or_else(PoisonError::into_inner);
    }
}

fn run(shared: &Shared, databases: &Databases, audit: &AuditLog) {
    loop {
        match next(shared) {
            Work::Stop => return,
            Work::Synchronise { target } => match synchronise(databases, audit) {
                Ok(()) => {
                    shared.lock().durable = target;
                    shared.settled.notify_all();
                }
                Err(error) => shared.fail(error.to_string()),
            },
            Work::Recover => recover(shared, databases, audit),
        }
    }
}

fn synchronise(databases: &Databases, audit: &AuditLog) -> Result<(), StoreError> {
    let mut tx = databases.current().database.begin_write()?;
    tx.set_durability(Durability::Immediate)?;
    audit.sync()?;
    tx.commit()?;
    Ok(())
}

fn recover(shared: &Shared, databases: &Databases, audit: &AuditLog) {
    let back = databases
        .replace(|generation, commit, position| audit.go_back(generation, commit, position));
    let mut progress = shared.lock();
    match back {
        Ok(generation) => {
            let durable_before = progress.durable;
            let stopping = progress.stopping;
            *progress = Progress { generation, durable_before, stopping, ..Progress::default() };
            shared.settled.notify_all();
        }
        Err(error) => {
            progress.broken = Some(error.to_string());
            let waited = shared.work.wait_timeout(progress, RETRY);
            drop(waited);
        }
    }
}
