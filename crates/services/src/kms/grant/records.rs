//! Grants at rest, and the tokens that name them: the only file with their record keys.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

use crate::kms::access::EncryptionContext;
use crate::kms::state::KeyRecord;

const GRANTS: Table<GrantRecord> = Table::new("kms.grants");
const TOKEN_CONTEXT: &str = "kms grant token";
/// Records read at a time.
const CHUNK: usize = 1_000;

/// A grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::kms) struct GrantRecord {
    /// 64 hexadecimal digits.
    pub(in crate::kms) id: String,
    pub(in crate::kms) account: AccountId,
    pub(in crate::kms) region: Region,
    /// Id of the key, of the same account and Region.
    pub(in crate::kms) key: String,
    pub(in crate::kms) name: Option<String>,
    pub(in crate::kms) created: DateTime<Utc>,
    /// As policies store principals: users and roles by unique id.
    pub(in crate::kms) grantee: String,
    /// In the same form.
    pub(in crate::kms) retiring: Option<String>,
    /// The account whose principal made the grant.
    pub(in crate::kms) issuer: AccountId,
    pub(in crate::kms) operations: Vec<String>,
    pub(in crate::kms) constraint: Option<Constraint>,
}

/// What an encryption context must be for a grant to count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::kms) enum Constraint {
    /// Exactly these pairs.
    Equals(EncryptionContext),
    /// At least these pairs.
    Subset(EncryptionContext),
}

impl Record for GrantRecord {}

impl Constraint {
    /// Its name among the values of `kms:GrantConstraintType`.
    pub(in crate::kms) fn kind(&self) -> &'static str {
        match self {
            Self::Equals(_) => "EncryptionContextEquals",
            Self::Subset(_) => "EncryptionContextSubset",
        }
    }

    pub(in crate::kms) fn pairs(&self) -> &EncryptionContext {
        match self {
            Self::Equals(pairs) | Self::Subset(pairs) => pairs,
        }
    }

    /// Whether a context satisfies it; keys and values are case-sensitive.
    pub(in crate::kms) fn admits(&self, context: &EncryptionContext) -> bool {
        match self {
            Self::Equals(pairs) => pairs == context,
            Self::Subset(pairs) => pairs.iter().all(|(k, v)| context.get(k) == Some(v)),
        }
    }

    /// Whether everything that `other` admits is admitted by this.
    pub(in crate::kms) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Equals(_), Self::Equals(_)) => self == other,
            (Self::Equals(_), Self::Subset(_)) => false,
            (Self::Subset(_), _) => self.admits(other.pairs()),
        }
    }
}

impl GrantRecord {
    pub(in crate::kms) fn key_arn(&self) -> Arn {
        Arn::new("kms", Some(&self.region), Some(&self.account), format!("key/{}", self.key))
    }

    /// Whether it allows an operation, by its name among `Operations`.
    pub(in crate::kms) fn allows(&self, operation: &str) -> bool {
        self.operations.iter().any(|known| known == operation)
    }

    fn place(&self) -> String {
        format!("{}{}/{}", under(&self.account, &self.region, &self.key), self.grantee, self.id)
    }

    /// A new token for the grant: it names the grant and is worth nothing to whom the grant is
    /// not made out.
    pub(in crate::kms) fn token(&self, cx: &Cx) -> Result<String, Fault> {
        let names = BTreeMap::from([("key", self.key_arn().to_string()), ("id", self.id.clone())]);
        let text = serde_json::to_vec(&names).map_err(Fault::internal)?;
        Ok(STANDARD.encode(cx.seal().seal(TOKEN_CONTEXT, &text)?))
    }
}

/// ARN of the key and id of the grant that a token names.
pub(in crate::kms) fn named_by_token(cx: &Cx, token: &str) -> Result<(Arn, String), Fault> {
    let invalid = || Fault::new("InvalidGrantTokenException", "Invalid grant token.").status(400);
    let sealed = STANDARD.decode(token).map_err(|_| invalid())?;
    let text = cx.seal().open_sealed(TOKEN_CONTEXT, &sealed).map_err(|_| invalid())?;
    let mut names: BTreeMap<String, String> =
        serde_json::from_slice(&text).map_err(|_| invalid())?;
    let key = names.remove("key").and_then(|arn| arn.parse().ok()).ok_or_else(invalid)?;
    Ok((key, names.remove("id").ok_or_else(invalid)?))
}

fn under(account: &AccountId, region: &Region, key: &str) -> String {
    format!("{account}/{region}/{key}/")
}

pub(in crate::kms) fn put(cx: &mut Cx, grant: &GrantRecord) -> Result<(), Fault> {
    cx.put(&GRANTS, &grant.place(), grant)
}

pub(in crate::kms) fn delete(cx: &mut Cx, grant: &GrantRecord) -> Result<(), Fault> {
    cx.delete(&GRANTS, &grant.place()).map(drop)
}

/// The grants on a key, by id.
pub(in crate::kms) fn of_key(cx: &Cx, key: &KeyRecord) -> Result<Vec<GrantRecord>, Fault> {
    let mut grants = all(cx, &under(&key.account, &key.region, &key.id))?;
    grants.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(grants)
}

/// The grants on a key that are made out to this principal.
pub(in crate::kms) fn to(
    cx: &Cx,
    key: &KeyRecord,
    grantee: &str,
) -> Result<Vec<GrantRecord>, Fault> {
    let prefix = format!("{}{grantee}/", under(&key.account, &key.region, &key.id));
    let mut grants = all(cx, &prefix)?;
    grants.retain(|grant| grant.grantee == grantee);
    Ok(grants)
}

/// Every grant of a Region, whosoever key it is on, that this principal may retire; by id.
pub(in crate::kms) fn retirable(
    cx: &Cx,
    region: &Region,
    principal: &str,
) -> Result<Vec<GrantRecord>, Fault> {
    let mut grants = all(cx, "")?;
    grants.retain(|grant| grant.region == *region && grant.retiring.as_deref() == Some(principal));
    grants.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(grants)
}

fn all(cx: &Cx, prefix: &str) -> Result<Vec<GrantRecord>, Fault> {
    let (mut grants, mut after) = (Vec::new(), None::<String>);
    loop {
        let chunk = cx.scan(&GRANTS, prefix, after.as_deref(), CHUNK)?;
        after = chunk.last().map(|(place, _)| place.clone());
        let last = chunk.len() < CHUNK;
        grants.extend(chunk.into_iter().map(|(_, grant)| grant));
        if last {
            return Ok(grants);
        }
    }
}
