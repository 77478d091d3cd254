//! Resource policies of tables ("Using resource-based policies for DynamoDB", Developer Guide).

use ::policy::validate::{Place, validate};
use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::access::{Ask, existing};
use super::faults::{invalid, limit};
use super::state::{self, ResourcePolicy};
use crate::identity::stored_policy;

/// Bytes of a policy, without blanks.
const MAX_BYTES: usize = 20 * 1024;
/// The revision that asks for there being no policy.
const NO_POLICY: &str = "NO_POLICY";

/// An id for a policy that is being set.
pub(super) fn revision(cx: &Cx) -> String {
    cx.world().text(b"0123456789", 13)
}

/// A policy's text as it is stored.
pub(super) fn checked(cx: &mut Cx, text: &str) -> Result<String, Fault> {
    if text.chars().filter(|c| !c.is_whitespace()).count() > MAX_BYTES {
        return Err(limit("Resource policy size exceeds the limit of 20 KB"));
    }
    let wrong = |message: String| invalid(format!("Invalid policy document: {message}"));
    validate(Place::Secret, text).map_err(|malformed| wrong(malformed.message))?;
    stored_policy(cx, text, |_| wrong("Invalid principal in policy".to_owned()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutInput {
    resource_arn: String,
    policy: String,
    expected_revision_id: Option<String>,
    confirm_remove_self_resource_access: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Revised {
    revision_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shown {
    policy: String,
    revision_id: String,
}

fn no_policy(arn: &str) -> Fault {
    let text = format!("Resource-based policy not found for the provided ResourceArn: {arn}");
    Fault::new("PolicyNotFoundException", text).status(400)
}

/// Refuses a change of another revision than the caller knows.
fn check_revision(present: Option<&ResourcePolicy>, expected: Option<&str>) -> Result<(), Fault> {
    let known = present.map_or(NO_POLICY, |policy| policy.revision.as_str());
    if expected.is_none_or(|expected| expected == known) {
        return Ok(());
    }
    let text = "Resource-based policy with the expected revision id was not found";
    Err(Fault::new("PolicyNotFoundException", text).status(400))
}

pub(super) fn put_access(cx: &Cx, input: &PutInput) -> Result<Access, Fault> {
    Ask::new("PutResourcePolicy", &input.resource_arn).access(cx)
}

/// PutResourcePolicy: one that takes the caller's own right to change it must say so.
pub(super) fn put(cx: &mut Cx, input: PutInput) -> Result<Revised, Fault> {
    let mut table = existing(cx, &input.resource_arn)?;
    check_revision(table.policy.as_ref(), input.expected_revision_id.as_deref())?;
    let document = checked(cx, &input.policy)?;
    let same = table.policy.as_ref().filter(|policy| policy.document == document);
    if let Some(policy) = same {
        return Ok(Revised { revision_id: Some(policy.revision.clone()) });
    }
    let revision_id = revision(cx);
    table.policy = Some(ResourcePolicy { document, revision: revision_id.clone() });
    state::put_table(cx, &table)?;
    let again = Ask::new("PutResourcePolicy", &input.resource_arn).check(cx)?;
    if input.confirm_remove_self_resource_access != Some(true) && !cx.allows(&again)? {
        return Err(invalid(
            "This policy would remove your access to change it; set \
             ConfirmRemoveSelfResourceAccess to true to confirm.",
        ));
    }
    Ok(Revised { revision_id: Some(revision_id) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    resource_arn: String,
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    Ask::new("GetResourcePolicy", &input.resource_arn).access(cx)
}

/// GetResourcePolicy.
pub(super) fn get(cx: &Cx, input: GetInput) -> Result<Shown, Fault> {
    let table = existing(cx, &input.resource_arn)?;
    let policy = table.policy.ok_or_else(|| no_policy(&input.resource_arn))?;
    Ok(Shown { policy: cx.shown(&policy.document)?, revision_id: policy.revision })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteInput {
    resource_arn: String,
    expected_revision_id: Option<String>,
}

pub(super) fn delete_access(cx: &Cx, input: &DeleteInput) -> Result<Access, Fault> {
    Ask::new("DeleteResourcePolicy", &input.resource_arn).access(cx)
}

/// DeleteResourcePolicy: one that is absent is deleted all the same, unless a revision is
/// expected.
pub(super) fn delete(cx: &mut Cx, input: DeleteInput) -> Result<Revised, Fault> {
    let mut table = existing(cx, &input.resource_arn)?;
    check_revision(table.policy.as_ref(), input.expected_revision_id.as_deref())?;
    let revision_id = table.policy.take().map(|policy| policy.revision);
    state::put_table(cx, &table)?;
    Ok(Revised { revision_id })
}
