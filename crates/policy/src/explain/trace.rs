//! Every statement of every policy beside the request: what matched and what did not.

use serde::Serialize;

use super::Place;
use crate::call::Call;
use crate::condition::Condition;
use crate::policies::PolicyKind;
use crate::statement::{Effect, Grant, Statement};

/// What one policy says of the request.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyTrace {
    /// Where it is attached.
    pub kind: PolicyKind,
    /// Its name.
    pub policy: String,
    /// The organization level, for control policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Whether policies of this kind count for the caller; SCPs and RCPs spare some.
    pub counts: bool,
    /// What it comes to.
    pub outcome: Outcome,
    /// Its statements in order.
    pub statements: Vec<StatementTrace>,
}

/// What a policy comes to for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A statement denies.
    Denies,
    /// A statement allows, none denies.
    Allows,
    /// No statement applies.
    Silent,
}

/// One statement beside the request.
#[derive(Debug, Clone, Serialize)]
pub struct StatementTrace {
    /// Its place in the policy, counted from 1.
    pub statement: usize,
    /// Its `Sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Its line in the source text, counted from 1.
    pub line: usize,
    /// Its column in that line, counted from 1.
    pub column: usize,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Whether it applies: everything below holds.
    pub applies: bool,
    /// Whether `Action` or `NotAction` covers the action.
    pub action: bool,
    /// Whether `Resource` or `NotResource` covers the resource.
    pub resource: bool,
    /// What the principal element is worth to the caller; absent where none may stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Grant>,
    /// Its conditions in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionTrace>,
    /// Its source text, when it decides or a fix changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// One condition with the values that were compared.
#[derive(Debug, Clone, Serialize)]
pub struct ConditionTrace {
    /// The operator as written.
    pub operator: String,
    /// The key as written.
    pub key: String,
    /// The policy's values, variables filled in.
    pub wanted: Vec<String>,
    /// The request's values; absent when the request does not carry the key.
    pub found: Option<Vec<String>>,
    /// Whether the condition is true.
    pub holds: bool,
    /// Whether the operator exists; a statement with one that does not never applies.
    pub known_operator: bool,
}

pub(super) fn policy(call: &Call<'_>, place: &Place<'_>, counts: bool) -> PolicyTrace {
    let all = place.policy.document.statements();
    let statements: Vec<_> = all.iter().map(|one| statement(call, place.kind(), one)).collect();
    let any = |effect| statements.iter().any(|trace| trace.applies && trace.effect == effect);
    let outcome = match (any(Effect::Deny), any(Effect::Allow)) {
        (true, _) => Outcome::Denies,
        (false, true) => Outcome::Allows,
        (false, false) => Outcome::Silent,
    };
    PolicyTrace {
        kind: place.kind(),
        policy: place.policy.name.clone(),
        level: place.level.map(str::to_owned),
        counts,
        outcome,
        statements,
    }
}

fn statement(call: &Call<'_>, kind: PolicyKind, statement: &Statement) -> StatementTrace {
    let position = statement.position();
    StatementTrace {
        statement: statement.index(),
        sid: statement.sid().map(str::to_owned),
        line: position.line,
        column: position.column,
        effect: statement.effect(),
        applies: statement.applies(call, kind) != Grant::None,
        action: statement.covers_action(call),
        resource: statement.covers_resource(call, kind),
        principal: kind.has_principal().then(|| statement.grant(call, kind)),
        conditions: statement.conditions().iter().map(|one| condition(call, one)).collect(),
        quote: None,
    }
}

fn condition(call: &Call<'_>, condition: &Condition) -> ConditionTrace {
    ConditionTrace {
        operator: condition.operator_text().to_owned(),
        key: condition.key().to_owned(),
        wanted: condition.wanted(&call.keys),
        found: call.keys.values(condition.key_lower()).map(<[String]>::to_vec),
        holds: condition.holds(&call.keys),
        known_operator: condition.operator().is_known(),
    }
}

/// Keys that conditions and variables of the statements about this action ask for in vain, each
/// once, in the order of asking.
pub(super) fn missing_keys(call: &Call<'_>, places: &[Place<'_>]) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    let statements = places.iter().flat_map(|place| place.policy.document.statements());
    for statement in statements.filter(|statement| statement.covers_action(call)) {
        let keys = statement.conditions().iter().map(Condition::key);
        let in_values = statement.conditions().iter().flat_map(Condition::variables);
        let in_resources = statement.resources().into_iter().flat_map(|r| r.variables());
        for key in keys.chain(in_values).chain(in_resources) {
            let lower = key.to_lowercase();
            let known = missing.iter().any(|other| other.eq_ignore_ascii_case(key));
            if call.keys.values(&lower).is_none() && !known {
                missing.push(key.to_owned());
            }
        }
    }
    missing
}
