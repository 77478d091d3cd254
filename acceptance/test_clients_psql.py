"""psql's own commands against a warehouse, as an analyst types them."""

import shutil

import psycopg2
import pytest
from landbridge import tool

pytestmark = pytest.mark.skipif(not shutil.which("psql"), reason="psql is not installed")


@pytest.fixture(scope="module")
def tables(warehouse):
    """Two tables with keys and a view."""
    with psycopg2.connect(**warehouse.libpq()) as connection, connection.cursor() as cursor:
        cursor.execute(
            """create schema psql;
            create table psql.buyer (id int primary key, name varchar(20) default 'x');
            create table psql.sale (id bigint, buyer int references psql.buyer, price decimal(8,2));
            create view psql.cheap as select id from psql.sale where price < 5;
            create function psql.twice(int) returns int stable as $$ select $1 * 2 $$ language sql;
            create user reader password 'Passw0rdOfReader'"""
        )


def psql(warehouse, *commands, check=0):
    """Runs commands; their output without alignment."""
    words = [word for command in commands for word in ("-c", command)]
    done = tool("psql", "-XA", *words, environment=warehouse.environment(), check=check)
    return done.stdout if check == 0 else done.stderr


@pytest.mark.parametrize(
    ("command", "expect"),
    [
        (r"\d psql.buyer", ["id|integer||not null|", '"buyer_pkey" PRIMARY KEY, btree (id)']),
        (r"\d psql.sale", ["FOREIGN KEY (buyer) REFERENCES psql.buyer(id)"]),
        (r"\d+ psql.cheap", ["select id from psql.sale where price < 5"]),
        (r"\dt psql.*", ["psql|buyer|table|owner", "psql|sale|table|owner"]),
        (r"\dv psql.*", ["psql|cheap|view|owner"]),
        (r"\di psql.*", ["psql|buyer_pkey|index|owner|buyer"]),
        (r"\d psql.buyer_pkey", ["id|integer|id", "primary key, btree"]),
        (r"\df psql.*", ["psql|twice|integer|integer|func"]),
        (r"\dn", ["psql|owner"]),
        (r"\du", ["owner|Superuser", "reader|"]),
        (r"\l", ["dev|"]),
        (r"\dp psql.*", ["psql|cheap|view"]),
    ],
)
def test_a_listing_tells_what_is_there(warehouse, tables, command, expect):
    found = psql(warehouse, command)
    for line in expect:
        assert line in found, found


def test_copy_of_the_client_is_refused(warehouse, tables):
    refused = psql(warehouse, r"\copy psql.buyer from /dev/null", check=None)
    assert "ERROR" in refused
