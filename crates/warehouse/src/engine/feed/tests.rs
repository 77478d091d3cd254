use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use arrow::array::Int64Array;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;

use super::super::{Connection, DatabaseFile, Engine, EngineFault, EngineOptions};
use super::Fed;

fn engine(directory: &Path) -> Engine {
    let staging = directory.join("staging");
    std::fs::create_dir(&staging).unwrap();
    let file = DatabaseFile { name: "dev".into(), path: directory.join("dev.duckdb") };
    let options = EngineOptions {
        file: &file,
        staging: &staging,
        memory_megabytes: 256,
        acts: Arc::new(crate::registry::Registry::default()),
        threads: 2,
    };
    Engine::open(&options, |_| Ok(())).unwrap()
}

/// Feeds the numbers below `rows` in batches, then ends as told.
fn feed(connection: &Connection, rows: i64, ends: bool) -> Result<u64, EngineFault> {
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
    let (sender, receiver) = sync_channel(2);
    let sent = Arc::clone(&schema);
    let feeder = thread::spawn(move || {
        for from in (0..rows).step_by(5000) {
            let numbers: Int64Array = (from..(from + 5000).min(rows)).collect();
            let batch = RecordBatch::try_new(Arc::clone(&sent), vec![Arc::new(numbers)]);
            if sender.send(Fed::Rows(batch.unwrap())).is_err() {
                return;
            }
        }
        if ends {
            let _ = sender.send(Fed::End);
        }
    });
    let inserted = connection.insert_from(schema, receiver, |source| {
        format!("INSERT INTO \"dev$db\".t SELECT n FROM {source}")
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
