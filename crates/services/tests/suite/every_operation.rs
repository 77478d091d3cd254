//! What holds for every operation, whether it is built or not.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{ACCOUNTS, Caller, World, allow, deny, smallest, trusting};

/// Operations whose answer to a caller without permissions is no denial. May only shrink.
const NO_DENIAL: [(&str, &str, &str); 4] = [
    ("sts", "GetCallerIdentity", "needs no permission, and none can take it away"),
    ("sts", "AssumeRoleWithWebIdentity", "whoever signs, the token alone counts"),
    ("sts", "GetSessionToken", "users need no permission for it"),
    ("s3", "DeleteObjects", "each key is decided on, recorded and answered for by itself"),
];
/// Operations whose request is, in the path style, that of another one. May only shrink.
const SAME_REQUEST: [(&str, &str, &str); 6] = [
    ("s3", "ListDirectoryBuckets", "differs from ListBuckets by its endpoint only"),
    ("s3", "GetBucketLifecycle", "is the older name of GetBucketLifecycleConfiguration"),
    ("s3", "PutBucketLifecycle", "is the older name of PutBucketLifecycleConfiguration"),
    ("s3", "GetBucketNotification", "is the older name of GetBucketNotificationConfiguration"),
    ("s3", "PutBucketNotification", "is the older name of PutBucketNotificationConfiguration"),
    ("s3control", "CreateBucket", "is for Outposts and names no account, as a PutObject would"),
];

/// The world with a thing of each kind, all of prod's.
pub(super) struct Prepared {
    pub(super) world: World,
    /// Values for members by name, so that an input means something that exists.
    pub(super) members: Value,
    /// Those that differ between services or operations.
    special: Vec<(&'static str, &'static str, Value)>,
}

pub(super) fn prepared() -> Prepared {
    let world = World::new();
    let admin = world.admin("prod");
    let ok = |service, operation, input| world.ok(&admin, service, operation, input);
    let key = ok("kms", "CreateKey", json!({}))["KeyMetadata"]["Arn"].clone();
    ok("kms", "CreateAlias", json!({ "AliasName": "alias/known", "TargetKeyId": key }));
    let ciphertext = ok("kms", "Encrypt", json!({ "KeyId": key, "Plaintext": "AAEC" }));
    let grant = json!({
        "KeyId": key, "GranteePrincipal": "arn:aws:iam::111111111111:root",
        "Operations": ["Decrypt"],
    });
    let grant = ok("kms", "CreateGrant", grant)["GrantId"].clone();
    ok("secretsmanager", "CreateSecret", json!({ "Name": "known", "SecretString": "x" }));
    ok("s3", "CreateBucket", json!({ "Bucket": "known" }));
    put_object(&world, &admin);
    let role = world.role("prod", "known", &trusting(&["111111111111"]), &[]);
    ok("iam", "CreateUser", json!({ "UserName": "known" }));
    let iam = iam_things(&world, &admin);
    let document = testkit::document(&[allow(&["s3:*"], &["*"])]);
    let policy = json!({ "PolicyName": "known", "PolicyDocument": document });
    let policy = ok("iam", "CreatePolicy", policy)["Policy"]["Arn"].clone();
    let upload = ok("s3", "CreateMultipartUpload", json!({ "Bucket": "known", "Key": "parts" }));
    let mut members = json!({
        "Bucket": "known", "Key": "object", "UploadId": upload["UploadId"], "PartNumber": 1,
        "SecretId": "known", "KeyId": key, "TargetKeyId": key, "DestinationKeyId": key,
        "AliasName": "alias/known", "GrantId": grant,
        "CiphertextBlob": ciphertext["CiphertextBlob"], "NumberOfBytes": 32,
        "UserName": "known", "RoleName": "known", "RoleArn": role, "PolicyArn": policy,
        "PermissionsBoundary": policy, "VersionId": "v1", "PolicyDocument": document,
        "CopySource": "known/object", "ClusterIdentifier": "known", "Policy": document,
    });
    for more in [iam, organization(&world, &admin), table(&world, &admin)] {
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    }
    let guard = testkit::document(&[]);
    let table = "arn:aws:dynamodb:us-east-1:111111111111:table/known";
    let key_of_item = json!({ "pk": { "S": "a" } });
    let special = vec![
        ("kms", "CreateKey", json!({ "Policy": null })),
        ("sts", "AssumeRole", json!({ "SerialNumber": null })),
        ("sts", "GetSessionToken", json!({ "SerialNumber": null })),
        ("secretsmanager", "TagResource", json!({ "Tags": [{ "Key": "a", "Value": "b" }] })),
        ("dynamodb", "CreateTable", json!({ "TableName": "fresh" })),
        (
            "dynamodb",
            "BatchGetItem",
            json!({ "RequestItems": { table: { "Keys": [key_of_item] } } }),
        ),
        (
            "dynamodb",
            "BatchWriteItem",
            json!({ "RequestItems": { table: [{ "DeleteRequest": { "Key": key_of_item } }] } }),
        ),
        (
            "dynamodb",
            "TransactGetItems",
            json!({ "TransactItems": [{ "Get": { "TableName": table, "Key": key_of_item } }] }),
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            json!({ "TransactItems": [{ "Delete": { "TableName": table, "Key": key_of_item } }] }),
        ),
        (
            "dynamodb",
            "Query",
            json!({
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": { ":pk": { "S": "a" } },
            }),
        ),
        ("dynamodb", "GetItem", json!({ "Key": { "pk": { "S": "a" } } })),
        ("dynamodb", "UpdateItem", json!({ "Key": { "pk": { "S": "a" } } })),
        ("dynamodb", "DeleteItem", json!({ "Key": { "pk": { "S": "a" } } })),
        ("dynamodb", "PutResourcePolicy", json!({ "Policy": guard })),
        ("dynamodb", "TagResource", json!({ "Tags": [{ "Key": "a", "Value": "b" }] })),
        ("s3", "UploadPart", json!({ "Key": "parts" })),
        ("s3", "AbortMultipartUpload", json!({ "Key": "parts" })),
        ("s3", "CompleteMultipartUpload", json!({ "Key": "parts" })),
        ("s3", "ListParts", json!({ "Key": "parts" })),
    ];
    Prepared { world, members, special }
}

/// IAM's smaller nouns, and what names them.
fn iam_things(world: &World, admin: &Caller) -> Value {
    let ok = |operation, input| world.ok(admin, "iam", operation, input);
    ok("CreateGroup", json!({ "GroupName": "known" }));
    ok("CreateInstanceProfile", json!({ "InstanceProfileName": "known" }));
    let oidc = ok("CreateOpenIDConnectProvider", json!({ "Url": "https://known.example" }));
    let metadata = format!("<EntityDescriptor>{}</EntityDescriptor>", " ".repeat(1_000));
    let saml = json!({ "Name": "known", "SAMLMetadataDocument": metadata });
    let saml = ok("CreateSAMLProvider", saml);
    let device = ok("CreateVirtualMFADevice", json!({ "VirtualMFADeviceName": "known" }));
    let key = ok("ListAccessKeys", json!({}));
    json!({
        "GroupName": "known", "InstanceProfileName": "known",
        "OpenIDConnectProviderArn": oidc["OpenIDConnectProviderArn"],
        "SAMLProviderArn": saml["SAMLProviderArn"], "SAMLMetadataDocument": metadata,
        "SerialNumber": device["VirtualMFADevice"]["SerialNumber"],
        "AuthenticationCode1": "123456", "AuthenticationCode2": "654321",
        "PolicySourceArn": "arn:aws:iam::111111111111:user/known",
        "Arn": "arn:aws:iam::111111111111:user/known",
        "AccessKeyId": key["AccessKeyMetadata"][0]["AccessKeyId"],
        "Url": "https://new.example", "AWSServiceName": "redshift.amazonaws.com",
    })
}

/// An organization of prod with one unit, and what names its things.
fn organization(world: &World, admin: &Caller) -> Value {
    let ok = |operation, input| world.ok(admin, "organizations", operation, input);
    ok("CreateOrganization", json!({}));
    let root = ok("ListRoots", json!({}))["Roots"][0]["Id"].clone();
    let unit = ok("CreateOrganizationalUnit", json!({ "ParentId": root, "Name": "known" }));
    let unit = unit["OrganizationalUnit"]["Id"].clone();
    json!({
        "RootId": root, "ParentId": root, "OrganizationalUnitId": unit, "ChildId": unit,
        "TargetId": root, "SourceParentId": root, "DestinationParentId": unit,
        "ResourceId": root, "Email": "new@example.org", "HandshakeId": "h-12345678",
        "PolicyId": "p-12345678", "CreateAccountRequestId": "car-12345678",
    })
}

/// A table with an item, and what names them.
fn table(world: &World, admin: &Caller) -> Value {
    let ok = |operation, input| world.ok(admin, "dynamodb", operation, input);
    let table = json!({
        "TableName": "known", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
    });
    let arn = ok("CreateTable", table)["TableDescription"]["TableArn"].clone();
    world.advance(chrono::Duration::seconds(1));
    let item = json!({ "pk": { "S": "a" }, "n": { "N": "1" } });
    ok("PutItem", json!({ "TableName": "known", "Item": item }));
    json!({
        "TableName": arn, "ResourceArn": arn, "Item": item,
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "ttl" },
    })
}

fn put_object(world: &World, admin: &Caller) {
    let mut put = world.request("s3", "PutObject", &json!({ "Bucket": "known", "Key": "object" }));
    put.with_body(b"bytes");
    world.sign(&mut put, admin);
    assert_eq!(world.send(put).told(), "ok");
}

impl Prepared {
    pub(super) fn input(&self, service: &str, operation: &str) -> Value {
        let model = wire::model(service).unwrap();
        let mut given = self.members.clone();
        // S3 calls other things by these names.
        if service == "s3" || service == "secretsmanager" || service == "sts" {
            given
                .as_object_mut()
                .unwrap()
                .retain(|name, _| name != "VersionId" && name != "Policy");
        }
        for (_, _, members) in
            self.special.iter().filter(|(s, o, _)| (*s, *o) == (service, operation))
        {
            for (name, value) in members.as_object().unwrap() {
                given[name] = value.clone();
            }
        }
        given.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        smallest(model, model.operation(operation).unwrap(), &given)
    }

    fn audited(&self) -> usize {
        self.world.whole_audit().len()
    }
}

fn is_in(list: &[(&str, &str, &str)], service: &str, operation: &str) -> bool {
    list.iter().any(|(s, o, _)| (*s, *o) == (service, operation))
}

/// Every operation that is built, by service.
pub(super) fn built(world: &World) -> Vec<(&'static str, &'static str)> {
    let services: Vec<_> = world.gateway().services().collect();
    let lines = services.iter().flat_map(|s| s.operations().map(|operation| (s.name(), operation)));
    lines.collect()
}

#[test]
fn every_line_of_every_table_is_an_operation_of_the_interface() {
    let world = World::new();
    let lines = built(&world);
    assert!(lines.len() > 100, "the tables are empty");
    for (service, operation) in lines {
        let model = wire::model(service).unwrap_or_else(|| panic!("no model of {service}"));
        assert!(model.operation(operation).is_some(), "{service}:{operation}");
    }
}

#[test]
fn unsigned_calls_are_refused_and_change_nothing() {
    let prepared = prepared();
    let world = &prepared.world;
    for (service, operation) in built(world) {
        let before = prepared.audited();
        let request = world.request(service, operation, &prepared.input(service, operation));
        let answer = world.send(request);
        if operation == "DeleteObjects" {
            let outcome = answer.result().unwrap();
            assert_eq!(outcome["Errors"][0]["Code"], "AccessDenied");
            continue;
        }
        if operation == "AssumeRoleWithWebIdentity" {
            assert_eq!(answer.result().expect_err(operation).code, "InvalidIdentityToken");
            continue;
        }
        let expected = match service {
            "s3" | "s3control" => (403, "AccessDenied"),
            "kms" | "secretsmanager" | "cloudtrail" | "organizations" | "dynamodb" => {
                (400, "MissingAuthenticationTokenException")
            }
            _ => (403, "MissingAuthenticationToken"),
        };
        let error = answer.result().expect_err(operation);
        let code = if operation.starts_with("Head") { "AccessDenied" } else { &error.code };
        assert_eq!((answer.status, code), expected, "{service}:{operation}: {}", error.message);
        // Somebody asked S3, if nobody in particular; the others cannot say whom to tell.
        let records = if service == "s3" { 1 } else { 0 };
        assert_eq!(prepared.audited() - before, records, "{service}:{operation}");
    }
}

/// Calls every operation as `caller` and demands the denial of its protocol and one audit record.
fn all_deny(prepared: &Prepared, caller: &Caller, sentence: &str) {
    let world = &prepared.world;
    let mut excused = BTreeSet::new();
    for (service, operation) in built(world) {
        let before = prepared.audited();
        let input = prepared.input(service, operation);
        let outcome = world.call(caller, service, operation, input.clone());
        let records = if operation == "DeleteObjects" { 2 } else { 1 };
        assert_eq!(prepared.audited() - before, records, "{service}:{operation} {input}");
        if operation == "AssumeRoleWithWebIdentity" {
            assert_eq!(outcome.expect_err(operation).code, "InvalidIdentityToken");
            excused.insert((service, operation));
            continue;
        }
        if is_in(&NO_DENIAL, service, operation) {
            let outcome = outcome.expect("an operation is excused for nothing");
            assert!(outcome.get("Deleted").is_none(), "{service}:{operation}: {outcome}");
            excused.insert((service, operation));
            continue;
        }
        let error = outcome.expect_err(operation);
        let json = wire::model(service).unwrap().protocol().is_json();
        let expected = if json { (400, "AccessDeniedException") } else { (403, "AccessDenied") };
        let head = operation.starts_with("Head");
        let code = if head { "AccessDenied" } else { &error.code };
        assert_eq!(
            (error.status, code),
            expected,
            "{service}:{operation} {input}: {}",
            error.message
        );
        // STS never says why a role may not be assumed, and an answer to HEAD says nothing.
        let silent = head || operation == "AssumeRole";
        let said = silent || error.message.contains(sentence);
        assert!(said, "{service}:{operation}: {}", error.message);
        let record: Value = serde_json::from_str(world.whole_audit().last().unwrap()).unwrap();
        assert_eq!(record["eventName"], operation);
        assert_eq!(record["errorCode"], expected.1, "{service}:{operation}");
    }
    assert_eq!(excused.len(), NO_DENIAL.len(), "an exception is for nothing");
}

#[test]
fn a_user_without_permissions_is_denied_everything_and_every_attempt_is_recorded() {
    let prepared = prepared();
    let nobody = prepared.world.user("prod", "nobody", &[]);
    all_deny(&prepared, &nobody, "is not authorized to perform: ");
}

#[test]
fn an_explicit_deny_beats_administrator_access_everywhere() {
    let prepared = prepared();
    let world = &prepared.world;
    let denied = world.user("prod", "denied", &[deny(&["*"], &["*"])]);
    let attach = json!({
        "UserName": "denied", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    });
    world.ok(&world.admin("prod"), "iam", "AttachUserPolicy", attach);
    all_deny(&prepared, &denied, "with an explicit deny in an identity-based policy");
}

#[test]
fn what_is_not_built_says_so_in_its_own_protocol_and_only_to_the_authenticated() {
    let prepared = prepared();
    let world = &prepared.world;
    let built: BTreeSet<_> = built(world).into_iter().collect();
    let mut seen = 0;
    for model in wire::models() {
        for operation in model.operations() {
            let (service, name) = (model.name(), operation.name());
            if built.contains(&(service, name)) || is_in(&SAME_REQUEST, service, name) {
                continue;
            }
            seen += 1;
            let input = smallest(model, operation, &prepared.members);
            let mut request = world.request(service, name, &input);
            if service != "s3" {
                let answer = world.send(request.clone());
                let code = answer.result().unwrap_err().code;
                // S3 Control answers in S3's words.
                let expected = match service {
                    "s3control" => "AccessDenied",
                    _ => "MissingAuthenticationToken",
                };
                assert!(code.starts_with(expected), "{service}:{name}: {code}");
            }
            world.sign(&mut request, &world.admin("prod"));
            let error = world.send(request).result().expect_err(name);
            let expected = (501, "NotImplemented");
            assert_eq!((error.status, error.code.as_str()), expected, "{service}:{name} {error}");
            assert!(error.message.contains(name), "{service}:{name}: {}", error.message);
        }
    }
    assert!(seen > 200, "only {seen} operations looked at");
}

#[test]
fn the_worlds_accounts_are_the_documented_ones() {
    let world = World::new();
    for (name, id) in ACCOUNTS {
        let identity = world.ok(&world.admin(name), "sts", "GetCallerIdentity", json!({}));
        assert_eq!(identity["Account"], id);
        assert_eq!(identity["Arn"], format!("arn:aws:iam::{id}:user/admin"));
    }
}
