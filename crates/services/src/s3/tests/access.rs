use super::*;

fn root(account: &str) -> Principal {
    Principal::Root { account: account.parse().unwrap() }
}

fn set_policy(world: &World, who: &Principal, statements: &[(Value, Value)]) {
    let statements: Vec<Value> = statements
        .iter()
        .map(|(principal, statement)| {
            let mut statement = statement.clone();
            statement["Principal"] = principal.clone();
            statement
        })
        .collect();
    let input = json!({ "Bucket": "lake", "Policy": document(&statements) });
    world.ok(who, "PutBucketPolicy", input);
}

#[test]
fn absence_is_shown_to_those_who_may_list() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "there", b"x");
    let reader = world.user(OWNER, "reader", &[statement("Allow", &["s3:GetObject"], &["*"])]);
    let lister = world.user(
        OWNER,
        "lister",
        &[statement("Allow", &["s3:GetObject", "s3:ListBucket"], &["*"])],
    );
    let nobody = world.user(OWNER, "nobody", &[]);
    for (who, key, expected) in [
        (&reader, "there", "ok"),
        (&reader, "absent", "AccessDenied 403"),
        (&lister, "absent", "NoSuchKey 404"),
        (&nobody, "there", "AccessDenied 403"),
    ] {
        let got = world.get(who, json!({ "Bucket": "lake", "Key": key }));
        let got = got.map_or_else(|f| code(&f), |_| "ok".to_owned());
        assert_eq!(got, expected, "{key}");
    }
    let denial = world.get(&nobody, json!({ "Bucket": "lake", "Key": "there" })).unwrap_err();
    assert_eq!(
        denial.message,
        "User: arn:aws:iam::111111111111:user/nobody is not authorized to perform: s3:GetObject \
         on resource: \"arn:aws:s3:::lake/there\" because no identity-based policy allows the \
         s3:GetObject action"
    );
    assert!(denial.authorization_message.is_some());
}

#[test]
fn across_accounts_both_must_allow() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "k", b"x");
    let bob = world.admin(OTHER, "bob");
    let idle = world.user(OTHER, "idle", &[]);
    let get = |who: &Principal| {
        let got = world.get(who, json!({ "Bucket": "lake", "Key": "k" }));
        got.map_or_else(|fault| (code(&fault), fault.message), |_| ("ok".into(), "".into()))
    };
    assert_eq!(get(&bob), ("AccessDenied 403".to_owned(), "Access Denied".to_owned()));
    let everyone = json!({ "AWS": format!("arn:aws:iam::{OTHER}:root") });
    let allow = statement(
        "Allow",
        &["s3:GetObject", "s3:PutBucketPolicy"],
        &["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"],
    );
    set_policy(&world, &alice, &[(everyone, allow)]);
    assert_eq!(get(&bob).0, "ok");
    assert_eq!(get(&idle).0, "AccessDenied 403");
    // Allowed by both, and still no business of another account.
    let input = json!({ "Bucket": "lake", "Policy": "{}" });
    assert_eq!(world.refused(&bob, "PutBucketPolicy", input), "MethodNotAllowed 405");
}

#[test]
fn the_owners_root_user_can_always_mend_the_policy() {
    let (world, alice) = world_with_bucket();
    let everything = statement("Deny", &["s3:*"], &["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]);
    set_policy(&world, &alice, &[(json!("*"), everything)]);
    let bucket = json!({ "Bucket": "lake" });
    assert_eq!(world.refused(&alice, "DeleteBucketPolicy", bucket.clone()), "AccessDenied 403");
    assert_eq!(world.refused(&root(OWNER), "ListObjectsV2", bucket.clone()), "AccessDenied 403");
    world.ok(&root(OWNER), "DeleteBucketPolicy", bucket.clone());
    world.ok(&alice, "ListObjectsV2", bucket);
}

#[test]
fn conditions_see_the_request() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "k", b"x");
    let check = |name: &str, action: &str, condition: Value, call: &dyn Fn(&Principal) -> bool| {
        let mut statement = statement("Allow", &[action], &["*"]);
        statement["Condition"] = condition;
        let more =
            super::statement("Allow", &["kms:*", "s3:PutObjectTagging", "s3:PutObjectAcl"], &["*"]);
        call(&world.user(OWNER, name, &[statement, more]))
    };
    let equals = |key: &str, value: &str| json!({ "StringEquals": { key: value } });
    let list = |more: Value| {
        let world = &world;
        move |who: &Principal| {
            let mut input = json!({ "Bucket": "lake" });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            world.call(who, "ListObjectsV2", input).is_ok()
        }
    };
    let put = |more: Value| {
        let world = &world;
        move |who: &Principal| {
            let mut input = json!({ "Bucket": "lake", "Key": "k" });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            world.upload(who, "PutObject", input, b"x").is_ok()
        }
    };
    let list_keys = [
        ("s3:prefix", "a/", json!({ "Prefix": "a/" })),
        ("s3:delimiter", "/", json!({ "Delimiter": "/" })),
        ("s3:max-keys", "7", json!({ "MaxKeys": 7 })),
    ];
    for (key, value, more) in list_keys {
        assert!(check("u", "s3:ListBucket", equals(key, value), &list(more)), "{key}");
        assert!(!check("u", "s3:ListBucket", equals(key, value), &list(json!({}))), "{key}");
    }
    let kms = json!({ "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k1" });
    let put_keys = [
        ("s3:x-amz-server-side-encryption", "aws:kms", kms.clone()),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", KEY, kms),
        ("s3:x-amz-storage-class", "STANDARD_IA", json!({ "StorageClass": "STANDARD_IA" })),
        (
            "s3:x-amz-acl",
            "bucket-owner-full-control",
            json!({ "ACL": "bucket-owner-full-control" }),
        ),
        ("s3:RequestObjectTag/team", "data", json!({ "Tagging": "team=data" })),
        ("s3:if-none-match", "*", json!({ "IfNoneMatch": "*", "Key": "fresh" })),
    ];
    for (key, value, more) in put_keys {
        assert!(check("u", "s3:PutObject", equals(key, value), &put(more)), "{key}");
        assert!(!check("u", "s3:PutObject", equals(key, value), &put(json!({}))), "{key}");
    }
    world
        .upload(&alice, "PutObject", json!({ "Bucket": "lake", "Key": "k", "Tagging": "c=1" }), b"")
        .unwrap();
    let get = |who: &Principal| world.get(who, json!({ "Bucket": "lake", "Key": "k" })).is_ok();
    assert!(check("u", "s3:GetObject", equals("s3:ExistingObjectTag/c", "1"), &get));
    assert!(!check("u", "s3:GetObject", equals("s3:ExistingObjectTag/c", "2"), &get));
}

#[test]
fn writing_with_acl_or_tags_needs_more() {
    let (world, _alice) = world_with_bucket();
    let writer = world.user(OWNER, "writer", &[statement("Allow", &["s3:PutObject"], &["*"])]);
    for (more, expected) in [
        (json!({}), "ok"),
        (json!({ "Tagging": "a=b" }), "AccessDenied 403"),
        (json!({ "ACL": "bucket-owner-full-control" }), "AccessDenied 403"),
        (json!({ "IfMatch": "x" }), "AccessDenied 403"),
    ] {
        let mut input = json!({ "Bucket": "lake", "Key": "k" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let put = world.upload(&writer, "PutObject", input, b"");
        assert_eq!(put.map_or_else(|f| code(&f), |_| "ok".to_owned()), expected, "{more}");
    }
}

#[test]
fn copying_needs_both_ends() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "from/k", b"x");
    let input = json!({ "Bucket": "lake", "Key": "to/k", "CopySource": "lake/from/k" });
    let read = statement("Allow", &["s3:GetObject"], &["arn:aws:s3:::lake/from/*"]);
    let mut write = statement("Allow", &["s3:PutObject"], &["arn:aws:s3:::lake/to/*"]);
    write["Condition"] = json!({ "StringEquals": { "s3:x-amz-copy-source": "lake/from/k" } });
    for (statements, allowed) in
        [(vec![read.clone()], false), (vec![write.clone()], false), (vec![read, write], true)]
    {
        let who = world.user(OWNER, "copier", &statements);
        assert_eq!(world.call(&who, "CopyObject", input.clone()).is_ok(), allowed);
    }
}

#[test]
fn the_expected_owner() {
    let (world, alice) = world_with_bucket();
    for (owner, expected) in
        [(OWNER, "ok"), (OTHER, "AccessDenied 403"), ("abcd", "InvalidBucketOwnerAWSAccountID 400")]
    {
        let input = json!({ "Bucket": "lake", "ExpectedBucketOwner": owner });
        let got = world.call(&alice, "HeadBucket", input);
        assert_eq!(got.map_or_else(|f| code(&f), |_| "ok".to_owned()), expected);
    }
}

#[test]
fn objects_of_a_writer_in_anothers_bucket() {
    for (ownership, acl, owner_reads) in [
        ("BucketOwnerEnforced", None, true),
        ("BucketOwnerPreferred", None, false),
        ("BucketOwnerPreferred", Some("bucket-owner-full-control"), true),
        ("ObjectWriter", None, false),
        ("ObjectWriter", Some("private"), false),
        ("ObjectWriter", Some("bucket-owner-read"), true),
        ("ObjectWriter", Some("bucket-owner-full-control"), true),
    ] {
        let (world, alice) = world_with_bucket();
        let bob = world.admin(OTHER, "bob");
        let writer = json!({ "AWS": format!("arn:aws:iam::{OTHER}:root") });
        let allow =
            statement("Allow", &["s3:PutObject", "s3:PutObjectAcl"], &["arn:aws:s3:::lake/*"]);
        set_policy(&world, &alice, &[(writer, allow)]);
        let controls = json!({ "Rules": [{ "ObjectOwnership": ownership }] });
        let input = json!({ "Bucket": "lake", "OwnershipControls": controls });
        world.ok(&alice, "PutBucketOwnershipControls", input);
        let input = json!({ "Bucket": "lake", "Key": "k", "ACL": acl });
        world.upload(&bob, "PutObject", input, b"x").unwrap();
        let read = |who| world.get(who, json!({ "Bucket": "lake", "Key": "k" })).is_ok();
        assert_eq!(read(&alice), owner_reads, "{ownership} {acl:?}");
        let writer_owns =
            ownership == "ObjectWriter" || (ownership, acl) == ("BucketOwnerPreferred", None);
        assert_eq!(read(&bob), writer_owns, "{ownership} {acl:?}");
        // A denial in the bucket policy still counts for the writer.
        let deny = statement("Deny", &["s3:GetObject"], &["arn:aws:s3:::lake/*"]);
        set_policy(&world, &alice, &[(json!("*"), deny)]);
        assert!(!read(&bob), "{ownership} {acl:?}");
        // The bucket's owner may delete what it may not read.
        world.ok(&alice, "DeleteObject", json!({ "Bucket": "lake", "Key": "k" }));
    }
}

#[test]
fn acls_are_read_and_refused() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "k", b"x");
    let object = json!({ "Bucket": "lake", "Key": "k" });
    let acl = world.ok(&alice, "GetObjectAcl", object.clone());
    assert_eq!(acl["Grants"][0]["Permission"], "FULL_CONTROL");
    assert_eq!(acl["Grants"][0]["Grantee"]["ID"], acl["Owner"]["ID"]);
    let bucket = world.ok(&alice, "GetBucketAcl", json!({ "Bucket": "lake" }));
    assert_eq!(bucket["Owner"], acl["Owner"]);
    for (operation, key) in [("PutObjectAcl", Some("k")), ("PutBucketAcl", None)] {
        let input = json!({ "Bucket": "lake", "Key": key, "ACL": "public-read" });
        assert_eq!(world.refused(&alice, operation, input), "AccessControlListNotSupported 400");
    }
}

#[test]
fn a_public_bucket_is_open_to_nobody_while_restricted() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "k", b"x");
    world.ok(&alice, "DeletePublicAccessBlock", json!({ "Bucket": "lake" }));
    let allow = statement("Allow", &["s3:GetObject"], &["arn:aws:s3:::lake/*"]);
    set_policy(&world, &alice, &[(json!("*"), allow)]);
    let bob = world.admin(OTHER, "bob");
    let read = |who| world.get(who, json!({ "Bucket": "lake", "Key": "k" })).is_ok();
    assert!(read(&bob) && read(&Principal::Anonymous));
    let input = json!({
        "Bucket": "lake", "PublicAccessBlockConfiguration": { "RestrictPublicBuckets": true },
    });
    world.ok(&alice, "PutPublicAccessBlock", input);
    assert!(!read(&bob) && !read(&Principal::Anonymous) && read(&alice));
}
