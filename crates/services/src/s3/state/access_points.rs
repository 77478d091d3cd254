//! Access points as they are kept, and how a request that names one finds its bucket
//! ("Accessing your data through access points", S3 User Guide).
//!
//! A request names an access point where it would name a bucket: by its alias, by its ARN, or as
//! `NAME-ACCOUNT` in the host. The last has the form of a bucket's name; so that it never means two
//! things, neither is made while the other exists. Start reading at [`resolve`].

use ::policy::PublicAccessBlock;
use gateway::{Cx, Fault};
use names::{AccountId, Region};
use serde::{Deserialize, Serialize};
use store::{Record, Table};

/// `account/Region/name`.
const ACCESS_POINTS: Table<AccessPoint> = Table::new("s3.access_points");
/// Alias to the key of its access point.
const ALIASES: Table<Alias> = Table::new("s3.access_point_aliases");

/// How an alias ends.
pub(in crate::s3) const ALIAS_END: &str = "-s3alias";
/// Digits of an account's id.
const ACCOUNT_DIGITS: usize = 12;

/// A door to a bucket with a policy of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::s3) struct AccessPoint {
    /// Its name, unique in its account and Region.
    pub name: String,
    /// Its owner, who also owns the bucket.
    pub account: AccountId,
    /// The bucket's Region.
    pub region: Region,
    /// The bucket.
    pub bucket: String,
    /// A name that stands for it wherever a bucket's can.
    pub alias: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Block Public Access, set for good when it is made.
    pub block: PublicAccessBlock,
    /// Its policy's JSON.
    pub policy: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Alias {
    key: String,
}

impl Record for AccessPoint {}
impl Record for Alias {}

impl AccessPoint {
    /// Its ARN.
    pub(in crate::s3) fn arn(&self) -> String {
        let Self { region, account, name, .. } = self;
        format!("arn:aws:s3:{region}:{account}:accesspoint/{name}")
    }

    fn key(&self) -> String {
        key(&self.account, &self.region, &self.name)
    }
}

fn key(account: &AccountId, region: &Region, name: &str) -> String {
    format!("{account}/{region}/{name}")
}

/// The access point that a name in the place of a bucket's means.
///
/// # Errors
/// When the state cannot be read.
pub(in crate::s3) fn resolve(cx: &Cx, name: &str) -> Result<Option<AccessPoint>, Fault> {
    if name.ends_with(ALIAS_END) {
        let Some(Alias { key }) = cx.get(&ALIASES, name)? else { return Ok(None) };
        return cx.get(&ACCESS_POINTS, &key);
    }
    if let Some(rest) = name.strip_prefix("arn:aws:s3:") {
        let Some((region, account, name)) = parts_of_arn(rest) else { return Ok(None) };
        return find(cx, &account, &region, name);
    }
    let Some(at) = name.len().checked_sub(ACCOUNT_DIGITS + 1) else { return Ok(None) };
    let named = name.get(..at).zip(name.get(at..).and_then(|end| end.strip_prefix('-')));
    match named.and_then(|(name, account)| Some((name, account.parse::<AccountId>().ok()?))) {
        Some((name, account)) => find(cx, &account, cx.region(), name),
        None => Ok(None),
    }
}

/// `REGION:ACCOUNT:accesspoint/NAME`, or with a colon.
fn parts_of_arn(rest: &str) -> Option<(Region, AccountId, &str)> {
    let (region, rest) = rest.split_once(':')?;
    let (account, resource) = rest.split_once(':')?;
    let name = resource.strip_prefix("accesspoint")?.strip_prefix(['/', ':'])?;
    Some((region.parse().ok()?, account.parse().ok()?, name))
}

/// The access point of this name.
pub(in crate::s3) fn find(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    name: &str,
) -> Result<Option<AccessPoint>, Fault> {
    cx.get(&ACCESS_POINTS, &key(account, region, name))
}

/// Writes an access point.
pub(in crate::s3) fn put(cx: &mut Cx, point: &AccessPoint) -> Result<(), Fault> {
    cx.put(&ALIASES, &point.alias, &Alias { key: point.key() })?;
    cx.put(&ACCESS_POINTS, &point.key(), point)
}

/// Removes an access point.
pub(in crate::s3) fn delete(cx: &mut Cx, point: &AccessPoint) -> Result<(), Fault> {
    cx.delete(&ALIASES, &point.alias)?;
    cx.delete(&ACCESS_POINTS, &point.key()).map(drop)
}

/// The access points of an account in a Region, after a name, of one bucket if one is given.
pub(in crate::s3) fn list(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    after: Option<&str>,
    bucket: Option<&str>,
) -> Result<Vec<AccessPoint>, Fault> {
    let after = after.map(|name| key(account, region, name));
    let prefix = key(account, region, "");
    let found = cx.scan(&ACCESS_POINTS, &prefix, after.as_deref(), usize::MAX)?;
    let points = found.into_iter().map(|(_, point)| point);
    Ok(points.filter(|point| bucket.is_none_or(|bucket| point.bucket == bucket)).collect())
}
