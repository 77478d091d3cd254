//! Whose signature a request carries.

use ::http::request::Parts;
use store::TxMode;
use wire::sigv4::{PayloadHash, Presented, SigError, Verified};

use crate::dispatch::Gateway;
use crate::{Fault, Principal};

/// An authenticated caller, and what the chunks of its body are verified by.
pub(crate) struct Authenticated {
    pub(crate) principal: Principal,
    pub(crate) region: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) payload: PayloadHash,
    pub(crate) verified: Option<Verified>,
}

/// Operations whose callers prove who they are by a token in the input.
const BY_TOKEN: [&str; 1] = ["AssumeRoleWithWebIdentity"];

/// Verifies the signature of a request for `operation` of `model`'s service. `body` is the whole body, or empty
/// for an operation that streams it.
pub(crate) fn authenticate(
    gateway: &Gateway,
    (model, operation): (&wire::Model, &str),
    parts: &Parts,
    body: &[u8],
) -> Result<Authenticated, Fault> {
    let protocol = model.protocol();
    let refuse = |error: SigError| Fault::from(error.fault(protocol));
    if is_version_2(parts) {
        // S3's words in every Region that was opened after 2014.
        let text = "The authorization mechanism you have provided is not supported. Please use \
                    AWS4-HMAC-SHA256.";
        return Err(Fault::new("InvalidRequest", text).status(400));
    }
    if is_by_token(model, operation) {
        // A signature that comes along says nothing: the token alone counts.
        return unsigned(model, operation, parts).map_err(refuse);
    }
    let Some(presented) = Presented::parse(parts).map_err(refuse)? else {
        return unsigned(model, operation, parts).map_err(refuse);
    };
    presented.check_scope(model.signing_name(), None).map_err(refuse)?;
    let payload = PayloadHash::of_request(parts, &presented, body).map_err(refuse)?;
    let key = presented.access_key_id();
    let token = presented.session_token();
    let store = gateway.store();
    let tx = store.begin(TxMode::Read)?;
    let credential = gateway.identities().credential(&tx, store.seal(), key, token)?;
    let unknown = || match token {
        Some(_) => SigError::InvalidToken,
        None => SigError::UnknownKey { access_key_id: key.to_owned() },
    };
    let credential = credential.filter(|c| c.active).ok_or_else(|| refuse(unknown()))?;
    let now = gateway.world().now();
    let verified = presented.verify(parts, &payload, &credential.secret, now).map_err(refuse)?;
    // Only after the signature holds: an expired session must not tell strangers that it existed.
    if credential.expires_at.is_some_and(|end| end <= now) {
        return Err(refuse(SigError::ExpiredToken));
    }
    Ok(Authenticated {
        principal: credential.principal,
        region: Some(presented.region().to_owned()),
        access_key_id: Some(key.to_owned()),
        payload,
        verified: Some(verified),
    })
}

/// Whether a request carries a signature of version 2, in its header or as a presigned URL.
fn is_version_2(parts: &Parts) -> bool {
    let header = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
    let query = parts.uri.query().unwrap_or_default();
    let names = |name: &str| query.split('&').any(|pair| pair.starts_with(name));
    header.is_some_and(|value| value.starts_with("AWS "))
        || (names("AWSAccessKeyId=") && names("Signature="))
}

fn is_by_token(model: &wire::Model, operation: &str) -> bool {
    model.name() == "sts" && BY_TOKEN.contains(&operation)
}

/// S3 admits anonymous requests, which its policies then decide on, and STS those that bring a
/// token; no other service does.
fn unsigned(
    model: &wire::Model,
    operation: &str,
    parts: &Parts,
) -> Result<Authenticated, SigError> {
    if model.name() != "s3" && !is_by_token(model, operation) {
        return Err(SigError::NoSignature);
    }
    let declared = parts.headers.get("x-amz-content-sha256").and_then(|v| v.to_str().ok());
    let payload = declared.map_or(Ok(PayloadHash::Unsigned), PayloadHash::parse)?;
    Ok(Authenticated {
        principal: Principal::Anonymous,
        region: None,
        access_key_id: None,
        payload,
        verified: None,
    })
}

/// [`Gateway::sign_in`]: the same questions as for a signature, with the secret itself in hand.
pub(crate) fn sign_in(
    gateway: &Gateway,
    access_key_id: &str,
    secret_access_key: &str,
    session_token: Option<&str>,
) -> Result<Principal, Fault> {
    let refuse = |code, text: &str| Fault::new(code, text).status(403);
    let store = gateway.store();
    let tx = store.begin(TxMode::Read)?;
    let found = gateway.identities().credential(&tx, store.seal(), access_key_id, session_token)?;
    let credential = found.filter(|credential| credential.active).ok_or_else(|| {
        let text = "The AWS Access Key Id you provided does not exist in our records.";
        refuse("InvalidAccessKeyId", text)
    })?;
    // Compared by digest, so that the time taken tells nothing of the secret.
    let digest = |bytes: &[u8]| ring::digest::digest(&ring::digest::SHA256, bytes);
    let same = digest(&credential.secret).as_ref() == digest(secret_access_key.as_bytes()).as_ref();
    if !same {
        let text = "The request signature we calculated does not match the signature you \
                    provided. Check your key and signing method.";
        return Err(refuse("SignatureDoesNotMatch", text));
    }
    if credential.expires_at.is_some_and(|end| end <= gateway.world().now()) {
        return Err(refuse("ExpiredToken", "The provided token has expired."));
    }
    Ok(credential.principal)
}
