//! Records of what identities come from and go into beside users and roles: identity providers
//! and instance profiles.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::table::named_records;

const OIDC: Table<OidcProviderRecord> = Table::new("iam.oidc_providers");
const SAML: Table<SamlProviderRecord> = Table::new("iam.saml_providers");
const PROFILES: Table<InstanceProfileRecord> = Table::new("iam.instance_profiles");

/// An OpenID Connect provider that an account trusts to say who somebody is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OidcProviderRecord {
    /// The account.
    pub account: AccountId,
    /// The issuer without `https://`, such as `token.actions.githubusercontent.com`.
    pub issuer: String,
    /// Audiences that tokens may be for.
    pub client_ids: Vec<String>,
    /// SHA-1 thumbprints of the certificates of the issuer's key server.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A SAML provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SamlProviderRecord {
    /// The account.
    pub account: AccountId,
    /// The name.
    pub name: String,
    /// Its unique id.
    pub uuid: String,
    /// The metadata document of the identity provider.
    pub metadata: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends.
    pub valid_until: DateTime<Utc>,
    /// `Required` or `Allowed`, when assertions may be encrypted.
    pub encryption: Option<String>,
    /// Keys that decrypt assertions: id, time of upload, and the PEM text, sealed for the context
    /// `saml key ID`.
    pub keys: Vec<(String, DateTime<Utc>, Vec<u8>)>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// What hands a role to an EC2 instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceProfileRecord {
    /// The account.
    pub account: AccountId,
    /// The name as given.
    pub name: String,
    /// `/` or `/division/`.
    pub path: String,
    /// `AIPA…`.
    pub id: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// The name of the role in it.
    pub role: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Record for OidcProviderRecord {}
impl Record for SamlProviderRecord {}
impl Record for InstanceProfileRecord {}

named_records!(
    oidc_providers,
    OIDC,
    OidcProviderRecord,
    issuer,
    "OpenID Connect providers (by issuer)"
);
named_records!(saml_providers, SAML, SamlProviderRecord, name, "SAML providers");
named_records!(instance_profiles, PROFILES, InstanceProfileRecord, name, "instance profiles");

impl OidcProviderRecord {
    /// The provider's ARN.
    pub fn arn(&self) -> Arn {
        Arn::new("iam", None, Some(&self.account), format!("oidc-provider/{}", self.issuer))
    }
}

impl SamlProviderRecord {
    /// The provider's ARN.
    pub fn arn(&self) -> Arn {
        Arn::new("iam", None, Some(&self.account), format!("saml-provider/{}", self.name))
    }
}

impl InstanceProfileRecord {
    /// The profile's ARN.
    pub fn arn(&self) -> Arn {
        let resource = format!("instance-profile{}{}", self.path, self.name);
        Arn::new("iam", None, Some(&self.account), resource)
    }
}
