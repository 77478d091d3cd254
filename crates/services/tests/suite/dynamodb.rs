//! DynamoDB: tables, items, pages, transactions, time, and who may see which item.

pub(crate) mod outputs;

mod elder;
mod items;
mod pages;
mod permissions;
mod tables;

use chrono::Duration;
use serde_json::{Value, json};
use testkit::{Caller, World};

/// A table of orders by customer and number, with a local index by time and a global one by
/// status.
pub(crate) fn orders() -> Value {
    let key = |hash: &str, range: &str| {
        json!([
            { "AttributeName": hash, "KeyType": "HASH" },
            { "AttributeName": range, "KeyType": "RANGE" },
        ])
    };
    json!({
        "TableName": "orders",
        "KeySchema": key("customer", "number"),
        "AttributeDefinitions": [
            { "AttributeName": "customer", "AttributeType": "S" },
            { "AttributeName": "number", "AttributeType": "N" },
            { "AttributeName": "status", "AttributeType": "S" },
            { "AttributeName": "placed", "AttributeType": "S" },
        ],
        "LocalSecondaryIndexes": [{
            "IndexName": "by-time", "KeySchema": key("customer", "placed"),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-status", "KeySchema": key("status", "placed"),
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["amount"] },
        }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

/// A resource policy that lets an account do one thing.
pub(crate) fn guarding(action: &str, account: &str) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": account }, "Action": action, "Resource": "*",
    }] })
    .to_string()
}

/// A world with the table, and its administrator.
fn world() -> (World, Caller) {
    let world = World::new();
    let admin = world.admin("prod");
    world.ok(&admin, "dynamodb", "CreateTable", orders());
    world.advance(Duration::seconds(1));
    (world, admin)
}

/// An order.
fn order(customer: &str, number: i64, status: &str, placed: &str) -> Value {
    json!({
        "customer": { "S": customer }, "number": { "N": number.to_string() },
        "status": { "S": status }, "placed": { "S": placed }, "amount": { "N": "10" },
        "note": { "S": "n" },
    })
}

/// A call on the table with more members.
fn on_table(more: Value) -> Value {
    let mut input = json!({ "TableName": "orders" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn put(world: &World, caller: &Caller, item: Value) {
    world.ok(caller, "dynamodb", "PutItem", on_table(json!({ "Item": item })));
}
