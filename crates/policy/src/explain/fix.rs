//! The smallest change that would alter a decision.
//!
//! A change never opens more than this one request needs: a value is added to a condition before
//! a statement is added, and a statement names exactly this action and resource.
//! Start at [`fixes`].

mod near_miss;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Place;
use super::trace::PolicyTrace;
use crate::call::{Call, Target};
use crate::decision::{Blocker, Cause, Decision, StatementRef};
use crate::policies::PolicyKind;
use crate::request::PrincipalKind;
use crate::service_rules;
use crate::statement::{Effect, Statement};

/// A change to one policy, or to the request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fix {
    /// The kind of policy, or the rule, that it concerns.
    pub cause: Cause,
    /// The policy to change; absent when there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The organization level, for control policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The statement to change, counted from 1; absent for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
    /// What to do.
    pub change: Change,
    /// The same in words.
    pub sentence: String,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Change {
    /// Add a statement.
    AddStatement {
        /// The whole statement.
        statement: Value,
    },
    /// Remove the statement, or narrow it so that it no longer covers the request.
    RemoveStatement,
    /// Add a value to an element of the statement.
    AddValue {
        /// `Action`, `Resource`, `Principal`, `NotPrincipal`, …
        element: String,
        /// The value; for principals an object such as `{"AWS": ARN}`.
        value: Value,
    },
    /// Add a value to a condition of the statement, or the condition where there is none yet.
    AddConditionValue {
        /// The operator.
        operator: String,
        /// The key.
        key: String,
        /// The value the request carries.
        value: String,
    },
    /// Make the request carry a condition key.
    SendKey {
        /// The key.
        key: String,
        /// Values that would do.
        values: Vec<String>,
    },
    /// No policy helps; the sentence says what does.
    ActOtherwise,
}

/// One fix for each blocker; for an allow the change that would deny.
pub(super) fn fixes(
    call: &Call<'_>,
    decision: &Decision,
    places: &[Place<'_>],
    consulted: &[PolicyTrace],
) -> Vec<Fix> {
    if decision.is_allowed() {
        return revocation(call, decision, consulted).into_iter().collect();
    }
    decision.blockers().iter().map(|blocker| fix(call, blocker, places)).collect()
}

fn fix(call: &Call<'_>, blocker: &Blocker, places: &[Place<'_>]) -> Fix {
    match (blocker.cause, &blocker.statement) {
        (Cause::Policy(_), Some(reference)) => lift_deny(call, blocker, reference, places),
        (Cause::Policy(PolicyKind::Key), None) if service_rules::kms_refuses_strangers(call) => {
            otherwise(
                blocker,
                "call from the key's own account: KMS offers this action to no other",
            )
        }
        (Cause::Policy(kind), None) => near_miss::find(call, blocker, kind, places)
            .unwrap_or_else(|| new_statement(call, blocker, kind)),
        (Cause::PublicAccessBlock, _) => otherwise(
            blocker,
            "limit every statement of the bucket policy to named principals, so that the policy is no longer public",
        ),
        (Cause::ServiceRule, _) => otherwise(blocker, service_advice(call)),
    }
}

fn otherwise(blocker: &Blocker, sentence: &str) -> Fix {
    Fix {
        cause: blocker.cause,
        policy: blocker.policies.first().cloned(),
        level: None,
        statement: None,
        change: Change::ActOtherwise,
        sentence: sentence.to_owned(),
    }
}

fn service_advice(call: &Call<'_>) -> &'static str {
    if call.caller().kind == PrincipalKind::Root {
        "call as an IAM user or role of the account instead of its root user"
    } else {
        "AWS owns this; make the change on a copy of your own"
    }
}

/// The exception a deny leaves room for, or its removal.
fn lift_deny(
    call: &Call<'_>,
    blocker: &Blocker,
    reference: &StatementRef,
    places: &[Place<'_>],
) -> Fix {
    let same = |place: &&Place<'_>| {
        place.kind() == reference.kind
            && place.policy.name == reference.policy
            && place.level == reference.level.as_deref()
    };
    let statement = places.iter().find(same).and_then(|place| {
        place.policy.document.statements().iter().find(|one| one.index() == reference.statement)
    });
    let change = statement.and_then(|statement| {
        otherwise_sent(call, statement)
            .or_else(|| exception(call, statement))
            .or_else(|| spared(call, reference.kind, statement))
    });
    let (change, what) = change.unwrap_or_else(|| {
        let what = format!("remove it, or narrow it to spare {}", call.request.resource);
        (Change::RemoveStatement, what)
    });
    Fix {
        cause: blocker.cause,
        policy: Some(reference.policy.clone()),
        level: reference.level.clone(),
        statement: Some(reference.statement),
        change,
        sentence: format!("in {reference}: {what}"),
    }
}

/// A request that is sent differently needs no policy changed: over TLS, with the encryption that
/// a bucket asks for.
fn otherwise_sent(call: &Call<'_>, statement: &Statement) -> Option<(Change, String)> {
    let chosen = |key: &str| key == "aws:securetransport" || key.starts_with("s3:x-amz-");
    let conditions = statement.conditions().iter().filter(|one| chosen(one.key_lower()));
    let sent = |condition: &crate::condition::Condition| {
        let values = near_miss::values_that_do(condition, call, false);
        let truth = || ["true", "false"].map(str::to_owned).into_iter();
        let spares = |value: &String| near_miss::with_value(condition, call, value, false);
        let values: Vec<String> =
            if values.is_empty() { truth().filter(spares).collect() } else { values };
        (!values.is_empty()).then(|| (condition.key().to_owned(), values))
    };
    let (key, values) = conditions.into_iter().find_map(sent)?;
    let what = format!("send the request with {key} = {}", values.join(" or "));
    Some((Change::SendKey { key, values }, what))
}

/// A deny for many spares this caller by one more condition; one for this caller alone, or in a
/// policy of its own, is better removed.
fn spared(call: &Call<'_>, kind: PolicyKind, statement: &Statement) -> Option<(Change, String)> {
    const KEY: &str = "aws:PrincipalArn";
    if matches!(kind, PolicyKind::Identity | PolicyKind::Session) {
        return None;
    }
    let alone = statement.principals().is_some_and(|principals| !principals.everyone())
        && statement.principal_names().count() == 1;
    let value = call.keys.single("aws:principalarn").filter(|_| !alone)?;
    if value.contains(['*', '?', '$']) {
        return None;
    }
    let change = Change::AddConditionValue {
        operator: "ArnNotEquals".to_owned(),
        key: KEY.to_owned(),
        value: value.to_owned(),
    };
    Some((change, format!("spare this caller: add the condition ArnNotEquals {KEY} = {value}")))
}

/// Many denies are written to spare someone: by `NotPrincipal` or by a negated condition.
fn exception(call: &Call<'_>, statement: &Statement) -> Option<(Change, String)> {
    if statement.principals().is_some_and(|principals| principals.negated()) && !call.has_boundary {
        let value = principal(call)?;
        let what = format!("add {value} to NotPrincipal");
        return Some((Change::AddValue { element: "NotPrincipal".to_owned(), value }, what));
    }
    let negated = |one: &&crate::condition::Condition| one.operator().negated;
    let condition = statement.conditions().iter().find(negated)?;
    let key = condition.key().to_owned();
    match call.keys.values(condition.key_lower()) {
        Some([value]) => {
            let spares = !condition.with_only(value)?.holds(&call.keys);
            let operator = condition.operator_text().to_owned();
            let what = format!("add {value} to the values of {operator} {key}");
            spares
                .then(|| (Change::AddConditionValue { operator, key, value: value.clone() }, what))
        }
        Some(_) => None,
        None => {
            let values = near_miss::values_that_do(condition, call, false);
            let what = format!("send the request with {key} = {}", values.join(" or "));
            (!values.is_empty()).then_some((Change::SendKey { key, values }, what))
        }
    }
}

/// A statement for exactly this request.
fn new_statement(call: &Call<'_>, blocker: &Blocker, kind: PolicyKind) -> Fix {
    let place = match (blocker.policies.first(), &blocker.level) {
        (Some(name), _) => format!("to {}", kind.with_name(name)),
        (None, Some(level)) => format!("to a new {kind} at {level}"),
        (None, None) if matches!(kind, PolicyKind::Resource | PolicyKind::Key) => {
            format!("to a new {kind} of {}", call.request.resource)
        }
        (None, None) => format!("to a new {kind} of {}", call.caller().display()),
    };
    let named = if kind.has_principal() { principal(call) } else { Some(Value::Null) };
    let Some(named) = named else {
        return otherwise(
            blocker,
            "sign the request: an unsigned one is admitted only by a policy that admits everyone",
        );
    };
    let statement = statement_for(call, kind, "Allow", named);
    Fix {
        cause: blocker.cause,
        policy: blocker.policies.first().cloned(),
        level: blocker.level.clone(),
        statement: None,
        sentence: format!("add {place} the statement {statement}"),
        change: Change::AddStatement { statement },
    }
}

fn statement_for(call: &Call<'_>, kind: PolicyKind, effect: &str, named: Value) -> Value {
    let mut statement = Map::new();
    let mut set = |element: &str, value: Value| statement.insert(element.to_owned(), value);
    set("Effect", json!(effect));
    if kind.has_principal() {
        let everyone = matches!(kind, PolicyKind::ResourceControl | PolicyKind::Endpoint);
        set("Principal", if everyone { json!("*") } else { named });
    }
    set("Action", json!(call.request.action));
    match kind {
        PolicyKind::Trust => {}
        // In a key policy `*` is the key itself.
        PolicyKind::Key => drop(set("Resource", json!("*"))),
        _ => drop(set("Resource", json!(resource(call)))),
    }
    Value::Object(statement)
}

/// What a statement must name to cover the call's resource.
fn resource<'a>(call: &Call<'a>) -> &'a str {
    if matches!(call.target, Target::Arn(_)) { &call.request.resource } else { "*" }
}

/// The caller as a policy names it; nobody for unsigned callers.
fn principal(call: &Call<'_>) -> Option<Value> {
    use PrincipalKind::{Anonymous, Other, Role, Root, Service, Session};
    let caller = call.caller();
    let arn = caller.arn.as_deref();
    match caller.kind {
        Session | Role => Some(json!({ "AWS": call.role_arn.as_deref()? })),
        Root => Some(json!({ "AWS": call.caller_account()? })),
        Service => Some(json!({ "Service": arn? })),
        Other => Some(json!({ "Federated": arn? })),
        Anonymous => None,
        PrincipalKind::User | PrincipalKind::FederatedUser => Some(json!({ "AWS": arn? })),
    }
}

/// What would take an allowed request away: the only statement that grants it, or else a deny.
fn revocation(call: &Call<'_>, decision: &Decision, consulted: &[PolicyTrace]) -> Option<Fix> {
    let decider = decision.deciding().first()?;
    let grants = |trace: &PolicyTrace| {
        let allows = |s: &&super::StatementTrace| s.applies && s.effect == Effect::Allow;
        trace.statements.iter().filter(allows).count()
    };
    // Where an identity policy decides, the resource's policy alone would not do.
    let alone = |trace: &&PolicyTrace| {
        use PolicyKind::{Grant, Identity, Key, Resource, Trust};
        let of_resource = matches!(trace.kind, Resource | Key | Trust | Grant);
        let by_resource = decider.kind != Identity && of_resource;
        by_resource || trace.kind == Identity
    };
    let total: usize = consulted.iter().filter(alone).map(grants).sum();
    let root = call.caller().kind == PrincipalKind::Root;
    if decider.kind == PolicyKind::Grant {
        return Some(Fix {
            cause: Cause::Policy(decider.kind),
            policy: Some(decider.policy.clone()),
            level: None,
            statement: None,
            change: Change::ActOtherwise,
            sentence: format!("revoking {} would take this permission back", decider.policy),
        });
    }
    let (statement, change, sentence) = if total == 1 && !root {
        let sentence = format!("removing {decider} would deny the request");
        (Some(decider.statement), Change::RemoveStatement, sentence)
    } else {
        let named = if decider.kind.has_principal() { principal(call)? } else { Value::Null };
        let deny = statement_for(call, decider.kind, "Deny", named);
        let sentence = format!("adding {deny} to {} would deny the request", decider.policy);
        (None, Change::AddStatement { statement: deny }, sentence)
    };
    Some(Fix {
        cause: Cause::Policy(decider.kind),
        policy: Some(decider.policy.clone()),
        level: decider.level.clone(),
        statement,
        change,
        sentence,
    })
}
