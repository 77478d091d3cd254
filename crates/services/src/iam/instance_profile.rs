//! Instance profiles: what hands one role to an EC2 instance.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::common::{
    Done, Page, Paging, Tag, conflict, iam_arn, limit, no_such, path_or_root, shown,
};
use super::entity::{Entity, Listed, Listing, page_by_path};
use super::role::Role;
use super::tagging::{self, Tagged};
use crate::identity::{self, InstanceProfileRecord, RoleRecord, instance_profiles, roles};

/// Instance profiles that an account may have (IAM quotas).
const MAX_PROFILES: usize = 1_000;

/// A profile in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProfileView {
    path: String,
    instance_profile_name: String,
    instance_profile_id: String,
    arn: String,
    create_date: i64,
    roles: Vec<Role>,
    tags: Option<Vec<Tag>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProfileAnswer {
    instance_profile: ProfileView,
}

impl Entity for InstanceProfileRecord {
    const NOUN: &'static str = "InstanceProfile";
    const CALLED: &'static str = "instance profile";

    fn known(cx: &Cx, name: &str) -> Result<Option<Self>, Fault> {
        instance_profiles::get(cx, cx.account()?, name)
    }

    fn arn(&self) -> Arn {
        InstanceProfileRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, name: &str) -> Arn {
        iam_arn(account, format!("instance-profile/{name}"))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        instance_profiles::put(cx, &self.account, self)
    }

    fn absent(name: &str) -> Fault {
        let text = format!("Instance Profile {name} cannot be found.");
        Fault::new("NoSuchEntity", text).status(404)
    }

    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.tags)
    }
}

impl Tagged for InstanceProfileRecord {
    fn tags(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.tags
    }
}

impl Listed for InstanceProfileRecord {
    const PLURAL: &'static str = "InstanceProfiles";
    const PREFIX: &'static str = "instance-profile";
    type View = ProfileView;

    fn all(cx: &Cx) -> Result<Vec<Self>, Fault> {
        instance_profiles::list(cx, cx.account()?)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn in_list(self, cx: &Cx) -> Result<ProfileView, Fault> {
        Ok(ProfileView { tags: None, ..view(cx, self)? })
    }
}

/// A profile with its role.
fn view(cx: &Cx, record: InstanceProfileRecord) -> Result<ProfileView, Fault> {
    let role = match &record.role {
        Some(name) => roles::get(cx, &record.account, name)?,
        None => None,
    };
    Ok(ProfileView {
        arn: record.arn().to_string(),
        path: record.path,
        instance_profile_name: record.name,
        instance_profile_id: record.id,
        create_date: record.created.timestamp(),
        roles: role.map(|role| Role::listed(cx, role)).transpose()?.into_iter().collect(),
        tags: shown(&record.tags),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    instance_profile_name: String,
    path: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let path = path_or_root(input.path.clone());
    let resource = format!("instance-profile{path}{}", input.instance_profile_name);
    let check = Check::new("iam:CreateInstanceProfile", iam_arn(cx.account()?, resource));
    Ok(Access::to(tagging::asking_for(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<ProfileAnswer, Fault> {
    let account = cx.account()?.clone();
    let name = input.instance_profile_name;
    if instance_profiles::get(cx, &account, &name)?.is_some() {
        let text = format!("Instance Profile {name} already exists.");
        return Err(Fault::new("EntityAlreadyExists", text).status(409));
    }
    if instance_profiles::list(cx, &account)?.len() >= MAX_PROFILES {
        return Err(limit("InstanceProfilesPerAccount", MAX_PROFILES));
    }
    let profile = InstanceProfileRecord {
        id: identity::unique_id(cx.world(), "AIPA"),
        account,
        name,
        path: path_or_root(input.path),
        created: cx.now(),
        role: None,
        tags: tagging::of_new::<InstanceProfileRecord>(input.tags)?,
    };
    profile.save(cx)?;
    Ok(ProfileAnswer { instance_profile: view(cx, profile)? })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    instance_profile_name: String,
}

pub(super) fn get_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    let name = &input.instance_profile_name;
    InstanceProfileRecord::access(cx, "iam:GetInstanceProfile", name)
}

pub(super) fn get(cx: &Cx, input: Named) -> Result<ProfileAnswer, Fault> {
    let profile = InstanceProfileRecord::find(cx, &input.instance_profile_name)?;
    Ok(ProfileAnswer { instance_profile: view(cx, profile)? })
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    let name = &input.instance_profile_name;
    InstanceProfileRecord::access(cx, "iam:DeleteInstanceProfile", name)
}

pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Done, Fault> {
    let profile = InstanceProfileRecord::find(cx, &input.instance_profile_name)?;
    if profile.role.is_some() {
        return Err(conflict("remove roles from instance profile"));
    }
    instance_profiles::delete(cx, &profile.account, &profile.name)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WithRole {
    instance_profile_name: String,
    role_name: String,
}

/// Handing a role to an instance needs `iam:PassRole` on it ("Granting a user permissions to
/// pass a role to an AWS service", IAM User Guide).
pub(super) fn add_role_access(cx: &Cx, input: &WithRole) -> Result<Access, Fault> {
    let name = &input.instance_profile_name;
    let access = InstanceProfileRecord::access(cx, "iam:AddRoleToInstanceProfile", name)?;
    let pass = RoleRecord::check(cx, "iam:PassRole", &input.role_name)?;
    Ok(access.and(pass.with("iam:PassedToService", "ec2.amazonaws.com")))
}

pub(super) fn add_role(cx: &mut Cx, input: WithRole) -> Result<Done, Fault> {
    let mut profile = InstanceProfileRecord::find(cx, &input.instance_profile_name)?;
    let role = RoleRecord::to_change(cx, &input.role_name)?;
    if profile.role.is_some() {
        return Err(limit("InstanceSessionsPerInstanceProfile", 1));
    }
    profile.role = Some(role.name);
    profile.save(cx)?;
    Ok(Done {})
}

pub(super) fn remove_role_access(cx: &Cx, input: &WithRole) -> Result<Access, Fault> {
    let name = &input.instance_profile_name;
    InstanceProfileRecord::access(cx, "iam:RemoveRoleFromInstanceProfile", name)
}

pub(super) fn remove_role(cx: &mut Cx, input: WithRole) -> Result<Done, Fault> {
    let mut profile = InstanceProfileRecord::find(cx, &input.instance_profile_name)?;
    if !has(&profile, &input.role_name) {
        return Err(no_such("role", &input.role_name));
    }
    profile.role = None;
    profile.save(cx)?;
    Ok(Done {})
}

fn has(profile: &InstanceProfileRecord, role: &str) -> bool {
    profile.role.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(role))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfRole {
    role_name: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn of_role_access(cx: &Cx, input: &OfRole) -> Result<Access, Fault> {
    RoleRecord::access(cx, "iam:ListInstanceProfilesForRole", &input.role_name)
}

pub(super) fn of_role(cx: &Cx, input: OfRole) -> Result<Listing<ProfileView>, Fault> {
    let role = RoleRecord::find(cx, &input.role_name)?;
    let (found, page): (_, Page) = page_by_path(holding(cx, &role)?, None, input.paging);
    let items = found.into_iter().map(|one| one.in_list(cx)).collect::<Result<_, _>>()?;
    Ok(Listing { member: InstanceProfileRecord::PLURAL, items, page })
}

/// The profiles that a role is in.
pub(super) fn holding(cx: &Cx, role: &RoleRecord) -> Result<Vec<InstanceProfileRecord>, Fault> {
    let mut all = InstanceProfileRecord::all(cx)?;
    all.retain(|profile| has(profile, &role.name));
    Ok(all)
}
