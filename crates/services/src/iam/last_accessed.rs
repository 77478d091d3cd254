//! Which services an identity may use and when it last did ("Refine permissions in AWS using last
//! accessed information", IAM User Guide): the policies' allowed services beside the audit log.

use std::collections::BTreeSet;

use gateway::{Access, Check, Cx, Fault};
use names::Arn;
use policy::Policy;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common::{Page, Paging};
use super::entity::{Entity, Listed};
use super::managed::parsed;
use super::simulate::{Source, entity_arn};
use crate::identity::{
    AccessJobRecord, EntityAccess, GroupRecord, ManagedPolicyRecord, RoleRecord, ServiceAccess,
    UserRecord, access_job, access_jobs,
};

/// The services whose use the audit log of this platform can tell: namespace and name.
const SERVICES: [(&str, &str); 9] = [
    ("cloudtrail", "AWS CloudTrail"),
    ("dynamodb", "Amazon DynamoDB"),
    ("iam", "AWS Identity and Access Management"),
    ("kms", "AWS Key Management Service"),
    ("organizations", "AWS Organizations"),
    ("redshift", "Amazon Redshift"),
    ("s3", "Amazon S3"),
    ("secretsmanager", "AWS Secrets Manager"),
    ("sts", "AWS Security Token Service"),
];

/// Whether a policy has a statement that allows something of a service.
fn opens(text: &str, namespace: &str) -> bool {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let member = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    let of_service = |action: &Value| {
        let action = action.as_str().unwrap_or_default().to_ascii_lowercase();
        let service = action.split(':').next().unwrap_or_default();
        service == namespace || service == "*"
    };
    list(&member(&document, "Statement")).iter().any(|statement| {
        let allows = member(statement, "Effect") == "Allow";
        let actions = list(&member(statement, "Action")).iter().any(of_service);
        allows && (actions || statement.get("NotAction").is_some())
    })
}

/// Whom a report is about: policies that count, and the users and roles that they count for.
struct Subject {
    texts: Vec<String>,
    entities: Vec<EntityAccess>,
}

fn of_user(user: UserRecord) -> EntityAccess {
    let arn = user.arn().to_string();
    EntityAccess { arn, name: user.name, path: user.path, id: user.id, calls: Vec::new() }
}

fn of_role(role: RoleRecord) -> EntityAccess {
    let arn = role.arn().to_string();
    EntityAccess { arn, name: role.name, path: role.path, id: role.id, calls: Vec::new() }
}

fn subject(cx: &Cx, arn: &str) -> Result<Subject, Fault> {
    if parsed(arn)?.resource_parts().0 == "policy" {
        return of_policy(cx, &ManagedPolicyRecord::find(cx, arn)?);
    }
    let policies = Source::of_entity(cx, arn)?.identity;
    let texts = policies.iter().map(|policy| policy.document.text().to_owned()).collect();
    let resource = entity_arn(arn)?.resource;
    let name = resource.rsplit('/').next().unwrap_or_default();
    let entities = match resource.split('/').next() {
        Some("user") => vec![of_user(UserRecord::find(cx, name)?)],
        Some("role") => vec![of_role(RoleRecord::find(cx, name)?)],
        _ => in_groups(cx, |group| group.name.eq_ignore_ascii_case(name))?,
    };
    Ok(Subject { texts, entities })
}

fn of_policy(cx: &Cx, policy: &ManagedPolicyRecord) -> Result<Subject, Fault> {
    let arn = policy.arn().to_string();
    let has = |managed: &[String]| managed.contains(&arn);
    let mut entities = in_groups(cx, |group| has(&group.policies.managed))?;
    let users = UserRecord::all(cx)?.into_iter().filter(|user| has(&user.policies.managed));
    entities.extend(users.map(of_user));
    let roles = RoleRecord::all(cx)?.into_iter().filter(|role| has(&role.policies.managed));
    entities.extend(roles.map(of_role));
    entities.sort_by(|a, b| a.arn.cmp(&b.arn));
    entities.dedup_by(|a, b| a.arn == b.arn);
    Ok(Subject { texts: policy.document().map(str::to_owned).into_iter().collect(), entities })
}

/// The users of some groups.
fn in_groups(cx: &Cx, wanted: impl Fn(&GroupRecord) -> bool) -> Result<Vec<EntityAccess>, Fault> {
    let groups: BTreeSet<String> = GroupRecord::all(cx)?
        .into_iter()
        .filter(wanted)
        .map(|group| group.name.to_ascii_lowercase())
        .collect();
    let is_in = |user: &UserRecord| {
        user.groups.iter().any(|group| groups.contains(&group.to_ascii_lowercase()))
    };
    Ok(UserRecord::all(cx)?.into_iter().filter(is_in).map(of_user).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GenerateInput {
    arn: String,
    granularity: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GenerateAnswer {
    job_id: String,
}

fn on(cx: &Cx, action: &str, arn: &str) -> Result<Access, Fault> {
    let arn: Arn = parsed(arn)?;
    let owner = arn.account.clone().map_or_else(|| cx.account().cloned(), Ok)?;
    Ok(Access::to(Check::new(action, arn).owned_by(&owner)))
}

pub(super) fn generate_access(cx: &Cx, input: &GenerateInput) -> Result<Access, Fault> {
    on(cx, "iam:GenerateServiceLastAccessedDetails", &input.arn)
}

/// The report is made at once.
pub(super) fn generate(cx: &mut Cx, input: GenerateInput) -> Result<GenerateAnswer, Fault> {
    let Subject { texts, entities } = subject(cx, &input.arn)?;
    let mut services = Vec::new();
    for (namespace, _) in SERVICES {
        if !texts.iter().any(|text| opens(text, namespace)) {
            continue;
        }
        let mut service =
            ServiceAccess { namespace: namespace.to_owned(), entities: entities.clone() };
        for entity in &mut service.entities {
            let uses = cx.activity()?.operations(&entity.id).into_iter();
            let here = uses.filter(|used| used.service == namespace);
            entity.calls = here.map(|used| (used.operation, used.time, used.region)).collect();
        }
        services.push(service);
    }
    let job = AccessJobRecord {
        id: cx.world().uuid(),
        created: cx.now(),
        by_action: input.granularity.as_deref() == Some("ACTION_LEVEL"),
        services,
    };
    let account = cx.account()?.clone();
    access_jobs::put(cx, &account, &job)?;
    Ok(GenerateAnswer { job_id: job.id })
}

fn find(cx: &Cx, id: &str) -> Result<AccessJobRecord, Fault> {
    let text = format!("The job with id {id} cannot be found.");
    let absent = || Fault::new("NoSuchEntity", text).status(404);
    access_job(cx, cx.account()?, id)?.ok_or_else(absent)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    job_id: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    job_status: &'static str,
    job_type: &'static str,
    job_creation_date: i64,
    job_completion_date: i64,
    services_last_accessed: Vec<ServiceView>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceView {
    service_name: &'static str,
    service_namespace: String,
    last_authenticated: Option<i64>,
    last_authenticated_entity: Option<String>,
    last_authenticated_region: Option<String>,
    total_authenticated_entities: usize,
    tracked_actions_last_accessed: Option<Vec<ActionView>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ActionView {
    action_name: String,
    last_accessed_entity: String,
    last_accessed_time: i64,
    last_accessed_region: String,
}

/// Every call of a service with who made it: operation, entity, time, Region.
fn calls(service: &ServiceAccess) -> Vec<ActionView> {
    let of_entity = |entity: &EntityAccess| {
        let arn = entity.arn.clone();
        let view = move |(name, at, region): &(String, chrono::DateTime<chrono::Utc>, String)| {
            ActionView {
                action_name: name.clone(),
                last_accessed_entity: arn.clone(),
                last_accessed_time: at.timestamp(),
                last_accessed_region: region.clone(),
            }
        };
        entity.calls.iter().map(view).collect::<Vec<_>>()
    };
    service.entities.iter().flat_map(of_entity).collect()
}

fn view(service: &ServiceAccess, by_action: bool) -> ServiceView {
    let mut calls = calls(service);
    // Of one operation the newest call is told.
    calls.sort_by(|a, b| {
        let newest_first = b.last_accessed_time.cmp(&a.last_accessed_time);
        a.action_name.cmp(&b.action_name).then(newest_first)
    });
    calls.dedup_by(|later, kept| later.action_name == kept.action_name);
    let last = calls.iter().max_by_key(|call| call.last_accessed_time);
    let name = SERVICES.iter().find(|(namespace, _)| *namespace == service.namespace);
    ServiceView {
        service_name: name.map_or("", |(_, name)| name),
        service_namespace: service.namespace.clone(),
        last_authenticated: last.map(|call| call.last_accessed_time),
        last_authenticated_entity: last.map(|call| call.last_accessed_entity.clone()),
        last_authenticated_region: last.map(|call| call.last_accessed_region.clone()),
        total_authenticated_entities: service
            .entities
            .iter()
            .filter(|entity| !entity.calls.is_empty())
            .count(),
        tracked_actions_last_accessed: by_action.then_some(calls),
    }
}

pub(super) fn get_access(_: &Cx, _: &GetInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("iam:GetServiceLastAccessedDetails")))
}

pub(super) fn get(cx: &Cx, input: GetInput) -> Result<GetAnswer, Fault> {
    let job = find(cx, &input.job_id)?;
    let (services, page) = input.paging.cut(job.services, |service| &service.namespace);
    Ok(GetAnswer {
        job_status: "COMPLETED",
        job_type: if job.by_action { "ACTION_LEVEL" } else { "SERVICE_LEVEL" },
        job_creation_date: job.created.timestamp(),
        job_completion_date: job.created.timestamp(),
        services_last_accessed: services.iter().map(|one| view(one, job.by_action)).collect(),
        page,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EntitiesInput {
    job_id: String,
    service_namespace: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EntitiesAnswer {
    job_status: &'static str,
    job_creation_date: i64,
    job_completion_date: i64,
    entity_details_list: Vec<EntityDetails>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EntityDetails {
    entity_info: EntityInfo,
    last_authenticated: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EntityInfo {
    arn: String,
    name: String,
    #[serde(rename = "Type")]
    kind: &'static str,
    id: String,
    path: String,
}

pub(super) fn entities_access(_: &Cx, _: &EntitiesInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("iam:GetServiceLastAccessedDetailsWithEntities")))
}

pub(super) fn entities(cx: &Cx, input: EntitiesInput) -> Result<EntitiesAnswer, Fault> {
    let job = find(cx, &input.job_id)?;
    let mut services = job.services.into_iter();
    let service = services.find(|service| service.namespace == input.service_namespace);
    let text = format!("The job tells nothing of the service {}.", input.service_namespace);
    let service = service.ok_or_else(|| Fault::new("NoSuchEntity", text).status(404))?;
    let (found, page) = input.paging.cut(service.entities, |entity| &entity.arn);
    let view = |entity: EntityAccess| EntityDetails {
        last_authenticated: entity.calls.iter().map(|(_, at, _)| at.timestamp()).max(),
        entity_info: EntityInfo {
            kind: if entity.id.starts_with("AROA") { "ROLE" } else { "USER" },
            arn: entity.arn,
            name: entity.name,
            id: entity.id,
            path: entity.path,
        },
    };
    Ok(EntitiesAnswer {
        job_status: "COMPLETED",
        job_creation_date: job.created.timestamp(),
        job_completion_date: job.created.timestamp(),
        entity_details_list: found.into_iter().map(view).collect(),
        page,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GrantingInput {
    arn: String,
    service_namespaces: Vec<String>,
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GrantingAnswer {
    policies_granting_service_access: Vec<Granting>,
    is_truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Granting {
    service_namespace: String,
    policies: Vec<GrantingPolicy>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GrantingPolicy {
    policy_name: String,
    policy_type: &'static str,
    policy_arn: Option<String>,
    entity_type: Option<String>,
    entity_name: Option<String>,
}

pub(super) fn granting_access(cx: &Cx, input: &GrantingInput) -> Result<Access, Fault> {
    on(cx, "iam:ListPoliciesGrantingServiceAccess", &input.arn)
}

/// All in one answer: there is no page after it, so a marker is none of ours.
pub(super) fn granting(cx: &Cx, input: GrantingInput) -> Result<GrantingAnswer, Fault> {
    if input.marker.is_some() {
        return Err(Fault::new("InvalidInput", "Invalid Marker.").status(400));
    }
    let policies = Source::of_entity(cx, &input.arn)?.identity;
    let granting = |namespace: String| {
        let opening = policies.iter().filter(|one| opens(one.document.text(), &namespace));
        Granting { policies: opening.map(described).collect(), service_namespace: namespace }
    };
    let all = input.service_namespaces.into_iter().map(granting).collect();
    Ok(GrantingAnswer { policies_granting_service_access: all, is_truncated: false })
}

/// An inline policy by whom it is in, a managed one by its ARN.
fn described(policy: &Policy) -> GrantingPolicy {
    let rest = policy.name.strip_prefix("inline policy ");
    let inline = rest.and_then(|rest| rest.split_once(" of "));
    match inline.and_then(|(name, owner)| Some((name, owner.split_once(' ')?))) {
        Some((name, (kind, owner))) => GrantingPolicy {
            policy_name: name.to_owned(),
            policy_type: "INLINE",
            policy_arn: None,
            entity_type: Some(kind.to_ascii_uppercase()),
            entity_name: Some(owner.to_owned()),
        },
        None => GrantingPolicy {
            policy_name: policy.name.rsplit('/').next().unwrap_or_default().to_owned(),
            policy_type: "MANAGED",
            policy_arn: Some(policy.name.clone()),
            entity_type: None,
            entity_name: None,
        },
    }
}
