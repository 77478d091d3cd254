//! UNLOAD beside DuckDB's own `COPY … TO`: the same query, the same process, the same disk.
//!
//! `cargo run --example unload_bench -- [--rounds N] [--only csv] [ROWS…]` (default 1000000
//! 10000000) makes a table of ticket sales, writes it as CSV and as Parquet with both, and prints
//! rows a second of each, the ratio, and the peak of resident memory during our runs with what it
//! rose above what was there before.

mod support;

use std::cell::Cell;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use duckdb::Connection;
use redshift_sql::{
    Authorization, Compression, Encryption, Existing, SqlType, Unload, UnloadFormat,
};
use support::Outcome;
use support::cost::{Cost, Costs, Meter, line};
use support::disk::{Disk, Still};
use support::sales::{Arguments, Scratch, sales};
use warehouse::ports::ClusterRef;
use warehouse::unload::{
    BatchSource, Caller, Progress, ResultColumn, SourceError, UnloadRequest, execute,
};

const QUERY: &str = "select sale_id, quantity, buyer, price, sold_at, comment from sales";

fn main() -> Outcome<()> {
    let arguments = Arguments::read()?;
    let scratch = Scratch::new("unload-bench")?;
    arguments.sizes.iter().try_for_each(|&rows| bench(rows, &arguments, &scratch.0))
}

/// Measures one table size.
fn bench(rows: u64, arguments: &Arguments, directory: &Path) -> Outcome<()> {
    let database = directory.join(format!("sales-{rows}.duckdb"));
    let connection = Connection::open(&database)?;
    connection.execute_batch("set threads = 2; set memory_limit = '160MB';")?;
    connection.execute_batch(&format!("create table sales as {}", sales(rows)))?;
    let formats =
        [("csv", UnloadFormat::Csv { delimiter: b',' }), ("parquet", UnloadFormat::Parquet)];
    for (name, format) in formats.iter().filter(|(name, _)| name.contains(&arguments.only)) {
        let (mut ours, mut theirs) = (Costs::default(), Costs::default());
        for _ in 0..arguments.rounds {
            theirs.0.push(copy(&connection, name, directory)?);
            ours.0.push(unload(&connection, format, rows, directory)?);
        }
        writeln!(io::stdout(), "{}", line(rows, name, ("unload", &ours), &theirs))?;
    }
    drop(connection);
    fs::remove_file(database)?;
    Ok(())
}

/// DuckDB's own writer.
fn copy(connection: &Connection, format: &str, directory: &Path) -> Outcome<Cost> {
    let file = directory.join(format!("copy.{format}"));
    let sql = format!("copy ({QUERY}) to '{}' (format {format})", file.display());
    let meter = Meter::start()?;
    connection.execute_batch(&sql)?;
    let cost = meter.end()?;
    fs::remove_file(file)?;
    Ok(cost)
}

/// Ours, from the same engine into files.
fn unload(
    connection: &Connection,
    format: &UnloadFormat,
    rows: u64,
    directory: &Path,
) -> Outcome<Cost> {
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
    let meter = Meter::start()?;
    let mut prepared = connection.prepare(QUERY)?;
    let mut source = Engine(prepared.stream_arrow([])?);
    let stop = AtomicBool::new(false);
    let report = execute(&request, &mut source, &disk, &Still, &progress, &stop)
        .map_err(|error| error.message)?;
    let cost = meter.end()?;
    fs::remove_dir_all(&disk.directory)?;
    if report.rows != rows || told.get() != rows {
        return Err(format!("{} of {rows} rows unloaded", report.rows).into());
    }
    Ok(cost)
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
