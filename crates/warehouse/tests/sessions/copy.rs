//! COPY from a session: its gates in the database, what becomes of the table, its records.

use tokio_postgres::Client;

use crate::support::{CHAINED, ROLE, Running, ask, check, start};

/// Puts an object into the bucket.
fn put(cluster: &Running, key: &str, body: impl AsRef<[u8]>) {
    cluster.cloud.objects.lock().unwrap().insert(key.into(), body.as_ref().to_vec());
}

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The statement for a key, with the cluster's role.
fn copy(table: &str, key: &str, options: &str) -> String {
    format!("copy {table} from 's3://lake/{key}' iam_role '{ROLE}' {options}")
}

/// Runs each file through an empty table; rows come back in the order of its first column.
async fn loads(cluster: &Running, admin: &Client, create: &str, cases: &[(&str, &[u8], &str)]) {
    for (index, (options, body, expect)) in cases.iter().enumerate() {
        let key = format!("loads/{index}/f");
        put(cluster, &key, body);
        ask(admin, "drop table if exists loaded").await;
        check(admin, &[(&format!("create table loaded ({create})"), "")]).await;
        check(admin, &[(&copy("loaded", &key, options), "")]).await;
        check(admin, &[("select * from loaded order by 1", expect)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_table_by_credentials_from_gzip() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let lines: String = (0..182_851).map(|n| format!("{n},\"row, {n}\"\n")).collect();
    put(&cluster, "data/part-0.gz", gzip(&lines));
    check(
        &admin,
        &[
            ("create temp table temp_test (col1 varchar(128), col2 varchar(128))", ""),
            (
                &format!(
                    "copy temp_test from 's3://lake/data/' credentials 'aws_iam_role={ROLE}' \
                     region 'us-east-1' csv gzip"
                ),
                "",
            ),
            (
                "select count(*), max(col2), pg_last_copy_count() from temp_test",
                "182851|row, 99999|182851",
            ),
            ("select pg_last_copy_id() = pg_last_query_id() - 1", "t"),
            (
                "select status, table_name, file_format, loaded_rows, error_count, data_source \
                 from sys_load_history",
                "completed|temp_test|csv|182851|0|s3://lake/data/",
            ),
            (
                "select trim(filename), lines_scanned, trim(file_format) from stl_load_commits",
                "s3://lake/data/part-0.gz|182851|Text",
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gates_in_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    put(&cluster, "x", "1|a\n");
    check(
        &admin,
        &[
            ("create table t (a int, b varchar(5))", ""),
            ("create user etl password 'Etl123456'", ""),
        ],
    )
    .await;
    let etl = cluster.client("etl", "Etl123456").await;
    check(&etl, &[(&copy("t", "x", ""), "!42501 permission denied for relation t")]).await;
    check(&admin, &[("grant insert on t to etl", "")]).await;
    check(&etl, &[(&copy("t", "x", ""), ""), ("select pg_last_copy_count()", "1")]).await;
    let other = "arn:aws:iam::111111111111:role/Other";
    let from = format!("copy t from 's3://lake/x' iam_role '{other}'");
    let refused = format!(
        "!XX000 User arn:aws:redshift:us-east-1:111111111111:dbuser:wh/etl is not authorized to \
         assume IAM Role {other}"
    );
    check(&etl, &[(&from, &refused)]).await;
    check(&admin, &[("revoke assumerole on all from public for all", "")]).await;
    let missing = format!(
        "!XX000 User etl does not have ASSUMEROLE permission on IAM role \"{ROLE}\" for COPY"
    );
    check(&etl, &[(&copy("t", "x", ""), &missing)]).await;
    check(&admin, &[(&format!("grant assumerole on '{ROLE}' to etl for copy"), "")]).await;
    check(&etl, &[(&copy("t", "x", ""), "")]).await;
    let chain = format!("copy t from 's3://lake/x' iam_role '{ROLE},{CHAINED}'");
    check(&admin, &[(&chain, ""), ("select count(*) from t", "3")]).await;
    let keys = "copy t from 's3://lake/x' access_key_id 'AKIAX' secret_access_key 'y'";
    check(&admin, &[("select pg_last_copy_id() > 0", "t"), (keys, "!XX000 S3ServiceException:Access Denied,Status 403,Error InvalidAccessKeyId,Rid RID,ExtRid XRID,CanRetry 1")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_under_a_prefix_or_in_a_manifest() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    for (key, body) in [("p/a.txt", "1\n"), ("p/a.txt.1", "2\n"), ("p/b", "3\n"), ("secret", "9\n")]
    {
        put(&cluster, key, body);
    }
    put(
        &cluster,
        "m",
        r#"{"entries":[{"url":"s3://lake/p/b","mandatory":true},{"url":"s3://lake/p/b"},{"url":"s3://lake/none"}]}"#,
    );
    put(&cluster, "m2", r#"{"entries":[{"url":"s3://lake/none","mandatory":true}]}"#);
    put(&cluster, "m3", "{");
    let listing = "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid RID,ExtRid XRID,CanRetry 1";
    for (key, options, expect) in [
        ("p/a", "", "1;2"),
        ("p/", "", "1;2;3"),
        ("m", "manifest", "3;3"),
        ("m2", "manifest", "!XX000 The specified S3 prefix 'none' does not exist"),
        ("m3", "manifest", "!XX000 Manifest file is not in correct json format."),
        ("zzz", "", "!XX000 The specified S3 prefix 'zzz' does not exist"),
        ("secret", "", &*format!("!XX000 {listing}")),
        (
            "p/",
            "region 'eu-west-1'",
            "!XX000 S3ServiceException:The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.,Status 301,Error PermanentRedirect",
        ),
        ("p/", "region 'nowhere'", "!XX000 Invalid AWS region 'nowhere' in REGION option"),
    ] {
        check(&admin, &[("drop table if exists t", ""), ("create table t (a int)", "")]).await;
        let mut answer = ask(&admin, &copy("t", key, options)).await;
        if answer.is_empty() {
            answer = ask(&admin, "select a from t order by a").await;
        }
        let answer = answer.join(";");
        assert!(
            answer == expect || expect.contains("Redirect") && answer.starts_with(expect),
            "{key}: {answer}"
        );
    }
    for (from, options, expect) in [
        ("emr://j-1/p", "", "!0A000 COPY from Amazon EMR is not supported"),
        ("s3://lake/m", "ssh", "!0A000 COPY from remote hosts (SSH) is not supported"),
        ("s3://lake/m", "format shapefile", "!0A000 COPY from shapefiles is not supported"),
    ] {
        let sql = format!("copy t from '{from}' iam_role '{ROLE}' {options}");
        check(&admin, &[(&sql, expect)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_not_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    put(&cluster, "two", "1|x\n2|y\n");
    put(&cluster, "one", "x\ny\n");
    for (create, columns, key, options, expect) in [
        ("a int, b varchar(9), c int default 7, d int", "(a, b)", "two", "", "1|x|7|~;2|y|7|~"),
        (
            "a int, b varchar(9)",
            "(b, a)",
            "two",
            "",
            "!XX000 Load into table 't' failed.  Check 'stl_load_errors' system table for details.",
        ),
        ("id int identity(1, 1), b varchar(9)", "", "one", "", "1|x;2|y"),
        ("id int identity(10, 5), b varchar(9)", "", "two", "explicit_ids", "1|x;2|y"),
        (
            "id int identity(1, 1), b varchar(9)",
            "(id, b)",
            "two",
            "",
            "!0A000 cannot set an identity column to a value",
        ),
        ("id int identity(1, 1), b varchar(9)", "(id, b)", "two", "explicit_ids", "1|x;2|y"),
        (
            "a int, b varchar(9), c int not null",
            "(a, b)",
            "two",
            "",
            "!23502 Cannot insert a NULL value into column c",
        ),
        (
            "a int, b varchar(9)",
            "(a, z)",
            "two",
            "",
            "!42703 column \"z\" of relation \"t\" does not exist",
        ),
        (
            "a int, b varchar(9)",
            "(a, a)",
            "two",
            "",
            "!42701 column \"a\" specified more than once",
        ),
    ] {
        check(
            &admin,
            &[("drop table if exists t", ""), (&format!("create table t ({create})"), "")],
        )
        .await;
        let mut answer = ask(&admin, &copy(&format!("t {columns}"), key, options)).await;
        if answer.is_empty() {
            answer = ask(&admin, "select * from t order by 1").await;
        }
        assert_eq!(answer.join(";"), expect, "{create} {columns}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_every_type() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let create = "a smallint, b int, c bigint, d decimal(5,2), e real, f double precision, \
                  g boolean, h char(3), i varchar(9), j date, k timestamp, l timestamptz, m time, \
                  n timetz, o varbyte(4), p super";
    let file = "1|2|3|4.567|0.5|1e10|t|ab|é|2024-02-29|2024-02-29 01:02:03.5|2024-02-29 01:02:03+02|\
                01:02:03|01:02:03+01|00ff|{\"k\":1}\n2|||||||||||||||\n";
    let expect = "1|2|3|4.56|0.5|10000000000|t|ab |é|2024-02-29|2024-02-29 01:02:03.5|\
                  2024-02-28 23:02:03+00|01:02:03|00:02:03+00|00ff|{\"k\":1};\
                  2|~|~|~|~|~|~|   ||~|~|~|~|~|~|~";
    loads(&cluster, &admin, create, &[("", file.as_bytes(), expect)]).await;
    let json = "{\"b\": 1, \"A\": \"x\"} {\"a\":\"y\",\n\"b\":null}";
    loads(
        &cluster,
        &admin,
        "a varchar(9), b int",
        &[
            ("json 'auto'", json.as_bytes(), "y|~;~|1"),
            ("json 'auto ignorecase'", json.as_bytes(), "x|1;y|~"),
            ("fixedwidth 'a:2,b:3'", b"ab  1\ncd 22\n", "ab|1;cd|22"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_records() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let file = "id|name\n1|good\nx2|bad\n3|too long for it\n4|fine\n5\n";
    put(&cluster, "bad", file);
    let failed =
        "!XX000 Load into table 't' failed.  Check 'stl_load_errors' system table for details.";
    let errors = "select line_number, trim(colname), trim(type), trim(col_length), position, \
                  trim(raw_line), trim(raw_field_value), err_code, trim(err_reason), start_offset \
                  from stl_load_errors where query = pg_last_copy_id() order by line_number";
    let first = "3|id|int4|0|0|x2|bad|x2|1207|Invalid digit, Value 'x', Pos 0, Type: Integer|15";
    let second = "4|name|varchar|4|2|3|too long for it|too long for it|1204|String length exceeds DDL length|22";
    check(
        &admin,
        &[
            ("create table t (id int, name varchar(4))", ""),
            (&copy("t", "bad", "ignoreheader 1"), failed),
            ("select count(*), pg_last_copy_count() from t", "0|0"),
            (errors, first),
            (&copy("t", "bad", "ignoreheader 1 maxerror 3"), failed),
            (&copy("t", "bad", "ignoreheader 1 maxerror 4"), ""),
            ("select * from t order by 1", "1|good;4|fine"),
            ("select pg_last_copy_count()", "2"),
            (
                errors,
                &format!("{first};{second};6|name|varchar|4|0|5||1214|Delimiter not found|47"),
            ),
            (
                "select line_number, field, trim(colname), trim(value), is_null from \
                 stl_loaderror_detail where query = pg_last_copy_id() order by 1, 2",
                "3|0|id|x2|0;4|0|id|3|0;4|1|name|too long for it|0;6|0|id|5|0",
            ),
            (
                "select line_number, trim(column_name), error_code, trim(error_message) from \
                 sys_load_error_detail where query_id = pg_last_copy_id() order by 1 limit 1",
                "3|id|1207|Invalid digit, Value 'x', Pos 0, Type: Integer",
            ),
            (
                "select status, loaded_rows, error_count from sys_load_history order by query_id",
                "aborted|0|1;aborted|0|3;completed|2|3",
            ),
            (&copy("t", "bad", "ignoreheader 1 ignoreallerrors noload"), ""),
            ("select count(*), pg_last_copy_count() from t", "2|0"),
            ("begin", ""),
            (&copy("t", "bad", "ignoreheader 1 ignoreallerrors"), ""),
            ("select count(*) from t", "4"),
            ("rollback", ""),
            ("select count(*) from t", "2"),
        ],
    )
    .await;
    // Records are shown to their user and to superusers.
    check(&admin, &[("create user other password 'Other1234'", "")]).await;
    let other = cluster.client("other", "Other1234").await;
    check(&other, &[("select count(*) from stl_load_errors", "0")]).await;
    put(&cluster, "inv", b"1|a\xff\n");
    check(
        &admin,
        &[
            (&copy("t", "inv", "acceptinvchars"), ""),
            (
                "select trim(filename), line_number, trim(colname) from stl_replacements",
                "s3://lake/inv|1|name",
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unloaded_loads_again() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[
            ("create table s (id int, a varchar(40), d decimal(8,2), t timestamp, z timestamptz, f double precision, b boolean)", ""),
            ("insert into s values (1, 'plain', 1.5, '2024-01-02 03:04:05.678', '2024-01-02 03:04:05+00', 0.1, true), \
              (2, 'a|b,c\"d\\'e\\\\f\\ng é€', -0.01, '1969-12-31 23:59:59', null, 1e300, false), \
              (3, '', null, null, null, null, null), (4, null, 0, null, null, 0, null), \
              (5, ' \\t ', 999999.99, null, null, -0.5, null), (6, '\\\\N', 1, null, null, 1, true)", ""),
        ],
    )
    .await;
    let all = "select * from s order by id";
    let expect = ask(&admin, all).await;
    assert_eq!(expect.len(), 6);
    for (index, (unload, copy_options)) in [
        ("csv null as '@'", "csv null as '@'"),
        ("csv null as '@' gzip", "csv null as '@' gzip"),
        ("escape null as '@'", "escape null as '@'"),
        ("addquotes escape null as '@' zstd", "removequotes escape null as '@' zstd"),
        ("delimiter ';' escape null as '@' bzip2", "delimiter ';' escape null as '@' bzip2"),
        ("json", "json 'auto'"),
        ("parquet", "format parquet"),
        ("manifest verbose parquet", "manifest format parquet"),
    ]
    .into_iter()
    .enumerate()
    {
        let prefix = format!("round/{index}/");
        let out = format!(
            "unload ('select * from s') to 's3://lake/{prefix}' iam_role '{ROLE}' {unload}"
        );
        check(
            &admin,
            &[(&out, ""), ("drop table if exists r", ""), ("create table r (like s)", "")],
        )
        .await;
        let manifest = if unload.starts_with("manifest") { "manifest" } else { "" };
        let from = format!("{prefix}{manifest}");
        check(&admin, &[(&copy("r", &from, copy_options), "")]).await;
        assert_eq!(ask(&admin, "select * from r order by id").await, expect, "{unload}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columnar_files_that_do_not_fit() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let out = format!(
        "unload ('select 1 as a, ''toolong'' as b') to 's3://lake/c/' iam_role '{ROLE}' parquet"
    );
    check(&admin, &[(&out, "")]).await;
    put(&cluster, "junk", "this is no columnar file at all");
    put(&cluster, "m", r#"{"entries":[{"url":"s3://lake/junk","mandatory":true}]}"#);
    let scan = "!XX000 Spectrum Scan Error";
    let length = "!XX000 content_length is required in the manifest for columnar files";
    for (create, key, options, expect) in [
        ("a int, b varchar(9)", "c/", "parquet", "1|toolong"),
        ("a int, b varchar(9), c int", "c/", "parquet", scan),
        ("a int, b varchar(9), c int", "c/", "parquet fillrecord", "1|toolong|~"),
        ("a int, b varchar(3)", "c/", "parquet", scan),
        ("a int, b varchar(9)", "junk", "parquet", scan),
        ("a int, b varchar(9)", "junk", "orc", scan),
        ("a int, b varchar(9)", "m", "manifest parquet", length),
        (
            "a int, b varchar(9)",
            "c/",
            "parquet maxerror 5",
            "!0A000 MAXERROR argument is not supported for PARQUET based COPY",
        ),
    ] {
        check(
            &admin,
            &[("drop table if exists t", ""), (&format!("create table t ({create})"), "")],
        )
        .await;
        let mut answer = ask(&admin, &copy("t", key, options)).await;
        if answer.is_empty() {
            answer = ask(&admin, "select * from t order by 1").await;
        }
        let answer = answer.join(";");
        assert!(
            answer == expect || expect == scan && answer.starts_with(scan),
            "{create} {options}: {answer}"
        );
        check(&admin, &[("select count(*) from t where a <> 1", "0")]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_of_columnar_files_count_by_file_and_fail_together() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let file = |name: &str, rows: u32, last: &str| {
        format!(
            "unload ('select n as a, case when n = {rows} then ''{last}'' else ''x'' end as b \
             from generate_series(1, {rows}) as g(n)') to 's3://lake/{name}' iam_role '{ROLE}' \
             parquet parallel off"
        )
    };
    for (name, rows, last) in
        [("good/1", 200_000, "x"), ("good/2", 3, "x"), ("good/3", 150_000, "x")]
    {
        check(&admin, &[(&file(name, rows, last), "")]).await;
    }
    for (name, rows, last) in [("bad/1", 300_000, "x"), ("bad/2", 300_000, "too long")] {
        check(&admin, &[(&file(name, rows, last), "")]).await;
    }
    check(&admin, &[("create table t (a bigint, b varchar(3))", "")]).await;
    check(&admin, &[(&copy("t", "good/", "parquet"), "")]).await;
    let lines = "select lines_scanned from stl_load_commits where query = pg_last_copy_id() \
                 order by filename";
    assert_eq!(ask(&admin, lines).await, ["200000", "3", "150000"]);
    let sums = "select count(*), sum(a), max(b), pg_last_copy_count() from t";
    let sum = (200_000_i64 * 200_001 + 150_000 * 150_001) / 2 + 6;
    assert_eq!(ask(&admin, sums).await, [format!("350003|{sum}|x|350003")]);
    for _ in 0..5 {
        let answer = ask(&admin, &copy("t", "bad/", "parquet")).await.join(";");
        assert!(answer.starts_with("!XX000 Spectrum Scan Error"), "{answer}");
        check(&admin, &[("select count(*) from t", "350003")]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_load_is_cancelled() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let busy = cluster.admin().await;
    put(&cluster, "long", "1234567|x\n".repeat(3_000_000));
    check(&admin, &[("create table t (a int, b varchar(5))", "")]).await;
    let token = busy.cancel_token();
    let running = tokio::spawn(async move { ask(&busy, &copy("t", "long", "")).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    token.cancel_query(tokio_postgres::NoTls).await.unwrap();
    let answer = running.await.unwrap().join(";");
    assert!(answer.starts_with("!57014"), "{answer}");
    check(&admin, &[("select count(*) from t", "0")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_of_a_dynamodb_table() {
    use warehouse::ports::Attribute::{Null, Number, Other, Text};

    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let text = |text: &str| Text(text.into());
    let number = |text: &str| Number(text.into());
    let first = vec![
        ("Id".to_owned(), number("1")),
        ("name".to_owned(), text("one")),
        ("unused".to_owned(), Other("SS".into())),
    ];
    let second = vec![("ID".to_owned(), number("2.9")), ("name".to_owned(), Null)];
    let third = vec![("id".to_owned(), number("3")), ("price".to_owned(), number("1.259"))];
    let binary = vec![("name".to_owned(), Other("B".into()))];
    let twice = vec![("name".to_owned(), text("a")), ("NAME".to_owned(), text("b"))];
    let from = |table: &str, options: &str| {
        format!("copy t from 'dynamodb://{table}' iam_role '{ROLE}' readratio 1 {options}")
    };
    let broken = "Unsupported Data Type: Current Version only supports Strings and Numbers";
    let failed =
        "!XX000 Load into table 't' failed.  Check 'stl_load_errors' system table for details.";
    let missing = "!XX000 DynamoDBServiceException:Requested resource not found,Status 400,Error \
                   ResourceNotFoundException,Rid RID,ExtRid XRID,CanRetry 1";
    let differ = "!XX000 DynamoDB attributes that differ only in case match column \"name\"";
    for (items, sql, expect) in [
        (vec![first.clone()], from("items", ""), "1|one|~"),
        (
            vec![first.clone(), third.clone(), first.clone()],
            from("items", ""),
            "1|one|~;1|one|~;3||1.25",
        ),
        (vec![third.clone()], from("items", "emptyasnull roundec"), "3|~|1.26"),
        (vec![second], from("items", ""), failed),
        (vec![binary], from("items", ""), &*format!("!XX000 {broken}")),
        (vec![twice], from("items", ""), differ),
        (vec![], from("items", ""), ""),
        (vec![], from("none", ""), missing),
        (
            vec![],
            from("items", "csv"),
            "!0A000 a data format is not supported with COPY from Amazon DynamoDB",
        ),
        (
            vec![],
            from("items", "fillrecord"),
            "!42601 FILLRECORD option is not supported with a DynamoDB source in COPY",
        ),
    ] {
        *cluster.cloud.items.lock().unwrap() = items;
        let create = "create table t (id int, name varchar(9), price decimal(5,2))";
        check(&admin, &[("drop table if exists t", ""), (create, "")]).await;
        let mut answer = ask(&admin, &sql).await;
        if answer.is_empty() {
            answer = ask(&admin, "select * from t order by 1").await;
        }
        assert_eq!(answer.join(";"), expect, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_line_among_many() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    // Many rows are inserted by several threads; the bad one is told all the same.
    let line = |n: u32| match n {
        271_828 => format!("x{n}|bad\n"),
        _ => format!("{n}|row {n}\n"),
    };
    let file: String = (1..=400_000).map(line).collect();
    let offset = (1..271_828).map(|n| line(n).len()).sum::<usize>();
    put(&cluster, "many", file);
    let failed =
        "!XX000 Load into table 't' failed.  Check 'stl_load_errors' system table for details.";
    let told = "select trim(filename), line_number, trim(colname), trim(type), position, \
                trim(raw_line), trim(raw_field_value), err_code, trim(err_reason), start_offset \
                from stl_load_errors where query = pg_last_copy_id()";
    let expect = format!(
        "s3://lake/many|271828|a|int4|0|x271828|bad|x271828|1207|\
         Invalid digit, Value 'x', Pos 0, Type: Integer|{offset}"
    );
    check(
        &admin,
        &[
            ("create table t (a int, b varchar(20))", ""),
            (&copy("t", "many", ""), failed),
            (told, &expect),
            ("select count(*) from t", "0"),
            (&copy("t", "many", "maxerror 2"), ""),
            (told, &expect),
            (
                "select count(*), count(distinct a), sum(a::bigint) from t",
                "399999|399999|79999928172",
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readratio_paces_a_load_from_a_provisioned_table() {
    use std::time::{Duration, Instant};

    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let number = |n: u32| vec![("id".into(), warehouse::ports::Attribute::Number(n.to_string()))];
    *cluster.cloud.items.lock().unwrap() = (0..6).map(number).collect();
    check(&admin, &[("create table t (id int)", "")]).await;
    // Three pages of one unit each: two waits of what half of the capacity earns.
    for (provisioned, least) in [(Some(5.0), 800), (None, 0)] {
        *cluster.cloud.provisioned.lock().unwrap() = provisioned;
        let begun = Instant::now();
        let sql = format!("copy t from 'dynamodb://items' iam_role '{ROLE}' readratio 50");
        check(&admin, &[(&sql, ""), ("select pg_last_copy_count()", "6")]).await;
        assert!(begun.elapsed() >= Duration::from_millis(least), "{provisioned:?}");
    }
    // Who waits can be cancelled.
    *cluster.cloud.provisioned.lock().unwrap() = Some(0.001);
    let token = admin.cancel_token();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        token.cancel_query(tokio_postgres::NoTls).await.unwrap();
    });
    let sql = format!("copy t from 'dynamodb://items' iam_role '{ROLE}' readratio 1");
    let answer = ask(&admin, &sql).await.join(";");
    assert!(answer.starts_with("!57014"), "{answer}");
}
