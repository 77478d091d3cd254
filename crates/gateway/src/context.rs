//! The condition keys that every request has, by "AWS global condition context keys" in the IAM
//! User Guide.

use policy::Context;

use crate::{Check, Cx, Membership, Principal};

/// Principal, request and resource keys, then those of the check itself.
pub(crate) fn of_check(
    cx: &Cx,
    check: &Check,
    caller_in: Option<&Membership>,
    owner_in: Option<&Membership>,
) -> Context {
    let mut context = of_principal(cx.principal(), caller_in);
    session_age(cx, &mut context);
    organization_keys("Resource", owner_in, &mut context);
    request_keys(cx, &mut context);
    let owner = check.owner.as_ref().or_else(|| cx.principal().account());
    context.set_some("aws:ResourceAccount", owner.map(ToString::to_string));
    for (key, values) in cx.origin().extra_context.iter().chain(&check.context) {
        context.insert(key.clone(), values.iter().cloned());
    }
    context
}

/// Seconds since the code of an MFA device was given, which was when the session was made.
fn session_age(cx: &Cx, context: &mut Context) {
    let session = cx.principal().session().filter(|session| session.mfa);
    let age = session.map(|session| (cx.now() - session.issued_at).num_seconds().to_string());
    context.set_some("aws:MultiFactorAuthAge", age);
}

/// The keys that follow from who calls.
pub(crate) fn of_principal(principal: &Principal, member: Option<&Membership>) -> Context {
    let mut context = Context::new();
    principal_keys(principal, &mut context);
    let service = matches!(principal, Principal::Service(_));
    organization_keys(if service { "Source" } else { "Principal" }, member, &mut context);
    context
}

fn principal_keys(principal: &Principal, context: &mut Context) {
    let kind = match principal {
        Principal::Root { .. } => "Account",
        Principal::User(_) => "User",
        Principal::Role(_) => "AssumedRole",
        Principal::Federated(_) => "FederatedUser",
        // What is known of it are keys of its issuer, which the operation adds.
        Principal::Web(_) => return,
        Principal::Anonymous => "Anonymous",
        Principal::Service(service) => return service_keys(service, context),
    };
    context.set("aws:PrincipalType", kind);
    context.set("aws:userid", principal.user_id());
    if let Principal::Anonymous = principal {
        return;
    }
    context.set("aws:PrincipalIsAWSService", "false");
    context.set("aws:PrincipalArn", principal.principal_arn());
    context.set_some("aws:PrincipalAccount", principal.account().map(ToString::to_string));
    if let Principal::User(user) = principal {
        context.set("aws:username", user.name.clone());
    }
    for (key, value) in principal.tags() {
        context.set(format!("aws:PrincipalTag/{key}"), value.clone());
    }
    if let Some(session) = principal.session() {
        let issued = session.issued_at.format("%Y-%m-%dT%H:%M:%SZ");
        context.set("aws:TokenIssueTime", issued.to_string());
        context.set("aws:MultiFactorAuthPresent", session.mfa.to_string());
        context.set_some("aws:SourceIdentity", session.source_identity.clone());
    }
}

/// Absent for accounts outside of any organization.
fn organization_keys(side: &str, member: Option<&Membership>, context: &mut Context) {
    if let Some(member) = member {
        context.set(format!("aws:{side}OrgID"), member.organization.clone());
        context.insert(format!("aws:{side}OrgPaths"), [member.path.clone()]);
    }
}

fn service_keys(service: &crate::ServicePrincipal, context: &mut Context) {
    let names = [&service.name].into_iter().chain(&service.aliases).cloned();
    context.set("aws:PrincipalIsAWSService", "true");
    context.set("aws:PrincipalServiceName", service.name.clone());
    context.insert("aws:PrincipalServiceNamesList", names);
    context.set("aws:SourceAccount", service.source_account.to_string());
    context.set("aws:SourceArn", service.source_arn.clone());
}

fn request_keys(cx: &Cx, context: &mut Context) {
    let origin = cx.origin();
    context.set("aws:CurrentTime", origin.time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    context.set("aws:EpochTime", origin.time.timestamp().to_string());
    context.set("aws:SecureTransport", origin.secure_transport.to_string());
    context.set("aws:UserAgent", origin.user_agent.clone());
    context.set("aws:RequestedRegion", origin.region.to_string());
    context.set("aws:SourceIp", origin.source_ip.to_string());
    context.set("aws:ViaAWSService", (!origin.called_via.is_empty()).to_string());
    let via: Vec<String> =
        origin.called_via.iter().map(|service| format!("{service}.amazonaws.com")).collect();
    if let (Some(first), Some(last)) = (via.first(), via.last()) {
        context.set("aws:CalledViaFirst", first.clone());
        context.set("aws:CalledViaLast", last.clone());
        context.insert("aws:CalledVia", via);
    }
}
