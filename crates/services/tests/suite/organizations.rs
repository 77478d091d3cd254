//! Organizations: what its operations do, and that its policies are enforced in every decision.

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, deny, document, trusting};

const PROD: &str = "111111111111";
const DEV: &str = "222222222222";

/// An organization of prod with dev in it; answers the root's id.
struct Organized {
    world: World,
    admin: Caller,
    root: String,
}

fn organized() -> Organized {
    let world = World::new();
    let admin = world.admin("prod");
    world.ok(&admin, "organizations", "CreateOrganization", json!({}));
    let roots = world.ok(&admin, "organizations", "ListRoots", json!({}));
    let root = roots["Roots"][0]["Id"].as_str().unwrap().to_owned();
    let organized = Organized { world, admin, root };
    organized.join("dev", DEV);
    organized
}

impl Organized {
    #[track_caller]
    fn ok(&self, operation: &str, input: Value) -> Value {
        self.world.ok(&self.admin, "organizations", operation, input)
    }

    fn told(&self, operation: &str, input: Value) -> String {
        self.world.told(&self.admin, "organizations", operation, input)
    }

    fn join(&self, name: &str, id: &str) {
        let target = json!({ "Target": { "Id": id, "Type": "ACCOUNT" } });
        let handshake = self.ok("InviteAccountToOrganization", target)["Handshake"]["Id"].clone();
        let accept = json!({ "HandshakeId": handshake });
        self.world.ok(&self.world.admin(name), "organizations", "AcceptHandshake", accept);
    }

    fn unit(&self, parent: &str, name: &str) -> String {
        let made = json!({ "ParentId": parent, "Name": name });
        let unit = self.ok("CreateOrganizationalUnit", made);
        unit["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned()
    }

    fn enable(&self, kind: &str) {
        self.ok("EnablePolicyType", json!({ "RootId": self.root, "PolicyType": kind }));
    }

    fn policy(&self, kind: &str, name: &str, content: &str) -> String {
        let made = json!({ "Type": kind, "Name": name, "Description": "", "Content": content });
        let policy = self.ok("CreatePolicy", made);
        policy["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned()
    }

    fn attach(&self, policy: &str, target: &str) {
        self.ok("AttachPolicy", json!({ "PolicyId": policy, "TargetId": target }));
    }

    fn detach(&self, policy: &str, target: &str) {
        self.ok("DetachPolicy", json!({ "PolicyId": policy, "TargetId": target }));
    }

    fn relocate(&self, account: &str, from: &str, to: &str) {
        let input = json!({
            "AccountId": account, "SourceParentId": from, "DestinationParentId": to,
        });
        self.ok("MoveAccount", input);
    }
}

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

#[test]
fn a_service_control_policy_limits_members_and_nobody_else() {
    let o = organized();
    o.enable(SCP);
    let dev = o.world.admin("dev");
    let list = |caller: &Caller| o.world.told(caller, "iam", "ListUsers", json!({}));
    assert_eq!(list(&dev), "ok");
    let no_lists = document(&[deny(&["iam:ListUsers"], &["*"])]);
    let policy = o.policy(SCP, "no-lists", &no_lists);
    o.attach(&policy, &o.root);
    check(
        list(&dev),
        expect![[
            r#"403 AccessDenied: User: arn:aws:iam::222222222222:user/admin is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::222222222222:user/ with an explicit deny in a service control policy"#
        ]],
    );
    // The root user of a member is limited too, the management account is not, others are not.
    let root = gateway::Principal::Root { account: DEV.parse().unwrap() };
    let fault = o.world.inside(root, "iam", "ListUsers", json!({})).unwrap_err();
    assert!(fault.message.contains("service control policy"), "{fault}");
    assert_eq!(list(&o.admin), "ok");
    assert_eq!(list(&o.world.admin("other")), "ok");
    o.detach(&policy, &o.root);
    assert_eq!(list(&dev), "ok");
}

#[test]
fn every_level_must_allow() {
    let o = organized();
    o.enable(SCP);
    let outer = o.unit(&o.root, "outer");
    let inner = o.unit(&outer, "inner");
    o.relocate(DEV, &o.root, &inner);
    let dev = o.world.admin("dev");
    let only = |actions: &[&str]| document(&[allow(actions, &["*"])]);
    let iam = o.policy(SCP, "only-iam", &only(&["iam:*"]));
    let narrow = o.policy(SCP, "only-list", &only(&["iam:List*", "s3:*"]));
    let told = || {
        let codes = [("iam", "ListUsers"), ("iam", "GetUser"), ("s3", "ListBuckets")];
        let codes = codes.map(|(service, operation)| {
            o.world.told(&dev, service, operation, json!({})).chars().take(3).collect::<String>()
        });
        codes.join(" ")
    };
    assert_eq!(told(), "ok ok ok");
    // In place of FullAWSAccess, at one level and then at another.
    o.attach(&iam, &outer);
    o.detach("p-FullAWSAccess", &outer);
    assert_eq!(told(), "ok ok 403");
    o.attach(&narrow, &inner);
    o.detach("p-FullAWSAccess", &inner);
    assert_eq!(told(), "ok 403 403");
    o.relocate(DEV, &inner, &o.root);
    assert_eq!(told(), "ok ok ok");
    o.ok("DisablePolicyType", json!({ "RootId": o.root, "PolicyType": SCP }));
    o.relocate(DEV, &o.root, &inner);
    assert_eq!(told(), "ok ok ok");
}

#[test]
fn a_resource_control_policy_guards_the_resources_of_members_from_everybody() {
    let o = organized();
    o.enable(RCP);
    let (dev, other) = (o.world.admin("dev"), o.world.admin("other"));
    o.world.ok(&dev, "secretsmanager", "CreateSecret", json!({ "Name": "s", "SecretString": "x" }));
    let open = document(&[json!({
        "Effect": "Allow", "Principal": { "AWS": [PROD, "333333333333"] },
        "Action": "secretsmanager:*", "Resource": "*",
    })]);
    let put = json!({ "SecretId": "s", "ResourcePolicy": open });
    let arn = o.world.ok(&dev, "secretsmanager", "PutResourcePolicy", put)["ARN"].clone();
    let describe = |caller: &Caller| {
        let input = json!({ "SecretId": arn });
        o.world.told(caller, "secretsmanager", "DescribeSecret", input)
    };
    assert_eq!([describe(&dev), describe(&o.admin), describe(&other)], ["ok"; 3]);
    // The usual data perimeter: nobody from outside of the organization.
    let id = o.ok("DescribeOrganization", json!({}))["Organization"]["Id"].clone();
    let perimeter = document(&[json!({
        "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*",
        "Condition": {
            "StringNotEqualsIfExists": { "aws:PrincipalOrgID": id },
            "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
        },
    })]);
    let policy = o.policy(RCP, "perimeter", &perimeter);
    o.attach(&policy, DEV);
    assert_eq!([describe(&dev), describe(&o.admin)], ["ok"; 2]);
    check(
        describe(&other).replace(arn.as_str().unwrap(), "ARN"),
        expect![[
            r#"400 AccessDeniedException: User: arn:aws:iam::333333333333:user/admin is not authorized to perform: secretsmanager:DescribeSecret on resource: ARN with an explicit deny in a resource control policy"#
        ]],
    );
    // The management account's own resources are not guarded.
    o.attach(&policy, &o.root);
    o.world.ok(
        &o.admin,
        "secretsmanager",
        "CreateSecret",
        json!({ "Name": "s", "SecretString": "x" }),
    );
    let put = json!({ "SecretId": "s", "ResourcePolicy": open });
    let own = o.world.ok(&o.admin, "secretsmanager", "PutResourcePolicy", put)["ARN"].clone();
    let input = json!({ "SecretId": own });
    assert_eq!(o.world.told(&other, "secretsmanager", "DescribeSecret", input), "ok");
}

#[test]
fn organization_keys_are_in_every_request() {
    let o = organized();
    let id = o.ok("DescribeOrganization", json!({}))["Organization"]["Id"].clone();
    let unit = o.unit(&o.root, "teams");
    o.relocate(DEV, &o.root, &unit);
    let path = format!("{}/{}/{unit}/", id.as_str().unwrap(), o.root);
    let dev = o.world.admin("dev");
    let may = |number: usize, condition: Value| {
        let statement = json!({ "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*", "Condition": condition });
        let ann = o.world.user("dev", &format!("ann{number}"), &[statement]);
        o.world.told(&ann, "iam", "ListUsers", json!({})) == "ok"
    };
    let rows = [
        (json!({ "StringEquals": { "aws:PrincipalOrgID": id } }), true),
        (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-other12345" } }), false),
        (json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": [path] } }), true),
        (
            json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": ["*/ou-none-12345678/*"] } }),
            false,
        ),
        (json!({ "StringEquals": { "aws:ResourceOrgID": "${aws:PrincipalOrgID}" } }), true),
        (json!({ "ForAnyValue:StringEquals": { "aws:ResourceOrgPaths": [path] } }), true),
    ];
    for (number, (condition, expected)) in rows.into_iter().enumerate() {
        assert_eq!(may(number, condition.clone()), expected, "{condition}");
    }
    // Gone from the organization, gone from the requests.
    o.world.ok(&dev, "organizations", "LeaveOrganization", json!({}));
    assert!(!may(99, json!({ "Null": { "aws:PrincipalOrgID": "false" } })));
}

#[test]
fn an_account_is_really_made_and_let_in_by_its_role() {
    let o = organized();
    let input = json!({ "AccountName": "Data Lake", "Email": "lake@example.org" });
    let status = o.ok("CreateAccount", input)["CreateAccountStatus"].clone();
    assert_eq!((&status["State"], &status["AccountId"]), (&json!("IN_PROGRESS"), &Value::Null));
    o.world.advance(Duration::seconds(1));
    let by_id = json!({ "CreateAccountRequestId": status["Id"] });
    let status = o.ok("DescribeCreateAccountStatus", by_id)["CreateAccountStatus"].clone();
    assert_eq!(status["State"], "SUCCEEDED");
    let id = status["AccountId"].as_str().unwrap();
    let role = format!("arn:aws:iam::{id}:role/OrganizationAccountAccessRole");
    let session = o.world.assume(&o.admin, &role);
    let identity = o.world.ok(&session, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(identity["Account"], id);
    assert_eq!(o.world.told(&session, "iam", "ListUsers", json!({})), "ok");
    // Nobody but the management account is trusted.
    let dev = o.world.admin("dev");
    let assume = json!({ "RoleArn": role, "RoleSessionName": "job" });
    assert!(o.world.told(&dev, "sts", "AssumeRole", assume).starts_with("403 AccessDenied"));
    let account = o.ok("DescribeAccount", json!({ "AccountId": id }))["Account"].clone();
    assert_eq!([&account["Name"], &account["Email"]], ["Data Lake", "lake@example.org"]);
    let input = json!({ "AccountName": "again", "Email": "Lake@example.org" });
    let again = o.ok("CreateAccount", input)["CreateAccountStatus"]["Id"].clone();
    o.world.advance(Duration::seconds(1));
    let by_id = json!({ "CreateAccountRequestId": again });
    let status = o.ok("DescribeCreateAccountStatus", by_id)["CreateAccountStatus"].clone();
    assert_eq!([&status["State"], &status["FailureReason"]], ["FAILED", "EMAIL_ALREADY_EXISTS"]);
    // Closed, it stays in the list and lets nobody in.
    o.ok("CloseAccount", json!({ "AccountId": id }));
    let told = o.world.told(&session, "iam", "ListUsers", json!({}));
    assert!(told.starts_with("403 InvalidClientTokenId"), "{told}");
    let account = o.ok("DescribeAccount", json!({ "AccountId": id }))["Account"].clone();
    assert_eq!(account["Status"], "SUSPENDED");
    check(
        o.told("CloseAccount", json!({ "AccountId": id })),
        expect!["400 AccountAlreadyClosedException: The provided account is already closed."],
    );
}

#[test]
fn what_organizations_refuses() {
    let o = organized();
    let unit = o.unit(&o.root, "unit");
    let policy = o.policy(SCP, "p", &document(&[deny(&["iam:*"], &["*"])]));
    let attach = json!({ "PolicyId": policy, "TargetId": o.root });
    let full = document(&[allow(&["*"], &["*"])]);
    let deny_rcp = |action: &str| {
        document(&[json!({
            "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*",
        })])
    };
    let make = |kind: &str, name: &str, content: &str| {
        let input = json!({ "Type": kind, "Name": name, "Description": "", "Content": content });
        o.told("CreatePolicy", input)
    };
    let mut deep = unit.clone();
    for level in 2..=5 {
        deep = o.unit(&deep, &format!("level {level}"));
    }
    let mut told = vec![
        o.told("CreateOrganization", json!({})),
        o.told("DeleteOrganization", json!({})),
        o.told("LeaveOrganization", json!({})),
        o.told("RemoveAccountFromOrganization", json!({ "AccountId": PROD })),
        o.told("CloseAccount", json!({ "AccountId": PROD })),
        o.told("DescribeAccount", json!({ "AccountId": "333333333333" })),
        o.told("CreateOrganizationalUnit", json!({ "ParentId": o.root, "Name": "unit" })),
        o.told("CreateOrganizationalUnit", json!({ "ParentId": "r-zzzz", "Name": "other" })),
        o.told("CreateOrganizationalUnit", json!({ "ParentId": deep, "Name": "level 6" })),
        o.told("DeleteOrganizationalUnit", json!({ "OrganizationalUnitId": unit })),
        o.told("AttachPolicy", attach.clone()),
        make(SCP, "p", &full),
        make(SCP, "FullAWSAccess", &full),
        make(SCP, "long", &format!("{full}{}", " ".repeat(5_120))),
        make(SCP, "malformed", "{}"),
        make(RCP, "allows", &full),
        make(RCP, "everything", &deny_rcp("*")),
        make(RCP, "iam", &deny_rcp("iam:*")),
        make(RCP, "s3", &deny_rcp("s3:*")),
        make("TAG_POLICY", "tags", "{}"),
        o.told("DeletePolicy", json!({ "PolicyId": "p-FullAWSAccess" })),
        o.told(
            "InviteAccountToOrganization",
            json!({ "Target": { "Id": DEV, "Type": "ACCOUNT" } }),
        ),
        o.told(
            "InviteAccountToOrganization",
            json!({ "Target": { "Id": "999999999999", "Type": "ACCOUNT" } }),
        ),
        o.told("ListAccounts", json!({ "NextToken": "no token" })),
    ];
    o.enable(SCP);
    told.push(o.told("EnablePolicyType", json!({ "RootId": o.root, "PolicyType": SCP })));
    o.ok("AttachPolicy", attach.clone());
    told.push(o.told("AttachPolicy", attach.clone()));
    told.push(o.told("DeletePolicy", json!({ "PolicyId": policy })));
    let full = json!({ "PolicyId": "p-FullAWSAccess", "TargetId": unit });
    told.push(o.told("DetachPolicy", full));
    let dev = o.world.admin("dev");
    told.push(o.world.told(&dev, "organizations", "ListAccounts", json!({})));
    told.push(o.world.told(&dev, "organizations", "DescribeOrganization", json!({})));
    let other = o.world.admin("other");
    told.push(o.world.told(&other, "organizations", "DescribeOrganization", json!({})));
    check(
        told.join("\n"),
        expect![[r#"
        400 AlreadyInOrganizationException: The AWS account is already a member of an organization.
        400 OrganizationNotEmptyException: To delete an organization you must first remove all member accounts (except the master).
        400 MasterCannotLeaveOrganizationException: You can't remove a management account from an organization.
        400 MasterCannotLeaveOrganizationException: You can't remove a management account from an organization.
        400 ConstraintViolationException: You cannot close the management account.
        400 AccountNotFoundException: You specified an account that doesn't exist.
        400 DuplicateOrganizationalUnitException: An OU with the same name already exists.
        400 ParentNotFoundException: You specified parent that doesn't exist.
        400 ConstraintViolationException: You have exceeded the depth of organizational units.
        400 OrganizationalUnitNotEmptyException: You must remove all accounts and OUs from this OU before you can delete it.
        400 PolicyTypeNotEnabledException: This operation can be performed only for enabled policy types.
        400 DuplicatePolicyException: A policy with the same name already exists.
        400 DuplicatePolicyException: A policy with the same name already exists.
        400 ConstraintViolationException: You have exceeded the size limit of a policy document.
        400 MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type.
        400 MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type.
        400 MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type.
        400 MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type.
        ok
        501 NotImplemented: Policies of type TAG_POLICY are not implemented.
        400 InvalidInputException: You can't modify a policy that AWS manages.
        400 DuplicateAccountException: The specified account is already a member of your organization.
        400 InvalidInputException: You specified an account that doesn't exist.
        400 InvalidInputException: The provided NextToken is not valid.
        400 PolicyTypeAlreadyEnabledException: The specified policy type is already enabled.
        400 DuplicatePolicyAttachmentException: A policy with the specified name and type already exists.
        400 PolicyInUseException: The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation.
        400 ConstraintViolationException: You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.
        400 AccessDeniedException: You don't have permissions to access this resource.
        ok
        400 AWSOrganizationsNotInUseException: Your account is not a member of an organization."#]],
    );
}

#[test]
fn five_policies_of_a_type_hang_on_one_target() {
    let o = organized();
    o.enable(SCP);
    for number in 1..=5 {
        let content = document(&[deny(&["iam:*"], &["*"])]);
        let policy = o.policy(SCP, &format!("p{number}"), &content);
        let told = o.told("AttachPolicy", json!({ "PolicyId": policy, "TargetId": DEV }));
        let reason = "400 ConstraintViolationException: You have attached the maximum number of policies to the specified target.";
        assert_eq!(told, if number < 5 { "ok" } else { reason });
    }
    let listed = o.ok("ListPoliciesForTarget", json!({ "TargetId": DEV, "Filter": SCP }));
    assert_eq!(listed["Policies"].as_array().unwrap().len(), 5);
}

#[test]
fn an_invitation_is_answered_once_by_whom_it_is_meant_for() {
    let o = organized();
    let other = o.world.admin("other");
    let invite = || {
        let target = json!({ "Target": { "Id": "other@example.com", "Type": "EMAIL" } });
        o.ok("InviteAccountToOrganization", target)["Handshake"]["Id"].clone()
    };
    let by = |caller: &Caller, operation: &str, id: &Value| {
        o.world.told(caller, "organizations", operation, json!({ "HandshakeId": id }))
    };
    let dev = o.world.admin("dev");
    let first = invite();
    let mut told = vec![
        by(&dev, "AcceptHandshake", &first),
        by(&o.admin, "AcceptHandshake", &first),
        by(&other, "DeclineHandshake", &first),
        by(&other, "AcceptHandshake", &first),
        by(&other, "DeclineHandshake", &first),
    ];
    let second = invite();
    told.push(by(&o.admin, "CancelHandshake", &second));
    let third = invite();
    o.world.advance(Duration::days(15));
    told.push(by(&other, "AcceptHandshake", &third));
    let fourth = invite();
    told.push(by(&other, "AcceptHandshake", &fourth));
    check(
        told.join("\n"),
        expect![[r#"
        400 HandshakeNotFoundException: You specified a handshake that doesn't exist.
        400 AccessDeniedException: You don't have permissions to access this resource.
        ok
        400 InvalidHandshakeTransitionException: You can't perform the operation on the handshake in its current state.
        400 HandshakeAlreadyInStateException: The specified handshake is already in the requested state.
        ok
        400 InvalidHandshakeTransitionException: You can't perform the operation on the handshake in its current state.
        ok"#]],
    );
    let listed = o.world.ok(&other, "organizations", "ListHandshakesForAccount", json!({}));
    let states: Vec<&str> = listed["Handshakes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|handshake| handshake["State"].as_str().unwrap())
        .collect();
    let mut sorted = states.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["ACCEPTED", "CANCELED", "DECLINED", "EXPIRED"]);
}

#[test]
fn a_delegated_administrator_reads_and_does_not_change() {
    let o = organized();
    let dev = o.world.admin("dev");
    let delegate = json!({ "AccountId": DEV, "ServicePrincipal": "guardduty.amazonaws.com" });
    o.ok("RegisterDelegatedAdministrator", delegate.clone());
    assert_eq!(o.world.told(&dev, "organizations", "ListAccounts", json!({})), "ok");
    let make = json!({ "ParentId": o.root, "Name": "x" });
    let told = o.world.told(&dev, "organizations", "CreateOrganizationalUnit", make);
    assert!(told.starts_with("400 AccessDeniedException: You don't have"), "{told}");
    let told = o.told("RemoveAccountFromOrganization", json!({ "AccountId": DEV }));
    assert!(told.starts_with("400 ConstraintViolationException"), "{told}");
    o.ok("DeregisterDelegatedAdministrator", delegate);
    let told = o.world.told(&dev, "organizations", "ListAccounts", json!({}));
    assert!(told.starts_with("400 AccessDeniedException"), "{told}");
}

#[test]
fn permissions_name_the_things_of_the_organization() {
    let o = organized();
    let unit = o.unit(&o.root, "unit");
    let arn = o.ok("DescribeOrganizationalUnit", json!({ "OrganizationalUnitId": unit }))
        ["OrganizationalUnit"]["Arn"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = o.unit(&o.root, "other");
    let ann = o.world.user("prod", "ann", &[allow(&["organizations:*"], &[&arn])]);
    let describe = |unit: &str| {
        let input = json!({ "OrganizationalUnitId": unit });
        o.world.told(&ann, "organizations", "DescribeOrganizationalUnit", input)
    };
    assert_eq!(describe(&unit), "ok");
    assert!(describe(&other).starts_with("400 AccessDeniedException: User: "));
}

#[test]
fn pages_follow_one_another() {
    let o = organized();
    for number in 0..25 {
        o.unit(&o.root, &format!("unit {number}"));
    }
    let mut seen = Vec::new();
    let mut input = json!({ "ParentId": o.root });
    loop {
        let page = o.ok("ListOrganizationalUnitsForParent", input.clone());
        let units = page["OrganizationalUnits"].as_array().unwrap();
        seen.extend(units.iter().map(|unit| unit["Name"].as_str().unwrap().to_owned()));
        if page["NextToken"].is_null() {
            break;
        }
        input["NextToken"] = page["NextToken"].clone();
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[test]
fn a_service_linked_role_is_spared() {
    let o = organized();
    o.enable(SCP);
    let policy = o.policy(SCP, "nothing", &document(&[deny(&["*"], &["*"])]));
    let dev = o.world.admin("dev");
    let role = o.world.role("dev", "plain", &trusting(&[DEV]), &[allow(&["*"], &["*"])]);
    let plain = o.world.assume(&dev, &role);
    let mut principal = o.world.principal(&plain);
    o.attach(&policy, DEV);
    let list = |principal: &gateway::Principal| {
        o.world.inside(principal.clone(), "iam", "ListUsers", json!({})).is_ok()
    };
    assert!(!list(&principal));
    let linked = gateway::Gateway::maintain(
        o.world.gateway(),
        Some(DEV.parse().unwrap()),
        o.world.origin(),
        |cx| {
            let account = DEV.parse().unwrap();
            let mut role = services::identity::roles::get(cx, &account, "plain")?.unwrap();
            role.path = "/aws-service-role/redshift.amazonaws.com/".to_owned();
            services::identity::roles::put(cx, &account, &role)?;
            Ok(role)
        },
    )
    .unwrap();
    if let gateway::Principal::Role(session) = &mut principal {
        session.role_path = linked.path;
    }
    assert!(list(&principal));
}
