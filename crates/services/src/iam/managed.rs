//! Customer managed policies and their versions; AWS's own can be read.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use policy::validate::Place;
use serde::{Deserialize, Serialize};

use super::common::{
    Done, Page, Paging, Tag, check_document, counted, iam_arn, limit, on_all, path_or_root, shown,
};
use super::entity::Entity;
use super::tagging::{self, Tagged};
use super::usage::Usage;
use crate::identity::{
    self, ManagedPolicyRecord, PolicyVersion, aws_managed_policies, managed_policies,
    managed_policy,
};

/// Customer managed policies that an account may have (IAM quotas).
const MAX_POLICIES: usize = 1_500;
/// Characters of a managed policy, white space aside (IAM quotas).
const MAX_SIZE: usize = 6_144;

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
    tags: Option<Vec<Tag>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyAnswer {
    policy: PolicyView,
}

/// A policy as GetPolicy shows it.
fn view(usage: &Usage, record: &ManagedPolicyRecord) -> PolicyView {
    PolicyView {
        description: record.description.clone(),
        tags: shown(&record.tags),
        ..listed(usage, record)
    }
}

/// A policy as ListPolicies shows it.
pub(super) fn listed(usage: &Usage, record: &ManagedPolicyRecord) -> PolicyView {
    let arn = record.arn().to_string();
    PolicyView {
        policy_name: record.name.clone(),
        policy_id: record.id.clone(),
        path: record.path.clone(),
        default_version_id: format!("v{}", record.default_version),
        attachment_count: usage.attached(&arn),
        permissions_boundary_usage_count: usage.bounding(&arn),
        is_attachable: true,
        description: None,
        create_date: record.created.timestamp(),
        update_date: record.updated.timestamp(),
        tags: None,
        arn,
    }
}

impl Entity for ManagedPolicyRecord {
    const NOUN: &'static str = "Policy";
    const CALLED: &'static str = "policy";

    fn known(cx: &Cx, arn: &str) -> Result<Option<Self>, Fault> {
        managed_policy(cx, arn)
    }

    fn arn(&self) -> Arn {
        ManagedPolicyRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, arn: &str) -> Arn {
        arn.parse().unwrap_or_else(|_| iam_arn(account, "policy/"))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        let own = || Fault::new("AccessDenied", "AWS managed policies are AWS's").status(403);
        let account = self.account.clone().ok_or_else(own)?;
        managed_policies::put(cx, &account, self)
    }

    fn absent(arn: &str) -> Fault {
        Fault::new("NoSuchEntity", format!("Policy {arn} was not found.")).status(404)
    }

    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.tags)
    }

    /// A text that is no ARN is refused before anything is asked.
    fn access(cx: &Cx, action: &str, arn: &str) -> Result<Access, Fault> {
        parsed(arn)?;
        Ok(Access::to(Self::check(cx, action, arn)?))
    }
}

/// An ARN, or IAM's refusal of a text that is none.
pub(super) fn parsed(arn: &str) -> Result<Arn, Fault> {
    let text = "Invalid ARN:  Could not be parsed!";
    arn.parse().map_err(|_| Fault::new("ValidationError", text).status(400))
}

impl Tagged for ManagedPolicyRecord {
    fn tags(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.tags
    }
}

/// Refuses a document that is malformed or too long.
pub(super) fn accept(document: &str) -> Result<(), Fault> {
    check_document(Place::Identity, document)?;
    if counted(document) > MAX_SIZE {
        return Err(limit("PolicySize", MAX_SIZE));
    }
    Ok(())
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
    let check = Check::new("iam:CreatePolicy", arn);
    Ok(Access::to(tagging::asking_for(check, &input.tags)))
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
    accept(&input.policy_document)?;
    if managed_policies::list(cx, &account)?.len() >= MAX_POLICIES {
        return Err(limit("PoliciesPerAccount", MAX_POLICIES));
    }
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
        tags: tagging::of_new::<ManagedPolicyRecord>(input.tags)?,
    };
    managed_policies::put(cx, &account, &record)?;
    Ok(PolicyAnswer { policy: view(&Usage::default(), &record) })
}

/// A policy by ARN: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ByArn {
    pub(super) policy_arn: String,
}

pub(super) fn get_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:GetPolicy", &input.policy_arn)
}

pub(super) fn get(cx: &Cx, input: ByArn) -> Result<PolicyAnswer, Fault> {
    let record = ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    Ok(PolicyAnswer { policy: view(&Usage::of_account(cx)?, &record) })
}

pub(super) fn delete_access(cx: &Cx, input: &ByArn) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:DeletePolicy", &input.policy_arn)
}

pub(super) fn delete(cx: &mut Cx, input: ByArn) -> Result<Done, Fault> {
    let record = ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    if Usage::of_account(cx)?.any(&input.policy_arn) {
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
    policy_usage_filter: Option<String>,
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

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    on_all(cx, "iam:ListPolicies", "policy", input.path_prefix.as_deref().unwrap_or("/"))
}

impl ListInput {
    /// "PermissionsPolicy" leaves out what serves as a boundary and nothing else.
    fn wants(&self, policy: &PolicyView) -> bool {
        let (attached, bounding) =
            (policy.attachment_count > 0, policy.permissions_boundary_usage_count > 0);
        match self.policy_usage_filter.as_deref() {
            Some("PermissionsBoundary") => bounding,
            Some(_) => attached || !bounding && !self.only_attached,
            None => attached || !self.only_attached,
        }
    }
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let scope = input.scope.as_deref().unwrap_or("All");
    let prefix = path_or_root(input.path_prefix.clone());
    let mut records = Vec::new();
    if scope != "AWS" {
        records.extend(managed_policies::list(cx, cx.account()?)?);
    }
    if scope != "Local" {
        records.extend(aws_managed_policies());
    }
    records.retain(|record| record.path.starts_with(&prefix));
    let usage = Usage::of_account(cx)?;
    let mut views: Vec<_> = records.iter().map(|record| listed(&usage, record)).collect();
    views.retain(|policy| input.wants(policy));
    views.sort_by(|a, b| a.arn.cmp(&b.arn));
    let (policies, page) = input.paging.cut(views, |policy| &policy.arn);
    Ok(ListAnswer { policies, page })
}
