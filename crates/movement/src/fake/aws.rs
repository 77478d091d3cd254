//! The API calls.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Bucket, DEV, Fake, Key, NOW, PROD, Role, World, arn_of};
use crate::aws::{Api, ApiError, Session, Sink};

type Answer = Result<Value, (u16, &'static str, String)>;

fn missing(code: &'static str, what: &str) -> (u16, &'static str, String) {
    (404, code, format!("{what} does not exist"))
}

/// Calls that only `check` makes, and can do without.
fn unknown(operation: &str) -> (u16, &'static str, String) {
    (501, "NotImplemented", format!("{operation} is not built"))
}

#[async_trait]
impl Api for Fake {
    async fn call(
        &self,
        session: &Session,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError> {
        let error = |status, code: &str, message: String, blob| ApiError {
            call: format!("{service} {operation}").into(),
            code: code.to_owned(),
            message,
            status,
            request_id: Some("request-1".to_owned()),
            authorization_message: blob,
        };
        let lost = || error(0, "Unreachable", "the line is cut".into(), None);
        if self.is_dead() {
            return Err(lost());
        }
        if let Some((role, message)) = &self.knobs.lock().unwrap().refuse_role
            && operation == "AssumeRole"
            && input["RoleArn"].as_str().unwrap().ends_with(role.as_str())
        {
            return Err(error(403, "AccessDenied", message.clone(), Some("blob".into())));
        }
        let looks = ["Get", "List", "Describe", "Head", "Decode", "Assume"];
        let changes = !looks.iter().any(|word| operation.starts_with(word));
        if changes && !self.burn(operation) {
            return Err(lost());
        }
        let answer = self.answer(session, operation, &input);
        if self.is_dead() {
            return Err(lost());
        }
        answer.map_err(|(status, code, message)| error(status, code, message, None))
    }

    async fn download(
        &self,
        _: &Session,
        bucket: &str,
        key: &str,
        sink: Sink<'_>,
    ) -> Result<u64, ApiError> {
        let bytes = self.world.lock().unwrap().buckets[bucket].objects[key].clone();
        // In parts, as from a network.
        bytes.chunks(7).for_each(sink);
        Ok(bytes.len() as u64)
    }
}

impl Fake {
    fn answer(&self, session: &Session, operation: &str, input: &Value) -> Answer {
        let account = if session.keys.access_key_id == "PROD" { PROD } else { DEV };
        let serial = self.serial();
        let decoded = self.knobs.lock().unwrap().decoded.clone();
        let mut world = self.world.lock().unwrap();
        match operation {
            "GetCallerIdentity" => Ok(json!({
                "Account": account, "Arn": format!("arn:aws:iam::{account}:user/engineer"),
            })),
            "AssumeRole" => {
                let arn = input["RoleArn"].as_str().unwrap();
                let (owner, name) = (arn.get(13..25).unwrap(), arn.rsplit('/').next().unwrap());
                match world.roles.contains_key(&(owner.to_owned(), name.to_owned())) {
                    true => Ok(json!({ "Credentials": {
                        "AccessKeyId": if owner == PROD { "PROD" } else { "DEV" },
                        "SecretAccessKey": "s", "SessionToken": "t",
                    }})),
                    false => Err((403, "AccessDenied", format!("not authorized to assume {arn}"))),
                }
            }
            "DecodeAuthorizationMessage" => match decoded {
                Some(text) => Ok(json!({ "DecodedMessage": text })),
                None => Err((400, "InvalidAuthorizationMessageException", String::new())),
            },
            _ if input.get("RoleName").is_some() => role(&mut world, account, operation, input),
            _ if operation.contains("Key") || operation.contains("Alias") => {
                key(&mut world, account, operation, input, serial)
            }
            _ if operation.contains("Secret") => secret(&mut world, operation, input),
            _ if operation.contains("Cluster") => cluster(&mut world, operation, input),
            "DescribeTable" | "Scan" => table(&world, operation, input),
            "GetResourcePolicy" if input.get("ResourceArn").is_some() => {
                Err((400, "PolicyNotFoundException", "no policy on the table".into()))
            }
            _ => storage(&mut world, operation, input),
        }
    }
}

fn role(world: &mut World, account: &str, operation: &str, input: &Value) -> Answer {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let at = (account.to_owned(), text("RoleName"));
    if operation == "CreateRole" {
        assert!(!world.roles.contains_key(&at), "role {at:?} made twice");
        // A trust policy may only name roles that exist.
        let trust = text("AssumeRolePolicyDocument");
        let principal = serde_json::from_str::<Value>(&trust).unwrap();
        let principal =
            principal.pointer("/Statement/0/Principal/AWS").cloned().unwrap_or_default();
        if let Some((owner, name)) =
            principal.as_str().and_then(|arn| arn.get(13..)?.split_once(":role/"))
            && !world.roles.contains_key(&(owner.to_owned(), name.to_owned()))
        {
            return Err((400, "MalformedPolicyDocument", "Invalid principal in policy".into()));
        }
        world.roles.insert(at, Role { trust, ..Role::default() });
        return Ok(json!({}));
    }
    let gone = missing("NoSuchEntity", "the role");
    let Some(role) = world.roles.get_mut(&at) else { return Err(gone) };
    Ok(match operation {
        // IAM gives documents percent-encoded.
        "GetRole" => {
            let arn = format!("arn:aws:iam::{account}:role/{}", text("RoleName"));
            json!({ "Role": {
                "Arn": arn, "RoleName": text("RoleName"), "RoleId": "AROAEXAMPLE", "Path": "/",
                "AssumeRolePolicyDocument": role.trust.replace('{', "%7B"),
            }})
        }
        "UpdateAssumeRolePolicy" => {
            role.trust = text("PolicyDocument");
            json!({})
        }
        "PutRolePolicy" => {
            role.policies.insert(text("PolicyName"), text("PolicyDocument"));
            json!({})
        }
        "GetRolePolicy" => match role.policies.get(&text("PolicyName")) {
            Some(policy) => json!({ "PolicyDocument": policy }),
            None => return Err(missing("NoSuchEntity", "the policy")),
        },
        "ListRolePolicies" => json!({ "PolicyNames": role.policies.keys().collect::<Vec<_>>() }),
        "ListAttachedRolePolicies" => json!({ "AttachedPolicies": [] }),
        "DeleteRolePolicy" => {
            role.policies.remove(&text("PolicyName"));
            json!({})
        }
        "DeleteRole" => {
            assert!(role.policies.is_empty(), "a role with policies cannot be deleted");
            world.roles.remove(&at);
            json!({})
        }
        other => return Err(unknown(other)),
    })
}

fn key(world: &mut World, account: &str, operation: &str, input: &Value, serial: usize) -> Answer {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let resolve = |world: &World, id: String| match id.starts_with("alias/") {
        true => world.aliases.get(&(account.to_owned(), id)).cloned(),
        false => Some(id).filter(|id| world.keys.contains_key(id)),
    };
    match operation {
        "CreateKey" => {
            let arn = format!("arn:aws:kms:us-east-1:{account}:key/{serial}");
            let policy = json!({ "Version": "2012-10-17", "Statement": [{
                "Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*",
                "Principal": { "AWS": format!("arn:aws:iam::{account}:root") }, "Resource": "*",
            }]});
            let key = Key {
                account: account.to_owned(),
                description: text("Description"),
                policy: policy.to_string(),
                pending: false,
            };
            world.keys.insert(arn.clone(), key);
            Ok(json!({ "KeyMetadata": { "Arn": arn } }))
        }
        "CreateAlias" => {
            let at = (account.to_owned(), text("AliasName"));
            assert!(world.aliases.insert(at, text("TargetKeyId")).is_none(), "alias made twice");
            Ok(json!({}))
        }
        "DeleteAlias" => {
            world.aliases.remove(&(account.to_owned(), text("AliasName")));
            Ok(json!({}))
        }
        "ListKeys" => {
            let own = world.keys.iter().filter(|(_, key)| key.account == account);
            Ok(json!({ "Keys": own.map(|(arn, _)| json!({ "KeyId": arn })).collect::<Vec<_>>() }))
        }
        _ => {
            let Some(arn) = resolve(world, text("KeyId")) else {
                return Err(missing("NotFoundException", "the key"));
            };
            let key = world.keys.get_mut(&arn).unwrap();
            Ok(match operation {
                "DescribeKey" => json!({ "KeyMetadata": {
                    "Arn": arn, "Description": key.description,
                    "KeyState": if key.pending { "PendingDeletion" } else { "Enabled" },
                }}),
                "GetKeyPolicy" => json!({ "Policy": key.policy }),
                "PutKeyPolicy" => {
                    key.policy = text("Policy");
                    json!({})
                }
                "ScheduleKeyDeletion" => {
                    key.pending = true;
                    json!({})
                }
                other => return Err(unknown(other)),
            })
        }
    }
}

fn secret(world: &mut World, operation: &str, input: &Value) -> Answer {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    if operation == "CreateSecret" {
        let name = text("Name");
        let made = world.secrets.insert(name.clone(), (arn_of(&name), text("SecretString")));
        assert!(made.is_none(), "secret made twice");
        return Ok(json!({ "ARN": arn_of(&name) }));
    }
    let Some((arn, value)) = world.secrets.get(&text("SecretId")).cloned() else {
        return Err((400, "ResourceNotFoundException", "no such secret".into()));
    };
    Ok(match operation {
        "DescribeSecret" => json!({ "ARN": arn }),
        "GetSecretValue" => json!({ "ARN": arn, "SecretString": value }),
        "DeleteSecret" => {
            world.secrets.remove(&text("SecretId"));
            json!({})
        }
        other => return Err(unknown(other)),
    })
}

fn cluster(world: &mut World, operation: &str, input: &Value) -> Answer {
    let role = |member: &str| input[member][0].as_str().map(str::to_owned);
    if operation == "ModifyClusterIamRoles" {
        world.attached.extend(role("AddIamRoles"));
        if let Some(role) = role("RemoveIamRoles") {
            world.attached.remove(&role);
        }
        return Ok(json!({}));
    }
    let roles: Vec<Value> = world
        .attached
        .iter()
        .map(|arn| json!({ "IamRoleArn": arn, "ApplyStatus": "in-sync" }))
        .collect();
    Ok(json!({ "Clusters": [{
        "ClusterStatus": "available", "MasterUsername": "admin",
        "Endpoint": { "Address": "warehouse.local", "Port": 5439 }, "IamRoles": roles,
    }]}))
}

fn table(world: &World, operation: &str, input: &Value) -> Answer {
    let Some(items) = world.items.get(input["TableName"].as_str().unwrap()) else {
        return Err((400, "ResourceNotFoundException", "Requested resource not found".into()));
    };
    // Pages of two items.
    let start = input["ExclusiveStartKey"]["n"]["N"].as_str().map_or(0, |n| n.parse().unwrap());
    let rest = items.len() - start;
    Ok(match operation {
        "Scan" if rest > 2 => {
            let last = (start + 2).to_string();
            json!({ "Count": 2, "LastEvaluatedKey": { "n": { "N": last } } })
        }
        "Scan" => json!({ "Count": rest }),
        _ => json!({ "Table": { "TableStatus": "ACTIVE", "ItemCount": items.len() } }),
    })
}

fn storage(world: &mut World, operation: &str, input: &Value) -> Answer {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let name = text("Bucket");
    if name.is_empty() {
        return Err(unknown(operation));
    }
    if operation == "CreateBucket" {
        assert!(world.buckets.insert(name, Bucket::default()).is_none(), "bucket made twice");
        return Ok(json!({}));
    }
    let Some(bucket) = world.buckets.get_mut(&name) else {
        return Err(missing("NoSuchBucket", "the bucket"));
    };
    let owner = if bucket.owner.is_empty() { DEV } else { bucket.owner };
    if !text("ExpectedBucketOwner").is_empty() && text("ExpectedBucketOwner") != owner {
        return Err((403, "AccessDenied", "it belongs to another account".into()));
    }
    Ok(match operation {
        "HeadBucket" => json!({ "BucketRegion": "us-east-1" }),
        "GetBucketPolicy" => match &bucket.policy {
            Some(policy) => json!({ "Policy": policy }),
            None => return Err(missing("NoSuchBucketPolicy", "the policy")),
        },
        "PutBucketPolicy" => {
            bucket.policy = Some(text("Policy"));
            json!({})
        }
        "DeleteBucketPolicy" => {
            bucket.policy = None;
            json!({})
        }
        "DeleteBucket" => {
            if !bucket.objects.is_empty() {
                return Err((409, "BucketNotEmpty", "not empty".into()));
            }
            world.buckets.remove(&name);
            json!({})
        }
        "ListObjectsV2" => {
            let prefix = text("Prefix");
            let objects = bucket.objects.iter().filter(|(key, _)| key.starts_with(&prefix));
            let objects: Vec<Value> = objects
                .map(|(key, bytes)| {
                    let etag = format!("\"{}\"", hex::encode(bytes));
                    json!({ "Key": key, "Size": bytes.len(), "LastModified": NOW, "ETag": etag })
                })
                .collect();
            json!({ "Contents": objects })
        }
        "DeleteObject" => {
            bucket.objects.remove(&text("Key"));
            json!({})
        }
        other => return Err(unknown(other)),
    })
}
