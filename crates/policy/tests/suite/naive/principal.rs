//! Who is named, and what it is worth, read straight from the table in the documentation.

use serde_json::Value;

use super::list;

/// What a grant gives, in rising order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    Nothing,
    Delegated,
    Limited,
    Direct,
}

/// What the statement's principal element is worth to the caller; for a deny, whether it is meant.
pub fn worth(vector: &Value, statement: &Value) -> Worth {
    if let Some(element) = statement.get("Principal") {
        return best(vector, element);
    }
    let Some(element) = statement.get("NotPrincipal") else { return Worth::Nothing };
    let listed = best(vector, element);
    let reached = if statement["Effect"] == "Deny" {
        let root = vector["request"]["principal_kind"] == "root";
        let bounded = !list(&vector["permissions_boundaries"]).is_empty();
        let exempt = listed > Worth::Delegated || (listed == Worth::Delegated && root);
        bounded || !exempt
    } else {
        listed == Worth::Nothing && !names_nobody(element)
    };
    if reached { Worth::Direct } else { Worth::Nothing }
}

/// An exception list without entries, which an allow must not take for "everyone".
fn names_nobody(element: &Value) -> bool {
    element.as_object().is_some_and(|names| names.values().all(|names| list(names).is_empty()))
}

fn best(vector: &Value, element: &Value) -> Worth {
    if element == "*" {
        return Worth::Direct;
    }
    let mut best = Worth::Nothing;
    for (category, names) in element.as_object().into_iter().flatten() {
        for name in list(names) {
            best = best.max(named(&vector["request"], category, name.as_str().unwrap()));
        }
    }
    best
}

fn named(request: &Value, category: &str, name: &str) -> Worth {
    let kind = request["principal_kind"].as_str().unwrap();
    let caller = request["principal"].as_str().unwrap_or("nobody");
    let account = request["principal_account"].as_str().unwrap_or("no account");
    let is_it = name == caller;
    match category {
        "Service" if kind == "service" && (is_it || other_name(request, name)) => Worth::Direct,
        "Federated" if kind == "other" && is_it => Worth::Direct,
        "AWS" if name == "*" => Worth::Direct,
        "AWS" if name == account || name == format!("arn:aws:iam::{account}:root") => {
            Worth::Delegated
        }
        "AWS" if kind == "user" && is_it => Worth::Direct,
        "AWS" if ["session", "federated-user"].contains(&kind) && is_it => Worth::Direct,
        "AWS" if kind == "role" && is_it => Worth::Limited,
        "AWS" if kind == "session" && name == role_of(request, caller) => Worth::Limited,
        "AWS" => by_unique_id(request, kind, name),
        _ => Worth::Nothing,
    }
}

fn other_name(request: &Value, name: &str) -> bool {
    list(&request["context"]["aws:PrincipalServiceNamesList"]).iter().any(|other| *other == name)
}

fn role_of(request: &Value, session: &str) -> String {
    if let Some(role) = request["context"]["aws:PrincipalArn"].as_str() {
        return role.to_owned();
    }
    let parts: Vec<&str> = session.split([':', '/']).collect();
    format!("arn:aws:iam::{}:role/{}", parts[4], parts[6])
}

fn by_unique_id(request: &Value, kind: &str, name: &str) -> Worth {
    let Some(id) = request["context"]["aws:userid"].as_str() else { return Worth::Nothing };
    if kind == "user" && id == name && id.starts_with("AIDA") {
        Worth::Direct
    } else if kind == "session" && name.starts_with("AROA") && id.starts_with(&format!("{name}:")) {
        Worth::Limited
    } else {
        Worth::Nothing
    }
}
