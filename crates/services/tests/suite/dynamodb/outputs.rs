//! Every operation once, for the comparison of outputs with the interface model.

use chrono::Duration;
use serde_json::{Value, json};

use crate::outputs::Caller;

pub(crate) fn call(caller: &Caller) {
    let ok = |operation: &str, input: Value| caller.ok("dynamodb", operation, input);
    let table = ok("CreateTable", super::orders());
    let arn = table["TableDescription"]["TableArn"].clone();
    caller.world.advance(Duration::seconds(1));
    let by_name = json!({ "TableName": "orders" });
    ok("DescribeTable", by_name.clone());
    ok("ListTables", json!({}));
    ok("DescribeLimits", json!({}));
    ok("DescribeEndpoints", json!({}));
    let key = json!({ "customer": { "S": "c" }, "number": { "N": "1" } });
    let all = json!({
        "TableName": "orders", "ReturnConsumedCapacity": "INDEXES",
        "ReturnItemCollectionMetrics": "SIZE",
    });
    let with = |more: Value| {
        let mut input = all.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let item = json!({ "customer": { "S": "c" }, "number": { "N": "1" }, "status": { "S": "new" },
        "placed": { "S": "2026" } });
    ok("PutItem", with(json!({ "Item": item, "ReturnValues": "ALL_OLD" })));
    ok("GetItem", with(json!({ "Key": key })));
    ok("Scan", with(json!({ "Limit": 1 })));
    ok(
        "Query",
        with(json!({
            "KeyConditionExpression": "customer = :c",
            "ExpressionAttributeValues": { ":c": { "S": "c" } },
        })),
    );
    let update = json!({
        "UpdateExpression": "SET amount = :t", "ExpressionAttributeValues": { ":t": { "N": "1" } },
        "Key": key, "ReturnValues": "UPDATED_NEW",
    });
    ok("UpdateItem", with(update));
    batches(caller, &key, &item);
    ok("DeleteItem", with(json!({ "Key": key, "ReturnValues": "ALL_OLD" })));
    let ttl = json!({ "Enabled": true, "AttributeName": "ends" });
    ok("UpdateTimeToLive", json!({ "TableName": "orders", "TimeToLiveSpecification": ttl }));
    ok("DescribeTimeToLive", by_name.clone());
    let by_arn = json!({ "ResourceArn": arn });
    let tags = json!([{ "Key": "a", "Value": "b" }]);
    ok("TagResource", json!({ "ResourceArn": arn, "Tags": tags }));
    ok("ListTagsOfResource", by_arn.clone());
    ok("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["a"] }));
    let policy = super::guarding("dynamodb:GetItem", "222222222222");
    ok("PutResourcePolicy", json!({ "ResourceArn": arn, "Policy": policy }));
    ok("GetResourcePolicy", by_arn.clone());
    ok("DeleteResourcePolicy", by_arn);
    ok("UpdateTable", json!({ "TableName": "orders", "DeletionProtectionEnabled": false }));
    caller.world.advance(Duration::seconds(1));
    ok("DeleteTable", by_name);
    caller.world.advance(Duration::seconds(1));
}

fn batches(caller: &Caller, key: &Value, item: &Value) {
    let ok = |operation: &str, input: Value| caller.ok("dynamodb", operation, input);
    let more = json!({ "ReturnConsumedCapacity": "TOTAL", "ReturnItemCollectionMetrics": "SIZE" });
    let with = |member: &str, value: Value| {
        let mut input = more.clone();
        input[member] = value;
        input
    };
    let put = json!({ "orders": [{ "PutRequest": { "Item": item } }] });
    ok("BatchWriteItem", with("RequestItems", put));
    ok("BatchGetItem", with("RequestItems", json!({ "orders": { "Keys": [key] } })));
    let put = json!([{ "Put": { "TableName": "orders", "Item": item } }]);
    ok("TransactWriteItems", with("TransactItems", put));
    let get = json!([{ "Get": { "TableName": "orders", "Key": key } }]);
    ok("TransactGetItems", with("TransactItems", get));
}
