//! The Postgres wire: connections, logins, messages, and values in the client's formats.
//!
//! It must not know what statements do: [`Session`](crate::session::Session) does. Each
//! connection has a task for the socket and a thread for the session; between them are short
//! queues, so that a client that stops reading stops its query instead of filling memory.
//! Start reading at [`accept`]; the messages of a session are `protocol.rs`.
//! PostgreSQL documentation, "Frontend/Backend Protocol"; the differences of Redshift are noted
//! where they are made.

mod array;
mod bind;
mod connection;
mod encode;
mod form;
mod framing;
mod idle;
mod inbox;
mod login;
mod numeric;
mod outbox;
mod protocol;
mod refresh;
mod shape;
mod text;
mod types;

pub(crate) use encode::texts;
#[cfg(fuzzing)]
pub use framing::fuzz;
pub(crate) use text::float;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::warehouse::Cluster;

/// Connections of a cluster at once, as of a small node type on Redshift; more wait to be accepted.
const MAX_CONNECTIONS: usize = 500;

/// Accepts connections until told to stop.
pub(crate) async fn accept(
    cluster: Arc<Cluster>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) {
    tokio::spawn(idle::watch(Arc::clone(&cluster), stop.clone()));
    tokio::spawn(refresh::watch(Arc::clone(&cluster), stop.clone()));
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok(place) = place else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let cluster = Arc::clone(&cluster);
                tokio::spawn(async move {
                    if let Err(error) = connection::serve(cluster, stream, peer).await {
                        tracing::debug!(%peer, %error, "connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                // Out of descriptors: the next try would fail at once.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
