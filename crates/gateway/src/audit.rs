//! The audit record of a call, in the form of CloudTrail's event records
//! ("CloudTrail record contents", CloudTrail User Guide).
//!
//! A call leaves one record, which is shown in the trails of the caller's account and of the
//! owner's of what was asked for; `view.rs` says how each sees it. Start at [`record`].
//!
//! Where AWS is not known: the error code is that of the service's own answer, and attempts that
//! were refused are shown to the owner of the resource as well.

mod identity;
mod items;
mod read;
mod resources;
mod view;

use names::AccountId;
use serde_json::{Map, Value, json};
use store::{AuditHeader, AuditRecord, TxMode, mark};

use crate::operation::{Operation, Service};
use crate::redact::redacted;
use crate::{Cx, Fault, Principal};

pub use read::{EventFilter, LoggedEvent, Term};
pub(crate) use read::{search, walk};

/// IAM and Organizations have one endpoint, whose events are those of this Region.
const GLOBAL_REGION: &str = "us-east-1";

/// What is known of a call when its record is written.
pub(crate) struct Finished<'a> {
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a Operation,
    pub(crate) input: &'a Value,
    pub(crate) outcome: Result<&'a Value, &'a Fault>,
    pub(crate) resources: &'a [String],
    pub(crate) owners: &'a [AccountId],
}

/// Something that a service did of itself, as CloudTrail tells it ("Non-API events captured by
/// CloudTrail"), such as KMS rotating a key.
#[derive(Debug, Clone)]
pub struct ServiceEvent<'a> {
    /// The service by its model's name, such as `kms`.
    pub service: &'a str,
    /// The event's name, such as `RotateKey`.
    pub name: &'a str,
    /// Whose trail shows it.
    pub account: &'a AccountId,
    /// ARNs of what it is about.
    pub resources: &'a [String],
    /// What else is to be told; never a secret.
    pub details: Value,
}

/// The record of a finished call, for the caller's account and the resource owner's.
pub(crate) fn record(cx: &Cx, call: &Finished) -> AuditRecord {
    // What a service does for itself is the business of the account that it works on.
    let caller = match cx.principal() {
        Principal::Service(service) if call.owners.is_empty() => Some(&service.source_account),
        Principal::Service(_) => None,
        other => other.account(),
    };
    let owner = call.owners.iter().find(|owner| Some(*owner) != caller);
    let accounts = match (caller, owner) {
        (None, owner) => [owner, None],
        shared => [shared.0, shared.1],
    };
    let event = event(cx, call, accounts);
    stored(cx, event, accounts)
}

/// The record of a [`ServiceEvent`].
pub(crate) fn service_record(cx: &Cx, told: &ServiceEvent) -> AuditRecord {
    let source = source_of(told.service);
    let event = json!({
        "eventVersion": VERSION,
        "userIdentity": { "accountId": told.account, "invokedBy": source },
        "eventTime": time_of(cx),
        "eventSource": source,
        "eventName": told.name,
        "awsRegion": region_of(cx, told.service),
        "sourceIPAddress": source,
        "userAgent": source,
        "requestParameters": null,
        "responseElements": null,
        "eventID": cx.world().uuid(),
        "readOnly": false,
        "resources": resources::of(told.resources, Some(told.account)),
        "eventType": "AwsServiceEvent",
        "managementEvent": true,
        "recipientAccountId": told.account,
        "serviceEventDetails": told.details,
        "eventCategory": "Management",
    });
    stored(cx, event, [Some(told.account), None])
}

/// The form of today's records.
const VERSION: &str = "1.11";

fn stored(cx: &Cx, event: Value, accounts: [Option<&AccountId>; 2]) -> AuditRecord {
    let mut marks = read::terms_of(&event).fold(0, |marks, term| marks | mark(&term));
    if let Some(owner) = accounts[1] {
        let terms = view::owners(&event, owner);
        marks = read::terms_of(&terms).fold(marks, |marks, term| marks | mark(&term));
    }
    AuditRecord {
        header: AuditHeader {
            time_ms: cx.now().timestamp_millis(),
            accounts: accounts.map(|account| account.map_or(0, AccountId::number)),
            marks,
            ..AuditHeader::default()
        },
        payload: event.to_string().into_bytes(),
    }
}

fn event(cx: &Cx, call: &Finished, accounts: [Option<&AccountId>; 2]) -> Value {
    let origin = cx.origin();
    let service = call.service.name();
    let read_only = call.operation.mode() == TxMode::Read;
    let data = is_data_event(call);
    let agent = identity::service_behind(cx);
    let mut event = json!({
        "eventVersion": VERSION,
        "userIdentity": identity::of(cx),
        "eventTime": time_of(cx),
        "eventSource": source_of(service),
        "eventName": call.operation.name,
        "awsRegion": region_of(cx, service),
        "sourceIPAddress": agent.clone().unwrap_or_else(|| origin.source_ip.to_string()),
        "userAgent": agent.unwrap_or_else(|| origin.user_agent.clone()),
    });
    let Some(members) = event.as_object_mut() else { return event };
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if let Err(fault) = call.outcome {
        add("errorCode", fault.code.as_ref().into());
        add("errorMessage", fault.message.as_str().into());
    }
    add("requestParameters", parameters(call));
    add("responseElements", response(call, read_only));
    add("requestID", origin.request_id.as_str().into());
    add("eventID", cx.world().uuid().into());
    add("readOnly", read_only.into());
    let resources = resources::of(call.resources, call.owners.first().or(accounts[0]));
    if resources.as_array().is_some_and(|list| !list.is_empty()) {
        add("resources", resources);
    }
    add("eventType", "AwsApiCall".into());
    add("managementEvent", (!data).into());
    add("recipientAccountId", accounts[0].map_or(Value::Null, |account| json!(account)));
    if accounts[1].is_some() {
        add("sharedEventID", cx.world().uuid().into());
    }
    add("eventCategory", if data { "Data" } else { "Management" }.into());
    event
}

fn time_of(cx: &Cx) -> String {
    cx.now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `eventSource`: the service's endpoint. S3 Control's calls are S3's.
fn source_of(service: &str) -> String {
    format!("{}.amazonaws.com", namespace(service))
}

/// The service's prefix in actions and event sources.
pub(crate) fn namespace(service: &str) -> &str {
    if service == "s3control" { "s3" } else { service }
}

/// The Region whose event a call is.
pub(crate) fn region_of(cx: &Cx, service: &str) -> String {
    let global = ["iam", "organizations"].contains(&service);
    if global { GLOBAL_REGION.to_owned() } else { cx.region().to_string() }
}

/// Calls on objects are data events, those on buckets are management events ("Amazon S3
/// CloudTrail events", S3 User Guide); so are calls on items and on tables.
fn is_data_event(call: &Finished) -> bool {
    let name = call.operation.name;
    if call.service.name() == "dynamodb" {
        return items::is_on_items(name);
    }
    let on_objects = ["Object", "Upload", "Part"].into_iter().any(|part| name.contains(part));
    call.service.name() == "s3" && on_objects && !name.contains("ObjectLockConfiguration")
}

/// `requestParameters`. S3's records call the bucket `bucketName`, whatever the interface does.
fn parameters(call: &Finished) -> Value {
    let mut parameters = hidden(call, false, call.input);
    if call.service.name() == "dynamodb" {
        items::take_values(&mut parameters);
    }
    if let Some(members) = parameters.as_object_mut() {
        if call.service.name() == "s3"
            && let Some(bucket) = members.shift_remove("bucket")
        {
            members.insert("bucketName".to_owned(), bucket);
        }
        if members.is_empty() {
            return Value::Null;
        }
    }
    parameters
}

/// `responseElements`: of calls that change something, and of STS's, which make credentials.
fn response(call: &Finished, read_only: bool) -> Value {
    let Ok(output) = call.outcome else { return Value::Null };
    let credentials = call.service.name() == "sts" && output.get("Credentials").is_some();
    let of_items = call.service.name() == "dynamodb" && items::is_on_items(call.operation.name);
    if (read_only && !credentials) || of_items {
        return Value::Null;
    }
    let response = hidden(call, true, output);
    if response.as_object().is_some_and(Map::is_empty) { Value::Null } else { response }
}

fn hidden(call: &Finished, output: bool, value: &Value) -> Value {
    let Some(model) = wire::model(call.service.name()) else { return Value::Null };
    let Some(operation) = model.operation(call.operation.name) else { return Value::Null };
    redacted(model, if output { operation.output() } else { operation.input() }, value)
}
