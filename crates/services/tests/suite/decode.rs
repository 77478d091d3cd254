//! DecodeAuthorizationMessage: the explanation of a denial, for the accounts that had a part in it.

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, trusting};

/// The encoded message of a call that `caller` is denied.
fn denied(world: &World, caller: &Caller, service: &str, operation: &str, input: Value) -> String {
    let mut request = world.request(service, operation, &input);
    world.sign(&mut request, caller);
    let answer = world.send(request);
    assert!(answer.result().is_err());
    answer.header("x-landbridge-authorization-message").to_owned()
}

fn decode(world: &World, caller: &Caller, message: &str) -> Result<Value, String> {
    let input = json!({ "EncodedMessage": message });
    let answer = world.call(caller, "sts", "DecodeAuthorizationMessage", input);
    let text = answer.map_err(|error| error.to_string())?;
    Ok(serde_json::from_str(text["DecodedMessage"].as_str().unwrap()).unwrap())
}

#[test]
fn it_opens_for_both_accounts_and_for_no_third() {
    let world = World::new();
    let role = world.role("prod", "lake", &trusting(&["111111111111"]), &[]);
    let eve = world.user("dev", "eve", &[allow(&["sts:*"], &["*"])]);
    let input = json!({ "RoleArn": role, "RoleSessionName": "job" });
    let message = denied(&world, &eve, "sts", "AssumeRole", input);
    assert!(message.len() > 100);
    // The role's trust is its account's to read, eve's policy hers.
    for (account, own, other) in [("prod", "trust", "identity"), ("dev", "identity", "trust")] {
        let explained = decode(&world, &world.admin(account), &message).unwrap();
        assert_eq!(explained["allowed"], false, "{account}");
        let readable = |kind: &str| {
            let consulted = explained["consulted"].as_array().unwrap();
            let policy = consulted.iter().find(|policy| policy["kind"] == kind).unwrap();
            policy["hidden"] != true && policy["statements"].as_array().is_some()
        };
        assert!(readable(own) && !readable(other), "{account}: {explained}");
        let lake = explained.to_string().contains("trust policy of role lake");
        assert_eq!(lake, account == "prod", "{explained}");
    }
    check(
        decode(&world, &world.admin("other"), &message).unwrap_err(),
        expect![[r#"InvalidAuthorizationMessageException: Message is not decodable"#]],
    );
}

#[test]
fn it_needs_its_own_permission_and_an_unchanged_message() {
    let world = World::new();
    let nobody = world.user("prod", "nobody", &[]);
    let message = denied(&world, &nobody, "iam", "ListUsers", json!({}));
    let refused = decode(&world, &nobody, &message).unwrap_err();
    assert!(refused.contains("sts:DecodeAuthorizationMessage"), "{refused}");
    let admin = world.admin("prod");
    assert!(decode(&world, &admin, &message).is_ok());
    let other = if message[40..].starts_with('A') { "B" } else { "A" };
    let altered = format!("{}{other}{}", &message[..40], &message[41..]);
    let text = "InvalidAuthorizationMessageException: Message is not decodable";
    assert_eq!(decode(&world, &admin, &altered).unwrap_err(), text);
    assert_eq!(decode(&world, &admin, "nonsense").unwrap_err(), text);
    let elsewhere = World::new();
    assert!(decode(&elsewhere, &elsewhere.admin("prod"), &altered).is_err());
}

#[test]
fn what_is_allowed_carries_no_message() {
    let world = World::new();
    let mut request = world.request("iam", "ListUsers", &json!({}));
    world.sign(&mut request, &world.admin("prod"));
    let answer = world.send(request);
    assert_eq!(answer.told(), "ok");
    assert_eq!(answer.header("x-landbridge-authorization-message"), "");
}

/// A header must not grow with the policies of the caller.
#[test]
fn it_fits_into_a_header() {
    let world = World::new();
    let statements: Vec<Value> = (0..50)
        .map(|number| allow(&[&format!("s3:Get{number}")], &[&format!("arn:aws:s3:::b{number}/*")]))
        .collect();
    // Inline policies are short; a managed one may have 6,144 characters.
    let rich = world.user("prod", "rich", &[]);
    let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    for number in 0..3 {
        let name = format!("much{number}");
        let input = json!({ "PolicyName": name, "PolicyDocument": document });
        let made = world.ok(&world.admin("prod"), "iam", "CreatePolicy", input);
        let attach = json!({ "UserName": "rich", "PolicyArn": made["Policy"]["Arn"] });
        world.ok(&world.admin("prod"), "iam", "AttachUserPolicy", attach);
    }
    let message = denied(&world, &rich, "iam", "ListUsers", json!({}));
    assert!(message.len() < 12 * 1_024, "{} characters", message.len());
    let explained = decode(&world, &world.admin("prod"), &message).unwrap();
    assert_eq!(explained["because"], "no identity-based policy allows the action");
    assert_eq!(explained["notes"], json!(["shortened: statements of other actions are left out"]));
    let poor = world.user("prod", "poor", &statements[..2]);
    let message = denied(&world, &poor, "iam", "ListUsers", json!({}));
    let explained = decode(&world, &world.admin("prod"), &message).unwrap();
    assert_eq!(explained.get("notes"), None);
}
