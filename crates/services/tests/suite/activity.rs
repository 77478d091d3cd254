//! What is told of the last use of keys and identities.

use chrono::Duration;
use expect_test::expect;
use gateway::{Activity, LastUse};
use serde_json::json;
use testkit::{Caller, World, allow, check, trusting};

fn told(used: &LastUse) -> String {
    let LastUse { time, service, operation, region } = used;
    format!("{} {service}:{operation} {region}", time.format("%H:%M:%S"))
}

fn ask<R>(world: &World, question: impl Fn(&Activity) -> R) -> R {
    world.gateway().inspect(world.origin(), |cx| Ok(question(cx.activity()?))).unwrap()
}

fn unique_id(world: &World, caller: &Caller) -> String {
    world.principal(caller).user_id().split(':').next().unwrap().to_owned()
}

#[test]
fn the_newest_use_of_a_key_and_of_an_identity_is_told() {
    let world = World::new();
    let ann = world.user("prod", "ann", &[allow(&["kms:*"], &["*"])]);
    let (key, id) = (ann.credentials.access_key_id.clone(), unique_id(&world, &ann));
    let last = || ask(&world, |activity| activity.access_key(&key).as_ref().map(told));
    assert_eq!(last(), None, "a key that was never used");
    // A use before the log was ever asked is read from it, one after it is noted.
    world.ok(&ann, "kms", "ListKeys", json!({}));
    world.advance(Duration::minutes(1));
    assert!(world.call(&ann.in_region("eu-west-1"), "iam", "ListUsers", json!({})).is_err());
    assert_eq!(last().unwrap(), "08:01:00 iam:ListUsers us-east-1");
    world.advance(Duration::minutes(1));
    world.ok(&ann, "kms", "ListKeys", json!({}));
    world.ok(&ann, "kms", "ListAliases", json!({}));
    assert_eq!(last().unwrap(), "08:02:00 kms:ListAliases us-east-1");
    let services = ask(&world, |a| a.services(&id).iter().map(told).collect::<Vec<_>>());
    let operations = ask(&world, |a| a.operations(&id).iter().map(told).collect::<Vec<_>>());
    check(
        format!("{}\n\n{}\n", services.join("\n"), operations.join("\n")),
        expect![[r#"
        08:01:00 iam:ListUsers us-east-1
        08:02:00 kms:ListKeys us-east-1

        08:01:00 iam:ListUsers us-east-1
        08:02:00 kms:ListAliases us-east-1
        08:02:00 kms:ListKeys us-east-1
    "#]],
    );
    assert_eq!(ask(&world, |a| a.identity("AIDANOBODY")), None);
}

#[test]
fn a_role_is_used_by_its_sessions_calls_and_not_by_being_assumed() {
    let world = World::new();
    let role = world.role("prod", "r", &trusting(&["222222222222"]), &[allow(&["*"], &["*"])]);
    let session = world.assume(&world.admin("dev"), &role);
    let id = unique_id(&world, &session);
    assert_eq!(ask(&world, |a| a.identity(&id)), None);
    world.ok(&session, "kms", "ListKeys", json!({}));
    let used = ask(&world, |a| a.identity(&id)).unwrap();
    assert_eq!(told(&used), "08:00:00 kms:ListKeys us-east-1");
    let temporary = ask(&world, |a| a.access_key(&session.credentials.access_key_id));
    assert_eq!(temporary, None, "temporary keys are told by their role");
}
