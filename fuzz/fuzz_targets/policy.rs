//! Policy documents: parsed, validated for every place, and evaluated and explained in each role.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use policy::validate::{Place, validate};
use policy::{Context, Document, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request};

fn request() -> Request {
    let account: Option<names::AccountId> = "111111111111".parse().ok();
    let mut context = Context::new();
    context.set("aws:username", "ann");
    context.set("aws:SourceIp", "127.0.0.1");
    context.set("aws:CurrentTime", "2026-11-22T00:00:00Z");
    context.set("aws:PrincipalTag/team", "lake");
    Request {
        principal: Principal {
            kind: PrincipalKind::User,
            arn: Some("arn:aws:iam::111111111111:user/ann".to_owned()),
            role_arn: None,
            account: account.clone(),
        },
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::lake/a".to_owned(),
        resource_account: account,
        context,
        action_has_no_resource_types: false,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for place in [
        Place::Identity,
        Place::Session,
        Place::Trust,
        Place::Bucket("lake"),
        Place::Key,
        Place::Secret,
    ] {
        let _ = validate(place, text);
    }
    let Ok(document) = Document::parse(text) else { return };
    let document = Arc::new(document);
    let policy = |kind| Policy::new(kind, "fuzzed", Arc::clone(&document));
    let policies = Policies {
        identity: vec![policy(PolicyKind::Identity)],
        resource: Some(policy(PolicyKind::Resource)),
        boundaries: vec![policy(PolicyKind::Boundary)],
        session: vec![policy(PolicyKind::Session)],
        ..Policies::default()
    };
    let request = request();
    let decision = policy::evaluate(&request, &policies);
    let _ = policy::explain(&request, &policies);
    let _ = policy::public::is_public(&document);
    if decision.is_allowed() {
        assert!(text.contains("Allow"), "allowed by nothing");
    }
});
