//! Grants: permissions on one key for one principal, beside the key's policy.
//!
//! What a grant is worth is the policy engine's matter (`grant/document.rs` writes it as a policy
//! for it). A grant counts at once: there is no eventual consistency here to wait for, so tokens
//! are checked and not needed. Start at [`create`].

pub(super) mod document;
pub(super) mod records;

use gateway::{Access, Check, Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};

use super::access::{EncryptionContext, Use, check, find, not_found, with_context};
use super::key::{Done, Paging};
use super::spec::Spec;
use super::state::KeyRecord;
use super::unless_dry;
use crate::identity::{principal_id, shown_principal, stored_principal};
use document::WITH_CONTEXT;
use records::{Constraint, GrantRecord};

/// Grants that a key may have (KMS quotas).
const MAX_GRANTS: usize = 50_000;
/// Grants of a page when the caller does not say.
const PAGE: usize = 50;
/// Pairs of a constraint (CreateGrant, KMS API Reference).
const MAX_PAIRS: usize = 8;
/// Characters of a pair's value together with its key.
const MAX_VALUE: usize = 384;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateInput {
    key_id: String,
    grantee_principal: String,
    retiring_principal: Option<String>,
    operations: Vec<String>,
    #[serde(default)]
    constraints: Constraints,
    #[serde(default)]
    grant_tokens: Vec<String>,
    name: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Constraints {
    encryption_context_subset: Option<EncryptionContext>,
    encryption_context_equals: Option<EncryptionContext>,
}

impl Constraints {
    /// The one constraint; empty maps constrain nothing.
    fn one(&self) -> Result<Option<Constraint>, Fault> {
        let given = |pairs: &Option<EncryptionContext>| pairs.clone().filter(|p| !p.is_empty());
        let constraint = match (
            given(&self.encryption_context_subset),
            given(&self.encryption_context_equals),
        ) {
            (None, None) => return Ok(None),
            (Some(pairs), None) => Constraint::Subset(pairs),
            (None, Some(pairs)) => Constraint::Equals(pairs),
            (Some(_), Some(_)) => {
                return Err(invalid("A grant can have only one encryption context constraint."));
            }
        };
        let long = |(key, value): (&String, &String)| key.len() + value.len() > MAX_VALUE;
        if constraint.pairs().len() > MAX_PAIRS || constraint.pairs().iter().any(long) {
            let text = format!(
                "An encryption context constraint has at most {MAX_PAIRS} pairs of at most \
                 {MAX_VALUE} characters."
            );
            return Err(invalid(text));
        }
        Ok(Some(constraint))
    }
}

fn invalid(text: impl Into<String>) -> Fault {
    Fault::new("ValidationException", text.into()).status(400)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Created {
    grant_token: String,
    grant_id: String,
}

/// Whether a service made the call for its caller.
fn for_service(cx: &Cx) -> String {
    (!cx.origin().called_via.is_empty()).to_string()
}

fn managing(cx: &Cx, action: &str, key_id: &str) -> Result<Access, Fault> {
    let given = Use { named: Some(key_id), ..Use::default() };
    let asked = check(cx, action, &find(cx, key_id)?, &given)?;
    Ok(Access::to(asked.with("kms:GrantIsForAWSResource", for_service(cx))))
}

/// A caller whose only permission is a grant can hand on no more than that grant holds.
pub(super) fn create_access(cx: &Cx, input: &CreateInput) -> Result<Access, Fault> {
    let key = find(cx, &input.key_id)?;
    let constraint = input.constraints.one()?;
    let mut grants = document::of_caller(cx, &key)?;
    grants.retain(|grant| may_hand_on(grant, &input.operations, constraint.as_ref()));
    let context = constraint.as_ref().map(Constraint::pairs).cloned().unwrap_or_default();
    let given = Use { named: Some(&input.key_id), tokens: &input.grant_tokens, ..Use::default() };
    let asked = check(cx, "CreateGrant", &key, &given)?
        .granted_by(document::policies(&grants, "CreateGrant", &context))
        .with("kms:GrantIsForAWSResource", for_service(cx))
        .with("kms:GranteePrincipal", input.grantee_principal.clone())
        .with_some("kms:RetiringPrincipal", input.retiring_principal.clone())
        .with_some("kms:GrantConstraintType", constraint.as_ref().map(Constraint::kind))
        .with_all("kms:GrantOperations", input.operations.iter().cloned());
    Ok(Access::to(with_context(asked, &context)))
}

fn may_hand_on(held: &GrantRecord, operations: &[String], asked: Option<&Constraint>) -> bool {
    let strict = match (&held.constraint, asked) {
        (None, _) => true,
        (Some(held), Some(asked)) => held.covers(asked),
        (Some(_), None) => false,
    };
    strict && operations.iter().all(|operation| held.allows(operation))
}

pub(super) fn create(cx: &mut Cx, input: CreateInput) -> Result<Created, Fault> {
    let key = find(cx, &input.key_id)?;
    key.usable(cx.now())?;
    let constraint = input.constraints.one()?;
    fits(&key, &input.operations, constraint.as_ref())?;
    let grantee = stored(cx, &input.grantee_principal)?;
    let retiring = input.retiring_principal.as_deref().map(|name| stored(cx, name)).transpose()?;
    unless_dry(input.dry_run)?;
    let new = GrantRecord {
        id: hex::encode(cx.world().bytes::<32>()),
        account: key.account.clone(),
        region: key.region.clone(),
        key: key.id.clone(),
        name: input.name,
        created: cx.now(),
        grantee,
        retiring,
        issuer: cx.account()?.clone(),
        operations: input.operations,
        constraint,
    };
    let existing = records::of_key(cx, &key)?;
    if let Some(known) = existing.iter().find(|known| repeats(known, &new)) {
        return Ok(Created { grant_token: known.token(cx)?, grant_id: known.id.clone() });
    }
    if existing.len() >= MAX_GRANTS {
        let text = format!("The key has {MAX_GRANTS} grants, which is as many as it can have.");
        return Err(Fault::new("LimitExceededException", text).status(400));
    }
    records::put(cx, &new)?;
    Ok(Created { grant_token: new.token(cx)?, grant_id: new.id })
}

/// The same request again: a name makes CreateGrant idempotent.
fn repeats(known: &GrantRecord, new: &GrantRecord) -> bool {
    let as_if_new = GrantRecord { id: new.id.clone(), created: new.created, ..known.clone() };
    new.name.is_some() && as_if_new == *new
}

/// The operations must be ones the key can do, and only keys with an encryption context can be
/// constrained by it.
fn fits(
    key: &KeyRecord,
    operations: &[String],
    constraint: Option<&Constraint>,
) -> Result<(), Fault> {
    let possible = key.spec.grantable(key.usage);
    let cannot = operations.iter().find(|operation| !possible.contains(&operation.as_str()));
    if let Some(operation) = cannot {
        let text = format!("The operation {operation} is not valid for key {}.", key.arn());
        return Err(invalid(text));
    }
    if constraint.is_some() && key.spec != Spec::Symmetric {
        return Err(invalid(
            "Encryption context constraints are valid only for symmetric encryption keys.",
        ));
    }
    let bound = |operation: &String| WITH_CONTEXT.contains(&operation.as_str());
    if constraint.is_some() && !operations.iter().any(bound) {
        return Err(invalid("No operation of the grant takes an encryption context."));
    }
    Ok(())
}

/// A principal in the form in which it is stored; only an account, user, role or session can be
/// one.
fn stored(cx: &mut Cx, principal: &str) -> Result<String, Fault> {
    let known = match principal.parse::<Arn>() {
        Ok(_) => stored_principal(cx, principal)?,
        Err(_) => None,
    };
    known.ok_or_else(|| no_principal(principal))
}

fn no_principal(principal: &str) -> Fault {
    let text = format!("ARN does not refer to a valid principal: {principal}");
    Fault::new("InvalidArnException", text).status(400)
}

/// An entry of a list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    key_id: String,
    grant_id: String,
    name: String,
    creation_date: i64,
    grantee_principal: String,
    retiring_principal: Option<String>,
    issuing_account: String,
    operations: Vec<String>,
    constraints: Option<ConstraintsEntry>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ConstraintsEntry {
    encryption_context_subset: Option<EncryptionContext>,
    encryption_context_equals: Option<EncryptionContext>,
}

impl Entry {
    fn of(cx: &Cx, grant: GrantRecord) -> Result<Self, Fault> {
        let shown = |id: &String| shown_principal(cx, id);
        let none = ConstraintsEntry::default;
        let constraints = grant.constraint.clone().map(|constraint| match constraint {
            Constraint::Subset(pairs) => {
                ConstraintsEntry { encryption_context_subset: Some(pairs), ..none() }
            }
            Constraint::Equals(pairs) => {
                ConstraintsEntry { encryption_context_equals: Some(pairs), ..none() }
            }
        });
        Ok(Self {
            key_id: grant.key_arn().to_string(),
            grantee_principal: shown(&grant.grantee)?,
            retiring_principal: grant.retiring.as_ref().map(shown).transpose()?,
            grant_id: grant.id,
            name: grant.name.unwrap_or_default(),
            creation_date: grant.created.timestamp(),
            issuing_account: root_of(&grant.issuer),
            operations: grant.operations,
            constraints,
        })
    }
}

fn root_of(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:root")
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Grants {
    grants: Vec<Entry>,
    next_marker: Option<String>,
    truncated: bool,
}

fn page(cx: &Cx, grants: Vec<GrantRecord>, paging: Paging) -> Result<Grants, Fault> {
    let (page, next_marker) = paging.or(PAGE).cut(grants, |grant| &grant.id);
    let truncated = next_marker.is_some();
    let grants: Result<_, _> = page.into_iter().map(|grant| Entry::of(cx, grant)).collect();
    Ok(Grants { grants: grants?, next_marker, truncated })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListInput {
    key_id: String,
    grant_id: Option<String>,
    grantee_principal: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

pub(super) fn list_access(cx: &Cx, input: &ListInput) -> Result<Access, Fault> {
    managing(cx, "ListGrants", &input.key_id)
}

pub(super) fn list(cx: &Cx, input: ListInput) -> Result<Grants, Fault> {
    let key = find(cx, &input.key_id)?;
    let mut grants = records::of_key(cx, &key)?;
    if let Some(id) = &input.grant_id {
        grants.retain(|grant| grant.id == *id);
    }
    if let Some(grantee) = &input.grantee_principal {
        let id = principal_id(cx, grantee)?;
        grants.retain(|grant| Some(&grant.grantee) == id.as_ref());
    }
    page(cx, grants, input.paging)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetirableInput {
    retiring_principal: String,
    #[serde(flatten)]
    paging: Paging,
}

/// The resource is the principal asked about (ListRetirableGrants, KMS API Reference).
pub(super) fn retirable_access(cx: &Cx, input: &RetirableInput) -> Result<Access, Fault> {
    let principal = &input.retiring_principal;
    let asked = Check::new("kms:ListRetirableGrants", principal);
    let asked = asked.with_some("kms:CallerAccount", cx.principal().account().map(|a| a.as_str()));
    Ok(Access::to(asked))
}

pub(super) fn retirable(cx: &Cx, input: RetirableInput) -> Result<Grants, Fault> {
    let principal = &input.retiring_principal;
    let own = principal.parse::<Arn>().is_ok_and(|arn| arn.account.as_ref() == cx.account().ok());
    let id = principal_id(cx, principal)?.filter(|_| own).ok_or_else(|| no_principal(principal))?;
    page(cx, records::retirable(cx, cx.region(), &id)?, input.paging)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetireInput {
    grant_token: Option<String>,
    key_id: Option<String>,
    grant_id: Option<String>,
    dry_run: Option<bool>,
}

fn existing(cx: &Cx, key: &KeyRecord, id: &str) -> Result<GrantRecord, Fault> {
    let found = records::of_key(cx, key)?.into_iter().find(|grant| grant.id == id);
    found.ok_or_else(|| not_found(format!("Grant {id} does not exist on key {}.", key.arn())))
}

/// The grant that a token, or a key and an id, mean.
fn meant(cx: &Cx, input: &RetireInput) -> Result<(KeyRecord, GrantRecord), Fault> {
    let (key, id) = match (&input.grant_token, &input.key_id, &input.grant_id) {
        (Some(token), None, None) => {
            let (key, id) = records::named_by_token(cx, token)?;
            (key.to_string(), id)
        }
        (None, Some(key), Some(id)) => (key.clone(), id.clone()),
        _ => {
            return Err(invalid(
                "Specify either a grant token, or a key and the id of one of its grants.",
            ));
        }
    };
    let key = find(cx, &key)?;
    let grant = existing(cx, &key, &id)?;
    Ok((key, grant))
}

/// The key's policy has no say: who may retire a grant is in the grant.
pub(super) fn retire_access(cx: &Cx, input: &RetireInput) -> Result<Access, Fault> {
    let (key, grant) = meant(cx, input)?;
    let asked = check(cx, "RetireGrant", &key, &Use::default())?
        .guarded_by(None)
        .granted_by(vec![document::retirement(&grant)]);
    Ok(Access::to(asked))
}

pub(super) fn retire(cx: &mut Cx, input: RetireInput) -> Result<Done, Fault> {
    let (_, grant) = meant(cx, &input)?;
    unless_dry(input.dry_run)?;
    records::delete(cx, &grant)?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RevokeInput {
    key_id: String,
    grant_id: String,
    dry_run: Option<bool>,
}

pub(super) fn revoke_access(cx: &Cx, input: &RevokeInput) -> Result<Access, Fault> {
    managing(cx, "RevokeGrant", &input.key_id)
}

pub(super) fn revoke(cx: &mut Cx, input: RevokeInput) -> Result<Done, Fault> {
    let key = find(cx, &input.key_id)?;
    let grant = existing(cx, &key, &input.grant_id)?;
    unless_dry(input.dry_run)?;
    records::delete(cx, &grant)?;
    Ok(Done {})
}
