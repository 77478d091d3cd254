//! Writers in the order in which they came.
//!
//! The database lets one of the waiting writers in, and any of them: a busy client that writes
//! again at once could keep another from its turn for as long as it goes on.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The queue in front of the one writer.
#[derive(Default)]
pub(crate) struct Turns(Arc<Queue>);

#[derive(Default)]
struct Queue {
    numbers: Mutex<Numbers>,
    called: Condvar,
}

#[derive(Default)]
struct Numbers {
    /// What the next to come gets.
    next: u64,
    /// Whose turn it is.
    serving: u64,
}

/// A writer's turn. Dropped, the next has his.
pub(crate) struct Turn(Arc<Queue>);

impl Turns {
    /// Waits until all who came before are done.
    pub(crate) fn wait(&self) -> Turn {
        let mut numbers = self.0.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = numbers.next;
        numbers.next += 1;
        while numbers.serving != mine {
            numbers = self.0.called.wait(numbers).unwrap_or_else(PoisonError::into_inner);
        }
        Turn(Arc::clone(&self.0))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.numbers.lock().unwrap_or_else(PoisonError::into_inner).serving += 1;
        self.0.called.notify_all();
    }
}
