//! The look at idle sessions, once a second while a cluster accepts connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::warehouse::Cluster;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Ends idle sessions until told to stop; how long they were idle is told by the world's clock.
pub(super) async fn watch(cluster: Arc<Cluster>, mut stop: watch::Receiver<bool>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = 0_u64;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        look = look.wrapping_add(1);
        cluster.sessions.end_idle(look, || cluster.world.now().timestamp_millis());
    }
}
