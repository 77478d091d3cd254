//! Keys: who may use them, what opens a ciphertext, and their states by the clock.

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, deny, document};

fn key(world: &World, policy: Option<&str>) -> String {
    let input = policy.map_or_else(|| json!({}), |policy| json!({ "Policy": policy }));
    let made = world.ok(&world.admin("prod"), "kms", "CreateKey", input);
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

fn encrypt(world: &World, caller: &Caller, key: &str) -> String {
    world.told(caller, "kms", "Encrypt", json!({ "KeyId": key, "Plaintext": "AAEC" }))
}

fn key_statement(principal: &str, actions: &[&str]) -> Value {
    json!({
        "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions, "Resource": "*",
    })
}

#[test]
fn key_policy_and_identity_policy_together() {
    let names_account = |id: &str| format!("arn:aws:iam::{id}:root");
    let names_user = |id: &str| format!("arn:aws:iam::{id}:user/ann");
    let names_other = |_: &str| "arn:aws:iam::333333333333:root".to_owned();
    let nothing = || vec![];
    let allows = || vec![allow(&["kms:Encrypt"], &["*"])];
    let denies = || vec![allow(&["kms:*"], &["*"]), deny(&["kms:*"], &["*"])];
    type Names = fn(&str) -> String;
    let rows: [(&str, Names, Vec<Value>, bool, bool); 7] = [
        ("the account, allows", names_account, allows(), true, true),
        ("the account, nothing", names_account, nothing(), false, false),
        ("the user, nothing", names_user, nothing(), true, false),
        ("the user, allows", names_user, allows(), true, true),
        ("somebody else, allows", names_other, allows(), false, false),
        ("the user, denies", names_user, denies(), false, false),
        ("the account, denies", names_account, denies(), false, false),
    ];
    for (row, names, permissions, same, other) in rows {
        let world = World::new();
        for (account, allowed) in [("prod", same), ("dev", other)] {
            let named = names(world.account(account).as_str());
            // The administrator keeps the way in that CreateKey asks for.
            let policy = document(&[
                key_statement("arn:aws:iam::111111111111:user/admin", &["kms:*"]),
                key_statement(&named, &["kms:Encrypt"]),
            ]);
            let ann = world.user(account, "ann", &permissions);
            let key = key(&world, Some(&policy));
            let told = encrypt(&world, &ann, &key);
            assert_eq!(told == "ok", allowed, "{row}, {account}: {told}");
            if !allowed {
                assert!(told.starts_with("400 AccessDeniedException: "), "{row}: {told}");
            }
        }
    }
}

#[test]
fn without_the_account_in_its_policy_not_even_the_root_user_gets_in() {
    let world = World::new();
    let policy = document(&[key_statement("arn:aws:iam::111111111111:user/admin", &["kms:*"])]);
    let key = key(&world, Some(&policy));
    let root = gateway::Principal::Root { account: world.account("prod") };
    let fault = world.inside(root, "kms", "DescribeKey", json!({ "KeyId": key })).unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException");
}

#[test]
fn foreign_principals_use_keys_but_never_manage_them() {
    let world = World::new();
    let everything = document(&[
        key_statement("arn:aws:iam::111111111111:root", &["kms:*"]),
        key_statement("arn:aws:iam::222222222222:root", &["kms:*"]),
    ]);
    let key = key(&world, Some(&everything));
    let dev = world.admin("dev");
    assert_eq!(encrypt(&world, &dev, &key), "ok");
    let by_id = json!({ "KeyId": key });
    assert_eq!(world.told(&dev, "kms", "DescribeKey", by_id.clone()), "ok");
    for (operation, more) in [
        ("GetKeyPolicy", json!({})),
        ("ListKeyPolicies", json!({})),
        ("ListResourceTags", json!({})),
        ("DisableKey", json!({})),
        ("ScheduleKeyDeletion", json!({})),
        ("PutKeyPolicy", json!({ "Policy": everything })),
        ("TagResource", json!({ "Tags": [{ "TagKey": "a", "TagValue": "b" }] })),
    ] {
        let mut input = by_id.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let told = world.told(&dev, "kms", operation, input);
        assert!(told.starts_with("400 AccessDeniedException: "), "{operation}: {told}");
    }
}

#[test]
fn a_key_of_another_account_needs_its_arn() {
    let world = World::new();
    let policy = document(&[
        key_statement("arn:aws:iam::111111111111:root", &["kms:*"]),
        key_statement("arn:aws:iam::222222222222:root", &["kms:*"]),
    ]);
    let key = key(&world, Some(&policy));
    let alias = json!({ "AliasName": "alias/shared", "TargetKeyId": key });
    world.ok(&world.admin("prod"), "kms", "CreateAlias", alias);
    let dev = world.admin("dev");
    let alias_arn = "arn:aws:kms:us-east-1:111111111111:alias/shared";
    assert_eq!(encrypt(&world, &dev, alias_arn), "ok");
    let id = key.rsplit('/').next().unwrap();
    let told = encrypt(&world, &dev, id).replace(id, "ID");
    check(
        [told, encrypt(&world, &dev, "alias/shared")].join("\n"),
        expect![[r#"
            400 NotFoundException: Key 'arn:aws:kms:us-east-1:222222222222:key/ID' does not exist
            400 NotFoundException: Alias arn:aws:kms:us-east-1:222222222222:alias/shared is not found."#]],
    );
}

#[test]
fn the_key_id_is_read_in_awss_words() {
    let world = World::new();
    let admin = world.admin("prod");
    let told: Vec<String> = [
        "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555",
        "fake-key-id",
        "arn:aws:kms:us-west-2:111111111111:key/11111111-2222-3333-4444-555555555555",
        "alias/none",
    ]
    .into_iter()
    .map(|key| encrypt(&world, &admin, key))
    .collect();
    check(
        told.join("\n"),
        expect![[r#"
        400 NotFoundException: Key 'arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555' does not exist
        400 NotFoundException: Invalid keyId 'fake-key-id'
        400 NotFoundException: Invalid arn us-west-2
        400 NotFoundException: Alias arn:aws:kms:us-east-1:111111111111:alias/none is not found."#]],
    );
}

#[test]
fn only_the_same_context_the_same_key_and_the_same_bytes_open_a_ciphertext() {
    let world = World::new();
    let admin = world.admin("prod");
    let (key, other) = (key(&world, None), key(&world, None));
    let context = json!({ "purpose": "test", "Stage": "one" });
    let sealed = world.ok(
        &admin,
        "kms",
        "Encrypt",
        json!({ "KeyId": key, "Plaintext": "c2VjcmV0", "EncryptionContext": context }),
    )["CiphertextBlob"]
        .as_str()
        .unwrap()
        .to_owned();
    let decrypt = |blob: &str, context: Value, key_id: Option<&str>| {
        let mut input = json!({ "CiphertextBlob": blob, "EncryptionContext": context });
        if let Some(key_id) = key_id {
            input["KeyId"] = key_id.into();
        }
        match world.call(&admin, "kms", "Decrypt", input) {
            Ok(answer) => answer["Plaintext"].as_str().unwrap().to_owned(),
            Err(error) => error.to_string(),
        }
    };
    let same_in_another_order = json!({ "Stage": "one", "purpose": "test" });
    assert_eq!(decrypt(&sealed, same_in_another_order, None), "c2VjcmV0");
    assert_eq!(decrypt(&sealed, context.clone(), Some(&key)), "c2VjcmV0");
    let invalid = "InvalidCiphertextException: ";
    for wrong in [
        json!({}),
        json!({ "purpose": "test" }),
        json!({ "purpose": "test", "stage": "one" }),
        json!({ "purpose": "test", "Stage": "One" }),
        json!({ "purpose": "test", "Stage": "one", "more": "x" }),
    ] {
        assert_eq!(decrypt(&sealed, wrong.clone(), None), invalid, "{wrong}");
    }
    assert_eq!(
        decrypt(&sealed, context.clone(), Some(&other)),
        "IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation."
    );
    // Any changed byte of the sealed part, and garbage.
    let first = if sealed.starts_with('A') { "B" } else { "A" };
    let altered = format!("{first}{}", &sealed[1..]);
    assert_eq!(decrypt(&altered, context.clone(), None), invalid);
    let middle = sealed.len() - 12;
    let flipped = if &sealed[middle..=middle] == "A" { "B" } else { "A" };
    let altered = format!("{}{flipped}{}", &sealed[..middle], &sealed[middle + 1..]);
    assert_eq!(decrypt(&altered, context.clone(), None), invalid);
    assert_eq!(decrypt("AAECAw==", context, None), invalid);
}

#[test]
fn a_data_key_comes_in_clear_and_wrapped() {
    let world = World::new();
    let admin = world.admin("prod");
    let key = key(&world, None);
    for (asked, bytes) in [
        (json!({ "KeySpec": "AES_256" }), 44),
        (json!({ "KeySpec": "AES_128" }), 24),
        (json!({ "NumberOfBytes": 64 }), 88),
    ] {
        let mut input = asked;
        input["KeyId"] = key.clone().into();
        let made = world.ok(&admin, "kms", "GenerateDataKey", input.clone());
        assert_eq!(made["Plaintext"].as_str().unwrap().len(), bytes);
        let opened = json!({ "CiphertextBlob": made["CiphertextBlob"] });
        let opened = world.ok(&admin, "kms", "Decrypt", opened);
        assert_eq!(opened["Plaintext"], made["Plaintext"]);
        let wrapped = world.ok(&admin, "kms", "GenerateDataKeyWithoutPlaintext", input);
        assert!(wrapped.get("Plaintext").is_none());
    }
    let told = |more: Value| {
        let mut input = json!({ "KeyId": key });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.told(&admin, "kms", "GenerateDataKey", input)
    };
    let both = json!({ "KeySpec": "AES_256", "NumberOfBytes": 32 });
    let dry = json!({ "KeySpec": "AES_256", "DryRun": true });
    check(
        [told(json!({})), told(both), told(dry)].join("\n"),
        expect![[r#"
        400 ValidationException: Please specify either number of bytes or key spec.
        400 ValidationException: Please specify either number of bytes or key spec.
        412 DryRunOperationException: The request would have succeeded, but the DryRun option is set."#]],
    );
}

#[test]
fn disabled_then_pending_then_gone() {
    let world = World::new();
    let admin = world.admin("prod");
    let key = key(&world, None);
    let by_id = json!({ "KeyId": key });
    let id = key.rsplit('/').next().unwrap();
    let state = || {
        let told = encrypt(&world, &admin, &key).replace(id, "ID");
        let seen = world.call(&admin, "kms", "DescribeKey", by_id.clone());
        let state = seen.map_or_else(|e| e.code, |k| k["KeyMetadata"]["KeyState"].to_string());
        format!("{state} | {told}")
    };
    let ok = |operation: &str| world.ok(&admin, "kms", operation, by_id.clone());
    let mut story = vec![state()];
    ok("DisableKey");
    story.push(state());
    ok("EnableKey");
    ok("ScheduleKeyDeletion");
    story.push(state());
    story.push(world.told(&admin, "kms", "EnableKey", by_id.clone()).replace(id, "ID"));
    world.advance(Duration::days(29));
    ok("CancelKeyDeletion");
    story.push(state());
    story.push(world.told(&admin, "kms", "CancelKeyDeletion", by_id.clone()).replace(id, "ID"));
    ok("EnableKey");
    let soon = json!({ "KeyId": key, "PendingWindowInDays": 7 });
    world.ok(&admin, "kms", "ScheduleKeyDeletion", soon);
    world.advance(Duration::days(7) - Duration::seconds(1));
    story.push(state());
    world.advance(Duration::seconds(1));
    story.push(state());
    check(
        story.join("\n"),
        expect![[r#"
        "Enabled" | ok
        "Disabled" | 400 DisabledException: arn:aws:kms:us-east-1:111111111111:key/ID is disabled.
        "PendingDeletion" | 400 KMSInvalidStateException: arn:aws:kms:us-east-1:111111111111:key/ID is pending deletion.
        400 KMSInvalidStateException: arn:aws:kms:us-east-1:111111111111:key/ID is pending deletion.
        "Disabled" | 400 DisabledException: arn:aws:kms:us-east-1:111111111111:key/ID is disabled.
        400 KMSInvalidStateException: arn:aws:kms:us-east-1:111111111111:key/ID is not pending deletion.
        "PendingDeletion" | 400 KMSInvalidStateException: arn:aws:kms:us-east-1:111111111111:key/ID is pending deletion.
        NotFoundException | 400 NotFoundException: Key 'arn:aws:kms:us-east-1:111111111111:key/ID' does not exist"#]],
    );
}

#[test]
fn an_alias_needs_permission_on_itself_and_on_the_key() {
    let world = World::new();
    let key = key(&world, None);
    let alias = "arn:aws:kms:us-east-1:111111111111:alias/a";
    let create = |name: &str, resources: &[&str]| {
        let user = world.user("prod", name, &[allow(&["kms:CreateAlias"], resources)]);
        let input = json!({ "AliasName": "alias/a", "TargetKeyId": key });
        world.told(&user, "kms", "CreateAlias", input)
    };
    assert!(create("alias-only", &[alias]).starts_with("400 AccessDeniedException"));
    assert!(create("key-only", &[&key]).starts_with("400 AccessDeniedException"));
    assert_eq!(create("both", &[alias, &key]), "ok");
    check(
        create("again", &[alias, &key]),
        expect![[
            r#"400 AlreadyExistsException: An alias with the name arn:aws:kms:us-east-1:111111111111:alias/a already exists"#
        ]],
    );
    let told = |name: &str| {
        let input = json!({ "AliasName": name, "TargetKeyId": key });
        world.told(&world.admin("prod"), "kms", "CreateAlias", input)
    };
    check(
        [told("a"), told("alias/aws/mine")].join("\n"),
        expect![[r#"
            400 ValidationException: Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
            400 NotAuthorizedException: Alias names with the prefix "alias/aws/" are reserved for AWS."#]],
    );
}

#[test]
fn an_aws_managed_key_serves_its_service_only() {
    let world = World::new();
    let admin = world.admin("prod");
    let named = json!({ "KeyId": "alias/aws/secretsmanager" });
    let described = world.ok(&admin, "kms", "DescribeKey", named);
    assert_eq!(described["KeyMetadata"]["KeyManager"], "AWS");
    let arn = described["KeyMetadata"]["Arn"].as_str().unwrap();
    for told in [
        encrypt(&world, &admin, "alias/aws/secretsmanager"),
        encrypt(&world, &admin, arn),
        world.told(&admin, "kms", "DisableKey", json!({ "KeyId": arn })),
        world.told(&admin, "kms", "ScheduleKeyDeletion", json!({ "KeyId": arn })),
        world.told(&world.admin("dev"), "kms", "DescribeKey", json!({ "KeyId": arn })),
    ] {
        assert!(told.starts_with("400 AccessDeniedException"), "{told}");
    }
}

#[test]
fn a_policy_may_ask_for_an_encryption_context() {
    let world = World::new();
    let key = key(&world, None);
    let mut statement = allow(&["kms:Encrypt"], &["*"]);
    statement["Condition"] = json!({ "StringEquals": { "kms:EncryptionContext:team": "red" } });
    let ann = world.user("prod", "ann", &[statement]);
    let with = |context: Value| {
        let input = json!({ "KeyId": key, "Plaintext": "AAEC", "EncryptionContext": context });
        world.call(&ann, "kms", "Encrypt", input).is_ok()
    };
    assert!(with(json!({ "team": "red" })));
    assert!(!with(json!({ "team": "blue" })));
    assert!(!with(json!({})));
}

#[test]
fn texts_of_refused_tags_and_plaintexts() {
    let world = World::new();
    let admin = world.admin("prod");
    let key = key(&world, None);
    let tag = |tags: Value| {
        world.told(&admin, "kms", "TagResource", json!({ "KeyId": key, "Tags": tags }))
    };
    let one = |name: &str| json!({ "TagKey": name, "TagValue": "x" });
    use base64::Engine as _;
    let long = base64::engine::general_purpose::STANDARD.encode(vec![0; 4_097]);
    let input = json!({ "KeyId": key, "Plaintext": long });
    let told = [
        tag(json!([one("aws:a")])),
        tag(json!([one("a"), one("a")])),
        world.told(&admin, "kms", "Encrypt", input),
    ];
    check(
        told.join("\n"),
        expect![[r#"
        400 TagException: Tags beginning with aws: are reserved
        400 TagException: Duplicate tag keys
        400 ValidationException: 1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096"#]],
    );
}
