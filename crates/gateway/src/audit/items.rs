//! What of DynamoDB's calls on items may stand in a record: keys and expressions, but no other
//! values ("Understanding DynamoDB log file entries", Developer Guide).

use serde_json::Value;

/// Members whose values are those of items.
const VALUES: [&str; 7] = [
    "attributeUpdates",
    "exclusiveStartKey",
    "expected",
    "expressionAttributeValues",
    "keyConditions",
    "queryFilter",
    "scanFilter",
];

/// Whether an operation is on items.
pub(super) fn is_on_items(operation: &str) -> bool {
    operation.contains("Item") || operation == "Query" || operation == "Scan"
}

/// Takes values out of parameters; an item's names stay.
pub(super) fn take_values(parameters: &mut Value) {
    match parameters {
        Value::Object(members) => {
            members.retain(|name, _| !VALUES.contains(&name.as_str()));
            for (name, value) in members.iter_mut() {
                match value {
                    Value::Object(item) if name == "item" => {
                        *value = item.keys().cloned().map(Value::from).collect();
                    }
                    _ if name == "key" || name == "keys" => {}
                    value => take_values(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(take_values),
        _ => {}
    }
}
