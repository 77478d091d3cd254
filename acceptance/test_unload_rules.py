"""When UNLOAD refuses, in Redshift's words, and that what it refuses leaves nothing behind."""

import psycopg2
import pytest
from tickets import TABLE
from unloading import Unloader

ALL = f"select * from {TABLE}"


@pytest.fixture(scope="module")
def unload(story, server):
    """UNLOAD as the story's database user."""
    return Unloader(story, server)


def fails(unload, *words, sqlstate, **arguments):
    """Runs an UNLOAD that must fail so, and leave nothing; returns the error."""
    prefix = arguments.pop("prefix", None) or unload.prefix()
    before = unload.stored(prefix)
    with pytest.raises(psycopg2.Error) as caught:
        unload(prefix=prefix, **arguments)
    error = caught.value
    assert error.pgcode == sqlstate, error
    for word in words:
        assert word in str(error), error
    assert unload.stored(prefix) == before
    return error


@pytest.mark.parametrize(
    "options",
    [
        "csv fixedwidth '5,5'",
        "csv addquotes",
        "parquet header",
        "parquet gzip",
        "parquet delimiter ','",
        "json header",
        "json escape",
        "header fixedwidth '5'",
        "cleanpath allowoverwrite",
        "maxfilesize 1 mb",
    ],
)
def test_options_that_exclude_each_other(unload, options):
    with pytest.raises(psycopg2.Error) as caught:
        unload(ALL, options)
    assert caught.value.pgcode in ("0A000", "42601", "22023", "XX000")


def test_an_outer_limit_is_refused_and_an_inner_one_works(unload):
    message = "Limit clause is not supported"
    fails(unload, message, sqlstate="42601", query=ALL + " limit 3")
    done = unload(f"select * from (select id from {TABLE} order by id limit 3)", "parallel off")
    assert done.rows == 3


def test_a_target_that_is_not_empty(unload):
    prefix = unload.prefix()
    unload(ALL, "csv", prefix)
    said = "Specified unload destination on S3 is not empty."
    error = fails(unload, said, sqlstate="XX000", query=ALL, options="csv", prefix=prefix)
    assert "ALLOWOVERWRITE" in str(error)
    unload(f"select id from {TABLE} where id = 1", "csv allowoverwrite", prefix)
    assert unload.stored(prefix)


def test_cleanpath_needs_permission_to_delete(unload):
    prefix = unload.prefix()
    unload(ALL, "csv", prefix)
    options = {"query": ALL, "options": "csv cleanpath", "prefix": prefix}
    fails(unload, "S3ServiceException:", "Status 403,Error AccessDenied", sqlstate="XX000", **options)


def test_a_query_that_fails_in_the_middle_leaves_nothing(unload):
    query = f"select 1 / (id - 999) from {TABLE}"
    fails(unload, "ivide by zero", sqlstate="22012", query=query, options="csv")


def test_zero_rows(unload):
    none = f"select * from {TABLE} where id < 0"
    empty = unload(none, "parquet manifest")
    assert (empty.rows, empty.stored) == (0, {})
    assert unload(none, "json").files == {}


def test_assumerole_is_granted_for_the_whole_chain_only(unload, story):
    said = (
        f"User {story.db_user} does not have ASSUMEROLE permission on IAM role "
        f'"{story.cluster_role}" for UNLOAD'
    )
    fails(unload, said, sqlstate="XX000", query=ALL, roles=story.cluster_role)


def test_the_database_decides_what_may_be_read(unload, story):
    import provision

    with provision.connect_as_master(story) as owner, owner.cursor() as cursor:
        cursor.execute("create table if not exists public.salaries (name varchar, amount int)")
    owner.close()
    said = "permission denied for relation salaries"
    fails(unload, said, sqlstate="42501", query="select * from public.salaries")


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select getenv('HOME')",
        "copy (select 1) to '/tmp/x'",
        "select 1; drop table public.tickets",
    ],
)
def test_the_engine_never_reaches_the_host(unload, query):
    with pytest.raises(psycopg2.Error):
        unload(query)
    with pytest.raises(psycopg2.Error), unload.connect() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        cursor.fetchall()
