//! One kept HTTP connection, opened again when the server closes it.
//!
//! Knows nothing of AWS.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Outcome;

/// A connection to one server.
pub struct Connection {
    address: String,
    sender: Option<SendRequest<Full<Bytes>>>,
    /// How often it had to be opened.
    pub opened: u64,
}

impl Connection {
    /// To `host:port`; opened by the first request.
    pub fn to(address: &str) -> Self {
        Self { address: address.to_owned(), sender: None, opened: 0 }
    }

    /// Sends a request and reads the whole answer; answers status and body bytes. With `keep`, and
    /// where it tells of an error, the body itself comes along.
    pub async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        keep: bool,
    ) -> Outcome<(StatusCode, u64, Vec<u8>)> {
        let sender = self.ready().await?;
        let mut response = sender.send_request(request).await?;
        let keep = keep || !response.status().is_success();
        let (mut length, mut kept) = (0, Vec::new());
        while let Some(frame) = response.frame().await {
            let frame = frame?;
            if let Some(data) = frame.data_ref() {
                length += data.len() as u64;
                if keep {
                    kept.extend_from_slice(data);
                }
            }
        }
        Ok((response.status(), length, kept))
    }

    async fn ready(&mut self) -> Outcome<&mut SendRequest<Full<Bytes>>> {
        let usable = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            let stream = TcpStream::connect(&self.address).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            // Its failure reaches us through the sender.
            tokio::spawn(async move { drop(connection.await) });
            self.sender = Some(sender);
            self.opened += 1;
        }
        self.sender.as_mut().ok_or_else(|| "no connection".into())
    }
}
