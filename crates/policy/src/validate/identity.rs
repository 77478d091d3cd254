//! Identity, boundary and session policies: the checks of CreatePolicy, in their order.
//!
//! Start at [`check`].

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{fields, resource_arn};
use crate::condition::{Operator, is_date};
use crate::document::Document;

const SYNTAX: &str = "Syntax errors in policy.";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const PRINCIPAL: &str = "Policy document should not specify a principal.";
const LEGACY: &str = "The policy failed legacy parsing";
const SID_UNIQUE: &str = "Statement IDs (SID) in a single policy must be unique.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const NO_VENDOR: &str =
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const ONE_COLON: &str = "Actions/Condition can contain only one colon.";

type Statement = Map<String, Value>;

/// Each check runs over the whole document before the next begins.
pub(super) fn check(text: &str) -> Result<Document, String> {
    let json: Value = serde_json::from_str(text).map_err(|_| SYNTAX)?;
    let policy = json.as_object().ok_or(SYNTAX)?;
    let statements = fields::statements(policy).ok_or(SYNTAX)?;
    let well_formed = document_fields(policy) && statements.iter().all(|s| statement_fields(s));
    require(well_formed, SYNTAX)?;
    require(policy.get("Version") == Some(&"2012-10-17".into()), VERSION)?;
    let named = |s: &&Statement| s.contains_key("Principal") || s.contains_key("NotPrincipal");
    require(!statements.iter().any(named), PRINCIPAL)?;
    require(statements.iter().all(|s| legacy_parses(s)), LEGACY)?;
    check_sids(&statements)?;
    for statement in &statements {
        resources(statement).into_iter().try_for_each(resource_arn::check)?;
    }
    for statement in &statements {
        let actions = either(statement, "Action", "NotAction");
        require(!actions.is_empty(), NO_ACTIONS)?;
        actions.into_iter().try_for_each(check_action)?;
    }
    require(statements.iter().all(|s| !resources(s).is_empty()), NO_RESOURCES)?;
    Document::parse(text).map_err(|_| SYNTAX.to_owned())
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn document_fields(policy: &Map<String, Value>) -> bool {
    let known = policy.keys().all(|field| ["Version", "Id", "Statement"].contains(&&**field));
    let version = match policy.get("Version") {
        None => true,
        Some(version) => version == "2012-10-17" || version == "2008-10-17",
    };
    known && version && policy.get("Id").is_none_or(Value::is_string)
}

fn statement_fields(statement: &Statement) -> bool {
    let known = |field: &String| {
        let fields = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"];
        fields.contains(&&**field) || ["Condition", "Principal", "NotPrincipal"].contains(&&**field)
    };
    let effect = statement.get("Effect").and_then(Value::as_str).unwrap_or("");
    let both = |a, b| statement.contains_key(a) && statement.contains_key(b);
    statement.keys().all(known)
        && statement.get("Sid").is_none_or(Value::is_string)
        && (effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny"))
        && !both("Action", "NotAction")
        && !both("Resource", "NotResource")
        && ["Action", "NotAction", "Resource", "NotResource"]
            .iter()
            .all(|element| fields::is_textual(statement.get(*element)))
        && known_conditions(statement)
}

/// An operator that does not exist passes as long as it has no keys.
fn known_conditions(statement: &Statement) -> bool {
    let conditions = fields::conditions(statement.get("Condition"));
    conditions.is_some_and(|found| found.iter().all(|(name, ..)| Operator::parse(name).is_known()))
}

/// What an older parser behind the first one refuses.
fn legacy_parses(statement: &Statement) -> bool {
    let effect = statement.get("Effect").and_then(Value::as_str);
    let dates = fields::conditions(statement.get("Condition")).unwrap_or_default();
    let dates = dates.into_iter().filter(|(name, ..)| Operator::parse(name).is_date());
    let mut values = dates.flat_map(|(_, _, values)| values);
    let good_dates = values.all(|value| match value {
        Value::String(text) => is_date(text),
        other => is_date(&other.to_string()),
    });
    matches!(effect, Some("Allow" | "Deny"))
        && good_dates
        && resources(statement).into_iter().all(resource_arn::legacy_parses)
}

fn check_sids(statements: &[&Statement]) -> Result<(), String> {
    let sids = statements.iter().filter_map(|s| s.get("Sid")?.as_str());
    let mut seen = HashSet::new();
    for sid in sids.filter(|sid| !sid.is_empty()) {
        require(seen.insert(sid), SID_UNIQUE)?;
    }
    Ok(())
}

fn check_action(action: &str) -> Result<(), String> {
    if action == "*" {
        return Ok(());
    }
    let (vendor, name) = action.split_once(':').ok_or(NO_VENDOR)?;
    require(!name.contains(':'), ONE_COLON)?;
    require(!vendor.contains(' '), &format!("Vendor {vendor} is not valid"))
}

fn resources(statement: &Statement) -> Vec<&str> {
    either(statement, "Resource", "NotResource")
}

fn either<'v>(statement: &'v Statement, plain: &str, negated: &str) -> Vec<&'v str> {
    let mut texts = fields::texts(statement, plain);
    texts.extend(fields::texts(statement, negated));
    texts
}
