//! Records of accounts, users, groups, roles, managed policies and long-term keys. Only this file knows
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

use super::table::{SCAN_LIMIT, named, named_records};
use super::{aws_managed, unique_id};

const ACCOUNTS: Table<AccountRecord> = Table::new("iam.accounts");
/// When accounts were closed.
const CLOSED: Table<Closed> = Table::new("iam.closed_accounts");
const USERS: Table<UserRecord> = Table::new("iam.users");
const GROUPS: Table<GroupRecord> = Table::new("iam.groups");
const ROLES: Table<RoleRecord> = Table::new("iam.roles");
const POLICIES: Table<ManagedPolicyRecord> = Table::new("iam.policies");
const KEYS: Table<AccessKeyRecord> = Table::new("iam.access_keys");

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

#[derive(Debug, Serialize, Deserialize)]
struct Closed {
    time: DateTime<Utc>,
}

/// What hangs on a user, group or role.
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
    /// Names of the groups it belongs to, in the order of joining.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// A group of users: holds policies for them, and is no principal itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// The account.
    pub account: AccountId,
    /// The name as given.
    pub name: String,
    /// `/` or `/division/`.
    pub path: String,
    /// `AGPA…`.
    pub id: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Policies; a group has no boundary.
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
    #[serde(with = "store::as_text")]
    pub sealed_secret: Vec<u8>,
    /// `Active` or not.
    pub active: bool,
    /// When it was made.
    pub created: DateTime<Utc>,
}

impl Record for AccountRecord {}
impl Record for Closed {}
impl Record for UserRecord {}
impl Record for GroupRecord {}
impl Record for RoleRecord {}
impl Record for ManagedPolicyRecord {}
impl Record for AccessKeyRecord {}

impl UserRecord {
    /// A new user under `/`, with nothing on it.
    pub fn new(cx: &Cx, account: &AccountId, name: impl Into<String>) -> Self {
        Self {
            account: account.clone(),
            name: name.into(),
            path: "/".to_owned(),
            id: unique_id(cx.world(), "AIDA"),
            created: cx.now(),
            tags: BTreeMap::new(),
            policies: Attachments::default(),
            groups: Vec::new(),
        }
    }

    /// The user's ARN.
    pub fn arn(&self) -> Arn {
        Arn::new("iam", None, Some(&self.account), format!("user{}{}", self.path, self.name))
    }
}

impl GroupRecord {
    /// The group's ARN.
    pub fn arn(&self) -> Arn {
        Arn::new("iam", None, Some(&self.account), format!("group{}{}", self.path, self.name))
    }
}

impl RoleRecord {
    /// A new role under `/` that `trust` lets assume, for an hour at most, with nothing on it.
    pub fn new(
        cx: &Cx,
        account: &AccountId,
        name: impl Into<String>,
        trust: impl Into<String>,
    ) -> Self {
        Self {
            account: account.clone(),
            name: name.into(),
            path: "/".to_owned(),
            id: unique_id(cx.world(), "AROA"),
            created: cx.now(),
            description: None,
            trust: trust.into(),
            max_session_seconds: 3_600,
            tags: BTreeMap::new(),
            policies: Attachments::default(),
        }
    }

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

    /// Closes an account: from now on none of its credentials works.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn close(cx: &mut Cx, id: &AccountId) -> Result<(), Fault> {
        let closed = Closed { time: cx.now() };
        cx.put(&CLOSED, id.as_str(), &closed)
    }
}

named_records!(users, USERS, UserRecord, name, "users");
named_records!(groups, GROUPS, GroupRecord, name, "groups");
named_records!(roles, ROLES, RoleRecord, name, "roles");
named_records!(managed_policies, POLICIES, ManagedPolicyRecord, name, "customer managed policies");

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

pub(super) fn read_group(
    tx: &store::Tx,
    account: &AccountId,
    name: &str,
) -> Result<Option<GroupRecord>, store::StoreError> {
    tx.get(&GROUPS, &named(account, name))
}

pub(super) fn read_role(
    tx: &store::Tx,
    account: &AccountId,
    name: &str,
) -> Result<Option<RoleRecord>, store::StoreError> {
    tx.get(&ROLES, &named(account, name))
}

/// Whether an account was closed. Asked of every credential; most worlds have no such table.
pub(super) fn is_closed(tx: &store::Tx, id: &AccountId) -> Result<bool, store::StoreError> {
    Ok(tx.get(&CLOSED, id.as_str())?.is_some())
}

pub(super) fn read_account(
    tx: &store::Tx,
    id: &AccountId,
) -> Result<Option<AccountRecord>, store::StoreError> {
    tx.get(&ACCOUNTS, id.as_str())
}

/// The user with this unique id, under whatever name.
pub(super) fn find_user(
    tx: &store::Tx,
    account: &AccountId,
    id: &str,
) -> Result<Option<UserRecord>, store::StoreError> {
    let all = tx.scan(&USERS, &named(account, ""), None, SCAN_LIMIT)?;
    Ok(all.into_iter().map(|(_, user)| user).find(|user| user.id == id))
}

/// The role with this unique id.
pub(super) fn find_role(
    tx: &store::Tx,
    account: &AccountId,
    id: &str,
) -> Result<Option<RoleRecord>, store::StoreError> {
    let all = tx.scan(&ROLES, &named(account, ""), None, SCAN_LIMIT)?;
    Ok(all.into_iter().map(|(_, role)| role).find(|role| role.id == id))
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
