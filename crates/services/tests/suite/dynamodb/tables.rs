//! Tables: their life by the clock, what they may not be, indexes that come and go, time to live.

use chrono::Duration;
use serde_json::{Value, json};
use testkit::World;

use super::{on_table, order, orders, put, world};

fn status(world: &World) -> String {
    let told = world.call(&world.admin("prod"), "dynamodb", "DescribeTable", on_table(json!({})));
    match told {
        Ok(table) => table["Table"]["TableStatus"].as_str().unwrap().to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_table_comes_and_goes_by_the_clock() {
    let world = World::new();
    let admin = world.admin("prod");
    let told = |operation, input| world.told(&admin, "dynamodb", operation, input);
    let made = world.ok(&admin, "dynamodb", "CreateTable", orders());
    assert_eq!(made["TableDescription"]["TableStatus"], "CREATING");
    assert_eq!(
        told("Scan", on_table(json!({}))),
        "400 ResourceNotFoundException: Requested resource not found"
    );
    assert_eq!(
        told("DeleteTable", on_table(json!({}))),
        "400 ResourceInUseException: Attempt to change a resource which is still in use: Table is \
         being created: orders"
    );
    assert_eq!(
        told("CreateTable", orders()),
        "400 ResourceInUseException: Table already exists: orders"
    );
    world.advance(Duration::seconds(1));
    assert_eq!(status(&world), "ACTIVE");
    put(&world, &admin, order("ann", 1, "new", "2026"));
    let deleted = world.ok(&admin, "dynamodb", "DeleteTable", on_table(json!({})));
    assert_eq!(deleted["TableDescription"]["TableStatus"], "DELETING");
    world.advance(Duration::seconds(1));
    let gone = "ResourceNotFoundException: Requested resource not found: Table: orders not found";
    assert_eq!(status(&world), gone);
    world.ok(&admin, "dynamodb", "CreateTable", orders());
    world.advance(Duration::seconds(1));
    assert_eq!(world.ok(&admin, "dynamodb", "Scan", on_table(json!({})))["Count"], 0);
}

#[test]
fn wrong_tables_are_refused_in_dynamodbs_words() {
    let world = World::new();
    let admin = world.admin("prod");
    let with = |path: &str, value: Value| {
        let mut input = orders();
        *input.pointer_mut(path).unwrap() = value;
        input
    };
    for (input, expected) in [
        (
            with("/TableName", json!("ab")),
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
        ),
        (
            with("/BillingMode", json!("PROVISIONED")),
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            with("/AttributeDefinitions/0/AttributeName", json!("other")),
            "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [customer, number], AttributeDefinitions: [other, number, status, placed]",
        ),
        (
            with("/KeySchema/0/KeyType", json!("RANGE")),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            with("/LocalSecondaryIndexes/0/KeySchema/0/AttributeName", json!("status")),
            "One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table KeySchema for index: by-time. index hash key: status, table hash key: customer",
        ),
        (
            with("/LocalSecondaryIndexes/0/IndexName", json!("by-status")),
            "One or more parameter values were invalid: Duplicate index name: by-status",
        ),
        (
            with("/LocalSecondaryIndexes/0/Projection", json!({})),
            "One or more parameter values were invalid: Unknown ProjectionType: null",
        ),
        (
            with("/GlobalSecondaryIndexes/0/Projection/ProjectionType", json!("ALL")),
            "One or more parameter values were invalid: ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (with("/LocalSecondaryIndexes", json!([])), "ok"),
    ] {
        let told = world.told(&admin, "dynamodb", "CreateTable", input);
        assert_eq!(told.trim_start_matches("400 ValidationException: "), expected);
    }
}

#[test]
fn global_indexes_come_filled_and_go() {
    let (world, admin) = world();
    for number in 0..5 {
        put(&world, &admin, order("ann", number, "new", "2026"));
    }
    let create = json!({
        "IndexName": "by-note", "KeySchema": [{ "AttributeName": "note", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    });
    let update = on_table(json!({
        "AttributeDefinitions": [{ "AttributeName": "note", "AttributeType": "S" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": create }],
    }));
    let updated = world.ok(&admin, "dynamodb", "UpdateTable", update.clone());
    assert_eq!(updated["TableDescription"]["TableStatus"], "UPDATING");
    assert_eq!(updated["TableDescription"]["GlobalSecondaryIndexes"][1]["IndexStatus"], "CREATING");
    assert!(
        world.told(&admin, "dynamodb", "UpdateTable", update).contains("ResourceInUseException")
    );
    let query = on_table(json!({
        "IndexName": "by-note", "KeyConditionExpression": "note = :n",
        "ExpressionAttributeValues": { ":n": { "S": "n" } },
    }));
    let told = world.told(&admin, "dynamodb", "Query", query.clone());
    assert!(told.contains("backfilling"), "{told}");
    world.advance(Duration::seconds(1));
    assert_eq!(world.ok(&admin, "dynamodb", "Query", query.clone())["Count"], 5);
    let delete = json!([{ "Delete": { "IndexName": "by-note" } }]);
    let delete = on_table(json!({ "GlobalSecondaryIndexUpdates": delete }));
    let deleted = world.ok(&admin, "dynamodb", "UpdateTable", delete);
    assert_eq!(deleted["TableDescription"]["GlobalSecondaryIndexes"][1]["IndexStatus"], "DELETING");
    world.advance(Duration::seconds(1));
    let told = world.told(&admin, "dynamodb", "Query", query);
    assert!(told.contains("does not have the specified index"), "{told}");
    assert_eq!(status(&world), "ACTIVE");
}

#[test]
fn protection_billing_and_throughput_change() {
    let (world, admin) = world();
    let update = |more: Value| {
        let told = world.told(&admin, "dynamodb", "UpdateTable", on_table(more));
        world.advance(Duration::seconds(1));
        told
    };
    assert_eq!(update(json!({ "DeletionProtectionEnabled": true })), "ok");
    let told = world.told(&admin, "dynamodb", "DeleteTable", on_table(json!({})));
    assert!(told.contains("protected against deletion"), "{told}");
    let units = json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 });
    let on_demand = update(json!({ "ProvisionedThroughput": units }));
    assert!(on_demand.contains("PAY_PER_REQUEST"), "{on_demand}");
    let provisioned = json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": units });
    assert_eq!(update(provisioned), "ok");
    let same = update(json!({ "ProvisionedThroughput": units }));
    assert!(same.contains("will not change"), "{same}");
    assert!(update(json!({})).contains("At least one of"));
    let table = world.ok(&admin, "dynamodb", "DescribeTable", on_table(json!({})));
    assert_eq!(table["Table"]["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
}

#[test]
fn expired_items_go_by_the_clock() {
    let (world, admin) = world();
    let now = world.gateway().world().now().timestamp();
    for (number, ends) in [(1, now + 60), (2, now + 3600), (3, now - 6 * 366 * 86_400)] {
        let mut item = order("ann", number, "new", "2026");
        item["ends"] = json!({ "N": ends.to_string() });
        put(&world, &admin, item);
    }
    let enable = json!({ "Enabled": true, "AttributeName": "ends" });
    let enable = on_table(json!({ "TimeToLiveSpecification": enable }));
    world.ok(&admin, "dynamodb", "UpdateTimeToLive", enable.clone());
    let told = world.told(&admin, "dynamodb", "UpdateTimeToLive", enable);
    assert_eq!(told, "400 ValidationException: TimeToLive is already enabled");
    let count = || world.ok(&admin, "dynamodb", "Scan", on_table(json!({})))["Count"].clone();
    world.advance(Duration::seconds(59));
    assert_eq!(count(), 3);
    world.advance(Duration::seconds(2));
    assert_eq!(count(), 2);
    let ttl = world.ok(&admin, "dynamodb", "DescribeTimeToLive", on_table(json!({})));
    assert_eq!(
        ttl["TimeToLiveDescription"],
        json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": "ends" })
    );
    world.advance(Duration::hours(2));
    // What ended years ago stays.
    assert_eq!(count(), 1);
}

#[test]
fn tables_are_listed_and_tagged() {
    let (world, admin) = world();
    for name in ["aaa", "bbb"] {
        let mut table = orders();
        table["TableName"] = name.into();
        world.ok(&admin, "dynamodb", "CreateTable", table);
    }
    let first = world.ok(&admin, "dynamodb", "ListTables", json!({ "Limit": 2 }));
    assert_eq!(first, json!({ "TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb" }));
    let rest = json!({ "ExclusiveStartTableName": "bbb" });
    assert_eq!(
        world.ok(&admin, "dynamodb", "ListTables", rest),
        json!({ "TableNames": ["orders"] })
    );
    let arn = "arn:aws:dynamodb:us-east-1:111111111111:table/orders";
    let tags = json!([{ "Key": "team", "Value": "red" }]);
    world.ok(&admin, "dynamodb", "TagResource", json!({ "ResourceArn": arn, "Tags": tags }));
    let mut statement = testkit::allow(&["dynamodb:Scan"], &["*"]);
    statement["Condition"] = json!({ "StringEquals": { "aws:ResourceTag/team": "red" } });
    let red = world.user("prod", "red", &[statement]);
    assert_eq!(world.told(&red, "dynamodb", "Scan", on_table(json!({}))), "ok");
    world.ok(
        &admin,
        "dynamodb",
        "UntagResource",
        json!({ "ResourceArn": arn, "TagKeys": ["team"] }),
    );
    assert_ne!(world.told(&red, "dynamodb", "Scan", on_table(json!({}))), "ok");
}
