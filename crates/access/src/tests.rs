//! Questions about a small world of two accounts, answered through a scripted API.

mod fake;
mod reads;

use serde_json::json;

use crate::{Answer, Question, Verdict};
use fake::{Fake, ask};

const ETL: &str = "arn:aws:iam::111111111111:role/jobs/etl";
const LAKE: &str = "arn:aws:iam::222222222222:role/lake";
const OBJECT: &str = "arn:aws:s3:::lake/orders/1";

fn check(answer: &Answer, verdict: Verdict, because: &str) {
    let found = (answer.verdict, answer.decision.because());
    assert_eq!(
        found,
        (verdict, because),
        "{:#?}\n{:?}",
        answer.explanation.consulted,
        answer.unread
    );
}

fn lake() -> Fake {
    let may = json!([
        { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*" },
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": LAKE },
    ]);
    let admits = json!([{
        "Sid": "Etl", "Effect": "Allow", "Principal": { "AWS": ETL },
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*",
    }]);
    Fake::default()
        .role("prod", ETL, &json!([]), &[("movement", may)])
        .role(
            "dev",
            LAKE,
            &json!([{
                "Effect": "Allow", "Principal": { "AWS": ETL }, "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "sts:ExternalId": "x" } },
            }]),
            &[],
        )
        .bucket("dev", "lake", Some(&admits))
}

#[tokio::test]
async fn both_sides_are_read() {
    let question = Question::new(ETL, "s3:GetObject", OBJECT);
    let answer = ask(lake(), &question).await;
    check(
        &answer,
        Verdict::Allowed,
        "both the caller's account and the resource's account grant it",
    );
    assert_eq!(answer.request.context.single("aws:PrincipalArn"), Some(ETL));
    assert_eq!(answer.request.context.single("aws:ResourceAccount"), Some("222222222222"));
    let session = "arn:aws:sts::111111111111:assumed-role/etl/run";
    let answer = ask(lake(), &Question::new(session, "s3:GetObject", OBJECT)).await;
    assert_eq!(answer.verdict, Verdict::Allowed);
    assert_eq!(answer.request.principal.role_arn.as_deref(), Some(ETL));
    assert_eq!(answer.request.context.single("aws:userid"), Some("AROAETL:run"));
}

#[tokio::test]
async fn a_missing_side_denies() {
    let answer =
        ask(lake().without("dev s3 GetBucketPolicy"), &Question::new(ETL, "s3:GetObject", OBJECT))
            .await;
    check(
        &answer,
        Verdict::Denied,
        &format!("the resource has no resource-based policy that could admit {ETL}"),
    );
}

/// Whatever could not be read is said, and nothing is claimed that it could change.
#[tokio::test]
async fn what_is_unread_decides_nothing() {
    let question = Question::new(ETL, "s3:GetObject", OBJECT);
    for refused in ["dev s3 GetBucketPolicy", "prod iam GetRolePolicy", "prod iam GetRole"] {
        let answer = ask(lake().refusing(refused), &question).await;
        assert_eq!(answer.verdict, Verdict::Undecided, "{refused}");
        assert!(answer.unread[0].why.contains("AccessDenied"), "{refused}: {}", answer.unread[0]);
    }
    // Another blocker that no unread policy lifts keeps the denial certain.
    let question = Question::new(ETL, "s3:PutObject", OBJECT);
    let answer = ask(lake().refusing("dev s3 GetBucketPolicy"), &question).await;
    assert_eq!(answer.verdict, Verdict::Denied);
}

#[tokio::test]
async fn keys_that_nobody_knows_are_asked_for() {
    let question = Question::new(ETL, "sts:AssumeRole", LAKE);
    let answer = ask(lake(), &question).await;
    assert_eq!(answer.verdict, Verdict::Denied);
    assert_eq!(answer.needs[0].key, "sts:ExternalId");
    assert_eq!(answer.needs[0].compared_with, ["x"]);
    let answer = ask(lake(), &question.clone().with("sts:ExternalId", "x")).await;
    check(
        &answer,
        Verdict::Allowed,
        "both the caller's account and the resource's account grant it",
    );
    let answer = ask(lake(), &question.with("sts:ExternalId", "y")).await;
    assert_eq!((answer.verdict, answer.needs.len()), (Verdict::Denied, 0));
}

/// A deny that depends on where the request comes from leaves an allow open, both ways round.
#[tokio::test]
async fn the_source_address_is_unknown() {
    for operator in ["IpAddress", "NotIpAddress"] {
        let deny = json!([{
            "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": { operator: { "aws:SourceIp": "10.0.0.0/8" } },
        }]);
        let world = lake().inline("prod", "etl", "office", &deny);
        let answer = ask(world, &Question::new(ETL, "s3:GetObject", OBJECT)).await;
        assert_eq!(answer.verdict, Verdict::Undecided, "{operator}");
        assert_eq!(answer.needs[0].key, "aws:SourceIp");
    }
}

#[tokio::test]
async fn errors_say_what_is_wrong() {
    let cases = [
        ("nobody", "s3:GetObject", OBJECT, "`nobody` is not a principal"),
        (ETL, "GetObject", OBJECT, "`GetObject` is not an action"),
        (ETL, "s3:GetObject", "lake", "`lake` is not the ARN of a resource"),
        ("arn:aws:iam::111111111111:role/other", "s3:GetObject", OBJECT, "there is no role arn:"),
    ];
    for (principal, action, resource, expect) in cases {
        let error = fake::survey(lake()).decide(&Question::new(principal, action, resource)).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }
}

/// A key that a request may lack leaves a denial certain, also beside one that it cannot lack.
#[tokio::test]
async fn what_a_plain_request_lacks() {
    let deny = json!([
        { "Effect": "Deny", "Action": "s3:*", "Resource": "*",
          "Condition": { "StringNotEquals": { "s3:x-amz-acl": "private" } } },
        { "Effect": "Deny", "Action": "s3:*", "Resource": "*",
          "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } },
    ]);
    let world = || lake().inline("prod", "etl", "acl", &deny);
    let answer = ask(world(), &Question::new(ETL, "s3:GetObject", OBJECT)).await;
    let keys: Vec<&str> = answer.needs.iter().map(|need| need.key.as_str()).collect();
    assert_eq!((answer.verdict, keys), (Verdict::Denied, vec!["s3:x-amz-acl", "aws:SourceIp"]));
    // Said to be absent, it is no longer asked for.
    let mut question = Question::new(ETL, "s3:GetObject", OBJECT).with("aws:SourceIp", "192.0.2.1");
    question.context.push(("s3:x-amz-acl".to_owned(), Vec::new()));
    let answer = ask(world(), &question).await;
    assert_eq!((answer.verdict, answer.needs.len()), (Verdict::Denied, 0));
}

/// What is not there cannot be opened by a policy.
#[tokio::test]
async fn no_fix_for_what_is_not_there() {
    let answer = ask(lake(), &Question::new(ETL, "s3:GetObject", "arn:aws:s3:::sea/1")).await;
    assert_eq!((answer.verdict, answer.explanation.fixes.len()), (Verdict::Denied, 0));
    assert_eq!(answer.notes, ["there is no bucket sea"]);
}
