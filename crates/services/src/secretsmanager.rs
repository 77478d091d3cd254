//! AWS Secrets Manager (json 1.1, 2017-10-17).
//!
//! Modelled: secrets with versions and staging labels, envelope encryption through KMS as the
//! caller, resource policies, access from other accounts (which needs a customer managed key),
//! recovery windows by the world's clock, tags, filters, batch reads, random passwords. Not built:
//! rotation and replication.
//! Start at `value.rs`.

mod access;
mod batch;
mod crypto;
mod deletion;
mod filter;
mod listing;
mod password;
mod policy;
mod secret;
mod stages;
mod state;
mod tags;
mod upkeep;
mod value;

use gateway::{Service, read, write};

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "secretsmanager",
        vec![
            read("BatchGetSecretValue", batch::access, batch::get),
            // Without replicas there is none to overwrite.
            write("CreateSecret", secret::create_access, secret::create)
                .ignoring(&["ForceOverwriteReplicaSecret"])
                .refusing(&["AddReplicaRegions", "Type"]),
            write("DeleteResourcePolicy", policy::delete_access, policy::delete),
            write("DeleteSecret", deletion::delete_access, deletion::delete),
            read("DescribeSecret", secret::describe_access, secret::describe).brief(),
            read("GetRandomPassword", password::access, password::generate),
            read("GetResourcePolicy", policy::get_access, policy::get),
            read("GetSecretValue", value::get_access, value::get).brief(),
            read("ListSecretVersionIds", listing::versions_access, listing::versions),
            read("ListSecrets", listing::access, listing::list),
            write("PutResourcePolicy", policy::put_access, policy::put),
            write("PutSecretValue", value::put_access, value::put).refusing(&["RotationToken"]),
            write("RestoreSecret", deletion::restore_access, deletion::restore),
            write("TagResource", tags::tag_access, tags::tag),
            write("UntagResource", tags::untag_access, tags::untag),
            write("UpdateSecret", secret::update_access, secret::update).refusing(&["Type"]),
            write("UpdateSecretVersionStage", stages::access, stages::update),
            read("ValidateResourcePolicy", policy::validate_access, policy::validation),
        ],
    )
    .with_upkeep(upkeep::run)
}
