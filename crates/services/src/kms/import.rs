//! Imported key material: brought wrapped, kept until it expires or is deleted.
//!
//! The private half of a wrapping key lies sealed in its import token and nowhere else. See
//! "Importing key material" (KMS Developer Guide). Start at [`import`].

use chrono::{DateTime, Duration, Utc};
use gateway::{Access, Cx, Fault};
use names::Arn;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::access::{Use, check, find, on};
use super::ciphertext::invalid as not_opened;
use super::key::own;
use super::material::Material;
use super::metadata::seconds;
use super::primitives::{self, Oaep, Random, Secret};
use super::spec::Spec;
use super::state::{self, KeyRecord, Origin};
use super::{Blob, base64_of};

const TOKEN_CONTEXT: &str = "kms import token";
/// Hours that a wrapping key and its token can be used.
const TOKEN_HOURS: i64 = 24;
/// Days from now that material may live at most.
const MAX_DAYS: i64 = 365;
const EXPIRES: &str = "KEY_MATERIAL_EXPIRES";

fn invalid(text: impl Into<String>) -> Fault {
    Fault::new("ValidationException", text.into()).status(400)
}

/// A key of the caller's own that takes imported material.
fn external(cx: &Cx, key_id: &str) -> Result<KeyRecord, Fault> {
    let key = own(cx, key_id)?;
    if key.origin != Origin::External {
        let (arn, origin) = (key.arn(), key.origin.name());
        let text = format!("{arn} origin is {origin} which is not valid for this operation.");
        return Err(Fault::new("UnsupportedOperationException", text).status(400));
    }
    key.not_pending_deletion(cx.now())?;
    Ok(key)
}

/// How material is wrapped.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Wrapping {
    #[serde(rename = "RSAES_OAEP_SHA_1")]
    OaepSha1,
    #[serde(rename = "RSAES_OAEP_SHA_256")]
    OaepSha256,
    #[serde(rename = "RSA_AES_KEY_WRAP_SHA_1")]
    AesSha1,
    #[serde(rename = "RSA_AES_KEY_WRAP_SHA_256")]
    AesSha256,
}

/// What an import token holds.
#[derive(Serialize, Deserialize)]
struct Token {
    key: Arn,
    wrapping: Wrapping,
    valid_to: DateTime<Utc>,
    /// PKCS #8, in base64.
    private: Blob,
    /// Bytes of the modulus.
    modulus: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ParametersInput {
    key_id: String,
    wrapping_algorithm: String,
    wrapping_key_spec: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parameters {
    key_id: String,
    import_token: String,
    public_key: String,
    parameters_valid_to: f64,
}

pub(super) fn parameters_access(cx: &Cx, input: &ParametersInput) -> Result<Access, Fault> {
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let asked = check(cx, "GetParametersForImport", &find(cx, &input.key_id)?, &given)?
        .with("kms:WrappingAlgorithm", input.wrapping_algorithm.clone())
        .with("kms:WrappingKeySpec", input.wrapping_key_spec.clone());
    Ok(Access::to(asked))
}

/// KMS no longer takes RSAES_PKCS1_V1_5, and SM2 belongs to China.
pub(super) fn parameters(cx: &Cx, input: ParametersInput) -> Result<Parameters, Fault> {
    let key = external(cx, &input.key_id)?;
    let wrapping: Wrapping = serde_json::from_value(input.wrapping_algorithm.clone().into())
        .map_err(|_| {
            let text = format!("WrappingAlgorithm {} is not supported.", input.wrapping_algorithm);
            Fault::new("UnsupportedOperationException", text).status(400)
        })?;
    let spec = Spec::named(&input.wrapping_key_spec)?;
    if key.spec.is_rsa() && matches!(wrapping, Wrapping::OaepSha1 | Wrapping::OaepSha256) {
        let text = "RSA private keys are imported with RSA_AES_KEY_WRAP_SHA_1 or \
                    RSA_AES_KEY_WRAP_SHA_256 only.";
        return Err(invalid(text));
    }
    let failed = |_| Fault::internal("no wrapping key could be made");
    let private = primitives::generate(spec, &mut Random::of(cx.world())).map_err(failed)?;
    let public = primitives::public(spec, &private).map_err(failed)?;
    let token = Token {
        key: key.arn(),
        wrapping,
        valid_to: cx.now() + Duration::hours(TOKEN_HOURS),
        private: Blob::of(&private),
        modulus: spec.bits() / 8,
    };
    let text = Zeroizing::new(serde_json::to_vec(&token).map_err(Fault::internal)?);
    Ok(Parameters {
        key_id: key.arn().to_string(),
        import_token: base64_of(&cx.seal().seal(TOKEN_CONTEXT, &text)?),
        public_key: base64_of(&public),
        parameters_valid_to: seconds(token.valid_to),
    })
}

impl Token {
    fn read(cx: &Cx, token: &Blob, key: &KeyRecord) -> Result<Self, Fault> {
        let wrong = || Fault::new("InvalidImportTokenException", "").status(400);
        let text = cx.seal().open_sealed(TOKEN_CONTEXT, &token.bytes()?).map_err(|_| wrong())?;
        let token: Self = serde_json::from_slice(&text).map_err(|_| wrong())?;
        if token.key != key.arn() {
            return Err(wrong());
        }
        if token.valid_to <= cx.now() {
            return Err(Fault::new("ExpiredImportTokenException", "").status(400));
        }
        Ok(token)
    }

    fn unwrap(&self, cx: &Cx, wrapped: &[u8]) -> Option<Secret> {
        let private = self.private.bytes().ok()?;
        let random = &mut Random::of(cx.world());
        let oaep = match self.wrapping {
            Wrapping::OaepSha1 | Wrapping::AesSha1 => Oaep::Sha1,
            Wrapping::OaepSha256 | Wrapping::AesSha256 => Oaep::Sha256,
        };
        if let Wrapping::OaepSha1 | Wrapping::OaepSha256 = self.wrapping {
            return primitives::decrypt(&private, oaep, wrapped, random).ok();
        }
        // First the AES key under RSA, then the material under the AES key.
        let (sealed_key, material) = wrapped.split_at_checked(self.modulus)?;
        let key = primitives::decrypt(&private, oaep, sealed_key, random).ok()?;
        primitives::unwrap_with_padding(&key, material).ok()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ImportInput {
    key_id: String,
    import_token: Blob,
    encrypted_key_material: Blob,
    /// Seconds since 1970.
    valid_to: Option<f64>,
    expiration_model: Option<String>,
    import_type: Option<String>,
    key_material_description: Option<String>,
    key_material_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Imported {
    key_id: String,
    key_material_id: Option<String>,
}

impl ImportInput {
    /// When the material expires.
    fn expires(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Fault> {
        let expiring = self.expiration_model.as_deref().unwrap_or(EXPIRES) == EXPIRES;
        let valid_to = self.valid_to.map(|seconds| {
            DateTime::from_timestamp_millis((seconds * 1_000.0) as i64)
                .ok_or_else(|| invalid("ValidTo is no time."))
        });
        match (expiring, valid_to.transpose()?) {
            (true, Some(when)) if now < when && when <= now + Duration::days(MAX_DAYS) => {
                Ok(Some(when))
            }
            (true, Some(_)) => {
                Err(invalid(format!("ValidTo must be between now and {MAX_DAYS} days from now.")))
            }
            (true, None) => Err(invalid(
                "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
            )),
            (false, None) => Ok(None),
            (false, Some(_)) => Err(invalid(
                "A validTo date must not be set if the ExpirationModel is \
                 KEY_MATERIAL_DOES_NOT_EXPIRE",
            )),
        }
    }
}

pub(super) fn import_access(cx: &Cx, input: &ImportInput) -> Result<Access, Fault> {
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let model = input.expiration_model.clone().unwrap_or_else(|| EXPIRES.to_owned());
    let valid_to = input.valid_to.and_then(|s| DateTime::from_timestamp(s as i64, 0));
    let valid_to = valid_to.map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    let asked = check(cx, "ImportKeyMaterial", &find(cx, &input.key_id)?, &given)?
        .with("kms:ExpirationModel", model)
        .with_some("kms:ValidTo", valid_to);
    Ok(Access::to(asked))
}

pub(super) fn import(cx: &mut Cx, input: ImportInput) -> Result<Imported, Fault> {
    let mut key = external(cx, &input.key_id)?;
    let expires = input.expires(cx.now())?;
    let token = Token::read(cx, &input.import_token, &key)?;
    let bytes = token.unwrap(cx, &input.encrypted_key_material.bytes()?).ok_or_else(not_opened)?;
    let bytes = primitives::accept(key.spec, &bytes).map_err(|_| not_opened())?;
    let mut material = Material { expires, ..key.sealed(cx, &bytes)? };
    material.description = input.key_material_description.clone();
    if input.key_material_id.as_ref().is_some_and(|id| *id != material.id) {
        return Err(other_material());
    }
    let id = material.id.clone();
    let new = input.import_type.as_deref() == Some("NEW_KEY_MATERIAL");
    place(cx, &mut key, material, new)?;
    state::put_key(cx, &key)?;
    let key_material_id = (key.spec == Spec::Symmetric).then_some(id);
    Ok(Imported { key_id: key.arn().to_string(), key_material_id })
}

fn other_material() -> Fault {
    let text = "The key material in the request is not the key material that was imported before.";
    Fault::new("IncorrectKeyMaterialException", text).status(400)
}

/// Puts material where it belongs: first, again, or next. A replica takes only what its primary
/// key has.
fn place(cx: &Cx, key: &mut KeyRecord, material: Material, new: bool) -> Result<(), Fault> {
    let known = key.materials.iter_mut().find(|known| known.id == material.id);
    if let Some(known) = known {
        known.sealed = material.sealed;
        known.expires = material.expires;
        known.description = material.description.or(known.description.take());
        return Ok(());
    }
    if key.is_replica() {
        let primary = key.related.as_ref().map(|related| related.primary.clone());
        let primary = primary
            .and_then(|region| state::stored(cx, &key.account, &region, &key.id).transpose())
            .transpose()?;
        let materials = primary.map(|primary| primary.materials).unwrap_or_default();
        let model = materials.into_iter().find(|known| known.id == material.id);
        let Material { waiting, rotated, since, .. } = model.ok_or_else(other_material)?;
        key.materials.push(Material { waiting, rotated, since, ..material });
        key.materials.sort_by_key(|material| (material.waiting, material.since));
        return Ok(());
    }
    if key.materials.is_empty() {
        key.materials.push(material);
        return Ok(());
    }
    if !new || key.spec != Spec::Symmetric {
        return Err(other_material());
    }
    if key.materials.iter().any(|known| known.waiting) {
        let text = format!("{} has key material that waits for its rotation.", key.arn());
        return Err(Fault::new("KMSInvalidStateException", text).status(400));
    }
    key.materials.push(Material { waiting: true, ..material });
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteInput {
    key_id: String,
    key_material_id: Option<String>,
}

pub(super) fn delete_access(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    on(cx, "DeleteImportedKeyMaterial", &input.key_id)
}

/// What waits for its rotation is forgotten; other material can be imported again, and only the
/// same.
pub(super) fn delete(cx: &mut Cx, input: DeleteInput) -> Result<Imported, Fault> {
    let mut key = external(cx, &input.key_id)?;
    let current = key.current().map(|material| material.id.clone());
    let id = input.key_material_id.or(current);
    if let Some(id) = &id {
        key.materials.retain(|material| !(material.waiting && material.id == *id));
        for material in key.materials.iter_mut().filter(|material| material.id == *id) {
            material.sealed.clear();
            material.expires = None;
        }
        state::put_key(cx, &key)?;
    }
    let key_material_id = id.filter(|_| key.spec == Spec::Symmetric);
    Ok(Imported { key_id: key.arn().to_string(), key_material_id })
}
