//! AWS's own sentences for denials.
//!
//! Forms: "Troubleshoot access denied error messages" (IAM User Guide) and "Troubleshoot access
//! denied (403 Forbidden) errors" (S3 User Guide); STS keeps an older, shorter form.
//! Start at [`denial`].

use crate::decision::{Blocker, Cause, Style};
use crate::policies::PolicyKind;
use crate::request::{PrincipalKind, Request};

/// The sentence for a request stopped by this blocker.
pub(crate) fn denial(request: &Request, blocker: &Blocker, style: Style) -> String {
    if style == Style::S3Quoted && !sees_details(request, blocker) {
        return "Access Denied".to_owned();
    }
    if let Some(sentence) = sts_sentence(request) {
        return sentence;
    }
    let action = &request.action;
    let quote = if style == Style::S3Quoted { "\"" } else { "" };
    let start = format!(
        "User: {} is not authorized to perform: {action} on resource: {quote}{}{quote}",
        request.principal.display(),
        request.resource,
    );
    match (blocker.cause, blocker.explicit) {
        (Cause::Policy(kind), true) => {
            format!("{start} with an explicit deny in {}", explicit_name(kind))
        }
        (Cause::Policy(kind), false) => {
            format!("{start} because no {} allows the {action} action", implicit_name(kind))
        }
        (Cause::PublicAccessBlock | Cause::ServiceRule, _) => start,
    }
}

/// S3 shows causes only to callers of the bucket's account or organization.
fn sees_details(request: &Request, blocker: &Blocker) -> bool {
    let same_account = request.principal.account.is_some()
        && request.principal.account == request.resource_account;
    let organization = request.context.single_lower("aws:principalorgid");
    let same_organization =
        organization.is_some() && organization == request.context.single_lower("aws:resourceorgid");
    blocker.cause != Cause::PublicAccessBlock && (same_account || same_organization)
}

/// STS names neither policy nor type, so that a caller cannot tell an unknown role from a
/// forbidden one.
fn sts_sentence(request: &Request) -> Option<String> {
    let (service, name) = request.action.split_once(':')?;
    if !service.eq_ignore_ascii_case("sts") {
        return None;
    }
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("AssumeRoleWithWebIdentity") || is("AssumeRoleWithSAML") {
        return Some(format!("Not authorized to perform {}", request.action));
    }
    if request.principal.kind == PrincipalKind::Root && is("AssumeRole") {
        return Some("Roles may not be assumed by root accounts.".to_owned());
    }
    let role_action = is("AssumeRole") || is("TagSession") || is("SetSourceIdentity");
    role_action.then(|| {
        format!(
            "User: {} is not authorized to perform: {} on resource: {}",
            request.principal.display(),
            request.action,
            request.resource
        )
    })
}

/// After "because no".
fn implicit_name(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "identity-based policy",
        PolicyKind::Resource | PolicyKind::Key => "resource-based policy",
        PolicyKind::Trust => "role trust policy",
        PolicyKind::Boundary => "permissions boundary",
        PolicyKind::Session => "session policy",
        PolicyKind::ServiceControl => "service control policy",
        PolicyKind::ResourceControl => "resource control policy",
        PolicyKind::Endpoint => "VPC endpoint policy",
    }
}

/// After "with an explicit deny in"; "a sessions policy" is AWS's own spelling.
fn explicit_name(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "an identity-based policy",
        PolicyKind::Resource | PolicyKind::Key => "a resource-based policy",
        PolicyKind::Trust => "the role trust policy",
        PolicyKind::Boundary => "a permissions boundary",
        PolicyKind::Session => "a sessions policy",
        PolicyKind::ServiceControl => "a service control policy",
        PolicyKind::ResourceControl => "a resource control policy",
        PolicyKind::Endpoint => "a VPC endpoint policy",
    }
}
