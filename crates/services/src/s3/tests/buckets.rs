use super::*;

#[test]
fn names_are_unique_in_the_world() {
    let (world, alice) = world_with_bucket();
    let bob = world.admin(OTHER, "bob");
    let location = json!({ "LocationConstraint": "eu-west-1" });
    let input = json!({ "Bucket": "lake", "CreateBucketConfiguration": location });
    assert_eq!(world.refused(&alice, "CreateBucket", input.clone()), "BucketAlreadyOwnedByYou 409");
    assert_eq!(world.refused(&bob, "CreateBucket", input), "BucketAlreadyExists 409");
    let old = json!({ "Bucket": "old-lake" });
    world.call_from("us-east-1", &alice, "CreateBucket", old.clone()).unwrap();
    world.call_from("us-east-1", &alice, "CreateBucket", old.clone()).unwrap();
    let taken = world.call_from("us-east-1", &bob, "CreateBucket", old).unwrap_err();
    assert_eq!(code(&taken), "BucketAlreadyExists 409");
    let listed = world.ok(&alice, "ListBuckets", json!({}));
    assert_eq!(listed["Buckets"][0]["Name"], "lake");
    assert_eq!(listed["Buckets"][1]["BucketRegion"], "us-east-1");
    let page = world.ok(&alice, "ListBuckets", json!({ "MaxBuckets": 1 }));
    let token = page["ContinuationToken"].clone();
    let rest = world.ok(&alice, "ListBuckets", json!({ "ContinuationToken": token }));
    assert_eq!(rest["Buckets"][0]["Name"], "old-lake");
    assert_eq!(world.ok(&bob, "ListBuckets", json!({}))["Buckets"], json!([]));
}

#[test]
fn names_follow_the_rules() {
    let (world, alice) = world_with_bucket();
    for name in [
        "ab",
        "Lake",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "10.0.0.1",
        "xn--a",
        "sthree-a",
        "abc-s3alias",
        "abc--ol-s3",
        "a b",
    ] {
        let location = json!({ "LocationConstraint": "eu-west-1" });
        let input = json!({ "Bucket": name, "CreateBucketConfiguration": location });
        assert_eq!(world.refused(&alice, "CreateBucket", input), "InvalidBucketName 400", "{name}");
    }
}

#[test]
fn locations() {
    let world = world();
    let alice = world.admin(OWNER, "alice");
    for (number, (endpoint, constraint, expected)) in [
        ("us-east-1", None, "us-east-1"),
        ("us-east-1", Some("eu-west-1"), "eu-west-1"),
        ("us-east-1", Some("us-east-1"), "InvalidLocationConstraint 400"),
        ("us-east-1", Some("nowhere"), "InvalidLocationConstraint 400"),
        ("eu-west-1", Some("eu-west-1"), "eu-west-1"),
        ("eu-west-1", Some("EU"), "eu-west-1"),
        ("eu-west-1", None, "IllegalLocationConstraintException 400"),
        ("eu-west-1", Some("eu-west-2"), "IllegalLocationConstraintException 400"),
    ]
    .into_iter()
    .enumerate()
    {
        let bucket = format!("bucket-{number}");
        let mut input = json!({ "Bucket": bucket });
        if let Some(constraint) = constraint {
            input["CreateBucketConfiguration"] = json!({ "LocationConstraint": constraint });
        }
        let created = world.call_from(endpoint, &alice, "CreateBucket", input);
        let got = created.map_or_else(
            |fault| code(&fault),
            |_| {
                let location = world.ok(&alice, "GetBucketLocation", json!({ "Bucket": bucket }));
                location["LocationConstraint"].as_str().unwrap_or("us-east-1").to_owned()
            },
        );
        assert_eq!(got, expected, "{endpoint} {constraint:?}");
    }
}

#[test]
fn a_bucket_answers_in_its_region() {
    let (world, alice) = world_with_bucket();
    let input = json!({ "Bucket": "lake" });
    let fault = world.call_from("us-east-1", &alice, "ListObjectsV2", input.clone()).unwrap_err();
    assert_eq!(code(&fault), "AuthorizationHeaderMalformed 400");
    assert_eq!(fault.extra, [("Region".to_owned(), "eu-west-1".to_owned())]);
    assert!(fault.message.ends_with("the region 'us-east-1' is wrong; expecting 'eu-west-1'"));
    world.call_from("us-east-1", &alice, "GetBucketLocation", input.clone()).unwrap();
    assert_eq!(world.ok(&alice, "HeadBucket", input)["BucketRegion"], "eu-west-1");
}

#[test]
fn only_empty_buckets_go() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "k", b"");
    let bucket = json!({ "Bucket": "lake" });
    assert_eq!(world.refused(&alice, "DeleteBucket", bucket.clone()), "BucketNotEmpty 409");
    world.ok(&alice, "DeleteObject", json!({ "Bucket": "lake", "Key": "k" }));
    world.ok(&alice, "DeleteBucket", bucket.clone());
    assert_eq!(world.refused(&alice, "HeadBucket", bucket), "NoSuchBucket 404");
    assert_eq!(world.ok(&alice, "ListBuckets", json!({}))["Buckets"], json!([]));
}

#[test]
fn settings_are_kept_and_removed() {
    let (world, alice) = world_with_bucket();
    let lake = || json!({ "Bucket": "lake" });
    let set = |operation: &str, member: &str, value: Value| {
        let mut input = lake();
        input[member] = value;
        world.call(&alice, operation, input)
    };
    let get = |operation: &str| {
        world.call(&alice, operation, lake()).unwrap_or_else(|fault| json!(code(&fault)))
    };
    let tags = json!([{ "Key": "a", "Value": "b" }]);
    assert_eq!(get("GetBucketTagging"), "NoSuchTagSet 404");
    set("PutBucketTagging", "Tagging", json!({ "TagSet": tags })).unwrap();
    assert_eq!(get("GetBucketTagging"), json!({ "TagSet": tags }));
    get("DeleteBucketTagging");
    assert_eq!(get("GetBucketTagging"), "NoSuchTagSet 404");

    let all = |on: bool| {
        json!({
            "BlockPublicAcls": on, "IgnorePublicAcls": on,
            "BlockPublicPolicy": on, "RestrictPublicBuckets": on,
        })
    };
    assert_eq!(get("GetPublicAccessBlock")["PublicAccessBlockConfiguration"], all(true));
    set("PutPublicAccessBlock", "PublicAccessBlockConfiguration", json!({})).unwrap();
    assert_eq!(get("GetPublicAccessBlock")["PublicAccessBlockConfiguration"], all(false));
    get("DeletePublicAccessBlock");
    assert_eq!(get("GetPublicAccessBlock"), "NoSuchPublicAccessBlockConfiguration 404");

    let controls = |name: &str| json!({ "Rules": [{ "ObjectOwnership": name }] });
    assert_eq!(
        get("GetBucketOwnershipControls")["OwnershipControls"],
        controls("BucketOwnerEnforced")
    );
    set("PutBucketOwnershipControls", "OwnershipControls", controls("ObjectWriter")).unwrap();
    assert_eq!(get("GetBucketOwnershipControls")["OwnershipControls"], controls("ObjectWriter"));
    let wrong = set("PutBucketOwnershipControls", "OwnershipControls", controls("Nobody"));
    assert_eq!(code(&wrong.unwrap_err()), "MalformedXML 400");
    get("DeleteBucketOwnershipControls");
    assert_eq!(get("GetBucketOwnershipControls"), "OwnershipControlsNotFoundError 404");

    let rule = |default: Value, bucket_key: bool| {
        json!({ "Rules": [{
            "ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key,
        }] })
    };
    let shown = |answer: Value| answer["ServerSideEncryptionConfiguration"].clone();
    let plain = rule(json!({ "SSEAlgorithm": "AES256", "KMSMasterKeyID": null }), false);
    assert_eq!(shown(get("GetBucketEncryption")), plain);
    let kms = rule(json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY }), true);
    set("PutBucketEncryption", "ServerSideEncryptionConfiguration", kms.clone()).unwrap();
    assert_eq!(shown(get("GetBucketEncryption")), kms);
    get("DeleteBucketEncryption");
    assert_eq!(shown(get("GetBucketEncryption")), plain);
    assert_eq!(get("GetBucketVersioning"), json!({}));
}

#[test]
fn a_policy_is_checked_before_it_is_kept() {
    let (world, alice) = world_with_bucket();
    let put = |policy: &str| {
        let input = json!({ "Bucket": "lake", "Policy": policy });
        world.call(&alice, "PutBucketPolicy", input).map_or_else(|f| code(&f), |_| "ok".to_owned())
    };
    let grant = |principal: Value, resource: &str| {
        let mut statement = statement("Allow", &["s3:GetObject"], &[resource]);
        statement["Principal"] = principal;
        document(&[statement])
    };
    let lake = "arn:aws:s3:::lake/*";
    let bucket = json!({ "Bucket": "lake" });
    assert_eq!(world.refused(&alice, "GetBucketPolicy", bucket.clone()), "NoSuchBucketPolicy 404");
    assert_eq!(put("no json"), "MalformedPolicy 400");
    assert_eq!(put("{}"), "MalformedPolicy 400");
    assert_eq!(put(&grant(json!({ "AWS": OTHER }), "arn:aws:s3:::other/*")), "MalformedPolicy 400");
    assert_eq!(put(&grant(json!("*"), lake)), "AccessDenied 403");
    let narrow = grant(json!({ "AWS": format!("arn:aws:iam::{OTHER}:root") }), lake);
    assert_eq!(put(&narrow), "ok");
    assert_eq!(world.ok(&alice, "GetBucketPolicy", bucket.clone())["Policy"], narrow);
    let status = world.ok(&alice, "GetBucketPolicyStatus", bucket.clone());
    assert_eq!(status["PolicyStatus"]["IsPublic"], false);
    world.ok(&alice, "DeletePublicAccessBlock", bucket.clone());
    assert_eq!(put(&grant(json!("*"), lake)), "ok");
    let status = world.ok(&alice, "GetBucketPolicyStatus", bucket.clone());
    assert_eq!(status["PolicyStatus"]["IsPublic"], true);
    world.ok(&alice, "DeleteBucketPolicy", bucket.clone());
    assert_eq!(world.refused(&alice, "GetBucketPolicy", bucket), "NoSuchBucketPolicy 404");
}
