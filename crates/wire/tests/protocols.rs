//! The bytes of requests, answers and faults in each protocol, and what malformed bytes get.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use expect_test::{Expect, expect};
use http::request::Parts;
use serde_json::{Value, json};
use wire::{Form, ResponseIds, WireFault};

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// The decoded input of a request, or code and message of its fault.
fn decode(service: &str, parts: &Parts, body: &str) -> Result<Value, String> {
    let model = wire::model(service).unwrap();
    let said = |fault: WireFault| format!("{}: {}", fault.code, fault.message);
    let form = Form::of_request(parts, body.as_bytes()).map_err(said)?;
    let route = wire::route_in(model, parts, form.as_ref()).map_err(said)?;
    wire::decode(&route, parts, body.as_bytes()).map_err(said)
}

fn form(body: &str) -> (Parts, String) {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    (parts("POST", "/", &headers), body.to_owned())
}

#[test]
fn forms() {
    let (head, _) = form("");
    let cases = [
        (
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws&Tags.member.2.Key=b&\
             Tags.member.1.Key=a&Tags.member.1.Value=x+y&DurationSeconds=900&Unknown=1",
            Ok(json!({
                "RoleArn": "arn:aws",
                "DurationSeconds": 900,
                "Tags": [{"Key": "a", "Value": "x y"}, {"Key": "b"}],
            })),
        ),
        ("Action=AssumeRole&Tags=", Ok(json!({"Tags": []}))),
        ("Action=AssumeRole&Tags.member.10.Key=j&Tags.member.9.Key=i", {
            Ok(json!({"Tags": [{"Key": "i"}, {"Key": "j"}]}))
        }),
        (
            "Action=AssumeRole&DurationSeconds=soon",
            Err("MalformedInput: Invalid value 'soon' for DurationSeconds".to_owned()),
        ),
        ("Action=%FF", Err("MalformedQueryString: The form is not UTF-8.".to_owned())),
    ];
    for (body, expected) in cases {
        assert_eq!(decode("sts", &head, body), expected, "{body}");
    }
    let redshift = "Action=CreateTags&ResourceName=r&Tags.Tag.1.Key=a&Tags.Tag.1.Value=b";
    assert_eq!(
        decode("redshift", &head, redshift).unwrap(),
        json!({"ResourceName": "r", "Tags": [{"Key": "a", "Value": "b"}]})
    );
}

#[test]
fn forms_have_limits() {
    let (head, _) = form("");
    let many = format!("Action=AssumeRole{}", "&a=b".repeat(wire::MAX_FORM_FIELDS));
    let deep = format!("Action=AssumeRole&{}x=1", "a.".repeat(1000));
    let cases = [
        (many, "MalformedQueryString: The form has too many fields."),
        (deep, "MalformedInput: A parameter name has too many parts."),
    ];
    for (body, expected) in cases {
        assert_eq!(decode("sts", &head, &body), Err(expected.to_owned()));
    }
    let large = format!("Action=AssumeRole&RoleArn={}", "x".repeat(wire::MAX_BODY));
    let said = decode("sts", &head, &large).unwrap_err();
    assert!(said.starts_with("RequestEntityTooLarge"), "{said}");
}

#[test]
fn json_bodies_are_typed() {
    let head = parts("POST", "/", &[("x-amz-target", "TrentService.GenerateDataKey")]);
    let cases = [
        (
            r#"{"KeyId":"k","NumberOfBytes":32.0,"EncryptionContext":{"a":"b"},"Gone":1,"KeySpec":null}"#,
            Ok(json!({"KeyId": "k", "EncryptionContext": {"a": "b"}, "NumberOfBytes": 32})),
        ),
        ("", Ok(json!({}))),
        ("{", Err("")),
        ("[]", Err("Start of list found where not expected")),
        (r#"{"KeyId":5}"#, Err("NUMBER_VALUE can not be converted to a String")),
        (r#"{"KeyId":true}"#, Err("TRUE_VALUE can not be converted to a String")),
        (r#"{"KeyId":{}}"#, Err("Start of structure or map found where not expected.")),
        (r#"{"NumberOfBytes":"x"}"#, Err("STRING_VALUE can not be converted to an Integer")),
        (r#"{"NumberOfBytes":1.5}"#, Err("NUMBER_VALUE can not be converted to an Integer")),
        (r#"{"GrantTokens":"x"}"#, Err("Expected list or null")),
    ];
    for (body, expected) in cases {
        let expected =
            expected.map_err(|message: &str| format!("SerializationException: {message}"));
        assert_eq!(decode("kms", &head, body), expected, "{body}");
    }
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    assert!(decode("kms", &head, &deep).unwrap_err().starts_with("SerializationException"));
}

#[test]
fn xml_bodies_and_headers() {
    let delete = parts("POST", "/b?delete", &[]);
    let body = "<?xml version='1.0'?><Delete xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>\
                <Object><Key>a&amp;b</Key></Object><Object><Key>c</Key><VersionId>1</VersionId>\
                </Object><Quiet>true</Quiet></Delete>";
    assert_eq!(
        decode("s3", &delete, body).unwrap(),
        json!({
            "Bucket": "b",
            "Delete": {
                "Objects": [{"Key": "a&b"}, {"Key": "c", "VersionId": "1"}],
                "Quiet": true,
            },
        })
    );
    let malformed = [
        "<Delete>",
        "<Delete></Object></Delete>",
        "<Other/>",
        "plain",
        "<Delete><Quiet>maybe</Quiet></Delete>",
        "<Delete/><Delete/>",
        "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><Delete><Quiet>&a;</Quiet></Delete>",
        &"<a>".repeat(1000),
    ];
    for body in malformed {
        let said = decode("s3", &delete, body).unwrap_err();
        assert!(said.starts_with("MalformedXML: "), "{body}: {said}");
    }
}

#[test]
fn s3_headers() {
    let head = parts(
        "PUT",
        "/b/k",
        &[
            ("x-amz-meta-Owner", "ada"),
            ("x-amz-meta-note", "é"),
            ("content-encoding", "gzip, aws-chunked"),
            ("content-length", "999"),
            ("x-amz-decoded-content-length", "5"),
            ("expires", "not a date"),
            ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ],
    );
    assert_eq!(
        decode("s3", &head, "").unwrap(),
        json!({
            "Bucket": "b",
            "Key": "k",
            "ContentEncoding": "gzip",
            "ContentLength": 5,
            "Metadata": {"owner": "ada", "note": "é"},
            "BucketKeyEnabled": true,
        })
    );
    let chunked = [("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", "5")];
    assert_eq!(
        decode("s3", &parts("PUT", "/b/k", &chunked), "").unwrap(),
        json!({"Bucket": "b", "Key": "k", "ContentLength": 5})
    );
    let list = parts("GET", "/b?list-type=2&max-keys=many", &[]);
    assert_eq!(
        decode("s3", &list, ""),
        Err("InvalidArgument: Provided max-keys not an integer or within integer range".to_owned())
    );
}

/// Status, headers and body of an answer, as text.
fn shown(response: &http::Response<bytes::Bytes>) -> String {
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    let body = std::str::from_utf8(response.body()).unwrap();
    format!("{}\n{}\n{body}", response.status().as_u16(), headers.collect::<String>())
}

fn answers(service: &str, operation: &str, output: Value, expected: Expect) {
    let model = wire::model(service).unwrap();
    let operation = model.operation(operation).unwrap();
    let ids = ResponseIds::new("REQUEST", "HOST");
    expected.assert_eq(&shown(&wire::encode(model, operation, &output, &ids)));
}

#[test]
fn answers_in_each_protocol() {
    answers(
        "sts",
        "GetCallerIdentity",
        json!({"Account": "111111111111", "Arn": "arn:aws:iam::111111111111:root"}),
        expect![[r#"
            200
            content-type: text/xml
            x-amzn-requestid: REQUEST

            <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>111111111111</Account><Arn>arn:aws:iam::111111111111:root</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>REQUEST</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#]],
    );
    answers(
        "iam",
        "DeleteUser",
        json!({}),
        expect![[r#"
            200
            content-type: text/xml
            x-amzn-requestid: REQUEST

            <DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>REQUEST</RequestId></ResponseMetadata></DeleteUserResponse>"#]],
    );
    answers(
        "redshift",
        "DescribeClusters",
        json!({"Clusters": [{"ClusterIdentifier": "wh", "ClusterCreateTime": 1795313962.5}]}),
        expect![[r#"
            200
            content-type: text/xml
            x-amzn-requestid: REQUEST

            <DescribeClustersResponse xmlns="http://redshift.amazonaws.com/doc/2012-12-01/"><DescribeClustersResult><Clusters><Cluster><ClusterIdentifier>wh</ClusterIdentifier><ClusterCreateTime>2026-11-22T02:19:22.500Z</ClusterCreateTime></Cluster></Clusters></DescribeClustersResult><ResponseMetadata><RequestId>REQUEST</RequestId></ResponseMetadata></DescribeClustersResponse>"#]],
    );
    answers(
        "secretsmanager",
        "GetSecretValue",
        json!({"Name": "n", "SecretBinary": "AAEC", "CreatedDate": 1795313962.5, "Extra": 1}),
        expect![[r#"
            200
            content-type: application/x-amz-json-1.1
            x-amzn-requestid: REQUEST

            {"Name":"n","SecretBinary":"AAEC","CreatedDate":1795313962.5}"#]],
    );
}

#[test]
fn answers_of_s3() {
    answers(
        "s3",
        "ListBuckets",
        json!({"Buckets": [{"Name": "b", "CreationDate": 1795313962}], "Owner": {"ID": "1"}}),
        expect![[r#"
            200
            content-type: application/xml
            x-amz-request-id: REQUEST
            x-amz-id-2: HOST

            <?xml version="1.0" encoding="UTF-8"?>
            <ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets><Bucket><Name>b</Name><CreationDate>2026-11-22T02:19:22.000Z</CreationDate></Bucket></Buckets><Owner><ID>1</ID></Owner></ListAllMyBucketsResult>"#]],
    );
    answers(
        "s3",
        "GetBucketLocation",
        json!({"LocationConstraint": "eu-west-1"}),
        expect![[r#"
            200
            content-type: application/xml
            x-amz-request-id: REQUEST
            x-amz-id-2: HOST

            <?xml version="1.0" encoding="UTF-8"?>
            <LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>"#]],
    );
    answers(
        "s3",
        "HeadObject",
        json!({"ContentLength": 5, "LastModified": 1795313962, "Metadata": {"a": "b"}}),
        expect![[r#"
            200
            last-modified: Sun, 22 Nov 2026 02:19:22 GMT
            content-length: 5
            x-amz-meta-a: b
            x-amz-request-id: REQUEST
            x-amz-id-2: HOST

        "#]],
    );
    answers(
        "s3",
        "GetBucketPolicy",
        json!({"Policy": "{}"}),
        expect![[r#"
            200
            content-type: application/json
            x-amz-request-id: REQUEST
            x-amz-id-2: HOST

            {}"#]],
    );
    answers(
        "s3",
        "DeleteObject",
        json!({"VersionId": "v"}),
        expect![[r#"
            204
            x-amz-version-id: v
            x-amz-request-id: REQUEST
            x-amz-id-2: HOST

        "#]],
    );
}

fn faults(service: &str, fault: &WireFault, expected: Expect) {
    let ids = ResponseIds::new("REQUEST", "HOST");
    expected.assert_eq(&shown(&wire::encode_fault(wire::model(service).unwrap(), fault, &ids)));
}

#[test]
fn faults_in_each_protocol() {
    let denied = WireFault::sender("AccessDenied", "no <access>").with_status(403);
    faults(
        "iam",
        &denied,
        expect![[r#"
            403
            content-type: text/xml
            x-amzn-requestid: REQUEST

            <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no &lt;access&gt;</Message></Error><RequestId>REQUEST</RequestId></ErrorResponse>"#]],
    );
    faults(
        "s3",
        &denied.clone().with_extra("BucketName", "b"),
        expect![[r#"
            403
            content-type: application/xml
            x-amz-request-id: REQUEST
            x-amz-id-2: HOST

            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>AccessDenied</Code><Message>no &lt;access&gt;</Message><BucketName>b</BucketName><RequestId>REQUEST</RequestId><HostId>HOST</HostId></Error>"#]],
    );
    faults(
        "kms",
        &WireFault::sender("NotFoundException", "Key 'k' does not exist"),
        expect![[r#"
            400
            content-type: application/x-amz-json-1.1
            x-amzn-errortype: NotFoundException
            x-amzn-requestid: REQUEST

            {"__type":"NotFoundException","Message":"Key 'k' does not exist"}"#]],
    );
}

#[test]
fn a_failure_inside_a_success_is_a_failure() {
    let s3 = wire::model("s3").unwrap();
    let operation = s3.operation("CompleteMultipartUpload").unwrap();
    let body = b"<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>m</Message>\
                 <RequestId>r</RequestId></Error>";
    let headers = http::HeaderMap::new();
    let error = wire::client::decode_response(s3, operation, 200, &headers, body).unwrap_err();
    assert_eq!((error.code.as_str(), error.request_id.as_str()), ("InternalError", "r"));
}

#[test]
fn a_head_error_has_its_status_only() {
    let s3 = wire::model("s3").unwrap();
    let operation = s3.operation("HeadObject").unwrap();
    let fault = WireFault::sender("NoSuchKey", "m").with_status(404);
    let ids = ResponseIds::new("REQUEST", "HOST");
    let answer = wire::drop_body(wire::encode_fault(s3, &fault, &ids));
    let (status, headers) = (answer.status().as_u16(), answer.headers());
    let read = wire::client::decode_response(s3, operation, status, headers, answer.body());
    let error = read.unwrap_err();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("404", "Not Found"));
    assert_eq!(error.request_id, "REQUEST");
}

#[test]
fn statuses_of_errors_come_from_the_model() {
    let cases = [
        ("iam", "NoSuchEntity", Some(404)),
        ("iam", "NoSuchEntityException", Some(404)),
        ("sts", "RegionDisabledException", Some(403)),
        ("kms", "NotFoundException", Some(400)),
        ("secretsmanager", "InternalServiceError", Some(500)),
        ("s3", "NoSuchBucket", Some(404)),
        ("s3", "BucketNotEmpty", Some(409)),
        ("redshift", "ClusterNotFound", Some(404)),
        ("redshift", "NoSuchThing", None),
    ];
    for (service, code, status) in cases {
        assert_eq!(wire::model(service).unwrap().error_status(code), status, "{service} {code}");
    }
}
