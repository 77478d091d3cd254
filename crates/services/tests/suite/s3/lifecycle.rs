//! Lifecycle rules: what is refused, and what is gone or moved after how many days.

use chrono::Duration;
use serde_json::{Value, json};
use testkit::check;

use super::Lake;

impl Lake {
    /// Sets rules, each enabled and about everything unless it says otherwise.
    fn rules(&self, rules: &[Value]) -> String {
        let rules: Vec<Value> = rules
            .iter()
            .map(|given| {
                let mut rule = json!({ "Status": "Enabled" });
                if given.get("Prefix").is_none() {
                    rule["Filter"] = json!({});
                }
                rule.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
                rule
            })
            .collect();
        let configuration = json!({ "LifecycleConfiguration": { "Rules": rules } });
        self.told("PutBucketLifecycleConfiguration", configuration)
    }

    fn days(&self, days: i64) {
        self.world.advance(Duration::days(days));
    }

    /// Keys of current objects, with their class where it is not the usual one.
    fn keys(&self) -> String {
        let listed = self.ok("ListObjectsV2", json!({}));
        let entries = listed["Contents"].as_array().cloned().unwrap_or_default();
        let shown = entries.iter().map(|entry| match entry["StorageClass"].as_str().unwrap() {
            "STANDARD" => entry["Key"].as_str().unwrap().to_owned(),
            class => format!("{}:{class}", entry["Key"].as_str().unwrap()),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    /// How many versions and delete markers there are.
    fn versions(&self) -> (usize, usize) {
        let page = self.ok("ListObjectVersions", json!({}));
        let count = |member: &str| page[member].as_array().map_or(0, Vec::len);
        (count("Versions"), count("DeleteMarkers"))
    }
}

#[test]
fn objects_expire_at_the_midnight_after_their_days() {
    let lake = Lake::new();
    lake.put("logs/a", "x");
    lake.put("other", "x");
    let rule =
        json!({ "ID": "short", "Filter": { "Prefix": "logs/" }, "Expiration": { "Days": 3 } });
    assert_eq!(lake.rules(&[rule]), "ok");
    // Written on the 15th at 08:00: three days later is the 18th, and the midnight after the 19th.
    let head = lake.ok("HeadObject", json!({ "Key": "logs/a" }));
    check(
        head["Expiration"].as_str().unwrap(),
        expect_test::expect![[r#"expiry-date="Mon, 19 Jan 2026 00:00:00 GMT", rule-id="short""#]],
    );
    lake.days(3);
    lake.world.advance(Duration::hours(15) + Duration::minutes(59));
    assert_eq!(lake.keys(), "logs/a other");
    lake.world.advance(Duration::minutes(1));
    assert_eq!(lake.keys(), "other");
    assert_eq!(lake.ok("HeadObject", json!({ "Key": "other" })).get("Expiration"), None);
}

#[test]
fn filters_pick_by_prefix_tags_and_size_and_disabled_rules_pick_nothing() {
    let cases = [
        (json!({ "Filter": { "Prefix": "a" } }), "b"),
        (json!({ "Prefix": "b" }), "a"),
        (json!({ "Filter": { "Tag": { "Key": "t", "Value": "1" } } }), "b"),
        (json!({ "Filter": { "ObjectSizeGreaterThan": 3 } }), "a"),
        (json!({ "Filter": { "ObjectSizeLessThan": 4 } }), "b"),
        (json!({ "Filter": { "And": { "Prefix": "a", "ObjectSizeGreaterThan": 3 } } }), "a b"),
        (json!({ "Status": "Disabled" }), "a b"),
        (json!({}), ""),
    ];
    for (mut rule, left) in cases {
        let lake = Lake::new();
        lake.put_with("a", "xxx", json!({ "Tagging": "t=1" }));
        lake.put_with("b", "xxxx", json!({ "Tagging": "t=2" }));
        rule["Expiration"] = json!({ "Days": 1 });
        assert_eq!(lake.rules(std::slice::from_ref(&rule)), "ok");
        lake.days(3);
        assert_eq!(lake.keys(), left, "{rule}");
    }
}

#[test]
fn an_expired_object_with_versions_is_hidden_and_its_versions_go_later() {
    let lake = Lake::versioned();
    lake.put("k", "1");
    lake.put("k", "2");
    let rules = [
        json!({ "Expiration": { "Days": 2 } }),
        json!({ "NoncurrentVersionExpiration": { "NoncurrentDays": 5 } }),
    ];
    assert_eq!(lake.rules(&rules), "ok");
    lake.days(3);
    assert_eq!((lake.keys().as_str(), lake.versions()), ("", (2, 1)));
    // The first has not been current since the second was written: from the 21st it is due.
    lake.days(3);
    assert_eq!(lake.versions(), (1, 1));
    lake.days(3);
    assert_eq!(lake.versions(), (0, 1), "the second, five days after the marker");
    lake.days(3);
    assert_eq!(lake.versions(), (0, 0), "the marker hides nothing any more");
}

#[test]
fn so_many_newer_versions_are_kept_and_what_is_locked_stays() {
    let lake = Lake::with(json!({ "ObjectLockEnabledForBucket": true }));
    let locked = lake.put("k", "0");
    let hold = json!({ "Key": "k", "VersionId": locked, "LegalHold": { "Status": "ON" } });
    lake.ok("PutObjectLegalHold", hold);
    for body in ["1", "2", "3", "4"] {
        lake.put("k", body);
    }
    let expiration = json!({ "NoncurrentDays": 1, "NewerNoncurrentVersions": 2 });
    assert_eq!(lake.rules(&[json!({ "NoncurrentVersionExpiration": expiration })]), "ok");
    lake.days(3);
    let page = lake.ok("ListObjectVersions", json!({}));
    let bodies = page["Versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| lake.get(json!({ "Key": "k", "VersionId": version["VersionId"] })));
    assert_eq!(bodies.collect::<Vec<_>>(), ["4", "3", "2", "0"]);
}

#[test]
fn lone_delete_markers_go_when_a_rule_says_so() {
    let lake = Lake::versioned();
    lake.ok("DeleteObject", json!({ "Key": "k" }));
    lake.put("with", "x");
    lake.ok("DeleteObject", json!({ "Key": "with" }));
    assert_eq!(lake.rules(&[json!({ "Expiration": { "ExpiredObjectDeleteMarker": true } })]), "ok");
    assert_eq!(lake.versions(), (1, 2));
    lake.days(1);
    assert_eq!(lake.versions(), (1, 1));
}

#[test]
fn unfinished_uploads_are_aborted() {
    let lake = Lake::new();
    let rule = json!({ "ID": "u", "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 2 } });
    assert_eq!(lake.rules(&[rule]), "ok");
    let begun = lake.ok("CreateMultipartUpload", json!({ "Key": "k" }));
    assert_eq!(
        (&begun["AbortRuleId"], begun["AbortDate"].as_i64()),
        (&json!("u"), Some(1_768_694_400))
    );
    let uploads =
        || lake.ok("ListMultipartUploads", json!({}))["Uploads"].as_array().map_or(0, Vec::len);
    lake.days(2);
    assert_eq!(uploads(), 1);
    lake.days(1);
    assert_eq!(uploads(), 0);
}

#[test]
fn large_objects_move_to_colder_classes_and_never_back() {
    let lake = Lake::new();
    let large = "x".repeat(128 * 1024);
    lake.put("large", &large);
    lake.put("small", "x");
    lake.put_with("cold", &large, json!({ "StorageClass": "GLACIER_IR" }));
    let transitions = json!([
        { "Days": 30, "StorageClass": "STANDARD_IA" },
        { "Days": 60, "StorageClass": "GLACIER_IR" },
    ]);
    assert_eq!(lake.rules(&[json!({ "Transitions": transitions })]), "ok");
    lake.days(31);
    assert_eq!(lake.keys(), "cold:GLACIER_IR large:STANDARD_IA small");
    lake.days(31);
    assert_eq!(lake.keys(), "cold:GLACIER_IR large:GLACIER_IR small");
    assert_eq!(lake.get(json!({ "Key": "large" })), large);
}

#[test]
fn more_than_a_batch_goes_in_one_turn() {
    let lake = Lake::new();
    for n in 0..1_203 {
        lake.put(&format!("k{n:04}"), "");
    }
    lake.put("left", "");
    assert_eq!(lake.rules(&[json!({ "Prefix": "k", "Expiration": { "Days": 1 } })]), "ok");
    lake.days(3);
    assert_eq!(lake.keys(), "left");
}

#[test]
fn what_lifecycle_refuses() {
    let lake = Lake::new();
    let days = json!({ "Days": 1 });
    let cases = [
        (json!({}), "400 InvalidRequest: At least one action needs to be specified in a rule"),
        (json!({ "Prefix": "a", "Filter": {}, "Expiration": days }), "400 MalformedXML"),
        (
            json!({ "Filter": { "Prefix": "a", "ObjectSizeLessThan": 1 }, "Expiration": days }),
            "400 MalformedXML",
        ),
        (json!({ "Filter": { "And": { "Prefix": "a" } }, "Expiration": days }), "400 MalformedXML"),
        (
            json!({ "Expiration": { "Days": 1, "ExpiredObjectDeleteMarker": true } }),
            "400 MalformedXML",
        ),
        (
            json!({ "Expiration": { "Days": 0 } }),
            "400 InvalidArgument: 'Days' for Expiration action must be a positive integer",
        ),
        (
            json!({ "Expiration": { "Date": 1_768_464_000 } }),
            "400 InvalidArgument: 'Date' must be at midnight GMT",
        ),
        (json!({ "NoncurrentVersionExpiration": {} }), "400 MalformedXML"),
        (
            json!({ "Transitions": [{ "Days": 29, "StorageClass": "STANDARD_IA" }] }),
            "400 InvalidArgument: 'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
        ),
        (
            json!({ "Transitions": [{ "Days": 1, "StorageClass": "GLACIER" }] }),
            "501 NotImplemented",
        ),
        (
            json!({ "Expiration": days, "Transitions": [{ "Days": 9, "StorageClass": "GLACIER_IR" }] }),
            "400 InvalidArgument: 'Days' in the Expiration action must be greater than 'Days' in the Transition action",
        ),
        (
            json!({ "ID": "x".repeat(256), "Expiration": days }),
            "400 InvalidArgument: ID length should not exceed allowed limit of 255",
        ),
        (
            json!({ "Filter": { "And": { "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }] } },
                 "Expiration": days }),
            "400 InvalidRequest: Duplicate Tag Keys are not allowed.",
        ),
    ];
    for (rule, expected) in cases {
        let told = lake.rules(std::slice::from_ref(&rule));
        assert!(told.starts_with(expected), "{rule}: {told}");
    }
    let twice = json!({ "ID": "a", "Expiration": days });
    assert!(lake.rules(&[twice.clone(), twice]).contains("Rule ID must be unique"));
    assert!(
        lake.told("GetBucketLifecycleConfiguration", json!({}))
            .starts_with("404 NoSuchLifecycleConfiguration")
    );
}
