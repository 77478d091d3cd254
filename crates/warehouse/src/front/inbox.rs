//! What a client has sent and its session has not handled yet.
//!
//! It looks one message ahead, so that a statement that ends with its own Sync need not be begun
//! as if more of its transaction could come. It must not know what messages do.

use pgwire::messages::PgWireFrontendMessage as Message;
use pgwire::messages::extendedquery::Flush;
use tokio::sync::mpsc::Receiver;

/// The messages of one connection, in order.
pub(super) struct Inbox {
    messages: Receiver<Message>,
    /// What was looked at and not handed out yet.
    ahead: Option<Message>,
    /// Before it there was a Flush.
    flush: bool,
}

impl Inbox {
    pub(super) fn new(messages: Receiver<Message>) -> Self {
        Self { messages, ahead: None, flush: false }
    }

    /// The next message, waiting for it; `None` when none will come.
    pub(super) fn next(&mut self) -> Option<Message> {
        if std::mem::take(&mut self.flush) {
            return Some(Message::Flush(Flush::new()));
        }
        self.ahead.take().or_else(|| self.messages.blocking_recv())
    }

    /// Whether Sync is the next message that is there already, but for Flush: Sync does what that
    /// does.
    pub(super) fn sync_follows(&mut self) -> bool {
        while self.ahead.is_none() {
            match self.messages.try_recv() {
                Ok(Message::Flush(_)) => self.flush = true,
                Ok(message) => self.ahead = Some(message),
                Err(_) => return false,
            }
        }
        matches!(self.ahead, Some(Message::Sync(_)))
    }
}

#[cfg(test)]
mod tests {
    use pgwire::messages::PgWireFrontendMessage as Message;
    use pgwire::messages::extendedquery::{Flush, Sync};
    use tokio::sync::mpsc::channel;

    use super::Inbox;

    #[test]
    fn a_look_ahead_loses_nothing() {
        let (sender, receiver) = channel(4);
        let mut inbox = Inbox::new(receiver);
        assert!(!inbox.sync_follows());
        sender.try_send(Message::Flush(Flush::new())).unwrap();
        assert!(!inbox.sync_follows());
        sender.try_send(Message::Sync(Sync::new())).unwrap();
        assert!(inbox.sync_follows() && inbox.sync_follows());
        drop(sender);
        assert!(matches!(inbox.next(), Some(Message::Flush(_))));
        assert!(matches!(inbox.next(), Some(Message::Sync(_))));
        assert!(inbox.next().is_none());
    }
}
