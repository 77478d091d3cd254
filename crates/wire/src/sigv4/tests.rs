//! Signatures that AWS documents, what tampering does to them, and the words of every refusal.

use chrono::{DateTime, Duration, TimeZone, Utc};
use http::request::Parts;

use super::*;
use crate::model::Protocol;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn credentials(key: &str, token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: key.to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: token.map(str::to_owned),
    }
}

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// A GET of an S3 object, signed in its headers.
fn signed() -> (Parts, DateTime<Utc>) {
    let now = at("2013-05-24T00:00:00Z");
    let mut parts =
        parts("GET", "https://examplebucket.s3.amazonaws.com/test.txt", &[("range", "bytes=0-9")]);
    let keys = credentials("AKIAIOSFODNN7EXAMPLE", None);
    sign(&mut parts, &keys, "us-east-1", "s3", &PayloadHash::of(b""), now);
    (parts, now)
}

fn verify(parts: &Parts, now: DateTime<Utc>) -> Result<Verified, SigError> {
    let presented = Presented::parse(parts)?.unwrap();
    let payload = PayloadHash::of_request(parts, &presented, b"")?;
    presented.verify(parts, &payload, SECRET.as_bytes(), now)
}

#[test]
fn signs_as_the_s3_documentation_does() {
    // docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object".
    let (parts, now) = signed();
    let authorization = parts.headers["authorization"].to_str().unwrap();
    assert!(
        authorization.ends_with(
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        "{authorization}"
    );
    verify(&parts, now).unwrap();
}

#[test]
fn signs_as_the_iam_documentation_does() {
    let now = at("2015-08-30T12:36:00Z");
    let mut parts = parts(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
    );
    let keys = credentials("AKIDEXAMPLE", None);
    let key = Credentials {
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        ..keys
    };
    sign(&mut parts, &key, "us-east-1", "iam", &PayloadHash::of(b""), now);
    let authorization = parts.headers["authorization"].to_str().unwrap();
    let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    assert!(authorization.ends_with(signature), "{authorization}");
}

#[test]
fn presigns_as_the_s3_documentation_does() {
    let now = at("2013-05-24T00:00:00Z");
    let mut parts = parts("GET", "https://examplebucket.s3.amazonaws.com/test.txt", &[]);
    let keys = credentials("AKIAIOSFODNN7EXAMPLE", None);
    presign(&mut parts, &keys, "us-east-1", "s3", 86400, now);
    let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert!(parts.uri.to_string().ends_with(signature), "{}", parts.uri);
    verify(&parts, now + Duration::hours(23)).unwrap();
}

#[test]
fn a_session_token_may_be_signed_or_appended() {
    let now = at("2026-11-22T02:19:22Z");
    for service in ["s3", "sts"] {
        let mut signed = parts("GET", "https://example.com/a%20b?x=1", &[]);
        presign(&mut signed, &credentials("ASIA", Some("T/+=")), "us-east-1", service, 60, now);
        let presented = Presented::parse(&signed).unwrap().unwrap();
        assert_eq!(presented.session_token(), Some("T/+="));
        verify(&signed, now).unwrap();

        let mut appended = parts("GET", "https://example.com/a%20b?x=1", &[]);
        presign(&mut appended, &credentials("ASIA", None), "us-east-1", service, 60, now);
        appended.uri = format!("{}&X-Amz-Security-Token=T", appended.uri).parse().unwrap();
        verify(&appended, now).unwrap();
    }
}

#[test]
fn paths_are_signed_as_their_service_encodes_them() {
    let now = at("2026-11-22T02:19:22Z");
    let cases = ["/", "/a//b/../c/./d", "/a%20b%2Fc/%C3%A9", "/dt=1/x(1)'!*", "/a+b"];
    for (path, service) in cases.iter().flat_map(|path| [(path, "s3"), (path, "kms")]) {
        let mut parts = parts("GET", &format!("https://example.com{path}?b=2&a=%2F+x&a"), &[]);
        let keys = credentials("AKIA", None);
        sign(&mut parts, &keys, "us-east-1", service, &PayloadHash::of(b""), now);
        verify(&parts, now).unwrap_or_else(|error| panic!("{service} {path}: {error:?}"));
    }
}

#[test]
fn anything_changed_after_signing_is_refused() {
    let (signed_parts, now) = signed();
    type Change = (&'static str, fn(&mut Parts));
    let changes: [Change; 6] = [
        ("method", |parts| parts.method = http::Method::PUT),
        ("path", |parts| parts.uri = "/test.tx".parse().unwrap()),
        ("query", |parts| parts.uri = "/test.txt?acl".parse().unwrap()),
        ("range", |parts| {
            parts.headers.insert("range", "bytes=0-10".parse().unwrap());
        }),
        ("host", |parts| {
            parts.headers.insert("host", "other.s3.amazonaws.com".parse().unwrap());
        }),
        ("body", |parts| {
            let hash = PayloadHash::of(b"x").as_str().parse().unwrap();
            parts.headers.insert("x-amz-content-sha256", hash);
        }),
    ];
    for (what, change) in changes {
        let mut parts = http::Request::from_parts(signed_parts.clone(), ()).into_parts().0;
        change(&mut parts);
        assert!(matches!(verify(&parts, now), Err(SigError::Mismatch(_))), "{what}");
    }
    let other = Presented::parse(&signed_parts).unwrap().unwrap();
    let payload = PayloadHash::of(b"");
    let result = other.verify(&signed_parts, &payload, b"another secret", now);
    assert!(matches!(result, Err(SigError::Mismatch(_))));
}

#[test]
fn unsigned_amz_headers_are_refused_by_s3_only() {
    let now = at("2026-11-22T02:19:22Z");
    for (service, refused) in [("s3", true), ("sts", false)] {
        let mut parts = parts("GET", "https://example.com/", &[]);
        let keys = credentials("AKIA", None);
        sign(&mut parts, &keys, "us-east-1", service, &PayloadHash::of(b""), now);
        parts.headers.insert("x-amz-acl", "public-read".parse().unwrap());
        parts.headers.insert("x-amz-security-token", "T".parse().unwrap());
        let expected = SigError::HeadersNotSigned(vec!["x-amz-acl".to_owned()]);
        match verify(&parts, now) {
            Err(error) if refused => assert_eq!(error, expected),
            Ok(_) if !refused => {}
            other => panic!("{service}: {other:?}"),
        }
    }
}

#[test]
fn the_clock_may_be_fifteen_minutes_off() {
    let (parts, now) = signed();
    for (minutes, ok) in [(-16, false), (-15, true), (15, true), (16, false)] {
        let result = verify(&parts, now + Duration::minutes(minutes));
        assert_eq!(result.is_ok(), ok, "{minutes} minutes");
        assert!(ok || matches!(result, Err(SigError::Skewed { .. })));
    }
}

#[test]
fn a_presigned_url_ends() {
    let now = at("2026-11-22T02:19:22Z");
    let mut parts = parts("GET", "https://b.s3.example.com/k", &[]);
    presign(&mut parts, &credentials("AKIA", None), "us-east-1", "s3", 3600, now);
    verify(&parts, now + Duration::seconds(3600)).unwrap();
    let expired = verify(&parts, now + Duration::seconds(3601)).unwrap_err();
    let fault = expired.fault(Protocol::RestXml);
    assert_eq!((fault.code.as_str(), fault.status), ("AccessDenied", 403));
    assert_eq!(fault.message, "Request has expired");
    let names: Vec<_> = fault.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["X-Amz-Expires", "Expires", "ServerTime"]);
    let early = verify(&parts, now - Duration::minutes(16)).unwrap_err();
    assert!(matches!(early, SigError::NotYetValid { .. }));
}

#[test]
fn parsing_refuses_what_is_not_a_signature() {
    let full = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261122%2Fus-east-1%2F\
                s3%2Faws4_request&X-Amz-Date=20261122T000000Z&X-Amz-Expires=60&\
                X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    let query_cases = [
        (full.replace("&X-Amz-Expires=60", ""), "requires the X-Amz-Algorithm"),
        (full.replace("&X-Amz-Date=20261122T000000Z", ""), "requires the X-Amz-Algorithm"),
        (full.replace("=60", "=604801"), "must be less than a week"),
        (full.replace("=60", "=-1"), "must be non-negative"),
        (full.replace("=60", "=x"), "should be a number"),
        (full.replace("%2Faws4_request", ""), "the Credential is mal-formed"),
        (full.replace("SHA256", "SHA1"), "X-Amz-Algorithm only supports"),
        (full.replace("T000000Z", ""), "ISO8601"),
    ];
    for (query, words) in query_cases {
        let error = Presented::parse(&parts("GET", &format!("/k?{query}"), &[])).unwrap_err();
        let fault = error.fault(Protocol::RestXml);
        assert_eq!(fault.code, "AuthorizationQueryParametersError", "{query}");
        assert_eq!(fault.status, 400);
        assert!(fault.message.contains(words), "{query}: {}", fault.message);
    }
    let header_cases = [
        (
            "AWS4-HMAC-SHA256 Credential=A/20261122/r/s3/aws4_request",
            "AuthorizationHeaderMalformed",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A/r/s3/aws4_request,SignedHeaders=host,Signature=0",
            "AuthorizationHeaderMalformed",
        ),
        ("Basic YTpi", "InvalidArgument"),
    ];
    for (header, code) in header_cases {
        let request = parts("GET", "/k", &[("authorization", header)]);
        let error = Presented::parse(&request).unwrap_err();
        assert_eq!(error.fault(Protocol::RestXml).code, code, "{header}");
    }
    assert!(Presented::parse(&parts("GET", "/k?acl", &[])).unwrap().is_none());
}

#[test]
fn the_scope_must_fit_the_request() {
    let (parts, _) = signed();
    let presented = Presented::parse(&parts).unwrap().unwrap();
    assert!(presented.check_scope("s3", Some("us-east-1")).is_ok());
    assert!(presented.check_scope("s3", None).is_ok());
    let region = presented.check_scope("s3", Some("eu-west-1")).unwrap_err();
    let fault = region.fault(Protocol::RestXml);
    assert_eq!(fault.code, "AuthorizationHeaderMalformed");
    assert_eq!(
        fault.message,
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting \
         'eu-west-1'"
    );
    assert_eq!(fault.extra, [("Region".to_owned(), "eu-west-1".to_owned())]);
    assert!(presented.check_scope("sts", None).is_err());
}

#[test]
fn every_refusal_has_its_words_in_every_protocol() {
    let now = Utc.with_ymd_and_hms(2026, 11, 22, 3, 0, 0).unwrap();
    let mismatch = Mismatch {
        access_key_id: "AKIA".to_owned(),
        string_to_sign: "AWS4".to_owned(),
        signature: "00".to_owned(),
        canonical_request: "GET".to_owned(),
    };
    let unknown = SigError::UnknownKey { access_key_id: "AKIA".to_owned() };
    let skewed = SigError::Skewed { timestamp: now - Duration::hours(1), now };
    // error, S3 code and status, query code and status, JSON code (always 400)
    let cases = [
        (
            unknown,
            ("InvalidAccessKeyId", 403),
            ("InvalidClientTokenId", 403),
            "UnrecognizedClientException",
        ),
        (
            SigError::InvalidToken,
            ("InvalidToken", 400),
            ("InvalidClientTokenId", 403),
            "UnrecognizedClientException",
        ),
        (
            SigError::ExpiredToken,
            ("ExpiredToken", 400),
            ("ExpiredToken", 403),
            "ExpiredTokenException",
        ),
        (
            SigError::NoSignature,
            ("AccessDenied", 403),
            ("MissingAuthenticationToken", 403),
            "MissingAuthenticationTokenException",
        ),
        (
            SigError::Mismatch(Box::new(mismatch)),
            ("SignatureDoesNotMatch", 403),
            ("SignatureDoesNotMatch", 403),
            "InvalidSignatureException",
        ),
        (
            skewed,
            ("RequestTimeTooSkewed", 403),
            ("SignatureDoesNotMatch", 403),
            "InvalidSignatureException",
        ),
        (
            SigError::MissingDate,
            ("AccessDenied", 403),
            ("IncompleteSignature", 400),
            "IncompleteSignatureException",
        ),
    ];
    for (error, s3, query, json) in cases {
        let fault = |protocol| error.fault(protocol);
        let xml = fault(Protocol::RestXml);
        assert_eq!((xml.code.as_str(), xml.status), s3, "{error:?}");
        let form = fault(Protocol::Query);
        assert_eq!((form.code.as_str(), form.status), query, "{error:?}");
        assert!(!form.message.is_empty());
        let body = fault(Protocol::Json11);
        assert_eq!((body.code.as_str(), body.status), (json, 400), "{error:?}");
    }
}

#[test]
fn s3_shows_what_it_signed() {
    let (mut parts, now) = signed();
    parts.uri = "/other".parse().unwrap();
    let fault = verify(&parts, now).unwrap_err().fault(Protocol::RestXml);
    let names: Vec<_> = fault.extra.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    ];
    assert_eq!(names, expected);
    assert!(fault.extra[1].1.starts_with("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1"));
    assert!(fault.extra[3].1.starts_with("41 57 53 34"));
    assert!(fault.extra[4].1.starts_with("GET\n/other\n\nhost:"));
}

#[test]
fn secrets_are_not_shown() {
    let keys = credentials("AKIA", Some("TOKEN"));
    let key = SigningKey::derive(SECRET.as_bytes(), "20261122", "us-east-1", "s3");
    let mut request = parts("GET", "https://example.com/", &[]);
    let now = at("2026-11-22T02:19:22Z");
    let verified = sign(&mut request, &keys, "us-east-1", "s3", &PayloadHash::Unsigned, now);
    let presented = Presented::parse(&request).unwrap().unwrap();
    let shown = format!("{keys:?} {key:?} {verified:?} {presented:?}");
    assert!(!shown.contains("wJalr") && !shown.contains("TOKEN"), "{shown}");
}

#[test]
fn the_body_is_declared_as_s3_says() {
    let hash = PayloadHash::of(b"");
    assert_eq!(PayloadHash::parse(hash.as_str()).unwrap(), hash);
    for text in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        assert_eq!(PayloadHash::parse(text).unwrap().as_str(), text);
    }
    let fault = PayloadHash::parse("nonsense").unwrap_err().fault(Protocol::RestXml);
    assert_eq!(fault.code, "InvalidArgument");
    let (mut parts, now) = signed();
    parts.headers.remove("x-amz-content-sha256");
    let fault = verify(&parts, now).unwrap_err().fault(Protocol::RestXml);
    assert_eq!(fault.code, "InvalidRequest");
}
