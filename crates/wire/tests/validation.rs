//! What services say of inputs that break their model, in the words AWS was recorded to use.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};

/// Code and message of the refusal, `ok` without one.
fn check(service: &str, operation: &str, input: Value) -> String {
    let model = wire::model(service).unwrap();
    let operation = model.operation(operation).unwrap();
    match wire::validate(model, operation, &input) {
        Ok(()) => "ok".to_owned(),
        Err(fault) => format!("{}: {}", fault.code, fault.message),
    }
}

const ROLE: &str = "arn:aws:iam::111111111111:role/reader";

#[test]
fn sts_quotes_the_value() {
    let assume = |session: &str| json!({"RoleArn": ROLE, "RoleSessionName": session});
    let cases = [
        (assume("etl"), "ok"),
        (
            assume("Session1:2"),
            "ValidationError: 1 validation error detected: Value 'Session1:2' at \
             'roleSessionName' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: [\\w+=,.@-]*",
        ),
        (
            assume("x"),
            "ValidationError: 1 validation error detected: Value 'x' at 'roleSessionName' failed \
             to satisfy constraint: Member must have length greater than or equal to 2",
        ),
        (
            json!({"RoleSessionName": "etl"}),
            "ValidationError: 1 validation error detected: Value null at 'roleArn' failed to \
             satisfy constraint: Member must not be null",
        ),
        (
            json!({"RoleArn": ROLE, "RoleSessionName": "x", "DurationSeconds": 1}),
            "ValidationError: 2 validation errors detected: Value 'x' at 'roleSessionName' failed \
             to satisfy constraint: Member must have length greater than or equal to 2; Value '1' \
             at 'durationSeconds' failed to satisfy constraint: Member must have value greater \
             than or equal to 900",
        ),
    ];
    for (input, expected) in cases {
        assert_eq!(check("sts", "AssumeRole", input), expected);
    }
}

#[test]
fn iam_does_not() {
    let input = json!({"ServiceSpecificCredentialId": "a-b-c-d-e-f-g-h-i-j-k", "Status": "Active"});
    assert_eq!(
        check("iam", "UpdateServiceSpecificCredential", input),
        "ValidationError: 1 validation error detected: Value at 'serviceSpecificCredentialId' \
         failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+"
    );
    let input = json!({"ServiceSpecificCredentialId": "ABCDEFGHIJKLMNOPQRSTU", "Status": "Off"});
    assert_eq!(
        check("iam", "UpdateServiceSpecificCredential", input),
        "ValidationError: 1 validation error detected: Value at 'status' failed to satisfy \
         constraint: Member must satisfy enum value set"
    );
}

#[test]
fn kms_names_members_in_lists() {
    let exception =
        |text: &str| format!("ValidationException: 1 validation error detected: {text}");
    let cases = [
        (
            "GenerateRandom",
            json!({"NumberOfBytes": 0}),
            "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value \
             greater than or equal to 1"
                .to_owned(),
        ),
        (
            "GenerateRandom",
            json!({"NumberOfBytes": 1025}),
            "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value \
             less than or equal to 1024"
                .to_owned(),
        ),
        (
            "DeriveSharedSecret",
            json!({"KeyId": "k", "KeyAgreementAlgorithm": "INVALID", "PublicKey": "AAAA"}),
            "Value 'INVALID' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must \
             satisfy enum value set: [ECDH]"
                .to_owned(),
        ),
        (
            "CreateKey",
            json!({"Tags": [{"TagKey": "a".repeat(129), "TagValue": "x"}]}),
            format!(
                "Value '{}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must \
                 have length less than or equal to 128",
                "a".repeat(129)
            ),
        ),
    ];
    for (operation, input, expected) in cases {
        assert_eq!(check("kms", operation, input), exception(&expected), "{operation}");
    }
}

#[test]
fn secrets_and_bytes_are_not_quoted() {
    use base64::Engine;
    let long = base64::engine::general_purpose::STANDARD.encode([7; 4097]);
    assert_eq!(
        check("kms", "Encrypt", json!({"KeyId": "k", "Plaintext": long})),
        "ValidationException: 1 validation error detected: Value at 'plaintext' failed to satisfy \
         constraint: Member must have length less than or equal to 4096"
    );
    let secret = "s3cret".repeat(11_000);
    let said =
        check("secretsmanager", "CreateSecret", json!({"Name": "n", "SecretString": secret}));
    assert!(said.contains("Value at 'secretString' failed"), "{said}");
    assert!(!said.contains("s3cret"));
}

#[test]
fn redshift_names_the_parameter() {
    assert_eq!(
        check("redshift", "DeleteCluster", json!({})),
        "MissingParameter: The request must contain the parameter ClusterIdentifier."
    );
}

#[test]
fn s3_has_a_code_for_each_place() {
    let put = |extra: Value| {
        let mut input = json!({"Bucket": "b", "Key": "k"});
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        input
    };
    let schema =
        "The XML you provided was not well-formed or did not validate against our published schema";
    let cases = [
        ("PutObject", put(json!({})), "ok".to_owned()),
        (
            "PutObject",
            put(json!({"StorageClass": "FAST"})),
            "InvalidStorageClass: The storage class you specified is not valid".to_owned(),
        ),
        (
            "PutObject",
            put(json!({"ServerSideEncryption": "rot13"})),
            "InvalidArgument: The encryption method specified is not supported".to_owned(),
        ),
        (
            "PutBucketRequestPayment",
            json!({"Bucket": "b", "RequestPaymentConfiguration": {"Payer": "Random"}}),
            format!("MalformedXML: {schema}"),
        ),
        (
            "PutObjectTagging",
            put(json!({"Tagging": {"TagSet": [{"Key": "a"}]}})),
            format!("MalformedXML: {schema}"),
        ),
        (
            "PutBucketAcl",
            json!({"Bucket": "b", "AccessControlPolicy": {"Grants": [{"Permission": "ALL"}]}}),
            format!("MalformedACLError: {schema}"),
        ),
        (
            "DeleteObjects",
            json!({"Bucket": "b"}),
            "MissingRequestBodyError: Request Body is empty".to_owned(),
        ),
        (
            "CreateBucket",
            json!({"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "us-east-1"}}),
            "InvalidLocationConstraint: The specified location-constraint is not valid".to_owned(),
        ),
        (
            "GetObjectAttributes",
            put(json!({})),
            "InvalidRequest: Missing required header for this request: x-amz-object-attributes"
                .to_owned(),
        ),
    ];
    for (operation, input, expected) in cases {
        assert_eq!(check("s3", operation, input), expected, "{operation}");
    }
}

#[test]
fn members_the_model_lacks_are_found() {
    let model = wire::model("sts").unwrap();
    let operation = model.operation("AssumeRole").unwrap();
    let output = json!({"Credentials": {"AccessKeyID": "A"}, "Packed": 1});
    let unknown = wire::unknown_members(model, operation, &output);
    assert_eq!(unknown, ["Credentials.AccessKeyID", "Packed"]);
}
