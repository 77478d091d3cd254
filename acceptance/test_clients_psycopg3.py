"""psycopg 3: binary and text, pipelines, both kinds of cursors, batches, notices, cancellation."""

import datetime as dt
import threading
from decimal import Decimal

import psycopg
import pytest

MOMENT = dt.datetime(2024, 2, 29, 23, 59, 58, 123456)
CLOCK = dt.time(4, 5, 6, 700000)
NUMBERS = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)"

# A type, and a value of it that must come back as it went.
VALUES = [
    ("boolean", False),
    ("smallint", -32768),
    ("integer", 2147483647),
    ("bigint", -9223372036854775808),
    ("real", 1.5),
    ("double precision", 0.1),
    ("decimal(38,10)", Decimal("-12345678901234567890.0000000001")),
    ("decimal(10,2)", Decimal("0.05")),
    ("varchar(30)", "täglich\n'\\"),
    ("char(4)", "four"),
    ("text", ""),
    ("date", dt.date(2024, 2, 29)),
    ("time", CLOCK),
    ("timestamp", MOMENT),
    ("timestamptz", MOMENT.replace(tzinfo=dt.timezone.utc)),
]


def connect(warehouse, **options):
    """A connection; the names of encodings are PostgreSQL's only when the client asks for one."""
    return psycopg.connect(**warehouse.libpq(), client_encoding="utf8", connect_timeout=20, **options)


@pytest.fixture(scope="module")
def schema(warehouse):
    """A schema of its own."""
    with connect(warehouse, autocommit=True) as connection:
        connection.execute("create schema psycopg3")
    return "psycopg3"


@pytest.fixture
def connection(warehouse, schema):
    """A connection that commits each statement."""
    with connect(warehouse, autocommit=True) as made:
        yield made


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_goes_and_comes_back(connection, kind, value, binary):
    place = "%b" if binary else "%t"
    with connection.cursor(binary=binary) as cursor:
        cursor.execute(f"create temp table held (id int, v {kind})")
        for id, given in enumerate([value, None]):
            cursor.execute(f"insert into held values (%s, {place})", (id, given))
        cursor.execute("select v from held order by id")
        assert cursor.fetchall() == [(value,), (None,)]
        assert cursor.execute(f"select {place}::{kind}", (value,)).fetchone() == (value,)
        assert cursor.execute(f"select id from held where v = {place}", (value,)).fetchone() == (0,)


def test_statements_are_prepared_and_used_again(connection):
    connection.prepare_threshold = 2
    for n in range(8):
        assert connection.execute("select %s::int + 1", (n,)).fetchone() == (n + 1,)
    for n in range(3):
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("select * from psycopg3.nothing where id = %s", (n,), prepare=True)
    connection.prepared_max = 1
    for n in range(4):
        query = f"select {n} + %s::int"
        assert connection.execute(query, (n,), prepare=True).fetchone() == (2 * n,)


def test_a_pipeline_sends_without_waiting(connection):
    with connection.pipeline() as pipeline:
        connection.execute("create temp table sent (id int)")
        cursors = [connection.execute("insert into sent values (%s)", (n,)) for n in range(20)]
        pipeline.sync()
        count = connection.execute("select count(*), sum(id) from sent")
        one = connection.execute("select %s::int", (1,))
    assert count.fetchone() == (20, 190) and one.fetchone() == (1,)
    assert all(cursor.rowcount == 1 for cursor in cursors)


def test_an_error_ends_the_pipeline_up_to_its_sync(connection):
    with pytest.raises(psycopg.errors.DivisionByZero):
        with connection.pipeline():
            connection.execute("select 1")
            connection.execute("select 1 / 0")
            connection.execute("select 2")
    assert connection.execute("select 3").fetchone() == (3,)


def test_a_pipeline_is_a_transaction(warehouse, schema, connection):
    connection.execute("create table psycopg3.piped (id int)")
    with pytest.raises(psycopg.errors.DivisionByZero):
        with connection.pipeline():
            with connection.transaction():
                connection.execute("insert into psycopg3.piped values (1)")
                connection.execute("select 1 / 0")
    with connection.pipeline(), connection.transaction():
        connection.execute("insert into psycopg3.piped values (2)")
    assert connection.execute("select id from psycopg3.piped").fetchall() == [(2,)]


def test_many_rows_go_in_one_batch(connection):
    connection.execute("create temp table batch (id int, name varchar(20))")
    with connection.cursor() as cursor:
        rows = [(n, f"name {n}" if n % 3 else None) for n in range(300)]
        cursor.executemany("insert into batch values (%s, %s)", rows)
        assert cursor.rowcount == 300
        cursor.execute("select count(*), count(name) from batch")
        assert cursor.fetchone() == (300, 200)
        cursor.executemany("select %s::int", [(1,), (2,)], returning=True)
        assert cursor.fetchone() == (1,) and cursor.nextset() and cursor.fetchone() == (2,)


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_a_cursor_of_the_server_reads_in_pages(connection, binary):
    with connection.transaction(), connection.cursor(name="numbers", binary=binary) as cursor:
        cursor.itersize = 64
        cursor.execute(f"{NUMBERS} select i from n where i > %s order by i", (10,))
        assert [column.name for column in cursor.description] == ["i"]
        assert cursor.fetchone() == (11,) and cursor.fetchmany(2) == [(12,), (13,)]
        assert [i for (i,) in cursor] == list(range(14, 1001))


def test_rows_are_streamed(connection):
    with connection.cursor() as cursor:
        found = list(cursor.stream(f"{NUMBERS} select i from n order by i", size=50))
    assert len(found) == 1000 and found[-1] == (1000,)
    assert connection.execute("select 1").fetchone() == (1,)


def test_transactions_are_kept_and_undone(warehouse, schema):
    with connect(warehouse) as connection:
        connection.execute("create table psycopg3.kept (id int)")
        connection.commit()
        connection.execute("insert into psycopg3.kept values (1)")
        connection.rollback()
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1 / 0")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("select 1")
        connection.rollback()
        assert connection.execute("select count(*) from psycopg3.kept").fetchone() == (0,)


@pytest.mark.parametrize("statement", ["copy psycopg3.c from stdin", "copy psycopg3.c to stdout"])
def test_copy_of_the_client_is_refused(connection, statement):
    connection.execute("create table if not exists psycopg3.c (id int)")
    with pytest.raises(psycopg.Error):
        with connection.cursor().copy(statement) as copy:
            copy.write(b"1\n") if "stdin" in statement else copy.read()
    assert connection.execute("select 1").fetchone() == (1,)


def test_a_query_is_cancelled(connection):
    threading.Timer(0.5, connection.cancel_safe).start()
    far = NUMBERS.replace("1000", "3000")
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(f"{far} select count(*) from n a, n b, n c where a.i * b.i + c.i = 5")
    assert connection.execute("select 1").fetchone() == (1,)


def test_several_statements_in_one_call_and_notices(connection):
    heard = []
    connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
    cursor = connection.execute("select 1; select 'a', 2; drop table if exists psycopg3.nobody")
    assert cursor.fetchone() == (1,) and cursor.nextset() and cursor.fetchone() == ("a", 2)
    assert len(heard) == 1 and "nobody" in heard[0]
