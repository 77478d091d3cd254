//! A small AWS and a small warehouse in memory, for tests: two accounts, the calls a movement
//! makes, and a fuse that cuts the line at the n-th change, before or after its effect.
//!
//! It authorises nothing; what is tested against it is the order, the journal and the texts.

mod aws;
mod warehouse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::aws::Clock;
use crate::aws::Profiles;
use crate::context::{Cancel, Context, Entropy, Pace};
use crate::database::DbError;
use crate::report::{Event, Reporter};

pub(crate) const PROD: &str = "111111111111";
pub(crate) const DEV: &str = "222222222222";
pub(crate) const NOW: i64 = 1_790_000_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Role {
    pub trust: String,
    pub policies: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub account: String,
    pub description: String,
    pub policy: String,
    pub pending: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub policy: Option<String>,
    pub objects: BTreeMap<String, Vec<u8>>,
    /// The account it belongs to; DEV when empty.
    pub owner: &'static str,
}

/// When the line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Before,
    After,
}

/// Everything that stands in the two accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct World {
    /// By account and name.
    pub roles: BTreeMap<(String, String), Role>,
    /// By ARN.
    pub keys: BTreeMap<String, Key>,
    /// Account and alias to key ARN.
    pub aliases: BTreeMap<(String, String), String>,
    /// Name to (ARN, text).
    pub secrets: BTreeMap<String, (String, String)>,
    pub buckets: BTreeMap<String, Bucket>,
    /// Roles of the cluster.
    pub attached: BTreeSet<String>,
    /// Database users and passwords.
    pub users: BTreeMap<String, String>,
    /// Grants, as `user: what`.
    pub grants: BTreeSet<String>,
    pub assumerole_open: bool,
    /// Rows of the warehouse's tables as CSV lines, by `"schema"."table"`.
    pub tables: BTreeMap<String, Vec<String>>,
    /// Keys of DynamoDB items, by table.
    pub items: BTreeMap<String, Vec<String>>,
    /// What the history knows: label to rows.
    pub history: BTreeMap<String, u64>,
    /// What a COPY scanned: label to objects and their lines.
    pub scanned: BTreeMap<String, Vec<(String, usize)>>,
}

impl World {
    /// The world without what AWS keeps for a while: keys that are being deleted.
    pub fn settled(&self) -> Self {
        let mut world = self.clone();
        world.keys.retain(|_, key| !key.pending);
        world.history.clear();
        world.scanned.clear();
        world
    }
}

#[derive(Default)]
pub(crate) struct Knobs {
    /// Changes until the line is cut.
    pub fuse: Option<(usize, Cut)>,
    /// What UNLOAD or COPY answers instead of moving data.
    pub refuse: Option<DbError>,
    /// What AssumeRole of a role answers.
    pub refuse_role: Option<(String, String)>,
    /// The decoded authorization message.
    pub decoded: Option<String>,
    /// Whether the statement hangs until cancelled.
    pub hang: bool,
    /// What the select counts now, instead of 3.
    pub rows_now: Option<u64>,
    /// Whether the views of the history are unknown.
    pub no_history: bool,
    /// Whether the privilege functions are unknown.
    pub no_functions: bool,
    /// Changes so far, by name.
    pub changes: Vec<String>,
    pub dead: bool,
    serial: usize,
}

/// The two accounts as an [`crate::aws::Api`] and a [`crate::database::Databases`].
#[derive(Clone, Default)]
pub(crate) struct Fake {
    pub world: Arc<Mutex<World>>,
    pub knobs: Arc<Mutex<Knobs>>,
    pub heard: Arc<Mutex<Vec<Event>>>,
    pub cancelled: Arc<tokio::sync::Notify>,
}

impl Fake {
    /// A world with a cluster, its administrator's secret and a table.
    pub fn new() -> Self {
        let fake = Self::default();
        {
            let mut world = fake.world.lock().unwrap();
            world.assumerole_open = true;
            world.users.insert("admin".into(), "Secret1admin".into());
            let text = r#"{"username":"admin","password":"Secret1admin","host":"warehouse.local","port":5439}"#;
            world
                .secrets
                .insert("prod/redshift/admin".into(), (arn_of("prod/redshift/admin"), text.into()));
        }
        fake
    }

    /// A context over this world with its journal in `state`.
    pub fn context(&self, state: &Path) -> Context {
        let mut profiles = Profiles::default();
        let text = "[prod]\naws_access_key_id=PROD\naws_secret_access_key=x\nregion=us-east-1\n\
                    [dev]\naws_access_key_id=DEV\naws_secret_access_key=x\nregion=us-east-1\n";
        profiles.add(text, "credentials").unwrap();
        let (switch, cancel) = Cancel::new();
        // The switch lives as long as the test.
        std::mem::forget(switch);
        Context {
            profiles,
            api: Arc::new(self.clone()),
            databases: Arc::new(self.clone()),
            state: state.to_owned(),
            clock: Arc::new(Fixed),
            entropy: Arc::new(Counting::default()),
            reporter: Arc::new(self.clone()),
            cancel,
            pace: Pace { poll: Duration::from_millis(1), patience: Duration::from_millis(20) },
            arguments: String::new(),
            afar: false,
        }
    }

    /// Burns the fuse for a change; `false` when the line is cut before it.
    fn burn(&self, change: &str) -> bool {
        let mut knobs = self.knobs.lock().unwrap();
        knobs.changes.push(change.to_owned());
        match knobs.fuse {
            Some((0, Cut::Before)) => {
                knobs.dead = true;
                false
            }
            Some((0, Cut::After)) => {
                // The effect comes, the answer does not.
                knobs.dead = true;
                true
            }
            Some((left, cut)) => {
                knobs.fuse = Some((left - 1, cut));
                true
            }
            None => true,
        }
    }

    fn is_dead(&self) -> bool {
        self.knobs.lock().unwrap().dead
    }

    fn serial(&self) -> usize {
        let mut knobs = self.knobs.lock().unwrap();
        knobs.serial += 1;
        knobs.serial
    }

    /// A new process: the line works again.
    pub fn revive(&self) {
        let mut knobs = self.knobs.lock().unwrap();
        knobs.dead = false;
        knobs.fuse = None;
    }
}

pub(crate) fn arn_of(secret: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:{PROD}:secret:{secret}-AbCdEf")
}

impl Reporter for Fake {
    fn report(&self, event: &Event) {
        self.heard.lock().unwrap().push(event.clone());
    }
}

pub(crate) struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(NOW, 0).unwrap()
    }
}

/// Bytes that count up: every draw is different and the same in every run.
#[derive(Default)]
pub(crate) struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in bytes {
            *byte = *next;
            *next = next.wrapping_add(1);
        }
    }
}
