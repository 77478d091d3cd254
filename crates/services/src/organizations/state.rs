//! Records of organizations, their units, members, policies and handshakes. Only this file knows
//! their keys.
//!
//! An account is a member of one organization at most, so members lie under their account id;
//! everything else of an organization lies under its id.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use gateway::{Cx, Fault};
use names::AccountId;
use serde::{Deserialize, Serialize};
use store::{Record, StoreError, Table, Tx};

const ORGANIZATIONS: Table<Organization> = Table::new("organizations.organizations");
const MEMBERS: Table<Member> = Table::new("organizations.members");
const UNITS: Table<Unit> = Table::new("organizations.units");
const POLICIES: Table<ControlPolicy> = Table::new("organizations.policies");
const ATTACHED: Table<Attached> = Table::new("organizations.attached");
const HANDSHAKES: Table<Handshake> = Table::new("organizations.handshakes");
const CREATIONS: Table<Creation> = Table::new("organizations.creations");
/// Requests for accounts that upkeep has yet to carry out, by time.
const PENDING: Table<Pending> = Table::new("organizations.pending");
const TAGS: Table<Tags> = Table::new("organizations.tags");
const EMAILS: Table<Email> = Table::new("organizations.emails");
/// No organization holds more of one kind (quotas are lower still).
const SCAN_LIMIT: usize = 20_000;

/// The kinds of policies that are built; the others are answered "not implemented".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum PolicyType {
    #[serde(rename = "SERVICE_CONTROL_POLICY")]
    ServiceControl,
    #[serde(rename = "RESOURCE_CONTROL_POLICY")]
    ResourceControl,
}

/// An organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Organization {
    /// `o-…`.
    pub id: String,
    /// The account that made it.
    pub management: AccountId,
    /// `r-…`.
    pub root: String,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    pub feature_set: String,
    /// Policy types that are in force.
    pub enabled: BTreeSet<PolicyType>,
    /// Services with trusted access, and since when.
    pub services: BTreeMap<String, DateTime<Utc>>,
    /// Delegated administrators: account to service to since when.
    pub delegated: BTreeMap<String, BTreeMap<String, DateTime<Utc>>>,
}

/// An account of an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Member {
    pub account: AccountId,
    pub organization: String,
    /// The root or unit that it is in.
    pub parent: String,
    /// `INVITED` or `CREATED`.
    pub method: String,
    pub joined: DateTime<Utc>,
    /// Closed accounts stay members.
    pub closed: bool,
}

/// An organizational unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Unit {
    /// `ou-…`.
    pub id: String,
    pub organization: String,
    pub name: String,
    /// The root or unit that it is in.
    pub parent: String,
}

/// A policy that customers made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ControlPolicy {
    /// `p-…`.
    pub id: String,
    pub organization: String,
    pub kind: PolicyType,
    pub name: String,
    pub description: String,
    pub content: String,
}

/// The policies on one root, unit or account, in the order of their attachment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Attached {
    pub service_control: Vec<String>,
    pub resource_control: Vec<String>,
}

impl Attached {
    pub fn of(&self, kind: PolicyType) -> &Vec<String> {
        match kind {
            PolicyType::ServiceControl => &self.service_control,
            PolicyType::ResourceControl => &self.resource_control,
        }
    }

    pub fn of_mut(&mut self, kind: PolicyType) -> &mut Vec<String> {
        match kind {
            PolicyType::ServiceControl => &mut self.service_control,
            PolicyType::ResourceControl => &mut self.resource_control,
        }
    }
}

/// An invitation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Handshake {
    /// `h-…`.
    pub id: String,
    pub organization: String,
    /// The management account, which invites.
    pub inviter: AccountId,
    /// The account that is invited.
    pub invited: AccountId,
    /// The address, when it was invited by that.
    pub email: Option<String>,
    pub notes: Option<String>,
    /// `OPEN`, `ACCEPTED`, `DECLINED`, `CANCELED`; an open one may have expired.
    pub state: String,
    pub requested: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

/// A request for a new account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Creation {
    /// `car-…`.
    pub id: String,
    pub organization: String,
    pub name: String,
    pub email: String,
    /// The role that lets the management account in.
    pub role: String,
    pub tags: BTreeMap<String, String>,
    pub requested: DateTime<Utc>,
    pub completed: Option<DateTime<Utc>>,
    /// Set once it succeeded.
    pub account: Option<AccountId>,
    /// Set once it failed, such as `EMAIL_ALREADY_EXISTS`.
    pub failure: Option<String>,
}

/// Where a request for an account lies.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub organization: String,
    pub creation: String,
}

/// Tags of a root, unit, account or policy.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tags(pub BTreeMap<String, String>);

/// The address of an account's root user.
#[derive(Debug, Serialize, Deserialize)]
struct Email {
    address: String,
}

impl Record for Organization {}
impl Record for Member {}
impl Record for Unit {}
impl Record for ControlPolicy {}
impl Record for Attached {}
impl Record for Handshake {}
impl Record for Creation {}
impl Record for Pending {}
impl Record for Tags {}
impl Record for Email {}

fn within(organization: &str, id: &str) -> String {
    format!("{organization}/{id}")
}

fn values<R>(found: Vec<(String, R)>) -> Vec<R> {
    found.into_iter().map(|(_, record)| record).collect()
}

pub(super) fn organization(tx: &Tx, id: &str) -> Result<Option<Organization>, StoreError> {
    tx.get(&ORGANIZATIONS, id)
}

pub(super) fn member(tx: &Tx, account: &AccountId) -> Result<Option<Member>, StoreError> {
    tx.get(&MEMBERS, account.as_str())
}

pub(super) fn unit(tx: &Tx, organization: &str, id: &str) -> Result<Option<Unit>, StoreError> {
    tx.get(&UNITS, &within(organization, id))
}

pub(super) fn attached(tx: &Tx, organization: &str, target: &str) -> Result<Attached, StoreError> {
    Ok(tx.get(&ATTACHED, &within(organization, target))?.unwrap_or_default())
}

pub(super) fn policy(
    tx: &Tx,
    organization: &str,
    id: &str,
) -> Result<Option<ControlPolicy>, StoreError> {
    tx.get(&POLICIES, &within(organization, id))
}

/// The same reads and the writes for handlers.
pub(super) mod records {
    use super::*;

    pub fn organization(cx: &Cx, id: &str) -> Result<Option<Organization>, Fault> {
        cx.get(&ORGANIZATIONS, id)
    }

    pub fn put_organization(cx: &mut Cx, organization: &Organization) -> Result<(), Fault> {
        cx.put(&ORGANIZATIONS, &organization.id, organization)
    }

    pub fn member(cx: &Cx, account: &AccountId) -> Result<Option<Member>, Fault> {
        cx.get(&MEMBERS, account.as_str())
    }

    pub fn members(cx: &Cx, organization: &str) -> Result<Vec<Member>, Fault> {
        let mut all = values(cx.scan(&MEMBERS, "", None, SCAN_LIMIT)?);
        all.retain(|member: &Member| member.organization == organization);
        Ok(all)
    }

    pub fn put_member(cx: &mut Cx, member: &Member) -> Result<(), Fault> {
        cx.put(&MEMBERS, member.account.as_str(), member)
    }

    /// Takes an account out of its organization, with what hung on it there.
    pub fn delete_member(cx: &mut Cx, member: &Member) -> Result<(), Fault> {
        let key = within(&member.organization, member.account.as_str());
        cx.delete(&ATTACHED, &key)?;
        cx.delete(&TAGS, &key)?;
        cx.delete(&MEMBERS, member.account.as_str()).map(drop)
    }

    pub fn unit(cx: &Cx, organization: &str, id: &str) -> Result<Option<Unit>, Fault> {
        cx.get(&UNITS, &within(organization, id))
    }

    pub fn units(cx: &Cx, organization: &str) -> Result<Vec<Unit>, Fault> {
        Ok(values(cx.scan(&UNITS, &within(organization, ""), None, SCAN_LIMIT)?))
    }

    pub fn put_unit(cx: &mut Cx, unit: &Unit) -> Result<(), Fault> {
        cx.put(&UNITS, &within(&unit.organization, &unit.id), unit)
    }

    pub fn delete_unit(cx: &mut Cx, unit: &Unit) -> Result<(), Fault> {
        let key = within(&unit.organization, &unit.id);
        cx.delete(&ATTACHED, &key)?;
        cx.delete(&TAGS, &key)?;
        cx.delete(&UNITS, &key).map(drop)
    }

    pub fn policy(cx: &Cx, organization: &str, id: &str) -> Result<Option<ControlPolicy>, Fault> {
        cx.get(&POLICIES, &within(organization, id))
    }

    pub fn policies(cx: &Cx, organization: &str) -> Result<Vec<ControlPolicy>, Fault> {
        Ok(values(cx.scan(&POLICIES, &within(organization, ""), None, SCAN_LIMIT)?))
    }

    pub fn put_policy(cx: &mut Cx, policy: &ControlPolicy) -> Result<(), Fault> {
        cx.put(&POLICIES, &within(&policy.organization, &policy.id), policy)
    }

    pub fn delete_policy(cx: &mut Cx, policy: &ControlPolicy) -> Result<(), Fault> {
        let key = within(&policy.organization, &policy.id);
        cx.delete(&TAGS, &key)?;
        cx.delete(&POLICIES, &key).map(drop)
    }

    pub fn attached(cx: &Cx, organization: &str, target: &str) -> Result<Attached, Fault> {
        Ok(cx.get(&ATTACHED, &within(organization, target))?.unwrap_or_default())
    }

    /// What is attached where, by target.
    pub fn all_attached(cx: &Cx, organization: &str) -> Result<Vec<(String, Attached)>, Fault> {
        let prefix = within(organization, "");
        let found = cx.scan(&ATTACHED, &prefix, None, SCAN_LIMIT)?;
        let target = |key: String| key.strip_prefix(&prefix).unwrap_or_default().to_owned();
        Ok(found.into_iter().map(|(key, attached)| (target(key), attached)).collect())
    }

    pub fn put_attached(
        cx: &mut Cx,
        organization: &str,
        target: &str,
        attached: &Attached,
    ) -> Result<(), Fault> {
        cx.put(&ATTACHED, &within(organization, target), attached)
    }

    pub fn handshake(cx: &Cx, id: &str) -> Result<Option<Handshake>, Fault> {
        cx.get(&HANDSHAKES, id)
    }

    pub fn handshakes(cx: &Cx) -> Result<Vec<Handshake>, Fault> {
        Ok(values(cx.scan(&HANDSHAKES, "", None, SCAN_LIMIT)?))
    }

    pub fn put_handshake(cx: &mut Cx, handshake: &Handshake) -> Result<(), Fault> {
        cx.put(&HANDSHAKES, &handshake.id, handshake)
    }

    pub fn creation(cx: &Cx, organization: &str, id: &str) -> Result<Option<Creation>, Fault> {
        cx.get(&CREATIONS, &within(organization, id))
    }

    pub fn creations(cx: &Cx, organization: &str) -> Result<Vec<Creation>, Fault> {
        Ok(values(cx.scan(&CREATIONS, &within(organization, ""), None, SCAN_LIMIT)?))
    }

    /// Requests of every organization.
    pub fn all_creations(cx: &Cx) -> Result<Vec<Creation>, Fault> {
        Ok(values(cx.scan(&CREATIONS, "", None, SCAN_LIMIT)?))
    }

    pub fn put_creation(cx: &mut Cx, creation: &Creation) -> Result<(), Fault> {
        cx.put(&CREATIONS, &within(&creation.organization, &creation.id), creation)
    }

    /// Requests that wait, oldest first, with their keys.
    pub fn pending(cx: &Cx) -> Result<Vec<(String, Pending)>, Fault> {
        cx.scan(&PENDING, "", None, 100)
    }

    pub fn put_pending(cx: &mut Cx, creation: &Creation) -> Result<(), Fault> {
        let key = format!("{:015}/{}", creation.requested.timestamp_millis(), creation.id);
        let Creation { organization, id, .. } = creation.clone();
        cx.put(&PENDING, &key, &Pending { organization, creation: id })
    }

    pub fn delete_pending(cx: &mut Cx, key: &str) -> Result<(), Fault> {
        cx.delete(&PENDING, key).map(drop)
    }

    pub fn tags(cx: &Cx, organization: &str, id: &str) -> Result<BTreeMap<String, String>, Fault> {
        Ok(cx.get(&TAGS, &within(organization, id))?.unwrap_or_default().0)
    }

    pub fn put_tags(
        cx: &mut Cx,
        organization: &str,
        id: &str,
        tags: BTreeMap<String, String>,
    ) -> Result<(), Fault> {
        cx.put(&TAGS, &within(organization, id), &Tags(tags))
    }

    /// The address given at an account's creation. Accounts that `serve` was asked for have one
    /// made of their name, in the domain that is reserved for examples (RFC 2606).
    pub fn email(cx: &Cx, account: &AccountId) -> Result<String, Fault> {
        if let Some(Email { address }) = cx.get(&EMAILS, account.as_str())? {
            return Ok(address);
        }
        let known = crate::identity::accounts::get(cx, account)?;
        let name = known.map_or_else(|| account.to_string(), |known| known.name);
        Ok(format!("{name}@example.com"))
    }

    pub fn put_email(cx: &mut Cx, account: &AccountId, address: &str) -> Result<(), Fault> {
        cx.put(&EMAILS, account.as_str(), &Email { address: address.to_owned() })
    }

    /// Removes the organization with everything in it.
    pub fn delete_organization(cx: &mut Cx, organization: &Organization) -> Result<(), Fault> {
        let id = organization.id.as_str();
        units(cx, id)?.iter().try_for_each(|unit| delete_unit(cx, unit))?;
        policies(cx, id)?.iter().try_for_each(|policy| delete_policy(cx, policy))?;
        members(cx, id)?.iter().try_for_each(|member| delete_member(cx, member))?;
        for key in [within(id, &organization.root), within(id, id)] {
            cx.delete(&ATTACHED, &key)?;
            cx.delete(&TAGS, &key)?;
        }
        cx.delete(&ORGANIZATIONS, id).map(drop)
    }
}
