use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::vector::Vector;

const ROLE: &str = "arn:aws:iam::222222222222:role/S3-Write-Role";
const EXTERNAL_ID: &str = "arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl";

/// A chained AssumeRole across accounts, as an UNLOAD makes it.
fn hop(external_id: &str) -> Value {
    json!({
        "request": {
            "principal": "arn:aws:sts::111111111111:assumed-role/CrossAccount-S3-Write-Role/run",
            "principal_account": "111111111111",
            "principal_kind": "session",
            "action": "sts:AssumeRole",
            "resource": ROLE,
            "resource_account": "222222222222",
            "context": { "sts:ExternalId": external_id },
        },
        "identity_policies": [{ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE,
        } }],
        "resource_policy": { "Version": "2012-10-17", "Statement": [{
            "Sid": "Chain",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::111111111111:role/CrossAccount-S3-Write-Role" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": EXTERNAL_ID } },
        }] },
    })
}

fn explained(vector: &Value) -> Explanation {
    let vector = Vector::parse(&vector.to_string()).unwrap();
    explain(&vector.request, &vector.policies)
}

fn check(vector: &Value, expect: &Expect) {
    expect.assert_eq(&explained(vector).to_string());
}

#[test]
fn allowed() {
    check(
        &hop(EXTERNAL_ID),
        &expect![[r#"
            allow: both the caller's account and the resource's account grant it
              role trust policy arn:aws:iam::222222222222:role/S3-Write-Role
               → 1 Chain (line 1) allow: applies
              identity-based policy 1
               → 1 (line 1) allow: applies
              fix: removing identity-based policy 1, statement 1, line 1 would deny the request
        "#]],
    );
}

#[test]
fn a_wrong_value() {
    let other = EXTERNAL_ID.replace("etl", "other");
    check(
        &hop(&other),
        &expect![[r#"
            implicit_deny: the role trust policy does not admit arn:aws:sts::111111111111:assumed-role/CrossAccount-S3-Write-Role/run
              role trust policy arn:aws:iam::222222222222:role/S3-Write-Role
                 1 Chain (line 1) allow: does not apply: StringEquals sts:ExternalId asks for arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl, the request has arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/other
              identity-based policy 1
                 1 (line 1) allow: applies
              blocked: the role trust policy does not admit arn:aws:sts::111111111111:assumed-role/CrossAccount-S3-Write-Role/run
              fix: in role trust policy arn:aws:iam::222222222222:role/S3-Write-Role, statement 1 (Chain), line 1: add arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/other to the values of StringEquals sts:ExternalId
        "#]],
    );
}

#[test]
fn a_missing_key_and_no_permission() {
    let mut vector = hop("");
    vector["request"]["context"] = json!({});
    vector["identity_policies"] = json!([]);
    check(
        &vector,
        &expect![[r#"
            implicit_deny: no identity-based policy allows the action
              role trust policy arn:aws:iam::222222222222:role/S3-Write-Role
                 1 Chain (line 1) allow: does not apply: StringEquals sts:ExternalId asks for arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl, the request has nothing
              blocked: no identity-based policy allows the action
              blocked: the role trust policy does not admit arn:aws:sts::111111111111:assumed-role/CrossAccount-S3-Write-Role/run
              not in the request: sts:ExternalId
              fix: add to a new identity-based policy of arn:aws:sts::111111111111:assumed-role/CrossAccount-S3-Write-Role/run the statement {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/S3-Write-Role"}
              fix: in role trust policy arn:aws:iam::222222222222:role/S3-Write-Role, statement 1 (Chain), line 1: send the request with sts:ExternalId = arn:aws:redshift:us-east-1:111111111111:dbuser:warehouse/etl
        "#]],
    );
}

#[test]
fn several_blockers() {
    let mut vector = hop(EXTERNAL_ID);
    vector["permissions_boundaries"] =
        json!([{ "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } }]);
    vector["scps"] = json!([{ "level": "ou-1", "policies": [{ "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "sts:*", "Resource": "*",
          "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } } },
    ] }] }]);
    check(
        &vector,
        &expect![[r#"
            explicit_deny: explicit deny in service control policy 1, statement 2, line 1
              service control policy 1 at ou-1
                 1 (line 1) allow: applies
               → 2 (line 1) deny: applies
              role trust policy arn:aws:iam::222222222222:role/S3-Write-Role
                 1 Chain (line 1) allow: applies
              identity-based policy 1
                 1 (line 1) allow: applies
              permissions boundary 1
                 1 (line 1) allow: does not apply: other actions
              blocked: explicit deny in service control policy 1, statement 2, line 1
              blocked: no permissions boundary allows the action
              not in the request: aws:PrincipalOrgID
              fix: in service control policy 1, statement 2, line 1: send the request with aws:PrincipalOrgID = o-1
              fix: add to permissions boundary 1 the statement {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/S3-Write-Role"}
        "#]],
    );
}

/// Line and column point into the policy's own text.
#[test]
fn places_are_those_of_the_source() {
    let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\"}\n  ]\n}";
    let mut vector = hop(EXTERNAL_ID);
    vector["identity_policies"] = json!([text]);
    let explanation = explained(&vector);
    let deciding = &explanation.decision.deciding()[0];
    assert_eq!((deciding.line, deciding.column), (4, 5));
}

#[test]
fn machine_readable() {
    let explanation = explained(&hop("x"));
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["verdict"], "implicit_deny");
    assert_eq!(
        json["fixes"][0]["change"],
        json!({
            "do": "add_condition_value",
            "operator": "StringEquals",
            "key": "sts:ExternalId",
            "value": "x",
        })
    );
    assert_eq!(json["consulted"][0]["statements"][0]["conditions"][0]["found"], json!(["x"]));
    assert_eq!(json["request"]["context"]["sts:ExternalId"], "x");
    let quote = json["consulted"][0]["statements"][0]["quote"].as_str().unwrap();
    assert!(quote.starts_with(r#"{"Sid":"Chain""#), "{quote}");
    assert_eq!(json["consulted"][1]["statements"][0].get("quote"), None);
}

/// The first fix of a request for one object, under these statements of the caller's own and of
/// the bucket's policy.
fn first_fix(identity: &Value, bucket: &Value, context: &Value) -> String {
    let vector = json!({
        "request": {
            "principal": "arn:aws:sts::111111111111:assumed-role/etl/run",
            "action": "s3:PutObject", "resource": "arn:aws:s3:::lake/1",
            "resource_account": "111111111111", "context": context,
        },
        "identity_policies": [{ "Statement": identity }],
        "resource_policy": { "Statement": bucket },
    });
    explained(&vector).fixes.swap_remove(0).sentence
}

/// Nothing is opened beside the request, and nothing where it could be sent differently.
#[test]
fn the_smallest_fix() {
    let may = json!({ "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*" });
    let of = |actions: Value, resources: Value| json!([{ "Effect": "Allow", "Action": actions, "Resource": resources }]);
    let own = "add to identity-based policy 1 the statement {\"Effect\":\"Allow\",\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::lake/1\"}";
    let added =
        "in identity-based policy 1, statement 1, line 1: add \"arn:aws:s3:::lake/1\" to Resource";
    let other = json!(["arn:aws:s3:::sea/1"]);
    for (identity, expect) in [
        (of(json!("s3:PutObject"), other.clone()), added),
        (of(json!(["s3:PutObject", "s3:DeleteObject"]), other), own),
        (of(json!("s3:GetObject"), json!("*")), own),
        (
            of(json!("s3:GetObject"), json!("arn:aws:s3:::lake/1")),
            "in identity-based policy 1, statement 1, line 1: add \"s3:PutObject\" to Action",
        ),
    ] {
        assert_eq!(first_fix(&identity, &json!([]), &json!({})), expect, "{identity}");
    }
    let deny = |principal: Value, condition: Value| {
        json!([{
            "Effect": "Deny", "Principal": principal, "Action": "s3:*", "Resource": "*",
            "Condition": condition,
        }])
    };

    let everyone = json!("*");
    let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    let context = json!({
        "aws:SecureTransport": "false", key: "other", "aws:PrincipalOrgID": "o-2",
        "aws:PrincipalArn": "arn:aws:iam::111111111111:role/etl",
    });
    for (principal, condition, expect) in [
        (&everyone, json!({ "Bool": { "aws:SecureTransport": "false" } }), "send the request with aws:SecureTransport = true".to_owned()),
        (&everyone, json!({ "StringNotEquals": { key: "mine" } }), format!("send the request with {key} = mine")),
        (&everyone, json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }), "add o-2 to the values of StringNotEquals aws:PrincipalOrgID".to_owned()),
        (&everyone, json!({}), "spare this caller: add the condition ArnNotEquals aws:PrincipalArn = arn:aws:iam::111111111111:role/etl".to_owned()),
        (&json!({ "AWS": "arn:aws:iam::111111111111:role/etl" }), json!({}), "remove it, or narrow it to spare arn:aws:s3:::lake/1".to_owned()),
    ] {
        let found = first_fix(&json!([may]), &deny(principal.clone(), condition.clone()), &context);
        let what = found.split(": ").skip(1).collect::<Vec<_>>().join(": ");
        assert_eq!(what, expect, "{condition}");
    }
}
