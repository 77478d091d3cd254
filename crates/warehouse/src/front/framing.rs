//! Messages out of a stream of bytes, none longer than its place allows.
//!
//! A message says its length before its content, and whoever connects may say anything: without a
//! limit a stranger's five bytes would make the server wait for, and hold, a gigabyte.
//! PostgreSQL documentation, "Message Formats".

use std::io;

use bytes::BytesMut;
use pgwire::messages::{DecodeContext, PgWireFrontendMessage};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::form;

/// Bytes read from the socket at once.
const READ: usize = 16 * 1024;
/// Bytes of a length, which counts itself.
const LENGTH: usize = 4;
/// Longest message before login, in bytes: PostgreSQL's limit for a start-up packet.
pub(super) const BEFORE_LOGIN: usize = 10_000;
/// Longest message of a session, in bytes: "The maximum size for a single SQL statement is 16 MB"
/// (Amazon Redshift Database Developer Guide), and room for the rest of the message.
pub(super) const IN_SESSION: usize = 16 * 1024 * 1024 + 1024;

/// Reads the messages of one connection.
pub(super) struct Framing {
    buffer: BytesMut,
    /// What kind of message comes next.
    pub(super) context: DecodeContext,
    /// Longest message that is read, in bytes.
    pub(super) limit: usize,
}

impl Framing {
    /// For a connection that begins, in clear or inside TLS.
    pub(super) fn new() -> Self {
        let buffer = BytesMut::with_capacity(READ);
        Self { buffer, context: DecodeContext::default(), limit: BEFORE_LOGIN }
    }

    /// Whether everything read has been understood.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The next message; `None` at the end of the stream. A message that is too long or of no
    /// known form is [`io::ErrorKind::InvalidData`]; nothing after it can be understood.
    pub(super) async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> io::Result<Option<PgWireFrontendMessage>> {
        loop {
            if let Some(message) = self.decode()? {
                return Ok(Some(message));
            }
            self.buffer.reserve(READ);
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// The message that lies whole at the front of the buffer, if one does.
    fn decode(&mut self) -> io::Result<Option<PgWireFrontendMessage>> {
        if let Some(length) = self.declared() {
            if length > self.limit || length < LENGTH {
                return Err(invalid("invalid message length"));
            }
            if !self.is_whole(length) {
                return Err(invalid("invalid message format"));
            }
        }
        let decoded = PgWireFrontendMessage::decode(&mut self.buffer, &self.context);
        decoded.map_err(|error| invalid(&format!("invalid message format: {error}")))
    }

    /// Whether the message at the front has the form of its kind, or is not all there yet.
    fn is_whole(&self, length: usize) -> bool {
        let from = self.prefix();
        let Some(body) = self.buffer.get(from + LENGTH..from + length) else { return true };
        if self.context.awaiting_frontend_ssl {
            return true;
        }
        if self.context.awaiting_frontend_startup {
            // What follows a cancel request's number is its own.
            return match body.split_first_chunk::<4>() {
                Some(([0, 3, ..], pairs)) => form::is_whole_startup(pairs),
                Some(_) => true,
                None => false,
            };
        }
        self.buffer.first().is_none_or(|kind| form::is_whole(*kind, body))
    }

    /// Bytes before the length: the first messages have no type.
    fn prefix(&self) -> usize {
        let typed = !(self.context.awaiting_frontend_ssl || self.context.awaiting_frontend_startup);
        usize::from(typed)
    }

    /// What the message at the front says of its own length.
    fn declared(&self) -> Option<usize> {
        let from = self.prefix();
        let bytes = self.buffer.get(from..from + LENGTH)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// What a fuzzer calls: `bytes` as everything that a client sends, the first of them saying
/// whether it is at its beginning or in a session.
#[cfg(fuzzing)]
pub fn fuzz(bytes: &[u8]) {
    use pgwire::messages::PgWireFrontendMessage as Message;
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut framing = Framing::new();
    framing.buffer.extend_from_slice(rest);
    framing.context.awaiting_frontend_ssl = first & 1 == 0;
    framing.context.awaiting_frontend_startup = first & 2 == 0;
    while let Ok(Some(message)) = framing.decode() {
        match message {
            Message::Startup(_) => framing.context.awaiting_frontend_startup = false,
            Message::SslNegotiation(_) => framing.context.awaiting_frontend_ssl = false,
            Message::Bind(bind) => {
                let oids = [0, 16, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1114, 1184, 1700];
                let types: Vec<u32> =
                    oids.iter().cycle().skip(bytes.len() % 14).take(20).copied().collect();
                let _ = super::bind::parameters(&bind, &types);
                let _ = super::bind::formats(&bind.result_column_format_codes);
            }
            _ => {}
        }
    }
}
