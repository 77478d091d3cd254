//! A grant as the policy engine sees it: a policy document for one grantee.
//!
//! The words are those of key policies, so an explanation shows a grant like any other policy.

use gateway::{Cx, Fault, GuardPolicy};
use policy::{PolicyKind, grant};
use serde_json::Value;

use super::records::{self, Constraint, GrantRecord};
use crate::kms::access::EncryptionContext;
use crate::kms::state::KeyRecord;

pub(in crate::kms) use policy::grant::WITH_CONTEXT;

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
    let constraint = grant.constraint.as_ref().map(|constraint| match constraint {
        Constraint::Equals(pairs) => grant::Constraint::Equals(pairs),
        Constraint::Subset(pairs) => grant::Constraint::Subset(pairs),
    });
    guard(grant, &grant::statements(&grant.grantee, &grant.operations, constraint))
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
    let statements: Vec<Value> =
        principals.iter().map(|principal| grant::statement(principal, &[&retire])).collect();
    guard(grant, &statements)
}

fn guard(grant: &GrantRecord, statements: &[Value]) -> GuardPolicy {
    let name = grant.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    GuardPolicy {
        kind: PolicyKind::Grant,
        name: format!("grant {}{name} on {}", grant.id, grant.key_arn()),
        document: grant::document(&grant.id, statements).to_string(),
    }
}
