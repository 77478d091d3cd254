//! No member of any input is silently ignored: each is read, or declared as of no effect, or
//! refused as not built.

use gateway::Service;
use serde_json::{Value, json};
use testkit::{World, smallest};
use wire::{Kind, Member, Model};

/// What is wrong with the handlers' inputs.
#[derive(Default)]
struct Findings {
    seen: usize,
    ignored: Vec<String>,
    needless: Vec<String>,
    strict: Vec<String>,
}

/// Whether the handler reads a member: a value of a form that the member cannot have is noticed.
fn reads(service: &Service, operation: &str, input: &Value, member: &Member) -> bool {
    let misformed = [json!({ "not": "a member" }), json!("no"), json!([["no"]])];
    misformed.into_iter().any(|value| {
        let mut input = input.clone();
        input[member.name()] = value;
        service.takes(operation, input).is_err()
    })
}

/// Whether any form of value fits, so that [`reads`] cannot tell.
fn is_open(model: &Model, member: &Member) -> bool {
    matches!(model.shape(member.shape()).kind(), Kind::Map { .. }) || member.is_streaming()
}

fn look(service: &Service, name: &str, findings: &mut Findings) {
    let model = wire::model(service.name()).unwrap();
    let operation = model.operation(name).unwrap();
    let Some(structure) = operation.input().and_then(|id| model.shape(id).structure()) else {
        return;
    };
    let input = smallest(model, operation, &json!({}));
    let call = format!("{}:{name}", service.name());
    if let Err(error) = service.takes(name, input.clone()) {
        findings.strict.push(format!("{call} does not take {input}: {error}"));
        return;
    }
    for member in structure.members().iter().filter(|member| !is_open(model, member)) {
        findings.seen += 1;
        let line = format!("{call} {}", member.name());
        let declared = service.declares(name, member.name());
        match (reads(service, name, &input, member), declared) {
            (false, false) => findings.ignored.push(line),
            (true, true) => findings.needless.push(line),
            _ => {}
        }
    }
}

/// Services not yet looked through. May only shrink.
const LATER: [&str; 0] = [];

#[test]
fn every_member_of_every_input_is_read_or_declared() {
    let world = World::new();
    let mut findings = Findings::default();
    for service in world.gateway().services().filter(|s| !LATER.contains(&s.name())) {
        for operation in service.operations() {
            look(service, operation, &mut findings);
        }
    }
    let Findings { seen, ignored, needless, strict } = findings;
    assert!(seen > 50, "only {seen} members looked at");
    assert!(ignored.is_empty(), "ignored without a word: {ignored:#?}");
    assert!(needless.is_empty(), "read, and declared as not: {needless:#?}");
    assert!(strict.is_empty(), "more is asked for than the interface does: {strict:#?}");
}
