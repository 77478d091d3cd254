//! Versions of managed policies: one is in force, and no number is used twice.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::{Done, Page, Paging, encoded};
use super::entity::Entity;
use super::managed::accept;
use crate::identity::{ManagedPolicyRecord, PolicyVersion};

/// Versions that a policy may have (IAM quotas).
const MAX_VERSIONS: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionView {
    document: Option<String>,
    version_id: String,
    is_default_version: bool,
    create_date: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionAnswer {
    policy_version: VersionView,
}

pub(super) fn view(record: &ManagedPolicyRecord, number: u32, whole: bool) -> Option<VersionView> {
    let version = record.versions.get(&number)?;
    Some(VersionView {
        document: whole.then(|| encoded(&version.document)),
        version_id: format!("v{number}"),
        is_default_version: record.default_version == number,
        create_date: version.created.timestamp(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewVersionInput {
    policy_arn: String,
    policy_document: String,
    #[serde(default)]
    set_as_default: bool,
}

pub(super) fn create_access(cx: &Cx, input: &NewVersionInput) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:CreatePolicyVersion", &input.policy_arn)
}

pub(super) fn create(cx: &mut Cx, input: NewVersionInput) -> Result<VersionAnswer, Fault> {
    let mut record = ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    accept(&input.policy_document)?;
    if record.versions.len() >= MAX_VERSIONS {
        let text = format!(
            "A managed policy can have up to {MAX_VERSIONS} versions. Before you create a new \
             version, you must delete an existing version."
        );
        return Err(Fault::new("LimitExceeded", text).status(409));
    }
    let number = record.next_version;
    let version = PolicyVersion { document: input.policy_document, created: cx.now() };
    record.versions.insert(number, version);
    record.next_version += 1;
    record.updated = cx.now();
    if input.set_as_default {
        record.default_version = number;
    }
    record.save(cx)?;
    let policy_version =
        view(&record, number, false).ok_or_else(|| Fault::internal("no version"))?;
    Ok(VersionAnswer { policy_version })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionInput {
    policy_arn: String,
    version_id: String,
}

fn no_version(input: &VersionInput) -> Fault {
    let text = format!(
        "Policy {} version {} does not exist or is not attachable.",
        input.policy_arn, input.version_id
    );
    Fault::new("NoSuchEntity", text).status(404)
}

fn number_of(id: &str) -> Option<u32> {
    id.strip_prefix('v')?.parse().ok()
}

pub(super) fn get_access(cx: &Cx, input: &VersionInput) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:GetPolicyVersion", &input.policy_arn)
}

pub(super) fn get(cx: &Cx, input: VersionInput) -> Result<VersionAnswer, Fault> {
    let record = ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    let found = number_of(&input.version_id).and_then(|number| view(&record, number, true));
    Ok(VersionAnswer { policy_version: found.ok_or_else(|| no_version(&input))? })
}

pub(super) fn delete_access(cx: &Cx, input: &VersionInput) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:DeletePolicyVersion", &input.policy_arn)
}

pub(super) fn delete(cx: &mut Cx, input: VersionInput) -> Result<Done, Fault> {
    let mut record = ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    let number = number_of(&input.version_id).ok_or_else(|| no_version(&input))?;
    if number == record.default_version {
        let text = "Cannot delete the default version of a policy.";
        return Err(Fault::new("DeleteConflict", text).status(409));
    }
    record.versions.remove(&number).ok_or_else(|| no_version(&input))?;
    record.save(cx)?;
    Ok(Done {})
}

pub(super) fn default_access(cx: &Cx, input: &VersionInput) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:SetDefaultPolicyVersion", &input.policy_arn)
}

pub(super) fn set_default(cx: &mut Cx, input: VersionInput) -> Result<Done, Fault> {
    let mut record = ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    let known = number_of(&input.version_id).filter(|n| record.versions.contains_key(n));
    record.default_version = known.ok_or_else(|| no_version(&input))?;
    record.updated = cx.now();
    record.save(cx)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionsAnswer {
    versions: Vec<VersionView>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    policy_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:ListPolicyVersions", &input.policy_arn)
}

/// Newest first.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<VersionsAnswer, Fault> {
    let record = ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    let mut numbers: Vec<(String, u32)> = record
        .versions
        .keys()
        .map(|number| (format!("{:010}", u32::MAX - number), *number))
        .collect();
    numbers.sort();
    let (numbers, page) = input.paging.cut(numbers, |(place, _)| place);
    let versions = numbers.iter().filter_map(|(_, n)| view(&record, *n, false)).collect();
    Ok(VersionsAnswer { versions, page })
}
