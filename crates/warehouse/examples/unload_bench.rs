//! UNLOAD beside DuckDB's own `COPY … TO`: the same query, the same process, the same disk.
//!
//! `cargo run --example unload_bench -- [ROWS…]` (default 1000000 10000000) makes a table of
//! ticket sales, writes it as CSV and as Parquet with both, and prints rows a second of each, the
//! ratio, and the peak of resident memory during our runs with what it rose above the engine's.

use std::cell::Cell;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use chrono::{DateTime, Utc};
use duckdb::Connection;
use names::Region;
use redshift_sql::{
    Authorization, Compression, Encryption, Existing, SqlType, Unload, UnloadFormat,
};
use warehouse::ports::{
    AccessKeys, Cloud, CloudError, ClusterRef, Hop, ItemPage, ObjectSummary, ObjectWriter,
    OpenObject, PutOptions, RoleSession, StagedObject, World,
};
use warehouse::unload::{
    BatchSource, Caller, Progress, ResultColumn, SourceError, UnloadRequest, execute,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Runs of each writer; the best counts.
const RUNS: usize = 3;

const QUERY: &str = "select sale_id, quantity, buyer, price, sold_at, comment from sales";

fn main() -> Outcome<()> {
    let mut sizes: Vec<u64> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    if sizes.is_empty() {
        sizes = vec![1_000_000, 10_000_000];
    }
    let directory = std::env::temp_dir().join(format!("unload-bench-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let result = sizes.iter().try_for_each(|&rows| bench(rows, &directory));
    fs::remove_dir_all(&directory)?;
    result
}

/// Measures one table size.
fn bench(rows: u64, directory: &Path) -> Outcome<()> {
    let database = directory.join(format!("sales-{rows}.duckdb"));
    let connection = Connection::open(&database)?;
    connection.execute_batch("set threads = 2; set memory_limit = '160MB';")?;
    connection.execute_batch(&table(rows))?;
    let mut out = io::stdout().lock();
    for (name, format) in
        [("csv", UnloadFormat::Csv { delimiter: b',' }), ("parquet", UnloadFormat::Parquet)]
    {
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        let (mut peak, mut rise) = (0, 0);
        for _ in 0..RUNS {
            theirs = theirs.min(copy(&connection, name, directory)?);
            reset_peak()?;
            let before = peak_memory()?;
            ours = ours.min(unload(&connection, &format, rows, directory)?);
            let after = peak_memory()?;
            (peak, rise) = (peak.max(after), rise.max(after.saturating_sub(before)));
        }
        let rate = |seconds: f64| rows as f64 / seconds / 1e6;
        writeln!(
            out,
            "{rows:>9} rows  {name:<7}  unload {:>5.2} M rows/s   copy {:>5.2} M rows/s   \
             ratio {:.2}   peak {peak} MiB (+{rise})",
            rate(ours),
            rate(theirs),
            theirs / ours,
        )?;
    }
    drop(connection);
    fs::remove_file(database)?;
    Ok(())
}

/// Ticket sales with an occasional quote, delimiter, newline and NULL.
fn table(rows: u64) -> String {
    format!(
        "create table sales as select
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
    )
}

/// DuckDB's own writer; seconds.
fn copy(connection: &Connection, format: &str, directory: &Path) -> Outcome<f64> {
    let file = directory.join(format!("copy.{format}"));
    let sql = format!("copy ({QUERY}) to '{}' (format {format})", file.display());
    let start = Instant::now();
    connection.execute_batch(&sql)?;
    let seconds = start.elapsed().as_secs_f64();
    fs::remove_file(file)?;
    Ok(seconds)
}

/// Ours, from the same engine into files; seconds.
fn unload(
    connection: &Connection,
    format: &UnloadFormat,
    rows: u64,
    directory: &Path,
) -> Outcome<f64> {
    let cluster = ClusterRef {
        account: "111111111111".parse()?,
        region: "us-east-1".parse()?,
        identifier: "bench".to_owned(),
    };
    let statement = statement(format.clone());
    let request = UnloadRequest {
        statement: &statement,
        columns: columns(),
        roles: vec!["arn:aws:iam::111111111111:role/Bench".to_owned()],
        caller: Caller { cluster: &cluster, db_user: "bench", query_id: 1, pid: 1 },
        extra_float_digits: 0,
    };
    let disk = Disk { directory: directory.join("unload") };
    fs::create_dir_all(&disk.directory)?;
    let told = Cell::new(0);
    let progress = |progress: Progress| told.set(progress.rows);
    let start = Instant::now();
    let mut prepared = connection.prepare(QUERY)?;
    let mut source = Engine(prepared.stream_arrow([])?);
    let stop = AtomicBool::new(false);
    let report = execute(&request, &mut source, &disk, &Still, &progress, &stop)
        .map_err(|error| error.message)?;
    let seconds = start.elapsed().as_secs_f64();
    fs::remove_dir_all(&disk.directory)?;
    if report.rows != rows || told.get() != rows {
        return Err(format!("{} of {rows} rows unloaded", report.rows).into());
    }
    Ok(seconds)
}

fn statement(format: UnloadFormat) -> Unload {
    Unload {
        query: QUERY.to_owned(),
        query_position: 1,
        to: "s3://bench/sales_".to_owned(),
        authorization: Authorization::Default,
        format,
        partition_by: None,
        manifest: None,
        header: false,
        add_quotes: false,
        escape: false,
        null_as: None,
        compression: Compression::None,
        encryption: Encryption::Default,
        existing: Existing::Overwrite,
        parallel: true,
        max_file_size: None,
        row_group_size: None,
        region: None,
        extension: None,
    }
}

fn columns() -> Vec<ResultColumn> {
    [
        ("sale_id", SqlType::BigInt),
        ("quantity", SqlType::Integer),
        ("buyer", SqlType::Varchar(32)),
        ("price", SqlType::Decimal { precision: 8, scale: 2 }),
        ("sold_at", SqlType::Timestamp),
        ("comment", SqlType::Varchar(64)),
    ]
    .map(|(name, redshift_type)| ResultColumn { name: name.to_owned(), redshift_type })
    .to_vec()
}

/// The engine's stream of batches.
struct Engine<'a>(duckdb::ArrowStream<'a>);

impl BatchSource for Engine<'_> {
    fn next_batch(&mut self) -> Result<Option<arrow::record_batch::RecordBatch>, SourceError> {
        Ok(self.0.next())
    }
}

/// Objects as files of one directory.
#[derive(Clone)]
struct Disk {
    directory: PathBuf,
}

struct Body {
    bucket: String,
    key: String,
    bytes: u64,
    file: File,
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

impl RoleSession for Disk {
    fn bucket_region(&self, _bucket: &str) -> Result<Region, CloudError> {
        "us-east-1".parse().map_err(|error: names::NameError| refused(error.to_string()))
    }

    fn list(
        &self,
        _bucket: &str,
        _prefix: &str,
        _max: usize,
    ) -> Result<Vec<ObjectSummary>, CloudError> {
        Ok(Vec::new())
    }

    fn open(
        &self,
        _bucket: &str,
        key: &str,
        _range: Option<(u64, u64)>,
    ) -> Result<OpenObject, CloudError> {
        let file = File::open(self.directory.join(key.replace('/', "_")));
        let file = file.map_err(|error| refused(error.to_string()))?;
        let bytes = file.metadata().map_or(0, |facts| facts.len());
        Ok(OpenObject { bytes, body: Box::new(file) })
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
        bucket: &str,
        key: &str,
        _options: &PutOptions,
    ) -> Result<Box<dyn ObjectWriter>, CloudError> {
        let file = File::create(self.directory.join(key.replace('/', "_")));
        let file = file.map_err(|error| refused(error.to_string()))?;
        Ok(Box::new(Body { bucket: bucket.to_owned(), key: key.to_owned(), bytes: 0, file }))
    }

    fn commit(
        &self,
        _delete: Vec<(String, String)>,
        _staged: Vec<StagedObject>,
    ) -> Result<(), CloudError> {
        Ok(())
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl ObjectWriter for Body {
    fn finish(self: Box<Self>) -> Result<StagedObject, CloudError> {
        let Self { bucket, key, bytes, .. } = *self;
        Ok(StagedObject { bucket, key, bytes, etag: String::new(), handle: Box::new(()) })
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

/// Makes the peak of resident memory start again (Linux: `clear_refs` 5).
fn reset_peak() -> Outcome<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// The peak of resident memory (`VmHWM`), in MiB.
fn peak_memory() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM")?;
    Ok(kib.parse::<u64>()? / 1024)
}
