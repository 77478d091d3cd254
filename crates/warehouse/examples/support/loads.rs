//! The loads that are measured: a table, files of its rows, and COPY of each beside the engine's own
//! reader of it.

use std::path::Path;

use duckdb::Connection;
use tokio_postgres::Client;

use super::Outcome;
use super::cluster::ROLE;
use super::cost::{Cost, Meter};
use super::sales::sales;

/// The table, which PostgreSQL understands too.
pub const COLUMNS: &str = "sale_id bigint, quantity integer, buyer varchar(32), \
                           price decimal(8, 2), sold_at timestamp, comment varchar(64)";

/// A file's name, how the engine writes it, the options of COPY, and the engine's own reader of it.
pub type File = (&'static str, &'static str, &'static str, &'static str);

const FILES: [File; 4] = [
    (
        "sales.csv",
        "format csv, header false",
        "csv",
        "read_csv('%', header = false, columns = {types})",
    ),
    (
        "sales.csv.gz",
        "format csv, header false, compression gzip",
        "csv gzip",
        "read_csv('%', header = false, columns = {types})",
    ),
    ("sales.json", "format json", "json 'auto'", "read_json('%', columns = {types})"),
    ("sales.parquet", "format parquet", "format parquet", "read_parquet('%')"),
];

const TYPES: &str = "{'sale_id': 'bigint', 'quantity': 'integer', 'buyer': 'varchar', \
                     'price': 'decimal(8, 2)', 'sold_at': 'timestamp', 'comment': 'varchar'}";

/// The files that have `only` in their names.
pub fn files(only: &str) -> impl Iterator<Item = File> {
    FILES.into_iter().filter(move |file| file.0.contains(only))
}

/// The engine's own reader of a file.
pub fn reader(reader: &str, path: &Path) -> String {
    reader.replace('%', &path.to_string_lossy()).replace("{types}", TYPES)
}

/// Writes so many rows in a form.
///
/// # Errors
/// What the engine refuses.
pub fn write(connection: &Connection, rows: u64, form: &str, path: &Path) -> Outcome<()> {
    let (query, path) = (sales(rows), path.display());
    Ok(connection.execute_batch(&format!("copy ({query}) to '{path}' ({form})"))?)
}

/// Loads a file into a fresh table; `rows` must be there then.
///
/// # Errors
/// What the cluster refuses, and other numbers of rows.
/// Loads a file into a fresh table; `rows` must be there then.
pub async fn copy(client: &Client, (file, options): (&str, &str), rows: u64) -> Outcome<Cost> {
    client.batch_execute("drop table if exists sales").await?;
    client.batch_execute(&format!("create table sales ({COLUMNS})")).await?;
    let copy = format!("copy sales from 's3://bench/{file}' iam_role '{ROLE}' {options}");
    let meter = Meter::start()?;
    client.batch_execute(&copy).await?;
    let cost = meter.end()?;
    let count: i64 = client.query_one("select count(*) from sales", &[]).await?.get(0);
    if count != i64::try_from(rows)? {
        return Err(format!("{count} of {rows} rows loaded").into());
    }
    Ok(cost)
}
