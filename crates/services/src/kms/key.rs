//! Keys: create, describe, list, enable and disable, scheduled deletion.

use chrono::Duration;
use gateway::{Access, Check, Cx, Fault};
use names::Arn;
use policy::validate::{Place, validate};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::access::{check, find};
use super::state::{self, KeyRecord, Manager, material_context};
use super::tags::{self, Tag};
use crate::identity::stored_policy;

/// Days that a scheduled deletion waits when the caller does not say.
const DEFAULT_WINDOW_DAYS: i64 = 30;
/// Keys of a page.
const PAGE: usize = 100;

/// An answer without members.
#[derive(Serialize)]
pub(super) struct Done {}

/// `KeyMetadata`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    #[serde(rename = "AWSAccountId")]
    account: String,
    key_id: String,
    arn: String,
    creation_date: i64,
    enabled: bool,
    description: String,
    key_usage: &'static str,
    key_state: &'static str,
    deletion_date: Option<i64>,
    origin: &'static str,
    key_manager: &'static str,
    customer_master_key_spec: &'static str,
    key_spec: &'static str,
    encryption_algorithms: [&'static str; 1],
    multi_region: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    key_metadata: Metadata,
}

impl From<KeyRecord> for Described {
    fn from(key: KeyRecord) -> Self {
        let key_metadata = Metadata {
            account: key.account.to_string(),
            arn: key.arn().to_string(),
            creation_date: key.created.timestamp(),
            enabled: key.state() == "Enabled",
            key_usage: "ENCRYPT_DECRYPT",
            key_state: key.state(),
            deletion_date: key.deletion.map(|deletion| deletion.timestamp()),
            origin: "AWS_KMS",
            key_manager: match key.manager {
                Manager::Customer => "CUSTOMER",
                Manager::Aws => "AWS",
            },
            customer_master_key_spec: "SYMMETRIC_DEFAULT",
            key_spec: "SYMMETRIC_DEFAULT",
            encryption_algorithms: ["SYMMETRIC_DEFAULT"],
            multi_region: false,
            description: key.description,
            key_id: key.id,
        };
        Self { key_metadata }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    policy: Option<String>,
    #[serde(default)]
    description: String,
    key_usage: Option<String>,
    key_spec: Option<String>,
    customer_master_key_spec: Option<String>,
    origin: Option<String>,
    multi_region: Option<bool>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create_access(_: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let mut check = Check::on_everything("kms:CreateKey");
    for Tag { tag_key, tag_value } in &input.tags {
        check = check.with(format!("aws:RequestTag/{tag_key}"), tag_value.clone());
    }
    Ok(Access::to(check))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Described, Fault> {
    symmetric_only(&input)?;
    let account = cx.account()?.clone();
    let policy = input.policy.unwrap_or_else(|| {
        serde_json::json!({
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [{
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
                "Action": "kms:*",
                "Resource": "*",
            }],
        })
        .to_string()
    });
    let policy = check_policy(cx, &policy)?;
    tags::check(&input.tags)?;
    let id = cx.world().uuid();
    let arn = Arn::new("kms", Some(cx.region()), Some(&account), format!("key/{id}"));
    let material = Zeroizing::new(cx.world().bytes::<32>());
    let key = KeyRecord {
        sealed_material: cx.seal().seal(&material_context(&arn), &material[..])?,
        account,
        region: cx.region().clone(),
        id,
        manager: Manager::Customer,
        description: input.description,
        created: cx.now(),
        policy,
        enabled: true,
        deletion: None,
        tags: tags::map(input.tags),
    };
    state::put_key(cx, &key)?;
    Ok(key.into())
}

/// Refuses what is not built, by name.
fn symmetric_only(input: &CreateInput) -> Result<(), Fault> {
    let differs = |value: &Option<String>, only: &str| value.as_ref().is_some_and(|v| v != only);
    let not_built = if differs(&input.key_usage, "ENCRYPT_DECRYPT") {
        "KeyUsage other than ENCRYPT_DECRYPT"
    } else if differs(&input.key_spec, "SYMMETRIC_DEFAULT")
        || differs(&input.customer_master_key_spec, "SYMMETRIC_DEFAULT")
    {
        "KeySpec other than SYMMETRIC_DEFAULT"
    } else if differs(&input.origin, "AWS_KMS") {
        "Origin other than AWS_KMS"
    } else if input.multi_region == Some(true) {
        "MultiRegion"
    } else {
        return Ok(());
    };
    let text = format!("CreateKey with {not_built} is not implemented.");
    Err(Fault::new("UnsupportedOperationException", text).status(400))
}

/// The key policy as it is stored; refuses one that breaks the grammar or names nobody.
pub(super) fn check_policy(cx: &mut Cx, document: &str) -> Result<String, Fault> {
    let malformed = |text: String| Fault::new("MalformedPolicyDocumentException", text).status(400);
    validate(Place::Key, document).map_err(|e| malformed(e.message))?;
    stored_policy(cx, document, |_| {
        malformed("Policy contains a statement with one or more invalid principals.".to_owned())
    })
}

/// A key by `KeyId`: the input of several operations.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ById {
    key_id: String,
}

/// A key of the caller's own that customers may change.
pub(super) fn own(cx: &Cx, key_id: &str) -> Result<KeyRecord, Fault> {
    let key = find(cx, key_id)?;
    if key.manager == Manager::Aws || key.account != *cx.account()? {
        let text = format!("{} is not a key that this operation can change.", key.arn());
        return Err(Fault::new("AccessDeniedException", text).status(400));
    }
    Ok(key)
}

pub(super) fn describe_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, "DescribeKey", &find(cx, &input.key_id)?)?))
}

pub(super) fn describe(cx: &Cx, input: ById) -> Result<Described, Fault> {
    Ok(find(cx, &input.key_id)?.into())
}

pub(super) fn enable_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, "EnableKey", &find(cx, &input.key_id)?)?))
}

pub(super) fn enable(cx: &mut Cx, input: ById) -> Result<Done, Fault> {
    set_enabled(cx, &input.key_id, true)
}

pub(super) fn disable_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, "DisableKey", &find(cx, &input.key_id)?)?))
}

pub(super) fn disable(cx: &mut Cx, input: ById) -> Result<Done, Fault> {
    set_enabled(cx, &input.key_id, false)
}

fn set_enabled(cx: &mut Cx, key_id: &str, enabled: bool) -> Result<Done, Fault> {
    let mut key = own(cx, key_id)?;
    if key.deletion.is_some() {
        key.usable()?;
    }
    key.enabled = enabled;
    state::put_key(cx, &key)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScheduleInput {
    key_id: String,
    pending_window_in_days: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Scheduled {
    key_id: String,
    deletion_date: i64,
    key_state: &'static str,
    pending_window_in_days: i64,
}

pub(super) fn schedule_access(cx: &Cx, input: &ScheduleInput) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, "ScheduleKeyDeletion", &find(cx, &input.key_id)?)?))
}

pub(super) fn schedule_deletion(cx: &mut Cx, input: ScheduleInput) -> Result<Scheduled, Fault> {
    let mut key = own(cx, &input.key_id)?;
    if key.deletion.is_some() {
        key.usable()?;
    }
    let days = input.pending_window_in_days.unwrap_or(DEFAULT_WINDOW_DAYS);
    if !(7..=30).contains(&days) {
        let text = "PendingWindowInDays must be between 7 and 30 (inclusive)";
        return Err(Fault::new("ValidationException", text).status(400));
    }
    let deletion = cx.now() + Duration::days(days);
    key.deletion = Some(deletion);
    state::put_key(cx, &key)?;
    Ok(Scheduled {
        key_id: key.arn().to_string(),
        deletion_date: deletion.timestamp(),
        key_state: key.state(),
        pending_window_in_days: days,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Cancelled {
    key_id: String,
}

pub(super) fn cancel_access(cx: &Cx, input: &ById) -> Result<Access, Fault> {
    Ok(Access::to(check(cx, "CancelKeyDeletion", &find(cx, &input.key_id)?)?))
}

/// The key comes back disabled, as the API reference says.
pub(super) fn cancel_deletion(cx: &mut Cx, input: ById) -> Result<Cancelled, Fault> {
    let mut key = own(cx, &input.key_id)?;
    if key.deletion.take().is_none() {
        let text = format!("{} is not pending deletion.", key.arn());
        return Err(Fault::new("KMSInvalidStateException", text).status(400));
    }
    key.enabled = false;
    state::put_key(cx, &key)?;
    Ok(Cancelled { key_id: key.arn().to_string() })
}

/// `Limit` and `Marker`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    limit: Option<usize>,
    marker: Option<String>,
}

impl Paging {
    /// A page of what is in the order of `name`; the marker is the last name seen.
    pub(super) fn cut<T>(self, all: Vec<T>, name: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
        let after = self.marker.unwrap_or_default();
        let mut rest = all.into_iter().filter(|item| *name(item) > *after);
        let page: Vec<T> = rest.by_ref().take(self.limit.unwrap_or(PAGE)).collect();
        let more = rest.next().is_some();
        let marker = page.last().filter(|_| more).map(|last| name(last).to_owned());
        (page, marker)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Keys {
    keys: Vec<KeyEntry>,
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyEntry {
    key_id: String,
    key_arn: String,
}

pub(super) fn list_access(_: &Cx, _: &Paging) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("kms:ListKeys")))
}

pub(super) fn list(cx: &Cx, input: Paging) -> Result<Keys, Fault> {
    let all = state::keys(cx, cx.account()?, cx.region())?;
    let (page, next_marker) = input.cut(all, |key| &key.id);
    let entry = |key: KeyRecord| KeyEntry { key_arn: key.arn().to_string(), key_id: key.id };
    let truncated = next_marker.is_some();
    Ok(Keys { keys: page.into_iter().map(entry).collect(), next_marker, truncated })
}
