//! The parameters from before expressions.

use serde_json::{Value, json};

use super::{on_table, order, put, world};

fn key() -> Value {
    json!({ "customer": { "S": "ann" }, "number": { "N": "1" } })
}

#[test]
fn expectations_guard_writes() {
    let (world, admin) = world();
    put(&world, &admin, order("ann", 1, "new", "2026"));
    let ten = json!({ "N": "10" });
    for (expected, operator, outcome) in [
        (json!({ "status": { "Exists": false } }), None, "failed"),
        (json!({ "gone": { "Exists": false } }), None, "ok"),
        (json!({ "amount": { "Value": ten } }), None, "ok"),
        (
            json!({ "amount": { "ComparisonOperator": "LT", "AttributeValueList": [ten] } }),
            None,
            "failed",
        ),
        (
            json!({ "amount": { "ComparisonOperator": "BETWEEN", "AttributeValueList": [{ "N": "9" }, ten] } }),
            None,
            "ok",
        ),
        (
            json!({ "amount": { "ComparisonOperator": "IN", "AttributeValueList": [{ "N": "9" }, ten] } }),
            None,
            "ok",
        ),
        (
            json!({ "amount": { "Value": ten }, "gone": { "ComparisonOperator": "NOT_NULL" } }),
            None,
            "failed",
        ),
        (
            json!({ "amount": { "Value": ten }, "gone": { "ComparisonOperator": "NOT_NULL" } }),
            Some("OR"),
            "ok",
        ),
        (
            json!({ "status": { "ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{ "S": "n" }] } }),
            None,
            "ok",
        ),
        (
            json!({ "amount": { "Value": ten } }),
            Some("OR"),
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        ),
        (
            json!({ "amount": { "Exists": true } }),
            None,
            "One or more parameter values were invalid: Value must be provided when Exists is true for Attribute: amount",
        ),
        (
            json!({ "amount": { "ComparisonOperator": "EQ" } }),
            None,
            "One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator",
        ),
    ] {
        let mut input =
            on_table(json!({ "Item": order("ann", 1, "new", "2026"), "Expected": expected }));
        if let Some(operator) = operator {
            input["ConditionalOperator"] = operator.into();
        }
        let told = world.told(&admin, "dynamodb", "PutItem", input.clone());
        let outcome = match outcome {
            "failed" => {
                "400 ConditionalCheckFailedException: The conditional request failed".to_owned()
            }
            "ok" => "ok".to_owned(),
            text => format!("400 ValidationException: {text}"),
        };
        assert_eq!(told, outcome, "{input}");
    }
    let mixed = on_table(json!({
        "Item": key(), "Expected": {}, "ConditionExpression": "attribute_exists(customer)",
    }));
    let told = world.told(&admin, "dynamodb", "PutItem", mixed);
    assert!(told.contains("Can not use both expression and non-expression parameters"), "{told}");
}

#[test]
fn attribute_updates_change_items() {
    let (world, admin) = world();
    put(&world, &admin, order("ann", 1, "new", "2026"));
    let update = on_table(json!({
        "Key": key(), "ReturnValues": "UPDATED_NEW",
        "AttributeUpdates": {
            "amount": { "Action": "ADD", "Value": { "N": "5" } },
            "note": { "Action": "DELETE" },
            "tags": { "Action": "ADD", "Value": { "SS": ["x"] } },
            "fresh": { "Value": { "S": "y" } },
        },
    }));
    let answer = world.ok(&admin, "dynamodb", "UpdateItem", update);
    let expected =
        json!({ "amount": { "N": "15" }, "tags": { "SS": ["x"] }, "fresh": { "S": "y" } });
    assert_eq!(answer["Attributes"], expected);
    let wrong = on_table(json!({
        "Key": key(), "AttributeUpdates": { "note": { "Action": "ADD", "Value": { "S": "x" } } },
    }));
    assert_eq!(
        world.told(&admin, "dynamodb", "UpdateItem", wrong),
        "400 ValidationException: One or more parameter values were invalid: ADD action is not \
         supported for the type STRING"
    );
}

#[test]
fn key_conditions_and_filters_search() {
    let (world, admin) = world();
    for number in 1..6 {
        let status = if number % 2 == 0 { "old" } else { "new" };
        put(&world, &admin, order("ann", number, status, "2026"));
    }
    let query = on_table(json!({
        "KeyConditions": {
            "customer": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "ann" }] },
            "number": { "ComparisonOperator": "GT", "AttributeValueList": [{ "N": "1" }] },
        },
        "QueryFilter": {
            "status": { "ComparisonOperator": "NE", "AttributeValueList": [{ "S": "old" }] },
        },
        "AttributesToGet": ["number"],
    }));
    let answer = world.ok(&admin, "dynamodb", "Query", query);
    assert_eq!(answer["Items"], json!([{ "number": { "N": "3" } }, { "number": { "N": "5" } }]));
    assert_eq!(answer["ScannedCount"], 4);
    let scan = on_table(json!({ "ScanFilter": {
        "status": { "ComparisonOperator": "CONTAINS", "AttributeValueList": [{ "S": "ol" }] },
    } }));
    assert_eq!(world.ok(&admin, "dynamodb", "Scan", scan)["Count"], 2);
}
