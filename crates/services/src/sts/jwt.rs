//! Tokens of OpenID Connect providers: JSON Web Tokens (RFC 7519) signed by RS256, RS384, RS512,
//! ES256 or ES384 (RFC 7518), verified against a JSON Web Key Set (RFC 7517).
//!
//! Knows nothing of accounts and providers. Start at [`Token::parse`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

/// A token in its parts. Nothing of it is to be believed before [`Token::is_signed_by`].
pub(super) struct Token<'a> {
    header: Header,
    /// What the signature is over.
    signed: &'a str,
    signature: Vec<u8>,
    pub(super) claims: Claims,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// The claims that are looked at ("OpenID Connect Core 1.0", section 2, and "Pass session tags
/// using AssumeRoleWithWebIdentity", IAM User Guide).
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: Option<String>,
    pub(super) sub: Option<String>,
    pub(super) exp: Option<i64>,
    pub(super) iat: Option<i64>,
    pub(super) nbf: Option<i64>,
    pub(super) azp: Option<String>,
    #[serde(default)]
    aud: OneOrMany,
    #[serde(default)]
    amr: OneOrMany,
    #[serde(rename = "https://aws.amazon.com/tags")]
    pub(super) tags: Option<TagClaim>,
    #[serde(rename = "https://aws.amazon.com/source_identity")]
    pub(super) source_identity: Option<String>,
}

/// Session tags that the provider asserts.
#[derive(Deserialize)]
pub(super) struct TagClaim {
    #[serde(default)]
    pub(super) principal_tags: std::collections::BTreeMap<String, OneOrMany>,
    #[serde(default)]
    pub(super) transitive_tag_keys: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn values(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Claims {
    pub(super) fn audiences(&self) -> &[String] {
        self.aud.values()
    }

    pub(super) fn methods(&self) -> &[String] {
        self.amr.values()
    }
}

impl<'a> Token<'a> {
    /// The parts of a token in compact form; `None` for any other text.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            signed,
            signature: decode(signature)?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
        })
    }

    /// Whether a key of the set made the signature. A token that names its key is tried with
    /// that one only.
    pub(super) fn is_signed_by(&self, keys: &KeySet) -> bool {
        let named = |key: &&Key| self.header.kid.is_none() || key.kid == self.header.kid;
        keys.keys.iter().filter(named).any(|key| self.verifies(key).unwrap_or(false))
    }

    /// `None` for a key that is unfit for the token's algorithm, or an algorithm that is not
    /// taken: unsigned tokens and those with shared keys above all.
    fn verifies(&self, key: &Key) -> Option<bool> {
        if key.alg.as_ref().is_some_and(|alg| *alg != self.header.alg) {
            return None;
        }
        let message = self.signed.as_bytes();
        let rsa: &RsaParameters = match self.header.alg.as_str() {
            "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
            "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
            "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
            "ES256" => {
                let point = key.point("P-256", 32)?;
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
                return Some(key.verify(message, &self.signature).is_ok());
            }
            "ES384" => {
                let point = key.point("P-384", 48)?;
                let key = UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point);
                return Some(key.verify(message, &self.signature).is_ok());
            }
            _ => return None,
        };
        let (n, e) = key.modulus()?;
        let key = RsaPublicKeyComponents { n, e };
        Some(key.verify(rsa, message, &self.signature).is_ok())
    }
}

/// A JSON Web Key Set.
#[derive(Deserialize)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

/// A public key; members of other kinds of keys are absent.
#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key set.
    ///
    /// # Errors
    /// What is wrong with it: no JSON, no keys, or none that could verify a token.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let set: Self = serde_json::from_value(json).map_err(|e| e.to_string())?;
        let usable = |key: &Key| {
            key.modulus().is_some()
                || key.point("P-256", 32).is_some()
                || key.point("P-384", 48).is_some()
        };
        if set.keys.iter().any(usable) {
            return Ok(set);
        }
        Err("it has no RSA, P-256 or P-384 key".to_owned())
    }
}

impl Key {
    /// Modulus and exponent of an RSA key.
    fn modulus(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let decode = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_ref()?).ok();
        if self.kty == "RSA" { decode(&self.n).zip(decode(&self.e)) } else { None }
    }

    /// The point of a key on `curve`, uncompressed; each coordinate has `size` bytes.
    fn point(&self, curve: &str, size: usize) -> Option<Vec<u8>> {
        if self.kty != "EC" || self.crv.as_deref() != Some(curve) {
            return None;
        }
        let decode = |text: &Option<String>| {
            URL_SAFE_NO_PAD.decode(text.as_ref()?).ok().filter(|bytes| bytes.len() == size)
        };
        let (x, y) = decode(&self.x).zip(decode(&self.y))?;
        Some([&[4], x.as_slice(), y.as_slice()].concat())
    }
}
