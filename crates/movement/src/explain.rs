//! From a refusal to its reason: the service's words, and, where the answer carries one, the
//! decoded authorization message with the deciding statement and the smallest fix.
//!
//! `sts:DecodeAuthorizationMessage` is AWS's own call for this; not every service sends a message,
//! and then the words of the service are all there is.

use serde_json::Value;

use crate::aws::{Api, ApiError, Session, decode_authorization_message};
use crate::database::DbError;
use crate::trouble::Trouble;

/// The block for a refused API call; what the sessions may decode of the message is added.
pub(crate) async fn api(
    api: &dyn Api,
    sessions: &[&Session],
    tried: String,
    error: &ApiError,
) -> Trouble {
    let mut trouble = Trouble::new(tried).said(error.to_string());
    trouble.request_id = error.request_id.clone();
    match &error.authorization_message {
        Some(message) => decoded(api, sessions, message, trouble).await,
        None => trouble,
    }
}

/// The block for a refused statement.
pub(crate) async fn database(
    api: &dyn Api,
    sessions: &[&Session],
    tried: String,
    error: &DbError,
) -> Trouble {
    let mut said = error.message.clone();
    for line in error.detail.iter().flat_map(|detail| worth_saying(detail)) {
        said = format!("{said}\n{line}");
    }
    let trouble = Trouble::new(tried).said(said);
    match (error.authorization_message(), &error.hint) {
        (Some(message), _) => decoded(api, sessions, message, trouble).await,
        (None, Some(hint)) => trouble.why(hint.clone()),
        (None, None) => trouble,
    }
}

/// The lines of a DETAIL, without the block that Redshift's engine adds between rules: it repeats
/// the message and names its own source files.
fn worth_saying(detail: &str) -> Vec<&str> {
    let lines = detail.lines().map(str::trim).filter(|line| !line.is_empty());
    if detail.contains("padbmaster") { Vec::new() } else { lines.collect() }
}

async fn decoded(api: &dyn Api, sessions: &[&Session], message: &str, trouble: Trouble) -> Trouble {
    match decode_authorization_message(api, sessions, message).await {
        Ok(decision) => explained(trouble, &decision),
        Err(_) => trouble,
    }
}

/// Adds what the decision says; every member may be absent, as other services say less.
///
/// First the statements that decide (a deny) or nearly allow (what a fix would change), each with
/// the conditions that were compared; without any, the reasons in words.
pub(crate) fn explained(mut trouble: Trouble, decision: &Value) -> Trouble {
    let mut shown: Vec<(String, u64)> = Vec::new();
    for place in items(decision, "deciding").chain(items(decision, "fixes")) {
        let number = place.get("statement").and_then(Value::as_u64);
        let (Some(policy), Some(number)) = (text(place, "policy"), number) else { continue };
        if !shown.contains(&(policy.clone(), number)) {
            trouble.why.extend(statement(decision, place, &policy, number));
            shown.push((policy, number));
        }
    }
    if shown.is_empty() {
        let reasons: Vec<String> =
            items(decision, "blockers").filter_map(|blocker| text(blocker, "reason")).collect();
        let single = || text(decision, "reason").or_else(|| text(decision, "because"));
        trouble.why.extend(if reasons.is_empty() {
            single().into_iter().collect()
        } else {
            reasons
        });
    }
    trouble.fix.extend(items(decision, "fixes").filter_map(|fix| text(fix, "sentence")));
    trouble.fix.extend(text(decision, "fix"));
    trouble
}

/// The lines for one statement: where it stands, then what it asks for and what came.
fn statement(decision: &Value, place: &Value, policy: &str, number: u64) -> Vec<String> {
    let traced = items(decision, "consulted")
        .filter(|consulted| text(consulted, "policy").as_deref() == Some(policy))
        .flat_map(|consulted| items(consulted, "statements"))
        .find(|trace| trace.get("statement").and_then(Value::as_u64) == Some(number));
    let trace = traced.unwrap_or(place);
    let sid = text(trace, "sid").unwrap_or_else(|| number.to_string());
    let mut head = format!("{policy}, statement {sid}");
    // A policy written in one line has no lines worth counting.
    if let Some(line) = trace.get("line").and_then(Value::as_u64).filter(|line| *line > 1) {
        head = format!("{head}, line {line}");
    }
    let denies = text(trace, "effect").as_deref() == Some("Deny");
    // An allow fails by the conditions that do not hold, a deny acts by those that do.
    let compared: Vec<&Value> = items(trace, "conditions")
        .filter(|one| one.get("holds").and_then(Value::as_bool).is_none_or(|holds| holds == denies))
        .collect();
    let keys: Vec<String> = compared.iter().filter_map(|one| text(one, "key")).collect();
    if !keys.is_empty() {
        head = format!("{head}, condition {}", keys.join(", "));
    }
    let mut lines = vec![head];
    lines.extend(mismatches(decision, trace));
    for one in compared {
        let wanted = one.get("wanted").or_else(|| one.get("expected"));
        let found = one.get("found").or_else(|| one.get("actual"));
        lines.push(format!("  it asks for   {}", values(wanted)));
        lines.push(format!("  this request  {}", values(found)));
    }
    lines
}

/// What of a statement does not cover the request.
fn mismatches(decision: &Value, trace: &Value) -> Vec<String> {
    let request = |name: &str| {
        decision.pointer(&format!("/request/{name}")).and_then(Value::as_str).unwrap_or("it")
    };
    let mut lines = Vec::new();
    for (member, element) in [("action", "Action"), ("resource", "Resource")] {
        if trace.get(member).and_then(Value::as_bool) == Some(false) {
            lines.push(format!("  its {element} does not cover {}", request(member)));
        }
    }
    if trace.get("principal").and_then(Value::as_str) == Some("none") {
        lines.push("  its Principal does not name the caller".to_owned());
    }
    lines
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn values(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(absent)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.is_empty() => "(absent)".to_owned(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| values(Some(item))).collect::<Vec<_>>().join(" or ")
        }
        Some(other) => other.to_string(),
    }
}
