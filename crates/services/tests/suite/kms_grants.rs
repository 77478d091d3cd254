//! Grants: what they are worth, who may make, hand on and take them back.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, deny, trusting};

const PROD: &str = "arn:aws:iam::111111111111";

struct Scene {
    world: World,
    key: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let made = world.ok(&world.admin("prod"), "kms", "CreateKey", json!({}));
        let key = made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        Self { world, key }
    }

    fn input(&self, grantee: &str, operations: &[&str], more: Value) -> Value {
        let mut input =
            json!({ "KeyId": self.key, "GranteePrincipal": grantee, "Operations": operations });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    }

    /// A grant by the administrator; answers its id and token.
    fn grant(&self, grantee: &str, operations: &[&str], more: Value) -> (String, String) {
        let input = self.input(grantee, operations, more);
        let made = self.world.ok(&self.world.admin("prod"), "kms", "CreateGrant", input);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("GrantId"), text("GrantToken"))
    }

    fn told(&self, caller: &Caller, operation: &str, more: Value) -> String {
        let mut input = json!({ "KeyId": self.key });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.world.told(caller, "kms", operation, input).replace(&self.key, "KEY")
    }

    fn encrypts(&self, caller: &Caller, context: Value) -> bool {
        let more = json!({ "Plaintext": "AAEC", "EncryptionContext": context });
        let told = self.told(caller, "Encrypt", more);
        assert!(told == "ok" || told.starts_with("400 AccessDeniedException: "), "{told}");
        told == "ok"
    }
}

#[test]
fn a_grant_is_worth_a_key_policy_statement_for_its_grantee_alone() {
    let scene = Scene::new();
    let world = &scene.world;
    let ann = world.user("prod", "ann", &[]);
    let bob = world.user("prod", "bob", &[]);
    assert!(!scene.encrypts(&ann, json!({})));
    let (id, token) = scene.grant(&format!("{PROD}:user/ann"), &["Encrypt"], json!({}));
    assert!(scene.encrypts(&ann, json!({})));
    assert!(!scene.encrypts(&bob, json!({})));
    // A token is checked, and nobody else's permission.
    let with = |token: &str| json!({ "Plaintext": "AAEC", "GrantTokens": [token] });
    assert_eq!(scene.told(&ann, "Encrypt", with(&token)), "ok");
    let told = [
        scene.told(&bob, "Encrypt", with(&token)),
        scene.told(&ann, "Encrypt", with("bm8=")),
        scene.told(&ann, "GenerateDataKey", json!({ "KeySpec": "AES_256" })),
    ];
    check(
        told.join("\n"),
        expect![[r#"
            400 AccessDeniedException: User: arn:aws:iam::111111111111:user/bob is not authorized to perform: kms:Encrypt on resource: KEY because no identity-based policy allows the kms:Encrypt action
            400 InvalidGrantTokenException: Invalid grant token.
            400 AccessDeniedException: User: arn:aws:iam::111111111111:user/ann is not authorized to perform: kms:GenerateDataKey on resource: KEY because no identity-based policy allows the kms:GenerateDataKey action"#]],
    );
    let revoked = scene.told(&world.admin("prod"), "RevokeGrant", json!({ "GrantId": id }));
    assert_eq!(revoked, "ok");
    assert!(!scene.encrypts(&ann, json!({})));
}

#[test]
fn an_explicit_deny_beats_a_grant_wherever_it_stands() {
    let scene = Scene::new();
    let world = &scene.world;
    let ann = world.user("prod", "ann", &[deny(&["kms:Encrypt"], &["*"])]);
    scene.grant(&format!("{PROD}:user/ann"), &["Encrypt"], json!({}));
    assert!(!scene.encrypts(&ann, json!({})));
    let bob = world.user("prod", "bob", &[]);
    scene.grant(&format!("{PROD}:user/bob"), &["Encrypt"], json!({}));
    assert!(scene.encrypts(&bob, json!({})));
    let statements = [
        json!({ "Effect": "Allow", "Principal": { "AWS": format!("{PROD}:root") },
            "Action": "kms:*", "Resource": "*" }),
        json!({ "Effect": "Deny", "Principal": { "AWS": format!("{PROD}:user/bob") },
            "Action": "kms:Encrypt", "Resource": "*" }),
    ];
    let policy = json!({ "Policy": testkit::document(&statements) });
    assert_eq!(scene.told(&world.admin("prod"), "PutKeyPolicy", policy), "ok");
    assert!(!scene.encrypts(&bob, json!({})));
}

#[test]
fn grants_to_a_role_an_account_and_another_account() {
    let scene = Scene::new();
    let world = &scene.world;
    let role = world.role("prod", "reader", &trusting(&["111111111111"]), &[]);
    let session = world.assume(&world.admin("prod"), &role);
    scene.grant(&role, &["Encrypt"], json!({}));
    assert!(scene.encrypts(&session, json!({})));
    // An account can only hand on.
    let may = [allow(&["kms:Encrypt"], &["*"])];
    let (with, without) = (world.user("dev", "with", &may), world.user("dev", "without", &[]));
    assert!(!scene.encrypts(&with, json!({})));
    scene.grant("arn:aws:iam::222222222222:root", &["Encrypt"], json!({}));
    assert!(scene.encrypts(&with, json!({})));
    assert!(!scene.encrypts(&without, json!({})));
}

#[test]
fn constraints_compare_the_encryption_context() {
    let rows = [
        ("EncryptionContextSubset", json!({ "a": "1" }), true),
        ("EncryptionContextSubset", json!({ "a": "1", "b": "2" }), true),
        ("EncryptionContextSubset", json!({ "a": "2" }), false),
        ("EncryptionContextSubset", json!({ "A": "1" }), false),
        ("EncryptionContextSubset", json!({ "b": "1" }), false),
        ("EncryptionContextSubset", json!({}), false),
        ("EncryptionContextEquals", json!({ "a": "1" }), true),
        ("EncryptionContextEquals", json!({ "a": "1", "b": "2" }), false),
        ("EncryptionContextEquals", json!({ "A": "1" }), false),
        ("EncryptionContextEquals", json!({}), false),
    ];
    for kind in ["EncryptionContextSubset", "EncryptionContextEquals"] {
        let scene = Scene::new();
        let ann = scene.world.user("prod", "ann", &[]);
        let more = json!({ "Constraints": { kind: { "a": "1" } } });
        scene.grant(&format!("{PROD}:user/ann"), &["Encrypt", "DescribeKey"], more);
        for (_, context, expected) in rows.iter().filter(|(row, ..)| *row == kind) {
            assert_eq!(scene.encrypts(&ann, context.clone()), *expected, "{kind} {context}");
        }
        // Operations without a context are not constrained.
        assert_eq!(scene.told(&ann, "DescribeKey", json!({})), "ok");
    }
    // Values are compared as they are: a variable or a pattern is a text like any other.
    let scene = Scene::new();
    let ann = scene.world.user("prod", "ann", &[]);
    let more = json!({ "Constraints": { "EncryptionContextSubset": { "a": "${aws:username}" } } });
    scene.grant(&format!("{PROD}:user/ann"), &["Encrypt"], more);
    assert!(!scene.encrypts(&ann, json!({ "a": "ann" })));
    assert!(scene.encrypts(&ann, json!({ "a": "${aws:username}" })));
}

#[test]
fn a_grant_can_hand_on_no_more_than_it_holds() {
    let scene = Scene::new();
    let world = &scene.world;
    let ann = world.user("prod", "ann", &[]);
    world.user("prod", "bob", &[]);
    let held = json!({ "Constraints": { "EncryptionContextSubset": { "a": "1" } } });
    scene.grant(&format!("{PROD}:user/ann"), &["CreateGrant", "Encrypt"], held);
    let equals = |context: Value| json!({ "Constraints": { "EncryptionContextEquals": context } });
    let rows: [(&[&str], Value, bool); 5] = [
        (&["Encrypt"], equals(json!({ "a": "1", "b": "2" })), true),
        (&["Encrypt"], json!({ "Constraints": { "EncryptionContextSubset": { "a": "1" } } }), true),
        (&["Encrypt"], equals(json!({ "b": "2" })), false),
        (&["Encrypt"], json!({}), false),
        (&["Encrypt", "Decrypt"], equals(json!({ "a": "1" })), false),
    ];
    for (operations, more, expected) in rows {
        let input = scene.input(&format!("{PROD}:user/bob"), operations, more.clone());
        let told = world.told(&ann, "kms", "CreateGrant", input);
        assert_eq!(told == "ok", expected, "{operations:?} {more}: {told}");
        assert!(expected || told.starts_with("400 AccessDeniedException: "), "{told}");
    }
}

#[test]
fn a_name_makes_the_request_repeatable() {
    let scene = Scene::new();
    let admin = scene.world.admin("prod");
    let root = format!("{PROD}:root");
    let named = json!({ "Name": "import" });
    let (first, _) = scene.grant(&root, &["Encrypt"], named.clone());
    let (again, _) = scene.grant(&root, &["Encrypt"], named.clone());
    let (other, _) = scene.grant(&root, &["Decrypt"], named);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let (unnamed, _) = scene.grant(&root, &["Encrypt"], json!({}));
    let (twice, _) = scene.grant(&root, &["Encrypt"], json!({}));
    assert_ne!(unnamed, twice);
    let listed = |more: Value| {
        let mut input = json!({ "KeyId": scene.key });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        scene.world.ok(&admin, "kms", "ListGrants", input)
    };
    assert_eq!(listed(json!({}))["Grants"].as_array().unwrap().len(), 4);
    let found = listed(json!({ "GrantId": other }));
    assert_eq!(found["Grants"][0]["Operations"], json!(["Decrypt"]));
    assert_eq!(found["Grants"][0]["IssuingAccount"], root);
    // In pages of one, each grant comes once.
    let (mut seen, mut marker) = (Vec::new(), Value::Null);
    loop {
        let mut more = json!({ "Limit": 1 });
        if !marker.is_null() {
            more["Marker"] = marker;
        }
        let page = listed(more);
        seen.push(page["Grants"][0]["GrantId"].as_str().unwrap().to_owned());
        marker = page["NextMarker"].clone();
        if page["Truncated"] == false {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[test]
fn who_may_retire_a_grant() {
    let scene = Scene::new();
    let world = &scene.world;
    let everything = [allow(&["kms:*"], &["*"])];
    let ann = world.user("prod", "ann", &[]);
    let eve = world.user("prod", "eve", &[]);
    let bob = world.user("prod", "bob", &[]);
    let boss = world.user("prod", "boss", &everything);
    let stranger = world.user("dev", "stranger", &everything);
    let retiring = json!({ "RetiringPrincipal": format!("{PROD}:user/bob") });
    let rows: [(&str, &Caller, &[&str], bool); 6] = [
        ("the retiring principal", &bob, &["Encrypt"], true),
        ("the grantee", &ann, &["Encrypt"], false),
        ("the grantee, who may", &ann, &["Encrypt", "RetireGrant"], true),
        ("whom the account lets", &boss, &["Encrypt"], true),
        ("somebody of the account", &eve, &["Encrypt"], false),
        ("a stranger", &stranger, &["Encrypt"], false),
    ];
    for (who, caller, operations, expected) in rows {
        let (id, token) = scene.grant(&format!("{PROD}:user/ann"), operations, retiring.clone());
        let by_id = json!({ "KeyId": scene.key, "GrantId": id, "DryRun": true });
        let told = world.told(caller, "kms", "RetireGrant", by_id);
        assert_eq!(told.starts_with("412 DryRunOperation"), expected, "{who}: {told}");
        let told = world.told(caller, "kms", "RetireGrant", json!({ "GrantToken": token }));
        assert_eq!(told == "ok", expected, "{who}: {told}");
        assert!(expected || told.starts_with("400 AccessDeniedException: "), "{who}: {told}");
    }
    let asked = json!({ "RetiringPrincipal": format!("{PROD}:user/bob") });
    let left = world.ok(&world.admin("prod"), "kms", "ListRetirableGrants", asked);
    assert_eq!(left["Grants"].as_array().unwrap().len(), 3);
}

#[test]
fn conditions_about_a_grant() {
    let condition = |operator: &str, key: &str, value: Value| {
        let mut statement = allow(&["kms:CreateGrant"], &["*"]);
        statement["Condition"] = json!({ operator: { key: value } });
        statement
    };
    let via = condition("Bool", "kms:GrantIsForAWSResource", json!("true"));
    let subset = json!("EncryptionContextSubset");
    let rows = [
        (via, json!({}), false),
        (condition("Bool", "kms:GrantIsForAWSResource", json!("false")), json!({}), true),
        (
            condition("ForAllValues:StringEquals", "kms:GrantOperations", json!(["Encrypt"])),
            json!({}),
            true,
        ),
        (
            condition("ForAllValues:StringEquals", "kms:GrantOperations", json!(["Decrypt"])),
            json!({}),
            false,
        ),
        (
            condition("StringEquals", "kms:GranteePrincipal", json!(format!("{PROD}:root"))),
            json!({}),
            true,
        ),
        (condition("StringEquals", "kms:RetiringPrincipal", json!("x")), json!({}), false),
        (condition("StringEquals", "kms:GrantConstraintType", subset.clone()), json!({}), false),
        (
            condition("StringEquals", "kms:GrantConstraintType", subset),
            json!({ "Constraints": { "EncryptionContextSubset": { "a": "1" } } }),
            true,
        ),
        (
            condition("StringEquals", "kms:EncryptionContext:a", json!("1")),
            json!({ "Constraints": { "EncryptionContextEquals": { "a": "1" } } }),
            true,
        ),
    ];
    for (number, (statement, more, expected)) in rows.into_iter().enumerate() {
        let scene = Scene::new();
        let ann = scene.world.user("prod", "ann", std::slice::from_ref(&statement));
        let input = scene.input(&format!("{PROD}:root"), &["Encrypt"], more);
        let told = scene.world.told(&ann, "kms", "CreateGrant", input);
        assert_eq!(told == "ok", expected, "row {number}: {statement}: {told}");
    }
}

#[test]
fn what_is_no_grant() {
    let scene = Scene::new();
    let admin = scene.world.admin("prod");
    let root = format!("{PROD}:root");
    let told = |grantee: &str, operations: &[&str], more: Value| {
        let told =
            scene.world.told(&admin, "kms", "CreateGrant", scene.input(grantee, operations, more));
        told.replace(&scene.key, "KEY")
    };
    let constraint = |name: &str| json!({ "Constraints": { name: { "a": "1" } } });
    let both = json!({ "Constraints": {
        "EncryptionContextSubset": { "a": "1" }, "EncryptionContextEquals": { "a": "1" },
    } });
    let lines = [
        told(&format!("{PROD}:user/nobody"), &["Encrypt"], json!({})),
        told(&format!("{PROD}:group/all"), &["Encrypt"], json!({})),
        told("s3.amazonaws.com", &["Encrypt"], json!({})),
        told(&root, &["Sign"], json!({})),
        told(&root, &["DescribeKey"], constraint("EncryptionContextSubset")),
        told(&root, &["Encrypt"], both),
        told(&root, &["Encrypt"], json!({ "DryRun": true })),
    ];
    check(
        lines.join("\n"),
        expect![[r#"
            400 InvalidArnException: ARN does not refer to a valid principal: arn:aws:iam::111111111111:user/nobody
            400 InvalidArnException: ARN does not refer to a valid principal: arn:aws:iam::111111111111:group/all
            400 InvalidArnException: ARN does not refer to a valid principal: s3.amazonaws.com
            400 ValidationException: The operation Sign is not valid for key KEY.
            400 ValidationException: No operation of the grant takes an encryption context.
            400 ValidationException: A grant can have only one encryption context constraint.
            412 DryRunOperationException: The request would have succeeded, but the DryRun option is set."#]],
    );
    let none = scene.world.ok(&admin, "kms", "ListGrants", json!({ "KeyId": scene.key }));
    assert_eq!(none["Grants"], json!([]));
}

#[test]
fn an_explanation_names_the_grants_that_were_consulted() {
    let scene = Scene::new();
    let ann = scene.world.user("prod", "ann", &[]);
    let more = json!({
        "Name": "narrow", "Constraints": { "EncryptionContextSubset": { "a": "1" } },
    });
    let (id, _) = scene.grant(&format!("{PROD}:user/ann"), &["Encrypt"], more);
    let input = json!({ "KeyId": scene.key, "Plaintext": "AAEC" });
    let principal = scene.world.principal(&ann);
    let fault = scene.world.inside(principal, "kms", "Encrypt", input).unwrap_err();
    let message = json!({ "EncodedMessage": fault.authorization_message.unwrap() });
    let admin = scene.world.admin("prod");
    let decoded = scene.world.ok(&admin, "sts", "DecodeAuthorizationMessage", message);
    let decoded = decoded["DecodedMessage"].as_str().unwrap();
    assert!(decoded.contains(&format!("grant {id} (narrow) on {}", scene.key)), "{decoded}");
    assert!(decoded.contains("kms:EncryptionContext:a"), "{decoded}");
}
