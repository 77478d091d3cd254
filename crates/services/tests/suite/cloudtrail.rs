//! What the trail shows, to whom, and what it must never show.

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Caller, World, allow, check, trusting};

fn lookup(world: &World, caller: &Caller, input: Value) -> Vec<Value> {
    let answer = world.ok(caller, "cloudtrail", "LookupEvents", input);
    answer["Events"].as_array().unwrap().clone()
}

fn names(events: &[Value]) -> String {
    events.iter().map(|e| e["EventName"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn by(key: &str, value: &str) -> Value {
    json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] })
}

/// Some calls by three people, five minutes apart.
fn eventful() -> (World, Caller) {
    let world = World::new();
    let admin = world.admin("prod");
    let ann = world.user("prod", "ann", &[allow(&["kms:*"], &["*"])]);
    world.advance(Duration::minutes(5));
    let key = world.ok(&ann, "kms", "CreateKey", json!({}));
    let key = key["KeyMetadata"]["Arn"].as_str().unwrap();
    world.ok(&ann, "kms", "DescribeKey", json!({ "KeyId": key }));
    world.advance(Duration::minutes(5));
    assert!(world.call(&ann, "iam", "ListUsers", json!({})).is_err());
    world.ok(&admin, "s3", "CreateBucket", json!({ "Bucket": "lake" }));
    world.ok(&admin.in_region("eu-west-1"), "kms", "ListKeys", json!({}));
    (world, ann)
}

#[test]
fn events_are_found_by_one_attribute_newest_first() {
    let (world, ann) = eventful();
    let admin = world.admin("prod");
    let found = |input: Value| names(&lookup(&world, &admin, input));
    let key_id = &ann.credentials.access_key_id;
    let answers = [
        found(by("EventName", "CreateKey")),
        found(by("Username", "ann")),
        found(by("EventSource", "kms.amazonaws.com")),
        found(by("AccessKeyId", key_id)),
        found(by("ReadOnly", "false")),
        found(by("EventName", "Nothing")),
    ];
    check(
        answers.join("\n"),
        expect![[r#"
        CreateKey
        ListUsers DescribeKey CreateKey
        DescribeKey CreateKey
        ListUsers DescribeKey CreateKey
        CreateBucket CreateKey CreateAccessKey PutUserPolicy CreateUser
    "#]],
    );
    let event = &lookup(&world, &admin, by("EventName", "ListUsers"))[0];
    let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["errorCode"], "AccessDenied");
    assert_eq!(record["userIdentity"]["userName"], "ann");
    assert_eq!(record["eventID"], event["EventId"]);
    let by_id = by("EventId", event["EventId"].as_str().unwrap());
    assert_eq!(found(by_id), "ListUsers");
    // The other Region shows its own; what is global stands in us-east-1.
    let elsewhere = admin.in_region("eu-west-1");
    world.ok(&elsewhere, "iam", "ListRoles", json!({}));
    assert_eq!(names(&lookup(&world, &elsewhere, by("ReadOnly", "true"))), "ListKeys");
    assert_eq!(found(by("EventName", "ListRoles")), "ListRoles");
}

#[test]
fn events_are_found_by_what_they_were_about() {
    let (world, ann) = eventful();
    let admin = world.admin("prod");
    let key = world.ok(&ann, "kms", "CreateKey", json!({}))["KeyMetadata"]["Arn"].clone();
    let key = key.as_str().unwrap();
    world.ok(&ann, "kms", "DescribeKey", json!({ "KeyId": key }));
    let found = |key, value: &str| names(&lookup(&world, &admin, by(key, value)));
    let answers = [
        found("ResourceName", "lake"),
        found("ResourceName", "arn:aws:s3:::lake"),
        found("ResourceName", "ann"),
        found("ResourceName", key),
        found("ResourceName", "an"),
        found("ResourceType", "AWS::S3::Bucket"),
        found("ResourceType", "AWS::IAM::User"),
        found("ResourceType", "AWS::EC2::Instance"),
    ];
    check(
        answers.join("\n"),
        expect![[r#"
        CreateBucket
        CreateBucket
        CreateAccessKey PutUserPolicy CreateUser
        DescribeKey

        CreateBucket
        ListUsers CreateAccessKey PutUserPolicy CreateUser
    "#]],
    );
    let event = &lookup(&world, &admin, by("ResourceName", "ann"))[0];
    let named = json!([{ "ResourceType": "AWS::IAM::User", "ResourceName": "ann" }]);
    assert_eq!(event["Resources"], named);
}

#[test]
fn events_are_kept_in_sight_for_ninety_days() {
    let (world, _) = eventful();
    let admin = world.admin("prod");
    world.advance(Duration::days(89));
    assert_eq!(lookup(&world, &admin, by("EventName", "CreateBucket")).len(), 1);
    world.advance(Duration::days(1) + Duration::seconds(1));
    assert!(
        lookup(&world, &admin, json!({ "StartTime": 0 }))
            .iter()
            .all(|e| e["EventName"] == "LookupEvents")
    );
}

#[test]
fn events_are_found_by_time() {
    let (world, _) = eventful();
    let admin = world.admin("prod");
    let now = world.gateway().world().now().timestamp();
    let found = |input: Value| names(&lookup(&world, &admin, input));
    let middle = json!({ "StartTime": now - 400, "EndTime": now - 200 });
    assert_eq!(found(middle), "DescribeKey CreateKey");
    assert_eq!(found(json!({ "EndTime": now - 500 })), "CreateAccessKey PutUserPolicy CreateUser");
    let answers = [
        json!({ "StartTime": now, "EndTime": now - 1 }),
        json!({ "LookupAttributes": [
            { "AttributeKey": "Username", "AttributeValue": "ann" },
            { "AttributeKey": "EventName", "AttributeValue": "CreateKey" },
        ] }),
        json!({ "NextToken": "none" }),
        json!({ "MaxResults": 51 }),
        by("Colour", "red"),
    ]
    .map(|input| world.told(&admin, "cloudtrail", "LookupEvents", input));
    check(
        answers.join("\n"),
        expect![[r#"
        400 InvalidTimeRangeException: The start time must be before the end time.
        400 InvalidLookupAttributesException: You can only specify one lookup attribute.
        400 InvalidNextTokenException: The token is invalid or no longer valid.
        400 ValidationException: 1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50
        400 ValidationException: 1 validation error detected: Value 'Colour' at 'lookupAttributes.1.member.attributeKey' failed to satisfy constraint: Member must satisfy enum value set: [EventId, EventName, ReadOnly, Username, ResourceType, ResourceName, EventSource, AccessKeyId]"#]],
    );
}

#[test]
fn pages_hold_every_event_once_though_new_ones_come() {
    let (world, _) = eventful();
    let admin = world.admin("prod");
    let end = json!(world.gateway().world().now().timestamp() - 200);
    let mut seen = Vec::new();
    let mut input = json!({ "MaxResults": 2, "EndTime": end });
    loop {
        let page = world.ok(&admin, "cloudtrail", "LookupEvents", input.clone());
        let events = page["Events"].as_array().unwrap();
        assert!(events.len() <= 2);
        seen.extend(events.iter().map(|event| event["EventId"].as_str().unwrap().to_owned()));
        let Some(token) = page.get("NextToken").filter(|token| token.is_string()) else { break };
        input["NextToken"] = token.clone();
    }
    let whole = lookup(&world, &admin, json!({ "EndTime": end }));
    let whole: Vec<_> = whole.iter().map(|e| e["EventId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(seen, whole);
    assert!(seen.len() >= 5);
}

#[test]
fn both_accounts_of_a_call_see_it_and_a_third_does_not() {
    let world = World::new();
    let role = world.role("prod", "lake", &trusting(&["222222222222"]), &[]);
    world.assume(&world.admin("dev"), &role);
    let mut seen = Vec::new();
    for (account, sees) in [("prod", true), ("dev", true), ("other", false)] {
        let found = lookup(&world, &world.admin(account), by("EventName", "AssumeRole"));
        assert_eq!(found.len(), usize::from(sees), "{account}");
        for event in found {
            let record = event["CloudTrailEvent"].as_str().unwrap();
            let record: Value = serde_json::from_str(record).unwrap();
            assert_eq!(record["recipientAccountId"], world.account(account).to_string());
            assert_eq!(record["eventID"], event["EventId"]);
            let id = by("EventId", event["EventId"].as_str().unwrap());
            assert_eq!(lookup(&world, &world.admin(account), id).len(), 1);
            seen.push(record);
        }
    }
    let [owner, caller] = [&seen[0], &seen[1]];
    assert!(owner["sharedEventID"].is_string());
    assert_eq!(owner["sharedEventID"], caller["sharedEventID"]);
    assert_ne!(owner["eventID"], caller["eventID"]);
    // The owner learns the caller's account and unique id, nothing else of it.
    let id = world.principal(&world.admin("dev")).user_id();
    let told = json!({ "type": "AWSAccount", "principalId": id, "accountId": "222222222222" });
    assert_eq!(owner["userIdentity"], told);
    assert_eq!(caller["userIdentity"]["userName"], "admin");
    assert!(
        lookup(&world, &world.admin("prod"), by("Username", "admin"))
            .iter()
            .all(|e| { e["EventName"] != "AssumeRole" })
    );
}

/// Cuts the ids that chance gives down to their kind.
fn without_chance(value: &mut Value) {
    match value {
        Value::String(text) if text.len() >= 20 && text.starts_with('A') => text.truncate(4),
        Value::Object(members) => members.values_mut().for_each(without_chance),
        Value::Array(items) => items.iter_mut().for_each(without_chance),
        _ => {}
    }
}

/// Whole records, as far as they do not depend on chance.
#[test]
fn records_have_the_form_of_cloudtrails() {
    let world = World::new();
    let admin = world.admin("prod");
    let trust = trusting(&["222222222222"]);
    let role = world.role("prod", "lake", &trust, &[allow(&["kms:*"], &["*"])]);
    let session = world.assume(&world.admin("dev"), &role);
    world.ok(&session, "kms", "ListKeys", json!({ "Limit": 7 }));
    world.ok(&admin, "s3", "CreateBucket", json!({ "Bucket": "lake" }));
    assert!(world.call(&session, "iam", "GetUser", json!({ "UserName": "x" })).is_err());
    let trail = world.trail("prod");
    let told: Vec<String> = trail[trail.len() - 3..]
        .iter()
        .map(|record| {
            let mut record = record.clone();
            let members = record.as_object_mut().unwrap();
            for name in ["requestID", "eventID", "eventTime", "userAgent"] {
                assert!(members.shift_remove(name).unwrap().is_string(), "{name}");
            }
            without_chance(&mut record);
            serde_json::to_string_pretty(&record).unwrap()
        })
        .collect();
    check(
        told.join("\n"),
        expect![[r#"
            {
              "eventVersion": "1.11",
              "userIdentity": {
                "type": "AssumedRole",
                "principalId": "AROA",
                "arn": "arn:aws:sts::111111111111:assumed-role/lake/session",
                "accountId": "111111111111",
                "accessKeyId": "ASIA",
                "sessionContext": {
                  "attributes": {
                    "creationDate": "2026-01-15T08:00:00Z",
                    "mfaAuthenticated": "false"
                  },
                  "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROA",
                    "arn": "arn:aws:iam::111111111111:role/lake",
                    "accountId": "111111111111",
                    "userName": "lake"
                  }
                }
              },
              "eventSource": "kms.amazonaws.com",
              "eventName": "ListKeys",
              "awsRegion": "us-east-1",
              "sourceIPAddress": "127.0.0.1",
              "requestParameters": {
                "limit": 7
              },
              "responseElements": null,
              "readOnly": true,
              "eventType": "AwsApiCall",
              "managementEvent": true,
              "recipientAccountId": "111111111111",
              "eventCategory": "Management"
            }
            {
              "eventVersion": "1.11",
              "userIdentity": {
                "type": "IAMUser",
                "principalId": "AIDA",
                "arn": "arn:aws:iam::111111111111:user/admin",
                "accountId": "111111111111",
                "accessKeyId": "AKIA",
                "userName": "admin"
              },
              "eventSource": "s3.amazonaws.com",
              "eventName": "CreateBucket",
              "awsRegion": "us-east-1",
              "sourceIPAddress": "127.0.0.1",
              "requestParameters": {
                "bucketName": "lake"
              },
              "responseElements": {
                "location": "/lake",
                "bucketArn": "arn:aws:s3:::lake"
              },
              "readOnly": false,
              "resources": [
                {
                  "ARN": "arn:aws:s3:::lake",
                  "accountId": "111111111111",
                  "type": "AWS::S3::Bucket"
                }
              ],
              "eventType": "AwsApiCall",
              "managementEvent": true,
              "recipientAccountId": "111111111111",
              "eventCategory": "Management"
            }
            {
              "eventVersion": "1.11",
              "userIdentity": {
                "type": "AssumedRole",
                "principalId": "AROA",
                "arn": "arn:aws:sts::111111111111:assumed-role/lake/session",
                "accountId": "111111111111",
                "accessKeyId": "ASIA",
                "sessionContext": {
                  "attributes": {
                    "creationDate": "2026-01-15T08:00:00Z",
                    "mfaAuthenticated": "false"
                  },
                  "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROA",
                    "arn": "arn:aws:iam::111111111111:role/lake",
                    "accountId": "111111111111",
                    "userName": "lake"
                  }
                }
              },
              "eventSource": "iam.amazonaws.com",
              "eventName": "GetUser",
              "awsRegion": "us-east-1",
              "sourceIPAddress": "127.0.0.1",
              "errorCode": "AccessDenied",
              "errorMessage": "User: arn:aws:sts::111111111111:assumed-role/lake/session is not authorized to perform: iam:GetUser on resource: arn:aws:iam::111111111111:user/x because no identity-based policy allows the iam:GetUser action",
              "requestParameters": {
                "userName": "x"
              },
              "responseElements": null,
              "readOnly": true,
              "resources": [
                {
                  "ARN": "arn:aws:iam::111111111111:user/x",
                  "accountId": "111111111111",
                  "type": "AWS::IAM::User"
                }
              ],
              "eventType": "AwsApiCall",
              "managementEvent": true,
              "recipientAccountId": "111111111111",
              "eventCategory": "Management"
            }"#]],
    );
}

#[test]
fn data_events_are_not_looked_up() {
    let (world, _) = eventful();
    let admin = world.admin("prod");
    let put = json!({ "Bucket": "lake", "Key": "k" });
    let mut request = world.request("s3", "PutObject", &put);
    request.with_body(b"x");
    world.sign(&mut request, &admin);
    assert_eq!(world.send(request).told(), "ok");
    assert!(lookup(&world, &admin, by("EventName", "PutObject")).is_empty());
    assert!(world.last_event("prod").starts_with("LookupEvents"));
    assert!(world.trail("prod").iter().any(|record| record["eventName"] == "PutObject"));
}

/// Everything in the world that is a secret passes by once; none of it may stay in a record.
#[test]
fn no_record_holds_a_secret() {
    let world = World::new();
    let admin = world.admin("prod");
    let ok = |service, operation, input| world.ok(&admin, service, operation, input);
    let base64 = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let ann = world.user("prod", "ann", &[allow(&["*"], &["*"])]);
    let role = world.role("prod", "r", &trusting(&["111111111111"]), &[allow(&["*"], &["*"])]);
    let session = world.assume(&ann, &role);
    let temporary = ok("sts", "GetSessionToken", json!({}));
    let mut secrets = vec![
        admin.credentials.secret_access_key.clone(),
        ann.credentials.secret_access_key,
        session.credentials.secret_access_key,
        session.credentials.session_token.unwrap(),
        temporary["Credentials"]["SecretAccessKey"].as_str().unwrap().to_owned(),
        temporary["Credentials"]["SessionToken"].as_str().unwrap().to_owned(),
    ];
    let make = json!({ "Name": "s", "SecretString": "hush-one" });
    ok("secretsmanager", "CreateSecret", make);
    let put = json!({ "SecretId": "s", "SecretBinary": base64("hush-two") });
    ok("secretsmanager", "PutSecretValue", put);
    ok("secretsmanager", "UpdateSecret", json!({ "SecretId": "s", "SecretString": "hush-three" }));
    ok("secretsmanager", "GetSecretValue", json!({ "SecretId": "s" }));
    let refused = json!({ "Name": "not allowed", "SecretString": "hush-four" });
    assert!(world.call(&admin, "secretsmanager", "CreateSecret", refused).is_err());
    let key = ok("kms", "CreateKey", json!({}))["KeyMetadata"]["Arn"].clone();
    let sealed = ok("kms", "Encrypt", json!({ "KeyId": key, "Plaintext": base64("hush-five") }));
    ok("kms", "Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] }));
    let data_key = ok("kms", "GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" }));
    let random = ok("kms", "GenerateRandom", json!({ "NumberOfBytes": 24 }));
    secrets.extend([&data_key, &random].map(|a| a["Plaintext"].as_str().unwrap().to_owned()));
    let cluster = json!({
        "ClusterIdentifier": "wh", "NodeType": "ra3.xlplus", "MasterUsername": "admin",
        "MasterUserPassword": "Hush0Six",
    });
    ok("redshift", "CreateCluster", cluster.clone());
    assert!(world.call(&admin, "redshift", "CreateCluster", cluster).is_err());
    for text in ["hush-one", "hush-two", "hush-three", "hush-four", "hush-five", "Hush0Six"] {
        secrets.extend([text.to_owned(), base64(text)]);
    }
    let audit = world.whole_audit();
    assert!(audit.len() > 20);
    for secret in &secrets {
        assert!(secret.len() > 7);
        let found = audit.iter().find(|record| record.contains(secret.as_str()));
        assert!(found.is_none(), "{secret} is in {found:?}");
    }
    // And the records are about those calls: what is no secret stands there.
    assert!(audit.iter().any(|r| r.contains("CreateSecret") && r.contains("HIDDEN_DUE_TO")));
}

#[test]
fn looking_up_needs_permission() {
    let world = World::new();
    let nobody = world.user("prod", "nobody", &[]);
    check(
        world.told(&nobody, "cloudtrail", "LookupEvents", json!({})),
        expect![
            "400 AccessDeniedException: User: arn:aws:iam::111111111111:user/nobody is not authorized to perform: cloudtrail:LookupEvents on resource: * because no identity-based policy allows the cloudtrail:LookupEvents action"
        ],
    );
}
