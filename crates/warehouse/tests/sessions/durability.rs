//! What survives the end of a cluster's process.

use crate::support::{check, start};

#[tokio::test(flavor = "multi_thread")]
async fn committed_survives_and_uncommitted_does_not() {
    let directory = tempfile::tempdir().unwrap();
    {
        let cluster = start(directory.path());
        let admin = cluster.admin().await;
        check(
            &admin,
            &[
                ("create table t (a int, b varchar(9))", ""),
                ("insert into t values (1, 'kept')", ""),
                ("create user reader password 'Reader123'", ""),
                ("grant select on t to reader", ""),
                ("begin", ""),
                ("insert into t values (2, 'lost')", ""),
                ("create table lost (a int)", ""),
                ("create user lost password 'Lost12345'", ""),
            ],
        )
        .await;
        cluster.warehouse.shutdown().await;
    }
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("select * from t", "1|kept"),
            ("select * from lost", "!42P01 relation \"lost\" does not exist"),
            ("select usename from pg_user order by usesysid", "rdsdb;admin;reader"),
            ("select type from pg_table_def where tablename = 't'", "integer;character varying(9)"),
        ],
    )
    .await;
    let reader = cluster.client("reader", "Reader123").await;
    check(&reader, &[("select b from t", "kept")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(directory.path());
    let port = first.warehouse.address().port();
    first.warehouse.shutdown().await;
    drop(first);
    // The accept loop's task gives its copy of the socket back a moment later.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let second = start(directory.path());
    assert_eq!(second.warehouse.address().port(), port);
}
