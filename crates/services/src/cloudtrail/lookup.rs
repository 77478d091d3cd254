//! LookupEvents: the management events of an account and Region, newest first.
//!
//! The log is found through by the marks of its records, so that only records which very likely
//! match are parsed, and no more than a page is held.

use chrono::{DateTime, Duration, Utc};
use gateway::{Access, Check, Cx, EventFilter, Fault, LoggedEvent, Term};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Events of a page when the caller does not say, and at most.
const PAGE: usize = 50;
/// How far back events are looked up.
const DAYS: i64 = 90;

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

#[derive(Serialize, Default)]
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
    let wanted = filter(cx, &input)?;
    // There are no Insights events.
    if input.event_category.as_deref() == Some("insight") {
        return Ok(Found::default());
    }
    let page = input.max_results.unwrap_or(PAGE).min(PAGE);
    let region = cx.region().as_str();
    // The token names the last event of the page before: events only ever come on top of it.
    let mut passed = input.next_token.is_none();
    let mut events: Vec<Event> = Vec::new();
    for logged in cx.find_events(wanted)? {
        let logged = logged?;
        if text(&logged.record, "awsRegion").as_deref() != Some(region) {
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

/// What the input asks for.
fn filter(cx: &Cx, input: &LookupInput) -> Result<EventFilter, Fault> {
    if input.lookup_attributes.len() > 1 {
        let text = "You can only specify one lookup attribute.";
        return Err(Fault::new("InvalidLookupAttributesException", text).status(400));
    }
    let (start, end) = (input.start_time, input.end_time);
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        let text = "The start time must be before the end time.";
        return Err(Fault::new("InvalidTimeRangeException", text).status(400));
    }
    // Events have whole seconds: those of the last one asked for are all in.
    let until = end.and_then(|end| at(end.floor() * 1_000.0 + 999.0));
    let oldest = cx.now() - Duration::days(DAYS);
    let from =
        start.and_then(|start| at(start.floor() * 1_000.0)).map_or(oldest, |t| t.max(oldest));
    let all = EventFilter::of(cx.account()?).between(Some(from), until).with(Term::Management);
    Ok(input.lookup_attributes.iter().fold(all, |all, attribute| all.with(term(attribute))))
}

fn at(milliseconds: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(milliseconds as i64)
}

/// The attribute as the log knows it. The interface model admits no key but these.
fn term(attribute: &Attribute) -> Term<'_> {
    let value = attribute.attribute_value.as_str();
    match attribute.attribute_key.as_str() {
        "EventId" => Term::EventId(value),
        "EventSource" => Term::EventSource(value),
        "ReadOnly" => Term::ReadOnly(value),
        "Username" => Term::UserName(value),
        "AccessKeyId" => Term::AccessKeyId(value),
        "ResourceName" => Term::ResourceName(value),
        "ResourceType" => Term::ResourceType(value),
        _ => Term::EventName(value),
    }
}

fn view(logged: LoggedEvent) -> Event {
    let record = &logged.record;
    let identity = record.get("userIdentity").unwrap_or(&Value::Null);
    Event {
        event_id: text(record, "eventID").unwrap_or_default(),
        event_name: text(record, "eventName").unwrap_or_default(),
        read_only: record.get("readOnly").map(Value::to_string).unwrap_or_default(),
        access_key_id: text(identity, "accessKeyId"),
        event_time: (logged.time_ms / 1_000) as f64,
        event_source: text(record, "eventSource").unwrap_or_default(),
        username: logged.user_name().map(str::to_owned),
        resources: resources(record).collect(),
        cloud_trail_event: record.to_string(),
    }
}

fn text(record: &Value, key: &str) -> Option<String> {
    record.get(key)?.as_str().map(str::to_owned)
}

/// Resources by the names that people give them, and by ARN where the name is AWS's.
fn resources(record: &Value) -> impl Iterator<Item = Resource> {
    let list = record.get("resources").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|resource| {
        let arn = text(resource, "ARN")?;
        let resource_type = text(resource, "type");
        let by_name = ["AWS::S3::Bucket", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"];
        let named = resource_type.as_deref().is_some_and(|kind| by_name.contains(&kind));
        let name = arn.rsplit([':', '/']).next().filter(|_| named).map(str::to_owned);
        Some(Resource { resource_type, resource_name: name.unwrap_or(arn) })
    })
}
