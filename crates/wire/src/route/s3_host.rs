//! Where S3's bucket stands: in the host name or in the path.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>

/// The bucket that a `Host` header names, if it names one: `bucket.s3.anything`,
/// `bucket.s3-region.anything`, `bucket.localhost`.
///
/// ```
/// assert_eq!(wire::bucket_of_host("dev.landing.s3.us-east-1.amazonaws.com"), Some("dev.landing"));
/// assert_eq!(wire::bucket_of_host("landing.localhost:4566"), Some("landing"));
/// assert_eq!(wire::bucket_of_host("s3.localhost:4566"), None);
/// assert_eq!(wire::bucket_of_host("127.0.0.1:4566"), None);
/// ```
pub fn bucket_of_host(host: &str) -> Option<&str> {
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    // The last mark decides: a bucket's own name may contain `.s3.`.
    let marked = [".s3.", ".s3-"].iter().filter_map(|mark| host.rfind(mark)).max();
    let bucket = match marked {
        Some(at) => host.get(..at),
        None => host.strip_suffix(".localhost").filter(|name| *name != "s3"),
    };
    bucket.filter(|name| !name.is_empty())
}
