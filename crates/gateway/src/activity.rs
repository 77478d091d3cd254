//! When keys and identities were last used, and for what: the audit log, folded.
//!
//! Kept in memory only. The first question reads the log once; from then on every record that is
//! appended is noted as well, so an answer never lags behind the log. Attempts that were refused
//! count, as they do on AWS ("Refine permissions using last accessed information", IAM User
//! Guide). Knows the form of a record and nothing of users or roles but their unique ids.
//! Start at [`Activity::access_key`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use store::{AuditRecord, Store};

use crate::{Cx, Fault, Principal, audit};

/// Long-term access keys begin so; only they are followed, because temporary ones come without
/// end and IAM tells their use by the role or user behind them.
const LONG_TERM_KEY: &str = "AKIA";

/// The newest use of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When the call came.
    pub time: DateTime<Utc>,
    /// The service called, by its namespace in policies, such as `s3`.
    pub service: String,
    /// The operation called, such as `GetObject`.
    pub operation: String,
    /// The Region of the call.
    pub region: String,
}

/// What the log says of keys and identities.
#[derive(Default)]
pub struct Activity {
    /// Whether the log's past is in `index`. Held while it is read, so it is read once.
    read: Mutex<bool>,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    keys: HashMap<String, LastUse>,
    /// By unique id, then by service and operation.
    identities: HashMap<String, BTreeMap<(String, String), LastUse>>,
}

/// One use, as a record tells it.
pub(crate) struct Use {
    access_key: Option<String>,
    identity: Option<String>,
    what: LastUse,
}

impl Use {
    /// The use that the call of `cx` is.
    pub(crate) fn of_call(cx: &Cx, service: &str, operation: &str) -> Self {
        let identity = match cx.principal() {
            Principal::Root { account } => Some(account.to_string()),
            Principal::User(user) => Some(user.id.clone()),
            Principal::Role(role) => Some(role.role_id.clone()),
            _ => None,
        };
        let what = LastUse {
            time: cx.now(),
            service: audit::namespace(service).to_owned(),
            operation: operation.to_owned(),
            region: audit::region_of(cx, service),
        };
        // A service that acts for itself in a call uses no key of the caller.
        let access_key = cx.origin().access_key_id.clone().filter(|_| identity.is_some());
        Self { access_key, identity, what }
    }

    /// The use that a stored record tells of.
    fn of_record(record: &AuditRecord) -> Option<Self> {
        let told: Told = serde_json::from_slice(&record.payload).ok()?;
        let identified = ["Root", "IAMUser", "AssumedRole"].contains(&told.user_identity.kind);
        let principal = told.user_identity.principal_id.filter(|_| identified);
        let unique_id = |id: &str| id.split(':').next().map(str::to_owned);
        Some(Self {
            access_key: told.user_identity.access_key_id.map(str::to_owned),
            identity: principal.and_then(unique_id),
            what: LastUse {
                time: DateTime::from_timestamp_millis(record.header.time_ms)?,
                service: told.event_source.split('.').next()?.to_owned(),
                operation: told.event_name.to_owned(),
                region: told.aws_region.to_owned(),
            },
        })
    }
}

/// The members of a record that are of use here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    #[serde(borrow)]
    user_identity: ToldIdentity<'a>,
    event_source: &'a str,
    event_name: &'a str,
    aws_region: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldIdentity<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    principal_id: Option<&'a str>,
    access_key_id: Option<&'a str>,
}

impl Index {
    /// Notes a use where `newer(kept, this)` says that it takes the kept one's place.
    fn note(&mut self, used: Use, newer: Newer) {
        let Use { access_key, identity, what } = used;
        if let Some(key) = access_key.filter(|key| key.starts_with(LONG_TERM_KEY)) {
            keep(self.keys.entry(key).or_insert_with(|| what.clone()), &what, newer);
        }
        if let Some(identity) = identity {
            let place = (what.service.clone(), what.operation.clone());
            let uses = self.identities.entry(identity).or_default();
            keep(uses.entry(place).or_insert_with(|| what.clone()), &what, newer);
        }
    }
}

/// Of two uses at one time the one later in the log is the newer one: appended records come in
/// the log's order, those read from it in the opposite one.
type Newer = fn(&DateTime<Utc>, &DateTime<Utc>) -> bool;
const APPENDED: Newer = |kept, other| kept <= other;
const READ_BACK: Newer = |kept, other| kept < other;

fn keep(kept: &mut LastUse, other: &LastUse, newer: Newer) {
    if newer(&kept.time, &other.time) {
        kept.clone_from(other);
    }
}

impl Activity {
    /// The last use of a long-term access key (`AKIA…`).
    pub fn access_key(&self, id: &str) -> Option<LastUse> {
        self.lock().keys.get(id).cloned()
    }

    /// The last use of an identity by its unique id: a user's `AIDA…`, a role's `AROA…` (the
    /// newest call of any of its sessions), or the account id for its root user.
    pub fn identity(&self, unique_id: &str) -> Option<LastUse> {
        let index = self.lock();
        index.identities.get(unique_id)?.values().max_by_key(|used| used.time).cloned()
    }

    /// The last use of each operation that the identity ever called, in order of service and
    /// operation. [`Activity::identity`] says what a unique id is.
    pub fn operations(&self, unique_id: &str) -> Vec<LastUse> {
        let index = self.lock();
        index.identities.get(unique_id).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// The last use of each service that the identity ever called, in order of service.
    pub fn services(&self, unique_id: &str) -> Vec<LastUse> {
        let mut services: Vec<LastUse> = Vec::new();
        for used in self.operations(unique_id) {
            match services.last_mut().filter(|last| last.service == used.service) {
                Some(last) => keep(last, &used, APPENDED),
                None => services.push(used),
            }
        }
        services
    }

    /// Reads the log's past unless that is done.
    pub(crate) fn ready(&self, store: &Store) -> Result<&Self, Fault> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !*read {
            // What is appended meanwhile is noted beside this; noting twice changes nothing.
            for record in store.scan_audit()? {
                if let Some(used) = Use::of_record(&record?) {
                    self.lock().note(used, READ_BACK);
                }
            }
            *read = true;
        }
        Ok(self)
    }

    /// Notes records that have just been appended.
    pub(crate) fn note(&self, uses: Vec<Use>) {
        let mut index = self.lock();
        uses.into_iter().for_each(|used| index.note(used, APPENDED));
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        // Every note leaves the index whole, so a poisoned lock is usable.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
