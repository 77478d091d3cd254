//! LookupEvents: the management events of an account and Region, newest first.

use gateway::{Access, Check, Cx, Fault, LoggedEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Events of a page when the caller does not say, and at most.
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LookupInput {
    #[serde(default)]
    lookup_attributes: Vec<Attribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
    next_token: Option<String>,
    event_category: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Found {
    events: Vec<Event>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    event_id: String,
    event_name: String,
    read_only: String,
    access_key_id: Option<String>,
    event_time: f64,
    event_source: String,
    username: Option<String>,
    resources: Vec<Resource>,
    cloud_trail_event: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    resource_type: Option<String>,
    resource_name: String,
}

pub(super) fn access(_: &Cx, _: &LookupInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("cloudtrail:LookupEvents")))
}

pub(super) fn lookup(cx: &Cx, input: LookupInput) -> Result<Found, Fault> {
    if input.lookup_attributes.len() > 1 {
        let text = "You can only specify one lookup attribute.";
        return Err(Fault::new("InvalidLookupAttributesException", text).status(400));
    }
    if let (Some(start), Some(end)) = (input.start_time, input.end_time)
        && start > end
    {
        let text = "The start time must be before the end time.";
        return Err(Fault::new("InvalidTimeRangeException", text).status(400));
    }
    let page = input.max_results.unwrap_or(PAGE).min(PAGE);
    // The token names the last event of the page before: events only ever come on top of it.
    let mut passed = input.next_token.is_none();
    let mut events: Vec<Event> = Vec::new();
    for logged in cx.audit_events(cx.account()?)? {
        let logged = logged?;
        if !wanted(cx, &input, &logged) {
            continue;
        }
        if !passed {
            passed = text(&logged.record, "eventID") == input.next_token;
            continue;
        }
        if events.len() == page {
            let next_token = events.last().map(|event| event.event_id.clone());
            return Ok(Found { events, next_token });
        }
        events.push(view(logged));
    }
    if !passed {
        let text = "The token is invalid or no longer valid.";
        return Err(Fault::new("InvalidNextTokenException", text).status(400));
    }
    Ok(Found { events, next_token: None })
}

/// Management events of this Region (IAM and STS are global) that meet every condition.
fn wanted(cx: &Cx, input: &LookupInput, logged: &LoggedEvent) -> bool {
    let record = &logged.record;
    let is = |key: &str, value: &str| text(record, key).as_deref() == Some(value);
    let seconds = logged.time_ms as f64 / 1_000.0;
    let in_time = input.start_time.is_none_or(|start| start <= seconds.ceil())
        && input.end_time.is_none_or(|end| seconds.floor() <= end);
    let global = is("eventSource", "iam.amazonaws.com") || is("eventSource", "sts.amazonaws.com");
    let here = global || is("awsRegion", cx.region().as_str());
    let insight = input.event_category.as_deref() == Some("insight");
    let matches = |attribute: &Attribute| has(record, attribute);
    record.get("managementEvent") == Some(&Value::Bool(true))
        && in_time
        && here
        && !insight
        && input.lookup_attributes.iter().all(matches)
}

fn has(record: &Value, attribute: &Attribute) -> bool {
    let wanted = attribute.attribute_value.as_str();
    let is = |found: Option<String>| found.as_deref() == Some(wanted);
    match attribute.attribute_key.as_str() {
        "EventId" => is(text(record, "eventID")),
        "EventName" => is(text(record, "eventName")),
        "EventSource" => is(text(record, "eventSource")),
        "ReadOnly" => is(Some(read_only(record))),
        "Username" => is(username(record)),
        "AccessKeyId" => is(identity(record, "accessKeyId")),
        "ResourceName" => resources(record).any(|resource| {
            resource.resource_name == wanted || resource.resource_name.ends_with(wanted)
        }),
        "ResourceType" => resources(record).any(|r| r.resource_type.as_deref() == Some(wanted)),
        _ => false,
    }
}

fn view(logged: LoggedEvent) -> Event {
    let record = &logged.record;
    Event {
        event_id: text(record, "eventID").unwrap_or_default(),
        event_name: text(record, "eventName").unwrap_or_default(),
        read_only: read_only(record),
        access_key_id: identity(record, "accessKeyId"),
        event_time: (logged.time_ms / 1_000) as f64,
        event_source: text(record, "eventSource").unwrap_or_default(),
        username: username(record),
        resources: resources(record).collect(),
        cloud_trail_event: record.to_string(),
    }
}

fn text(record: &Value, key: &str) -> Option<String> {
    record.get(key)?.as_str().map(str::to_owned)
}

fn identity(record: &Value, key: &str) -> Option<String> {
    text(record.get("userIdentity")?, key)
}

fn read_only(record: &Value) -> String {
    record.get("readOnly").map(Value::to_string).unwrap_or_default()
}

/// The user's name, or a session's.
fn username(record: &Value) -> Option<String> {
    identity(record, "userName").or_else(|| {
        let arn = identity(record, "arn")?;
        arn.rsplit('/').next().map(str::to_owned)
    })
}

fn resources(record: &Value) -> impl Iterator<Item = Resource> {
    let list = record.get("resources").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|resource| {
        let resource_name = text(resource, "ARN")?;
        Some(Resource { resource_type: text(resource, "type"), resource_name })
    })
}
