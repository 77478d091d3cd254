//! An in-memory cloud, a table of awkward values, and a statement to vary.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int16Array, Int32Array, Int64Array, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use names::Region;
use redshift_sql::{
    Authorization, Compression, Encryption, Existing, SqlType, Unload, UnloadFormat,
};

use crate::ports::{
    AccessKeys, Cloud, CloudError, ClusterRef, Hop, ItemPage, ObjectSummary, ObjectWriter,
    OpenObject, PutOptions, RoleSession, Sse, StagedObject, World,
};
use crate::unload::{
    BatchSource, Caller, Progress, ResultColumn, SourceError, UnloadError, UnloadReport,
    UnloadRequest, execute,
};

pub(super) const ROLE: &str = "arn:aws:iam::111111111111:role/Writer";

/// Objects by `bucket/key`, with the encryption they were written with.
#[derive(Default)]
pub(super) struct Store {
    pub objects: Mutex<BTreeMap<String, (Vec<u8>, Sse)>>,
    /// Bodies written and neither committed nor dropped.
    pub staged: AtomicUsize,
    pub commits: AtomicUsize,
}

/// A cloud with one bucket `lake` in us-east-1, and refusals to order.
#[derive(Default)]
pub(super) struct FakeCloud {
    pub store: Arc<Store>,
    /// Operations to refuse: `assume`, `list`, `create`, `write`, `key`, `commit`.
    pub refuse: HashSet<&'static str>,
    pub seen: Mutex<Vec<String>>,
}

pub(super) fn refusal(operation: &str) -> CloudError {
    let (service, code, message, status, hop) = match operation {
        "assume" => {
            let hop = Hop::Assume { index: 1, role: "arn:aws:iam::222222222222:role/S3".into() };
            (
                "sts",
                "AccessDenied",
                "User: x is not authorized to perform: sts:AssumeRole",
                403,
                hop,
            )
        }
        "key" => (
            "kms",
            "AccessDeniedException",
            "User: x is not authorized to perform: kms:GenerateDataKey",
            400,
            Hop::Key { key: "k".into() },
        ),
        "bucket" => {
            ("s3", "NoSuchBucket", "The specified bucket does not exist", 404, Hop::Storage)
        }
        _ => ("s3", "AccessDenied", "Access Denied", 403, Hop::Storage),
    };
    CloudError {
        service: service.into(),
        code: code.into(),
        message: message.into(),
        status,
        request_id: "RID".into(),
        extended_request_id: "EXT".into(),
        hop,
        authorization_message: Some("opaque".into()),
    }
}

impl FakeCloud {
    pub(super) fn refusing(operation: &'static str) -> Self {
        Self { refuse: HashSet::from([operation]), ..Self::default() }
    }

    /// With objects already there.
    pub(super) fn holding(keys: &[&str]) -> Self {
        let cloud = Self::default();
        for key in keys {
            let object = (b"old".to_vec(), Sse::S3);
            cloud.store.objects.lock().unwrap().insert(format!("lake/{key}"), object);
        }
        cloud
    }

    pub(super) fn keys(&self) -> Vec<String> {
        let objects = self.store.objects.lock().unwrap();
        objects.keys().filter_map(|key| key.strip_prefix("lake/")).map(str::to_owned).collect()
    }

    pub(super) fn bytes(&self, key: &str) -> Vec<u8> {
        let objects = self.store.objects.lock().unwrap();
        objects.get(&format!("lake/{key}")).map(|(body, _)| body.clone()).unwrap_or_else(|| {
            panic!("no object {key} among {:?}", objects.keys().collect::<Vec<_>>())
        })
    }

    pub(super) fn text(&self, key: &str) -> String {
        String::from_utf8(self.bytes(key)).unwrap()
    }

    pub(super) fn sse(&self, key: &str) -> Sse {
        self.store.objects.lock().unwrap()[&format!("lake/{key}")].1.clone()
    }

    fn session(&self) -> Box<dyn RoleSession> {
        Box::new(FakeSession { store: Arc::clone(&self.store), refuse: self.refuse.clone() })
    }
}

impl Cloud for FakeCloud {
    fn assume_chain(
        &self,
        cluster: &ClusterRef,
        db_user: &str,
        roles: &[String],
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        let line = format!("{} {}", cluster.db_user_arn(db_user), roles.join(","));
        self.seen.lock().unwrap().push(line);
        if self.refuse.contains("assume") { Err(refusal("assume")) } else { Ok(self.session()) }
    }

    fn use_keys(
        &self,
        _cluster: &ClusterRef,
        keys: &AccessKeys,
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        self.seen.lock().unwrap().push(keys.access_key_id.clone());
        Ok(self.session())
    }
}

struct FakeSession {
    store: Arc<Store>,
    refuse: HashSet<&'static str>,
}

impl FakeSession {
    #[allow(clippy::result_large_err)]
    fn gate(&self, operation: &str) -> Result<(), CloudError> {
        if self.refuse.contains(operation) { Err(refusal(operation)) } else { Ok(()) }
    }
}

impl RoleSession for FakeSession {
    fn bucket_region(&self, bucket: &str) -> Result<Region, CloudError> {
        match bucket {
            "lake" => Ok("us-east-1".parse().unwrap()),
            "far" => Ok("eu-west-1".parse().unwrap()),
            _ => Err(refusal("bucket")),
        }
    }

    fn list(
        &self,
        bucket: &str,
        prefix: &str,
        max: usize,
    ) -> Result<Vec<ObjectSummary>, CloudError> {
        self.gate("list")?;
        let start = format!("{bucket}/{prefix}");
        let objects = self.store.objects.lock().unwrap();
        let under = objects.iter().filter(|(key, _)| key.starts_with(&start)).take(max);
        Ok(under
            .map(|(key, (body, _))| ObjectSummary {
                key: key.split_once('/').unwrap().1.into(),
                size: body.len() as u64,
                etag: "e".into(),
            })
            .collect())
    }

    fn open(
        &self,
        bucket: &str,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError> {
        self.gate("open")?;
        let objects = self.store.objects.lock().unwrap();
        let (body, _) = objects.get(&format!("{bucket}/{key}")).ok_or_else(|| refusal("key"))?;
        let (from, length) = range.unwrap_or((0, body.len() as u64));
        let part = body[from as usize..(from + length) as usize].to_vec();
        Ok(OpenObject { bytes: part.len() as u64, body: Box::new(std::io::Cursor::new(part)) })
    }

    fn describe_table(&self, _region: &Region, _table: &str) -> Result<Option<f64>, CloudError> {
        Err(refusal("table"))
    }

    fn scan_table(
        &self,
        _region: &Region,
        _table: &str,
        _from: Option<&serde_json::Value>,
    ) -> Result<ItemPage, CloudError> {
        Err(refusal("table"))
    }

    fn create(
        &self,
        bucket: &str,
        key: &str,
        options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError> {
        self.gate("create")?;
        self.gate("key")?;
        self.store.staged.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(FakeWriter {
            bucket: bucket.into(),
            key: key.into(),
            refuse: self.refuse.contains("write"),
            body: Body { bytes: Vec::new(), sse: options.sse.clone(), store: self.store.clone() },
        }))
    }

    fn commit(
        &self,
        delete: Vec<(String, String)>,
        staged: Vec<StagedObject>,
    ) -> Result<(), CloudError> {
        self.gate("commit")?;
        self.store.commits.fetch_add(1, Ordering::SeqCst);
        let mut bodies = Vec::new();
        for object in staged {
            let mut body = object.handle.downcast::<Body>().unwrap();
            let bytes = std::mem::take(&mut body.bytes);
            bodies.push((format!("{}/{}", object.bucket, object.key), (bytes, body.sse.clone())));
        }
        let mut objects = self.store.objects.lock().unwrap();
        for (bucket, key) in delete {
            assert!(objects.remove(&format!("{bucket}/{key}")).is_some(), "{key} to delete");
        }
        objects.extend(bodies);
        Ok(())
    }
}

struct Body {
    bytes: Vec<u8>,
    sse: Sse,
    store: Arc<Store>,
}

impl Drop for Body {
    fn drop(&mut self) {
        self.store.staged.fetch_sub(1, Ordering::SeqCst);
    }
}

struct FakeWriter {
    bucket: String,
    key: String,
    refuse: bool,
    body: Body,
}

impl Write for FakeWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.refuse {
            return Err(std::io::Error::other(refusal("write")));
        }
        self.body.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ObjectWriter for FakeWriter {
    fn finish(self: Box<Self>) -> Result<StagedObject, CloudError> {
        let bytes = self.body.bytes.len() as u64;
        Ok(StagedObject {
            bucket: self.bucket,
            key: self.key,
            bytes,
            etag: "e".into(),
            handle: Box::new(self.body),
        })
    }
}

pub(super) struct FakeWorld;

impl World for FakeWorld {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn random_bytes(&self, buffer: &mut [u8]) {
        buffer.fill(0xab);
    }
}

/// Columns and rows of a query.
#[derive(Clone)]
pub(super) struct Table {
    pub columns: Vec<ResultColumn>,
    pub batches: Vec<RecordBatch>,
}

impl Table {
    pub(super) fn new(columns: Vec<(&str, SqlType, ArrayRef)>) -> Self {
        let arrays: Vec<(&str, ArrayRef, bool)> =
            columns.iter().map(|(name, _, array)| (*name, Arc::clone(array), true)).collect();
        let columns = columns
            .iter()
            .map(|(name, ty, _)| ResultColumn { name: (*name).into(), redshift_type: *ty })
            .collect();
        let batch = RecordBatch::try_from_iter_with_nullable(arrays).unwrap();
        Self { columns, batches: vec![batch] }
    }

    pub(super) fn select(&self, names: &[&str]) -> Self {
        let index = |name: &&str| self.columns.iter().position(|c| c.name == *name).unwrap();
        let indices: Vec<usize> = names.iter().map(index).collect();
        Self {
            columns: indices.iter().map(|&i| self.columns[i].clone()).collect(),
            batches: self.batches.iter().map(|b| b.project(&indices).unwrap()).collect(),
        }
    }

    pub(super) fn rows(&self, from: usize, count: usize) -> Self {
        let batches = self.batches.iter().map(|batch| batch.slice(from, count)).collect();
        Self { columns: self.columns.clone(), batches }
    }
}

/// Three rows: ordinary, awkward, NULL.
pub(super) fn awkward() -> Table {
    let text = |values: [Option<&str>; 3]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    Table::new(vec![
        ("id", SqlType::Integer, Arc::new(Int32Array::from(vec![Some(1), Some(-2), None]))),
        ("name", SqlType::Varchar(40), text([Some("plain"), Some("a|b,c\"d'e\\f\ng\rh é€"), None])),
        ("empty", SqlType::Varchar(8), text([Some(""), Some(" "), None])),
        (
            "amount",
            SqlType::Decimal { precision: 8, scale: 2 },
            Arc::new(
                Decimal128Array::from(vec![Some(1234), Some(-5), None])
                    .with_precision_and_scale(8, 2)
                    .unwrap(),
            ),
        ),
        (
            "at",
            SqlType::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(vec![
                Some(1_199_145_600_000_000),
                Some(-86_400_000_000 + 1_500_000),
                None,
            ])),
        ),
        (
            "atz",
            SqlType::TimestampTz,
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(0), Some(1_000), None])
                    .with_timezone("Europe/Berlin"),
            ),
        ),
        ("day", SqlType::Date, Arc::new(Date32Array::from(vec![Some(0), Some(-1), None]))),
        (
            "clock",
            SqlType::Time,
            Arc::new(Time64MicrosecondArray::from(vec![Some(0), Some(86_399_999_999), None])),
        ),
        ("ok", SqlType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("x", SqlType::Double, Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN), None]))),
        (
            "r",
            SqlType::Real,
            Arc::new(Float32Array::from(vec![Some(1.5), Some(f32::NEG_INFINITY), None])),
        ),
        ("small", SqlType::SmallInt, Arc::new(Int16Array::from(vec![Some(7), Some(-7), None]))),
        (
            "big",
            SqlType::BigInt,
            Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(i64::MIN), None])),
        ),
        ("doc", SqlType::Super, text([Some("{\"a\":[1,\"x\"]}"), Some("null"), None])),
        (
            "raw",
            SqlType::Varbyte(16),
            Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\x00\xff"), Some(b""), None])),
        ),
    ])
}

/// `length` characters that neither repeat nor compress, other ones for every `id`: a piece of
/// one long noise, so far from the next alike that no compressor reaches it.
pub(super) fn noise(id: usize, length: usize) -> &'static str {
    static NOISE: LazyLock<String> = LazyLock::new(|| {
        let word = |n: u64| (n ^ n << 29).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
        (1..=1 << 16).map(|n| format!("{:016x}", word(n))).collect()
    });
    let start = id * 1_021 % (NOISE.len() - length);
    NOISE.get(start..start + length).unwrap()
}

/// `UNLOAD … TO 's3://lake/out/t_' IAM_ROLE '…' PARALLEL OFF`.
pub(super) fn statement(format: UnloadFormat) -> Unload {
    Unload {
        query: "select 1".into(),
        query_position: 9,
        to: "s3://lake/out/t_".into(),
        authorization: Authorization::Roles(vec![ROLE.into()]),
        format,
        partition_by: None,
        manifest: None,
        header: false,
        add_quotes: false,
        escape: false,
        null_as: None,
        compression: Compression::None,
        encryption: Encryption::Default,
        existing: Existing::Refuse,
        parallel: false,
        max_file_size: None,
        row_group_size: None,
        region: None,
        extension: None,
    }
}

pub(super) fn cluster() -> ClusterRef {
    ClusterRef {
        account: "111111111111".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        identifier: "prod".into(),
    }
}

struct Batches(std::vec::IntoIter<RecordBatch>);

impl BatchSource for Batches {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, SourceError> {
        Ok(self.0.next())
    }
}

/// A source that fails after its batches.
pub(super) struct Failing(pub Vec<RecordBatch>);

impl BatchSource for Failing {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, SourceError> {
        let failure = || SourceError { sqlstate: "22012".into(), message: "Divide by zero".into() };
        self.0.pop().map(Some).ok_or_else(failure)
    }
}

pub(super) fn run(
    cloud: &FakeCloud,
    statement: &Unload,
    table: &Table,
) -> Result<UnloadReport, UnloadError> {
    let mut source = Batches(table.batches.clone().into_iter());
    run_source(cloud, statement, &table.columns, &mut source, &AtomicBool::new(false))
}

pub(super) fn run_source(
    cloud: &FakeCloud,
    statement: &Unload,
    columns: &[ResultColumn],
    source: &mut dyn BatchSource,
    cancelled: &AtomicBool,
) -> Result<UnloadReport, UnloadError> {
    let cluster = cluster();
    let request = UnloadRequest {
        statement,
        columns: columns.to_vec(),
        roles: vec![ROLE.into()],
        caller: Caller { cluster: &cluster, db_user: "etl", query_id: 913, pid: 25930 },
        extra_float_digits: 0,
    };
    let progress = |_: Progress| {};
    let result = execute(&request, source, cloud, &FakeWorld, &progress, cancelled);
    assert_eq!(cloud.store.staged.load(Ordering::SeqCst), 0, "a staged body was left behind");
    result
}

/// Runs a statement that must succeed, against an empty bucket.
pub(super) fn unload(statement: &Unload, table: &Table) -> (FakeCloud, UnloadReport) {
    let cloud = FakeCloud::default();
    let report = run(&cloud, statement, table).unwrap();
    (cloud, report)
}
