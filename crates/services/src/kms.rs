//! AWS Key Management Service (json 1.1, 2014-11-01).
//!
//! Modelled: symmetric, RSA, elliptic-curve and HMAC keys with key policies, grants and aliases;
//! states, deletion, rotation and expiry by the world's clock; multi-Region keys; imported
//! material; AWS managed keys, which exist as soon as a service names them. Not built: custom key
//! stores, ML-DSA, Edwards and SM2 keys, attested recipients. Key material is sealed in the state
//! and never leaves. Start at `encryption.rs`, then `access.rs` for what is asked of key policies
//! and grants, then `primitives.rs` for the cryptography.

mod access;
mod alias;
mod ciphertext;
mod data_key;
mod deletion;
mod encryption;
mod grant;
mod import;
mod key;
mod mac;
mod managed;
mod material;
mod metadata;
mod policy;
mod primitives;
mod random;
mod regions;
mod rotation;
mod signing;
mod spec;
mod state;
mod tags;
mod upkeep;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Fault, Operation, Service, read, staged, write};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The operations that are built.
pub fn service() -> Service {
    let operations = keys().into_iter().chain(cryptography()).chain(grants_and_names());
    Service::new("kms", operations.collect()).with_upkeep(upkeep::run)
}

/// Keys and their lives.
fn keys() -> Vec<Operation> {
    vec![
        write("CancelKeyDeletion", deletion::cancel_access, deletion::cancel),
        staged("CreateKey", key::create_access, key::make, key::create)
            .refusing(&["CustomKeyStoreId", "XksKeyId"]),
        write("DeleteImportedKeyMaterial", import::delete_access, import::delete),
        read("DescribeKey", key::describe_access, key::describe),
        write("DisableKey", key::disable_access, key::disable),
        write("DisableKeyRotation", rotation::disable_access, rotation::disable),
        write("EnableKey", key::enable_access, key::enable),
        write("EnableKeyRotation", rotation::enable_access, rotation::enable),
        read("GetKeyPolicy", policy::get_access, policy::get),
        read("GetKeyRotationStatus", rotation::status_access, rotation::status),
        read("GetParametersForImport", import::parameters_access, import::parameters),
        write("ImportKeyMaterial", import::import_access, import::import),
        read("ListKeyPolicies", policy::list_access, policy::list),
        read("ListKeyRotations", rotation::list_access, rotation::list),
        read("ListKeys", key::list_access, key::list),
        write("PutKeyPolicy", policy::put_access, policy::put),
        write("ReplicateKey", regions::replicate_access, regions::replicate),
        write("RotateKeyOnDemand", rotation::on_demand_access, rotation::on_demand),
        write("ScheduleKeyDeletion", deletion::schedule_access, deletion::schedule),
        write("UpdateKeyDescription", key::description_access, key::update_description),
        write("UpdatePrimaryRegion", regions::update_access, regions::update_primary),
    ]
}

/// What keys are for.
fn cryptography() -> Vec<Operation> {
    vec![
        read("Decrypt", encryption::decrypt_access, encryption::decrypt)
            .refusing(&["DryRunModifiers", "Recipient"]),
        read("DeriveSharedSecret", signing::agree_access, signing::agree).refusing(&["Recipient"]),
        read("Encrypt", encryption::encrypt_access, encryption::encrypt),
        read("GenerateDataKey", data_key::key_access, data_key::key).refusing(&["Recipient"]),
        read("GenerateDataKeyPair", data_key::pair_access, data_key::pair).refusing(&["Recipient"]),
        read(
            "GenerateDataKeyPairWithoutPlaintext",
            data_key::wrapped_pair_access,
            data_key::wrapped_pair,
        ),
        read(
            "GenerateDataKeyWithoutPlaintext",
            data_key::wrapped_key_access,
            data_key::wrapped_key,
        ),
        read("GenerateMac", mac::generate_access, mac::generate),
        read("GenerateRandom", random::access, random::generate)
            .refusing(&["CustomKeyStoreId", "Recipient"]),
        read("GetPublicKey", signing::public_access, signing::public),
        read("ReEncrypt", encryption::re_encrypt_access, encryption::re_encrypt)
            .refusing(&["DryRunModifiers"]),
        read("Sign", signing::sign_access, signing::sign),
        read("Verify", signing::verify_access, signing::verify),
        read("VerifyMac", mac::verify_access, mac::verify),
    ]
}

/// Grants, aliases and tags.
fn grants_and_names() -> Vec<Operation> {
    vec![
        write("CreateAlias", alias::create_access, alias::create),
        write("CreateGrant", grant::create_access, grant::create),
        write("DeleteAlias", alias::delete_access, alias::delete),
        read("ListAliases", alias::list_access, alias::list),
        read("ListGrants", grant::list_access, grant::list),
        read("ListResourceTags", tags::list_access, tags::listing),
        read("ListRetirableGrants", grant::retirable_access, grant::retirable),
        write("RetireGrant", grant::retire_access, grant::retire),
        write("RevokeGrant", grant::revoke_access, grant::revoke),
        write("TagResource", tags::tag_access, tags::tag),
        write("UntagResource", tags::untag_access, tags::untag),
        write("UpdateAlias", alias::update_access, alias::update),
    ]
}

/// A blob of a request as it came: base64 text that is wiped when dropped.
struct Blob(Zeroizing<String>);

impl Blob {
    fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(base64_of(bytes)))
    }

    fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let malformed = |_| Fault::new("SerializationException", "not base64").status(400);
        STANDARD.decode(self.0.as_str()).map(Zeroizing::new).map_err(malformed)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A blob of an answer.
fn base64_of(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `DryRun`: whether the request would have succeeded, without doing it.
fn unless_dry(dry_run: Option<bool>) -> Result<(), Fault> {
    if dry_run == Some(true) {
        let text = "The request would have succeeded, but the DryRun option is set.";
        return Err(Fault::new("DryRunOperationException", text).status(412));
    }
    Ok(())
}
