//! Users, roles and policies: what is refused, in which words, and what hangs together.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{World, allow, check, document, trusting};

fn told(world: &World, operation: &str, input: Value) -> String {
    world.told(&world.admin("prod"), "iam", operation, input)
}

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "iam", operation, input)
}

const NO_POLICY: &str = "arn:aws:iam::111111111111:policy/x";

#[test]
fn refusals_in_awss_words() {
    let world = World::new();
    ok(&world, "CreateUser", json!({ "UserName": "ann" }));
    ok(
        &world,
        "CreateRole",
        json!({
            "RoleName": "r", "AssumeRolePolicyDocument": trusting(&["111111111111"]),
        }),
    );
    let attach = |arn: &str| json!({ "UserName": "ann", "PolicyArn": arn });
    let cases = [
        ("GetUser", json!({ "UserName": "x" })),
        ("GetRole", json!({ "RoleName": "x" })),
        ("CreateUser", json!({ "UserName": "ANN" })),
        (
            "CreateRole",
            json!({ "RoleName": "R", "AssumeRolePolicyDocument": trusting(&["111111111111"]) }),
        ),
        ("AttachUserPolicy", attach(NO_POLICY)),
        ("AttachUserPolicy", attach("arn:aws:iam::aws:policy/None")),
        ("AttachUserPolicy", attach("no arn, but twenty letters")),
        ("DetachUserPolicy", attach(NO_POLICY)),
        ("GetPolicy", json!({ "PolicyArn": NO_POLICY })),
        ("DeletePolicy", json!({ "PolicyArn": NO_POLICY })),
        ("GetUserPolicy", json!({ "UserName": "ann", "PolicyName": "x" })),
        ("GetRolePolicy", json!({ "RoleName": "r", "PolicyName": "x" })),
        ("DeleteRolePolicy", json!({ "RoleName": "r", "PolicyName": "x" })),
        (
            "PutRolePermissionsBoundary",
            json!({ "RoleName": "r", "PermissionsBoundary": NO_POLICY }),
        ),
        (
            "UpdateAccessKey",
            json!({ "UserName": "ann", "AccessKeyId": "AKIA1111111111111111", "Status": "Inactive" }),
        ),
        ("CreateUser", json!({ "UserName": "no blanks" })),
        ("UpdateRole", json!({ "RoleName": "r", "MaxSessionDuration": 3_599 })),
    ];
    let answers =
        cases.map(|(operation, input)| format!("{operation}: {}", told(&world, operation, input)));
    check(
        answers.join("\n"),
        expect![[r#"
        GetUser: 404 NoSuchEntity: The user with name x cannot be found.
        GetRole: 404 NoSuchEntity: The role with name x cannot be found.
        CreateUser: 409 EntityAlreadyExists: User with name ANN already exists.
        CreateRole: 409 EntityAlreadyExists: Role with name R already exists.
        AttachUserPolicy: 404 NoSuchEntity: Policy arn:aws:iam::111111111111:policy/x does not exist or is not attachable.
        AttachUserPolicy: 404 NoSuchEntity: Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.
        AttachUserPolicy: 400 ValidationError: Invalid ARN:  Could not be parsed!
        DetachUserPolicy: 404 NoSuchEntity: Policy arn:aws:iam::111111111111:policy/x was not found.
        GetPolicy: 404 NoSuchEntity: Policy arn:aws:iam::111111111111:policy/x was not found.
        DeletePolicy: 404 NoSuchEntity: Policy arn:aws:iam::111111111111:policy/x was not found.
        GetUserPolicy: 404 NoSuchEntity: The user policy with name x cannot be found.
        GetRolePolicy: 404 NoSuchEntity: The role policy with name x cannot be found.
        DeleteRolePolicy: 404 NoSuchEntity: The role policy with name x cannot be found.
        PutRolePermissionsBoundary: 404 NoSuchEntity: Scope ARN: arn:aws:iam::111111111111:policy/x does not exist or is not attachable.
        UpdateAccessKey: 404 NoSuchEntity: The Access Key with id AKIA1111111111111111 cannot be found.
        CreateUser: 400 ValidationError: 1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+
        UpdateRole: 400 ValidationError: 1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600"#]],
    );
}

#[test]
fn policies_are_read_before_they_are_kept() {
    let world = World::new();
    ok(
        &world,
        "CreateRole",
        json!({
            "RoleName": "r", "AssumeRolePolicyDocument": trusting(&["111111111111"]),
        }),
    );
    let answers = [
        "not json".to_owned(),
        "{}".to_owned(),
        document(&[json!({ "Effect": "Maybe", "Action": "s3:*", "Resource": "*" })]),
        document(&[json!({ "Effect": "Allow", "Action": "nocolon", "Resource": "*" })]),
        document(&[
            json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*" }),
        ]),
        document(&[json!({ "Effect": "Allow", "Action": "s3:*" })]),
    ]
    .map(|text| {
        told(
            &world,
            "PutRolePolicy",
            json!({ "RoleName": "r", "PolicyName": "p", "PolicyDocument": text }),
        )
    });
    check(
        answers.join("\n"),
        expect![[r#"
        400 MalformedPolicyDocument: Syntax errors in policy.
        400 MalformedPolicyDocument: Syntax errors in policy.
        400 MalformedPolicyDocument: Syntax errors in policy.
        400 MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.
        400 MalformedPolicyDocument: Policy document should not specify a principal.
        400 MalformedPolicyDocument: Policy statement must contain resources."#]],
    );
    let kept = ok(&world, "ListRolePolicies", json!({ "RoleName": "r" }));
    assert_eq!(kept["PolicyNames"], json!([]));
    let trust =
        document(&[json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" })]);
    let refused =
        told(&world, "UpdateAssumeRolePolicy", json!({ "RoleName": "r", "PolicyDocument": trust }));
    assert!(refused.starts_with("400 MalformedPolicyDocument: "), "{refused}");
}

#[test]
fn what_still_hangs_on_something_keeps_it() {
    let world = World::new();
    world.user("prod", "ann", &[allow(&["s3:*"], &["*"])]);
    world.role("prod", "r", &trusting(&["111111111111"]), &[allow(&["s3:*"], &["*"])]);
    let policy =
        json!({ "PolicyName": "p", "PolicyDocument": document(&[allow(&["s3:*"], &["*"])]) });
    ok(&world, "CreatePolicy", policy);
    let arn = "arn:aws:iam::111111111111:policy/p";
    for (operation, holder) in [("AttachUserPolicy", "UserName"), ("AttachRolePolicy", "RoleName")]
    {
        let name = if holder == "UserName" { "ann" } else { "r" };
        ok(&world, operation, json!({ holder: name, "PolicyArn": arn }));
    }
    let delete = |kind: &str| match kind {
        "user" => told(&world, "DeleteUser", json!({ "UserName": "ann" })),
        "role" => told(&world, "DeleteRole", json!({ "RoleName": "r" })),
        _ => told(&world, "DeletePolicy", json!({ "PolicyArn": arn })),
    };
    let mut story = vec![delete("policy"), delete("user"), delete("role")];
    ok(&world, "DetachUserPolicy", json!({ "UserName": "ann", "PolicyArn": arn }));
    ok(&world, "DetachRolePolicy", json!({ "RoleName": "r", "PolicyArn": arn }));
    story.extend([delete("user"), delete("role")]);
    ok(&world, "DeleteUserPolicy", json!({ "UserName": "ann", "PolicyName": "permissions" }));
    ok(&world, "DeleteRolePolicy", json!({ "RoleName": "r", "PolicyName": "permissions" }));
    story.push(delete("user"));
    let keys = ok(&world, "ListAccessKeys", json!({ "UserName": "ann" }));
    let key = &keys["AccessKeyMetadata"][0]["AccessKeyId"];
    ok(&world, "DeleteAccessKey", json!({ "UserName": "ann", "AccessKeyId": key }));
    let second = document(&[allow(&["s3:Get*"], &["*"])]);
    ok(&world, "CreatePolicyVersion", json!({ "PolicyArn": arn, "PolicyDocument": second }));
    story.push(delete("policy"));
    ok(&world, "DeletePolicyVersion", json!({ "PolicyArn": arn, "VersionId": "v2" }));
    story.extend([delete("user"), delete("role"), delete("policy")]);
    check(
        story.join("\n"),
        expect![[r#"
        409 DeleteConflict: Cannot delete a policy attached to entities.
        409 DeleteConflict: Cannot delete entity, must detach all policies first.
        409 DeleteConflict: Cannot delete entity, must detach all policies first.
        409 DeleteConflict: Cannot delete entity, must delete policies first.
        409 DeleteConflict: Cannot delete entity, must delete policies first.
        409 DeleteConflict: Cannot delete entity, must delete access keys first.
        409 DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.
        ok
        ok
        ok"#]],
    );
}

#[test]
fn a_policy_has_five_versions_and_its_default_counts() {
    let world = World::new();
    let listing = |action: &str| document(&[allow(&[action], &["*"])]);
    let arn = "arn:aws:iam::111111111111:policy/p";
    ok(
        &world,
        "CreatePolicy",
        json!({ "PolicyName": "p", "PolicyDocument": listing("s3:ListAllMyBuckets") }),
    );
    let ann = world.user("prod", "ann", &[]);
    ok(&world, "AttachUserPolicy", json!({ "UserName": "ann", "PolicyArn": arn }));
    let may = |service, operation| world.call(&ann, service, operation, json!({})).is_ok();
    assert!(may("s3", "ListBuckets") && !may("iam", "ListUsers"));
    let version = |default: bool| json!({ "PolicyArn": arn, "PolicyDocument": listing("iam:ListUsers"), "SetAsDefault": default });
    ok(&world, "CreatePolicyVersion", version(false));
    assert!(may("s3", "ListBuckets") && !may("iam", "ListUsers"));
    ok(&world, "CreatePolicyVersion", version(true));
    assert!(!may("s3", "ListBuckets") && may("iam", "ListUsers"));
    ok(&world, "CreatePolicyVersion", version(false));
    ok(&world, "CreatePolicyVersion", version(false));
    let answers = [
        told(&world, "CreatePolicyVersion", version(false)),
        told(&world, "DeletePolicyVersion", json!({ "PolicyArn": arn, "VersionId": "v3" })),
        told(&world, "DeletePolicyVersion", json!({ "PolicyArn": arn, "VersionId": "v9" })),
        told(&world, "DeletePolicyVersion", json!({ "PolicyArn": arn, "VersionId": "v1" })),
        told(&world, "CreatePolicyVersion", version(false)),
    ];
    check(
        answers.join("\n"),
        expect![[r#"
        409 LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.
        409 DeleteConflict: Cannot delete the default version of a policy.
        404 NoSuchEntity: Policy arn:aws:iam::111111111111:policy/p version v9 does not exist or is not attachable.
        ok
        ok"#]],
    );
    // Numbers are not used again.
    let versions = ok(&world, "ListPolicyVersions", json!({ "PolicyArn": arn }));
    let ids: Vec<_> =
        versions["Versions"].as_array().unwrap().iter().map(|v| v["VersionId"].clone()).collect();
    assert!(ids.contains(&json!("v6")) && !ids.contains(&json!("v1")), "{ids:?}");
}

#[test]
fn awss_own_policies_can_be_read_and_not_changed() {
    let world = World::new();
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    assert_eq!(told(&world, "GetPolicy", json!({ "PolicyArn": arn })), "ok");
    let version = json!({ "PolicyArn": arn, "VersionId": "v1" });
    assert_eq!(told(&world, "GetPolicyVersion", version.clone()), "ok");
    assert_eq!(told(&world, "ListPolicyVersions", json!({ "PolicyArn": arn })), "ok");
    let new = json!({ "PolicyArn": arn, "PolicyDocument": document(&[allow(&["s3:*"], &["*"])]) });
    for (operation, input) in [
        ("DeletePolicy", json!({ "PolicyArn": arn })),
        ("DeletePolicyVersion", version),
        ("CreatePolicyVersion", new),
    ] {
        let refused = told(&world, operation, input);
        assert!(refused.starts_with("403 AccessDenied: "), "{operation}: {refused}");
    }
}

#[test]
fn another_accounts_policies_are_out_of_reach() {
    let world = World::new();
    let policy =
        json!({ "PolicyName": "p", "PolicyDocument": document(&[allow(&["s3:*"], &["*"])]) });
    ok(&world, "CreatePolicy", policy);
    let arn = "arn:aws:iam::111111111111:policy/p";
    let dev = world.admin("dev");
    for operation in ["GetPolicy", "DeletePolicy", "ListPolicyVersions"] {
        let refused = world.told(&dev, "iam", operation, json!({ "PolicyArn": arn }));
        assert!(refused.starts_with("403 AccessDenied: "), "{operation}: {refused}");
    }
    let input = json!({ "UserName": "admin", "PolicyArn": arn });
    let refused = world.told(&dev, "iam", "AttachUserPolicy", input);
    assert!(refused.starts_with("404 NoSuchEntity: "), "{refused}");
}

#[test]
fn a_boundary_limits_and_grants_nothing() {
    let world = World::new();
    let boundary = document(&[allow(&["s3:ListAllMyBuckets", "iam:ListUsers"], &["*"])]);
    ok(&world, "CreatePolicy", json!({ "PolicyName": "b", "PolicyDocument": boundary }));
    let role = world.role(
        "prod",
        "r",
        &trusting(&["111111111111"]),
        &[allow(&["s3:ListAllMyBuckets", "iam:ListRoles"], &["*"])],
    );
    let arn = "arn:aws:iam::111111111111:policy/b";
    let session = world.assume(&world.admin("prod"), &role);
    let story = || {
        [("s3", "ListBuckets"), ("iam", "ListRoles"), ("iam", "ListUsers")]
            .map(|(service, operation)| world.call(&session, service, operation, json!({})).is_ok())
    };
    assert_eq!(story(), [true, true, false]);
    ok(
        &world,
        "PutRolePermissionsBoundary",
        json!({ "RoleName": "r", "PermissionsBoundary": arn }),
    );
    assert_eq!(story(), [true, false, false]);
    assert!(
        told(&world, "DeletePolicy", json!({ "PolicyArn": arn })).starts_with("409 DeleteConflict")
    );
    check(
        world.told(&session, "iam", "ListRoles", json!({})),
        expect![
            "403 AccessDenied: User: arn:aws:sts::111111111111:assumed-role/r/session is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111111111111:role/ because no permissions boundary allows the iam:ListRoles action"
        ],
    );
    ok(&world, "DeleteRolePermissionsBoundary", json!({ "RoleName": "r" }));
    assert_eq!(story(), [true, true, false]);
}

#[test]
fn lists_come_in_pages_and_by_path() {
    let world = World::new();
    for name in ["a", "b", "c", "d"] {
        let path = if name < "c" { "/one/" } else { "/two/" };
        ok(&world, "CreateUser", json!({ "UserName": name, "Path": path }));
    }
    let mut names = Vec::new();
    let mut input = json!({ "MaxItems": 2 });
    loop {
        let page = ok(&world, "ListUsers", input.clone());
        let users = page["Users"].as_array().unwrap();
        names.push(users.iter().map(|u| u["UserName"].as_str().unwrap()).collect::<String>());
        if page["IsTruncated"] != true {
            break;
        }
        input["Marker"] = page["Marker"].clone();
    }
    assert_eq!(names, ["aadmin", "bc", "d"]);
    let two = ok(&world, "ListUsers", json!({ "PathPrefix": "/two/" }));
    assert_eq!(two["Users"].as_array().unwrap().len(), 2);
}
