//! The statement gate: the engine's known ways to a file, a process, an address or a setting of
//! the host, tried through SQL by the most powerful user there is. None may succeed, and nothing
//! may be different after.

use crate::support::{ask, check, start};

/// What the file holds that every attempt is after.
const MARK: &str = "host-secret-4711";

/// `{file}` is a file that exists, `{new}` one that must not come to exist.
const ATTEMPTS: &[&str] = &[
    // Table functions that read files, or name them.
    "select * from read_csv('{file}')",
    "select * from read_csv_auto('{file}')",
    "select * from read_text('{file}')",
    "select * from read_blob('{file}')",
    "select * from read_json('{file}')",
    "select * from read_json_auto('{file}')",
    "select * from read_json_objects('{file}')",
    "select * from read_ndjson('{file}')",
    "select * from read_parquet('{file}')",
    "select * from parquet_scan('{file}')",
    "select * from parquet_metadata('{file}')",
    "select * from parquet_schema('{file}')",
    "select * from sniff_csv('{file}')",
    "select * from glob('{file}')",
    "select * from read_duckdb('{file}')",
    "select * from duckdb_secrets()",
    "select * from duckdb_settings()",
    "select * from duckdb_databases()",
    "select * from duckdb_tables()",
    "select * from duckdb_extensions()",
    "select * from pragma_version()",
    "select * from pragma_database_list()",
    "select * from pragma_table_info('t')",
    "select * from query('select 1')",
    "select * from query_table('t')",
    "select * from postgres_scan('host=127.0.0.1', 'public', 't')",
    "select * from sqlite_scan('{file}', 't')",
    "select * from arrow_scan(1, 2, 3)",
    "select * from seq_scan('t')",
    "select * from repeat('x', 3)",
    "select * from checkpoint()",
    "select * from force_checkpoint()",
    // The same as scalars, and functions of the process.
    "select read_text('{file}')",
    "select content from read_text('{file}')",
    "select getenv('HOME')",
    "select getvariable('lb_superuser')",
    "select current_setting('temp_directory')",
    "select current_setting('home_directory')",
    "select nextval('pg_landbridge.x')",
    "select write_log('x')",
    "select which_secret('{file}', 'S3')",
    "select pg_read_file('{file}')",
    "select pg_ls_dir('/')",
    "select lo_import('{file}')",
    "select dblink('host=127.0.0.1', 'select 1')",
    "select system('id')",
    "select memory.rs_own.user_name(1)",
    "select rs_own.user_name(1)",
    // Names that the engine would take for files.
    "select * from '{file}'",
    "select * from \"{file}\"",
    "select * from public.\"{file}\"",
    "select * from \"file://{file}\"",
    "select * from \"http://127.0.0.1/x.csv\"",
    "select * from \"s3://lake/x.parquet\"",
    "select * from \"/etc/passwd\"",
    "select * from \"../../etc/passwd\"",
    "select * from \"*.csv\"",
    "select * from \"t\"\".csv\"",
    "insert into \"{new}\" values (1)",
    "create table \"{new}\" (a int)",
    "create view \"{file}\" as select 1",
    "select * from t where exists (select 1 from \"{file}\")",
    "with x as (select * from \"{file}\") select * from x",
    "delete from t using \"{file}\"",
    "update t set a = 1 from \"{file}\"",
    // The engine's statements.
    "copy t to '{new}'",
    "copy (select * from t) to '{new}'",
    "copy t from '{file}'",
    "copy t from 'file://{file}' iam_role 'arn:aws:iam::111111111111:role/Unloader'",
    "unload ('select * from t') to '{new}' iam_role 'arn:aws:iam::111111111111:role/Unloader'",
    "unload ('select * from t') to 'file://{new}' iam_role 'arn:aws:iam::111111111111:role/Unloader'",
    "unload ('copy t to ''{new}''') to 's3://lake/x' iam_role 'arn:aws:iam::111111111111:role/Unloader'",
    "unload ('select * from read_text(''{file}'')') to 's3://lake/x' \
     iam_role 'arn:aws:iam::111111111111:role/Unloader'",
    "export database '{new}'",
    "import database '{file}'",
    "attach '{new}' as other",
    "attach database '{new}'",
    "detach dev",
    "install httpfs",
    "load httpfs",
    "load '{file}'",
    "force install httpfs",
    "update extensions",
    "pragma database_list",
    "pragma enable_profiling",
    "pragma memory_limit='1GB'",
    "checkpoint",
    "force checkpoint",
    "summarize t",
    "describe t",
    "pivot t on a using sum(a)",
    "from t",
    "from '{file}'",
    "from read_text('{file}')",
    "create secret s (type s3, key_id 'a', secret 'b')",
    "create macro m() as 1",
    "create macro m() as table select * from read_text('{file}')",
    "create function m() as 1",
    "create type mood as enum ('a')",
    "create sequence s",
    "create index i on t (a)",
    "call pragma_version()",
    "set memory_limit = '1GB'",
    "set temp_directory = '/tmp'",
    "set threads = 1",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set allow_unsigned_extensions = true",
    "set allowed_directories = ['/']",
    "set secret_directory = '{new}'",
    "set variable lb_superuser = true",
    "reset lock_configuration",
    "reset variable lb_superuser",
    "show all tables",
    // Around corners: prepared text, cursors, plans, comments, quotes, other letters.
    "prepare x as copy t to '{new}'",
    "prepare x as select * from read_text('{file}')",
    "declare c cursor for select * from read_text('{file}')",
    "explain select * from read_text('{file}')",
    "explain analyze copy t to '{new}'",
    "create table s as select * from read_text('{file}')",
    "create view s as select * from read_text('{file}')",
    "create materialized view s as select * from read_text('{file}')",
    "insert into t select a from read_csv('{file}')",
    "select * from/**/read_text/**/('{file}')",
    "select * from READ_TEXT('{file}')",
    "select * from \"read_text\"('{file}')",
    "select * from main.read_text('{file}')",
    "select * from system.main.read_text('{file}')",
    "select * from pg_catalog.read_text('{file}')",
    "select * from memory.main.read_text('{file}')",
    "select * from ｒｅａｄ_ｔｅｘｔ('{file}')",
    "select * from read\u{200b}_text('{file}')",
    "select * from lateral read_text('{file}')",
    "select * from t, read_text('{file}')",
    "select * from t join read_text('{file}') on true",
    "select (select content from read_text('{file}'))",
    "select * from (select * from read_text('{file}')) as x",
    "select 1; copy t to '{new}'",
    "select 1;;attach '{new}'",
    "select '\\'; copy t to \\'{new}\\' --'",
    "select $$a$$; select * from read_text('{file}')",
    "values ((select content from read_text('{file}')))",
    "select * from pg_landbridge.users",
    "select * from dev.pg_landbridge.users",
    "select * from \"dev$db\".pg_landbridge.users",
    "select * from memory.rs_own.grants",
    "select * from rs_own.grants",
    "select * from temp.main.lb_kept_1",
    "drop schema pg_landbridge cascade",
    "update pg_landbridge.users set super = true",
    "merge into t using read_csv('{file}') as s on true when matched then delete",
    "create procedure p() as $$ begin execute 'copy t to ''{new}'''; end $$ language plpgsql; call p()",
    "create procedure q() as $$ begin execute 'select * from read_text(''{file}'')'; end $$ \
     language plpgsql; call q()",
    "create procedure r() as $$ begin copy t to '{new}'; end $$ language plpgsql",
    "create function f(varchar) returns varchar stable as $$ select content from read_text($1) $$ language sql",
    "create function g() returns varchar volatile as $$ import os $$ language plpythonu",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reaches_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let host = tempfile::tempdir().unwrap();
    let file = host.path().join("secret.csv");
    std::fs::write(&file, format!("content\n{MARK}\n")).unwrap();
    let new = host.path().join("new.csv");
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(&admin, &[("create table t (a int)", ""), ("insert into t values (7)", "")]).await;
    for attempt in ATTEMPTS {
        let sql = attempt
            .replace("{file}", file.to_str().unwrap())
            .replace("{new}", new.to_str().unwrap());
        let answer = ask(&admin, &sql).await.join(";");
        // One attempt is nothing but a string, if strings end where they should.
        let harmless = attempt.starts_with("select '\\'");
        assert!(harmless || answer.starts_with('!'), "{sql}\nanswers {answer}");
        assert!(!answer.contains(MARK), "{sql}\nanswers {answer}");
        assert!(!answer.starts_with("!XX000 internal"), "{sql}\nanswers {answer}");
        admin.batch_execute("rollback").await.unwrap();
        admin.batch_execute("deallocate all").await.unwrap();
        if let Ok(statement) = admin.prepare(&sql).await
            && statement.params().is_empty()
        {
            let answer = admin.query(&statement, &[]).await;
            assert!(harmless || answer.is_err(), "{sql}\nruns by the extended protocol");
            admin.batch_execute("rollback").await.unwrap();
        }
    }
    let left: Vec<_> = std::fs::read_dir(host.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    check(
        &admin,
        &[
            ("select a from t", "7"),
            ("select current_user", "admin"),
            ("select count(*) from pg_user where usename = 'admin' and usesuper", "1"),
        ],
    )
    .await;
}
