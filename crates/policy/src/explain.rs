//! Why a request is allowed or denied, and the smallest change that would alter it.
//!
//! The verdict is [`evaluate()`]'s; nothing is decided here. Evaluating is the hot path and keeps
//! no record, so an explanation looks at everything a second time. Start at [`explain`].

mod fix;
mod text;
mod trace;

#[cfg(test)]
mod tests;

pub use fix::{Change, Fix};
pub use trace::{ConditionTrace, Outcome, PolicyTrace, StatementTrace};

use serde::Serialize;

use crate::call::Call;
use crate::decision::Decision;
use crate::evaluate::{counts, evaluate};
use crate::policies::{Policies, Policy, PolicyKind};
use crate::request::Request;

/// Everything that bears on one decision.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The verdict, the deciding statements and every blocker.
    #[serde(flatten)]
    pub decision: Decision,
    /// The request, with its whole context.
    pub request: Request,
    /// Whether caller and resource belong to one account.
    pub same_account: bool,
    /// Every policy consulted, in the order of evaluation.
    pub consulted: Vec<PolicyTrace>,
    /// Condition keys that statements about this action and resource ask for and the request does
    /// not carry.
    pub missing_keys: Vec<String>,
    /// For a denial: what together would allow the request, one change for each blocker. For an
    /// allow: one change that would deny it.
    pub fixes: Vec<Fix>,
}

/// Decides a request and explains the decision.
pub fn explain(request: &Request, policies: &Policies) -> Explanation {
    let decision = evaluate(request, policies);
    let call = Call::new(request, policies);
    let places = places(policies);
    let trace =
        |place: &Place<'_>| trace::policy(&call, place, counts(place.kind(), &call, policies));
    let mut consulted: Vec<_> = places.iter().map(trace).collect();
    let fixes = fix::fixes(&call, &decision, &places, &consulted);
    for (place, trace) in places.iter().zip(&mut consulted) {
        quote(place, trace, &decision, &fixes);
    }
    Explanation {
        same_account: call.same_account,
        request: request.clone(),
        missing_keys: trace::missing_keys(&call, &places),
        consulted,
        fixes,
        decision,
    }
}

/// Quotes the statements that decide or that a fix changes; the others would only be in the way.
fn quote(place: &Place<'_>, trace: &mut PolicyTrace, decision: &Decision, fixes: &[Fix]) {
    let deciding = decision.deciding().iter().map(|one| (&one.policy, &one.level, one.statement));
    let changed =
        fixes.iter().filter_map(|fix| Some((fix.policy.as_ref()?, &fix.level, fix.statement?)));
    let here = |policy: &str, level: &Option<String>| {
        policy == trace.policy && level.as_deref() == place.level
    };
    let numbers: Vec<usize> = deciding
        .chain(changed)
        .filter(|(policy, level, _)| here(policy, level))
        .map(|(.., number)| number)
        .collect();
    let document = &place.policy.document;
    for (statement, trace) in document.statements().iter().zip(&mut trace.statements) {
        let quoted = numbers.contains(&statement.index());
        trace.quote = quoted.then(|| document.quote(statement).to_owned());
    }
}

/// A policy with the organization level it is attached at.
pub(crate) struct Place<'a> {
    pub policy: &'a Policy,
    pub level: Option<&'a str>,
}

/// Every policy in the order in which AWS evaluates them.
pub(crate) fn places(policies: &Policies) -> Vec<Place<'_>> {
    let levels = policies.rcps.iter().chain(&policies.scps);
    let organization = levels.flat_map(|level| {
        level.policies.iter().map(|policy| Place { policy, level: Some(level.name.as_str()) })
    });
    let own = policies.endpoint.iter().chain(&policies.resource).chain(&policies.grants);
    let own = own.chain(&policies.identity).chain(&policies.boundaries).chain(&policies.session);
    organization.chain(own.map(|policy| Place { policy, level: None })).collect()
}

impl Place<'_> {
    fn kind(&self) -> PolicyKind {
        self.policy.kind
    }
}
