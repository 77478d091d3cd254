//! How each of two accounts sees one record.
//!
//! The caller's account sees it as it is stored. The owner of the resource sees an event with an
//! id of its own and the same `sharedEventID`, and of the caller only its account and unique id
//! ("Example sharedEventID" and "CloudTrail userIdentity element", CloudTrail User Guide).

use names::AccountId;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

/// What the owner's record leaves in `userIdentity`.
const TOLD_TO_OWNERS: [&str; 3] = ["principalId", "accountId", "invokedBy"];

/// The record of a shared event in the trail of the resource's owner.
pub(super) fn owners(record: &Value, owner: &AccountId) -> Value {
    let mut view = record.clone();
    let Some(members) = view.as_object_mut() else { return view };
    if let Some(identity) = members.get_mut("userIdentity").and_then(Value::as_object_mut)
        && identity.get("type").is_some_and(|kind| kind != "AWSService")
    {
        let mut told = Map::new();
        told.insert("type".to_owned(), "AWSAccount".into());
        identity.retain(|name, _| TOLD_TO_OWNERS.contains(&name.as_str()));
        told.append(identity);
        *identity = told;
    }
    let id = members.get("eventID").and_then(Value::as_str).map(|id| event_id(id, owner));
    members.insert("eventID".to_owned(), id.into());
    members.insert("recipientAccountId".to_owned(), owner.to_string().into());
    view
}

/// The owner's own id of an event: always the same for one event and account.
fn event_id(id: &str, owner: &AccountId) -> String {
    let hash = hex::encode(digest(&SHA256, format!("{owner} {id}").as_bytes()));
    let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    // Version 8 of RFC 9562: an id by a rule of one's own.
    format!("{}-{}-8{}-b{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
