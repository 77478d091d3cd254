//! Records of accounts, users, roles, managed policies and long-term keys. Only this file knows
//! their keys.
//!
//! INVARIANT (case): IAM names are unique without regard to case, so keys hold them in lower case
//! and records as they were given.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::aws_managed;

const ACCOUNTS: Table<AccountRecord> = Table::new("iam.accounts");
const USERS: Table<UserRecord> = Table::new("iam.users");
const ROLES: Table<RoleRecord> = Table::new("iam.roles");
const POLICIES: Table<ManagedPolicyRecord> = Table::new("iam.policies");
const KEYS: Table<AccessKeyRecord> = Table::new("iam.access_keys");
/// No account holds more of one kind than this (IAM quotas are lower still).
const SCAN_LIMIT: usize = 10_000;

/// An account of this world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Its id.
    pub id: AccountId,
    /// The name given at its creation, which is also its profile's.
    pub name: String,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// What hangs on a user or role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Attachments {
    /// Inline policies: name to document.
    pub inline: BTreeMap<String, String>,
    /// ARNs of managed policies, in the order of their attachment.
    pub managed: Vec<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The account.
    pub account: AccountId,
    /// The name as given.
    pub name: String,
    /// `/` or `/division/`.
    pub path: String,
    /// `AIDA…`.
    pub id: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Policies.
    pub policies: Attachments,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleRecord {
    /// The account.
    pub account: AccountId,
    /// The name as given.
    pub name: String,
    /// `/` or `/service-role/`.
    pub path: String,
    /// `AROA…`.
    pub id: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// The description.
    pub description: Option<String>,
    /// The trust policy.
    pub trust: String,
    /// The longest session, in seconds.
    pub max_session_seconds: i64,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Policies.
    pub policies: Attachments,
}

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The document.
    pub document: String,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// A customer managed policy, or one of AWS's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagedPolicyRecord {
    /// The account; `None` for AWS's own.
    pub account: Option<AccountId>,
    /// The name.
    pub name: String,
    /// The path.
    pub path: String,
    /// `ANPA…`.
    pub id: String,
    /// The description.
    pub description: Option<String>,
    /// When the policy was made.
    pub created: DateTime<Utc>,
    /// When its default version last changed.
    pub updated: DateTime<Utc>,
    /// Versions by number (`v3` is 3).
    pub versions: BTreeMap<u32, PolicyVersion>,
    /// The one in force.
    pub default_version: u32,
    /// The number the next version gets; numbers are never used again.
    pub next_version: u32,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A long-term access key of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessKeyRecord {
    /// `AKIA…`.
    pub id: String,
    /// The account.
    pub account: AccountId,
    /// The user's name.
    pub user: String,
    /// The secret, sealed for the context `access key ID`.
    pub sealed_secret: Vec<u8>,
    /// `Active` or not.
    pub active: bool,
    /// When it was made.
    pub created: DateTime<Utc>,
}

impl Record for AccountRecord {}
impl Record for UserRecord {}
impl Record for RoleRecord {}
impl Record for ManagedPolicyRecord {}
impl Record for AccessKeyRecord {}

impl UserRecord {
    /// The user's ARN.
    pub fn arn(&self) -> Arn {
        Arn::new("iam", None, Some(&self.account), format!("user{}{}", self.path, self.name))
    }
}

impl RoleRecord {
    /// The role's ARN.
    pub fn arn(&self) -> Arn {
        Arn::new("iam", None, Some(&self.account), format!("role{}{}", self.path, self.name))
    }
}

impl ManagedPolicyRecord {
    /// The policy's ARN.
    pub fn arn(&self) -> Arn {
        let resource = format!("policy{}{}", self.path, self.name);
        let arn = Arn::new("iam", None, self.account.as_ref(), resource);
        Arn { owned_by_aws: self.account.is_none(), ..arn }
    }

    /// The document in force.
    pub fn document(&self) -> Option<&str> {
        self.versions.get(&self.default_version).map(|version| version.document.as_str())
    }
}

fn named(account: &AccountId, name: &str) -> String {
    format!("{account}/{}", name.to_ascii_lowercase())
}

/// Accounts.
pub mod accounts {
    use super::*;

    /// The account, when this world has it.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn get(cx: &Cx, id: &AccountId) -> Result<Option<AccountRecord>, Fault> {
        cx.get(&ACCOUNTS, id.as_str())
    }

    /// Every account.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn list(cx: &Cx) -> Result<Vec<AccountRecord>, Fault> {
        Ok(cx.scan(&ACCOUNTS, "", None, SCAN_LIMIT)?.into_iter().map(|(_, a)| a).collect())
    }

    /// Writes an account.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn put(cx: &mut Cx, account: &AccountRecord) -> Result<(), Fault> {
        cx.put(&ACCOUNTS, account.id.as_str(), account)
    }
}

/// The four functions that every kind of named record has.
macro_rules! named_records {
    ($module:ident, $table:ident, $record:ident, $what:literal) => {
        #[doc = concat!("Reading and writing ", $what, ".")]
        pub mod $module {
            use super::*;

            #[doc = concat!("One of the ", $what, " by name.")]
            ///
            /// # Errors
            /// When the state cannot be read.
            pub fn get(cx: &Cx, account: &AccountId, name: &str) -> Result<Option<$record>, Fault> {
                cx.get(&$table, &named(account, name))
            }

            #[doc = concat!("All ", $what, " of an account, by name.")]
            ///
            /// # Errors
            /// When the state cannot be read.
            pub fn list(cx: &Cx, account: &AccountId) -> Result<Vec<$record>, Fault> {
                let found = cx.scan(&$table, &named(account, ""), None, SCAN_LIMIT)?;
                Ok(found.into_iter().map(|(_, record)| record).collect())
            }

            #[doc = concat!("Writes one of the ", $what, ".")]
            ///
            /// # Errors
            /// When the state cannot be written.
            pub fn put(cx: &mut Cx, account: &AccountId, record: &$record) -> Result<(), Fault> {
                cx.put(&$table, &named(account, &record.name), record)
            }

            #[doc = concat!("Removes one of the ", $what, ".")]
            ///
            /// # Errors
            /// When the state cannot be written.
            pub fn delete(cx: &mut Cx, account: &AccountId, name: &str) -> Result<bool, Fault> {
                cx.delete(&$table, &named(account, name))
            }
        }
    };
}

named_records!(users, USERS, UserRecord, "users");
named_records!(roles, ROLES, RoleRecord, "roles");
named_records!(managed_policies, POLICIES, ManagedPolicyRecord, "customer managed policies");

/// A managed policy by ARN, AWS's own included; `None` when it does not exist.
///
/// # Errors
/// When the state cannot be read.
pub fn managed_policy(cx: &Cx, arn: &str) -> Result<Option<ManagedPolicyRecord>, Fault> {
    let Ok(parsed) = arn.parse::<Arn>() else { return Ok(None) };
    match &parsed.account {
        None => Ok(aws_managed::find(arn)),
        Some(account) => {
            let name = parsed.resource.rsplit('/').next().unwrap_or_default();
            let found = managed_policies::get(cx, account, name)?;
            Ok(found.filter(|policy| policy.arn().to_string() == arn))
        }
    }
}

/// Long-term keys.
pub mod keys {
    use super::*;

    /// The key by id.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn get(cx: &Cx, id: &str) -> Result<Option<AccessKeyRecord>, Fault> {
        cx.get(&KEYS, id)
    }

    /// The keys of a user.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn of_user(
        cx: &Cx,
        account: &AccountId,
        user: &str,
    ) -> Result<Vec<AccessKeyRecord>, Fault> {
        let all = cx.scan(&KEYS, "", None, SCAN_LIMIT)?.into_iter().map(|(_, key)| key);
        let mine =
            |key: &AccessKeyRecord| key.account == *account && key.user.eq_ignore_ascii_case(user);
        let mut found: Vec<AccessKeyRecord> = all.filter(mine).collect();
        found.sort_by_key(|key| key.created);
        Ok(found)
    }

    /// Writes a key.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn put(cx: &mut Cx, key: &AccessKeyRecord) -> Result<(), Fault> {
        cx.put(&KEYS, &key.id, key)
    }

    /// Removes a key.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn delete(cx: &mut Cx, id: &str) -> Result<bool, Fault> {
        cx.delete(&KEYS, id)
    }

    pub(in crate::identity) fn read(
        tx: &store::Tx,
        id: &str,
    ) -> Result<Option<AccessKeyRecord>, store::StoreError> {
        tx.get(&KEYS, id)
    }
}

pub(super) fn read_user(
    tx: &store::Tx,
    account: &AccountId,
    name: &str,
) -> Result<Option<UserRecord>, store::StoreError> {
    tx.get(&USERS, &named(account, name))
}

pub(super) fn read_role(
    tx: &store::Tx,
    account: &AccountId,
    name: &str,
) -> Result<Option<RoleRecord>, store::StoreError> {
    tx.get(&ROLES, &named(account, name))
}

pub(super) fn read_policy(
    tx: &store::Tx,
    arn: &str,
) -> Result<Option<ManagedPolicyRecord>, store::StoreError> {
    let Ok(parsed) = arn.parse::<Arn>() else { return Ok(None) };
    match &parsed.account {
        None => Ok(aws_managed::find(arn)),
        Some(account) => {
            let name = parsed.resource.rsplit('/').next().unwrap_or_default();
            tx.get(&POLICIES, &named(account, name))
        }
    }
}
