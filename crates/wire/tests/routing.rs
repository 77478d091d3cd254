//! Which operation a request means.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use http::request::Parts;
use wire::{Form, Protocol};

const LIST: &str = "?list-type=2&prefix=a";

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// Operation, bucket and key of an S3 request, or the fault's code.
fn s3(method: &str, host: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let mut parts = parts(method, target, headers);
    parts.headers.insert("host", host.parse().unwrap());
    match wire::route(&parts, None) {
        Ok(route) => {
            let labels = [route.bucket(), route.key()].map(|label| label.unwrap_or("-"));
            format!("{} {} {}", route.operation.name(), labels[0], labels[1])
        }
        Err(fault) => fault.code,
    }
}

#[test]
fn s3_in_the_path() {
    let cases = [
        ("GET", "/", "ListBuckets - -"),
        ("GET", "/b", "ListObjects b -"),
        ("GET", "/b/", "ListObjects b -"),
        ("GET", &format!("/b{LIST}"), "ListObjectsV2 b -"),
        ("GET", "/b?versions", "ListObjectVersions b -"),
        ("GET", "/b?uploads", "ListMultipartUploads b -"),
        ("GET", "/b?location", "GetBucketLocation b -"),
        ("GET", "/b?policy", "GetBucketPolicy b -"),
        ("GET", "/b?policyStatus", "GetBucketPolicyStatus b -"),
        ("GET", "/b?acl", "GetBucketAcl b -"),
        ("GET", "/b?acl=", "GetBucketAcl b -"),
        ("GET", "/b?lifecycle", "GetBucketLifecycleConfiguration b -"),
        ("GET", "/b?inventory", "ListBucketInventoryConfigurations b -"),
        ("GET", "/b?inventory&id=x", "GetBucketInventoryConfiguration b -"),
        ("GET", "/b/k", "GetObject b k"),
        ("GET", "/b/a/b%20c/%C3%A9//", "GetObject b a/b c/é//"),
        ("GET", "/b//k", "GetObject b /k"),
        ("GET", "/b/k?x-id=GetObject", "GetObject b k"),
        ("GET", "/b/k?versionId=1&partNumber=2", "GetObject b k"),
        ("GET", "/b/k?acl", "GetObjectAcl b k"),
        ("GET", "/b/k?tagging", "GetObjectTagging b k"),
        ("GET", "/b/k?attributes", "GetObjectAttributes b k"),
        ("GET", "/b/k?uploadId=u", "ListParts b k"),
        ("HEAD", "/b", "HeadBucket b -"),
        ("HEAD", "/b/k", "HeadObject b k"),
        ("PUT", "/b", "CreateBucket b -"),
        ("PUT", "/b?versioning", "PutBucketVersioning b -"),
        ("PUT", "/b?lifecycle", "PutBucketLifecycleConfiguration b -"),
        ("PUT", "/b?notification", "PutBucketNotificationConfiguration b -"),
        ("PUT", "/b/k", "PutObject b k"),
        ("PUT", "/b/k?tagging", "PutObjectTagging b k"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart b k"),
        ("POST", "/b?delete", "DeleteObjects b -"),
        ("POST", "/b/k?uploads", "CreateMultipartUpload b k"),
        ("POST", "/b/k?uploadId=u", "CompleteMultipartUpload b k"),
        ("POST", "/b/k?restore", "RestoreObject b k"),
        ("POST", "/b/k?select&select-type=2", "SelectObjectContent b k"),
        ("DELETE", "/b", "DeleteBucket b -"),
        ("DELETE", "/b?policy", "DeleteBucketPolicy b -"),
        ("DELETE", "/b/k", "DeleteObject b k"),
        ("DELETE", "/b/k?uploadId=u", "AbortMultipartUpload b k"),
        ("POST", "/", "MethodNotAllowed"),
        ("PATCH", "/b", "MethodNotAllowed"),
        ("GET", "/b/%FF", "InvalidURI"),
    ];
    for (method, target, expected) in cases {
        for host in ["localhost:4566", "127.0.0.1", "s3.us-east-1.amazonaws.com", "[::1]:4566"] {
            assert_eq!(s3(method, host, target, &[]), expected, "{method} {host} {target}");
        }
    }
}

#[test]
fn s3_in_the_host_name() {
    let cases = [
        ("b.s3.amazonaws.com", "/", "ListObjects b -"),
        ("b.s3.us-east-1.amazonaws.com", "/k/l", "GetObject b k/l"),
        ("b.s3-eu-west-1.amazonaws.com", "/k", "GetObject b k"),
        ("b.s3.dualstack.eu-west-1.amazonaws.com", LIST, "ListObjectsV2 b -"),
        ("my.dotted.s3.bucket.s3.localhost:4566", "/k", "GetObject my.dotted.s3.bucket k"),
        ("b.localhost:4566", "/k", "GetObject b k"),
        ("b.localhost", "/?acl", "GetBucketAcl b -"),
        ("s3.localhost:4566", "/b/k", "GetObject b k"),
        ("example.com", "/b/k", "GetObject b k"),
    ];
    for (host, target, expected) in cases {
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        assert_eq!(s3("GET", host, &target, &[]), expected, "{host} {target}");
    }
}

#[test]
fn s3_by_required_headers() {
    let copy = [("x-amz-copy-source", "/a/b")];
    assert_eq!(s3("PUT", "localhost", "/b/k", &copy), "CopyObject b k");
    let part = "/b/k?partNumber=1&uploadId=u";
    assert_eq!(s3("PUT", "localhost", part, &copy), "UploadPartCopy b k");
    let scope = "AWS4-HMAC-SHA256 Credential=A/20261122/us-east-1/s3express/aws4_request, \
                 SignedHeaders=host, Signature=00";
    let express = [("authorization", scope)];
    assert_eq!(s3("GET", "localhost", "/", &express), "ListDirectoryBuckets - -");
}

/// Service and operation of a request signed for `scope`, or the fault's code.
fn signed(scope: &str, uri: &str, target: Option<&str>, body: &str) -> String {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=A/20261122/us-east-1/{scope}/aws4_request, \
         SignedHeaders=host, Signature=00"
    );
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(target.map(|target| ("x-amz-target", target)));
    if !scope.is_empty() {
        headers.push(("authorization", &authorization));
    }
    let parts = parts("POST", uri, &headers);
    let form = Form::of_request(&parts, body.as_bytes()).unwrap();
    match wire::route(&parts, form.as_ref()) {
        Ok(route) => format!("{} {}", route.model.name(), route.operation.name()),
        Err(fault) => fault.code,
    }
}

#[test]
fn services_by_scope_target_and_action() {
    let sts = "Action=AssumeRole&Version=2011-06-15";
    let cases = [
        ("sts", "/", None, sts, "sts AssumeRole"),
        ("sts", &format!("/?{sts}"), None, "", "sts AssumeRole"),
        ("iam", "/", None, "Action=ListUsers&Version=2010-05-08", "iam ListUsers"),
        ("redshift", "/", None, "Action=DescribeClusters", "redshift DescribeClusters"),
        ("", "/", None, "Action=AssumeRoleWithSAML&Version=2011-06-15", "sts AssumeRoleWithSAML"),
        ("kms", "/", Some("TrentService.Decrypt"), "{}", "kms Decrypt"),
        (
            "secretsmanager",
            "/",
            Some("secretsmanager.GetSecretValue"),
            "{}",
            "secretsmanager GetSecretValue",
        ),
        (
            "cloudtrail",
            "/",
            Some("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"),
            "{}",
            "cloudtrail LookupEvents",
        ),
        ("sts", "/", None, "Action=Nothing&Version=2011-06-15", "InvalidAction"),
        ("sts", "/", None, "Action=AssumeRole&Version=2010-01-01", "InvalidAction"),
        ("sts", "/", None, "", "MissingAction"),
        ("kms", "/", Some("TrentService.Nothing"), "{}", "UnknownOperationException"),
        ("athena", "/", Some("AmazonAthena.ListWorkGroups"), "{}", "NotImplemented"),
        ("ec2", "/", None, "Action=DescribeVpcs&Version=2016-11-15", "NotImplemented"),
    ];
    for (scope, uri, target, body, expected) in cases {
        assert_eq!(signed(scope, uri, target, body), expected, "{scope} {target:?} {body}");
    }
}

#[test]
fn an_upload_is_never_a_form() {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let scope = |service: &str| {
        format!("/b/k?X-Amz-Credential=A%2F20261122%2Fus-east-1%2F{service}%2Faws4_request")
    };
    let cases = [
        ("PUT", scope("s3"), false),
        ("POST", scope("s3"), false),
        ("POST", scope("kms"), false),
        ("PUT", "/b/k".to_owned(), false),
        ("POST", scope("sts"), true),
        ("POST", scope("ec2"), true),
        ("POST", "/".to_owned(), true),
    ];
    for (method, uri, expected) in cases {
        let parts = parts(method, &uri, &[kind]);
        assert_eq!(Form::is_expected(&parts), expected, "{method} {uri}");
        if !expected {
            assert_eq!(Form::of_request(&parts, b"Action=X\xff").unwrap(), None);
        }
    }
}

#[test]
fn a_fault_is_written_in_the_dialect_of_its_request() {
    let json = parts("POST", "/", &[("x-amz-target", "AmazonAthena.ListWorkGroups")]);
    assert_eq!(wire::dialect_of(&json, None).protocol, Protocol::Json11);
    let s3 = parts("GET", "/b/k", &[]);
    assert_eq!(wire::dialect_of(&s3, None).protocol, Protocol::RestXml);
    let query = parts("POST", "/?Action=X&Version=2010-05-08", &[]);
    let form = Form::of_request(&query, b"").unwrap();
    let dialect = wire::dialect_of(&query, form.as_ref());
    assert_eq!(dialect.protocol, Protocol::Query);
    assert_eq!(dialect.xml_namespace, Some("https://iam.amazonaws.com/doc/2010-05-08/"));
}
