//! What of a call's input and output may stand in the audit log.

use serde_json::{Map, Value};
use wire::{Kind, Model, ShapeId};

/// What stands in place of a sensitive value, as in CloudTrail's own records.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// Members that hold secrets although no model marks their shape as sensitive.
const SECRET_MEMBERS: [&str; 13] = [
    "SecretAccessKey",
    "SessionToken",
    "MasterUserPassword",
    "Password",
    "OldPassword",
    "NewPassword",
    "DbPassword",
    "AuthenticationCode1",
    "AuthenticationCode2",
    "TokenCode",
    "WebIdentityToken",
    "SAMLAssertion",
    "SSECustomerKey",
];
/// A longer text is cut: the log is for what was asked, not for the data. The largest policy of
/// any service fits in.
const MAX_TEXT_BYTES: usize = 32 * 1_024;

/// A copy of `value`, of the shape `shape`, without secrets. Bytes are left out altogether: they
/// are what the log is not for (plaintexts, ciphertexts, key material), and KMS's own records
/// have none.
pub(crate) fn redacted(model: &Model, shape: Option<ShapeId>, value: &Value) -> Value {
    let Some(id) = shape else { return value.clone() };
    let shape = model.shape(id);
    if shape.is_sensitive() && !value.is_null() {
        return HIDDEN.into();
    }
    match (shape.kind(), value) {
        (Kind::Structure(structure), Value::Object(members)) => {
            let mut copy = Map::new();
            for (name, value) in members {
                let member = structure.member(name);
                let hidden = SECRET_MEMBERS.contains(&name.as_str());
                let bytes = |member: &wire::Member| {
                    matches!(model.shape(member.shape()).kind(), Kind::Blob)
                };
                let value = match member {
                    _ if value.is_null() || member.is_some_and(bytes) => continue,
                    _ if hidden => HIDDEN.into(),
                    Some(member) => redacted(model, Some(member.shape()), value),
                    None => HIDDEN.into(),
                };
                copy.insert(lower_first(name), value);
            }
            Value::Object(copy)
        }
        (Kind::List { element, .. }, Value::Array(items)) => {
            items.iter().map(|item| redacted(model, Some(element.shape()), item)).collect()
        }
        (Kind::Map { value: of, .. }, Value::Object(entries)) => {
            let entry = |(key, value): (&String, &Value)| {
                (key.clone(), redacted(model, Some(of.shape()), value))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        (_, Value::String(text)) if text.len() > MAX_TEXT_BYTES => {
            let cut: String = text.chars().take(MAX_TEXT_BYTES / 4).collect();
            format!("{cut}…").into()
        }
        _ => value.clone(),
    }
}

/// CloudTrail writes members in lower camel case.
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
