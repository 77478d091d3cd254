//! AWS Secrets Manager (json 1.1, 2017-10-17).
//!
//! Modelled: secrets with versions and staging labels, envelope encryption through KMS as the
//! caller, resource policies, access from other accounts (which needs a customer managed key),
//! recovery windows by the world's clock, tags. Not yet: rotation, replication, batch reads.
//! Start at `value.rs`.

mod access;
mod crypto;
mod deletion;
mod listing;
mod policy;
mod secret;
mod stages;
mod state;
mod tags;
mod value;

use gateway::{Service, read, write};

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "secretsmanager",
        vec![
            write("CreateSecret", secret::create_access, secret::create),
            write("DeleteResourcePolicy", policy::delete_access, policy::delete),
            write("DeleteSecret", deletion::delete_access, deletion::delete),
            read("DescribeSecret", secret::describe_access, secret::describe),
            read("GetResourcePolicy", policy::get_access, policy::get),
            read("GetSecretValue", value::get_access, value::get),
            read("ListSecretVersionIds", listing::versions_access, listing::versions),
            read("ListSecrets", listing::access, listing::list),
            write("PutResourcePolicy", policy::put_access, policy::put),
            write("PutSecretValue", value::put_access, value::put),
            write("RestoreSecret", deletion::restore_access, deletion::restore),
            write("TagResource", tags::tag_access, tags::tag),
            write("UntagResource", tags::untag_access, tags::untag),
            write("UpdateSecret", secret::update_access, secret::update),
            write("UpdateSecretVersionStage", stages::access, stages::update),
        ],
    )
}
