//! Managed policies on users, groups and roles.

use gateway::{Access, Cx, Fault};
use names::Arn;
use serde::{Deserialize, Serialize};

use super::common::{Done, Page, Paging, limit};
use super::holder::Holder;
use crate::identity::managed_policy;

/// Managed policies that may hang on one identity (IAM quotas).
const MAX_ATTACHED: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachInput {
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    holder: String,
    policy_arn: String,
}

fn access<H: Holder>(cx: &Cx, verb: &str, input: &AttachInput) -> Result<Access, Fault> {
    if input.policy_arn.parse::<Arn>().is_err() {
        let text = "Invalid ARN:  Could not be parsed!";
        return Err(Fault::new("ValidationError", text).status(400));
    }
    let action = format!("iam:{verb}{}Policy", H::NOUN);
    let check = H::check(cx, &action, &input.holder)?;
    Ok(Access::to(check.with("iam:PolicyARN", input.policy_arn.clone())))
}

pub(super) fn attach_access<H: Holder>(cx: &Cx, input: &AttachInput) -> Result<Access, Fault> {
    access::<H>(cx, "Attach", input)
}

pub(super) fn attach<H: Holder>(cx: &mut Cx, input: AttachInput) -> Result<Done, Fault> {
    let mut holder = H::to_change(cx, &input.holder)?;
    let own = |account: &names::AccountId| Ok::<_, Fault>(account == cx.account()?);
    let known = match managed_policy(cx, &input.policy_arn)? {
        Some(policy) => policy.account.as_ref().map_or(Ok(true), own)?,
        None => false,
    };
    if !known {
        let text = format!("Policy {} does not exist or is not attachable.", input.policy_arn);
        return Err(Fault::new("NoSuchEntity", text).status(404));
    }
    if input.policy_arn.starts_with("arn:aws:iam::aws:policy/aws-service-role/") {
        let text = "Cannot attach a Service Role Policy to a Customer Role.";
        return Err(Fault::new("PolicyNotAttachable", text).status(400));
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
    let mut holder = H::to_change(cx, &input.holder)?;
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
    #[serde(alias = "RoleName", alias = "UserName", alias = "GroupName")]
    holder: String,
    #[serde(rename = "PathPrefix")]
    path_prefix: Option<String>,
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
pub(super) struct Attached {
    policy_name: String,
    policy_arn: String,
}

pub(super) fn list_access<H: Holder>(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    H::access(cx, &format!("iam:ListAttached{}Policies", H::NOUN), &input.holder)
}

pub(super) fn list<H: Holder>(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let prefix = input.path_prefix.unwrap_or_else(|| "/".to_owned());
    let mut all = H::find(cx, &input.holder)?.policies().managed.clone();
    all.retain(|arn| path_of(arn).is_some_and(|path| path.starts_with(&prefix)));
    all.sort();
    let (arns, page) = input.paging.cut(all, |arn| arn);
    Ok(ListAnswer { attached_policies: arns.into_iter().map(Attached::of).collect(), page })
}

/// `/division/` of `arn:aws:iam::111111111111:policy/division/name`.
fn path_of(arn: &str) -> Option<String> {
    let resource = arn.parse::<Arn>().ok()?.resource;
    let path = resource.strip_prefix("policy")?;
    Some(path.rsplit_once('/')?.0.to_owned() + "/")
}

impl Attached {
    /// A managed policy by its ARN, whose last part is its name.
    pub(super) fn of(arn: String) -> Self {
        Self { policy_name: arn.rsplit('/').next().unwrap_or_default().to_owned(), policy_arn: arn }
    }
}
