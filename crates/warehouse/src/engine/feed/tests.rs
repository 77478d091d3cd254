use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;

use super::super::{Connection, DatabaseFile, Engine, EngineFault, EngineOptions};
use super::Fed;

fn engine(directory: &Path) -> Engine {
    engine_of(directory, 256)
}

fn engine_of(directory: &Path, memory_megabytes: u64) -> Engine {
    let staging = directory.join("staging");
    std::fs::create_dir(&staging).unwrap();
    let file = DatabaseFile { name: "dev".into(), path: directory.join("dev.duckdb") };
    let options = EngineOptions {
        file: &file,
        staging: &staging,
        memory_megabytes,
        acts: Arc::new(crate::registry::Registry::default()),
        threads: 2,
    };
    Engine::open(&options, |_| Ok(())).unwrap()
}

/// Feeds so many numbers, made of those from 0 on.
fn load(connection: &Connection, rows: i64, of: fn(i64) -> i64) -> Result<u64, EngineFault> {
    feed_of(connection, (rows, true), of)
}

/// Feeds the numbers below `rows` in batches, then ends as told.
fn feed(connection: &Connection, rows: i64, ends: bool) -> Result<u64, EngineFault> {
    feed_of(connection, (rows, ends), |n| n)
}

fn feed_of(
    connection: &Connection,
    (rows, ends): (i64, bool),
    of: fn(i64) -> i64,
) -> Result<u64, EngineFault> {
    feed_columns(connection, (rows, ends), (1, of))
}

/// The same number in so many columns.
fn feed_columns(
    connection: &Connection,
    (rows, ends): (i64, bool),
    (columns, of): (usize, fn(i64) -> i64),
) -> Result<u64, EngineFault> {
    let fields = (0..columns).map(|c| Field::new(format!("n{c}"), DataType::Int64, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let (sender, receiver) = sync_channel(2);
    let sent = Arc::clone(&schema);
    let feeder = thread::spawn(move || {
        for from in (0..rows).step_by(5000) {
            let numbers: Int64Array = (from..(from + 5000).min(rows)).map(of).collect();
            let numbers: ArrayRef = Arc::new(numbers);
            let batch = RecordBatch::try_new(Arc::clone(&sent), vec![numbers; columns]);
            if sender.send(Fed::Rows(batch.unwrap())).is_err() {
                return;
            }
        }
        if ends {
            let _ = sender.send(Fed::End);
        }
    });
    let inserted = connection.insert_from(schema, (receiver, false), |source| {
        format!("INSERT INTO \"dev$db\".t SELECT * FROM {source}")
    });
    feeder.join().unwrap();
    inserted
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.rows(sql).unwrap()[0][0].int()
}

#[test]
fn rows_arrive_once_and_few_in_their_order() {
    let directory = tempfile::tempdir().unwrap();
    let connection = engine(directory.path()).connect().unwrap();
    connection.run("CREATE TABLE \"dev$db\".t (n BIGINT CHECK (n <> 777777))").unwrap();
    assert_eq!(feed(&connection, 100_000, true), Ok(100_000));
    let disordered = "SELECT count(*) FROM \"dev$db\".t WHERE n <> rowid";
    assert_eq!(number(&connection, disordered), 0);
    assert_eq!(feed(&connection, 600_000, true), Ok(600_000));
    assert_eq!(number(&connection, "SELECT count(*) FROM \"dev$db\".t"), 700_000);
    let sum = number(&connection, "SELECT sum(n)::BIGINT FROM \"dev$db\".t");
    assert_eq!(sum, (100_000 * 99_999 + 600_000 * 599_999) / 2);
}

#[test]
fn what_fails_inserts_nothing_and_leaves_the_order_of_rows_kept() {
    let directory = tempfile::tempdir().unwrap();
    let connection = engine(directory.path()).connect().unwrap();
    connection.run("CREATE TABLE \"dev$db\".t (n BIGINT CHECK (n <> 777777))").unwrap();
    let order = "SELECT current_setting('preserve_insertion_order')::INT";
    for (rows, ends) in [(900_000, true), (1_000, false), (300_000, false)] {
        connection.run("BEGIN").unwrap();
        assert!(feed(&connection, rows, ends).is_err(), "{rows}");
        connection.run("ROLLBACK").unwrap();
        assert_eq!(number(&connection, "SELECT count(*) FROM \"dev$db\".t"), 0, "{rows}");
        assert_eq!(number(&connection, order), 1, "{rows}");
    }
}

#[test]
fn a_load_leaves_the_engine_little_and_its_limit_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(directory.path());
    let connection = engine.connect().unwrap();
    let limit = || connection.rows("SELECT current_setting('memory_limit')").unwrap();
    let before = limit();
    let used = "SELECT (sum(memory_usage_bytes) // 1000000)::BIGINT FROM duckdb_memory()";
    connection.run("CREATE TABLE \"dev$db\".t (n BIGINT CHECK (n <> -1))").unwrap();
    // Numbers without an order take their whole room: 224 MB.
    let rows = 28_000_000;
    let loaded = |rows| load(&connection, rows, |n| n.wrapping_mul(0x1e37_79b9_7f4a_7c15) | 1);
    assert_eq!(loaded(rows), Ok(rows as u64));
    assert!(number(&connection, used) < 180, "{} MB", number(&connection, used));
    assert_eq!(limit(), before);
    // Beside another statement nothing is taken away.
    connection.run("DELETE FROM \"dev$db\".t").unwrap();
    let other = engine.connect().unwrap();
    let mut open = other.prepare("SELECT * FROM range(100000000000)").unwrap();
    open.start().unwrap();
    assert_eq!(loaded(rows), Ok(rows as u64));
    assert!(number(&connection, used) > 200, "{} MB", number(&connection, used));
    assert_eq!(limit(), before);
}

#[test]
fn a_load_that_cannot_rest_leaves_the_limit_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let connection = engine_of(directory.path(), 1024).connect().unwrap();
    let limit = || connection.rows("SELECT current_setting('memory_limit')").unwrap();
    let before = limit();
    // Each thread holds a block of 256 KiB of each column: more than a rest would leave.
    let columns: Vec<String> = (0..180).map(|column| format!("n{column} BIGINT")).collect();
    connection.run(&format!("CREATE TABLE \"dev$db\".t ({})", columns.join(", "))).unwrap();
    let rows = 140_000;
    let loaded = feed_columns(&connection, (rows, true), (columns.len(), |n| n));
    assert_eq!(loaded, Ok(rows as u64));
    assert_eq!(limit(), before);
}
