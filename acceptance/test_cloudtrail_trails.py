"""CloudTrail trails: what lies in the bucket, as aws-cli and boto3 make them and read them."""

import gzip
import json
import time

import pytest
from landbridge import Server, refused, tool, until


def policy(bucket, trail, account):
    """AWS's documented bucket policy for a trail."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    of_trail = {"aws:SourceArn": trail}
    put = of_trail | {"s3:x-amz-acl": "bucket-owner-full-control"}
    statements = [
        {
            "Sid": "AWSCloudTrailAclCheck20150319",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringEquals": of_trail},
        },
        {
            "Sid": "AWSCloudTrailWrite20150319",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*",
            "Condition": {"StringEquals": put},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def records(s3, bucket):
    """Every delivered event, and the keys of the files."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    events = []
    for key in keys:
        if "/CloudTrail/" in key:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            events += json.loads(gzip.decompress(body))["Records"]
    return events, keys


def arn_of(server, name, account="prod"):
    """The ARN that a trail of the account will have."""
    return f"arn:aws:cloudtrail:us-east-1:{server.account(account)}:trail/{name}"


@pytest.fixture
def trail(server, prod, dev, name):
    """A trail of PROD, not yet logging, that delivers into DEV's bucket of the same name."""
    s3, arn = dev.client("s3"), arn_of(server, name)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=policy(name, arn, server.account("prod")))
    cloudtrail = prod.client("cloudtrail")
    cloudtrail.create_trail(Name=name, S3BucketName=name)
    yield name
    cloudtrail.delete_trail(Name=name)
    for key in records(s3, name)[1]:
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)


def test_events_reach_the_bucket_of_another_account(server, prod, dev, trail):
    cloudtrail, account = prod.client("cloudtrail"), server.account("prod")
    cloudtrail.start_logging(Name=trail)
    prod.client("iam").create_user(UserName=trail)
    prod.client("iam").delete_user(UserName=trail)
    s3 = dev.client("s3")

    def delivered():
        events, keys = records(s3, trail)
        return {e["eventName"] for e in events} >= {"CreateUser", "DeleteUser"} and (events, keys)

    events, keys = until(delivered, "the events to be delivered", 60)
    for key in keys:
        folder, _, file = key.rpartition("/")
        assert folder.startswith(f"AWSLogs/{account}/CloudTrail/us-east-1/2")
        assert file.startswith(f"{account}_CloudTrail_us-east-1_") and file.endswith(".json.gz")
    made = [e for e in events if e["eventName"] == "CreateUser"]
    assert [e["requestParameters"]["userName"] for e in made] == [trail]
    by_id = [{"AttributeKey": "EventId", "AttributeValue": made[0]["eventID"]}]
    (looked_up,) = cloudtrail.lookup_events(LookupAttributes=by_id)["Events"]
    assert json.loads(looked_up["CloudTrailEvent"]) == made[0]
    status = cloudtrail.get_trail_status(Name=trail)
    assert status["IsLogging"] and "LatestDeliveryError" not in status
    cloudtrail.stop_logging(Name=trail)


def test_aws_cli_makes_a_trail_and_selects_events(server, prod, name):
    environment = server.environment("prod")
    s3, arn = prod.client("s3"), arn_of(server, name)
    s3.create_bucket(Bucket=name)

    def aws(*arguments, check=0):
        done = tool("aws", "cloudtrail", *arguments, environment=environment, check=check)
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    create = ("create-trail", "--name", name, "--s3-bucket-name", name, "--is-multi-region-trail")
    assert "InsufficientS3BucketPolicyException" in aws(*create, check=255)
    s3.put_bucket_policy(Bucket=name, Policy=policy(name, arn, server.account("prod")))
    assert aws(*create)["TrailARN"] == arn
    selectors = [
        {
            "Name": "objects",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{name}/mine/"]},
            ],
        }
    ]
    chosen = ("--advanced-event-selectors", json.dumps(selectors))
    aws("put-event-selectors", "--trail-name", name, *chosen)
    aws("start-logging", "--name", name)
    s3.put_object(Bucket=name, Key="mine/a", Body=b"a")
    s3.put_object(Bucket=name, Key="theirs/a", Body=b"a")
    events = until(lambda: records(s3, name)[0], "the events to be delivered", 60)
    seen = [(e["eventName"], e["requestParameters"].get("key")) for e in events]
    assert seen == [("PutObject", "mine/a")]
    (described,) = aws("describe-trails", "--trail-name-list", name)["trailList"]
    assert described["IsMultiRegionTrail"] and described["HasCustomEventSelectors"]
    aws("delete-trail", "--name", name)
    for key in records(s3, name)[1]:
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)
    cloudtrail = prod.client("cloudtrail")
    refused(cloudtrail.get_trail_status, "TrailNotFoundException", name, Name=name)


def test_no_event_is_lost_or_told_twice_when_the_server_is_killed(tmp_path):
    server = Server(tmp_path / "state").start()
    prod, arn = server.session("prod"), arn_of(server, "main")
    s3 = prod.client("s3")
    s3.create_bucket(Bucket="logs")
    s3.put_bucket_policy(Bucket="logs", Policy=policy("logs", arn, server.account("prod")))
    prod.client("cloudtrail").create_trail(Name="main", S3BucketName="logs")
    prod.client("cloudtrail").start_logging(Name="main")
    made = []
    for round_ in range(3):
        iam = server.session("prod").client("iam")
        # Long enough that deliveries are under way at each moment of the kill.
        end = time.monotonic() + 6.5 + 0.3 * round_
        while time.monotonic() < end:
            user = f"u{len(made)}"
            iam.create_user(UserName=user)
            made.append(user)
            time.sleep(0.02)
        server.kill()
        server.start()
    s3 = server.session("prod").client("s3")

    def delivered():
        events, _ = records(s3, "logs")
        names = [
            e["requestParameters"]["userName"] for e in events if e["eventName"] == "CreateUser"
        ]
        return made[-1] in names and names

    names = until(delivered, "the last event to be delivered", 60)
    assert len(made) > 30
    assert sorted(names) == sorted(made)
    assert server.stop() == 0
