"""COPY of Parquet and ORC files that Arrow wrote: every type, codec and encoding, as the same rows."""

import datetime as dt
import decimal
import io
import json
import random

import psycopg2
import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet
import pytest
from test_copy import connection, lake, login, role  # noqa: F401 (fixtures)

ROWS = 5_000
COLUMNS = """i2 smallint, i4 integer, i8 bigint, s varchar(100), at timestamp, n decimal(20,3),
    f8 float8, b boolean, day date, list super, pair super"""
FILES = {
    "snappy.parquet": {"compression": "snappy"},
    "lz4.parquet": {"compression": "lz4", "data_page_version": "2.0", "row_group_size": 1_500},
    "zstd.parquet": {"compression": "zstd", "use_deprecated_int96_timestamps": True},
    "gzip.parquet": {
        "compression": "gzip",
        "use_dictionary": False,
        "column_encoding": {
            "i8": "DELTA_BINARY_PACKED",
            "s": "DELTA_BYTE_ARRAY",
            "f8": "BYTE_STREAM_SPLIT",
        },
    },
    "zlib.orc": {"compression": "zlib", "stripe_size": 100_000, "batch_size": 500},
    "snappy.orc": {"compression": "snappy", "file_version": "0.11"},
    "zstd.orc": {"compression": "zstd", "dictionary_key_size_threshold": 1.0},
    "plain.orc": {"compression": "uncompressed"},
}


def table():
    """Rows with nulls, repetition, outliers and dates far from 1970."""
    chance = random.Random(5)

    def column(make, ty, nulls=0.1):
        values = (None if chance.random() < nulls else make(row) for row in range(ROWS))
        return pa.array(list(values), ty)

    def when(_):
        seconds = dt.timedelta(seconds=chance.randint(0, 6 * 10**9))
        return dt.datetime(1900, 1, 1) + seconds + dt.timedelta(microseconds=chance.choice([0, 1, 999_999]))

    outliers = [1, 2, 3, 2**62, -(2**61)]
    return pa.table(
        {
            "i2": column(lambda _: chance.randint(-(2**15), 2**15 - 1), pa.int16()),
            "i4": column(lambda row: chance.choice([5, row, -(2**31)]), pa.int32()),
            "i8": column(lambda row: row * 7 if row // 100 % 3 else chance.choice(outliers), pa.int64(), 0),
            "s": column(lambda row: chance.choice(["", f"v{row}", "é" * (row % 20)]), pa.string()),
            "at": column(when, pa.timestamp("us")),
            "n": column(lambda _: decimal.Decimal(chance.randint(-(10**19), 10**19)).scaleb(-3), pa.decimal128(20, 3)),
            "f8": column(lambda _: chance.randint(-(10**6), 10**6) / 64, pa.float64()),
            "b": column(lambda _: chance.random() < 0.5, pa.bool_(), 0.3),
            "day": column(lambda row: dt.date(1800, 1, 1) + dt.timedelta(days=row * 20), pa.date32()),
            "list": column(lambda row: [None, row][: row % 3], pa.list_(pa.int32())),
            "pair": column(lambda row: {"x": row, "y": ["s"] * (row % 3)}, pa.struct([("x", pa.int32()), ("y", pa.list_(pa.string()))])),
        }
    )


def written(rows, name):
    """The file of this name."""
    body = io.BytesIO()
    writer = pyarrow.orc if name.endswith(".orc") else pyarrow.parquet
    writer.write_table(rows, body, **FILES[name])
    return body.getvalue()


def copy(cursor, lake, role, name, options=""):
    """Loads one file into the table `t`."""
    ty = name.rsplit(".", 1)[1]
    cursor.execute(f"COPY t FROM 's3://{lake}/{name}' IAM_ROLE '{role}' FORMAT {ty} {options}")


def test_files_of_another_writer(prod, connection, lake, role):  # noqa: F811
    rows = table()
    expect = [tuple(row.values()) for row in rows.to_pylist()]
    cursor = connection.cursor()
    for name in FILES:
        prod.client("s3").put_object(Bucket=lake, Key=name, Body=written(rows, name))
        cursor.execute(f"CREATE TEMP TABLE t ({COLUMNS})")
        copy(cursor, lake, role, name, "SERIALIZETOJSON")
        cursor.execute("SELECT * FROM t")
        found = [
            (*row[:9], *(value and json.loads(value) for value in row[9:]))
            for row in cursor.fetchall()
        ]
        assert sorted(found, key=repr) == sorted(expect, key=repr), name
        cursor.execute("DROP TABLE t")


@pytest.mark.parametrize("file", ["snappy.parquet", "zlib.orc"])
def test_files_that_do_not_fit(prod, connection, lake, role, file):  # noqa: F811
    whole = written(table().select(["i4", "s"]), file)
    cursor = connection.cursor()

    def refused(columns, body, expect, options=""):
        prod.client("s3").put_object(Bucket=lake, Key=file, Body=body)
        cursor.execute(f"CREATE TEMP TABLE t ({columns})")
        with pytest.raises(psycopg2.Error) as error:
            copy(cursor, lake, role, file, options)
        assert expect in str(error.value)
        cursor.execute("SELECT count(*) FROM t")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE t")

    fits = "a integer, b varchar(100)"
    refused("a integer", whole, "Table columns: 1, Data columns: 2")
    refused(f"{fits}, c date", whole, "Table columns: 3, Data columns: 2")
    refused("a bigint, b varchar(100)", whole, "schema for column 'a'. Column type: BIGINT")
    refused("a integer, b varchar(5)", whole, "longer than the length defined in the table. Table: 5")
    refused("a integer, b super", whole, "SUPER column in COPY query requires SERIALIZETOJSON option")
    refused(fits, whole[: len(whole) // 2], "Spectrum Scan Error")
    refused(fits, b"a|b\n" * 100, "Spectrum Scan Error")
