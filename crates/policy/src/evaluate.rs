//! The decision order.
//!
//! Follows "Policy evaluation logic" and "Cross-account policy evaluation logic" (IAM User Guide).
//! When a statement applies is [`statement`](crate::statement)'s matter; here only what the
//! policies mean together. Start at [`evaluate`].

mod gates;

pub(crate) use gates::counts;

use crate::call::Call;
use crate::decision::{Blocker, Cause, Decision};
use crate::policies::{Policies, PolicyKind};
use crate::request::{PrincipalKind, Request};
use crate::service_rules;
use crate::statement::Grant;
use gates::{Gate, Gates};

/// Decides one request. Reads nothing but its arguments.
///
/// Every blocker is found, not only the first; an explicit deny always wins.
pub fn evaluate(request: &Request, policies: &Policies) -> Decision {
    decide(&Call::new(request, policies), policies)
}

/// [`evaluate`] of a request that is ready for matching.
pub(crate) fn decide(call: &Call<'_>, policies: &Policies) -> Decision {
    if service_rules::always_allowed(call) {
        return Decision::allow("this action needs no permission", Vec::new());
    }
    let gates = Gates::read(call, policies);
    let mut blockers = gates.denies();
    blockers.extend(service_rule(call));
    blockers.extend(public_access_block(call, policies));
    blockers.extend(gates.resource_control.iter().filter_map(Gate::blocker));
    blockers.extend(gates.service_control.iter().filter_map(Gate::blocker));
    blockers.extend(gates.endpoint.as_ref().and_then(Gate::blocker));
    blockers.extend(missing_grants(call, &gates));
    if blockers.is_empty() {
        let (because, deciding) = gates.grants(call);
        return Decision::allow(because, deciding);
    }
    blockers.sort_by_key(|blocker| !blocker.explicit);
    Decision::deny(blockers)
}

/// The last gate: the resource's policy and the caller's own policies together.
fn missing_grants(call: &Call<'_>, gates: &Gates<'_>) -> Vec<Blocker> {
    let grant = gates.resource.grant;
    if !call.has_identity() {
        // Anonymous callers, services and web identities have no policies of their own.
        return if grant == Grant::Direct {
            Vec::new()
        } else {
            vec![gates.no_resource_grant(call)]
        };
    }
    match (call.same_account, grant) {
        (true, Grant::Direct) => Vec::new(),
        (true, Grant::Limited) => gates.limits(),
        (true, Grant::Delegated) => gates.identity_side(call),
        // A role and a key answer to their own policy alone.
        (true, Grant::None) if gates.resource_is_sealed() => {
            vec![gates.no_resource_grant(call)]
        }
        (true, Grant::None) => gates.identity_side(call),
        (false, Grant::None) => {
            let mut blockers = gates.identity_side(call);
            blockers.push(gates.no_resource_grant(call));
            blockers
        }
        (false, _) => gates.identity_side(call),
    }
}

fn service_rule(call: &Call<'_>) -> Option<Blocker> {
    service_rules::refusal(call).map(|reason| Blocker {
        cause: Cause::ServiceRule,
        explicit: false,
        statement: None,
        level: None,
        policies: Vec::new(),
        reason: reason.to_owned(),
    })
}

/// "RestrictPublicBuckets" (S3 User Guide): a bucket whose policy is public is open only to AWS
/// services and to signed callers of its owner's account, whoever else the policy names.
fn public_access_block(call: &Call<'_>, policies: &Policies) -> Option<Blocker> {
    let policy = policies.resource.as_ref()?;
    let restricted = policies.settings.public_access_block.restrict_public_buckets
        && call.service == "s3"
        && policy.kind == PolicyKind::Resource;
    let trusted = call.same_account || call.caller().kind == PrincipalKind::Service;
    if !restricted || trusted || !crate::public::is_public(&policy.document) {
        return None;
    }
    Some(Blocker {
        cause: Cause::PublicAccessBlock,
        explicit: true,
        statement: None,
        level: None,
        policies: vec![policy.name.clone()],
        reason: "the bucket's policy is public, and RestrictPublicBuckets admits only AWS services and the owner's account".to_owned(),
    })
}
