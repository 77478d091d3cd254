//! The first gate of a role chain: is its first role associated with the cluster?
//! The second (ASSUMEROLE) is the database's, the others the cloud's.

use redshift_sql::Authorization;

use super::{Caller, UnloadError};
use crate::ports::ClusterFacts;

pub(super) fn resolve_roles(
    authorization: &Authorization,
    facts: &ClusterFacts,
    who: &Caller<'_>,
) -> Result<Vec<String>, UnloadError> {
    let roles = match authorization {
        Authorization::Keys { .. } => return Ok(Vec::new()),
        Authorization::Session => {
            return Err(UnloadError::plain(
                "0A000",
                "IAM_ROLE 'SESSION' is not implemented: log in with a federated identity is \
                 needed, use IAM_ROLE with a role ARN",
            ));
        }
        Authorization::Default => vec![default_role(facts, who)?],
        Authorization::Roles(roles) => roles.clone(),
    };
    match roles.first() {
        Some(first) if facts.attached_roles.contains(first) => Ok(roles),
        _ => Err(UnloadError::role_not_attached(&roles.join(","), who)),
    }
}

fn default_role(facts: &ClusterFacts, who: &Caller<'_>) -> Result<String, UnloadError> {
    facts.default_role.clone().ok_or_else(|| UnloadError::role_not_attached("default", who))
}
