//! Resource policies name users and roles by unique id: who is made anew under an old name is not
//! meant, and who does not exist cannot be named.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, document, trusting};

const READER: &str = "arn:aws:iam::222222222222:role/reader";

fn admits(principal: &str, actions: &[&str]) -> String {
    document(&[json!({
        "Sid": "Named", "Effect": "Allow", "Principal": { "AWS": [principal] },
        "Action": actions, "Resource": "*",
    })])
}

fn bucket_policy(principal: &str) -> String {
    document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::lake",
    })])
}

fn make_reader(world: &World) -> Caller {
    let may = [allow(&["*"], &["*"])];
    let role = world.role("dev", "reader", &trusting(&["222222222222"]), &may);
    world.assume(&world.admin("dev"), &role)
}

fn delete_reader(world: &World) {
    let dev = world.admin("dev");
    let inline = json!({ "RoleName": "reader", "PolicyName": "permissions" });
    world.ok(&dev, "iam", "DeleteRolePolicy", inline);
    world.ok(&dev, "iam", "DeleteRole", json!({ "RoleName": "reader" }));
}

/// A bucket, a key, a secret and a role of prod, each open to dev's role `reader` alone.
struct Doors {
    world: World,
    key: Value,
    secret: Value,
    reader: Caller,
}

fn doors() -> Doors {
    let world = World::new();
    let reader = make_reader(&world);
    let admin = world.admin("prod");
    let ok = |service, operation, input| world.ok(&admin, service, operation, input);
    ok("s3", "CreateBucket", json!({ "Bucket": "lake" }));
    ok("s3", "PutBucketPolicy", json!({ "Bucket": "lake", "Policy": bucket_policy(READER) }));
    let policy = document(&[
        json!({ "Effect": "Allow", "Principal": { "AWS": "111111111111" }, "Action": "kms:*", "Resource": "*" }),
        json!({ "Effect": "Allow", "Principal": { "AWS": READER }, "Action": "kms:DescribeKey", "Resource": "*" }),
    ]);
    let key = ok("kms", "CreateKey", json!({ "Policy": policy }))["KeyMetadata"]["Arn"].clone();
    let made = json!({ "Name": "s", "SecretString": "x" });
    let secret = ok("secretsmanager", "CreateSecret", made)["ARN"].clone();
    let policy = admits(READER, &["secretsmanager:DescribeSecret"]);
    let put = json!({ "SecretId": "s", "ResourcePolicy": policy });
    ok("secretsmanager", "PutResourcePolicy", put);
    world.role("prod", "target", &trusting(&[READER]), &[]);
    Doors { world, key, secret, reader }
}

impl Doors {
    /// What each door says to a caller: `ok` or the code.
    fn told(&self, caller: &Caller) -> String {
        let assume = json!({
            "RoleArn": "arn:aws:iam::111111111111:role/target", "RoleSessionName": "job",
        });
        let calls = [
            ("s3", "ListObjectsV2", json!({ "Bucket": "lake" })),
            ("kms", "DescribeKey", json!({ "KeyId": self.key })),
            ("secretsmanager", "DescribeSecret", json!({ "SecretId": self.secret })),
            ("sts", "AssumeRole", assume),
        ];
        let told = calls.map(|(service, operation, input)| {
            let told = self.world.told(caller, service, operation, input);
            let code = told.split(": ").next().unwrap_or_default();
            format!("{service} {}", code.trim_start_matches("403 ").trim_start_matches("400 "))
        });
        told.join("\n")
    }

    /// Whom the policies name, as they are shown.
    fn shown(&self) -> Vec<String> {
        let admin = self.world.admin("prod");
        let ok = |service, operation, input| self.world.ok(&admin, service, operation, input);
        let role = ok("iam", "GetRole", json!({ "RoleName": "target" }));
        let trust = role["Role"]["AssumeRolePolicyDocument"].as_str().unwrap();
        let trust = trust.replace("%3A", ":").replace("%2F", "/").replace("%22", "\"");
        let texts = [
            ok("s3", "GetBucketPolicy", json!({ "Bucket": "lake" }))["Policy"].clone(),
            ok("kms", "GetKeyPolicy", json!({ "KeyId": self.key }))["Policy"].clone(),
            ok("secretsmanager", "GetResourcePolicy", json!({ "SecretId": "s" }))["ResourcePolicy"]
                .clone(),
            trust.into(),
        ];
        let named = |text: &Value| {
            let text = text.as_str().unwrap();
            let names =
                text.split('"').filter(|part| part.starts_with("AROA") || part.contains(":role/"));
            names.collect::<Vec<_>>().join(" ")
        };
        texts.iter().map(named).collect()
    }
}

#[test]
fn who_is_made_anew_under_an_old_name_is_not_meant() {
    let doors = doors();
    assert_eq!(doors.told(&doors.reader), "s3 ok\nkms ok\nsecretsmanager ok\nsts ok");
    assert_eq!(doors.shown(), [READER; 4]);
    delete_reader(&doors.world);
    let dead = doors.shown();
    assert!(dead.iter().all(|id| id.starts_with("AROA") && *id == dead[0]), "{dead:?}");
    let anew = make_reader(&doors.world);
    assert_eq!(doors.shown(), dead);
    check(
        doors.told(&anew),
        expect![[r#"
            s3 AccessDenied
            kms AccessDeniedException
            secretsmanager AccessDeniedException
            sts AccessDenied"#]],
    );
    // What is shown may be stored again: the rest of the policy changes, the dead id stays.
    let admin = doors.world.admin("prod");
    let policy = doors.world.ok(&admin, "s3", "GetBucketPolicy", json!({ "Bucket": "lake" }));
    let again = json!({ "Bucket": "lake", "Policy": policy["Policy"] });
    assert_eq!(doors.world.told(&admin, "s3", "PutBucketPolicy", again), "ok");
    // Named again by its ARN, the new one is meant.
    let again = json!({ "Bucket": "lake", "Policy": bucket_policy(READER) });
    doors.world.ok(&admin, "s3", "PutBucketPolicy", again);
    assert!(doors.told(&anew).starts_with("s3 ok\n"));
}

#[test]
fn an_explanation_counts_places_in_the_policy_that_people_see() {
    let doors = doors();
    let admin = doors.world.admin("prod");
    let policy = document(&[
        json!({ "Effect": "Allow", "Principal": { "AWS": READER }, "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::lake" }),
        json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::lake" }),
    ]);
    let put = json!({ "Bucket": "lake", "Policy": policy });
    doors.world.ok(&admin, "s3", "PutBucketPolicy", put);
    let principal = doors.world.principal(&doors.reader);
    let input = json!({ "Bucket": "lake" });
    let fault = doors.world.inside(principal, "s3", "ListObjectsV2", input).unwrap_err();
    let message = json!({ "EncodedMessage": fault.authorization_message });
    let decoded = doors.world.ok(&admin, "sts", "DecodeAuthorizationMessage", message);
    let told: Value = serde_json::from_str(decoded["DecodedMessage"].as_str().unwrap()).unwrap();
    let column = policy
        .find(r#"{"Action":"s3:ListBucket","Effect":"Deny"#)
        .or_else(|| policy.rfind(r#"{"Effect":"Deny""#));
    assert_eq!(told["blockers"][0]["statement"]["column"], column.unwrap() + 1);
}

#[test]
fn who_does_not_exist_cannot_be_named() {
    let world = World::new();
    let admin = world.admin("prod");
    let told = |service, operation, input| world.told(&admin, service, operation, input);
    world.ok(&admin, "s3", "CreateBucket", json!({ "Bucket": "lake" }));
    world.ok(&admin, "secretsmanager", "CreateSecret", json!({ "Name": "s", "SecretString": "x" }));
    let kms = |principal| {
        let policy = document(&[
            json!({ "Effect": "Allow", "Principal": { "AWS": "111111111111" }, "Action": "kms:*", "Resource": "*" }),
            json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:DescribeKey", "Resource": "*" }),
        ]);
        told("kms", "CreateKey", json!({ "Policy": policy }))
    };
    let nobody = READER;
    let secret =
        json!({ "SecretId": "s", "ResourcePolicy": admits(nobody, &["secretsmanager:*"]) });
    let role = json!({ "RoleName": "r", "AssumeRolePolicyDocument": trusting(&[nobody]) });
    let all = [
        told("s3", "PutBucketPolicy", json!({ "Bucket": "lake", "Policy": bucket_policy(nobody) })),
        kms(nobody),
        told("secretsmanager", "PutResourcePolicy", secret),
        told("iam", "CreateRole", role),
        kms("999999999999"),
        kms("arn:aws:iam::111111111111:group/g"),
        kms("AROAAAAAAAAAAAAAAAAAA"),
        kms("arn:aws:sts::111111111111:assumed-role/r/session"),
        kms("*"),
    ];
    check(
        all.join("\n"),
        expect![[r#"
        400 MalformedPolicy: Invalid principal in policy
        400 MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.
        400 MalformedPolicyDocumentException: This resource policy contains an unsupported principal.
        400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::222222222222:role/reader"
        400 MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.
        400 MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.
        400 MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.
        ok
        ok"#]],
    );
}

#[test]
fn a_deny_of_everybody_but_one_spares_the_one_and_not_its_successor() {
    let doors = doors();
    let admin = doors.world.admin("prod");
    let policy = document(&[
        json!({ "Effect": "Allow", "Principal": { "AWS": "222222222222" },
            "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake" }),
        json!({ "Effect": "Deny",
            "NotPrincipal": { "AWS": [READER, "111111111111", "222222222222"] },
            "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake" }),
    ]);
    let put = json!({ "Bucket": "lake", "Policy": policy });
    doors.world.ok(&admin, "s3", "PutBucketPolicy", put);
    assert!(doors.told(&doors.reader).starts_with("s3 ok"));
    delete_reader(&doors.world);
    let anew = make_reader(&doors.world);
    assert!(doors.told(&anew).starts_with("s3 AccessDenied"));
}
