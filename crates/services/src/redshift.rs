//! Amazon Redshift's control plane (query protocol, 2012-12-01): clusters and their roles.
//!
//! A change is committed first and takes effect after: the data plane is told of it on the topic
//! [`TOPIC`], brings the cluster there, and reports back through [`state`]. So a cluster passes
//! `creating → available`, `modifying → available`, `deleting → gone`, also across a restart in
//! between. This module knows no engine; start at `cluster.rs`.

mod cluster;
mod iam_roles;
mod password;
pub mod state;
mod view;

use gateway::{Service, read, write};

/// The topic on which the data plane hears that a cluster record changed; the subject is its key.
pub const TOPIC: &str = "redshift.cluster";

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "redshift",
        vec![
            write("CreateCluster", cluster::create_access, cluster::create),
            write("DeleteCluster", cluster::delete_access, cluster::delete),
            read("DescribeClusters", cluster::describe_access, cluster::describe),
            write("ModifyCluster", cluster::modify_access, cluster::modify),
            write("ModifyClusterIamRoles", iam_roles::access, iam_roles::modify),
        ],
    )
}
