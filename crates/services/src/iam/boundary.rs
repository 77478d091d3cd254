//! Permissions boundaries of users and roles.

use gateway::{Access, Cx, Fault};
use serde::Deserialize;

use super::common::Done;
use super::holder::Holder;
use crate::identity::managed_policy;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    #[serde(alias = "RoleName", alias = "UserName")]
    holder: String,
    permissions_boundary: String,
}

pub(super) fn put_access<H: Holder>(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    let action = format!("iam:Put{}PermissionsBoundary", H::NOUN);
    let check = H::check(cx, &action, &input.holder)?;
    Ok(Access::to(check.with("iam:PermissionsBoundary", &input.permissions_boundary)))
}

pub(super) fn put<H: Holder>(cx: &mut Cx, input: PutInput) -> Result<Done, Fault> {
    let mut holder = H::to_change(cx, &input.holder)?;
    check(cx, &input.permissions_boundary)?;
    holder.policies().boundary = Some(input.permissions_boundary);
    holder.save(cx)?;
    Ok(Done {})
}

/// Only a managed policy of the account's own or of AWS's can bound anything.
pub(super) fn check(cx: &Cx, arn: &str) -> Result<(), Fault> {
    let absent = || {
        let text = format!("Scope ARN: {arn} does not exist or is not attachable.");
        Fault::new("NoSuchEntity", text).status(404)
    };
    let account = cx.account()?;
    let usable = managed_policy(cx, arn)?
        .is_some_and(|policy| policy.account.as_ref().is_none_or(|owner| owner == account));
    if usable { Ok(()) } else { Err(absent()) }
}

#[derive(Deserialize)]
pub(super) struct DeleteInput {
    #[serde(alias = "RoleName", alias = "UserName")]
    holder: String,
}

pub(super) fn delete_access<H: Holder>(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    H::access(cx, &format!("iam:Delete{}PermissionsBoundary", H::NOUN), &input.holder)
}

pub(super) fn delete<H: Holder>(cx: &mut Cx, input: DeleteInput) -> Result<Done, Fault> {
    let mut holder = H::to_change(cx, &input.holder)?;
    if holder.policies().boundary.take().is_none() {
        let noun = H::CALLED;
        let text = format!("The {noun} {} has no permissions boundary.", input.holder);
        return Err(Fault::new("NoSuchEntity", text).status(404));
    }
    holder.save(cx)?;
    Ok(Done {})
}
