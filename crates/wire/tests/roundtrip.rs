//! Every modelled operation, through both halves: what the client writes the server reads, and
//! what the server answers the client reads, for the smallest and the largest value of each shape.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use support::Fill;
use wire::{Form, Kind, Model, Operation, Protocol, ResponseIds, client};

const FILLS: [Fill; 2] = [Fill::Smallest, Fill::Largest];

/// S3 operations that share method and URI with the operation that replaced them. (The listing of
/// directory buckets is told apart by its signature, see `routing.rs`.)
const SHADOWED: [(&str, &str); 5] = [
    ("GetBucketLifecycle", "GetBucketLifecycleConfiguration"),
    ("PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
    ("GetBucketNotification", "GetBucketNotificationConfiguration"),
    ("PutBucketNotification", "PutBucketNotificationConfiguration"),
    ("ListDirectoryBuckets", "ListBuckets"),
];

/// Operations whose structures have two lists, an old and a new one, of elements of one name.
const AMBIGUOUS: [&str; 2] = ["GetBucketNotification", "PutBucketNotification"];

fn each(check: impl Fn(&'static Model, &'static Operation, Fill)) {
    let mut count = 0;
    for model in wire::models() {
        for operation in model.operations() {
            for fill in FILLS {
                check(model, operation, fill);
                count += 1;
            }
        }
    }
    assert!(count > 1000, "only {count} checks");
}

#[test]
fn inputs_arrive_as_they_were_sent() {
    each(|model, operation, fill| {
        let name = operation.name();
        let input = support::value(model, operation.input(), fill);
        let request = client::encode_request(model, operation, &input, "http://localhost:4566");
        let (mut parts, body) = request.unwrap().into_parts();
        if model.protocol() == Protocol::RestXml {
            parts.headers.insert("host", "localhost:4566".parse().unwrap());
        }
        let form = Form::of_request(&parts, &body).unwrap();
        let mut route = wire::route_in(model, &parts, form.as_ref()).unwrap();
        let shadowed = SHADOWED.iter().find(|(old, _)| *old == name);
        let expected = shadowed.map_or(name, |(_, new)| *new);
        assert_eq!(route.operation.name(), expected, "{} {}", model.name(), parts.uri);
        route.operation = operation;
        if AMBIGUOUS.contains(&name) {
            return;
        }
        let read = wire::decode(&route, &parts, &body).unwrap();
        assert_eq!(without_empty(read), without_empty(input), "{} {name} {fill:?}", model.name());
    });
}

#[test]
fn outputs_arrive_as_they_were_answered() {
    let ids = ResponseIds::new("request", "host");
    each(|model, operation, fill| {
        let name = operation.name();
        if AMBIGUOUS.contains(&name) {
            return;
        }
        let output = support::value(model, operation.output(), fill);
        assert_eq!(wire::unknown_members(model, operation, &output), Vec::<String>::new());
        let answer = wire::encode(model, operation, &output, &ids);
        let (status, body) = (answer.status().as_u16(), answer.body());
        assert!((200..300).contains(&status), "{name}: {status}");
        let read = client::decode_response(model, operation, status, answer.headers(), body);
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(without_empty(read), without_empty(output), "{} {name}", model.name());
    });
}

#[test]
fn what_the_model_allows_passes_validation() {
    let mut refused = Vec::new();
    for model in wire::models() {
        for operation in model.operations() {
            for fill in FILLS {
                let input = support::value(model, operation.input(), fill);
                if let Err(fault) = wire::validate(model, operation, &input) {
                    refused.push(format!(
                        "{} {} {fill:?}: {fault}",
                        model.name(),
                        operation.name()
                    ));
                }
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn every_pattern_of_the_models_compiles() {
    for model in wire::models() {
        for operation in model.operations() {
            let members = operation.input().and_then(|id| model.shape(id).structure());
            for member in members.map(|shape| shape.members()).unwrap_or_default() {
                let shape = model.shape(member.shape());
                let Some(pattern) = &shape.constraints().pattern else { continue };
                assert!(matches!(shape.kind(), Kind::String | Kind::Blob));
                assert!(
                    shape.constraints().regex().is_some()
                        || pattern.contains("(?!")
                        || pattern.contains("(?="),
                    "{} {pattern}",
                    shape.name()
                );
            }
        }
    }
}

#[test]
fn every_operation_can_answer_that_it_is_not_implemented() {
    let ids = ResponseIds::new("request", "host");
    each(|model, operation, _| {
        let fault = wire::WireFault::not_implemented(model.service_id(), operation.name());
        let answer = wire::encode_fault(model, &fault, &ids);
        let error = client::decode_response(model, operation, 501, answer.headers(), answer.body())
            .unwrap_err();
        assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501));
        assert!(error.message.contains(operation.name()), "{}", error.message);
        assert_eq!(error.request_id, "request");
    });
}

/// Empty structures, lists and maps count as absent: forms and flattened XML cannot tell.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key, without_empty(value)));
            Value::Object(entries.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(items) => {
            items.into_iter().map(without_empty).filter(|value| !is_empty(value)).collect()
        }
        value => value,
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
        || value.as_array().is_some_and(Vec::is_empty)
}
