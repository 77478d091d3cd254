//! Passwords and MFA devices, and the account's word on them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use expect_test::expect;
use gateway::Principal;
use ring::hmac;
use serde_json::{Value, json};
use services::identity::mfa::{Verification, verify};
use testkit::{Caller, World, allow, check, deny};

fn told(world: &World, operation: &str, input: Value) -> String {
    world.told(&world.admin("prod"), "iam", operation, input)
}

fn ok(world: &World, operation: &str, input: Value) -> Value {
    world.ok(&world.admin("prod"), "iam", operation, input)
}

/// The code that an authenticator with the seed of `device` shows, seconds from now.
pub(crate) fn code(world: &World, device: &Value, later: i64) -> String {
    let seed = STANDARD.decode(device["Base32StringSeed"].as_str().unwrap()).unwrap();
    let mut bits = String::new();
    for letter in &seed {
        let digit = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|c| c == letter).unwrap();
        bits += &format!("{digit:05b}");
    }
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let step = (world.gateway().world().now().timestamp() + later) / 30;
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let word = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

fn verified(world: &World, caller: &Caller, serial: &str, code: &str) -> Verification {
    let Principal::User(user) = world.principal(caller) else { panic!("no user") };
    let ask = |cx: &gateway::Cx| verify(cx, &user.account, &user.id, serial, code);
    world.gateway().inspect(world.origin(), ask).unwrap()
}

#[test]
fn a_device_is_given_by_two_codes_and_counts_by_one() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[]);
    let bob = world.user("prod", "bob", &[]);
    let made = ok(&world, "CreateVirtualMFADevice", json!({ "VirtualMFADeviceName": "phone" }));
    let device = &made["VirtualMFADevice"];
    let serial = device["SerialNumber"].as_str().unwrap().to_owned();
    assert_eq!(serial, "arn:aws:iam::111111111111:mfa/phone");
    let enable = |first: &str, second: &str| {
        let input = json!({
            "UserName": "ann", "SerialNumber": serial,
            "AuthenticationCode1": first, "AuthenticationCode2": second,
        });
        told(&world, "EnableMFADevice", input)
    };
    let at = |later| code(&world, device, later);
    assert_eq!(verified(&world, &ann, &serial, &at(0)), Verification::NotTheirs);
    let mut story = vec![enable(&at(0), &at(0)), enable(&at(0), "000000")];
    story.extend([enable(&at(-30), &at(0)), enable(&at(-30), &at(0))]);
    for (later, expected) in [
        (-60, Verification::WrongCode),
        (-30, Verification::Valid),
        (0, Verification::Valid),
        (30, Verification::Valid),
        (60, Verification::WrongCode),
    ] {
        assert_eq!(verified(&world, &ann, &serial, &at(later)), expected, "{later} s from now");
    }
    assert_eq!(verified(&world, &bob, &serial, &at(0)), Verification::NotTheirs);
    // A device whose clock is ten minutes ahead is of use again once it is told so.
    let mut resync = json!({
        "UserName": "ann", "SerialNumber": serial,
        "AuthenticationCode1": at(570), "AuthenticationCode2": at(600),
    });
    story.push(told(&world, "ResyncMFADevice", resync.clone()));
    assert_eq!(verified(&world, &ann, &serial, &at(600)), Verification::Valid);
    assert_eq!(verified(&world, &ann, &serial, &at(0)), Verification::WrongCode);
    resync["UserName"] = "bob".into();
    let of = |user: &str| json!({ "UserName": user, "SerialNumber": serial });
    story.extend([
        told(&world, "ResyncMFADevice", resync),
        told(&world, "DeleteVirtualMFADevice", json!({ "SerialNumber": serial })),
        told(&world, "DeactivateMFADevice", of("bob")),
        told(&world, "DeactivateMFADevice", of("ann")),
        told(&world, "DeleteVirtualMFADevice", json!({ "SerialNumber": serial })),
        told(&world, "DeleteVirtualMFADevice", json!({ "SerialNumber": serial })),
    ]);
    check(
        story.join("\n"),
        expect![[r#"
        403 InvalidAuthenticationCode: Authentication code for device is not valid.
        403 InvalidAuthenticationCode: Authentication code for device is not valid.
        ok
        409 EntityAlreadyExists: MFA Device is already in use.
        ok
        404 NoSuchEntity: MFA Device invalid for user. Serial number arn:aws:iam::111111111111:mfa/phone is not bob's
        409 DeleteConflict: Cannot delete entity, must deactivate MFA device first.
        404 NoSuchEntity: MFA Device invalid for user. Serial number arn:aws:iam::111111111111:mfa/phone is not bob's
        ok
        ok
        404 NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::111111111111:mfa/phone doesn't exist."#]],
    );
}

#[test]
fn devices_are_listed_by_who_has_them_and_follow_a_new_name() {
    let world = World::new();
    world.user("prod", "ann", &[]);
    for name in ["phone", "key"] {
        ok(
            &world,
            "CreateVirtualMFADevice",
            json!({ "VirtualMFADeviceName": name, "Path": "/x/" }),
        );
    }
    let again = json!({ "VirtualMFADeviceName": "key", "Path": "/x/" });
    assert!(told(&world, "CreateVirtualMFADevice", again).starts_with("409 EntityAlreadyExists"));
    let made = ok(&world, "CreateVirtualMFADevice", json!({ "VirtualMFADeviceName": "mine" }));
    let device = &made["VirtualMFADevice"];
    let input = json!({
        "UserName": "ann", "SerialNumber": device["SerialNumber"],
        "AuthenticationCode1": code(&world, device, 0),
        "AuthenticationCode2": code(&world, device, 30),
    });
    ok(&world, "EnableMFADevice", input);
    ok(&world, "UpdateUser", json!({ "UserName": "ann", "NewUserName": "anna" }));
    let virtuals = |status: &str| {
        let all = ok(&world, "ListVirtualMFADevices", json!({ "AssignmentStatus": status }));
        let users = all["VirtualMFADevices"].as_array().unwrap().iter();
        users.map(|d| d["User"]["UserName"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(virtuals("Assigned"), ["anna"]);
    assert_eq!(virtuals("Unassigned"), ["-", "-"]);
    assert_eq!(virtuals("Any").len(), 3);
    let of_anna = ok(&world, "ListMFADevices", json!({ "UserName": "anna" }));
    assert_eq!(of_anna["MFADevices"][0]["SerialNumber"], device["SerialNumber"]);
    let refused = told(&world, "DeleteUser", json!({ "UserName": "anna" }));
    assert!(refused.starts_with("409 DeleteConflict"), "{refused}");
}

#[test]
fn passwords_keep_to_the_accounts_policy() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[]);
    let create = |password: &str| {
        told(&world, "CreateLoginProfile", json!({ "UserName": "ann", "Password": password }))
    };
    let change = |old: &str, new: &str| {
        world.told(&ann, "iam", "ChangePassword", json!({ "OldPassword": old, "NewPassword": new }))
    };
    let mut story = vec![
        told(&world, "GetAccountPasswordPolicy", json!({})),
        told(&world, "GetLoginProfile", json!({ "UserName": "ann" })),
        create("short1A"),
        create("lowercase only"),
        create("Fine enough 1"),
        create("Fine enough 1"),
        change("Fine enough 1", "Better still 2"),
    ];
    let policy = json!({
        "MinimumPasswordLength": 12, "RequireSymbols": true, "RequireNumbers": true,
        "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true,
        "AllowUsersToChangePassword": true, "PasswordReusePrevention": 2,
    });
    ok(&world, "UpdateAccountPasswordPolicy", policy);
    story.extend([
        change("wrong", "Better-still-2"),
        change("Fine enough 1", "Short-1"),
        change("Fine enough 1", "better-still-2"),
        change("Fine enough 1", "BETTER-STILL-2"),
        change("Fine enough 1", "Better-still-"),
        change("Fine enough 1", "Betterstill22"),
        change("Fine enough 1", "Better-still-2"),
        change("Better-still-2", "Better-still-2"),
        change("Better-still-2", "Better-still-3"),
        change("Better-still-3", "Better-still-2"),
        change("Better-still-3", "Better-still-4"),
        change("Better-still-4", "Better-still-2"),
        told(&world, "DeleteUser", json!({ "UserName": "ann" })),
        told(&world, "DeleteAccountPasswordPolicy", json!({})),
        told(&world, "DeleteAccountPasswordPolicy", json!({})),
    ]);
    check(
        story.join("\n"),
        expect![[r#"
        404 NoSuchEntity: The Password Policy with domain name 111111111111 cannot be found.
        404 NoSuchEntity: Login Profile for User ann cannot be found.
        400 PasswordPolicyViolation: Password does not conform to the account password policy.
        400 PasswordPolicyViolation: Password does not conform to the account password policy.
        ok
        409 EntityAlreadyExists: Login Profile for user ann already exists.
        403 AccessDenied: User: arn:aws:iam::111111111111:user/ann is not authorized to perform: iam:ChangePassword on resource: arn:aws:iam::111111111111:user/ann because no identity-based policy allows the iam:ChangePassword action
        403 AccessDenied: The old password was incorrect.
        400 PasswordPolicyViolation: Password should have a minimum length of 12
        400 PasswordPolicyViolation: Password should have at least one uppercase letter
        400 PasswordPolicyViolation: Password should have at least one lowercase letter
        400 PasswordPolicyViolation: Password should have at least one number
        400 PasswordPolicyViolation: Password should have at least one symbol
        ok
        400 PasswordPolicyViolation: Password was used recently and cannot be used again
        ok
        400 PasswordPolicyViolation: Password was used recently and cannot be used again
        ok
        ok
        409 DeleteConflict: Cannot delete entity, must delete access keys first.
        ok
        404 NoSuchEntity: The Password Policy with domain name 111111111111 cannot be found."#]],
    );
    let log = world.whole_audit().join("\n");
    assert!(!log.contains("Better-still") && !log.contains("Fine enough"), "a password is logged");
}

#[test]
fn a_deny_stops_what_the_account_allows_to_all() {
    let world = World::new();
    let denied = world.user("prod", "denied", &[deny(&["iam:ChangePassword"], &["*"])]);
    let profile = json!({ "UserName": "denied", "Password": "Fine enough 1" });
    ok(&world, "CreateLoginProfile", profile);
    ok(&world, "UpdateAccountPasswordPolicy", json!({ "AllowUsersToChangePassword": true }));
    let input = json!({ "OldPassword": "Fine enough 1", "NewPassword": "Better 2" });
    let refused = world.told(&denied, "iam", "ChangePassword", input);
    assert!(refused.contains("with an explicit deny in an identity-based policy"), "{refused}");
}

#[test]
fn an_alias_belongs_to_one_account() {
    let world = World::new();
    let alias = |name: &str| json!({ "AccountAlias": name });
    ok(&world, "CreateAccountAlias", alias("acme"));
    let dev = world.admin("dev");
    let story = [
        world.told(&dev, "iam", "CreateAccountAlias", alias("acme")),
        world.told(&dev, "iam", "DeleteAccountAlias", alias("acme")),
        told(&world, "CreateAccountAlias", alias("acme-prod")),
        world.told(&dev, "iam", "CreateAccountAlias", alias("acme")),
        told(&world, "CreateAccountAlias", alias("a--b")),
        told(&world, "CreateAccountAlias", alias("Acme")),
    ];
    check(
        story.join("\n"),
        expect![[r#"
            409 EntityAlreadyExists: The account alias acme already exists.
            404 NoSuchEntity: The account alias acme cannot be found.
            ok
            ok
            400 ValidationError: 1 validation error detected: Value at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$
            400 ValidationError: 1 validation error detected: Value at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"#]],
    );
    let listed = ok(&world, "ListAccountAliases", json!({}));
    assert_eq!(listed["AccountAliases"], json!(["acme-prod"]));
}

#[test]
fn time_alone_changes_the_code() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["iam:*"], &["*"])]);
    let made = ok(&world, "CreateVirtualMFADevice", json!({ "VirtualMFADeviceName": "phone" }));
    let device = &made["VirtualMFADevice"];
    let serial = device["SerialNumber"].as_str().unwrap();
    let input = json!({
        "UserName": "ann", "SerialNumber": serial,
        "AuthenticationCode1": code(&world, device, 0),
        "AuthenticationCode2": code(&world, device, 30),
    });
    ok(&world, "EnableMFADevice", input);
    let now = code(&world, device, 0);
    world.advance(Duration::minutes(5));
    assert_eq!(verified(&world, &ann, serial, &now), Verification::WrongCode);
    let later = code(&world, device, 0);
    assert_eq!(verified(&world, &ann, serial, &later), Verification::Valid);
}
