//! The sessions of a cluster: how many there may be, who may be cancelled by whom, how all of them
//! end, and which have been idle for too long.
//!
//! It must not know what a session does. Start reading at [`Registry`]; what reaches a session from
//! outside is [`Signals`].

mod idle;

pub(crate) use idle::{DEFAULT_LIMIT, Rest};

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use crate::engine::{Acts, Asking, Denied, Interrupt};
use crate::errors::Failure;

/// The first process id given out; real clusters show large ones too.
const FIRST_PID: i32 = 1_073_741_825;

/// Connections that a cluster may have; superusers too (Redshift Management Guide, "Quotas and
/// limits").
const MOST_CONNECTIONS: usize = 500;

/// Who wants a session, and how many sessions its user and its database may have.
pub(crate) struct Newcomer<'a> {
    /// The user's name.
    pub user: &'a str,
    /// `CONNECTION LIMIT` of the user; `None` for no limit.
    pub user_limit: Option<i64>,
    /// The database's key.
    pub database: &'a str,
    /// The database's name.
    pub database_name: &'a str,
    /// `CONNECTION LIMIT` of the database; `None` for no limit.
    pub database_limit: Option<i64>,
}

/// Signals that reach a session from outside.
#[derive(Default)]
pub(crate) struct Signals {
    /// The running statement shall fail with 57014.
    pub cancelled: AtomicBool,
    /// The session shall end with 57P01, or with what `reason` holds.
    pub terminated: AtomicBool,
    /// Wakes the connection's reader when `terminated` is set.
    pub wake: Notify,
    /// Why it was cancelled, in the words of who did it.
    message: Mutex<Option<String>>,
    /// Why it was ended, where nobody did it.
    reason: OnceLock<Failure>,
    /// What functions of the running statement have left to be done when it ends.
    effects: Mutex<Vec<Effect>>,
    /// The session waits for its client.
    rest: Mutex<Option<Rest>>,
}

/// What a function of a statement leaves to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A parameter is set.
    Set {
        /// Its name.
        name: String,
        /// The text of its value.
        value: String,
        /// Until the end of the transaction only.
        local: bool,
    },
    /// The client is warned.
    Warn(String),
}

impl Signals {
    /// A statement begins: what was meant for the one before does not count.
    pub(crate) fn begin(&self) {
        self.cancelled.store(false, Ordering::SeqCst);
        self.effects().clear();
        *locked(&self.message) = None;
    }

    /// What the client of a cancelled statement is told, where somebody said so.
    pub(crate) fn message(&self) -> Option<String> {
        locked(&self.message).clone()
    }

    /// What the client of a session that is ended is told.
    pub(crate) fn farewell(&self) -> Failure {
        self.reason.get().cloned().unwrap_or_else(Failure::shutting_down)
    }

    /// What functions have left to be done since the last look, in order.
    pub(crate) fn take_effects(&self) -> Vec<Effect> {
        std::mem::take(&mut self.effects())
    }

    /// The session waits for its client from now on.
    pub(crate) fn rest(&self, rest: Rest) {
        *locked(&self.rest) = Some(rest);
    }

    /// The session has something to do.
    pub(crate) fn work(&self) {
        *locked(&self.rest) = None;
    }

    fn effects(&self) -> MutexGuard<'_, Vec<Effect>> {
        locked(&self.effects)
    }
}

struct Entry {
    secret: i32,
    user: String,
    database: String,
    signals: Arc<Signals>,
    interrupt: Interrupt,
    /// What the last look at idle sessions saw.
    seen: Option<idle::Seen>,
}

impl Entry {
    fn cancel(&self, message: Option<&str>) {
        *locked(&self.signals.message) = message.map(str::to_owned);
        self.signals.cancelled.store(true, Ordering::SeqCst);
        self.interrupt.interrupt();
    }

    fn end(&self) {
        self.signals.terminated.store(true, Ordering::SeqCst);
        self.cancel(None);
        self.signals.wake.notify_one();
    }
}

/// All open sessions by process id.
#[derive(Default)]
pub(crate) struct Registry {
    entries: Mutex<HashMap<i32, Entry>>,
    emptied: Notify,
}

impl Registry {
    /// Adds a session and gives it a process id.
    ///
    /// # Errors
    /// 53300 when the cluster, the database or the user has as many sessions as it may have.
    pub(crate) fn add(
        &self,
        secret: i32,
        who: &Newcomer<'_>,
        signals: &Arc<Signals>,
        interrupt: Interrupt,
    ) -> Result<i32, Failure> {
        let mut entries = self.lock();
        check_limits(counts(&entries, who), who)?;
        let pid = entries.keys().max().map_or(FIRST_PID, |last| last.wrapping_add(1));
        let entry = Entry {
            secret,
            user: who.user.to_owned(),
            database: who.database.to_owned(),
            signals: Arc::clone(signals),
            interrupt,
            seen: None,
        };
        entries.insert(pid, entry);
        Ok(pid)
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
            entry.cancel(None);
        }
    }

    /// `CANCEL pid 'message'`: tells whether there is such a session, whose client is told the
    /// message.
    ///
    /// # Errors
    /// [`Denied`] for the session of another user.
    pub(crate) fn cancel(
        &self,
        asking: Asking<'_>,
        pid: i32,
        message: Option<&str>,
    ) -> Result<bool, Denied> {
        self.reach(asking, pid, |entry| entry.cancel(message))
    }

    /// Does something to a session that the asking one may do it to.
    fn reach(
        &self,
        asking: Asking<'_>,
        pid: i32,
        act: impl FnOnce(&Entry),
    ) -> Result<bool, Denied> {
        let entries = self.lock();
        let Some(entry) = entries.get(&pid) else { return Ok(false) };
        if !asking.all && entry.user != asking.user {
            return Err(Denied);
        }
        act(entry);
        Ok(true)
    }

    /// How many sessions a database has, by its key, beside one.
    pub(crate) fn others_in(&self, database: &str, beside: i32) -> usize {
        let entries = self.lock();
        entries.iter().filter(|(pid, entry)| **pid != beside && entry.database == database).count()
    }

    /// Ends every session of a database.
    pub(crate) fn terminate_in(&self, database: &str) {
        for entry in self.lock().values().filter(|entry| entry.database == database) {
            entry.end();
        }
    }

    /// Ends every session.
    pub(crate) fn terminate_all(&self) {
        self.lock().values().for_each(Entry::end);
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

    fn leave(&self, session: i32, effect: Effect) {
        if let Some(entry) = self.lock().get(&session) {
            entry.signals.effects().push(effect);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Entry>> {
        locked(&self.entries)
    }
}

impl Acts for Registry {
    fn signal(&self, asking: Asking<'_>, pid: i32, end: bool) -> Result<bool, Denied> {
        let act = |entry: &Entry| if end { entry.end() } else { entry.cancel(None) };
        let found = self.reach(asking, pid, act)?;
        if !found {
            let warning = format!("PID {pid} is not a PostgreSQL server process");
            self.leave(asking.session, Effect::Warn(warning));
        }
        Ok(found)
    }

    fn set(&self, session: i32, name: &str, value: &str, local: bool) {
        let (name, value) = (name.to_ascii_lowercase(), value.to_owned());
        self.leave(session, Effect::Set { name, value, local });
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sessions that there are, as limits count them.
#[derive(Clone, Copy, Default)]
struct Counts {
    all: usize,
    of_database: usize,
    of_user: usize,
}

fn counts(entries: &HashMap<i32, Entry>, who: &Newcomer<'_>) -> Counts {
    let count =
        |counts: &dyn Fn(&Entry) -> bool| entries.values().filter(|entry| counts(entry)).count();
    Counts {
        all: entries.len(),
        of_database: count(&|entry| entry.database == who.database),
        of_user: count(&|entry| entry.user == who.user),
    }
}

/// PostgreSQL's words; a limit of a user or a database holds for its sessions from now on.
fn check_limits(there: Counts, who: &Newcomer<'_>) -> Result<(), Failure> {
    let full = |limit: Option<i64>, count: usize| {
        limit.is_some_and(|limit| i64::try_from(count).is_ok_and(|count| count >= limit))
    };
    let message = if there.all >= MOST_CONNECTIONS {
        String::from("sorry, too many clients already")
    } else if full(who.database_limit, there.of_database) {
        format!("too many connections for database \"{}\"", who.database_name)
    } else if full(who.user_limit, there.of_user) {
        format!("too many connections for user \"{}\"", who.user)
    } else {
        return Ok(());
    };
    Err(Failure::new("53300", message))
}

#[cfg(test)]
mod tests {
    use super::{Counts, MOST_CONNECTIONS, Newcomer, check_limits};

    #[test]
    fn a_limit_that_is_reached_is_told() {
        let who = |user_limit, database_limit| Newcomer {
            user: "ann",
            user_limit,
            database: "dev/101",
            database_name: "shop",
            database_limit,
        };
        let counts = |all, of_database, of_user| Counts { all, of_database, of_user };
        for (there, who, expect) in [
            (counts(499, 499, 499), who(None, None), None),
            (counts(500, 0, 0), who(None, None), Some("sorry, too many clients already")),
            (counts(9, 4, 2), who(Some(3), Some(5)), None),
            (
                counts(9, 5, 0),
                who(Some(3), Some(5)),
                Some("too many connections for database \"shop\""),
            ),
            (counts(9, 4, 3), who(Some(3), None), Some("too many connections for user \"ann\"")),
            (
                counts(0, 0, 0),
                who(None, Some(0)),
                Some("too many connections for database \"shop\""),
            ),
        ] {
            let told = check_limits(there, &who).err();
            assert!(told.iter().all(|failure| failure.sqlstate == "53300"));
            assert_eq!(told.map(|failure| failure.message).as_deref(), expect);
        }
        assert_eq!(MOST_CONNECTIONS, 500);
    }
}
