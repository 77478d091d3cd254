//! What the gateway asks of the service that knows identities (IAM with STS).

use std::sync::Arc;

use names::AccountId;
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
    /// Whether the principal is a service-linked role.
    pub service_linked: bool,
}

/// An account's place in an organization ("What is AWS Organizations?", Organizations User Guide).
#[derive(Clone)]
pub struct Membership {
    /// `o-…`.
    pub organization: String,
    /// The ids from the organization to the account's parent, each with a slash behind it, as
    /// `aws:PrincipalOrgPaths` has them.
    pub path: String,
    /// Whether it is the management account, which control policies do not limit.
    pub management_account: bool,
    /// Service control policies from the root to the account; empty while the type is disabled.
    pub scps: Vec<Level>,
    /// Resource control policies likewise.
    pub rcps: Vec<Level>,
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

    /// The place of an account in its organization; `None` outside of any. It is asked for the
    /// caller's and the resource owner's account in every decision, so it must find out cheaply
    /// that there is none.
    ///
    /// # Errors
    /// As [`IdentitySource::policies`].
    fn membership(
        &self,
        _tx: &Tx,
        _parse: &dyn Fn(&str) -> Result<Arc<policy::Document>, Fault>,
        _account: &AccountId,
    ) -> Result<Option<Membership>, Fault> {
        Ok(None)
    }

    /// A resource's policy as people see it. As stored and evaluated it names users and roles by
    /// their unique ids.
    ///
    /// # Errors
    /// When the state cannot be read.
    fn shown(&self, _tx: &Tx, document: &str) -> Result<String, Fault> {
        Ok(document.to_owned())
    }
}
