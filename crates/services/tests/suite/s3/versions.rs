//! Versions: what writes and deletes make of them, how they are read, listed and removed.

use serde_json::{Value, json};
use testkit::{allow, check, deny};

use super::Lake;

/// Every version of the bucket on a line each: key, `latest` or not, marker or body.
fn story(lake: &Lake) -> String {
    let mut lines = Vec::new();
    let mut marker = json!({ "MaxKeys": 2 });
    loop {
        let page = lake.ok("ListObjectVersions", marker);
        for (kind, member) in [("object", "Versions"), ("marker", "DeleteMarkers")] {
            for entry in page[member].as_array().into_iter().flatten() {
                let named = json!({ "Key": entry["Key"], "VersionId": entry["VersionId"] });
                let latest = if entry["IsLatest"] == true { "latest " } else { "" };
                let null = if entry["VersionId"] == "null" { "null " } else { "" };
                let body = if kind == "object" { lake.get(named) } else { String::new() };
                lines.push(format!("{} {latest}{null}{kind} {body}", entry["Key"]));
            }
        }
        if page["IsTruncated"] != true {
            return lines.join("\n");
        }
        marker = json!({
            "MaxKeys": 2, "KeyMarker": page["NextKeyMarker"],
            "VersionIdMarker": page["NextVersionIdMarker"],
        });
    }
}

#[test]
fn every_write_makes_a_version_and_a_delete_hides_them() {
    let lake = Lake::new();
    lake.put("k", "before");
    lake.versioning("Enabled");
    let first = lake.put("k", "first");
    lake.put("k", "second");
    lake.put("a", "other");
    assert_eq!(first.len(), 32);
    let gone = lake.ok("DeleteObject", json!({ "Key": "k" }));
    assert_eq!(gone["DeleteMarker"], true);
    check(
        story(&lake),
        expect_test::expect![[r#"
            "a" latest object other
            "k" latest marker 
            "k" object second
            "k" object first
            "k" null object before"#]],
    );
    assert_eq!(lake.ok("ListObjectsV2", json!({}))["KeyCount"], 1);
    // Removing the marker brings the object back.
    let marker = json!({ "Key": "k", "VersionId": gone["VersionId"] });
    assert_eq!(lake.ok("DeleteObject", marker)["DeleteMarker"], true);
    assert_eq!(lake.get(json!({ "Key": "k" })), "second");
    let named = json!({ "Key": "k", "VersionId": first });
    assert_eq!(lake.get(named.clone()), "first");
    // A version is restored by copying it over the latest.
    let copied = lake
        .ok("CopyObject", json!({ "Key": "k", "CopySource": format!("lake/k?versionId={first}") }));
    assert_eq!(copied["CopySourceVersionId"], first.as_str());
    assert_eq!(lake.get(json!({ "Key": "k" })), "first");
    assert_eq!(lake.ok("DeleteObject", named.clone())["VersionId"], first.as_str());
    assert_eq!(lake.get(named), "404 NoSuchVersion: The specified version does not exist.");
    assert_eq!(lake.get(json!({ "Key": "k", "VersionId": "null" })), "before");
}

#[test]
fn a_suspended_bucket_replaces_the_null_version_and_keeps_the_others() {
    let lake = Lake::versioned();
    lake.put("k", "first");
    lake.versioning("Suspended");
    assert_eq!(lake.put("k", "null one"), "null");
    lake.put("k", "null two");
    check(
        story(&lake),
        expect_test::expect![[r#"
            "k" latest null object null two
            "k" object first"#]],
    );
    lake.ok("DeleteObject", json!({ "Key": "k" }));
    lake.versioning("Enabled");
    lake.put("k", "third");
    lake.versioning("Suspended");
    // The null version is a marker, not the latest; it is replaced all the same.
    lake.put("k", "null three");
    check(
        story(&lake),
        expect_test::expect![[r#"
            "k" latest null object null three
            "k" object third
            "k" object first"#]],
    );
}

#[test]
fn delete_markers_answer_with_their_headers() {
    let lake = Lake::versioned();
    lake.put("k", "first");
    let id = lake.ok("DeleteObject", json!({ "Key": "k" }))["VersionId"].clone();
    let cases = [
        ("GetObject", json!({}), 404, "NoSuchKey"),
        ("GetObject", json!({ "VersionId": id }), 405, "MethodNotAllowed"),
        ("HeadObject", json!({}), 404, "404"),
        ("HeadObject", json!({ "VersionId": id }), 405, "405"),
        ("GetObjectTagging", json!({ "VersionId": id }), 405, "MethodNotAllowed"),
    ];
    for (operation, mut more, status, code) in cases {
        more["Key"] = "k".into();
        let answer = lake.answer(Some(&lake.admin), operation, &more, b"");
        assert_eq!((answer.status, &*answer.result().unwrap_err().code), (status, code));
        assert_eq!(answer.header("x-amz-delete-marker"), "true", "{operation}");
        assert_eq!(answer.header("x-amz-version-id"), id, "{operation}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("x-amz"), "{operation}");
    }
    let source = format!("lake/k?versionId={}", id.as_str().unwrap());
    check(
        lake.told("CopyObject", json!({ "Key": "copy", "CopySource": source })),
        expect_test::expect![
            "400 InvalidRequest: The source of a copy request may not specifically refer to a delete marker by version id."
        ],
    );
}

#[test]
fn what_names_no_version_is_refused() {
    let lake = Lake::versioned();
    let id = lake.put("k", "first");
    lake.ok("DeleteObject", json!({ "Key": "k", "VersionId": id }));
    let cases = [
        (json!({ "VersionId": id }), "404 NoSuchVersion: The specified version does not exist."),
        (
            json!({ "VersionId": "null" }),
            "404 NoSuchVersion: The specified version does not exist.",
        ),
        (json!({ "VersionId": "x" }), "400 InvalidArgument: Invalid version id specified"),
        (json!({}), "404 NoSuchKey: The specified key does not exist."),
    ];
    for (mut more, expected) in cases {
        more["Key"] = "k".into();
        assert_eq!(lake.told("GetObject", more.clone()), expected);
        assert_eq!(lake.told("GetObjectTagging", more), expected);
    }
    let configuration = json!({ "Status": "Enabled", "MFADelete": "Enabled" });
    let told =
        lake.told("PutBucketVersioning", json!({ "VersioningConfiguration": configuration }));
    assert!(told.starts_with("501 NotImplemented"), "{told}");
    let told = lake.told("PutBucketVersioning", json!({ "VersioningConfiguration": {} }));
    assert!(told.starts_with("400 IllegalVersioningConfigurationException"), "{told}");
}

#[test]
fn tags_and_attributes_are_those_of_the_version() {
    let lake = Lake::versioned();
    let first = lake.put("k", "first");
    lake.put("k", "longer second");
    let tags = json!({ "TagSet": [{ "Key": "a", "Value": "b" }] });
    lake.ok("PutObjectTagging", json!({ "Key": "k", "VersionId": first, "Tagging": tags }));
    let of = |more: Value| lake.ok("GetObjectTagging", more)["TagSet"].clone();
    assert_eq!(of(json!({ "Key": "k" })), json!([]));
    assert_eq!(of(json!({ "Key": "k", "VersionId": first })), tags["TagSet"]);
    let ask = json!({ "Key": "k", "VersionId": first, "ObjectAttributes": ["ObjectSize"] });
    assert_eq!(lake.ok("GetObjectAttributes", ask)["ObjectSize"], 5);
    assert_eq!(lake.get(json!({ "Key": "k" })), "longer second");
}

#[test]
fn many_are_deleted_with_their_versions_and_a_bucket_with_any_stays() {
    let lake = Lake::versioned();
    let (a, b) = (lake.put("a", "1"), lake.put("b", "2"));
    let keys = json!({ "Objects": [{ "Key": "a", "VersionId": a }, { "Key": "b" }] });
    let answer = lake.ok("DeleteObjects", json!({ "Delete": keys }));
    let marker = answer["Deleted"][1].clone();
    assert_eq!(answer["Deleted"][0], json!({ "Key": "a", "VersionId": a }));
    assert_eq!((&marker["DeleteMarker"], &marker["VersionId"]), (&json!(true), &Value::Null));
    let told = lake.told("DeleteBucket", json!({}));
    assert!(told.starts_with("409 BucketNotEmpty: "), "{told}");
    let id = marker["DeleteMarkerVersionId"].clone();
    let rest = json!([{ "Key": "b", "VersionId": id }, { "Key": "b", "VersionId": b }]);
    let quiet = json!({ "Delete": { "Objects": rest, "Quiet": true } });
    assert_eq!(lake.ok("DeleteObjects", quiet).get("Deleted"), None);
    assert_eq!(lake.told("DeleteBucket", json!({})), "ok");
}

#[test]
fn versions_are_rolled_up_and_paged() {
    let lake = Lake::versioned();
    for key in ["a", "d/1", "d/2", "e"] {
        lake.put(key, "1");
        lake.put(key, "2");
    }
    let mut seen = Vec::new();
    let mut marker = json!({});
    loop {
        marker["Delimiter"] = "/".into();
        marker["MaxKeys"] = 1.into();
        let page = lake.ok("ListObjectVersions", marker);
        let prefixes = page["CommonPrefixes"].as_array().into_iter().flatten();
        seen.extend(prefixes.map(|prefix| prefix["Prefix"].as_str().unwrap().to_owned()));
        let listed = page["Versions"].as_array().into_iter().flatten();
        seen.extend(listed.map(|entry| entry["Key"].as_str().unwrap().to_owned()));
        if page["IsTruncated"] != true {
            break;
        }
        marker = json!({ "KeyMarker": page["NextKeyMarker"] });
        if let Some(id) = page["NextVersionIdMarker"].as_str().filter(|id| !id.is_empty()) {
            marker["VersionIdMarker"] = id.into();
        }
    }
    assert_eq!(seen, ["a", "a", "d/", "e", "e"]);
}

#[test]
fn conditions_on_writing_look_at_the_latest_version() {
    let lake = Lake::versioned();
    lake.put("k", "first");
    let put = |more: Value| lake.answer(Some(&lake.admin), "PutObject", &more, b"x").told();
    let absent = json!({ "Key": "k", "IfNoneMatch": "*" });
    assert!(put(absent.clone()).starts_with("412 PreconditionFailed"));
    lake.ok("DeleteObject", json!({ "Key": "k" }));
    assert_eq!(put(absent), "ok", "a delete marker is no object");
}

#[test]
fn versions_have_actions_and_a_key_of_their_own() {
    let lake = Lake::versioned();
    let (first, second) = (lake.put("k", "first"), lake.put("k", "second"));
    let mut only = allow(&["s3:GetObjectVersion"], &["arn:aws:s3:::lake/*"]);
    only["Condition"] = json!({ "StringEquals": { "s3:VersionId": first } });
    let statements = [
        only,
        allow(&["s3:DeleteObject"], &["arn:aws:s3:::lake/*"]),
        deny(&["s3:DeleteObjectVersion"], &["*"]),
    ];
    let user = lake.world.user("prod", "reader", &statements);
    let told = |operation, more| lake.told_to(&user, operation, more);
    assert_eq!(told("GetObject", json!({ "Key": "k", "VersionId": first })), "ok");
    for (operation, more) in [
        ("GetObject", json!({ "Key": "k" })),
        ("GetObject", json!({ "Key": "k", "VersionId": second })),
        ("DeleteObject", json!({ "Key": "k", "VersionId": first })),
        ("ListObjectVersions", json!({})),
    ] {
        let told = told(operation, more);
        assert!(told.starts_with("403 AccessDenied"), "{operation}: {told}");
    }
    assert_eq!(told("DeleteObject", json!({ "Key": "k" })), "ok");
}
