//! Ordinary SQL over the simple protocol.

mod support;

use support::{check, start};

#[tokio::test(flavor = "multi_thread")]
async fn tables_rows_and_transactions() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create table t (id integer, name varchar(20), price decimal(8,2), ok boolean)", ""),
            ("insert into t values (1, 'a', 1.5, true), (2, null, -0.25, false)", ""),
            ("select * from t order by id", "1|a|1.50|t;2|~|-0.25|f"),
            ("select count(*), sum(price), avg(id) from t", "2|1.25|1"),
            ("update t set name = 'b' where id = 2", ""),
            ("select name from t where id = 2", "b"),
            ("begin; delete from t; select count(*) from t", "0"),
            ("rollback", ""),
            ("select count(*) from t", "2"),
            ("create table t (x int)", "!42P07 Relation \"t\" already exists"),
            ("select * from nowhere", "!42P01 relation \"nowhere\" does not exist"),
            ("select 1/0", "!22012 Divide by zero"),
            ("select nope from t", "!42703 column \"nope\" does not exist"),
            ("selct 1", "!42601 syntax error at or near \"selct\""),
            ("", ""),
            ("create table c as select id, name from t", ""),
            ("select count(*) from c", "2"),
            ("drop table c", ""),
            ("copy t from 's3://lake/x' iam_role 'arn:aws:iam::111111111111:role/Unloader' csv",
             "!0A000 COPY is not implemented yet"),
        ],
    )
    .await;
}
