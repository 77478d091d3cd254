//! The sessions of a cluster: who may be cancelled by whom, and how all of them end.
//!
//! It must not know what a session does. Start reading at [`Registry`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::engine::Interrupt;

/// The first process id given out; real clusters show large ones too.
const FIRST_PID: i32 = 1_073_741_825;

/// Signals that reach a session from outside.
#[derive(Default)]
pub(crate) struct Signals {
    /// The running statement shall fail with 57014.
    pub cancelled: AtomicBool,
    /// The session shall end with 57P01.
    pub terminated: AtomicBool,
    /// Wakes the connection's reader when `terminated` is set.
    pub wake: Notify,
}

struct Entry {
    secret: i32,
    user: String,
    signals: Arc<Signals>,
    interrupt: Interrupt,
}

/// All open sessions by process id.
#[derive(Default)]
pub(crate) struct Registry {
    entries: Mutex<HashMap<i32, Entry>>,
    emptied: Notify,
}

impl Registry {
    /// Adds a session and gives it a process id.
    pub(crate) fn add(
        &self,
        secret: i32,
        user: &str,
        signals: &Arc<Signals>,
        interrupt: Interrupt,
    ) -> i32 {
        let mut entries = self.lock();
        let pid = entries.keys().max().map_or(FIRST_PID, |last| last.wrapping_add(1));
        let entry =
            Entry { secret, user: user.to_owned(), signals: Arc::clone(signals), interrupt };
        entries.insert(pid, entry);
        pid
    }

    /// Removes a session that has ended.
    pub(crate) fn remove(&self, pid: i32) {
        let mut entries = self.lock();
        entries.remove(&pid);
        if entries.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// CancelRequest: cancels only with the session's secret.
    pub(crate) fn cancel_by_secret(&self, pid: i32, secret: i32) {
        if let Some(entry) = self.lock().get(&pid)
            && entry.secret == secret
        {
            cancel(entry);
        }
    }

    /// `CANCEL pid`, `pg_cancel_backend`: the user the session belongs to, `None` when there is
    /// no such session; cancels when `allowed` says so of that user.
    pub(crate) fn cancel(&self, pid: i32, allowed: impl FnOnce(&str) -> bool) -> Option<bool> {
        let entries = self.lock();
        let entry = entries.get(&pid)?;
        let yes = allowed(&entry.user);
        if yes {
            cancel(entry);
        }
        Some(yes)
    }

    /// How many sessions a user has.
    pub(crate) fn count_of(&self, user: &str) -> i64 {
        let count = self.lock().values().filter(|entry| entry.user == user).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// Ends every session.
    pub(crate) fn terminate_all(&self) {
        for entry in self.lock().values() {
            entry.signals.terminated.store(true, Ordering::SeqCst);
            cancel(entry);
            entry.signals.wake.notify_one();
        }
    }

    /// Returns when no session is left.
    pub(crate) async fn wait_until_empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cancel(entry: &Entry) {
    entry.signals.cancelled.store(true, Ordering::SeqCst);
    entry.interrupt.interrupt();
}
