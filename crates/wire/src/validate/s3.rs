//! How S3 words a broken constraint.
//!
//! A document that breaks its schema is `MalformedXML` whatever is wrong in it; a header or
//! parameter is named. <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use super::walk::{Broken, Violation};
use crate::fault::WireFault;
use crate::model::{Location, Operation};

/// The fault of the first violation: S3 reports one.
pub(super) fn fault(operation: &Operation, violation: &Violation<'_>) -> WireFault {
    match (violation.location, &violation.broken) {
        (Location::Body, Broken::Missing) if !violation.path.contains('.') => {
            WireFault::sender("MissingRequestBodyError", "Request Body is empty")
        }
        (Location::Body, Broken::Enum(_)) if violation.member == "LocationConstraint" => {
            let message = "The specified location-constraint is not valid";
            WireFault::sender("InvalidLocationConstraint", message)
                .with_extra("LocationConstraint", &violation.text)
        }
        (Location::Body, _) => crate::decode::malformed_xml(operation),
        (Location::Header, Broken::Missing) => {
            let name = &violation.wire_name;
            let message = format!("Missing required header for this request: {name}");
            WireFault::sender("InvalidRequest", message)
        }
        (Location::Header, Broken::Enum(_)) => bad_header(violation),
        (_, Broken::Missing) => {
            let name = &violation.wire_name;
            argument(violation, format!("Missing required parameter for this request: {name}"))
        }
        _ => {
            let name = &violation.wire_name;
            argument(violation, format!("Argument {name} is not valid."))
        }
    }
}

fn bad_header(violation: &Violation<'_>) -> WireFault {
    match violation.wire_name.as_str() {
        "x-amz-storage-class" => {
            WireFault::sender("InvalidStorageClass", "The storage class you specified is not valid")
                .with_extra("StorageClassRequested", &violation.text)
        }
        "x-amz-server-side-encryption" => {
            argument(violation, "The encryption method specified is not supported".to_owned())
        }
        "x-amz-metadata-directive" => argument(violation, "Unknown metadata directive.".to_owned()),
        "x-amz-sdk-checksum-algorithm" | "x-amz-checksum-algorithm" => WireFault::sender(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the valid \
             types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        ),
        "x-amz-acl" => argument(violation, String::new()),
        name => argument(violation, format!("Invalid value for {name}")),
    }
}

fn argument(violation: &Violation<'_>, message: String) -> WireFault {
    WireFault::sender("InvalidArgument", message)
        .with_extra("ArgumentName", &violation.wire_name)
        .with_extra("ArgumentValue", &violation.text)
}
