//! Identities: the state that IAM and STS both show a face of, and the platform's answer to
//! "who signs with this key, and which policies hang on them".
//!
//! Long-term keys are records. Temporary credentials are not: everything about a session lies
//! sealed in its token, so issuing one changes no state and a restart loses none.
//! This module decides nothing; the gateway does. Start reading at `state.rs`.

mod access_job;
mod aws_managed;
mod ids;
mod login;
pub mod mfa;
mod principals;
mod provider;
mod source;
mod state;
mod table;
mod token;

pub use access_job::{AccessJobRecord, EntityAccess, ServiceAccess, access_job, access_jobs};
pub use ids::{access_key_account, access_key_id, unique_id};
pub use login::{AccountSettings, LoginProfileRecord, PasswordPolicy, login_profiles, settings};
pub use mfa::{MfaDeviceRecord, mfa_devices};
pub use principals::stored as stored_policy;
pub use provider::{
    InstanceProfileRecord, OidcProviderRecord, SamlProviderRecord, instance_profiles,
    oidc_providers, saml_providers,
};
pub use source::Identities;
pub use state::{
    AccessKeyRecord, AccountRecord, Attachments, GroupRecord, ManagedPolicyRecord, PolicyVersion,
    RoleRecord, UserRecord, accounts, groups, keys, managed_policies, managed_policy, roles, users,
};
pub use token::{IssuedCredentials, issue};

pub(crate) use aws_managed::all as aws_managed_policies;
pub(crate) use principals::{principal_id, shown_principal, stored_principal};
pub use source::secret_context;
pub use token::secret as new_secret;
