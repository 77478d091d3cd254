//! `userIdentity`: who called ("CloudTrail userIdentity element", CloudTrail User Guide).

use serde_json::{Value, json};

use crate::{Cx, FederatedUser, Principal, SessionFacts};

/// The service that made the call for itself or for the caller, such as `s3.amazonaws.com`: it
/// then stands in place of the address and the user agent too.
pub(super) fn service_behind(cx: &Cx) -> Option<String> {
    match cx.principal() {
        Principal::Service(service) => Some(service.name.clone()),
        _ => cx.origin().called_via.last().map(|service| format!("{service}.amazonaws.com")),
    }
}

/// The caller as its own account sees it.
pub(super) fn of(cx: &Cx) -> Value {
    let principal = cx.principal();
    let mut identity = match principal {
        Principal::Service(service) => {
            return json!({ "type": "AWSService", "invokedBy": service.name });
        }
        Principal::Web(web) => {
            return json!({
                "type": kind(principal), "principalId": web.principal_id(),
                "userName": web.subject, "identityProvider": web.provider,
            });
        }
        Principal::Anonymous => {
            return json!({
                "type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL",
            });
        }
        _ => json!({
            "type": kind(principal),
            "principalId": principal.user_id(),
            "arn": principal.arn(),
            "accountId": principal.account(),
            "accessKeyId": cx.origin().access_key_id,
            "userName": user_name(principal),
            "sessionContext": session_context(principal),
            "invokedBy": service_behind(cx),
        }),
    };
    if let Some(members) = identity.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    identity
}

fn kind(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root { .. } => "Root",
        Principal::User(_) => "IAMUser",
        Principal::Role(_) => "AssumedRole",
        Principal::Federated(_) => "FederatedUser",
        Principal::Web(_) => "WebIdentityUser",
        Principal::Service(_) => "AWSService",
        Principal::Anonymous => "AWSAccount",
    }
}

fn user_name(principal: &Principal) -> Option<&str> {
    match principal {
        Principal::User(user) => Some(&user.name),
        _ => None,
    }
}

fn session_context(principal: &Principal) -> Option<Value> {
    let SessionFacts { issued_at, mfa, source_identity, .. } = principal.session()?;
    let mut context = json!({
        "attributes": {
            "creationDate": issued_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "mfaAuthenticated": mfa.to_string(),
        },
    });
    if let (Some(members), Some(identity)) = (context.as_object_mut(), source_identity) {
        members.insert("sourceIdentity".to_owned(), identity.as_str().into());
    }
    let issuer = match principal {
        Principal::Role(role) => Some(json!({
            "type": "Role", "principalId": role.role_id, "arn": role.role_arn(),
            "accountId": role.account, "userName": role.role_name,
        })),
        Principal::Federated(FederatedUser { user, .. }) => Some(json!({
            "type": "IAMUser", "principalId": user.id, "arn": user.arn(),
            "accountId": user.account, "userName": user.name,
        })),
        _ => None,
    };
    if let (Some(members), Some(issuer)) = (context.as_object_mut(), issuer) {
        members.insert("sessionIssuer".to_owned(), issuer);
    }
    Some(context)
}
