//! Following the explanation's advice leads where it says: a denied request becomes allowed, an
//! allowed one denied.

use crate::generate;
use dice::Dice;
use policy::vector::Vector;
use policy::{Cause, Change, Fix, PolicyKind};
use serde_json::{Value, json};

fn explained(vector: &Value) -> (bool, Vec<Fix>) {
    let read = Vector::parse(&vector.to_string()).unwrap();
    let explanation = policy::explain(&read.request, &read.policies);
    assert_eq!(explanation.decision, read.decide(), "{vector}");
    (explanation.decision.is_allowed(), explanation.fixes)
}

fn seeds() -> impl Iterator<Item = (u64, Value)> {
    (0..1_000).map(|seed| (seed, generate::vector(&mut Dice::new(seed ^ 0x77))))
}

#[test]
fn denied_requests_become_allowed() {
    let mut mended = 0;
    for (seed, mut vector) in seeds() {
        let mut helpless = false;
        // A key that is sent may wake another statement, so the advice is asked for again.
        for _ in 0..8 {
            let (allowed, fixes) = explained(&vector);
            helpless |= fixes.iter().any(|fix| fix.change == Change::ActOtherwise);
            if allowed || helpless {
                break;
            }
            assert!(!fixes.is_empty(), "seed {seed}: no advice for {vector}");
            fixes.iter().for_each(|fix| apply(&mut vector, fix));
        }
        assert!(helpless || explained(&vector).0, "seed {seed}: the advice did not help {vector}");
        mended += usize::from(!helpless);
    }
    assert!(mended > 600, "only {mended} could be mended");
}

#[test]
fn allowed_requests_become_denied() {
    for (seed, mut vector) in seeds() {
        let (allowed, fixes) = explained(&vector);
        if !allowed || fixes.is_empty() {
            continue;
        }
        fixes.iter().for_each(|fix| apply(&mut vector, fix));
        assert!(!explained(&vector).0, "seed {seed}: still allowed: {vector}");
    }
}

fn apply(vector: &mut Value, fix: &Fix) {
    match &fix.change {
        Change::SendKey { key, values } => {
            let context = vector["request"]["context"].as_object_mut().unwrap();
            context.retain(|name, _| !name.eq_ignore_ascii_case(key));
            context.insert(key.clone(), json!(values[0]));
        }
        Change::AddStatement { statement } => add_statement(vector, fix, statement),
        // Emptied rather than removed, so that the other fixes' numbers stay right.
        Change::RemoveStatement => {
            *statement(vector, fix) = json!({ "Effect": "Deny", "Action": [], "Resource": [] });
        }
        Change::AddValue { element, value } => match value {
            Value::Object(named) => {
                for (category, name) in named {
                    push(&mut statement(vector, fix)[element][category], name);
                }
            }
            single => push(&mut statement(vector, fix)[element], single),
        },
        Change::AddConditionValue { operator, key, value } => {
            push(&mut statement(vector, fix)["Condition"][operator][key], &json!(value));
        }
        Change::ActOtherwise => {}
    }
}

fn push(element: &mut Value, value: &Value) {
    let mut list = match element.take() {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        single => vec![single],
    };
    list.push(value.clone());
    *element = Value::Array(list);
}

fn statement<'v>(vector: &'v mut Value, fix: &Fix) -> &'v mut Value {
    let index = fix.statement.unwrap() - 1;
    let statements = &mut policy(vector, fix)["Statement"];
    if statements.is_array() { &mut statements[index] } else { statements }
}

fn add_statement(vector: &mut Value, fix: &Fix, statement: &Value) {
    if fix.policy.is_some() {
        return push(&mut policy(vector, fix)["Statement"], statement);
    }
    let new = json!({ "Version": "2012-10-17", "Statement": statement });
    match fix.cause {
        Cause::Policy(PolicyKind::Resource | PolicyKind::Trust | PolicyKind::Key) => {
            vector["resource_policy"] = new;
        }
        _ => push(policies(vector, fix), &new),
    }
}

/// The policy that the fix names; simulated policies are numbered.
fn policy<'v>(vector: &'v mut Value, fix: &Fix) -> &'v mut Value {
    let kind = fix.cause;
    if matches!(kind, Cause::Policy(PolicyKind::Resource | PolicyKind::Trust | PolicyKind::Key)) {
        return &mut vector["resource_policy"];
    }
    let name = fix.policy.as_ref().unwrap();
    let number: usize = name.parse().unwrap();
    &mut policies(vector, fix)[number - 1]
}

fn policies<'v>(vector: &'v mut Value, fix: &Fix) -> &'v mut Value {
    let Cause::Policy(kind) = fix.cause else { panic!("{fix:?} names no policy") };
    let field = match kind {
        PolicyKind::Identity => "identity_policies",
        PolicyKind::Boundary => "permissions_boundaries",
        PolicyKind::Session => "session_policies",
        PolicyKind::Endpoint => "vpc_endpoint_policies",
        PolicyKind::ServiceControl => "scps",
        PolicyKind::ResourceControl => "rcps",
        other => panic!("{other} is no list"),
    };
    let Some(level) = &fix.level else { return &mut vector[field] };
    let levels = vector[field].as_array_mut().unwrap();
    let found = levels.iter_mut().find(|one| one["level"] == level.as_str());
    &mut found.unwrap()["policies"]
}
