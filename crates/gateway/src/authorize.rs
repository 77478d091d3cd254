//! From the checks of an access function to one decision.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use policy::{Document, Policies, Policy, Request, Settings, Style, Verdict};

use crate::{Access, AuthorizationMessage, Check, Cx, Fault, PrincipalPolicies, context};

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
    let principal_policies = cx.gateway.policies_of(cx)?;
    for check in &access.checks {
        let (request, policies) = question(cx, check, &principal_policies)?;
        let decision = policy::evaluate(&request, &policies);
        if decision.verdict() != Verdict::Allow {
            let said = check.denied.clone().unwrap_or_else(|| {
                Fault::new(denial_code(service), decision.denial_text(&request, style))
                    .status(denial_status(service))
            });
            let message = AuthorizationMessage::new(&request, &policies, &decision);
            let sealed = Some(message.seal(cx.seal())?);
            return Err(Fault { authorization_message: sealed, ..said });
        }
    }
    Ok(())
}

fn question(
    cx: &Cx,
    check: &Check,
    of_principal: &PrincipalPolicies,
) -> Result<(Request, Policies), Fault> {
    let request = Request {
        principal: cx.principal().for_policy(),
        action: check.action.clone(),
        resource: check.resource.clone(),
        resource_account: check.owner.as_ref().or_else(|| cx.principal().account()).cloned(),
        context: context::of_check(cx, check),
        action_has_no_resource_types: check.no_resource_types,
    };
    let guard = check.guard.as_ref().map(|guard| {
        let document = cx.gateway.parse_document(&guard.document)?;
        Ok::<_, Fault>(Policy::new(guard.kind, guard.name.clone(), document))
    });
    let policies = Policies {
        identity: of_principal.identity.clone(),
        resource: guard.transpose()?,
        boundaries: of_principal.boundaries.clone(),
        session: of_principal.session.clone(),
        scps: of_principal.scps.clone(),
        settings: Settings {
            principal_account_is_management_account: of_principal.management_account,
            principal_is_service_linked_role: of_principal.service_linked,
            public_access_block: check.public_access_block,
            ..Settings::default()
        },
        ..Policies::default()
    };
    Ok((request, policies))
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
