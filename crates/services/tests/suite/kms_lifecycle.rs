//! Keys through time and space: rotation, deletion, imported material, other Regions, policies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, document};

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "kms", operation, input)
}

fn told(world: &World, operation: &str, input: Value) -> String {
    let told = world.told(&world.admin("prod"), "kms", operation, input.clone());
    match input["KeyId"].as_str() {
        Some(key) => told.replace(key, "KEY"),
        None => told,
    }
}

fn make(world: &World, input: Value) -> String {
    let made = ok(world, "CreateKey", input);
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

fn state(world: &World, key: &str) -> String {
    let described = ok(world, "DescribeKey", json!({ "KeyId": key }));
    described["KeyMetadata"]["KeyState"].as_str().unwrap().to_owned()
}

fn encrypt(world: &World, caller: &Caller, key: &str) -> Value {
    let input = json!({ "KeyId": key, "Plaintext": "AAEC" });
    world.ok(caller, "kms", "Encrypt", input)["CiphertextBlob"].clone()
}

fn days(count: i64) -> Duration {
    Duration::days(count)
}

#[test]
fn a_key_rotates_by_the_clock_and_old_ciphertexts_still_open() {
    let world = World::new();
    let admin = world.admin("prod");
    let key = make(&world, json!({}));
    let rotations = |all: &str| {
        let input = json!({ "KeyId": key, "IncludeKeyMaterial": all });
        ok(&world, "ListKeyRotations", input)["Rotations"].as_array().unwrap().clone()
    };
    let first = encrypt(&world, &admin, &key);
    ok(&world, "EnableKeyRotation", json!({ "KeyId": key, "RotationPeriodInDays": 90 }));
    let status = ok(&world, "GetKeyRotationStatus", json!({ "KeyId": key }));
    assert_eq!(
        (&status["KeyRotationEnabled"], &status["RotationPeriodInDays"]),
        (&json!(true), &json!(90))
    );
    world.advance(days(89));
    assert_eq!(rotations("ROTATIONS_ONLY").len(), 0);
    world.advance(days(1));
    let seen = rotations("ROTATIONS_ONLY");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["RotationType"], "AUTOMATIC");
    ok(&world, "RotateKeyOnDemand", json!({ "KeyId": key }));
    world.advance(days(90));
    let states: Vec<_> = rotations("ALL_KEY_MATERIAL")
        .into_iter()
        .map(|entry| entry["KeyMaterialState"].clone())
        .collect();
    assert_eq!(json!(states), json!(["NON_CURRENT", "NON_CURRENT", "NON_CURRENT", "CURRENT"]));
    let opened = |sealed: &Value| ok(&world, "Decrypt", json!({ "CiphertextBlob": sealed }));
    let (old, new) = (opened(&first), opened(&encrypt(&world, &admin, &key)));
    assert_eq!((&old["Plaintext"], &new["Plaintext"]), (&json!("AAEC"), &json!("AAEC")));
    assert_ne!(old["KeyMaterialId"], new["KeyMaterialId"]);
    let current = ok(&world, "DescribeKey", json!({ "KeyId": key }));
    assert_eq!(current["KeyMetadata"]["CurrentKeyMaterialId"], new["KeyMaterialId"]);
    // A disabled key waits, and rotates once it is enabled again.
    ok(&world, "DisableKey", json!({ "KeyId": key }));
    world.advance(days(200));
    assert_eq!(rotations("ROTATIONS_ONLY").len(), 3);
    ok(&world, "EnableKey", json!({ "KeyId": key }));
    world.advance(Duration::seconds(1));
    assert_eq!(rotations("ROTATIONS_ONLY").len(), 4);
    ok(&world, "DisableKeyRotation", json!({ "KeyId": key }));
    world.advance(days(400));
    assert_eq!(rotations("ROTATIONS_ONLY").len(), 4);
}

#[test]
fn on_demand_rotations_are_counted() {
    let world = World::new();
    let key = make(&world, json!({}));
    let by_id = json!({ "KeyId": key });
    for _ in 0..25 {
        ok(&world, "RotateKeyOnDemand", by_id.clone());
    }
    let told = told(&world, "RotateKeyOnDemand", by_id);
    assert_eq!(told, "400 LimitExceededException: The key has been rotated on demand 25 times.");
}

#[test]
fn deletion_takes_aliases_and_grants_along() {
    let world = World::new();
    let admin = world.admin("prod");
    let key = make(&world, json!({}));
    ok(&world, "CreateAlias", json!({ "AliasName": "alias/gone", "TargetKeyId": key }));
    let grant = json!({
        "KeyId": key, "GranteePrincipal": "arn:aws:iam::111111111111:root",
        "RetiringPrincipal": "arn:aws:iam::111111111111:root", "Operations": ["Encrypt"],
    });
    ok(&world, "CreateGrant", grant);
    let sealed = encrypt(&world, &admin, &key);
    ok(&world, "ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 }));
    let pending = "400 KMSInvalidStateException: KEY is pending deletion.";
    for (operation, more) in [
        ("Encrypt", json!({ "Plaintext": "AAEC" })),
        ("EnableKey", json!({})),
        ("DisableKey", json!({})),
        ("EnableKeyRotation", json!({})),
        ("UpdateKeyDescription", json!({ "Description": "x" })),
        ("ScheduleKeyDeletion", json!({})),
        ("TagResource", json!({ "Tags": [{ "TagKey": "a", "TagValue": "b" }] })),
    ] {
        let mut input = json!({ "KeyId": key });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(told(&world, operation, input), pending, "{operation}");
    }
    world.advance(days(7));
    assert_eq!(ok(&world, "ListAliases", json!({}))["Aliases"], json!([]));
    let retirable = json!({ "RetiringPrincipal": "arn:aws:iam::111111111111:root" });
    assert_eq!(ok(&world, "ListRetirableGrants", retirable)["Grants"], json!([]));
    check(
        [
            told(&world, "DescribeKey", json!({ "KeyId": key })),
            told(&world, "Decrypt", json!({ "CiphertextBlob": sealed })),
        ]
        .join("\n"),
        expect![[r#"
            400 NotFoundException: Key 'KEY' does not exist
            400 AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."#]],
    );
}

#[test]
fn related_keys_open_each_others_ciphertexts() {
    let world = World::new();
    let here = world.admin("prod");
    let there = here.in_region("eu-west-1");
    let key = make(&world, json!({ "MultiRegion": true }));
    let id = key.rsplit('/').next().unwrap();
    assert!(id.starts_with("mrk-"), "{id}");
    let replicate = json!({ "KeyId": key, "ReplicaRegion": "eu-west-1" });
    let made = ok(&world, "ReplicateKey", replicate.clone());
    let replica = made["ReplicaKeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    assert_eq!(replica, key.replace("us-east-1", "eu-west-1"));
    assert!(told(&world, "ReplicateKey", replicate).starts_with("400 AlreadyExistsException: "));
    let by_here = encrypt(&world, &here, &key);
    let opened = world.ok(&there, "kms", "Decrypt", json!({ "CiphertextBlob": by_here }));
    assert_eq!((&opened["Plaintext"], &opened["KeyId"]), (&json!("AAEC"), &json!(replica)));
    // They rotate together, by the primary key.
    let rotated = world.told(&there, "kms", "RotateKeyOnDemand", json!({ "KeyId": replica }));
    assert!(rotated.starts_with("400 UnsupportedOperationException: "), "{rotated}");
    ok(&world, "RotateKeyOnDemand", json!({ "KeyId": key }));
    let by_there = encrypt(&world, &there, &replica);
    assert_eq!(ok(&world, "Decrypt", json!({ "CiphertextBlob": by_there }))["Plaintext"], "AAEC");
    // A key that is not related has no say elsewhere.
    let alone = encrypt(&world, &here, &make(&world, json!({})));
    let told = world.told(&there, "kms", "Decrypt", json!({ "CiphertextBlob": alone }));
    assert!(told.starts_with("400 AccessDeniedException: The ciphertext refers to"), "{told}");
}

#[test]
fn the_primary_key_changes_and_goes_last() {
    let world = World::new();
    let there = world.admin("prod").in_region("eu-west-1");
    let key = make(&world, json!({ "MultiRegion": true }));
    let replica = key.replace("us-east-1", "eu-west-1");
    ok(&world, "ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": "eu-west-1" }));
    ok(&world, "UpdatePrimaryRegion", json!({ "KeyId": key, "PrimaryRegion": "eu-west-1" }));
    let described = ok(&world, "DescribeKey", json!({ "KeyId": key }));
    assert_eq!(
        described["KeyMetadata"]["MultiRegionConfiguration"],
        json!({
            "MultiRegionKeyType": "REPLICA",
            "PrimaryKey": { "Arn": replica, "Region": "eu-west-1" },
            "ReplicaKeys": [{ "Arn": key, "Region": "us-east-1" }],
        })
    );
    let schedule = |caller: &Caller, key: &str| {
        let input = json!({ "KeyId": key, "PendingWindowInDays": 7 });
        world.ok(caller, "kms", "ScheduleKeyDeletion", input)["KeyState"].clone()
    };
    assert_eq!(schedule(&there, &replica), "PendingReplicaDeletion");
    world.advance(days(100));
    let state = |caller: &Caller, key: &str| {
        let told = world.call(caller, "kms", "DescribeKey", json!({ "KeyId": key }));
        told.map_or_else(|e| e.code, |d| d["KeyMetadata"]["KeyState"].as_str().unwrap().to_owned())
    };
    assert_eq!(state(&there, &replica), "PendingReplicaDeletion");
    let here = world.admin("prod");
    assert_eq!(schedule(&here, &key), "PendingDeletion");
    world.advance(days(7));
    assert_eq!(state(&here, &key), "NotFoundException");
    assert_eq!(state(&there, &replica), "PendingDeletion");
    world.advance(days(7));
    assert_eq!(state(&there, &replica), "NotFoundException");
}

/// Asks for a wrapping key and imports material under it.
fn import(world: &World, key: &str, material: &[u8], more: Value) -> String {
    let asked = json!({
        "KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048",
    });
    let parameters = ok(world, "GetParametersForImport", asked);
    let public = parameters["PublicKey"].as_str().unwrap();
    let mut input = json!({
        "KeyId": key, "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": crate::wrapping::oaep_sha256(public, material),
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    told(world, "ImportKeyMaterial", input)
}

#[test]
fn imported_material_is_the_keys_own_until_it_expires() {
    let world = World::new();
    let admin = world.admin("prod");
    let key = make(&world, json!({ "Origin": "EXTERNAL" }));
    assert_eq!(state(&world, &key), "PendingImport");
    let refused = told(&world, "Encrypt", json!({ "KeyId": key, "Plaintext": "AAEC" }));
    assert_eq!(refused, "400 KMSInvalidStateException: KEY is pending import.");
    let until = world.gateway().world().now().timestamp() + 3_600;
    let expiring = json!({ "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": until });
    assert_eq!(import(&world, &key, &[7; 32], expiring), "ok");
    let described = ok(&world, "DescribeKey", json!({ "KeyId": key }))["KeyMetadata"].clone();
    assert_eq!(described["ExpirationModel"], "KEY_MATERIAL_EXPIRES");
    let sealed = encrypt(&world, &admin, &key);
    world.advance(Duration::hours(1));
    assert_eq!(state(&world, &key), "PendingImport");
    // Only the same material comes back.
    let other = import(&world, &key, &[8; 32], json!({}));
    assert!(other.starts_with("400 IncorrectKeyMaterialException: "), "{other}");
    assert_eq!(import(&world, &key, &[7; 32], json!({})), "ok");
    assert_eq!(ok(&world, "Decrypt", json!({ "CiphertextBlob": sealed }))["Plaintext"], "AAEC");
    ok(&world, "DeleteImportedKeyMaterial", json!({ "KeyId": key }));
    assert_eq!(state(&world, &key), "PendingImport");
    let short = import(&world, &key, &[7; 16], json!({}));
    assert_eq!(short, "400 InvalidCiphertextException: ");
    let dateless = json!({ "ExpirationModel": null });
    check(
        import(&world, &key, &[7; 32], dateless),
        expect![
            "400 ValidationException: A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
        ],
    );
}

#[test]
fn a_token_is_for_one_key_and_one_day() {
    let world = World::new();
    let keys = [(); 2].map(|()| make(&world, json!({ "Origin": "EXTERNAL" })));
    let asked = json!({
        "KeyId": keys[0], "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048",
    });
    let parameters = ok(&world, "GetParametersForImport", asked);
    let sealed = crate::wrapping::oaep_sha256(parameters["PublicKey"].as_str().unwrap(), &[7; 32]);
    let import = |key: &str, token: &Value| {
        let input = json!({
            "KeyId": key, "ImportToken": token, "EncryptedKeyMaterial": sealed,
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        });
        told(&world, "ImportKeyMaterial", input)
    };
    let token = &parameters["ImportToken"];
    assert_eq!(import(&keys[1], token), "400 InvalidImportTokenException: ");
    assert_eq!(import(&keys[0], &json!("AAEC")), "400 InvalidImportTokenException: ");
    world.advance(Duration::hours(24));
    assert_eq!(import(&keys[0], token), "400 ExpiredImportTokenException: ");
    let own = json!({
        "KeyId": make(&world, json!({})), "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
        "WrappingKeySpec": "RSA_2048",
    });
    check(
        told(&world, "GetParametersForImport", own),
        expect![
            "400 UnsupportedOperationException: KEY origin is AWS_KMS which is not valid for this operation."
        ],
    );
}

#[test]
fn an_imported_hmac_key_makes_the_macs_that_its_owner_makes() {
    let world = World::new();
    let key = make(
        &world,
        json!({
            "Origin": "EXTERNAL", "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC",
        }),
    );
    assert_eq!(import(&world, &key, &[9; 32], json!({})), "ok");
    let message = json!({ "KeyId": key, "Message": "AAEC", "MacAlgorithm": "HMAC_SHA_256" });
    let mac = ok(&world, "GenerateMac", message)["Mac"].clone();
    let own =
        ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[9; 32]), &[0, 1, 2]);
    assert_eq!(mac, STANDARD.encode(own.as_ref()));
}

#[test]
fn imported_material_rotates_to_what_waits() {
    let world = World::new();
    let admin = world.admin("prod");
    let key = make(&world, json!({ "Origin": "EXTERNAL" }));
    let by_id = json!({ "KeyId": key });
    assert_eq!(import(&world, &key, &[1; 32], json!({})), "ok");
    let nothing = told(&world, "RotateKeyOnDemand", by_id.clone());
    assert!(nothing.starts_with("400 KMSInvalidStateException: "), "{nothing}");
    let old = encrypt(&world, &admin, &key);
    assert_eq!(import(&world, &key, &[2; 32], json!({ "ImportType": "NEW_KEY_MATERIAL" })), "ok");
    let states = || {
        let input = json!({ "KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
        let listed = ok(&world, "ListKeyRotations", input)["Rotations"].clone();
        let states = listed.as_array().unwrap().iter().map(|e| e["KeyMaterialState"].clone());
        json!(states.collect::<Vec<_>>())
    };
    assert_eq!(states(), json!(["CURRENT", "PENDING_ROTATION"]));
    ok(&world, "RotateKeyOnDemand", by_id);
    assert_eq!(states(), json!(["NON_CURRENT", "CURRENT"]));
    assert_eq!(ok(&world, "Decrypt", json!({ "CiphertextBlob": old }))["Plaintext"], "AAEC");
}

#[test]
fn nobody_locks_himself_out_without_saying_so() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["kms:*"], &["*"])]);
    let statement = |principal: &str| {
        json!({
            "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:*",
            "Resource": "*",
        })
    };
    let others = document(&[statement("arn:aws:iam::111111111111:user/admin")]);
    let own = document(&[statement("arn:aws:iam::111111111111:user/ann")]);
    let nobodys = document(&[statement("arn:aws:iam::111111111111:user/nobody")]);
    let create = |policy: &str, bypass: bool| {
        let input = json!({ "Policy": policy, "BypassPolicyLockoutSafetyCheck": bypass });
        world.told(&ann, "kms", "CreateKey", input)
    };
    let key = make(&world, json!({}));
    let put = |policy: &str| {
        let input = json!({ "KeyId": key, "Policy": policy });
        world.told(&ann, "kms", "PutKeyPolicy", input)
    };
    check(
        [create(&others, false), create(&nobodys, true), put(&others), put(&nobodys)].join("\n"),
        expect![[r#"
            400 MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.
            400 MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.
            400 MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.
            400 MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals."#]],
    );
    assert_eq!([create(&others, true), create(&own, false), put(&own)], ["ok", "ok", "ok"]);
    let long = own.replacen('{', &format!("{{{}", " ".repeat(32_768)), 1);
    assert_eq!(put(&long), "400 LimitExceededException: A key policy has at most 32768 bytes.");
}
