//! No record of any operation holds a secret: each is called with a marker in every member that
//! may be one, and what it answers in such members must not be in the log either.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wire::{Kind, Model, ShapeId};

use crate::every_operation::prepared;

/// Parts of names of members that hold secrets, beside those that a model marks as sensitive.
const SECRET_NAMES: [&str; 12] = [
    "password",
    "secretstring",
    "secretbinary",
    "secretaccesskey",
    "sessiontoken",
    "plaintext",
    "privatekey",
    "webidentitytoken",
    "samlassertion",
    "authenticationcode",
    "tokencode",
    "stringseed",
];
/// Shorter texts, in bytes, stand in a log by chance.
const TELLING: usize = 8;
/// Called so, or sensitive for a model, and no secrets: names and contexts of keys.
const NAMES_OF_KEYS: [&str; 4] =
    ["SSEKMSKeyId", "SSEKMSEncryptionContext", "MasterPasswordSecretKmsKeyId", "RemovePrivateKey"];

fn is_secret(model: &Model, name: &str, shape: ShapeId) -> bool {
    let shape = model.shape(shape);
    let holds_bytes = matches!(shape.kind(), Kind::String | Kind::Blob);
    let lower = name.to_lowercase();
    let named = SECRET_NAMES.iter().any(|part| lower.contains(part));
    holds_bytes && (shape.is_sensitive() || named) && !NAMES_OF_KEYS.contains(&name)
}

/// The input with a marker in each of its secret members, and the markers.
fn marked(model: &Model, operation: &str, mut input: Value, markers: &mut Vec<String>) -> Value {
    let shape = model.operation(operation).unwrap().input();
    let Some(structure) = shape.and_then(|id| model.shape(id).structure()) else { return input };
    for member in structure.members() {
        if !is_secret(model, member.name(), member.shape()) {
            continue;
        }
        let marker = format!("Marker-{}-of-{operation}", markers.len());
        let blob = matches!(model.shape(member.shape()).kind(), Kind::Blob);
        let value = if blob { STANDARD.encode(&marker) } else { marker.clone() };
        markers.extend([marker, value.clone()]);
        input[member.name()] = value.into();
    }
    input
}

/// The texts that an output holds in secret members.
fn secrets(model: &Model, shape: ShapeId, value: &Value, found: &mut BTreeSet<String>) {
    match (model.shape(shape).kind(), value) {
        (Kind::Structure(structure), Value::Object(members)) => {
            for (name, value) in members {
                let Some(member) = structure.member(name) else { continue };
                if is_secret(model, name, member.shape())
                    && let Some(text) = value.as_str().filter(|text| text.len() >= TELLING)
                {
                    found.insert(text.to_owned());
                }
                secrets(model, member.shape(), value, found);
            }
        }
        (Kind::List { element, .. }, Value::Array(items)) => {
            items.iter().for_each(|item| secrets(model, element.shape(), item, found));
        }
        _ => {}
    }
}

#[test]
fn no_operation_leaves_a_secret_in_the_log() {
    let prepared = prepared();
    let world = &prepared.world;
    let admin = world.principal(&world.admin("prod"));
    let lines: Vec<(&str, &str)> = world
        .gateway()
        .services()
        .flat_map(|service| service.operations().map(|operation| (service.name(), operation)))
        .collect();
    let (mut markers, mut answered) = (Vec::new(), BTreeSet::new());
    let mut records = 0;
    for (service, operation) in lines {
        let model = wire::model(service).unwrap();
        let plain = prepared.input(service, operation);
        let with_markers = marked(model, operation, plain.clone(), &mut markers);
        for input in [with_markers, plain] {
            let Ok(output) = world.inside(admin.clone(), service, operation, input) else {
                continue;
            };
            records += 1;
            if let Some(shape) = model.operation(operation).unwrap().output() {
                secrets(model, shape, &output, &mut answered);
            }
        }
    }
    let log = world.whole_audit().join("\n");
    assert!(markers.len() > 20 && answered.len() > 3 && records > 100);
    assert!(log.contains("HIDDEN_DUE_TO_SECURITY_REASONS"));
    let told: Vec<&String> =
        markers.iter().chain(&answered).filter(|secret| log.contains(secret.as_str())).collect();
    assert!(told.is_empty(), "in the log: {told:?}");
}
