//! COPY beside DuckDB's own readers and beside PostgreSQL's `COPY FROM`: the same files into the
//! same table, on the same disk.
//!
//! `cargo run --example copy_bench -- [--rounds N] [--only csv] [ROWS…]` (default 1000000 10000000)
//! writes ticket sales as CSV, CSV+GZIP, JSON and Parquet, loads each with both, and prints rows a
//! second of each, the ratio, and the peak of resident memory during our runs with what it and the
//! engine's own rose above what was there before. The CSV is loaded again with one bad line in its
//! middle. Ours is a whole cluster: the statement comes through the Postgres wire.

mod support;

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use duckdb::Connection;
use support::Outcome;
use support::cluster::serve;
use support::cost::{Costs, Meter, line};
use support::loads::{self, COLUMNS, copy};
use support::postgres::Postgres;
use support::sales::{Arguments, Scratch};
use tokio_postgres::Client;

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments = Arguments::read()?;
    let scratch = Scratch::new("copy-bench")?;
    for &rows in &arguments.sizes {
        bench(rows, &arguments, &scratch.0).await?;
    }
    Ok(())
}

/// Measures one table size.
async fn bench(rows: u64, arguments: &Arguments, directory: &Path) -> Outcome<()> {
    let database = directory.join("theirs.duckdb");
    let theirs = Connection::open(&database)?;
    theirs.execute_batch("set threads = 2; set memory_limit = '2GB'; set TimeZone = 'UTC';")?;
    let (cluster, client) = serve(directory, None).await?;
    for (file, form, options, reader) in loads::files(&arguments.only) {
        let path = directory.join(file);
        loads::write(&theirs, rows, form, &path)?;
        let reader = loads::reader(reader, &path);
        let (mut ours, mut engine) = (Costs::default(), Costs::default());
        for _ in 0..arguments.rounds {
            theirs.execute_batch(&format!("create or replace table sales ({COLUMNS})"))?;
            let meter = Meter::start()?;
            theirs.execute_batch(&format!("insert into sales select * from {reader}"))?;
            engine.0.push(meter.end()?);
            ours.0.push(copy(&client, (file, options), rows).await?);
        }
        say(&line(rows, file, ("copy", &ours), &engine))?;
    }
    if "sales.csv".contains(&arguments.only) {
        beside_postgres(&client, rows, arguments, directory).await?;
        one_bad_line(&client, rows, arguments, directory).await?;
    }
    cluster.shutdown().await;
    Ok(())
}

/// The CSV file by PostgreSQL's COPY and ours in turn.
async fn beside_postgres(
    client: &Client,
    rows: u64,
    arguments: &Arguments,
    directory: &Path,
) -> Outcome<()> {
    let Some(postgres) = Postgres::start(&[]).await? else {
        return say("PostgreSQL is not installed: its COPY FROM is left out");
    };
    let other = postgres.connect().await?;
    let (mut ours, mut theirs) = (Costs::default(), Costs::default());
    let from = format!("copy sales from '{}' (format csv)", directory.join("sales.csv").display());
    for _ in 0..arguments.rounds {
        other.batch_execute("drop table if exists sales").await?;
        other.batch_execute(&format!("create table sales ({COLUMNS})")).await?;
        let meter = Meter::start()?;
        other.batch_execute(&from).await?;
        theirs.0.push(meter.end()?);
        ours.0.push(copy(client, ("sales.csv", "csv"), rows).await?);
    }
    say(&format!(
        "{rows:>9} rows  sales.csv      copy {:>5.2} M rows/s   PostgreSQL {:>5.2} M rows/s   \
         ratio {:.2}",
        ours.rate(rows),
        theirs.rate(rows),
        ours.ratio(&theirs)[0],
    ))
}

/// The CSV file as it is and with one bad line in its middle, which must be told exactly.
async fn one_bad_line(
    client: &Client,
    rows: u64,
    arguments: &Arguments,
    directory: &Path,
) -> Outcome<()> {
    let bad = "bad.csv";
    let line = spoil(&directory.join("sales.csv"), &directory.join(bad))?;
    let (mut good_costs, mut bad_costs) = (Costs::default(), Costs::default());
    for _ in 0..arguments.rounds {
        good_costs.0.push(copy(client, ("sales.csv", "csv maxerror 2"), rows).await?);
        bad_costs.0.push(copy(client, (bad, "csv maxerror 2"), rows - 1).await?);
        let told = "select line_number, trim(colname), position, err_code from stl_load_errors \
                    where query = pg_last_copy_id()";
        let told = client.query_one(told, &[]).await?;
        let told: (i64, String, i32, i32) = (told.get(0), told.get(1), told.get(2), told.get(3));
        if told != (line, "sale_id".to_owned(), 0, 1207) {
            return Err(format!("line {line} is bad, found {told:?}").into());
        }
    }
    fs::remove_file(directory.join(bad))?;
    say(&format!(
        "{rows:>9} rows  one bad line   copy {:>5.2} M rows/s   without it {:>5.2} M rows/s   \
         ratio {:.2}",
        bad_costs.rate(rows),
        good_costs.rate(rows),
        bad_costs.ratio(&good_costs)[0],
    ))
}

/// Copies a file and puts a letter at the beginning of the line after its middle; that line.
fn spoil(good: &Path, bad: &Path) -> Outcome<i64> {
    let size = fs::copy(good, bad)?;
    let mut file = OpenOptions::new().read(true).write(true).open(bad)?;
    let (mut at, mut line) = (0, 1);
    let mut chunk = vec![0; 1 << 20];
    while at < size / 2 {
        let read = file.read(&mut chunk)?;
        at += read as u64;
        line += i64::try_from(chunk.iter().take(read).filter(|byte| **byte == b'\n').count())?;
    }
    let read = file.read(&mut chunk)?;
    let next = chunk.iter().take(read).position(|byte| *byte == b'\n').ok_or("no line")?;
    file.seek(SeekFrom::Start(at + next as u64 + 1))?;
    file.write_all(b"x")?;
    Ok(line + 1)
}

fn say(line: &str) -> Outcome<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
