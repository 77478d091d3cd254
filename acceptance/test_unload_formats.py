"""What UNLOAD writes reads back equal to the table: every format, with readers we did not write."""

import csv
import datetime
import decimal
import io
import json

import pyarrow
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
import pytest
from tickets import TABLE, rows
from unloading import Unloader

COLUMNS = "id event note seats sold price rating refunded sold_on sold_at".split()
SCHEMA = pyarrow.schema(
    [
        ("id", pyarrow.int64()),
        ("event", pyarrow.string()),
        ("note", pyarrow.string()),
        ("seats", pyarrow.int16()),
        ("sold", pyarrow.int32()),
        ("price", pyarrow.decimal128(10, 2)),
        ("rating", pyarrow.float64()),
        ("refunded", pyarrow.bool_()),
        ("sold_on", pyarrow.date32()),
        ("sold_at", pyarrow.timestamp("us")),
    ]
)
ROWS = list(rows())
ALL = f"select * from {TABLE}"
NULL = "@NULL@"  # appears nowhere in the data, so that NULL and '' can be told apart
COMPRESSIONS = [("", ""), ("gzip", ".gz"), ("bzip2", ".bz2"), ("zstd", ".zst")]


@pytest.fixture(scope="module")
def unload(story, server):
    """UNLOAD as the story's database user."""
    return Unloader(story, server)


def typed(fields):
    """A line's fields as the values of the table."""
    parsers = [
        int,
        str,
        str,
        int,
        int,
        decimal.Decimal,
        float,
        {"t": True, "f": False}.__getitem__,
        datetime.date.fromisoformat,
        datetime.datetime.fromisoformat,
    ]
    assert len(fields) == len(parsers), fields
    return tuple(None if f == NULL else parse(f) for parse, f in zip(parsers, fields))


def same_rows(found):
    """Fails unless these are the table's rows, in any order."""
    assert sorted(found) == ROWS if len(found) == len(ROWS) else len(found) == len(ROWS)


@pytest.mark.parametrize(("compression", "extension"), COMPRESSIONS)
def test_csv_reads_back_with_the_csv_module(unload, compression, extension):
    done = unload(ALL, f"format csv null as '{NULL}' {compression}")
    assert done.files and all(name.endswith(f"_part_00{extension}") for name in done.files)
    same_rows([typed(line) for line in csv.reader(io.StringIO(done.text, newline=""))])
    assert done.rows == len(ROWS)
    message = f"UNLOAD completed, {len(ROWS)} record(s) unloaded successfully."
    assert done.notices == [f"INFO:  {message}"]


def test_csv_reads_back_with_pyarrow(unload):
    done = unload(ALL, f"format csv header null as '{NULL}' parallel off")
    table = pyarrow.csv.read_csv(
        pyarrow.py_buffer(done.text.encode()),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=SCHEMA,
            null_values=[NULL],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
        ),
    )
    assert table.column_names == COLUMNS
    same_rows([tuple(row.values()) for row in table.to_pylist()])


@pytest.mark.parametrize("delimiter", ["|", ";", r"\t"])
@pytest.mark.parametrize("quotes", ["", "addquotes"])
def test_escaped_text_reads_back_with_the_csv_module(unload, delimiter, quotes):
    done = unload(ALL, f"delimiter '{delimiter}' escape {quotes} null as '{NULL}'")
    lines = csv.reader(
        io.StringIO(done.text, newline=""),
        delimiter=delimiter.replace(r"\t", "\t"),
        escapechar="\\",
        doublequote=False,
        quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
    )
    same_rows([typed(line) for line in lines])


@pytest.mark.parametrize(("compression", "extension"), COMPRESSIONS)
def test_plain_text_is_pipe_delimited(unload, compression, extension):
    done = unload(f"select id, sold, price from {TABLE} where price is not null", compression)
    assert all(name.endswith(f"_part_00{extension}") for name in done.files)
    found = sorted(tuple(map(decimal.Decimal, line.split("|"))) for line in done.text.splitlines())
    assert found == [(row[0], row[4], row[5]) for row in ROWS if row[5] is not None]


def test_null_is_nothing_in_plain_text(unload):
    done = unload(f"select id, note, seats from {TABLE} where id in (1, 2)", "parallel off")
    assert done.files == {"000": b"1||-3\n2||-2\n"}


def test_fixed_width(unload):
    query = f"select id, sold, event from {TABLE} where id in (1, 3, 4)"
    lines = sorted(unload(query, "fixedwidth '0:5,1:6,2:19'").text.splitlines())
    assert lines == [
        "1    0     Macbeth            ",
        '3    2018  The "Scottish" Play',
        "4    3027  Cats, again        ",
    ]


@pytest.mark.parametrize(("compression", "extension"), COMPRESSIONS)
def test_json_reads_back_line_by_line(unload, compression, extension):
    done = unload(ALL, f"format json {compression}")
    assert all(name.endswith(f"_part_00{extension}") for name in done.files)
    lines = [json.loads(line, parse_float=str, parse_int=str) for line in done.text.splitlines()]
    assert [*lines[0]] == COLUMNS
    same_rows([typed([NULL if v is None else v for v in line.values()]) for line in lines])


def test_json_reads_back_with_pyarrow(unload):
    done = unload(f"select id, event, note, rating from {TABLE}", "json")
    table = pyarrow.json.read_json(pyarrow.py_buffer(done.text.encode()))
    found = sorted((r["id"], r["event"], r["note"], r["rating"]) for r in table.to_pylist())
    assert found == [(row[0], row[1], row[2], row[6]) for row in ROWS]


def read_parquet(body):
    """A Parquet file's table, its INT96 timestamps in microseconds."""
    return pyarrow.parquet.read_table(
        pyarrow.BufferReader(body), coerce_int96_timestamp_unit="us", partitioning=None
    )


def test_parquet_reads_back_with_types(unload):
    done = unload(ALL, "format parquet")
    assert all(name.endswith("_part_00.parquet") for name in done.files)
    tables = [read_parquet(body) for body in done.files.values()]
    together = pyarrow.concat_tables(tables)
    assert together.schema.names == SCHEMA.names
    assert together.schema.field("id").type == pyarrow.int64()
    assert together.schema.field("price").type == pyarrow.decimal128(10, 2)
    assert together.schema.field("note").type == pyarrow.string()
    same_rows([tuple(row.values()) for row in together.cast(SCHEMA).to_pylist()])


def test_parquet_has_redshifts_physical_types(unload):
    done = unload(ALL, "parquet parallel off")
    (body,) = done.files.values()
    columns = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(body)).schema
    physical = {columns.column(i).name: columns.column(i).physical_type for i in range(len(columns))}
    expected = {
        "id": "INT64",
        "sold": "INT32",
        "rating": "DOUBLE",
        "refunded": "BOOLEAN",
        "note": "BYTE_ARRAY",
        "price": "FIXED_LEN_BYTE_ARRAY",
        "sold_at": "INT96",
    }
    assert {name: physical[name] for name in expected} == expected
    assert all(columns.column(i).max_definition_level == 1 for i in range(len(columns)))


@pytest.mark.parametrize("include", [False, True])
def test_parquet_partitions(unload, include):
    query = f"select id, seats, event from {TABLE}"
    done = unload(query, "format parquet partition by (seats)" + " include" * include)
    found = []
    for name, body in done.files.items():
        folder, file = name.split("/")
        assert folder.startswith("seats=") and file.endswith(".parquet"), name
        table = read_parquet(body)
        assert table.column_names == (["id", "seats", "event"] if include else ["id", "event"])
        value = folder.removeprefix("seats=")
        seats = None if value == "__HIVE_DEFAULT_PARTITION__" else int(value)
        found += [(row["id"], seats, row["event"]) for row in table.to_pylist()]
    assert sorted(found) == [(row[0], row[3], row[1]) for row in ROWS]


@pytest.mark.parametrize("options", ["format csv", "format csv header gzip", "parquet", "json"])
def test_the_verbose_manifest_adds_up(unload, story, options):
    prefix = unload.prefix()
    done = unload(ALL, f"{options} manifest verbose", prefix)
    manifest, names = done.manifest, [name for name in done.stored if name != "manifest"]
    urls = [entry["url"] for entry in manifest["entries"]]
    assert sorted(urls) == sorted(f"s3://{story.bucket}/{prefix}{name}" for name in names)
    for entry in manifest["entries"]:
        name = entry["url"].rsplit("/", 1)[1]
        assert entry["meta"]["content_length"] == len(done.stored[name])
    headers = len(names) if "header" in options else 0
    assert manifest["meta"]["record_count"] == len(ROWS) + headers
    for total in ("content_length", "record_count"):
        parts = [entry["meta"][total] for entry in manifest["entries"]]
        assert manifest["meta"][total] == sum(parts)
    assert manifest["author"]["name"] == "Amazon Redshift"
    elements = {e["name"]: e["type"] for e in manifest["schema"]["elements"]}
    assert [*elements] == COLUMNS
    assert elements["id"] == {"base": "bigint"}
    assert elements["event"] == {"base": "character varying", "max_length": 200}
    assert elements["price"] == {"base": "numeric", "max_precision": 10, "max_scale": 2}
    assert elements["sold_at"] == {"base": "timestamp without time zone"}


def test_a_plain_manifest_lists_the_files(unload, story):
    prefix = unload.prefix()
    done = unload(ALL, "manifest", prefix)
    urls = sorted(entry["url"] for entry in done.manifest["entries"])
    assert urls == [f"s3://{story.bucket}/{prefix}{name}" for name in done.files]


def test_files_are_cut_at_maxfilesize(unload):
    wide = f"select a.id, b.id as other, a.event, b.sold_at from {TABLE} a, {TABLE} b where b.id <= 300"
    done = unload(wide, "csv parallel off maxfilesize 5 mb")
    assert [*done.files] == [f"{number:03}" for number in range(len(done.files))]
    sizes = [len(body) for body in done.files.values()]
    assert len(sizes) > 1 and max(sizes) <= 5.5 * 1024 * 1024
    assert done.text.count("\n") == done.rows == 300_000
    assert all(body.endswith(b"\n") for body in done.files.values()), "a row was cut in two"


def test_an_extension_replaces_the_usual_one(unload):
    done = unload(ALL, "csv parallel off gzip extension 'csv.gz'")
    assert [*done.files] in (["000csv.gz"], ["000.csv.gz"])


def test_objects_are_encrypted_under_the_named_key(unload, story, dev):
    prefix = unload.prefix()
    unload(ALL, "csv manifest", prefix)
    s3 = dev.client("s3")
    for entry in s3.list_objects_v2(Bucket=story.bucket, Prefix=prefix)["Contents"]:
        head = s3.head_object(Bucket=story.bucket, Key=entry["Key"])
        assert head["ServerSideEncryption"] == "aws:kms"
        assert head["SSEKMSKeyId"] == story.bucket_key


def test_temporary_tables_transactions_and_dollar_quotes(unload):
    connection = unload.connect()
    prefix = unload.prefix()
    with connection.cursor() as cursor:
        cursor.execute("create temp table #mine as select 'it''s' as said")
        statement = unload.statement("QUERY", "csv parallel off", prefix)
        cursor.execute(statement.replace("'QUERY'", "$$ select said from #mine where said = 'it''s' $$"))
    connection.close()
    assert unload.stored(prefix) == {"000": b"it's\n"}
