//! How a cluster shows in answers.

use serde::Serialize;

use super::state::{Apply, ClusterRecord, Status};

/// What `DescribeClusters` says the cluster runs.
const VERSION: &str = "1.0";

/// The `Cluster` structure, as far as it is modelled.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Cluster {
    cluster_identifier: String,
    node_type: String,
    cluster_status: Status,
    cluster_availability_status: &'static str,
    master_username: String,
    #[serde(rename = "DBName")]
    db_name: String,
    endpoint: Option<Endpoint>,
    cluster_create_time: i64,
    automated_snapshot_retention_period: i64,
    cluster_parameter_groups: Vec<ParameterGroup>,
    cluster_version: &'static str,
    allow_version_upgrade: bool,
    number_of_nodes: i64,
    publicly_accessible: bool,
    encrypted: bool,
    tags: Vec<Tag>,
    iam_roles: Vec<Role>,
    default_iam_role_arn: Option<String>,
    cluster_namespace_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    address: String,
    port: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterGroup {
    parameter_group_name: &'static str,
    parameter_apply_status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    iam_role_arn: String,
    apply_status: Apply,
}

#[derive(Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// An answer with one cluster.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    cluster: Cluster,
}

impl From<ClusterRecord> for One {
    fn from(record: ClusterRecord) -> Self {
        Self { cluster: record.into() }
    }
}

impl From<ClusterRecord> for Cluster {
    fn from(record: ClusterRecord) -> Self {
        let ClusterRecord { account, region, namespace, .. } = &record;
        let namespace = format!("arn:aws:redshift:{region}:{account}:namespace:{namespace}");
        Self {
            cluster_identifier: record.identifier,
            node_type: record.node_type,
            cluster_status: record.status,
            cluster_availability_status: availability(record.status),
            master_username: record.master_user,
            db_name: record.database,
            endpoint: record.endpoint.map(|(address, port)| Endpoint { address, port }),
            cluster_create_time: record.created.timestamp(),
            automated_snapshot_retention_period: 0,
            cluster_parameter_groups: vec![ParameterGroup {
                parameter_group_name: "default.redshift-1.0",
                parameter_apply_status: "in-sync",
            }],
            cluster_version: VERSION,
            allow_version_upgrade: true,
            number_of_nodes: record.nodes,
            publicly_accessible: record.publicly_accessible,
            encrypted: record.encrypted,
            tags: record.tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
            iam_roles: record
                .roles
                .into_iter()
                .map(|role| Role { iam_role_arn: role.arn, apply_status: role.apply })
                .collect(),
            default_iam_role_arn: record.default_role,
            cluster_namespace_arn: namespace,
        }
    }
}

fn availability(status: Status) -> &'static str {
    match status {
        Status::Available => "Available",
        Status::Creating | Status::Modifying | Status::Deleting => "Modifying",
    }
}
