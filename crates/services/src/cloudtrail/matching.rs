//! Whether a trail wants an event.

use serde_json::Value;

use super::selectors::{
    AdvancedSelector, DataResource, EventSelector, FieldSelector, ReadWriteType, Selectors,
};
use super::state::Trail;

/// Services with one endpoint for all Regions.
const GLOBAL_SOURCES: [&str; 3] =
    ["iam.amazonaws.com", "sts.amazonaws.com", "organizations.amazonaws.com"];

/// The type of DynamoDB's data events, and where they come from.
const TABLE: &str = "AWS::DynamoDB::Table";
const TABLE_SOURCE: &str = "dynamodb.amazonaws.com";

/// Whether the trail covers the event's Region and service, and one of its selectors wants it.
pub(super) fn wants(trail: &Trail, event: &Value) -> bool {
    let here = trail.multi_region || text(event, "awsRegion") == Some(trail.region.as_str());
    let global = text(event, "eventSource").is_some_and(|s| GLOBAL_SOURCES.contains(&s));
    let Selectors { basic, advanced } = &trail.selectors;
    here && (trail.global_events || !global)
        && (basic.iter().any(|selector| selects(selector, event))
            || advanced.iter().any(|selector| selects_by_fields(selector, event)))
}

fn text<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    event.get(name)?.as_str()
}

fn is(event: &Value, name: &str) -> bool {
    event.get(name).and_then(Value::as_bool) == Some(true)
}

fn selects(selector: &EventSelector, event: &Value) -> bool {
    let kind = match selector.read_write_type {
        ReadWriteType::All => true,
        ReadWriteType::ReadOnly => is(event, "readOnly"),
        ReadWriteType::WriteOnly => !is(event, "readOnly"),
    };
    if !kind {
        return false;
    }
    if is(event, "managementEvent") {
        let source = text(event, "eventSource").unwrap_or_default();
        let excluded = selector.exclude_management_event_sources.iter().any(|s| s == source);
        return selector.include_management_events && !excluded;
    }
    selector.data_resources.iter().any(|resource| covers(resource, event))
}

/// Whether a data event is about an object under one of the prefixes. An event of a whole bucket,
/// such as ListObjects, is under those of the bucket.
fn covers(resource: &DataResource, event: &Value) -> bool {
    if resource.kind == TABLE && text(event, "eventSource") == Some(TABLE_SOURCE) {
        let all = |value: &String| value == "arn:aws:dynamodb";
        let named = |value: &String| resources(event, "ARN").any(|arn| arn == value);
        return resource.values.iter().any(|value| all(value) || named(value));
    }
    if resource.kind != "AWS::S3::Object" || text(event, "eventSource") != Some("s3.amazonaws.com")
    {
        return false;
    }
    resource.values.iter().any(|value| {
        let all = value == "arn:aws:s3" || value == "arn:aws:s3:::";
        let all_of_bucket = !value.trim_start_matches("arn:aws:s3:::").contains('/');
        let prefix = if all_of_bucket { format!("{value}/") } else { value.clone() };
        all || object_arns(event).any(|arn| arn.starts_with(&prefix))
    })
}

fn resources<'a>(event: &'a Value, name: &'a str) -> impl Iterator<Item = &'a str> {
    let list = event.get("resources").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(move |resource| text(resource, name))
}

/// The ARNs of an event's objects; a bucket stands as the prefix of all of its objects.
fn object_arns(event: &Value) -> impl Iterator<Item = String> {
    resources(event, "ARN").map(
        |arn| {
            if arn.contains('/') { arn.to_owned() } else { format!("{arn}/") }
        },
    )
}

fn selects_by_fields(selector: &AdvancedSelector, event: &Value) -> bool {
    selector.field_selectors.iter().all(|field| holds(field, event))
}

/// Whether a field's conditions hold: one of those that ask for something, where there are any,
/// and all of those that exclude. AWS does not say how operators on one field go together.
fn holds(field: &FieldSelector, event: &Value) -> bool {
    let found = values(&field.field, event);
    let any = |list: &[String], test: fn(&str, &str) -> bool| {
        list.iter().any(|wanted| found.iter().any(|value| test(value, wanted)))
    };
    let starts = |value: &str, wanted: &str| value.starts_with(wanted);
    let ends = |value: &str, wanted: &str| value.ends_with(wanted);
    let equals = |value: &str, wanted: &str| value == wanted;
    let asks =
        !(field.equals.is_empty() && field.starts_with.is_empty() && field.ends_with.is_empty());
    let met = any(&field.equals, equals)
        || any(&field.starts_with, starts)
        || any(&field.ends_with, ends);
    let excluded = any(&field.not_equals, equals)
        || any(&field.not_starts_with, starts)
        || any(&field.not_ends_with, ends);
    (met || !asks) && !excluded
}

/// What an event has in a field.
fn values(field: &str, event: &Value) -> Vec<String> {
    let one = |value: Option<&str>| value.map(str::to_owned).into_iter().collect();
    match field {
        "readOnly" => vec![is(event, "readOnly").to_string()],
        "resources.ARN" if text(event, "eventSource") == Some(TABLE_SOURCE) => {
            resources(event, "ARN").map(str::to_owned).collect()
        }
        "resources.ARN" => object_arns(event).collect(),
        "resources.type" if text(event, "eventCategory") == Some("Data") => {
            // The other data events are S3's; those of whole buckets count as well.
            let table = text(event, "eventSource") == Some(TABLE_SOURCE);
            vec![if table { TABLE } else { "AWS::S3::Object" }.to_owned()]
        }
        "resources.type" => resources(event, "type").map(str::to_owned).collect(),
        "userIdentity.arn" => one(event.pointer("/userIdentity/arn").and_then(Value::as_str)),
        name => one(text(event, name)),
    }
}
