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

/// Where, when and on what a cluster runs at AWS, and how long its snapshots stay, which are never
/// taken here.
const OF_NO_EFFECT: &[&str] = &[
    "AdditionalInfo",
    "AllowVersionUpgrade",
    "AquaConfigurationStatus",
    "AutomatedSnapshotRetentionPeriod",
    "AvailabilityZone",
    "AvailabilityZoneRelocation",
    "ClusterVersion",
    "ExtraComputeForAutomaticOptimization",
    "FinalClusterSnapshotRetentionPeriod",
    "IpAddressType",
    "MaintenanceTrackName",
    "ManualSnapshotRetentionPeriod",
    "MultiAZ",
    "PreferredMaintenanceWindow",
];

/// What nobody should believe to have: networks, keys and parameters of one's own.
const NOT_BUILT: &[&str] = &[
    "CatalogName",
    "ClusterParameterGroupName",
    "ClusterSecurityGroups",
    "ClusterSubnetGroupName",
    "ElasticIp",
    "EnhancedVpcRouting",
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "KmsKeyId",
    "LoadSampleData",
    "MasterPasswordSecretKmsKeyId",
    "RedshiftIdcApplicationArn",
    "SnapshotScheduleIdentifier",
    "VpcSecurityGroupIds",
];

/// What a cluster keeps for life here.
const NOT_MODIFIED: &[&str] = &[
    "ClusterParameterGroupName",
    "ClusterSecurityGroups",
    "ClusterType",
    "ElasticIp",
    "Encrypted",
    "EnhancedVpcRouting",
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "KmsKeyId",
    "ManageMasterPassword",
    "MasterPasswordSecretKmsKeyId",
    "NewClusterIdentifier",
    "NodeType",
    "NumberOfNodes",
    "Port",
    "VpcSecurityGroupIds",
];

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "redshift",
        vec![
            write("CreateCluster", cluster::create_access, cluster::create)
                .ignoring(OF_NO_EFFECT)
                .refusing(NOT_BUILT),
            write("DeleteCluster", cluster::delete_access, cluster::delete).ignoring(OF_NO_EFFECT),
            read("DescribeClusters", cluster::describe_access, cluster::describe),
            write("ModifyCluster", cluster::modify_access, cluster::modify)
                .ignoring(OF_NO_EFFECT)
                .refusing(NOT_MODIFIED),
            write("ModifyClusterIamRoles", iam_roles::access, iam_roles::modify),
        ],
    )
}
