//! The cluster's engine, called directly: the same tables in a database file of its own.

use std::path::Path;
use std::time::Instant;

use duckdb::Connection;

use crate::load::files;
use crate::support::Outcome;

/// Opens it with the tables loaded.
///
/// # Errors
/// The engine's.
pub fn open(directory: &Path) -> Outcome<Connection> {
    let connection = Connection::open(directory.join("theirs.duckdb"))?;
    connection.execute_batch("set threads = 2; set TimeZone = 'UTC'")?;
    for table in tpch::TABLES {
        connection.execute_batch(&table.create(false))?;
        let pattern = directory.join(files(table.name)).display().to_string();
        let sql = format!("insert into {} from read_csv('{pattern}', header = false)", table.name);
        connection.execute_batch(&sql)?;
    }
    connection.execute_batch("checkpoint")?;
    Ok(connection)
}

/// The seconds of the fastest run of a query, its rows fetched.
///
/// # Errors
/// The engine's.
pub fn ask(connection: &Connection, number: i32, runs: usize) -> Outcome<f64> {
    let statements = tpch::query(number).ok_or("no such query")?;
    let mut best = f64::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        for statement in &statements {
            let mut prepared = connection.prepare(statement)?;
            let batches = prepared.query_arrow([])?;
            batches.for_each(drop);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}
