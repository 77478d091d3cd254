//! KMS keys: key policy, facts that conditions ask for, aliases and tags.

use std::collections::BTreeMap;

use names::{AccountId, Arn};
use policy::{Policy, PolicyKind};
use serde_json::{Value, json};

use super::Object;
use crate::answer::Unread;
use crate::gathered::{self, Gathered, items, text};
use crate::survey::{Read, Survey};
use crate::{AccessError, document};

pub(super) async fn read(
    survey: &Survey,
    account: &AccountId,
    arn: &Arn,
    gathered: &mut Gathered,
) -> Result<Object, AccessError> {
    let call = |operation| Read { account, region: arn.region.as_ref(), service: "kms", operation };
    let mut object =
        Object { arn: arn.to_string(), owner: Some(account.clone()), region: arn.region.clone() };
    match survey.read(&call("DescribeKey"), json!({ "KeyId": object.arn })).await? {
        Ok(answer) => {
            object.arn = text(&answer, "/KeyMetadata/Arn").unwrap_or(&object.arn).to_owned();
            metadata(gathered, &answer);
        }
        Err(error) if error.is_missing() => {
            super::absent(gathered, &format!("key {arn}"));
            return Ok(object);
        }
        Err(_) => {}
    }
    if arn.resource.starts_with("alias/") {
        gathered.context.set("kms:RequestAlias", arn.resource.clone());
    }
    let id = json!({ "KeyId": object.arn });
    let title = format!("key policy of {}", object.arn);
    let input = json!({ "KeyId": object.arn, "PolicyName": "default" });
    match survey.read(&call("GetKeyPolicy"), input).await? {
        Ok(answer) => {
            let policy = text(&answer, "/Policy").unwrap_or_default();
            let read = document::read(PolicyKind::Key, &title, policy);
            gathered.policies.resource = gathered.take(read);
        }
        Err(error) => {
            gathered.unread.push(Unread::policy(PolicyKind::Key, title, error.to_string()));
        }
    }
    let marker = ("Marker", "NextMarker");
    let title = format!("grants on {}", object.arn);
    match survey.list(&call("ListGrants"), id.clone(), "Grants", marker).await? {
        Ok(grants) => {
            for one in &grants {
                let read = grant(one, &object.arn);
                let read = gathered.take(read);
                gathered.policies.grants.extend(read);
            }
        }
        // Grants only allow.
        Err(error) => gathered.unread.push(Unread {
            could_deny: false,
            ..Unread::policy(PolicyKind::Grant, title, error.to_string())
        }),
    }
    if let Ok(tags) = survey.list(&call("ListResourceTags"), id.clone(), "Tags", marker).await? {
        let tags = gathered::tags(&json!({ "Tags": tags }), "/Tags");
        gathered.tags("aws:ResourceTag", &tags);
    }
    if let Ok(aliases) = survey.list(&call("ListAliases"), id, "Aliases", marker).await? {
        let names: Vec<&str> =
            aliases.iter().filter_map(|alias| text(alias, "/AliasName")).collect();
        if names.is_empty() {
            gathered.absent(["kms:ResourceAliases"]);
        } else {
            gathered.context.insert("kms:ResourceAliases", names);
        }
    }
    Ok(object)
}

/// A grant as the policy it amounts to.
fn grant(entry: &Value, key: &str) -> Result<Policy, Unread> {
    let id = text(entry, "/GrantId").unwrap_or_default();
    let name = text(entry, "/Name").map(|name| format!(" ({name})")).unwrap_or_default();
    let title = format!("grant {id}{name} on {key}");
    let operations: Vec<String> = items(entry, "/Operations")
        .filter_map(|operation| operation.as_str().map(str::to_owned))
        .collect();
    let pairs = |pointer: &str| -> Option<BTreeMap<String, String>> {
        let pairs = entry.pointer(pointer)?.as_object()?.iter();
        pairs.map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    };
    let equals = pairs("/Constraints/EncryptionContextEquals");
    let subset = pairs("/Constraints/EncryptionContextSubset");
    let constraint = match (&equals, &subset) {
        (Some(pairs), _) => Some(policy::grant::Constraint::Equals(pairs)),
        (None, Some(pairs)) => Some(policy::grant::Constraint::Subset(pairs)),
        (None, None) => None,
    };
    let grantee = text(entry, "/GranteePrincipal").unwrap_or_default();
    let statements = policy::grant::statements(grantee, &operations, constraint);
    let document = policy::grant::document(id, &statements).to_string();
    document::read(PolicyKind::Grant, &title, &document)
}

fn metadata(gathered: &mut Gathered, answer: &Value) {
    let facts = [
        ("kms:KeySpec", "/KeyMetadata/KeySpec"),
        ("kms:KeyUsage", "/KeyMetadata/KeyUsage"),
        ("kms:KeyOrigin", "/KeyMetadata/Origin"),
    ];
    for (key, pointer) in facts {
        gathered.context.set_some(key, text(answer, pointer));
    }
    let region = answer.pointer("/KeyMetadata/MultiRegion").and_then(Value::as_bool);
    gathered.context.set("kms:MultiRegion", region.unwrap_or(false).to_string());
    if text(answer, "/KeyMetadata/KeyState").is_some_and(|state| state != "Enabled") {
        let state = text(answer, "/KeyMetadata/KeyState").unwrap_or_default();
        gathered.notes.push(format!("the key is {state}: KMS refuses to use it"));
    }
}
