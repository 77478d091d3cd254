//! Service and resource control policies: their documents, and what they hang on.
//!
//! Rules of the documents by "SCP syntax" and "RCP syntax", numbers by "Quotas" (Organizations
//! User Guide).

use ::policy::validate::{Place, validate};
use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common::{
    Done, Paging, Tag, arn, managing, policy_arn, random_id, reading, tag_map, with_tags,
};
use super::state::{ControlPolicy, Organization, PolicyType, records};
use super::{account, aws_managed, faults, tree};

/// Bytes of a document.
const MAX_CONTENT: usize = 5_120;
/// Policies of one type in an organization.
const MAX_POLICIES: usize = 1_000;
/// Policies of one type on one root, unit or account, those of AWS included.
const MAX_ATTACHED: usize = 5;

/// The name of a type in requests and answers.
pub(super) fn name_of(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::ServiceControl => "SERVICE_CONTROL_POLICY",
        PolicyType::ResourceControl => "RESOURCE_CONTROL_POLICY",
    }
}

/// The name of a type in ARNs.
pub(super) fn path_of(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::ServiceControl => "service_control_policy",
        PolicyType::ResourceControl => "resource_control_policy",
    }
}

/// A type by its name. Types that AWS has and nothing here enforces are not pretended.
pub(super) fn parse_kind(name: &str) -> Result<PolicyType, Fault> {
    let both = [PolicyType::ServiceControl, PolicyType::ResourceControl];
    both.into_iter().find(|kind| name_of(*kind) == name).ok_or_else(|| {
        let text = format!("Policies of type {name} are not implemented.");
        Fault::new("NotImplemented", text).status(501)
    })
}

/// The type of a policy, when it exists.
pub(super) fn kind_of(
    cx: &Cx,
    organization: &Organization,
    id: &str,
) -> Result<Option<PolicyType>, Fault> {
    match aws_managed::kind(id) {
        Some(kind) => Ok(Some(kind)),
        None => Ok(records::policy(cx, &organization.id, id)?.map(|policy| policy.kind)),
    }
}

pub(super) fn not_enabled() -> Fault {
    let text = "This operation can be performed only for enabled policy types.";
    faults::state("PolicyTypeNotEnabledException", text)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Summary {
    id: String,
    arn: String,
    name: String,
    description: String,
    r#type: &'static str,
    aws_managed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct View {
    policy_summary: Summary,
    content: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyAnswer {
    policy: View,
}

fn summary(organization: &Organization, policy: &ControlPolicy) -> Summary {
    Summary {
        id: policy.id.clone(),
        arn: policy_arn(organization, policy.kind, &policy.id),
        name: policy.name.clone(),
        description: policy.description.clone(),
        r#type: name_of(policy.kind),
        aws_managed: aws_managed::kind(&policy.id).is_some(),
    }
}

fn answer(organization: &Organization, policy: ControlPolicy) -> PolicyAnswer {
    let policy_summary = summary(organization, &policy);
    PolicyAnswer { policy: View { policy_summary, content: policy.content } }
}

/// A customer's policy or one of AWS's.
fn find(cx: &Cx, organization: &Organization, id: &str) -> Result<ControlPolicy, Fault> {
    if let (Some(kind), Some(content)) = (aws_managed::kind(id), aws_managed::content(id)) {
        return Ok(of_aws(organization, kind, content));
    }
    records::policy(cx, &organization.id, id)?.ok_or_else(faults::no_such_policy)
}

fn of_aws(organization: &Organization, kind: PolicyType, content: &str) -> ControlPolicy {
    let (name, description) = aws_managed::described(kind);
    ControlPolicy {
        id: aws_managed::full_access(kind).to_owned(),
        organization: organization.id.clone(),
        kind,
        name: name.to_owned(),
        description: description.to_owned(),
        content: content.to_owned(),
    }
}

fn to_change(cx: &Cx, organization: &Organization, id: &str) -> Result<ControlPolicy, Fault> {
    if aws_managed::kind(id).is_some() {
        let text = "You can't modify a policy that AWS manages.";
        return Err(faults::invalid("IMMUTABLE_POLICY", text));
    }
    find(cx, organization, id)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    content: String,
    description: String,
    name: String,
    r#type: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(_: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let check = Check::on_everything("organizations:CreatePolicy")
        .with("organizations:PolicyType", input.r#type.clone());
    Ok(Access::to(with_tags(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<PolicyAnswer, Fault> {
    let organization = managing(cx)?;
    let kind = parse_kind(&input.r#type)?;
    check_content(kind, &input.content)?;
    let all = records::policies(cx, &organization.id)?;
    if all.iter().filter(|policy| policy.kind == kind).count() >= MAX_POLICIES {
        let text = "You have exceeded the number of policies in your organization.";
        return Err(faults::constraint("POLICY_NUMBER_LIMIT_EXCEEDED", text));
    }
    unique_name(&all, kind, &input.name, None)?;
    let policy = ControlPolicy {
        id: random_id(cx, "p-", 8),
        organization: organization.id.clone(),
        kind,
        name: input.name,
        description: input.description,
        content: input.content,
    };
    records::put_tags(cx, &organization.id, &policy.id, tag_map(input.tags)?)?;
    records::put_policy(cx, &policy)?;
    Ok(answer(&organization, policy))
}

fn unique_name(
    all: &[ControlPolicy],
    kind: PolicyType,
    name: &str,
    but: Option<&str>,
) -> Result<(), Fault> {
    let same = |policy: &&ControlPolicy| policy.kind == kind && policy.name == name;
    let by_customer = all.iter().filter(same).any(|policy| Some(policy.id.as_str()) != but);
    if by_customer || aws_managed::described(kind).0 == name {
        let text = "A policy with the same name already exists.";
        return Err(faults::duplicate("DuplicatePolicyException", text));
    }
    Ok(())
}

fn check_content(kind: PolicyType, content: &str) -> Result<(), Fault> {
    if content.len() > MAX_CONTENT {
        let text = "You have exceeded the size limit of a policy document.";
        return Err(faults::constraint("POLICY_CONTENT_LIMIT_EXCEEDED", text));
    }
    let accepted = match kind {
        PolicyType::ServiceControl => validate(Place::Identity, content).is_ok(),
        PolicyType::ResourceControl => {
            validate(Place::Secret, content).is_ok() && only_denies(content)
        }
    };
    let text = "The provided policy document does not meet the requirements of the specified \
                policy type.";
    let malformed = || faults::state("MalformedPolicyDocumentException", text);
    if accepted { Ok(()) } else { Err(malformed()) }
}

/// Customers' RCPs only deny, mean everybody, and name actions of the services that take part.
fn only_denies(content: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(content) else { return false };
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => return false,
    };
    statements.iter().all(|statement| {
        let field = |name: &str| statement.get(name);
        let everybody = [Value::from("*"), serde_json::json!({ "AWS": "*" })];
        let actions = match field("Action") {
            Some(Value::Array(actions)) => actions.as_slice(),
            Some(single) => std::slice::from_ref(single),
            None => return false,
        };
        field("Effect").is_some_and(|effect| effect == "Deny")
            && field("Principal").is_some_and(|principal| everybody.contains(principal))
            && field("NotPrincipal").is_none()
            && actions.iter().all(|action| action.as_str().is_some_and(takes_part))
    })
}

/// "List of AWS services that support RCPs" (Organizations User Guide).
fn takes_part(action: &str) -> bool {
    let services = [
        "s3",
        "sts",
        "kms",
        "sqs",
        "secretsmanager",
        "ecr",
        "aoss",
        "dynamodb",
        "logs",
        "cognito-idp",
        "cognito-identity",
    ];
    let service = action.split(':').next().unwrap_or_default();
    action.contains(':') && services.contains(&service.to_ascii_lowercase().as_str())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyInput {
    pub(super) policy_id: String,
}

pub(super) fn describe(cx: &Cx, input: PolicyInput) -> Result<PolicyAnswer, Fault> {
    let organization = reading(cx)?;
    let policy = find(cx, &organization, &input.policy_id)?;
    Ok(answer(&organization, policy))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    pub(super) policy_id: String,
    name: Option<String>,
    description: Option<String>,
    content: Option<String>,
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<PolicyAnswer, Fault> {
    let organization = managing(cx)?;
    let mut policy = to_change(cx, &organization, &input.policy_id)?;
    if let Some(name) = input.name {
        let all = records::policies(cx, &organization.id)?;
        unique_name(&all, policy.kind, &name, Some(&policy.id))?;
        policy.name = name;
    }
    if let Some(content) = input.content {
        check_content(policy.kind, &content)?;
        policy.content = content;
    }
    policy.description = input.description.unwrap_or(policy.description);
    records::put_policy(cx, &policy)?;
    Ok(answer(&organization, policy))
}

pub(super) fn delete(cx: &mut Cx, input: PolicyInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    let policy = to_change(cx, &organization, &input.policy_id)?;
    let attached = records::all_attached(cx, &organization.id)?;
    if attached.iter().any(|(_, attached)| attached.of(policy.kind).contains(&policy.id)) {
        let text = "The policy is attached to one or more entities. You must detach it from all \
                    roots, OUs, and accounts before performing this operation.";
        return Err(faults::state("PolicyInUseException", text));
    }
    records::delete_policy(cx, &policy)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    pub(super) filter: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policies {
    policies: Vec<Summary>,
    next_token: Option<String>,
}

pub(super) fn list_access(_: &Cx, input: &ListInput) -> Result<Access, Fault> {
    let check = Check::on_everything("organizations:ListPolicies")
        .with("organizations:PolicyType", input.filter.clone());
    Ok(Access::to(check))
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Policies, Fault> {
    let organization = reading(cx)?;
    let kind = parse_kind(&input.filter)?;
    let mut all = records::policies(cx, &organization.id)?;
    all.retain(|policy| policy.kind == kind);
    all.push(find(cx, &organization, aws_managed::full_access(kind))?);
    page_of(&organization, all, input.paging)
}

fn page_of(
    organization: &Organization,
    all: Vec<ControlPolicy>,
    paging: Paging,
) -> Result<Policies, Fault> {
    let (page, next_token) = paging.cut(all, |policy| policy.id.clone())?;
    let policies = page.iter().map(|policy| summary(organization, policy)).collect();
    Ok(Policies { policies, next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachInput {
    pub(super) policy_id: String,
    pub(super) target_id: String,
}

/// Name, ARN and type of what policies can hang on.
fn target(
    cx: &Cx,
    organization: &Organization,
    id: &str,
) -> Result<(String, String, &'static str), Fault> {
    if id == organization.root {
        return Ok(("Root".to_owned(), arn(organization, "root", id), "ROOT"));
    }
    if let Some(unit) = records::unit(cx, &organization.id, id)? {
        return Ok((unit.name, arn(organization, "ou", id), "ORGANIZATIONAL_UNIT"));
    }
    let member = account::find(cx, organization, id).map_err(|_| faults::no_such_target())?;
    let name = super::common::account_name(cx, &member.account)?;
    Ok((name, arn(organization, "account", id), "ACCOUNT"))
}

pub(super) fn attach(cx: &mut Cx, input: AttachInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    let kind = find(cx, &organization, &input.policy_id)?.kind;
    target(cx, &organization, &input.target_id)?;
    if !organization.enabled.contains(&kind) {
        return Err(not_enabled());
    }
    let mut attached = records::attached(cx, &organization.id, &input.target_id)?;
    let list = attached.of_mut(kind);
    if list.contains(&input.policy_id) {
        let text = "A policy with the specified name and type already exists.";
        return Err(faults::duplicate("DuplicatePolicyAttachmentException", text));
    }
    if list.len() >= MAX_ATTACHED {
        let text = "You have attached the maximum number of policies to the specified target.";
        let reason = "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED";
        return Err(faults::constraint(reason, text));
    }
    list.push(input.policy_id);
    records::put_attached(cx, &organization.id, &input.target_id, &attached)?;
    Ok(Done {})
}

pub(super) fn detach(cx: &mut Cx, input: AttachInput) -> Result<Done, Fault> {
    let organization = managing(cx)?;
    let kind = find(cx, &organization, &input.policy_id)?.kind;
    target(cx, &organization, &input.target_id)?;
    if !organization.enabled.contains(&kind) {
        return Err(not_enabled());
    }
    let mut attached = records::attached(cx, &organization.id, &input.target_id)?;
    let list = attached.of_mut(kind);
    if !list.contains(&input.policy_id) {
        let text = "The policy isn't attached to the specified target in the specified root.";
        return Err(faults::state("PolicyNotAttachedException", text));
    }
    if input.policy_id == aws_managed::full_access(PolicyType::ResourceControl) {
        let text = "You can't detach this policy.";
        return Err(faults::invalid("NON_DETACHABLE_POLICY", text));
    }
    if list.len() == 1 {
        let text = "You cannot remove the last policy attached to the specified target. You must \
                    have at least one attached at all times.";
        let reason = "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED";
        return Err(faults::constraint(reason, text));
    }
    list.retain(|id| *id != input.policy_id);
    records::put_attached(cx, &organization.id, &input.target_id, &attached)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ForTargetInput {
    pub(super) target_id: String,
    filter: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn list_for_target(cx: &Cx, input: ForTargetInput) -> Result<Policies, Fault> {
    let organization = reading(cx)?;
    let kind = parse_kind(&input.filter)?;
    target(cx, &organization, &input.target_id)?;
    let attached = records::attached(cx, &organization.id, &input.target_id)?;
    let found = attached.of(kind).iter().map(|id| find(cx, &organization, id));
    page_of(&organization, found.collect::<Result<_, _>>()?, input.paging)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TargetsInput {
    pub(super) policy_id: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    target_id: String,
    arn: String,
    name: String,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Targets {
    targets: Vec<Target>,
    next_token: Option<String>,
}

pub(super) fn list_targets(cx: &Cx, input: TargetsInput) -> Result<Targets, Fault> {
    let organization = reading(cx)?;
    let policy = find(cx, &organization, &input.policy_id)?;
    let mut all = records::all_attached(cx, &organization.id)?;
    all.retain(|(_, attached)| attached.of(policy.kind).contains(&policy.id));
    let (page, next_token) = input.paging.cut(all, |(id, _)| id.clone())?;
    let view = |(id, _): (String, _)| {
        let (name, arn, r#type) = target(cx, &organization, &id)?;
        Ok::<_, Fault>(Target { target_id: id, arn, name, r#type })
    };
    Ok(Targets { targets: page.into_iter().map(view).collect::<Result<_, _>>()?, next_token })
}

/// Whether something of the organization has this id.
pub(super) fn exists(cx: &Cx, organization: &Organization, id: &str) -> Result<bool, Fault> {
    if tree::is_parent(cx, organization, id)? {
        return Ok(true);
    }
    let policy = records::policy(cx, &organization.id, id)?;
    Ok(policy.is_some() || account::find(cx, organization, id).is_ok())
}
