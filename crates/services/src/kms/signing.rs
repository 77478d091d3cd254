//! Sign and Verify, GetPublicKey, DeriveSharedSecret: what asymmetric keys do beside encryption.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Use, check, find};
use super::metadata::Algorithms;
use super::primitives::{self, Hash, Padding, Random, digest};
use super::spec::{Spec, Usage, signing};
use super::state::{KeyRecord, Origin};
use super::{Blob, base64_of, unless_dry};

fn invalid(text: impl Into<String>) -> Fault {
    Fault::new("ValidationException", text.into()).status(400)
}

/// The members that Sign and Verify share.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    key_id: String,
    message: Blob,
    message_type: Option<String>,
    signing_algorithm: String,
    #[serde(default)]
    grant_tokens: Vec<String>,
    dry_run: Option<bool>,
}

impl Message {
    fn access(&self, cx: &Cx, action: &str) -> Result<Access, Fault> {
        let given = Use { named: Some(&self.key_id), tokens: &self.grant_tokens, ..Use::default() };
        let message_type = self.message_type.as_deref().unwrap_or("RAW");
        let asked = check(cx, action, &find(cx, &self.key_id)?, &given)?
            .with("kms:SigningAlgorithm", self.signing_algorithm.clone())
            .with("kms:MessageType", message_type);
        Ok(Access::to(asked))
    }

    /// The key when it can do `operation`, and how.
    fn ready(&self, cx: &Cx, operation: &str) -> Result<(KeyRecord, Option<Padding>, Hash), Fault> {
        let key = find(cx, &self.key_id)?;
        key.must_be_for(Usage::SignVerify, operation)?;
        key.must_know(&self.signing_algorithm)?;
        key.usable(cx.now())?;
        let (padding, hash) = signing(&self.signing_algorithm)
            .ok_or_else(|| Fault::internal("an algorithm of a key that is none"))?;
        Ok((key, padding, hash))
    }

    /// The digest that is signed: of the message, or the message itself.
    fn digest(&self, hash: Hash) -> Result<Vec<u8>, Fault> {
        let message = self.message.bytes()?;
        match self.message_type.as_deref() {
            None | Some("RAW") => Ok(digest(hash, &message)),
            Some("DIGEST") if message.len() == hash.bytes() => Ok(message.to_vec()),
            Some("DIGEST") => {
                let algorithm = &self.signing_algorithm;
                Err(invalid(format!("Digest is invalid length for algorithm {algorithm}.")))
            }
            Some(other) => Err(invalid(format!("MessageType {other} is not valid for the key."))),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Signed {
    key_id: String,
    signature: String,
    signing_algorithm: String,
}

pub(super) fn sign_access(cx: &Cx, input: &Message) -> Result<Access, Fault> {
    input.access(cx, "Sign")
}

pub(super) fn sign(cx: &Cx, input: Message) -> Result<Signed, Fault> {
    let (key, padding, hash) = input.ready(cx, "Sign")?;
    let digest = input.digest(hash)?;
    unless_dry(input.dry_run)?;
    let (_, private) = key.open_current(cx)?;
    let mut random = Random::of(cx.world());
    let signature = primitives::sign(key.spec, &private, padding, (hash, &digest), &mut random)
        .map_err(|_| Fault::internal("a key does not sign"))?;
    Ok(Signed {
        key_id: key.arn().to_string(),
        signature: base64_of(&signature),
        signing_algorithm: input.signing_algorithm,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VerifyInput {
    #[serde(flatten)]
    message: Message,
    signature: Blob,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Verified {
    key_id: String,
    signature_valid: bool,
    signing_algorithm: String,
}

pub(super) fn verify_access(cx: &Cx, input: &VerifyInput) -> Result<Access, Fault> {
    input.message.access(cx, "Verify")
}

/// A signature that is not the message's is a fault, never `false`.
pub(super) fn verify(cx: &Cx, input: VerifyInput) -> Result<Verified, Fault> {
    let VerifyInput { message, signature } = input;
    let (key, padding, hash) = message.ready(cx, "Verify")?;
    let digest = message.digest(hash)?;
    unless_dry(message.dry_run)?;
    let (_, private) = key.open_current(cx)?;
    let signature = signature.bytes()?;
    let valid = primitives::verify(key.spec, &private, padding, (hash, &digest), &signature)
        .map_err(|_| Fault::internal("a key does not verify"))?;
    if !valid {
        return Err(Fault::new("KMSInvalidSignatureException", "").status(400));
    }
    Ok(Verified {
        key_id: key.arn().to_string(),
        signature_valid: true,
        signing_algorithm: message.signing_algorithm,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PublicInput {
    key_id: String,
    #[serde(default)]
    grant_tokens: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PublicKey {
    key_id: String,
    public_key: String,
    customer_master_key_spec: Spec,
    key_spec: Spec,
    key_usage: Usage,
    encryption_algorithms: Option<&'static [&'static str]>,
    signing_algorithms: Option<&'static [&'static str]>,
    key_agreement_algorithms: Option<&'static [&'static str]>,
}

pub(super) fn public_access(cx: &Cx, input: &PublicInput) -> Result<Access, Fault> {
    let tokens = &input.grant_tokens;
    let given = Use { named: Some(&input.key_id), tokens, ..Use::default() };
    Ok(Access::to(check(cx, "GetPublicKey", &find(cx, &input.key_id)?, &given)?))
}

pub(super) fn public(cx: &Cx, input: PublicInput) -> Result<PublicKey, Fault> {
    let key = find(cx, &input.key_id)?;
    if !key.spec.is_asymmetric() {
        let text = format!("{} is not an asymmetric key: it has no public key.", key.arn());
        return Err(Fault::new("UnsupportedOperationException", text).status(400));
    }
    key.usable(cx.now())?;
    let (_, private) = key.open_current(cx)?;
    let public = primitives::public(key.spec, &private)
        .map_err(|_| Fault::internal("a private key does not open"))?;
    let algorithms = Algorithms::of(&key);
    Ok(PublicKey {
        key_id: key.arn().to_string(),
        public_key: base64_of(&public),
        customer_master_key_spec: key.spec,
        key_spec: key.spec,
        key_usage: key.usage,
        encryption_algorithms: algorithms.encryption,
        signing_algorithms: algorithms.signing,
        key_agreement_algorithms: algorithms.agreement,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AgreeInput {
    key_id: String,
    key_agreement_algorithm: String,
    public_key: Blob,
    #[serde(default)]
    grant_tokens: Vec<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Agreed {
    key_id: String,
    shared_secret: String,
    key_agreement_algorithm: String,
    key_origin: Origin,
}

pub(super) fn agree_access(cx: &Cx, input: &AgreeInput) -> Result<Access, Fault> {
    let tokens = &input.grant_tokens;
    let given = Use { named: Some(&input.key_id), tokens, ..Use::default() };
    let asked = check(cx, "DeriveSharedSecret", &find(cx, &input.key_id)?, &given)?;
    let algorithm = input.key_agreement_algorithm.clone();
    Ok(Access::to(asked.with("kms:KeyAgreementAlgorithm", algorithm)))
}

pub(super) fn agree(cx: &Cx, input: AgreeInput) -> Result<Agreed, Fault> {
    let key = find(cx, &input.key_id)?;
    key.must_be_for(Usage::KeyAgreement, "DeriveSharedSecret")?;
    key.must_know(&input.key_agreement_algorithm)?;
    key.usable(cx.now())?;
    unless_dry(input.dry_run)?;
    let (_, private) = key.open_current(cx)?;
    let secret = primitives::agree(key.spec, &private, &input.public_key.bytes()?)
        .map_err(|_| invalid("PublicKey is not a public key on the curve of the KMS key."))?;
    Ok(Agreed {
        key_id: key.arn().to_string(),
        shared_secret: base64_of(&secret),
        key_agreement_algorithm: input.key_agreement_algorithm,
        key_origin: key.origin,
    })
}
