//! A connection that overhears what the server says of its answers' columns.
//!
//! The client library asks the catalog for types that it does not know; a test of types must see
//! what the wire says instead.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The type and modifier of each column of the last RowDescription.
pub type Heard = Arc<Mutex<Vec<(u32, i32)>>>;

/// A stream to the server.
pub struct Tap {
    stream: TcpStream,
    /// Bytes of a message that is not complete.
    pending: Vec<u8>,
    heard: Heard,
}

impl Tap {
    pub async fn connect(port: u16, heard: Heard) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        Self { stream, pending: Vec::new(), heard }
    }

    fn listen(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        while self.pending.len() >= 5 {
            let length = u32::from_be_bytes(self.pending[1..5].try_into().unwrap()) as usize;
            if self.pending.len() <= length {
                return;
            }
            let message: Vec<u8> = self.pending.drain(..=length).collect();
            if message[0] == b'T' {
                *self.heard.lock().unwrap() = columns(&message[7..]);
            }
        }
    }
}

/// The fields of a RowDescription after their number.
fn columns(mut rest: &[u8]) -> Vec<(u32, i32)> {
    let mut found = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let field = &rest[end + 1..];
        let number = |at: usize| <[u8; 4]>::try_from(&field[at..at + 4]).unwrap();
        found.push((u32::from_be_bytes(number(6)), i32::from_be_bytes(number(12))));
        rest = &field[18..];
    }
    found
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.listen(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
