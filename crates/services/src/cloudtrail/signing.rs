//! The keys that digests are signed with, one for each Region, and ListPublicKeys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};
use gateway::{Access, Check, Cx, Fault};
use names::Region;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rsa::sha2::{Digest, Sha256};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use serde::Deserialize;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Record, Table};

use super::find::fault;
use crate::randomness::Random;

const KEYS: Table<KeyRecord> = Table::new("cloudtrail.signing_keys");
const BITS: usize = 2_048;
/// How long a key signs. AWS's are replaced sooner; a world here seldom lives so long.
const VALIDITY: Duration = Duration::days(3_650);

/// The key pair of a Region.
#[derive(Serialize, Deserialize)]
struct KeyRecord {
    /// PKCS #8, sealed.
    #[serde(with = "store::as_text")]
    sealed: Vec<u8>,
    /// PKCS #1, DER.
    public: Vec<u8>,
    created: DateTime<Utc>,
}

impl Record for KeyRecord {}

/// A key that can sign.
pub(super) struct SigningKey {
    private: RsaPrivateKey,
    public: Vec<u8>,
}

fn context(region: &Region) -> String {
    format!("cloudtrail signing key {region}")
}

/// The Region's key, made when it is first needed.
///
/// # Errors
/// When the state cannot be read or written.
pub(super) fn of(cx: &mut Cx, region: &Region) -> Result<SigningKey, Fault> {
    if let Some(KeyRecord { sealed, public, .. }) = cx.get(&KEYS, region.as_str())? {
        let opened = cx.seal().open_sealed(&context(region), &sealed)?;
        let private = RsaPrivateKey::from_pkcs8_der(&opened).map_err(Fault::internal)?;
        return Ok(SigningKey { private, public });
    }
    let private = RsaPrivateKey::new(&mut Random::of(cx.world()), BITS).map_err(Fault::internal)?;
    let der = private.to_pkcs8_der().map_err(Fault::internal)?;
    let public = RsaPublicKey::from(&private).to_pkcs1_der().map_err(Fault::internal)?.into_vec();
    let sealed = cx.seal().seal(&context(region), der.as_bytes())?;
    let record = KeyRecord { sealed, public: public.clone(), created: cx.now() };
    cx.put(&KEYS, region.as_str(), &record)?;
    Ok(SigningKey { private, public })
}

impl SigningKey {
    /// RSASSA-PKCS1-v1_5 with SHA-256, in hexadecimal.
    ///
    /// # Errors
    /// An internal failure, which a stored key cannot cause.
    pub(super) fn sign(&self, text: &str) -> Result<String, Fault> {
        let hashed = Sha256::digest(text.as_bytes());
        let signature = self.private.sign(Pkcs1v15Sign::new::<Sha256>(), &hashed);
        signature.map(hex::encode).map_err(Fault::internal)
    }

    pub(super) fn fingerprint(&self) -> String {
        fingerprint(&self.public)
    }
}

/// The name of a public key: half of its SHA-256.
fn fingerprint(public: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(public));
    hash.truncate(32);
    hash
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    start_time: Option<f64>,
    end_time: Option<f64>,
}

pub(super) fn list_access(_: &Cx, _: &ListInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("cloudtrail:ListPublicKeys")))
}

/// ListPublicKeys: of the Region, valid at some time of the range, which is now by default.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Value, Fault> {
    let now = cx.now().timestamp() as f64;
    let (start, end) = (input.start_time.unwrap_or(now), input.end_time.unwrap_or(now));
    if start > end {
        let text = "The start time must be before the end time.";
        return Err(fault("InvalidTimeRangeException", text));
    }
    let key = cx.get(&KEYS, cx.region().as_str())?.filter(|key| {
        let (from, until) = (key.created, key.created + VALIDITY);
        from.timestamp() as f64 <= end && start <= until.timestamp() as f64
    });
    let told = key.map(|key| {
        json!({
            "Value": STANDARD.encode(&key.public),
            "ValidityStartTime": key.created.timestamp(),
            "ValidityEndTime": (key.created + VALIDITY).timestamp(),
            "Fingerprint": fingerprint(&key.public),
        })
    });
    Ok(json!({ "PublicKeyList": told.into_iter().collect::<Vec<_>>() }))
}
