//! A second evaluator, deliberately naive: it reads the JSON of a vector with sets and loops, one
//! function a sentence of the documentation, and shares no code with the engine.

mod condition;
mod principal;

use serde_json::Value;

use principal::{Worth, worth};

/// The decision for a vector: `allow`, `implicit_deny` or `explicit_deny`.
pub fn decide(vector: &Value) -> &'static str {
    let request = &vector["request"];
    if lower(&request["action"]) == "sts:getcalleridentity" {
        return "allow";
    }
    if every_policy(vector).iter().any(|(kind, policy)| denies(vector, kind, policy)) {
        return "explicit_deny";
    }
    if root_assumes_a_role(request) || !organization_allows(vector) || !endpoint_allows(vector) {
        return "implicit_deny";
    }
    if granted(vector) { "allow" } else { "implicit_deny" }
}

fn root_assumes_a_role(request: &Value) -> bool {
    request["principal_kind"] == "root" && lower(&request["action"]) == "sts:assumerole"
}

/// Every policy that counts for the caller, with its kind.
fn every_policy(vector: &Value) -> Vec<(&'static str, &Value)> {
    let mut all = Vec::new();
    for (field, kind) in [
        ("identity_policies", "identity"),
        ("permissions_boundaries", "boundary"),
        ("session_policies", "session"),
        ("vpc_endpoint_policies", "endpoint"),
    ] {
        all.extend(list(&vector[field]).into_iter().map(|policy| (kind, policy)));
    }
    if !vector["resource_policy"].is_null() {
        all.push(("resource", &vector["resource_policy"]));
    }
    if scps_count(vector) {
        for level in list(&vector["scps"]) {
            all.extend(list(&level["policies"]).into_iter().map(|policy| ("scp", policy)));
        }
    }
    for level in list(&vector["rcps"]) {
        all.extend(list(&level["policies"]).into_iter().map(|policy| ("rcp", policy)));
    }
    all
}

fn scps_count(vector: &Value) -> bool {
    let kind = vector["request"]["principal_kind"].as_str().unwrap();
    let spared = vector["settings"]["principal_account_is_management_account"] == true
        || vector["settings"]["principal_is_service_linked_role"] == true;
    !["anonymous", "service", "other"].contains(&kind) && !spared
}

fn organization_allows(vector: &Value) -> bool {
    let level_allows = |kind: &str, level: &Value| {
        list(&level["policies"]).iter().any(|policy| allows(vector, kind, policy))
    };
    let scps =
        !scps_count(vector) || list(&vector["scps"]).iter().all(|level| level_allows("scp", level));
    scps && list(&vector["rcps"]).iter().all(|level| level_allows("rcp", level))
}

fn endpoint_allows(vector: &Value) -> bool {
    some_or_none_allow(vector, "vpc_endpoint_policies", "endpoint")
}

/// No policies, or one that allows.
fn some_or_none_allow(vector: &Value, field: &str, kind: &str) -> bool {
    let policies = list(&vector[field]);
    policies.is_empty() || policies.iter().any(|policy| allows(vector, kind, policy))
}

fn granted(vector: &Value) -> bool {
    let request = &vector["request"];
    let kind = request["principal_kind"].as_str().unwrap();
    let grant = resource_grant(vector);
    let limits = some_or_none_allow(vector, "permissions_boundaries", "boundary")
        && some_or_none_allow(vector, "session_policies", "session");
    let bare = kind == "federated-user" && list(&vector["session_policies"]).is_empty();
    let identity =
        list(&vector["identity_policies"]).iter().any(|policy| allows(vector, "identity", policy));
    let own_side = kind == "root" || (identity && limits && !bare);
    if ["anonymous", "service", "other"].contains(&kind) {
        return grant == Worth::Direct;
    }
    if request["principal_account"] != request["resource_account"] {
        return own_side && grant != Worth::Nothing;
    }
    match grant {
        Worth::Direct => true,
        Worth::Limited => limits,
        Worth::Delegated => own_side,
        Worth::Nothing => own_side && !sealed(request),
    }
}

/// Roles and keys answer to their own policy alone.
fn sealed(request: &Value) -> bool {
    let action = lower(&request["action"]);
    let on_key = request["resource"].as_str().unwrap().contains(":key/");
    action.starts_with("sts:assumerole")
        || action == "sts:tagsession"
        || action == "sts:setsourceidentity"
        || (action.starts_with("kms:") && on_key)
}

/// The best that any statement of the resource's policy gives the caller.
fn resource_grant(vector: &Value) -> Worth {
    let mut best = Worth::Nothing;
    for statement in statements(&vector["resource_policy"]) {
        if statement["Effect"] == "Allow"
            && covers(vector, "resource", &vector["resource_policy"], statement)
        {
            best = best.max(worth(vector, statement));
        }
    }
    best
}

fn allows(vector: &Value, kind: &str, policy: &Value) -> bool {
    statements(policy).into_iter().any(|statement| {
        statement["Effect"] == "Allow"
            && covers(vector, kind, policy, statement)
            && names_the_caller(vector, kind, statement)
    })
}

fn denies(vector: &Value, kind: &str, policy: &Value) -> bool {
    statements(policy).into_iter().any(|statement| {
        statement["Effect"] == "Deny"
            && covers(vector, kind, policy, statement)
            && names_the_caller(vector, kind, statement)
    })
}

fn names_the_caller(vector: &Value, kind: &str, statement: &Value) -> bool {
    match kind {
        "resource" | "rcp" | "endpoint" => worth(vector, statement) != Worth::Nothing,
        // A principal where none may stand: an allow is void, a deny means whom it names.
        _ if statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some() => {
            statement["Effect"] == "Deny" && worth(vector, statement) != Worth::Nothing
        }
        _ => true,
    }
}

/// Action, resource and conditions.
fn covers(vector: &Value, kind: &str, policy: &Value, statement: &Value) -> bool {
    let request = &vector["request"];
    let variables = policy["Version"] == "2012-10-17";
    covers_action(request, statement)
        && covers_resource(request, kind, statement, variables)
        && condition::all_hold(request, &statement["Condition"], variables)
}

fn covers_action(request: &Value, statement: &Value) -> bool {
    let action = lower(&request["action"]);
    let matches = |pattern: &&Value| {
        let pattern = lower(pattern);
        let service = pattern.split(':').next().unwrap();
        let odd = !pattern.contains(':') || service.contains('*') || service.contains('?');
        pattern == "*"
            || (!odd && glob(&pattern, &action) && action.starts_with(&format!("{service}:")))
    };
    if let Some(patterns) = statement.get("NotAction") {
        let patterns = list(patterns);
        let nothing = patterns.is_empty() && statement["Effect"] == "Allow";
        return !patterns.iter().any(matches) && !nothing;
    }
    statement.get("Action").is_some_and(|patterns| list(patterns).iter().any(matches))
}

fn covers_resource(request: &Value, kind: &str, statement: &Value, variables: bool) -> bool {
    let negated = statement.get("NotResource");
    let Some(patterns) = statement.get("Resource").or(negated) else {
        return ["resource", "rcp", "endpoint"].contains(&kind) || statement["Effect"] == "Deny";
    };
    let allow = statement["Effect"] == "Allow";
    let mut listed = false;
    let mut doubtful = list(patterns).is_empty();
    for pattern in list(patterns).iter().filter_map(|pattern| pattern.as_str()) {
        match resource_matches(request, kind, pattern, variables) {
            Some(matches) => listed |= matches,
            None => doubtful = true,
        }
    }
    let excluded = listed || (doubtful && allow);
    if negated.is_some() { !excluded } else { listed }
}

/// `None` when a variable in the pattern has no value.
fn resource_matches(request: &Value, kind: &str, pattern: &str, variables: bool) -> Option<bool> {
    if pattern == "*" {
        return Some(true);
    }
    let resource = request["resource"].as_str().unwrap();
    if request["action_has_no_resource_types"] == true || resource == "*" {
        return Some(false);
    }
    let wanted: Vec<&str> = pattern.splitn(6, ':').collect();
    let found: Vec<&str> = resource.splitn(6, ':').collect();
    let odd_service = wanted.get(2).is_none_or(|service| service.contains(['*', '?']));
    let too_short = wanted.len() < 6
        && !["identity", "boundary", "session"].contains(&kind)
        && !(kind == "resource" && wanted.len() == 5);
    if wanted[0] != "arn" || found.len() < 6 || odd_service || too_short {
        return Some(false);
    }
    for (index, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
        let matches = if index == 5 && variables {
            glob_tokens(&condition::substitute(request, wanted, true)?, found)
        } else {
            glob(wanted, found)
        };
        if !matches {
            return Some(false);
        }
    }
    Some(true)
}

/// A statement may stand without its list.
fn statements(policy: &Value) -> Vec<&Value> {
    if policy.is_null() { Vec::new() } else { list(&policy["Statement"]) }
}

/// A value or a list of values; nothing for null.
pub fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        single => vec![single],
    }
}

fn lower(value: &Value) -> String {
    value.as_str().unwrap().to_lowercase()
}

/// A character of a pattern: literal, or a wildcard.
#[derive(Clone, Copy)]
pub enum Token {
    Literal(char),
    One,
    Many,
}

/// Wildcard match of a text pattern.
pub fn glob(pattern: &str, text: &str) -> bool {
    let tokens: Vec<Token> = pattern
        .chars()
        .map(|c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            other => Token::Literal(other),
        })
        .collect();
    glob_tokens(&tokens, text)
}

/// The textbook table: which prefixes of the text does each prefix of the pattern match?
pub fn glob_tokens(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for token in pattern {
        let before = row.clone();
        row[0] = matches!(token, Token::Many) && before[0];
        for at in 1..=text.len() {
            row[at] = match token {
                Token::Many => before[at] || row[at - 1],
                Token::One => before[at - 1],
                Token::Literal(c) => before[at - 1] && *c == text[at - 1],
            };
        }
    }
    row[text.len()]
}
