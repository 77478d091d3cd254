//! Shapes of policy elements in JSON, shared by the validators.

use serde_json::{Map, Value};

/// The statements: one object, or a list that is not empty.
pub(super) fn statements(policy: &Map<String, Value>) -> Option<Vec<&Map<String, Value>>> {
    match policy.get("Statement")? {
        Value::Object(single) => Some(vec![single]),
        Value::Array(list) if !list.is_empty() => list.iter().map(Value::as_object).collect(),
        _ => None,
    }
}

/// The texts of an element that is a string or a list; `null` in a list is passed over.
pub(super) fn texts<'v>(statement: &'v Map<String, Value>, element: &str) -> Vec<&'v str> {
    match statement.get(element) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether an element is absent, a string, or a list of strings.
pub(super) fn is_textual(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::String(_)) => true,
        Some(Value::Array(list)) => list.iter().all(|item| item.is_string() || item.is_null()),
        Some(_) => false,
    }
}

/// Every operator, key and value list of a `Condition`; `None` when it has another shape.
pub(super) fn conditions(value: Option<&Value>) -> Option<Vec<(&str, &str, Vec<&Value>)>> {
    let mut found = Vec::new();
    let Some(value) = value else { return Some(found) };
    for (operator, keys) in value.as_object()? {
        for (key, values) in keys.as_object()? {
            let values = match values {
                Value::Array(list) => list.iter().collect(),
                single => vec![single],
            };
            let scalar =
                |value: &&Value| value.is_string() || value.is_boolean() || value.is_number();
            if !values.iter().all(scalar) {
                return None;
            }
            found.push((operator.as_str(), key.as_str(), values));
        }
    }
    Some(found)
}
