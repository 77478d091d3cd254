//! COPY beside DuckDB's own readers: the same files into the same table, on the same disk.
//!
//! `cargo run --example copy_bench -- [ROWS…]` (default 1000000 10000000) writes ticket sales as
//! CSV, CSV+GZIP, JSON and Parquet, loads each with both, and prints rows a second of each, the ratio, and
//! the peak of resident memory during our runs with what it rose above what was there before.
//! Ours is a whole cluster: the statement comes through the Postgres wire.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use duckdb::Connection;
use names::Region;
use tokio_postgres::NoTls;
use warehouse::ports::{
    AccessKeys, Cloud, CloudError, ClusterFacts, ClusterRef, ClusterStatus, Directory, Hop,
    ItemPage, ObjectSummary, ObjectWriter, OpenObject, PutOptions, RoleSession, StagedObject,
    World,
};
use warehouse::{ClusterSpec, PasswordVerifier, Warehouse};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Runs of each reader; the best counts.
const RUNS: usize = 3;
const ROLE: &str = "arn:aws:iam::111111111111:role/Bench";
const PASSWORD: &str = "Bench12345";

const COLUMNS: &str = "sale_id bigint, quantity integer, buyer varchar(32), price decimal(8, 2), \
                       sold_at timestamp, comment varchar(64)";

/// A file's name, the options of COPY, and the engine's own reader of it.
const FILES: [(&str, &str, &str); 4] = [
    ("sales.csv", "csv", "read_csv('%', header = false, columns = {types})"),
    ("sales.csv.gz", "csv gzip", "read_csv('%', header = false, columns = {types})"),
    ("sales.json", "json 'auto'", "read_json('%', columns = {types})"),
    ("sales.parquet", "format parquet", "read_parquet('%')"),
];

const TYPES: &str = "{'sale_id': 'bigint', 'quantity': 'integer', 'buyer': 'varchar', \
                     'price': 'decimal(8, 2)', 'sold_at': 'timestamp', 'comment': 'varchar'}";

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut sizes: Vec<u64> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    if sizes.is_empty() {
        sizes = vec![1_000_000, 10_000_000];
    }
    let directory = std::env::temp_dir().join(format!("copy-bench-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let mut result = Ok(());
    for rows in sizes {
        result = result.and(bench(rows, &directory).await);
    }
    fs::remove_dir_all(&directory)?;
    result
}

/// Measures one table size.
async fn bench(rows: u64, directory: &Path) -> Outcome<()> {
    let database = directory.join("theirs.duckdb");
    let theirs = Connection::open(&database)?;
    theirs.execute_batch("set threads = 2; set memory_limit = '2GB'; set TimeZone = 'UTC';")?;
    write_files(&theirs, rows, directory)?;
    let cluster = open(directory)?;
    let login = format!(
        "host=127.0.0.1 port={} user=owner password={PASSWORD} dbname=dev",
        cluster.address().port()
    );
    let serving = cluster.clone();
    tokio::spawn(async move { serving.serve().await });
    let (client, connection) = tokio_postgres::connect(&login, NoTls).await?;
    tokio::spawn(connection);
    let mut out = io::stdout().lock();
    for (file, options, reader) in FILES {
        let path = directory.join(file);
        let reader = reader.replace('%', &path.to_string_lossy()).replace("{types}", TYPES);
        let (mut our_time, mut their_time) = (f64::MAX, f64::MAX);
        let (mut peak, mut rise) = (0, 0);
        for _ in 0..RUNS {
            theirs.execute_batch(&format!("create or replace table sales ({COLUMNS})"))?;
            let start = Instant::now();
            theirs.execute_batch(&format!("insert into sales select * from {reader}"))?;
            their_time = their_time.min(start.elapsed().as_secs_f64());
            client.batch_execute("drop table if exists sales").await?;
            client.batch_execute(&format!("create table sales ({COLUMNS})")).await?;
            fs::write("/proc/self/clear_refs", "5")?;
            let before = peak_memory()?;
            let start = Instant::now();
            let copy = format!("copy sales from 's3://bench/{file}' iam_role '{ROLE}' {options}");
            client.batch_execute(&copy).await?;
            our_time = our_time.min(start.elapsed().as_secs_f64());
            let after = peak_memory()?;
            (peak, rise) = (peak.max(after), rise.max(after.saturating_sub(before)));
            let count: i64 = client.query_one("select count(*) from sales", &[]).await?.get(0);
            if count != i64::try_from(rows)? {
                return Err(format!("{count} of {rows} rows loaded").into());
            }
        }
        let rate = |seconds: f64| rows as f64 / seconds / 1e6;
        writeln!(
            out,
            "{rows:>9} rows  {file:<13}  copy {:>5.2} M rows/s   engine {:>5.2} M rows/s   \
             ratio {:.2}   peak {peak} MiB (+{rise})",
            rate(our_time),
            rate(their_time),
            their_time / our_time,
        )?;
    }
    cluster.shutdown().await;
    Ok(())
}

/// Ticket sales with an occasional quote, delimiter and NULL.
fn write_files(connection: &Connection, rows: u64, directory: &Path) -> Outcome<()> {
    let query = format!(
        "select
           i as sale_id,
           (1 + hash(i) % 8)::integer as quantity,
           'buyer' || (hash(i + 1) % 50000) as buyer,
           ((hash(i + 2) % 99999) / 100)::decimal(8, 2) as price,
           timestamp '2008-01-01 00:00:00' + to_seconds((hash(i + 3) % 31536000)::bigint)
             as sold_at,
           case hash(i + 4) % 50
             when 0 then 'said \"two, please\"'
             when 1 then null
             else 'seat ' || (hash(i + 5) % 1000) || ' row ' || (hash(i + 6) % 100)
           end as comment
         from range({rows}) t(i)"
    );
    for (file, options) in [
        ("sales.csv", "format csv, header false"),
        ("sales.csv.gz", "format csv, header false, compression gzip"),
        ("sales.json", "format json"),
        ("sales.parquet", "format parquet"),
    ] {
        let path = directory.join(file);
        connection.execute_batch(&format!("copy ({query}) to '{}' ({options})", path.display()))?;
    }
    Ok(())
}

fn open(directory: &Path) -> Outcome<Warehouse> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let spec = ClusterSpec {
        reference: ClusterRef {
            account: "111111111111".parse()?,
            region: "us-east-1".parse()?,
            identifier: "bench".to_owned(),
        },
        directory: directory.join("cluster"),
        database: "dev".to_owned(),
        master_user: "owner".to_owned(),
        master_password: PasswordVerifier::from_password("owner", PASSWORD),
        listen: "127.0.0.1:0".parse()?,
        tls: Arc::new(tls),
    };
    let disk = Disk { directory: directory.to_owned() };
    Ok(Warehouse::open(spec, Arc::new(Plain), Arc::new(disk), Arc::new(Still))?)
}

/// A cluster with the one role.
struct Plain;

impl Directory for Plain {
    fn cluster(&self, _id: &ClusterRef) -> Option<ClusterFacts> {
        Some(ClusterFacts {
            attached_roles: vec![ROLE.to_owned()],
            default_role: None,
            require_ssl: false,
            status: ClusterStatus::Available,
        })
    }
}

/// Objects as files of one directory.
#[derive(Clone)]
struct Disk {
    directory: PathBuf,
}

impl Cloud for Disk {
    fn assume_chain(
        &self,
        _cluster: &ClusterRef,
        _db_user: &str,
        _roles: &[String],
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        Ok(Box::new(self.clone()))
    }

    fn use_keys(
        &self,
        _cluster: &ClusterRef,
        _keys: &AccessKeys,
    ) -> Result<Box<dyn RoleSession>, CloudError> {
        Ok(Box::new(self.clone()))
    }
}

impl Disk {
    fn file(&self, key: &str) -> Result<(File, u64), CloudError> {
        let file = File::open(self.directory.join(key));
        let file = file.map_err(|error| refused(error.to_string()))?;
        let bytes = file.metadata().map_or(0, |facts| facts.len());
        Ok((file, bytes))
    }
}

impl RoleSession for Disk {
    fn bucket_region(&self, _bucket: &str) -> Result<Region, CloudError> {
        "us-east-1".parse().map_err(|error: names::NameError| refused(error.to_string()))
    }

    fn list(
        &self,
        _bucket: &str,
        prefix: &str,
        _max: usize,
    ) -> Result<Vec<ObjectSummary>, CloudError> {
        let (_, size) = self.file(prefix)?;
        Ok(vec![ObjectSummary { key: prefix.to_owned(), size, etag: String::new() }])
    }

    fn open(
        &self,
        _bucket: &str,
        key: &str,
        range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError> {
        let (mut file, size) = self.file(key)?;
        let (from, bytes) = range.unwrap_or((0, size));
        file.seek(SeekFrom::Start(from)).map_err(|error| refused(error.to_string()))?;
        Ok(OpenObject { bytes, body: Box::new(file.take(bytes)) })
    }

    fn describe_table(&self, _region: &Region, _table: &str) -> Result<(), CloudError> {
        Err(refused(String::from("no tables")))
    }

    fn scan_table(
        &self,
        _region: &Region,
        _table: &str,
        _from: Option<&serde_json::Value>,
    ) -> Result<ItemPage, CloudError> {
        Err(refused(String::from("no tables")))
    }

    fn create(
        &self,
        _bucket: &str,
        _key: &str,
        _options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError> {
        Err(refused(String::from("nothing is written")))
    }

    fn commit(
        &self,
        _delete: Vec<(String, String)>,
        _staged: Vec<StagedObject>,
    ) -> Result<(), CloudError> {
        Ok(())
    }
}

fn refused(message: String) -> CloudError {
    CloudError {
        service: "s3".to_owned(),
        code: "InternalError".to_owned(),
        message,
        status: 500,
        request_id: String::new(),
        extended_request_id: String::new(),
        hop: Hop::Storage,
        authorization_message: None,
    }
}

/// Time and randomness play no part here.
struct Still;

impl World for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn random_bytes(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

/// The peak of resident memory (`VmHWM`), in MiB.
fn peak_memory() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(kib.parse::<u64>()? / 1024)
}
