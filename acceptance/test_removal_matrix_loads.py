"""The removal matrix of the way in: from a bucket and from a DynamoDB table, as for the way out."""

import provision
import pytest
import test_removal_matrix as matrix
from movements import Movement, keep_admin_login

MOVEMENT = """
name = "{name}"

[source]
profile = "dev"
{what}

[target]
profile = "prod"
cluster = "{cluster}"
database = "{database}"
user = "ml_user"
secret = "{name}/login"
secret_key = "alias/{name}-secrets"
admin_secret = "{admin_secret}"
table = "depot.orders"
mode = "overwrite"

[roles]
entry = "ml-entry"
secret_reader = "ml-secret"
cluster = "ml-cluster"
reader = "ml-reader"
"""


class LoadPath(matrix.Path):
    """An applied load, in whose second account the data lie."""

    side, verb, user, cluster_role, data_role = "target", "copy", "ml_user", "ml-cluster", "ml-reader"


@pytest.fixture
def bucket(story):
    """A bucket of DEV with a key of its own, and two files in it."""
    kms, s3, name = story.dev.client("kms"), story.dev.client("s3"), "matrix-landing"
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    s3.create_bucket(Bucket=name)
    for part, text in (("a", b"1,x\n2,\n"), ("b", b"3,y\n")):
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        s3.put_object(Bucket=name, Key=f"in/{part}", Body=text, **sealed)
    yield f's3 = "s3://{name}/in/"\nformat = "csv"\nkey = "alias/{name}"'
    for part in "ab":
        s3.delete_object(Bucket=name, Key=f"in/{part}")
    s3.delete_bucket(Bucket=name)
    kms.delete_alias(AliasName=f"alias/{name}")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


@pytest.fixture
def items(story):
    """A table of DEV with two items."""
    dynamodb, name = story.dev.client("dynamodb"), "matrix-items"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    for key in "12":
        dynamodb.put_item(TableName=name, Item={"id": {"N": key}, "note": {"S": "x"}})
    yield f'dynamodb = "{name}"'
    dynamodb.delete_table(TableName=name)


@pytest.mark.parametrize("source", ["bucket", "items"])
def test_each_element_of_the_way_in_is_needed(request, server, story, tmp_path, capsys, source):
    name, file = f"matrix-{source}", tmp_path / "load.toml"
    admin_secret = keep_admin_login(story)
    file.write_text(
        MOVEMENT.format(
            name=name,
            what=request.getfixturevalue(source),
            cluster=story.cluster,
            database=story.database,
            admin_secret=admin_secret,
        )
    )
    with provision.connect_as_master(story) as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists depot")
        cursor.execute("drop table if exists depot.orders")
        cursor.execute("create table depot.orders (id int, note varchar(20))")
    connection.close()
    run = Movement(server, file)
    run("apply", "--yes")
    try:
        run("run")
        matrix.tried(LoadPath(story, run, name), capsys, least=20)
    finally:
        run("destroy", "--data", "--yes")
        secrets = story.prod.client("secretsmanager")
        secrets.delete_secret(SecretId=admin_secret, ForceDeleteWithoutRecovery=True)
