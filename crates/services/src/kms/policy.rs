//! Key policies. Every key has exactly one, named `default`.

use ::policy::validate::{Malformed, Place, validate};
use gateway::{Access, Cx, Fault};
use names::AccountId;
use serde::{Deserialize, Serialize};

use super::access::{Use, check, find, lockout_check, on};
use super::key::{Done, Paging, own};
use super::state::{self, KeyRecord};
use crate::identity::{principal_id, stored_policy};

const NAME: &str = "default";
/// Bytes that a key policy may have (KMS quotas).
const MAX_BYTES: usize = 32_768;

/// The policy of a key that is created without one: it gives nothing, and lets the policies of
/// the account's identities give.
pub(super) fn default_for(account: &AccountId) -> String {
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    });
    document.to_string()
}

/// Whether a text is a policy that [`stored`] would take.
pub(super) fn is_valid(cx: &Cx, document: &str) -> Result<bool, Fault> {
    let Ok(parsed) = validate(Place::Key, document) else { return Ok(false) };
    for (kind, name) in parsed.principals() {
        if kind == "AWS" && principal_id(cx, name)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The key policy as it is stored; refuses one that breaks the grammar or names nobody.
pub(super) fn stored(cx: &mut Cx, document: &str) -> Result<String, Fault> {
    let malformed = |e: Malformed| Fault::new(e.code, e.message).status(400);
    validate(Place::Key, document).map_err(malformed)?;
    if document.len() > MAX_BYTES {
        let text = format!("A key policy has at most {MAX_BYTES} bytes.");
        return Err(Fault::new("LimitExceededException", text).status(400));
    }
    stored_policy(cx, document, |_| {
        let text = "Policy contains a statement with one or more invalid principals.";
        Fault::new("MalformedPolicyDocumentException", text).status(400)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyInput {
    key_id: String,
    policy_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyAnswer {
    policy: String,
    policy_name: &'static str,
}

pub(super) fn get_access(cx: &Cx, input: &PolicyInput) -> Result<Access, Fault> {
    on(cx, "GetKeyPolicy", &input.key_id)
}

pub(super) fn get(cx: &Cx, input: PolicyInput) -> Result<PolicyAnswer, Fault> {
    only_default(input.policy_name.as_ref())?;
    Ok(PolicyAnswer { policy: cx.shown(&find(cx, &input.key_id)?.policy)?, policy_name: NAME })
}

fn only_default(name: Option<&String>) -> Result<(), Fault> {
    if name.is_some_and(|name| name != NAME) {
        return Err(Fault::new("NotFoundException", "No such policy exists").status(400));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    key_id: String,
    policy_name: Option<String>,
    policy: String,
    bypass_policy_lockout_safety_check: Option<bool>,
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    let key = find(cx, &input.key_id)?;
    let bypass = input.bypass_policy_lockout_safety_check == Some(true);
    let given = Use { named: Some(&input.key_id), ..Use::default() };
    let asked = check(cx, "PutKeyPolicy", &key, &given)?
        .with("kms:BypassPolicyLockoutSafetyCheck", bypass.to_string());
    let access = Access::to(asked);
    if bypass {
        return Ok(access);
    }
    let after = KeyRecord { policy: input.policy.clone(), ..key };
    Ok(lockout_check(cx, &after)?.into_iter().fold(access, Access::also))
}

pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Done, Fault> {
    only_default(input.policy_name.as_ref())?;
    let mut key = own(cx, &input.key_id)?;
    key.not_pending_deletion(cx.now())?;
    key.policy = stored(cx, &input.policy)?;
    state::put_key(cx, &key)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Names {
    policy_names: Vec<&'static str>,
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    key_id: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    on(cx, "ListKeyPolicies", &input.key_id)
}

pub(super) fn list(_: &Cx, input: ListInput) -> Result<Names, Fault> {
    let (policy_names, next_marker) = input.paging.cut(vec![NAME], |name| name);
    Ok(Names { policy_names, truncated: next_marker.is_some(), next_marker })
}
