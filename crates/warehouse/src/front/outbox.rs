//! What a session sends: messages gathered into chunks on a short queue to the socket.

use bytes::{BufMut, Bytes, BytesMut};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::{ErrorResponse, NoticeResponse};
use tokio::sync::mpsc::Sender;

use crate::errors::Failure;
use crate::session::Notice;

/// Bytes gathered before they go to the socket.
const CHUNK: usize = 64 * 1024;

/// The sending side of a connection.
pub(super) struct Outbox {
    buffer: BytesMut,
    queue: Sender<Bytes>,
}

impl Outbox {
    pub(super) fn new(queue: Sender<Bytes>) -> Self {
        Self { buffer: BytesMut::with_capacity(CHUNK), queue }
    }

    /// Adds a message.
    pub(super) fn message(&mut self, message: &PgWireBackendMessage) -> Result<(), Failure> {
        message.encode(&mut self.buffer).map_err(Failure::internal)?;
        self.send_if_full()
    }

    /// Adds a row written by `write` (the number of fields and the fields).
    pub(super) fn row(&mut self, write: impl FnOnce(&mut BytesMut)) -> Result<(), Failure> {
        let start = self.buffer.len();
        self.buffer.put_u8(b'D');
        self.buffer.put_i32(0);
        write(&mut self.buffer);
        let length = self.buffer.len().saturating_sub(start).saturating_sub(1);
        let length = i32::try_from(length)
            .map_err(|_| Failure::new("54000", "a row is larger than the protocol allows"))?;
        if let Some(place) = self.buffer.get_mut(start.saturating_add(1)..start.saturating_add(5)) {
            place.copy_from_slice(&length.to_be_bytes());
        }
        self.send_if_full()
    }

    /// Sends what is gathered, waiting while the client does not read.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = self.buffer.split().freeze();
        self.queue.blocking_send(chunk).map_err(|_| connection_lost())
    }

    fn send_if_full(&mut self) -> Result<(), Failure> {
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Adds an ErrorResponse.
    pub(super) fn failure(&mut self, failure: &Failure) -> Result<(), Failure> {
        self.message(&PgWireBackendMessage::ErrorResponse(error_response(failure)))
    }

    /// Adds a NoticeResponse.
    pub(super) fn notice(&mut self, notice: &Notice) -> Result<(), Failure> {
        let fields = vec![
            (b'S', notice.severity.to_owned()),
            (b'C', notice.sqlstate.clone()),
            (b'M', notice.message.clone()),
        ];
        self.message(&PgWireBackendMessage::NoticeResponse(NoticeResponse::new(fields)))
    }
}

/// The fields Redshift sends; it has no `V` field.
pub(super) fn error_response(failure: &Failure) -> ErrorResponse {
    let severity = if failure.fatal { "FATAL" } else { "ERROR" };
    let mut fields = vec![
        (b'S', severity.to_owned()),
        (b'C', failure.sqlstate.clone()),
        (b'M', failure.message.clone()),
    ];
    let optional = [(b'D', &failure.detail), (b'H', &failure.hint), (b'W', &failure.context)];
    for (code, text) in optional {
        fields.extend(text.as_ref().map(|text| (code, text.clone())));
    }
    fields.extend(failure.position.map(|position| (b'P', position.to_string())));
    ErrorResponse::new(fields)
}

/// Nobody reads any more.
fn connection_lost() -> Failure {
    Failure::new("08006", "the connection is gone").fatal()
}
