//! What every access function of S3 begins with: the bucket, its Region, its owner, its policy.
//!
//! Nothing here changes state. Start at [`open`] and [`check`].

use std::collections::BTreeMap;

use ::policy::{PolicyKind, PublicAccessBlock};
use gateway::{Access, Check, Cx, Fault, GuardPolicy, Principal};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access_point;
use super::faults;
use super::grants;
use super::ownership;
use super::state::access_points::AccessPoint;
use super::state::versions::{self, Stored};
use super::state::{self, Bucket, Object};

/// An object's key has at most this many bytes.
const MAX_KEY_BYTES: usize = 1_024;

/// The members that name a bucket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BucketInput {
    pub bucket: String,
    pub expected_bucket_owner: Option<String>,
}

/// The members that name an object.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ObjectInput {
    pub bucket: String,
    pub key: String,
    pub version_id: Option<String>,
    pub expected_bucket_owner: Option<String>,
}

/// The bucket's ARN.
pub(super) fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

/// The object's ARN.
pub(super) fn object_arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

/// The bucket, when the request may be asked of it at all.
///
/// # Errors
/// `NoSuchBucket`; `AuthorizationHeaderMalformed` for a request signed for another Region;
/// `AccessDenied` when the owner is not the expected one.
pub(super) fn open(cx: &Cx, name: &str, expected_owner: Option<&str>) -> Result<Bucket, Fault> {
    let bucket = open_anywhere(cx, name, expected_owner)?;
    if bucket.region != *cx.region() && *cx.principal() != Principal::Anonymous {
        return Err(wrong_region(cx, &bucket));
    }
    Ok(bucket)
}

/// [`open`] from whatever Region: sources of copies, and GetBucketLocation.
///
/// # Errors
/// As [`open`].
pub(super) fn open_anywhere(
    cx: &Cx,
    name: &str,
    expected_owner: Option<&str>,
) -> Result<Bucket, Fault> {
    let bucket = state::bucket(cx, name)?;
    match expected_owner {
        Some(owner) if !is_account(owner) => Err(Fault::new(
            "InvalidBucketOwnerAWSAccountID",
            format!(
                "The value of the expected bucket owner parameter must be an AWS Account ID... \
                 [{owner}]"
            ),
        )
        .status(400)),
        Some(owner) if owner != bucket.account.as_str() => Err(faults::access_denied()),
        _ => Ok(bucket),
    }
}

fn is_account(text: &str) -> bool {
    text.parse::<names::AccountId>().is_ok()
}

/// SDKs follow the `Region` of this answer.
fn wrong_region(cx: &Cx, bucket: &Bucket) -> Fault {
    let text = format!(
        "The authorization header is malformed; the region '{}' is wrong; expecting '{}'",
        cx.region(),
        bucket.region
    );
    Fault::new("AuthorizationHeaderMalformed", text)
        .status(400)
        .with("Region", bucket.region.as_str())
}

/// Block Public Access of the bucket and its account together: the stricter of each switch.
pub(super) fn block(bucket: &Bucket) -> PublicAccessBlock {
    let own = bucket.public_access_block.unwrap_or_default();
    let account = bucket.account_block;
    PublicAccessBlock {
        block_public_acls: own.block_public_acls || account.block_public_acls,
        ignore_public_acls: own.ignore_public_acls || account.ignore_public_acls,
        block_public_policy: own.block_public_policy || account.block_public_policy,
        restrict_public_buckets: own.restrict_public_buckets || account.restrict_public_buckets,
    }
}

/// A check under the bucket's policy and ACL, its owner and Block Public Access.
pub(super) fn check(cx: &Cx, bucket: &Bucket, action: &str, resource: String) -> Check {
    check_with(cx, bucket, action, resource, Vec::new())
}

/// [`check`] with statements that the ACL of an object adds.
pub(super) fn check_with(
    cx: &Cx,
    bucket: &Bucket,
    action: &str,
    resource: String,
    mut granted: Vec<Value>,
) -> Check {
    let mut block = block(bucket);
    if bucket.has_acls() {
        granted.extend(grants::statements(cx, &block, &bucket.grants, action, false));
    }
    if !granted.is_empty() && block.restrict_public_buckets {
        // That switch is about the policy; what an ACL grants is the others' matter.
        block.restrict_public_buckets = has_public_policy(bucket);
    }
    let check = Check::new(action, &resource)
        .owned_by(&bucket.account)
        .guarded_by(guard(bucket, bucket.policy.clone(), granted))
        .under(block);
    let check = match &bucket.via {
        Some(point) => through(bucket, point, check, action, &resource),
        None => check,
    };
    check.with("s3:ResourceAccount", bucket.account.as_str())
}

/// A check on a bucket's thing together with the one on the same thing through an access point:
/// both policies must allow.
fn through(
    bucket: &Bucket,
    point: &AccessPoint,
    check: Check,
    action: &str,
    resource: &str,
) -> Check {
    let arn = point.arn();
    let key = resource.strip_prefix(&object_arn(&bucket.name, ""));
    let there = key.map_or_else(|| arn.clone(), |key| format!("{arn}/object/{key}"));
    let mut block = bucket.account_block;
    block.restrict_public_buckets |= point.block.restrict_public_buckets;
    let door = Check::new(action, there)
        .owned_by(&point.account)
        .guarded_by(access_point::guard(point))
        .under(block);
    check
        .beside(door)
        .with("s3:DataAccessPointArn", arn)
        .with("s3:DataAccessPointAccount", point.account.as_str())
        .with("s3:AccessPointNetworkOrigin", "Internet")
}

/// What may be asked of a bucket through an access point ("Access point compatibility"): nothing
/// of its settings.
const THROUGH_ACCESS_POINTS: [&str; 4] = [
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketLocation",
];

/// Settings are not reached through an access point.
///
/// # Errors
/// `MethodNotAllowed`.
pub(super) fn refuse_settings(bucket: &Bucket, action: &str) -> Result<(), Fault> {
    if bucket.via.is_none() || THROUGH_ACCESS_POINTS.contains(&action) {
        return Ok(());
    }
    let text = "The specified method is not allowed against this resource.";
    Err(Fault::new("MethodNotAllowed", text).status(405).with("ResourceType", "ACCESS_POINT"))
}

fn has_public_policy(bucket: &Bucket) -> bool {
    let parsed = bucket.policy.as_deref().and_then(|text| ::policy::Document::parse(text).ok());
    parsed.is_some_and(|document| ::policy::public::is_public(&document))
}

/// The policy that guards a bucket's things, with more statements.
pub(super) fn guard(
    bucket: &Bucket,
    document: Option<String>,
    more: Vec<Value>,
) -> Option<GuardPolicy> {
    let (name, document) = match (document, more.is_empty()) {
        (None, true) => return None,
        (Some(document), true) => (format!("bucket policy of {}", bucket.name), document),
        (document, false) => {
            let mut statements = document.as_deref().map(statements_of).unwrap_or_default();
            statements.extend(more);
            let whole = json!({ "Version": "2012-10-17", "Statement": statements });
            (format!("bucket policy and ACL of {}", bucket.name), whole.to_string())
        }
    };
    Some(GuardPolicy { kind: PolicyKind::Resource, name, document })
}

/// The statements of a policy document.
pub(super) fn statements_of(document: &str) -> Vec<Value> {
    let mut document: Value = serde_json::from_str(document).unwrap_or_default();
    match document.get_mut("Statement").map(Value::take) {
        Some(Value::Array(statements)) => statements,
        Some(single) => vec![single],
        None => Vec::new(),
    }
}

/// The bucket policy without what it grants: all that counts for objects of other owners.
pub(super) fn denials_of(bucket: &Bucket) -> Option<String> {
    let policy = bucket.policy.as_deref()?;
    let mut document: Value = serde_json::from_str(policy).ok()?;
    let is_deny = |statement: &Value| statement.get("Effect").is_some_and(|e| e == "Deny");
    let denials: Vec<Value> = statements_of(policy).into_iter().filter(is_deny).collect();
    if denials.is_empty() {
        return None;
    }
    *document.get_mut("Statement")? = Value::Array(denials);
    Some(document.to_string())
}

/// The access of an operation on a bucket that needs one action.
///
/// # Errors
/// As [`open`].
pub(super) fn on_bucket(cx: &Cx, input: &BucketInput, action: &str) -> Result<Access, Fault> {
    let bucket = open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    refuse_settings(&bucket, action)?;
    Ok(Access::to(check_bucket(cx, &bucket, action)))
}

/// A check on the bucket itself.
pub(super) fn check_bucket(cx: &Cx, bucket: &Bucket, action: &str) -> Check {
    check(cx, bucket, action, bucket_arn(&bucket.name))
}

/// A check on an object that may exist.
pub(super) fn check_object(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    object: Option<&Object>,
    action: &str,
) -> Check {
    match object {
        None => check(cx, bucket, action, object_arn(&bucket.name, key)),
        Some(object) => {
            with_existing_tags(ownership::check_on(cx, bucket, key, object, action), &object.tags)
        }
    }
}

fn with_existing_tags(check: Check, tags: &BTreeMap<String, String>) -> Check {
    tags.iter()
        .fold(check, |check, (key, value)| check.with(format!("s3:ExistingObjectTag/{key}"), value))
}

/// The keys of tags that a request carries.
pub(super) fn with_request_tags(check: Check, tags: &BTreeMap<String, String>) -> Check {
    if tags.is_empty() {
        return check;
    }
    let check = check.with_all("s3:RequestObjectTagKeys", tags.keys().cloned());
    tags.iter()
        .fold(check, |check, (key, value)| check.with(format!("s3:RequestObjectTag/{key}"), value))
}

/// The access of an operation that reads an object: without it `s3:ListBucket` decides whether
/// the caller learns of its absence.
///
/// # Errors
/// As [`open`].
pub(super) fn reading(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    version_id: Option<&str>,
    actions: (&str, &str),
) -> Result<Access, Fault> {
    reading_with(cx, bucket, (key, version_id), actions, |check| check)
}

/// [`reading`] with condition keys of the operation.
///
/// # Errors
/// As [`open`].
fn reading_with(
    cx: &Cx,
    bucket: &Bucket,
    (key, version_id): (&str, Option<&str>),
    actions: (&str, &str),
    add: impl Fn(Check) -> Check,
) -> Result<Access, Fault> {
    let action = if version_id.is_some() { actions.1 } else { actions.0 };
    let object = present(cx, bucket, key, version_id)?;
    let check = check_object(cx, bucket, key, object.as_ref(), action)
        .with_some("s3:VersionId", version_id);
    let access = Access::to(add(check));
    Ok(match object {
        Some(_) => access,
        None => access.and(check_bucket(cx, bucket, "s3:ListBucket")),
    })
}

/// [`reading`] of the object that an input names.
///
/// # Errors
/// As [`open`].
pub(super) fn on_object(
    cx: &Cx,
    input: &ObjectInput,
    actions: (&str, &str),
) -> Result<Access, Fault> {
    on_object_with(cx, input, actions, |check| check)
}

/// [`on_object`] with condition keys of the operation.
///
/// # Errors
/// As [`open`].
pub(super) fn on_object_with(
    cx: &Cx,
    input: &ObjectInput,
    actions: (&str, &str),
    add: impl Fn(Check) -> Check,
) -> Result<Access, Fault> {
    let bucket = open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    reading_with(cx, &bucket, (&input.key, input.version_id.as_deref()), actions, add)
}

/// The permission to go past a retention in governance mode.
///
/// # Errors
/// As [`open`].
pub(super) fn bypass(cx: &Cx, input: &ObjectInput) -> Result<Check, Fault> {
    let bucket = open(cx, &input.bucket, input.expected_bucket_owner.as_deref())?;
    let arn = object_arn(&bucket.name, &input.key);
    Ok(check(cx, &bucket, "s3:BypassGovernanceRetention", arn)
        .with_some("s3:VersionId", input.version_id.clone()))
}

impl ObjectInput {
    /// The bucket, and the object or the version of it that the request names.
    ///
    /// # Errors
    /// As [`versions::object`].
    pub(super) fn find(&self, cx: &Cx) -> Result<(Bucket, Object), Fault> {
        self.find_to(cx, "GET")
    }

    /// [`ObjectInput::find`] for another method.
    ///
    /// # Errors
    /// As [`versions::object`].
    pub(super) fn find_to(&self, cx: &Cx, method: &str) -> Result<(Bucket, Object), Fault> {
        let bucket = state::bucket(cx, &self.bucket)?;
        let version_id = self.version_id.as_deref();
        let object = versions::object(cx, &bucket, &self.key, version_id, method)?;
        Ok((bucket, object))
    }
}

/// The object of a key, or of a version of it, for a decision: none for what is absent and for
/// delete markers.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn present(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    version_id: Option<&str>,
) -> Result<Option<Object>, Fault> {
    let Some(id) = version_id else { return state::find_object(cx, &bucket.name, key) };
    Ok(match versions::find(cx, &bucket.name, key, id)? {
        Some(Stored::Object(object)) => Some(*object),
        _ => None,
    })
}

/// Keys of new objects. NUL is refused: it separates a key from its versions, and no listing in
/// XML 1.0 could show it.
///
/// # Errors
/// `KeyTooLongError`, `InvalidArgument`.
pub(super) fn check_key(key: &str) -> Result<(), Fault> {
    if key.contains('\0') {
        let text = "Object keys cannot contain the character NUL";
        return Err(faults::invalid_argument(text, "Key", key));
    }
    if key.len() <= MAX_KEY_BYTES {
        return Ok(());
    }
    Err(Fault::new("KeyTooLongError", "Your key is too long")
        .status(400)
        .with("Size", key.len().to_string())
        .with("MaxSizeAllowed", MAX_KEY_BYTES.to_string()))
}

/// The source of a copy: `bucket/key`, percent-encoded, perhaps with a version.
#[derive(Debug, PartialEq)]
pub(super) struct CopySource {
    pub bucket: String,
    pub key: String,
    pub version_id: Option<String>,
}

impl CopySource {
    /// Reads `x-amz-copy-source`.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let invalid = || {
            let text_of = "Copy Source must mention the source bucket and key: \
                           sourcebucket/sourcekey";
            faults::invalid_argument(text_of, "x-amz-copy-source", text)
        };
        let (path, version_id) = match text.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (text, None),
        };
        let decoded = percent_decode_str(path).decode_utf8().map_err(|_| invalid())?;
        let path = decoded.strip_prefix('/').unwrap_or(&decoded);
        // Through an access point: its ARN, `/object/` and the key.
        let named = match path.starts_with("arn:") {
            true => path.split_once("/object/"),
            false => path.split_once('/'),
        };
        match named {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
                Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version_id })
            }
            _ => Err(invalid()),
        }
    }
}
