//! Tests of the whole crate, by matter. What statements become is in `corpus/sql/`.

use std::fmt::Debug;

use crate::*;

fn one(sql: &str) -> Kind {
    let mut statements = parse(sql, &Options::default()).unwrap();
    assert_eq!(statements.len(), 1, "{sql}");
    statements.remove(0).kind
}

fn engine(sql: &str) -> EngineStatement {
    match one(sql) {
        Kind::Engine(statement) => statement,
        Kind::Merge(merge) => merge.statements.into_iter().next().unwrap(),
        other => panic!("{sql}: {other:?}"),
    }
}

fn error(sql: &str) -> SqlError {
    parse(sql, &Options::default()).unwrap_err()
}

fn check<T: Debug + PartialEq>(input: &str, actual: T, expected: T) {
    assert_eq!(actual, expected, "{input}");
}

#[test]
fn redaction_hides_every_secret_and_keeps_the_rest() {
    let cases = [
        ("create user a password 'Secret123' createdb", "create user a password '***' createdb"),
        ("ALTER USER a PASSWORD $$Secret123$$", "ALTER USER a PASSWORD '***'"),
        (
            "copy t from 's3://b' access_key_id 'A' secret_access_key 'it''s' session_token 'T'",
            "copy t from 's3://b' access_key_id '***' secret_access_key '***' session_token '***'",
        ),
        (
            "unload ('x') to 's3://b' with credentials as 'aws_access_key_id=A;aws_secret_access_key=S'",
            "unload ('x') to 's3://b' with credentials as '***'",
        ),
        (
            "copy t from 's3://b' credentials 'aws_iam_role=arn:aws:iam::1:role/A'",
            "copy t from 's3://b' credentials 'aws_iam_role=arn:aws:iam::1:role/A'",
        ),
        (
            "select 'not a secret', \"password\" from t",
            "select 'not a secret', \"password\" from t",
        ),
        ("select 'ä' -- ü\n, password '1'", "select 'ä' -- ü\n, password '***'"),
        // Not even a text that cannot be read may show one.
        ("create user a password 'Secret123", "***"),
        ("select 'abc", "select 'abc"),
    ];
    for (input, expected) in cases {
        check(input, redact(input), expected.to_owned());
    }
}

#[test]
fn secrets_are_in_no_debug_and_in_no_error() {
    let sql = "create user a password 'Secret123'";
    assert!(!format!("{:?}", one(sql)).contains("Secret123"));
    let sql = "copy t from 's3://b/p' access_key_id 'AKIA1' secret_access_key 'S3cr3t'";
    assert!(!format!("{:?}", one(sql)).contains("S3cr3t"));
    for sql in ["create user a 'Secret123'", "copy t from 's3://b' secret_key 'Secret123'"] {
        assert!(!error(sql).to_string().contains("Secret123"), "{sql}");
    }
}

#[test]
fn passwords_are_told_apart_by_their_form() {
    let password = |sql: &str| match one(sql) {
        Kind::CreateUser(user) => user.password,
        other => panic!("{other:?}"),
    };
    let digest = "0123456789abcdef0123456789ABCDEF";
    check(
        "md5",
        password(&format!("create user a password 'md5{digest}'")),
        Password::Md5(digest.to_ascii_lowercase()),
    );
    let (hash, salt) = (digest.repeat(2), digest.repeat(2));
    check(
        "sha256",
        password(&format!("create user a password 'sha256|{hash}|{salt}'")),
        Password::Sha256 { digest: hash.to_lowercase(), salt: salt.to_lowercase() },
    );
    check(
        "plain",
        password("create user a password 'md5Abcdefg'"),
        Password::Plain("md5Abcdefg".into()),
    );
    assert_eq!(error("create user a password 'sha256|Ab1|x'").sqlstate, "28P01");
}

#[test]
fn literals_mean_what_redshift_means() {
    let cases = [
        (r"'it''s'", "'it''s'"),
        (r"'it\'s'", "'it''s'"),
        (r"'\\'", r"'\'"),
        (r"'\''''", "''''''"),
        (r"'\\\'; drop table t; --'", r"'\''; drop table t; --'"),
        (r"'\101\7z'", "'A\u{7}z'"),
        (r"'\n\t\q'", "'\n\tq'"),
        (r"''", "''"),
        (r"'''a'''", "'''a'''"),
        (r"$$a'b\n$$", r"'a''b\n'"),
    ];
    for (input, expected) in cases {
        let sql = engine(&format!("select {input} as x")).sql;
        check(input, sql, format!("SELECT {expected} AS \"x\""));
    }
}

#[test]
fn names_fold_unless_the_session_keeps_case() {
    let sql = "select Abc, \"Def\" from \"S\".T";
    check(sql, engine(sql).sql, "SELECT \"abc\", \"def\" FROM \"s\".\"t\"".to_owned());
    let options = Options { case_sensitive_identifiers: true, ..Options::default() };
    let statements = parse(sql, &options).unwrap();
    let Kind::Engine(statement) = &statements[0].kind else { panic!() };
    check(sql, statement.sql.as_str(), "SELECT \"abc\", \"Def\" FROM \"S\".\"t\"");
    assert_eq!(statement.accesses[0].name.to_string(), "S.t");
}

#[test]
fn a_quoted_user_name_keeps_its_case() {
    let Kind::DropUser(dropped) = one("drop user \"Etl\", Other") else { panic!() };
    assert_eq!(dropped.names, ["Etl", "other"]);
}

#[test]
fn errors_stand_at_their_character() {
    let cases = [
        ("select 'ä' from", "42601", Some(16)),
        ("select 1;\nselect 2 3", "42601", Some(20)),
        ("select 1;\n\n  frob", "42601", Some(14)),
        ("select 'ä', foo(1)", "42883", Some(13)),
        ("/* ä */ select * from \"x.csv\"", "42P01", Some(23)),
        ("select", "42601", Some(7)),
    ];
    for (sql, sqlstate, position) in cases {
        let error = error(sql);
        check(sql, (error.sqlstate, error.position), (sqlstate, position));
    }
}

#[test]
fn nothing_of_the_engine_is_within_reach() {
    let refused = [
        "select * from read_parquet('x')",
        "select * from read_json_auto('x')",
        "select * from sniff_csv('x')",
        "select * from duckdb_settings()",
        "select * from pragma_database_list()",
        "select * from query('select 1')",
        "select * from query_table('t')",
        "select * from parquet_metadata('x')",
        "select * from 'x.parquet'",
        "select * from \"s3://b/x\"",
        "select * from \"s\".\"x.csv\"",
        "select a from (select * from \"a/b\") t",
        "select (select 1 from \"x.json\")",
        "insert into \"x.csv\" select 1",
        "update \"x.csv\" set a = 1",
        "delete from \"x.csv\"",
        "create table t as select * from \"x.csv\"",
        "create view v as select * from read_csv('x')",
        "declare c cursor for select * from read_csv('x')",
        "prepare p as select * from read_csv('x')",
        "explain select * from read_csv('x')",
        "create table t (a int default getenv('HOME'))",
        "create table t (a int default (select 1))",
        "execute p (getenv('HOME'))",
        "select getvariable('x')",
        "select error('x')",
        "select current_setting_of_engine()",
        "select nextval('s')",
        "select list_transform([1], x -> x)",
        "select columns('a') from t",
        "select {'a': 1}",
        "select * from unnest(array[1])",
        "select * from t at (version => 1)",
        "summarize t",
        "describe t",
        "export database 'x'",
        "checkpoint",
        "force checkpoint",
        "detach x",
        "create secret s (type s3)",
        "create macro m() as 1",
        "set variable x = 1",
        "import database 'x'",
        "pivot t on a using sum(b)",
        "from t select a",
        "select * from t where a = :x",
        "select * from t where a = ?",
    ];
    for sql in refused {
        let sqlstate = match parse(sql, &Options::default()) {
            Err(error) => error.sqlstate,
            Ok(statements) => panic!("{sql}: {statements:?}"),
        };
        assert!(
            ["42601", "42883", "0A000", "42P01", "42P02", "42704"].contains(&sqlstate),
            "{sql}: {sqlstate}"
        );
    }
}

#[test]
fn every_relation_is_listed_and_no_common_table() {
    let cases: &[(&str, &[&str])] = &[
        ("select * from t", &["Select t"]),
        ("with t as (select * from t) select * from t", &["Select t"]),
        ("with a as (select 1), b as (select * from a) select * from a, b", &[]),
        ("with a as (select * from b), b as (select 1) select * from a, b", &["Select b"]),
        ("with recursive a as (select * from a) select * from a", &["Select a"]),
        (
            "with recursive a as (select * from b), b as (select 1 union select 2) select * from a",
            &["Select b"],
        ),
        ("with a as (select 1) select * from s.a", &["Select s.a"]),
        ("select * from (with a as (select 1) select * from a) x, a", &["Select a"]),
        ("with a as (select 1) select * from (with a as (select * from a) select * from a) x", &[]),
        (
            "select 1 where exists (select 1 from t where a in (select b from u))",
            &["Select t", "Select u"],
        ),
        (
            "select case when (select count(*) from t) > 1 then (select 1 from u) end",
            &["Select t", "Select u"],
        ),
        ("select * from a join (b join c on true) on true", &["Select a", "Select b", "Select c"]),
        ("select a from t order by (select b from u) limit 1", &["Select t", "Select u"]),
        (
            "select a, sum(b) over (order by (select 1 from u) rows 1 preceding) from t",
            &["Select u", "Select t"],
        ),
        ("insert into t with u as (select * from t) select * from u", &["Insert t", "Select t"]),
        // The subquery may name columns of `t`: without the catalog it counts as reading it.
        ("update t set a = (select max(b) from u)", &["Update t", "Select t", "Select u"]),
        ("update t set a = 1", &["Update t"]),
        ("delete from t where a in (select a from u)", &["Delete t", "Select t", "Select u"]),
        (
            "merge into t using (select * from u) x on t.a = x.a when matched then delete when not matched then insert values (1)",
            &["Select t", "Delete t", "Insert t", "Select u"],
        ),
        (
            "select * from t union select * from u except (select * from v)",
            &["Select t", "Select u", "Select v"],
        ),
    ];
    for (sql, expected) in cases {
        let accesses = engine(sql).accesses;
        let mut actual: Vec<String> =
            accesses.iter().map(|a| format!("{:?} {}", a.privilege, a.name)).collect();
        let mut expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        actual.sort();
        expected.sort();
        check(sql, actual, expected);
    }
}

#[test]
fn ddl_lists_what_it_reads() {
    let Kind::CreateTable(table) = one("create table t as select * from u join s.v on true") else {
        panic!()
    };
    let names: Vec<String> = table.accesses.iter().map(|a| a.name.to_string()).collect();
    assert_eq!(names, ["u", "s.v"]);
    let Kind::CreateTable(table) = one("create table t (like u)") else { panic!() };
    assert_eq!(table.accesses[0].name.to_string(), "u");
    let Kind::CreateTable(table) = one("select a into t from u") else { panic!() };
    assert!(matches!(table.source, TableSource::Query { select_into: true, .. }));
    assert_eq!(table.accesses.len(), 1);
}

#[test]
fn types_have_their_defaults_oids_and_modifiers() {
    let cases = [
        ("varchar", SqlType::Varchar(256), 1043, 260),
        ("CHARACTER VARYING(20)", SqlType::Varchar(20), 1043, 24),
        ("varchar(max)", SqlType::Varchar(65_535), 1043, 65_539),
        ("text", SqlType::Varchar(256), 1043, 260),
        ("char", SqlType::Char(1), 1042, 5),
        ("bpchar", SqlType::Char(256), 1042, 260),
        ("numeric", SqlType::Decimal { precision: 18, scale: 0 }, 1700, (18 << 16) + 4),
        ("decimal(8, 2)", SqlType::Decimal { precision: 8, scale: 2 }, 1700, ((8 << 16) | 2) + 4),
        ("int8", SqlType::BigInt, 20, -1),
        ("float", SqlType::Double, 701, -1),
        ("float(24)", SqlType::Real, 700, -1),
        ("double precision", SqlType::Double, 701, -1),
        ("timestamp without time zone", SqlType::Timestamp, 1114, -1),
        ("timestamp with time zone", SqlType::TimestampTz, 1184, -1),
        ("super", SqlType::Super, 4000, 16_384_000),
    ];
    for (text, expected, oid, typmod) in cases {
        let parsed = SqlType::parse(text).unwrap();
        check(text, (parsed, parsed.oid(), parsed.typmod()), (expected, oid, typmod));
        check(text, SqlType::parse(&parsed.to_string()).unwrap(), expected);
    }
    for (text, sqlstate) in [
        ("varchar(65536)", "22023"),
        ("char(0)", "22023"),
        ("decimal(39)", "22023"),
        ("uuid", "0A000"),
        ("int[]", "0A000"),
        ("frob", "42704"),
        ("int int", "42601"),
    ] {
        check(text, SqlType::parse(text).unwrap_err().sqlstate, sqlstate);
    }
}

#[test]
fn errors_raised_by_the_sql_come_back() {
    let cases = [
        ("Invalid Input Error: redshift:22012:Divide by zero", Some(("22012", "Divide by zero"))),
        (
            "Constraint Error: CHECK constraint failed on table t with expression CHECK(CASE … \
             \"error\"('redshift:22001:value too long for type character varying(3)') END)",
            Some(("22001", "value too long for type character varying(3)")),
        ),
        ("Binder Error: no such column", None),
    ];
    for (input, expected) in cases {
        let expected = expected.map(|(state, text): (&str, &str)| (state, text.to_owned()));
        check(input, raised(input), expected);
    }
}

#[test]
fn statements_are_split_with_their_text_and_place() {
    let statements = parse(" select 1 ; ; select ';' ;-- end", &Options::default()).unwrap();
    let seen: Vec<(&str, usize)> =
        statements.iter().map(|s| (s.text.as_str(), s.position)).collect();
    assert_eq!(seen, [("select 1", 2), ("select ';'", 15)]);
    for empty in ["", " ; ", "-- nothing", "/* a /* nested */ comment */"] {
        check(empty, one(empty), Kind::Empty);
    }
}

#[test]
fn deep_and_long_expressions_are_refused_not_fatal() {
    let long = format!("select 1{}", " + 1".repeat(50_000));
    assert_eq!(error(&long).sqlstate, "54001");
    let deep = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(error(&deep).sqlstate, "54001");
    let mut nested = String::from("1");
    for _ in 0..100 {
        nested = format!("({nested}{})", " + 1".repeat(100));
    }
    assert_eq!(error(&format!("select {nested}")).sqlstate, "54001");
    let fits = format!("select 1{}", " + 1".repeat(800));
    assert!(parse(&fits, &Options::default()).is_ok());
    let long_list = format!("select 1 where 1 in ({})", vec!["-1"; 5_000].join(", "));
    assert!(parse(&long_list, &Options::default()).is_ok());
}

#[test]
fn division_in_divisors_does_not_explode() {
    let mut expression = String::from("a");
    for _ in 0..30 {
        expression = format!("a / ({expression})");
    }
    assert!(engine(&format!("select {expression} from t")).sql.len() < 100_000);
}

#[test]
fn the_clock_is_listed_wherever_it_may_be_read() {
    let clock = ["getdate", "sysdate"];
    check(
        "default",
        engine("insert into t (a) values (1)").session_functions,
        clock.map(String::from).to_vec(),
    );
    check("constant", engine("select 'today'::date").session_functions, vec!["sysdate".into()]);
    check("call", engine("select getdate()").session_functions, vec!["getdate".into()]);
    check("none", engine("select 1").session_functions, Vec::<String>::new());
}

#[test]
fn command_tags() {
    let cases = [
        ("select 1", "SELECT 3"),
        ("insert into t values (1)", "INSERT 0 3"),
        ("create table t (a int)", "CREATE TABLE"),
        ("create table t as select 1", "SELECT"),
        ("begin", "BEGIN"),
        ("start transaction", "BEGIN"),
        ("end", "COMMIT"),
        ("set x to 1", "SET"),
        ("fetch 3 from c", "FETCH 3"),
        ("unload ('select 1') to 's3://b/p' iam_role default", "UNLOAD"),
        ("grant select on t to u", "GRANT"),
        ("drop view v", "DROP VIEW"),
    ];
    for (sql, expected) in cases {
        check(sql, command_tag(&one(sql), 3), expected.to_owned());
    }
}

#[test]
fn an_unload_body_is_one_query() {
    let body = |sql: &str| parse_query(sql, &Options::default());
    assert!(body("select * from (select * from t limit 3)").is_ok());
    for (sql, message) in [
        ("select * from t limit 3", "Limit clause is not supported"),
        ("(select * from t limit 3)", "Limit clause is not supported"),
        ("select 1; select 2", "syntax error at or near \";\""),
        ("delete from t", "syntax error at or near \"delete\""),
        ("", "syntax error at end of input"),
    ] {
        check(sql, body(sql).unwrap_err().message, message.to_owned());
    }
}
