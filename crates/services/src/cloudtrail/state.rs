//! Trails and how far their logs are delivered: the only file with their keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use store::{AuditPosition, Record, Table};

use super::digest::Chain;
use super::selectors::Selectors;

const TRAILS: Table<Trail> = Table::new("cloudtrail.trails");
const DELIVERIES: Table<Delivery> = Table::new("cloudtrail.deliveries");
const SCAN_LIMIT: usize = 10_000;

/// A trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Trail {
    pub(super) account: AccountId,
    /// The home Region.
    pub(super) region: Region,
    pub(super) name: String,
    pub(super) bucket: String,
    pub(super) bucket_region: Region,
    pub(super) prefix: Option<String>,
    /// Whether events of IAM, STS and Organizations are delivered.
    pub(super) global_events: bool,
    pub(super) multi_region: bool,
    /// Whether digests are delivered.
    #[serde(default)]
    pub(super) validation: bool,
    /// ARN of the key that log files are encrypted with.
    pub(super) kms_key: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) selectors: Selectors,
    pub(super) logging: bool,
    pub(super) started: Option<DateTime<Utc>>,
    pub(super) stopped: Option<DateTime<Utc>>,
}

impl Record for Trail {}

impl Trail {
    pub(super) fn arn(&self) -> String {
        arn(&self.account, &self.region, &self.name)
    }

    pub(super) fn key(&self) -> String {
        key(&self.account, &self.region, &self.name)
    }
}

/// How far a trail's log is delivered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Delivery {
    /// Parts of the audit log to deliver, oldest first.
    pub(super) spans: Vec<Span>,
    pub(super) delivered: Option<DateTime<Utc>>,
    pub(super) attempted: Option<DateTime<Utc>>,
    /// The error code of the last attempt, when it failed.
    pub(super) error: Option<String>,
    /// Digests by Region, while files are validated.
    #[serde(default)]
    pub(super) chains: BTreeMap<String, Chain>,
    pub(super) digest_delivered: Option<DateTime<Utc>>,
    pub(super) digest_attempted: Option<DateTime<Utc>>,
    pub(super) digest_error: Option<String>,
}

/// A part of the audit log: from when a trail began to log to when it was stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) from: AuditPosition,
    /// The request that stopped the trail; its own event is the last of the span.
    pub(super) until: Option<String>,
}

impl Record for Delivery {}

/// The ARN of a trail.
pub(super) fn arn(account: &AccountId, region: &Region, name: &str) -> String {
    Arn::new("cloudtrail", Some(region), Some(account), format!("trail/{name}")).to_string()
}

fn key(account: &AccountId, region: &Region, name: &str) -> String {
    format!("{account}/{region}/{name}")
}

pub(super) fn get(
    cx: &Cx,
    account: &AccountId,
    region: &Region,
    name: &str,
) -> Result<Option<Trail>, Fault> {
    cx.get(&TRAILS, &key(account, region, name))
}

pub(super) fn put(cx: &mut Cx, trail: &Trail) -> Result<(), Fault> {
    cx.put(&TRAILS, &trail.key(), trail)
}

pub(super) fn delete(cx: &mut Cx, trail: &Trail) -> Result<(), Fault> {
    cx.delete(&TRAILS, &trail.key())?;
    cx.delete(&DELIVERIES, &trail.key())?;
    Ok(())
}

/// The trails of an account in all Regions, in order of Region and name.
pub(super) fn of_account(cx: &Cx, account: &AccountId) -> Result<Vec<Trail>, Fault> {
    let found = cx.scan(&TRAILS, &format!("{account}/"), None, SCAN_LIMIT)?;
    Ok(found.into_iter().map(|(_, trail)| trail).collect())
}

/// Every trail of the world.
pub(super) fn all(cx: &Cx) -> Result<Vec<Trail>, Fault> {
    Ok(cx.scan(&TRAILS, "", None, SCAN_LIMIT)?.into_iter().map(|(_, trail)| trail).collect())
}

/// How far a trail is delivered; one that never logged has nothing to deliver.
pub(super) fn delivery(cx: &Cx, trail: &Trail) -> Result<Delivery, Fault> {
    Ok(cx.get(&DELIVERIES, &trail.key())?.unwrap_or_default())
}

pub(super) fn put_delivery(cx: &mut Cx, trail: &Trail, delivery: &Delivery) -> Result<(), Fault> {
    cx.put(&DELIVERIES, &trail.key(), delivery)
}
