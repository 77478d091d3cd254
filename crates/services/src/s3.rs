//! Amazon S3: buckets and objects of every account of the world.
//!
//! Modelled: permissions of both accounts with AWS's answers for what is absent, bucket policies
//! with Block Public Access, object ownership, real encryption of every object (SSE-S3, SSE-KMS),
//! versions, object lock, ETags and checksums, ranges, conditions, copies, multipart uploads, tags, and lifecycle rules by the world's clock.
//! A bucket answers only requests signed for its Region. Not modelled: archive classes, website, replication, customer-provided keys; what asks for one of
//! them is refused, not ignored.
//!
//! Start at `put.rs` and `object.rs` for the two ways of bytes, `access.rs` for what is asked of
//! the policies, `state.rs` for what is kept. Behaviour follows the S3 API Reference and User
//! Guide, named where it is not obvious.

mod access;
mod access_point;
mod account;
mod acl;
mod attributes;
mod bucket;
mod checksum;
mod complete;
mod conditions;
mod copy;
mod cors;
mod crc;
mod delete;
mod encryption;
mod faults;
mod grants;
mod headers;
mod lifecycle;
mod list;
mod lock;
mod multipart;
mod notification;
mod object;
mod ownership;
mod part;
mod policy;
mod public_access;
mod put;
mod range;
mod retention;
mod sealing;
mod state;
mod tagging;
mod versioning;
mod walk;

#[cfg(test)]
mod tests;

use gateway::{Cx, Fault, Operation, Service, download, read, staged, upload, write};
use names::Region;

pub use state::referenced_blobs;

/// There are no bills, so it does not matter who pays.
const PAYER: &[&str] = &["RequestPayer"];
/// The gateway has compared the body with them.
const DIGESTS: &[&str] = &["ContentMD5", "ChecksumAlgorithm"];
const PAYER_AND_DIGESTS: &[&str] = &["RequestPayer", "ContentMD5", "ChecksumAlgorithm"];
/// The one optional attribute is the state of a restoration, which no object here has.
const LISTING: &[&str] = &["RequestPayer", "OptionalObjectAttributes"];
/// Customer-provided keys. Where the algorithm is not named, the handler itself refuses it.
const CUSTOMER_KEY: &[&str] = &["SSECustomerKey", "SSECustomerKeyMD5"];
const CUSTOMER_ENCRYPTION: &[&str] =
    &["SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"];
const CUSTOMER_KEYS_OF_COPIES: &[&str] = &[
    "SSECustomerKey",
    "SSECustomerKeyMD5",
    "CopySourceSSECustomerKey",
    "CopySourceSSECustomerKeyMD5",
];
const CUSTOMER_ENCRYPTION_OF_COPIES: &[&str] = &[
    "SSECustomerAlgorithm",
    "SSECustomerKey",
    "SSECustomerKeyMD5",
    "CopySourceSSECustomerAlgorithm",
    "CopySourceSSECustomerKey",
    "CopySourceSSECustomerKeyMD5",
];
/// Customer-provided keys, and checksums that are not computed.
const UNBUILT_OF_OBJECTS: &[&str] = &[
    "ChecksumSHA512",
    "ChecksumMD5",
    "ChecksumXXHASH64",
    "ChecksumXXHASH3",
    "ChecksumXXHASH128",
    "SSECustomerKey",
    "SSECustomerKeyMD5",
];
const UNBUILT_OF_PARTS: &[&str] = &[
    "ChecksumSHA512",
    "ChecksumMD5",
    "ChecksumXXHASH64",
    "ChecksumXXHASH3",
    "ChecksumXXHASH128",
    "SSECustomerAlgorithm",
    "SSECustomerKey",
    "SSECustomerKeyMD5",
];

/// The Region of a bucket: a public fact, told even to those whom the bucket refuses.
///
/// # Errors
/// `NoSuchBucket`.
pub fn bucket_region(cx: &Cx, bucket: &str) -> Result<Region, Fault> {
    Ok(state::bucket(cx, bucket)?.region)
}

/// The operations that are built.
pub fn service() -> Service {
    let groups = [buckets(), objects(), uploads(), settings(), locks(), tags_and_acls()];
    Service::new("s3", groups.into_iter().flatten().collect())
        .with_upkeep(lifecycle::upkeep)
        .with_cross_origin(cors::headers)
}

/// S3 Control: what accounts set for all their buckets.
pub fn control() -> Service {
    let operations = vec![
        write("PutPublicAccessBlock", account::put_access, account::put),
        read("GetPublicAccessBlock", account::get_access, account::get),
        write("DeletePublicAccessBlock", account::delete_access, account::delete),
        write("CreateAccessPoint", access_point::create_access, access_point::create).refusing(&[
            "VpcConfiguration",
            "Scope",
            "Tags",
        ]),
        read("GetAccessPoint", access_point::get_access, access_point::get),
        write("DeleteAccessPoint", access_point::delete_access, access_point::delete),
        read("ListAccessPoints", access_point::list_access, access_point::list)
            .refusing(&["DataSourceId", "DataSourceType"]),
        write("PutAccessPointPolicy", access_point::put_policy_access, access_point::put_policy),
        read("GetAccessPointPolicy", access_point::get_policy_access, access_point::get_policy),
        write(
            "DeleteAccessPointPolicy",
            access_point::delete_policy_access,
            access_point::delete_policy,
        ),
        read("GetAccessPointPolicyStatus", access_point::status_access, access_point::status),
    ];
    Service::new("s3control", operations)
}

fn buckets() -> Vec<Operation> {
    vec![
        write("CreateBucket", bucket::create_access, bucket::create).refusing(&["BucketNamespace"]),
        read("HeadBucket", bucket::head_access, bucket::head).brief(),
        write("DeleteBucket", bucket::delete_access, bucket::delete),
        read("ListBuckets", bucket::list_access, bucket::list),
        read("GetBucketLocation", bucket::location_access, bucket::location),
        write("PutBucketVersioning", versioning::put_access, versioning::put).ignoring(DIGESTS),
        read("GetBucketVersioning", versioning::get_access, versioning::get),
        read("ListObjects", list::access, list::v1).ignoring(LISTING),
        read("ListObjectsV2", list::access, list::v2).ignoring(LISTING),
        read("ListObjectVersions", list::versions_access, list::versions).ignoring(LISTING),
    ]
}

fn objects() -> Vec<Operation> {
    vec![
        upload("PutObject", put::access, put::begin, put::finish)
            .ignoring(PAYER)
            .refusing(UNBUILT_OF_OBJECTS),
        download("GetObject", object::get_access, object::get)
            .brief()
            .ignoring(PAYER)
            .refusing(CUSTOMER_KEY),
        read("HeadObject", object::get_access, object::head)
            .brief()
            .ignoring(PAYER)
            .refusing(CUSTOMER_KEY),
        read("GetObjectAttributes", attributes::access, attributes::get)
            .ignoring(PAYER)
            .refusing(CUSTOMER_ENCRYPTION),
        staged("CopyObject", copy::access, copy::prepare, copy::commit)
            .ignoring(PAYER)
            .refusing(CUSTOMER_KEYS_OF_COPIES),
        write("DeleteObject", delete::one_access, delete::one)
            .ignoring(PAYER)
            .refusing(&["IfMatchLastModifiedTime", "IfMatchSize"]),
        write("DeleteObjects", delete::many_access, delete::many)
            .ignoring(&["RequestPayer", "ChecksumAlgorithm"]),
    ]
}

fn uploads() -> Vec<Operation> {
    vec![
        write("CreateMultipartUpload", multipart::create_access, multipart::create)
            .ignoring(PAYER)
            .refusing(CUSTOMER_KEY),
        upload("UploadPart", part::access, part::begin, part::finish)
            .ignoring(PAYER)
            .refusing(UNBUILT_OF_PARTS),
        staged("UploadPartCopy", part::copy_access, part::prepare_copy, part::commit_copy)
            .ignoring(PAYER)
            .refusing(CUSTOMER_ENCRYPTION_OF_COPIES),
        write("CompleteMultipartUpload", complete::access, complete::complete)
            .ignoring(PAYER)
            .refusing(UNBUILT_OF_PARTS),
        write("AbortMultipartUpload", multipart::abort_access, multipart::abort)
            .ignoring(PAYER)
            .refusing(&["IfMatchInitiatedTime"]),
        read("ListParts", multipart::parts_access, multipart::parts)
            .ignoring(PAYER)
            .refusing(CUSTOMER_ENCRYPTION),
        read("ListMultipartUploads", multipart::list_access, multipart::list).ignoring(PAYER),
    ]
}

fn settings() -> Vec<Operation> {
    vec![
        write("PutBucketPolicy", policy::put_access, policy::put).ignoring(&[
            "ContentMD5",
            "ChecksumAlgorithm",
            "ConfirmRemoveSelfBucketAccess",
        ]),
        read("GetBucketPolicy", policy::get_access, policy::get),
        write("DeleteBucketPolicy", policy::delete_access, policy::delete),
        read("GetBucketPolicyStatus", policy::status_access, policy::status),
        write("PutBucketEncryption", encryption::put_access, encryption::put).ignoring(DIGESTS),
        read("GetBucketEncryption", encryption::get_access, encryption::get),
        write("DeleteBucketEncryption", encryption::delete_access, encryption::delete),
        write("PutBucketOwnershipControls", ownership::put_access, ownership::put)
            .ignoring(DIGESTS),
        read("GetBucketOwnershipControls", ownership::get_access, ownership::get),
        write("DeleteBucketOwnershipControls", ownership::delete_access, ownership::delete),
        write("PutBucketLifecycleConfiguration", lifecycle::put_access, lifecycle::put)
            .ignoring(&["ChecksumAlgorithm"]),
        read("GetBucketLifecycleConfiguration", lifecycle::get_access, lifecycle::get),
        write("DeleteBucketLifecycle", lifecycle::delete_access, lifecycle::delete),
        write("PutBucketNotificationConfiguration", notification::put_access, notification::put)
            .refusing(&["SkipDestinationValidation"]),
        read("GetBucketNotificationConfiguration", notification::get_access, notification::get),
        write("PutBucketCors", cors::put_access, cors::put).ignoring(DIGESTS),
        read("GetBucketCors", cors::get_access, cors::get),
        write("DeleteBucketCors", cors::delete_access, cors::delete),
        write("PutPublicAccessBlock", public_access::put_access, public_access::put)
            .ignoring(DIGESTS),
        read("GetPublicAccessBlock", public_access::get_access, public_access::get),
        write("DeletePublicAccessBlock", public_access::delete_access, public_access::delete),
    ]
}

fn locks() -> Vec<Operation> {
    vec![
        write(
            "PutObjectLockConfiguration",
            retention::put_configuration_access,
            retention::put_configuration,
        )
        .ignoring(PAYER_AND_DIGESTS)
        .refusing(&["Token"]),
        read(
            "GetObjectLockConfiguration",
            retention::get_configuration_access,
            retention::get_configuration,
        ),
        write("PutObjectRetention", retention::put_retention_access, retention::put_retention)
            .ignoring(PAYER_AND_DIGESTS),
        read("GetObjectRetention", retention::get_retention_access, retention::get_retention)
            .ignoring(PAYER),
        write("PutObjectLegalHold", retention::put_hold_access, retention::put_hold)
            .ignoring(PAYER_AND_DIGESTS),
        read("GetObjectLegalHold", retention::get_hold_access, retention::get_hold).ignoring(PAYER),
    ]
}

fn tags_and_acls() -> Vec<Operation> {
    vec![
        write("PutBucketTagging", tagging::put_bucket_access, tagging::put_bucket)
            .ignoring(DIGESTS),
        read("GetBucketTagging", tagging::get_bucket_access, tagging::get_bucket),
        write("DeleteBucketTagging", tagging::delete_bucket_access, tagging::delete_bucket),
        write("PutObjectTagging", tagging::put_object_access, tagging::put_object)
            .ignoring(PAYER_AND_DIGESTS),
        read("GetObjectTagging", tagging::get_object_access, tagging::get_object).ignoring(PAYER),
        write("DeleteObjectTagging", tagging::delete_object_access, tagging::delete_object),
        read("GetBucketAcl", acl::get_bucket_access, acl::get_bucket),
        write("PutBucketAcl", acl::put_bucket_access, acl::put_bucket).ignoring(DIGESTS),
        read("GetObjectAcl", acl::get_object_access, acl::get_object).ignoring(PAYER),
        write("PutObjectAcl", acl::put_object_access, acl::put_object).ignoring(PAYER_AND_DIGESTS),
    ]
}
