//! GetSessionToken: temporary credentials of a user, with or without MFA.

use chrono::Duration;
use gateway::{Access, Cx, Fault, Principal, SessionFacts, User};
use serde::{Deserialize, Serialize};

use super::duration;
use super::mfa::Code;
use crate::identity::{IssuedCredentials, issue};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    duration_seconds: Option<i64>,
    #[serde(flatten)]
    code: Code,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    credentials: IssuedCredentials,
}

pub(super) fn access(_: &Cx, _: &Input) -> Result<Access, Fault> {
    Ok(Access::open_to_all_authenticated("GetSessionToken: users need no permissions for it"))
}

/// For users with long-term keys. Root users have no keys in this world that could sign the call.
pub(super) fn get(cx: &Cx, input: Input) -> Result<Answer, Fault> {
    let Principal::User(user) = cx.principal() else {
        let text = "Cannot call GetSessionToken with session credentials";
        return Err(Fault::new("AccessDenied", text).status(403));
    };
    let seconds = input.duration_seconds.unwrap_or(duration::OF_USERS);
    let session = SessionFacts {
        issued_at: cx.now(),
        expires_at: cx.now() + Duration::seconds(seconds),
        source_identity: None,
        transitive_tag_keys: Vec::new(),
        policies: Vec::new(),
        mfa: input.code.given(cx)?,
    };
    let principal = Principal::User(User { session: Some(session), ..user.clone() });
    Ok(Answer { credentials: issue(cx, &principal)? })
}
