//! The policy simulator: what it says of statements, and that it says what happens.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{World, allow, check, deny, document, trusting};

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "iam", operation, input)
}

/// One line a result: action, resource, decision, what matched, what is missing.
fn lines(answer: &Value) -> String {
    let results = answer["EvaluationResults"].as_array().unwrap().iter();
    let line = |result: &Value| {
        let text = |name: &str| result[name].as_str().unwrap();
        let matched: Vec<String> =
            result["MatchedStatements"].as_array().into_iter().flatten().map(matched).collect();
        let specific = &result["ResourceSpecificResults"][0]["MissingContextValues"];
        let missing = result["MissingContextValues"].as_array().filter(|keys| !keys.is_empty());
        let missing = missing.or(specific.as_array()).cloned().unwrap_or_default();
        let missing: Vec<&str> = missing.iter().map(|key| key.as_str().unwrap()).collect();
        let mut line = format!(
            "{} {} {} by [{}] without [{}]",
            text("EvalActionName"),
            text("EvalResourceName"),
            text("EvalDecision"),
            matched.join(", "),
            missing.join(", "),
        );
        if let Some(said) = result["PermissionsBoundaryDecisionDetail"].as_object() {
            line += &format!(" boundary {}", said["AllowedByPermissionsBoundary"]);
        }
        if let Some(details) = result["EvalDecisionDetails"].as_object().filter(|d| !d.is_empty()) {
            line += &format!(" {}", Value::Object(details.clone()));
        }
        line
    };
    results.map(line).collect::<Vec<_>>().join("\n")
}

fn matched(statement: &Value) -> String {
    let at = |name: &str| format!("{}:{}", statement[name]["Line"], statement[name]["Column"]);
    let (id, kind) = (&statement["SourcePolicyId"], &statement["SourcePolicyType"]);
    format!(
        "{} {} {}-{}",
        id.as_str().unwrap(),
        kind.as_str().unwrap(),
        at("StartPosition"),
        at("EndPosition")
    )
}

const POLICY: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::lake/*"
        },
        {
            "Effect": "Deny",
            "Action": "s3:Delete*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "${aws:username}"}}
        }
    ]
}"#;

#[test]
fn custom_policies_tell_what_matched_and_what_is_missing() {
    let world = World::new();
    let simulate = |more: Value| {
        let mut input = json!({
            "PolicyInputList": [POLICY],
            "ActionNames": ["s3:GetObject", "s3:DeleteObject", "kms:Decrypt"],
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lines(&ok(&world, "SimulateCustomPolicy", input))
    };
    let named = json!({ "ResourceArns": ["arn:aws:s3:::lake/a", "arn:aws:s3:::other/a"] });
    let team = json!({
        "ActionNames": ["s3:DeleteObject"], "ResourceArns": ["arn:aws:s3:::lake/a"],
        "ContextEntries": [
            {
                "ContextKeyName": "aws:PrincipalTag/team", "ContextKeyType": "string",
                "ContextKeyValues": ["red"],
            },
            {
                "ContextKeyName": "aws:username", "ContextKeyType": "string",
                "ContextKeyValues": ["red"],
            },
        ],
    });
    let boundary = json!({
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::lake/a"],
        "PermissionsBoundaryPolicyInputList":
            [document(&[allow(&["s3:Get*"], &["*"])])],
    });
    check(
        [simulate(json!({})), simulate(named), simulate(team), simulate(boundary)].join("\n--\n"),
        expect![[r#"
            s3:GetObject * implicitDeny by [] without []
            s3:DeleteObject * explicitDeny by [PolicyInputList.1 IAM Policy 8:11-14:10] without [aws:PrincipalTag/team, aws:username]
            kms:Decrypt * implicitDeny by [] without []
            --
            s3:GetObject arn:aws:s3:::lake/a allowed by [PolicyInputList.1 IAM Policy 3:19-8:10] without []
            s3:GetObject arn:aws:s3:::other/a implicitDeny by [] without []
            s3:DeleteObject arn:aws:s3:::lake/a explicitDeny by [PolicyInputList.1 IAM Policy 8:11-14:10] without [aws:PrincipalTag/team, aws:username]
            s3:DeleteObject arn:aws:s3:::other/a explicitDeny by [PolicyInputList.1 IAM Policy 8:11-14:10] without [aws:PrincipalTag/team, aws:username]
            kms:Decrypt arn:aws:s3:::lake/a implicitDeny by [] without []
            kms:Decrypt arn:aws:s3:::other/a implicitDeny by [] without []
            --
            s3:DeleteObject arn:aws:s3:::lake/a allowed by [PolicyInputList.1 IAM Policy 3:19-8:10] without []
            --
            s3:GetObject arn:aws:s3:::lake/a allowed by [PolicyInputList.1 IAM Policy 3:19-8:10] without [] boundary true
            s3:PutObject arn:aws:s3:::lake/a implicitDeny by [] without [] boundary false"#]],
    );
    let keys = ok(&world, "GetContextKeysForCustomPolicy", json!({ "PolicyInputList": [POLICY] }));
    assert_eq!(keys["ContextKeyNames"], json!(["aws:PrincipalTag/team", "aws:username"]));
}

#[test]
fn resource_policies_need_a_caller() {
    let world = World::new();
    world.user("dev", "bob", &[]);
    let open = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111111111111:user/ann" },
        "Action": "s3:GetObject", "Resource": "*",
    })]);
    let simulate = |caller: Option<&str>, owner: Option<&str>, policies: &[Value]| {
        let mut input = json!({
            "PolicyInputList": policies.iter().map(|p| document(std::slice::from_ref(p))).collect::<Vec<_>>(),
            "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::lake/a"],
            "ResourcePolicy": open,
        });
        if let Some(caller) = caller {
            input["CallerArn"] = caller.into();
        }
        if let Some(owner) = owner {
            input["ResourceOwner"] = owner.into();
        }
        match world.call(&world.admin("prod"), "iam", "SimulateCustomPolicy", input) {
            Ok(answer) => lines(&answer),
            Err(error) => format!("{} {}: {}", error.status, error.code, error.message),
        }
    };
    let (ann, bob) = ("arn:aws:iam::111111111111:user/ann", "arn:aws:iam::222222222222:user/bob");
    let dev = Some("arn:aws:iam::222222222222:root");
    let get = [allow(&["s3:Get*"], &["*"])];
    let no = [deny(&["s3:*"], &["*"])];
    let put = [allow(&["s3:Put*"], &["*"])];
    check(
        [
            simulate(None, None, &get),
            simulate(Some("arn:aws:iam::111111111111:role/r"), None, &get),
            simulate(Some(ann), None, &put),
            simulate(Some(ann), None, &no),
            simulate(Some(ann), dev, &put),
            simulate(Some(ann), dev, &get),
            simulate(Some(bob), None, &get),
        ]
        .join("\n"),
        expect![[r#"
            400 InvalidInput: CallerArn is required when a resource policy is given
            400 InvalidInput: CallerArn arn:aws:iam::111111111111:role/r is not the ARN of an IAM user
            s3:GetObject arn:aws:s3:::lake/a allowed by [ResourcePolicy Resource Policy 1:38-1:152] without []
            s3:GetObject arn:aws:s3:::lake/a explicitDeny by [PolicyInputList.1 IAM Policy 1:38-1:90] without []
            s3:GetObject arn:aws:s3:::lake/a implicitDeny by [] without [] {"IAM Policy":"implicitDeny","Resource Policy":"allowed"}
            s3:GetObject arn:aws:s3:::lake/a allowed by [ResourcePolicy Resource Policy 1:38-1:152, PolicyInputList.1 IAM Policy 1:38-1:94] without [] {"IAM Policy":"allowed","Resource Policy":"allowed"}
            s3:GetObject arn:aws:s3:::lake/a allowed by [PolicyInputList.1 IAM Policy 1:38-1:94] without []"#]],
    );
}

#[test]
fn principals_bring_their_groups_boundaries_and_names() {
    let world = World::new();
    world.user("prod", "ann", &[allow(&["s3:ListAllMyBuckets"], &["*"])]);
    let own = document(&[allow(&["s3:*"], &["arn:aws:s3:::lake/${aws:username}/*"])]);
    let group = json!({ "GroupName": "g", "PolicyName": "own", "PolicyDocument": own });
    ok(&world, "CreateGroup", json!({ "GroupName": "g" }));
    ok(&world, "PutGroupPolicy", group);
    ok(&world, "AddUserToGroup", json!({ "GroupName": "g", "UserName": "ann" }));
    let managed = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    ok(&world, "AttachUserPolicy", json!({ "UserName": "ann", "PolicyArn": managed }));
    let role = world.role("prod", "r", &trusting(&["111111111111"]), &[allow(&["kms:*"], &["*"])]);
    let simulate = |source: &str, actions: &[&str], resources: &[&str]| {
        let input = json!({
            "PolicySourceArn": source, "ActionNames": actions, "ResourceArns": resources,
        });
        match world.call(&world.admin("prod"), "iam", "SimulatePrincipalPolicy", input) {
            Ok(answer) => lines(&answer),
            Err(error) => format!("{} {}: {}", error.status, error.code, error.message),
        }
    };
    let ann = "arn:aws:iam::111111111111:user/ann";
    let mine = ["arn:aws:s3:::lake/ann/k", "arn:aws:s3:::lake/bob/k"];
    let boundary = document(&[allow(&["s3:*"], &["*"])]);
    ok(&world, "CreatePolicy", json!({ "PolicyName": "b", "PolicyDocument": boundary }));
    let before = [
        simulate(ann, &["s3:ListAllMyBuckets", "iam:ListUsers"], &[]),
        simulate(ann, &["s3:GetObject"], &mine),
        simulate("arn:aws:iam::111111111111:group/g", &["s3:GetObject"], &mine),
        simulate(&role, &["kms:Decrypt"], &["arn:aws:kms:us-east-1:111111111111:key/x"]),
        simulate("arn:aws:iam::111111111111:user/nobody", &["s3:GetObject"], &[]),
        simulate("arn:aws:sts::111111111111:assumed-role/r/s", &["s3:GetObject"], &[]),
        simulate(ann, &["nothing"], &[]),
    ];
    let bound = json!({
        "UserName": "ann", "PermissionsBoundary": "arn:aws:iam::111111111111:policy/b",
    });
    ok(&world, "PutUserPermissionsBoundary", bound);
    let after = simulate(ann, &["s3:ListAllMyBuckets", "iam:ListUsers"], &[]);
    check(
        format!("{}\n--\n{after}", before.join("\n")),
        expect![[r#"
        s3:ListAllMyBuckets * allowed by [user_ann_permissions IAM Policy 1:38-1:106] without []
        iam:ListUsers * allowed by [IAMReadOnlyAccess IAM Policy 3:17-15:6] without []
        s3:GetObject arn:aws:s3:::lake/ann/k allowed by [group_g_own IAM Policy 1:38-1:125] without []
        s3:GetObject arn:aws:s3:::lake/bob/k implicitDeny by [] without []
        s3:GetObject arn:aws:s3:::lake/ann/k implicitDeny by [] without [aws:username]
        s3:GetObject arn:aws:s3:::lake/bob/k implicitDeny by [] without [aws:username]
        kms:Decrypt arn:aws:kms:us-east-1:111111111111:key/x allowed by [role_r_permissions IAM Policy 1:38-1:92] without []
        404 NoSuchEntity: The user with name nobody cannot be found.
        400 InvalidInput: Invalid Entity Arn: arn:aws:sts::111111111111:assumed-role/r/s does not clearly define entity type and name.
        400 InvalidInput: Invalid action name: nothing
        --
        s3:ListAllMyBuckets * allowed by [user_ann_permissions IAM Policy 1:38-1:106] without [] boundary true
        iam:ListUsers * implicitDeny by [] without [] boundary false"#]],
    );
    let input = json!({ "PolicySourceArn": ann });
    let keys = ok(&world, "GetContextKeysForPrincipalPolicy", input);
    assert_eq!(keys["ContextKeyNames"], json!(["aws:username"]));
}

#[test]
fn results_come_in_pages() {
    let world = World::new();
    let policy = document(&[allow(&["s3:*"], &["*"])]);
    let mut input = json!({
        "PolicyInputList": [policy], "ActionNames": ["s3:A", "s3:B", "s3:C"],
        "ResourceArns": ["arn:aws:s3:::x", "arn:aws:s3:::y"], "MaxItems": 4,
    });
    let first = ok(&world, "SimulateCustomPolicy", input.clone());
    assert_eq!(first["EvaluationResults"].as_array().unwrap().len(), 4);
    assert_eq!(first["IsTruncated"], true);
    input["Marker"] = first["Marker"].clone();
    let rest = ok(&world, "SimulateCustomPolicy", input);
    assert_eq!(rest["EvaluationResults"].as_array().unwrap().len(), 2);
    assert_eq!(rest["EvaluationResults"][1]["EvalResourceName"], "arn:aws:s3:::y");
    assert_eq!(rest["IsTruncated"], false);
}

/// Calls that need one action on one resource: service, operation, input, action, resource.
fn calls() -> Vec<(&'static str, &'static str, Value, &'static str, &'static str)> {
    vec![
        ("iam", "ListUsers", json!({}), "iam:ListUsers", "arn:aws:iam::111111111111:user/"),
        (
            "iam",
            "GetUser",
            json!({ "UserName": "target" }),
            "iam:GetUser",
            "arn:aws:iam::111111111111:user/target",
        ),
        (
            "iam",
            "GetRole",
            json!({ "RoleName": "target" }),
            "iam:GetRole",
            "arn:aws:iam::111111111111:role/target",
        ),
        (
            "iam",
            "ListGroups",
            json!({ "PathPrefix": "/x/" }),
            "iam:ListGroups",
            "arn:aws:iam::111111111111:group/x/",
        ),
        ("s3", "ListBuckets", json!({}), "s3:ListAllMyBuckets", "*"),
        (
            "s3",
            "GetBucketLocation",
            json!({ "Bucket": "lake" }),
            "s3:GetBucketLocation",
            "arn:aws:s3:::lake",
        ),
        ("s3", "ListObjectsV2", json!({ "Bucket": "lake" }), "s3:ListBucket", "arn:aws:s3:::lake"),
        (
            "s3",
            "GetBucketTagging",
            json!({ "Bucket": "lake" }),
            "s3:GetBucketTagging",
            "arn:aws:s3:::lake",
        ),
        ("secretsmanager", "ListSecrets", json!({}), "secretsmanager:ListSecrets", "*"),
        ("kms", "ListKeys", json!({}), "kms:ListKeys", "*"),
    ]
}

/// Statements of which every set of three makes a user.
fn statements() -> Vec<Value> {
    let mut tagged = allow(&["iam:*"], &["*"]);
    tagged["Condition"] = json!({ "StringEquals": { "aws:PrincipalTag/team": "red" } });
    let mut named = allow(&["s3:*"], &["*"]);
    named["Condition"] = json!({ "StringLike": { "aws:username": "*1*" } });
    let mut elsewhere = deny(&["*"], &["*"]);
    elsewhere["Condition"] =
        json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::111111111111:user/*" } });
    vec![
        allow(&["s3:*"], &["*"]),
        allow(&["s3:List*", "kms:List*"], &["*"]),
        allow(&["iam:Get*"], &["arn:aws:iam::111111111111:user/*"]),
        allow(&["iam:List*", "secretsmanager:*"], &["*"]),
        allow(&["s3:GetBucket*"], &["arn:aws:s3:::lak?"]),
        deny(&["iam:GetRole", "s3:ListBucket"], &["*"]),
        deny(&["s3:*"], &["arn:aws:s3:::lake"]),
        json!({ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" }),
        json!({ "Effect": "Deny", "Action": "*", "NotResource": ["arn:aws:iam::*:user/*", "arn:aws:s3:::*"] }),
        tagged,
        named,
        elsewhere,
    ]
}

#[test]
fn what_is_simulated_is_what_happens() {
    let world = World::new();
    let admin = world.admin("prod");
    world.ok(&admin, "s3", "CreateBucket", json!({ "Bucket": "lake" }));
    let tags = json!({ "TagSet": [{ "Key": "a", "Value": "b" }] });
    world.ok(&admin, "s3", "PutBucketTagging", json!({ "Bucket": "lake", "Tagging": tags }));
    world.role("prod", "target", &trusting(&["111111111111"]), &[]);
    ok(&world, "CreateUser", json!({ "UserName": "target" }));
    let boundary = document(&[allow(&["s3:*", "iam:Get*"], &["*"])]);
    ok(&world, "CreatePolicy", json!({ "PolicyName": "b", "PolicyDocument": boundary }));
    let all = statements();
    let (mut allowed, mut denied) = (0, 0);
    for (n, first) in all.iter().enumerate() {
        let name = format!("user{n}");
        let [second, third] = [5, 8].map(|step| all[(n + step) % all.len()].clone());
        let user = world.user("prod", &name, &[first.clone(), second]);
        let group = format!("group{n}");
        ok(&world, "CreateGroup", json!({ "GroupName": group }));
        let put = json!({
            "GroupName": group, "PolicyName": "p", "PolicyDocument": document(&[third]),
        });
        ok(&world, "PutGroupPolicy", put);
        ok(&world, "AddUserToGroup", json!({ "GroupName": group, "UserName": name }));
        if n % 2 == 0 {
            let tag = json!([{ "Key": "team", "Value": "red" }]);
            ok(&world, "TagUser", json!({ "UserName": name, "Tags": tag }));
        }
        if n % 4 == 3 {
            let arn = "arn:aws:iam::111111111111:policy/b";
            let input = json!({ "UserName": name, "PermissionsBoundary": arn });
            ok(&world, "PutUserPermissionsBoundary", input);
        }
        for (service, operation, input, action, resource) in calls() {
            let source = format!("arn:aws:iam::111111111111:user/{name}");
            let question = json!({
                "PolicySourceArn": source, "ActionNames": [action], "ResourceArns": [resource],
            });
            let answer = ok(&world, "SimulatePrincipalPolicy", question);
            let said = answer["EvaluationResults"][0]["EvalDecision"].as_str().unwrap();
            let outcome = world.call(&user, service, operation, input);
            let happened = match &outcome {
                Ok(_) => "allowed",
                Err(error) if error.message.contains("with an explicit deny") => "explicitDeny",
                Err(error) if error.message.contains("because no") => "implicitDeny",
                Err(error) => panic!("{name} {operation}: {error}"),
            };
            assert_eq!(said, happened, "{name}: {action} on {resource}");
            if outcome.is_ok() { allowed += 1 } else { denied += 1 }
        }
    }
    assert!(allowed > 20 && denied > 20, "{allowed} allowed, {denied} denied");
}
