//! Writers in the order in which they came, and what they hand from one to the next.
//!
//! The database lets one of the waiting writers in, and any of them: a busy client that writes
//! again at once could keep another from its turn for as long as it goes on. Each who waits is
//! woken alone, when it is its turn. Start at [`Turns::wait`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

/// The queue in front of the one writer.
pub(crate) struct Turns<T>(Arc<Queue<T>>);

struct Queue<T> {
    line: Mutex<Line<T>>,
}

struct Line<T> {
    taken: bool,
    waiting: VecDeque<Arc<Waiter>>,
    /// What the last one left for the next.
    left: Option<T>,
}

struct Waiter {
    thread: Thread,
    called: AtomicBool,
}

/// A writer's turn. Dropped, the next has his.
pub(crate) struct Turn<T>(Arc<Queue<T>>);

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, Line<T>> {
        // Every critical section leaves the line whole, so a poisoned lock is usable.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        let line = Line { taken: false, waiting: VecDeque::new(), left: None };
        Self(Arc::new(Queue { line: Mutex::new(line) }))
    }
}

impl<T> Clone for Turns<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Turns<T> {
    /// Waits until all who came before are done.
    pub(crate) fn wait(&self) -> Turn<T> {
        let mut line = self.0.lock();
        if line.taken {
            let thread = thread::current();
            let waiter = Arc::new(Waiter { thread, called: AtomicBool::new(false) });
            line.waiting.push_back(Arc::clone(&waiter));
            drop(line);
            while !waiter.called.load(Ordering::Acquire) {
                thread::park();
            }
        } else {
            line.taken = true;
        }
        Turn(Arc::clone(&self.0))
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.0.lock().waiting.len()
    }
}

impl<T> Turn<T> {
    /// Takes what the one before left.
    pub(crate) fn take(&self) -> Option<T> {
        self.0.lock().left.take()
    }

    /// Leaves something for the next.
    pub(crate) fn leave(&self, left: T) {
        self.0.lock().left = Some(left);
    }
}

impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        let mut line = self.0.lock();
        let next = line.waiting.pop_front();
        line.taken = next.is_some();
        drop(line);
        if let Some(next) = next {
            next.called.store(true, Ordering::Release);
            next.thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn turns_come_in_the_order_of_asking_and_hand_on_what_is_left() {
        let turns = Turns::default();
        let first = turns.wait();
        thread::scope(|scope| {
            for number in 0..8 {
                let others = turns.clone();
                scope.spawn(move || {
                    let turn = others.wait();
                    let mut seen: Vec<usize> = turn.take().unwrap_or_default();
                    seen.push(number);
                    turn.leave(seen);
                });
                // The next asks once this one stands in the line.
                while turns.waiting() <= number {
                    thread::sleep(Duration::from_millis(1));
                }
            }
            drop(first);
        });
        assert_eq!(turns.wait().take(), Some((0..8).collect()));
        assert_eq!(turns.wait().take(), None);
    }
}
