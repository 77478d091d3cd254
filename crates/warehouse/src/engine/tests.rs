//! The engine's settings: Redshift's semantics, and a closed door to the host.

use std::sync::Arc;

use super::{Connection, DatabaseFile, Engine, EngineOptions};

fn with_engine(check: impl Fn(&Connection, &std::path::Path)) {
    let directory = tempfile::tempdir().unwrap();
    let staging = directory.path().join("staging");
    std::fs::create_dir(&staging).unwrap();
    let file = DatabaseFile { name: "dev".into(), path: directory.path().join("dev.duckdb") };
    let options = EngineOptions {
        file: &file,
        staging: &staging,
        memory_megabytes: 256,
        acts: Arc::new(crate::registry::Registry::default()),
        threads: 1,
    };
    let engine = Engine::open(&options, |_| Ok(())).unwrap();
    check(&engine.connect().unwrap(), directory.path());
}

#[test]
fn sql_cannot_reach_the_host() {
    with_engine(|connection, directory| {
        let outside = directory.join("outside.csv");
        std::fs::write(&outside, "a\n1\n").unwrap();
        let outside = outside.display();
        for sql in [
            format!("SELECT * FROM read_csv('{outside}')"),
            format!("SELECT * FROM '{outside}'"),
            format!("COPY (SELECT 1) TO '{outside}'"),
            format!("ATTACH '{outside}.duckdb' AS x"),
            String::from("INSTALL httpfs"),
            String::from("LOAD httpfs"),
            String::from("SET enable_external_access = true"),
            String::from("SET GLOBAL allowed_directories = ['/']"),
            String::from("SET lock_configuration = false"),
        ] {
            assert!(connection.run(&sql).is_err(), "{sql}");
        }
    });
}

#[test]
fn numbers_and_nulls_are_redshifts() {
    with_engine(|connection, _| {
        for (sql, expect) in [
            ("SELECT CAST(5 / 2 AS BIGINT)", 2),
            ("SELECT count(*) FROM (SELECT 1) WHERE 'A' = 'a'", 0),
            ("SELECT first(coalesce(x, 9) ORDER BY x DESC) FROM (VALUES (1), (NULL)) t(x)", 9),
            ("SELECT first(coalesce(x, 9) ORDER BY x) FROM (VALUES (1), (NULL)) t(x)", 1),
        ] {
            let rows = connection.rows(sql).unwrap();
            assert_eq!(rows[0][0].int(), expect, "{sql}");
        }
    });
}

#[test]
fn rows_are_computed_as_they_are_pulled() {
    with_engine(|connection, _| {
        let mut prepared = connection.prepare("SELECT * FROM range(100000000000)").unwrap();
        prepared.start().unwrap();
        assert!(prepared.next_batch().unwrap().unwrap().num_rows() > 0);
    });
}

#[test]
fn a_failure_in_the_middle_is_an_error() {
    with_engine(|connection, _| {
        let sql =
            "SELECT CASE WHEN range = 500000 THEN error('late') ELSE '' END FROM range(1000000)";
        let mut prepared = connection.prepare(sql).unwrap();
        let failed = prepared.start().is_err() || {
            loop {
                match prepared.next_batch() {
                    Ok(Some(_)) => {}
                    Ok(None) => break false,
                    Err(fault) => break fault.message.contains("late"),
                }
            }
        };
        assert!(failed);
    });
}
