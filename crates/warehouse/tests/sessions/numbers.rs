//! Objects made at the same time, in transactions that do not see each other, are different ones.

use crate::support::{check, start};

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_two_open_transactions_have_different_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let (one, other) = (cluster.admin().await, cluster.admin().await);
    check(&one, &[("create table t (a int)", "")]).await;
    for (client, n) in [(&one, 1), (&other, 2)] {
        let statements = [
            "begin".to_owned(),
            format!("create view v{n} as select a + {n} as a{n} from t"),
            format!("create table t{n} (b{n} int identity)"),
            format!("create schema s{n}"),
            format!("create user u{n} password disable"),
            format!("create function f{n}() returns int stable as $$ select {n} $$ language sql"),
        ];
        for statement in &statements {
            check(client, &[(statement, "")]).await;
        }
    }
    // Each goes on with its own while the other is still there.
    check(&one, &[("alter table v1 rename to w1", "")]).await;
    check(&other, &[("alter table v2 rename to w2", "")]).await;
    check(&one, &[("commit", "")]).await;
    check(&other, &[("commit", "")]).await;
    check(
        &one,
        &[
            (
                "select count(distinct oid), count(*) from pg_class \
                 where relname in ('t1', 't2', 'w1', 'w2')",
                "4|4",
            ),
            ("select count(distinct oid) from pg_namespace where nspname in ('s1', 's2')", "2"),
            ("select count(distinct usesysid) from pg_user where usename in ('u1', 'u2')", "2"),
            (
                "select tablename, \"column\" from pg_table_def where tablename in ('t1', 't2') \
                 order by 1",
                "t1|b1;t2|b2",
            ),
            ("select f1(), f2()", "1|2"),
        ],
    )
    .await;
}
