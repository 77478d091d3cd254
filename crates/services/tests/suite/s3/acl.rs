//! Access control lists: what they grant to whom, where they are in force, and what blocks them.

use serde_json::{Value, json};
use testkit::{Caller, allow, deny};

use super::Lake;

/// A bucket with lists in force and nothing blocked.
fn open_lake(ownership: &str) -> Lake {
    let lake = Lake::with(json!({ "ObjectOwnership": ownership }));
    lake.ok("DeletePublicAccessBlock", json!({}));
    lake
}

fn canonical_id(lake: &Lake, caller: &Caller) -> String {
    let buckets = lake.world.ok(caller, "s3", "ListBuckets", json!({}));
    buckets["Owner"]["ID"].as_str().unwrap().to_owned()
}

/// What reading `k` and its list comes to for nobody, and for another account's administrator.
fn readers(lake: &Lake) -> String {
    let dev = lake.world.admin("dev");
    let status = |caller: Option<&Caller>, operation: &str| {
        lake.answer(caller, operation, &json!({ "Key": "k" }), b"").status
    };
    let of = |caller| format!("{} {}", status(caller, "GetObject"), status(caller, "GetObjectAcl"));
    format!("{}, {}", of(None), of(Some(&dev)))
}

#[test]
fn a_canned_acl_opens_an_object_to_whom_it_says() {
    let cases = [
        ("private", "403 403, 403 403"),
        ("public-read", "200 403, 200 403"),
        ("authenticated-read", "403 403, 200 403"),
        ("bucket-owner-full-control", "403 403, 403 403"),
    ];
    for (canned, expected) in cases {
        let lake = open_lake("ObjectWriter");
        lake.put_with("k", "x", json!({ "ACL": canned }));
        assert_eq!(readers(&lake), expected, "{canned} by its write");
        lake.ok("PutObjectAcl", json!({ "Key": "k", "ACL": "private" }));
        assert_eq!(readers(&lake), "403 403, 403 403");
        lake.ok("PutObjectAcl", json!({ "Key": "k", "ACL": canned }));
        assert_eq!(readers(&lake), expected, "{canned} afterwards");
    }
}

#[test]
fn a_grant_to_an_account_counts_with_what_its_own_policies_allow() {
    let lake = open_lake("ObjectWriter");
    let (dev, other) = (lake.world.admin("dev"), lake.world.admin("other"));
    let id = canonical_id(&lake, &dev);
    lake.put_with("k", "x", json!({ "GrantRead": format!("id=\"{id}\"") }));
    let get = |caller: &Caller| lake.told_to(caller, "GetObject", json!({ "Key": "k" }));
    assert_eq!(get(&dev), "ok");
    assert_eq!(get(&other), "403 AccessDenied: Access Denied");
    let nobody = lake.world.user("dev", "nobody", &[]);
    assert!(get(&nobody).starts_with("403 AccessDenied"), "the account's own side");
    let denied =
        lake.world.user("dev", "denied", &[allow(&["*"], &["*"]), deny(&["s3:Get*"], &["*"])]);
    assert!(get(&denied).starts_with("403 AccessDenied"));
    let listed = lake.ok("GetObjectAcl", json!({ "Key": "k" }))["Grants"].clone();
    assert_eq!(listed[0]["Grantee"]["ID"], id.as_str());
    assert_eq!(listed[0]["Permission"], "READ");
    // A deny of the bucket policy beats the grant.
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Principal": { "AWS": "222222222222" },
                        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*" }],
    });
    lake.ok("PutBucketPolicy", json!({ "Policy": policy.to_string() }));
    assert!(get(&dev).starts_with("403 AccessDenied"));
}

#[test]
fn the_acl_of_a_bucket_grants_listing_and_writing() {
    let lake = open_lake("ObjectWriter");
    let dev = lake.world.admin("dev");
    let id = canonical_id(&lake, &dev);
    let grantee = json!({ "Type": "CanonicalUser", "ID": id });
    let owner = lake.ok("GetBucketAcl", json!({}))["Owner"].clone();
    let grants = json!([
        { "Grantee": grantee, "Permission": "WRITE" },
        { "Grantee": { "Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers" },
          "Permission": "READ" },
    ]);
    let policy = json!({ "Owner": owner, "Grants": grants });
    lake.ok("PutBucketAcl", json!({ "AccessControlPolicy": policy }));
    assert_eq!(lake.ok("GetBucketAcl", json!({}))["Grants"], grants);
    let put = lake.answer(Some(&dev), "PutObject", &json!({ "Key": "theirs" }), b"x");
    assert_eq!(put.told(), "ok");
    assert_eq!(lake.answer(None, "ListObjectsV2", &json!({}), b"").told(), "ok");
    let delete = lake.told_to(&dev, "DeleteObject", json!({ "Key": "theirs" }));
    assert!(delete.starts_with("403 AccessDenied"), "{delete}");
    // The writer owns what it wrote; the bucket's owner reads it only when it is granted that.
    let told = lake.told("GetObject", json!({ "Key": "theirs" }));
    assert!(told.starts_with("403 AccessDenied"), "{told}");
    let give = json!({ "Key": "theirs", "ACL": "bucket-owner-full-control" });
    assert_eq!(lake.told_to(&dev, "PutObjectAcl", give), "ok");
    assert_eq!(lake.told("GetObject", json!({ "Key": "theirs" })), "ok");
}

#[test]
fn lists_are_out_of_force_where_the_owner_owns_everything() {
    let lake = open_lake("ObjectWriter");
    lake.put_with("k", "x", json!({ "ACL": "public-read" }));
    let enforced = json!({ "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] });
    lake.ok("PutBucketOwnershipControls", json!({ "OwnershipControls": enforced }));
    assert_eq!(readers(&lake), "403 403, 403 403");
    let refused = "400 AccessControlListNotSupported: The bucket does not allow ACLs";
    for input in [json!({ "ACL": "public-read" }), json!({ "ACL": "private" })] {
        assert_eq!(lake.told("PutBucketAcl", input.clone()), refused);
        let mut input = input;
        input["Key"] = "k".into();
        assert_eq!(lake.told("PutObjectAcl", input.clone()), refused);
        assert_eq!(lake.answer(Some(&lake.admin), "PutObject", &input, b"x").told(), refused);
    }
}

#[test]
fn public_acls_are_refused_and_ignored_as_bucket_and_account_say() {
    let block = |switch: &str| json!({ "PublicAccessBlockConfiguration": { switch: true } });
    let lake = open_lake("ObjectWriter");
    lake.put_with("k", "x", json!({ "ACL": "public-read" }));
    let account = |operation: &str, mut input: Value| {
        input["AccountId"] = "111111111111".into();
        lake.world.call(&lake.admin, "s3control", operation, input)
    };
    let open = "200 403, 200 403";
    assert_eq!(readers(&lake), open);
    lake.ok("PutPublicAccessBlock", block("IgnorePublicAcls"));
    assert_eq!(readers(&lake), "403 403, 403 403");
    lake.ok("DeletePublicAccessBlock", json!({}));
    account("PutPublicAccessBlock", block("IgnorePublicAcls")).unwrap();
    assert_eq!(readers(&lake), "403 403, 403 403", "the account's switch");
    account("PutPublicAccessBlock", block("BlockPublicAcls")).unwrap();
    assert_eq!(readers(&lake), open, "what is set stays");
    for (operation, input) in [
        ("PutObjectAcl", json!({ "Key": "k", "ACL": "authenticated-read" })),
        ("PutBucketAcl", json!({ "ACL": "public-read-write" })),
    ] {
        let told = lake.told(operation, input);
        assert!(told.contains("blocked by the BlockPublicAcls"), "{told}");
    }
    account("PutPublicAccessBlock", block("BlockPublicPolicy")).unwrap();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::lake/*" }],
    });
    let told = lake.told("PutBucketPolicy", json!({ "Policy": policy.to_string() }));
    assert!(told.contains("blocked by the BlockPublicPolicy"), "{told}");
    account("DeletePublicAccessBlock", json!({})).unwrap();
    lake.ok("PutBucketPolicy", json!({ "Policy": policy.to_string() }));
    assert_eq!(readers(&lake), "200 403, 200 403");
    account("PutPublicAccessBlock", block("RestrictPublicBuckets")).unwrap();
    lake.ok("PutObjectAcl", json!({ "Key": "k", "ACL": "private" }));
    assert_eq!(readers(&lake), "403 403, 403 403", "a public policy, restricted");
}

#[test]
fn an_accounts_block_is_its_own() {
    let lake = Lake::new();
    let input = json!({ "AccountId": "111111111111" });
    let told = |caller: &Caller, operation: &str| {
        lake.world.told(caller, "s3control", operation, input.clone())
    };
    assert!(
        told(&lake.admin, "GetPublicAccessBlock")
            .starts_with("404 NoSuchPublicAccessBlockConfiguration")
    );
    for operation in ["GetPublicAccessBlock", "DeletePublicAccessBlock"] {
        let told = told(&lake.world.admin("dev"), operation);
        assert!(told.starts_with("403 AccessDenied"), "{told}");
    }
}

#[test]
fn what_lists_refuse() {
    let lake = open_lake("ObjectWriter");
    let owner = lake.ok("GetBucketAcl", json!({}))["Owner"].clone();
    let with = |grantee: Value| {
        let grants = json!([{ "Grantee": grantee, "Permission": "READ" }]);
        json!({ "AccessControlPolicy": { "Owner": owner, "Grants": grants } })
    };
    let group = json!({ "Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/FakeGroup" });
    let cases = [
        (json!({}), "400 MissingSecurityHeader: Your request was missing a required header"),
        (
            json!({ "ACL": "private", "GrantRead": "id=\"1\"" }),
            "400 InvalidRequest: Specifying both Canned ACLs and Header Grants is not allowed",
        ),
        (
            json!({ "GrantWrite": "fakekey=\"1234\"" }),
            "400 InvalidArgument: Argument format not recognized",
        ),
        (json!({ "GrantWrite": "id=\"wrong-id\"" }), "400 InvalidArgument: Invalid id"),
        (
            json!({ "GrantWrite": "uri=\"http://acs.amazonaws.com/groups/s3/FakeGroup\"" }),
            "400 InvalidArgument: Invalid group uri",
        ),
        (json!({ "AccessControlPolicy": { "Owner": owner } }), "400 MalformedACLError"),
        (json!({ "AccessControlPolicy": { "Grants": [] } }), "400 MalformedACLError"),
        (
            with(json!({ "Type": "CanonicalUser", "ID": "wrong-id" })),
            "400 InvalidArgument: Invalid id",
        ),
        (with(group), "400 InvalidArgument: Invalid group uri"),
    ];
    for (input, expected) in cases {
        let told = lake.told("PutBucketAcl", input.clone());
        assert!(told.starts_with(expected), "{input}: {told}");
    }
}
