use super::*;

const HELLO_MD5: &str = "\"5d41402abc4b2a76b9719d911017c592\"";

#[test]
fn an_object_is_read_as_it_was_written() {
    let (world, alice) = world_with_bucket();
    let put = world
        .upload(
            &alice,
            "PutObject",
            json!({
                "Bucket": "lake", "Key": "a/b c.txt", "ContentType": "text/plain",
                "CacheControl": "no-store", "Metadata": { "origin": "test" },
                "Tagging": "team=data&stage=d%C3%A9v+1",
            }),
            b"hello",
        )
        .unwrap();
    assert_eq!(put["ETag"], HELLO_MD5);
    assert_eq!(put["ServerSideEncryption"], "AES256");
    let (head, body) = world.get(&alice, json!({ "Bucket": "lake", "Key": "a/b c.txt" })).unwrap();
    assert_eq!(body, b"hello");
    for (member, expected) in [
        ("ETag", json!(HELLO_MD5)),
        ("ContentLength", json!(5)),
        ("ContentType", json!("text/plain")),
        ("CacheControl", json!("no-store")),
        ("Metadata", json!({ "origin": "test" })),
        ("LastModified", json!(1_800_000_000)),
        ("AcceptRanges", json!("bytes")),
        ("TagCount", json!(2)),
        ("ContentRange", Value::Null),
    ] {
        assert_eq!(head[member], expected, "{member}");
    }
    let head = world.ok(&alice, "HeadObject", json!({ "Bucket": "lake", "Key": "a/b c.txt" }));
    assert_eq!(head["ContentLength"], 5);
    let tags =
        world.ok(&alice, "GetObjectTagging", json!({ "Bucket": "lake", "Key": "a/b c.txt" }));
    assert_eq!(tags["TagSet"][0], json!({ "Key": "stage", "Value": "dév 1" }));
}

#[test]
fn bytes_at_rest_are_sealed() {
    let (world, alice) = world_with_bucket();
    // One that gets a file, and one that lies in its record.
    world.put(&alice, "secret", &b"the quick brown fox".repeat(1_000));
    world.put(&alice, "small", b"the quick brown fox");
    let root = world.gateway.store().directory().root();
    let mut files = vec![root.join("world.redb")];
    for shard in std::fs::read_dir(root.join("blobs")).unwrap() {
        let entries = std::fs::read_dir(shard.unwrap().path()).unwrap();
        files.extend(entries.map(|file| file.unwrap().path()));
    }
    assert_eq!(files.len(), 2);
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(5).any(|window| window == b"quick"));
    }
}

#[test]
fn ranges_and_overrides() {
    let (world, alice) = world_with_bucket();
    let body: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    world.put(&alice, "k", &body);
    let size = body.len();
    for (range, expected) in [
        ("bytes=0-0", Some(0..1)),
        ("bytes=65535-65536", Some(65_535..65_537)),
        ("bytes=199990-", Some(199_990..size)),
        ("bytes=-3", Some(size - 3..size)),
        ("bytes=100-999999999", Some(100..size)),
        ("bytes=5-2", None),
        ("lines=1-2", None),
    ] {
        let input = json!({ "Bucket": "lake", "Key": "k", "Range": range });
        let (head, read) = world.get(&alice, input).unwrap();
        let range_header =
            expected.clone().map(|r| format!("bytes {}-{}/{size}", r.start, r.end - 1));
        assert_eq!(head["ContentRange"], json!(range_header), "{range}");
        assert_eq!(read, body[expected.unwrap_or(0..size)], "{range}");
    }
    let beyond = json!({ "Bucket": "lake", "Key": "k", "Range": "bytes=200000-" });
    assert_eq!(code(&world.get(&alice, beyond).unwrap_err()), "InvalidRange 416");
    let input = json!({ "Bucket": "lake", "Key": "k", "ResponseContentType": "text/csv" });
    assert_eq!(world.get(&alice, input).unwrap().0["ContentType"], "text/csv");
    let part = json!({ "Bucket": "lake", "Key": "k", "PartNumber": 1 });
    assert_eq!(world.get(&alice, part).unwrap().1, body);
    let part = json!({ "Bucket": "lake", "Key": "k", "PartNumber": 2 });
    assert_eq!(code(&world.get(&alice, part).unwrap_err()), "InvalidPartNumber 416");
}

#[test]
fn conditions() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "k", b"hello");
    let written = 1_800_000_000;
    for (condition, expected) in [
        (json!({ "IfMatch": HELLO_MD5 }), "ok"),
        (json!({ "IfMatch": "\"x\"" }), "PreconditionFailed 412"),
        (json!({ "IfNoneMatch": HELLO_MD5 }), "NotModified 304"),
        (json!({ "IfNoneMatch": "\"x\"" }), "ok"),
        (json!({ "IfModifiedSince": written }), "NotModified 304"),
        (json!({ "IfModifiedSince": written - 1 }), "ok"),
        (json!({ "IfUnmodifiedSince": written - 1 }), "PreconditionFailed 412"),
        (json!({ "IfMatch": HELLO_MD5, "IfUnmodifiedSince": written - 1 }), "ok"),
        (json!({ "IfNoneMatch": "\"x\"", "IfModifiedSince": written }), "ok"),
        (json!({ "VersionId": "null" }), "ok"),
        (json!({ "VersionId": "3HL4" }), "InvalidArgument 400"),
    ] {
        let mut input = json!({ "Bucket": "lake", "Key": "k" });
        input.as_object_mut().unwrap().extend(condition.as_object().unwrap().clone());
        let got = world.get(&alice, input).map_or_else(|f| code(&f), |_| "ok".to_owned());
        assert_eq!(got, expected, "{condition}");
    }
    for (condition, key, expected) in [
        (json!({ "IfNoneMatch": "*" }), "k", "PreconditionFailed 412"),
        (json!({ "IfNoneMatch": "*" }), "fresh", "ok"),
        (json!({ "IfMatch": HELLO_MD5 }), "k", "ok"),
        (json!({ "IfMatch": "\"x\"" }), "k", "PreconditionFailed 412"),
        (json!({ "IfMatch": "\"x\"" }), "absent", "NoSuchKey 404"),
    ] {
        let mut input = json!({ "Bucket": "lake", "Key": key });
        input.as_object_mut().unwrap().extend(condition.as_object().unwrap().clone());
        let put = world.upload(&alice, "PutObject", input, b"hello");
        let got = put.map_or_else(|f| code(&f), |_| "ok".to_owned());
        assert_eq!(got, expected, "{condition} on {key}");
    }
}

#[test]
fn a_digest_that_differs_is_refused_and_leaves_nothing() {
    let (world, alice) = world_with_bucket();
    for (member, value, expected) in [
        ("ContentMD5", "XUFAKrxLKna5cZ2REBfFkg==", "ok"),
        ("ContentMD5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest 400"),
        ("ContentMD5", "hello", "InvalidDigest 400"),
        ("ChecksumCRC32", "NhCmhg==", "ok"),
        ("ChecksumCRC32", "AAAAAA==", "BadDigest 400"),
        ("ChecksumSHA256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "ok"),
    ] {
        let input = json!({ "Bucket": "lake", "Key": "k", member: value });
        let put = world.upload(&alice, "PutObject", input, b"hello");
        let got = put.map_or_else(|f| code(&f), |_| "ok".to_owned());
        assert_eq!(got, expected, "{member} {value}");
    }
    let head = json!({ "Bucket": "lake", "Key": "k", "ChecksumMode": "ENABLED" });
    let head = world.ok(&alice, "HeadObject", head);
    assert_eq!(head["ChecksumSHA256"], "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    assert_eq!(head["ChecksumType"], "FULL_OBJECT");
}

#[test]
fn blobs_go_with_what_they_belonged_to() {
    let (world, alice) = world_with_bucket();
    let (one, two) = (b"one".repeat(1_000), b"two".repeat(1_000));
    world.put(&alice, "k", &one);
    world.put(&alice, "k", &two);
    assert_eq!((world.blob_files(), world.bytes(&alice, "k")), (1, two.clone()));
    let tagging = json!({ "TagSet": [{ "Key": "a", "Value": "b" }] });
    let input = json!({ "Bucket": "lake", "Key": "k", "Tagging": tagging });
    world.ok(&alice, "PutObjectTagging", input);
    assert_eq!(world.bytes(&alice, "k"), two);
    for _ in 0..2 {
        let copy = json!({ "Bucket": "lake", "Key": "copy", "CopySource": "lake/k" });
        world.ok(&alice, "CopyObject", copy);
        assert_eq!((world.blob_files(), world.bytes(&alice, "copy")), (2, two.clone()));
    }
    world.ok(&alice, "DeleteObject", json!({ "Bucket": "lake", "Key": "k" }));
    world.ok(&alice, "DeleteObject", json!({ "Bucket": "lake", "Key": "k" }));
    world.ok(&alice, "DeleteObject", json!({ "Bucket": "lake", "Key": "copy" }));
    assert_eq!(world.blob_files(), 0);
}

#[test]
fn several_uploads_appear_together_or_not_at_all() {
    let (world, alice) = world_with_bucket();
    let stage = |key: &str| {
        let input = json!({ "Bucket": "lake", "Key": key, "IfNoneMatch": "*" });
        world.stage(&alice, "PutObject", input, &[b'1'; 5_000]).unwrap()
    };
    let both = vec![stage("a"), stage("b")];
    world.commit(&alice, both).unwrap();
    let clash = vec![stage("c"), {
        let staged = stage("d");
        world.put(&alice, "d", &[b'2'; 5_000]);
        staged
    }];
    assert_eq!(code(&world.commit(&alice, clash).unwrap_err()), "PreconditionFailed 412");
    let listed = world.ok(&alice, "ListObjectsV2", json!({ "Bucket": "lake" }));
    assert_eq!(listed["KeyCount"], 3);
    assert_eq!(world.blob_files(), 3);
}

#[test]
fn copies() {
    let (world, alice) = world_with_bucket();
    let input = json!({
        "Bucket": "lake", "Key": "a b", "ContentType": "text/plain", "Tagging": "t=1",
        "ChecksumAlgorithm": "CRC32",
    });
    world.upload(&alice, "PutObject", input, b"hello").unwrap();
    let copy = |more: Value| {
        let mut input = json!({ "Bucket": "lake", "Key": "copy", "CopySource": "lake/a%20b" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.call(&alice, "CopyObject", input)
    };
    let kept = copy(json!({})).unwrap();
    assert_eq!(kept["CopyObjectResult"]["ETag"], HELLO_MD5);
    assert_eq!(kept["CopyObjectResult"]["ChecksumCRC32"], "NhCmhg==");
    let head = world.ok(&alice, "HeadObject", json!({ "Bucket": "lake", "Key": "copy" }));
    assert_eq!((&head["ContentType"], &head["TagCount"]), (&json!("text/plain"), &json!(1)));
    copy(json!({
        "MetadataDirective": "REPLACE", "ContentType": "text/csv", "TaggingDirective": "REPLACE",
    }))
    .unwrap();
    let head = world.ok(&alice, "HeadObject", json!({ "Bucket": "lake", "Key": "copy" }));
    assert_eq!((&head["ContentType"], &head["TagCount"]), (&json!("text/csv"), &Value::Null));
    assert_eq!(world.bytes(&alice, "copy"), b"hello");
    let refused = |more| code(&copy(more).unwrap_err());
    assert_eq!(refused(json!({ "CopySourceIfMatch": "x" })), "PreconditionFailed 412");
    assert_eq!(refused(json!({ "CopySource": "lake/absent" })), "NoSuchKey 404");
    assert_eq!(refused(json!({ "CopySource": "lake" })), "InvalidArgument 400");
    assert_eq!(refused(json!({ "Key": "a b" })), "InvalidRequest 400");
    copy(json!({ "Key": "a b", "StorageClass": "STANDARD_IA" })).unwrap();
    assert_eq!(world.bytes(&alice, "a b"), b"hello");
}

#[test]
fn refusals_of_what_is_not_built_or_not_valid() {
    let (world, alice) = world_with_bucket();
    for (more, expected) in [
        (json!({ "ACL": "public-read" }), "AccessControlListNotSupported 400"),
        (json!({ "ACL": "private" }), "AccessControlListNotSupported 400"),
        (json!({ "ACL": "bucket-owner-full-control" }), "ok"),
        (json!({ "StorageClass": "GLACIER" }), "NotImplemented 501"),
        (json!({ "StorageClass": "COLD" }), "InvalidStorageClass 400"),
        (json!({ "ObjectLockMode": "GOVERNANCE" }), "InvalidRequest 400"),
        (json!({ "SSECustomerAlgorithm": "AES256" }), "NotImplemented 501"),
        (json!({ "ServerSideEncryption": "rot13" }), "InvalidArgument 400"),
        (json!({ "ServerSideEncryption": "AES256", "SSEKMSKeyId": KEY }), "InvalidArgument 400"),
        (json!({ "Metadata": { "m": "x".repeat(2_048) } }), "MetadataTooLarge 400"),
        (json!({ "Tagging": "a=1&a=2" }), "InvalidTag 400"),
        (json!({ "Key": "x".repeat(1_025) }), "KeyTooLongError 400"),
        (json!({ "Bucket": "absent" }), "NoSuchBucket 404"),
        (json!({ "ContentLength": 6_000_000_000_u64 }), "EntityTooLarge 400"),
        (json!({ "ChecksumAlgorithm": "XXHASH64" }), "InvalidRequest 400"),
    ] {
        let mut input = json!({ "Bucket": "lake", "Key": "k" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let put = world.upload(&alice, "PutObject", input, b"");
        let got = put.map_or_else(|f| code(&f), |_| "ok".to_owned());
        assert_eq!(got, expected, "{more}");
    }
}

#[test]
fn attributes() {
    let (world, alice) = world_with_bucket();
    let input = json!({ "Bucket": "lake", "Key": "k", "ChecksumAlgorithm": "SHA1" });
    world.upload(&alice, "PutObject", input, b"hello").unwrap();
    let wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
    let input = json!({ "Bucket": "lake", "Key": "k", "ObjectAttributes": wanted });
    let expected = json!({
        "LastModified": 1_800_000_000,
        "ETag": HELLO_MD5.trim_matches('"'),
        "Checksum": { "ChecksumSHA1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=", "ChecksumType": "FULL_OBJECT" },
        "StorageClass": "STANDARD",
        "ObjectSize": 5,
    });
    assert_eq!(world.ok(&alice, "GetObjectAttributes", input), expected);
}

#[test]
fn batch_deletion_answers_key_by_key() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "a", b"");
    world.put(&alice, "kept/b", b"");
    let bob = world.user(
        OWNER,
        "bob",
        &[
            statement("Allow", &["s3:DeleteObject"], &["*"]),
            statement("Deny", &["s3:DeleteObject"], &["arn:aws:s3:::lake/kept/*"]),
        ],
    );
    let objects = json!([{ "Key": "a" }, { "Key": "kept/b" }, { "Key": "absent" }]);
    let input = json!({ "Bucket": "lake", "Delete": { "Objects": objects } });
    let answer = world.ok(&bob, "DeleteObjects", input);
    let keys = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|d| d["Key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&answer["Deleted"]), ["a", "absent"]);
    assert_eq!(keys(&answer["Errors"]), ["kept/b"]);
    assert_eq!(answer["Errors"][0]["Code"], "AccessDenied");
    assert_eq!(world.bytes(&alice, "kept/b"), b"");
    let empty = json!({ "Bucket": "lake", "Delete": { "Objects": [] } });
    assert_eq!(world.refused(&bob, "DeleteObjects", empty), "MalformedXML 400");
}

#[test]
fn the_sweep_knows_every_blob_in_use() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "a", &[b'1'; 5_000]);
    world.put(&alice, "in its record", b"1");
    let created =
        world.ok(&alice, "CreateMultipartUpload", json!({ "Bucket": "lake", "Key": "m" }));
    let input = json!({
        "Bucket": "lake", "Key": "m", "UploadId": created["UploadId"], "PartNumber": 1,
    });
    world.upload(&alice, "UploadPart", input, &[b'2'; 5_000]).unwrap();
    let origin = world.gateway.own_origin("eu-west-1".parse().unwrap());
    let known = world.gateway.inspect(origin, super::super::referenced_blobs).unwrap();
    let swept = world.gateway.store().blobs().sweep(&|id| known.contains(id)).unwrap();
    assert_eq!((known.len(), swept), (2, 0));
}
