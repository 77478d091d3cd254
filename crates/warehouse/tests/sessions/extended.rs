//! The extended protocol: parameters, formats, portals, errors.

use std::io::{Read, Write};
use std::pin::pin;

use futures::{StreamExt, TryStreamExt};
use tokio_postgres::types::Type;

use crate::support::{MASTER, PASSWORD, check, error_text, start};

#[tokio::test(flavor = "multi_thread")]
async fn parameters_and_binary_results() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[(
            "create table t (id int, big bigint, small smallint, f double precision, \
              name varchar(10), ok boolean)",
            "",
        )],
    )
    .await;
    let types = [Type::INT4, Type::INT8, Type::INT2, Type::FLOAT8, Type::VARCHAR, Type::BOOL];
    let insert =
        admin.prepare_typed("insert into t values ($1, $2, $3, $4, $5, $6)", &types).await.unwrap();
    assert!(insert.columns().is_empty());
    for id in 0..10_i32 {
        let name = (id % 2 == 0).then(|| format!("it's {id}"));
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&id, &(i64::from(id) << 40), &7_i16, &(f64::from(id) / 4.0), &name, &(id > 5)];
        assert_eq!(admin.execute(&insert, &params).await.unwrap(), 1);
    }
    let select = admin
        .prepare_typed("select * from t where id >= $1 order by id", &[Type::INT4])
        .await
        .unwrap();
    let names: Vec<_> =
        select.columns().iter().map(|c| format!("{} {}", c.name(), c.type_())).collect();
    let expect = ["id int4", "big int8", "small int2", "f float8", "name varchar", "ok bool"];
    assert_eq!(names, expect);
    let rows = admin.query(&select, &[&8_i32]).await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get::<_, i32>(0), 8);
    assert_eq!(rows[0].get::<_, i64>(1), 8 << 40);
    assert_eq!(rows[0].get::<_, i16>(2), 7);
    assert!((rows[1].get::<_, f64>(3) - 2.25).abs() < f64::EPSILON);
    assert_eq!(rows[0].get::<_, Option<&str>>(4), Some("it's 8"));
    assert_eq!(rows[1].get::<_, Option<&str>>(4), None);
    assert!(rows[0].get::<_, bool>(5));
    // A parameter of unknown type is text where nothing else is asked for.
    let echo = admin.query_one("select $1 as v", &[&"x"]).await.unwrap();
    assert_eq!(echo.get::<_, &str>("v"), "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn portals_are_read_in_pages() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let mut admin = cluster.admin().await;
    let transaction = admin.transaction().await.unwrap();
    let statement = transaction.prepare("select g from generate_series(1, 5) t(g)").await.unwrap();
    let portal = transaction.bind(&statement, &[]).await.unwrap();
    let mut sizes = Vec::new();
    loop {
        let page: Vec<_> =
            transaction.query_portal_raw(&portal, 2).await.unwrap().try_collect().await.unwrap();
        sizes.push(page.len());
        // Another statement between two pages must not disturb them.
        transaction
            .execute("create temp table if not exists between_pages (a int)", &[])
            .await
            .unwrap();
        if page.len() < 2 {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn describing_does_not_run_and_errors_skip_to_sync() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(&admin, &[("create table t (a int)", "")]).await;
    let insert = admin.prepare("insert into t values (1)").await.unwrap();
    let create = admin.prepare("create table later (a int)").await.unwrap();
    check(&admin, &[("select count(*) from t", "0")]).await;
    assert_eq!(admin.execute(&insert, &[]).await.unwrap(), 1);
    admin.execute(&create, &[]).await.unwrap();
    let error = admin.execute(&create, &[]).await.unwrap_err();
    assert_eq!(error_text(&error), "!42P07 Relation \"later\" already exists");
    let error = admin.query("select 1; select 2", &[]).await.unwrap_err();
    assert_eq!(
        error_text(&error),
        "!42601 cannot insert multiple commands into a prepared statement"
    );
    check(&admin, &[("select count(*) from t", "1")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_stops_its_query() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let reader = cluster.admin().await;
    // Far more rows than memory would hold: only what is read is computed.
    let endless =
        "select g, 'abcdefghijklmnopqrstuvwxyz' from generate_series(1, 100000000000) t(g)";
    let rows = reader.query_raw(endless, Vec::<String>::new()).await.unwrap();
    let mut rows = pin!(rows);
    for expect in 1..=1000_i64 {
        assert_eq!(rows.next().await.unwrap().unwrap().get::<_, i64>(0), expect);
    }
    let other = cluster.admin().await;
    check(&other, &[("select 1", "1")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_take_the_types_of_their_places() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(
        &admin,
        &[(
            "create table t (i int, b bigint, d date, ts timestamp, p decimal(8,2), v varchar(9), \
              ok boolean)",
            "",
        )],
    )
    .await;
    for (sql, expect) in [
        ("select 1 from t where i = $1 and $2 < b and d >= $3", "int4 int8 date"),
        (
            "select i + $1, i * $2 from t where ts between $3 and $4",
            "int4 int4 timestamp timestamp",
        ),
        ("select 1 from t where p > $1 and v = $2 and $3", "numeric varchar bool"),
        ("insert into t (d, i, v) values ($1, $2, $3)", "date int4 varchar"),
        ("update t set b = $1, ok = $2 where i in ($3, 2)", "int8 bool int4"),
        ("select $1", "varchar"),
        ("select cast($1 as bigint), $2 from t where missing = $3", ""),
    ] {
        let found = match admin.prepare(sql).await {
            Ok(prepared) => prepared.params().iter().map(ToString::to_string).collect(),
            Err(_) => Vec::new(),
        };
        assert_eq!(found.join(" "), expect, "{sql}");
    }
    let insert = admin.prepare("insert into t (i, v) values ($1, $2)").await.unwrap();
    admin.execute(&insert, &[&5_i32, &"it's"]).await.unwrap();
    let select = admin.prepare("select v, i + $1 as n from t where i = $2").await.unwrap();
    let row = admin.query_one(&select, &[&2_i32, &5_i32]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, i32>(1)), ("it's", 7));
}

/// A message of the protocol: its kind, its length and its content.
fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 4).unwrap();
    [&[kind][..], &length.to_be_bytes(), content].concat()
}

/// Parse, Bind and Execute of the unnamed statement.
fn executed(sql: &str) -> Vec<u8> {
    let parse = message(b'P', format!("\0{sql}\0\0\0").as_bytes());
    [parse, message(b'B', &[0; 8]), message(b'E', &[0; 5])].concat()
}

/// The kinds of the server's messages up to one of `last`.
fn heard(stream: &mut std::net::TcpStream, last: u8) -> String {
    let mut kinds = String::new();
    loop {
        let mut head = [0_u8; 5];
        stream.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut content = vec![0; length as usize - 4];
        stream.read_exact(&mut content).unwrap();
        kinds.push(head[0].into());
        if head[0] == last {
            return kinds;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_up_to_a_sync_is_one_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    check(&admin, &[("create table t (a int)", "")]).await;
    let mut stream = std::net::TcpStream::connect(cluster.warehouse.address()).unwrap();
    let beside = stream.try_clone().unwrap();
    beside.set_nonblocking(true).unwrap();
    let beside = tokio::net::TcpStream::from_std(beside).unwrap();
    let config = cluster.config(MASTER, PASSWORD);
    let (client, connection) = config.connect_raw(beside, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.simple_query("select 1").await.unwrap();
    // From here on the test speaks itself.
    connection.abort();
    assert!(connection.await.unwrap_err().is_cancelled());
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let insert = executed("insert into t values (1)");
    let (flush, sync) = (message(b'H', &[]), message(b'S', &[]));
    // The failure is heard without a Sync, and undoes what came before it.
    let wrong = executed("select * from missing");
    stream.write_all(&[&insert[..], &wrong, &insert, &flush].concat()).unwrap();
    assert!(heard(&mut stream, b'E').starts_with("12C"));
    stream.write_all(&sync).unwrap();
    assert_eq!(heard(&mut stream, b'Z'), "Z");
    check(&admin, &[("select count(*) from t", "0")]).await;
    // Nobody sees what was executed before the Sync.
    stream.write_all(&[&insert[..], &insert, &flush].concat()).unwrap();
    assert_eq!(heard(&mut stream, b'C') + &heard(&mut stream, b'C'), "12C12C");
    check(&admin, &[("select count(*) from t", "0")]).await;
    stream.write_all(&sync).unwrap();
    assert_eq!(heard(&mut stream, b'Z'), "Z");
    check(&admin, &[("select count(*) from t", "2")]).await;
}
