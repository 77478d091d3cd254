//! Who may see which item: condition keys, resource policies, other accounts, the trail.

use chrono::Duration;
use serde_json::{Value, json};
use testkit::allow;

use super::{guarding, on_table, order, put, world};

const TABLE: &str = "arn:aws:dynamodb:us-east-1:111111111111:table/orders";

fn key(customer: &str) -> Value {
    json!({ "customer": { "S": customer }, "number": { "N": "1" } })
}

#[test]
fn leading_keys_and_attributes_bound_what_a_user_reaches() {
    let (world, admin) = world();
    put(&world, &admin, order("ann", 1, "new", "2026"));
    put(&world, &admin, order("bob", 1, "new", "2026"));
    let mut statement = allow(&["dynamodb:*"], &[TABLE]);
    statement["Condition"] = json!({
        "ForAllValues:StringEquals": {
            "dynamodb:LeadingKeys": ["ann"],
            "dynamodb:Attributes": ["customer", "number", "amount", "status"],
        },
        "StringEqualsIfExists": {
            "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"],
        },
    });
    let ann = world.user("prod", "ann", &[statement]);
    let get = |customer: &str, wanted: Option<&str>| {
        let mut input = json!({ "Key": key(customer) });
        if let Some(wanted) = wanted {
            input["ProjectionExpression"] = wanted.into();
        }
        ("GetItem", input)
    };
    let update = |customer: &str, expression: &str, returns: &str| {
        let values = json!({ ":v": { "N": "1" } });
        let input = json!({
            "Key": key(customer), "UpdateExpression": expression, "ReturnValues": returns,
            "ExpressionAttributeValues": values,
        });
        ("UpdateItem", input)
    };
    let query = |customer: &str| {
        let input = json!({
            "KeyConditionExpression": "customer = :c", "ProjectionExpression": "amount",
            "ExpressionAttributeValues": { ":c": { "S": customer } },
        });
        ("Query", input)
    };
    for ((operation, input), allowed) in [
        (get("ann", Some("amount")), true),
        (get("bob", Some("amount")), false),
        (get("ann", Some("amount, note")), false),
        (get("ann", None), false),
        (update("ann", "SET amount = :v", "NONE"), true),
        (update("ann", "SET note = :v", "NONE"), false),
        (update("bob", "SET amount = :v", "NONE"), false),
        (update("ann", "SET amount = :v", "ALL_NEW"), false),
        (query("ann"), true),
        (query("bob"), false),
    ] {
        let told = world.told(&ann, "dynamodb", operation, on_table(input.clone()));
        assert_eq!(told == "ok", allowed, "{operation} {input}: {told}");
        assert!(allowed || told.contains("AccessDeniedException"), "{operation} {input}: {told}");
    }
    let both = json!({ "RequestItems": { "orders": {
        "Keys": [key("ann"), key("bob")], "ProjectionExpression": "amount",
    } } });
    let told = world.told(&ann, "dynamodb", "BatchGetItem", both);
    assert!(told.contains("AccessDeniedException"), "{told}");
}

#[test]
fn a_transactions_actions_are_asked_for_one_by_one() {
    let (world, _) = world();
    let mut statement = allow(&["dynamodb:PutItem"], &[TABLE]);
    statement["Condition"] =
        json!({ "StringEquals": { "dynamodb:EnclosingOperation": "TransactWriteItems" } });
    let user = world.user("prod", "writer", &[statement]);
    let item = order("ann", 1, "new", "2026");
    let put = json!({ "Put": { "TableName": "orders", "Item": item } });
    let delete = json!({ "Delete": { "TableName": "orders", "Key": key("bob") } });
    let told = |operation, input| world.told(&user, "dynamodb", operation, input);
    assert_eq!(told("TransactWriteItems", json!({ "TransactItems": [put] })), "ok");
    let denied = told("TransactWriteItems", json!({ "TransactItems": [put, delete] }));
    assert!(denied.contains("dynamodb:DeleteItem"), "{denied}");
    let denied = told("PutItem", on_table(json!({ "Item": item })));
    assert!(denied.contains("AccessDeniedException"), "{denied}");
}

#[test]
fn another_account_comes_in_by_arn_and_resource_policy_only() {
    let (world, admin) = world();
    put(&world, &admin, order("ann", 1, "new", "2026"));
    let stranger = world.admin("dev");
    let get = json!({ "TableName": TABLE, "Key": key("ann") });
    let told = world.told(&stranger, "dynamodb", "GetItem", get.clone());
    assert!(told.contains("AccessDeniedException"), "{told}");
    let policy = guarding("dynamodb:GetItem", "222222222222");
    let input = json!({ "ResourceArn": TABLE, "Policy": policy });
    world.ok(&admin, "dynamodb", "PutResourcePolicy", input);
    assert_eq!(world.ok(&stranger, "dynamodb", "GetItem", get)["Item"]["note"]["S"], "n");
    let told = world.told(&stranger, "dynamodb", "Scan", json!({ "TableName": TABLE }));
    assert!(told.contains("AccessDeniedException"), "{told}");
    // Nor does a refusal tell what its keys are.
    let query = json!({
        "TableName": TABLE, "KeyConditionExpression": "guess = :v",
        "ExpressionAttributeValues": { ":v": { "S": "x" } },
    });
    let told = world.told(&stranger, "dynamodb", "Query", query);
    assert!(told.contains("AccessDeniedException"), "{told}");
    // By its name the table is another one: the stranger's own.
    let told = world.told(&stranger, "dynamodb", "Scan", on_table(json!({})));
    assert_eq!(told, "400 ResourceNotFoundException: Requested resource not found");
    let expected = json!({ "ResourceArn": TABLE, "ExpectedRevisionId": "7" });
    let told = world.told(&admin, "dynamodb", "DeleteResourcePolicy", expected);
    assert!(told.contains("PolicyNotFoundException"), "{told}");
}

#[test]
fn a_query_on_an_index_needs_the_index() {
    let (world, _) = world();
    let user = world.user("prod", "reader", &[allow(&["dynamodb:Scan"], &[TABLE])]);
    assert_eq!(world.told(&user, "dynamodb", "Scan", on_table(json!({}))), "ok");
    let denied =
        world.told(&user, "dynamodb", "Scan", on_table(json!({ "IndexName": "by-status" })));
    assert!(denied.contains(&format!("{TABLE}/index/by-status")), "{denied}");
}

#[test]
fn records_of_calls_on_items_are_data_events_without_values() {
    let (world, admin) = world();
    put(&world, &admin, order("ann", 1, "hush", "2026"));
    let record: Value = serde_json::from_str(world.whole_audit().last().unwrap()).unwrap();
    assert_eq!(record["eventCategory"], "Data");
    assert_eq!(record["resources"][0]["type"], "AWS::DynamoDB::Table");
    assert_eq!(
        record["requestParameters"]["item"],
        json!(["customer", "number", "status", "placed", "amount", "note"])
    );
    assert!(!record.to_string().contains("hush"), "{record}");
    world.ok(&admin, "dynamodb", "ListTables", json!({}));
    let record: Value = serde_json::from_str(world.whole_audit().last().unwrap()).unwrap();
    assert_eq!(record["eventCategory"], "Management");
}

#[test]
fn a_table_under_a_customers_key_needs_the_key() {
    let (world, admin) = world();
    let key = world.ok(&admin, "kms", "CreateKey", json!({}))["KeyMetadata"]["Arn"].clone();
    let table = |name: &str| {
        json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "SSESpecification": { "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": key },
        })
    };
    let made = world.ok(&admin, "dynamodb", "CreateTable", table("sealed"));
    assert_eq!(made["TableDescription"]["SSEDescription"]["KMSMasterKeyArn"], key);
    let user = world.user("prod", "maker", &[allow(&["dynamodb:*"], &["*"])]);
    let told = world.told(&user, "dynamodb", "CreateTable", table("other"));
    assert!(
        told.starts_with("400 ValidationException: KMS validation error: AccessDenied"),
        "{told}"
    );
    world.advance(Duration::seconds(1));
}
