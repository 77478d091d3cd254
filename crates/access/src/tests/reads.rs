//! What is read of each service, and that it is read once.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fake::{Fake, ask, document, over};
use super::{ETL, OBJECT, check, lake};
use crate::{Question, Verdict};

const ADA: &str = "arn:aws:iam::111111111111:user/people/ada";
const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/k";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";

fn allow(action: &str) -> Value {
    json!([{ "Effect": "Allow", "Action": action, "Resource": "*" }])
}

fn ada() -> Fake {
    let user = json!({ "User": {
        "Arn": ADA, "UserId": "AIDAADA", "Path": "/people/",
        "Tags": [{ "Key": "team", "Value": "data" }],
        "PermissionsBoundary": { "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/Edge" },
    } });
    Fake::default()
        .with("prod iam GetUser ada", user)
        .with(
            "prod iam GetPolicy arn:aws:iam::aws:policy/Edge",
            json!({ "Policy": { "DefaultVersionId": "v2" } }),
        )
        .with(
            "prod iam GetPolicyVersion arn:aws:iam::aws:policy/Edge v2",
            json!({ "PolicyVersion": { "Document": document(&allow("secretsmanager:*")) } }),
        )
        .with("prod iam ListGroupsForUser ada", json!({ "Groups": [{ "GroupName": "readers" }] }))
        .with("prod iam ListGroupPolicies readers", json!({ "PolicyNames": ["all"] }))
        .with(
            "prod iam GetGroupPolicy readers all",
            json!({ "PolicyDocument": document(&allow("*")) }),
        )
}

/// Groups grant, boundaries limit, tags become keys.
#[tokio::test]
async fn users() {
    let secret =
        json!({ "ARN": SECRET, "Name": "db", "Tags": [{ "Key": "team", "Value": "data" }] });
    let world = || {
        ada().with(&format!("prod secretsmanager DescribeSecret {SECRET}"), secret.clone()).with(
            &format!("prod secretsmanager GetResourcePolicy {SECRET}"),
            json!({ "Name": "db" }),
        )
    };
    let question = Question::new(ADA, "secretsmanager:GetSecretValue", SECRET);
    let answer = ask(world(), &question).await;
    check(&answer, Verdict::Allowed, "an identity-based policy grants it");
    assert_eq!(answer.decision.deciding()[0].policy, "inline policy all of group readers");
    for (key, value) in [
        ("aws:PrincipalTag/team", "data"),
        ("aws:ResourceTag/team", "data"),
        ("aws:username", "ada"),
        ("aws:userid", "AIDAADA"),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:CurrentTime", "2026-01-01T12:00:00Z"),
    ] {
        assert_eq!(answer.request.context.single(key), Some(value), "{key}");
    }
    let answer = ask(world(), &Question::new(ADA, "s3:GetObject", OBJECT)).await;
    assert_eq!(answer.decision.blockers()[0].policies, ["arn:aws:iam::aws:policy/Edge"]);
    let denies = json!([{ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }]);
    let policy = json!({ "ResourcePolicy": document(&denies) });
    let call = format!("prod secretsmanager GetResourcePolicy {SECRET}");
    let answer = ask(world().with(&call, policy), &question).await;
    assert_eq!(answer.decision.deciding()[0].policy, "resource policy of secret db");
}

/// An alias is resolved to its key, whose policy decides.
#[tokio::test]
async fn keys() {
    let alias = "arn:aws:kms:eu-west-1:111111111111:alias/lake";
    let metadata = json!({ "KeyMetadata": { "Arn": KEY, "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": "Enabled" } });
    let account = json!([{
        "Sid": "Account", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": { "AWS": "arn:aws:iam::111111111111:root" },
        "Condition": { "StringEquals": { "kms:RequestAlias": "alias/lake" } },
    }]);
    let world = Fake::default()
        .role("prod", ETL, &json!([]), &[("keys", allow("kms:Decrypt"))])
        .with(&format!("prod kms DescribeKey {alias}"), metadata)
        .with(
            &format!("prod kms GetKeyPolicy {KEY} default"),
            json!({ "Policy": document(&account) }),
        );
    let answer = ask(world, &Question::new(ETL, "kms:Decrypt", alias)).await;
    assert_eq!((answer.verdict, answer.request.resource.as_str()), (Verdict::Allowed, KEY));
    assert_eq!(answer.policies.resource.unwrap().name, format!("key policy of {KEY}"));
}

/// A grant allows what neither policy does, with its encryption context only.
#[tokio::test]
async fn grants() {
    let grant = json!({
        "GrantId": "g", "GranteePrincipal": ETL, "Operations": ["Decrypt", "DescribeKey"],
        "Constraints": { "EncryptionContextSubset": { "table": "orders" } },
    });
    let world = || {
        Fake::default()
            .role("prod", ETL, &json!([]), &[])
            .with(&format!("prod kms DescribeKey {KEY}"), json!({ "KeyMetadata": { "Arn": KEY } }))
            .with(
                &format!("prod kms GetKeyPolicy {KEY} default"),
                json!({ "Policy": document(&json!([])) }),
            )
    };
    let granted =
        || world().with(&format!("prod kms ListGrants {KEY}"), json!({ "Grants": [grant] }));
    let question = Question::new(ETL, "kms:Decrypt", KEY);
    let with = question.clone().with("kms:EncryptionContext:table", "orders");
    let answer = ask(granted(), &with).await;
    assert_eq!(answer.verdict, Verdict::Allowed);
    assert_eq!(answer.decision.deciding()[0].policy, format!("grant g on {KEY}"));
    let answer = ask(granted(), &question).await;
    let needs = answer.needs.first().map(|need| need.key.as_str());
    assert_eq!((answer.verdict, needs), (Verdict::Denied, Some("kms:EncryptionContext:table")));
    assert_eq!(ask(world(), &with).await.verdict, Verdict::Denied);
    let answer = ask(world().refusing("prod kms ListGrants"), &with).await;
    assert_eq!(answer.verdict, Verdict::Undecided);
}

/// Tags of an object are read only for a policy that asks for them.
#[tokio::test]
async fn object_tags() {
    let tagged = json!([{
        "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
        "Condition": { "StringEquals": { "s3:ExistingObjectTag/class": "secret" } },
    }]);
    let question = Question::new(ETL, "s3:GetObject", OBJECT);
    for (class, expect) in [("secret", Verdict::Denied), ("open", Verdict::Allowed)] {
        let tags = json!({ "TagSet": [{ "Key": "class", "Value": class }] });
        let world = lake()
            .inline("prod", "etl", "tags", &tagged)
            .with("dev s3 GetObjectTagging lake orders/1", tags);
        assert_eq!(ask(world, &question).await.verdict, expect, "{class}");
    }
    let world = lake().inline("prod", "etl", "tags", &tagged).refusing("dev s3 GetObjectTagging");
    assert_eq!(ask(world, &question).await.verdict, Verdict::Undecided);
}

/// Each level above the account counts; the management account may read them.
#[tokio::test]
async fn organizations() {
    let organization =
        json!({ "Organization": { "Id": "o-1", "MasterAccountId": "222222222222" } });
    let enabled = json!({ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" });
    let world = |content: &Value| {
        lake()
            .with("prod organizations DescribeOrganization", organization.clone())
            .with("dev organizations DescribeOrganization", organization.clone())
            .with(
                "dev organizations ListParents 111111111111",
                json!({ "Parents": [{ "Id": "r-1" }] }),
            )
            .with(
                "dev organizations ListParents 222222222222",
                json!({ "Parents": [{ "Id": "r-1" }] }),
            )
            .with("dev organizations ListRoots", json!({ "Roots": [{ "PolicyTypes": [enabled] }] }))
            .with(
                "dev organizations ListPoliciesForTarget r-1 SERVICE_CONTROL_POLICY",
                json!({ "Policies": [{ "Id": "p-1", "Name": "Guard" }] }),
            )
            .with(
                "dev organizations ListPoliciesForTarget 111111111111 SERVICE_CONTROL_POLICY",
                json!({ "Policies": [{ "Id": "p-2", "Name": "FullAWSAccess" }] }),
            )
            .with(
                "dev organizations DescribePolicy p-1",
                json!({ "Policy": { "Content": document(content) } }),
            )
            .with(
                "dev organizations DescribePolicy p-2",
                json!({ "Policy": { "Content": document(&allow("*")) } }),
            )
    };
    let question = Question::new(ETL, "s3:GetObject", OBJECT);
    let answer = ask(world(&allow("*")), &question).await;
    assert_eq!(answer.verdict, Verdict::Allowed);
    assert_eq!(answer.request.context.single("aws:PrincipalOrgID"), Some("o-1"));
    assert_eq!(answer.request.context.single("aws:PrincipalOrgPaths"), Some("o-1/r-1/"));
    let answer = ask(world(&allow("sqs:*")), &question).await;
    check(&answer, Verdict::Denied, "no service control policy allows the action at r-1");
    let answer = ask(world(&allow("*")).refusing("dev organizations ListParents"), &question).await;
    assert_eq!(answer.verdict, Verdict::Undecided);
    assert_eq!(answer.unread[0].what, "service control policies above account 111111111111");
}

#[tokio::test]
async fn everything_is_read_once() {
    let world = Arc::new(lake());
    let survey = over(Arc::clone(&world));
    for action in ["s3:GetObject", "s3:PutObject"] {
        survey.decide(&Question::new(ETL, action, OBJECT)).await.unwrap();
    }
    let asked = world.asked.lock().unwrap().clone();
    let mut once = asked.clone();
    once.sort();
    once.dedup();
    assert_eq!(asked.len(), once.len(), "{asked:#?}");
    survey.forget();
    survey.decide(&Question::new(ETL, "s3:GetObject", OBJECT)).await.unwrap();
    assert!(world.asked.lock().unwrap().len() > asked.len());
}
