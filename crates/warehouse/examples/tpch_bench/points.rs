//! Single rows asked for by many sessions at once, while others are idle.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use tokio_postgres::Client;
use warehouse::Warehouse;

use crate::support::postgres::Postgres;
use crate::support::{Outcome, cluster, memory};

const IDLE: usize = 200;
const ACTIVE: usize = 50;
const LENGTH: Duration = Duration::from_secs(5);
const QUERY: &str = "select c_name, c_acctbal from customer where c_custkey = ";

/// Measures both, and what the idle sessions cost in memory.
///
/// # Errors
/// A session's.
pub async fn run(cluster: &Warehouse, postgres: Option<&Postgres>) -> Outcome<()> {
    let mut out = io::stdout();
    memory::reset_peak()?;
    let before = memory::peak()?;
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        idle.push(cluster::connect(cluster).await?);
    }
    let rise = memory::peak()?.saturating_sub(before);
    writeln!(out, "idle      {IDLE} sessions take {rise} MiB")?;
    let mut clients = Vec::new();
    for _ in 0..ACTIVE {
        clients.push(cluster::connect(cluster).await?);
    }
    writeln!(out, "points    cluster  {}", measure(clients).await?)?;
    drop(idle);
    if let Some(server) = postgres {
        let mut clients = Vec::new();
        for _ in 0..ACTIVE {
            clients.push(server.connect().await?);
        }
        writeln!(out, "points    postgres {}", measure(clients).await?)?;
    }
    Ok(())
}

/// Every session asks for one customer after the other.
async fn measure(clients: Vec<Client>) -> Outcome<String> {
    let start = Instant::now();
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(session, client)| tokio::spawn(ask(client, session, start)))
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    times.sort_unstable();
    let at = |share: usize| {
        let index = times.len().saturating_mul(share) / 1000;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    Ok(format!(
        "{:>7.0} queries/s   p50 {:>7.2} ms   p99 {:>7.2} ms",
        times.len() as f64 / LENGTH.as_secs_f64(),
        at(500).as_secs_f64() * 1e3,
        at(990).as_secs_f64() * 1e3,
    ))
}

async fn ask(
    client: Client,
    session: usize,
    start: Instant,
) -> Result<Vec<Duration>, tokio_postgres::Error> {
    let mut times = Vec::new();
    let mut key = session;
    while start.elapsed() < LENGTH {
        key = key.wrapping_mul(7_919).wrapping_add(104_729) % 150_000;
        let asked = Instant::now();
        client.simple_query(&format!("{QUERY}{}", key.saturating_add(1))).await?;
        times.push(asked.elapsed());
    }
    Ok(times)
}
