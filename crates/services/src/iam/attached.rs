//! Managed policies on users and roles.

use gateway::{Access, Check, Cx, Fault};
use names::Arn;
use serde::{Deserialize, Serialize};

use super::common::{Done, Page, Paging, iam_arn, limit};
use super::holder::Holder;
use crate::identity::managed_policy;

/// Managed policies that may hang on one identity (IAM quotas).
const MAX_ATTACHED: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachInput {
    #[serde(alias = "RoleName", alias = "UserName")]
    holder: String,
    policy_arn: String,
}

fn access<H: Holder>(cx: &Cx, verb: &str, input: &AttachInput) -> Result<Access, Fault> {
    if input.policy_arn.parse::<Arn>().is_err() {
        let text = "Invalid ARN:  Could not be parsed!";
        return Err(Fault::new("ValidationError", text).status(400));
    }
    let action = format!("iam:{verb}{}Policy", H::NOUN);
    let arn = iam_arn(cx.account()?, H::resource(cx, &input.holder)?);
    Ok(Access::to(Check::new(&action, arn).with("iam:PolicyARN", input.policy_arn.clone())))
}

pub(super) fn attach_access<H: Holder>(cx: &Cx, input: &AttachInput) -> Result<Access, Fault> {
    access::<H>(cx, "Attach", input)
}

pub(super) fn attach<H: Holder>(cx: &mut Cx, input: AttachInput) -> Result<Done, Fault> {
    let mut holder = H::find(cx, &input.holder)?;
    let own = |account: &names::AccountId| Ok::<_, Fault>(account == cx.account()?);
    let known = match managed_policy(cx, &input.policy_arn)? {
        Some(policy) => policy.account.as_ref().map_or(Ok(true), own)?,
        None => false,
    };
    if !known {
        let text = format!("Policy {} does not exist or is not attachable.", input.policy_arn);
        return Err(Fault::new("NoSuchEntity", text).status(404));
    }
    let attached = &mut holder.policies().managed;
    if !attached.contains(&input.policy_arn) {
        if attached.len() >= MAX_ATTACHED {
            return Err(limit(&format!("PoliciesPer{}", H::NOUN), MAX_ATTACHED));
        }
        attached.push(input.policy_arn);
    }
    holder.save(cx)?;
    Ok(Done {})
}

pub(super) fn detach_access<H: Holder>(cx: &Cx, input: &AttachInput) -> Result<Access, Fault> {
    access::<H>(cx, "Detach", input)
}

pub(super) fn detach<H: Holder>(cx: &mut Cx, input: AttachInput) -> Result<Done, Fault> {
    let mut holder = H::find(cx, &input.holder)?;
    let attached = &mut holder.policies().managed;
    let before = attached.len();
    attached.retain(|arn| *arn != input.policy_arn);
    if attached.len() == before {
        let text = format!("Policy {} was not found.", input.policy_arn);
        return Err(Fault::new("NoSuchEntity", text).status(404));
    }
    holder.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub(super) struct ListInput {
    #[serde(alias = "RoleName", alias = "UserName")]
    holder: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer {
    attached_policies: Vec<Attached>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attached {
    policy_name: String,
    policy_arn: String,
}

pub(super) fn list_access<H: Holder>(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    let action = format!("iam:ListAttached{}Policies", H::NOUN);
    let arn = iam_arn(cx.account()?, H::resource(cx, &input.holder)?);
    Ok(Access::to(Check::new(&action, arn)))
}

pub(super) fn list<H: Holder>(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let mut all = H::find(cx, &input.holder)?.policies().managed.clone();
    all.sort();
    let (arns, page) = input.paging.cut(all, |arn| arn);
    let view = |arn: String| Attached {
        policy_name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
        policy_arn: arn,
    };
    Ok(ListAnswer { attached_policies: arns.into_iter().map(view).collect(), page })
}
