//! The encoded authorization message: why a call was denied, for those who may know.
//!
//! It travels with the denial as an opaque text and is opened by `sts:DecodeAuthorizationMessage`
//! for principals of the caller's or the resource's account, so a denial tells an outsider no
//! more than AWS's sentence does. Of two accounts each reads its own policies (`message/side.rs`).

mod side;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::{Decision, Policies, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Seal;

use crate::Fault;
use side::Side;

/// What a message begins with: never a `-`, which a command line would take for an option.
const MARK: &str = "m1";
const CONTEXT: &str = "authorization message";
/// The longest explanation, in bytes before sealing. It travels in a header, and clients take
/// headers of 16 KiB altogether (Node.js) to 64 KiB a line (Python).
const MOST_BYTES: usize = 8 * 1_024;

/// The explanation of one denial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationMessage {
    /// The account of the principal that called; an AWS service has none.
    caller: Option<String>,
    /// The account that owns the resource.
    owner: Option<String>,
    /// The whole explanation, with every policy consulted.
    explanation: Value,
}

impl AuthorizationMessage {
    pub(crate) fn new(request: &Request, policies: &Policies, decision: &Decision) -> Self {
        let mut explanation = json!(policy::explain(request, policies));
        if let Some(members) = explanation.as_object_mut() {
            members.insert("allowed".to_owned(), decision.is_allowed().into());
            members.insert("reason".to_owned(), decision.because().into());
        }
        thin(&mut explanation);
        Self {
            caller: request.principal.account.as_ref().map(ToString::to_string),
            owner: request.resource_account.as_ref().map(ToString::to_string),
            explanation,
        }
    }

    /// What principals of `account` may read of it: all that is its own, and of the other account's
    /// policies that there are any; `None` for an account that had no part in the call.
    pub fn read_by(mut self, account: &str) -> Option<Value> {
        let of = |side: &Option<String>| side.as_deref() == Some(account);
        let (caller, owner) = (of(&self.caller), of(&self.owner));
        if !caller && !owner {
            return None;
        }
        if !caller {
            side::hide(&mut self.explanation, Side::Caller, self.caller.as_deref());
        }
        if !owner {
            side::hide(&mut self.explanation, Side::Owner, self.owner.as_deref());
        }
        Some(self.explanation)
    }

    /// The opaque text.
    ///
    /// # Errors
    /// When the message cannot be sealed.
    pub fn seal(&self, seal: &Seal) -> Result<String, Fault> {
        let plain = serde_json::to_vec(self).map_err(Fault::internal)?;
        Ok(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(seal.seal(CONTEXT, &plain)?)))
    }

    /// Opens what [`AuthorizationMessage::seal`] made in the same world; `None` for any other text.
    pub fn open(seal: &Seal, text: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text.trim().strip_prefix(MARK)?).ok()?;
        let plain = seal.open_sealed(CONTEXT, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// Leaves out what matters least until the explanation fits, and says so in `notes`.
fn thin(explanation: &mut Value) {
    type Step = fn(&mut Value);
    let steps: [(&str, Step); 4] = [
        ("statements of other actions", |all| keep_statements(all, "action", &json!(true))),
        ("statements that neither decide nor nearly do", |all| {
            keep_statements(all, "quote", &Value::Null);
        }),
        ("the policies consulted", |all| drop_member(all, "/consulted")),
        ("the request's context", |all| drop_member(all, "/request/context")),
    ];
    for (what, step) in steps {
        if explanation.to_string().len() <= MOST_BYTES {
            return;
        }
        step(explanation);
        let note = json!(format!("shortened: {what} are left out"));
        match explanation.get_mut("notes").and_then(Value::as_array_mut) {
            Some(notes) => notes.push(note),
            None => drop(
                explanation.as_object_mut().map(|all| all.insert("notes".into(), json!([note]))),
            ),
        }
    }
}

/// Keeps the statements whose member is this; for `null` those that have the member at all.
fn keep_statements(explanation: &mut Value, member: &str, wanted: &Value) {
    let policies = explanation.get_mut("consulted").and_then(Value::as_array_mut);
    for policy in policies.into_iter().flatten() {
        if let Some(statements) = policy.get_mut("statements").and_then(Value::as_array_mut) {
            statements.retain(|one| match one.get(member) {
                Some(found) => wanted.is_null() || found == wanted,
                None => false,
            });
        }
    }
}

fn drop_member(explanation: &mut Value, pointer: &str) {
    if let Some(member) = explanation.pointer_mut(pointer) {
        *member = if member.is_array() { json!([]) } else { json!({}) };
    }
}
