//! Cross-origin rules: preflights before anybody signs, and headers on ordinary answers.

use serde_json::{Value, json};
use testkit::Answer;

use super::Lake;

fn lake(rules: &Value) -> Lake {
    let lake = Lake::new();
    lake.put("k", "body");
    lake.ok("PutBucketCors", json!({ "CORSConfiguration": { "CORSRules": rules } }));
    lake
}

fn rules() -> Value {
    json!([
        { "AllowedMethods": ["PUT", "DELETE"], "AllowedOrigins": ["https://*.example.com"],
          "AllowedHeaders": ["x-amz-*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 600 },
        { "AllowedMethods": ["GET"], "AllowedOrigins": ["*"] },
    ])
}

/// A request as a browser makes it, unsigned.
fn ask(lake: &Lake, method: &str, headers: &[(&'static str, &str)]) -> Answer {
    let mut request = lake.world.request("s3", "GetObject", &Lake::input(&json!({ "Key": "k" })));
    request.parts.method = method.parse().unwrap();
    for (name, value) in headers {
        request.header(name, value);
    }
    lake.world.send(request)
}

#[test]
fn preflights_are_answered_by_the_first_rule_that_admits_them() {
    let lake = lake(&rules());
    let asked = |origin: &str, method: &str, names: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", names),
        ];
        let answer = ask(&lake, "OPTIONS", &headers);
        let shown = ["allow-origin", "allow-methods", "allow-headers", "max-age", "expose-headers"];
        let shown = shown.map(|name| answer.header(&format!("access-control-{name}")).to_owned());
        format!("{} {}", answer.status, shown.join("|"))
    };
    let cases = [
        (
            "https://app.example.com",
            "PUT",
            "X-Amz-Date, x-amz-acl",
            "200 https://app.example.com|PUT, DELETE|x-amz-date, x-amz-acl|600|ETag",
        ),
        ("https://app.example.com", "PUT", "content-type", "403 ||||"),
        ("https://elsewhere.org", "PUT", "", "403 ||||"),
        ("https://elsewhere.org", "GET", "", "200 *|GET|||"),
        ("https://elsewhere.org", "GET", "range", "403 ||||"),
    ];
    for (origin, method, names, expected) in cases {
        assert_eq!(asked(origin, method, names), expected, "{origin} {method} {names}");
    }
}

#[test]
fn refused_preflights_say_why() {
    let with = lake(&rules());
    let without = Lake::new();
    let origin = ("origin", "https://a");
    let asking = ("access-control-request-method", "PUT");
    let cases = [
        (&with, vec![], "400 BadRequest: Insufficient information. Origin request header needed."),
        (&with, vec![origin], "400 BadRequest: Invalid Access-Control-Request-Method: null"),
        (
            &with,
            vec![origin, asking],
            "403 AccessForbidden: CORSResponse: This CORS request is not allowed.",
        ),
        (
            &without,
            vec![origin, asking],
            "403 AccessForbidden: CORSResponse: CORS is not enabled for this bucket.",
        ),
    ];
    for (lake, headers, expected) in cases {
        let told = ask(lake, "OPTIONS", &headers).told();
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn answers_to_admitted_origins_carry_the_headers_whatever_they_say() {
    let lake = lake(&rules());
    let denied = ask(&lake, "GET", &[("origin", "https://a")]);
    assert_eq!((denied.status, denied.header("access-control-allow-origin")), (403, "*"));
    let plain = ask(&lake, "GET", &[]);
    assert_eq!(plain.header("access-control-allow-origin"), "");
    let other = ask(&lake, "DELETE", &[("origin", "https://a")]);
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[test]
fn what_cors_refuses() {
    let lake = Lake::new();
    let rule = |method: &str, origin: &str, header: &str| json!([{ "AllowedMethods": [method], "AllowedOrigins": [origin], "AllowedHeaders": [header] }]);
    let cases = [
        (
            rule("PATCH", "*", "*"),
            "400 InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
        ),
        (
            rule("GET", "http://*.*", "*"),
            "400 InvalidRequest: AllowedOrigin \"http://*.*\" can not have more than one wildcard.",
        ),
        (
            rule("GET", "*", "*-*"),
            "400 InvalidRequest: AllowedHeader \"*-*\" can not have more than one wildcard.",
        ),
        (json!([]), "400 MalformedXML"),
    ];
    for (rules, expected) in cases {
        let told =
            lake.told("PutBucketCors", json!({ "CORSConfiguration": { "CORSRules": rules } }));
        assert!(told.starts_with(expected), "{told}");
    }
    assert!(lake.told("GetBucketCors", json!({})).starts_with("404 NoSuchCORSConfiguration"));
}
