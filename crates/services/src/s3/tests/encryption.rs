use super::*;

fn kms_put(key_id: Option<&str>) -> Value {
    json!({
        "Bucket": "lake", "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id,
    })
}

#[test]
fn with_kms_both_ends_ask_the_key() {
    let (world, alice) = world_with_bucket();
    let put = world.upload(&alice, "PutObject", kms_put(Some("k1")), b"hello").unwrap();
    assert_eq!(
        (&put["ServerSideEncryption"], &put["SSEKMSKeyId"]),
        (&json!("aws:kms"), &json!(KEY))
    );
    assert_ne!(put["ETag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(put["ETag"].as_str().unwrap().len(), 34);
    assert_eq!(world.bytes(&alice, "k"), b"hello");
    let only_s3 = world.user(OWNER, "plain", &[statement("Allow", &["s3:*"], &["*"])]);
    let read = world.get(&only_s3, json!({ "Bucket": "lake", "Key": "k" })).unwrap_err();
    assert_eq!(code(&read), "AccessDenied 403");
    assert_eq!(
        read.message,
        format!(
            "User: arn:aws:iam::111111111111:user/plain is not authorized to perform: kms:Decrypt \
             on resource: {KEY} because no identity-based policy allows the kms:Decrypt action"
        )
    );
    assert!(read.authorization_message.is_some());
    let write = world.upload(&only_s3, "PutObject", kms_put(None), b"").unwrap_err();
    assert!(write.message.contains("kms:GenerateDataKey"), "{write}");
    let disabled = world.upload(&alice, "PutObject", kms_put(Some("gone")), b"").unwrap_err();
    assert_eq!(code(&disabled), "KMS.DisabledException 400");
    // Its attributes are no secret, but its checksum is.
    let head = json!({ "Bucket": "lake", "Key": "k" });
    world.ok(&only_s3, "HeadObject", head.clone());
    let mut head = head;
    head["ChecksumMode"] = "ENABLED".into();
    assert_eq!(world.refused(&only_s3, "HeadObject", head), "AccessDenied 403");
}

#[test]
fn kms_is_asked_on_behalf_of_s3_with_the_objects_arn() {
    let (world, alice) = world_with_bucket();
    world.upload(&alice, "PutObject", kms_put(None), b"").unwrap();
    let account = OWNER.parse().unwrap();
    let origin = world.gateway.own_origin("eu-west-1".parse().unwrap());
    let events = world
        .gateway
        .inspect(origin, |cx| cx.audit_events(&account)?.collect::<Result<Vec<_>, _>>())
        .unwrap();
    let event = events.iter().find(|e| e.record["eventName"] == "GenerateDataKey").unwrap();
    assert_eq!(event.record["sourceIPAddress"], "s3.amazonaws.com");
    let context = &event.record["requestParameters"]["encryptionContext"];
    assert_eq!(context["aws:s3:arn"], "arn:aws:s3:::lake/k", "{}", event.record);
}

#[test]
fn the_buckets_default_applies_where_the_request_is_silent() {
    let (world, alice) = world_with_bucket();
    let rule = json!({ "Rules": [{
        "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY },
        "BucketKeyEnabled": true,
    }] });
    let input = json!({ "Bucket": "lake", "ServerSideEncryptionConfiguration": rule });
    world.ok(&alice, "PutBucketEncryption", input);
    let put = world.put(&alice, "k", b"hello");
    assert_eq!((&put["SSEKMSKeyId"], &put["BucketKeyEnabled"]), (&json!(KEY), &json!(true)));
    assert_eq!(world.bytes(&alice, "k"), b"hello");
    let plain = json!({ "Bucket": "lake", "Key": "p", "ServerSideEncryption": "AES256" });
    let put = world.upload(&alice, "PutObject", plain, b"hello").unwrap();
    assert_eq!(put["ETag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    // From KMS to S3's own and back, by copy.
    let copy = json!({
        "Bucket": "lake", "Key": "c", "CopySource": "lake/k", "ServerSideEncryption": "AES256",
    });
    world.ok(&alice, "CopyObject", copy);
    assert_eq!(world.bytes(&alice, "c"), b"hello");
    let copy = json!({ "Bucket": "lake", "Key": "d", "CopySource": "lake/c" });
    assert_eq!(world.ok(&alice, "CopyObject", copy)["ServerSideEncryption"], "aws:kms");
    assert_eq!(world.bytes(&alice, "d"), b"hello");
}

#[test]
fn parts_share_a_data_key_that_needs_decrypt() {
    let (world, alice) = world_with_bucket();
    let created = world.ok(&alice, "CreateMultipartUpload", kms_put(None));
    assert_eq!(created["SSEKMSKeyId"], KEY);
    let input = json!({
        "Bucket": "lake", "Key": "k", "UploadId": created["UploadId"], "PartNumber": 1,
    });
    let generator = world.user(
        OWNER,
        "generator",
        &[statement("Allow", &["s3:*", "kms:GenerateDataKey"], &["*"])],
    );
    let refused = world.upload(&generator, "UploadPart", input.clone(), b"x").unwrap_err();
    assert!(refused.message.contains("kms:Decrypt"), "{refused}");
    let mut part = world.upload(&alice, "UploadPart", input.clone(), b"hello").unwrap();
    part["PartNumber"] = 1.into();
    let mut input = input;
    input["MultipartUpload"] = json!({ "Parts": [part] });
    let done = world.ok(&alice, "CompleteMultipartUpload", input);
    assert!(done["ETag"].as_str().unwrap().ends_with("-1\""));
    assert_eq!(world.bytes(&alice, "k"), b"hello");
}

#[test]
fn an_extra_encryption_context_is_kept() {
    let (world, alice) = world_with_bucket();
    let mut input = kms_put(None);
    input["SSEKMSEncryptionContext"] = STANDARD.encode(r#"{"team":"data"}"#).into();
    world.upload(&alice, "PutObject", input.clone(), b"hello").unwrap();
    assert_eq!(world.bytes(&alice, "k"), b"hello");
    input["SSEKMSEncryptionContext"] = "not base64".into();
    let refused = world.upload(&alice, "PutObject", input, b"").unwrap_err();
    assert_eq!(code(&refused), "InvalidArgument 400");
}
