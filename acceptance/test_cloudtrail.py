"""CloudTrail: who did what, allowed or not, in both accounts."""

import json

import pytest
import unload as program
from landbridge import refused


def events(session, **by):
    """Events by one attribute, newest first, with their records read."""
    ((key, value),) = by.items()
    lookup = session.client("cloudtrail").get_paginator("lookup_events")
    attributes = [{"AttributeKey": key, "AttributeValue": value}]
    found = []
    for page in lookup.paginate(LookupAttributes=attributes):
        found += [json.loads(event["CloudTrailEvent"]) for event in page["Events"]]
    return found


def test_a_call_and_its_refusal_are_recorded_once_each(dev, prod, server, name):
    s3 = dev.client("s3")
    s3.create_bucket(Bucket=name)
    (event,) = [
        e for e in events(dev, EventName="CreateBucket") if e["requestParameters"]["bucketName"] == name
    ]
    assert event["eventSource"] == "s3.amazonaws.com"
    assert event["recipientAccountId"] == server.account("dev") and "errorCode" not in event
    assert event["userIdentity"]["accountId"] == server.account("dev")
    ghost = f"arn:aws:iam::{server.account('prod')}:role/{name}"
    refused(dev.client("sts").assume_role, "AccessDenied", RoleArn=ghost, RoleSessionName="me")
    denied = [
        e
        for e in events(dev, EventName="AssumeRole")
        if (e.get("requestParameters") or {}).get("roleArn") == ghost
    ]
    assert [e["errorCode"] for e in denied] == ["AccessDenied"]
    s3.delete_bucket(Bucket=name)


def test_the_movement_can_be_followed_through_both_accounts(story, server, name, monkeypatch):
    for variable, value in server.environment("dev").items():
        if variable.startswith(("AWS_", "PG")):
            monkeypatch.setenv(variable, value)
    path = f"s3://{story.bucket}/{story.prefix}{name}/"
    program.handler({**story.event(), "s3_bucket_path": path})

    read = events(story.prod, EventName="GetSecretValue")
    assert any("/SM-Read-Role/unload" in e["userIdentity"].get("arn", "") for e in read)
    assumed = [e for e in events(story.dev, EventName="AssumeRole") if "errorCode" not in e]
    roles = [(e.get("requestParameters") or {}).get("roleArn") for e in assumed]
    assert story.write_role in roles
    external = [
        e["requestParameters"].get("externalId")
        for e in assumed
        if e["requestParameters"].get("roleArn") == story.write_role
    ]
    assert story.login in external


def test_secrets_are_not_in_the_trail(story, dev, prod, name):
    prod.client("secretsmanager").create_secret(Name=name, SecretString="hush-hush-words")
    for event in events(prod, EventName="CreateSecret"):
        assert "hush-hush-words" not in json.dumps(event)
    prod.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("attribute", ["Username", "EventSource", "ReadOnly"])
def test_lookups_by_other_attributes(prod, attribute):
    who = prod.client("sts").get_caller_identity()["Arn"].rsplit("/", 1)[1]
    value = {"Username": who, "EventSource": "iam.amazonaws.com", "ReadOnly": "true"}[attribute]
    prod.client("iam").list_users()
    assert events(prod, **{attribute: value})
