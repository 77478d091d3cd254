//! When keys and roles were last used, as the audit log tells it.

use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

use super::common::iam_arn;
use super::entity::Entity;
use crate::identity::{RoleRecord, UserRecord, keys};

/// The last call of any session of a role; empty for one never used.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleLastUsed {
    last_used_date: Option<i64>,
    region: Option<String>,
}

impl RoleLastUsed {
    pub(super) fn of(cx: &Cx, role: &RoleRecord) -> Result<Self, Fault> {
        let used = cx.activity()?.identity(&role.id);
        Ok(Self {
            last_used_date: used.as_ref().map(|used| used.time.timestamp()),
            region: used.map(|used| used.region),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyInput {
    access_key_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyAnswer {
    user_name: String,
    access_key_last_used: KeyLastUsed,
}

/// A key never used has the service and Region `N/A` (GetAccessKeyLastUsed).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyLastUsed {
    last_used_date: Option<i64>,
    service_name: String,
    region: String,
}

pub(super) fn key_access(cx: &Cx, input: &KeyInput) -> Result<Access, Fault> {
    let action = "iam:GetAccessKeyLastUsed";
    match keys::get(cx, &input.access_key_id)? {
        Some(key) if key.account == *cx.account()? => UserRecord::access(cx, action, &key.user),
        Some(key) => {
            let arn = iam_arn(&key.account, format!("user/{}", key.user));
            Ok(Access::to(Check::new(action, arn).owned_by(&key.account)))
        }
        None => Ok(Access::to(Check::new(action, iam_arn(cx.account()?, "user/*")))),
    }
}

pub(super) fn key(cx: &Cx, input: KeyInput) -> Result<KeyAnswer, Fault> {
    let text = format!("The Access Key with id {} cannot be found.", input.access_key_id);
    let absent = || Fault::new("NoSuchEntity", text).status(404);
    let key = keys::get(cx, &input.access_key_id)?.ok_or_else(absent)?;
    let used = cx.activity()?.access_key(&key.id);
    let or_not = |text: Option<String>| text.unwrap_or_else(|| "N/A".to_owned());
    Ok(KeyAnswer {
        user_name: key.user,
        access_key_last_used: KeyLastUsed {
            last_used_date: used.as_ref().map(|used| used.time.timestamp()),
            service_name: or_not(used.as_ref().map(|used| used.service.clone())),
            region: or_not(used.map(|used| used.region)),
        },
    })
}
