//! Access points: three ways to name one, and both policies that decide.

use serde_json::{Value, json};
use testkit::{Caller, World, allow};

use super::Lake;

/// Calls S3 Control as an account's caller.
fn control(world: &World, caller: &Caller, operation: &str, more: Value) -> Result<Value, String> {
    let mut input = json!({ "AccountId": "111111111111", "Name": "door" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let told = world.call(caller, "s3control", operation, input);
    told.map_err(|error| format!("{} {}: {}", error.status, error.code, error.message))
}

const ARN: &str = "arn:aws:s3:us-east-1:111111111111:accesspoint/door";

/// A lake with an access point; its alias.
fn with_door() -> (Lake, String) {
    let lake = Lake::new();
    let made = control(&lake.world, &lake.admin, "CreateAccessPoint", json!({ "Bucket": "lake" }))
        .unwrap();
    assert_eq!(made["AccessPointArn"], ARN);
    let alias = made["Alias"].as_str().unwrap().to_owned();
    assert!(alias.len() == 63 && alias.starts_with("door-") && alias.ends_with("-s3alias"));
    (lake, alias)
}

#[test]
fn objects_are_read_and_written_through_each_name() {
    let (lake, alias) = with_door();
    for name in [alias.as_str(), ARN, "door-111111111111"] {
        let key = json!({ "Bucket": name, "Key": "k" });
        let put = lake.answer(Some(&lake.admin), "PutObject", &key, name.as_bytes());
        assert_eq!(put.told(), "ok", "{name}");
        assert_eq!(lake.get(json!({ "Key": "k" })), name, "in the bucket itself");
        assert_eq!(lake.get(key.clone()), name);
        let listed = lake.ok("ListObjectsV2", json!({ "Bucket": name }));
        assert_eq!(listed["KeyCount"], 1);
        let copy = json!({ "Bucket": name, "Key": "c", "CopySource": format!("{name}/k") });
        if !name.starts_with("arn:") {
            lake.ok("CopyObject", copy);
        }
        let begun = lake.ok("CreateMultipartUpload", key.clone());
        let part =
            json!({ "Bucket": name, "Key": "k", "UploadId": begun["UploadId"], "PartNumber": 1 });
        let etag = lake.answer(Some(&lake.admin), "UploadPart", &part, b"part");
        let parts = json!({ "Parts": [{ "PartNumber": 1, "ETag": etag.header("etag") }] });
        let mut complete = part.clone();
        complete["MultipartUpload"] = parts;
        complete.as_object_mut().unwrap().remove("PartNumber");
        lake.ok("CompleteMultipartUpload", complete);
        assert_eq!(lake.get(key.clone()), "part");
        lake.ok(
            "DeleteObjects",
            json!({ "Bucket": name, "Delete": { "Objects": [{ "Key": "k" }, { "Key": "c" }] } }),
        );
        assert_eq!(lake.ok("ListObjectsV2", json!({}))["KeyCount"], 0);
    }
}

#[test]
fn settings_of_the_bucket_are_not_reached_through_it() {
    let (lake, alias) = with_door();
    for operation in ["GetBucketPolicy", "GetBucketVersioning", "DeleteBucket", "GetBucketTagging"]
    {
        let told = lake.told(operation, json!({ "Bucket": alias }));
        assert!(told.starts_with("405 MethodNotAllowed"), "{operation}: {told}");
    }
    let told = lake.told("DeleteBucket", json!({}));
    assert!(told.starts_with("400 BucketHasAccessPointsAttached"), "{told}");
    let told = lake.told("CreateBucket", json!({ "Bucket": "door-111111111111" }));
    assert!(told.starts_with("409 "), "{told}");
}

#[test]
fn both_the_access_point_and_the_bucket_decide() {
    let (lake, alias) = with_door();
    lake.put("k", "x");
    let key = json!({ "Bucket": alias, "Key": "k" });
    let through = format!("{ARN}/object/*");
    let door_only = lake.world.user("prod", "door-only", &[allow(&["s3:GetObject"], &[&through])]);
    let bucket_only = lake.world.user(
        "prod",
        "bucket-only",
        &[allow(&["s3:GetObject"], &["arn:aws:s3:::lake/*"])],
    );
    let both = lake.world.user(
        "prod",
        "both",
        &[allow(&["s3:GetObject"], &[&through, "arn:aws:s3:::lake/*"])],
    );
    let get = |caller: &Caller| lake.told_to(caller, "GetObject", key.clone());
    assert!(get(&door_only).starts_with("403 AccessDenied"), "the bucket has no say yet");
    assert!(get(&bucket_only).starts_with("403 AccessDenied"), "nothing of the access point");
    assert_eq!(get(&both), "ok");
    // The bucket leaves it to the access points of its account.
    let delegate = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "*",
            "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"],
            "Condition": { "StringEquals": { "s3:DataAccessPointAccount": "111111111111" } },
        }],
    });
    lake.ok("PutBucketPolicy", json!({ "Policy": delegate.to_string() }));
    assert_eq!(get(&door_only), "ok");
    let told = lake.told_to(&door_only, "GetObject", json!({ "Key": "k" }));
    assert!(told.starts_with("403 AccessDenied"), "not past the access point: {told}");
    // Another account needs the access point's policy too.
    let dev = lake.world.admin("dev");
    assert!(get(&dev).starts_with("403 AccessDenied"));
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "222222222222" },
                        "Action": "s3:GetObject", "Resource": through }],
    });
    let input = json!({ "Policy": policy.to_string() });
    control(&lake.world, &lake.admin, "PutAccessPointPolicy", input).unwrap();
    assert_eq!(get(&dev), "ok");
    let deny = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
                        "Resource": through }],
    });
    let input = json!({ "Policy": deny.to_string() });
    control(&lake.world, &lake.admin, "PutAccessPointPolicy", input).unwrap();
    assert!(get(&lake.admin).starts_with("403 AccessDenied"));
    assert_eq!(lake.told("GetObject", json!({ "Key": "k" })), "ok", "past the access point");
}

#[test]
fn access_points_are_shown_listed_and_deleted() {
    let (lake, alias) = with_door();
    let call = |operation: &str, more: Value| control(&lake.world, &lake.admin, operation, more);
    let shown = call("GetAccessPoint", json!({})).unwrap();
    assert_eq!((&shown["Bucket"], &shown["Alias"]), (&json!("lake"), &json!(alias)));
    assert_eq!(shown["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], true);
    let listed = call("ListAccessPoints", json!({ "Bucket": "lake" })).unwrap();
    assert_eq!(listed["AccessPointList"][0]["Name"], "door");
    let none = call("ListAccessPoints", json!({ "Bucket": "other" })).unwrap();
    assert_eq!(none["AccessPointList"], json!([]));
    let public = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                        "Resource": format!("{ARN}/object/*") }],
    });
    let bucket_resource = public.to_string().replace(ARN, "arn:aws:s3:::lake");
    for (operation, input, expected) in [
        ("CreateAccessPoint", json!({ "Bucket": "lake" }), "409 AccessPointAlreadyOwnedByYou"),
        ("CreateAccessPoint", json!({ "Name": "other", "Bucket": "none" }), "400 InvalidRequest"),
        ("CreateAccessPoint", json!({ "Name": "Other", "Bucket": "lake" }), "400 InvalidRequest"),
        ("GetAccessPoint", json!({ "Name": "none" }), "404 NoSuchAccessPoint"),
        ("GetAccessPointPolicy", json!({}), "404 NoSuchAccessPointPolicy"),
        ("PutAccessPointPolicy", json!({ "Policy": public.to_string() }), "403 AccessDenied"),
        ("PutAccessPointPolicy", json!({ "Policy": bucket_resource }), "400 MalformedPolicy"),
    ] {
        let told = call(operation, input).unwrap_err();
        assert!(told.starts_with(expected), "{operation}: {told}");
    }
    call("DeleteAccessPoint", json!({})).unwrap();
    let told = lake.told("GetObject", json!({ "Bucket": alias, "Key": "k" }));
    assert!(told.starts_with("404 NoSuchBucket"), "{told}");
    assert_eq!(lake.told("DeleteBucket", json!({})), "ok");
}
