use super::*;

fn refusal(place: Place<'_>, text: &str) -> String {
    match validate(place, text) {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.message,
    }
}

/// A document of one statement, written without its outer parts.
fn of(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)
}

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";

fn check_identity(text: &str, expect: &str) {
    assert_eq!(refusal(Place::Identity, text), expect, "{text}");
}

#[test]
fn identity_policies() {
    let statement = |text: &str, expect: &str| check_identity(&of(text), expect);
    check_identity("[]", SYNTAX);
    check_identity("{", SYNTAX);
    check_identity(&of("[]"), SYNTAX);
    check_identity(&of("[1]"), SYNTAX);
    check_identity(
        r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#,
        "Policy document must be version 2012-10-17 or greater.",
    );
    statement(r#"{"Effect":"Allow","Action":"a:b","Resource":"*"}"#, "ok");
    statement(r#"{"Effect":"ALLOW","Action":"a:b","Resource":"*"}"#, LEGACY);
    statement(r#"{"Effect":"Permit","Action":"a:b","Resource":"*"}"#, SYNTAX);
    statement(r#"{"Effect":"Allow","Effect":"Deny","Action":"a:b","Resource":"*"}"#, SYNTAX);
    statement(
        r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Odd":{"k":"v"}}}"#,
        SYNTAX,
    );
    statement(r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Odd":{}}}"#, "ok");
    statement(
        r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*"}"#,
        "Policy document should not specify a principal.",
    );
    statement(
        r#"[{"Sid":"a","Effect":"Deny","Action":"a:b","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"a:b","Resource":"*"}]"#,
        "Statement IDs (SID) in a single policy must be unique.",
    );
    statement(r#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions.");
    statement(r#"{"Effect":"Allow","Action":"a:b"}"#, "Policy statement must contain resources.");
    statement(
        r#"{"Effect":"Allow","Action":"ab","Resource":"*"}"#,
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    );
    statement(
        r#"{"Effect":"Allow","Action":"a:b:c","Resource":"*"}"#,
        "Actions/Condition can contain only one colon.",
    );
    statement(r#"{"Effect":"Allow","Action":"a c:b","Resource":"*"}"#, "Vendor a c is not valid");
}

#[test]
fn resources_of_identity_policies() {
    let resource = |arn: &str, expect: &str| {
        let text = format!(r#"{{"Effect":"Allow","Action":"a:b","Resource":"{arn}"}}"#);
        check_identity(&of(&text), expect);
    };
    resource("lake", r#"Resource lake must be in ARN format or "*"."#);
    resource(
        "arn:mine:s3:::lake",
        r#"Partition "mine" is not valid for resource "arn:mine:s3:::lake"."#,
    );
    resource("x:y", r#"Partition "y" is not valid for resource "arn:y:*:*:*:*"."#);
    resource("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes.");
    resource("arn:aws:s3::lake", LEGACY);
    resource("arn:aws:redshift:us-west-2:*", "ok");
    resource(
        "arn:aws:s3:eu-west-1::lake",
        "Resource arn:aws:s3:eu-west-1::lake can not contain region information.",
    );
    resource("arn:aws:s3:eu-west-1:111111111111:accesspoint/ap", "ok");
    resource(
        "arn:aws:iam:eu-west-1::user/a",
        "IAM resource arn:aws:iam:eu-west-1::user/a cannot contain region information.",
    );
    resource("arn:aws:iam::111111111111:role/a", "ok");
}

#[test]
fn dates_of_identity_policies() {
    let date = |date: &str, expect: &str| {
        let condition = format!(r#""Condition":{{"DateLessThan":{{"aws:CurrentTime":{date}}}}}"#);
        let rest = r#""Effect":"Allow","Action":"a:b","Resource":"*""#;
        check_identity(&of(&format!("{{{rest},{condition}}}")), expect);
    };
    date("\"2026-01-02\"", "ok");
    date("\"2026-01-02T5:04:05.123456789+02\"", "ok");
    date("\"2026-01-02T05:04:05+2\"", LEGACY);
    date("\"soon\"", LEGACY);
    date("1767323045", "ok");
}

#[test]
fn trust_policies() {
    let check = |statement: &str, expect: &str| {
        assert_eq!(refusal(Place::Trust, &of(statement)), expect, "{statement}");
    };
    assert_eq!(refusal(Place::Trust, "nonsense"), "This policy contains invalid Json");
    check(
        r#"{"Effect":"Allow","Principal":{"Service":"redshift.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
        "ok",
    );
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:TagSession"]}"#,
        "ok",
    );
    check(r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#, "Missing required field Principal");
    check(r#"{"Effect":"Allow","Principal":{"AWS":"*"}}"#, "Missing required field Action");
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*"}"#,
        "Has prohibited field Resource",
    );
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"}"#,
        "AssumeRole policy may only specify STS AssumeRole actions.",
    );
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/*"},"Action":"sts:AssumeRole"}"#,
        r#"Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/*""#,
    );
    check(
        r#"{"Effect":"Allow","Principal":{"Robot":"r2"},"Action":"sts:AssumeRole"}"#,
        "Invalid principal in policy",
    );
    check(
        r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"Odd":{"k":"v"}}}"#,
        "Invalid Condition type : Odd",
    );
}

#[test]
fn bucket_and_key_policies() {
    let check = |place: Place<'_>, statement: &str, expect: &str| {
        assert_eq!(refusal(place, &of(statement)), expect, "{statement}");
    };
    let bucket = Place::Bucket("lake");
    assert_eq!(
        validate(bucket, "x").unwrap_err(),
        Malformed {
            code: "MalformedPolicy",
            message: "Policies must be valid JSON and the first byte must be '{'".to_owned(),
        }
    );
    assert_eq!(refusal(bucket, "{}"), "Missing required field Statement");
    check(
        bucket,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"}"#,
        "ok",
    );
    check(
        bucket,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::lakes/*"}"#,
        "Policy has invalid resource",
    );
    check(
        bucket,
        r#"{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"arn:aws:s3:::lake"}"#,
        "Policy has invalid action",
    );
    check(
        bucket,
        r#"{"Effect":"allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::lake"}"#,
        "Invalid effect: allow",
    );
    check(
        bucket,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*"}"#,
        "Missing required field Resource",
    );
    check(
        bucket,
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Colour":1}"#,
        "Unknown field Colour",
    );
    check(
        Place::Key,
        r#"{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"kms:*","Resource":"*"}"#,
        "ok",
    );
    let context = r#"{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"kms:EncryptionContext:a":"b"}}}"#;
    assert!(
        refusal(Place::Key, &of(context))
            .starts_with("OverlyPermissiveCondition:EncryptionContext:")
    );
}

/// What passes can be decided: the parser never knows less than the validator.
#[test]
fn kinds_have_their_rules() {
    let trust = of(r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#);
    assert!(check(PolicyKind::Trust, &trust).is_ok());
    assert!(check(PolicyKind::Identity, &trust).is_err());
    assert!(check(PolicyKind::Resource, &trust).is_err());
}
