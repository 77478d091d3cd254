//! From the checks of an access function to one decision.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use policy::{Document, Policies, Policy, Request, Settings, Style, Verdict};

use crate::{
    Access, AuthorizationMessage, Check, Cx, Fault, GuardPolicy, Membership, Principal,
    PrincipalPolicies, context,
};

/// Parsed documents are kept by their text; beyond this many the cache starts anew.
const CACHED_DOCUMENTS: usize = 4_096;

/// Documents parsed once.
#[derive(Default)]
pub(crate) struct DocumentCache(RwLock<HashMap<String, Arc<Document>>>);

impl DocumentCache {
    pub(crate) fn parse(&self, text: &str) -> Result<Arc<Document>, Fault> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(Arc::clone(known));
        }
        // Documents are validated before they are stored, so this is damage, and it denies.
        let document = Document::parse(text).map_err(Fault::internal)?;
        let document = Arc::new(document);
        let mut cache = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED_DOCUMENTS {
            cache.clear();
        }
        cache.insert(text.to_owned(), Arc::clone(&document));
        Ok(document)
    }
}

/// Every check of `access` must allow; the first that does not is the answer.
pub(crate) fn authorize(
    cx: &Cx,
    service: &str,
    style: Style,
    access: &Access,
) -> Result<(), Fault> {
    if access.checks.is_empty() {
        // INVARIANT (closed by default): an access function that forgot to ask allows nothing.
        let forgotten = || Fault::internal("an access function asked for nothing");
        return access.open.map(drop).ok_or_else(forgotten);
    }
    let caller = Caller::of(cx)?;
    for check in &access.checks {
        let (request, policies) = question(cx, check, &caller)?;
        let decision = policy::evaluate(&request, &policies);
        if decision.verdict() != Verdict::Allow {
            let said = check.denied.clone().unwrap_or_else(|| {
                Fault::new(denial_code(service), decision.denial_text(&request, style))
                    .status(denial_status(service))
            });
            let (resource, grants) = (guard(cx, check, true)?, grants(cx, check, true)?);
            let readable = Policies { resource, grants, ..policies };
            let message = AuthorizationMessage::new(&request, &readable, &decision);
            let sealed = Some(message.seal(cx.seal())?);
            return Err(Fault { authorization_message: sealed, ..said });
        }
    }
    Ok(())
}

/// What the policies say of a check, for handlers that must know in advance what will be allowed.
pub(crate) fn allows(cx: &Cx, check: &Check) -> Result<bool, Fault> {
    let (request, policies) = question(cx, check, &Caller::of(cx)?)?;
    Ok(policy::evaluate(&request, &policies).is_allowed())
}

/// What holds of the caller in every check of one call.
struct Caller {
    policies: PrincipalPolicies,
    member: Option<Membership>,
}

impl Caller {
    fn of(cx: &Cx) -> Result<Self, Fault> {
        let member = match cx.principal().account() {
            Some(account) => cx.gateway.membership(cx, account)?,
            None => None,
        };
        Ok(Self { policies: cx.gateway.policies_of(cx, cx.principal())?, member })
    }

    /// The membership of the account that owns what a check is on; the caller's own is known.
    fn owner(&self, cx: &Cx, check: &Check) -> Result<Option<Membership>, Fault> {
        match &check.owner {
            Some(owner) if Some(owner) != cx.principal().account() => {
                cx.gateway.membership(cx, owner)
            }
            _ => Ok(self.member.clone()),
        }
    }
}

fn question(cx: &Cx, check: &Check, caller: &Caller) -> Result<(Request, Policies), Fault> {
    let owner = caller.owner(cx, check)?;
    let request = Request {
        principal: cx.principal().for_policy(),
        action: check.action.clone(),
        resource: check.resource.clone(),
        resource_account: check.owner.as_ref().or_else(|| cx.principal().account()).cloned(),
        context: context::of_check(cx, check, caller.member.as_ref(), owner.as_ref()),
        action_has_no_resource_types: check.no_resource_types,
    };
    let managing = |member: &Membership| member.management_account;
    // A federated user has no unique id of its own; a policy that names the user who federated has
    // to show the name.
    let shown = matches!(cx.principal(), Principal::Federated(_));
    let policies = Policies {
        identity: caller.policies.identity.clone(),
        resource: guard(cx, check, shown)?,
        grants: grants(cx, check, shown)?,
        boundaries: caller.policies.boundaries.clone(),
        session: caller.policies.session.clone(),
        scps: caller.member.as_ref().map(|member| member.scps.clone()).unwrap_or_default(),
        rcps: owner.as_ref().map(|member| member.rcps.clone()).unwrap_or_default(),
        settings: Settings {
            principal_account_is_management_account: caller.member.as_ref().is_some_and(managing),
            resource_account_is_management_account: owner.as_ref().is_some_and(managing),
            principal_is_service_linked_role: caller.policies.service_linked,
            public_access_block: check.public_access_block,
            ..Settings::default()
        },
        ..Policies::default()
    };
    Ok((request, policies))
}

/// The policy that guards the resource, as stored or as shown.
fn guard(cx: &Cx, check: &Check, shown: bool) -> Result<Option<Policy>, Fault> {
    check.guard.as_ref().map(|guard| parsed(cx, guard, shown)).transpose()
}

fn grants(cx: &Cx, check: &Check, shown: bool) -> Result<Vec<Policy>, Fault> {
    check.grants.iter().map(|grant| parsed(cx, grant, shown)).collect()
}

fn parsed(cx: &Cx, guard: &GuardPolicy, shown: bool) -> Result<Policy, Fault> {
    let document = if shown {
        cx.gateway.parse_document(&cx.shown(&guard.document)?)?
    } else {
        cx.gateway.parse_document(&guard.document)?
    };
    Ok(Policy::new(guard.kind, guard.name.clone(), document))
}

/// How a service's protocol calls a denial (`AccessDenied` with 403 in XML,
/// `AccessDeniedException` with 400 in JSON).
fn denial_code(service: &str) -> &'static str {
    if is_json(service) { "AccessDeniedException" } else { "AccessDenied" }
}

fn denial_status(service: &str) -> u16 {
    if is_json(service) { 400 } else { 403 }
}

fn is_json(service: &str) -> bool {
    wire::model(service).is_some_and(|model| model.protocol().is_json())
}
