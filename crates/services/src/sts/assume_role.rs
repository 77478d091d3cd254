//! AssumeRole: who may, and what the caller asks of the session.
//!
//! By "Granting permissions to create temporary security credentials" and "AssumeRole" in the
//! STS API reference. A role that does not exist is refused in the words of a refusal, so that
//! role names are not disclosed.

use gateway::{Access, Check, Cx, Fault, GuardPolicy, Principal};
use names::Arn;
use policy::PolicyKind;
use serde::{Deserialize, Serialize};

use super::mfa::Code;
use super::passed::Passed;
use super::role::{self, AssumedRoleUser, Wanted};
use super::tags::{self, Tag};
use crate::identity::{IssuedCredentials, RoleRecord};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssumeRoleInput {
    role_arn: String,
    role_session_name: String,
    external_id: Option<String>,
    duration_seconds: Option<i64>,
    #[serde(flatten)]
    passed: Passed,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    transitive_tag_keys: Vec<String>,
    source_identity: Option<String>,
    #[serde(flatten)]
    code: Code,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssumedRole {
    credentials: IssuedCredentials,
    assumed_role_user: AssumedRoleUser,
    packed_policy_size: Option<usize>,
    source_identity: Option<String>,
}

pub(super) fn access(cx: &Cx, input: &AssumeRoleInput) -> Result<Access, Fault> {
    let arn = role::arn(&input.role_arn)?;
    if matches!(cx.principal(), Principal::Root { .. }) {
        let text = "Roles may not be assumed by root accounts.";
        return Err(Fault::new("AccessDenied", text).status(403));
    }
    tags::check(cx.principal(), &input.tags, &input.transitive_tag_keys)?;
    check_source_identity(cx, input)?;
    input.passed.check()?;
    let with_code = input.code.given(cx)?;
    let role = role::find(cx, &arn)?;
    let question = |action| {
        let check = question(cx, action, input, &arn, role.as_ref());
        // The call was made with MFA, whatever the caller's own session was made with.
        let present = with_code.then_some("true");
        check
            .with_some("aws:MultiFactorAuthPresent", present)
            .with_some("aws:MultiFactorAuthAge", present.map(|_| "0"))
    };
    let mut access = Access::to(question("sts:AssumeRole"));
    if !input.tags.is_empty() {
        access = access.and(question("sts:TagSession"));
    }
    if source_identity(cx, input).is_some() {
        access = access.and(question("sts:SetSourceIdentity"));
    }
    Ok(access)
}

fn question(
    cx: &Cx,
    action: &str,
    input: &AssumeRoleInput,
    arn: &Arn,
    role: Option<&RoleRecord>,
) -> Check {
    let guard = role.map(|role| GuardPolicy {
        kind: PolicyKind::Trust,
        name: format!("trust policy of role {}", role.name),
        document: role.trust.clone(),
    });
    let mut check = tags::requested(Check::new(action, arn), &input.tags)
        .guarded_by(guard)
        .with("sts:RoleSessionName", input.role_session_name.clone())
        .with_some("sts:ExternalId", input.external_id.clone())
        .with_some("sts:SourceIdentity", source_identity(cx, input));
    if let Some(account) = &arn.account {
        check = check.owned_by(account);
    }
    if !input.transitive_tag_keys.is_empty() {
        check = check.with_all("sts:TransitiveTagKeys", input.transitive_tag_keys.clone());
    }
    // An inherited transitive tag stands in for the role's own of the same key.
    let own = role.map(|role| tags::of_session(cx.principal(), &[], &role.tags));
    for (key, value) in own.into_iter().flatten() {
        check = check
            .with(format!("aws:ResourceTag/{key}"), value.clone())
            .with(format!("iam:ResourceTag/{key}"), value);
    }
    check
}

/// A source identity is set once; a session that has one hands it on.
fn source_identity(cx: &Cx, input: &AssumeRoleInput) -> Option<String> {
    let inherited = cx.principal().session().and_then(|facts| facts.source_identity.clone());
    inherited.or_else(|| input.source_identity.clone())
}

pub(super) fn assume(cx: &Cx, input: AssumeRoleInput) -> Result<AssumedRole, Fault> {
    let gone = || Fault::internal("a role went during its decision");
    let role = role::find(cx, &role::arn(&input.role_arn)?)?.ok_or_else(gone)?;
    let source_identity = source_identity(cx, &input);
    let wanted = Wanted {
        session_name: input.role_session_name,
        seconds: input.duration_seconds,
        passed: &input.passed,
        tags: &input.tags,
        transitive: &input.transitive_tag_keys,
        source_identity: source_identity.clone(),
    };
    let assumed = role::assume(cx, &role, &wanted)?;
    Ok(AssumedRole {
        credentials: assumed.credentials,
        assumed_role_user: assumed.user,
        packed_policy_size: assumed.packed_policy_size,
        source_identity,
    })
}

/// A session keeps the source identity it has ("Monitor and control actions taken with assumed
/// roles", IAM User Guide).
fn check_source_identity(cx: &Cx, input: &AssumeRoleInput) -> Result<(), Fault> {
    let inherited = cx.principal().session().and_then(|facts| facts.source_identity.as_ref());
    match (inherited, &input.source_identity) {
        (Some(set), Some(asked)) if set != asked => {
            let text = format!(
                "User: {} is not authorized to perform: sts:SetSourceIdentity on resource: {}",
                cx.principal().arn(),
                input.role_arn
            );
            Err(Fault::new("AccessDenied", text).status(403))
        }
        _ => Ok(()),
    }
}
