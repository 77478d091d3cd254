use super::*;

const MIB: usize = 1 << 20;

fn start(world: &World, who: &Principal, more: Value) -> String {
    let mut input = json!({ "Bucket": "lake", "Key": "m" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let created = world.ok(who, "CreateMultipartUpload", input);
    created["UploadId"].as_str().unwrap().to_owned()
}

fn part(world: &World, who: &Principal, id: &str, number: u32, body: &[u8]) -> Value {
    let input = json!({ "Bucket": "lake", "Key": "m", "UploadId": id, "PartNumber": number });
    let mut answer = world.upload(who, "UploadPart", input, body).unwrap();
    answer["PartNumber"] = number.into();
    answer
}

fn complete(world: &World, who: &Principal, id: &str, parts: &[Value]) -> Result<Value, Fault> {
    let input = json!({
        "Bucket": "lake", "Key": "m", "UploadId": id, "MultipartUpload": { "Parts": parts },
    });
    world.call(who, "CompleteMultipartUpload", input)
}

#[test]
fn parts_become_one_object() {
    let (world, alice) = world_with_bucket();
    let id = start(&world, &alice, json!({ "ContentType": "text/x", "Tagging": "a=b" }));
    let one = vec![1; 5 * MIB];
    part(&world, &alice, &id, 2, b"replaced");
    let parts = [part(&world, &alice, &id, 1, &one), part(&world, &alice, &id, 2, b"tail")];
    part(&world, &alice, &id, 3, b"unused");
    let listed = world.ok(
        &alice,
        "ListParts",
        json!({
            "Bucket": "lake", "Key": "m", "UploadId": id, "MaxParts": 2,
        }),
    );
    assert_eq!(listed["Parts"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&listed["IsTruncated"], &listed["NextPartNumberMarker"]),
        (&json!(true), &json!(2))
    );
    let done = complete(&world, &alice, &id, &parts).unwrap();
    assert!(done["ETag"].as_str().unwrap().ends_with("-2\""), "{done}");
    let (head, body) = world.get(&alice, json!({ "Bucket": "lake", "Key": "m" })).unwrap();
    assert_eq!((body.len(), &body[5 * MIB..]), (5 * MIB + 4, &b"tail"[..]));
    assert_eq!((&head["ContentType"], &head["TagCount"]), (&json!("text/x"), &json!(1)));
    // A range over the seam, and a part by its number.
    let range = format!("bytes={}-{}", 5 * MIB - 1, 5 * MIB + 1);
    let input = json!({ "Bucket": "lake", "Key": "m", "Range": range });
    assert_eq!(world.get(&alice, input).unwrap().1, b"\x01ta");
    let input = json!({ "Bucket": "lake", "Key": "m", "PartNumber": 2 });
    let (head, body) = world.get(&alice, input).unwrap();
    assert_eq!((body, &head["PartsCount"]), (b"tail".to_vec(), &json!(2)));
    // The short last part lies in its record.
    assert_eq!(world.blob_files(), 1);
    assert_eq!(code(&complete(&world, &alice, &id, &parts).unwrap_err()), "NoSuchUpload 404");
}

#[test]
fn etag_is_the_digest_of_the_parts_digests() {
    let (world, alice) = world_with_bucket();
    let id = start(&world, &alice, json!({}));
    let parts = [part(&world, &alice, &id, 1, b"hello")];
    let done = complete(&world, &alice, &id, &parts).unwrap();
    // md5(unhex("5d41402abc4b2a76b9719d911017c592"))
    assert_eq!(done["ETag"], "\"62109206880d38a4010a98e11243924a-1\"");
}

#[test]
fn completing_has_rules() {
    let (world, alice) = world_with_bucket();
    let id = start(&world, &alice, json!({}));
    let small = part(&world, &alice, &id, 1, b"small");
    let tail = part(&world, &alice, &id, 2, b"tail");
    let wrong = json!({ "PartNumber": 1, "ETag": "\"0\"" });
    let absent = json!({ "PartNumber": 9, "ETag": small["ETag"] });
    for (parts, expected) in [
        (vec![], "MalformedXML 400"),
        (vec![tail.clone(), small.clone()], "InvalidPartOrder 400"),
        (vec![small.clone(), small.clone()], "InvalidPartOrder 400"),
        (vec![wrong], "InvalidPart 400"),
        (vec![absent], "InvalidPart 400"),
        (vec![small, tail], "EntityTooSmall 400"),
    ] {
        assert_eq!(code(&complete(&world, &alice, &id, &parts).unwrap_err()), expected);
    }
    let other = json!({ "Bucket": "lake", "Key": "m", "UploadId": "x", "PartNumber": 1 });
    let fault = world.upload(&alice, "UploadPart", other, b"").unwrap_err();
    assert_eq!(code(&fault), "NoSuchUpload 404");
    for number in [0, 10_001] {
        let input = json!({ "Bucket": "lake", "Key": "m", "UploadId": id, "PartNumber": number });
        let fault = world.upload(&alice, "UploadPart", input, b"").unwrap_err();
        assert_eq!(code(&fault), "InvalidArgument 400");
    }
}

#[test]
fn checksums_of_parts_and_of_the_whole() {
    let zeros = vec![0; 5 * MIB];
    for (kind, algorithm) in [
        ("FULL_OBJECT", "CRC32"),
        ("FULL_OBJECT", "CRC32C"),
        ("FULL_OBJECT", "CRC64NVME"),
        ("COMPOSITE", "CRC32"),
        ("COMPOSITE", "SHA256"),
    ] {
        let (world, alice) = world_with_bucket();
        let named = json!({ "ChecksumAlgorithm": algorithm, "ChecksumType": kind });
        let id = start(&world, &alice, named);
        let parts = [part(&world, &alice, &id, 1, &zeros), part(&world, &alice, &id, 2, b"hello")];
        let done = complete(&world, &alice, &id, &parts).unwrap();
        let member = format!("Checksum{algorithm}");
        let whole = json!({ "Bucket": "lake", "Key": "w", "ChecksumAlgorithm": algorithm });
        let bytes = [&zeros[..], b"hello"].concat();
        let single = world.upload(&alice, "PutObject", whole, &bytes).unwrap();
        assert_eq!(done["ChecksumType"], kind, "{algorithm}");
        if kind == "FULL_OBJECT" {
            assert_eq!(done[&member], single[&member], "{algorithm}");
        } else {
            assert!(done[&member].as_str().unwrap().ends_with("-2"), "{done}");
        }
        // A copy is in one piece, so its checksum is over all bytes.
        let copy = json!({ "Bucket": "lake", "Key": "c", "CopySource": "lake/m" });
        let copied = world.ok(&alice, "CopyObject", copy);
        assert_eq!(copied["CopyObjectResult"][&member], single[&member], "{kind} {algorithm}");
        assert_eq!(copied["CopyObjectResult"]["ETag"], single["ETag"]);
    }
}

#[test]
fn composite_checksums_must_be_repeated() {
    let (world, alice) = world_with_bucket();
    let id = start(&world, &alice, json!({ "ChecksumAlgorithm": "CRC32" }));
    let mut one = part(&world, &alice, &id, 1, b"hello");
    one.as_object_mut().unwrap().remove("ChecksumCRC32");
    assert_eq!(code(&complete(&world, &alice, &id, &[one]).unwrap_err()), "InvalidRequest 400");
    for named in [
        json!({ "ChecksumAlgorithm": "SHA1", "ChecksumType": "FULL_OBJECT" }),
        json!({ "ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE" }),
        json!({ "ChecksumType": "COMPOSITE" }),
        json!({ "ChecksumAlgorithm": "CRC7" }),
    ] {
        let mut input = json!({ "Bucket": "lake", "Key": "m" });
        input.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        assert_eq!(world.refused(&alice, "CreateMultipartUpload", input), "InvalidRequest 400");
    }
}

#[test]
fn parts_by_copy() {
    let (world, alice) = world_with_bucket();
    world.put(&alice, "source", b"0123456789");
    let id = start(&world, &alice, json!({ "ChecksumAlgorithm": "CRC32" }));
    let input = json!({
        "Bucket": "lake", "Key": "m", "UploadId": id, "PartNumber": 1,
        "CopySource": "/lake/source", "CopySourceRange": "bytes=2-4",
    });
    let copied = world.ok(&alice, "UploadPartCopy", input)["CopyPartResult"].clone();
    let mut listed = copied;
    listed["PartNumber"] = 1.into();
    complete(&world, &alice, &id, &[listed]).unwrap();
    assert_eq!(world.bytes(&alice, "m"), b"234");
}

#[test]
fn uploads_are_listed_in_order_and_aborted() {
    let (world, alice) = world_with_bucket();
    let mut ids = Vec::new();
    for key in ["b", "a", "a"] {
        world.pass_seconds(1);
        ids.push(start(&world, &alice, json!({ "Key": key })));
    }
    let keys_and_ids = |answer: &Value| -> Vec<(String, String)> {
        let uploads = answer["Uploads"].as_array().unwrap();
        let text = |upload: &Value, name: &str| upload[name].as_str().unwrap().to_owned();
        uploads.iter().map(|u| (text(u, "Key"), text(u, "UploadId"))).collect()
    };
    let all = world.ok(&alice, "ListMultipartUploads", json!({ "Bucket": "lake" }));
    let in_order = [("a", &ids[1]), ("a", &ids[2]), ("b", &ids[0])];
    let in_order = in_order.map(|(key, id)| (key.to_owned(), id.clone()));
    assert_eq!(keys_and_ids(&all), in_order);
    let page =
        world.ok(&alice, "ListMultipartUploads", json!({ "Bucket": "lake", "MaxUploads": 1 }));
    assert_eq!(keys_and_ids(&page), in_order[..1]);
    let rest = world.ok(
        &alice,
        "ListMultipartUploads",
        json!({
            "Bucket": "lake", "KeyMarker": page["NextKeyMarker"],
            "UploadIdMarker": page["NextUploadIdMarker"],
        }),
    );
    assert_eq!(keys_and_ids(&rest), in_order[1..]);
    let behind = json!({ "Bucket": "lake", "KeyMarker": "a" });
    assert_eq!(keys_and_ids(&world.ok(&alice, "ListMultipartUploads", behind)), in_order[2..]);
    let input = json!({ "Bucket": "lake", "Key": "b", "UploadId": ids[0], "PartNumber": 1 });
    world.upload(&alice, "UploadPart", input, &[b'x'; 5_000]).unwrap();
    assert_eq!(world.blob_files(), 1);
    let one = json!({ "Bucket": "lake", "Key": "b", "UploadId": ids[0] });
    world.ok(&alice, "AbortMultipartUpload", one.clone());
    assert_eq!(world.refused(&alice, "ListParts", one), "NoSuchUpload 404");
    assert_eq!(world.blob_files(), 0);
    world.ok(&alice, "DeleteBucket", json!({ "Bucket": "lake" }));
}
