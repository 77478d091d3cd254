"""PostgreSQL's JDBC driver: a Java program does what applications do, and tells what it found."""

import shutil
from pathlib import Path

import psycopg2
import pytest
from landbridge import ROOT, tool

PROGRAM = ROOT / "acceptance" / "pgjdbc" / "Pgjdbc.java"
DRIVER = Path("/usr/share/java/postgresql.jar")

pytestmark = [
    pytest.mark.skipif(not shutil.which("javac"), reason="no Java compiler is installed"),
    pytest.mark.skipif(not DRIVER.exists(), reason="libpostgresql-jdbc-java is not installed"),
]

OBJECTS = """
create schema jdbc;
create table jdbc.buyer (id int not null, name varchar(20) default 'x', primary key (id));
create table jdbc.sale (id bigint, buyer int references jdbc.buyer, price decimal(8,2));
create view jdbc.cheap as select id from jdbc.sale where price < 5;
comment on table jdbc.sale is 'what is sold';
create procedure jdbc.add(n in int) as $$ begin insert into jdbc.kept values (n); end; $$
language plpgsql;
create function jdbc.twice(int) returns int stable as $$ select $1 * 2 $$ language sql
"""


@pytest.fixture(scope="module")
def classes(tmp_path_factory, warehouse):
    """The compiled program; the objects that it looks at are there."""
    made = tmp_path_factory.mktemp("pgjdbc")
    tool("javac", "-cp", DRIVER, "-d", made, PROGRAM, environment=warehouse.environment())
    with psycopg2.connect(**warehouse.libpq()) as connection, connection.cursor() as cursor:
        cursor.execute(OBJECTS)
    return made


@pytest.fixture
def program(warehouse, classes):
    """Runs one of the program's methods with more of the driver's options; the lines it printed."""

    def run(method, **options):
        options |= {"user": warehouse.user, "password": warehouse.password, "sslmode": "disable"}
        options = "&".join(f"{key}={value}" for key, value in options.items())
        place = f"{warehouse.host}:{warehouse.port}/{warehouse.database}"
        command = ["java", "-cp", f"{DRIVER}:{classes}", "Pgjdbc", f"jdbc:postgresql://{place}?{options}"]
        done = tool(*command, method, environment=warehouse.environment())
        return done.stdout.splitlines()

    return run


MODES = ["extended", "extendedForPrepared", "extendedCacheEverything", "simple"]


def test_a_connection_tells_who_and_where_it_is(program):
    assert program("connection") == [
        "8.0.2|PostgreSQL JDBC Driver",
        "dev|public|owner|true",
        "true|true|8",
        "mine",
    ]


@pytest.mark.parametrize("mode", MODES)
def test_values_are_the_same_in_every_mode(program, mode):
    lines = program("types", preferQueryMode=mode)
    assert lines[:8] == ["1"] * 8
    # In the simple mode the driver writes casts: `::numeric` has no decimals on Redshift.
    price = "-12345678.0000" if mode == "simple" else "-12345678.0001"
    assert lines[9] == (
        f"1|false|-1|2147483646|-9223372036854775807|0.5|0.1|{price}|täglich 1|four|"
        "2024-02-29|04:05:06|2024-02-29T23:59:58.123456|2024-02-29T21:59:58Z|false"
    )
    assert [line.split("|")[6] for line in lines[8:16]] == [str(n / 10) for n in range(8)]
    assert lines[16:] == [
        "all null|true",
        "int4:10,bool:1,int2:5,int4:10,int8:19,float4:8,float8:17,numeric:20,varchar:20,bpchar:4,"
        "date:13,time:15,timestamp:29,timestamptz:35",
    ]


@pytest.mark.parametrize("options", [{}, {"reWriteBatchedInserts": "true"}, {"preferQueryMode": "simple"}])
def test_batches(program, options):
    total, wrong, several, left = program("batches", **options)
    # Rewritten batches do not tell how many rows each part of them has written.
    assert total == "300" or options.get("reWriteBatchedInserts")
    assert wrong.startswith("batch|22001|")
    # What comes between two Syncs is one transaction; simple queries are each their own.
    kept = 1 if "preferQueryMode" in options else 0
    assert several == f"[1, {100 + kept}]" and left == "201"


def test_a_fetch_size_reads_in_pages(program):
    assert program("pages") == ["1000|1000"] * 7 + ["10"]


def test_transactions_several_results_copy_and_calls(program):
    found = program("transactions")
    states = [line.split("|")[:2] for line in found]
    assert states[:3] == [["division", "22012"], ["after it", "25P02"], ["savepoint", "0A000"]]
    assert found[3:6] == ["2", "false|1|true", "b"]
    assert found[6].startswith("copy|") and found[7:] == ["4"]


def test_statements_are_cancelled_by_client_and_clock(program):
    found = program("cancel")
    assert [line.split("|")[1] for line in found[:3]] == ["57014"] * 3 and found[3:] == ["1"]


def test_metadata_of_relations(program):
    assert program("metadata") == [
        "jdbc",
        "dev",
        "jdbc|buyer|TABLE|null",
        "jdbc|kept|TABLE|null",
        "jdbc|sale|TABLE|what is sold",
        "jdbc|cheap|VIEW|null",
        "id|int8|19|0|YES|1|null",
        "buyer|int4|10|0|YES|2|null",
        "price|numeric|8|2|YES|3|null",
        "true",
        "add",
        "twice",
    ]


def test_metadata_of_keys_and_indexes(program):
    assert program("keys") == [
        "buyer|id|1|buyer_pkey",
        "buyer|id|sale|buyer|1",
        "sale|buyer",
        "id",
    ]
    assert program("indexes") == ["buyer_pkey|id|1"]


def test_metadata_of_privileges_and_routines(program):
    assert "owner|SELECT" in program("privileges")
    assert program("functions") == ["add", "twice"]
    assert program("parameters") == [
        "n|int4",
        "2|numeric|int4",
        "id|int8|",
    ]
