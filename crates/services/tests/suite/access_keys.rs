//! Whose signature it is: keys that are inactive, gone or unknown, signatures that do not hold,
//! clocks that differ, sessions that are over. In the words of a query, a JSON and a REST service.

use chrono::Duration;
use expect_test::expect;
use serde_json::json;
use testkit::{Caller, Request, World, allow, check, trusting};

/// The same question in each kind of protocol.
const QUESTIONS: [(&str, &str); 3] =
    [("sts", "GetCallerIdentity"), ("kms", "ListKeys"), ("s3", "ListBuckets")];

fn told(world: &World, caller: &Caller) -> String {
    tampered(world, caller, |_| {})
}

fn tampered(world: &World, caller: &Caller, change: impl Fn(&mut Request)) -> String {
    let answers = QUESTIONS.map(|(service, operation)| {
        let mut request = world.request(service, operation, &json!({}));
        world.sign(&mut request, caller);
        change(&mut request);
        format!("{service}: {}", world.send(request).told())
    });
    answers.join("\n")
}

#[test]
fn inactive_deleted_and_unknown_keys_are_all_unknown() {
    let world = World::new();
    let admin = world.admin("prod");
    let ann = world.user("prod", "ann", &[allow(&["*"], &["*"])]);
    let key = &ann.credentials.access_key_id;
    assert_eq!(told(&world, &ann), "sts: ok\nkms: ok\ns3: ok");
    let by_id = json!({ "UserName": "ann", "AccessKeyId": key });
    let mut update = by_id.clone();
    update["Status"] = "Inactive".into();
    world.ok(&admin, "iam", "UpdateAccessKey", update.clone());
    let inactive = told(&world, &ann);
    update["Status"] = "Active".into();
    world.ok(&admin, "iam", "UpdateAccessKey", update);
    assert_eq!(told(&world, &ann), "sts: ok\nkms: ok\ns3: ok");
    world.ok(&admin, "iam", "DeleteAccessKey", by_id);
    assert_eq!(told(&world, &ann), inactive);
    let mut stranger = ann.clone();
    stranger.credentials.access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
    assert_eq!(told(&world, &stranger), inactive);
    check(
        inactive,
        expect![[r#"
        sts: 403 InvalidClientTokenId: The security token included in the request is invalid.
        kms: 400 UnrecognizedClientException: The security token included in the request is invalid.
        s3: 403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records."#]],
    );
}

#[test]
fn a_user_has_two_keys_and_each_works_alone() {
    let world = World::new();
    let admin = world.admin("prod");
    let first = world.user("prod", "ann", &[allow(&["*"], &["*"])]);
    let named = json!({ "UserName": "ann" });
    let second = world.ok(&admin, "iam", "CreateAccessKey", named.clone());
    let second = Caller::of(&second["AccessKey"]);
    check(
        world.told(&admin, "iam", "CreateAccessKey", named),
        expect![[r#"409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"#]],
    );
    let id = &first.credentials.access_key_id;
    // Without a user's name the caller's own is meant.
    world.ok(&second, "iam", "DeleteAccessKey", json!({ "AccessKeyId": id }));
    assert_eq!(told(&world, &second), "sts: ok\nkms: ok\ns3: ok");
    assert!(told(&world, &first).contains("InvalidClientTokenId"));
}

#[test]
fn a_wrong_secret_and_a_changed_request_do_not_verify() {
    let world = World::new();
    let mut wrong = world.admin("prod");
    wrong.credentials.secret_access_key.replace_range(0..1, "#");
    let codes = |text: String| {
        let code = |line: &str| line.split(':').take(2).collect::<Vec<_>>().join(":");
        text.lines().map(code).collect::<Vec<_>>().join("\n")
    };
    let expected = "sts: 403 SignatureDoesNotMatch\nkms: 400 InvalidSignatureException\n\
                    s3: 403 SignatureDoesNotMatch";
    assert_eq!(codes(first_lines(told(&world, &wrong))), expected);
    let admin = world.admin("prod");
    // A signed header, the body, and the query each count.
    let moved = tampered(&world, &admin, |request| {
        request.header("host", "elsewhere");
    });
    assert_eq!(codes(first_lines(moved)), expected);
    let body = tampered(&world, &admin, |request| {
        let more: &[u8] = if request.body.first() == Some(&b'{') { b" " } else { b"&x=y" };
        request.body.extend_from_slice(more);
    });
    // S3 compares the body with the signed digest of it instead.
    let without_body = "sts: 403 SignatureDoesNotMatch\nkms: 400 InvalidSignatureException\n\
                        s3: 400 XAmzContentSHA256Mismatch";
    assert_eq!(codes(first_lines(body)), without_body);
}

/// The first line of each answer: JSON services print what they computed below it.
fn first_lines(text: String) -> String {
    let starts = |line: &&str| QUESTIONS.iter().any(|(s, _)| line.starts_with(&format!("{s}: ")));
    text.lines().filter(starts).collect::<Vec<_>>().join("\n")
}

#[test]
fn clocks_may_differ_by_a_quarter_of_an_hour() {
    let world = World::new();
    let admin = world.admin("prod");
    let mut answers = Vec::new();
    for minutes in [-15, 15, -16, 16] {
        world.advance(Duration::minutes(minutes));
        let mut request = world.request("sts", "GetCallerIdentity", &json!({}));
        world.sign(&mut request, &admin);
        world.advance(Duration::minutes(-minutes));
        answers.push(format!("{minutes}: {}", world.send(request).told()));
    }
    check(
        answers.join("\n"),
        expect![[r#"
        -15: ok
        15: ok
        -16: 403 SignatureDoesNotMatch: Signature expired: 20260115T074400Z is now earlier than 20260115T074500Z (20260115T080000Z - 15 min.)
        16: 403 SignatureDoesNotMatch: Signature not yet current: 20260115T081600Z is still later than 20260115T081500Z (20260115T080000Z + 15 min.)"#]],
    );
}

#[test]
fn a_session_that_is_over_says_so_only_to_who_holds_its_secret() {
    let world = World::new();
    let role = world.role("prod", "r", &trusting(&["111111111111"]), &[allow(&["*"], &["*"])]);
    let session = world.assume(&world.admin("prod"), &role);
    world.advance(Duration::seconds(3_599));
    assert_eq!(told(&world, &session), "sts: ok\nkms: ok\ns3: ok");
    world.advance(Duration::seconds(1));
    check(
        told(&world, &session),
        expect![[r#"
        sts: 403 ExpiredToken: The security token included in the request is expired
        kms: 400 ExpiredTokenException: The security token included in the request is expired
        s3: 400 ExpiredToken: The provided token has expired."#]],
    );
    let mut guessed = session.clone();
    guessed.credentials.secret_access_key = "guessed".to_owned();
    assert!(told(&world, &guessed).starts_with("sts: 403 SignatureDoesNotMatch"));
}

#[test]
fn a_session_token_belongs_to_its_key() {
    let world = World::new();
    let role = world.role("prod", "r", &trusting(&["111111111111"]), &[allow(&["*"], &["*"])]);
    let session = world.assume(&world.admin("prod"), &role);
    let other = world.assume(&world.admin("prod"), &role);
    let with = |token: Option<String>| {
        let mut caller = session.clone();
        caller.credentials.session_token = token;
        told(&world, &caller)
    };
    let altered = session.credentials.session_token.clone().map(|t| format!("A{}", &t[1..]));
    assert!(with(None).contains("InvalidClientTokenId"));
    let mixed = with(other.credentials.session_token);
    assert_eq!(with(altered), mixed);
    check(
        mixed,
        expect![[r#"
        sts: 403 InvalidClientTokenId: The security token included in the request is invalid.
        kms: 400 UnrecognizedClientException: The security token included in the request is invalid.
        s3: 400 InvalidToken: The provided token is malformed or otherwise invalid."#]],
    );
    // A token beside a long-term key does not make it another.
    let mut admin = world.admin("prod");
    admin.credentials.session_token = session.credentials.session_token.clone();
    assert!(!told(&world, &admin).contains(": ok"));
}

#[test]
fn a_signature_for_another_service_is_not_taken() {
    let world = World::new();
    let admin = world.admin("prod");
    let mut request = world.request("sts", "GetCallerIdentity", &json!({}));
    world.sign(&mut request, &admin);
    let scoped = request.parts.headers["authorization"].to_str().unwrap().replace("/sts/", "/iam/");
    request.header("authorization", &scoped);
    let told = world.send(request).told();
    assert!(
        told.starts_with("403 SignatureDoesNotMatch") || told.contains("InvalidAction"),
        "{told}"
    );
}
