//! Trails: what may be made, what they select, and what lies in the bucket afterwards.

use std::io::Read;

use chrono::Duration;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Answer, Caller, World, allow, check, deny, document, trusting};

const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111111111111:trail/main";
/// Long enough for a delivery, too short for one of CloudTrail's own traces.
const SOON: Duration = Duration::seconds(10);

/// A world in which prod has the bucket `logs`, which lets the trail `main` in.
struct Trails {
    world: World,
    admin: Caller,
}

/// AWS's documented policy for a bucket of logs.
fn bucket_policy(bucket: &str, trail: &str) -> String {
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let put = json!({ "aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control" });
    document(&[
        json!({
            "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
            "Resource": format!("arn:aws:s3:::{bucket}"),
            "Condition": { "StringEquals": { "aws:SourceArn": trail } },
        }),
        json!({
            "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{bucket}/AWSLogs/111111111111/*"),
            "Condition": { "StringEquals": put },
        }),
    ])
}

impl Trails {
    fn new() -> Self {
        let world = World::new();
        let admin = world.admin("prod");
        let trails = Self { world, admin };
        trails.bucket("logs", TRAIL);
        trails
    }

    /// A world with the trail `main`, logging what these members of PutEventSelectors select.
    fn logging(selectors: Value) -> Self {
        let trails = Self::new();
        trails.ok("CreateTrail", json!({ "Name": "main", "S3BucketName": "logs" }));
        if !selectors.is_null() {
            let mut input = selectors;
            input["TrailName"] = "main".into();
            trails.ok("PutEventSelectors", input);
        }
        trails.ok("StartLogging", json!({ "Name": "main" }));
        trails
    }

    fn bucket(&self, name: &str, trail: &str) {
        self.world.ok(&self.admin, "s3", "CreateBucket", json!({ "Bucket": name }));
        self.policy(name, &bucket_policy(name, trail));
    }

    fn policy(&self, bucket: &str, policy: &str) {
        let input = json!({ "Bucket": bucket, "Policy": policy });
        self.world.ok(&self.admin, "s3", "PutBucketPolicy", input);
    }

    #[track_caller]
    fn ok(&self, operation: &str, input: Value) -> Value {
        self.world.ok(&self.admin, "cloudtrail", operation, input)
    }

    fn told(&self, operation: &str, input: Value) -> String {
        self.world.told(&self.admin, "cloudtrail", operation, input)
    }

    fn put_object(&self, bucket: &str, key: &str) {
        let input = json!({ "Bucket": bucket, "Key": key });
        let mut put = self.world.request("s3", "PutObject", &input);
        put.with_body(b"data");
        self.world.sign(&mut put, &self.admin);
        assert_eq!(self.world.send(put).told(), "ok");
    }

    /// Keys of the delivered files, by name.
    fn files(&self, bucket: &str) -> Vec<String> {
        let listed = self.world.ok(&self.admin, "s3", "ListObjectsV2", json!({ "Bucket": bucket }));
        let objects = listed["Contents"].as_array().cloned().unwrap_or_default();
        objects.iter().map(|object| object["Key"].as_str().unwrap().to_owned()).collect()
    }

    /// A delivered file: the whole answer, and the text that was compressed.
    fn fetch(&self, bucket: &str, key: &str) -> (Answer, String) {
        let input = json!({ "Bucket": bucket, "Key": key });
        let mut get = self.world.request("s3", "GetObject", &input);
        self.world.sign(&mut get, &self.admin);
        let answer = self.world.send(get);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("content-encoding"), "gzip");
        let mut text = String::new();
        flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).unwrap();
        (answer, text)
    }

    fn records(&self, bucket: &str, key: &str) -> Vec<Value> {
        let file: Value = serde_json::from_str(&self.fetch(bucket, key).1).unwrap();
        file["Records"].as_array().unwrap().clone()
    }

    /// Every delivered event, in order of the files' ages.
    fn delivered(&self) -> Vec<Value> {
        let mut files = self.files("logs");
        files.sort_by_key(|key| key.rsplit('_').nth(1).unwrap().to_owned());
        files.iter().flat_map(|key| self.records("logs", key)).collect()
    }

    fn names(&self) -> String {
        let delivered = self.delivered();
        delivered.iter().map(|e| e["eventName"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn a_trail_is_made_changed_and_deleted() {
    let trails = Trails::new();
    let make = json!({
        "Name": "main", "S3BucketName": "logs", "S3KeyPrefix": "", "IsMultiRegionTrail": true,
        "TagsList": [{ "Key": "team", "Value": "a" }, { "Key": "stage" }],
    });
    let made = trails.ok("CreateTrail", make);
    check(
        made,
        expect![[
            r#"{"Name":"main","S3BucketName":"logs","IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":true,"TrailARN":"arn:aws:cloudtrail:us-east-1:111111111111:trail/main","LogFileValidationEnabled":false,"IsOrganizationTrail":false}"#
        ]],
    );
    let shown = trails.ok("GetTrail", json!({ "Name": TRAIL }))["Trail"].clone();
    assert_eq!(shown["HomeRegion"], "us-east-1");
    assert_eq!(shown["HasCustomEventSelectors"], false);
    let elsewhere = trails.admin.in_region("eu-west-1");
    let describe = |input| {
        trails.world.ok(&elsewhere, "cloudtrail", "DescribeTrails", input)["trailList"].clone()
    };
    assert_eq!(describe(json!({}))[0]["TrailARN"], TRAIL, "a shadow");
    assert_eq!(describe(json!({ "includeShadowTrails": false })), json!([]));
    assert_eq!(describe(json!({ "trailNameList": ["main", "nobody"] }))[0]["Name"], "main");
    let from_afar =
        trails.world.told(&elsewhere, "cloudtrail", "DeleteTrail", json!({ "Name": "main" }));
    assert!(from_afar.starts_with("400 InvalidHomeRegionException"), "{from_afar}");
    trails.ok("UpdateTrail", json!({ "Name": "main", "IsMultiRegionTrail": false }));
    assert_eq!(describe(json!({})), json!([]), "no shadow any more");
    let listed = trails.ok("ListTags", json!({ "ResourceIdList": [TRAIL] }));
    assert_eq!(
        listed["ResourceTagList"][0]["TagsList"],
        json!([
            { "Key": "stage", "Value": "" }, { "Key": "team", "Value": "a" },
        ])
    );
    trails.ok(
        "AddTags",
        json!({ "ResourceId": TRAIL, "TagsList": [{ "Key": "team", "Value": "b" }] }),
    );
    trails.ok("RemoveTags", json!({ "ResourceId": TRAIL, "TagsList": [{ "Key": "stage" }] }));
    let listed = trails.ok("ListTags", json!({ "ResourceIdList": [TRAIL] }));
    let tags = json!([{ "Key": "team", "Value": "b" }]);
    assert_eq!(listed["ResourceTagList"][0]["TagsList"], tags);
    let info = json!([{ "TrailARN": TRAIL, "Name": "main", "HomeRegion": "us-east-1" }]);
    assert_eq!(trails.ok("ListTrails", json!({}))["Trails"], info);
    trails.ok("DeleteTrail", json!({ "Name": "main" }));
    check(
        trails.told("GetTrailStatus", json!({ "Name": "main" })),
        expect!["400 TrailNotFoundException: Unknown trail: main for the user: 111111111111"],
    );
}

#[test]
fn a_trail_that_cannot_be_is_refused_in_cloudtrails_words() {
    let trails = Trails::new();
    let named = |name: &str| json!({ "Name": name, "S3BucketName": "logs" });
    let with = |more: Value| {
        let mut input = named("main");
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    trails.world.ok(&trails.admin, "s3", "CreateBucket", json!({ "Bucket": "closed" }));
    let mut told: Vec<String> = ["ab", "-ab", "ab-", "a b", "a--b", "1.2.3.4"]
        .into_iter()
        .map(|name| trails.told("CreateTrail", named(name)))
        .collect();
    told.extend(
        [
            with(json!({ "S3BucketName": "nowhere" })),
            with(json!({ "S3BucketName": "closed" })),
            with(json!({ "S3KeyPrefix": "other" })),
            with(json!({ "S3KeyPrefix": "x".repeat(201) })),
            with(json!({ "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false })),
            with(json!({ "KmsKeyId": "alias/none" })),
            with(json!({ "SnsTopicName": "topic" })),
            with(json!({ "IsOrganizationTrail": true })),
            named("other-trail"),
        ]
        .map(|input| trails.told("CreateTrail", input)),
    );
    told.push(trails.told("CreateTrail", with(json!({}))));
    told.push(trails.told("CreateTrail", with(json!({}))));
    told.push(trails.told("GetTrail", json!({ "Name": "arn:aws:s3:::x" })));
    check(
        told.join("\n"),
        expect![[r#"
            400 InvalidTrailNameException: Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters.
            400 InvalidTrailNameException: Trail name must starts with a letter or number.
            400 InvalidTrailNameException: Trail name must ends with a letter or number.
            400 InvalidTrailNameException: Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).
            400 InvalidTrailNameException: Trail name cannot contain adjacent periods, hyphens or underscores.
            400 InvalidTrailNameException: Trail name cannot be in IP address format.
            400 S3BucketDoesNotExistException: S3 bucket nowhere does not exist!
            400 InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: closed
            400 InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: logs
            400 InvalidS3PrefixException: S3 prefix is longer than maximum length: 200
            400 InvalidParameterCombinationException: Multi-Region trail must include global service events.
            400 KmsKeyNotFoundException: KMS key not found: alias/none
            501 NotImplemented: SnsTopicName of CreateTrail is not implemented.
            501 NotImplemented: IsOrganizationTrail of CreateTrail is not implemented.
            400 InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: logs
            ok
            400 TrailAlreadyExistsException: Trail main already exists for customer: 111111111111
            400 CloudTrailARNInvalidException: Invalid trail ARN: arn:aws:s3:::x."#]],
    );
}

#[test]
fn events_are_delivered_once_where_aws_puts_them() {
    let trails = Trails::logging(Value::Null);
    trails.world.ok(&trails.admin, "kms", "ListKeys", json!({}));
    assert!(trails.files("logs").is_empty());
    trails.world.advance(Duration::seconds(1));
    assert!(trails.files("logs").is_empty(), "too young");
    trails.world.ok(&trails.admin.in_region("eu-west-1"), "kms", "ListAliases", json!({}));
    trails.world.advance(SOON);
    let files = trails.files("logs");
    assert_eq!(files.len(), 1, "{files:?}");
    let folder = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/01/15/";
    let name = "111111111111_CloudTrail_us-east-1_20260115T0800Z_";
    assert!(files[0].starts_with(&format!("{folder}{name}")), "{files:?}");
    assert!(files[0].ends_with(".json.gz") && files[0].len() == folder.len() + name.len() + 24);
    let names = trails.names();
    assert_eq!(names, "StartLogging ListKeys", "management events of the Region");
    // A record is the one that LookupEvents shows.
    let lookup = json!({ "LookupAttributes": [{
        "AttributeKey": "EventName", "AttributeValue": "ListKeys",
    }] });
    let looked_up = trails.ok("LookupEvents", lookup)["Events"][0]["CloudTrailEvent"].clone();
    let looked_up: Value = serde_json::from_str(looked_up.as_str().unwrap()).unwrap();
    assert_eq!(trails.delivered()[1], looked_up);
    let status = trails.ok("GetTrailStatus", json!({ "Name": "main" }));
    assert_eq!(status["IsLogging"], true);
    assert_eq!(status["LatestDeliveryTime"].as_f64(), Some(1_768_464_011.0));
    assert!(status["LatestDeliveryError"].is_null());
    // A new event in a new file, the old ones not again.
    trails.world.advance(Duration::minutes(2));
    assert!(trails.names().ends_with("GetTrailStatus"), "{}", trails.names());
    assert_eq!(trails.names().matches("ListKeys").count(), 1);
}

#[test]
fn delivering_is_no_reason_to_deliver_again() {
    // The trail logs the objects of its own bucket.
    let everything = json!({ "EventSelectors": [{
        "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }],
    }] });
    let trails = Trails::logging(everything);
    for _ in 0..10 {
        trails.world.advance(SOON);
    }
    let listed = trails.files("logs").len();
    assert_eq!(listed, 1);
    // Its own traces come with what comes next.
    trails.world.advance(SOON);
    assert!(trails.names().contains("PutObject"), "{}", trails.names());
}

#[test]
fn a_stopped_trail_delivers_up_to_its_stop() {
    let trails = Trails::logging(Value::Null);
    trails.ok("StopLogging", json!({ "Name": "main" }));
    trails.world.ok(&trails.admin, "kms", "ListKeys", json!({}));
    trails.world.advance(SOON);
    assert_eq!(trails.names(), "StartLogging StopLogging");
    trails.ok("StartLogging", json!({ "Name": "main" }));
    trails.world.ok(&trails.admin, "kms", "ListAliases", json!({}));
    trails.world.advance(Duration::minutes(1));
    assert_eq!(trails.names(), "StartLogging StopLogging StartLogging ListAliases");
    let status = trails.ok("GetTrailStatus", json!({ "Name": "main" }));
    assert_eq!(status["TimeLoggingStopped"], "2026-01-15T08:00:00Z");
    trails.ok("DeleteTrail", json!({ "Name": "main" }));
    let files = trails.files("logs").len();
    trails.world.advance(Duration::minutes(10));
    assert_eq!(trails.files("logs").len(), files);
}

#[test]
fn a_refused_delivery_is_told_and_made_up_for() {
    let trails = Trails::logging(Value::Null);
    let locked = document(&[json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/*",
    })]);
    trails.policy("logs", &locked);
    trails.world.advance(SOON);
    let status = trails.ok("GetTrailStatus", json!({ "Name": "main" }));
    assert_eq!(status["LatestDeliveryError"], "AccessDenied");
    assert!(status["LatestDeliveryTime"].is_null());
    assert!(trails.files("logs").is_empty());
    // The denied try stands in the bucket owner's trail, as CloudTrail's.
    let denied = trails.world.trail("prod");
    let denied = denied.iter().find(|e| e["eventName"] == "PutObject").unwrap();
    let who = json!({ "type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com" });
    assert_eq!((&denied["userIdentity"], &denied["errorCode"]), (&who, &json!("AccessDenied")));
    assert_eq!(denied["sourceIPAddress"], "cloudtrail.amazonaws.com");
    trails.policy("logs", &bucket_policy("logs", TRAIL));
    trails.world.advance(Duration::minutes(1));
    let names = trails.names();
    assert!(names.starts_with("StartLogging PutBucketPolicy GetTrailStatus"), "{names}");
    let status = trails.ok("GetTrailStatus", json!({ "Name": "main" }));
    assert!(status["LatestDeliveryError"].is_null(), "{status}");
}

#[test]
fn a_trail_of_all_regions_has_a_folder_for_each() {
    let trails = Trails::new();
    let make = json!({ "Name": "main", "S3BucketName": "logs", "IsMultiRegionTrail": true });
    trails.ok("CreateTrail", make);
    trails.ok("StartLogging", json!({ "Name": "main" }));
    trails.world.ok(&trails.admin.in_region("eu-west-1"), "kms", "ListKeys", json!({}));
    trails.world.ok(&trails.admin.in_region("eu-west-1"), "iam", "ListUsers", json!({}));
    trails.world.advance(SOON);
    let regions: Vec<String> =
        trails.files("logs").iter().map(|key| key.split('/').nth(3).unwrap().to_owned()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);
    assert_eq!(trails.names(), "ListKeys StartLogging ListUsers");
}

#[test]
fn a_bucket_of_another_account_and_region_takes_logs_under_its_owners_key() {
    let trails = Trails::new();
    let world = &trails.world;
    let dev = world.admin("dev").in_region("eu-west-1");
    let configuration = json!({ "LocationConstraint": "eu-west-1" });
    let make = json!({ "Bucket": "vault", "CreateBucketConfiguration": configuration });
    world.ok(&dev, "s3", "CreateBucket", make);
    let policy = json!({ "Bucket": "vault", "Policy": bucket_policy("vault", TRAIL) });
    world.ok(&dev, "s3", "PutBucketPolicy", policy);
    let service = json!({ "Service": "cloudtrail.amazonaws.com" });
    let root = json!({ "AWS": "arn:aws:iam::222222222222:root" });
    let of_trail = json!({
        "StringEquals": { "aws:SourceArn": TRAIL },
        "StringLike": { "kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111111111111:trail/*" },
    });
    let statement = |principal: &Value, action: &str| json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" });
    let mut encrypt = statement(&service, "kms:GenerateDataKey*");
    encrypt["Condition"] = of_trail;
    let owners = statement(&root, "kms:*");
    let describe = statement(&service, "kms:DescribeKey");
    let key = |statements: &[Value]| {
        let made = world.ok(&dev, "kms", "CreateKey", json!({ "Policy": document(statements) }));
        made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    };
    let make = |key: String| json!({ "Name": "main", "S3BucketName": "vault", "KmsKeyId": key });
    let closed = key(&[owners.clone(), describe.clone()]);
    let told = trails.told("CreateTrail", make(closed));
    assert!(told.starts_with("400 InsufficientEncryptionPolicyException"), "{told}");
    let open = key(&[owners, describe, encrypt]);
    assert_eq!(trails.ok("CreateTrail", make(open.clone()))["KmsKeyId"], open.as_str());
    trails.ok("StartLogging", json!({ "Name": "main" }));
    world.advance(SOON);
    let listed = world.ok(&dev, "s3", "ListObjectsV2", json!({ "Bucket": "vault" }));
    let file = listed["Contents"][0]["Key"].clone();
    let head = world.ok(&dev, "s3", "HeadObject", json!({ "Bucket": "vault", "Key": file }));
    assert_eq!(head["SSEKMSKeyId"], open.as_str());
    // The owner of bucket and key sees CloudTrail at work, and the trail's account does not.
    for (event, owner) in [("PutObject", "dev"), ("GenerateDataKey", "dev")] {
        let seen = |account| world.trail(account).iter().any(|e| e["eventName"] == event);
        assert!(seen(owner) && !seen("prod"), "{event}");
    }
}

/// What selectors deliver of one and the same calls.
#[test]
fn selectors_select() {
    let data = |value: &str| {
        json!({ "EventSelectors": [{
            "IncludeManagementEvents": false,
            "DataResources": [{ "Type": "AWS::S3::Object", "Values": [value] }],
        }] })
    };
    let advanced = |fields: Value| json!({ "AdvancedEventSelectors": [{ "Name": "n", "FieldSelectors": fields }] });
    let objects = json!({ "Field": "resources.type", "Equals": ["AWS::S3::Object"] });
    let in_data = json!({ "Field": "eventCategory", "Equals": ["Data"] });
    let cases = [
        ("default", Value::Null),
        ("reads", json!({ "EventSelectors": [{ "ReadWriteType": "ReadOnly" }] })),
        ("writes", json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] })),
        (
            "no kms",
            json!({ "EventSelectors": [{
            "ExcludeManagementEventSources": ["kms.amazonaws.com"],
        }] }),
        ),
        ("one bucket", data("arn:aws:s3:::lake/")),
        ("one prefix", data("arn:aws:s3:::lake/in/")),
        ("every bucket", data("arn:aws:s3")),
        ("another", data("arn:aws:s3:::lak/")),
        (
            "fields",
            advanced(json!([
                { "Field": "eventCategory", "Equals": ["Management"] },
                { "Field": "readOnly", "Equals": ["false"] },
                { "Field": "eventSource", "NotEquals": ["kms.amazonaws.com"] },
            ])),
        ),
        ("objects", advanced(json!([in_data, objects]))),
        (
            "some",
            advanced(json!([in_data, objects,
                { "Field": "eventName", "StartsWith": ["Put"], "Equals": ["DeleteObject"] },
                { "Field": "resources.ARN", "NotEndsWith": ["/b"] },
            ])),
        ),
    ];
    let told = cases.map(|(name, selectors)| {
        let trails = Trails::logging(selectors);
        let (world, admin) = (&trails.world, &trails.admin);
        world.ok(admin, "s3", "CreateBucket", json!({ "Bucket": "lake" }));
        world.ok(admin, "kms", "ListKeys", json!({}));
        trails.put_object("lake", "in/a");
        trails.put_object("lake", "b");
        world.ok(admin, "s3", "DeleteObject", json!({ "Bucket": "lake", "Key": "in/a" }));
        world.ok(admin, "s3", "ListObjectsV2", json!({ "Bucket": "lake" }));
        world.advance(SOON);
        format!("{name}: [{}]", trails.names())
    });
    check(
        told.join("\n"),
        expect![[r#"
            default: [StartLogging CreateBucket ListKeys]
            reads: [ListKeys]
            writes: [StartLogging CreateBucket]
            no kms: [StartLogging CreateBucket]
            one bucket: [PutObject PutObject DeleteObject ListObjectsV2]
            one prefix: [PutObject DeleteObject]
            every bucket: [PutObject PutObject DeleteObject ListObjectsV2]
            another: []
            fields: [StartLogging CreateBucket]
            objects: [PutObject PutObject DeleteObject ListObjectsV2]
            some: [PutObject DeleteObject]"#]],
    );
}

/// What selectors deliver of calls on the items of two tables.
#[test]
fn selectors_select_tables() {
    let table = "arn:aws:dynamodb:us-east-1:111111111111:table/orders";
    let data = |value: &str| {
        json!({ "EventSelectors": [{
            "IncludeManagementEvents": false,
            "DataResources": [{ "Type": "AWS::DynamoDB::Table", "Values": [value] }],
        }] })
    };
    let fields = |kind: &str| {
        json!({ "AdvancedEventSelectors": [{ "Name": "n", "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Data"] },
            { "Field": "resources.type", "Equals": [kind] },
            { "Field": "resources.ARN", "Equals": [table] },
        ] }] })
    };
    let cases = [
        ("default", Value::Null),
        ("one table", data(table)),
        ("every table", data("arn:aws:dynamodb")),
        ("fields", fields("AWS::DynamoDB::Table")),
        ("objects", fields("AWS::S3::Object")),
    ];
    let told = cases.map(|(name, selectors)| {
        let trails = Trails::logging(selectors);
        let call = |operation: &str, input: Value| {
            trails.world.ok(&trails.admin, "dynamodb", operation, input);
        };
        for name in ["orders", "others"] {
            let mut table = crate::dynamodb::orders();
            table["TableName"] = name.into();
            call("CreateTable", table);
        }
        trails.world.advance(Duration::milliseconds(300));
        call("Scan", json!({ "TableName": "orders" }));
        let item = json!({ "customer": { "S": "ann" }, "number": { "N": "1" } });
        call("PutItem", json!({ "TableName": "others", "Item": item }));
        trails.world.advance(SOON);
        format!("{name}: [{}]", trails.names())
    });
    check(
        told.join("\n"),
        expect![[r#"
            default: [StartLogging CreateTable CreateTable]
            one table: [Scan]
            every table: [Scan PutItem]
            fields: [Scan]
            objects: []"#]],
    );
}

#[test]
fn selectors_that_mean_nothing_are_refused() {
    let trails = Trails::logging(Value::Null);
    let basic = |selector: Value| json!({ "TrailName": "main", "EventSelectors": [selector] });
    let advanced = |fields: Value| json!({ "TrailName": "main", "AdvancedEventSelectors": [{ "FieldSelectors": fields }] });
    let management = json!({ "Field": "eventCategory", "Equals": ["Management"] });
    let data = json!({ "Field": "eventCategory", "Equals": ["Data"] });
    let told = [
        json!({ "TrailName": "main" }),
        json!({ "TrailName": "main", "EventSelectors": [{}, {}, {}, {}, {}, {}] }),
        basic(json!({ "ReadWriteType": "Sometimes" })),
        basic(json!({ "IncludeManagementEvents": false })),
        basic(json!({ "ExcludeManagementEventSources": ["iam.amazonaws.com"] })),
        basic(
            json!({ "DataResources": [{ "Type": "AWS::S3::Bucket", "Values": ["arn:aws:s3"] }] }),
        ),
        basic(json!({ "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["lake"] }] })),
        advanced(json!([{ "Field": "readOnly", "Equals": ["true"] }])),
        advanced(json!([management, { "Field": "resources.ARN", "Equals": ["x"] }])),
        advanced(json!([management, { "Field": "readOnly", "Equals": ["maybe"] }])),
        advanced(json!([management, { "Field": "readOnly" }])),
        advanced(json!([data])),
        advanced(json!([{ "Field": "eventCategory", "Equals": ["NetworkActivity"] }])),
    ]
    .map(|input| trails.told("PutEventSelectors", input));
    check(
        told.join("\n"),
        expect![[r#"
        400 InvalidEventSelectorsException: Specify event selectors or advanced event selectors.
        400 InvalidEventSelectorsException: A trail has at most 5 event selectors.
        400 ValidationException: 1 validation error detected: Value 'Sometimes' at 'eventSelectors.1.member.readWriteType' failed to satisfy constraint: Member must satisfy enum value set: [ReadOnly, WriteOnly, All]
        400 InvalidEventSelectorsException: An event selector must include management events or data resources.
        400 InvalidEventSelectorsException: Value iam.amazonaws.com for ExcludeManagementEventSources is invalid.
        400 InvalidEventSelectorsException: Value AWS::S3::Bucket for DataResources.Type is invalid.
        400 InvalidEventSelectorsException: Value lake for DataResources.Values is invalid.
        400 InvalidEventSelectorsException: Every advanced event selector needs an eventCategory.
        400 InvalidEventSelectorsException: The field resources.ARN is not valid in this selector.
        400 InvalidEventSelectorsException: The conditions on readOnly are not valid.
        400 InvalidEventSelectorsException: The field readOnly has no condition.
        400 InvalidEventSelectorsException: A selector of data events needs one resources.type.
        400 InvalidEventSelectorsException: Network activity events are not built: there are no VPC endpoints."#]],
    );
    let kept = trails.ok("GetEventSelectors", json!({ "TrailName": "main" }));
    check(
        kept,
        expect![[
            r#"{"TrailARN":"arn:aws:cloudtrail:us-east-1:111111111111:trail/main","EventSelectors":[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[],"ExcludeManagementEventSources":[]}]}"#
        ]],
    );
}

#[test]
fn whoever_may_stop_a_trail_is_decided_by_its_name_and_tags() {
    let trails = Trails::logging(Value::Null);
    let world = &trails.world;
    let of_others = "arn:aws:cloudtrail:us-east-1:111111111111:trail/other-*";
    let ann = world.user("prod", "ann", &[allow(&["cloudtrail:*"], &[of_others])]);
    let bob = world.user(
        "prod",
        "bob",
        &[
            allow(&["cloudtrail:*"], &["*"]),
            deny(&["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], &[TRAIL]),
        ],
    );
    let mut tagged = allow(&["cloudtrail:StopLogging"], &["*"]);
    tagged["Condition"] = json!({ "StringEquals": { "aws:ResourceTag/team": "a" } });
    let cat = world.user("prod", "cat", &[tagged]);
    let stop =
        |who: &Caller| world.told(who, "cloudtrail", "StopLogging", json!({ "Name": "main" }));
    for who in [&ann, &bob, &cat] {
        assert!(stop(who).starts_with("400 AccessDeniedException"), "{}", stop(who));
    }
    trails.ok(
        "AddTags",
        json!({ "ResourceId": TRAIL, "TagsList": [{ "Key": "team", "Value": "a" }] }),
    );
    assert_eq!(stop(&cat), "ok");
    assert_eq!(trails.ok("GetTrailStatus", json!({ "Name": "main" }))["IsLogging"], false);
}

#[test]
fn the_owners_of_a_role_find_a_foreign_call_in_their_own_files() {
    let trails = Trails::logging(Value::Null);
    let role = trails.world.role("prod", "r", &trusting(&["222222222222"]), &[]);
    trails.world.assume(&trails.world.admin("dev"), &role);
    trails.world.advance(SOON);
    let delivered = trails.delivered();
    let assumed = delivered.iter().find(|e| e["eventName"] == "AssumeRole").unwrap();
    assert_eq!(assumed["recipientAccountId"], "111111111111");
    assert_eq!(assumed["userIdentity"]["type"], "AWSAccount");
    assert!(assumed["sharedEventID"].is_string());
}

/// The steps of "Custom implementations of CloudTrail log file integrity validation".
#[test]
fn digests_prove_what_was_delivered() {
    use base64::Engine;
    use rsa::pkcs1::DecodeRsaPublicKey;
    use rsa::sha2::{Digest, Sha256};
    use rsa::{Pkcs1v15Sign, RsaPublicKey};

    let trails = Trails::new();
    let make = json!({ "Name": "main", "S3BucketName": "logs", "EnableLogFileValidation": true });
    assert_eq!(trails.ok("CreateTrail", make)["LogFileValidationEnabled"], true);
    trails.ok("StartLogging", json!({ "Name": "main" }));
    trails.world.advance(SOON);
    trails.world.advance(Duration::minutes(59));
    assert!(!trails.files("logs").iter().any(|key| key.contains("Digest")), "too young");
    for _ in 0..3 {
        trails.world.ok(&trails.admin, "kms", "ListKeys", json!({}));
        trails.world.advance(Duration::hours(1));
    }
    let status = trails.ok("GetTrailStatus", json!({ "Name": "main" }));
    assert_eq!(status["LatestDigestDeliveryTime"], status["LatestDeliveryTime"]);
    assert!(status["LatestDigestDeliveryError"].is_null());

    let key = trails.ok("ListPublicKeys", json!({ "StartTime": 0 }))["PublicKeyList"][0].clone();
    let der = base64::engine::general_purpose::STANDARD.decode(key["Value"].as_str().unwrap());
    let public = RsaPublicKey::from_pkcs1_der(&der.unwrap()).unwrap();
    let (digests, mut logs): (Vec<_>, Vec<_>) =
        trails.files("logs").into_iter().partition(|key| key.contains("/CloudTrail-Digest/"));
    assert_eq!(digests.len(), 3, "{digests:?}");
    let folder = "AWSLogs/111111111111/CloudTrail-Digest/us-east-1/2026/01/15/";
    let first = "111111111111_CloudTrail-Digest_us-east-1_main_us-east-1_20260115T095910Z.json.gz";
    assert_eq!(digests[0], format!("{folder}{first}"));
    let (mut before, mut ended) = (Value::Null, json!("2026-01-15T08:00:00Z"));
    for key_of_digest in &digests {
        let (answer, text) = trails.fetch("logs", key_of_digest);
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["digestPublicKeyFingerprint"], key["Fingerprint"]);
        assert_eq!(told["digestS3Object"], key_of_digest.as_str());
        assert_eq!(told["previousDigestSignature"], before);
        assert_eq!(told["digestStartTime"], ended);
        assert_eq!(answer.header("x-amz-meta-signature-algorithm"), "SHA256withRSA");
        let signature = answer.header("x-amz-meta-signature").to_owned();
        let holds = |text: &str| {
            let signed = format!(
                "{}\nlogs/{key_of_digest}\n{}\n{}",
                told["digestEndTime"].as_str().unwrap(),
                hex::encode(Sha256::digest(text.as_bytes())),
                before.as_str().unwrap_or("null")
            );
            let bytes = hex::decode(&signature).unwrap();
            let hashed = Sha256::digest(signed.as_bytes());
            public.verify(Pkcs1v15Sign::new::<Sha256>(), &hashed, &bytes).is_ok()
        };
        assert!(holds(&text) && !holds(&format!("{text} ")));
        for log in told["logFiles"].as_array().unwrap() {
            let (_, log_text) = trails.fetch("logs", log["s3Object"].as_str().unwrap());
            let hash = hex::encode(Sha256::digest(log_text.as_bytes()));
            assert_eq!(log["hashValue"], hash);
            logs.retain(|key| log["s3Object"] != key.as_str());
        }
        (before, ended) = (signature.into(), told["digestEndTime"].clone());
    }
    assert!(logs.is_empty(), "in no digest: {logs:?}");
    // Without validation there are no more of them.
    trails.ok("UpdateTrail", json!({ "Name": "main", "EnableLogFileValidation": false }));
    trails.world.advance(Duration::hours(2));
    assert_eq!(trails.files("logs").iter().filter(|key| key.contains("Digest")).count(), 3);
}
