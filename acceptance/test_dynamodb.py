"""DynamoDB: boto3's client and resource, aws-cli, and who may see which item."""

import json
import subprocess
import time
from decimal import Decimal

import boto3.dynamodb.types
import pytest
from boto3.dynamodb.conditions import Attr, Key
from landbridge import refused, until


@pytest.fixture(scope="module")
def dynamodb(server):
    """DynamoDB as PROD's administrator, at the level of resources."""
    return server.session("prod").resource("dynamodb")


def make(dynamodb, name, **more):
    """A table of orders that is usable."""
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "customer", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
            {"AttributeName": "status", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-status",
                "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    waiter = dynamodb.meta.client.get_waiter("table_exists")
    waiter.wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    table.reload()
    return table


@pytest.fixture
def table(dynamodb, name):
    """A table that is removed afterwards."""
    made = make(dynamodb, name)
    yield made
    made.delete()
    waiter = dynamodb.meta.client.get_waiter("table_not_exists")
    waiter.wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})


def test_a_table_is_described_and_must_be_waited_for(dynamodb, table, name, server):
    assert table.table_status == "ACTIVE"
    assert table.table_arn == f"arn:aws:dynamodb:us-east-1:{server.account('prod')}:table/{name}"
    assert [index["IndexStatus"] for index in table.global_secondary_indexes] == ["ACTIVE"]
    client = dynamodb.meta.client
    assert name in [n for page in client.get_paginator("list_tables").paginate() for n in page["TableNames"]]
    message = "Requested resource not found: Table: nobody-made-it not found"
    refused(client.describe_table, "ResourceNotFoundException", message, TableName="nobody-made-it")


def test_items_of_every_type_come_back(table):
    binary = boto3.dynamodb.types.Binary(bytes(range(256)))
    item = {
        "customer": "ann",
        "number": Decimal("1"),
        "text": "grün",
        "price": Decimal("12.50"),
        "big": Decimal("12345678901234567890123456789012345678"),
        "small": Decimal("-1E-130"),
        "bytes": binary,
        "yes": True,
        "none": None,
        "tags": {"a", "b"},
        "numbers": {Decimal(1), Decimal("2.5")},
        "list": [Decimal(1), "two", {"three": [None]}],
        "map": {"nested": {"deep": [True]}},
        "empty": "",
    }
    table.put_item(Item=item)
    assert table.get_item(Key={"customer": "ann", "number": 1})["Item"] == item


def test_conditions_updates_and_returned_values(dynamodb, table):
    failed = dynamodb.meta.client.exceptions.ConditionalCheckFailedException
    key = {"customer": "ann", "number": 1}
    absent = Attr("customer").not_exists()
    table.put_item(Item={**key, "n": 1, "l": ["a"]}, ConditionExpression=absent)
    with pytest.raises(failed) as raised:
        table.put_item(
            Item=key, ConditionExpression=absent, ReturnValuesOnConditionCheckFailure="ALL_OLD"
        )
    assert raised.value.response["Item"]["n"] == {"N": "1"}
    updated = table.update_item(
        Key=key,
        UpdateExpression="SET n = n + :one, l = list_append(l, :more), #s = :new REMOVE gone ADD tags :tags",
        ConditionExpression=Attr("n").lt(5),
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":one": 1, ":more": ["b"], ":new": "new", ":tags": {"x"}},
        ReturnValues="ALL_NEW",
    )
    expected = {**key, "n": 2, "l": ["a", "b"], "status": "new", "tags": {"x"}}
    assert updated["Attributes"] == expected
    refused(
        table.update_item,
        "ValidationException",
        "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status",
        Key=key,
        UpdateExpression="SET status = :s",
        ExpressionAttributeValues={":s": "x"},
    )
    assert table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"] == expected
    assert "Item" not in table.get_item(Key=key)


def test_queries_pages_indexes_and_parallel_scans(dynamodb, table, name):
    with table.batch_writer() as batch:
        for number in range(100):
            status = "open" if number % 10 == 0 else "done"
            batch.put_item(Item={"customer": f"c{number % 3}", "number": number, "status": status})
    ours = Key("customer").eq("c0")
    found = table.query(KeyConditionExpression=ours & Key("number").between(30, 60))
    assert [int(item["number"]) for item in found["Items"]] == list(range(30, 61, 3))
    newest = table.query(KeyConditionExpression=ours, ScanIndexForward=False, Limit=2)
    assert [int(item["number"]) for item in newest["Items"]] == [99, 96]
    rest = table.query(
        KeyConditionExpression=ours,
        ScanIndexForward=False,
        ExclusiveStartKey=newest["LastEvaluatedKey"],
        FilterExpression=Attr("status").eq("open"),
    )
    assert [int(item["number"]) for item in rest["Items"]] == [90, 60, 30, 0]
    by_status = table.query(IndexName="by-status", KeyConditionExpression=Key("status").eq("open"))
    assert by_status["Count"] == 10
    pages = dynamodb.meta.client.get_paginator("scan")
    segments = [
        item["number"]
        for segment in range(4)
        for page in pages.paginate(
            TableName=name, Segment=segment, TotalSegments=4, PaginationConfig={"PageSize": 7}
        )
        for item in page["Items"]
    ]
    assert sorted(map(int, segments)) == list(range(100))


def test_batches_and_transactions(dynamodb, table, name):
    client = dynamodb.meta.client
    keys = [{"customer": "b", "number": n} for n in range(3)]
    client.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": {**k, "n": 10}}} for k in keys]})
    got = dynamodb.batch_get_item(RequestItems={name: {"Keys": keys, "ConsistentRead": True}})
    assert len(got["Responses"][name]) == 3 and got["UnprocessedKeys"] == {}

    def move(amount):
        change = {"TableName": name, "ExpressionAttributeValues": {":a": amount}}
        return client.transact_write_items(
            TransactItems=[
                {"Update": {**change, "Key": keys[0], "UpdateExpression": "SET n = n - :a", "ConditionExpression": "n >= :a"}},
                {"Update": {**change, "Key": keys[1], "UpdateExpression": "SET n = n + :a"}},
            ]
        )

    move(4)
    with pytest.raises(client.exceptions.TransactionCanceledException) as raised:
        move(7)
    reasons = [reason["Code"] for reason in raised.value.response["CancellationReasons"]]
    assert reasons == ["ConditionalCheckFailed", "None"]
    read = client.transact_get_items(TransactItems=[{"Get": {"TableName": name, "Key": k}} for k in keys])
    assert [int(answer["Item"]["n"]) for answer in read["Responses"]] == [6, 14, 10]


def test_a_user_sees_the_items_of_its_own_key_only(server, prod, table, name):
    iam = prod.client("iam")
    iam.create_user(UserName=name)
    statement = {
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:Query"],
        "Resource": table.table_arn,
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        user = server.acting_as(made).client("dynamodb")
        table.put_item(Item={"customer": name, "number": 1})

        def key(customer):
            return {"customer": {"S": customer}, "number": {"N": "1"}}

        assert user.get_item(TableName=name, Key=key(name))["Item"]
        of = {"KeyConditionExpression": "customer = :c", "TableName": name}
        mine = user.query(**of, ExpressionAttributeValues={":c": {"S": name}})
        assert mine["Count"] == 1
        theirs = {":c": {"S": "other"}}
        refused(user.query, "AccessDeniedException", **of, ExpressionAttributeValues=theirs)
        refused(user.get_item, "AccessDeniedException", TableName=name, Key=key("other"))
        refused(user.scan, "AccessDeniedException", TableName=name)
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="own")
        iam.delete_user(UserName=name)


def test_another_account_reads_by_arn_under_a_resource_policy(server, dynamodb, dev, table):
    table.put_item(Item={"customer": "ann", "number": 1, "total": 5})
    read = {"TableName": table.table_arn, "Key": {"customer": {"S": "ann"}, "number": {"N": "1"}}}
    theirs = dev.client("dynamodb")
    refused(theirs.get_item, "AccessDeniedException", **read)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": server.account("dev")},
        "Action": "dynamodb:GetItem",
        "Resource": table.table_arn,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client = dynamodb.meta.client
    client.put_resource_policy(ResourceArn=table.table_arn, Policy=document)
    assert theirs.get_item(**read)["Item"]["total"] == {"N": "5"}
    client.delete_resource_policy(ResourceArn=table.table_arn)
    refused(theirs.get_item, "AccessDeniedException", **read)


def test_expired_items_go(dynamodb, table, name):
    specification = {"Enabled": True, "AttributeName": "ends"}
    dynamodb.meta.client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    table.put_item(Item={"customer": "ann", "number": 1, "ends": int(time.time()) - 60})
    table.put_item(Item={"customer": "ann", "number": 2, "ends": int(time.time()) + 3600})
    until(lambda: table.scan()["Count"] == 1, "the expired item to go")
    assert table.scan()["Items"][0]["number"] == 2


def test_aws_cli(server, table, name):
    def cli(*arguments):
        command = ["aws", "dynamodb", *arguments, "--table-name", name, "--output", "json"]
        done = subprocess.run(command, env=server.environment("prod"), text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    item = {"customer": {"S": "cli"}, "number": {"N": "7"}, "tags": {"SS": ["a", "b"]}}
    cli("put-item", "--item", json.dumps(item))
    key = json.dumps({"customer": {"S": "cli"}, "number": {"N": "7"}})
    assert cli("get-item", "--key", key)["Item"] == item
    names = ["--key-condition-expression", "customer = :c", "--expression-attribute-values"]
    assert cli("query", *names, json.dumps({":c": {"S": "cli"}}))["Count"] == 1
    assert cli("describe-table")["Table"]["ItemCount"] == 1
    assert cli("scan", "--select", "COUNT")["Count"] == 1
