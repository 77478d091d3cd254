//! Which sessions may not call STS and IAM at all ("Compare AWS STS credentials", IAM User
//! Guide). No policy changes it, so it is asked before any.

use gateway::{Cx, Fault, Principal};

/// The rule of STS: sessions make no sessions, but for roles.
pub(super) fn may_call_sts(cx: &Cx, operation: &str) -> Result<(), Fault> {
    let refused = match cx.principal() {
        Principal::Role(_) => ["GetFederationToken", "GetSessionToken"].contains(&operation),
        Principal::User(user) if user.session.is_some() => {
            !["AssumeRole", "GetCallerIdentity"].contains(&operation)
        }
        Principal::Federated(_) => operation != "GetCallerIdentity",
        _ => false,
    };
    let text = format!("Cannot call {operation} with session credentials");
    let denied = || Fault::new("AccessDenied", text).status(403);
    if refused { Err(denied()) } else { Ok(()) }
}

/// The rule of IAM: sessions of GetFederationToken never call it, those of GetSessionToken only
/// when they were made with MFA. AWS answers as if it did not know the key.
pub(crate) fn may_call_iam(cx: &Cx, _operation: &str) -> Result<(), Fault> {
    let refused = match cx.principal() {
        Principal::User(user) => user.session.as_ref().is_some_and(|session| !session.mfa),
        Principal::Federated(_) => true,
        _ => false,
    };
    let text = "The security token included in the request is invalid";
    let denied = || Fault::new("InvalidClientTokenId", text).status(403);
    if refused { Err(denied()) } else { Ok(()) }
}
