//! Bodies between the asynchronous connection and the synchronous gateway.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Buf, Bytes};
use gateway::{Download, OutgoingBody};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use tokio::sync::{mpsc, oneshot};

/// Pieces in flight in either direction; with hyper's piece size this bounds memory.
const PIECES: usize = 4;
/// Bytes of a piece on the way out.
const PIECE_BYTES: usize = 256 * 1024;

/// A body up to this size is read before a thread is given to its request.
const SMALL_BODY_BYTES: u64 = 64 * 1024;

/// Most bytes of a refused request that are read for the client's sake.
const DISCARDED_BYTES: usize = 8 * 1024 * 1024;

/// A client that sends a body may pause this long.
const BODY_PAUSE: Duration = Duration::from_secs(60);

/// A response body.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Whether a client that waits to be let in (`Expect: 100-continue`) was.
#[derive(Clone)]
pub struct LetIn(Arc<AtomicBool>);

impl LetIn {
    /// Whether the client still waits: it has its answer and keeps its body, and what it sends
    /// next on the connection could be taken for either, so the connection has to end
    /// (RFC 9110, 10.1.1).
    pub fn still_waits(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}

/// The body of a request.
pub enum Received {
    /// All of it.
    Whole(Vec<u8>),
    /// Still on its way, or broken.
    Streamed(Box<dyn Read + Send>),
}

impl Received {
    /// The body, when all of it is here.
    pub fn whole(&self) -> Option<&[u8]> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Streamed(_) => None,
        }
    }

    /// The body as a reader.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::Whole(bytes) => Box::new(Cursor::new(bytes)),
            Self::Streamed(reader) => reader,
        }
    }
}

/// Receives the body of a request; call it on the runtime. A small one is read whole first, so
/// that a slow client holds no thread, unless its client waits to be let in.
pub async fn receive(parts: &Parts, mut incoming: Incoming) -> (Received, LetIn) {
    let size = incoming.size_hint().exact().filter(|bytes| *bytes <= SMALL_BODY_BYTES);
    let waits = parts.headers.contains_key(EXPECT);
    let let_in = LetIn(Arc::new(AtomicBool::new(!waits)));
    if incoming.is_end_stream() {
        // Nobody reads an empty body, so `100 Continue` is never sent. botocore takes the answer
        // that comes instead as the status of the next one too, were the connection kept.
        return (Received::Whole(Vec::new()), let_in);
    }
    let (Some(size), false) = (size, waits) else {
        let body = RequestBody::new(incoming, let_in.clone());
        return (Received::Streamed(Box::new(body)), let_in);
    };
    (small(&mut incoming, size).await, let_in)
}

/// A small body, read whole.
async fn small(incoming: &mut Incoming, size: u64) -> Received {
    let mut whole = Vec::with_capacity(size as usize);
    while let Some(frame) = next_frame(incoming).await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => whole.extend_from_slice(&data),
            Ok(Err(_trailers)) => {}
            Err(e) => {
                let broken = Read::chain(Cursor::new(whole), Broken(Some(e)));
                return Received::Streamed(Box::new(broken));
            }
        }
    }
    Received::Whole(whole)
}

/// A body that ended too early.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()))
    }
}

/// A request body as a reader. Nothing is read from the connection before the first `read`, so a
/// client that waits for `100 Continue` sends its body only after it was let in.
struct RequestBody {
    start: Option<oneshot::Sender<()>>,
    let_in: LetIn,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl RequestBody {
    /// Bridges `incoming`; call it on the runtime.
    fn new(mut incoming: Incoming, let_in: LetIn) -> Self {
        let waits = let_in.still_waits();
        let (start, started) = oneshot::channel();
        let (sender, pieces) = mpsc::channel(PIECES);
        tokio::spawn(async move {
            if started.await.is_err() {
                if !waits {
                    discard(incoming).await;
                }
                return;
            }
            while let Some(frame) = next_frame(&mut incoming).await {
                let piece = match frame.map(Frame::into_data) {
                    Ok(Ok(data)) => Ok(data),
                    Ok(Err(_trailers)) => continue,
                    Err(e) => Err(e),
                };
                let ended = piece.is_err();
                if sender.send(piece).await.is_err() {
                    return discard(incoming).await;
                }
                if ended {
                    return;
                }
            }
        });
        Self { start: Some(start), let_in, pieces, current: Bytes::new() }
    }
}

/// Reads on what a client still sends after its request was refused: a connection that is closed
/// on unread bytes is reset, and the client may never see why.
async fn discard(mut incoming: Incoming) {
    let mut left = DISCARDED_BYTES;
    while let Some(Ok(frame)) = next_frame(&mut incoming).await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

/// The next piece of a body, or an error when the client pauses too long: each body under way
/// holds a thread.
async fn next_frame(incoming: &mut Incoming) -> Option<io::Result<Frame<Bytes>>> {
    match tokio::time::timeout(BODY_PAUSE, incoming.frame()).await {
        Ok(frame) => frame.map(|frame| frame.map_err(io::Error::other)),
        Err(_) => Some(Err(io::ErrorKind::TimedOut.into())),
    }
}

impl Read for RequestBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(start) = self.start.take() {
            self.let_in.0.store(true, Ordering::Release);
            // The task is gone when the connection is; then the channel is closed as well.
            let _ = start.send(());
        }
        while self.current.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.current = piece?,
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(buffer.split_at_mut(count).0);
        Ok(count)
    }
}

/// A body in memory.
pub fn whole(bytes: Bytes) -> Body {
    http_body_util::Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A response's body. Call it on the thread that served the request, which reads a small one.
pub fn body(body: OutgoingBody) -> Body {
    match body {
        OutgoingBody::Bytes(bytes) => whole(bytes),
        OutgoingBody::Blobs(download) if download.bytes <= SMALL_BODY_BYTES => opened(download),
        OutgoingBody::Blobs(download) => blobs(download),
    }
}

/// A small download, read at once: handing it from thread to thread would cost more.
fn opened(download: Download) -> Body {
    let mut bytes = Vec::with_capacity(download.bytes as usize);
    for mut blob in download.pieces {
        if let Err(error) = blob.read_to_end(&mut bytes) {
            tracing::error!(%error, "object data does not open");
            let broken = futures::stream::once(async { Err(error) });
            return StreamBody::new(broken).boxed_unsync();
        }
    }
    whole(bytes.into())
}

/// Streams blobs: read on the blocking pool, never faster than the client takes them. A blob that
/// turns out damaged breaks the connection, so that the client sees a short body and not a wrong
/// one.
fn blobs(download: Download) -> Body {
    let (sender, mut pieces) = mpsc::channel::<io::Result<Bytes>>(PIECES);
    tokio::task::spawn_blocking(move || {
        for mut blob in download.pieces {
            loop {
                let piece = next_piece(&mut blob);
                match piece {
                    Ok(bytes) if bytes.is_empty() => break,
                    Ok(bytes) => {
                        if sender.blocking_send(Ok(bytes)).is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "object data does not open");
                        let _ = sender.blocking_send(Err(error));
                        return;
                    }
                }
            }
        }
    });
    let stream = futures::stream::poll_fn(move |context| pieces.poll_recv(context));
    let frames = futures::StreamExt::map(stream, |piece| piece.map(Frame::data));
    StreamBody::new(frames).boxed_unsync()
}

fn next_piece(blob: &mut impl Read) -> io::Result<Bytes> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    blob.take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
    Ok(piece.into())
}
