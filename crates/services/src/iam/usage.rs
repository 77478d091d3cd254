//! Where managed policies hang: counts, and ListEntitiesForPolicy.

use std::collections::HashMap;

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::{Page, Paging};
use super::entity::{Entity, Listed};
use super::holder::Holder;
use crate::identity::{Attachments, GroupRecord, ManagedPolicyRecord, RoleRecord, UserRecord};

/// How often each managed policy is in use in an account.
#[derive(Default)]
pub(super) struct Usage {
    attached: HashMap<String, usize>,
    bounding: HashMap<String, usize>,
}

impl Usage {
    /// Counts over every user, group and role of the caller's account.
    pub(super) fn of_account(cx: &Cx) -> Result<Self, Fault> {
        let mut usage = Self::default();
        UserRecord::all(cx)?.iter().for_each(|user| usage.count(&user.policies));
        GroupRecord::all(cx)?.iter().for_each(|group| usage.count(&group.policies));
        RoleRecord::all(cx)?.iter().for_each(|role| usage.count(&role.policies));
        Ok(usage)
    }

    fn count(&mut self, policies: &Attachments) {
        for arn in &policies.managed {
            *self.attached.entry(arn.clone()).or_default() += 1;
        }
        if let Some(arn) = &policies.boundary {
            *self.bounding.entry(arn.clone()).or_default() += 1;
        }
    }

    /// How many identities the policy hangs on.
    pub(super) fn attached(&self, arn: &str) -> usize {
        self.attached.get(arn).copied().unwrap_or_default()
    }

    /// How many identities it bounds.
    pub(super) fn bounding(&self, arn: &str) -> usize {
        self.bounding.get(arn).copied().unwrap_or_default()
    }

    /// Whether it is in use at all.
    pub(super) fn any(&self, arn: &str) -> bool {
        self.attached(arn) + self.bounding(arn) > 0
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EntitiesInput {
    policy_arn: String,
    entity_filter: Option<String>,
    path_prefix: Option<String>,
    policy_usage_filter: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EntitiesAnswer {
    policy_groups: Vec<GroupRef>,
    policy_users: Vec<UserRef>,
    policy_roles: Vec<RoleRef>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupRef {
    group_name: String,
    group_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UserRef {
    user_name: String,
    user_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RoleRef {
    role_name: String,
    role_id: String,
}

pub(super) fn entities_access(cx: &Cx, input: &EntitiesInput) -> Result<Access, Fault> {
    ManagedPolicyRecord::access(cx, "iam:ListEntitiesForPolicy", &input.policy_arn)
}

/// An identity that the policy hangs on: its place in the pages, kind, name and id.
type Found = (String, &'static str, String, String);

pub(super) fn entities(cx: &Cx, input: EntitiesInput) -> Result<EntitiesAnswer, Fault> {
    ManagedPolicyRecord::find(cx, &input.policy_arn)?;
    let mut all = Vec::new();
    let id = |group: &GroupRecord| group.id.clone();
    all.extend(input.among(GroupRecord::all(cx)?, id));
    all.extend(input.among(RoleRecord::all(cx)?, |role| role.id.clone()));
    all.extend(input.among(UserRecord::all(cx)?, |user| user.id.clone()));
    all.sort();
    let (found, page) = input.paging.cut(all, |(place, ..)| place);
    let mut answer = EntitiesAnswer {
        policy_groups: Vec::new(),
        policy_users: Vec::new(),
        policy_roles: Vec::new(),
        page,
    };
    for (_, kind, name, id) in found {
        match kind {
            "Group" => answer.policy_groups.push(GroupRef { group_name: name, group_id: id }),
            "Role" => answer.policy_roles.push(RoleRef { role_name: name, role_id: id }),
            _ => answer.policy_users.push(UserRef { user_name: name, user_id: id }),
        }
    }
    Ok(answer)
}

impl EntitiesInput {
    /// Those of one kind that the filters leave.
    fn among<H: Holder + Listed>(&self, all: Vec<H>, id: impl Fn(&H) -> String) -> Vec<Found> {
        let prefix = self.path_prefix.as_deref().unwrap_or("/");
        let mut found = Vec::new();
        for mut holder in all {
            let wanted = self.entity_filter.as_deref().is_none_or(|kind| kind == H::NOUN);
            if wanted && holder.path().starts_with(prefix) && self.uses(holder.policies()) {
                let name = holder.name().to_owned();
                found.push((format!("{}/{name}", H::NOUN), H::NOUN, name, id(&holder)));
            }
        }
        found
    }

    fn uses(&self, policies: &Attachments) -> bool {
        let attached = policies.managed.contains(&self.policy_arn);
        let bounded = policies.boundary.as_ref() == Some(&self.policy_arn);
        match self.policy_usage_filter.as_deref() {
            Some("PermissionsPolicy") => attached,
            Some("PermissionsBoundary") => bounded,
            _ => attached || bounded,
        }
    }
}
