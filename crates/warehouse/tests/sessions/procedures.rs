//! What of stored procedures the guide's corpus cannot show: the context of errors, describing a
//! call, cancelling one, and loops that must not grow.

use std::time::Duration;

use tokio_postgres::NoTls;

use crate::support::start;

/// The context and hint of errors are those that the guide shows (Managing transactions, Trapping
/// errors).
#[tokio::test(flavor = "multi_thread")]
async fn errors_tell_where_in_the_procedure_they_happened() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let client = cluster.admin().await;
    let script = "
        create table test_table_a (c1 int);
        create table test_table_b (c1 int);
        create procedure dynamic_error() as $$
BEGIN
    UPDATE test_table_a SET c1 = 1;
    EXECUTE 'select invalid';
END;
$$ language plpgsql;
        create procedure closed_cursor() language plpgsql as $$
DECLARE
  rec RECORD;
  cur1 cursor for select * from test_table_a order by 1;
BEGIN
  open cur1;
  TRUNCATE table test_table_b;
  Loop
    fetch cur1 into rec;
    exit when not found;
  End Loop;
END
$$;
        create procedure truncating() language plpgsql as $$
BEGIN
  TRUNCATE test_table_b;
END;
$$;
        create procedure dividing(a int) language plpgsql as $$
DECLARE
  n int;
BEGIN
  IF a IS NOT NULL THEN
    n := 1 / a;
  END IF;
END;
$$;
        create procedure calling(a int) language plpgsql as $$
BEGIN
  CALL dividing(a);
END;
$$;
        create procedure raising() language plpgsql as $$
BEGIN
  RAISE EXCEPTION 'mine';
END;
$$;";
    for statement in script.split(";\n        ") {
        client.batch_execute(statement.trim_end_matches(';')).await.unwrap();
    }
    for (statement, message, context) in [
        (
            "call dynamic_error()",
            "column \"invalid\" does not exist",
            Some(
                "SQL statement \"select invalid\"\n\
                 PL/pgSQL function \"dynamic_error\" line 3 at execute statement",
            ),
        ),
        (
            "call closed_cursor()",
            "cursor \"cur1\" does not exist",
            Some("PL/pgSQL function \"closed_cursor\" line 8 at fetch"),
        ),
        (
            "begin; call truncating()",
            "TRUNCATE cannot be invoked from a procedure that is executing in an atomic context.",
            Some(
                "SQL statement \"TRUNCATE test_table_b\"\n\
                 PL/pgSQL function \"truncating\" line 2 at SQL statement",
            ),
        ),
        (
            "call calling(0)",
            "Divide by zero",
            Some(
                "PL/pgSQL function \"dividing\" line 5 at assignment\n\
                 SQL statement \"CALL dividing( $1 )\"\n\
                 PL/pgSQL function \"calling\" line 2 at call",
            ),
        ),
        ("call raising()", "mine", None),
    ] {
        let error = client.batch_execute(statement).await.unwrap_err();
        client.batch_execute("rollback").await.unwrap();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.message(), message, "{statement}");
        assert_eq!(error.where_(), context, "{statement}");
        assert_eq!(error.position(), None, "{statement}");
    }
    let error = client.batch_execute("begin; call truncating()").await.unwrap_err();
    let hint = error.as_db_error().unwrap().hint().unwrap().to_owned();
    assert!(hint.starts_with("Try calling the procedure as a top-level call"), "{hint}");
}

/// A body that is none says where it is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_compile_tells_its_line() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let client = cluster.admin().await;
    for (body, message, line) in [
        ("\nBEGIN\n  x := ;\nEND;\n", "\"x\" is not a known variable", 2),
        ("\nBEGIN\n  IF true\n    NULL;\n  END IF;\nEND;\n", MISSING_THEN, 3),
        ("BEGIN\n\n  LOOP\n  END LOOP\nEND;", "syntax error at or near \"END\"", 5),
        ("\nBEGIN\n  NULL;\n  INSERT INTO;\nEND;\n", "syntax error at end of input", 3),
    ] {
        let text = format!("create procedure p() as $${body}$$ language plpgsql");
        let error = client.batch_execute(&text).await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!((error.code().code(), error.message()), ("42601", message));
        let context = format!("compile of PL/pgSQL function \"p\" near line {line}");
        assert_eq!(error.where_(), Some(context.as_str()), "{body:?}");
    }
}

const MISSING_THEN: &str = "missing THEN at end of SQL expression";

/// The extended protocol: a call's outputs are described before it runs, and values are bound.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_described_and_takes_parameters() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let client = cluster.admin().await;
    client
        .batch_execute(
            "create procedure doubled(a int, b inout varchar(20), c out numeric(8,2)) as $$
             begin b := b || b; c := a * 2; end; $$ language plpgsql",
        )
        .await
        .unwrap();
    let rows = client.query("call doubled(21, 'xy')", &[]).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let names: Vec<&str> = row.columns().iter().map(|column| column.name()).collect();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(row.columns()[1].type_().oid(), 1700);
    assert_eq!(row.get::<_, &str>(0), "xyxy");
    let typed = client.prepare_typed(
        "call doubled($1, $2)",
        &[tokio_postgres::types::Type::INT4, tokio_postgres::types::Type::VARCHAR],
    );
    let typed = typed.await.unwrap();
    assert_eq!(typed.columns().len(), 2);
    let rows = client.query(&typed, &[&4_i32, &"ab"]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "abab");
    client
        .batch_execute("create procedure quiet() as $$ begin null; end; $$ language plpgsql")
        .await
        .unwrap();
    assert!(client.query("call quiet()", &[]).await.unwrap().is_empty());
}

const ENDLESS: &str = "create procedure endless() as $$
    declare n int := 0;
    begin loop n := n; end loop; end; $$ language plpgsql";

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_is_cancelled_from_outside_and_by_its_timeout() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let client = cluster.admin().await;
    client.batch_execute(ENDLESS).await.unwrap();
    client
        .batch_execute(
            "create procedure caught() as $$ begin call endless();
             exception when others then raise info 'caught'; end; $$ language plpgsql",
        )
        .await
        .unwrap();
    // A cancellation that comes before the call begins means nothing: say it until it is heard.
    let token = client.cancel_token();
    let cancelling = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            token.cancel_query(NoTls).await.unwrap();
        }
    });
    for statement in ["call endless()", "call caught()"] {
        let error = client.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "57014", "{statement}");
    }
    cancelling.abort();
    client.batch_execute("set statement_timeout to 200").await.unwrap();
    // A handler does not catch it.
    for statement in ["call endless()", "call caught()"] {
        let error = client.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "57014", "{statement}");
    }
    client.batch_execute("reset statement_timeout").await.unwrap();
    client.batch_execute("select 1").await.unwrap();
}

/// Calls nest sixteen deep, and no further.
#[tokio::test(flavor = "multi_thread")]
async fn the_seventeenth_nested_call_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let client = cluster.admin().await;
    client
        .batch_execute(
            "create procedure deeper(n int) as $$ begin
             if n > 1 then call deeper(n - 1); end if; end; $$ language plpgsql",
        )
        .await
        .unwrap();
    client.batch_execute("call deeper(16)").await.unwrap();
    let error = client.batch_execute("call deeper(17)").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "54001");
    client.batch_execute("call deeper(16)").await.unwrap();
}

/// A loop reads its rows in pages of a thousand.
#[tokio::test(flavor = "multi_thread")]
async fn a_loop_over_many_rows_sees_each_once() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let client = cluster.admin().await;
    let values: Vec<String> = (0..50).map(|n| format!("({n})")).collect();
    client.batch_execute("create table side (n bigint)").await.unwrap();
    client.batch_execute(&format!("insert into side values {}", values.join(", "))).await.unwrap();
    client
        .batch_execute(
            "create procedure counted(total out bigint, checked out bigint) as $$
             declare r record;
             begin
               total := 0;
               checked := 0;
               for r in select a.n * 50 + b.n as n from side a, side b order by 1 loop
                 if r.n = total then checked := checked + 1; end if;
                 total := total + 1;
               end loop;
             end; $$ language plpgsql",
        )
        .await
        .unwrap();
    let rows = client.query("call counted()", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 2500);
    assert_eq!(rows[0].get::<_, i64>(1), 2500);
}
