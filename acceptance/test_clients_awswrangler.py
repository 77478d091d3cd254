"""awswrangler: data frames to tables and back, through S3 of the same server and by statements."""

import datetime as dt
import json
from decimal import Decimal

import awswrangler as wr
import pandas as pd
import pytest

SCHEMA = "wrangler"


@pytest.fixture(scope="module")
def aws(warehouse):
    """A session of the owner's account; where the server is comes from its profile."""
    return warehouse.server.session("prod")


@pytest.fixture(scope="module")
def connection(warehouse, aws):
    """A connection by a secret that tells where the cluster is."""
    secret = warehouse.dbapi() | {"username": warehouse.user, "engine": "redshift"}
    secret = {key: secret[key] for key in ("host", "port", "username", "password", "engine")}
    secret["dbname"] = warehouse.database
    aws.client("secretsmanager").create_secret(Name="wrangler", SecretString=json.dumps(secret))
    made = wr.redshift.connect(secret_id="wrangler", boto3_session=aws, ssl=False)
    with made.cursor() as cursor:
        cursor.execute(f"create schema {SCHEMA}")
    made.commit()
    yield made
    made.close()


@pytest.fixture
def folder(warehouse, name):
    """A folder of the bucket that nobody used yet."""
    return f"s3://{warehouse.bucket}/{name}/"


def frame(first=1, count=3):
    """Rows of the types that data frames have."""
    ids = range(first, first + count)
    return pd.DataFrame(
        {
            "id": pd.array(ids, dtype="Int64"),
            "name": [f"näme {n}" if n % 2 else None for n in ids],
            "price": [Decimal(n).quantize(Decimal("0.01")) for n in ids],
            "ratio": [n / 4 for n in ids],
            "day": [dt.date(2024, 2, n) for n in ids],
            "at": [pd.Timestamp(2024, 2, n, 12, 30, 15) for n in ids],
            "good": pd.array([n % 2 == 0 for n in ids], dtype="boolean"),
        }
    )


def table(connection, name, **options):
    """The table's rows in order."""
    rows = wr.redshift.read_sql_query(
        f"select * from {SCHEMA}.{name} order by id", con=connection, **options
    )
    return rows.to_dict("records")


def plain(rows):
    """Rows with one kind of nothing."""
    return [{k: None if pd.isna(v) else v for k, v in row.items()} for row in rows]


def test_frames_are_copied_and_unloaded(warehouse, aws, connection, folder):
    options = {"con": connection, "iam_role": warehouse.role, "boto3_session": aws}
    place = options | {"schema": SCHEMA, "table": "copied"}
    wr.redshift.copy(df=frame(), path=folder, mode="overwrite", primary_keys=["id"], **place)
    wr.redshift.copy(df=frame(4, 2), path=folder, mode="append", **place)
    assert plain(table(connection, "copied")) == plain(frame(1, 5).to_dict("records"))
    changed = frame(5, 2).assign(name="changed")
    wr.redshift.copy(df=changed, path=folder, mode="upsert", primary_keys=["id"], **place)
    assert [row["name"] for row in table(connection, "copied")][4:] == ["changed", "changed"]
    query = f"select * from {SCHEMA}.copied order by id"
    found = wr.redshift.unload(query, path=folder + "out/", **options)
    assert plain(found.to_dict("records")) == plain(table(connection, "copied"))
    assert wr.s3.list_objects(folder, boto3_session=aws) == []


def test_frames_go_by_statements_too(connection):
    options = {"con": connection, "schema": SCHEMA, "table": "written", "index": False}
    wr.redshift.to_sql(df=frame(), mode="overwrite", primary_keys=["id"], **options)
    wr.redshift.to_sql(df=frame(4, 2), mode="append", chunksize=1, **options)
    assert plain(table(connection, "written")) == plain(frame(1, 5).to_dict("records"))
    changed = frame(5, 2).assign(name="changed")
    wr.redshift.to_sql(df=changed, mode="upsert", use_column_names=True, **options)
    assert [row["name"] for row in table(connection, "written")][4:] == ["changed", "changed"]
    for method in ("drop", "cascade", "truncate", "delete"):
        wr.redshift.to_sql(df=frame(), mode="overwrite", overwrite_method=method, **options)
        assert len(table(connection, "written")) == 3
    wider = frame(7, 1).assign(more=1)
    wr.redshift.to_sql(df=wider, mode="append", add_new_columns=True, **options)
    assert [row["more"] for row in plain(table(connection, "written"))] == [None] * 3 + [1]


def test_tables_have_the_keys_and_types_that_were_asked_for(connection):
    wr.redshift.to_sql(
        df=frame(),
        con=connection,
        schema=SCHEMA,
        table="styled",
        mode="overwrite",
        diststyle="KEY",
        distkey="id",
        sortstyle="COMPOUND",
        sortkey=["day", "id"],
        primary_keys=["id"],
        dtype={"name": "VARCHAR(30)"},
        varchar_lengths_default=100,
    )
    with connection.cursor() as cursor:
        cursor.execute(f"set search_path to {SCHEMA}")
        cursor.execute(
            'select "column", type, distkey, sortkey from pg_table_def where tablename = %s',
            ("styled",),
        )
        found = {row[0]: tuple(row[1:]) for row in cursor.fetchall()}
        cursor.execute("reset search_path")
    assert found["id"] == ("bigint", True, 2) and found["day"] == ("date", False, 1)
    assert found["name"][0] == "character varying(30)"


def test_tables_and_queries_are_read(connection):
    wr.redshift.to_sql(df=frame(), con=connection, schema=SCHEMA, table="read", mode="overwrite")
    whole = wr.redshift.read_sql_table("read", con=connection, schema=SCHEMA)
    assert sorted(whole["id"]) == [1, 2, 3] and str(whole["id"].dtype) == "Int64"
    chunks = list(table_in_chunks(connection))
    assert [len(chunk) for chunk in chunks] == [2, 1]
    one = wr.redshift.read_sql_query(
        f"select name from {SCHEMA}.read where id = %s", con=connection, params=[3]
    )
    assert one["name"].tolist() == ["näme 3"]


def table_in_chunks(connection):
    """The table `read`, two rows at a time."""
    return wr.redshift.read_sql_table("read", con=connection, schema=SCHEMA, chunksize=2)


def test_files_are_unloaded_and_copied(warehouse, aws, connection, folder):
    options = {"con": connection, "iam_role": warehouse.role, "boto3_session": aws}
    wr.redshift.to_sql(df=frame(), con=connection, schema=SCHEMA, table="source", mode="overwrite")
    query = f"select id, name, price, day from {SCHEMA}.source"
    wr.redshift.unload_to_files(
        query, path=folder, manifest=True, partition_cols=["day"], max_file_size=5, **options
    )
    files = wr.s3.list_objects(folder, boto3_session=aws)
    assert sum("day=2024-02-0" in file for file in files) == 3 and f"{folder}manifest" in files
    wr.redshift.unload_to_files(query, path=folder + "csv/", unload_format="CSV", **options)
    wr.redshift.unload_to_files(query, path=folder + "plain/", **options)
    place = options | {"schema": SCHEMA}
    wr.redshift.copy_from_files(path=folder + "plain/", table="target", mode="overwrite", **place)
    found = [(row["id"], row["name"]) for row in plain(table(connection, "target"))]
    assert found == [(1, "näme 1"), (2, None), (3, "näme 3")]
    types = {"id": "BIGINT", "name": "VARCHAR(50)", "price": "DECIMAL(10,2)", "day": "DATE"}
    wr.redshift.copy_from_files(
        path=folder + "csv/",
        table="from_csv",
        data_format="csv",
        redshift_column_types=types,
        **place,
    )
    assert [row["price"] for row in table(connection, "from_csv")] == [1, 2, 3]


def test_a_frame_is_read_by_unload_in_chunks(warehouse, aws, connection, folder):
    wr.redshift.to_sql(
        df=frame(1, 9), con=connection, schema=SCHEMA, table="chunked", mode="overwrite"
    )
    chunks = wr.redshift.unload(
        f"select * from {SCHEMA}.chunked",
        path=folder,
        con=connection,
        iam_role=warehouse.role,
        boto3_session=aws,
        chunked=4,
    )
    ids = sorted(id for chunk in chunks for id in chunk["id"])
    assert ids == list(range(1, 10))
