//! Groups, renaming, tags and lists of IAM: what counts, what follows a name, what is shown.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, deny, document, trusting};

fn told(world: &World, operation: &str, input: Value) -> String {
    world.told(&world.admin("prod"), "iam", operation, input)
}

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "iam", operation, input)
}

fn names(answer: &Value, list: &str, member: &str) -> Vec<String> {
    let items = answer[list].as_array().unwrap();
    items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

fn may_list(world: &World, caller: &Caller) -> (bool, bool) {
    let may = |operation| world.call(caller, "iam", operation, json!({})).is_ok();
    (may("ListUsers"), may("ListRoles"))
}

#[test]
fn policies_of_a_group_count_for_its_users() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["iam:ListRoles"], &["*"])]);
    ok(&world, "CreateGroup", json!({ "GroupName": "readers" }));
    let put = |name: &str, statement: Value| {
        let input = json!({
            "GroupName": "readers", "PolicyName": name, "PolicyDocument": document(&[statement]),
        });
        ok(&world, "PutGroupPolicy", input);
    };
    put("read", allow(&["iam:ListUsers"], &["*"]));
    assert_eq!(may_list(&world, &ann), (false, true));
    let member = json!({ "GroupName": "READERS", "UserName": "ann" });
    ok(&world, "AddUserToGroup", member.clone());
    ok(&world, "AddUserToGroup", member.clone());
    assert_eq!(may_list(&world, &ann), (true, true));
    put("no", deny(&["iam:ListRoles"], &["*"]));
    assert_eq!(may_list(&world, &ann), (true, false));
    // The name changes, the membership stays.
    ok(&world, "UpdateGroup", json!({ "GroupName": "readers", "NewGroupName": "lectors" }));
    assert_eq!(may_list(&world, &ann), (true, false));
    let group = ok(&world, "GetGroup", json!({ "GroupName": "lectors" }));
    assert_eq!(names(&group, "Users", "UserName"), ["ann"]);
    let of_ann = ok(&world, "ListGroupsForUser", json!({ "UserName": "ann" }));
    assert_eq!(names(&of_ann, "Groups", "GroupName"), ["lectors"]);
    ok(&world, "RemoveUserFromGroup", json!({ "GroupName": "lectors", "UserName": "ann" }));
    assert_eq!(may_list(&world, &ann), (false, true));
}

#[test]
fn managed_policies_of_a_group_and_its_end() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[]);
    ok(&world, "CreateGroup", json!({ "GroupName": "g", "Path": "/data/" }));
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    ok(&world, "AttachGroupPolicy", json!({ "GroupName": "g", "PolicyArn": arn }));
    ok(&world, "AddUserToGroup", json!({ "GroupName": "g", "UserName": "ann" }));
    assert_eq!(may_list(&world, &ann), (true, true));
    let usage = ok(&world, "ListEntitiesForPolicy", json!({ "PolicyArn": arn }));
    assert_eq!(names(&usage, "PolicyGroups", "GroupName"), ["g"]);
    let policy = ok(&world, "GetPolicy", json!({ "PolicyArn": arn }));
    assert_eq!(policy["Policy"]["AttachmentCount"], 1);
    let mut story = vec![told(&world, "DeleteGroup", json!({ "GroupName": "g" }))];
    story.push(told(&world, "DeleteUser", json!({ "UserName": "ann" })));
    ok(&world, "RemoveUserFromGroup", json!({ "GroupName": "g", "UserName": "ann" }));
    story.push(told(&world, "DeleteGroup", json!({ "GroupName": "g" })));
    ok(&world, "DetachGroupPolicy", json!({ "GroupName": "g", "PolicyArn": arn }));
    let inline = document(&[allow(&["s3:*"], &["*"])]);
    let put = json!({ "GroupName": "g", "PolicyName": "i", "PolicyDocument": inline });
    ok(&world, "PutGroupPolicy", put);
    story.push(told(&world, "DeleteGroup", json!({ "GroupName": "g" })));
    ok(&world, "DeleteGroupPolicy", json!({ "GroupName": "g", "PolicyName": "i" }));
    story.push(told(&world, "DeleteGroup", json!({ "GroupName": "g" })));
    story.push(told(&world, "GetGroup", json!({ "GroupName": "g" })));
    check(
        story.join("\n"),
        expect![[r#"
        409 DeleteConflict: Cannot delete entity, must remove users from group first.
        409 DeleteConflict: Cannot delete entity, must remove users from group first.
        409 DeleteConflict: Cannot delete entity, must detach all policies first.
        409 DeleteConflict: Cannot delete entity, must delete policies first.
        ok
        404 NoSuchEntity: The group with name g cannot be found."#]],
    );
}

#[test]
fn a_user_keeps_its_keys_and_policies_under_a_new_name() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["iam:ListUsers"], &["*"])]);
    world.user("prod", "bob", &[]);
    let rename =
        |to: &str| told(&world, "UpdateUser", json!({ "UserName": "ann", "NewUserName": to }));
    assert_eq!(rename("Bob"), "409 EntityAlreadyExists: User with name Bob already exists.");
    assert_eq!(rename("anna"), "ok");
    assert_eq!(may_list(&world, &ann), (true, false));
    let who = world.ok(&ann, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(who["Arn"], "arn:aws:iam::111111111111:user/anna");
    let keys = ok(&world, "ListAccessKeys", json!({ "UserName": "anna" }));
    assert_eq!(names(&keys, "AccessKeyMetadata", "UserName"), ["anna"]);
    ok(&world, "UpdateUser", json!({ "UserName": "anna", "NewPath": "/people/" }));
    let moved = ok(&world, "GetUser", json!({ "UserName": "anna" }));
    assert_eq!(moved["User"]["Arn"], "arn:aws:iam::111111111111:user/people/anna");
    assert!(told(&world, "GetUser", json!({ "UserName": "ann" })).starts_with("404 NoSuchEntity"));
    // Both ends of a change of name need the permission.
    let only_here = allow(&["iam:UpdateUser"], &["arn:aws:iam::111111111111:user/people/*"]);
    let clerk = world.user("prod", "clerk", &[only_here]);
    let to = |path: &str| json!({ "UserName": "anna", "NewPath": path });
    assert_eq!(world.told(&clerk, "iam", "UpdateUser", to("/people/data/")), "ok");
    let refused = world.told(&clerk, "iam", "UpdateUser", to("/admins/"));
    assert!(
        refused.contains("on resource: arn:aws:iam::111111111111:user/admins/anna"),
        "{refused}"
    );
}

#[test]
fn tags_of_everything_that_has_them() {
    let world = World::new();
    let trust = trusting(&["111111111111"]);
    let user = ok(
        &world,
        "CreateUser",
        json!({ "UserName": "u", "Tags": [{ "Key": "Team", "Value": "a" }] }),
    );
    assert_eq!(user["User"]["Tags"], json!([{ "Key": "Team", "Value": "a" }]));
    ok(&world, "CreateRole", json!({ "RoleName": "r", "AssumeRolePolicyDocument": trust }));
    let text = document(&[allow(&["s3:*"], &["*"])]);
    ok(&world, "CreatePolicy", json!({ "PolicyName": "p", "PolicyDocument": text }));
    let arn = "arn:aws:iam::111111111111:policy/p";
    for (noun, member, name) in
        [("User", "UserName", "u"), ("Role", "RoleName", "r"), ("Policy", "PolicyArn", arn)]
    {
        let tag = |tags: Value| {
            told(&world, &format!("Tag{noun}"), json!({ member: name, "Tags": tags }))
        };
        let of = |key: &str, value: &str| json!({ "Key": key, "Value": value });
        let listed = || {
            let answer = ok(&world, &format!("List{noun}Tags"), json!({ member: name }));
            let tags = answer["Tags"].as_array().unwrap();
            let text = |tag: &Value| {
                format!("{}={}", tag["Key"].as_str().unwrap(), tag["Value"].as_str().unwrap())
            };
            tags.iter().map(text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(tag(json!([of("team", "b"), of("Cost", "1")])), "ok");
        assert_eq!(listed(), "Cost=1 team=b");
        // Users and roles do not tell keys apart by their case; policies do.
        assert_eq!(tag(json!([of("TEAM", "c")])), "ok");
        let both = if noun == "Policy" { "Cost=1 TEAM=c team=b" } else { "Cost=1 TEAM=c" };
        assert_eq!(listed(), both);
        check(
            [
                tag(json!([of("a", "1"), of("a", "2")])),
                tag(json!([of("aws:x", "1")])),
                tag((0..49).map(|n| of(&format!("k{n}"), "v")).collect()),
            ]
            .join("\n"),
            expect![[r#"
                400 InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.
                400 InvalidInput: Tag keys beginning with aws: are reserved for AWS use.
                409 LimitExceeded: The number of tags has reached the maximum limit."#]],
        );
        let untag = json!({ member: name, "TagKeys": ["TEAM", "team"] });
        ok(&world, &format!("Untag{noun}"), untag);
        assert_eq!(listed(), "Cost=1");
    }
    // Conditions see them.
    let cost = json!({ "StringEquals": { "aws:ResourceTag/Cost": "1" } });
    let mut by_tag = allow(&["iam:GetUser"], &["*"]);
    by_tag["Condition"] = cost;
    let clerk = world.user("prod", "clerk", &[by_tag]);
    let get = |name: &str| world.call(&clerk, "iam", "GetUser", json!({ "UserName": name }));
    assert!(get("u").is_ok() && get("clerk").is_err());
}

#[test]
fn lists_know_paths_scopes_and_uses() {
    let world = World::new();
    let text = document(&[allow(&["s3:*"], &["*"])]);
    for name in ["a", "b", "c"] {
        let path = if name == "c" { "/two/" } else { "/one/" };
        let input = json!({ "PolicyName": name, "Path": path, "PolicyDocument": text });
        ok(&world, "CreatePolicy", input);
    }
    ok(&world, "CreateUser", json!({ "UserName": "u" }));
    let arn = |name: &str| format!("arn:aws:iam::111111111111:policy/{name}");
    ok(&world, "AttachUserPolicy", json!({ "UserName": "u", "PolicyArn": arn("one/a") }));
    let bound = json!({ "UserName": "u", "PermissionsBoundary": arn("one/b") });
    ok(&world, "PutUserPermissionsBoundary", bound);
    let list = |input: Value| {
        names(&ok(&world, "ListPolicies", input), "Policies", "PolicyName").join(" ")
    };
    assert_eq!(list(json!({ "Scope": "Local" })), "a b c");
    assert_eq!(list(json!({ "Scope": "Local", "PathPrefix": "/two/" })), "c");
    assert_eq!(list(json!({ "Scope": "Local", "OnlyAttached": true })), "a");
    let boundaries = json!({ "Scope": "Local", "PolicyUsageFilter": "PermissionsBoundary" });
    assert_eq!(list(boundaries), "b");
    let permissions = json!({ "Scope": "Local", "PolicyUsageFilter": "PermissionsPolicy" });
    assert_eq!(list(permissions), "a c");
    assert_eq!(list(json!({ "OnlyAttached": true })), "a AdministratorAccess");
    let attached = |prefix: &str| {
        let input = json!({ "UserName": "u", "PathPrefix": prefix });
        let answer = ok(&world, "ListAttachedUserPolicies", input);
        names(&answer, "AttachedPolicies", "PolicyName").join(" ")
    };
    assert_eq!((attached("/one/"), attached("/two/")), ("a".to_owned(), String::new()));
    let uses = |filter: &str| {
        let input = json!({ "PolicyArn": arn("one/b"), "PolicyUsageFilter": filter });
        names(&ok(&world, "ListEntitiesForPolicy", input), "PolicyUsers", "UserName")
    };
    assert_eq!((uses("PermissionsBoundary").len(), uses("PermissionsPolicy").len()), (1, 0));
}

#[test]
fn quotas_are_awss() {
    let world = World::new();
    ok(&world, "CreateUser", json!({ "UserName": "u" }));
    for n in 0..11 {
        ok(&world, "CreateGroup", json!({ "GroupName": format!("g{n}") }));
    }
    let join = |n: usize| {
        told(&world, "AddUserToGroup", json!({ "GroupName": format!("g{n}"), "UserName": "u" }))
    };
    assert!((0..10).all(|n| join(n) == "ok"));
    let long = |bytes: usize| {
        let sid = "x".repeat(bytes);
        document(&[allow(&[&format!("s3:{sid}")], &["*"])])
    };
    let put = |noun: &str, name: &str, bytes: usize| {
        let input = json!({
            format!("{noun}Name"): name, "PolicyName": "p", "PolicyDocument": long(bytes),
        });
        told(&world, &format!("Put{noun}Policy"), input)
    };
    let trust = trusting(&["111111111111"]);
    ok(&world, "CreateRole", json!({ "RoleName": "r", "AssumeRolePolicyDocument": trust }));
    let mut statement: Value = serde_json::from_str(&trust).unwrap();
    statement["Statement"][0]["Sid"] = "x".repeat(2_048).into();
    let wide = json!({ "RoleName": "r", "PolicyDocument": statement.to_string() });
    let story = [
        join(10),
        put("User", "u", 1_900),
        put("User", "u", 2_048),
        put("Group", "g0", 5_120),
        put("Role", "r", 10_240),
        told(&world, "CreatePolicy", json!({ "PolicyName": "p", "PolicyDocument": long(6_144) })),
        told(&world, "UpdateAssumeRolePolicy", wide),
    ];
    check(
        story.join("\n"),
        expect![[r#"
        409 LimitExceeded: Cannot exceed quota for GroupsPerUser: 10
        ok
        409 LimitExceeded: Maximum policy size of 2048 bytes exceeded for user u
        409 LimitExceeded: Maximum policy size of 5120 bytes exceeded for group g0
        409 LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r
        409 LimitExceeded: Cannot exceed quota for PolicySize: 6144
        409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"#]],
    );
}
