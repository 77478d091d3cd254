//! Data keys and data key pairs: made here, wrapped under a symmetric key, used elsewhere.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::access::{EncryptionContext, Use, check, find};
use super::primitives::{self, Random, Secret};
use super::spec::{SYMMETRIC, Spec};
use super::state::KeyRecord;
use super::{base64_of, ciphertext, unless_dry};

/// Refuses every key but an enabled symmetric one.
fn wrapping_key(cx: &Cx, key_id: &str, operation: &str) -> Result<KeyRecord, Fault> {
    let key = find(cx, key_id)?;
    key.must_be_for(super::spec::Usage::EncryptDecrypt, operation)?;
    if key.spec != Spec::Symmetric {
        let text = "You cannot generate a data key with an asymmetric CMK";
        return Err(Fault::new("InvalidKeyUsageException", text).status(400));
    }
    key.usable(cx.now())?;
    Ok(key)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DataKeyInput {
    key_id: String,
    #[serde(default)]
    encryption_context: EncryptionContext,
    #[serde(default)]
    grant_tokens: Vec<String>,
    key_spec: Option<String>,
    number_of_bytes: Option<usize>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DataKey {
    ciphertext_blob: String,
    plaintext: Option<String>,
    key_id: String,
    key_material_id: String,
}

impl DataKeyInput {
    fn access(&self, cx: &Cx, action: &str) -> Result<Access, Fault> {
        let given = Use {
            named: Some(&self.key_id),
            context: Some(&self.encryption_context),
            tokens: &self.grant_tokens,
        };
        let asked = check(cx, action, &find(cx, &self.key_id)?, &given)?;
        Ok(Access::to(asked.with("kms:EncryptionAlgorithm", SYMMETRIC)))
    }

    fn make(&self, cx: &Cx, operation: &str) -> Result<(DataKey, Secret), Fault> {
        let length = match (self.key_spec.as_deref(), self.number_of_bytes) {
            (Some("AES_256"), None) => 32,
            (Some("AES_128"), None) => 16,
            (None, Some(count)) => count,
            _ => {
                let text = "Please specify either number of bytes or key spec.";
                return Err(Fault::new("ValidationException", text).status(400));
            }
        };
        let key = wrapping_key(cx, &self.key_id, operation)?;
        unless_dry(self.dry_run)?;
        let mut plain = Zeroizing::new(vec![0; length]);
        cx.world().entropy().fill(&mut plain);
        let (sealed, key_material_id) =
            ciphertext::seal(cx, &key, &self.encryption_context, &plain)?;
        let wrapped = DataKey {
            ciphertext_blob: base64_of(&sealed),
            plaintext: None,
            key_id: key.arn().to_string(),
            key_material_id,
        };
        Ok((wrapped, plain))
    }
}

pub(super) fn key_access(cx: &Cx, input: &DataKeyInput) -> Result<Access, Fault> {
    input.access(cx, "GenerateDataKey")
}

pub(super) fn wrapped_key_access(cx: &Cx, input: &DataKeyInput) -> Result<Access, Fault> {
    input.access(cx, "GenerateDataKeyWithoutPlaintext")
}

pub(super) fn key(cx: &Cx, input: DataKeyInput) -> Result<DataKey, Fault> {
    let (wrapped, plain) = input.make(cx, "GenerateDataKey")?;
    Ok(DataKey { plaintext: Some(base64_of(&plain)), ..wrapped })
}

pub(super) fn wrapped_key(cx: &Cx, input: DataKeyInput) -> Result<DataKey, Fault> {
    input.make(cx, "GenerateDataKeyWithoutPlaintext").map(|(wrapped, _)| wrapped)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PairInput {
    key_id: String,
    key_pair_spec: String,
    #[serde(default)]
    encryption_context: EncryptionContext,
    #[serde(default)]
    grant_tokens: Vec<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Pair {
    private_key_ciphertext_blob: String,
    private_key_plaintext: Option<String>,
    public_key: String,
    key_id: String,
    key_pair_spec: String,
    key_material_id: String,
}

impl PairInput {
    fn access(&self, cx: &Cx, action: &str) -> Result<Access, Fault> {
        let given = Use {
            named: Some(&self.key_id),
            context: Some(&self.encryption_context),
            tokens: &self.grant_tokens,
        };
        let asked = check(cx, action, &find(cx, &self.key_id)?, &given)?
            .with("kms:EncryptionAlgorithm", SYMMETRIC)
            .with("kms:DataKeyPairSpec", self.key_pair_spec.clone());
        Ok(Access::to(asked))
    }

    fn make(&self, cx: &Cx, operation: &str) -> Result<(Pair, Secret), Fault> {
        let spec = Spec::named(&self.key_pair_spec)?;
        let key = wrapping_key(cx, &self.key_id, operation)?;
        unless_dry(self.dry_run)?;
        let failed = |_| Fault::internal("no key pair could be made");
        let private = primitives::generate(spec, &mut Random::of(cx.world())).map_err(failed)?;
        let public = primitives::public(spec, &private).map_err(failed)?;
        let (sealed, key_material_id) =
            ciphertext::seal(cx, &key, &self.encryption_context, &private)?;
        let pair = Pair {
            private_key_ciphertext_blob: base64_of(&sealed),
            private_key_plaintext: None,
            public_key: base64_of(&public),
            key_id: key.arn().to_string(),
            key_pair_spec: self.key_pair_spec.clone(),
            key_material_id,
        };
        Ok((pair, private))
    }
}

pub(super) fn pair_access(cx: &Cx, input: &PairInput) -> Result<Access, Fault> {
    input.access(cx, "GenerateDataKeyPair")
}

pub(super) fn wrapped_pair_access(cx: &Cx, input: &PairInput) -> Result<Access, Fault> {
    input.access(cx, "GenerateDataKeyPairWithoutPlaintext")
}

pub(super) fn pair(cx: &Cx, input: PairInput) -> Result<Pair, Fault> {
    let (pair, private) = input.make(cx, "GenerateDataKeyPair")?;
    Ok(Pair { private_key_plaintext: Some(base64_of(&private)), ..pair })
}

pub(super) fn wrapped_pair(cx: &Cx, input: PairInput) -> Result<Pair, Fault> {
    input.make(cx, "GenerateDataKeyPairWithoutPlaintext").map(|(pair, _)| pair)
}
