//! A small HTTP/1.1 transport: one connection per call, TLS where the endpoint says `https`.
//!
//! It knows nothing of AWS. A connection per call costs a handshake and saves a pool; a movement
//! makes some dozens of calls.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{Roots, Sink};

/// No answer: the reason in the words of the layer that failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreachable(String);

/// An answer whose body is still to be read.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Incoming,
}

impl Answer {
    /// The whole body.
    pub async fn bytes(self) -> Result<Bytes, Unreachable> {
        let body = self.body.collect().await.map_err(failed("reading the answer"))?;
        Ok(body.to_bytes())
    }

    /// The body part by part; gives its length.
    pub async fn stream(mut self, sink: Sink<'_>) -> Result<u64, Unreachable> {
        let mut length = 0u64;
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(failed("reading the answer"))?;
            if let Some(data) = frame.data_ref() {
                length += data.len() as u64;
                sink(data);
            }
        }
        Ok(length)
    }
}

/// Sends one request whose URI is absolute.
pub(super) async fn send(roots: &Roots, request: Request<Vec<u8>>) -> Result<Answer, Unreachable> {
    let uri = request.uri().clone();
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .map_err(|error| Unreachable(format!("cannot connect to {host}:{port}: {error}")))?;
    // Requests are small and answered before the next one: do not wait to fill packets.
    let _ = stream.set_nodelay(true);
    if tls {
        let name = ServerName::try_from(host).map_err(failed("the endpoint's name"))?;
        let stream = TlsConnector::from(roots.config())
            .connect(name, stream)
            .await
            .map_err(failed("TLS with the endpoint"))?;
        exchange(TokioIo::new(stream), request).await
    } else {
        exchange(TokioIo::new(stream), request).await
    }
}

async fn exchange<T>(io: T, request: Request<Vec<u8>>) -> Result<Answer, Unreachable>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(io).await.map_err(failed("opening the exchange"))?;
    tokio::spawn(async move {
        // Its error reaches the caller through `sender`.
        let _ = connection.await;
    });
    let response =
        sender.send_request(origin_form(request)?).await.map_err(failed("sending the request"))?;
    let (parts, body) = response.into_parts();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

/// HTTP/1.1 to a server (not a proxy) carries only path and query in its first line.
fn origin_form(request: Request<Vec<u8>>) -> Result<Request<Full<Bytes>>, Unreachable> {
    let (mut parts, body) = request.into_parts();
    if !parts.headers.contains_key(http::header::HOST) {
        let authority = parts.uri.authority().map_or("", |authority| authority.as_str());
        let host = authority.parse().map_err(failed("the endpoint's name"))?;
        parts.headers.insert(http::header::HOST, host);
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse().map_err(failed("the request's path"))?;
    Ok(Request::from_parts(parts, Full::new(Bytes::from(body))))
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Unreachable {
    move |error| Unreachable(format!("{what}: {error}"))
}
