//! What stands in an account: the proof that a movement left nothing behind.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::aws::Session;
use crate::context::Context;
use crate::explain;
use crate::trouble::Result;

/// One kind of thing: how it is listed and what names it.
struct Kind {
    word: &'static str,
    service: &'static str,
    operation: &'static str,
    list: &'static str,
    name: &'static str,
}

const KINDS: [Kind; 7] = [
    Kind { word: "role", service: "iam", operation: "ListRoles", list: "Roles", name: "RoleName" },
    Kind {
        word: "policy",
        service: "iam",
        operation: "ListPolicies",
        list: "Policies",
        name: "PolicyName",
    },
    Kind {
        word: "secret",
        service: "secretsmanager",
        operation: "ListSecrets",
        list: "SecretList",
        name: "Name",
    },
    Kind {
        word: "alias",
        service: "kms",
        operation: "ListAliases",
        list: "Aliases",
        name: "AliasName",
    },
    Kind { word: "key", service: "kms", operation: "ListKeys", list: "Keys", name: "KeyId" },
    Kind { word: "bucket", service: "s3", operation: "ListBuckets", list: "Buckets", name: "Name" },
    Kind {
        word: "cluster",
        service: "redshift",
        operation: "DescribeClusters",
        list: "Clusters",
        name: "ClusterIdentifier",
    },
];

/// Everything a movement could have made, by kind and name. Keys that are being deleted count as
/// gone: AWS keeps them for some days, unusable.
pub(super) async fn take(cx: &Context, session: &Session) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for kind in &KINDS {
        let input = match kind.word {
            "policy" => json!({ "Scope": "Local" }),
            _ => json!({}),
        };
        let answer = ask(cx, session, kind.service, kind.operation, input).await?;
        for item in answer.get(kind.list).and_then(Value::as_array).into_iter().flatten() {
            let name = item.get(kind.name).and_then(Value::as_str).unwrap_or_default();
            // AWS's own aliases and keys are there in every account.
            let aws = name.starts_with("alias/aws/");
            if !aws && (kind.word != "key" || is_usable(cx, session, name).await?) {
                found.insert(format!("{} {name}", kind.word));
            }
        }
    }
    Ok(found)
}

async fn is_usable(cx: &Context, session: &Session, key: &str) -> Result<bool> {
    let answer = ask(cx, session, "kms", "DescribeKey", json!({ "KeyId": key })).await?;
    let text = |name: &str| answer.pointer(&format!("/KeyMetadata/{name}")).and_then(Value::as_str);
    Ok(text("KeyManager") != Some("AWS") && text("KeyState") != Some("PendingDeletion"))
}

async fn ask(
    cx: &Context,
    session: &Session,
    service: &str,
    operation: &str,
    input: Value,
) -> Result<Value> {
    match cx.api.call(session, service, operation, input).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let tried = format!("list what stands in {}", session.label);
            let api = cx.api.as_ref();
            Err(Box::new(explain::api(api, &[session], tried, &error).await))
        }
    }
}
