//! Resource policies of secrets.

use ::policy::public::is_public;
use ::policy::validate::{Malformed, Place, validate};
use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{check, check_on, existing, on, readable};
use super::secret::ById;
use super::state;
use crate::identity::stored_policy;

#[derive(Serialize)]
pub(super) struct PolicyAnswer {
    #[serde(rename = "ARN")]
    arn: String,
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "ResourcePolicy")]
    policy: Option<String>,
}

pub(super) fn get_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "GetResourcePolicy", &input.secret_id)
}

pub(super) fn get(cx: &Cx, input: ById) -> Result<PolicyAnswer, Fault> {
    let secret = existing(cx, &input.secret_id)?;
    let arn = secret.arn().to_string();
    let policy = secret.policy.map(|document| cx.shown(&document)).transpose()?;
    Ok(PolicyAnswer { arn, name: secret.name, policy })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    secret_id: String,
    resource_policy: String,
    block_public_policy: Option<bool>,
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    let block = input.block_public_policy.map(|block| block.to_string());
    let check = super::access::check(cx, "PutResourcePolicy", &input.secret_id)?
        .with_some("secretsmanager:BlockPublicPolicy", block);
    Ok(Access::to(check))
}

pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<PolicyAnswer, Fault> {
    let mut secret = readable(cx, &input.secret_id)?;
    let malformed = |e: Malformed| Fault::new(e.code, e.message).status(400);
    let document = validate(Place::Secret, &input.resource_policy).map_err(malformed)?;
    if input.block_public_policy == Some(true) && is_public(&document) {
        let text = "The resource policy grants broad access and BlockPublicPolicy is set.";
        return Err(Fault::new("PublicPolicyException", text).status(400));
    }
    secret.policy = Some(stored_policy(cx, &input.resource_policy, |_| {
        let text = "This resource policy contains an unsupported principal.";
        Fault::new("MalformedPolicyDocumentException", text).status(400)
    })?);
    state::put(cx, &secret)?;
    Ok(PolicyAnswer { arn: secret.arn().to_string(), name: secret.name, policy: None })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ValidateInput {
    secret_id: Option<String>,
    resource_policy: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Validation {
    policy_validation_passed: bool,
    validation_errors: Vec<Finding>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Finding {
    check_name: &'static str,
    error_message: &'static str,
}

/// Two permissions, and without a secret both on every secret.
pub(super) fn validate_access(cx: &Cx, input: &ValidateInput) -> Result<Access, Fault> {
    let ask = |action: &str| match &input.secret_id {
        Some(id) => check(cx, action, id),
        None => Ok(Check::on_everything(&format!("secretsmanager:{action}"))),
    };
    Ok(Access::to(ask("ValidateResourcePolicy")?).and(ask("PutResourcePolicy")?))
}

/// What PutResourcePolicy would find. A document that is none is a fault; AWS documents what it
/// looks for and not the names of its checks, so these are ours.
pub(super) fn validation(cx: &Cx, input: ValidateInput) -> Result<Validation, Fault> {
    let malformed = |e: Malformed| Fault::new(e.code, e.message).status(400);
    let document = validate(Place::Secret, &input.resource_policy).map_err(malformed)?;
    let mut findings = Vec::new();
    if is_public(&document) {
        findings.push(Finding {
            check_name: "BLOCK_PUBLIC_POLICY",
            error_message: "The resource policy grants broad access to the secret.",
        });
    }
    if let Some(id) = &input.secret_id {
        let mut secret = existing(cx, id)?;
        secret.policy = Some(input.resource_policy);
        if !cx.allows(&check_on(&secret, "PutResourcePolicy"))? {
            findings.push(Finding {
                check_name: "LOCKOUT_CHECK",
                error_message: "Under the resource policy the caller could not change it any more.",
            });
        }
    }
    Ok(Validation { policy_validation_passed: findings.is_empty(), validation_errors: findings })
}

pub(super) fn delete_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    on(cx, "DeleteResourcePolicy", &input.secret_id)
}

pub(super) fn delete(cx: &mut Cx, input: ById) -> Result<PolicyAnswer, Fault> {
    let mut secret = existing(cx, &input.secret_id)?;
    secret.policy = None;
    state::put(cx, &secret)?;
    Ok(PolicyAnswer { arn: secret.arn().to_string(), name: secret.name, policy: None })
}
