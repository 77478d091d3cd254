"""COPY as an analyst uses it: a role instead of keys, from S3 and DynamoDB, with psql and psycopg2."""

import gzip
import os
import subprocess

import psycopg2
import pytest
from landbridge import clean_environment
from provision import allow, policy, trust, wait_for_cluster

ROWS = 182_851
CREATE = "create temp table temp_test (col1 varchar(128), col2 varchar(128));"


@pytest.fixture
def login(story, server):
    """The cluster's owner, as libpq's environment has it."""
    endpoint = wait_for_cluster(story)["Endpoint"]
    return {
        "PGHOST": endpoint["Address"],
        "PGPORT": str(endpoint["Port"]),
        "PGDATABASE": story.database,
        "PGUSER": story.master["user"],
        "PGPASSWORD": story.master["password"],
        "PGSSLMODE": "require",
    }


@pytest.fixture
def connection(login):
    """A connection of the cluster's owner."""
    opened = psycopg2.connect(
        host=login["PGHOST"],
        port=login["PGPORT"],
        dbname=login["PGDATABASE"],
        user=login["PGUSER"],
        password=login["PGPASSWORD"],
        sslmode="require",
    )
    opened.autocommit = True
    yield opened
    opened.close()


@pytest.fixture
def lake(prod, name):
    """A bucket of the cluster's own account."""
    s3 = prod.client("s3")
    s3.create_bucket(Bucket=name)
    yield name
    for found in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=found["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def role(prod, story, name, lake):
    """A role that may read the bucket and one table, attached to the running cluster."""
    iam, redshift = prod.client("iam"), prod.client("redshift")
    iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=trust({"Service": "redshift.amazonaws.com"})
    )
    may = policy(
        allow("s3:ListBucket", f"arn:aws:s3:::{lake}"),
        allow("s3:GetObject", f"arn:aws:s3:::{lake}/*"),
        allow(["dynamodb:DescribeTable", "dynamodb:Scan"], f"arn:aws:dynamodb:*:*:table/{name}"),
    )
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=may)
    arn = f"arn:aws:iam::{story.prod_account}:role/{name}"
    redshift.modify_cluster_iam_roles(ClusterIdentifier=story.cluster, AddIamRoles=[arn])
    wait_for_cluster(story)
    yield arn
    redshift.modify_cluster_iam_roles(ClusterIdentifier=story.cluster, RemoveIamRoles=[arn])
    wait_for_cluster(story)
    iam.delete_role_policy(RoleName=name, PolicyName="read")
    iam.delete_role(RoleName=name)


def psql(login, script):
    """What psql says to a script, in order."""
    done = subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1"],
        input=script,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(**login, PATH=os.environ["PATH"]),
        timeout=120,
    )
    return done.stdout.splitlines()


def loaded(rows):
    """The notice of a load."""
    return f"INFO:  Load into table 'temp_test' completed, {rows} record(s) loaded successfully."


def test_csv_gzip_from_s3_by_role(prod, story, login, lake, role):
    lines = "".join(f'{n},"name {n}"\n' for n in range(ROWS))
    for part in range(2):
        half = lines.splitlines(True)[part::2]
        body = gzip.compress("".join(half).encode())
        prod.client("s3").put_object(Bucket=lake, Key=f"part-{part}.csv.gz", Body=body)
    said = psql(
        login,
        f"""{CREATE}
        COPY temp_test from 's3://{lake}/'
        CREDENTIALS 'aws_iam_role={role}'
        REGION 'us-east-1' csv gzip;""",
    )
    assert [line for line in said if line] == ["CREATE TABLE", loaded(ROWS), "COPY"]


def test_the_session_outlives_the_attachment(prod, story, connection, lake, name):
    """The cluster's roles change while a session stays connected."""
    iam, redshift = prod.client("iam"), prod.client("redshift")
    prod.client("s3").put_object(Bucket=lake, Key="x", Body=b"1|a\n")
    trusted = trust({"Service": "redshift.amazonaws.com"})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    copy = f"copy temp_test from 's3://{lake}/x' iam_role '{arn}'"
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        with pytest.raises(psycopg2.errors.InternalError_, match="not authorized to assume"):
            cursor.execute(copy)
        redshift.modify_cluster_iam_roles(ClusterIdentifier=story.cluster, AddIamRoles=[arn])
        wait_for_cluster(story)
        with pytest.raises(psycopg2.errors.InternalError_, match="Access Denied|is not authorized") as refusal:
            cursor.execute(copy)
        assert "error:  S3ServiceException" in refusal.value.diag.message_detail
        may = policy(allow(["s3:ListBucket", "s3:GetObject"], "*"))
        iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=may)
        cursor.execute(copy)
        cursor.execute("select col1, col2, pg_last_copy_count() from temp_test")
        assert cursor.fetchall() == [("1", "a", 1)]
    redshift.modify_cluster_iam_roles(ClusterIdentifier=story.cluster, RemoveIamRoles=[arn])
    wait_for_cluster(story)
    iam.delete_role_policy(RoleName=name, PolicyName="read")
    iam.delete_role(RoleName=name)


def test_keys_and_temporary_keys(prod, connection, lake):
    prod.client("s3").put_object(Bucket=lake, Key="x", Body=b"1,a\n")
    fixed = prod.get_credentials().get_frozen_credentials()
    token = prod.client("sts").get_session_token()["Credentials"]
    pair = f"aws_access_key_id={fixed.access_key};aws_secret_access_key={fixed.secret_key}"
    temporary = (
        f"aws_access_key_id={token['AccessKeyId']};"
        f"aws_secret_access_key={token['SecretAccessKey']};token={token['SessionToken']}"
    )
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        for clause in (
            f"credentials '{pair}'",
            f"credentials '{temporary}'",
            f"access_key_id '{fixed.access_key}' secret_access_key '{fixed.secret_key}'",
        ):
            cursor.execute(f"copy temp_test from 's3://{lake}/x' {clause} csv")
        cursor.execute("select count(*) from temp_test")
        assert cursor.fetchone() == (3,)
        wrong = f"access_key_id '{fixed.access_key}' secret_access_key 'no'"
        with pytest.raises(psycopg2.errors.InternalError_, match="SignatureDoesNotMatch"):
            cursor.execute(f"copy temp_test from 's3://{lake}/x' {wrong} csv")
        cursor.execute("select query_text from sys_query_history where query_type = 'COPY'")
        texts = " ".join(text for (text,) in cursor.fetchall())
        assert fixed.secret_key not in texts and token["SecretAccessKey"] not in texts


def test_bad_lines_are_told(prod, connection, lake, role):
    prod.client("s3").put_object(Bucket=lake, Key="bad", Body=b"1|a\nx|b\n2|c\n")
    copy = f"copy numbers from 's3://{lake}/bad' iam_role '{role}' maxerror"
    with connection.cursor() as cursor:
        cursor.execute("create temp table numbers (n int, t varchar(5))")
        with pytest.raises(psycopg2.errors.InternalError_) as failure:
            cursor.execute(f"{copy} 1")
        assert str(failure.value).startswith(
            "Load into table 'numbers' failed.  Check 'stl_load_errors' system table for details."
        )
        del connection.notices[:]
        cursor.execute(f"{copy} 2")
        assert connection.notices == [
            "INFO:  Load into table 'numbers' completed, 2 record(s) loaded successfully.\n",
            "INFO:  Load into table 'numbers' completed, 1 record(s) could not be loaded.  "
            "Check 'stl_load_errors' system table for details.\n",
        ]
        cursor.execute(
            "select trim(filename), line_number, trim(colname), trim(type), position, "
            "trim(raw_line), trim(raw_field_value), err_code, trim(err_reason) "
            "from stl_load_errors where query = pg_last_copy_id()"
        )
        reason = "Invalid digit, Value 'x', Pos 0, Type: Integer"
        row = (f"s3://{lake}/bad", 2, "n", "int4", 0, "x|b", "x", 1207, reason)
        assert cursor.fetchall() == [row]


def test_items_of_dynamodb_by_role(prod, login, role, name):
    dynamodb = prod.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "Col1", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Col1", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    waiter = {"Delay": 1, "MaxAttempts": 20}
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig=waiter)
    item = {"Col1": {"S": "key"}, "col2": {"N": "7"}, "other": {"BOOL": True}}
    dynamodb.put_item(TableName=name, Item=item)
    said = psql(
        login,
        f"""{CREATE}
        COPY temp_test from 'dynamodb://{name}'
        CREDENTIALS 'aws_iam_role={role}'
        readratio 1;
        select col1 || ' ' || col2 from temp_test;""",
    )
    assert [line for line in said if line][:3] == ["CREATE TABLE", loaded(1), "COPY"]
    assert " key 7" in said
    dynamodb.delete_table(TableName=name)
