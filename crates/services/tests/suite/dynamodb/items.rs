//! Items: written, read, refused; batches and transactions.

use serde_json::{Value, json};

use super::{on_table, order, put, world};

fn key(customer: &str, number: &str) -> Value {
    json!({ "customer": { "S": customer }, "number": { "N": number } })
}

#[test]
fn an_item_is_what_was_put_under_the_value_of_its_key() {
    let (world, admin) = world();
    put(&world, &admin, order("ann", 1, "new", "2026-01-01"));
    let get = |number: &str| {
        let input =
            on_table(json!({ "Key": key("ann", number), "ReturnConsumedCapacity": "TOTAL" }));
        world.ok(&admin, "dynamodb", "GetItem", input)
    };
    let found = get("1.00");
    assert_eq!(found["Item"], order("ann", 1, "new", "2026-01-01"));
    assert_eq!(found["ConsumedCapacity"]["CapacityUnits"], 0.5);
    assert_eq!(get("2").get("Item"), None);
    let some = on_table(json!({
        "Key": key("ann", "1"), "ProjectionExpression": "#t, gone",
        "ExpressionAttributeNames": { "#t": "amount" },
    }));
    let some = world.ok(&admin, "dynamodb", "GetItem", some);
    assert_eq!(some["Item"], json!({ "amount": { "N": "10" } }));
}

#[test]
fn conditions_guard_writes_and_tell_the_item_on_request() {
    let (world, admin) = world();
    let once = || {
        on_table(json!({
            "Item": order("ann", 1, "new", "2026"), "ConditionExpression": "attribute_not_exists(customer)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }))
    };
    assert_eq!(world.told(&admin, "dynamodb", "PutItem", once()), "ok");
    let error = world.call(&admin, "dynamodb", "PutItem", once()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ConditionalCheckFailedException: The conditional request failed"
    );
    let item: Value = serde_json::from_str(&error.extra[0].1).unwrap();
    assert_eq!((error.extra[0].0.as_str(), item), ("Item", order("ann", 1, "new", "2026")));
}

#[test]
fn updates_return_what_is_asked_for() {
    let (world, admin) = world();
    let update = |expression: &str, returns: &str| {
        let input = on_table(json!({
            "Key": key("ann", "1"), "UpdateExpression": expression, "ReturnValues": returns,
            "ExpressionAttributeValues": { ":one": { "N": "1" } },
        }));
        world.ok(&admin, "dynamodb", "UpdateItem", input)["Attributes"].clone()
    };
    let mut whole = key("ann", "1");
    whole["n"] = json!({ "N": "1" });
    assert_eq!(update("ADD n :one", "ALL_NEW"), whole);
    assert_eq!(
        update("SET n = n + :one, m = :one", "UPDATED_NEW"),
        json!({ "n": { "N": "2" }, "m": { "N": "1" } })
    );
    assert_eq!(update("SET n = n - :one", "UPDATED_OLD"), json!({ "n": { "N": "2" } }));
    assert_eq!(update("SET n = :one", "NONE"), Value::Null);
}

#[test]
fn what_no_item_may_be_is_refused_in_dynamodbs_words() {
    let (world, admin) = world();
    let mut wrong_index = order("ann", 1, "new", "2026");
    wrong_index["status"] = json!({ "N": "1" });
    let mut huge = order("ann", 1, "new", "2026");
    huge["note"] = json!({ "S": "x".repeat(400 * 1024) });
    for (operation, input, expected) in [
        (
            "PutItem",
            json!({ "Item": { "customer": { "S": "a" } } }),
            "One or more parameter values were invalid: Missing the key number in the item",
        ),
        (
            "PutItem",
            json!({ "Item": key("", "1") }),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: customer",
        ),
        (
            "PutItem",
            json!({ "Item": key("a", "x") }),
            "The parameter cannot be converted to a numeric value: x",
        ),
        (
            "PutItem",
            json!({ "Item": { "customer": { "S": "a" }, "number": { "S": "1" } } }),
            "One or more parameter values were invalid: Type mismatch for key number expected: N actual: S",
        ),
        (
            "PutItem",
            json!({ "Item": wrong_index }),
            "One or more parameter values were invalid: Type mismatch for Index Key status Expected: S Actual: N IndexName: by-status",
        ),
        ("PutItem", json!({ "Item": huge }), "Item size has exceeded the maximum allowed size"),
        (
            "PutItem",
            json!({ "Item": key(&"k".repeat(2049), "1") }),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            "PutItem",
            json!({ "Item": key("a", "1"), "ReturnValues": "ALL_NEW" }),
            "Return values set to invalid value",
        ),
        (
            "GetItem",
            json!({ "Key": { "customer": { "S": "a" } } }),
            "The provided key element does not match the schema",
        ),
        (
            "UpdateItem",
            json!({ "Key": key("a", "1"), "UpdateExpression": "SET #n = :n", "ExpressionAttributeNames": { "#n": "number" }, "ExpressionAttributeValues": { ":n": { "N": "2" } } }),
            "One or more parameter values were invalid: Cannot update attribute number. This attribute is part of the key",
        ),
        (
            "PutItem",
            json!({ "Item": key("a", "1"), "ExpressionAttributeValues": { ":n": { "N": "2" } } }),
            "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
        ),
    ] {
        let told = world.told(&admin, "dynamodb", operation, on_table(input.clone()));
        assert_eq!(told, format!("400 ValidationException: {expected}"), "{operation}");
    }
}

#[test]
fn batches_read_and_write_many_and_no_item_twice() {
    let (world, admin) = world();
    let requests: Vec<Value> = (0..25)
        .map(|n| json!({ "PutRequest": { "Item": order("ann", n, "new", "2026") } }))
        .collect();
    let write = |requests: Value| json!({ "RequestItems": { "orders": requests } });
    let answer = world.ok(&admin, "dynamodb", "BatchWriteItem", write(json!(requests)));
    assert_eq!(answer["UnprocessedItems"], json!({}));
    let keys: Vec<Value> = (0..30).map(|n: i64| key("ann", &n.to_string())).collect();
    let read = json!({ "RequestItems": { "orders": { "Keys": keys } } });
    let answer = world.ok(&admin, "dynamodb", "BatchGetItem", read);
    assert_eq!(answer["Responses"]["orders"].as_array().unwrap().len(), 25);
    let twice = json!([
        { "PutRequest": { "Item": order("ann", 1, "new", "2026") } },
        { "DeleteRequest": { "Key": key("ann", "1.0") } },
    ]);
    assert_eq!(
        world.told(&admin, "dynamodb", "BatchWriteItem", write(twice)),
        "400 ValidationException: Provided list of item keys contains duplicates"
    );
}

#[test]
fn a_transaction_happens_whole_once_or_not_at_all() {
    let (world, admin) = world();
    put(&world, &admin, order("ann", 1, "new", "2026"));
    let transfer = |from: &str, token: &str| {
        json!({ "ClientRequestToken": token, "TransactItems": [
            { "Update": {
                "TableName": "orders", "Key": key("ann", "1"), "UpdateExpression": "SET amount = amount - :five",
                "ConditionExpression": "amount >= :five", "ExpressionAttributeValues": { ":five": { "N": "5" } },
            } },
            { "Put": { "TableName": "orders", "Item": order("bob", 1, "new", "2026") } },
            { "ConditionCheck": {
                "TableName": "orders", "Key": key(from, "1"), "ConditionExpression": "attribute_not_exists(customer)",
            } },
        ] })
    };
    let amount = || {
        let input = on_table(json!({ "Key": key("ann", "1") }));
        world.ok(&admin, "dynamodb", "GetItem", input)["Item"]["amount"]["N"].clone()
    };
    let write = |input: Value| world.told(&admin, "dynamodb", "TransactWriteItems", input);
    assert_eq!(write(transfer("eve", "t1")), "ok");
    assert_eq!(write(transfer("eve", "t1")), "ok");
    assert_eq!(amount(), "5");
    assert!(write(transfer("joe", "t1")).starts_with("400 IdempotentParameterMismatchException"));
    world.advance(chrono::Duration::minutes(10));
    put(&world, &admin, order("eve", 1, "new", "2026"));
    let refused =
        world.call(&admin, "dynamodb", "TransactWriteItems", transfer("eve", "t1")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons \
         for specific reasons [None, None, ConditionalCheckFailed]"
    );
    let reasons: Value = serde_json::from_str(&refused.extra[0].1).unwrap();
    assert_eq!(
        reasons[2],
        json!({ "Code": "ConditionalCheckFailed", "Message": "The conditional request failed" })
    );
    assert_eq!(amount(), "5");
    let twice = json!({ "TransactItems": [
        { "Delete": { "TableName": "orders", "Key": key("ann", "1") } },
        { "Put": { "TableName": "orders", "Item": order("ann", 1, "new", "2026") } },
    ] });
    assert_eq!(
        write(twice),
        "400 ValidationException: Transaction request cannot include multiple operations on one item"
    );
    let get = json!({ "TransactItems": [
        { "Get": { "TableName": "orders", "Key": key("bob", "1"), "ProjectionExpression": "amount" } },
        { "Get": { "TableName": "orders", "Key": key("nobody", "1") } },
    ] });
    let answer = world.ok(&admin, "dynamodb", "TransactGetItems", get);
    assert_eq!(answer["Responses"], json!([{ "Item": { "amount": { "N": "10" } } }, {}]));
}

#[test]
fn items_nest_thirty_two_levels_deep_also_in_a_batch() {
    let (world, admin) = world();
    let nested = |levels| (0..levels).fold(json!({ "S": "x" }), |value, _| json!({ "L": [value] }));
    let item = |levels| {
        let mut item = key("ann", "1");
        item["deep"] = nested(levels);
        item
    };
    let told = |item: Value| {
        let batch = json!({ "RequestItems": { "orders": [{ "PutRequest": { "Item": item } }] } });
        world.told(&admin, "dynamodb", "BatchWriteItem", batch)
    };
    assert_eq!(told(item(32)), "ok");
    let refused = "400 ValidationException: Nesting Levels have exceeded supported limits";
    assert_eq!(told(item(33)), refused);
    let get = on_table(json!({ "Key": key("ann", "1") }));
    assert_eq!(world.ok(&admin, "dynamodb", "GetItem", get)["Item"], item(32));
}
