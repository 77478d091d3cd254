//! Statements that would allow the request but for one thing.
//!
//! An action, resource or principal is added only to a statement that is about nothing else than
//! this request; any other would open more, and a statement of its own is smaller. A condition is
//! mended where it stands: it keeps what it guards as narrow as it was.
//! Start at [`find`].

use serde_json::{Value, json};

use super::{Change, Fix, Place, principal, resource};
use crate::call::Call;
use crate::condition::Condition;
use crate::decision::Blocker;
use crate::keys::Keys;
use crate::policies::PolicyKind;
use crate::statement::{Effect, Grant, Statement};

/// What a statement lacks, the likeliest mistake first.
#[derive(Clone, Copy)]
enum Lack<'a> {
    Condition(&'a Condition),
    Resource,
    Principal,
    Action,
}

impl Lack<'_> {
    fn rank(self) -> u8 {
        match self {
            Self::Condition(_) => 0,
            Self::Resource => 1,
            Self::Principal => 2,
            Self::Action => 3,
        }
    }
}

/// The change to an existing statement that lets the request pass the blocker.
pub(super) fn find(
    call: &Call<'_>,
    blocker: &Blocker,
    kind: PolicyKind,
    places: &[Place<'_>],
) -> Option<Fix> {
    let here = |place: &&Place<'_>| place.kind() == kind && place.level == blocker.level.as_deref();
    let mut near: Vec<_> = places
        .iter()
        .filter(here)
        .flat_map(|place| place.policy.document.statements().iter().map(move |one| (place, one)))
        .filter(|(_, statement)| statement.effect() == Effect::Allow)
        .filter_map(|(place, statement)| {
            Some((place, statement, only_lack(call, kind, statement)?))
        })
        .filter(|(place, statement, lack)| {
            let written = serde_json::from_str(place.policy.document.quote(statement));
            written.is_ok_and(|written| opens_nothing_else(call, statement, *lack, &written))
        })
        .collect();
    near.sort_by_key(|(.., lack)| lack.rank());
    near.into_iter().find_map(|(place, statement, lack)| {
        let (change, what) = mend(call, kind, lack)?;
        let sid = statement.sid().map(|sid| format!(" ({sid})")).unwrap_or_default();
        let index = statement.index();
        let line = statement.position().line;
        let name = &place.policy.name;
        Some(Fix {
            cause: blocker.cause,
            policy: Some(name.clone()),
            level: place.level.map(str::to_owned),
            statement: Some(index),
            change,
            sentence: format!(
                "in {}, statement {index}{sid}, line {line}: {what}",
                kind.with_name(name)
            ),
        })
    })
}

/// The single thing a statement lacks; `None` when there are several, or when it names what it
/// does not cover (`NotAction`), which no added value mends.
fn only_lack<'s>(call: &Call<'_>, kind: PolicyKind, statement: &'s Statement) -> Option<Lack<'s>> {
    let mut lacks = Vec::new();
    if !statement.covers_action(call) {
        lacks.push(Lack::Action);
    }
    if !statement.covers_resource(call, kind) {
        lacks.push(Lack::Resource);
    }
    if statement.grant(call, kind) == Grant::None {
        lacks.push(Lack::Principal);
    }
    let failing = statement.conditions().iter().filter(|one| !one.holds(&call.keys));
    lacks.extend(failing.map(Lack::Condition));
    match lacks.as_slice() {
        [Lack::Action] if statement.actions().is_none_or(|actions| actions.negated()) => None,
        [Lack::Resource] if statement.resources().is_none_or(|one| one.negated()) => None,
        [Lack::Principal] if statement.principals().is_none_or(|one| one.negated()) => None,
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether everything but the lack is exactly this request's.
fn opens_nothing_else(
    call: &Call<'_>,
    statement: &Statement,
    lack: Lack<'_>,
    written: &Value,
) -> bool {
    let only = |element: &str, text: &str, none: bool| match written.get(element) {
        None => none && written.get(format!("Not{element}")).is_none(),
        Some(Value::Array(values)) => {
            matches!(values.as_slice(), [one] if one.as_str().is_some_and(|it| it.eq_ignore_ascii_case(text)))
        }
        Some(one) => one.as_str().is_some_and(|it| it.eq_ignore_ascii_case(text)),
    };
    let action = || only("Action", &call.request.action, false);
    // Without `Resource`, or with `*` in a key policy, it is the one resource of the policy.
    let key = crate::service_rules::is_on_key(call) && only("Resource", "*", false);
    let resource = || key || only("Resource", resource(call), true);
    let principal = || statement.principals().is_none() || statement.principal_names().count() == 1;
    match lack {
        Lack::Condition(_) => true,
        Lack::Resource => action() && principal(),
        Lack::Principal => action() && resource(),
        Lack::Action => resource() && principal(),
    }
}

fn mend(call: &Call<'_>, kind: PolicyKind, lack: Lack<'_>) -> Option<(Change, String)> {
    let add = |element: &str, value: serde_json::Value| {
        let what = format!("add {value} to {element}");
        (Change::AddValue { element: element.to_owned(), value }, what)
    };
    match lack {
        Lack::Condition(condition) => mend_condition(call, condition),
        // Where everyone is named by rule, one more name would be refused.
        Lack::Principal if matches!(kind, PolicyKind::ResourceControl | PolicyKind::Endpoint) => {
            None
        }
        Lack::Principal => Some(add("Principal", principal(call)?)),
        Lack::Action => Some(add("Action", json!(call.request.action))),
        Lack::Resource if kind == PolicyKind::Key => Some(add("Resource", json!("*"))),
        Lack::Resource => Some(add("Resource", json!(resource(call)))),
    }
}

/// A value is offered only when trying it shows that it helps; what compares or excludes is left
/// to a statement of its own.
fn mend_condition(call: &Call<'_>, condition: &Condition) -> Option<(Change, String)> {
    let key = condition.key().to_owned();
    let found = call.keys.values(condition.key_lower()).filter(|found| !found.is_empty());
    let Some(found) = found else {
        let values = values_that_do(condition, call, true);
        let what = format!("send the request with {key} = {}", values.join(" or "));
        return (!values.is_empty()).then_some((Change::SendKey { key, values }, what));
    };
    let [value] = found else { return None };
    let helps = !condition.operator().negated && condition.with_only(value)?.holds(&call.keys);
    let operator = condition.operator_text().to_owned();
    let what = format!("add {value} to the values of {operator} {key}");
    helps.then(|| (Change::AddConditionValue { operator, key, value: value.clone() }, what))
}

/// Which of the policy's own values, sent with the request, make the condition this.
pub(super) fn values_that_do(condition: &Condition, call: &Call<'_>, hold: bool) -> Vec<String> {
    let gives = |value: &String| with_value(condition, call, value, hold);
    condition.wanted(&call.keys).into_iter().filter(gives).collect()
}

/// Whether this value, sent with the request, makes the condition this.
pub(super) fn with_value(condition: &Condition, call: &Call<'_>, value: &str, hold: bool) -> bool {
    let mut context = call.request.context.clone();
    context.set(condition.key(), value);
    condition.holds(&Keys::new(&context, false)) == hold
}
