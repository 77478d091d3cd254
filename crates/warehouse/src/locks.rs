//! Locks on tables, as Redshift has them: writers of a table wait for one another, a change of its
//! definition waits for everybody; whoever waits in a circle is told of the deadlock.
//!
//! The engine lets the second writer of a row fail at once; these locks make it wait instead, and
//! begin its transaction after the first has ended. For databases with serializable isolation
//! they also keep who read and wrote what, and find transactions whose order would be a circle.
//! It must not know SQL or sessions. Start reading at [`Locks::acquire`]. Redshift Developer Guide,
//! "Managing concurrent write operations", "Serializable isolation".

mod serial;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use serial::Circle;
use serial::Serial;

/// How often a waiting session looks whether it has been cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// A table: its database and relation id.
pub(crate) type Table = (String, i64);

/// What is done to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// It is read: waits for changes of its definition.
    Read,
    /// Rows change: one session at a time.
    Write,
    /// Its definition changes, or it is locked by LOCK: nobody beside.
    Exclusive,
}

impl Mode {
    fn conflicts(self, other: Self) -> bool {
        match (self, other) {
            (Self::Exclusive, _) | (_, Self::Exclusive) => true,
            (Self::Write, Self::Write) => true,
            (Self::Read, _) | (_, Self::Read) => false,
        }
    }

    /// Redshift's name of the lock.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "AccessShareLock",
            Self::Write => "ShareRowExclusiveLock",
            Self::Exclusive => "AccessExclusiveLock",
        }
    }
}

/// Why a lock was not had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The wait was ended from outside.
    Cancelled,
    /// This session and the other wait for each other.
    Deadlock {
        /// The other session.
        with: i32,
    },
}

#[derive(Default)]
struct State {
    /// Who holds what on each table.
    held: HashMap<Table, HashMap<i32, Mode>>,
    /// What each waiting session waits for.
    waiting: HashMap<i32, (Table, Mode)>,
    /// How often each table's rows have changed since the start.
    changes: HashMap<Table, u64>,
    serial: Serial,
}

/// The locks of a cluster.
#[derive(Default)]
pub(crate) struct Locks {
    /// Counts the transactions that changed rows.
    writes: AtomicU64,
    state: Mutex<State>,
    released: Condvar,
}

impl Locks {
    /// Takes a lock for a session (by process id), waiting for it as long as `stop` says no; tells
    /// whether it waited.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn acquire(
        &self,
        session: i32,
        table: &Table,
        mode: Mode,
        stop: impl Fn() -> bool,
    ) -> Result<bool, Refused> {
        let mut state = self.lock();
        let mut waited = false;
        while !state.blockers(session, table, mode).is_empty() {
            waited = true;
            state.waiting.insert(session, (table.clone(), mode));
            let refused = match state.circle_of(session) {
                Some(with) => Some(Refused::Deadlock { with }),
                None => stop().then_some(Refused::Cancelled),
            };
            if let Some(refused) = refused {
                state.waiting.remove(&session);
                return Err(refused);
            }
            let waited = self.released.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.waiting.remove(&session);
        let held = state.held.entry(table.clone()).or_default().entry(session).or_insert(mode);
        *held = (*held).max(mode);
        Ok(waited)
    }

    /// Gives back all that a session holds, at the end of its transaction.
    pub(crate) fn release(&self, session: i32, committed: bool) {
        let mut state = self.lock();
        let mut changed = Vec::new();
        state.held.retain(|table, holders| {
            if holders.remove(&session).is_some_and(|mode| mode > Mode::Read) {
                changed.push(table.clone());
            }
            !holders.is_empty()
        });
        if committed && !changed.is_empty() {
            self.writes.fetch_add(1, Ordering::SeqCst);
            for table in changed {
                let count = state.changes.entry(table).or_default();
                *count = count.saturating_add(1);
            }
        }
        state.serial.end(session, committed);
        drop(state);
        self.released.notify_all();
    }

    /// How many transactions have changed rows of any table since the start.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// How often a table's rows have changed since the start.
    pub(crate) fn changes(&self, table: &Table) -> u64 {
        self.lock().changes.get(table).copied().unwrap_or(0)
    }

    /// A serializable transaction of a session begins.
    pub(crate) fn begin_serial(&self, session: i32, transaction: i64) {
        self.lock().serial.begin(session, transaction);
    }

    /// Notes what a serializable transaction does to a table.
    ///
    /// # Errors
    /// [`Circle`] when no order of the transactions could explain what they have seen.
    pub(crate) fn note(&self, session: i32, table: &Table, mode: Mode) -> Result<(), Circle> {
        self.lock().serial.note(session, table, mode > Mode::Read)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The sessions that keep this one from its lock.
    fn blockers(&self, session: i32, table: &Table, mode: Mode) -> Vec<i32> {
        let holders = self.held.get(table).into_iter().flatten();
        holders
            .filter(|(holder, held)| **holder != session && mode.conflicts(**held))
            .map(|(holder, _)| *holder)
            .collect()
    }

    /// A session that waits, perhaps through others, for one that waits for it.
    fn circle_of(&self, session: i32) -> Option<i32> {
        let mut seen = HashSet::new();
        let mut next: Vec<i32> = self.blockers_of(session);
        while let Some(one) = next.pop() {
            let waits_for = self.blockers_of(one);
            if waits_for.contains(&session) {
                return Some(one);
            }
            if seen.insert(one) {
                next.extend(waits_for);
            }
        }
        None
    }

    fn blockers_of(&self, session: i32) -> Vec<i32> {
        match self.waiting.get(&session) {
            Some((table, mode)) => self.blockers(session, table, *mode),
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Locks, Mode, Refused, Table};

    fn table(id: i64) -> Table {
        (String::from("dev"), id)
    }

    #[test]
    fn writers_wait_and_readers_do_not() {
        let locks = Locks::default();
        assert_eq!(locks.acquire(1, &table(1), Mode::Write, || true), Ok(false));
        assert_eq!(locks.acquire(2, &table(1), Mode::Read, || true), Ok(false));
        assert_eq!(locks.acquire(2, &table(1), Mode::Write, || true), Err(Refused::Cancelled));
        assert_eq!(locks.acquire(2, &table(2), Mode::Write, || true), Ok(false));
        assert_eq!(locks.acquire(1, &table(1), Mode::Exclusive, || true), Err(Refused::Cancelled));
        locks.release(2, true);
        assert_eq!(locks.acquire(1, &table(1), Mode::Exclusive, || true), Ok(false));
        assert_eq!((locks.changes(&table(1)), locks.changes(&table(2))), (0, 1));
    }

    #[test]
    fn two_that_wait_for_each_other_are_told() {
        let locks = Locks::default();
        locks.acquire(1, &table(1), Mode::Write, || false).unwrap();
        locks.acquire(2, &table(2), Mode::Write, || false).unwrap();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| locks.acquire(1, &table(2), Mode::Write, || false));
            let second = locks.acquire(2, &table(1), Mode::Write, || first.is_finished());
            locks.release(2, false);
            let told =
                |outcome: &Result<bool, Refused>| matches!(outcome, Err(Refused::Deadlock { .. }));
            let first = first.join().unwrap();
            assert!(told(&first) != told(&second), "{first:?} {second:?}");
        });
    }
}
