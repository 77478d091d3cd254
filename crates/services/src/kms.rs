//! AWS Key Management Service (json 1.1, 2014-11-01): symmetric keys.
//!
//! Modelled: customer managed keys with key policies and aliases, states and scheduled deletion
//! by the world's clock, encryption with encryption contexts, data keys; AWS managed keys, which
//! exist as soon as a service names them. Not yet: grants, asymmetric and HMAC keys, rotation,
//! multi-Region keys, imported material. Key material is sealed in the state and never leaves.
//! Start at `crypto.rs`, then `access.rs` for what is asked of key policies.

mod access;
mod alias;
mod ciphertext;
mod crypto;
mod key;
mod managed;
mod policy;
mod random;
mod state;
mod tags;

use gateway::{Service, read, write};

/// The operations that are built.
pub fn service() -> Service {
    Service::new(
        "kms",
        vec![
            write("CancelKeyDeletion", key::cancel_access, key::cancel_deletion),
            write("CreateAlias", alias::create_access, alias::create),
            write("CreateKey", key::create_access, key::create),
            read("Decrypt", crypto::decrypt_access, crypto::decrypt),
            write("DeleteAlias", alias::delete_access, alias::delete),
            read("DescribeKey", key::describe_access, key::describe),
            write("DisableKey", key::disable_access, key::disable),
            write("EnableKey", key::enable_access, key::enable),
            read("Encrypt", crypto::encrypt_access, crypto::encrypt),
            read("GenerateDataKey", crypto::data_key_access, crypto::data_key),
            read(
                "GenerateDataKeyWithoutPlaintext",
                crypto::wrapped_key_access,
                crypto::wrapped_key,
            ),
            read("GenerateRandom", random::access, random::generate),
            read("GetKeyPolicy", policy::get_access, policy::get),
            read("ListAliases", alias::list_access, alias::list),
            read("ListKeyPolicies", policy::list_access, policy::list),
            read("ListKeys", key::list_access, key::list),
            read("ListResourceTags", tags::list_access, tags::list),
            write("PutKeyPolicy", policy::put_access, policy::put),
            read("ReEncrypt", crypto::re_encrypt_access, crypto::re_encrypt),
            write("ScheduleKeyDeletion", key::schedule_access, key::schedule_deletion),
            write("TagResource", tags::tag_access, tags::tag),
            write("UntagResource", tags::untag_access, tags::untag),
            write("UpdateAlias", alias::update_access, alias::update),
        ],
    )
}
