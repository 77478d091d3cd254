//! What COPY needs of memory as rows grow: a load must not need more for ten times the rows.
//!
//! `cargo run --example copy_memory -- [--only csv] [ROWS…]` (default 1000000 10000000) loads ticket
//! sales as CSV, CSV+GZIP, JSON and Parquet, each in a process of its own, and prints how far its
//! resident memory rose above what a cluster that has loaded a little needs: with a cluster of
//! 96 MB, and with one as clusters are, which also keeps what it has written in its cache (as a
//! server keeps pages in its buffers), up to 2 GB. Beside it the engine's own readers.

mod support;

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use duckdb::Connection;
use support::Outcome;
use support::cluster::serve;
use support::cost::Meter;
use support::loads::{self, COLUMNS, File, copy};
use support::sales::{Arguments, Scratch};

/// Who loads: a cluster of so many megabytes (0: as clusters are), or the engine's own reader.
const LOADERS: [(&str, &str); 3] = [("64 MB", "64"), ("2 GB", "0"), ("engine", "engine")];
/// The rows that are loaded before anything is measured.
const FEW: u64 = 50_000;

#[tokio::main]
async fn main() -> Outcome<()> {
    let given: Vec<String> = env::args().skip(1).collect();
    if let [mark, loader, file, rows, directory] = given.as_slice()
        && mark == "one"
    {
        let rise = one(loader, file, rows.parse()?, Path::new(directory)).await?;
        return Ok(writeln!(io::stdout(), "{rise}")?);
    }
    let arguments = Arguments::read()?;
    for file in loads::files(&arguments.only) {
        for &rows in &arguments.sizes {
            let rises = each(&file, rows)?;
            writeln!(io::stdout(), "{rows:>9} rows  {:<13}  {rises}", file.0)?;
        }
    }
    Ok(())
}

/// How far each loader's load raises the memory of a process of its own.
fn each(file: &File, rows: u64) -> Outcome<String> {
    let scratch = Scratch::new("copy-memory")?;
    let writer = Connection::open_in_memory()?;
    writer.execute_batch("set threads = 2; set TimeZone = 'UTC'")?;
    for (rows, name) in [(FEW, few(file.0)), (rows, file.0.to_owned())] {
        loads::write(&writer, rows, file.1, &scratch.0.join(name))?;
    }
    drop(writer);
    let mut told = Vec::new();
    for (name, loader) in LOADERS {
        let mut child = Command::new(env::current_exe()?);
        child.args(["one", loader, file.0, &rows.to_string()]).arg(&scratch.0);
        let output = child.output()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{name} {}: {why}", file.0).into());
        }
        told.push(format!("{name} +{} MiB", String::from_utf8(output.stdout)?.trim()));
        for gone in ["cluster", "theirs.duckdb"] {
            // One of them is there.
            let _ = fs::remove_dir_all(scratch.0.join(gone));
            let _ = fs::remove_file(scratch.0.join(gone));
        }
    }
    Ok(told.join("   "))
}

fn few(file: &str) -> String {
    format!("few-{file}")
}

/// Loads a little, then all of it; the rise of resident memory, in MiB.
async fn one(loader: &str, file: &str, rows: u64, directory: &Path) -> Outcome<u64> {
    let mut files = loads::files(file);
    let (_, _, options, reader) = files.find(|known| known.0 == file).ok_or("no such file")?;
    let few = few(file);
    let Ok(memory) = loader.parse::<u64>() else {
        return engine(reader, [&few, file], directory);
    };
    let memory = (memory > 0).then_some(memory);
    let (cluster, client) = serve(directory, memory).await?;
    copy(&client, (&few, options), FEW).await?;
    let cost = copy(&client, (file, options), rows).await?;
    cluster.shutdown().await;
    Ok(cost.rise)
}

/// The same by the engine's own reader.
fn engine(reader: &str, files: [&str; 2], directory: &Path) -> Outcome<u64> {
    let theirs = Connection::open(directory.join("theirs.duckdb"))?;
    theirs.execute_batch("set threads = 2; set memory_limit = '2GB'; set TimeZone = 'UTC'")?;
    let mut rise = 0;
    for file in files {
        theirs.execute_batch(&format!("create or replace table sales ({COLUMNS})"))?;
        let (reader, meter) = (loads::reader(reader, &directory.join(file)), Meter::start()?);
        theirs.execute_batch(&format!("insert into sales select * from {reader}"))?;
        rise = meter.end()?.rise;
    }
    Ok(rise)
}
