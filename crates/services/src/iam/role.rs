//! Roles: who may assume them is their trust policy, what they may do are their policies.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::boundary;
use super::common::{
    Boundary, Done, Tag, conflict, counted, encoded, exists, iam_arn, limit, path_or_root, shown,
};
use super::entity::{Entity, Listed};
use super::instance_profile;
use super::last_used::RoleLastUsed;
use super::tagging::{self, Tagged};
use super::trust::check_trust;
use crate::identity::{RoleRecord, roles};

/// Roles that an account may have (IAM quotas).
const MAX_ROLES: usize = 1_000;
/// Characters of a trust policy, white space aside (IAM quotas).
const MAX_TRUST: usize = 2_048;
/// Where service-linked roles live.
pub(super) const SERVICE_LINKED: &str = "/aws-service-role/";

/// A role in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Role {
    path: String,
    role_name: String,
    role_id: String,
    arn: String,
    create_date: i64,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: i64,
    permissions_boundary: Option<Boundary>,
    tags: Option<Vec<Tag>>,
    role_last_used: Option<RoleLastUsed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleAnswer {
    pub(super) role: Role,
}

impl Role {
    /// The whole role.
    pub(super) fn of(cx: &Cx, record: RoleRecord) -> Result<Self, Fault> {
        Ok(Self {
            permissions_boundary: Boundary::of(record.policies.boundary.clone()),
            tags: shown(&record.tags),
            role_last_used: Some(RoleLastUsed::of(cx, &record)?),
            ..Self::listed(cx, record)?
        })
    }

    /// As lists have it.
    pub(super) fn listed(cx: &Cx, record: RoleRecord) -> Result<Self, Fault> {
        Ok(Self {
            arn: record.arn().to_string(),
            path: record.path,
            role_name: record.name,
            role_id: record.id,
            create_date: record.created.timestamp(),
            assume_role_policy_document: encoded(&cx.shown(&record.trust)?),
            description: record.description,
            max_session_duration: record.max_session_seconds,
            permissions_boundary: None,
            tags: None,
            role_last_used: None,
        })
    }
}

impl Entity for RoleRecord {
    const NOUN: &'static str = "Role";
    const CALLED: &'static str = "role";

    fn known(cx: &Cx, name: &str) -> Result<Option<Self>, Fault> {
        roles::get(cx, cx.account()?, name)
    }

    fn arn(&self) -> Arn {
        RoleRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, name: &str) -> Arn {
        iam_arn(account, format!("role/{name}"))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        roles::put(cx, &self.account, self)
    }

    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.tags)
    }

    fn own_to_change(&self) -> Result<(), Fault> {
        if !self.path.starts_with(SERVICE_LINKED) {
            return Ok(());
        }
        let text = format!(
            "Cannot perform the operation on the protected role '{}' - this role is only \
             modifiable by AWS",
            self.name
        );
        Err(Fault::new("UnmodifiableEntity", text).status(400))
    }
}

impl Tagged for RoleRecord {
    const FOLDED: bool = true;

    fn tags(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.tags
    }
}

impl Listed for RoleRecord {
    const PLURAL: &'static str = "Roles";
    const PREFIX: &'static str = "role";
    type View = Role;

    fn all(cx: &Cx) -> Result<Vec<Self>, Fault> {
        roles::list(cx, cx.account()?)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn in_list(self, cx: &Cx) -> Result<Role, Fault> {
        Role::listed(cx, self)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    role_name: String,
    path: Option<String>,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
    permissions_boundary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let path = path_or_root(input.path.clone());
    let arn = iam_arn(cx.account()?, format!("role{path}{}", input.role_name));
    let check = Check::new("iam:CreateRole", arn)
        .with_some("iam:PermissionsBoundary", input.permissions_boundary.clone());
    Ok(Access::to(tagging::asking_for(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<RoleAnswer, Fault> {
    let account = cx.account()?.clone();
    if roles::get(cx, &account, &input.role_name)?.is_some() {
        return Err(exists("Role", &input.role_name));
    }
    if roles::list(cx, &account)?.len() >= MAX_ROLES {
        return Err(limit("RolesPerAccount", MAX_ROLES));
    }
    let trust = accept_trust(cx, &input.assume_role_policy_document)?;
    if let Some(arn) = &input.permissions_boundary {
        boundary::check(cx, arn)?;
    }
    let path = path_or_root(input.path);
    if path.starts_with(SERVICE_LINKED) {
        // AWS's own words are not known.
        let text = "Roles under the path /aws-service-role/ are made by CreateServiceLinkedRole";
        return Err(Fault::new("InvalidInput", text).status(400));
    }
    let new = RoleRecord::new(cx, &account, input.role_name, trust);
    let mut role = RoleRecord {
        path,
        description: input.description,
        max_session_seconds: input.max_session_duration.unwrap_or(new.max_session_seconds),
        tags: tagging::of_new::<RoleRecord>(input.tags)?,
        ..new
    };
    role.policies.boundary = input.permissions_boundary;
    role.save(cx)?;
    Ok(RoleAnswer { role: Role::of(cx, role)? })
}

/// A role by name: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    role_name: String,
}

pub(super) fn get_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    RoleRecord::access(cx, "iam:GetRole", &input.role_name)
}

pub(super) fn get(cx: &Cx, input: Named) -> Result<RoleAnswer, Fault> {
    Ok(RoleAnswer { role: Role::of(cx, RoleRecord::find(cx, &input.role_name)?)? })
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    RoleRecord::access(cx, "iam:DeleteRole", &input.role_name)
}

pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Done, Fault> {
    let role = RoleRecord::to_change(cx, &input.role_name)?;
    if !role.policies.managed.is_empty() {
        return Err(conflict("detach all policies"));
    }
    if !role.policies.inline.is_empty() {
        return Err(conflict("delete policies"));
    }
    if !instance_profile::holding(cx, &role)?.is_empty() {
        return Err(conflict("remove roles from instance profile"));
    }
    roles::delete(cx, &role.account, &role.name)?;
    Ok(Done {})
}

/// The trust policy as stored; refuses one that is too long, malformed, or names nobody.
fn accept_trust(cx: &mut Cx, document: &str) -> Result<String, Fault> {
    let stored = check_trust(cx, document)?;
    if counted(document) > MAX_TRUST {
        return Err(limit("ACLSizePerRole", MAX_TRUST));
    }
    Ok(stored)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TrustInput {
    role_name: String,
    policy_document: String,
}

pub(super) fn trust_access(cx: &Cx, input: &TrustInput) -> Result<Access, Fault> {
    RoleRecord::access(cx, "iam:UpdateAssumeRolePolicy", &input.role_name)
}

pub(super) fn update_trust(cx: &mut Cx, input: TrustInput) -> Result<Done, Fault> {
    let mut role = RoleRecord::to_change(cx, &input.role_name)?;
    role.trust = accept_trust(cx, &input.policy_document)?;
    role.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    role_name: String,
    description: Option<String>,
    max_session_duration: Option<i64>,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    RoleRecord::access(cx, "iam:UpdateRole", &input.role_name)
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Done, Fault> {
    let mut role = RoleRecord::find(cx, &input.role_name)?;
    if input.max_session_duration.is_some() {
        // Of a service-linked role an account may change the description alone.
        role.own_to_change()?;
    }
    role.description = input.description.or(role.description);
    role.max_session_seconds = input.max_session_duration.unwrap_or(role.max_session_seconds);
    role.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeInput {
    role_name: String,
    description: String,
}

pub(super) fn describe_access(cx: &Cx, input: &DescribeInput) -> Result<Access, Fault> {
    RoleRecord::access(cx, "iam:UpdateRoleDescription", &input.role_name)
}

pub(super) fn describe(cx: &mut Cx, input: DescribeInput) -> Result<RoleAnswer, Fault> {
    let mut role = RoleRecord::find(cx, &input.role_name)?;
    role.description = Some(input.description);
    role.save(cx)?;
    Ok(RoleAnswer { role: Role::of(cx, role)? })
}
