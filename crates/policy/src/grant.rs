//! KMS grants, written as policies.
//!
//! A grant allows one grantee some operations on one key, perhaps only with a certain encryption
//! context ("Grants in AWS KMS", KMS Developer Guide). The words are those of key policies, so an
//! explanation shows a grant like any other policy. Start at [`statements`].

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Operations to which constraints apply; the others take no encryption context ("Using grant
/// constraints", KMS Developer Guide).
pub const WITH_CONTEXT: [&str; 8] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
];

/// The encryption context that a grant asks for.
#[derive(Debug, Clone, Copy)]
pub enum Constraint<'a> {
    /// Exactly these pairs (`EncryptionContextEquals`).
    Equals(&'a BTreeMap<String, String>),
    /// At least these pairs (`EncryptionContextSubset`).
    Subset(&'a BTreeMap<String, String>),
}

/// The statements of a grant.
pub fn statements(
    grantee: &str,
    operations: &[String],
    constraint: Option<Constraint<'_>>,
) -> Vec<Value> {
    let (bound, free): (Vec<&String>, Vec<&String>) =
        operations.iter().partition(|name| WITH_CONTEXT.contains(&name.as_str()));
    let mut statements = Vec::new();
    if !bound.is_empty() {
        let mut statement = statement(grantee, &bound);
        if let (Some(constraint), Some(members)) = (constraint, statement.as_object_mut()) {
            members.insert("Condition".to_owned(), condition(constraint));
        }
        statements.push(statement);
    }
    if !free.is_empty() {
        statements.push(statement(grantee, &free));
    }
    statements
}

/// A statement that allows a principal some operations on the key.
pub fn statement(principal: &str, operations: &[&String]) -> Value {
    let actions: Vec<String> = operations.iter().map(|name| format!("kms:{name}")).collect();
    json!({
        "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions, "Resource": "*",
    })
}

/// The document of these statements. The older version of the language has no variables, which
/// values here must not become.
pub fn document(id: &str, statements: &[Value]) -> Value {
    json!({ "Version": "2008-10-17", "Id": id, "Statement": statements })
}

fn condition(constraint: Constraint<'_>) -> Value {
    let (Constraint::Equals(pairs) | Constraint::Subset(pairs)) = constraint;
    let equal: Map<String, Value> = pairs
        .iter()
        .map(|(key, value)| (format!("kms:EncryptionContext:{key}"), value.clone().into()))
        .collect();
    match constraint {
        Constraint::Subset(_) => json!({ "StringEquals": equal }),
        Constraint::Equals(all) => {
            let keys: Vec<&String> = all.keys().collect();
            json!({
                "StringEquals": equal,
                "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": keys },
            })
        }
    }
}
