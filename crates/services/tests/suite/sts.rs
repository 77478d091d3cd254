//! AssumeRole and its kin: who may, for how long, and what the session carries.

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, deny, document, trusting};

const PROD: &str = "111111111111";
const ROLE: &str = "arn:aws:iam::111111111111:role/target";

fn assume(world: &World, caller: &Caller, more: Value) -> String {
    let mut input = json!({ "RoleArn": ROLE, "RoleSessionName": "job" });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    world.told(caller, "sts", "AssumeRole", input)
}

/// Whom the trust policy names.
enum Trusts {
    Caller,
    Account,
    Somebody,
}

#[test]
fn who_may_assume_a_role() {
    use Trusts::{Account, Caller, Somebody};
    let on_role = || vec![allow(&["sts:AssumeRole"], &[ROLE])];
    let anything = || vec![allow(&["*"], &["*"])];
    let rows: [(&str, Trusts, Vec<Value>, bool); 11] = [
        ("prod", Caller, vec![], true),
        ("prod", Account, on_role(), true),
        ("prod", Account, vec![], false),
        ("prod", Somebody, anything(), false),
        ("prod", Caller, vec![deny(&["sts:AssumeRole"], &["*"])], false),
        ("dev", Caller, on_role(), true),
        ("dev", Account, on_role(), true),
        ("dev", Caller, vec![], false),
        ("dev", Account, vec![], false),
        ("dev", Somebody, anything(), false),
        (
            "dev",
            Caller,
            vec![allow(&["sts:AssumeRole"], &["arn:aws:iam::111111111111:role/o"])],
            false,
        ),
    ];
    for (number, (account, trusts, permissions, allowed)) in rows.into_iter().enumerate() {
        let world = World::new();
        let user = world.user(account, "ann", &permissions);
        world.user("prod", "bob", &[]);
        let id = world.account(account);
        let trusted = match trusts {
            Caller => format!("arn:aws:iam::{id}:user/ann"),
            Account => format!("arn:aws:iam::{id}:root"),
            Somebody => "arn:aws:iam::111111111111:user/bob".to_owned(),
        };
        world.role("prod", "target", &trusting(&[&trusted]), &[]);
        let told = assume(&world, &user, json!({}));
        assert_eq!(told == "ok", allowed, "row {number}: {told}");
        if !allowed {
            let prefix = "403 AccessDenied: User: arn:aws:iam::";
            assert!(told.starts_with(prefix), "row {number}: {told}");
        }
    }
}

#[test]
fn a_role_that_does_not_exist_is_refused_like_one_that_does() {
    let world = World::new();
    let eve = world.user("dev", "eve", &[allow(&["*"], &["*"])]);
    let absent = assume(&world, &eve, json!({}));
    world.role("prod", "target", &trusting(&[PROD]), &[]);
    assert_eq!(absent, assume(&world, &eve, json!({})));
    check(
        absent,
        expect![[
            r#"403 AccessDenied: User: arn:aws:iam::222222222222:user/eve is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/target"#
        ]],
    );
    // Not even an administrator of the role's own account learns more.
    let absent = json!({ "RoleArn": "arn:aws:iam::111111111111:role/none" });
    check(
        assume(&world, &world.admin("prod"), absent),
        expect![[
            r#"403 AccessDenied: User: arn:aws:iam::111111111111:user/admin is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/none"#
        ]],
    );
}

#[test]
fn services_assume_by_their_name_and_the_external_id() {
    let world = World::new();
    let trust = document(&[json!({
        "Effect": "Allow", "Principal": { "Service": "redshift.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "arn:aws:redshift:us-east-1:111111111111:dbuser:c/ann" } },
    })]);
    world.role("prod", "target", &trust, &[]);
    let told = |name: &str, external_id: &str| {
        let service = gateway::Principal::Service(gateway::ServicePrincipal {
            name: name.to_owned(),
            aliases: Vec::new(),
            source_account: world.account("prod"),
            source_arn: "arn:aws:redshift:us-east-1:111111111111:cluster:c".to_owned(),
        });
        let input = json!({ "RoleArn": ROLE, "RoleSessionName": "job", "ExternalId": external_id });
        match world.inside(service, "sts", "AssumeRole", input) {
            Ok(_) => "ok".to_owned(),
            Err(fault) => fault.code.into_owned(),
        }
    };
    let ann = "arn:aws:redshift:us-east-1:111111111111:dbuser:c/ann";
    assert_eq!(told("redshift.amazonaws.com", ann), "ok");
    assert_eq!(told("redshift.amazonaws.com", &ann.replace("ann", "bob")), "AccessDenied");
    assert_eq!(told("glue.amazonaws.com", ann), "AccessDenied");
}

#[test]
fn malformed_and_refused_requests() {
    let world = World::new();
    world.role("prod", "target", &trusting(&[PROD]), &[]);
    let admin = world.admin("prod");
    let long = "x".repeat(2_048);
    let cases = [
        json!({ "RoleArn": "arn:aws:iam::111111111111:user/ann" }),
        json!({ "RoleArn": "not an arn, but long enough" }),
        json!({ "RoleSessionName": "a" }),
        json!({ "RoleSessionName": "with blank" }),
        json!({ "DurationSeconds": 899 }),
        json!({ "DurationSeconds": 3_601 }),
        json!({ "DurationSeconds": 43_201 }),
        json!({ "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "A", "Value": "2" }] }),
        json!({ "Tags": [{ "Key": "a", "Value": "1" }], "TransitiveTagKeys": ["b"] }),
        json!({ "Policy": "{}" }),
        json!({ "PolicyArns": [{ "arn": "arn:aws:iam::111111111111:policy/none" }] }),
        json!({ "Policy": document(&[json!({ "Sid": long, "Effect": "Allow", "Action": "*", "Resource": "*" })]) }),
    ];
    let told: Vec<String> = cases.into_iter().map(|more| assume(&world, &admin, more)).collect();
    check(
        told.join("\n"),
        expect![[r#"
        400 ValidationError: arn:aws:iam::111111111111:user/ann is invalid
        400 ValidationError: not an arn, but long enough is invalid
        400 ValidationError: 1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2
        400 ValidationError: 1 validation error detected: Value 'with blank' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*
        400 ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900
        400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.
        400 ValidationError: 1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200
        400 InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive.
        400 InvalidParameterValue: The specified transitive tag key must be included in the requested tags.
        400 MalformedPolicyDocument: Syntax errors in policy.
        404 NoSuchEntity: Policy arn:aws:iam::111111111111:policy/none does not exist or is not attachable.
        400 PackedPolicyTooLarge: The size of the session policy exceeds the limit of 2048 characters."#]],
    );
}

#[test]
fn a_session_lasts_as_long_as_was_asked_and_no_longer() {
    let world = World::new();
    world.role("prod", "target", &trusting(&[PROD]), &[]);
    let admin = world.admin("prod");
    let longer = json!({ "RoleName": "target", "MaxSessionDuration": 7_200 });
    world.ok(&admin, "iam", "UpdateRole", longer);
    for (asked, lasts) in [(None, 3_600), (Some(900), 900), (Some(7_200), 7_200)] {
        let mut input = json!({ "RoleArn": ROLE, "RoleSessionName": "job" });
        if let Some(seconds) = asked {
            input["DurationSeconds"] = seconds.into();
        }
        let answer = world.ok(&admin, "sts", "AssumeRole", input);
        let now = world.gateway().world().now().timestamp();
        let expiration = answer["Credentials"]["Expiration"].as_f64().unwrap() as i64;
        assert_eq!(expiration - now, lasts);
        let session = Caller::of(&answer["Credentials"]);
        world.advance(Duration::seconds(lasts - 1));
        assert_eq!(world.told(&session, "sts", "GetCallerIdentity", json!({})), "ok");
        world.advance(Duration::seconds(1));
        assert_eq!(
            world.told(&session, "sts", "GetCallerIdentity", json!({})),
            "403 ExpiredToken: The security token included in the request is expired"
        );
    }
}

#[test]
fn a_chained_session_is_capped_at_an_hour_and_refused_not_clipped() {
    let world = World::new();
    world.role("prod", "first", &trusting(&[PROD]), &[allow(&["sts:*"], &["*"])]);
    world.role("prod", "target", &trusting(&[PROD]), &[]);
    let longer = json!({ "RoleName": "target", "MaxSessionDuration": 43_200 });
    world.ok(&world.admin("prod"), "iam", "UpdateRole", longer);
    let first = world.assume(&world.admin("prod"), "arn:aws:iam::111111111111:role/first");
    check(
        assume(&world, &first, json!({ "DurationSeconds": 3_601 })),
        expect![[
            r#"400 ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."#
        ]],
    );
    assert_eq!(assume(&world, &first, json!({ "DurationSeconds": 3_600 })), "ok");
    assert_eq!(assume(&world, &world.admin("prod"), json!({ "DurationSeconds": 43_200 })), "ok");
}

#[test]
fn the_session_belongs_to_the_roles_account_and_shows_no_path() {
    let world = World::new();
    let input = json!({
        "RoleName": "deep", "Path": "/a/b/", "AssumeRolePolicyDocument": trusting(&["222222222222"]),
    });
    world.ok(&world.admin("prod"), "iam", "CreateRole", input);
    let arn = "arn:aws:iam::111111111111:role/a/b/deep";
    let session = world.assume(&world.admin("dev"), arn);
    let identity = world.ok(&session, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(identity["Arn"], "arn:aws:sts::111111111111:assumed-role/deep/session");
    assert_eq!(identity["Account"], PROD);
    assert!(identity["UserId"].as_str().unwrap().ends_with(":session"));
    assert!(session.credentials.access_key_id.starts_with("ASIA"));
    // The path is part of the name that is asked for.
    let wrong = json!({ "RoleArn": "arn:aws:iam::111111111111:role/deep" });
    assert!(assume(&world, &world.admin("dev"), wrong).starts_with("403 AccessDenied"));
}

/// A bucket that only sessions with the tag `team=red` may list, by the role's own policy.
fn tagged_world() -> World {
    let world = World::new();
    let listing = json!({
        "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*",
        "Condition": { "StringEquals": { "aws:PrincipalTag/team": "red" } },
    });
    let chain = allow(&["sts:*"], &["*"]);
    world.role("prod", "target", &trusting(&[PROD]), &[listing.clone(), chain]);
    world.role("prod", "second", &trusting(&[PROD]), &[listing]);
    world
}

fn session(world: &World, caller: &Caller, role: &str, more: Value) -> Caller {
    let mut input = json!({
        "RoleArn": format!("arn:aws:iam::{PROD}:role/{role}"), "RoleSessionName": "job",
    });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    Caller::of(&world.ok(caller, "sts", "AssumeRole", input)["Credentials"])
}

fn may_list(world: &World, caller: &Caller) -> bool {
    world.call(caller, "s3", "ListBuckets", json!({})).is_ok()
}

#[test]
fn session_tags_become_principal_tags_and_only_transitive_ones_are_handed_on() {
    let world = tagged_world();
    let admin = world.admin("prod");
    let red = json!([{ "Key": "team", "Value": "red" }]);
    let plain = session(&world, &admin, "target", json!({}));
    assert!(!may_list(&world, &plain));
    let tagged = session(&world, &admin, "target", json!({ "Tags": red }));
    assert!(may_list(&world, &tagged));
    assert!(!may_list(&world, &session(&world, &tagged, "second", json!({}))));
    let handed =
        session(&world, &admin, "target", json!({ "Tags": red, "TransitiveTagKeys": ["team"] }));
    assert!(may_list(&world, &session(&world, &handed, "second", json!({}))));
    check(
        assume(&world, &handed, json!({ "Tags": [{ "Key": "Team", "Value": "blue" }] })),
        expect![[
            r#"400 InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."#
        ]],
    );
}

#[test]
fn a_passed_tag_overrides_the_roles_own_whatever_its_case() {
    let world = tagged_world();
    let admin = world.admin("prod");
    let tag = json!({ "RoleName": "target", "Tags": [{ "Key": "team", "Value": "red" }] });
    world.ok(&admin, "iam", "TagRole", tag);
    assert!(may_list(&world, &session(&world, &admin, "target", json!({}))));
    let blue = json!({ "Tags": [{ "Key": "TEAM", "Value": "blue" }] });
    assert!(!may_list(&world, &session(&world, &admin, "target", blue)));
}

#[test]
fn tags_and_source_identity_need_their_own_permission_in_the_trust_policy() {
    let world = World::new();
    let only_assume = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": PROD }, "Action": "sts:AssumeRole",
    })]);
    world.role("prod", "target", &only_assume, &[]);
    let admin = world.admin("prod");
    assert_eq!(assume(&world, &admin, json!({})), "ok");
    let tags = json!({ "Tags": [{ "Key": "a", "Value": "b" }] });
    check(
        assume(&world, &admin, tags),
        expect![[
            r#"403 AccessDenied: User: arn:aws:iam::111111111111:user/admin is not authorized to perform: sts:TagSession on resource: arn:aws:iam::111111111111:role/target"#
        ]],
    );
    check(
        assume(&world, &admin, json!({ "SourceIdentity": "ann" })),
        expect![[
            r#"403 AccessDenied: User: arn:aws:iam::111111111111:user/admin is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::111111111111:role/target"#
        ]],
    );
}

#[test]
fn a_source_identity_is_set_once_and_stays() {
    let world = World::new();
    world.role("prod", "target", &trusting(&[PROD]), &[allow(&["*"], &["*"])]);
    let admin = world.admin("prod");
    let ann = session(&world, &admin, "target", json!({ "SourceIdentity": "ann" }));
    let told = assume(&world, &ann, json!({ "SourceIdentity": "bob" }));
    check(
        told,
        expect![
            "403 AccessDenied: User: arn:aws:sts::111111111111:assumed-role/target/job is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::111111111111:role/target"
        ],
    );
    let chained = session(&world, &ann, "target", json!({}));
    world.ok(&chained, "iam", "ListUsers", json!({}));
    let record = world.trail("prod").pop().unwrap();
    let context = &record["userIdentity"]["sessionContext"];
    assert_eq!(context["sourceIdentity"], "ann");
}

#[test]
fn an_external_id_that_the_trust_policy_asks_for_must_be_given() {
    let world = World::new();
    let trust = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": "222222222222" }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "agreed" } },
    })]);
    world.role("prod", "target", &trust, &[]);
    let dev = world.admin("dev");
    assert_eq!(assume(&world, &dev, json!({ "ExternalId": "agreed" })), "ok");
    for more in [json!({}), json!({ "ExternalId": "other" })] {
        assert!(assume(&world, &dev, more).starts_with("403 AccessDenied: "));
    }
}

#[test]
fn a_session_policy_only_takes_away() {
    let world = World::new();
    let role_may = [allow(&["iam:ListUsers", "s3:ListAllMyBuckets"], &["*"])];
    world.role("prod", "target", &trusting(&[PROD]), &role_may);
    let policy = document(&[allow(&["iam:ListUsers", "iam:ListRoles"], &["*"])]);
    let limited = session(&world, &world.admin("prod"), "target", json!({ "Policy": policy }));
    let told = |service, operation| world.told(&limited, service, operation, json!({}));
    assert_eq!(told("iam", "ListUsers"), "ok");
    check(
        told("s3", "ListBuckets"),
        expect![[
            r#"403 AccessDenied: User: arn:aws:sts::111111111111:assumed-role/target/job is not authorized to perform: s3:ListAllMyBuckets on resource: "*" because no session policy allows the s3:ListAllMyBuckets action"#
        ]],
    );
    check(
        told("iam", "ListRoles"),
        expect![
            "403 AccessDenied: User: arn:aws:sts::111111111111:assumed-role/target/job is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111111111111:role/ because no identity-based policy allows the iam:ListRoles action"
        ],
    );
}

#[test]
fn a_role_made_again_does_not_honour_the_sessions_of_the_old_one() {
    let world = World::new();
    let may = [allow(&["iam:ListUsers"], &["*"])];
    let role = world.role("prod", "target", &trusting(&[PROD]), &may);
    let session = world.assume(&world.admin("prod"), &role);
    assert_eq!(world.told(&session, "iam", "ListUsers", json!({})), "ok");
    let admin = world.admin("prod");
    let inline = json!({ "RoleName": "target", "PolicyName": "permissions" });
    world.ok(&admin, "iam", "DeleteRolePolicy", inline);
    world.ok(&admin, "iam", "DeleteRole", json!({ "RoleName": "target" }));
    world.role("prod", "target", &trusting(&[PROD]), &may);
    check(
        world.told(&session, "iam", "ListUsers", json!({})),
        expect![[
            r#"403 InvalidClientTokenId: The security token included in the request is invalid."#
        ]],
    );
}

#[test]
fn session_tokens_are_for_users_and_carry_their_permissions() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["s3:ListAllMyBuckets"], &["*"])]);
    let answer = world.ok(&ann, "sts", "GetSessionToken", json!({}));
    let session = Caller::of(&answer["Credentials"]);
    assert_eq!(world.told(&session, "s3", "ListBuckets", json!({})), "ok");
    let identity = world.ok(&session, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(identity["Arn"], "arn:aws:iam::111111111111:user/ann");
    let lasts = answer["Credentials"]["Expiration"].as_f64().unwrap() as i64
        - world.gateway().world().now().timestamp();
    assert_eq!(lasts, 43_200);
    let role = world.role("prod", "target", &trusting(&[PROD]), &[]);
    for caller in [session, world.assume(&world.admin("prod"), &role)] {
        check(
            world.told(&caller, "sts", "GetSessionToken", json!({})),
            expect![[r#"403 AccessDenied: Cannot call GetSessionToken with session credentials"#]],
        );
    }
}

#[test]
fn the_account_is_in_the_key() {
    let world = World::new();
    let admin = world.admin("prod");
    let told = |key: &str| {
        let input = json!({ "AccessKeyId": key });
        match world.call(&admin, "sts", "GetAccessKeyInfo", input) {
            Ok(answer) => answer["Account"].as_str().unwrap().to_owned(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(told(&world.admin("dev").credentials.access_key_id), "222222222222");
    assert_eq!(told("ASIAQNZGKIQY56JQ7WML"), "029608264753");
    assert_eq!(told("AKIA1111111111111111"), "ValidationError: Invalid access key ID");
}
