//! What an administrator of one account can do to the things of another that lets nobody in:
//! nothing, by any operation.

use std::collections::BTreeMap;

use serde_json::json;
use testkit::World;

use crate::every_operation::{Prepared, built, prepared};

const OWNER: &str = "111111111111";

/// Operations that may name a thing of another account and tell nothing of what is in it.
/// May only shrink.
const OWN_ANSWER: [(&str, &str, &str); 2] = [
    ("kms", "ListAliases", "lists the caller's aliases, of which none is for another's key"),
    ("sts", "GetAccessKeyInfo", "tells everyone the account of any access key, as at AWS"),
];

/// A world whose things of `prod` are named so that every account means the same by them.
fn named_in_full() -> Prepared {
    let mut prepared = prepared();
    let admin = prepared.world.admin("prod");
    let secret = json!({ "SecretId": "known" });
    let secret = prepared.world.ok(&admin, "secretsmanager", "DescribeSecret", secret);
    prepared.members["SecretId"] = secret["ARN"].clone();
    prepared
}

/// What `prod`'s administrator reads of `prod`, by operation.
fn read_by_owner(prepared: &Prepared) -> BTreeMap<(&'static str, &'static str), String> {
    let world = &prepared.world;
    let reads =
        |name: &str| ["Get", "List", "Describe", "Head"].iter().any(|v| name.starts_with(v));
    // These answer with something new each time: keys, and what the reading itself used.
    let changing =
        ["GetSessionToken", "GetFederationToken", "GetRandomPassword", "GetAccessKeyLastUsed"];
    let still = built(world).into_iter().filter(|(service, operation)| {
        *service != "cloudtrail" && reads(operation) && !changing.contains(operation)
    });
    let admin = world.admin("prod");
    let answer = |service, operation| match world.call(
        &admin,
        service,
        operation,
        prepared.input(service, operation),
    ) {
        Ok(output) => output.to_string(),
        Err(error) => error.code,
    };
    still.map(|(service, operation)| ((service, operation), answer(service, operation))).collect()
}

#[test]
fn an_administrator_of_another_account_reaches_nothing() {
    let prepared = named_in_full();
    let world = &prepared.world;
    let before = read_by_owner(&prepared);
    let stranger = world.admin("dev");
    let mut named = 0;
    for (service, operation) in built(world) {
        let input = prepared.input(service, operation);
        let text = input.to_string();
        let names_theirs =
            text.contains(OWNER) || (service == "s3" && input.get("Bucket").is_some());
        let told = match world.call(&stranger, service, operation, input) {
            Ok(output) => output,
            Err(error) => {
                named += usize::from(names_theirs && error.code.contains("AccessDenied"));
                continue;
            }
        };
        if OWN_ANSWER.iter().any(|(s, o, _)| (*s, *o) == (service, operation)) {
            continue;
        }
        assert!(!told.to_string().contains(OWNER), "{service}:{operation} tells {told}");
        let expected = !names_theirs || told.get("Errors").is_some();
        assert!(expected, "{service}:{operation} {text} is allowed");
    }
    assert!(named > 70, "only {named} operations were denied by name");
    let after = read_by_owner(&prepared);
    let changed: Vec<_> =
        before.iter().filter(|(call, was)| after.get(call) != Some(was)).collect();
    assert!(changed.is_empty(), "{changed:#?}");
}

#[test]
fn nor_does_it_by_a_permissions_boundary() {
    let world = World::new();
    let document = testkit::document(&[testkit::allow(&["*"], &["*"])]);
    let policy = json!({ "PolicyName": "wide", "PolicyDocument": document });
    let policy = world.ok(&world.admin("prod"), "iam", "CreatePolicy", policy);
    let input = json!({ "UserName": "bound", "PermissionsBoundary": policy["Policy"]["Arn"] });
    assert_eq!(
        world.told(&world.admin("dev"), "iam", "CreateUser", input),
        "404 NoSuchEntity: Scope ARN: arn:aws:iam::111111111111:policy/wide does not exist or is \
         not attachable."
    );
}
