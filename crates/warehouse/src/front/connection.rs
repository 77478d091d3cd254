//! One connection's socket: greeting, TLS, login, then messages in and bytes out until it ends.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pgwire::messages::response::{GssEncResponse, SslResponse};
use pgwire::messages::startup::Startup;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage, SslNegotiationMetaMessage};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::framing::{self, Framing};
use super::{login, protocol};
use crate::errors::Failure;
use crate::registry::Signals;
use crate::warehouse::Cluster;

/// A client must have logged in within this time.
const LOGIN_TIME: Duration = Duration::from_secs(60);
/// Messages waiting for the session; more stay in the socket.
const INBOX: usize = 16;
/// Chunks waiting for the socket; more make the session wait.
const OUTBOX: usize = 4;
/// How long a session that is ended may still send.
const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// A stream that carries the protocol, in clear or inside TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A connection before its session: the stream and what has been read of it.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    framing: Framing,
    /// Inside TLS.
    pub(super) secure: bool,
    /// The client's address.
    pub(super) peer: SocketAddr,
}

impl Wire {
    /// The next message; `None` at the end of the stream.
    pub(super) async fn read(&mut self) -> io::Result<Option<PgWireFrontendMessage>> {
        self.framing.next(&mut self.stream).await
    }

    /// Sends messages at once.
    pub(super) async fn send(&mut self, messages: &[PgWireBackendMessage]) -> io::Result<()> {
        let mut out = BytesMut::new();
        for message in messages {
            message.encode(&mut out).map_err(io::Error::other)?;
        }
        self.stream.write_all(&out).await?;
        self.stream.flush().await
    }

    /// Ends the connection with what was wrong with its bytes, or with the socket's own error.
    async fn tell(&mut self, error: io::Error) -> io::Result<()> {
        match violation(&error) {
            Some(failure) => self.refuse(failure).await,
            None => Err(error),
        }
    }

    /// Sends a failure that ends the connection.
    pub(super) async fn refuse(&mut self, failure: Failure) -> io::Result<()> {
        let response = super::outbox::error_response(&failure.fatal());
        self.send(&[PgWireBackendMessage::ErrorResponse(response)]).await
    }
}

/// Serves one connection to its end.
pub(super) async fn serve(
    cluster: Arc<Cluster>,
    stream: TcpStream,
    peer: SocketAddr,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let greeting = tokio::time::timeout(LOGIN_TIME, greet(&cluster, stream, peer)).await;
    let Some((mut wire, startup)) = greeting.map_err(io::Error::from)?? else { return Ok(()) };
    let login = tokio::time::timeout(LOGIN_TIME, login::log_in(&cluster, &mut wire, &startup));
    match login.await.map_err(io::Error::from)? {
        Ok(Ok(login)) => converse(cluster, wire, login).await,
        Ok(Err(failure)) => wire.refuse(failure).await,
        Err(error) => wire.tell(error).await,
    }
}

/// Answers the requests for encryption, begins TLS, and reads the start-up message. `None` when
/// the connection was only there to cancel a query.
async fn greet(
    cluster: &Arc<Cluster>,
    stream: TcpStream,
    peer: SocketAddr,
) -> io::Result<Option<(Wire, Startup)>> {
    let mut wire = Wire { stream: Box::new(stream), framing: Framing::new(), secure: false, peer };
    loop {
        let message = match wire.read().await {
            Ok(message) => message,
            Err(error) => return wire.tell(error).await.map(|()| None),
        };
        match message {
            Some(PgWireFrontendMessage::SslNegotiation(
                SslNegotiationMetaMessage::PostgresSsl(_),
            )) if !wire.secure => {
                wire = begin_tls(cluster, wire).await?;
            }
            Some(PgWireFrontendMessage::SslNegotiation(
                SslNegotiationMetaMessage::PostgresGss(_),
            )) => {
                let refuse = PgWireBackendMessage::GssEncResponse(GssEncResponse::Refuse);
                wire.send(&[refuse]).await?;
            }
            Some(PgWireFrontendMessage::SslNegotiation(SslNegotiationMetaMessage::None)) => {
                wire.framing.context.awaiting_frontend_ssl = false;
            }
            Some(PgWireFrontendMessage::CancelRequest(cancel)) => {
                if let Some(secret) = cancel.secret_key.as_i32() {
                    cluster.sessions.cancel_by_secret(cancel.pid, secret);
                }
                return Ok(None);
            }
            Some(PgWireFrontendMessage::Startup(startup)) => {
                wire.framing.context.awaiting_frontend_startup = false;
                return Ok(Some((wire, startup)));
            }
            _ => return Ok(None),
        }
    }
}

/// Accepts TLS on the raw stream. Bytes sent before the handshake would have been readable by
/// anyone, so there must be none.
async fn begin_tls(cluster: &Arc<Cluster>, mut wire: Wire) -> io::Result<Wire> {
    wire.send(&[PgWireBackendMessage::SslResponse(SslResponse::Accept)]).await?;
    if !wire.framing.is_empty() {
        return Err(io::Error::other("bytes before the TLS handshake"));
    }
    let acceptor = TlsAcceptor::from(Arc::clone(&cluster.tls));
    let stream = acceptor.accept(wire.stream).await?;
    Ok(Wire { stream: Box::new(stream), secure: true, framing: Framing::new(), ..wire })
}

/// Starts the session's thread and carries messages to it and bytes from it.
async fn converse(cluster: Arc<Cluster>, wire: Wire, login: login::Admitted) -> io::Result<()> {
    let (to_session, inbox) = mpsc::channel::<PgWireFrontendMessage>(INBOX);
    let (outbox, from_session) = mpsc::channel::<Bytes>(OUTBOX);
    let signals = Arc::new(Signals::default());
    let thread_signals = Arc::clone(&signals);
    std::thread::Builder::new()
        .name(String::from("session"))
        .spawn(move || protocol::run(&cluster, login, thread_signals, inbox, outbox))?;
    let Wire { stream, mut framing, .. } = wire;
    framing.limit = framing::IN_SESSION;
    let (reader, mut writer) = tokio::io::split(stream);
    let unreadable = Arc::new(OnceLock::new());
    let reading = tokio::spawn(read_all(reader, framing, to_session, Arc::clone(&unreadable)));
    let result = write_all(&mut writer, from_session, &signals, &reading).await;
    reading.abort();
    if let Some(failure) = unreadable.get() {
        let mut out = BytesMut::new();
        let response = super::outbox::error_response(failure);
        PgWireBackendMessage::ErrorResponse(response).encode(&mut out).map_err(io::Error::other)?;
        writer.write_all(&out).await?;
    }
    result.and(writer.shutdown().await)
}

/// What a client is told whose bytes are no message. Nothing after them can be understood.
fn violation(error: &io::Error) -> Option<Failure> {
    let unreadable = error.kind() == io::ErrorKind::InvalidData;
    unreadable.then(|| Failure::new("08P01", error.to_string()).fatal())
}

/// Passes messages to the session until the client has gone or the session has ended. What the
/// client is to be told of bytes that are no message is there before the session sees the end.
async fn read_all(
    mut stream: impl AsyncRead + Unpin,
    mut framing: Framing,
    inbox: mpsc::Sender<PgWireFrontendMessage>,
    unreadable: Arc<OnceLock<Failure>>,
) {
    loop {
        match framing.next(&mut stream).await {
            Ok(Some(message)) => {
                if inbox.send(message).await.is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, "unreadable message");
                // Set here only.
                let _ = violation(&error).map(|failure| unreadable.set(failure));
                return;
            }
        }
    }
}

/// Writes what the session sends until it has ended; a session that is told to end gets a
/// moment for its last words.
async fn write_all(
    stream: &mut (impl AsyncWrite + Unpin),
    mut chunks: mpsc::Receiver<Bytes>,
    signals: &Signals,
    reading: &tokio::task::JoinHandle<()>,
) -> io::Result<()> {
    loop {
        tokio::select! {
            chunk = chunks.recv() => match chunk {
                Some(chunk) => stream.write_all(&chunk).await?,
                None => break,
            },
            () = signals.wake.notified() => {
                // Without its reader the session sees the end of its inbox.
                reading.abort();
                let last_words = async {
                    while let Some(chunk) = chunks.recv().await {
                        stream.write_all(&chunk).await?;
                    }
                    stream.flush().await
                };
                // A client that does not read is cut off.
                let _ = tokio::time::timeout(FAREWELL_TIME, last_words).await;
                break;
            }
        }
        if chunks.is_empty() {
            stream.flush().await?;
        }
    }
    Ok(())
}
