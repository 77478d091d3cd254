//! What must be there: policies, objects, values and ciphertexts by plain maps.

use std::collections::BTreeMap;

use testkit::Caller;

use super::rules::{Actor, Policy};

/// One account with a bucket, a key, a secret, a role and two users.
pub struct Account {
    pub name: &'static str,
    pub id: String,
    pub admin: Caller,
    pub bucket: String,
    pub bucket_policy: Policy,
    pub key: String,
    pub key_policy: Policy,
    pub secret: String,
    pub secret_policy: Policy,
    pub role: String,
    pub role_policy: Policy,
    pub trust: Policy,
    /// Object bodies by key.
    pub objects: BTreeMap<String, Vec<u8>>,
    pub secret_value: String,
    /// What was encrypted with the key: ciphertext and plaintext, base64.
    pub ciphertexts: Vec<(String, String)>,
}

/// A user, or a session of a role.
pub struct Somebody {
    pub caller: Caller,
    pub account: usize,
    /// What policies call it.
    pub named: String,
    pub kind: Kind,
    /// The step at which a session is over.
    pub until: usize,
}

/// Where the permissions come from.
pub enum Kind {
    User { name: String, policy: Policy },
    Session { role_of: usize },
}

impl Somebody {
    /// In the words of the rules.
    pub fn actor(&self, accounts: &[Account]) -> Actor {
        let account = accounts[self.account].id.clone();
        let policies = match &self.kind {
            Kind::User { policy, .. } => policy.clone(),
            Kind::Session { role_of } => accounts[*role_of].role_policy.clone(),
        };
        Actor { account, named: self.named.clone(), policies }
    }
}
