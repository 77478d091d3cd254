//! Customer managed policies and their versions; AWS's own can be read.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::Arn;
use policy::validate::Place;
use serde::{Deserialize, Serialize};

use super::common::{
    Done, Page, Paging, Tag, check_document, encoded, iam_arn, on_all, path_or_root, tag_list,
    tag_map,
};
use crate::identity::{
    self, Attachments, ManagedPolicyRecord, PolicyVersion, aws_managed_policies, managed_policies,
    managed_policy, roles, users,
};

/// Versions that a policy may have (IAM quotas).
const MAX_VERSIONS: usize = 5;

/// A policy in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyView {
    policy_name: String,
    policy_id: String,
    arn: String,
    path: String,
    default_version_id: String,
    attachment_count: usize,
    permissions_boundary_usage_count: usize,
    is_attachable: bool,
    description: Option<String>,
    create_date: i64,
    update_date: i64,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyAnswer {
    policy: PolicyView,
}

fn view(cx: &Cx, record: &ManagedPolicyRecord) -> Result<PolicyView, Fault> {
    let arn = record.arn().to_string();
    let (attachment_count, permissions_boundary_usage_count) = usage(cx, &arn)?;
    Ok(PolicyView {
        policy_name: record.name.clone(),
        policy_id: record.id.clone(),
        path: record.path.clone(),
        default_version_id: format!("v{}", record.default_version),
        attachment_count,
        permissions_boundary_usage_count,
        is_attachable: true,
        description: record.description.clone(),
        create_date: record.created.timestamp(),
        update_date: record.updated.timestamp(),
        tags: tag_list(&record.tags),
        arn,
    })
}

/// How many identities of the account the policy hangs on, and how many it bounds.
fn usage(cx: &Cx, arn: &str) -> Result<(usize, usize), Fault> {
    let account = cx.account()?;
    let of_users = users::list(cx, account)?.into_iter().map(|user| user.policies);
    let of_roles = roles::list(cx, account)?.into_iter().map(|role| role.policies);
    let holders: Vec<Attachments> = of_users.chain(of_roles).collect();
    let attached = |held: &&Attachments| held.managed.iter().any(|known| known == arn);
    let bounded = |held: &&Attachments| held.boundary.as_deref() == Some(arn);
    Ok((holders.iter().filter(attached).count(), holders.iter().filter(bounded).count()))
}

fn find(cx: &Cx, arn: &str) -> Result<ManagedPolicyRecord, Fault> {
    let text = format!("Policy {arn} was not found.");
    managed_policy(cx, arn)?.ok_or_else(|| Fault::new("NoSuchEntity", text).status(404))
}

/// The check on a policy's ARN; a text that is no ARN is refused first.
fn on_policy(cx: &Cx, action: &str, arn: &str) -> Result<Access, Fault> {
    let parsed: Arn = arn.parse().map_err(|_| {
        Fault::new("ValidationError", "Invalid ARN:  Could not be parsed!").status(400)
    })?;
    let owner = parsed.account.clone().map_or_else(|| cx.account().cloned(), Ok)?;
    Ok(Access::to(Check::new(action, parsed).owned_by(&owner)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    policy_name: String,
    path: Option<String>,
    policy_document: String,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let path = path_or_root(input.path.clone());
    let arn = iam_arn(cx.account()?, format!("policy{path}{}", input.policy_name));
    Ok(Access::to(Check::new("iam:CreatePolicy", arn)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<PolicyAnswer, Fault> {
    let account = cx.account()?.clone();
    if managed_policies::get(cx, &account, &input.policy_name)?.is_some() {
        let text = format!(
            "A policy called {} already exists. Duplicate names are not allowed.",
            input.policy_name
        );
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    check_document(Place::Identity, &input.policy_document)?;
    let first = PolicyVersion { document: input.policy_document, created: cx.now() };
    let record = ManagedPolicyRecord {
        id: identity::unique_id(cx.world(), "ANPA"),
        account: Some(account.clone()),
        name: input.policy_name,
        path: path_or_root(input.path),
        description: input.description,
        created: cx.now(),
        updated: cx.now(),
        versions: BTreeMap::from([(1, first)]),
        default_version: 1,
        next_version: 2,
        tags: tag_map(input.tags),
    };
    managed_policies::put(cx, &account, &record)?;
    Ok(PolicyAnswer { policy: view(cx, &record)? })
}

/// A policy by ARN: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ByArn {
    policy_arn: String,
}

pub(super) fn get_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    on_policy(cx, "iam:GetPolicy", &input.policy_arn)
}

pub(super) fn get(cx: &Cx, input: ByArn) -> Result<PolicyAnswer, Fault> {
    Ok(PolicyAnswer { policy: view(cx, &find(cx, &input.policy_arn)?)? })
}

pub(super) fn delete_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    on_policy(cx, "iam:DeletePolicy", &input.policy_arn)
}

pub(super) fn delete(cx: &mut Cx, input: ByArn) -> Result<Done, Fault> {
    let record = find(cx, &input.policy_arn)?;
    if usage(cx, &input.policy_arn)? != (0, 0) {
        let text = "Cannot delete a policy attached to entities.";
        return Err(Fault::new("DeleteConflict", text).status(409));
    }
    if record.versions.len() > 1 {
        let text = "This policy has more than one version. Before you delete a policy, you must \
                    delete the policy's versions. The default version is deleted with the policy.";
        return Err(Fault::new("DeleteConflict", text).status(409));
    }
    let account = cx.account()?.clone();
    managed_policies::delete(cx, &account, &record.name)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    scope: Option<String>,
    #[serde(default)]
    only_attached: bool,
    path_prefix: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer {
    policies: Vec<PolicyView>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_access(cx: &Cx, _: &ListInput) -> Result<Access, Fault> {
    on_all(cx, "iam:ListPolicies", "policy")
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let scope = input.scope.unwrap_or_else(|| "All".to_owned());
    let prefix = path_or_root(input.path_prefix);
    let mut records = Vec::new();
    if scope != "AWS" {
        records.extend(managed_policies::list(cx, cx.account()?)?);
    }
    if scope != "Local" {
        records.extend(aws_managed_policies());
    }
    let mut views = Vec::new();
    for record in records.iter().filter(|record| record.path.starts_with(&prefix)) {
        views.push(view(cx, record)?);
    }
    views.retain(|policy| !input.only_attached || policy.attachment_count > 0);
    views.sort_by(|a, b| a.arn.cmp(&b.arn));
    let (policies, page) = input.paging.cut(views, |policy| &policy.arn);
    Ok(ListAnswer { policies, page })
}

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

fn version_view(record: &ManagedPolicyRecord, number: u32, whole: bool) -> Option<VersionView> {
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

pub(super) fn version_access(cx: &Cx, input: &NewVersionInput) -> Result<Access, Fault> {
    on_policy(cx, "iam:CreatePolicyVersion", &input.policy_arn)
}

pub(super) fn create_version(cx: &mut Cx, input: NewVersionInput) -> Result<VersionAnswer, Fault> {
    let mut record = find(cx, &input.policy_arn)?;
    check_document(Place::Identity, &input.policy_document)?;
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
    let account = cx.account()?.clone();
    managed_policies::put(cx, &account, &record)?;
    let policy_version =
        version_view(&record, number, false).ok_or_else(|| Fault::internal("no version"))?;
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

fn version_number(id: &str) -> Option<u32> {
    id.strip_prefix('v')?.parse().ok()
}

pub(super) fn version_get_access(cx: &Cx, input: &VersionInput) -> Result<Access, Fault> {
    on_policy(cx, "iam:GetPolicyVersion", &input.policy_arn)
}

pub(super) fn get_version(cx: &Cx, input: VersionInput) -> Result<VersionAnswer, Fault> {
    let record = find(cx, &input.policy_arn)?;
    let found =
        version_number(&input.version_id).and_then(|number| version_view(&record, number, true));
    Ok(VersionAnswer { policy_version: found.ok_or_else(|| no_version(&input))? })
}

pub(super) fn version_delete_access(cx: &Cx, input: &VersionInput) -> Result<Access, Fault> {
    on_policy(cx, "iam:DeletePolicyVersion", &input.policy_arn)
}

pub(super) fn delete_version(cx: &mut Cx, input: VersionInput) -> Result<Done, Fault> {
    let mut record = find(cx, &input.policy_arn)?;
    let number = version_number(&input.version_id).ok_or_else(|| no_version(&input))?;
    if number == record.default_version {
        let text = "Cannot delete the default version of a policy.";
        return Err(Fault::new("DeleteConflict", text).status(409));
    }
    record.versions.remove(&number).ok_or_else(|| no_version(&input))?;
    let account = cx.account()?.clone();
    managed_policies::put(cx, &account, &record)?;
    Ok(Done {})
}

pub(super) fn default_access(cx: &Cx, input: &VersionInput) -> Result<Access, Fault> {
    on_policy(cx, "iam:SetDefaultPolicyVersion", &input.policy_arn)
}

pub(super) fn set_default(cx: &mut Cx, input: VersionInput) -> Result<Done, Fault> {
    let mut record = find(cx, &input.policy_arn)?;
    let known = version_number(&input.version_id).filter(|n| record.versions.contains_key(n));
    record.default_version = known.ok_or_else(|| no_version(&input))?;
    record.updated = cx.now();
    let account = cx.account()?.clone();
    managed_policies::put(cx, &account, &record)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionsAnswer {
    versions: Vec<VersionView>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn versions_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    on_policy(cx, "iam:ListPolicyVersions", &input.policy_arn)
}

pub(super) fn list_versions(cx: &Cx, input: ByArn) -> Result<VersionsAnswer, Fault> {
    let record = find(cx, &input.policy_arn)?;
    let newest_first = record.versions.keys().rev();
    let versions = newest_first.filter_map(|n| version_view(&record, *n, false)).collect();
    Ok(VersionsAnswer { versions, page: Page { is_truncated: false, marker: None } })
}
