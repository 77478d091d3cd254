//! Key policies. Every key has exactly one, named `default`.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{check, find};
use super::key::{Done, check_policy, own};
use super::state;

const NAME: &str = "default";

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
    Ok(Access::to(check(cx, "GetKeyPolicy", &find(cx, &input.key_id)?)?))
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
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, "PutKeyPolicy", &find(cx, &input.key_id)?)?))
}

pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Done, Fault> {
    only_default(input.policy_name.as_ref())?;
    let mut key = own(cx, &input.key_id)?;
    key.policy = check_policy(cx, &input.policy)?;
    state::put_key(cx, &key)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Names {
    policy_names: [&'static str; 1],
    truncated: bool,
}

pub(super) fn list_access(cx: &Cx, input: &PolicyInput) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, "ListKeyPolicies", &find(cx, &input.key_id)?)?))
}

pub(super) fn list(_: &Cx, _: PolicyInput) -> Result<Names, Fault> {
    Ok(Names { policy_names: [NAME], truncated: false })
}
