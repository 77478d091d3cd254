//! What IAM tells of a whole account, and of when things were last used.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use serde_json::{Value, json};
use testkit::{World, allow, document, trusting};

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "iam", operation, input)
}

#[test]
fn authorization_details_hold_everything_once() {
    let world = World::new();
    world.user("prod", "ann", &[allow(&["s3:*"], &["*"])]);
    world.role("prod", "r", &trusting(&["111111111111"]), &[]);
    ok(&world, "CreateGroup", json!({ "GroupName": "g" }));
    ok(&world, "AddUserToGroup", json!({ "GroupName": "g", "UserName": "ann" }));
    ok(&world, "CreateInstanceProfile", json!({ "InstanceProfileName": "p" }));
    let with_role = json!({ "InstanceProfileName": "p", "RoleName": "r" });
    ok(&world, "AddRoleToInstanceProfile", with_role);
    let text = document(&[allow(&["s3:*"], &["*"])]);
    ok(&world, "CreatePolicy", json!({ "PolicyName": "local", "PolicyDocument": text }));
    let whole = ok(&world, "GetAccountAuthorizationDetails", json!({}));
    let ann = &whole["UserDetailList"][1];
    assert_eq!(ann["GroupList"], json!(["g"]));
    assert!(ann["UserPolicyList"][0]["PolicyDocument"].as_str().unwrap().starts_with("%7B"));
    let role = &whole["RoleDetailList"][0];
    assert_eq!(role["InstanceProfileList"][0]["InstanceProfileName"], "p");
    let policies: Vec<&str> = whole["Policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| policy["PolicyName"].as_str().unwrap())
        .collect();
    assert_eq!(policies, ["local", "AdministratorAccess"]);
    assert_eq!(whole["Policies"][0]["PolicyVersionList"][0]["VersionId"], "v1");
    // In pages, and by kind.
    let mut seen = 0;
    let mut input = json!({ "MaxItems": 2 });
    loop {
        let page = ok(&world, "GetAccountAuthorizationDetails", input.clone());
        for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
            seen += page[list].as_array().map_or(0, Vec::len);
        }
        if page["IsTruncated"] != true {
            break;
        }
        input["Marker"] = page["Marker"].clone();
    }
    assert_eq!(seen, 6);
    let roles = ok(&world, "GetAccountAuthorizationDetails", json!({ "Filter": ["Role"] }));
    let count = |list: &str| roles[list].as_array().map_or(0, Vec::len);
    assert_eq!((count("RoleDetailList"), count("UserDetailList"), count("Policies")), (1, 0, 0));
}

#[test]
fn the_summary_counts() {
    let world = World::new();
    let before = ok(&world, "GetAccountSummary", json!({}));
    world.user("prod", "ann", &[]);
    ok(&world, "CreateGroup", json!({ "GroupName": "g" }));
    ok(&world, "CreateVirtualMFADevice", json!({ "VirtualMFADeviceName": "d" }));
    let after = ok(&world, "GetAccountSummary", json!({}));
    let grown = |key: &str| {
        let of = |answer: &Value| answer["SummaryMap"][key].as_i64().unwrap();
        of(&after) - of(&before)
    };
    assert_eq!(
        ["Users", "Groups", "MFADevices", "MFADevicesInUse", "Roles", "UsersQuota"].map(grown),
        [1, 1, 1, 0, 0, 0]
    );
}

#[test]
fn the_credential_report_has_a_line_a_user() {
    let world = World::new();
    let admin = world.admin("prod");
    let ann = world.user("prod", "ann", &[allow(&["s3:*"], &["*"])]);
    let none = world.told(&admin, "iam", "GetCredentialReport", json!({}));
    assert_eq!(none, "410 ReportNotPresent: No report is present");
    world.ok(&ann, "s3", "ListBuckets", json!({}));
    let profile = json!({ "UserName": "ann", "Password": "Fine enough 1" });
    ok(&world, "CreateLoginProfile", profile);
    assert_eq!(ok(&world, "GenerateCredentialReport", json!({}))["State"], "STARTED");
    assert_eq!(ok(&world, "GenerateCredentialReport", json!({}))["State"], "COMPLETE");
    let report = ok(&world, "GetCredentialReport", json!({}));
    let text = STANDARD.decode(report["Content"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 22), "{text}");
    let users: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(users, ["user", "<root_account>", "admin", "ann"]);
    let ann = &rows[3];
    assert_eq!((ann[3], ann[8], ann[13]), ("true", "true", "false"));
    assert_eq!((ann[11], ann[12]), ("us-east-1", "s3"));
    world.advance(Duration::hours(5));
    let old = world.told(&admin, "iam", "GetCredentialReport", json!({}));
    assert!(old.starts_with("410 ReportExpired"), "{old}");
}

#[test]
fn keys_and_roles_tell_their_last_use() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["s3:*"], &["*"])]);
    let by_id = json!({ "AccessKeyId": ann.credentials.access_key_id });
    let never = ok(&world, "GetAccessKeyLastUsed", by_id.clone());
    let last = &never["AccessKeyLastUsed"];
    assert_eq!((&last["ServiceName"], &last["Region"]), (&json!("N/A"), &json!("N/A")));
    assert!(last.get("LastUsedDate").is_none());
    world.advance(Duration::hours(1));
    world.ok(&ann.in_region("eu-west-1"), "s3", "ListBuckets", json!({}));
    let now = world.gateway().world().now().timestamp();
    world.advance(Duration::hours(1));
    let used = ok(&world, "GetAccessKeyLastUsed", by_id);
    let last = &used["AccessKeyLastUsed"];
    assert_eq!((&used["UserName"], &last["ServiceName"]), (&json!("ann"), &json!("s3")));
    assert_eq!((&last["Region"], &last["LastUsedDate"]), (&json!("eu-west-1"), &json!(now)));
    let role = world.role("prod", "r", &trusting(&["111111111111"]), &[]);
    let get = || ok(&world, "GetRole", json!({ "RoleName": "r" }))["Role"]["RoleLastUsed"].clone();
    assert!(get().get("LastUsedDate").is_none());
    let session = world.assume(&world.admin("prod"), &role);
    world.ok(&session, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(get()["LastUsedDate"], world.gateway().world().now().timestamp());
    assert_eq!(get()["Region"], "us-east-1");
}

#[test]
fn services_last_accessed_are_the_allowed_ones_beside_their_use() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["s3:*", "kms:List*"], &["*"])]);
    world.user("prod", "bob", &[]);
    ok(&world, "CreateGroup", json!({ "GroupName": "g" }));
    for name in ["ann", "bob"] {
        ok(&world, "AddUserToGroup", json!({ "GroupName": "g", "UserName": name }));
    }
    let policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    ok(&world, "AttachGroupPolicy", json!({ "GroupName": "g", "PolicyArn": policy }));
    world.ok(&ann, "s3", "ListBuckets", json!({}));
    let before = world.gateway().world().now().timestamp();
    world.advance(Duration::hours(1));
    let report = |arn: &str, granularity: &str| {
        let input = json!({ "Arn": arn, "Granularity": granularity });
        let job = ok(&world, "GenerateServiceLastAccessedDetails", input);
        let answer = ok(&world, "GetServiceLastAccessedDetails", job.clone());
        assert_eq!(
            (&answer["JobStatus"], &answer["JobType"]),
            (&json!("COMPLETED"), &json!(granularity))
        );
        (job["JobId"].clone(), answer["ServicesLastAccessed"].clone())
    };
    let ann_arn = "arn:aws:iam::111111111111:user/ann";
    let (job, services) = report(ann_arn, "ACTION_LEVEL");
    let names: Vec<&str> = services
        .as_array()
        .unwrap()
        .iter()
        .map(|service| service["ServiceNamespace"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["kms", "s3"]);
    let (kms, s3) = (&services[0], &services[1]);
    assert_eq!(kms["TotalAuthenticatedEntities"], 0);
    assert!(kms.get("LastAuthenticated").is_none());
    assert_eq!(
        (&s3["LastAuthenticated"], &s3["ServiceName"]),
        (&json!(before), &json!("Amazon S3"))
    );
    assert_eq!(s3["TrackedActionsLastAccessed"][0]["ActionName"], "ListBuckets");
    assert_eq!(s3["LastAuthenticatedEntity"], ann_arn);
    let with = json!({ "JobId": job, "ServiceNamespace": "s3" });
    let entities = ok(&world, "GetServiceLastAccessedDetailsWithEntities", with);
    assert_eq!(entities["EntityDetailsList"][0]["EntityInfo"]["Type"], "USER");
    // A policy counts for all whom it reaches.
    let (job, services) = report(policy, "SERVICE_LEVEL");
    assert_eq!(services[0]["TotalAuthenticatedEntities"], 1);
    assert!(services[0].get("TrackedActionsLastAccessed").is_none());
    let with = json!({ "JobId": job, "ServiceNamespace": "s3" });
    let entities = ok(&world, "GetServiceLastAccessedDetailsWithEntities", with);
    assert_eq!(entities["EntityDetailsList"].as_array().unwrap().len(), 2);
    world.advance(Duration::days(8));
    let old = json!({ "JobId": job });
    let gone = world.told(&world.admin("prod"), "iam", "GetServiceLastAccessedDetails", old);
    assert!(gone.starts_with("404 NoSuchEntity"), "{gone}");
}

#[test]
fn policies_that_grant_a_service_are_named() {
    let world = World::new();
    world.user("prod", "ann", &[allow(&["s3:*"], &["*"])]);
    ok(&world, "CreateGroup", json!({ "GroupName": "g" }));
    ok(&world, "AddUserToGroup", json!({ "GroupName": "g", "UserName": "ann" }));
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    ok(&world, "AttachGroupPolicy", json!({ "GroupName": "g", "PolicyArn": arn }));
    let input = json!({
        "Arn": "arn:aws:iam::111111111111:user/ann", "ServiceNamespaces": ["s3", "kms"],
    });
    let answer = ok(&world, "ListPoliciesGrantingServiceAccess", input);
    let named: Vec<Vec<String>> = answer["PoliciesGrantingServiceAccess"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| {
            let policies = service["Policies"].as_array().unwrap().iter();
            policies
                .map(|p| {
                    let text = |name: &str| p[name].as_str().unwrap_or("-").to_owned();
                    [text("PolicyName"), text("PolicyType"), text("EntityName")].join(" ")
                })
                .collect()
        })
        .collect();
    assert_eq!(
        named,
        [
            vec!["permissions INLINE ann", "AdministratorAccess MANAGED -"],
            vec!["AdministratorAccess MANAGED -"],
        ]
    );
}
