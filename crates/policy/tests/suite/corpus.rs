//! Reads the corpus: data-driven cases written from AWS's documentation, one file a rule family.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value};

/// A case with the file's shared parts filled in.
pub struct Case {
    /// File and name.
    pub name: String,
    /// `allow`, `implicit_deny` or `explicit_deny`.
    pub expect: String,
    /// A vector as `simulate_line` takes it.
    pub vector: Value,
}

/// Every case of every file.
pub fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpus/policy");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    files.iter().flat_map(read).collect()
}

fn read(path: &PathBuf) -> Vec<Case> {
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let stem = path.file_stem().unwrap().to_string_lossy();
    let case = |case: &Value| {
        let mut vector = file["given"].as_object().unwrap().clone();
        overlay(&mut vector, case.as_object().unwrap());
        let take = |vector: &mut Map<String, Value>, field: &str| {
            vector.remove(field).unwrap().as_str().unwrap().to_owned()
        };
        let name = format!("{stem}: {}", take(&mut vector, "name"));
        let expect = take(&mut vector, "expect");
        Case { name, expect, vector: Value::Object(vector) }
    };
    file["cases"].as_array().unwrap().iter().map(case).collect()
}

/// A case's request changes single fields of the shared one; everything else replaces.
fn overlay(given: &mut Map<String, Value>, case: &Map<String, Value>) {
    for (field, value) in case {
        match (given.get_mut(field), value) {
            (Some(Value::Object(shared)), Value::Object(own)) if field == "request" => {
                shared.extend(own.clone());
            }
            _ => drop(given.insert(field.clone(), value.clone())),
        }
    }
}

#[test]
fn decides_as_it_says() {
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let answer: Value =
            serde_json::from_str(&policy::vector::simulate_line(&case.vector.to_string())).unwrap();
        if answer["decision"] != case.expect.as_str() {
            wrong.push(format!("{}: expected {}, got {answer}", case.name, case.expect));
        }
    }
    assert!(cases.len() > 300, "only {} cases were found", cases.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
