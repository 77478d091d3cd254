"""redshift_connector: its metadata calls by SHOW and by catalog views, parameters, data frames."""

import datetime
from decimal import Decimal

import pandas
import pytest
import redshift_connector
from redshift_connector.interval import IntervalDayToSecond, IntervalYearToMonth

SCHEMA = "driver"
ROUTINES = """
create procedure driver.add(n in int, done out varchar) as $$ begin done := 'yes'; end; $$
language plpgsql
"""


@pytest.fixture(scope="module")
def connection(warehouse):
    """A connection and two tables with keys and a view."""
    made = redshift_connector.connect(**warehouse.dbapi())
    made.autocommit = True
    with made.cursor() as cursor:
        cursor.execute(f"create schema {SCHEMA}")
        cursor.execute(f"create table {SCHEMA}.buyer (id int primary key, name varchar(20))")
        cursor.execute(f"create table {SCHEMA}.sale (id int, buyer int references {SCHEMA}.buyer)")
        cursor.execute(f"create view {SCHEMA}.ids as select id from {SCHEMA}.sale")
        cursor.execute(f"comment on column {SCHEMA}.buyer.name is 'who'")
        cursor.execute(ROUTINES)
        cursor.execute(f"grant select, update (name) on {SCHEMA}.buyer to public")
    yield made
    made.close()


@pytest.fixture(params=["show", "multi-database", "legacy"])
def cursor(request, connection):
    """A cursor in each of the driver's three ways to ask for metadata."""
    told = list(connection.parameter_statuses)
    hidden = {"show": [], "multi-database": [b"show_discovery"]}
    hidden["legacy"] = [b"show_discovery", b"datashare_enabled"]
    left = [pair for pair in told if pair[0] not in hidden[request.param]]
    connection.parameter_statuses.clear()
    connection.parameter_statuses.extend(left)
    made = connection.cursor()
    made.way = request.param
    yield made
    made.close()
    connection.parameter_statuses.clear()
    connection.parameter_statuses.extend(told)


def test_metadata_names_what_is_there(cursor):
    assert [row[0] for row in cursor.get_catalogs()] == ["dev"]
    assert [row[0] for row in cursor.get_schemas(schema_pattern=SCHEMA)] == [SCHEMA]
    tables = cursor.get_tables(schema_pattern=SCHEMA, types=["TABLE", "VIEW"])
    names = {row[2]: row[3] for row in tables if not row[2].endswith("_pkey")}
    assert names == {"buyer": "TABLE", "sale": "TABLE", "ids": "VIEW"}
    keys = cursor.get_primary_keys(catalog="dev", schema=SCHEMA, table="buyer")
    assert [(row[2], row[3], row[5]) for row in keys] == [("buyer", "id", "buyer_pkey")]


def test_columns_have_their_types(cursor):
    columns = cursor.get_columns(schema_pattern=SCHEMA, tablename_pattern="buyer")
    found = [(row[3], row[5], row[6], row[11], row[16]) for row in columns]
    assert found == [("id", "int4", 10, None, 1), ("name", "varchar", 20, "who", 2)]
    (one,) = cursor.get_columns(schema_pattern=SCHEMA, columnname_pattern="na%")
    assert (one[2], one[3]) == ("buyer", "name")


def test_procedures_are_named(cursor):
    found = cursor.get_procedures(schema_pattern=SCHEMA, procedure_name_pattern="add")
    assert [(row[1], row[2]) for row in found] == [(SCHEMA, "add")]


def test_routines_tell_their_parameters(connection):
    cursor = connection.cursor()
    cursor.execute("create function driver.twice(int) returns bigint stable as $$ select $1 * 2::bigint $$ language sql")
    found = cursor.get_procedure_columns(schema_pattern=SCHEMA, procedure_name_pattern="add")
    assert [(row[3], int(row[4]), row[6]) for row in found] == [("n", 1, "int4"), ("done", 3, "varchar")]
    found = cursor.get_functions(schema_pattern=SCHEMA, function_name_pattern="twi%")
    assert [row[2] for row in found] == ["twice"]
    found = cursor.get_function_columns(schema_pattern=SCHEMA, function_name_pattern="twice")
    assert sorted(row[6] for row in found) == ["int4", "int8"]
    assert [row[0] for row in cursor.get_table_types()][:2] == ["EXTERNAL TABLE", "EXTERNAL VIEW"]


def test_privileges_name_who_holds_them(connection):
    cursor = connection.cursor()
    found = cursor.get_table_privileges(catalog="dev", schema_pattern=SCHEMA, table_name_pattern="buyer")
    assert ("public", "SELECT") in {(row[4], row[5]) for row in found}
    found = cursor.get_column_privileges(catalog="dev", schema=SCHEMA, table="buyer", column_name_pattern="%")
    assert [(row[3], row[5], row[6]) for row in found] == [("name", "public", "UPDATE")]


def test_frames_and_files_are_inserted(connection, tmp_path):
    cursor = connection.cursor()
    cursor.execute("create table public.framed (id int, name varchar(20), price decimal(8,2), day date)")
    day = datetime.date(2024, 2, 29)
    rows = [[1, "a", Decimal("1.25"), day], [2, "b", Decimal("2.00"), day]]
    cursor.write_dataframe(pandas.DataFrame(rows, columns=["id", "name", "price", "day"]), "framed")
    cursor.execute("select * from framed order by id")
    assert cursor.fetch_dataframe().values.tolist() == rows
    cursor.execute("select id from framed order by id")
    assert cursor.fetch_numpy_array().tolist() == [[1], [2]]
    file = tmp_path / "rows.csv"
    file.write_text("id,name\n" + "".join(f"{n},name {n}\n" for n in range(10, 35)))
    cursor.insert_data_bulk(file, "framed", [0, 1], ["id", "name"], ",", batch_size=10)
    cursor.execute("select count(*), max(name) from framed where id >= 10")
    assert cursor.fetchone() == [25, "name 34"]
    with pytest.raises(redshift_connector.InterfaceError):
        cursor.write_dataframe(pandas.DataFrame([[1]]), "not_there")
    cursor.execute("drop table public.framed")


def test_keys_between_tables(connection):
    cursor = connection.cursor()
    (key,) = cursor.get_imported_keys(catalog="dev", schema=SCHEMA, table="sale")
    assert key[2] == "buyer" and key[3] == "id" and key[6] == "sale" and key[7] == "buyer"
    (key,) = cursor.get_exported_keys(catalog="dev", schema=SCHEMA, table="buyer")
    assert key[6] == "sale"
    (row,) = cursor.get_best_row_identifier(
        catalog="dev", schema=SCHEMA, table="buyer", scope=1, nullable=True
    )
    assert row[1] == "id"


@pytest.mark.parametrize(
    ("style", "sql", "values"),
    [
        ("qmark", "select ?::int + 1", (41,)),
        ("numeric", "select :1::int + 1", (41,)),
        ("named", "select :a::int + 1", {"a": 41}),
        ("format", "select %s::int + 1", (41,)),
        ("pyformat", "select %(a)s::int + 1", {"a": 41}),
    ],
)
def test_parameters_in_every_style(connection, style, sql, values):
    cursor = connection.cursor()
    cursor.paramstyle = style
    cursor.execute(sql, values)
    assert cursor.fetchone() == [42]


def test_an_error_leaves_the_connection_usable(connection):
    cursor = connection.cursor()
    for _ in range(2):
        with pytest.raises(redshift_connector.ProgrammingError, match="does not exist"):
            cursor.execute("select * from driver.nothing")
    cursor.execute("select 1")
    assert cursor.fetchone() == [1]


@pytest.mark.parametrize(
    ("kind", "text", "expect"),
    [
        ("year to month", "1 year 2 months", IntervalYearToMonth(14)),
        ("day to second", "1 day 2 seconds", IntervalDayToSecond(86_402_000_000)),
        ("day to second", "-5 minutes", IntervalDayToSecond(-300_000_000)),
    ],
)
def test_intervals_are_the_types_of_redshift(connection, kind, text, expect):
    with connection.cursor() as cursor:
        cursor.execute(f"create temp table spans (v interval {kind})")
        cursor.execute(f"insert into spans values ('{text}')")
        cursor.execute("insert into spans values (%s)", (expect,))
        cursor.execute("select v from spans")
        assert cursor.fetchall() == ([expect], [expect])
        cursor.execute("select count(*) from spans where v = %s", (expect,))
        assert cursor.fetchone() == [2]
        cursor.execute("drop table spans")
