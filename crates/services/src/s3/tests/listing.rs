use super::*;

fn names(answer: &Value, list: &str, member: &str) -> Vec<String> {
    let entries = answer[list].as_array().unwrap();
    entries.iter().map(|entry| entry[member].as_str().unwrap().to_owned()).collect()
}

/// Keys and common prefixes of a listing, page by page.
fn pages(world: &World, who: &Principal, input: &Value) -> Vec<(Vec<String>, Vec<String>)> {
    let mut input = input.clone();
    let mut pages = Vec::new();
    loop {
        let answer = world.ok(who, "ListObjectsV2", input.clone());
        let page = (names(&answer, "Contents", "Key"), names(&answer, "CommonPrefixes", "Prefix"));
        assert_eq!(answer["KeyCount"], page.0.len() + page.1.len());
        pages.push(page);
        if answer["IsTruncated"] != true {
            assert_eq!(answer["NextContinuationToken"], Value::Null);
            return pages;
        }
        input["ContinuationToken"] = answer["NextContinuationToken"].clone();
    }
}

fn filled() -> (World, Principal) {
    let (world, alice) = world_with_bucket();
    for key in ["asdf", "boo/bar", "boo/baz/xyzzy", "cquux/bla", "cquux/thud", "é", "z/\u{10ffff}x"]
    {
        world.put(&alice, key, b"x");
    }
    (world, alice)
}

#[test]
fn delimiters_prefixes_and_pages() {
    let (world, alice) = filled();
    let check = |more: Value, expected: &[(&[&str], &[&str])]| {
        let mut input = json!({ "Bucket": "lake" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let pages = pages(&world, &alice, &input);
        let pages: Vec<(Vec<&str>, Vec<&str>)> = pages
            .iter()
            .map(|(keys, prefixes)| {
                (
                    keys.iter().map(String::as_str).collect(),
                    prefixes.iter().map(String::as_str).collect(),
                )
            })
            .collect();
        let expected: Vec<(Vec<&str>, Vec<&str>)> =
            expected.iter().map(|(keys, prefixes)| (keys.to_vec(), prefixes.to_vec())).collect();
        assert_eq!(pages, expected, "{more}");
    };
    check(json!({ "Delimiter": "/" }), &[(&["asdf", "é"], &["boo/", "cquux/", "z/"])]);
    check(
        json!({ "Delimiter": "/", "MaxKeys": 1 }),
        &[(&["asdf"], &[]), (&[], &["boo/"]), (&[], &["cquux/"]), (&[], &["z/"]), (&["é"], &[])],
    );
    check(json!({ "Delimiter": "/", "Prefix": "boo/" }), &[(&["boo/bar"], &["boo/baz/"])]);
    check(
        json!({ "Prefix": "boo/", "MaxKeys": 1 }),
        &[(&["boo/bar"], &[]), (&["boo/baz/xyzzy"], &[])],
    );
    check(json!({ "StartAfter": "boo/bar", "Prefix": "boo/" }), &[(&["boo/baz/xyzzy"], &[])]);
    check(json!({ "StartAfter": "boo/", "Delimiter": "/", "Prefix": "b" }), &[(&[], &[])]);
    check(json!({ "Prefix": "nothing" }), &[(&[], &[])]);
    check(json!({ "MaxKeys": 0 }), &[(&[], &[])]);
    check(json!({ "Delimiter": "quux" , "Prefix": "c" }), &[(&[], &["cquux"])]);
}

#[test]
fn a_prefix_of_many_keys_is_one_entry() {
    let (world, alice) = world_with_bucket();
    // More than one batch beneath the prefix, so that the walk has to jump.
    let staged: Vec<_> = (0..1_200)
        .map(|n| {
            let input = json!({ "Bucket": "lake", "Key": format!("many/{n:04}") });
            world.stage(&alice, "PutObject", input, b"").unwrap()
        })
        .collect();
    world.commit(&alice, staged).unwrap();
    world.put(&alice, "zeta", b"");
    let all = pages(&world, &alice, &json!({ "Bucket": "lake", "Delimiter": "/" }));
    assert_eq!(all, [(vec!["zeta".to_owned()], vec!["many/".to_owned()])]);
    let flat = pages(&world, &alice, &json!({ "Bucket": "lake" }));
    assert_eq!(flat.iter().map(|page| page.0.len()).collect::<Vec<_>>(), [1_000, 201]);
    let input = json!({ "Bucket": "lake", "Delimiter": "/", "Marker": "many/" });
    let first = world.ok(&alice, "ListObjects", input);
    assert_eq!(names(&first, "Contents", "Key"), ["zeta"]);
    assert_eq!(names(&first, "CommonPrefixes", "Prefix"), [""; 0]);
}

#[test]
fn members_of_the_answers() {
    let (world, alice) = filled();
    let input = json!({ "Bucket": "lake", "MaxKeys": 1 });
    let v2 = world.ok(&alice, "ListObjectsV2", input.clone());
    let entry = &v2["Contents"][0];
    assert_eq!(entry["Size"], 1);
    assert_eq!(entry["StorageClass"], "STANDARD");
    assert_eq!(entry["LastModified"], 1_800_000_000);
    assert_eq!(entry["ETag"], "\"9dd4e461268c8034f5c8564e155c67a6\"");
    assert_eq!(entry["Owner"], Value::Null);
    let v1 = world.ok(&alice, "ListObjects", input);
    assert_eq!(v1["Contents"][0]["Owner"]["ID"].as_str().unwrap().len(), 64);
    assert_eq!((&v1["IsTruncated"], &v1["NextMarker"]), (&json!(true), &Value::Null));
    let url = json!({ "Bucket": "lake", "Prefix": "é", "EncodingType": "url" });
    let url = world.ok(&alice, "ListObjectsV2", url);
    assert_eq!((&url["Contents"][0]["Key"], &url["Prefix"]), (&json!("%C3%A9"), &json!("%C3%A9")));
    let versions =
        world.ok(&alice, "ListObjectVersions", json!({ "Bucket": "lake", "Prefix": "a" }));
    assert_eq!(versions["Versions"][0]["VersionId"], "null");
    for (more, expected) in [
        (json!({ "MaxKeys": -1 }), "InvalidArgument 400"),
        (json!({ "ContinuationToken": "!" }), "InvalidArgument 400"),
        (json!({ "EncodingType": "x" }), "InvalidArgument 400"),
    ] {
        let mut input = json!({ "Bucket": "lake" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(world.refused(&alice, "ListObjectsV2", input), expected);
    }
}
