//! A load generator of our own, and what it measures: the real binary beside `moto_server`.
//!
//! Both servers get the same requests from the same generator over kept connections, in turns, so
//! that whatever else the machine does falls on both. Every request is signed; the platform
//! verifies, decides, audits and makes durable, `moto_server` runs as it is shipped.
//!
//! It knows the binary only by its command line and its endpoint. Start at [`main`]; what is sent
//! stands in `workload.rs`, how in `drive.rs`.

mod connection;
mod drive;
mod report;
mod server;
mod workload;

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use drive::{Load, Sample};
use report::{Comparison, Report};
use server::Server;
use workload::{LARGE_BYTES, Prepared, SMALL_BYTES, Workload};

/// Any failure ends the measurement: a number beside errors would mean nothing.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures the platform beside moto_server.
#[derive(Parser)]
#[command(
    after_help = "Example: bench --binary target/debug/landbridge --moto venv/bin/moto_server"
)]
struct Arguments {
    /// The landbridge binary
    #[arg(long)]
    binary: PathBuf,
    /// moto_server; without it only the platform is measured
    #[arg(long)]
    moto: Option<PathBuf>,
    /// Seconds of load in a turn
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Turns of each server
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections of small requests, all busy
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Connections of large bodies
    #[arg(long, default_value_t = 4)]
    large_connections: usize,
    /// Only workloads whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Also write the figures here, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    // One thread: the generator must not take both cores from who is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(measure(&arguments))?;
    write!(io::stdout().lock(), "{report}")?;
    if let Some(path) = &arguments.json {
        std::fs::write(path, format!("{:#}\n", report.json()))?;
    }
    Ok(())
}

async fn measure(arguments: &Arguments) -> Outcome<Report> {
    let directory = tempfile::tempdir()?;
    let start = server::start_times(&arguments.binary, &directory.path().join("starts")).await?;
    let ours = Server::landbridge(&arguments.binary, &directory.path().join("state")).await?;
    let idle_mib = ours.idle_mib().await?;
    let moto = match &arguments.moto {
        Some(program) => Some(Server::moto(program).await?),
        None => None,
    };
    let mut comparisons = Vec::new();
    for workload in workloads(arguments) {
        say(workload.name)?;
        comparisons.push(compare(arguments, workload, &ours, moto.as_ref()).await?);
    }
    let after_mib = ours.resident_mib()?;
    Ok(Report { comparisons, start, idle_mib, after_mib })
}

/// What is measured. Large bodies get a turn of their own length: one takes long by itself.
fn workloads(arguments: &Arguments) -> Vec<Workload> {
    let (many, few) = (arguments.connections, arguments.large_connections);
    let all = [
        Workload::new("AssumeRole", many, workload::assume_role),
        Workload::new("GetSecretValue", many, workload::get_secret_value),
        Workload::new("PutItem", many, workload::put_item),
        Workload::new("GetItem", many, workload::get_item),
        Workload::new("PutObject 1 KiB", many, |s, n| workload::put_object(s, SMALL_BYTES, n)),
        Workload::new("GetObject 1 KiB", many, |s, n| workload::get_object(s, SMALL_BYTES, n)),
        Workload::new("PutObject 64 MiB", few, |s, n| workload::put_object(s, LARGE_BYTES, n)),
        Workload::new("GetObject 64 MiB", few, |s, n| workload::get_object(s, LARGE_BYTES, n)),
    ];
    all.into_iter().filter(|one| one.name.contains(&arguments.only)).collect()
}

async fn compare(
    arguments: &Arguments,
    workload: Workload,
    ours: &Server,
    moto: Option<&Server>,
) -> Outcome<Comparison> {
    let seconds = Duration::from_secs_f64(arguments.seconds);
    let mine = Load::prepare(ours, &workload).await?;
    let theirs = match moto {
        Some(moto) => Some(Load::prepare(moto, &workload).await?),
        None => None,
    };
    let (mut our_samples, mut their_samples) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        our_samples.push(mine.run(ours, seconds).await?);
        if let (Some(theirs), Some(moto)) = (&theirs, moto) {
            their_samples.push(theirs.run(moto, seconds).await?);
        }
    }
    let ours = Sample::joined(our_samples);
    if let (_, Some(said)) = &ours.failed {
        return Err(format!("{}: {said}", workload.name).into());
    }
    Ok(Comparison {
        name: workload.name,
        connections: workload.connections,
        ours,
        theirs: theirs.map(|_| Sample::joined(their_samples)),
    })
}

/// Progress goes to standard error.
fn say(text: &str) -> io::Result<()> {
    writeln!(io::stderr().lock(), "measuring {text}")
}

/// So that `workload.rs` and `drive.rs` agree on what a prepared request is.
type Requests = Vec<Prepared>;
