//! Who asks for what: the principal, the request and its context.
//!
//! Knows nothing of policies. Start at [`Request`].

use std::collections::BTreeMap;

use names::AccountId;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

/// What kind of principal makes a request; it decides which policies count and what a grant is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// An IAM user, also through `GetSessionToken`.
    User,
    /// A role named as such (simulators); counts as a session of that role.
    Role,
    /// An assumed-role session.
    Session,
    /// A session of `GetFederationToken`.
    FederatedUser,
    /// The account's root user.
    Root,
    /// An AWS service acting for itself, such as `redshift.amazonaws.com`.
    Service,
    /// An unsigned request.
    Anonymous,
    /// Anyone else, such as a web identity or SAML assertion before it has a session.
    Other,
}

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// The session ARN for sessions, the service name for services, the provider for web
    /// identities, otherwise the ARN; absent for anonymous callers.
    pub arn: Option<String>,
    /// For sessions the role's ARN **with its path**; for federated-user sessions the ARN of the
    /// user who federated.
    pub role_arn: Option<String>,
    /// The account it belongs to; absent for services and anonymous callers.
    pub account: Option<AccountId>,
}

impl Principal {
    /// An unsigned caller.
    pub fn anonymous() -> Self {
        Self { kind: PrincipalKind::Anonymous, arn: None, role_arn: None, account: None }
    }

    /// An AWS service, by its name such as `redshift.amazonaws.com`.
    pub fn service(name: &str) -> Self {
        Self {
            kind: PrincipalKind::Service,
            arn: Some(name.to_owned()),
            role_arn: None,
            account: None,
        }
    }

    /// What stands after `User: ` in AWS's denial sentences.
    pub fn display(&self) -> &str {
        self.arn.as_deref().unwrap_or("anonymous")
    }
}

/// Condition keys and their values. Key names ignore case, tag keys included
/// ("AWS global condition context keys", IAM User Guide).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    values: Vec<String>,
}

impl Context {
    /// An empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets all values of a key, replacing what was there.
    pub fn insert<V: Into<String>>(
        &mut self,
        key: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) {
        let name = key.into();
        let values = values.into_iter().map(Into::into).collect();
        self.entries.insert(name.to_lowercase(), Entry { name, values });
    }

    /// Sets a single-valued key.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.insert(key, [value.into()]);
    }

    /// Sets a single-valued key when there is a value; an absent value leaves the key absent.
    pub fn set_some(&mut self, key: impl Into<String>, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) {
        self.entries.remove(&key.to_lowercase());
    }

    /// The values of a key in any case; `None` when the key is absent.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.get_lower(&key.to_lowercase())
    }

    /// The only value of a key; `None` when absent, empty or multivalued.
    pub fn single(&self, key: &str) -> Option<&str> {
        single(self.get(key)?)
    }

    /// Every key as it was inserted, with its values, in the order of the lower-case names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.entries.values().map(|entry| (entry.name.as_str(), entry.values.as_slice()))
    }

    /// Like [`Context::get`] for a key that is lower-case already.
    pub(crate) fn get_lower(&self, key: &str) -> Option<&[String]> {
        self.entries.get(key).map(|entry| entry.values.as_slice())
    }

    /// Like [`Context::single`] for a key that is lower-case already.
    pub(crate) fn single_lower(&self, key: &str) -> Option<&str> {
        single(self.get_lower(key)?)
    }
}

fn single(values: &[String]) -> Option<&str> {
    match values {
        [only] => Some(only),
        _ => None,
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Context {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        let mut context = Self::new();
        for (key, value) in pairs {
            context.set(key, value);
        }
        context
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (name, values) in self.iter() {
            match values {
                [only] => map.serialize_entry(name, only)?,
                many => map.serialize_entry(name, many)?,
            }
        }
        map.end()
    }
}

/// One question to the engine: may this principal do this action on this resource?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The caller.
    pub principal: Principal,
    /// `service:Action`, in any case.
    pub action: String,
    /// The resource's ARN, or `*` for actions without resources.
    pub resource: String,
    /// The account that owns the resource, where the ARN does not say it (S3).
    pub resource_account: Option<AccountId>,
    /// Every condition key of the request; nothing is added to it.
    pub context: Context,
    /// The action takes no resource (`s3:ListAllMyBuckets`): only `Resource: "*"` covers it.
    pub action_has_no_resource_types: bool,
}
