//! S3's errors, in the words of "Error responses" (S3 API Reference).
//!
//! Knows no state. One function per error that several files answer; an error with one cause
//! stands where it happens.

use gateway::Fault;

/// A missing bucket.
pub(super) fn no_such_bucket(bucket: &str) -> Fault {
    Fault::new("NoSuchBucket", "The specified bucket does not exist")
        .status(404)
        .with("BucketName", bucket)
}

/// A missing object.
pub(super) fn no_such_key(key: &str) -> Fault {
    Fault::new("NoSuchKey", "The specified key does not exist.").status(404).with("Key", key)
}

/// A multipart upload that is unknown, finished or aborted.
pub(super) fn no_such_upload(upload_id: &str) -> Fault {
    let text = "The specified upload does not exist. The upload ID may be invalid, or the upload \
                may have been aborted or completed.";
    Fault::new("NoSuchUpload", text).status(404).with("UploadId", upload_id)
}

/// The denial that says nothing.
pub(super) fn access_denied() -> Fault {
    Fault::new("AccessDenied", "Access Denied").status(403)
}

/// An argument with a value S3 does not take.
pub(super) fn invalid_argument(text: &str, name: &str, value: &str) -> Fault {
    Fault::new("InvalidArgument", text)
        .status(400)
        .with("ArgumentName", name)
        .with("ArgumentValue", value)
}

/// A request that makes no sense as a whole.
pub(super) fn invalid_request(text: impl Into<String>) -> Fault {
    Fault::new("InvalidRequest", text).status(400)
}

/// A document that does not fit S3's schema.
pub(super) fn malformed_xml() -> Fault {
    let text = "The XML you provided was not well-formed or did not validate against our \
                published schema";
    Fault::new("MalformedXML", text).status(400)
}

/// Something S3 has and this platform does not; `header` names what asked for it.
pub(super) fn not_implemented(header: &str) -> Fault {
    let text = "A header you provided implies functionality that is not implemented";
    Fault::new("NotImplemented", text).status(501).with("Header", header)
}

/// A condition of the request that does not hold.
pub(super) fn precondition_failed(condition: &str) -> Fault {
    Fault::new(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
    .status(412)
    .with("Condition", condition)
}

/// A digest that the body does not have.
pub(super) fn bad_digest(what: &str) -> Fault {
    let text = format!("The {what} you specified did not match the calculated checksum.");
    Fault::new("BadDigest", text).status(400)
}

/// An ACL on a bucket that has none.
pub(super) fn acl_not_supported() -> Fault {
    Fault::new("AccessControlListNotSupported", "The bucket does not allow ACLs").status(400)
}

/// A delete marker where an object is needed. Lower-case names are headers.
pub(super) fn is_delete_marker(method: &str) -> Fault {
    let text = "The specified method is not allowed against this resource.";
    Fault::new("MethodNotAllowed", text)
        .status(405)
        .with("Method", method)
        .with("ResourceType", "DeleteMarker")
        .with("allow", "DELETE")
}
