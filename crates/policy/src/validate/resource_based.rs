//! Policies of resources: trust policies, bucket policies, key policies, secret policies.
//!
//! They share a parser at AWS that names missing and unknown fields; each service adds its own
//! rules. Start at [`check`].

use serde_json::{Map, Value};

use super::{Place, fields};
use crate::condition::{Operator, Set};
use crate::document::Document;

type Statement = Map<String, Value>;

/// "OverlyPermissiveCondition" of PutKeyPolicy and CreateKey.
const FOR_ALL_ON_CONTEXT: &str = "OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified encryption context or with an unspecified encryption context. To fix, remove ForAllValues.";

/// Fields in the order in which their absence is told.
const REQUIRED: [(&str, &str); 3] =
    [("Effect", "Effect"), ("Action", "NotAction"), ("Principal", "NotPrincipal")];

/// Checks a document for its place.
pub(super) fn check(place: Place<'_>, text: &str) -> Result<Document, String> {
    let json: Value = serde_json::from_str(text).map_err(|_| invalid_json(place))?;
    let policy = json.as_object().ok_or_else(|| invalid_json(place))?;
    only_known(policy, &["Version", "Id", "Statement"])?;
    let missing = "Missing required field Statement";
    if policy.get("Statement").is_none() {
        return Err(missing.to_owned());
    }
    let statements = fields::statements(policy).ok_or("Syntax errors in policy.")?;
    for statement in statements {
        check_statement(place, statement)?;
    }
    Document::parse(text).map_err(|error| match place {
        Place::Bucket(_) => "Invalid policy syntax.".to_owned(),
        _ => format!("Syntax errors in policy. {error}"),
    })
}

fn invalid_json(place: Place<'_>) -> String {
    match place {
        Place::Bucket(_) => "Policies must be valid JSON and the first byte must be '{'",
        Place::Secret => "This resource policy contains invalid Json",
        _ => "This policy contains invalid Json",
    }
    .to_owned()
}

fn only_known(fields: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(format!("Unknown field {field}")),
        None => Ok(()),
    }
}

fn check_statement(place: Place<'_>, statement: &Statement) -> Result<(), String> {
    only_known(
        statement,
        &[
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ],
    )?;
    for (element, other) in REQUIRED {
        if !(statement.contains_key(element) || statement.contains_key(other)) {
            return Err(format!("Missing required field {element}"));
        }
    }
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(other) => return Err(format!("Invalid effect: {other}")),
        None => return Err("Invalid policy syntax.".to_owned()),
    }
    check_principal(statement)?;
    check_conditions(place, statement)?;
    match place {
        Place::Trust => check_trust(statement),
        Place::Bucket(bucket) => check_bucket(bucket, statement),
        Place::Key | Place::Secret => check_resource_is_there(statement),
        Place::Identity | Place::Session => Ok(()),
    }
}

/// `*`, or an object whose categories exist. Partial wildcards name nobody.
fn check_principal(statement: &Statement) -> Result<(), String> {
    let principal = statement.get("Principal").or_else(|| statement.get("NotPrincipal"));
    let categories = match principal {
        Some(Value::String(text)) if text == "*" => return Ok(()),
        Some(Value::Object(categories)) if !categories.is_empty() => categories,
        _ => return Err("Invalid principal in policy".to_owned()),
    };
    for category in categories.keys() {
        let known = ["AWS", "Service", "Federated", "CanonicalUser"].contains(&category.as_str());
        let texts = fields::texts(categories, category);
        let wrong = texts.iter().find(|text| **text != "*" && text.contains(['*', '?']));
        if !known || texts.is_empty() {
            return Err("Invalid principal in policy".to_owned());
        }
        if let Some(text) = wrong {
            return Err(format!("Invalid principal in policy: \"{category}\":\"{text}\""));
        }
    }
    Ok(())
}

fn check_conditions(place: Place<'_>, statement: &Statement) -> Result<(), String> {
    let conditions =
        fields::conditions(statement.get("Condition")).ok_or("Invalid Condition syntax.")?;
    for (name, key, _) in conditions {
        let operator = Operator::parse(name);
        if !operator.is_known() {
            return Err(format!("Invalid Condition type : {name}"));
        }
        let context_pair = key.to_lowercase().starts_with("kms:encryptioncontext:");
        if place == Place::Key && operator.set == Set::All && context_pair {
            return Err(FOR_ALL_ON_CONTEXT.to_owned());
        }
    }
    Ok(())
}

/// A trust policy speaks of its own role and of STS only.
fn check_trust(statement: &Statement) -> Result<(), String> {
    for field in ["Resource", "NotResource", "NotPrincipal"] {
        if statement.contains_key(field) {
            return Err(format!("Has prohibited field {field}"));
        }
    }
    let sts = |action: &&str| action.to_lowercase().starts_with("sts:");
    let actions = fields::texts(statement, "Action");
    if !actions.iter().all(sts) {
        return Err("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
    }
    Ok(())
}

/// A bucket policy speaks of its own bucket and of S3 only.
fn check_bucket(bucket: &str, statement: &Statement) -> Result<(), String> {
    check_resource_is_there(statement)?;
    let actions = fields::texts(statement, "Action");
    let s3 = |action: &&str| *action == "*" || action.to_lowercase().starts_with("s3:");
    if !actions.iter().all(s3) {
        return Err("Policy has invalid action".to_owned());
    }
    let element = if statement.contains_key("Resource") { "Resource" } else { "NotResource" };
    let resources = fields::texts(statement, element);
    if resources.is_empty() || !resources.iter().all(|resource| is_of_bucket(resource, bucket)) {
        return Err("Policy has invalid resource".to_owned());
    }
    Ok(())
}

fn is_of_bucket(resource: &str, bucket: &str) -> bool {
    let path = resource.splitn(6, ':').nth(5).unwrap_or("");
    let name = path.split('/').next().unwrap_or("");
    resource.starts_with("arn:aws") && resource.contains(":s3:::") && name == bucket
}

fn check_resource_is_there(statement: &Statement) -> Result<(), String> {
    if statement.contains_key("Resource") || statement.contains_key("NotResource") {
        return Ok(());
    }
    Err("Missing required field Resource".to_owned())
}
