//! Whose policies an explanation shows to whom: an account reads its own and of the other's only
//! that there is something.
//!
//! AWS says that a decoded message "can contain privileged information that the user who
//! requested the operation should not see" (DecodeAuthorizationMessage, STS API Reference); a
//! denied caller must not read a stranger's bucket policy this way, nor the stranger the caller's.
//! What is hidden keeps its place in its list, so that somebody who may ask both accounts can lay
//! the two answers on each other.

use policy::PolicyKind;
use serde_json::{Value, json};

/// The lists of an explanation whose entries each belong to one policy, and the member that says
/// of which kind it is.
const LISTS: [(&str, &str); 4] =
    [("consulted", "kind"), ("deciding", "kind"), ("blockers", "cause"), ("fixes", "cause")];
/// What S3 Block Public Access is called among the causes.
const PUBLIC_ACCESS_BLOCK: &str = "public-access-block";

/// One of the two parties of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The account of the principal that called.
    Caller,
    /// The account that owns the resource.
    Owner,
}

impl Side {
    fn of(kind: &Value) -> Option<Self> {
        if kind == PUBLIC_ACCESS_BLOCK {
            return Some(Self::Owner);
        }
        Some(match serde_json::from_value(kind.clone()).ok()? {
            PolicyKind::Identity
            | PolicyKind::Boundary
            | PolicyKind::Session
            | PolicyKind::ServiceControl
            | PolicyKind::Endpoint => Self::Caller,
            PolicyKind::Resource
            | PolicyKind::Trust
            | PolicyKind::Key
            | PolicyKind::Grant
            | PolicyKind::ResourceControl => Self::Owner,
        })
    }
}

/// Hides what is of this side, which is account `account`.
pub(super) fn hide(explanation: &mut Value, side: Side, account: Option<&str>) {
    let whose = account.map_or_else(String::new, |account| format!(" of account {account}"));
    let mut first_is_hidden = false;
    for (list, member) in LISTS {
        let entries = explanation.get_mut(list).and_then(Value::as_array_mut);
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            let kind = entry.get(member).cloned().unwrap_or_default();
            if Side::of(&kind) == Some(side) {
                first_is_hidden |= list == "blockers" && index == 0;
                *entry = hidden(&kind, entry.get("explicit"), &whose);
            }
        }
    }
    let Some(members) = explanation.as_object_mut() else { return };
    if first_is_hidden {
        let other = format!("a policy{whose} decides, and only that account may read it");
        for name in ["because", "reason"] {
            members.insert(name.to_owned(), json!(other));
        }
    }
    // Which keys a stranger's statements ask for is part of what they say.
    members.remove("missing_keys");
}

/// What stands in place of an entry.
fn hidden(kind: &Value, explicit: Option<&Value>, whose: &str) -> Value {
    let name = kind.as_str().unwrap_or_default().replace('-', " ");
    let mut entry = json!({
        "hidden": true, "kind": kind, "cause": kind,
        "reason": format!("the {name} policies{whose}"),
        "sentence": format!("ask the owner of the {name} policies{whose}"),
    });
    if let (Some(explicit), Some(members)) = (explicit, entry.as_object_mut()) {
        members.insert("explicit".to_owned(), explicit.clone());
    }
    entry
}
