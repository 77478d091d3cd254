"""asyncpg: everything prepared and in binary, cursors, batches, transactions, cancellation."""

import asyncio
import datetime as dt
from decimal import Decimal

import asyncpg
import pytest

DAY = dt.date(2024, 2, 29)
MOMENT = dt.datetime(2024, 2, 29, 23, 59, 58, 123456)
CLOCK = dt.time(4, 5, 6, 700000)

# A type, and a value of it that must come back as it went.
VALUES = [
    ("boolean", True),
    ("smallint", -32768),
    ("integer", 2147483647),
    ("bigint", -9223372036854775808),
    ("real", 1.5),
    ("double precision", 0.1),
    ("decimal(38,10)", Decimal("-12345678901234567890.0000000001")),
    ("decimal(10,2)", Decimal("0.05")),
    ("varchar(30)", "täglich\n'"),
    ("char(4)", "four"),
    ("text", ""),
    ("date", DAY),
    ("date", dt.date(2, 1, 1)),
    ("time", CLOCK),
    ("timestamp", MOMENT),
    ("timestamptz", MOMENT.replace(tzinfo=dt.timezone.utc)),
]


def run(warehouse, work):
    """Runs `work(connection)` on a connection of its own, which must not take for ever."""

    async def task():
        login = {"host": warehouse.host, "port": warehouse.port, "database": warehouse.database}
        login |= {"user": warehouse.user, "password": warehouse.password, "ssl": False}
        connection = await asyncpg.connect(**login, timeout=20, command_timeout=20)
        try:
            return await work(connection)
        finally:
            await connection.close(timeout=20)

    return asyncio.run(asyncio.wait_for(task(), 60))


@pytest.fixture(scope="module")
def schema(warehouse):
    """A schema of its own."""
    run(warehouse, lambda connection: connection.execute("create schema asyncpg"))
    return "asyncpg"


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_goes_and_comes_back_in_binary(warehouse, schema, kind, value):
    async def work(connection):
        table = "values_" + "".join(c for c in kind if c.isalnum())
        await connection.execute(f"create temp table {table} (id int, v {kind})")
        insert = f"insert into {table} values ($1, $2)"
        await connection.execute(insert, 1, value)
        await connection.execute(insert, 2, None)
        rows = await connection.fetch(f"select v from {table} order by id")
        assert [row["v"] for row in rows] == [value, None]
        assert await connection.fetchval(f"select $1::{kind}", value) == value
        found = await connection.fetchval(f"select id from {table} where v = $1", value)
        assert found == 1

    run(warehouse, work)


def test_prepared_statements_tell_their_types_and_are_used_again(warehouse, schema):
    async def work(connection):
        statement = await connection.prepare("select $1::int + 1 as n, $2::varchar as t")
        assert [kind.name for kind in statement.get_parameters()] == ["int4", "varchar"]
        described = [(column.name, column.type.name) for column in statement.get_attributes()]
        assert described == [("n", "int4"), ("t", "varchar")]
        for n in range(3):
            assert tuple(await statement.fetchrow(n, "x")) == (n + 1, "x")
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.prepare("select * from asyncpg.nothing")
        assert await statement.fetchval(41, None) == 42

    run(warehouse, work)


def test_a_cursor_reads_in_pages(warehouse, schema):
    async def work(connection):
        numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)"
        query = f"{numbers} select i from n where i > $1 order by i"
        async with connection.transaction():
            found = [row["i"] async for row in connection.cursor(query, 10, prefetch=70)]
            cursor = await connection.cursor(query, 0)
            page = [row["i"] for row in await cursor.fetch(3)]
            assert (await cursor.fetchrow())["i"] == 4
        assert found == list(range(11, 1001)) and page == [1, 2, 3]
        with pytest.raises(asyncpg.NoActiveSQLTransactionError):
            await connection.cursor("select 1")

    run(warehouse, work)


def test_many_rows_go_in_one_batch(warehouse, schema):
    async def work(connection):
        await connection.execute("create table asyncpg.batch (id int, name varchar(20))")
        rows = [(n, f"name {n}" if n % 3 else None) for n in range(500)]
        await connection.executemany("insert into asyncpg.batch values ($1, $2)", rows)
        total = await connection.fetchrow("select count(*), count(name), max(id) from asyncpg.batch")
        assert tuple(total) == (500, 333, 499)
        wrong = [(1, "x"), (2, "far too long a name for twenty bytes")]
        with pytest.raises(asyncpg.PostgresError):
            await connection.executemany("insert into asyncpg.batch values ($1, $2)", wrong)
        assert await connection.fetchval("select count(*) from asyncpg.batch") == 500
        many = "insert into asyncpg.batch values ($1, $2)"
        assert await connection.execute(many, 7, "last") == "INSERT 0 1"

    run(warehouse, work)


def test_transactions_are_kept_and_undone(warehouse, schema):
    async def work(connection):
        await connection.execute("create table asyncpg.kept (id int)")
        async with connection.transaction(isolation="serializable"):
            await connection.execute("insert into asyncpg.kept values (1)")
        with pytest.raises(ZeroDivisionError):
            async with connection.transaction():
                await connection.execute("insert into asyncpg.kept values (2)")
                raise ZeroDivisionError
        async with connection.transaction(readonly=True):
            rows = await connection.fetch("select id from asyncpg.kept")
        assert [row["id"] for row in rows] == [1]
        transaction = connection.transaction()
        await transaction.start()
        with pytest.raises(asyncpg.DivisionByZeroError):
            await connection.fetch("select 1 / 0")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await connection.fetch("select 1")
        await transaction.rollback()
        assert await connection.fetchval("select 1") == 1

    run(warehouse, work)


def test_a_query_that_takes_too_long_is_cancelled(warehouse, schema):
    async def work(connection):
        numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)"
        long = f"{numbers} select count(*) from n a, n b, n c where a.i * b.i + c.i = 5"
        with pytest.raises(asyncio.TimeoutError):
            await connection.fetch(long, timeout=0.5)
        assert await connection.fetchval("select 1") == 1

    run(warehouse, work)


def test_a_pool_gives_clean_connections(warehouse, schema):
    async def task():
        login = {"host": warehouse.host, "port": warehouse.port, "database": warehouse.database}
        login |= {"user": warehouse.user, "password": warehouse.password, "ssl": False}
        async with asyncpg.create_pool(**login, min_size=1, max_size=1) as pool:
            async with pool.acquire() as connection:
                await connection.execute("set query_group to 'mine'")
                assert await connection.fetchval("show query_group") == "mine"
            async with pool.acquire() as connection:
                assert await connection.fetchval("show query_group") != "mine"
            await asyncio.gather(*(pool.fetchval("select $1::int", n) for n in range(10)))

    asyncio.run(asyncio.wait_for(task(), 60))


def test_a_type_of_redshift_alone_is_refused_and_the_connection_goes_on(warehouse, schema):
    """The client asks for unknown types with arrays of oids, which Redshift does not take."""

    async def work(connection):
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetch("select json_parse('[1]')")
        assert await connection.fetchval("select json_serialize(json_parse('[1]'))") == "[1]"

    run(warehouse, work)
