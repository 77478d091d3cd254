//! Temporary credentials: a session token holds the whole session, sealed.
//!
//! AWS's tokens are opaque and of no fixed size ("Temporary security credentials", IAM User
//! Guide), so nothing is kept here and nothing need be removed when one expires.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use gateway::{Credential, Cx, Fault, Principal};
use serde::{Deserialize, Serialize};
use store::Seal;
use zeroize::Zeroizing;

use super::access_key_id;

const CONTEXT: &str = "session token";
const SECRET_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What a session token says when opened.
#[derive(Serialize, Deserialize)]
struct Session {
    access_key_id: String,
    secret: String,
    principal: Principal,
}

/// The `Credentials` of STS answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct IssuedCredentials {
    /// `ASIA…`.
    pub access_key_id: String,
    /// 40 characters.
    pub secret_access_key: String,
    /// The sealed session.
    pub session_token: String,
    /// Seconds since the epoch.
    pub expiration: i64,
}

/// Issues credentials for a principal, whose session facts say how long they last.
///
/// # Errors
/// When the principal has no session or the token cannot be sealed.
pub fn issue(cx: &Cx, principal: &Principal) -> Result<IssuedCredentials, Fault> {
    let session = principal.session().ok_or_else(|| Fault::internal("no session"))?;
    let account = principal.account().ok_or_else(|| Fault::internal("no account"))?;
    let access_key_id = access_key_id(cx.world(), "ASIA", account);
    let secret = secret(cx);
    let expiration = session.expires_at.timestamp();
    let content = Session {
        access_key_id: access_key_id.clone(),
        secret: secret.clone(),
        principal: principal.clone(),
    };
    let plain = Zeroizing::new(serde_json::to_vec(&content).map_err(Fault::internal)?);
    let token = STANDARD.encode(cx.seal().seal(CONTEXT, &plain)?);
    Ok(IssuedCredentials {
        access_key_id,
        secret_access_key: secret,
        session_token: token,
        expiration,
    })
}

/// Forty random characters, as secret access keys have.
pub fn secret(cx: &Cx) -> String {
    cx.world().text(SECRET_ALPHABET, 40)
}

/// Opens a token; `None` when it is not one of this world's, or of another key.
pub(super) fn open(seal: &Seal, access_key_id: &str, token: &str) -> Option<Credential> {
    let sealed = STANDARD.decode(token).ok()?;
    let plain = seal.open_sealed(CONTEXT, &sealed).ok()?;
    let session: Session = serde_json::from_slice(&plain).ok()?;
    if session.access_key_id != access_key_id {
        return None;
    }
    let expires_at: Option<DateTime<Utc>> =
        session.principal.session().map(|facts| facts.expires_at);
    Some(Credential {
        secret: Zeroizing::new(session.secret.as_bytes().to_vec()),
        principal: session.principal,
        expires_at,
        active: true,
    })
}
