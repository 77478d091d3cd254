//! A grant as the policy engine sees it: a policy document for one grantee.
//!
//! The words are those of key policies, so an explanation shows a grant like any other policy.

use gateway::{Cx, Fault, GuardPolicy};
use policy::PolicyKind;
use serde_json::{Map, Value, json};

use super::records::{self, Constraint, GrantRecord};
use crate::kms::access::EncryptionContext;
use crate::kms::state::KeyRecord;

/// Operations to which constraints apply; the others take no encryption context ("Using grant
/// constraints", KMS Developer Guide).
pub(in crate::kms) const WITH_CONTEXT: [&str; 8] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
];

/// The grants on a key that are made out to the caller: to its session, to its user or role, or to
/// its account.
pub(in crate::kms) fn of_caller(cx: &Cx, key: &KeyRecord) -> Result<Vec<GrantRecord>, Fault> {
    let caller = cx.principal();
    let id = caller.user_id();
    let id = id.split(':').next().unwrap_or_default();
    let mut names = vec![caller.arn(), id.to_owned()];
    names.extend(caller.account().map(|account| format!("arn:aws:iam::{account}:root")));
    names.sort();
    names.dedup();
    let mut grants = Vec::new();
    for name in names {
        grants.extend(records::to(cx, key, &name)?);
    }
    Ok(grants)
}

/// Those grants that may count for an operation with this encryption context, as policies.
///
/// The engine compares the names of encryption context keys without regard to case, grants with
/// it: a grant that only the engine would take to be met is left out.
pub(in crate::kms) fn policies(
    grants: &[GrantRecord],
    operation: &str,
    context: &EncryptionContext,
) -> Vec<GuardPolicy> {
    let bound = WITH_CONTEXT.contains(&operation);
    let differs_in_case_only = |grant: &&GrantRecord| {
        let met = |one: &Constraint| one.admits(context) || !folded(one).admits(&fold(context));
        !bound || grant.constraint.as_ref().is_none_or(met)
    };
    grants.iter().filter(differs_in_case_only).map(as_policy).collect()
}

fn fold(context: &EncryptionContext) -> EncryptionContext {
    context.iter().map(|(key, value)| (key.to_lowercase(), value.clone())).collect()
}

fn folded(constraint: &Constraint) -> Constraint {
    match constraint {
        Constraint::Equals(pairs) => Constraint::Equals(fold(pairs)),
        Constraint::Subset(pairs) => Constraint::Subset(fold(pairs)),
    }
}

fn as_policy(grant: &GrantRecord) -> GuardPolicy {
    let (bound, free): (Vec<&String>, Vec<&String>) =
        grant.operations.iter().partition(|name| WITH_CONTEXT.contains(&name.as_str()));
    let mut statements = Vec::new();
    if !bound.is_empty() {
        let mut statement = statement(&grant.grantee, &bound);
        if let (Some(constraint), Some(members)) = (&grant.constraint, statement.as_object_mut()) {
            members.insert("Condition".to_owned(), condition(constraint));
        }
        statements.push(statement);
    }
    if !free.is_empty() {
        statements.push(statement(&grant.grantee, &free));
    }
    guard(grant, statements)
}

/// Who may retire a grant: its retiring principal, its grantee if it says so, and whomever the
/// account that made it allows to ("Retiring and revoking grants", KMS Developer Guide).
pub(in crate::kms) fn retirement(grant: &GrantRecord) -> GuardPolicy {
    let retire = "RetireGrant".to_owned();
    let mut principals = vec![format!("arn:aws:iam::{}:root", grant.issuer)];
    principals.extend(grant.retiring.clone());
    if grant.allows(&retire) {
        principals.push(grant.grantee.clone());
    }
    let statements = principals.iter().map(|principal| statement(principal, &[&retire]));
    guard(grant, statements.collect())
}

fn statement(principal: &str, operations: &[&String]) -> Value {
    let actions: Vec<String> = operations.iter().map(|name| format!("kms:{name}")).collect();
    json!({
        "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions, "Resource": "*",
    })
}

fn condition(constraint: &Constraint) -> Value {
    let pairs = constraint.pairs().iter();
    let pairs: Map<String, Value> = pairs
        .map(|(key, value)| (format!("kms:EncryptionContext:{key}"), value.clone().into()))
        .collect();
    match constraint {
        Constraint::Subset(_) => json!({ "StringEquals": pairs }),
        Constraint::Equals(all) => {
            let keys: Vec<&String> = all.keys().collect();
            json!({
                "StringEquals": pairs,
                "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": keys },
            })
        }
    }
}

fn guard(grant: &GrantRecord, statements: Vec<Value>) -> GuardPolicy {
    let name = grant.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    // The older version of the language has no variables, which values here must not become.
    let document = json!({ "Version": "2008-10-17", "Id": grant.id, "Statement": statements });
    GuardPolicy {
        kind: PolicyKind::Grant,
        name: format!("grant {}{name} on {}", grant.id, grant.key_arn()),
        document: document.to_string(),
    }
}
