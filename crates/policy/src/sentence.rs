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
        PolicyKind::Resource | PolicyKind::Key | PolicyKind::Grant => "resource-based policy",
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
        PolicyKind::Resource | PolicyKind::Key | PolicyKind::Grant => "a resource-based policy",
        PolicyKind::Trust => "the role trust policy",
        PolicyKind::Boundary => "a permissions boundary",
        PolicyKind::Session => "a sessions policy",
        PolicyKind::ServiceControl => "a service control policy",
        PolicyKind::ResourceControl => "a resource control policy",
        PolicyKind::Endpoint => "a VPC endpoint policy",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::decision::Style;
    use crate::vector::Vector;

    fn denial(vector: &Value, style: Style) -> String {
        let vector = Vector::parse(&vector.to_string()).unwrap();
        vector.decide().denial_text(&vector.request, style)
    }

    fn vector(action: &str, resource: &str, owner: &str) -> Value {
        json!({ "request": {
            "principal": "arn:aws:sts::111111111111:assumed-role/loader/run",
            "action": action, "resource": resource, "resource_account": owner,
        } })
    }

    const START: &str =
        "User: arn:aws:sts::111111111111:assumed-role/loader/run is not authorized to perform: ";

    /// Which type of policy is named, implicitly and explicitly.
    #[test]
    fn types() {
        let deny = json!([{ "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } }]);
        let deny_all =
            json!({ "Statement": { "Effect": "Deny", "Principal": "*", "Action": "*" } });
        let allow = json!([{ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }]);
        let other =
            json!([{ "Statement": { "Effect": "Allow", "Action": "ec2:*", "Resource": "*" } }]);
        let level = |policies: &Value| json!([{ "level": "root", "policies": policies }]);
        let cases = [
            (
                "identity_policies",
                json!([]),
                "because no identity-based policy allows the q:Send action",
            ),
            (
                "identity_policies",
                deny.clone(),
                "with an explicit deny in an identity-based policy",
            ),
            (
                "resource_policy",
                deny_all.clone(),
                "with an explicit deny in a resource-based policy",
            ),
            (
                "permissions_boundaries",
                other.clone(),
                "because no permissions boundary allows the q:Send action",
            ),
            (
                "permissions_boundaries",
                deny.clone(),
                "with an explicit deny in a permissions boundary",
            ),
            (
                "session_policies",
                other.clone(),
                "because no session policy allows the q:Send action",
            ),
            ("session_policies", deny.clone(), "with an explicit deny in a sessions policy"),
            ("scps", level(&other), "because no service control policy allows the q:Send action"),
            ("scps", level(&deny), "with an explicit deny in a service control policy"),
            (
                "rcps",
                level(&json!([deny_all])),
                "with an explicit deny in a resource control policy",
            ),
            ("vpc_endpoint_policies", json!([]), ""),
            (
                "vpc_endpoint_policies",
                other,
                "because no VPC endpoint policy allows the q:Send action",
            ),
            (
                "vpc_endpoint_policies",
                json!([deny_all]),
                "with an explicit deny in a VPC endpoint policy",
            ),
        ];
        for (field, policies, end) in cases {
            let mut vector = vector("q:Send", "arn:aws:q:::x", "111111111111");
            vector["identity_policies"] = allow.clone();
            vector[field] = policies;
            let expect = match end {
                "" => String::new(),
                end => format!("{START}q:Send on resource: arn:aws:q:::x {end}"),
            };
            assert_eq!(denial(&vector, Style::Generic), expect, "{field}");
        }
    }

    /// The failing side is named: the caller's before the owner's.
    #[test]
    fn across_accounts() {
        let mut vector = vector("q:Send", "arn:aws:q:::x", "222222222222");
        assert!(denial(&vector, Style::Generic).contains("no identity-based policy"));
        vector["identity_policies"] =
            json!([{ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }]);
        assert!(denial(&vector, Style::Generic).contains("no resource-based policy"));
    }

    #[test]
    fn s3_tells_strangers_nothing() {
        let mut vector = vector("s3:GetObject", "arn:aws:s3:::b/k", "111111111111");
        let expect = format!(
            "{START}s3:GetObject on resource: \"arn:aws:s3:::b/k\" because no identity-based policy allows the s3:GetObject action"
        );
        assert_eq!(denial(&vector, Style::S3Quoted), expect);
        vector["request"]["resource_account"] = json!("222222222222");
        assert_eq!(denial(&vector, Style::S3Quoted), "Access Denied");
        vector["request"]["context"] =
            json!({ "aws:PrincipalOrgID": "o-1", "aws:ResourceOrgID": "o-1" });
        assert_eq!(denial(&vector, Style::S3Quoted), expect);
    }

    #[test]
    fn sts_names_no_policy() {
        let role = "arn:aws:iam::111111111111:role/r";
        for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
            let text = denial(&vector(action, role, "111111111111"), Style::Generic);
            assert_eq!(text, format!("{START}{action} on resource: {role}"));
        }
        let mut root = vector("sts:AssumeRole", role, "111111111111");
        root["request"]["principal"] = json!("arn:aws:iam::111111111111:root");
        assert_eq!(denial(&root, Style::Generic), "Roles may not be assumed by root accounts.");
        let web = vector("sts:AssumeRoleWithWebIdentity", role, "111111111111");
        assert_eq!(
            denial(&web, Style::Generic),
            "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        );
    }
}
