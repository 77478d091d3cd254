//! Users: identities with long-term keys.

use std::collections::BTreeMap;

use gateway::{Access, Check, Cx, Fault, Principal};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::boundary;
use super::common::{
    Boundary, Done, Tag, conflict, exists, iam_arn, limit, on, path_or_root, shown,
};
use super::entity::{Entity, Listed, rename_access};
use super::mfa;
use super::tagging::{self, Tagged};
use crate::identity::{UserRecord, keys, login_profiles, users};

/// Users that an account may have (IAM quotas).
const MAX_USERS: usize = 5_000;

/// A user in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserView {
    path: String,
    user_name: String,
    user_id: String,
    arn: String,
    create_date: i64,
    permissions_boundary: Option<Boundary>,
    tags: Option<Vec<Tag>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserAnswer {
    user: UserView,
}

impl From<UserRecord> for UserView {
    fn from(record: UserRecord) -> Self {
        Self {
            permissions_boundary: Boundary::of(record.policies.boundary.clone()),
            tags: shown(&record.tags),
            ..Self::listed(record)
        }
    }
}

impl UserView {
    /// As lists have it.
    pub(super) fn listed(record: UserRecord) -> Self {
        Self {
            arn: record.arn().to_string(),
            path: record.path,
            user_name: record.name,
            user_id: record.id,
            create_date: record.created.timestamp(),
            permissions_boundary: None,
            tags: None,
        }
    }
}

impl Entity for UserRecord {
    const NOUN: &'static str = "User";
    const CALLED: &'static str = "user";

    fn known(cx: &Cx, name: &str) -> Result<Option<Self>, Fault> {
        users::get(cx, cx.account()?, name)
    }

    fn arn(&self) -> Arn {
        UserRecord::arn(self)
    }

    fn arn_if_absent(account: &AccountId, name: &str) -> Arn {
        iam_arn(account, format!("user/{name}"))
    }

    fn save(&self, cx: &mut Cx) -> Result<(), Fault> {
        users::put(cx, &self.account, self)
    }

    fn tags_of(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.tags)
    }
}

impl Tagged for UserRecord {
    const FOLDED: bool = true;

    fn tags(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.tags
    }
}

impl Listed for UserRecord {
    const PLURAL: &'static str = "Users";
    const PREFIX: &'static str = "user";
    type View = UserView;

    fn all(cx: &Cx) -> Result<Vec<Self>, Fault> {
        users::list(cx, cx.account()?)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn in_list(self, _cx: &Cx) -> Result<UserView, Fault> {
        Ok(UserView::listed(self))
    }
}

/// The name given, or the caller's own: several operations may leave it out.
pub(super) fn name_or_own(cx: &Cx, given: Option<&String>) -> Result<String, Fault> {
    match (given, cx.principal()) {
        (Some(name), _) => Ok(name.clone()),
        (None, Principal::User(user)) => Ok(user.name.clone()),
        (None, _) => {
            let text = "Must specify userName when calling with non-User credentials";
            Err(Fault::new("ValidationError", text).status(400))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    user_name: String,
    path: Option<String>,
    permissions_boundary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let path = path_or_root(input.path.clone());
    let arn = iam_arn(cx.account()?, format!("user{path}{}", input.user_name));
    let check = Check::new("iam:CreateUser", arn)
        .with_some("iam:PermissionsBoundary", input.permissions_boundary.clone());
    Ok(Access::to(tagging::asking_for(check, &input.tags)))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<UserAnswer, Fault> {
    let account = cx.account()?.clone();
    if users::get(cx, &account, &input.user_name)?.is_some() {
        return Err(exists("User", &input.user_name));
    }
    if users::list(cx, &account)?.len() >= MAX_USERS {
        return Err(limit("UsersPerAccount", MAX_USERS));
    }
    if let Some(arn) = &input.permissions_boundary {
        boundary::check(cx, arn)?;
    }
    let mut user = UserRecord {
        path: path_or_root(input.path),
        tags: tagging::of_new::<UserRecord>(input.tags)?,
        ..UserRecord::new(cx, &account, input.user_name)
    };
    user.policies.boundary = input.permissions_boundary;
    user.save(cx)?;
    Ok(UserAnswer { user: user.into() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    user_name: Option<String>,
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    if let (None, Principal::Root { .. }) = (&input.user_name, cx.principal()) {
        return on(cx, "iam:GetUser", "root".to_owned());
    }
    UserRecord::access(cx, "iam:GetUser", &name_or_own(cx, input.user_name.as_ref())?)
}

pub(super) fn get(cx: &Cx, input: GetInput) -> Result<UserAnswer, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    Ok(UserAnswer { user: UserRecord::find(cx, &name)?.into() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    user_name: String,
    new_path: Option<String>,
    new_user_name: Option<String>,
}

pub(super) fn update_access(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    let to = (input.new_path.as_deref(), input.new_user_name.as_deref());
    rename_access::<UserRecord>(cx, "iam:UpdateUser", &input.user_name, to)
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Done, Fault> {
    let mut user = UserRecord::find(cx, &input.user_name)?;
    user.path = input.new_path.unwrap_or(user.path);
    let old = std::mem::take(&mut user.name);
    user.name = input.new_user_name.unwrap_or_else(|| old.clone());
    let account = user.account.clone();
    if !user.name.eq_ignore_ascii_case(&old) && users::get(cx, &account, &user.name)?.is_some() {
        return Err(exists("User", &user.name));
    }
    for mut key in keys::of_user(cx, &account, &old)? {
        key.user.clone_from(&user.name);
        keys::put(cx, &key)?;
    }
    users::delete(cx, &account, &old)?;
    user.save(cx)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    user_name: String,
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    UserRecord::access(cx, "iam:DeleteUser", &input.user_name)
}

pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Done, Fault> {
    let user = UserRecord::find(cx, &input.user_name)?;
    if !user.policies.managed.is_empty() {
        return Err(conflict("detach all policies"));
    }
    if !user.policies.inline.is_empty() {
        return Err(conflict("delete policies"));
    }
    if !user.groups.is_empty() {
        return Err(conflict("remove users from group"));
    }
    if !keys::of_user(cx, &user.account, &user.name)?.is_empty() {
        return Err(conflict("delete access keys"));
    }
    if login_profiles::get(cx, &user.account, &user.id)?.is_some() {
        return Err(conflict("delete login profile"));
    }
    if !mfa::of_user(cx, &user)?.is_empty() {
        return Err(conflict("delete MFA device"));
    }
    users::delete(cx, &user.account, &user.name)?;
    Ok(Done {})
}
