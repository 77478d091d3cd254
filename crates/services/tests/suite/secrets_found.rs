//! Secrets in numbers: found by filters, read in batches, in pages; passwords; limits.

use std::collections::BTreeSet;

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{World, allow, check, document};

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "secretsmanager", operation, input)
}

fn told(world: &World, operation: &str, input: Value) -> String {
    world.told(&world.admin("prod"), "secretsmanager", operation, input)
}

/// Three secrets, each a second younger than the one before.
fn three(world: &World) {
    for (name, description, tag, value) in [
        ("prod/db", "Sales database", "team", "blue"),
        ("prod/api", "billing api", "Team", "red"),
        ("dev/db", "scratch", "owner", "blue"),
    ] {
        let tags = json!([{ "Key": tag, "Value": value }]);
        let input = json!({
            "Name": name, "Description": description, "SecretString": name, "Tags": tags,
        });
        ok(world, "CreateSecret", input);
        world.advance(Duration::seconds(1));
    }
}

fn names(listed: &Value) -> String {
    let entries = listed["SecretList"].as_array().unwrap().iter();
    entries.map(|entry| entry["Name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn filters_find_by_their_own_rules() {
    let world = World::new();
    three(&world);
    let rows: [(&str, &[&str], &str); 16] = [
        ("name", &["prod/"], "prod/db prod/api"),
        ("name", &["Prod/"], ""),
        ("name", &["db"], ""),
        ("name", &["prod/db", "dev"], "prod/db dev/db"),
        ("name", &["!prod/"], "dev/db"),
        ("name", &["!prod/", "!dev/"], ""),
        ("name", &["prod/", "!prod/api"], "prod/db"),
        ("description", &["SALES"], "prod/db"),
        ("description", &["database"], ""),
        ("tag-key", &["team"], "prod/db"),
        ("tag-key", &["!team"], "prod/api dev/db"),
        ("tag-value", &["bl"], "prod/db dev/db"),
        ("all", &["BLUE"], "prod/db dev/db"),
        ("all", &["db blue sales"], "prod/db"),
        ("owning-service", &["redshift"], ""),
        ("primary-region", &["!us-east-1"], "prod/db prod/api dev/db"),
    ];
    for (key, values, expected) in rows {
        let filters = json!([{ "Key": key, "Values": values }]);
        let found = ok(&world, "ListSecrets", json!({ "Filters": filters }));
        assert_eq!(names(&found), expected, "{key} {values:?}");
    }
    let both = json!([
        { "Key": "name", "Values": ["prod/"] }, { "Key": "tag-value", "Values": ["blue"] },
    ]);
    assert_eq!(names(&ok(&world, "ListSecrets", json!({ "Filters": both }))), "prod/db");
}

#[test]
fn lists_have_an_order_and_pages() {
    let world = World::new();
    three(&world);
    ok(&world, "UpdateSecret", json!({ "SecretId": "prod/db", "Description": "changed" }));
    let rows = [
        (json!({}), "prod/db prod/api dev/db"),
        (json!({ "SortOrder": "desc" }), "dev/db prod/api prod/db"),
        (json!({ "SortBy": "name" }), "dev/db prod/api prod/db"),
        (json!({ "SortBy": "name", "SortOrder": "desc" }), "prod/db prod/api dev/db"),
        (json!({ "SortBy": "last-changed-date" }), "prod/api dev/db prod/db"),
        (json!({ "SortBy": "created-date", "SortOrder": "asc" }), "prod/db prod/api dev/db"),
    ];
    for (input, expected) in rows {
        assert_eq!(names(&ok(&world, "ListSecrets", input.clone())), expected, "{input}");
        // One by one, the same comes in the same order.
        let (mut seen, mut input) = (Vec::new(), input);
        input["MaxResults"] = 1.into();
        loop {
            let page = ok(&world, "ListSecrets", input.clone());
            seen.push(names(&page));
            match page.get("NextToken") {
                Some(token) => input["NextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(seen.join(" "), expected, "{input}");
    }
    let broken = told(&world, "ListSecrets", json!({ "NextToken": "?" }));
    assert_eq!(broken, "400 InvalidNextTokenException: Invalid NextToken");
    ok(&world, "DeleteSecret", json!({ "SecretId": "prod/db" }));
    assert_eq!(names(&ok(&world, "ListSecrets", json!({}))), "prod/api dev/db");
    let planned = ok(&world, "ListSecrets", json!({ "IncludePlannedDeletion": true }));
    assert_eq!(names(&planned), "prod/db prod/api dev/db");
}

#[test]
fn a_batch_reads_each_secret_by_its_own_permission() {
    let world = World::new();
    three(&world);
    let resource = "arn:aws:secretsmanager:us-east-1:111111111111:secret:prod/*";
    let batch = allow(&["secretsmanager:BatchGetSecretValue"], &["*"]);
    let read = allow(&["secretsmanager:GetSecretValue"], &[resource]);
    let ann = world.user("prod", "ann", &[batch, read]);
    let get = |input: Value| world.call(&ann, "secretsmanager", "BatchGetSecretValue", input);
    let before = world.whole_audit().len();
    let ids = json!({ "SecretIdList": ["prod/db", "dev/db", "prod/none"] });
    let found = get(ids).unwrap();
    assert_eq!(found["SecretValues"].as_array().unwrap().len(), 1);
    assert_eq!(found["SecretValues"][0]["SecretString"], "prod/db");
    let errors: Vec<String> = found["Errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let text = |name: &str| error[name].as_str().unwrap().to_owned();
            format!("{} {}", text("SecretId"), text("ErrorCode"))
        })
        .collect();
    check(
        errors.join("\n"),
        expect![[r#"
            dev/db AccessDeniedException
            prod/none ResourceNotFoundException"#]],
    );
    // A record of the batch, one of each read, and one of the key's use for the one that worked.
    assert_eq!(world.whole_audit().len() - before, 5);
    // Filters find things out, so they need the permission to list.
    let filters = json!({ "Filters": [{ "Key": "name", "Values": ["prod/"] }] });
    let refused = get(filters.clone()).unwrap_err();
    assert!(refused.message.contains("secretsmanager:ListSecrets"), "{}", refused.message);
    let all = ok(&world, "BatchGetSecretValue", filters.clone());
    assert_eq!(all["SecretValues"].as_array().unwrap().len(), 2);
    let mut paged = filters;
    paged["MaxResults"] = 1.into();
    let first = ok(&world, "BatchGetSecretValue", paged.clone());
    paged["NextToken"] = first["NextToken"].clone();
    let second = ok(&world, "BatchGetSecretValue", paged);
    assert_ne!(first["SecretValues"][0]["Name"], second["SecretValues"][0]["Name"]);
    assert!(second.get("NextToken").is_none());
    check(
        [
            told(&world, "BatchGetSecretValue", json!({})),
            told(
                &world,
                "BatchGetSecretValue",
                json!({ "SecretIdList": ["dev/db"], "MaxResults": 1 }),
            ),
        ]
        .join("\n"),
        expect![[r#"
            400 InvalidParameterException: Either 'SecretIdList' or 'Filters' must be provided, but not both.
            400 InvalidParameterException: 'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."#]],
    );
}

#[test]
fn passwords_have_what_is_asked_for() {
    let world = World::new();
    let password = |input: Value| {
        let made = ok(&world, "GetRandomPassword", input);
        made["RandomPassword"].as_str().unwrap().to_owned()
    };
    let is_punctuation = |c: char| c.is_ascii_punctuation();
    let plain = password(json!({}));
    assert_eq!(plain.len(), 32);
    let types: [fn(char) -> bool; 3] =
        [|c| c.is_ascii_uppercase(), |c| c.is_ascii_lowercase(), |c| c.is_ascii_digit()];
    for _ in 0..50 {
        let short = password(json!({ "PasswordLength": 4 }));
        assert!(types.iter().all(|is| short.contains(*is)), "{short}");
        assert!(short.contains(is_punctuation), "{short}");
    }
    let letters = json!({ "ExcludeNumbers": true, "ExcludePunctuation": true });
    assert!(password(letters).chars().all(|c| c.is_ascii_alphabetic()));
    let only = json!({
        "ExcludeNumbers": true, "ExcludePunctuation": true, "ExcludeUppercase": true,
        "ExcludeCharacters": "bcdefghijklmnopqrstuvwxyz", "PasswordLength": 5,
    });
    assert_eq!(password(only), "aaaaa");
    let digits = json!({
        "ExcludeLowercase": true, "ExcludeUppercase": true, "ExcludePunctuation": true,
        "IncludeSpace": true, "PasswordLength": 4096,
    });
    let digits = password(digits);
    assert!(digits.contains(' ') && digits.chars().all(|c| c == ' ' || c.is_ascii_digit()));
    let distinct: BTreeSet<char> = digits.chars().collect();
    assert_eq!(distinct.len(), 11);
    let one = json!({ "PasswordLength": 1, "RequireEachIncludedType": false });
    assert_eq!(password(one).len(), 1);
    let nothing = json!({
        "ExcludeNumbers": true, "ExcludePunctuation": true, "ExcludeUppercase": true,
        "ExcludeLowercase": true,
    });
    check(
        [
            told(&world, "GetRandomPassword", json!({ "PasswordLength": 3 })),
            told(&world, "GetRandomPassword", nothing),
        ]
        .join("\n"),
        expect![[r#"
            400 InvalidParameterException: Password length is too short based on the required types.
            400 InvalidParameterException: The password has no characters left: all of them are excluded."#]],
    );
}

#[test]
fn a_policy_is_looked_at_before_it_is_put() {
    let world = World::new();
    ok(&world, "CreateSecret", json!({ "Name": "s", "SecretString": "x" }));
    let statement = |effect: &str, principal: &str, action: &str| {
        document(&[json!({
            "Effect": effect, "Principal": { "AWS": principal }, "Action": action,
            "Resource": "*",
        })])
    };
    let root = "arn:aws:iam::222222222222:root";
    let own = "arn:aws:iam::111111111111:root";
    let rows = [
        (statement("Allow", root, "secretsmanager:GetSecretValue"), json!([])),
        (statement("Allow", "*", "secretsmanager:*"), json!(["BLOCK_PUBLIC_POLICY"])),
        (statement("Deny", own, "secretsmanager:*"), json!(["LOCKOUT_CHECK"])),
    ];
    for (policy, expected) in rows {
        let input = json!({ "SecretId": "s", "ResourcePolicy": policy });
        let seen = ok(&world, "ValidateResourcePolicy", input);
        let errors = seen["ValidationErrors"].as_array().unwrap();
        let names: Vec<_> = errors.iter().map(|error| error["CheckName"].clone()).collect();
        assert_eq!(json!(names), expected, "{policy}");
        assert_eq!(seen["PolicyValidationPassed"], names.is_empty());
    }
    let broken = told(&world, "ValidateResourcePolicy", json!({ "ResourcePolicy": "{}" }));
    assert!(broken.starts_with("400 MalformedPolicyDocumentException: "), "{broken}");
    // Nothing was put.
    let policy = ok(&world, "GetResourcePolicy", json!({ "SecretId": "s" }));
    assert!(policy.get("ResourcePolicy").is_none());
}

#[test]
fn tags_decide_who_reads() {
    let with = |key: &str, value: Value| {
        let mut statement = allow(&["secretsmanager:*"], &["*"]);
        statement["Condition"] = json!({ "StringEquals": { key: value } });
        statement
    };
    let world = World::new();
    three(&world);
    let blue =
        world.user("prod", "blue", &[with("secretsmanager:ResourceTag/team", json!("blue"))]);
    let read = |name: &str| {
        let told =
            world.told(&blue, "secretsmanager", "GetSecretValue", json!({ "SecretId": name }));
        told == "ok"
    };
    assert_eq!(["prod/db", "prod/api", "dev/db"].map(read), [true, false, false]);
    let red = world.user("prod", "red", &[with("aws:RequestTag/team", json!("red"))]);
    let keys = world.user("prod", "keys", &[with("aws:TagKeys", json!("team"))]);
    let tag = |caller, value: &str| {
        let tags = json!([{ "Key": "team", "Value": value }]);
        let input = json!({ "SecretId": "dev/db", "Tags": tags });
        world.told(caller, "secretsmanager", "TagResource", input) == "ok"
    };
    assert_eq!([tag(&red, "red"), tag(&red, "blue"), tag(&keys, "green")], [true, false, true]);
    let untag = json!({ "SecretId": "dev/db", "TagKeys": ["owner"] });
    let told_keys = world.told(&keys, "secretsmanager", "UntagResource", untag);
    assert!(told_keys.starts_with("400 AccessDeniedException: "), "{told_keys}");
    let many: Vec<Value> =
        (0..50).map(|n| json!({ "Key": format!("k{n}"), "Value": "v" })).collect();
    let told = told(&world, "TagResource", json!({ "SecretId": "prod/db", "Tags": many }));
    assert_eq!(told, "400 InvalidParameterException: A secret can have at most 50 tags.");
}

#[test]
fn the_default_key_stands_nowhere_and_can_be_gone_back_to() {
    let world = World::new();
    let key = world.ok(&world.admin("prod"), "kms", "CreateKey", json!({}));
    let key = key["KeyMetadata"]["Arn"].clone();
    let alias = json!("alias/aws/secretsmanager");
    ok(&world, "CreateSecret", json!({ "Name": "s", "SecretString": "x", "KmsKeyId": alias }));
    let shown = || {
        let seen = ok(&world, "DescribeSecret", json!({ "SecretId": "s" }));
        seen.get("KmsKeyId").cloned().unwrap_or_default()
    };
    assert_eq!(shown(), Value::Null);
    for (set, expected) in [(key.clone(), key), (json!(""), Value::Null)] {
        ok(&world, "UpdateSecret", json!({ "SecretId": "s", "KmsKeyId": set }));
        assert_eq!(shown(), expected);
        let value = ok(&world, "GetSecretValue", json!({ "SecretId": "s" }));
        assert_eq!(value["SecretString"], "x");
    }
}

#[test]
fn versions_and_labels_are_limited() {
    let world = World::new();
    ok(&world, "CreateSecret", json!({ "Name": "s" }));
    // The first value is the current one, whatever it is called.
    let first = json!({ "SecretId": "s", "SecretString": "v", "VersionStages": ["mine"] });
    let stages = ok(&world, "PutSecretValue", first)["VersionStages"].clone();
    assert_eq!(stages, json!(["AWSCURRENT", "mine"]));
    let labels: Vec<String> = (0..19).map(|n| format!("label{n}")).collect();
    let input = json!({ "SecretId": "s", "SecretString": "w", "VersionStages": labels });
    let told = told(&world, "PutSecretValue", input);
    assert_eq!(told, "400 LimitExceededException: A secret can have at most 20 staging labels.");
    // Old versions go beyond the hundredth, young ones stay.
    let versions = || {
        let mut input = json!({ "SecretId": "s", "IncludeDeprecated": true, "MaxResults": 100 });
        let mut count = 0;
        loop {
            let page = ok(&world, "ListSecretVersionIds", input.clone());
            count += page["Versions"].as_array().unwrap().len();
            match page.get("NextToken") {
                Some(token) => input["NextToken"] = token.clone(),
                None => return count,
            }
        }
    };
    for n in 0..104 {
        ok(&world, "PutSecretValue", json!({ "SecretId": "s", "SecretString": n.to_string() }));
    }
    assert_eq!(versions(), 105);
    world.advance(Duration::days(1));
    ok(&world, "PutSecretValue", json!({ "SecretId": "s", "SecretString": "last" }));
    assert_eq!(versions(), 100);
}

#[test]
fn what_is_deleted_by_the_clock_is_gone_from_the_state() {
    let world = World::new();
    ok(&world, "CreateSecret", json!({ "Name": "s", "SecretString": "x" }));
    ok(&world, "CreateSecret", json!({ "Name": "kept", "SecretString": "x" }));
    for name in ["s", "kept"] {
        let input = json!({ "SecretId": name, "RecoveryWindowInDays": 7 });
        ok(&world, "DeleteSecret", input);
    }
    ok(&world, "RestoreSecret", json!({ "SecretId": "kept" }));
    world.advance(Duration::days(8));
    let listed = ok(&world, "ListSecrets", json!({ "IncludePlannedDeletion": true }));
    assert_eq!(names(&listed), "kept");
    ok(&world, "CreateSecret", json!({ "Name": "s", "SecretString": "new" }));
    world.advance(Duration::days(100));
    assert_eq!(ok(&world, "GetSecretValue", json!({ "SecretId": "s" }))["SecretString"], "new");
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    let world = World::new();
    let replicas = json!({
        "Name": "s", "SecretString": "x", "AddReplicaRegions": [{ "Region": "eu-west-1" }],
    });
    let told = told(&world, "CreateSecret", replicas);
    assert!(
        told.starts_with("501 NotImplemented: ") && told.contains("AddReplicaRegions"),
        "{told}"
    );
    ok(&world, "CreateSecret", json!({ "Name": "s", "ForceOverwriteReplicaSecret": false }));
}
