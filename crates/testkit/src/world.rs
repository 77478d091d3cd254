//! The world itself: its accounts, its gateway, and the two ways to call it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::Duration;
use gateway::{Fault, Gateway, Origin, Principal};
use names::{AccountId, Region};
use serde_json::Value;
use store::Store;
use wire::client::ServiceError;

use crate::{Caller, HandClock, Seeded, fail, must};

/// Where callers work unless a test says otherwise.
pub const REGION: &str = "us-east-1";
/// The accounts: the two of every example, and an outsider.
pub const ACCOUNTS: [(&str, &str); 3] =
    [("prod", "111111111111"), ("dev", "222222222222"), ("other", "333333333333")];
/// When a world begins: 2026-01-15 08:00:00 UTC, in milliseconds.
const BEGINNING: i64 = 1_768_464_000_000;

/// A world of its own for one test. Its files go with it.
pub struct World {
    /// Absent only within [`World::restart`].
    gateway: Option<Arc<Gateway>>,
    clock: Arc<HandClock>,
    entropy: Arc<Seeded>,
    admins: BTreeMap<&'static str, Caller>,
    directory: tempfile::TempDir,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world with the [`ACCOUNTS`] and an administrator in each. Two of them are alike in every
    /// id and key.
    pub fn new() -> Self {
        Self::seeded(1)
    }

    /// [`World::new`] with the ids and keys of a seed.
    pub fn seeded(seed: u64) -> Self {
        let directory = must(tempfile::tempdir());
        let entropy = Arc::new(Seeded::new(seed));
        let clock = Arc::new(HandClock::at(BEGINNING));
        let gateway = open(directory.path(), &clock, &entropy);
        let admins = ACCOUNTS.map(|(name, id)| {
            let account = must(id.parse());
            (name, crate::people::found_account(&gateway, name, &account))
        });
        Self { gateway: Some(gateway), clock, entropy, admins: admins.into(), directory }
    }

    /// Ends the gateway and opens another on the same state, as a restarted process does. Whoever
    /// still holds the old gateway fails the test.
    pub fn restart(&mut self) {
        self.gateway = None;
        self.gateway = Some(open(self.directory.path(), &self.clock, &self.entropy));
    }

    /// The gateway under test.
    pub fn gateway(&self) -> &Arc<Gateway> {
        must(self.gateway.as_ref().ok_or("the world is being restarted"))
    }

    /// Where the state lies on disk.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Moves the clock, and lets every service do what the time passed brings about.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        must(self.gateway().upkeep(&must(REGION.parse())));
    }

    /// The id of an account by its name in [`ACCOUNTS`].
    pub fn account(&self, name: &str) -> AccountId {
        let known = ACCOUNTS.iter().find(|(known, _)| *known == name);
        must(must(known.ok_or("no such account")).1.parse())
    }

    /// The administrator of an account: a user with `AdministratorAccess`.
    pub fn admin(&self, account: &str) -> Caller {
        must(self.admins.get(account).ok_or("no such account")).clone()
    }

    /// A call through the bytes: written, signed, served and read back.
    ///
    /// # Errors
    /// What the service answered.
    pub fn call(
        &self,
        caller: &Caller,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ServiceError> {
        let mut request = self.request(service, operation, &input);
        self.sign(&mut request, caller);
        self.send(request).result()
    }

    /// [`World::call`] that must succeed.
    #[track_caller]
    pub fn ok(&self, caller: &Caller, service: &str, operation: &str, input: Value) -> Value {
        match self.call(caller, service, operation, input) {
            Ok(output) => output,
            Err(error) => fail(&format!("{service}:{operation}: {error}")),
        }
    }

    /// What a call came to, on one line: `ok`, or `STATUS CODE: message`.
    pub fn told(&self, caller: &Caller, service: &str, operation: &str, input: Value) -> String {
        match self.call(caller, service, operation, input) {
            Ok(_) => "ok".to_owned(),
            Err(error) => format!("{} {}: {}", error.status, error.code, error.message),
        }
    }

    /// A call past the bytes, as a component in the same process makes one.
    ///
    /// # Errors
    /// The service's fault.
    pub fn inside(
        &self,
        principal: Principal,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, Fault> {
        let origin = self.origin();
        let output = self.gateway().call(principal, origin, service, operation, input)?;
        Ok(output.value)
    }

    /// The principal that signs with a caller's keys.
    pub fn principal(&self, caller: &Caller) -> Principal {
        let keys = &caller.credentials;
        let token = keys.session_token.as_deref();
        must(self.gateway().sign_in(&keys.access_key_id, &keys.secret_access_key, token))
    }

    /// The origin of a call that comes from inside.
    pub fn origin(&self) -> Origin {
        let region: Region = must(REGION.parse());
        self.gateway().own_origin(region)
    }
}

fn open(directory: &Path, clock: &Arc<HandClock>, entropy: &Arc<Seeded>) -> Arc<Gateway> {
    let store = must(Store::open(directory, entropy.clone()));
    let world = gateway::World::new(clock.clone(), entropy.clone());
    let identities = Box::new(services::identity::Identities);
    Arc::new(Gateway::new(world, store, services::all(), identities))
}
