"""TPC-H at scale factor 1: loaded from S3 by a role, asked through psycopg, and right."""

import json
import subprocess

import psycopg
import pytest
from landbridge import BINARY, Server, until

TPCH = BINARY.with_name("tpch")
PASSWORD = "Secret-1-admin"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "redshift.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
READ = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"],
        "Resource": ["arn:aws:s3:::tpch-data", "arn:aws:s3:::tpch-data/*"],
    },
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The tables' files, and the queries."""
    assert TPCH.exists(), f"{TPCH} is not built: cargo build -p tpch"
    directory = tmp_path_factory.mktemp("tpch")
    subprocess.run([TPCH, "write", directory, "1"], check=True)
    yield directory
    for file in directory.glob("*.csv"):
        file.unlink()


@pytest.fixture(scope="module")
def login(files, tmp_path_factory):
    """A cluster of its own with the tables loaded."""
    server = Server(tmp_path_factory.mktemp("tpch-world") / "state").start()
    prod = server.session("prod")
    s3, iam, redshift = (prod.client(name) for name in ("s3", "iam", "redshift"))
    s3.create_bucket(Bucket="tpch-data")
    role = iam.create_role(RoleName="TpchReader", AssumeRolePolicyDocument=json.dumps(TRUST))
    role = role["Role"]["Arn"]
    document = json.dumps(READ)
    iam.put_role_policy(RoleName="TpchReader", PolicyName="read", PolicyDocument=document)
    redshift.create_cluster(
        ClusterIdentifier="tpch",
        NodeType="ra3.large",
        ClusterType="single-node",
        DBName="dev",
        MasterUsername="admin",
        MasterUserPassword=PASSWORD,
        IamRoles=[role],
    )

    def available():
        (found,) = redshift.describe_clusters(ClusterIdentifier="tpch")["Clusters"]
        return found["ClusterStatus"] == "available" and found

    endpoint = until(available, "the cluster is available")["Endpoint"]
    login = {
        "host": endpoint["Address"],
        "port": endpoint["Port"],
        "dbname": "dev",
        "user": "admin",
        "password": PASSWORD,
        "autocommit": True,
        "prepare_threshold": None,
    }
    with psycopg.connect(**login) as connection:
        for table in sorted(files.glob("*.csv")):
            s3.upload_file(str(table), "tpch-data", table.name)
            connection.execute(table.with_suffix(".sql").read_text())
            source = f"from 's3://tpch-data/{table.name}' iam_role '{role}' csv"
            connection.execute(f"copy {table.stem} {source}")
            s3.delete_object(Bucket="tpch-data", Key=table.name)
    yield login
    assert server.stop() == 0, "the server did not stop cleanly"


@pytest.fixture(scope="module")
def connection(login):
    with psycopg.connect(**login) as connection:
        yield connection


@pytest.mark.parametrize("number", range(1, 23))
def test_a_query_is_right(connection, files, number):
    rows = []
    for statement in (files / f"q{number:02}.sql").read_text().split(";\n"):
        cursor = connection.execute(statement)
        rows += cursor.fetchall() if cursor.description else []
    text = "".join("|".join(str(cell) for cell in row) + "\n" for row in rows)
    done = subprocess.run([TPCH, "check", str(number)], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
