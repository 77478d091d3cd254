//! Object Lock: what is kept from whom, until when.

use chrono::Duration;
use serde_json::{Value, json};
use testkit::{allow, deny};

use super::Lake;

/// 2026-01-15 08:00:00 UTC, when a world begins.
const NOW: i64 = 1_768_464_000;
const DAY: i64 = 86_400;
const PROTECTED: &str = "403 AccessDenied: Access Denied because object protected by object lock.";

fn locked() -> Lake {
    Lake::with(json!({ "ObjectLockEnabledForBucket": true }))
}

fn retention(mode: &str, days: i64) -> Value {
    json!({ "ObjectLockMode": mode, "ObjectLockRetainUntilDate": NOW + days * DAY,
            "ChecksumAlgorithm": "CRC32" })
}

fn set(id: &str, mode: &str, days: i64) -> Value {
    let retention = json!({ "Mode": mode, "RetainUntilDate": NOW + days * DAY });
    json!({ "Key": "k", "VersionId": id, "Retention": retention })
}

fn bypassing(mut input: Value) -> Value {
    input["BypassGovernanceRetention"] = true.into();
    input
}

#[test]
fn a_version_is_kept_until_its_time_and_then_goes() {
    let lake = locked();
    for mode in ["GOVERNANCE", "COMPLIANCE"] {
        let id = lake.put_with("k", "kept", retention(mode, 10));
        let version = json!({ "Key": "k", "VersionId": id });
        assert_eq!(lake.told("DeleteObject", version.clone()), PROTECTED, "{mode}");
        let head = lake.ok("HeadObject", version.clone());
        assert_eq!(head["ObjectLockMode"], mode);
        assert_eq!(head["ObjectLockRetainUntilDate"], NOW + 10 * DAY);
        // Hiding it is no removal.
        assert_eq!(lake.told("DeleteObject", json!({ "Key": "k" })), "ok");
        assert_eq!(lake.get(version.clone()), "kept");
    }
    let versions = lake.ok("ListObjectVersions", json!({}))["Versions"].clone();
    lake.world.advance(Duration::days(10));
    for version in versions.as_array().unwrap() {
        let named = json!({ "Key": "k", "VersionId": version["VersionId"] });
        assert_eq!(lake.told("DeleteObject", named), "ok");
    }
}

#[test]
fn governance_yields_to_who_may_bypass_it_and_compliance_to_nobody() {
    let lake = locked();
    let governed = lake.put_with("k", "a", retention("GOVERNANCE", 10));
    let firm = lake.put_with("k", "b", retention("COMPLIANCE", 10));
    let statements = [allow(&["s3:*"], &["*"]), deny(&["s3:BypassGovernanceRetention"], &["*"])];
    let clerk = lake.world.user("prod", "clerk", &statements);
    let version = |id: &str| bypassing(json!({ "Key": "k", "VersionId": id }));
    let told = lake.told_to(&clerk, "DeleteObject", version(&governed));
    assert!(told.contains("s3:BypassGovernanceRetention"), "{told}");
    assert_eq!(lake.told("DeleteObject", version(&governed)), "ok");
    assert_eq!(lake.told("DeleteObject", version(&firm)), PROTECTED);
    let keys = json!([{ "Key": "k", "VersionId": firm }]);
    let many = bypassing(json!({ "Delete": { "Objects": keys } }));
    assert_eq!(lake.ok("DeleteObjects", many)["Errors"][0]["Code"], "AccessDenied");
}

#[test]
fn a_retention_is_made_longer_by_all_and_shorter_by_few() {
    let lake = locked();
    let (governed, firm) = (lake.put("k", "a"), lake.put("k", "b"));
    for (id, mode) in [(&governed, "GOVERNANCE"), (&firm, "COMPLIANCE")] {
        assert_eq!(lake.told("PutObjectRetention", set(id, mode, 10)), "ok");
        assert_eq!(lake.told("PutObjectRetention", set(id, mode, 20)), "ok", "longer");
        assert_eq!(lake.told("PutObjectRetention", set(id, mode, 15)), PROTECTED, "shorter");
        let none = json!({ "Key": "k", "VersionId": id, "Retention": {} });
        assert_eq!(lake.told("PutObjectRetention", none), PROTECTED, "none");
    }
    let cases = [
        (bypassing(set(&firm, "COMPLIANCE", 15)), PROTECTED),
        (bypassing(set(&firm, "GOVERNANCE", 30)), PROTECTED),
        (bypassing(set(&governed, "GOVERNANCE", 15)), "ok"),
        (set(&governed, "COMPLIANCE", 15), "ok"),
        (bypassing(set(&governed, "GOVERNANCE", 15)), PROTECTED),
        (
            set(&governed, "COMPLIANCE", -1),
            "400 InvalidArgument: The retain until date must be in the future!",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(lake.told("PutObjectRetention", input.clone()), expected, "{input}");
    }
}

#[test]
fn a_legal_hold_has_no_end_but_its_own() {
    let lake = locked();
    let id = lake.put("k", "held");
    let hold = |status: &str| {
        let input = json!({ "Key": "k", "LegalHold": { "Status": status } });
        lake.told("PutObjectLegalHold", input)
    };
    assert_eq!(hold("ON"), "ok");
    let version = bypassing(json!({ "Key": "k", "VersionId": id }));
    assert_eq!(lake.told("DeleteObject", version.clone()), PROTECTED);
    assert_eq!(lake.ok("GetObjectLegalHold", json!({ "Key": "k" }))["LegalHold"]["Status"], "ON");
    assert_eq!(hold("OFF"), "ok");
    assert_eq!(lake.told("DeleteObject", version), "ok");
}

#[test]
fn new_versions_get_the_buckets_default() {
    let lake = locked();
    for (default, expected) in [
        (json!({ "Mode": "GOVERNANCE", "Days": 3 }), NOW + 3 * DAY),
        // 2026-01-15 to 2028-01-15: 365 and 365 days.
        (json!({ "Mode": "COMPLIANCE", "Years": 2 }), NOW + 730 * DAY),
    ] {
        let rule = json!({ "DefaultRetention": default });
        let configuration = json!({ "ObjectLockEnabled": "Enabled", "Rule": rule });
        let input = json!({ "ObjectLockConfiguration": configuration });
        lake.ok("PutObjectLockConfiguration", input);
        assert_eq!(
            lake.ok("GetObjectLockConfiguration", json!({}))["ObjectLockConfiguration"],
            configuration
        );
        lake.put("k", "x");
        let kept = lake.ok("GetObjectRetention", json!({ "Key": "k" }))["Retention"].clone();
        assert_eq!(kept, json!({ "Mode": default["Mode"], "RetainUntilDate": expected }));
    }
}

#[test]
fn what_object_lock_refuses() {
    let plain = Lake::new();
    plain.put("k", "x");
    let lake = locked();
    lake.put("k", "x");
    let enabled = |rule: Value| json!({ "ObjectLockConfiguration": { "ObjectLockEnabled": "Enabled", "Rule": rule } });
    let default = |rule: Value| enabled(json!({ "DefaultRetention": rule }));
    let missing = "400 InvalidRequest: Bucket is missing Object Lock Configuration";
    let malformed = "400 MalformedXML";
    let suspended = json!({ "VersioningConfiguration": { "Status": "Suspended" } });
    let cases = [
        (&plain, "PutObjectRetention", set("null", "GOVERNANCE", 1), missing),
        (&plain, "GetObjectRetention", json!({ "Key": "k" }), missing),
        (
            &plain,
            "PutObjectLockConfiguration",
            default(json!({ "Mode": "GOVERNANCE", "Days": 1 })),
            "409 InvalidBucketState: Versioning must be 'Enabled' on the bucket",
        ),
        (
            &plain,
            "GetObjectLockConfiguration",
            json!({}),
            "404 ObjectLockConfigurationNotFoundError",
        ),
        (
            &plain,
            "DeleteObject",
            bypassing(json!({ "Key": "k" })),
            "400 InvalidArgument: x-amz-bypass-governance-retention is only applicable",
        ),
        (&lake, "PutBucketVersioning", suspended, "409 InvalidBucketState"),
        (&lake, "GetObjectRetention", json!({ "Key": "k" }), "404 NoSuchObjectLockConfiguration"),
        (&lake, "GetObjectLegalHold", json!({ "Key": "k" }), "404 NoSuchObjectLockConfiguration"),
        (&lake, "PutObjectLockConfiguration", default(json!({ "Mode": "GOVERNANCE" })), malformed),
        (
            &lake,
            "PutObjectLockConfiguration",
            default(json!({ "Mode": "GOVERNANCE", "Days": 1, "Years": 1 })),
            malformed,
        ),
        (&lake, "PutObjectLockConfiguration", enabled(json!({})), malformed),
        (
            &lake,
            "PutObjectLockConfiguration",
            default(json!({ "Mode": "GOVERNANCE", "Days": 0 })),
            "400 InvalidArgument: Default retention period must be a positive integer value.",
        ),
    ];
    for (lake, operation, input, expected) in cases {
        let told = lake.told(operation, input.clone());
        assert!(told.starts_with(expected), "{operation} {input}: {told}");
    }
    let half = json!({ "Key": "k", "ObjectLockMode": "GOVERNANCE", "ChecksumAlgorithm": "CRC32" });
    let told = lake.answer(Some(&lake.admin), "PutObject", &half, b"x").told();
    assert!(told.contains("must both be supplied"), "{told}");
    let mut bare = retention("GOVERNANCE", 1);
    bare["Key"] = "k".into();
    bare.as_object_mut().unwrap().remove("ChecksumAlgorithm");
    let told = lake.answer(Some(&lake.admin), "PutObject", &bare, b"x").told();
    assert!(told.contains("HTTP header is required for Put Object requests"), "{told}");
}

#[test]
fn locks_have_condition_keys() {
    let lake = locked();
    let mut short = allow(&["s3:PutObjectRetention"], &["*"]);
    short["Condition"] =
        json!({ "NumericLessThanEquals": { "s3:object-lock-remaining-retention-days": "7" } });
    let user = lake.world.user("prod", "keeper", &[short]);
    let id = lake.put("k", "x");
    assert_eq!(lake.told_to(&user, "PutObjectRetention", set(&id, "GOVERNANCE", 7)), "ok");
    let told = lake.told_to(&user, "PutObjectRetention", set(&id, "GOVERNANCE", 8));
    assert!(told.starts_with("403 AccessDenied"), "{told}");
}
