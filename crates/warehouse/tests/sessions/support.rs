//! A cluster for tests: its control plane, cloud and clock are in memory, its clients are real.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, TimeZone, Utc};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};
use warehouse::ports::{
    AccessKeys, Attribute, Cloud, CloudError, ClusterFacts, ClusterRef, ClusterStatus, Directory,
    Hop, ItemPage, ObjectSummary, ObjectWriter, OpenObject, PutOptions, RoleSession, StagedObject,
    World,
};
use warehouse::{ClusterSpec, PasswordVerifier, Warehouse};

pub const ROLE: &str = "arn:aws:iam::111111111111:role/Unloader";
pub const CHAINED: &str = "arn:aws:iam::222222222222:role/Writer";
pub const MASTER: &str = "admin";
pub const PASSWORD: &str = "Sup3rSecret";

/// What the control plane says; tests change it while the cluster runs.
pub struct FakeDirectory(pub Mutex<ClusterFacts>);

impl Directory for FakeDirectory {
    fn cluster(&self, _id: &ClusterRef) -> Option<ClusterFacts> {
        Some(self.0.lock().unwrap().clone())
    }
}

/// The external id and the roles of a chain that was assumed.
pub type Chain = (String, Vec<String>);

/// A DynamoDB item's attributes.
pub type Item = Vec<(String, Attribute)>;

/// One bucket, `lake`, in memory; every assumed chain is written down.
#[derive(Clone, Default)]
pub struct FakeCloud {
    pub objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    pub chains: Arc<Mutex<Vec<Chain>>>,
    /// The read capacity of the DynamoDB table `items`; a page of two items takes one unit.
    pub provisioned: Arc<Mutex<Option<f64>>>,
    /// What the DynamoDB table `items` holds.
    pub items: Arc<Mutex<Vec<Item>>>,
}

impl FakeCloud {
    fn table_refused() -> CloudError {
        CloudError {
            service: "dynamodb".into(),
            message: "Requested resource not found".into(),
            status: 400,
            ..Self::refuse("ResourceNotFoundException", Hop::Storage)
        }
    }

    fn refuse(code: &str, hop: Hop) -> CloudError {
        CloudError {
            service: "s3".into(),
            code: code.into(),
            message: "Access Denied".into(),
            status: 403,
            request_id: "RID".into(),
            extended_request_id: "XRID".into(),
            authorization_message: None,
            hop,
        }
    }
}

impl Cloud for FakeCloud {
    fn assume_chain(
        &self,
        cluster: &ClusterRef,
        db_user: &str,
        roles: &[String],
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        self.chains.lock().unwrap().push((cluster.db_user_arn(db_user), roles.to_vec()));
        Ok(Box::new(self.clone()))
    }

    fn use_keys(
        &self,
        _cluster: &ClusterRef,
        _keys: &AccessKeys,
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        Err(Self::refuse("InvalidAccessKeyId", Hop::Storage))
    }
}

impl RoleSession for FakeCloud {
    fn bucket_region(&self, bucket: &str) -> Result<names::Region, CloudError> {
        if bucket == "lake" {
            return Ok("us-east-1".parse().unwrap());
        }
        Err(Self::refuse("AccessDenied", Hop::Storage))
    }

    fn list(
        &self,
        _bucket: &str,
        prefix: &str,
        max: usize,
    ) -> Result<Vec<ObjectSummary>, CloudError> {
        let objects = self.objects.lock().unwrap();
        let found = objects.iter().filter(|(key, _)| key.starts_with(prefix)).take(max);
        Ok(found
            .map(|(key, body)| ObjectSummary {
                key: key.clone(),
                size: body.len() as u64,
                etag: "etag".into(),
            })
            .collect())
    }

    fn open(
        &self,
        bucket: &str,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError> {
        if bucket != "lake" || key.starts_with("secret") {
            return Err(Self::refuse("AccessDenied", Hop::Storage));
        }
        let objects = self.objects.lock().unwrap();
        let missing = || CloudError { status: 404, ..Self::refuse("NoSuchKey", Hop::Storage) };
        let body = objects.get(key).ok_or_else(missing)?;
        let (from, length) = range.unwrap_or((0, body.len() as u64));
        let part = body[from as usize..(from + length) as usize].to_vec();
        Ok(OpenObject { bytes: part.len() as u64, body: Box::new(std::io::Cursor::new(part)) })
    }

    fn describe_table(
        &self,
        _region: &names::Region,
        table: &str,
    ) -> Result<Option<f64>, CloudError> {
        if table == "items" {
            Ok(*self.provisioned.lock().unwrap())
        } else {
            Err(Self::table_refused())
        }
    }

    fn scan_table(
        &self,
        _region: &names::Region,
        _table: &str,
        from: Option<&serde_json::Value>,
    ) -> Result<ItemPage, CloudError> {
        let all = self.items.lock().unwrap();
        let at = from.and_then(serde_json::Value::as_u64).unwrap_or(0) as usize;
        let next = (at + 2 < all.len()).then(|| (at + 2).into());
        Ok(ItemPage { items: all.iter().skip(at).take(2).cloned().collect(), next, units: 1.0 })
    }

    fn create(
        &self,
        bucket: &str,
        key: &str,
        _options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError> {
        Ok(Box::new(Writer { bucket: bucket.into(), key: key.into(), body: Vec::new() }))
    }

    fn commit(
        &self,
        delete: Vec<(String, String)>,
        staged: Vec<StagedObject>,
    ) -> Result<(), CloudError> {
        let mut objects = self.objects.lock().unwrap();
        for (_, key) in delete {
            objects.remove(&key);
        }
        for object in staged {
            let body = object.handle.downcast::<Vec<u8>>().unwrap();
            objects.insert(object.key, *body);
        }
        Ok(())
    }
}

struct Writer {
    bucket: String,
    key: String,
    body: Vec<u8>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ObjectWriter for Writer {
    fn finish(self: Box<Self>) -> Result<StagedObject, CloudError> {
        let bytes = self.body.len() as u64;
        Ok(StagedObject {
            bucket: self.bucket,
            key: self.key,
            bytes,
            etag: "etag".into(),
            handle: Box::new(self.body),
        })
    }
}

/// A clock that moves a millisecond a look, and counting "randomness".
#[derive(Default)]
pub struct FakeWorld(AtomicU64);

impl FakeWorld {
    /// Time passes.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(time.num_milliseconds() as u64, Ordering::SeqCst);
    }
}

impl World for FakeWorld {
    fn now(&self) -> DateTime<Utc> {
        let ticks = self.0.fetch_add(1, Ordering::SeqCst);
        let start = Utc.with_ymd_and_hms(2026, 9, 1, 12, 0, 0).unwrap();
        start + Duration::milliseconds(i64::try_from(ticks).unwrap())
    }

    fn random_bytes(&self, buffer: &mut [u8]) {
        let mut seed = self.0.fetch_add(1, Ordering::SeqCst);
        for byte in buffer {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (seed >> 33) as u8;
        }
    }
}

/// A running cluster and what it was made from.
pub struct Running {
    pub warehouse: Warehouse,
    pub directory: Arc<FakeDirectory>,
    pub cloud: FakeCloud,
    pub world: Arc<FakeWorld>,
    pub certificate: Vec<u8>,
}

pub fn reference() -> ClusterRef {
    ClusterRef {
        account: "111111111111".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        identifier: "wh".into(),
    }
}

/// Opens a cluster over a directory; needs a Tokio runtime.
pub fn start(directory: &Path) -> Running {
    start_with(directory, "0")
}

/// The same with so little memory.
pub fn start_small(directory: &Path, megabytes: u64) -> Running {
    start_as(directory, "0", Some(megabytes))
}

/// The same at a port.
pub fn start_with(directory: &Path, port: &str) -> Running {
    start_as(directory, port, None)
}

fn start_as(directory: &Path, port: &str, memory_megabytes: Option<u64>) -> Running {
    let (tls, certificate) = identity();
    let facts = ClusterFacts {
        attached_roles: vec![ROLE.into()],
        default_role: None,
        require_ssl: false,
        status: ClusterStatus::Available,
    };
    let fake = Arc::new(FakeDirectory(Mutex::new(facts)));
    let cloud = FakeCloud::default();
    let spec = ClusterSpec {
        memory_megabytes,
        reference: reference(),
        directory: directory.to_owned(),
        database: "dev".into(),
        master_user: MASTER.into(),
        master_password: PasswordVerifier::from_password(MASTER, PASSWORD),
        listen: format!("127.0.0.1:{port}").parse().unwrap(),
        tls,
    };
    let (dir, world) = (Arc::clone(&fake), Arc::new(FakeWorld::default()));
    let clock = Arc::clone(&world);
    let warehouse = Warehouse::open(spec, dir, Arc::new(cloud.clone()), clock).unwrap();
    let serving = warehouse.clone();
    tokio::spawn(async move { serving.serve().await.unwrap() });
    Running { warehouse, directory: fake, cloud, world, certificate }
}

fn identity() -> (Arc<rustls::ServerConfig>, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    (Arc::new(config), certificate.to_vec())
}

impl Running {
    pub fn config(&self, user: &str, password: &str) -> Config {
        let mut config = Config::new();
        config
            .host("127.0.0.1")
            .port(self.warehouse.address().port())
            .user(user)
            .password(password)
            .dbname("dev");
        config
    }

    /// A client in clear.
    pub async fn client(&self, user: &str, password: &str) -> Client {
        self.try_client(user, password).await.unwrap()
    }

    pub async fn try_client(
        &self,
        user: &str,
        password: &str,
    ) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config(user, password).connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    pub async fn admin(&self) -> Client {
        self.client(MASTER, PASSWORD).await
    }
}

/// Rows of a simple query as text, columns joined by `|`, NULL as `~`; errors as `!CODE text`.
pub async fn ask(client: &Client, sql: &str) -> Vec<String> {
    match client.simple_query(sql).await {
        Ok(messages) => messages.iter().filter_map(row_text).collect(),
        Err(error) => vec![error_text(&error)],
    }
}

fn row_text(message: &SimpleQueryMessage) -> Option<String> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    let cells: Vec<&str> = (0..row.len()).map(|i| row.get(i).unwrap_or("~")).collect();
    Some(cells.join("|"))
}

/// `!CODE text`.
pub fn error_text(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("!{} {}", db.code().code(), db.message()),
        None => format!("!{error}"),
    }
}

/// Runs each statement and compares what comes back, lines joined by `;`.
pub async fn check(client: &Client, cases: &[(&str, &str)]) {
    for (sql, expect) in cases {
        let found = ask(client, sql).await.join(";");
        assert_eq!(&found, expect, "{sql}");
    }
}
