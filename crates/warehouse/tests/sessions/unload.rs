//! UNLOAD from a session: its gates in the database, its notice, its records.

use crate::support::{CHAINED, ROLE, ask, check, start};

#[tokio::test(flavor = "multi_thread")]
async fn gates_in_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create table t (a int, b varchar(5))", ""),
            ("insert into t values (1, 'x'), (2, null)", ""),
            ("create user etl password 'Etl123456'", ""),
        ],
    )
    .await;
    let etl = cluster.client("etl", "Etl123456").await;
    let unload = |prefix: &str, role: &str| {
        format!("unload ('select * from t') to 's3://lake/{prefix}' iam_role '{role}' csv")
    };
    let chain = format!("{ROLE},{CHAINED}");
    // The query's own privileges come first.
    let denied = "!42501 permission denied for relation t";
    check(&etl, &[(&unload("a", ROLE), denied)]).await;
    check(&admin, &[("grant select on t to etl", "")]).await;
    check(&etl, &[(&unload("a", &chain), "")]).await;
    let chains = cluster.cloud.chains.lock().unwrap().clone();
    let expect = vec![(
        String::from("arn:aws:redshift:us-east-1:111111111111:dbuser:wh/etl"),
        vec![ROLE.to_owned(), CHAINED.to_owned()],
    )];
    assert_eq!(chains, expect);
    // From here the privilege counts, and a chain is granted only as a whole.
    let missing = |role: &str| {
        format!(
            "!XX000 User etl does not have ASSUMEROLE permission on IAM role \"{role}\" for UNLOAD"
        )
    };
    check(&admin, &[("revoke assumerole on all from public for all", "")]).await;
    check(&etl, &[(&unload("b", &chain), &missing(&chain))]).await;
    let grant = |role: &str| format!("grant assumerole on '{role}' to etl for unload");
    check(&admin, &[(&grant(ROLE), "")]).await;
    check(&etl, &[(&unload("b", &chain), &missing(&chain)), (&unload("c", ROLE), "")]).await;
    check(&admin, &[(&grant(&chain), "")]).await;
    check(
        &etl,
        &[
            (&unload("b", &chain), ""),
            ("select pg_last_unload_count()", "2"),
            (
                "select status, unloaded_rows from sys_unload_history where unloaded_location = \
              's3://lake/b' order by query_id",
                "aborted|0;aborted|0;completed|2",
            ),
        ],
    )
    .await;
    // A superuser keeps it; others' records stay hidden from ordinary users.
    check(&admin, &[(&unload("d", ROLE), "")]).await;
    check(
        &etl,
        &[("select count(*) from sys_unload_history where unloaded_location = 's3://lake/d'", "0")],
    )
    .await;
    let seen = ask(&admin, "select count(distinct path) from stl_unload_log").await;
    let count = cluster.cloud.objects.lock().unwrap().len();
    assert_eq!(seen, [count.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_must_be_attached() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let answer = ask(
        &admin,
        "unload ('select 1') to 's3://lake/x' iam_role 'arn:aws:iam::111111111111:role/Other'",
    )
    .await;
    let expect = "!XX000 User arn:aws:redshift:us-east-1:111111111111:dbuser:wh/admin is not \
                  authorized to assume IAM Role arn:aws:iam::111111111111:role/Other";
    assert_eq!(answer, [expect]);
    assert!(cluster.cloud.chains.lock().unwrap().is_empty());
}
