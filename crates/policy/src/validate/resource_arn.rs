//! The form of ARNs in identity policies, as CreatePolicy checks it.

const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "*"];

/// What the resource part of an IAM ARN may begin with.
const IAM_TYPES: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// The older parser wants whole ARNs: no empty service, and not just one part missing unless the
/// last one stands open.
pub(super) fn legacy_parses(resource: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", "aws", "", _, ..] => false,
        ["arn", "aws", _, _, last] => last.contains('*'),
        _ => true,
    }
}

/// Checks one value of `Resource` or `NotResource`.
pub(super) fn check(resource: &str) -> Result<(), String> {
    if resource == "*" {
        return Ok(());
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let (partition, service) = match parts.as_slice() {
        [] | [_] => return Err(format!("Resource {resource} must be in ARN format or \"*\".")),
        [_, partition] => (*partition, None),
        [_, partition, service, ..] => (*partition, Some(*service)),
    };
    if !PARTITIONS.contains(&partition) {
        let padded = padded(&parts);
        return Err(format!("Partition \"{partition}\" is not valid for resource \"{padded}\"."));
    }
    let Some(service) = service else {
        let text = "Resource vendor must be fully qualified and cannot contain regexes.";
        return Err(text.to_owned());
    };
    let region = parts.get(3).copied().unwrap_or("");
    let path = parts.get(5).copied().unwrap_or("*");
    check_service(resource, service, region, path)
}

fn check_service(resource: &str, service: &str, region: &str, path: &str) -> Result<(), String> {
    // Access points and the like are regional resources of S3.
    let bucket = service == "s3" && !path.contains(':') && !is_regional_s3(path);
    if bucket && !region.is_empty() && region != "*" {
        return Err(format!("Resource {resource} can not contain region information."));
    }
    if service != "iam" {
        return Ok(());
    }
    if !region.is_empty() && region != "*" {
        return Err(format!("IAM resource {resource} cannot contain region information."));
    }
    if path == "*" || path == "root" || IAM_TYPES.iter().any(|kind| path.starts_with(kind)) {
        return Ok(());
    }
    Err(format!("IAM resource path must either be \"*\" or start with {}.", IAM_TYPES.join(", ")))
}

fn is_regional_s3(path: &str) -> bool {
    ["accesspoint/", "job/", "storage-lens/", "async-request/"]
        .iter()
        .any(|kind| path.starts_with(kind))
}

/// The ARN as the check sees it: begun with `arn` and filled up with `*`.
fn padded(parts: &[&str]) -> String {
    let given = parts.iter().skip(1).copied();
    let filled = std::iter::once("arn").chain(given).chain(std::iter::repeat("*"));
    filled.take(parts.len().max(6)).collect::<Vec<_>>().join(":")
}
