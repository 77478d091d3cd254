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

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_user_may_use_a_chain_can_be_asked() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let may = |who: &str, command: &str| {
        format!("select has_assumerole_privilege('{who}', '{ROLE},{CHAINED}', '{command}')")
    };
    let everybody = "select bool_and(has_assumerole_privilege(usename, 'arn:x', 'unload')) \
                     from pg_user where usesuper = false";
    check(
        &admin,
        &[
            ("create user etl password 'Etl123456'", ""),
            ("create group loaders with user etl", ""),
            ("create role inner_role", ""),
            ("create role outer_role", ""),
            ("grant role inner_role to role outer_role", ""),
            (&may("etl", "unload"), "t"),
            (everybody, "t"),
            ("revoke assumerole on all from public for all", ""),
            (&may("etl", "unload"), "f"),
            (&may("admin", "unload"), "t"),
            (everybody, "f"),
            (&format!("grant assumerole on '{ROLE},{CHAINED}' to etl for unload"), ""),
            (&may("etl", "UNLOAD"), "t"),
            (&may("etl", "copy"), "f"),
            ("grant assumerole on all to group loaders for copy", ""),
            (&may("etl", "copy"), "t"),
            (&may("etl", "create model"), "f"),
            ("grant role outer_role to etl", ""),
            ("grant assumerole on all to role inner_role for create model", ""),
            (&may("etl", "create model"), "t"),
            (&may("nobody", "copy"), "!42704 user \"nobody\" does not exist"),
            ("grant assumerole on all to public for all", ""),
            (everybody, "t"),
            ("select count(*) from svv_iam_privileges where identity_type = 'public'", "0"),
        ],
    )
    .await;
    let etl = cluster.client("etl", "Etl123456").await;
    check(&etl, &[("select has_assumerole_privilege('arn:x', 'unload')", "t")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_is_told_while_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let busy = cluster.admin().await;
    check(&busy, &[("set query_group to 'mine'", "")]).await;
    let long = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b";
    let running = tokio::spawn(async move { ask(&busy, long).await });
    let status = "select trim(status), end_time is null from sys_query_history \
                  where trim(query_label) = 'mine'";
    let recent = "select trim(status), trim(user_name), trim(db_name) from stv_recents \
                  where query like '%generate_series%' and pid <> pg_backend_pid()";
    while ask(&admin, status).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    check(&admin, &[(status, "running|t"), (recent, "Running|admin|dev")]).await;
    let pid = "select pid from stv_recents where query like '%generate_series%' \
               and pid <> pg_backend_pid()";
    let pid = ask(&admin, pid).await.remove(0);
    check(&admin, &[(&format!("cancel {pid}"), "")]).await;
    let answer = running.await.unwrap().remove(0);
    assert!(answer.starts_with("!57014"), "{answer}");
    check(&admin, &[(status, "canceled|f"), (recent, "Done|admin|dev")]).await;
}
