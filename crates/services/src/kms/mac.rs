//! GenerateMac and VerifyMac.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Use, check, find};
use super::primitives;
use super::spec::Usage;
use super::state::KeyRecord;
use super::{Blob, base64_of, unless_dry};

/// The members that both operations share.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    key_id: String,
    message: Blob,
    mac_algorithm: String,
    #[serde(default)]
    grant_tokens: Vec<String>,
    dry_run: Option<bool>,
}

impl Message {
    fn access(&self, cx: &Cx, action: &str) -> Result<Access, Fault> {
        let tokens = &self.grant_tokens;
        let given = Use { named: Some(&self.key_id), tokens, ..Use::default() };
        let asked = check(cx, action, &find(cx, &self.key_id)?, &given)?;
        Ok(Access::to(asked.with("kms:MacAlgorithm", self.mac_algorithm.clone())))
    }

    fn ready(&self, cx: &Cx, operation: &str) -> Result<KeyRecord, Fault> {
        let key = find(cx, &self.key_id)?;
        key.must_be_for(Usage::GenerateVerifyMac, operation)?;
        key.must_know(&self.mac_algorithm)?;
        key.usable(cx.now())?;
        unless_dry(self.dry_run)?;
        Ok(key)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Generated {
    mac: String,
    mac_algorithm: String,
    key_id: String,
}

pub(super) fn generate_access(cx: &Cx, input: &Message) -> Result<Access, Fault> {
    input.access(cx, "GenerateMac")
}

pub(super) fn generate(cx: &Cx, input: Message) -> Result<Generated, Fault> {
    let key = input.ready(cx, "GenerateMac")?;
    let (_, secret) = key.open_current(cx)?;
    let mac = primitives::mac(key.spec, &secret, &input.message.bytes()?)
        .map_err(|_| Fault::internal("an HMAC key makes no MAC"))?;
    Ok(Generated {
        mac: base64_of(&mac),
        mac_algorithm: input.mac_algorithm,
        key_id: key.arn().to_string(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VerifyInput {
    #[serde(flatten)]
    message: Message,
    mac: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Verified {
    key_id: String,
    mac_valid: bool,
    mac_algorithm: String,
}

pub(super) fn verify_access(cx: &Cx, input: &VerifyInput) -> Result<Access, Fault> {
    input.message.access(cx, "VerifyMac")
}

/// A MAC that is not the message's is a fault, never `false`.
pub(super) fn verify(cx: &Cx, input: VerifyInput) -> Result<Verified, Fault> {
    let VerifyInput { message, mac } = input;
    let key = message.ready(cx, "VerifyMac")?;
    let (_, secret) = key.open_current(cx)?;
    let text = message.message.bytes()?;
    let valid = primitives::same_mac(key.spec, &secret, &text, &mac.bytes()?)
        .map_err(|_| Fault::internal("an HMAC key verifies no MAC"))?;
    if !valid {
        return Err(Fault::new("KMSInvalidMacException", "").status(400));
    }
    let key_id = key.arn().to_string();
    Ok(Verified { key_id, mac_valid: true, mac_algorithm: message.mac_algorithm })
}
