//! What is left of databases after the process was killed: those acknowledged, whole; none half.

use std::path::Path;

use tokio_postgres::{Client, NoTls};

use crate::support::{MASTER, PASSWORD, Running, check, start};

/// Files as a killed process leaves them: what is written so far, with no farewell.
fn killed(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for name in ["dev.duckdb", "dev.duckdb.wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.path().join(name)).unwrap();
        }
    }
    to
}

async fn connected(cluster: &Running, database: &str) -> Client {
    let mut config = cluster.config(MASTER, PASSWORD);
    let (client, connection) = config.dbname(database).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_survive_with_what_is_in_them() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create database shop connection limit 7 isolation level serializable", ""),
            ("create database gone", ""),
            ("create database old", ""),
        ],
    )
    .await;
    let shop = connected(&cluster, "shop").await;
    check(
        &shop,
        &[
            ("create schema front", ""),
            ("create table front.sales (id int identity(5, 1), item varchar(9))", ""),
            ("insert into front.sales (item) values ('tea')", ""),
            ("create view public.items as select item from front.sales", ""),
            ("create user teller password 'Teller123'", ""),
            ("grant usage on schema front to teller", ""),
            ("begin", ""),
            ("insert into front.sales (item) values ('lost')", ""),
            ("create schema lost", ""),
        ],
    )
    .await;
    check(&admin, &[("drop database gone", ""), ("alter database old rename to new", "")]).await;
    let left = killed(directory.path());
    let again = start(left.path());
    let admin = again.admin().await;
    let names = "select datname, datconnlimit, datconfig from pg_database_info order by 1";
    let expect = "dev|UNLIMITED|{concurrency_model=1};new|UNLIMITED|{concurrency_model=1};\
                  shop|7|{concurrency_model=2}";
    check(&admin, &[(names, expect), ("select * from shop.front.sales", "5|tea")]).await;
    let shop = connected(&again, "shop").await;
    check(
        &shop,
        &[
            ("select * from items", "tea"),
            ("insert into front.sales (item) values ('jam')", ""),
            ("select id > 5 from front.sales where item = 'jam'", "t"),
            ("select count(*) from svv_all_schemas where schema_name = 'lost'", "0"),
            ("select has_schema_privilege('teller', 'front', 'usage')", "t"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_whole_or_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let making = tokio::spawn(async move {
        for number in 0..12 {
            admin.batch_execute(&format!("create database d{number}")).await.unwrap();
            if number % 3 == 2 {
                let gone = number - 1;
                admin.batch_execute(&format!("drop database d{gone}")).await.unwrap();
            }
        }
    });
    let mut copies = Vec::new();
    while !making.is_finished() {
        copies.push(killed(directory.path()));
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    }
    making.await.unwrap();
    copies.push(killed(directory.path()));
    // A few of them are enough, the last one among them.
    let every = copies.len().div_ceil(3);
    for left in copies.iter().rev().step_by(every) {
        let again = start(left.path());
        let admin = again.admin().await;
        let names = admin.query("select datname from pg_database order by 1", &[]).await.unwrap();
        for row in &names {
            let inside = connected(&again, row.get::<_, &str>(0)).await;
            check(&inside, &[("create table t (a int)", ""), ("insert into t values (1)", "")])
                .await;
        }
        let tables = "select count(*) from svv_all_tables where table_name = 't'";
        check(&admin, &[(tables, &names.len().to_string())]).await;
        again.warehouse.shutdown().await;
    }
}
