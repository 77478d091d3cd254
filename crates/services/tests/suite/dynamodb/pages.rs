//! Query and Scan: order, ranges, filters, pages, segments, indexes.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{Caller, World};

use super::{on_table, order, put, world};

fn filled() -> (World, Caller) {
    let (world, admin) = world();
    for (at, customer) in ["ann", "bob", "cid"].into_iter().enumerate() {
        for number in [-20_i64, -3, 0, 2, 10, 100] {
            let status = if number < 0 { "old" } else { "new" };
            let placed = format!("2026-01-{:02}", 30 - number.rem_euclid(20) - at as i64);
            put(&world, &admin, order(customer, number, status, &placed));
        }
    }
    (world, admin)
}

fn numbers(answer: &Value) -> Vec<String> {
    let items = answer["Items"].as_array().unwrap();
    items.iter().map(|item| item["number"]["N"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn queries_answer_ranges_in_the_order_of_the_sort_key() {
    let (world, admin) = filled();
    for (condition, expected) in [
        ("customer = :c", vec!["-20", "-3", "0", "2", "10", "100"]),
        ("customer = :c AND #n > :two", vec!["10", "100"]),
        ("customer = :c AND #n >= :two", vec!["2", "10", "100"]),
        ("#n < :two AND customer = :c", vec!["-20", "-3", "0"]),
        ("customer = :c AND #n <= :two", vec!["-20", "-3", "0", "2"]),
        ("customer = :c AND #n = :two", vec!["2"]),
        ("customer = :c AND #n BETWEEN :two AND :fifty", vec!["2", "10"]),
        (":two <= #n AND customer = :c", vec!["2", "10", "100"]),
    ] {
        let mut input = on_table(json!({ "KeyConditionExpression": condition }));
        let mut values = json!({ ":c": { "S": "bob" } });
        for (name, value) in [(":two", "2"), (":fifty", "50")] {
            if condition.contains(name) {
                values[name] = json!({ "N": value });
                input["ExpressionAttributeNames"] = json!({ "#n": "number" });
            }
        }
        input["ExpressionAttributeValues"] = values;
        let forwards = numbers(&world.ok(&admin, "dynamodb", "Query", input.clone()));
        assert_eq!(forwards, expected, "{condition}");
        input["ScanIndexForward"] = false.into();
        let mut backwards = numbers(&world.ok(&admin, "dynamodb", "Query", input.clone()));
        backwards.reverse();
        assert_eq!(backwards, expected, "{condition} backwards");
        for forward in [true, false] {
            input["ScanIndexForward"] = forward.into();
            let mut paged = pages(&world, &admin, "Query", &input, 1);
            if !forward {
                paged.reverse();
            }
            assert_eq!(paged, expected, "{condition} in pages, {forward}");
        }
    }
}

/// The numbers of all pages of so many items.
fn pages(
    world: &World,
    caller: &Caller,
    operation: &str,
    input: &Value,
    limit: usize,
) -> Vec<String> {
    let mut input = input.clone();
    input["Limit"] = limit.into();
    let mut found = Vec::new();
    for _ in 0..100 {
        let answer = world.ok(caller, "dynamodb", operation, input.clone());
        assert!(answer["ScannedCount"].as_u64().unwrap() <= limit as u64);
        found.extend(numbers(&answer));
        match answer.get("LastEvaluatedKey") {
            None => return found,
            Some(key) => input["ExclusiveStartKey"] = key.clone(),
        }
    }
    panic!("the pages have no end");
}

#[test]
fn indexes_are_queried_by_their_own_keys_and_show_what_they_hold() {
    let (world, admin) = filled();
    let query = |index: &str, condition: &str, value: &str, select: Option<&str>| {
        let mut input = on_table(json!({
            "IndexName": index, "KeyConditionExpression": condition,
            "ExpressionAttributeValues": { ":v": { "S": value } },
        }));
        if condition.contains('#') {
            input["ExpressionAttributeNames"] = json!({ "#s": "status" });
        }
        if let Some(select) = select {
            input["Select"] = select.into();
        }
        input
    };
    let by_status = query("by-status", "#s = :v", "old", None);
    let answer = world.ok(&admin, "dynamodb", "Query", by_status.clone());
    assert_eq!(answer["Count"], 6);
    let item = answer["Items"][0].as_object().unwrap();
    let names: Vec<&str> = item.keys().map(String::as_str).collect();
    assert_eq!(names, ["amount", "customer", "number", "placed", "status"]);
    let placed = |answer: &Value| -> Vec<String> {
        let items = answer["Items"].as_array().unwrap();
        items.iter().map(|item| item["placed"]["S"].to_string()).collect()
    };
    assert!(placed(&answer).is_sorted(), "{answer}");
    assert_eq!(pages(&world, &admin, "Query", &by_status, 2).len(), 6);
    assert_eq!(
        pages(&world, &admin, "Scan", &on_table(json!({ "IndexName": "by-status" })), 5).len(),
        18
    );
    let by_time = query("by-time", "customer = :v", "ann", Some("ALL_ATTRIBUTES"));
    let answer = world.ok(&admin, "dynamodb", "Query", by_time);
    assert!(placed(&answer).is_sorted() && answer["Items"][0].get("note").is_some(), "{answer}");
    let count = world.ok(
        &admin,
        "dynamodb",
        "Query",
        query("by-time", "customer = :v", "ann", Some("COUNT")),
    );
    assert_eq!((count["Count"].clone(), count.get("Items")), (json!(6), None));
    // An item that loses a key of an index leaves it.
    let key = json!({ "customer": { "S": "ann" }, "number": { "N": "-3" } });
    let remove = on_table(json!({
        "Key": key, "UpdateExpression": "REMOVE #s", "ExpressionAttributeNames": { "#s": "status" },
    }));
    world.ok(&admin, "dynamodb", "UpdateItem", remove);
    assert_eq!(world.ok(&admin, "dynamodb", "Query", by_status)["Count"], 5);
    let table = world.ok(&admin, "dynamodb", "DescribeTable", on_table(json!({})));
    assert_eq!(table["Table"]["ItemCount"], 18);
    assert_eq!(table["Table"]["GlobalSecondaryIndexes"][0]["ItemCount"], 17);
}

#[test]
fn a_parallel_scan_meets_every_item_once() {
    let (world, admin) = filled();
    for total in [1, 2, 5, 64] {
        let mut seen = BTreeSet::new();
        for segment in 0..total {
            let mut input =
                on_table(json!({ "Segment": segment, "TotalSegments": total, "Limit": 4 }));
            loop {
                let answer = world.ok(&admin, "dynamodb", "Scan", input.clone());
                for item in answer["Items"].as_array().unwrap() {
                    assert!(seen.insert(item.to_string()), "{item} twice of {total}");
                }
                match answer.get("LastEvaluatedKey") {
                    None => break,
                    Some(key) => input["ExclusiveStartKey"] = key.clone(),
                }
            }
        }
        assert_eq!(seen.len(), 18, "{total}");
    }
}

#[test]
fn filters_apply_to_what_was_read_and_pages_end_at_a_megabyte() {
    let (world, admin) = filled();
    let filter = on_table(json!({
        "FilterExpression": "#s = :s AND begins_with(placed, :p)", "Limit": 10,
        "ExpressionAttributeNames": { "#s": "status" },
        "ExpressionAttributeValues": { ":s": { "S": "old" }, ":p": { "S": "2026" } },
    }));
    let answer = world.ok(&admin, "dynamodb", "Scan", filter);
    assert_eq!(answer["ScannedCount"], 10);
    assert!(answer["Count"].as_u64().unwrap() < 10);
    for number in 1000..1008 {
        let mut item = order("big", number, "new", "2026");
        item["note"] = json!({ "S": "x".repeat(300_000) });
        put(&world, &admin, item);
    }
    let input = on_table(json!({
        "KeyConditionExpression": "customer = :c", "ReturnConsumedCapacity": "TOTAL",
        "ExpressionAttributeValues": { ":c": { "S": "big" } },
    }));
    let answer = world.ok(&admin, "dynamodb", "Query", input);
    assert_eq!(answer["Count"], 4);
    assert!(answer.get("LastEvaluatedKey").is_some());
    assert_eq!(answer["ConsumedCapacity"]["CapacityUnits"], 147.0);
}

#[test]
fn wrong_searches_are_refused_in_dynamodbs_words() {
    let (world, admin) = world();
    let value = json!({ ":v": { "S": "x" } });
    for (operation, input, expected) in [
        (
            "Query",
            json!({}),
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ),
        (
            "Query",
            json!({ "KeyConditionExpression": "placed = :v", "ExpressionAttributeValues": value }),
            "Query condition missed key schema element: customer",
        ),
        (
            "Query",
            json!({ "KeyConditionExpression": "customer > :v", "ExpressionAttributeValues": value }),
            "Query key condition not supported",
        ),
        (
            "Query",
            json!({ "KeyConditionExpression": "customer = :v OR placed = :v", "ExpressionAttributeValues": value }),
            "Invalid KeyConditionExpression: Invalid operator used in KeyConditionExpression: OR",
        ),
        (
            "Query",
            json!({ "IndexName": "none", "KeyConditionExpression": "customer = :v", "ExpressionAttributeValues": value }),
            "The table does not have the specified index: none",
        ),
        (
            "Query",
            json!({ "KeyConditionExpression": "customer = :v", "FilterExpression": "customer = :v", "ExpressionAttributeValues": value }),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: customer",
        ),
        (
            "Scan",
            json!({ "IndexName": "by-status", "ConsistentRead": true }),
            "Consistent reads are not supported on global secondary indexes",
        ),
        (
            "Scan",
            json!({ "Segment": 0 }),
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        ),
        (
            "Scan",
            json!({ "Segment": 4, "TotalSegments": 4 }),
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less than TotalSegments: 4",
        ),
        (
            "Scan",
            json!({ "ExclusiveStartKey": { "customer": { "S": "x" } } }),
            "The provided starting key is invalid",
        ),
    ] {
        let told = world.told(&admin, "dynamodb", operation, on_table(input.clone()));
        assert_eq!(told, format!("400 ValidationException: {expected}"), "{operation} {input}");
    }
}
