//! Ordinary SQL over the simple protocol.

use crate::support::{check, start};

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
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_aborts_the_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let aborted = "!25P02 current transaction is aborted, commands ignored until end of \
                   transaction block";
    check(
        &admin,
        &[
            ("create table t (a int)", ""),
            ("begin", ""),
            ("insert into t values (1)", ""),
            ("select * from nowhere", "!42P01 relation \"nowhere\" does not exist"),
            ("select 1", aborted),
            ("commit", ""),
            ("select count(*) from t", "0"),
            // Several statements of one message are one transaction.
            ("insert into t values (1); insert into t values (1/0)", "!22012 Divide by zero"),
            ("select count(*) from t", "0"),
            ("create table u (a int); insert into u values (1); select a from u", "1"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_have_their_own_tables_settings_and_cursors() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let one = cluster.admin().await;
    let two = cluster.admin().await;
    check(
        &one,
        &[
            ("create temp table mine (a int)", ""),
            ("insert into mine values (1), (2), (3)", ""),
            ("show search_path", "$user, public"),
            ("set search_path to other, public", ""),
            ("show search_path", "other, public"),
            (
                "set no_such_thing to 1",
                "!42704 unrecognized configuration parameter \"no_such_thing\"",
            ),
            (
                "declare c cursor for select a from mine",
                "!25P01 DECLARE CURSOR may only be used in transaction blocks",
            ),
            ("begin", ""),
            ("declare c cursor for select a from mine order by a", ""),
            ("fetch 2 from c", "1;2"),
            ("fetch forward all from c", "3"),
            ("close c", ""),
            ("commit", ""),
            ("fetch 1 from c", "!34000 cursor \"c\" does not exist"),
            ("prepare p (int) as select a from mine where a > $1 order by a", ""),
            ("execute p (1)", "2;3"),
            ("deallocate p", ""),
        ],
    )
    .await;
    check(
        &two,
        &[
            ("select * from mine", "!42P01 relation \"mine\" does not exist"),
            ("show search_path", "$user, public"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_the_catalog() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create schema dev", ""),
            ("create table dev.t (a int, b char(3)) diststyle even sortkey(a)", ""),
            ("insert into dev.public.t values (1)", "!42P01 relation \"public.t\" does not exist"),
            ("insert into dev.dev.t values (1, 'x')", ""),
            ("select dev.t.a from dev.t", "1"),
            ("select nope.t.a from nope.t", "!3F000 schema \"nope\" does not exist"),
            ("select * from other.public.t", "!3D000 database \"other\" does not exist"),
            ("set search_path to dev", ""),
            (
                "select \"column\", type, distkey, sortkey from pg_table_def",
                "a|integer|f|1;b|character(3)|f|0",
            ),
            (
                "select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' order by 1",
                "dev;information_schema;public",
            ),
            ("select table_name from information_schema.tables", "t"),
            ("select * from stl_s3client", "!0A000 stl_s3client is not implemented"),
            ("create schema pg_mine", "!42939 unacceptable schema name \"pg_mine\""),
            (
                "create table other (a int); insert into other values (1); \
                 create view v as select t.a from t join other o on o.a = t.a \
                 where t.a in (select a from t)",
                "",
            ),
            ("create view w as select b, upper(b) as u from t", ""),
            ("create table q as select b from t", ""),
            (
                "select table_name, column_name, data_type, character_maximum_length from svv_columns \
                 where table_name in ('w', 'q') order by 1 desc, 2",
                "w|b|character|3;w|u|character varying|3;q|b|character|3",
            ),
            ("drop table q", ""),
            ("drop view w", ""),
            ("set search_path to public", ""),
            ("select * from dev.v", "1"),
            ("drop table dev.t", "!2BP01 cannot drop table t because other objects depend on it"),
            ("drop table dev.t cascade", ""),
            ("select * from dev.v", "!42P01 relation \"dev.v\" does not exist"),
            ("drop schema dev", "!2BP01 cannot drop schema dev because other objects depend on it"),
            ("drop schema dev cascade", ""),
        ],
    )
    .await;
}
