//! S3 through the gateway, in process: decisions, transactions and blobs are the real ones; who
//! exists and a key store are stood in for.
//!
//! Start at [`World`].

mod access;
mod arithmetic;
mod buckets;
mod encryption;
mod listing;
mod multipart;
mod objects;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::identity::{AccountRecord, accounts};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use gateway::{
    Access, Check, Clock, Credential, Cx, Digests, Fault, Gateway, IdentitySource, Principal,
    PrincipalPolicies, StagedUpload, User, read,
};
use serde_json::{Value, json};
use store::{Entropy, Store, StoreError, Tx};

const OWNER: &str = "111111111111";
const OTHER: &str = "222222222222";
const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/k1";

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            *byte = (n.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8;
        }
    }
}

/// Seconds since 1970, moved by hand.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.load(Ordering::Relaxed), 0).unwrap()
    }
}

/// Identity policies by user name; users without one may do nothing.
#[derive(Clone, Default)]
struct Identities(Arc<Mutex<HashMap<String, String>>>);

impl IdentitySource for Identities {
    fn credential(
        &self,
        _tx: &Tx,
        _seal: &store::Seal,
        _access_key_id: &str,
        _session_token: Option<&str>,
    ) -> Result<Option<Credential>, StoreError> {
        Ok(None)
    }

    fn policies(
        &self,
        _tx: &Tx,
        parse: &dyn Fn(&str) -> Result<Arc<::policy::Document>, Fault>,
        principal: &Principal,
    ) -> Result<PrincipalPolicies, Fault> {
        let Principal::User(user) = principal else { return Ok(PrincipalPolicies::default()) };
        let policies = self.0.lock().unwrap();
        let identity = match policies.get(&user.name) {
            None => Vec::new(),
            Some(text) => {
                let kind = ::policy::PolicyKind::Identity;
                vec![::policy::Policy::new(kind, "test", parse(text)?)]
            }
        };
        Ok(PrincipalPolicies { identity, ..PrincipalPolicies::default() })
    }
}

struct World {
    gateway: Arc<Gateway>,
    clock: Arc<Hand>,
    identities: Identities,
    _directory: tempfile::TempDir,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let entropy = Arc::new(Counting(AtomicU64::new(7)));
    let store = Store::open(directory.path(), entropy.clone()).unwrap();
    let clock = Arc::new(Hand(AtomicI64::new(1_800_000_000)));
    let identities = Identities::default();
    let world = gateway::World::new(clock.clone(), entropy);
    let services = vec![super::service(), kms()];
    let gateway = Gateway::new(world, store, services, Box::new(identities.clone()));
    let founded = gateway.maintain(None, gateway.own_origin("us-east-1".parse().unwrap()), |cx| {
        [OWNER, OTHER].into_iter().try_for_each(|id| {
            let id = id.parse().map_err(Fault::internal)?;
            let account = AccountRecord { id, name: "account".to_owned(), created: cx.now() };
            accounts::put(cx, &account)
        })
    });
    founded.unwrap();
    World { gateway: Arc::new(gateway), clock, identities, _directory: directory }
}

/// A world in which `alice`, who may do everything in [`OWNER`], has the bucket `lake`.
fn world_with_bucket() -> (World, Principal) {
    let world = world();
    let alice = world.admin(OWNER, "alice");
    world.ok(
        &alice,
        "CreateBucket",
        json!({
            "Bucket": "lake",
            "CreateBucketConfiguration": { "LocationConstraint": "eu-west-1" },
        }),
    );
    (world, alice)
}

fn statement(effect: &str, actions: &[&str], resources: &[&str]) -> Value {
    json!({ "Effect": effect, "Action": actions, "Resource": resources })
}

fn document(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

impl World {
    /// A user who may do what the statements say.
    fn user(&self, account: &str, name: &str, statements: &[Value]) -> Principal {
        self.identities.0.lock().unwrap().insert(name.to_owned(), document(statements));
        Principal::User(User {
            account: account.parse().unwrap(),
            path: "/".to_owned(),
            name: name.to_owned(),
            id: format!("AIDA{name}"),
            tags: std::collections::BTreeMap::new(),
            session: None,
        })
    }

    fn admin(&self, account: &str, name: &str) -> Principal {
        self.user(account, name, &[statement("Allow", &["*"], &["*"])])
    }

    fn call(&self, who: &Principal, operation: &str, input: Value) -> Result<Value, Fault> {
        self.call_from("eu-west-1", who, operation, input)
    }

    fn call_from(
        &self,
        region: &str,
        who: &Principal,
        operation: &str,
        input: Value,
    ) -> Result<Value, Fault> {
        let origin = self.gateway.own_origin(region.parse().unwrap());
        Ok(self.gateway.call(who.clone(), origin, "s3", operation, input)?.value)
    }

    #[track_caller]
    fn ok(&self, who: &Principal, operation: &str, input: Value) -> Value {
        self.call(who, operation, input).unwrap()
    }

    /// Code, and status where it is said, of a refusal.
    #[track_caller]
    fn refused(&self, who: &Principal, operation: &str, input: Value) -> String {
        code(&self.call(who, operation, input).unwrap_err())
    }

    fn stage(
        &self,
        who: &Principal,
        operation: &'static str,
        input: Value,
        body: &[u8],
    ) -> Result<StagedUpload, Fault> {
        let origin = self.gateway.own_origin("eu-west-1".parse().unwrap());
        let none = Digests::default();
        let mut upload =
            self.gateway.begin_upload(who.clone(), origin, "s3", operation, input, &none)?;
        upload.write_all(body).unwrap();
        upload.stage(&self.gateway)
    }

    fn commit(&self, who: &Principal, staged: Vec<StagedUpload>) -> Result<Vec<Value>, Fault> {
        let origin = self.gateway.own_origin("eu-west-1".parse().unwrap());
        self.gateway.commit_uploads(who.clone(), origin, staged, |_| Ok(()))
    }

    fn upload(
        &self,
        who: &Principal,
        operation: &'static str,
        input: Value,
        body: &[u8],
    ) -> Result<Value, Fault> {
        let staged = self.stage(who, operation, input, body)?;
        Ok(self.commit(who, vec![staged])?.remove(0))
    }

    #[track_caller]
    fn put(&self, who: &Principal, key: &str, body: &[u8]) -> Value {
        let input = json!({ "Bucket": "lake", "Key": key });
        self.upload(who, "PutObject", input, body).unwrap()
    }

    fn get(&self, who: &Principal, input: Value) -> Result<(Value, Vec<u8>), Fault> {
        let origin = self.gateway.own_origin("eu-west-1".parse().unwrap());
        let output = self.gateway.call(who.clone(), origin, "s3", "GetObject", input)?;
        let mut bytes = Vec::new();
        for mut piece in output.body.unwrap().pieces {
            piece.read_to_end(&mut bytes).unwrap();
        }
        Ok((output.value, bytes))
    }

    #[track_caller]
    fn bytes(&self, who: &Principal, key: &str) -> Vec<u8> {
        self.get(who, json!({ "Bucket": "lake", "Key": key })).unwrap().1
    }

    /// How many blob files there are.
    fn blob_files(&self) -> usize {
        let root = self.gateway.store().directory().root().join("blobs");
        let shards = std::fs::read_dir(root).unwrap();
        shards.map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap().count()).sum()
    }

    fn pass_seconds(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn code(fault: &Fault) -> String {
    match fault.status {
        Some(status) => format!("{} {status}", fault.code),
        None => fault.code.to_string(),
    }
}

/// A key store of one key, which belongs to [`OWNER`] and binds its encryption context.
fn kms() -> gateway::Service {
    fn access(action: &str) -> Result<Access, Fault> {
        // A key policy that leaves it to the account's identity policies.
        let mut delegated = statement("Allow", &["kms:*"], &["*"]);
        delegated["Principal"] = json!({ "AWS": format!("arn:aws:iam::{OWNER}:root") });
        let guard = gateway::GuardPolicy {
            kind: ::policy::PolicyKind::Key,
            name: "key policy".to_owned(),
            document: document(&[delegated]),
        };
        let owner = OWNER.parse().unwrap();
        Ok(Access::to(Check::new(action, KEY).owned_by(&owner).guarded_by(Some(guard))))
    }
    fn generate(cx: &Cx, input: Value) -> Result<Value, Fault> {
        if input["KeyId"] == "gone" {
            return Err(Fault::new("DisabledException", format!("{KEY} is disabled.")).status(400));
        }
        let plain: [u8; 32] = cx.world().bytes();
        let wrapped = cx.seal().seal(&input["EncryptionContext"].to_string(), &plain)?;
        Ok(json!({
            "KeyId": KEY,
            "Plaintext": STANDARD.encode(plain),
            "CiphertextBlob": STANDARD.encode(wrapped),
        }))
    }
    fn decrypt(cx: &Cx, input: Value) -> Result<Value, Fault> {
        let wrapped = STANDARD.decode(input["CiphertextBlob"].as_str().unwrap()).unwrap();
        let plain = cx.seal().open_sealed(&input["EncryptionContext"].to_string(), &wrapped)?;
        Ok(json!({ "KeyId": KEY, "Plaintext": STANDARD.encode(&*plain) }))
    }
    gateway::Service::new(
        "kms",
        vec![
            read("GenerateDataKey", |_, _: &Value| access("kms:GenerateDataKey"), generate),
            read("Decrypt", |_, _: &Value| access("kms:Decrypt"), decrypt),
        ],
    )
}
