//! Users: identities with long-term keys.

use gateway::{Access, Cx, Fault, Principal};
use serde::{Deserialize, Serialize};

use super::common::{
    Done, Page, Paging, Tag, conflict, exists, no_such, on, on_all, path_or_root, tag_list, tag_map,
};
use crate::identity::{self, Attachments, UserRecord, keys, users};

/// A user in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserView {
    path: String,
    user_name: String,
    user_id: String,
    arn: String,
    create_date: i64,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserAnswer {
    user: UserView,
}

impl From<UserRecord> for UserView {
    fn from(record: UserRecord) -> Self {
        Self {
            arn: record.arn().to_string(),
            path: record.path,
            user_name: record.name,
            user_id: record.id,
            create_date: record.created.timestamp(),
            tags: tag_list(&record.tags),
        }
    }
}

/// The user, or IAM's words for its absence.
pub(super) fn find(cx: &Cx, name: &str) -> Result<UserRecord, Fault> {
    users::get(cx, cx.account()?, name)?.ok_or_else(|| no_such("user", name))
}

/// The ARN to ask about: with the user's path when it exists.
pub(super) fn resource(cx: &Cx, name: &str) -> Result<String, Fault> {
    let known = users::get(cx, cx.account()?, name)?;
    Ok(known.map_or_else(|| format!("user/{name}"), |user| user.arn().resource))
}

pub(super) fn save(cx: &mut Cx, user: &UserRecord) -> Result<(), Fault> {
    users::put(cx, &user.account, user)
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
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let path = path_or_root(input.path.clone());
    on(cx, "iam:CreateUser", format!("user{path}{}", input.user_name))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<UserAnswer, Fault> {
    let account = cx.account()?.clone();
    if users::get(cx, &account, &input.user_name)?.is_some() {
        return Err(exists("User", &input.user_name));
    }
    let user = UserRecord {
        id: identity::unique_id(cx.world(), "AIDA"),
        account,
        name: input.user_name,
        path: path_or_root(input.path),
        created: cx.now(),
        tags: tag_map(input.tags),
        policies: Attachments::default(),
    };
    save(cx, &user)?;
    Ok(UserAnswer { user: user.into() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInput {
    user_name: Option<String>,
}

pub(super) fn get_access(cx: &Cx, input: &GetInput) -> Result<Access, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    on(cx, "iam:GetUser", resource(cx, &name)?)
}

pub(super) fn get(cx: &Cx, input: GetInput) -> Result<UserAnswer, Fault> {
    let name = name_or_own(cx, input.user_name.as_ref())?;
    Ok(UserAnswer { user: find(cx, &name)?.into() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    user_name: String,
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    on(cx, "iam:DeleteUser", resource(cx, &input.user_name)?)
}

pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Done, Fault> {
    let user = find(cx, &input.user_name)?;
    if !user.policies.managed.is_empty() {
        return Err(conflict("detach all policies"));
    }
    if !user.policies.inline.is_empty() {
        return Err(conflict("delete policies"));
    }
    if !keys::of_user(cx, &user.account, &user.name)?.is_empty() {
        return Err(conflict("delete access keys"));
    }
    users::delete(cx, &user.account, &user.name)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    path_prefix: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer {
    users: Vec<UserView>,
    #[serde(flatten)]
    page: Page,
}

pub(super) fn list_access(cx: &Cx, _: &ListInput) -> Result<Access, Fault> {
    on_all(cx, "iam:ListUsers", "user")
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let prefix = path_or_root(input.path_prefix);
    let mut all = users::list(cx, cx.account()?)?;
    all.retain(|user| user.path.starts_with(&prefix));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let (page, next) = input.paging.cut(all, |user| &user.name);
    Ok(ListAnswer { users: page.into_iter().map(UserView::from).collect(), page: next })
}
