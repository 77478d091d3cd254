//! Service-linked roles: made for a service, under its own path, and only its to change
//! ("Using service-linked roles", IAM User Guide).

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::common::{iam_arn, no_such};
use super::entity::Entity;
use super::role::{Role, RoleAnswer, SERVICE_LINKED};
use crate::identity::{RoleRecord, roles};

/// A service that has such a role.
struct Linked {
    service: &'static str,
    role: &'static str,
    policy: &'static str,
    suffix: bool,
}

const fn linked(service: &'static str, role: &'static str, policy: &'static str) -> Linked {
    Linked { service, role, policy, suffix: false }
}

/// The services that are known, with their roles' names behind `AWSServiceRoleFor`, and policies.
const SERVICES: [Linked; 12] = [
    Linked {
        suffix: true,
        ..linked("autoscaling.amazonaws.com", "AutoScaling", "AutoScalingServiceRolePolicy")
    },
    linked("batch.amazonaws.com", "Batch", "BatchServiceRolePolicy"),
    linked(
        "cks.kms.amazonaws.com",
        "KeyManagementServiceCustomKeyStores",
        "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy",
    ),
    linked("cloudtrail.amazonaws.com", "CloudTrail", "CloudTrailServiceRolePolicy"),
    linked("ecs.amazonaws.com", "ECS", "AmazonECSServiceRolePolicy"),
    linked(
        "elasticloadbalancing.amazonaws.com",
        "ElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
    ),
    linked(
        "lakeformation.amazonaws.com",
        "LakeFormationDataAccess",
        "LakeFormationDataAccessServiceRolePolicy",
    ),
    linked(
        "mrk.kms.amazonaws.com",
        "KeyManagementServiceMultiRegionKeys",
        "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy",
    ),
    linked("organizations.amazonaws.com", "Organizations", "AWSOrganizationsServiceTrustPolicy"),
    linked("rds.amazonaws.com", "RDS", "AmazonRDSServiceRolePolicy"),
    linked("redshift.amazonaws.com", "Redshift", "AmazonRedshiftServiceLinkedRolePolicy"),
    linked("storage-lens.s3.amazonaws.com", "S3StorageLens", "S3StorageLensServiceRolePolicy"),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    #[serde(rename = "AWSServiceName")]
    service: String,
    description: Option<String>,
    custom_suffix: Option<String>,
}

fn known(service: &str) -> Option<&'static Linked> {
    SERVICES.iter().find(|linked| linked.service == service)
}

fn path_of(service: &str) -> String {
    format!("{SERVICE_LINKED}{service}/")
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let name = known(&input.service).map_or("*".to_owned(), |linked| name_of(linked, None));
    let arn = iam_arn(cx.account()?, format!("role{}{name}", path_of(&input.service)));
    let check = Check::new("iam:CreateServiceLinkedRole", arn);
    Ok(Access::to(check.with("iam:AWSServiceName", input.service.clone())))
}

fn name_of(linked: &Linked, suffix: Option<&str>) -> String {
    let suffix = suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default();
    format!("AWSServiceRoleFor{}{suffix}", linked.role)
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<RoleAnswer, Fault> {
    let invalid = |text: String| Fault::new("InvalidInput", text).status(400);
    let Some(linked) = known(&input.service) else {
        // AWS's own words for services that have no such role are not known.
        let text = format!("Service {} does not support service-linked roles", input.service);
        return Err(invalid(text));
    };
    if input.custom_suffix.is_some() && !linked.suffix {
        return Err(invalid(format!("Custom suffix is not allowed for {}", input.service)));
    }
    let name = name_of(linked, input.custom_suffix.as_deref());
    let account = cx.account()?.clone();
    if roles::get(cx, &account, &name)?.is_some() {
        let text = format!(
            "Service role name {name} has been taken in this account, please try a different \
             suffix."
        );
        return Err(invalid(text));
    }
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": { "Service": linked.service },
            "Action": "sts:AssumeRole",
        }],
    });
    let mut role = RoleRecord {
        path: path_of(linked.service),
        description: input.description,
        ..RoleRecord::new(cx, &account, name, trust.to_string())
    };
    let policy = format!("arn:aws:iam::aws:policy/aws-service-role/{}", linked.policy);
    role.policies.managed.push(policy);
    role.save(cx)?;
    Ok(RoleAnswer { role: Role::of(cx, role)? })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    role_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deletion {
    deletion_task_id: String,
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    RoleRecord::access(cx, "iam:DeleteServiceLinkedRole", &input.role_name)
}

/// The role goes at once: no service of this platform keeps one in use.
pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Deletion, Fault> {
    let role = RoleRecord::find(cx, &input.role_name)?;
    if !role.path.starts_with(SERVICE_LINKED) {
        // AWS's own words are not known.
        return Err(no_such("service-linked role", &input.role_name));
    }
    roles::delete(cx, &role.account, &role.name)?;
    let deletion_task_id = format!("task{}{}/{}", role.path, role.name, cx.world().uuid());
    Ok(Deletion { deletion_task_id })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StatusInput {
    deletion_task_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StatusAnswer {
    status: &'static str,
}

/// The task names its role: `task/aws-service-role/SERVICE/ROLE/UUID`.
fn role_of(task: &str) -> Option<&str> {
    let (path, id) = task.strip_prefix("task")?.rsplit_once('/')?;
    (path.starts_with(SERVICE_LINKED) && id.len() == 36).then_some(path)
}

pub(super) fn status_access(cx: &Cx, input: &StatusInput) -> Result<Access, Fault> {
    let path = role_of(&input.deletion_task_id).unwrap_or("/*");
    let arn = iam_arn(cx.account()?, format!("role{path}"));
    Ok(Access::to(Check::new("iam:GetServiceLinkedRoleDeletionStatus", arn)))
}

/// What no longer exists was deleted. A task of a role that was made anew is unknown.
pub(super) fn status(cx: &Cx, input: StatusInput) -> Result<StatusAnswer, Fault> {
    let unknown = || {
        let text = format!("The deletion task {} cannot be found.", input.deletion_task_id);
        Fault::new("NoSuchEntity", text).status(404)
    };
    let path = role_of(&input.deletion_task_id).ok_or_else(unknown)?;
    let name = path.rsplit('/').next().unwrap_or_default();
    match roles::get(cx, cx.account()?, name)? {
        None => Ok(StatusAnswer { status: "SUCCEEDED" }),
        Some(_) => Err(unknown()),
    }
}
