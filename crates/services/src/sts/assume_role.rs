//! AssumeRole: who may, for how long, and what the session carries.
//!
//! By "Granting permissions to create temporary security credentials" and "AssumeRole" in the
//! STS API reference. A role that does not exist is refused in the words of a refusal, so that
//! role names are not disclosed.

use chrono::Duration;
use gateway::{Access, Check, Cx, Fault, GuardPolicy, Principal, RoleSession, SessionFacts};
use names::Arn;
use policy::PolicyKind;
use policy::validate::{Malformed, Place, validate};
use serde::{Deserialize, Serialize};

use super::duration;
use super::tags::{self, Tag};
use crate::identity::{IssuedCredentials, RoleRecord, issue, managed_policy, roles};

/// Inline policy and managed policies together, in characters ("Session policies").
const MAX_POLICY_CHARACTERS: usize = 2_048;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssumeRoleInput {
    role_arn: String,
    role_session_name: String,
    external_id: Option<String>,
    duration_seconds: Option<i64>,
    policy: Option<String>,
    #[serde(default)]
    policy_arns: Vec<PolicyArn>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    transitive_tag_keys: Vec<String>,
    source_identity: Option<String>,
    serial_number: Option<String>,
}

#[derive(Deserialize)]
struct PolicyArn {
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssumedRole {
    credentials: IssuedCredentials,
    assumed_role_user: AssumedRoleUser,
    packed_policy_size: Option<usize>,
    source_identity: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

pub(super) fn access(cx: &Cx, input: &AssumeRoleInput) -> Result<Access, Fault> {
    let arn = role_arn(&input.role_arn)?;
    if matches!(cx.principal(), Principal::Root { .. }) {
        let text = "Roles may not be assumed by root accounts.";
        return Err(Fault::new("AccessDenied", text).status(403));
    }
    tags::check(cx.principal(), &input.tags, &input.transitive_tag_keys)?;
    check_source_identity(cx, input)?;
    check_session_policy(input)?;
    let role = find(cx, &arn)?;
    let mut access = Access::to(question(cx, "sts:AssumeRole", input, &arn, role.as_ref()));
    if !input.tags.is_empty() {
        access = access.and(question(cx, "sts:TagSession", input, &arn, role.as_ref()));
    }
    if source_identity(cx, input).is_some() {
        access = access.and(question(cx, "sts:SetSourceIdentity", input, &arn, role.as_ref()));
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
    let mut check = Check::new(action, arn)
        .guarded_by(guard)
        .with("sts:RoleSessionName", input.role_session_name.clone())
        .with_some("sts:ExternalId", input.external_id.clone())
        .with_some("sts:SourceIdentity", source_identity(cx, input));
    if let Some(account) = &arn.account {
        check = check.owned_by(account);
    }
    for Tag { key, value } in &input.tags {
        check = check.with(format!("aws:RequestTag/{key}"), value.clone());
    }
    if !input.tags.is_empty() {
        check = check.with_all("aws:TagKeys", input.tags.iter().map(|tag| tag.key.clone()));
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
    let arn = role_arn(&input.role_arn)?;
    let role = find(cx, &arn)?.ok_or_else(|| Fault::internal("a role went during its decision"))?;
    if input.serial_number.is_some() {
        return Err(Fault::new("NotImplemented", "MFA devices are not implemented.").status(501));
    }
    let seconds = duration::of_role(cx, &role, input.duration_seconds)?;
    let policies = session_policies(cx, &input)?;
    let policy_size = packed_size(&policies, &input.tags);
    let inherited = tags::inherited(cx.principal()).map(|(key, _)| key.clone());
    let session = SessionFacts {
        issued_at: cx.now(),
        expires_at: cx.now() + Duration::seconds(seconds),
        source_identity: source_identity(cx, &input),
        transitive_tag_keys: inherited.chain(input.transitive_tag_keys).collect(),
        policies,
        mfa: false,
    };
    let principal = Principal::Role(RoleSession {
        account: role.account.clone(),
        role_path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        session_name: input.role_session_name,
        tags: tags::of_session(cx.principal(), &input.tags, &role.tags),
        session,
    });
    Ok(AssumedRole {
        credentials: issue(cx, &principal)?,
        assumed_role_user: AssumedRoleUser {
            assumed_role_id: principal.user_id(),
            arn: principal.arn(),
        },
        packed_policy_size: policy_size,
        source_identity: principal.session().and_then(|facts| facts.source_identity.clone()),
    })
}

fn role_arn(text: &str) -> Result<Arn, Fault> {
    let invalid = || Fault::new("ValidationError", format!("{text} is invalid")).status(400);
    let arn: Arn = text.parse().map_err(|_| invalid())?;
    let is_role = arn.service == "iam" && arn.resource.starts_with("role/");
    if is_role && arn.account.is_some() { Ok(arn) } else { Err(invalid()) }
}

fn find(cx: &Cx, arn: &Arn) -> Result<Option<RoleRecord>, Fault> {
    let Some(account) = &arn.account else { return Ok(None) };
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    // The path is part of the ARN: a role is not found under a path that is not its own.
    Ok(roles::get(cx, account, name)?.filter(|role| role.arn() == *arn))
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

fn check_session_policy(input: &AssumeRoleInput) -> Result<(), Fault> {
    let Some(document) = &input.policy else { return Ok(()) };
    let malformed = |e: Malformed| Fault::new(e.code, e.message).status(400);
    validate(Place::Session, document).map(drop).map_err(malformed)
}

fn session_policies(cx: &Cx, input: &AssumeRoleInput) -> Result<Vec<(String, String)>, Fault> {
    let mut policies = Vec::new();
    if let Some(document) = &input.policy {
        policies.push(("session policy".to_owned(), document.clone()));
    }
    for PolicyArn { arn } in &input.policy_arns {
        let found = managed_policy(cx, arn)?;
        let document = found.as_ref().and_then(|policy| policy.document()).ok_or_else(|| {
            let text = format!("Policy {arn} does not exist or is not attachable.");
            Fault::new("NoSuchEntity", text).status(404)
        })?;
        policies.push((format!("session policy {arn}"), document.to_owned()));
    }
    let inline = input.policy.as_ref().map_or(0, |document| document.chars().count());
    let arns: usize = input.policy_arns.iter().map(|policy| policy.arn.chars().count()).sum();
    if inline + arns > MAX_POLICY_CHARACTERS {
        let text = "The size of the session policy exceeds the limit of 2048 characters.";
        return Err(Fault::new("PackedPolicyTooLarge", text).status(400));
    }
    Ok(policies)
}

/// A percentage of the limit. AWS packs to a binary form that it does not describe; this counts
/// the text.
fn packed_size(policies: &[(String, String)], tags: &[Tag]) -> Option<usize> {
    let documents: usize = policies.iter().map(|(_, document)| document.len()).sum();
    let tags: usize = tags.iter().map(|tag| tag.key.len() + tag.value.len()).sum();
    let total = documents + tags;
    (total > 0).then(|| (total * 100).div_ceil(MAX_POLICY_CHARACTERS).min(100))
}
