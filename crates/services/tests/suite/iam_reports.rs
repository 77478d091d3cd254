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
