//! Group commit: one thread takes its turn among the writers and commits what they left.
//!
//! While it waits for its turn and while the disk works, the next writers line up, and their
//! changes make the next group. When a commit fails, everybody who waits for it is told, and the
//! thread takes the state back to the last one that succeeded, as a restart would; it tries again
//! until that succeeds, so the store works again when the disk does. Start at [`Flusher::ask`].

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::StoreError;
use crate::audit::AuditLog;
use crate::database::Databases;
use crate::group::{Group, lost};
use crate::turn::Turns;

/// Between two attempts to go back to the last durable commit.
const RETRY: Duration = Duration::from_millis(200);
/// What those are told who come too late to learn more.
const FAILED: &str = "the disk failed";

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
        let reason = || self.broken.clone().unwrap_or_else(|| FAILED.to_owned());
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
    pub(crate) fn start(
        databases: Arc<Databases>,
        audit: Arc<AuditLog>,
        turns: Turns<Group>,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let mine = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(&mine, &databases, &audit, &turns));
        Self { shared, thread: Some(thread) }
    }

    /// Refuses at once what could not be made durable.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match &self.shared.lock().broken {
            Some(reason) => Err(StoreError::Halted(reason.clone())),
            None => Ok(()),
        }
    }

    /// Asks for the commit of a group of this generation by a writer who still has his turn;
    /// answers the ticket to wait with.
    pub(crate) fn ask(&self, generation: u64) -> Result<u64, StoreError> {
        let mut progress = self.shared.lock();
        if progress.generation != generation || progress.broken.is_some() {
            let reason = progress.broken.clone().unwrap_or_else(|| FAILED.to_owned());
            return Err(StoreError::Halted(reason));
        }
        progress.asked += 1;
        self.shared.work.notify_one();
        Ok(progress.asked)
    }

    /// Returns when the ticket's changes are on disk. Not to be called with a turn in hand.
    pub(crate) fn wait(&self, generation: u64, ticket: u64) -> Result<(), StoreError> {
        let mut progress = self.shared.lock();
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
    Commit { durable: u64 },
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
            return Work::Commit { durable: progress.durable };
        }
        if progress.stopping {
            return Work::Stop;
        }
        progress = shared.work.wait(progress).unwrap_or_else(PoisonError::into_inner);
    }
}

fn run(shared: &Shared, databases: &Databases, audit: &AuditLog, turns: &Turns<Group>) {
    loop {
        match next(shared) {
            Work::Stop => return,
            Work::Commit { durable } => match commit(audit, turns, durable) {
                Ok(last) => {
                    shared.lock().durable = last;
                    shared.settled.notify_all();
                }
                Err(error) => shared.fail(error.to_string()),
            },
            Work::Recover => recover(shared, databases, audit),
        }
    }
}

/// Commits all that those left who had their turn before; answers the last ticket of it.
fn commit(audit: &AuditLog, turns: &Turns<Group>, durable: u64) -> Result<u64, StoreError> {
    let turn = turns.wait();
    let committed = turn.take().ok_or_else(lost)?.commit(audit, durable);
    drop(turn);
    committed
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
