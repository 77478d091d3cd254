//! When a load rests: every so many bytes, in a moment in which the engine works on none of its
//! rows. What is done then ([`Rest`]) it must not know. Start reading at [`Rests::back`].

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of rows between two rests.
const EVERY: usize = 64 << 20;
/// A moment that has not come by itself after so many bytes is waited for.
const LATEST: usize = 2 * EVERY;
/// How long a reader waits for the others; those of a statement that fails do not come back.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is done in a rest.
pub(super) trait Rest: Send {
    /// Whether there would be anything to do now.
    fn is_worth_it(&self) -> bool;
    fn take(&self);
}

/// The rests of one load.
pub(super) struct Rests {
    /// None: the load never rests.
    rest: Option<Mutex<Box<dyn Rest>>>,
    state: Mutex<State>,
    rested: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes of rows since the last rest.
    given: usize,
    /// Readers whose rows the engine works on.
    away: usize,
    /// A reader has had its last rows: what the engine does with them has no end to wait for.
    over: bool,
}

impl State {
    fn is_due(&self) -> bool {
        self.given >= EVERY && !self.over
    }
}

impl Rests {
    pub(super) fn new(rest: Option<impl Rest + 'static>) -> Self {
        let rest = rest.map(|rest| Mutex::new(Box::new(rest) as Box<dyn Rest>));
        Self { rest, state: Mutex::default(), rested: Condvar::new() }
    }

    /// A reader gives rows to the engine; so many bytes have been begun since it was back.
    pub(super) fn away(&self, bytes: usize) {
        let mut state = self.state();
        state.away = state.away.saturating_add(1);
        state.given = state.given.saturating_add(bytes);
    }

    /// A reader asks for more: the engine is through with what it had. If that leaves it no rows
    /// of other readers, and a rest is due, this is it: none goes on meanwhile.
    pub(super) fn back(&self) {
        let Some(rest) = &self.rest else { return };
        let rest = || rest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        state.away = state.away.saturating_sub(1);
        let late = state.given >= LATEST && state.away > 0 && !state.over;
        if late && rest().is_worth_it() {
            let waiting = |state: &mut State| state.is_due() && state.away > 0;
            let waited = self.rested.wait_timeout_while(state, PATIENCE, waiting);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.given = state.given.min(EVERY);
        }
        if state.is_due() && state.away == 0 {
            state.given = 0;
            rest().take();
        }
        self.rested.notify_all();
    }

    /// A reader has had its last rows, or has failed.
    pub(super) fn over(&self) {
        self.state().over = true;
        self.rested.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::{EVERY, LATEST, Rest, Rests};

    struct Counted(Arc<AtomicUsize>);

    impl Rest for Counted {
        fn is_worth_it(&self) -> bool {
            true
        }

        fn take(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counted() -> (Arc<Rests>, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        (Arc::new(Rests::new(Some(Counted(Arc::clone(&count))))), count)
    }

    #[test]
    fn a_rest_is_due_after_so_many_bytes_and_comes_when_none_is_away() {
        let (rests, count) = counted();
        for (first, second, expected) in [(EVERY / 2, 0, 0), (EVERY / 2, 0, 1), (0, 0, 1)] {
            rests.away(first);
            rests.away(second);
            rests.back();
            rests.back();
            assert_eq!(count.load(Ordering::SeqCst), expected);
        }
    }

    #[test]
    fn one_that_is_late_is_waited_for_but_not_for_ever() {
        let (rests, count) = counted();
        rests.away(LATEST);
        rests.away(0);
        let waiting = {
            let rests = Arc::clone(&rests);
            thread::spawn(move || rests.back())
        };
        while count.load(Ordering::SeqCst) == 0 && !waiting.is_finished() {
            thread::sleep(Duration::from_millis(1));
            if rests.state().away == 1 {
                rests.back();
            }
        }
        waiting.join().unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 1);
        // The other one does not come back: the load goes on without a rest.
        rests.away(LATEST);
        rests.away(0);
        rests.back();
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn there_is_none_once_a_reader_has_had_its_last_rows() {
        let (rests, count) = counted();
        rests.away(LATEST);
        rests.over();
        rests.back();
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }
}
