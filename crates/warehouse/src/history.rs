//! The writer of history: sessions hand records over and go on; one thread writes them in
//! batches on its own connection, so that neither a rollback nor a slow disk touches a session.
//!
//! Start reading at [`History::add`].

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use crate::catalog::history::{Record, trim, write};
use crate::engine::Connection;

/// Records wait this long for company before they are written.
const GATHER: Duration = Duration::from_millis(200);
/// A batch is written when it has this many records.
const BATCH: usize = 256;
/// The history is trimmed after this many batches.
const TRIM_EVERY: usize = 1000;

/// Records that may wait for the writer; sessions wait when it is that far behind.
const WAITING: usize = 10_000;

enum Message {
    Record(Box<Record>),
    Flush(SyncSender<()>),
}

/// The handle that sessions share.
pub(crate) struct History {
    sender: Mutex<SyncSender<Message>>,
}

impl History {
    /// Starts the writer; it ends when the last handle is dropped.
    pub(crate) fn start(connection: Connection, home: &str) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let home = home.to_owned();
        std::thread::spawn(move || write_all(&connection, &home, &receiver));
        Self { sender: Mutex::new(sender) }
    }

    /// Hands a record over.
    pub(crate) fn add(&self, record: Record) {
        self.send(Message::Record(Box::new(record)));
    }

    /// Returns when everything handed over so far is written.
    pub(crate) fn flush(&self) {
        let (done, wait) = sync_channel(1);
        self.send(Message::Flush(done));
        // The writer's end means that there is nothing left to wait for.
        let _ = wait.recv();
    }

    fn send(&self, message: Message) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if sender.send(message).is_err() {
            tracing::warn!("the history writer has ended");
        }
    }
}

fn write_all(connection: &Connection, home: &str, receiver: &Receiver<Message>) {
    let mut batches = 0_usize;
    while let Ok(first) = receiver.recv() {
        let mut records = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Record(record) => records.push(*record),
                Message::Flush(done) => waiting.push(done),
            }
            let full = records.len() >= BATCH || !waiting.is_empty();
            next = if full { None } else { receiver.recv_timeout(GATHER).ok() };
        }
        if !records.is_empty() {
            if let Err(fault) = write(connection, home, &records) {
                tracing::warn!(error = %fault, "history was not written");
            }
            batches = batches.wrapping_add(1);
            if batches.is_multiple_of(TRIM_EVERY)
                && let Err(fault) = trim(connection, home)
            {
                tracing::warn!(error = %fault, "history was not trimmed");
            }
        }
        for done in waiting {
            // The waiting session may have gone away.
            let _ = done.send(());
        }
    }
}
