//! The look at materialized views that refresh themselves, once a second while a cluster accepts
//! connections; a look costs nothing while no table changes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::session::AutoRefresh;
use crate::warehouse::Cluster;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Refreshes views until told to stop.
pub(super) async fn watch(cluster: Arc<Cluster>, mut stop: watch::Receiver<bool>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut refresh = AutoRefresh::new();
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if !refresh.has_work(&cluster) {
            continue;
        }
        let cluster = Arc::clone(&cluster);
        let looked = tokio::task::spawn_blocking(move || {
            refresh.look(&cluster);
            refresh
        });
        refresh = looked.await.unwrap_or_else(|_| AutoRefresh::new());
    }
}
