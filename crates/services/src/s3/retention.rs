//! The operations of Object Lock: a bucket's configuration, a version's retention and legal hold.
//! What they keep from happening is in `lock.rs`.

use gateway::{Access, Cx, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput, ObjectInput};
use super::faults;
use super::lock::{self, BucketLock, DefaultRetention, Mode, Period, Retention};
use super::state::versions::{self, Versioning};
use super::state::{self, Bucket};

/// Most days and years of a default retention.
const MAX_DAYS: i64 = 36_500;
const MAX_YEARS: i64 = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutConfigurationInput {
    #[serde(flatten)]
    bucket: BucketInput,
    object_lock_configuration: Option<Configuration>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    object_lock_enabled: Option<String>,
    rule: Option<Rule>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    default_retention: Option<Default>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Default {
    mode: Option<Mode>,
    days: Option<i64>,
    years: Option<i64>,
}

impl Configuration {
    fn checked(self) -> Result<BucketLock, Fault> {
        if self.object_lock_enabled.as_deref() != Some("Enabled") {
            return Err(faults::malformed_xml());
        }
        let Some(rule) = self.rule else { return Ok(BucketLock::default()) };
        let given = rule.default_retention.ok_or_else(faults::malformed_xml)?;
        let mode = given.mode.ok_or_else(faults::malformed_xml)?;
        let period = match (given.days, given.years) {
            (Some(days), None) => Period::Days(positive(days, MAX_DAYS)?),
            (None, Some(years)) => Period::Years(positive(years, MAX_YEARS)?),
            _ => return Err(faults::malformed_xml()),
        };
        Ok(BucketLock { default: Some(DefaultRetention { mode, period }) })
    }

    fn of(lock: BucketLock) -> Self {
        let rule = lock.default.map(|DefaultRetention { mode, period }| {
            let (days, years) = match period {
                Period::Days(days) => (Some(days.into()), None),
                Period::Years(years) => (None, Some(years.into())),
            };
            Rule { default_retention: Some(Default { mode: Some(mode), days, years }) }
        });
        Self { object_lock_enabled: Some("Enabled".to_owned()), rule }
    }
}

fn positive(length: i64, most: i64) -> Result<u32, Fault> {
    let fits = |length: &u32| *length > 0 && i64::from(*length) <= most;
    u32::try_from(length).ok().filter(fits).ok_or_else(|| {
        let text = match length > 0 {
            true => "Default retention period too large.",
            false => "Default retention period must be a positive integer value.",
        };
        Fault::new("InvalidArgument", text).status(400)
    })
}

pub(super) fn put_configuration_access(
    cx: &Cx,
    input: &PutConfigurationInput,
) -> Result<Access, Fault> {
    access::on_bucket(cx, &input.bucket, "s3:PutBucketObjectLockConfiguration")
}

/// PutObjectLockConfiguration: since 2023 also for buckets that were made without. It cannot be
/// taken away again.
pub(super) fn put_configuration(cx: &mut Cx, input: PutConfigurationInput) -> Result<Value, Fault> {
    let mut bucket = state::bucket(cx, &input.bucket.bucket)?;
    let configuration = input.object_lock_configuration.ok_or_else(faults::malformed_xml)?;
    let configured = configuration.checked()?;
    if bucket.versioning != Versioning::Enabled {
        let text =
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
        return Err(Fault::new("InvalidBucketState", text).status(409));
    }
    bucket.object_lock = Some(configured);
    state::put_bucket(cx, &bucket)?;
    Ok(json!({}))
}

pub(super) fn get_configuration_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:GetBucketObjectLockConfiguration")
}

/// GetObjectLockConfiguration.
pub(super) fn get_configuration(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    match bucket.object_lock {
        Some(lock) => Ok(json!({ "ObjectLockConfiguration": Configuration::of(lock) })),
        None => {
            let text = "Object Lock configuration does not exist for this bucket";
            Err(Fault::new("ObjectLockConfigurationNotFoundError", text)
                .status(404)
                .with("BucketName", bucket.name))
        }
    }
}

fn refuse_without_lock(bucket: &Bucket) -> Result<(), Fault> {
    bucket.object_lock.map(drop).ok_or_else(lock::missing_configuration)
}

fn nothing_set() -> Fault {
    let text = "The specified object does not have a ObjectLock configuration";
    Fault::new("NoSuchObjectLockConfiguration", text).status(404)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutRetentionInput {
    #[serde(flatten)]
    object: ObjectInput,
    retention: Option<Requested>,
    bypass_governance_retention: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Requested {
    mode: Option<Mode>,
    /// Seconds since 1970.
    retain_until_date: Option<f64>,
}

pub(super) fn put_retention_access(cx: &Cx, input: &PutRetentionInput) -> Result<Access, Fault> {
    let actions = ("s3:PutObjectRetention", "s3:PutObjectRetention");
    let requested = input.retention.as_ref();
    let until = requested.and_then(|r| r.retain_until_date).map(|until| until.ceil() as i64);
    let mode = requested.and_then(|r| r.mode).map(|mode| match mode {
        Mode::Governance => "GOVERNANCE",
        Mode::Compliance => "COMPLIANCE",
    });
    let keys =
        |check| lock::retention_keys(cx, check, until).with_some("s3:object-lock-mode", mode);
    let access = access::on_object_with(cx, &input.object, actions, keys)?;
    if input.bypass_governance_retention != Some(true) {
        return Ok(access);
    }
    Ok(access.and(access::bypass(cx, &input.object)?))
}

/// PutObjectRetention. An empty retention takes away the one that was.
pub(super) fn put_retention(cx: &mut Cx, input: PutRetentionInput) -> Result<Value, Fault> {
    let (bucket, mut object) = input.object.find_to(cx, "PUT")?;
    refuse_without_lock(&bucket)?;
    let requested = input.retention.ok_or_else(faults::malformed_xml)?;
    let retention = match (requested.mode, requested.retain_until_date) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            Some(Retention { mode, until: lock::in_future(cx, until, "RetainUntilDate")? })
        }
        _ => return Err(faults::malformed_xml()),
    };
    let bypass = input.bypass_governance_retention == Some(true);
    object.lock.refuse_change(cx, retention, bypass)?;
    object.lock.retention = retention;
    versions::update(cx, &bucket.name, &input.object.key, &object)?;
    Ok(json!({}))
}

pub(super) fn get_retention_access(cx: &Cx, input: &ObjectInput) -> Result<Access, Fault> {
    access::on_object(cx, input, ("s3:GetObjectRetention", "s3:GetObjectRetention"))
}

/// GetObjectRetention.
pub(super) fn get_retention(cx: &Cx, input: ObjectInput) -> Result<Value, Fault> {
    let (bucket, object) = input.find(cx)?;
    refuse_without_lock(&bucket)?;
    let Retention { mode, until } = object.lock.retention.ok_or_else(nothing_set)?;
    Ok(json!({ "Retention": { "Mode": mode, "RetainUntilDate": until } }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutHoldInput {
    #[serde(flatten)]
    object: ObjectInput,
    legal_hold: Option<Hold>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Hold {
    status: Option<String>,
}

pub(super) fn put_hold_access(cx: &Cx, input: &PutHoldInput) -> Result<Access, Fault> {
    let actions = ("s3:PutObjectLegalHold", "s3:PutObjectLegalHold");
    let status = input.legal_hold.as_ref().and_then(|hold| hold.status.clone());
    access::on_object_with(cx, &input.object, actions, |check| {
        check.with_some("s3:object-lock-legal-hold", status.clone())
    })
}

/// PutObjectLegalHold.
pub(super) fn put_hold(cx: &mut Cx, input: PutHoldInput) -> Result<Value, Fault> {
    let (bucket, mut object) = input.object.find_to(cx, "PUT")?;
    refuse_without_lock(&bucket)?;
    object.lock.legal_hold = match input.legal_hold.and_then(|hold| hold.status).as_deref() {
        Some("ON") => Some(true),
        Some("OFF") => Some(false),
        _ => return Err(faults::malformed_xml()),
    };
    versions::update(cx, &bucket.name, &input.object.key, &object)?;
    Ok(json!({}))
}

pub(super) fn get_hold_access(cx: &Cx, input: &ObjectInput) -> Result<Access, Fault> {
    access::on_object(cx, input, ("s3:GetObjectLegalHold", "s3:GetObjectLegalHold"))
}

/// GetObjectLegalHold.
pub(super) fn get_hold(cx: &Cx, input: ObjectInput) -> Result<Value, Fault> {
    let (bucket, object) = input.find(cx)?;
    refuse_without_lock(&bucket)?;
    let on = object.lock.legal_hold.ok_or_else(nothing_set)?;
    Ok(json!({ "LegalHold": { "Status": lock::hold_status(on) } }))
}
