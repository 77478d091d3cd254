//! The world's time passing: services do what falls due, about once a second.
//!
//! Knows nothing of what that is; see [`Gateway::upkeep`].

use std::sync::Arc;
use std::time::Duration;

use gateway::Gateway;
use names::Region;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The pause between two turns.
const PAUSE: Duration = Duration::from_secs(1);

/// The task that takes the turns.
pub struct Upkeep {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Upkeep {
    /// Begins with a turn at once: what fell due while nobody ran is done first.
    pub fn start(gateway: Arc<Gateway>, region: Region) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            loop {
                let (gateway, region) = (Arc::clone(&gateway), region.clone());
                // Failures are logged where they happen; the next turn tries again.
                let _ = tokio::task::spawn_blocking(move || gateway.upkeep(&region)).await;
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    _ = &mut stopped => return,
                }
            }
        });
        Self { stop, task }
    }

    /// Lets a turn under way end, and takes no more.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "upkeep ended early");
        }
    }
}
