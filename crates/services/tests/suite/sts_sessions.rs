//! GetSessionToken and GetFederationToken: what such sessions may do, and what no policy gives
//! them.

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, document};

/// A user of prod who may do everything, and a session of that user.
fn session(world: &World) -> (Caller, Caller) {
    let ann = world.user("prod", "ann", &[allow(&["*"], &["*"])]);
    let answer = world.ok(&ann, "sts", "GetSessionToken", json!({}));
    let session = Caller::of(&answer["Credentials"]);
    (ann, session)
}

fn federated(world: &World, user: &Caller, more: Value) -> Result<Caller, String> {
    let mut input = json!({ "Name": "bob" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = world.call(user, "sts", "GetFederationToken", input).map_err(|e| e.to_string())?;
    Ok(Caller::of(&answer["Credentials"]))
}

#[test]
fn sessions_of_users_may_not_call_everything() {
    let world = World::new();
    let (ann, session) = session(&world);
    let role = world.role("prod", "target", &testkit::trusting(&["111111111111"]), &[]);
    let assume = json!({ "RoleArn": role, "RoleSessionName": "job" });
    let key = json!({ "AccessKeyId": "ASIAQNZGKIQY56JQ7WML" });
    let federated = federated(
        &world,
        &ann,
        json!({
            "Policy": document(&[allow(&["*"], &["*"])]),
        }),
    );
    let federated = federated.unwrap();
    let mut told = Vec::new();
    for caller in [&session, &federated] {
        for (service, operation, input) in [
            ("s3", "ListBuckets", json!({})),
            ("iam", "ListUsers", json!({})),
            ("sts", "GetCallerIdentity", json!({})),
            ("sts", "AssumeRole", assume.clone()),
            ("sts", "GetSessionToken", json!({})),
            ("sts", "GetFederationToken", json!({ "Name": "eve" })),
            ("sts", "GetAccessKeyInfo", key.clone()),
        ] {
            told.push(format!("{operation} {}", world.told(caller, service, operation, input)));
        }
    }
    check(
        told.join("\n"),
        expect![[r#"
        ListBuckets ok
        ListUsers 403 InvalidClientTokenId: The security token included in the request is invalid
        GetCallerIdentity ok
        AssumeRole ok
        GetSessionToken 403 AccessDenied: Cannot call GetSessionToken with session credentials
        GetFederationToken 403 AccessDenied: Cannot call GetFederationToken with session credentials
        GetAccessKeyInfo 403 AccessDenied: Cannot call GetAccessKeyInfo with session credentials
        ListBuckets ok
        ListUsers 403 InvalidClientTokenId: The security token included in the request is invalid
        GetCallerIdentity ok
        AssumeRole 403 AccessDenied: Cannot call AssumeRole with session credentials
        GetSessionToken 403 AccessDenied: Cannot call GetSessionToken with session credentials
        GetFederationToken 403 AccessDenied: Cannot call GetFederationToken with session credentials
        GetAccessKeyInfo 403 AccessDenied: Cannot call GetAccessKeyInfo with session credentials"#]],
    );
}

#[test]
fn a_federated_session_is_the_user_cut_by_the_policy() {
    let world = World::new();
    let may = [allow(&["s3:ListAllMyBuckets", "kms:ListKeys", "sts:*"], &["*"])];
    let ann = world.user("prod", "ann", &may);
    let cut = document(&[allow(&["kms:ListKeys", "redshift:DescribeClusters"], &["*"])]);
    let session = federated(&world, &ann, json!({ "Policy": cut })).unwrap();
    let identity = world.ok(&session, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(identity["Arn"], "arn:aws:sts::111111111111:federated-user/bob");
    assert_eq!(identity["UserId"], "111111111111:bob");
    let told = [
        world.told(&session, "kms", "ListKeys", json!({})),
        world.told(&session, "s3", "ListBuckets", json!({})),
        world.told(&session, "redshift", "DescribeClusters", json!({})),
    ];
    check(
        told.join("\n"),
        expect![[r#"
        ok
        403 AccessDenied: User: arn:aws:sts::111111111111:federated-user/bob is not authorized to perform: s3:ListAllMyBuckets on resource: "*" because no session policy allows the s3:ListAllMyBuckets action
        403 AccessDenied: User: arn:aws:sts::111111111111:federated-user/bob is not authorized to perform: redshift:DescribeClusters on resource: arn:aws:redshift:us-east-1:111111111111:cluster:* because no identity-based policy allows the redshift:DescribeClusters action"#]],
    );
    let record = world.trail("prod").pop().unwrap();
    let who = &record["userIdentity"];
    assert_eq!(who["type"], "FederatedUser");
    assert_eq!(who["sessionContext"]["sessionIssuer"]["userName"], "ann");
}

#[test]
fn without_a_policy_only_resources_that_name_the_session_open() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["*"], &["*"])]);
    let admin = world.admin("prod");
    world.ok(&admin, "s3", "CreateBucket", json!({ "Bucket": "lake" }));
    let session = federated(&world, &ann, json!({})).unwrap();
    let list = || world.told(&session, "s3", "ListObjectsV2", json!({ "Bucket": "lake" }));
    assert!(list().starts_with("403 AccessDenied"), "{}", list());
    let open_to = |principal: &str| {
        let policy = document(&[json!({
            "Effect": "Allow", "Principal": { "AWS": principal },
            "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake",
        })]);
        let put = json!({ "Bucket": "lake", "Policy": policy });
        world.ok(&admin, "s3", "PutBucketPolicy", put);
    };
    open_to("arn:aws:sts::111111111111:federated-user/eve");
    assert!(list().starts_with("403 AccessDenied"));
    open_to("arn:aws:sts::111111111111:federated-user/bob");
    assert_eq!(list(), "ok");
    // The user who federated, named by a policy, is known although policies keep unique ids; the
    // session's own policies limit such a grant.
    open_to("arn:aws:iam::111111111111:user/ann");
    let cut = document(&[allow(&["s3:ListBucket"], &["*"])]);
    let narrow = federated(&world, &ann, json!({ "Policy": cut })).unwrap();
    assert_eq!(world.told(&narrow, "s3", "ListObjectsV2", json!({ "Bucket": "lake" })), "ok");
}

#[test]
fn tags_and_length_of_a_federated_session() {
    let world = World::new();
    let federate = allow(&["sts:GetFederationToken"], &["*"]);
    let tag = allow(&["sts:TagSession"], &["*"]);
    let by_tag = json!({
        "Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*",
        "Condition": { "StringEquals": { "aws:PrincipalTag/team": "red" } },
    });
    let ann = world.user("prod", "ann", &[federate.clone(), by_tag.clone()]);
    let cut = document(&[allow(&["*"], &["*"])]);
    let red = json!({ "Policy": cut, "Tags": [{ "Key": "team", "Value": "red" }] });
    let refused = federated(&world, &ann, red.clone()).unwrap_err();
    assert!(refused.contains("sts:TagSession"), "{refused}");
    let bob = world.user("prod", "bob", &[federate, tag, by_tag]);
    let session = federated(&world, &bob, red).unwrap();
    assert_eq!(world.told(&session, "kms", "ListKeys", json!({})), "ok");
    let plain = federated(&world, &bob, json!({ "Policy": cut })).unwrap();
    assert_ne!(world.told(&plain, "kms", "ListKeys", json!({})), "ok");
    world.advance(Duration::hours(12));
    let told = world.told(&session, "sts", "GetCallerIdentity", json!({}));
    assert!(told.starts_with("403 ExpiredToken"), "{told}");
    for seconds in [899, 129_601] {
        let more = json!({ "DurationSeconds": seconds });
        let refused = federated(&world, &bob, more).unwrap_err();
        assert!(refused.contains("durationSeconds"), "{refused}");
    }
}

#[test]
fn a_session_ends_with_its_user() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["*"], &["*"])]);
    let session = federated(&world, &ann, json!({})).unwrap();
    let admin = world.admin("prod");
    let key = json!({ "UserName": "ann", "AccessKeyId": ann.credentials.access_key_id });
    world.ok(&admin, "iam", "DeleteAccessKey", key);
    let inline = json!({ "UserName": "ann", "PolicyName": "permissions" });
    world.ok(&admin, "iam", "DeleteUserPolicy", inline);
    world.ok(&admin, "iam", "DeleteUser", json!({ "UserName": "ann" }));
    let told = world.told(&session, "sts", "GetCallerIdentity", json!({}));
    assert!(told.starts_with("403 InvalidClientTokenId"), "{told}");
}

/// A virtual device for the user `name`, whose codes the answered function shows.
fn device(world: &World, name: &str) -> (String, impl Fn() -> String) {
    let admin = world.admin("prod");
    let made = json!({ "VirtualMFADeviceName": name });
    let made = world.ok(&admin, "iam", "CreateVirtualMFADevice", made)["VirtualMFADevice"].clone();
    let seed = decoded(made["Base32StringSeed"].as_str().unwrap());
    let serial = made["SerialNumber"].as_str().unwrap().to_owned();
    let gateway = world.gateway().clone();
    let code_at = move |seconds: i64| {
        let step = (gateway.world().now().timestamp() + seconds) / 30;
        code(&seed, u64::try_from(step).unwrap())
    };
    let enable = json!({
        "UserName": name, "SerialNumber": serial,
        "AuthenticationCode1": code_at(-30), "AuthenticationCode2": code_at(0),
    });
    world.ok(&admin, "iam", "EnableMFADevice", enable);
    (serial, move || code_at(0))
}

/// The seed: base 32 (RFC 4648) inside base 64, as the answer has it.
fn decoded(seed: &str) -> Vec<u8> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.decode(seed).unwrap();
    let digit = |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|k| *k == c).unwrap();
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for c in text.into_iter().filter(|c| *c != b'=') {
        held = held << 5 | u32::try_from(digit(c)).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 255).unwrap());
        }
    }
    bytes
}

/// RFC 4226, section 5.3.
fn code(seed: &[u8], step: u64) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let tag = ring::hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let word = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

#[test]
fn a_code_opens_what_asks_for_mfa() {
    let world = World::new();
    let guarded = json!({
        "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*",
        "Condition": {
            "Bool": { "aws:MultiFactorAuthPresent": "true" },
            "NumericLessThan": { "aws:MultiFactorAuthAge": "300" },
        },
    });
    let ann = world.user("prod", "ann", &[guarded, allow(&["sts:*"], &["*"])]);
    let (serial, code) = device(&world, "ann");
    let get = |more: Value| world.call(&ann, "sts", "GetSessionToken", more);
    let with = |code: &str| json!({ "SerialNumber": serial, "TokenCode": code });
    let answer = get(with(&code())).unwrap();
    let session = Caller::of(&answer["Credentials"]);
    assert_eq!(world.told(&session, "iam", "ListUsers", json!({})), "ok");
    world.advance(Duration::seconds(300));
    let told = world.told(&session, "iam", "ListUsers", json!({}));
    assert!(told.starts_with("403 AccessDenied"), "{told}");
    let wrong = if code() == "123456" { "654321" } else { "123456" };
    let told = [
        get(with(wrong)).unwrap_err().to_string(),
        get(json!({ "TokenCode": "123456" })).unwrap_err().to_string(),
        get(json!({ "SerialNumber": "arn:aws:iam::111111111111:mfa/none", "TokenCode": "123456" }))
            .unwrap_err()
            .to_string(),
    ];
    check(
        told.join("\n"),
        expect![[r#"
        AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. 
        AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.
        AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."#]],
    );
}

#[test]
fn a_trust_policy_may_ask_for_mfa_and_the_session_does_not_carry_it() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["*"], &["*"])]);
    let (serial, code) = device(&world, "ann");
    let trust = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "111111111111" }, "Action": "sts:AssumeRole",
        "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } },
    })]);
    let role = world.role("prod", "guarded", &trust, &[allow(&["*"], &["*"])]);
    let assume = |more: Value| {
        let mut input = json!({ "RoleArn": role, "RoleSessionName": "job" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.call(&ann, "sts", "AssumeRole", input)
    };
    assert_eq!(assume(json!({})).unwrap_err().code, "AccessDenied");
    let answer = assume(json!({ "SerialNumber": serial, "TokenCode": code() })).unwrap();
    let principal = world.principal(&Caller::of(&answer["Credentials"]));
    assert!(!principal.session().unwrap().mfa);
}
