//! What every way into a role shares: finding it, and the session that comes out.

use chrono::Duration;
use gateway::{Cx, Fault, Principal, RoleSession, SessionFacts};
use names::Arn;
use serde::Serialize;

use super::duration;
use super::passed::{Passed, packed_size};
use super::tags::{self, Tag};
use crate::identity::{IssuedCredentials, RoleRecord, issue, roles};

/// A role's ARN, or the words for what is none.
pub(super) fn arn(text: &str) -> Result<Arn, Fault> {
    let invalid = || Fault::new("ValidationError", format!("{text} is invalid")).status(400);
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let is_role = arn.service == "iam" && arn.resource.starts_with("role/");
    if is_role && arn.account.is_some() { Ok(arn) } else { Err(invalid()) }
}

pub(super) fn find(cx: &Cx, arn: &Arn) -> Result<Option<RoleRecord>, Fault> {
    let Some(account) = &arn.account else { return Ok(None) };
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    // The path is part of the ARN: a role is not found under a path that is not its own.
    Ok(roles::get(cx, account, name)?.filter(|role| role.arn() == *arn))
}

/// What the caller asks of a new session.
pub(super) struct Wanted<'a> {
    pub(super) session_name: String,
    pub(super) seconds: Option<i64>,
    pub(super) passed: &'a Passed,
    pub(super) tags: &'a [Tag],
    pub(super) transitive: &'a [String],
    pub(super) source_identity: Option<String>,
}

/// A new session, and its name and size in answers.
pub(super) struct Assumed {
    pub(super) credentials: IssuedCredentials,
    pub(super) user: AssumedRoleUser,
    pub(super) packed_policy_size: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

/// Issues a session of the role to the caller. A role's session never counts as made with MFA,
/// whatever the call was made with ("Configuring MFA-protected API access", IAM User Guide).
pub(super) fn assume(cx: &Cx, role: &RoleRecord, wanted: &Wanted) -> Result<Assumed, Fault> {
    let seconds = duration::of_role(cx, role, wanted.seconds)?;
    let policies = wanted.passed.documents(cx, &role.account)?;
    let packed_policy_size = packed_size(&policies, wanted.tags);
    let inherited = tags::inherited(cx.principal()).map(|(key, _)| key.clone());
    let session = SessionFacts {
        issued_at: cx.now(),
        expires_at: cx.now() + Duration::seconds(seconds),
        source_identity: wanted.source_identity.clone(),
        transitive_tag_keys: inherited.chain(wanted.transitive.iter().cloned()).collect(),
        policies,
        mfa: false,
    };
    let principal = Principal::Role(RoleSession {
        account: role.account.clone(),
        role_path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        session_name: wanted.session_name.clone(),
        tags: tags::of_session(cx.principal(), wanted.tags, &role.tags),
        session,
    });
    let user = AssumedRoleUser { assumed_role_id: principal.user_id(), arn: principal.arn() };
    Ok(Assumed { credentials: issue(cx, &principal)?, user, packed_policy_size })
}
