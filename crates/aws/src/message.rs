//! Opening an encoded authorization message with all sessions there are.
//!
//! Each account reads only its own policies in it; whoever has a session in both lays the answers
//! on each other. Start at [`decode_authorization_message`].

use serde_json::{Value, json};

use crate::{Api, ApiError, Session};

/// The lists of an explanation in which an entry can be hidden from a reader.
const LISTS: [&str; 4] = ["consulted", "deciding", "blockers", "fixes"];

/// What `sts:DecodeAuthorizationMessage` answers to these sessions, laid on each other; asks no
/// further once nothing is hidden.
///
/// # Errors
/// The last refusal, when no session may open it; none when there is no session.
pub async fn decode_authorization_message(
    api: &dyn Api,
    sessions: &[&Session],
    message: &str,
) -> Result<Value, Option<ApiError>> {
    let input = json!({ "EncodedMessage": message });
    let (mut opened, mut refused): (Option<Value>, _) = (None, None);
    for session in sessions {
        let call = api.call(session, "sts", "DecodeAuthorizationMessage", input.clone());
        let decoded = match call.await {
            Ok(answer) => answer,
            Err(error) => {
                refused = Some(error);
                continue;
            }
        };
        let text = decoded.get("DecodedMessage").and_then(Value::as_str).unwrap_or_default();
        let Ok(decoded) = serde_json::from_str::<Value>(text) else { continue };
        match &mut opened {
            None => opened = Some(decoded),
            Some(known) => lay(known, decoded),
        }
        if opened.as_ref().is_some_and(|known| !hides(known)) {
            break;
        }
    }
    opened.ok_or(refused)
}

fn hides(explanation: &Value) -> bool {
    LISTS.iter().any(|list| entries(explanation, list).iter().any(is_hidden))
}

fn is_hidden(entry: &Value) -> bool {
    entry.get("hidden") == Some(&Value::Bool(true))
}

fn entries<'v>(explanation: &'v Value, list: &str) -> &'v [Value] {
    explanation.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Lays `other` on `known`: what one hides the other may show, at the same place of its list.
fn lay(known: &mut Value, other: Value) {
    // The sentence belongs to the first blocker.
    let told = entries(known, "blockers").first().is_some_and(is_hidden)
        && !entries(&other, "blockers").first().is_some_and(is_hidden);
    let Value::Object(mut other) = other else { return };
    for list in LISTS {
        let Some(Value::Array(theirs)) = other.remove(list) else { continue };
        let ours = known.get_mut(list).and_then(Value::as_array_mut);
        for (our, their) in ours.into_iter().flatten().zip(theirs) {
            if is_hidden(our) {
                *our = their;
            }
        }
    }
    let Some(known) = known.as_object_mut() else { return };
    for (name, value) in other {
        if !known.contains_key(&name) || told && matches!(name.as_str(), "because" | "reason") {
            known.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_views_make_the_whole() {
        let mut caller = json!({
            "because": "a policy of account 2 decides",
            "blockers": [{ "hidden": true, "cause": "trust" }, { "cause": "identity" }],
            "fixes": [{ "hidden": true }, { "sentence": "allow it" }],
        });
        let owner = json!({
            "because": "no role trust policy allows the action",
            "blockers": [{ "cause": "trust" }, { "hidden": true, "cause": "identity" }],
            "fixes": [{ "sentence": "trust it" }, { "hidden": true }],
            "notes": ["short"],
        });
        assert!(hides(&caller));
        lay(&mut caller, owner);
        let whole = json!({
            "because": "no role trust policy allows the action",
            "blockers": [{ "cause": "trust" }, { "cause": "identity" }],
            "fixes": [{ "sentence": "trust it" }, { "sentence": "allow it" }],
            "notes": ["short"],
        });
        assert_eq!(caller, whole);
        assert!(!hides(&caller));
    }
}
