//! Buckets: create, find, list, delete ("Buckets overview", S3 User Guide).

use ::policy::PublicAccessBlock;
use gateway::{Access, Check, Cx, Fault};
use names::Region;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{self, BucketInput, bucket_arn};
use super::faults;
use super::grants::{self, Grant, RequestedAcl};
use super::lock::BucketLock;
use super::ownership::{self, Ownership};
use super::sealing::BucketDefault;
use super::state::versions::Versioning;
use super::state::{self, Bucket};
use super::tagging::{self, Tag};

/// The Region in which S3 keeps its oldest rules.
const US_EAST_1: &str = "us-east-1";
/// Most buckets in one answer of ListBuckets.
const MAX_BUCKETS: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    bucket: String,
    create_bucket_configuration: Option<Configuration>,
    object_ownership: Option<String>,
    object_lock_enabled_for_bucket: Option<bool>,
    #[serde(flatten)]
    acl: RequestedAcl,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    location_constraint: Option<String>,
    location: Option<Value>,
    tags: Option<Vec<Tag>>,
}

pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let arn = bucket_arn(&input.bucket);
    let constraint = input.configuration().and_then(|c| c.location_constraint.clone());
    let create = Check::new("s3:CreateBucket", &arn)
        .owned_by(cx.account()?)
        .with_some("s3:LocationConstraint", constraint)
        .with_some("s3:x-amz-object-ownership", input.object_ownership.clone());
    let mut access = Access::to(input.acl.keys(create));
    if input.object_ownership.is_some() {
        access = access.and(Check::new("s3:PutBucketOwnershipControls", &arn));
    }
    if input.acl.is_present() {
        access = access.and(Check::new("s3:PutBucketAcl", &arn));
    }
    if input.object_lock_enabled_for_bucket == Some(true) {
        access = access
            .and(Check::new("s3:PutBucketObjectLockConfiguration", &arn))
            .and(Check::new("s3:PutBucketVersioning", &arn));
    }
    if input.configuration().is_some_and(|c| c.tags.is_some()) {
        access = access.and(Check::new("s3:TagResource", &arn));
    }
    Ok(access)
}

impl CreateInput {
    fn configuration(&self) -> Option<&Configuration> {
        self.create_bucket_configuration.as_ref()
    }
}

/// CreateBucket. New buckets block public access and disable ACLs, as since April 2023.
pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Value, Fault> {
    check_name(&input.bucket)?;
    refuse_unbuilt(&input)?;
    let mut input = input;
    let configuration = input.create_bucket_configuration.take().unwrap_or_default();
    let region = region_for(cx.region(), configuration.location_constraint.as_deref())?;
    let location = location_of(&input.bucket, &region);
    if let Some(present) = state::find_bucket(cx, &input.bucket)? {
        refuse_taken(cx, &present, &region)?;
        return Ok(json!({ "Location": location }));
    }
    let ownership = input.object_ownership.as_deref().map(ownership::parse).transpose()?;
    let ownership = ownership.unwrap_or_default();
    let grants = grants_of(cx, &input, ownership)?;
    let tags = configuration.tags.map(tagging::checked_bucket_tags).transpose()?;
    let locked = input.object_lock_enabled_for_bucket == Some(true);
    let bucket = Bucket {
        account: cx.account()?.clone(),
        created: cx.now().timestamp(),
        policy: None,
        public_access_block: Some(PublicAccessBlock {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }),
        encryption: BucketDefault::default(),
        ownership,
        has_ownership_controls: true,
        name: input.bucket,
        region,
        tags,
        versioning: if locked { Versioning::Enabled } else { Versioning::Off },
        object_lock: locked.then(BucketLock::default),
        lifecycle: None,
        cors: Vec::new(),
        grants,
        account_block: PublicAccessBlock::default(),
        event_bridge: false,
        via: None,
    };
    state::put_bucket(cx, &bucket)?;
    Ok(json!({ "Location": location, "BucketArn": bucket_arn(&bucket.name) }))
}

fn refuse_unbuilt(input: &CreateInput) -> Result<(), Fault> {
    if input.configuration().is_some_and(|c| c.location.is_some()) {
        return Err(faults::not_implemented("Location"));
    }
    Ok(())
}

/// The ACL of a new bucket, which is under Block Public Access from the beginning.
fn grants_of(cx: &Cx, input: &CreateInput, ownership: Ownership) -> Result<Vec<Grant>, Fault> {
    let account = cx.account()?;
    let grants = input.acl.resolve(account, account)?;
    let refuse = |code, text: &str| Err(Fault::new(code, text).status(400));
    if !grants.is_empty() && ownership == Ownership::BucketOwnerEnforced {
        let text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return refuse("InvalidBucketAclWithObjectOwnership", text);
    }
    if grants::is_public(&grants) {
        let text = "Bucket cannot have public ACLs set with BlockPublicAccess enabled";
        return refuse("InvalidBucketAclWithBlockPublicAccessError", text);
    }
    Ok(grants)
}

/// A name in use; in us-east-1 an owner may create its bucket again without effect.
fn refuse_taken(cx: &Cx, present: &Bucket, region: &Region) -> Result<(), Fault> {
    // The name may be one that an access point is addressed by.
    let own = cx.account()? == &present.account && present.via.is_none();
    if own && present.region == *region && region.as_str() == US_EAST_1 {
        return Ok(());
    }
    let (code, text) = if own {
        let text = "Your previous request to create the named bucket succeeded and you already \
                    own it.";
        ("BucketAlreadyOwnedByYou", text)
    } else {
        let text = "The requested bucket name is not available. The bucket namespace is shared \
                    by all users of the system. Please select a different name and try again.";
        ("BucketAlreadyExists", text)
    };
    Err(Fault::new(code, text).status(409).with("BucketName", &present.name))
}

/// "Bucket naming rules" in the S3 User Guide.
fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let prefixes = ["xn--", "sthree-", "amzn-s3-demo-"];
    let suffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let valid = (3..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && name.starts_with(alphanumeric)
        && name.ends_with(alphanumeric)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !prefixes.iter().any(|prefix| name.starts_with(prefix))
        && !suffixes.iter().any(|suffix| name.ends_with(suffix));
    if valid {
        return Ok(());
    }
    Err(Fault::new("InvalidBucketName", "The specified bucket is not valid.")
        .status(400)
        .with("BucketName", name))
}

/// The Region of a new bucket: the endpoint's, which the constraint must repeat; through
/// us-east-1 a bucket may be made anywhere (CreateBucket, S3 API Reference).
fn region_for(endpoint: &Region, constraint: Option<&str>) -> Result<Region, Fault> {
    let illegal = |what: &str| {
        let text = format!(
            "The {what} location constraint is incompatible for the region specific endpoint \
             this request was sent to."
        );
        Fault::new("IllegalLocationConstraintException", text).status(400)
    };
    let invalid = || {
        let text = "The specified location-constraint is not valid";
        let value = constraint.unwrap_or_default();
        Fault::new("InvalidLocationConstraint", text).status(400).with("LocationConstraint", value)
    };
    let global = endpoint.as_str() == US_EAST_1;
    let constraint = constraint.map(|text| if text == "EU" { "eu-west-1" } else { text });
    match constraint.filter(|text| !text.is_empty()) {
        None if global => Ok(endpoint.clone()),
        None => Err(illegal("unspecified")),
        Some(US_EAST_1) if global => Err(invalid()),
        Some(text) => {
            let region: Region = text.parse().map_err(|_| invalid())?;
            if global || region == *endpoint { Ok(region) } else { Err(illegal(text)) }
        }
    }
}

fn location_of(bucket: &str, region: &Region) -> String {
    match region.as_str() {
        US_EAST_1 => format!("/{bucket}"),
        _ => format!("http://{bucket}.s3.amazonaws.com/"),
    }
}

pub(super) fn head_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:ListBucket")
}

/// HeadBucket.
pub(super) fn head(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    Ok(json!({
        "BucketArn": bucket_arn(&bucket.name),
        "BucketRegion": bucket.region,
        "AccessPointAlias": bucket.via.is_some(),
    }))
}

pub(super) fn delete_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    access::on_bucket(cx, input, "s3:DeleteBucket")
}

/// DeleteBucket.
pub(super) fn delete(cx: &mut Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    state::delete_bucket(cx, &bucket)?;
    Ok(json!({}))
}

/// A bucket's location may be asked from any Region.
pub(super) fn location_access(cx: &Cx, input: &BucketInput) -> Result<Access, Fault> {
    let owner = input.expected_bucket_owner.as_deref();
    let bucket = access::open_anywhere(cx, &input.bucket, owner)?;
    Ok(Access::to(access::check_bucket(cx, &bucket, "s3:GetBucketLocation")))
}

/// GetBucketLocation; us-east-1 is absent in its answer.
pub(super) fn location(cx: &Cx, input: BucketInput) -> Result<Value, Fault> {
    let bucket = state::bucket(cx, &input.bucket)?;
    let constraint = Some(bucket.region).filter(|region| region.as_str() != US_EAST_1);
    Ok(json!({ "LocationConstraint": constraint }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    max_buckets: Option<usize>,
    continuation_token: Option<String>,
    prefix: Option<String>,
    bucket_region: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    buckets: Vec<Value>,
    owner: Value,
    continuation_token: Option<String>,
    prefix: Option<String>,
}

pub(super) fn list_access(_cx: &Cx, _input: &ListInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("s3:ListAllMyBuckets")))
}

/// ListBuckets: those of the caller's account.
pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Listed, Fault> {
    let account = cx.account()?;
    let limit = input.max_buckets.unwrap_or(MAX_BUCKETS).min(MAX_BUCKETS);
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let after = input.continuation_token.as_deref();
    let mut found = state::buckets_of(cx, account, prefix, after, usize::MAX)?;
    if let Some(region) = &input.bucket_region {
        found.retain(|bucket| bucket.region.as_str() == region);
    }
    let truncated = found.len() > limit;
    found.truncate(limit);
    let last = found.last().map(|bucket| bucket.name.clone());
    Ok(Listed {
        buckets: found.iter().map(listed).collect(),
        owner: ownership::owner(account),
        continuation_token: last.filter(|_| truncated),
        prefix: input.prefix,
    })
}

fn listed(bucket: &Bucket) -> Value {
    json!({
        "Name": bucket.name,
        "CreationDate": bucket.created,
        "BucketRegion": bucket.region,
        "BucketArn": bucket_arn(&bucket.name),
    })
}
