//! Users, groups and grants: who may do what.

use crate::support::{check, start};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_allowed_that_was_not_granted() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create schema s", ""),
            ("create table s.t (a int, b int)", ""),
            ("insert into s.t values (1, 2)", ""),
            ("create view v as select a from s.t", ""),
            ("create user u password 'User12345'", ""),
            ("create group g with user u", ""),
        ],
    )
    .await;
    let user = cluster.client("u", "User12345").await;
    let schema = "!42501 permission denied for schema s";
    let table = "!42501 permission denied for relation t";
    check(
        &user,
        &[
            ("select * from s.t", schema),
            ("select * from v", "!42501 permission denied for relation v"),
            ("create table s.mine (a int)", schema),
            ("create user x password 'Xuser1234'", "!42501 must be superuser to create users"),
            ("create table mine (a int)", ""),
            ("select * from pg_landbridge.users", "!3F000 schema \"pg_landbridge\" does not exist"),
            (
                "select * from svv_table_info",
                "!42501 permission denied for relation svv_table_info",
            ),
        ],
    )
    .await;
    check(&admin, &[("grant usage on schema s to group g", "")]).await;
    check(&user, &[("select * from s.t", table), ("insert into s.t values (1, 1)", table)]).await;
    check(&admin, &[("grant select on s.t to u", ""), ("grant select on v to public", "")]).await;
    check(
        &user,
        &[
            ("select * from s.t", "1|2"),
            ("select * from v", "1"),
            ("update s.t set a = 5", table),
            ("delete from s.t", table),
            ("drop table s.t", "!42501 must be owner of relation t"),
            ("alter table s.t add column c int", "!42501 must be owner of relation t"),
            ("grant select on s.t to public", table),
            ("create table copy as select * from s.t", ""),
            ("select count(*) from mine", "0"),
        ],
    )
    .await;
    check(&admin, &[("grant update (a) on s.t to u", "")]).await;
    check(&user, &[("update s.t set a = 5", ""), ("update s.t set b = 5", table)]).await;
    check(&admin, &[("revoke select on s.t from u", "")]).await;
    check(&user, &[("select * from s.t", table)]).await;
    check(
        &admin,
        &[
            (
                "drop user u",
                "!55006 user \"u\" cannot be dropped because the user owns some object",
            ),
            ("drop table mine", ""),
            ("drop table copy", ""),
            (
                "drop user u",
                "!55006 user \"u\" cannot be dropped because the user has a privilege on some object",
            ),
            ("revoke all on s.t from u", ""),
            ("revoke update (a) on s.t from u", ""),
            ("drop user u", ""),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_roll_back_with_their_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create table t (a int)", ""),
            ("create user u password 'User12345'", ""),
            ("begin", ""),
            ("grant select on t to u", ""),
            ("rollback", ""),
        ],
    )
    .await;
    let user = cluster.client("u", "User12345").await;
    check(&user, &[("select * from t", "!42501 permission denied for relation t")]).await;
}
