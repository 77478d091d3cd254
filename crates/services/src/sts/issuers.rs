//! Key sets of token issuers. AWS fetches them from the issuer; a platform that works without a
//! network is given them, once for all accounts.

use gateway::{Cx, Fault};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::jwt::KeySet;

const KEYS: Table<IssuerKeys> = Table::new("sts.issuer_keys");

#[derive(Serialize, Deserialize)]
struct IssuerKeys {
    /// The key set as its issuer publishes it.
    jwks: String,
}

impl Record for IssuerKeys {}

/// The issuer as records and condition keys have it: without its scheme.
pub(super) fn plain(issuer: &str) -> &str {
    issuer.trim_start_matches("https://").trim_end_matches('/')
}

/// Sets the keys (a JSON Web Key Set, RFC 7517) that sign the tokens of `issuer`, with or without
/// `https://`, in place of those it had.
///
/// # Errors
/// `InvalidKeySet` when the text is no key set with a usable key; or when the state cannot be
/// written.
pub fn set_issuer_keys(cx: &mut Cx, issuer: &str, jwks: &str) -> Result<(), Fault> {
    KeySet::parse(jwks).map_err(|why| {
        Fault::new("InvalidKeySet", format!("the key set of {issuer} is not usable: {why}"))
    })?;
    cx.put(&KEYS, plain(issuer), &IssuerKeys { jwks: jwks.to_owned() })
}

/// The keys of an issuer, by its name without the scheme.
pub(super) fn keys_of(cx: &Cx, issuer: &str) -> Result<Option<KeySet>, Fault> {
    let found = cx.get(&KEYS, issuer)?;
    found.map(|keys| KeySet::parse(&keys.jwks).map_err(Fault::internal)).transpose()
}
