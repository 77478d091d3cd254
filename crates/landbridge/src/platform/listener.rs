//! The one endpoint of every AWS API: HTTP and HTTPS on the same port.
//!
//! Whether a connection speaks TLS is seen from its first byte. Plain HTTP on loopback stands for
//! AWS's TLS endpoint and counts as `aws:SecureTransport` (docs/platform.md says why).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway::{Gateway, Incoming, Outgoing};
use hyper::body::Incoming as HyperBody;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::StartError;
use super::bridge::{self, Body, receive, whole};

/// Connections served at once; more wait in the listener's queue.
const MAX_CONNECTIONS: usize = 1_024;
/// A client must have sent its headers within this time.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes that the headers of one request may take.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// How long requests under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);
/// The first byte of a TLS connection: a handshake record (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;
const HEALTH: &str = "/_landbridge/health";

/// A listening endpoint.
pub struct Listener {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    /// Binds and serves.
    pub async fn start(
        gateway: Arc<Gateway>,
        listen: SocketAddr,
        tls: Arc<rustls::ServerConfig>,
    ) -> Result<Self, StartError> {
        let failed = format!("listen at {listen}");
        let listener = TcpListener::bind(listen).await.map_err(StartError::io(failed.clone()))?;
        let address = listener.local_addr().map_err(StartError::io(failed))?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, gateway, TlsAcceptor::from(tls), stopped));
        Ok(Self { address, stop, task })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and waits for requests under way.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the listener ended badly");
        }
    }
}

async fn accept(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    tls: TlsAcceptor,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = Arc::new(GracefulShutdown::new());
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (gateway, tls, watcher) = (Arc::clone(&gateway), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            // Requests are small and answered at once: waiting to fill packets only delays them.
            let _ = stream.set_nodelay(true);
            if let Err(error) = connection(gateway, stream, peer, tls, watcher).await {
                tracing::debug!(%error, %peer, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if let Ok(graceful) = Arc::try_unwrap(graceful) {
        let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
    }
}

type ConnectionError = Box<dyn std::error::Error + Send + Sync>;
type Watcher = hyper_util::server::graceful::Watcher;

async fn connection(
    gateway: Arc<Gateway>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: TlsAcceptor,
    watcher: Watcher,
) -> Result<(), ConnectionError> {
    let mut first = [0];
    let peeked = tokio::time::timeout(HEADER_TIMEOUT, stream.peek(&mut first)).await??;
    if peeked == 1 && first == [TLS_HANDSHAKE] {
        let stream = tokio::time::timeout(HEADER_TIMEOUT, tls.accept(stream)).await??;
        http(gateway, stream, peer, watcher).await
    } else {
        http(gateway, stream, peer, watcher).await
    }
}

async fn http(
    gateway: Arc<Gateway>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    watcher: Watcher,
) -> Result<(), ConnectionError> {
    let service = service_fn(move |request| {
        let gateway = Arc::clone(&gateway);
        async move { Ok::<_, Infallible>(answer(gateway, request, peer).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(wire::MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES.max(8 * 1024))
        .serve_connection(TokioIo::new(stream), service);
    watcher.watch(connection).await?;
    Ok(())
}

async fn answer(
    gateway: Arc<Gateway>,
    request: Request<HyperBody>,
    peer: SocketAddr,
) -> Response<Body> {
    if request.uri().path() == HEALTH {
        return health(&gateway);
    }
    let (parts, body) = request.into_parts();
    let (body, let_in) = receive(&parts, body).await;
    let brief = body.whole().is_some_and(|bytes| gateway.is_brief(&parts, bytes));
    let body = body.into_reader();
    let incoming = Incoming { parts, body, peer: peer.ip(), secure_transport: true };
    let serve = move || {
        let Outgoing { head, body } = gateway.serve(incoming);
        head.map(|()| bridge::body(body))
    };
    let served = if brief {
        catch_unwind(AssertUnwindSafe(serve)).map_err(|_| "it panicked".to_owned())
    } else {
        tokio::task::spawn_blocking(serve).await.map_err(|error| error.to_string())
    };
    let mut response = match served {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a request ended without an answer");
            let mut response = Response::new(whole(Bytes::from_static(b"internal failure")));
            *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    };
    if let_in.still_waits() {
        let close = hyper::header::HeaderValue::from_static("close");
        response.headers_mut().insert(hyper::header::CONNECTION, close);
    }
    response
}

fn health(gateway: &Gateway) -> Response<Body> {
    let running = gateway.services().map(|service| (service.name().to_owned(), json!("running")));
    let services: serde_json::Map<_, _> = running.collect();
    let health = json!({
        "status": "running", "version": env!("CARGO_PKG_VERSION"), "services": services,
    });
    let mut response = Response::new(whole(Bytes::from(health.to_string())));
    let json_type = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json_type);
    response
}
