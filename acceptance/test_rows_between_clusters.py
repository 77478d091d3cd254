"""Cluster to cluster across accounts: the example's movement file, as a user runs it, and cut off."""

import json
import os
import random
import signal
import subprocess
import time

import psycopg2
import pytest
from landbridge import BINARY, ROOT, Server, clean_environment, until
from movements import Movement

EXAMPLE = ROOT / "examples" / "load-with-roles" / "rows-between-clusters.toml"
PASSWORD = "Secret-1-admin"
COLUMNS = "id integer, note varchar(60), price decimal(8,2), sold timestamp, flag boolean"
AWKWARD = r"""(1, 'plain', 1.5, '2024-02-29 01:02:03.000004', true), (2, '', 0, null, false),
  (3, null, null, null, null), (4, 'a|b,c"d\'e\\f', -999999.99, '1969-12-31 23:59:59.5', null),
  (5, 'é € 日本', 0.01, '0001-01-01', true), (6, '\\N', 6, '9999-12-31 23:59:59', false),
  (7, '  blanks ', 7, null, null), (8, 'two\nlines', 8, null, null)"""
SEED = os.environ.get("LANDBRIDGE_SEED", "1")
LONG = bool(os.environ.get("LANDBRIDGE_LONG"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A world of its own: the example's names are those of the other examples too."""
    running = Server(tmp_path_factory.mktemp("between") / "state").start()
    yield running
    assert running.stop() == 0, "the server did not stop cleanly"


class Cluster:
    """A cluster of an account, its owner's login kept as a secret, and a session of the owner."""

    def __init__(self, server, profile, name, database, secret):
        self.redshift = server.session(profile).client("redshift")
        self.redshift.create_cluster(
            ClusterIdentifier=name,
            NodeType="ra3.large",
            ClusterType="single-node",
            DBName=database,
            MasterUsername="admin",
            MasterUserPassword=PASSWORD,
        )

        def available():
            (found,) = self.redshift.describe_clusters(ClusterIdentifier=name)["Clusters"]
            return found["ClusterStatus"] == "available" and found["Endpoint"]

        endpoint = until(available, f"cluster {name}")
        login = {"host": endpoint["Address"], "port": endpoint["Port"], "dbname": database}
        kept = login | {"username": "admin", "password": PASSWORD}
        secrets = server.session(profile).client("secretsmanager")
        secrets.create_secret(Name=secret, SecretString=json.dumps(kept))
        root = os.fspath(server.state / "ca.pem")
        self.connection = psycopg2.connect(
            **login, user="admin", password=PASSWORD, sslmode="verify-full", sslrootcert=root
        )
        self.connection.autocommit = True

    def ask(self, statement):
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None


@pytest.fixture(scope="module")
def warehouse(server):
    """The cluster of PROD, with rows."""
    cluster = Cluster(server, "prod", "warehouse", "sales", "prod/redshift/admin")
    cluster.ask(f"create table rows ({COLUMNS})")
    cluster.ask(f"insert into rows values {AWKWARD}")
    yield cluster
    cluster.connection.close()


@pytest.fixture(scope="module")
def analytics(server):
    """The cluster of DEV, with a row that an overwrite removes."""
    cluster = Cluster(server, "dev", "analytics", "dev", "dev/redshift/admin")
    cluster.ask(f"create table rows ({COLUMNS})")
    cluster.ask("insert into rows (id, note) values (99, 'old')")
    yield cluster
    cluster.connection.close()


def accounts(server):
    """What a movement makes in the accounts: roles, buckets, secrets."""
    found = {}
    for profile in ("prod", "dev"):
        session = server.session(profile)
        secrets = session.client("secretsmanager").list_secrets()["SecretList"]
        found[profile] = (
            {role["RoleName"] for role in session.client("iam").list_roles()["Roles"]},
            {bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"]},
            {secret["Name"] for secret in secrets},
        )
    return found


def test_the_example_moves_the_rows_and_leaves_the_accounts_as_they_were(server, warehouse, analytics):
    before = accounts(server)
    run = Movement(server, EXAMPLE)
    run("plan", check=2)
    run("apply", "--yes")
    try:
        assert "every hop is open" in run("check").stdout
        everything = "select * from rows order by id"
        for _ in range(2):  # the same again comes to the same
            assert run.told("run")["moved"]["rows"] == 8
            assert analytics.ask(everything) == warehouse.ask(everything)
        run("verify")
        stage = server.session("dev").client("s3").list_objects_v2(Bucket="dev-stage")
        assert not [o["Key"] for o in stage.get("Contents", [])], "the stage is emptied after the load"
    finally:
        run("destroy", "--data", "--yes")
    assert accounts(server) == before
    assert len(analytics.ask(everything)) == 8


@pytest.fixture
def appending(server, warehouse, analytics, tmp_path):
    """The example with `append`, in which nothing may come twice, over more rows."""
    file = tmp_path / "appending.toml"
    text = EXAMPLE.read_text().replace('"rows-between-clusters"', '"appending"')
    text = text.replace('mode = "overwrite"', 'mode = "append"')
    assert 'mode = "append"' in text and 'name = "appending"' in text
    file.write_text(text)
    warehouse.ask(f"create table many ({COLUMNS})")
    warehouse.ask("insert into many select * from rows")
    for _ in range(13):
        warehouse.ask("insert into many select * from many")
    file.write_text(file.read_text().replace("public.rows", "public.many", 1))
    run = Movement(server, file)
    run("apply", "--yes")
    yield run
    run("destroy", "--data", "--yes")
    warehouse.ask("drop table many")


def events(server):
    """What the journal says happened, oldest first."""
    journal = server.state / "movements" / "appending" / "journal.jsonl"
    return [json.loads(line)["event"] for line in journal.read_text().splitlines(True) if line.endswith("\n")]


def test_a_run_that_is_killed_goes_on_and_moves_nothing_twice(server, warehouse, analytics, appending):
    print(f"LANDBRIDGE_SEED={SEED}")
    chance = random.Random(SEED)
    digest = "select count(*), sum(id), sum(price), count(note), max(sold) from {}"
    expected = warehouse.ask(digest.format("many"))
    assert expected[0][0] == 8 * 2**13
    # In the unload, between the two, in the load; then anywhere.
    moments = [("run_started", 1), ("arrived", 1), ("run_started", 2), ("unloaded", 1)]
    taken_up = 0
    for event, nth in moments * (4 if LONG else 1):
        analytics.ask("truncate rows")
        before = len(events(server))
        command = [BINARY, "run", appending.file, "--json", "--state", server.state]
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment()
        )
        until(
            lambda: events(server)[before:].count(event) >= nth or running.poll() is not None,
            f"{event} of leg {nth}",
        )
        assert running.poll() in (None, 0), running.communicate()
        time.sleep(chance.uniform(0, 0.1))
        running.send_signal(signal.SIGKILL)
        told = running.communicate(timeout=60)
        # What is killed behind its last step, when the stage is empty again, is done; another run
        # would append again.
        if "data_deleted" not in events(server)[before:]:
            done = appending("run", "--json", check=None)
            assert done.returncode == 0, f"{told}\n{done.stdout}{done.stderr}"
            taken_up += 1
        assert analytics.ask(digest.format("rows")) == expected, (event, nth)
        appending("verify")
    assert taken_up, "every run was done before it was killed"
