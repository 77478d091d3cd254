//! Cluster records: the only file with their keys, and the data plane's way to read and settle
//! them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

const CLUSTERS: Table<ClusterRecord> = Table::new("redshift.clusters");
const SCAN_LIMIT: usize = 10_000;

/// Where a cluster is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Being made.
    Creating,
    /// In use.
    Available,
    /// In use while a change takes effect.
    Modifying,
    /// Going.
    Deleting,
}

/// An associated role and how far its association is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociatedRole {
    /// The role's ARN.
    pub arn: String,
    /// `adding`, `in-sync` or `removing`.
    pub apply: Apply,
}

/// The `ApplyStatus` of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Apply {
    /// Not usable yet.
    Adding,
    /// Usable.
    InSync,
    /// No longer usable.
    Removing,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterRecord {
    /// The owner.
    pub account: AccountId,
    /// Where.
    pub region: Region,
    /// In lower case.
    pub identifier: String,
    /// Such as `ra3.xlplus`.
    pub node_type: String,
    /// Compute nodes.
    pub nodes: i64,
    /// The first database.
    pub database: String,
    /// The superuser made with the cluster.
    pub master_user: String,
    /// `md5…`, as Redshift keeps it; never the password.
    pub master_verifier: String,
    /// Raised when the verifier changes, so that the data plane takes it over once.
    pub password_version: u32,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Its state.
    pub status: Status,
    /// The port asked for; a free one when absent.
    pub wanted_port: Option<u16>,
    /// Host and port, once it listens.
    pub endpoint: Option<(String, u16)>,
    /// Associated roles.
    pub roles: Vec<AssociatedRole>,
    /// The role of `IAM_ROLE default`.
    pub default_role: Option<String>,
    /// Encrypted at rest.
    pub encrypted: bool,
    /// Reachable from outside its VPC.
    pub publicly_accessible: bool,
    /// A UUID, the namespace of the cluster's ARN.
    pub namespace: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Record for ClusterRecord {}

impl ClusterRecord {
    /// The record's key, which is also the subject of [`super::TOPIC`].
    pub fn key(&self) -> String {
        key(&self.account, &self.region, &self.identifier)
    }

    /// ARNs of the roles that statements may use now.
    pub fn usable_roles(&self) -> Vec<String> {
        let usable = self.roles.iter().filter(|role| role.apply == Apply::InSync);
        usable.map(|role| role.arn.clone()).collect()
    }
}

fn key(account: &AccountId, region: &Region, identifier: &str) -> String {
    format!("{account}/{region}/{}", identifier.to_ascii_lowercase())
}

/// `arn:aws:redshift:REGION:ACCOUNT:cluster:IDENTIFIER`.
pub fn cluster_arn(account: &AccountId, region: &Region, identifier: &str) -> Arn {
    let resource = format!("cluster:{}", identifier.to_ascii_lowercase());
    Arn::new("redshift", Some(region), Some(account), resource)
}

/// The cluster by its three names.
///
/// # Errors
/// When the state cannot be read.
pub fn get(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    identifier: &str,
) -> Result<Option<ClusterRecord>, Fault> {
    cx.get(&CLUSTERS, &key(account, region, identifier))
}

/// The cluster by its key.
///
/// # Errors
/// When the state cannot be read.
pub fn by_key(cx: &Cx, key: &str) -> Result<Option<ClusterRecord>, Fault> {
    cx.get(&CLUSTERS, key)
}

/// Clusters of an account in a Region, by identifier.
///
/// # Errors
/// When the state cannot be read.
pub fn list(cx: &Cx, account: &AccountId, region: &Region) -> Result<Vec<ClusterRecord>, Fault> {
    let found = cx.scan(&CLUSTERS, &key(account, region, ""), None, SCAN_LIMIT)?;
    Ok(found.into_iter().map(|(_, cluster)| cluster).collect())
}

/// Every cluster of the world.
///
/// # Errors
/// When the state cannot be read.
pub fn all(cx: &Cx) -> Result<Vec<ClusterRecord>, Fault> {
    let found = cx.scan(&CLUSTERS, "", None, SCAN_LIMIT)?;
    Ok(found.into_iter().map(|(_, cluster)| cluster).collect())
}

pub(super) fn put(cx: &mut Cx, cluster: &ClusterRecord) -> Result<(), Fault> {
    cx.put(&CLUSTERS, &cluster.key(), cluster)?;
    cx.notify_after_commit(super::TOPIC, cluster.key());
    Ok(())
}

/// The data plane's report: the cluster listens and every change has taken effect.
///
/// # Errors
/// When the state cannot be written.
pub fn settle(cx: &mut Cx, key: &str, host: &str, port: u16) -> Result<(), Fault> {
    let Some(mut cluster) = by_key(cx, key)? else { return Ok(()) };
    if cluster.status == Status::Deleting {
        return Ok(());
    }
    cluster.endpoint = Some((host.to_owned(), port));
    cluster.status = Status::Available;
    cluster.roles.retain(|role| role.apply != Apply::Removing);
    cluster.roles.iter_mut().for_each(|role| role.apply = Apply::InSync);
    cx.put(&CLUSTERS, key, &cluster)
}

/// The data plane's report: nothing of a deleted cluster is left.
///
/// # Errors
/// When the state cannot be written.
pub fn forget(cx: &mut Cx, key: &str) -> Result<(), Fault> {
    cx.delete(&CLUSTERS, key).map(drop)
}
