//! Groups: policies for several users at once. A group is no principal; its policies count in
//! the decisions about its users (`identity/source.rs`).

use gateway::{Access, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::common::{
    Done, Page, Paging, conflict, exists, iam_arn, limit, no_such, on, path_or_root,
};
use super::entity::{Entity, Listed, Listing, rename_access};
use super::user::UserView;
use crate::identity::{self, Attachments, GroupRecord, UserRecord, groups, users};

/// Groups that an account may have, and those one user may be in (IAM quotas).
const MAX_GROUPS: usize = 300;
const MAX_GROUPS_OF_USER: usize = 10;

/// A group in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupView {
    path: String,
    group_name: String,
    group_id: String,
    arn: String,
    create_date: i64,
}

impl From<GroupRecord> for GroupView {
    fn from(record: GroupRecord) -> Self {
        Self {
            arn: record.arn().to_string(),
            path: record.path,
            group_name: record.name,
            group_id: record.id,
            create_date: record.created.timestamp(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupAnswer {
    group: GroupView,
}

impl Entity for GroupRecord {
    const NOUN: &'static str = "Group";
    const CALLED: &'static str = "group";

    fn known(cx: &Cx, name: &str) -> Result<Option<Self>, Fault> {
        groups::get(cx, cx.account()?, name)
    }

    fn arn(&self) -> Arn {
        GroupRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, name: &str) -> Arn {
        iam_arn(account, format!("group/{name}"))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        groups::put(cx, &self.account, self)
    }
}

impl Listed for GroupRecord {
    const PLURAL: &'static str = "Groups";
    const PREFIX: &'static str = "group";
    type View = GroupView;

    fn all(cx: &Cx) -> Result<Vec<Self>, Fault> {
        groups::list(cx, cx.account()?)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn in_list(self, _cx: &Cx) -> Result<GroupView, Fault> {
        Ok(self.into())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    group_name: String,
    path: Option<String>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let path = path_or_root(input.path.clone());
    on(cx, "iam:CreateGroup", format!("group{path}{}", input.group_name))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<GroupAnswer, Fault> {
    let account = cx.account()?.clone();
    if groups::get(cx, &account, &input.group_name)?.is_some() {
        return Err(exists("Group", &input.group_name));
    }
    if groups::list(cx, &account)?.len() >= MAX_GROUPS {
        return Err(limit("GroupsPerAccount", MAX_GROUPS));
    }
    let group = GroupRecord {
        id: identity::unique_id(cx.world(), "AGPA"),
        account,
        name: input.group_name,
        path: path_or_root(input.path),
        created: cx.now(),
        policies: Attachments::default(),
    };
    group.save(cx)?;
    Ok(GroupAnswer { group: group.into() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    group_name: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAnswer {
    group: GroupView,
    users: Vec<UserView>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    GroupRecord::access(cx, "iam:GetGroup", &input.group_name)
}

pub(super) fn get(cx: &Cx, input: GetInput) -> Result<GetAnswer, Fault> {
    let group = GroupRecord::find(cx, &input.group_name)?;
    let (users, page) = input.paging.cut(members(cx, &group)?, |user| &user.name);
    let users = users.into_iter().map(UserView::listed).collect();
    Ok(GetAnswer { group: group.into(), users, page })
}

/// The users of a group, by name.
fn members(cx: &Cx, group: &GroupRecord) -> Result<Vec<UserRecord>, Fault> {
    let mut users = users::list(cx, &group.account)?;
    users.retain(|user| is_in(user, &group.name));
    users.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(users)
}

fn is_in(user: &UserRecord, group: &str) -> bool {
    user.groups.iter().any(|known| known.eq_ignore_ascii_case(group))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    group_name: String,
    new_path: Option<String>,
    new_group_name: Option<String>,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    let to = (input.new_path.as_deref(), input.new_group_name.as_deref());
    rename_access::<GroupRecord>(cx, "iam:UpdateGroup", &input.group_name, to)
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Done, Fault> {
    let mut group = GroupRecord::find(cx, &input.group_name)?;
    let account = group.account.clone();
    let members = members(cx, &group)?;
    group.path = input.new_path.unwrap_or(group.path);
    let old = std::mem::take(&mut group.name);
    group.name = input.new_group_name.unwrap_or_else(|| old.clone());
    if !group.name.eq_ignore_ascii_case(&old) && groups::get(cx, &account, &group.name)?.is_some() {
        return Err(exists("Group", &group.name));
    }
    for mut user in members {
        for known in user.groups.iter_mut().filter(|known| known.eq_ignore_ascii_case(&old)) {
            known.clone_from(&group.name);
        }
        user.save(cx)?;
    }
    groups::delete(cx, &account, &old)?;
    group.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    group_name: String,
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    GroupRecord::access(cx, "iam:DeleteGroup", &input.group_name)
}

pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Done, Fault> {
    let group = GroupRecord::find(cx, &input.group_name)?;
    if !members(cx, &group)?.is_empty() {
        return Err(conflict("remove users from group"));
    }
    if !group.policies.managed.is_empty() {
        return Err(conflict("detach all policies"));
    }
    if !group.policies.inline.is_empty() {
        return Err(conflict("delete policies"));
    }
    groups::delete(cx, &group.account, &group.name)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Membership {
    group_name: String,
    user_name: String,
}

pub(super) fn add_access(cx: &Cx, input: &Membership) -> Result<Access, Fault> {
    GroupRecord::access(cx, "iam:AddUserToGroup", &input.group_name)
}

/// Adding a user a second time changes nothing and is no error.
pub(super) fn add(cx: &mut Cx, input: Membership) -> Result<Done, Fault> {
    let group = GroupRecord::find(cx, &input.group_name)?;
    let mut user = UserRecord::find(cx, &input.user_name)?;
    if is_in(&user, &group.name) {
        return Ok(Done {});
    }
    if user.groups.len() >= MAX_GROUPS_OF_USER {
        return Err(limit("GroupsPerUser", MAX_GROUPS_OF_USER));
    }
    user.groups.push(group.name);
    user.save(cx)?;
    Ok(Done {})
}

pub(super) fn remove_access(cx: &Cx, input: &Membership) -> Result<Access, Fault> {
    GroupRecord::access(cx, "iam:RemoveUserFromGroup", &input.group_name)
}

pub(super) fn remove(cx: &mut Cx, input: Membership) -> Result<Done, Fault> {
    let group = GroupRecord::find(cx, &input.group_name)?;
    let mut user = UserRecord::find(cx, &input.user_name)?;
    if !is_in(&user, &group.name) {
        return Err(no_such("user", &input.user_name));
    }
    user.groups.retain(|known| !known.eq_ignore_ascii_case(&group.name));
    user.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfUserInput {
    user_name: String,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn of_user_access(cx: &Cx, input: &OfUserInput) -> Result<Access, Fault> {
    UserRecord::access(cx, "iam:ListGroupsForUser", &input.user_name)
}

pub(super) fn of_user(cx: &Cx, input: OfUserInput) -> Result<Listing<GroupView>, Fault> {
    let user = UserRecord::find(cx, &input.user_name)?;
    let mut found = Vec::new();
    for name in &user.groups {
        found.extend(groups::get(cx, &user.account, name)?);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let (page, next) = input.paging.cut(found, |group| &group.name);
    let items = page.into_iter().map(GroupView::from).collect();
    Ok(Listing { member: "Groups", items, page: next })
}
