//! Sessions that have been idle for too long are ended.
//!
//! Redshift guide, "CREATE USER" (SESSION TIMEOUT); management guide, "Quotas and limits" (four
//! hours where a user has no limit of its own). Time is that of whoever looks: a session is idle
//! from the look that finds it waiting for the first time. Start reading at [`Registry::end_idle`].

use super::{Registry, locked};
use crate::errors::Failure;

/// Milliseconds that a session may be idle when nothing else is said.
pub(crate) const DEFAULT_LIMIT: i64 = 4 * 3600 * 1000;
/// Sessions that may be idle for longer than this (milliseconds) are looked at with every sixtieth
/// look only.
const LONG: i64 = 600_000;
/// How many looks that is.
const SELDOM: u64 = 60;

/// A session that waits for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    /// Milliseconds that it may.
    pub limit: i64,
    /// It is the limit for sessions in a transaction.
    pub in_transaction: bool,
    /// Counts the session's rests.
    pub number: u64,
}

impl Rest {
    /// What a client is told that was idle for too long; PostgreSQL's words.
    fn over(self) -> Failure {
        let (sqlstate, what) = match self.in_transaction {
            true => ("25P03", "idle-in-transaction timeout"),
            false => ("57P05", "idle-session timeout"),
        };
        Failure::new(sqlstate, format!("terminating connection due to {what}")).fatal()
    }
}

/// What a look saw of a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Which of its rests.
    number: u64,
    /// When that was seen first, in milliseconds.
    since: i64,
}

impl Registry {
    /// Ends the sessions that have waited for longer than they may. `now` gives milliseconds and is
    /// asked only when there is a session to look at; `look` counts the calls.
    pub(crate) fn end_idle(&self, look: u64, now: impl FnOnce() -> i64) {
        let mut entries = self.lock();
        let mut resting = Vec::new();
        for entry in entries.values_mut() {
            let rest = *locked(&entry.signals.rest);
            match rest {
                Some(rest) if rest.limit <= LONG || look.is_multiple_of(SELDOM) => {
                    resting.push((entry, rest));
                }
                Some(_) => {}
                None => entry.seen = None,
            }
        }
        if resting.is_empty() {
            return;
        }
        let now = now();
        for (entry, rest) in resting {
            match entry.seen {
                Some(seen) if seen.number == rest.number => {
                    if now.saturating_sub(seen.since) >= rest.limit {
                        // Set once: it ends for one reason.
                        let _ = entry.signals.reason.set(rest.over());
                        entry.end();
                    }
                }
                _ => entry.seen = Some(Seen { number: rest.number, since: now }),
            }
        }
    }
}
