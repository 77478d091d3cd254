//! What the warehouse asks about its cluster, answered from the cluster records.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gateway::{Gateway, World};
use services::redshift::state::{self, Status};
use warehouse::ports::{self, ClusterFacts, ClusterRef, ClusterStatus};

/// Cluster facts over the gateway's state.
pub struct Directory(pub Arc<Gateway>);

impl ports::Directory for Directory {
    fn cluster(&self, id: &ClusterRef) -> Option<ClusterFacts> {
        let origin = self.0.own_origin(id.region.clone());
        let found =
            self.0.inspect(origin, |cx| state::get(cx, &id.account, &id.region, &id.identifier));
        let record = match found {
            Ok(record) => record?,
            Err(fault) => {
                tracing::error!(%fault, cluster = id.identifier, "cluster facts are unreadable");
                return None;
            }
        };
        Some(ClusterFacts {
            attached_roles: record.usable_roles(),
            default_role: record.default_role,
            // The default parameter group, `default.redshift-1.0`.
            require_ssl: false,
            status: match record.status {
                Status::Available => ClusterStatus::Available,
                Status::Modifying => ClusterStatus::Modifying,
                Status::Creating => ClusterStatus::Creating,
                Status::Deleting => ClusterStatus::Deleting,
            },
        })
    }
}

/// The world's clock and randomness in the warehouse's terms.
pub struct WarehouseWorld(pub World);

impl ports::World for WarehouseWorld {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn random_bytes(&self, buffer: &mut [u8]) {
        self.0.entropy().fill(buffer);
    }
}
