//! The gateway's questions answered from the records: credentials and policies.

use std::sync::Arc;

use gateway::{
    Credential, Fault, FederatedUser, IdentitySource, Membership, Principal, PrincipalPolicies,
    User,
};
use names::AccountId;
use policy::{Document, Policy, PolicyKind};
use store::{Seal, StoreError, Tx};

use super::state::{is_closed, keys, read_group, read_policy, read_role, read_user};
use super::{AccessKeyRecord, Attachments, principals, token};

/// Knows every identity of the world.
pub struct Identities;

type Parse<'a> = &'a dyn Fn(&str) -> Result<Arc<Document>, Fault>;

impl IdentitySource for Identities {
    fn credential(
        &self,
        tx: &Tx,
        seal: &Seal,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> Result<Option<Credential>, StoreError> {
        if let Some(text) = session_token {
            let Some(credential) = token::open(seal, access_key_id, text) else {
                return Ok(None);
            };
            let works = still_exists(tx, &credential.principal)?
                && !closed(tx, credential.principal.account())?;
            return Ok(works.then_some(credential));
        }
        let Some(key) = keys::read(tx, access_key_id)? else { return Ok(None) };
        let Some(user) = read_user(tx, &key.account, &key.user)? else { return Ok(None) };
        if closed(tx, Some(&key.account))? {
            return Ok(None);
        }
        let secret = seal.open_sealed(&secret_context(&key.id), &key.sealed_secret)?;
        let AccessKeyRecord { active, .. } = key;
        let principal = Principal::User(User {
            account: user.account,
            path: user.path,
            name: user.name,
            id: user.id,
            tags: user.tags,
            session: None,
        });
        Ok(Some(Credential { secret, principal, expires_at: None, active }))
    }

    fn policies(
        &self,
        tx: &Tx,
        parse: Parse,
        principal: &Principal,
    ) -> Result<PrincipalPolicies, Fault> {
        let mut policies = PrincipalPolicies::default();
        match principal {
            Principal::User(user) | Principal::Federated(FederatedUser { user, .. }) => {
                let record = read_user(tx, &user.account, &user.name)?;
                // A user made anew under an old name is another principal.
                if let Some(record) = record.filter(|record| record.id == user.id) {
                    let owner = format!("user {}", record.name);
                    add(tx, parse, &owner, &record.policies, &mut policies)?;
                    for name in &record.groups {
                        // A group with users cannot be deleted: its absence is damage.
                        let group = read_group(tx, &user.account, name)?;
                        let gone = || Fault::internal(format!("group {name} is gone"));
                        let group = group.ok_or_else(gone)?;
                        let owner = format!("group {}", group.name);
                        add(tx, parse, &owner, &group.policies, &mut policies)?;
                    }
                }
            }
            Principal::Role(role) => {
                let record = read_role(tx, &role.account, &role.role_name)?;
                if let Some(record) = record.filter(|record| record.id == role.role_id) {
                    policies.service_linked = record.path.starts_with("/aws-service-role/");
                    let owner = format!("role {}", record.name);
                    add(tx, parse, &owner, &record.policies, &mut policies)?;
                }
            }
            Principal::Root { .. }
            | Principal::Service(_)
            | Principal::Web(_)
            | Principal::Anonymous => {}
        }
        for (name, document) in principal.session().into_iter().flat_map(|s| &s.policies) {
            let name = format!("{name} of session {}", principal.arn());
            policies.session.push(Policy::new(PolicyKind::Session, name, parse(document)?));
        }
        Ok(policies)
    }

    fn membership(
        &self,
        tx: &Tx,
        parse: Parse,
        account: &AccountId,
    ) -> Result<Option<Membership>, Fault> {
        crate::organizations::membership(tx, parse, account)
    }

    fn shown(&self, tx: &Tx, document: &str) -> Result<String, Fault> {
        principals::shown(tx, document)
    }
}

/// Whether the account was closed: none of its credentials works any more.
fn closed(tx: &Tx, account: Option<&AccountId>) -> Result<bool, StoreError> {
    account.map_or(Ok(false), |account| is_closed(tx, account))
}

/// Whether the role or user of a session is still there: one made anew under the same name is
/// another, and sessions do not outlive their own.
fn still_exists(tx: &Tx, principal: &Principal) -> Result<bool, StoreError> {
    Ok(match principal {
        Principal::Role(role) => read_role(tx, &role.account, &role.role_name)?
            .is_some_and(|record| record.id == role.role_id),
        Principal::User(user) | Principal::Federated(FederatedUser { user, .. }) => {
            read_user(tx, &user.account, &user.name)?.is_some_and(|record| record.id == user.id)
        }
        Principal::Root { .. }
        | Principal::Service(_)
        | Principal::Web(_)
        | Principal::Anonymous => true,
    })
}

/// The context under which a long-term secret is sealed.
pub fn secret_context(access_key_id: &str) -> String {
    format!("access key {access_key_id}")
}

fn add(
    tx: &Tx,
    parse: Parse,
    owner: &str,
    attached: &Attachments,
    policies: &mut PrincipalPolicies,
) -> Result<(), Fault> {
    for (name, document) in &attached.inline {
        let name = format!("inline policy {name} of {owner}");
        policies.identity.push(Policy::new(PolicyKind::Identity, name, parse(document)?));
    }
    for arn in &attached.managed {
        policies.identity.push(managed(tx, parse, PolicyKind::Identity, arn)?);
    }
    if let Some(arn) = &attached.boundary {
        policies.boundaries.push(managed(tx, parse, PolicyKind::Boundary, arn)?);
    }
    Ok(())
}

fn managed(tx: &Tx, parse: Parse, kind: PolicyKind, arn: &str) -> Result<Policy, Fault> {
    let record = read_policy(tx, arn)?;
    // A policy cannot be deleted while attached, so its absence is damage; it must not pass.
    let document = record.as_ref().and_then(|record| record.document());
    let document = document.ok_or_else(|| Fault::internal(format!("{arn} is gone")))?;
    Ok(Policy::new(kind, arn, parse(document)?))
}
