"""The example "load with roles": its script as a user runs it, and its movement files."""

import gzip
import json
import os

import psycopg2
import pytest
from landbridge import ROOT, Server, have, tool, until
from movements import Movement

EXAMPLE = ROOT / "examples" / "load-with-roles"
INFO = "INFO:  Load into table 'temp_test' completed, {} record(s) loaded successfully."
PASSWORD = "Secret-1-admin"

pytestmark = pytest.mark.skipif(not have("psql"), reason="psql (postgresql-client) is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A world of its own: the example's names are those of the other example too."""
    running = Server(tmp_path_factory.mktemp("load") / "state").start()
    yield running
    assert running.stop() == 0, "the server did not stop cleanly"


@pytest.fixture(scope="module")
def prod(server):
    """An administrator of the account with the cluster."""
    return server.session("prod")


@pytest.fixture(scope="module")
def dev(server):
    """An administrator of the account with the data."""
    return server.session("dev")


@pytest.fixture(scope="module")
def script(server):
    """Runs a step of the script; what it makes is taken away in the end."""

    def step(name):
        environment = server.environment("prod") | {"ROWS": "182851"}
        return tool("bash", EXAMPLE / "load.sh", name, environment=environment)

    step("up")
    step.attached = step("attach").stdout
    yield step
    step("down")


def test_the_role_comes_while_a_session_stays(script):
    assert script.attached.startswith("modifying → available, in-sync"), script.attached
    assert "is there still" in script.attached


def test_rows_from_s3_by_role(script):
    done = script("s3")
    assert INFO.format(182851) in done.stderr
    assert [line.strip() for line in done.stdout.splitlines()][:2] == ["CREATE TABLE", "COPY"]
    assert "182851 | 182851" in done.stdout


def test_the_three_forms_of_credentials(script):
    done = script("forms")
    assert done.stderr.count(INFO.format(182851)) == 3


def test_an_item_from_dynamodb_by_role(script):
    assert INFO.format(1) in script("dynamodb").stderr


@pytest.fixture(scope="module")
def warehouse(server, prod):
    """A cluster of PROD with the two tables of the movement files, and its owner's login."""
    redshift = prod.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="warehouse",
        NodeType="ra3.large",
        ClusterType="single-node",
        DBName="sales",
        MasterUsername="admin",
        MasterUserPassword=PASSWORD,
    )

    def available():
        (found,) = redshift.describe_clusters(ClusterIdentifier="warehouse")["Clusters"]
        return found["ClusterStatus"] == "available" and found["Endpoint"]

    endpoint = until(available, "the cluster")
    login = {"username": "admin", "password": PASSWORD, "dbname": "sales"}
    login |= {"host": endpoint["Address"], "port": endpoint["Port"]}
    secrets = prod.client("secretsmanager")
    secrets.create_secret(Name="prod/redshift/admin", SecretString=json.dumps(login))
    connection = psycopg2.connect(
        host=login["host"],
        port=login["port"],
        dbname="sales",
        user="admin",
        password=PASSWORD,
        sslmode="verify-full",
        sslrootcert=os.fspath(server.state / "ca.pem"),
    )
    connection.autocommit = True
    cursor = connection.cursor()
    for table in ("rows", "items"):
        cursor.execute(f"create table {table} (col1 varchar(128), col2 varchar(128))")
        cursor.execute(f"insert into {table} values ('1', 'old'), ('x', 'kept by an upsert')")
    yield cursor
    connection.close()
    secrets.delete_secret(SecretId="prod/redshift/admin", ForceDeleteWithoutRecovery=True)
    redshift.delete_cluster(ClusterIdentifier="warehouse", SkipFinalClusterSnapshot=True)


@pytest.fixture
def landing(dev):
    """The bucket of DEV with two files."""
    s3 = dev.client("s3")
    s3.create_bucket(Bucket="dev-landing")
    for key, text in (("rows/a", '1,"a ""b"", c"\n2,\n'), ("rows/b", "3,x\n")):
        s3.put_object(Bucket="dev-landing", Key=key, Body=gzip.compress(text.encode()))
    yield s3
    for found in s3.list_objects_v2(Bucket="dev-landing").get("Contents", []):
        s3.delete_object(Bucket="dev-landing", Key=found["Key"])
    s3.delete_bucket(Bucket="dev-landing")


def rows(cursor, table):
    cursor.execute(f"select * from {table} order by 1")
    return cursor.fetchall()


def roles(session):
    return {role["RoleName"] for role in session.client("iam").list_roles()["Roles"]}


def test_the_movement_from_s3(server, prod, dev, warehouse, landing):
    before = roles(prod), roles(dev)
    run = Movement(server, EXAMPLE / "rows-to-prod.toml")
    run("plan", check=2)
    run("apply", "--yes")
    try:
        assert "every hop is open" in run("check").stdout
        moved = run.told("run")["moved"]
        assert (moved["rows"], moved["landing"]["replaced"]) == (3, 1)
        expected = [("1", 'a "b", c'), ("2", ""), ("3", "x"), ("x", "kept by an upsert")]
        assert rows(warehouse, "rows") == expected
        # The same again comes to the same.
        run("run")
        assert rows(warehouse, "rows") == expected
        run("verify")
        # A key twice in the source: told, and nothing is changed.
        landing.put_object(Bucket="dev-landing", Key="rows/c", Body=gzip.compress(b"3,y\n4,z\n"))
        trouble = run.told("run", check=1)["trouble"]
        assert trouble["why"] == ["col1 3: 2 rows"], trouble
        assert rows(warehouse, "rows") == expected
        # A line that does not fit: named with file and line.
        landing.put_object(Bucket="dev-landing", Key="rows/c", Body=gzip.compress(b"4,z\n5,z,z\n"))
        trouble = run.told("run", check=1)["trouble"]
        assert "s3://dev-landing/rows/c, line 2" in trouble["why"][0], trouble
        assert rows(warehouse, "rows") == expected
        assert "came after the load" in run("verify", check=1).stdout
    finally:
        run("destroy", "--yes")
    assert (roles(prod), roles(dev)) == before
    assert rows(warehouse, "rows") == expected


def test_a_gate_that_closes_is_found_by_check_and_by_run(server, dev, warehouse, landing):
    run = Movement(server, EXAMPLE / "rows-to-prod.toml")
    run("apply", "--yes")
    try:
        dev.client("iam").delete_role_policy(RoleName="S3-Read-Role", PolicyName="ReadSource")
        found = run.told("check", check=2)
        assert [hop["number"] for hop in found["hops"] if hop["state"] == "failed"] == [7]
        trouble = run.told("run", check=1)["trouble"]
        assert trouble["hop"] == 7 and "S3ServiceException" in trouble["said"], trouble
        assert trouble["fix"][0].startswith("landbridge apply") and "--hop 7" in trouble["fix"][0]
        run("apply", "--yes", "--hop", "7")
        run("run")
    finally:
        run("destroy", "--yes")


def test_the_movement_from_dynamodb(server, dev, warehouse):
    dynamodb = dev.client("dynamodb")
    name = "redshift-test-20160401"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "col1", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "col1", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    for key in "abc":
        dynamodb.put_item(TableName=name, Item={"col1": {"S": key}, "col2": {"N": "7"}})
    run = Movement(server, EXAMPLE / "items-to-prod.toml")
    run("apply", "--yes")
    try:
        assert "every hop is open" in run("check").stdout
        assert run.told("run")["moved"]["rows"] == 3
        assert rows(warehouse, "items") == [("a", "7"), ("b", "7"), ("c", "7")]
        assert "3 items, as many as were loaded" in run("verify", "--recount").stdout
    finally:
        run("destroy", "--yes")
        dynamodb.delete_table(TableName=name)
