//! The policies that AWS made for every organization, which allow everything.

use super::state::PolicyType;

/// `FullAWSAccess`.
const FULL_ACCESS: &str = "p-FullAWSAccess";
/// `RCPFullAWSAccess`.
const RCP_FULL_ACCESS: &str = "p-RCPFullAWSAccess";

/// The one that everything has while a type is enabled.
pub(super) fn full_access(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::ServiceControl => FULL_ACCESS,
        PolicyType::ResourceControl => RCP_FULL_ACCESS,
    }
}

/// Its type, when the id is of one of them.
pub(super) fn kind(id: &str) -> Option<PolicyType> {
    [PolicyType::ServiceControl, PolicyType::ResourceControl]
        .into_iter()
        .find(|kind| full_access(*kind) == id)
}

/// Name and description.
pub(super) fn described(kind: PolicyType) -> (&'static str, &'static str) {
    match kind {
        PolicyType::ServiceControl => ("FullAWSAccess", "Allows access to every operation"),
        PolicyType::ResourceControl => ("RCPFullAWSAccess", "Allows access to every resource"),
    }
}

/// The document of an AWS managed policy.
pub(super) fn content(id: &str) -> Option<&'static str> {
    Some(match kind(id)? {
        PolicyType::ServiceControl => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        }
        PolicyType::ResourceControl => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#
        }
    })
}
