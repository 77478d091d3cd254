//! What the gateway asks of the service that knows identities (IAM with STS).

use std::sync::Arc;

use policy::{Level, Policy};
use store::{StoreError, Tx};
use zeroize::Zeroizing;

use crate::{Fault, Principal};

/// The secret behind an access key id, and who signs with it.
pub struct Credential {
    /// The secret access key.
    pub secret: Zeroizing<Vec<u8>>,
    /// Who it is.
    pub principal: Principal,
    /// For temporary credentials: their end.
    pub expires_at: Option<chrono::DateTime<chrono::Utc>>,
    /// False for a key that was set `Inactive`.
    pub active: bool,
}

/// The policies that hang on a principal, beside those of the resource.
#[derive(Default, Clone)]
pub struct PrincipalPolicies {
    /// Inline and managed policies of user, groups, role.
    pub identity: Vec<Policy>,
    /// The permissions boundary.
    pub boundaries: Vec<Policy>,
    /// Session policies.
    pub session: Vec<Policy>,
    /// Service control policies from the root to the account.
    pub scps: Vec<Level>,
    /// Whether the principal is a service-linked role.
    pub service_linked: bool,
    /// Whether the account is the organization's management account.
    pub management_account: bool,
}

/// Knows identities. Reads only, inside the call's own transaction.
pub trait IdentitySource: Send + Sync {
    /// The credential behind an access key id and the session token that came with it; `None`
    /// for a key that does not exist, or whose token is absent or belongs to another key.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn credential(
        &self,
        tx: &Tx,
        seal: &store::Seal,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> Result<Option<Credential>, StoreError>;

    /// The policies of a principal. A principal that no longer exists has none.
    ///
    /// # Errors
    /// When the state cannot be read, or a stored policy cannot be parsed: such a policy must
    /// stop the call, because it may hold a `Deny`.
    fn policies(
        &self,
        tx: &Tx,
        parse: &dyn Fn(&str) -> Result<Arc<policy::Document>, Fault>,
        principal: &Principal,
    ) -> Result<PrincipalPolicies, Fault>;
}
