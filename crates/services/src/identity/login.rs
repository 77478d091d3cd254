//! What users sign in with beside keys: passwords, and virtual MFA devices.
//!
//! Both belong to a user by its unique id, so a change of name leaves them where they are.
//! Nothing here is ever shown again: passwords are kept as salted hashes, seeds sealed.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault, World};
use names::AccountId;
use ring::pbkdf2;
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use super::table::named_records;

const PROFILES: Table<LoginProfileRecord> = Table::new("iam.login_profiles");
/// Rounds of PBKDF2-HMAC-SHA512. A quarter of what OWASP's "Password Storage Cheat Sheet" asks of
/// a service on the Internet: hashing happens inside the one writing transaction of the world.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(49_999);
const HASH_BYTES: usize = 64;

/// The password of a user.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LoginProfileRecord {
    /// The user's unique id, `AIDA…`.
    pub user: String,
    /// When the user got its first password.
    pub created: DateTime<Utc>,
    /// When the password was last set.
    pub changed: DateTime<Utc>,
    /// Whether it must be changed at the next sign-in.
    pub reset_required: bool,
    #[serde(with = "store::as_text")]
    salt: Vec<u8>,
    /// Hashes of the passwords so far, newest first; reuse is refused by them.
    hashes: Vec<Vec<u8>>,
}

impl Record for LoginProfileRecord {}

named_records!(
    login_profiles,
    PROFILES,
    LoginProfileRecord,
    user,
    "login profiles (by the user's id)"
);

/// Passwords that the longest reuse prevention looks back on ("PasswordReusePrevention").
const REMEMBERED: usize = 24;

impl LoginProfileRecord {
    /// A first password.
    pub fn new(cx: &Cx, user: &str, password: &str) -> Self {
        let salt = salt(cx.world());
        let hashes = vec![hash(&salt, password)];
        let (created, changed) = (cx.now(), cx.now());
        Self { user: user.to_owned(), created, changed, reset_required: false, salt, hashes }
    }

    /// Whether this is the password.
    pub fn is(&self, password: &str) -> bool {
        let current = self.hashes.first();
        let verify = |hash: &Vec<u8>| {
            let algorithm = pbkdf2::PBKDF2_HMAC_SHA512;
            pbkdf2::verify(algorithm, ROUNDS, &self.salt, password.as_bytes(), hash).is_ok()
        };
        current.is_some_and(verify)
    }

    /// Sets another password; answers false when it is one of the last `unlike`.
    pub fn change(&mut self, now: DateTime<Utc>, password: &str, unlike: usize) -> bool {
        let new = hash(&self.salt, password);
        if self.hashes.iter().take(unlike).any(|old| *old == new) {
            return false;
        }
        self.hashes.insert(0, new);
        self.hashes.truncate(REMEMBERED);
        self.changed = now;
        true
    }
}

fn salt(world: &World) -> Vec<u8> {
    world.bytes::<16>().to_vec()
}

fn hash(salt: &[u8], password: &str) -> Vec<u8> {
    let mut out = vec![0; HASH_BYTES];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, ROUNDS, salt, password.as_bytes(), &mut out);
    out
}

/// What an account says of passwords ("Setting an account password policy", IAM User Guide).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// The shortest password, in characters.
    pub minimum_length: usize,
    /// A symbol must be in it.
    pub symbols: bool,
    /// A digit must be in it.
    pub numbers: bool,
    /// An upper-case letter must be in it.
    pub uppercase: bool,
    /// A lower-case letter must be in it.
    pub lowercase: bool,
    /// Users may change their own without further permission.
    pub users_may_change: bool,
    /// Days until a password expires.
    pub max_age_days: Option<i64>,
    /// How many former passwords may not be used again.
    pub reuse_prevention: Option<usize>,
    /// Whether an expired password can be changed by an administrator only.
    pub hard_expiry: Option<bool>,
}

/// Settings of an account as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountSettings {
    /// The password policy, when the account has its own.
    pub password_policy: Option<PasswordPolicy>,
    /// The alias.
    pub alias: Option<String>,
    /// The credential report: when it was made, and its text.
    pub credential_report: Option<(DateTime<Utc>, String)>,
}

impl Record for AccountSettings {}

const SETTINGS: Table<AccountSettings> = Table::new("iam.account_settings");

/// Reading and writing the settings of accounts.
pub mod settings {
    use super::*;
    use crate::identity::table::SCAN_LIMIT;

    /// Those of an account; all absent until one is set.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn of(cx: &Cx, account: &AccountId) -> Result<AccountSettings, Fault> {
        Ok(cx.get(&SETTINGS, account.as_str())?.unwrap_or_default())
    }

    /// Whether any account has this alias: they are unique across accounts.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn alias_taken(cx: &Cx, alias: &str) -> Result<bool, Fault> {
        let all = cx.scan(&SETTINGS, "", None, SCAN_LIMIT)?;
        Ok(all.iter().any(|(_, settings)| settings.alias.as_deref() == Some(alias)))
    }

    /// Writes those of an account.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn put(cx: &mut Cx, account: &AccountId, value: &AccountSettings) -> Result<(), Fault> {
        cx.put(&SETTINGS, account.as_str(), value)
    }
}
