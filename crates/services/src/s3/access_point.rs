//! Access points as S3 Control makes, shows and guards them ("Managing access with Amazon S3
//! access points", S3 User Guide). How requests find their bucket through one is in
//! `state/access_points.rs`, what both policies decide in `access.rs`.
//!
//! An access point belongs to the account and the Region of its bucket, and takes requests from
//! everywhere: one for a VPC would have nobody to answer.

use ::policy::PublicAccessBlock;
use ::policy::public::is_public;
use ::policy::validate::{Place, validate};
use gateway::{Access, Check, Cx, Fault, GuardPolicy};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access;
use super::account::AccountInput;
use super::faults;
use super::public_access::Switches;
use super::state;
use super::state::access_points::{self, ALIAS_END, AccessPoint};

/// Characters of an alias.
const ALIAS_CHARACTERS: usize = 63;
/// As many of a name's characters begin its alias.
const NAME_IN_ALIAS: usize = 20;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const MAX_LISTED: usize = 1_000;
/// Most bytes of a policy: 20 KB.
const MAX_POLICY_BYTES: usize = 20 * 1024;

/// The members that name an access point.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    #[serde(flatten)]
    account: AccountInput,
    name: String,
}

impl Named {
    fn arn(&self, cx: &Cx) -> Result<String, Fault> {
        let account = self.account.account()?;
        Ok(format!("arn:aws:s3:{}:{account}:accesspoint/{}", cx.region(), self.name))
    }

    fn find(&self, cx: &Cx) -> Result<Option<AccessPoint>, Fault> {
        access_points::find(cx, &self.account.account()?, cx.region(), &self.name)
    }

    fn existing(&self, cx: &Cx) -> Result<AccessPoint, Fault> {
        self.find(cx)?.ok_or_else(|| {
            Fault::new("NoSuchAccessPoint", "The specified accesspoint does not exist")
                .status(404)
                .with("AccessPointName", &self.name)
        })
    }

    /// The access of an operation on an access point that may exist.
    fn access(&self, cx: &Cx, action: &str) -> Result<Access, Fault> {
        let point = self.find(cx)?;
        let check = Check::new(action, self.arn(cx)?)
            .owned_by(&self.account.account()?)
            .guarded_by(point.as_ref().and_then(guard));
        Ok(Access::to(check))
    }
}

/// The policy of an access point, as the engine takes it.
pub(super) fn guard(point: &AccessPoint) -> Option<GuardPolicy> {
    let name = format!("access point policy of {}", point.name);
    let kind = ::policy::PolicyKind::Resource;
    point.policy.clone().map(|document| GuardPolicy { kind, name, document })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    #[serde(flatten)]
    named: Named,
    bucket: String,
    bucket_account_id: Option<String>,
    public_access_block_configuration: Option<Switches>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    input.named.access(cx, "s3:CreateAccessPoint")
}

/// CreateAccessPoint, for a bucket of the same account. Public access is blocked unless the
/// request says otherwise.
///
/// # Errors
/// `InvalidRequest` for a name or a bucket that cannot be, `AccessPointAlreadyOwnedByYou`.
pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Value, Fault> {
    let named = &input.named;
    check_name(&named.name)?;
    let account = named.account.account()?;
    if named.find(cx)?.is_some() {
        let text = "Your previous request to create the named accesspoint succeeded and you \
                    already own it.";
        return Err(Fault::new("AccessPointAlreadyOwnedByYou", text)
            .status(409)
            .with("AccessPointName", &named.name));
    }
    let same = input.bucket_account_id.as_deref().is_none_or(|id| id == account.as_str());
    let bucket = state::find_bucket(cx, &input.bucket)?.filter(|bucket| {
        same && bucket.account == account && bucket.region == *cx.region() && bucket.via.is_none()
    });
    let bucket = bucket.ok_or_else(|| {
        faults::invalid_request("Amazon S3 doesn't support the specified bucket.")
    })?;
    if state::find_bucket(cx, &format!("{}-{account}", named.name))?.is_some() {
        let text = "The access point would be addressed as an existing bucket is";
        return Err(faults::invalid_request(text));
    }
    let blocked = PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
    let point = AccessPoint {
        alias: alias(cx, &named.name),
        name: named.name.clone(),
        account,
        region: cx.region().clone(),
        bucket: bucket.name,
        created: cx.now().timestamp(),
        block: input.public_access_block_configuration.map_or(blocked, PublicAccessBlock::from),
        policy: None,
    };
    access_points::put(cx, &point)?;
    Ok(json!({ "AccessPointArn": point.arn(), "Alias": point.alias }))
}

/// "Access points naming rules": 3 to 50 of the characters of a DNS label.
fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let valid = (3..=50).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.starts_with("xn--")
        && !name.ends_with(ALIAS_END);
    valid.then_some(()).ok_or_else(|| faults::invalid_request("Invalid access point name"))
}

fn alias(cx: &Cx, name: &str) -> String {
    let start: String = name.chars().take(NAME_IN_ALIAS).collect();
    let left = ALIAS_CHARACTERS - ALIAS_END.len() - start.len() - 1;
    format!("{start}-{}{ALIAS_END}", cx.world().text(ALPHABET, left))
}

pub(super) fn get_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    input.access(cx, "s3:GetAccessPoint")
}

/// GetAccessPoint.
pub(super) fn get(cx: &Cx, input: Named) -> Result<Value, Fault> {
    let point = input.existing(cx)?;
    let mut shown = listed(&point);
    if let Some(members) = shown.as_object_mut() {
        let block = serde_json::to_value(Switches::from(point.block)).map_err(Fault::internal)?;
        members.insert("PublicAccessBlockConfiguration".to_owned(), block);
        members.insert("CreationDate".to_owned(), point.created.into());
        let host = format!("s3-accesspoint.{}.amazonaws.com", point.region);
        members.insert("Endpoints".to_owned(), json!({ "ipv4": host }));
    }
    Ok(shown)
}

fn listed(point: &AccessPoint) -> Value {
    json!({
        "Name": point.name,
        "NetworkOrigin": "Internet",
        "Bucket": point.bucket,
        "BucketAccountId": point.account,
        "AccessPointArn": point.arn(),
        "Alias": point.alias,
    })
}

pub(super) fn delete_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    input.access(cx, "s3:DeleteAccessPoint")
}

/// DeleteAccessPoint.
pub(super) fn delete(cx: &mut Cx, input: Named) -> Result<Value, Fault> {
    let point = input.existing(cx)?;
    access_points::delete(cx, &point)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    #[serde(flatten)]
    account: AccountInput,
    bucket: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

pub(super) fn list_access(_: &Cx, input: &ListInput) -> Result<Access, Fault> {
    input.account.access("s3:ListAccessPoints")
}

/// ListAccessPoints: of the account in this Region, by name.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Value, Fault> {
    let account = input.account.account()?;
    let most = input.max_results.unwrap_or(MAX_LISTED).clamp(1, MAX_LISTED);
    let after = input.next_token.as_deref();
    let mut points =
        access_points::list(cx, &account, cx.region(), after, input.bucket.as_deref())?;
    let more = points.len() > most;
    points.truncate(most);
    let next = points.last().filter(|_| more).map(|point| &point.name);
    let shown: Value = points.iter().map(listed).collect();
    Ok(json!({ "AccessPointList": shown, "NextToken": next }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutPolicyInput {
    #[serde(flatten)]
    named: Named,
    policy: String,
}

pub(super) fn put_policy_access(cx: &Cx, input: &PutPolicyInput) -> Result<Access, Fault> {
    input.named.access(cx, "s3:PutAccessPointPolicy")
}

/// PutAccessPointPolicy.
///
/// # Errors
/// `MalformedPolicy`, `PolicyTooLarge`; `AccessDenied` for a public policy that the access point
/// or the account blocks.
pub(super) fn put_policy(cx: &mut Cx, input: PutPolicyInput) -> Result<Value, Fault> {
    let mut point = input.named.existing(cx)?;
    if input.policy.len() > MAX_POLICY_BYTES {
        let text = "Policy exceeds the maximum allowed document size.";
        return Err(Fault::new("PolicyTooLarge", text).status(400));
    }
    let malformed = |text: &str| Fault::new("MalformedPolicy", text).status(400);
    let document = validate(Place::Secret, &input.policy).map_err(|e| malformed(&e.message))?;
    if !speaks_of(&point, &input.policy) {
        return Err(malformed("Policy has invalid resource"));
    }
    let account = state::account_block(cx, &point.account)?.unwrap_or_default();
    if (point.block.block_public_policy || account.block_public_policy) && is_public(&document) {
        return Err(faults::access_denied());
    }
    point.policy = Some(input.policy);
    access_points::put(cx, &point)?;
    Ok(json!({}))
}

/// Whether a policy's resources are the access point and objects through it.
fn speaks_of(point: &AccessPoint, document: &str) -> bool {
    let arn = point.arn();
    let own = |resource: &str| {
        resource.strip_prefix(&arn).is_some_and(|r| r.is_empty() || r.starts_with("/object/"))
    };
    let of = |statement: &Value| match statement.get("Resource") {
        Some(Value::String(one)) => own(one),
        Some(Value::Array(several)) => several.iter().all(|r| r.as_str().is_some_and(own)),
        _ => false,
    };
    access::statements_of(document).iter().all(of)
}

pub(super) fn get_policy_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    input.access(cx, "s3:GetAccessPointPolicy")
}

/// GetAccessPointPolicy.
pub(super) fn get_policy(cx: &Cx, input: Named) -> Result<Value, Fault> {
    let point = input.existing(cx)?;
    let document = point.policy.as_ref().ok_or_else(|| no_policy(&point))?;
    Ok(json!({ "Policy": document }))
}

fn no_policy(point: &AccessPoint) -> Fault {
    Fault::new("NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist")
        .status(404)
        .with("AccessPointName", &point.name)
}

pub(super) fn delete_policy_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    input.access(cx, "s3:DeleteAccessPointPolicy")
}

/// DeleteAccessPointPolicy.
pub(super) fn delete_policy(cx: &mut Cx, input: Named) -> Result<Value, Fault> {
    let mut point = input.existing(cx)?;
    point.policy = None;
    access_points::put(cx, &point)?;
    Ok(json!({}))
}

pub(super) fn status_access(cx: &Cx, input: &Named) -> Result<Access, Fault> {
    input.access(cx, "s3:GetAccessPointPolicyStatus")
}

/// GetAccessPointPolicyStatus.
pub(super) fn status(cx: &Cx, input: Named) -> Result<Value, Fault> {
    let point = input.existing(cx)?;
    let text = point.policy.as_ref().ok_or_else(|| no_policy(&point))?;
    let document = ::policy::Document::parse(text).map_err(Fault::internal)?;
    Ok(json!({ "PolicyStatus": { "IsPublic": is_public(&document) } }))
}
