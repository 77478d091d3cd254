//! The audit record of a call, in the form of CloudTrail's event records
//! ("CloudTrail record contents", CloudTrail User Guide).

use names::AccountId;
use serde_json::{Value, json};
use store::{AuditHeader, AuditRecord, Store, TxMode};

use crate::operation::{Operation, Service};
use crate::redact::redacted;
use crate::{Cx, Fault, Principal};

/// One event as an account's trail shows it.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// When the call came, in milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// The CloudTrail record.
    pub record: Value,
}

/// What is known of a call when its record is written.
pub(crate) struct Finished<'a> {
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a Operation,
    pub(crate) input: &'a Value,
    pub(crate) outcome: Result<&'a Value, &'a Fault>,
    pub(crate) resources: &'a [String],
    pub(crate) owners: &'a [AccountId],
}

/// The record of a finished call, for the caller's account and the resource owner's.
pub(crate) fn record(cx: &Cx, call: &Finished) -> AuditRecord {
    let caller = cx.principal().account();
    let owner = call.owners.iter().find(|owner| Some(*owner) != caller);
    let accounts = [caller.or(owner), caller.and(owner)];
    let event = event(cx, call, owner.is_some() && caller.is_some());
    AuditRecord {
        header: AuditHeader {
            commit: 0,
            time_ms: cx.now().timestamp_millis(),
            accounts: accounts.map(|account| account.map_or(0, AccountId::number)),
        },
        payload: event.to_string().into_bytes(),
    }
}

fn event(cx: &Cx, call: &Finished, shared: bool) -> Value {
    let origin = cx.origin();
    let model = wire::model(call.service.name());
    let shapes = model.and_then(|m| Some((m, m.operation(call.operation.name)?)));
    let hide = |output: bool, value: &Value| match shapes {
        Some((model, operation)) => {
            let shape = if output { operation.output() } else { operation.input() };
            redacted(model, shape, value)
        }
        None => Value::Null,
    };
    let read_only = call.operation.mode() == TxMode::Read;
    let response = call.outcome.ok().filter(|_| !read_only).map(|output| hide(true, output));
    let source = origin.called_via.last().map(|service| format!("{service}.amazonaws.com"));
    let mut event = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(cx.principal(), origin.access_key_id.as_deref(), source.as_deref()),
        "eventTime": origin.time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": format!("{}.amazonaws.com", call.service.name()),
        "eventName": call.operation.name,
        "awsRegion": origin.region,
        "sourceIPAddress": source.clone().unwrap_or_else(|| origin.source_ip.to_string()),
        "userAgent": source.unwrap_or_else(|| origin.user_agent.clone()),
        "requestParameters": parameters(call, hide(false, call.input)),
        "responseElements": response,
        "requestID": origin.request_id,
        "eventID": cx.world().uuid(),
        "readOnly": read_only,
        "resources": resources(call),
        "eventType": "AwsApiCall",
        "managementEvent": !is_data_event(call),
        "recipientAccountId": cx.principal().account(),
        "eventCategory": if is_data_event(call) { "Data" } else { "Management" },
    });
    if let Some(members) = event.as_object_mut() {
        if let Err(fault) = call.outcome {
            members.insert("errorCode".to_owned(), fault.code.as_ref().into());
            members.insert("errorMessage".to_owned(), fault.message.as_str().into());
        }
        if shared {
            members.insert("sharedEventID".to_owned(), cx.world().uuid().into());
        }
    }
    event
}

/// Calls on objects are data events, those on buckets are management events ("Amazon S3
/// CloudTrail events", S3 User Guide).
fn is_data_event(call: &Finished) -> bool {
    let on_objects = |part| call.operation.name.contains(part);
    call.service.name() == "s3" && ["Object", "Upload", "Part"].into_iter().any(on_objects)
}

/// S3's records call the bucket `bucketName`, whatever the interface calls it.
fn parameters(call: &Finished, mut hidden: Value) -> Value {
    if call.service.name() == "s3"
        && let Some(members) = hidden.as_object_mut()
        && let Some(bucket) = members.shift_remove("bucket")
    {
        members.insert("bucketName".to_owned(), bucket);
    }
    hidden
}

fn resources(call: &Finished) -> Value {
    let owner = call.owners.first();
    let arns = call.resources.iter().filter(|resource| resource.starts_with("arn:"));
    arns.map(|arn| json!({ "ARN": arn, "accountId": owner })).collect()
}

fn identity(principal: &Principal, access_key_id: Option<&str>, invoked_by: Option<&str>) -> Value {
    let mut identity = match principal {
        Principal::Root { account } => json!({ "type": "Root", "accountId": account }),
        Principal::User(user) => json!({
            "type": "IAMUser", "accountId": user.account, "userName": user.name,
        }),
        Principal::Role(role) => json!({
            "type": "AssumedRole",
            "accountId": role.account,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role", "principalId": role.role_id, "arn": role.role_arn(),
                    "accountId": role.account, "userName": role.role_name,
                },
                "attributes": {
                    "creationDate": role.session.issued_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                    "mfaAuthenticated": role.session.mfa.to_string(),
                },
                "sourceIdentity": role.session.source_identity,
            },
        }),
        Principal::Service(service) => {
            return json!({ "type": "AWSService", "invokedBy": service.name });
        }
        Principal::Anonymous => json!({ "type": "AWSAccount", "accountId": "anonymous" }),
    };
    if let Some(members) = identity.as_object_mut() {
        members.insert("principalId".to_owned(), principal.user_id().into());
        members.insert("arn".to_owned(), principal.arn().into());
        members.insert("accessKeyId".to_owned(), access_key_id.into());
        if let Some(service) = invoked_by {
            members.insert("invokedBy".to_owned(), service.into());
        }
    }
    identity
}

/// Newest first, the events in the trail of `account`.
pub(crate) fn events_of(
    store: &Store,
    account: &AccountId,
) -> Result<impl Iterator<Item = Result<LoggedEvent, Fault>> + use<>, Fault> {
    let number = account.number();
    let recipient = account.to_string();
    let visible = move |record: AuditRecord| {
        let AuditHeader { accounts, time_ms, .. } = record.header;
        if !accounts.contains(&number) {
            return None;
        }
        let parsed = serde_json::from_slice::<Value>(&record.payload).map_err(Fault::internal);
        Some(parsed.map(|mut event| {
            if let Some(members) = event.as_object_mut() {
                members.insert("recipientAccountId".to_owned(), recipient.as_str().into());
            }
            LoggedEvent { time_ms, record: event }
        }))
    };
    Ok(store.scan_audit()?.filter_map(move |record| match record {
        Ok(record) => visible(record),
        Err(e) => Some(Err(e.into())),
    }))
}
