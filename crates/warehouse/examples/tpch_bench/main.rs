//! TPC-H on a cluster, on its engine called directly, and on PostgreSQL: same data, same process
//! or machine, one after the other.
//!
//! `cargo run --example tpch_bench -- [SCALE]` (default 1) loads the eight tables into each, runs
//! the 22 queries, and prints the seconds of each with the ratios; at scale 1 the cluster's
//! answers are compared with the specification's. Then 50 sessions ask for single rows while 200
//! others are idle, beside PostgreSQL. Where PostgreSQL is not installed its columns are empty.

#[path = "../support/mod.rs"]
mod support;

mod engine;
mod load;
mod points;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use support::postgres::Postgres;
use support::{Outcome, cluster};
use tokio_postgres::{Client, SimpleQueryMessage};

/// Runs of each query on the cluster and the engine; the best counts.
const RUNS: usize = 3;
/// What PostgreSQL is given: as much memory as the cluster, and both cores.
const POSTGRES: [&str; 8] = [
    "shared_buffers=1GB",
    "effective_cache_size=4GB",
    "work_mem=256MB",
    "maintenance_work_mem=1GB",
    "max_parallel_workers_per_gather=2",
    "max_wal_size=8GB",
    "fsync=off",
    "max_connections=300",
];

#[tokio::main]
async fn main() -> Outcome<()> {
    let scale: f64 = std::env::args().nth(1).map_or(Ok(1.0), |text| text.parse())?;
    let directory = std::env::temp_dir().join(format!("tpch-bench-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let result = bench(scale, &directory).await;
    fs::remove_dir_all(&directory)?;
    result
}

async fn bench(scale: f64, directory: &Path) -> Outcome<()> {
    let mut out = io::stdout();
    load::write_files(scale, directory)?;
    let (cluster, client) = cluster::serve(directory, None).await?;
    let ours = load::into_cluster(&client).await?;
    let engine = engine::open(directory)?;
    let postgres = Postgres::start(&POSTGRES).await?;
    let theirs = match &postgres {
        Some(server) => Some(load::into_postgres(&server.connect().await?, directory).await?),
        None => None,
    };
    writeln!(out, "load      cluster {ours:>8.2} s   postgres {} s", shown(theirs))?;
    queries(scale, &client, &engine, postgres.as_ref()).await?;
    drop(engine);
    points::run(&cluster, postgres.as_ref()).await?;
    cluster.shutdown().await;
    Ok(())
}

/// Seconds, or a dash for a database that is not there.
fn shown(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| format!("{:>8}", "-"), |seconds| format!("{seconds:>8.3}"))
}

async fn queries(
    scale: f64,
    client: &Client,
    engine: &duckdb::Connection,
    postgres: Option<&Postgres>,
) -> Outcome<()> {
    let mut out = io::stdout();
    let postgres = match postgres {
        Some(server) => Some(server.connect().await?),
        None => None,
    };
    let (mut ours, mut direct, mut theirs) = (0.0, 0.0, 0.0);
    for number in 1..=tpch::QUERIES {
        let (seconds, rows) = ask(client, number, RUNS).await?;
        if (scale - 1.0).abs() < f64::EPSILON {
            tpch::check(number, &rows)?;
        }
        let engine = engine::ask(engine, number, RUNS)?;
        let postgres = match &postgres {
            Some(client) => Some(ask(client, number, 1).await?.0),
            None => None,
        };
        writeln!(
            out,
            "query {number:>2}  cluster {seconds:>8.3} s   engine {engine:>8.3} s   \
             postgres {} s   {:>6} rows",
            shown(postgres),
            rows.len(),
        )?;
        ours += seconds;
        direct += engine;
        theirs += postgres.unwrap_or_default();
    }
    writeln!(
        out,
        "all       cluster {ours:>8.3} s   engine {direct:>8.3} s   postgres {} s   \
         cluster/engine {:.2}   postgres/cluster {:.1}",
        shown(postgres.map(|_| theirs)),
        ours / direct,
        theirs / ours,
    )?;
    Ok(())
}

/// The seconds of the fastest run, and the rows of the query as text.
async fn ask(client: &Client, number: i32, runs: usize) -> Outcome<(f64, Vec<Vec<String>>)> {
    let statements = tpch::query(number).ok_or("no such query")?;
    let mut best = f64::MAX;
    let mut rows = Vec::new();
    for _ in 0..runs {
        rows.clear();
        let start = Instant::now();
        for statement in &statements {
            let messages = client.simple_query(statement).await;
            let messages = messages.map_err(|error| failed(number, &error))?;
            rows.extend(messages.iter().filter_map(row));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok((best, rows))
}

fn failed(number: i32, error: &tokio_postgres::Error) -> String {
    let text = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    format!("query {number}: {text}")
}

fn row(message: &SimpleQueryMessage) -> Option<Vec<String>> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect())
}
