//! Long-term access keys of users. The secret is shown once, at its creation.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::{Done, Page, Paging, limit};
use super::entity::Entity;
use super::user;
use crate::identity::{
    AccessKeyRecord, UserRecord, access_key_id, keys, new_secret, secret_context,
};

/// Keys that a user may have (IAM quotas).
const MAX_KEYS: usize = 2;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    user_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateAnswer {
    access_key: NewKey,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NewKey {
    user_name: String,
    access_key_id: String,
    status: &'static str,
    secret_access_key: String,
    create_date: i64,
}

fn on_keys_of(cx: &Cx, action: &str, name: Option<&String>) -> Result<Access, Fault> {
    UserRecord::access(cx, action, &user::name_or_own(cx, name)?)
}

pub(super) fn access_create(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    on_keys_of(cx, "iam:CreateAccessKey", input.user_name.as_ref())
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<CreateAnswer, Fault> {
    let name = user::name_or_own(cx, input.user_name.as_ref())?;
    let owner = UserRecord::find(cx, &name)?;
    if keys::of_user(cx, &owner.account, &owner.name)?.len() >= MAX_KEYS {
        return Err(limit("AccessKeysPerUser", MAX_KEYS));
    }
    let secret = new_secret(cx);
    let id = access_key_id(cx.world(), "AKIA", &owner.account);
    let key = AccessKeyRecord {
        sealed_secret: cx.seal().seal(&secret_context(&id), secret.as_bytes())?,
        id: id.clone(),
        account: owner.account,
        user: owner.name.clone(),
        active: true,
        created: cx.now(),
    };
    keys::put(cx, &key)?;
    Ok(CreateAnswer {
        access_key: NewKey {
            user_name: owner.name,
            access_key_id: id,
            status: "Active",
            secret_access_key: secret,
            create_date: key.created.timestamp(),
        },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyInput {
    user_name: Option<String>,
    access_key_id: String,
}

/// The key, when it is the user's.
fn find(cx: &Cx, user_name: Option<&String>, id: &str) -> Result<AccessKeyRecord, Fault> {
    let owner = user::name_or_own(cx, user_name)?;
    let account = cx.account()?;
    let mine =
        |key: &AccessKeyRecord| key.account == *account && key.user.eq_ignore_ascii_case(&owner);
    let text = format!("The Access Key with id {id} cannot be found.");
    keys::get(cx, id)?.filter(mine).ok_or_else(|| Fault::new("NoSuchEntity", text).status(404))
}

pub(super) fn access_delete(cx: &Cx, input: &KeyInput) -> Result<Access, Fault> {
    on_keys_of(cx, "iam:DeleteAccessKey", input.user_name.as_ref())
}

pub(super) fn delete(cx: &mut Cx, input: KeyInput) -> Result<Done, Fault> {
    let key = find(cx, input.user_name.as_ref(), &input.access_key_id)?;
    keys::delete(cx, &key.id)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateInput {
    user_name: Option<String>,
    access_key_id: String,
    status: String,
}

pub(super) fn access_update(cx: &Cx, input: &UpdateInput) -> Result<Access, Fault> {
    on_keys_of(cx, "iam:UpdateAccessKey", input.user_name.as_ref())
}

pub(super) fn update(cx: &mut Cx, input: UpdateInput) -> Result<Done, Fault> {
    let mut key = find(cx, input.user_name.as_ref(), &input.access_key_id)?;
    key.active = input.status == "Active";
    keys::put(cx, &key)?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListAnswer {
    access_key_metadata: Vec<KeyView>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyView {
    user_name: String,
    access_key_id: String,
    status: &'static str,
    create_date: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    user_name: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn access_list(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    on_keys_of(cx, "iam:ListAccessKeys", input.user_name.as_ref())
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<ListAnswer, Fault> {
    let owner = UserRecord::find(cx, &user::name_or_own(cx, input.user_name.as_ref())?)?;
    let view = |key: AccessKeyRecord| KeyView {
        user_name: key.user,
        access_key_id: key.id,
        status: if key.active { "Active" } else { "Inactive" },
        create_date: key.created.timestamp(),
    };
    let mut all = keys::of_user(cx, &owner.account, &owner.name)?;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let (keys, page) = input.paging.cut(all, |key| &key.id);
    Ok(ListAnswer { access_key_metadata: keys.into_iter().map(view).collect(), page })
}
