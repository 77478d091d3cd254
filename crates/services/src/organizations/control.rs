//! Where an account stands, and which control policies reach it: the answer that every decision
//! asks for.
//!
//! By "How SCPs work" and "How RCPs work" (Organizations User Guide): policies of the root, of
//! each unit on the way and of the account itself; the levels limit together. An account outside
//! of any organization costs one look-up.

use std::sync::Arc;

use gateway::{Fault, Membership};
use names::AccountId;
use policy::{Document, Level, Policy, PolicyKind};
use store::Tx;

use super::aws_managed;
use super::state::{self, Organization, PolicyType};

type Parse<'a> = &'a dyn Fn(&str) -> Result<Arc<Document>, Fault>;

/// The place of an account; `None` outside of any organization.
///
/// # Errors
/// When the state cannot be read, or a unit or policy that something refers to is gone: then
/// nothing is allowed rather than one limit forgotten.
pub fn membership(tx: &Tx, parse: Parse, account: &AccountId) -> Result<Option<Membership>, Fault> {
    let Some(member) = state::member(tx, account)? else { return Ok(None) };
    let gone = |what: &str| Fault::internal(format!("{what} of account {account} is gone"));
    let organization =
        state::organization(tx, &member.organization)?.ok_or_else(|| gone("the organization"))?;
    // From the root to the account's parent.
    let mut way = vec![(organization.root.clone(), "root".to_owned())];
    let mut next = member.parent.clone();
    while next != organization.root {
        let unit = state::unit(tx, &organization.id, &next)?.ok_or_else(|| gone("a unit"))?;
        way.insert(1, (unit.id, unit.name));
        next = unit.parent;
    }
    let mut path = format!("{}/", organization.id);
    way.iter().for_each(|(id, _)| path.push_str(&format!("{id}/")));
    way.push((account.to_string(), "account".to_owned()));
    let levels = |kind| levels(tx, parse, &organization, kind, &way);
    Ok(Some(Membership {
        path,
        management_account: organization.management == *account,
        scps: levels(PolicyType::ServiceControl)?,
        rcps: levels(PolicyType::ResourceControl)?,
        organization: organization.id.clone(),
    }))
}

/// What is attached on the way; nothing while the type is disabled.
fn levels(
    tx: &Tx,
    parse: Parse,
    organization: &Organization,
    kind: PolicyType,
    way: &[(String, String)],
) -> Result<Vec<Level>, Fault> {
    if !organization.enabled.contains(&kind) {
        return Ok(Vec::new());
    }
    let engine_kind = match kind {
        PolicyType::ServiceControl => PolicyKind::ServiceControl,
        PolicyType::ResourceControl => PolicyKind::ResourceControl,
    };
    let mut levels = Vec::with_capacity(way.len());
    for (id, name) in way {
        let mut policies = Vec::new();
        for policy in state::attached(tx, &organization.id, id)?.of(kind) {
            let (title, content) = match aws_managed::content(policy) {
                Some(content) => (policy.clone(), content.to_owned()),
                None => {
                    let gone = || Fault::internal(format!("{policy} is gone"));
                    let found = state::policy(tx, &organization.id, policy)?.ok_or_else(gone)?;
                    (format!("{} ({})", found.name, found.id), found.content)
                }
            };
            policies.push(Policy::new(engine_kind, title, parse(&content)?));
        }
        levels.push(Level { name: format!("{id} ({name})"), policies });
    }
    Ok(levels)
}
