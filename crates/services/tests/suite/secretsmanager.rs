//! Secrets: versions and labels, deletion by the clock, and the keys below them.

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, document};

const FIRST: &str = "11111111-1111-1111-1111-111111111111";
const SECOND: &str = "22222222-2222-2222-2222-222222222222";
const THIRD: &str = "33333333-3333-3333-3333-333333333333";

fn create(world: &World, more: Value) -> String {
    let mut input = json!({ "Name": "db", "SecretString": "one", "ClientRequestToken": FIRST });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = world.ok(&world.admin("prod"), "secretsmanager", "CreateSecret", input);
    made["ARN"].as_str().unwrap().to_owned()
}

fn told(world: &World, operation: &str, input: Value) -> String {
    world.told(&world.admin("prod"), "secretsmanager", operation, input)
}

fn value(world: &World, caller: &Caller, input: Value) -> String {
    match world.call(caller, "secretsmanager", "GetSecretValue", input) {
        Ok(answer) => answer["SecretString"].as_str().unwrap().to_owned(),
        Err(error) => format!("{} {}: {}", error.status, error.code, error.message),
    }
}

/// Which labels each version carries, versions by their first digit.
fn labels(world: &World) -> String {
    let id = json!({ "SecretId": "db" });
    let seen = world.ok(&world.admin("prod"), "secretsmanager", "DescribeSecret", id);
    let mut lines: Vec<String> = seen["VersionIdsToStages"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, stages)| {
            let mut stages: Vec<_> =
                stages.as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
            stages.sort_unstable();
            format!("{}={}", &id[..1], stages.join("+"))
        })
        .collect();
    lines.sort();
    lines.join(" ")
}

#[test]
fn labels_move_as_values_are_put() {
    let world = World::new();
    create(&world, json!({}));
    let mut story = vec![labels(&world)];
    let mut step = |operation: &str, input: Value| {
        let mut whole = json!({ "SecretId": "db" });
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let outcome = told(&world, operation, whole);
        story.push(format!("{operation}: {outcome}\n  {}", labels(&world)));
    };
    step("PutSecretValue", json!({ "SecretString": "two", "ClientRequestToken": SECOND }));
    step(
        "PutSecretValue",
        json!({
            "SecretString": "three", "ClientRequestToken": THIRD, "VersionStages": ["AWSPENDING"],
        }),
    );
    // The same again changes nothing; the same token with another value is refused.
    step("PutSecretValue", json!({ "SecretString": "two", "ClientRequestToken": SECOND }));
    step("PutSecretValue", json!({ "SecretString": "else", "ClientRequestToken": SECOND }));
    step("UpdateSecret", json!({ "SecretString": "two", "ClientRequestToken": SECOND }));
    step(
        "UpdateSecretVersionStage",
        json!({
            "VersionStage": "AWSCURRENT", "MoveToVersionId": THIRD, "RemoveFromVersionId": SECOND,
        }),
    );
    step(
        "UpdateSecretVersionStage",
        json!({
            "VersionStage": "AWSCURRENT", "MoveToVersionId": FIRST, "RemoveFromVersionId": FIRST,
        }),
    );
    step(
        "UpdateSecretVersionStage",
        json!({
            "VersionStage": "AWSCURRENT", "RemoveFromVersionId": THIRD,
        }),
    );
    step(
        "UpdateSecretVersionStage",
        json!({
            "VersionStage": "AWSPENDING", "RemoveFromVersionId": THIRD,
        }),
    );
    check(
        story.join("\n"),
        expect![[r#"
        1=AWSCURRENT
        PutSecretValue: ok
          1=AWSPREVIOUS 2=AWSCURRENT
        PutSecretValue: ok
          1=AWSPREVIOUS 2=AWSCURRENT 3=AWSPENDING
        PutSecretValue: ok
          1=AWSPREVIOUS 2=AWSCURRENT 3=AWSPENDING
        PutSecretValue: 400 ResourceExistsException: You can't use ClientRequestToken 22222222-2222-2222-2222-222222222222 because that value is already in use for a version of secret arn:aws:secretsmanager:us-east-1:111111111111:secret:db-FLoqJH.
          1=AWSPREVIOUS 2=AWSCURRENT 3=AWSPENDING
        UpdateSecret: 400 ResourceExistsException: The ClientRequestToken 22222222-2222-2222-2222-222222222222 is already in use for a version.
          1=AWSPREVIOUS 2=AWSCURRENT 3=AWSPENDING
        UpdateSecretVersionStage: ok
          2=AWSPREVIOUS 3=AWSCURRENT+AWSPENDING
        UpdateSecretVersionStage: 400 InvalidParameterException: The parameter RemoveFromVersionId can't be empty or another version: staging label AWSCURRENT is attached to version 33333333-3333-3333-3333-333333333333.
          2=AWSPREVIOUS 3=AWSCURRENT+AWSPENDING
        UpdateSecretVersionStage: 400 InvalidParameterException: You can't remove the staging label AWSCURRENT.
          2=AWSPREVIOUS 3=AWSCURRENT+AWSPENDING
        UpdateSecretVersionStage: ok
          2=AWSPREVIOUS 3=AWSCURRENT"#]],
    );
}

#[test]
fn a_value_is_asked_for_by_label_or_version() {
    let world = World::new();
    let arn = create(&world, json!({}));
    told(
        &world,
        "PutSecretValue",
        json!({
            "SecretId": "db", "SecretString": "two", "ClientRequestToken": SECOND,
        }),
    );
    let admin = world.admin("prod");
    let without_suffix = &arn[..arn.len() - 7];
    let answers = [
        json!({ "SecretId": "db" }),
        json!({ "SecretId": arn }),
        json!({ "SecretId": without_suffix }),
        json!({ "SecretId": "db", "VersionStage": "AWSPREVIOUS" }),
        json!({ "SecretId": "db", "VersionId": FIRST }),
        json!({ "SecretId": "db", "VersionId": FIRST, "VersionStage": "AWSCURRENT" }),
        json!({ "SecretId": "db", "VersionId": THIRD }),
        json!({ "SecretId": "db", "VersionStage": "AWSPENDING" }),
        json!({ "SecretId": "none" }),
    ]
    .map(|input| value(&world, &admin, input));
    check(
        answers.join("\n"),
        expect![[r#"
        two
        two
        two
        one
        one
        400 InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.
        400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: 33333333-3333-3333-3333-333333333333
        400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING
        400 ResourceNotFoundException: Secrets Manager can't find the specified secret."#]],
    );
}

#[test]
fn names_values_and_repetitions() {
    let world = World::new();
    create(&world, json!({}));
    let answers = [
        ("CreateSecret", json!({ "Name": "no blanks", "SecretString": "x" })),
        ("CreateSecret", json!({ "Name": "b", "SecretString": "x", "SecretBinary": "AAEC" })),
        ("CreateSecret", json!({ "Name": "db", "SecretString": "x" })),
        (
            "CreateSecret",
            json!({ "Name": "db", "SecretString": "one", "ClientRequestToken": FIRST }),
        ),
        (
            "CreateSecret",
            json!({ "Name": "db", "SecretString": "two", "ClientRequestToken": FIRST }),
        ),
        ("PutSecretValue", json!({ "SecretId": "db" })),
    ]
    .map(|(operation, input)| {
        told(&world, operation, input).replace(&arn_suffix(&world), "SUFFIX")
    });
    check(
        answers.join("\n"),
        expect![[r#"
        400 ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!
        400 InvalidParameterException: You can't specify both a binary secret value and a string secret value in the same secret.
        400 ResourceExistsException: The operation failed because the secret db already exists.
        ok
        400 ResourceExistsException: You can't use ClientRequestToken 11111111-1111-1111-1111-111111111111 because that value is already in use for a version of secret arn:aws:secretsmanager:us-east-1:111111111111:secret:db-SUFFIX.
        400 InvalidRequestException: You must provide either SecretString or SecretBinary."#]],
    );
}

fn arn_suffix(world: &World) -> String {
    let id = json!({ "SecretId": "db" });
    let seen = world.ok(&world.admin("prod"), "secretsmanager", "DescribeSecret", id);
    seen["ARN"].as_str().unwrap().rsplit('-').next().unwrap().to_owned()
}

#[test]
fn deletion_waits_for_the_clock_and_can_be_taken_back() {
    let world = World::new();
    let admin = world.admin("prod");
    let arn = create(&world, json!({}));
    let id = json!({ "SecretId": "db" });
    let read = || value(&world, &admin, id.clone());
    let soon = json!({ "SecretId": "db", "RecoveryWindowInDays": 7 });
    let mut story = Vec::new();
    for refused in [
        json!({ "SecretId": "db", "RecoveryWindowInDays": 6 }),
        json!({ "SecretId": "db", "RecoveryWindowInDays": 31 }),
        json!({ "SecretId": "db", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true }),
    ] {
        story.push(told(&world, "DeleteSecret", refused));
    }
    assert_eq!(told(&world, "DeleteSecret", id.clone()), "ok");
    story.push(read());
    story.push(told(&world, "DeleteSecret", id.clone()));
    story.push(told(&world, "CreateSecret", json!({ "Name": "db", "SecretString": "new" })));
    story.push(told(&world, "PutSecretValue", json!({ "SecretId": "db", "SecretString": "x" })));
    world.advance(Duration::days(30) - Duration::seconds(1));
    assert_eq!(told(&world, "RestoreSecret", id.clone()), "ok");
    assert_eq!(read(), "one");
    assert_eq!(told(&world, "DeleteSecret", soon), "ok");
    world.advance(Duration::days(7));
    story.push(read());
    story.push(told(&world, "RestoreSecret", id.clone()));
    check(
        story.join("\n"),
        expect![[r#"
        400 InvalidParameterException: RecoveryWindowInDays value must be between 7 and 30 days (inclusive).
        400 InvalidParameterException: RecoveryWindowInDays value must be between 7 and 30 days (inclusive).
        400 InvalidParameterException: You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.
        400 InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.
        400 InvalidRequestException: You can't perform this operation on the secret because it was already scheduled for deletion.
        400 InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.
        400 InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.
        400 ResourceNotFoundException: Secrets Manager can't find the specified secret.
        400 ResourceNotFoundException: Secrets Manager can't find the specified secret."#]],
    );
    // Made again, it is another secret: the old ARN does not lead to it.
    let again = create(&world, json!({}));
    assert_ne!(arn, again);
    assert!(value(&world, &admin, json!({ "SecretId": arn })).contains("ResourceNotFound"));
}

#[test]
fn forced_deletion_is_at_once_and_never_fails_for_absence() {
    let world = World::new();
    create(&world, json!({}));
    let force = json!({ "SecretId": "db", "ForceDeleteWithoutRecovery": true });
    assert_eq!(told(&world, "DeleteSecret", force.clone()), "ok");
    assert!(told(&world, "DescribeSecret", json!({ "SecretId": "db" })).contains("NotFound"));
    assert_eq!(told(&world, "DeleteSecret", force), "ok");
}

/// A customer managed key of prod that the account 222222222222 may decrypt with.
fn shared_key(world: &World) -> String {
    let root = |id: &str, actions: Value| {
        json!({
            "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{id}:root") },
            "Action": actions, "Resource": "*",
        })
    };
    let policy = document(&[
        root("111111111111", json!("kms:*")),
        root("222222222222", json!(["kms:Decrypt"])),
    ]);
    let made = world.ok(&world.admin("prod"), "kms", "CreateKey", json!({ "Policy": policy }));
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

fn share(world: &World) {
    let policy = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::222222222222:root" },
        "Action": "secretsmanager:*", "Resource": "*",
    })]);
    let input = json!({ "SecretId": "db", "ResourcePolicy": policy });
    assert_eq!(told(world, "PutResourcePolicy", input), "ok");
}

#[test]
fn across_accounts_the_default_key_is_refused_and_a_customer_key_works() {
    let world = World::new();
    let arn = create(&world, json!({}));
    share(&world);
    let dev = world.admin("dev");
    let by_arn = json!({ "SecretId": arn });
    check(
        value(&world, &dev, by_arn.clone()),
        expect![[
            r#"400 InvalidRequestException: You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key."#
        ]],
    );
    assert_eq!(world.told(&dev, "secretsmanager", "DescribeSecret", by_arn.clone()), "ok");
    let key = json!({ "SecretId": "db", "KmsKeyId": shared_key(&world) });
    assert_eq!(told(&world, "UpdateSecret", key), "ok");
    assert_eq!(value(&world, &dev, by_arn.clone()), "one");
    // By its name dev means a secret of its own.
    let by_name = value(&world, &dev, json!({ "SecretId": "db" }));
    assert!(by_name.contains("ResourceNotFoundException"), "{by_name}");
}

#[test]
fn both_accounts_must_allow_both_the_secret_and_the_key() {
    let secret = || allow(&["secretsmanager:GetSecretValue"], &["*"]);
    let key = || allow(&["kms:Decrypt"], &["*"]);
    let world = World::new();
    let arn = create(&world, json!({ "KmsKeyId": shared_key(&world) }));
    let users = [
        world.user("dev", "both", &[secret(), key()]),
        world.user("dev", "secret-only", &[secret()]),
        world.user("dev", "key-only", &[key()]),
    ];
    let read = |user: &Caller| value(&world, user, json!({ "SecretId": arn }));
    let refused = read(&users[0]);
    assert!(refused.contains("no resource-based policy allows"), "{refused}");
    share(&world);
    assert_eq!(read(&users[0]), "one");
    check(read(&users[1]), expect![[r#"400 AccessDeniedException: Access to KMS is not allowed"#]]);
    assert!(read(&users[2]).contains("no identity-based policy allows"));
    // And the owner can take the key away again.
    let only_prod = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111111111111:root" },
        "Action": "kms:*", "Resource": "*",
    })]);
    let described = world.ok(
        &world.admin("prod"),
        "secretsmanager",
        "DescribeSecret",
        json!({ "SecretId": "db" }),
    );
    let input = json!({ "KeyId": described["KmsKeyId"], "Policy": only_prod });
    world.ok(&world.admin("prod"), "kms", "PutKeyPolicy", input);
    assert_eq!(read(&users[0]), "400 AccessDeniedException: Access to KMS is not allowed");
}

#[test]
fn the_default_key_needs_no_kms_permission_in_the_own_account_and_a_customer_key_does() {
    let world = World::new();
    create(&world, json!({}));
    let reader = world.user("prod", "reader", &[allow(&["secretsmanager:GetSecretValue"], &["*"])]);
    let by_name = json!({ "SecretId": "db" });
    assert_eq!(value(&world, &reader, by_name.clone()), "one");
    let key = world.ok(&world.admin("prod"), "kms", "CreateKey", json!({}));
    let key = json!({ "SecretId": "db", "KmsKeyId": key["KeyMetadata"]["Arn"] });
    assert_eq!(told(&world, "UpdateSecret", key), "ok");
    assert_eq!(
        value(&world, &reader, by_name),
        "400 AccessDeniedException: Access to KMS is not allowed"
    );
}

#[test]
fn the_key_below_a_secret_sees_which_service_asks_and_for_what() {
    let world = World::new();
    let arn = create(&world, json!({}));
    assert_eq!(value(&world, &world.admin("prod"), json!({ "SecretId": "db" })), "one");
    let trail = world.trail("prod");
    let decrypt = trail.iter().rev().find(|record| record["eventName"] == "Decrypt").unwrap();
    assert_eq!(decrypt["userIdentity"]["invokedBy"], "secretsmanager.amazonaws.com");
    let context = &decrypt["requestParameters"]["encryptionContext"];
    assert_eq!(*context, json!({ "SecretARN": arn, "SecretVersionId": FIRST }));
}

#[test]
fn a_public_policy_is_refused_when_asked_to() {
    let world = World::new();
    create(&world, json!({}));
    let public = document(&[json!({
        "Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*",
    })]);
    let mut input = json!({
        "SecretId": "db", "ResourcePolicy": public, "BlockPublicPolicy": true,
    });
    assert!(told(&world, "PutResourcePolicy", input.clone()).contains("PublicPolicyException"));
    input["BlockPublicPolicy"] = false.into();
    assert_eq!(told(&world, "PutResourcePolicy", input), "ok");
    let broken = json!({ "SecretId": "db", "ResourcePolicy": "{}" });
    let refused = told(&world, "PutResourcePolicy", broken);
    assert!(refused.starts_with("400 MalformedPolicyDocumentException"), "{refused}");
}

#[test]
fn setting_a_key_needs_permission_to_use_it_both_ways() {
    let world = World::new();
    let key = world.ok(&world.admin("prod"), "kms", "CreateKey", json!({}));
    let key = key["KeyMetadata"]["Arn"].clone();
    let secrets = || allow(&["secretsmanager:*"], &["*"]);
    let with = |name: &str, actions: &[&str]| {
        world.user("prod", name, &[secrets(), allow(actions, &["*"])])
    };
    let create = |user: &Caller, name: &str, key: &Value| {
        let input = json!({ "Name": name, "KmsKeyId": key });
        world.told(user, "secretsmanager", "CreateSecret", input)
    };
    let refused = "400 AccessDeniedException: Access to KMS is not allowed";
    assert_eq!(create(&with("one-way", &["kms:GenerateDataKey"]), "a", &key), refused);
    assert_eq!(create(&with("other-way", &["kms:Decrypt"]), "a", &key), refused);
    let both = with("both", &["kms:GenerateDataKey", "kms:Decrypt"]);
    assert_eq!(create(&both, "a", &key), "ok");
    let absent =
        json!("arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555");
    let told = create(&both, "b", &absent);
    assert!(told.starts_with("400 EncryptionFailure: "), "{told}");
    assert!(
        world
            .told(&both, "secretsmanager", "DescribeSecret", json!({ "SecretId": "b" }))
            .contains("NotFound")
    );
}
