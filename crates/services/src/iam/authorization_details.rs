//! Everything at once: users, groups, roles and policies of an account with what hangs on them.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::attached::Attached;
use super::common::{Boundary, Page, Paging, Tag, encoded, shown};
use super::entity::Listed;
use super::instance_profile::{ProfileView, holding};
use super::last_used::RoleLastUsed;
use super::managed::{PolicyView, listed};
use super::usage::Usage;
use super::version::{self, VersionView};
use crate::identity::{
    Attachments, GroupRecord, ManagedPolicyRecord, RoleRecord, UserRecord, aws_managed_policies,
    managed_policies,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    #[serde(default)]
    filter: Vec<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    user_detail_list: Vec<UserDetail>,
    group_detail_list: Vec<GroupDetail>,
    role_detail_list: Vec<RoleDetail>,
    policies: Vec<PolicyDetail>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Inline {
    policy_name: String,
    policy_document: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UserDetail {
    path: String,
    user_name: String,
    user_id: String,
    arn: String,
    create_date: i64,
    user_policy_list: Vec<Inline>,
    group_list: Vec<String>,
    attached_managed_policies: Vec<Attached>,
    permissions_boundary: Option<Boundary>,
    tags: Option<Vec<Tag>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupDetail {
    path: String,
    group_name: String,
    group_id: String,
    arn: String,
    create_date: i64,
    group_policy_list: Vec<Inline>,
    attached_managed_policies: Vec<Attached>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RoleDetail {
    path: String,
    role_name: String,
    role_id: String,
    arn: String,
    create_date: i64,
    assume_role_policy_document: String,
    instance_profile_list: Vec<ProfileView>,
    role_policy_list: Vec<Inline>,
    attached_managed_policies: Vec<Attached>,
    permissions_boundary: Option<Boundary>,
    tags: Option<Vec<Tag>>,
    role_last_used: RoleLastUsed,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDetail {
    #[serde(flatten)]
    policy: PolicyView,
    policy_version_list: Vec<VersionView>,
}

fn inline(policies: &Attachments) -> Vec<Inline> {
    let view = |(name, document): (&String, &String)| Inline {
        policy_name: name.clone(),
        policy_document: encoded(document),
    };
    policies.inline.iter().map(view).collect()
}

fn attached(policies: &Attachments) -> Vec<Attached> {
    policies.managed.iter().cloned().map(Attached::of).collect()
}

/// What may stand on a page.
enum Thing {
    User(UserRecord),
    Group(GroupRecord),
    Role(RoleRecord),
    Policy(ManagedPolicyRecord),
}

impl Thing {
    /// Its place in the order of the pages.
    fn place(&self) -> String {
        match self {
            Self::User(user) => format!("1/{}", user.name),
            Self::Group(group) => format!("2/{}", group.name),
            Self::Role(role) => format!("3/{}", role.name),
            Self::Policy(policy) => format!("4/{}", policy.arn()),
        }
    }
}

pub(super) fn access(_: &Cx, _: &Input) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("iam:GetAccountAuthorizationDetails")))
}

/// Of AWS's own policies those in use are shown.
pub(super) fn details(cx: &Cx, input: Input) -> Result<Answer, Fault> {
    let wants = |kind: &str| input.filter.is_empty() || input.filter.iter().any(|f| f == kind);
    let usage = Usage::of_account(cx)?;
    let mut all = Vec::new();
    if wants("User") {
        all.extend(UserRecord::all(cx)?.into_iter().map(Thing::User));
    }
    if wants("Group") {
        all.extend(GroupRecord::all(cx)?.into_iter().map(Thing::Group));
    }
    if wants("Role") {
        all.extend(RoleRecord::all(cx)?.into_iter().map(Thing::Role));
    }
    if wants("LocalManagedPolicy") {
        let local = managed_policies::list(cx, cx.account()?)?;
        all.extend(local.into_iter().map(Thing::Policy));
    }
    if wants("AWSManagedPolicy") {
        let in_use = |policy: &ManagedPolicyRecord| usage.any(&policy.arn().to_string());
        all.extend(aws_managed_policies().filter(in_use).map(Thing::Policy));
    }
    let mut placed: Vec<(String, Thing)> =
        all.into_iter().map(|thing| (thing.place(), thing)).collect();
    placed.sort_by(|a, b| a.0.cmp(&b.0));
    let (found, page) = input.paging.cut(placed, |(place, _)| place);
    let mut answer = Answer {
        user_detail_list: Vec::new(),
        group_detail_list: Vec::new(),
        role_detail_list: Vec::new(),
        policies: Vec::new(),
        page,
    };
    for (_, thing) in found {
        answer.add(cx, &usage, thing)?;
    }
    Ok(answer)
}

impl Answer {
    fn add(&mut self, cx: &Cx, usage: &Usage, thing: Thing) -> Result<(), Fault> {
        match thing {
            Thing::User(user) => self.user_detail_list.push(of_user(user)),
            Thing::Group(group) => self.group_detail_list.push(of_group(group)),
            Thing::Role(role) => self.role_detail_list.push(of_role(cx, role)?),
            Thing::Policy(policy) => self.policies.push(of_policy(usage, &policy)),
        }
        Ok(())
    }
}

fn of_user(user: UserRecord) -> UserDetail {
    UserDetail {
        arn: user.arn().to_string(),
        user_policy_list: inline(&user.policies),
        attached_managed_policies: attached(&user.policies),
        permissions_boundary: Boundary::of(user.policies.boundary),
        tags: shown(&user.tags),
        path: user.path,
        user_name: user.name,
        user_id: user.id,
        create_date: user.created.timestamp(),
        group_list: user.groups,
    }
}

fn of_group(group: GroupRecord) -> GroupDetail {
    GroupDetail {
        arn: group.arn().to_string(),
        group_policy_list: inline(&group.policies),
        attached_managed_policies: attached(&group.policies),
        path: group.path,
        group_name: group.name,
        group_id: group.id,
        create_date: group.created.timestamp(),
    }
}

fn of_role(cx: &Cx, role: RoleRecord) -> Result<RoleDetail, Fault> {
    let profiles = holding(cx, &role)?;
    let profiles = profiles.into_iter().map(|profile| profile.in_list(cx));
    Ok(RoleDetail {
        arn: role.arn().to_string(),
        assume_role_policy_document: encoded(&cx.shown(&role.trust)?),
        instance_profile_list: profiles.collect::<Result<_, _>>()?,
        role_policy_list: inline(&role.policies),
        attached_managed_policies: attached(&role.policies),
        role_last_used: RoleLastUsed::of(cx, &role)?,
        permissions_boundary: Boundary::of(role.policies.boundary),
        tags: shown(&role.tags),
        path: role.path,
        role_name: role.name,
        role_id: role.id,
        create_date: role.created.timestamp(),
    })
}

fn of_policy(usage: &Usage, policy: &ManagedPolicyRecord) -> PolicyDetail {
    let newest_first = policy.versions.keys().rev();
    PolicyDetail {
        policy: listed(usage, policy),
        policy_version_list: newest_first
            .filter_map(|number| version::view(policy, *number, true))
            .collect(),
    }
}
