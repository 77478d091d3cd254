//! Refreshes or verifies `models/`: the interface facts of each service, taken from botocore.
//!
//! Names, types, constraints and bindings are kept and prose is dropped; what botocore lacks is
//! merged from `models/patches/`. Must not know what the facts mean: that is the `wire` crate's.
//! Start at [`run`].

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};

/// The services and the API versions that are kept.
const SERVICES: [(&str, &str); 10] = [
    ("sts", "2011-06-15"),
    ("iam", "2010-05-08"),
    ("secretsmanager", "2017-10-17"),
    ("kms", "2014-11-01"),
    ("s3", "2006-03-01"),
    ("redshift", "2012-12-01"),
    ("cloudtrail", "2013-11-01"),
    ("organizations", "2016-11-28"),
    ("s3control", "2018-08-20"),
    ("dynamodb", "2012-08-10"),
];

/// Keys that say nothing about the wire: prose, and facts of endpoints and code generators.
const DROPPED: [&str; 15] = [
    "alternateFormats",
    "auth",
    "box",
    "clientContextParams",
    "contextParam",
    "deprecatedMessage",
    "deprecatedSince",
    "documentation",
    "documentationUrl",
    "examples",
    "operationContextParams",
    "protocols",
    "staticContextParams",
    "synthetic",
    "version",
];

/// `models [check] [--botocore DIR]`: writes `models/*.json`, or with `check` fails when one
/// differs from what would be written. DIR is the installed package (the folder with `data`);
/// without it `python3` is asked where its botocore is.
///
/// # Errors
/// A sentence that says what is missing or which file differs.
pub fn run(args: &[String]) -> Result<(), String> {
    let mut check = false;
    let mut botocore = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "check" | "--check" => check = true,
            "--botocore" => botocore = args.next().map(PathBuf::from),
            other => return Err(format!("models: unknown argument {other}")),
        }
    }
    let data = match botocore {
        Some(directory) => directory,
        None => installed_botocore()?,
    }
    .join("data");
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    for (service, version) in SERVICES {
        let text = refresh(&data.join(service).join(version), &models, service)?;
        settle(&models.join(format!("{service}.json")), &text, check)?;
    }
    Ok(())
}

fn installed_botocore() -> Result<PathBuf, String> {
    let script = "import botocore, os; print(os.path.dirname(botocore.__file__))";
    let output = Command::new("python3")
        .args(["-c", script])
        .output()
        .map_err(|error| format!("models: cannot ask python3 for botocore: {error}"))?;
    if !output.status.success() {
        return Err("models: python3 has no botocore; give --botocore DIR".to_owned());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// The text of one service's model.
fn refresh(source: &Path, models: &Path, service: &str) -> Result<String, String> {
    let mut model = read_gzip(&source.join("service-2.json.gz"))?;
    let extras = source.join("service-2.sdk-extras.json");
    if extras.exists() {
        let extras = read_json(&extras)?;
        merge(&mut model, extras.get("merge").unwrap_or(&Value::Null));
    }
    strip(&mut model);
    let patch = models.join("patches").join(format!("{service}.json"));
    if patch.exists() {
        merge(&mut model, &read_json(&patch)?);
    }
    Ok(write(&model))
}

fn settle(path: &Path, text: &str, check: bool) -> Result<(), String> {
    let shown = path.display();
    if !check {
        return fs::write(path, text).map_err(|error| format!("models: {shown}: {error}"));
    }
    let present = fs::read_to_string(path).map_err(|error| format!("models: {shown}: {error}"))?;
    if present == text {
        return Ok(());
    }
    Err(format!("models: {shown} is not what botocore and the patches give; run `xtask models`"))
}

fn read_gzip(path: &Path) -> Result<Value, String> {
    let shown = path.display();
    let file = fs::File::open(path).map_err(|error| format!("models: {shown}: {error}"))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .map_err(|error| format!("models: {shown}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("models: {shown}: {error}"))
}

fn read_json(path: &Path) -> Result<Value, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("models: {shown}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("models: {shown}: {error}"))
}

/// Drops [`DROPPED`] keys, except where the key is the name of a member, shape or operation.
fn strip(model: &mut Value) {
    let Some(model) = model.as_object_mut() else { return };
    strip_object(model);
    if let Some(metadata) = model.get_mut("metadata").and_then(Value::as_object_mut) {
        strip_object(metadata);
    }
    for section in ["operations", "shapes"] {
        let entries = model.get_mut(section).and_then(Value::as_object_mut);
        for (_, entry) in entries.into_iter().flat_map(Map::iter_mut) {
            strip_facts(entry);
        }
    }
}

fn strip_facts(facts: &mut Value) {
    match facts {
        Value::Object(object) => {
            strip_object(object);
            for (key, value) in object.iter_mut() {
                match (key.as_str(), value) {
                    ("members", Value::Object(members)) => {
                        members.iter_mut().for_each(|(_, member)| strip_facts(member));
                    }
                    (_, value) => strip_facts(value),
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(strip_facts),
        _ => {}
    }
}

fn strip_object(object: &mut Map<String, Value>) {
    object.retain(|key, _| !DROPPED.contains(&key.as_str()));
}

/// Merges objects key by key; anything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (target, patch) => *target = patch.clone(),
    }
}

/// One line per operation and per shape, so that a refresh reads well as a difference.
fn write(model: &Value) -> String {
    let mut text = String::from("{");
    let sections = model.as_object().into_iter().flatten();
    for (at, (name, section)) in sections.enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&format!("{}:", Value::from(name.as_str())));
        match section.as_object().filter(|_| name == "operations" || name == "shapes") {
            Some(entries) => write_lines(entries, &mut text),
            None => text.push_str(&section.to_string()),
        }
    }
    text.push_str("\n}\n");
    text
}

fn write_lines(entries: &Map<String, Value>, text: &mut String) {
    text.push('{');
    for (at, (name, entry)) in entries.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&format!("{}:{entry}", Value::from(name.as_str())));
    }
    text.push_str("\n}");
}
