"""S3 in depth, by boto3 and the CLI as they come: versions, locks, rules, grants, access points."""

import datetime
import json
import os
import urllib.error
import urllib.request

import pytest
from landbridge import refused, tool
from provision import policy


@pytest.fixture
def s3(dev):
    """S3 as DEV's administrator."""
    return dev.client("s3")


def clear(s3, bucket):
    """Removes every version and the bucket."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            named = {"Key": version["Key"], "VersionId": version["VersionId"]}
            s3.delete_object(Bucket=bucket, **named)
    s3.delete_bucket(Bucket=bucket)


@pytest.fixture
def versioned(s3, name):
    """A bucket with versions that is removed afterwards."""
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    clear(s3, name)


def test_a_deleted_object_is_restored(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"first")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"second")
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] is True
    refused(s3.get_object, "NoSuchKey", Bucket=versioned, Key="k", status=404)
    gone = {"Bucket": versioned, "Key": "k", "VersionId": marker["VersionId"]}
    refused(s3.get_object, "MethodNotAllowed", **gone, status=405)
    s3.delete_object(**gone)
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"second"
    source = {"Bucket": versioned, "Key": "k", "VersionId": first}
    assert s3.copy_object(Bucket=versioned, Key="k", CopySource=source)["CopySourceVersionId"] == first
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"first"
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=versioned, PaginationConfig={"PageSize": 1}
    )
    latest = [v["IsLatest"] for page in pages for v in page["Versions"]]
    assert latest == [True, False, False]
    url = s3.generate_presigned_url("get_object", Params=source, ExpiresIn=60)
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == b"first"


def test_the_cli_syncs_a_versioned_bucket_and_keeps_what_it_removes(server, s3, versioned, tmp_path):
    environment = server.environment("dev")
    for file in ("one", "two"):
        (tmp_path / file).write_bytes(b"x")
        # Older than the second that S3 tells, or sync would send it again.
        os.utime(tmp_path / file, (1_700_000_000, 1_700_000_000))
    tool("aws", "s3", "sync", tmp_path, f"s3://{versioned}/", environment=environment)
    (tmp_path / "two").unlink()
    tool("aws", "s3", "sync", "--delete", tmp_path, f"s3://{versioned}/", environment=environment)
    tool("aws", "s3", "rm", "--recursive", f"s3://{versioned}/", environment=environment)
    assert s3.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
    kept = s3.list_object_versions(Bucket=versioned)
    assert sorted(v["Key"] for v in kept["Versions"]) == ["one", "two"]
    assert len(kept["DeleteMarkers"]) == 2


def test_a_locked_version_stays(s3, name):
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    version = s3.put_object(Bucket=name, Key="k", Body=b"x", **lock)["VersionId"]
    kept = {"Bucket": name, "Key": "k", "VersionId": version}
    refused(s3.delete_object, "AccessDenied", "protected by object lock", **kept, status=403)
    assert s3.get_object_retention(**kept)["Retention"]["Mode"] == "GOVERNANCE"
    s3.put_object_legal_hold(**kept, LegalHold={"Status": "ON"})
    bypass = {**kept, "BypassGovernanceRetention": True}
    refused(s3.delete_object, "AccessDenied", "protected by object lock", **bypass, status=403)
    s3.put_object_legal_hold(**kept, LegalHold={"Status": "OFF"})
    s3.delete_object(**bypass)
    clear(s3, name)


def test_settings_come_back_as_they_went(s3, versioned):
    rules = [
        {
            "ID": "logs",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "a", "Value": "b"}]}},
            "Expiration": {"Days": 30},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
        },
        {
            "ID": "uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
        },
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=versioned, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket=versioned)["Rules"] == rules
    put = s3.put_object(Bucket=versioned, Key="logs/k", Body=b"x", Tagging="a=b")
    assert 'rule-id="logs"' in put["Expiration"]
    s3.delete_bucket_lifecycle(Bucket=versioned)
    refused(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", Bucket=versioned)
    cors = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example"], "MaxAgeSeconds": 9}]
    s3.put_bucket_cors(Bucket=versioned, CORSConfiguration={"CORSRules": cors})
    assert s3.get_bucket_cors(Bucket=versioned)["CORSRules"] == cors
    queue = {"QueueArn": "arn:aws:sqs:us-east-1:111111111111:q", "Events": ["s3:ObjectCreated:*"]}
    refused(
        s3.put_bucket_notification_configuration,
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        Bucket=versioned,
        NotificationConfiguration={"QueueConfigurations": [queue]},
    )


def preflight(url, origin):
    """What a browser asks before it fetches; the allowed origin, or the refusal's status."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    asked = urllib.request.Request(url, method="OPTIONS", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.headers["Access-Control-Allow-Origin"]
    except urllib.error.HTTPError as error:
        return error.code


def test_a_browser_is_told_who_may_read(s3, versioned):
    url = f"{s3.meta.endpoint_url}/{versioned}/k"
    assert preflight(url, "https://a.example") == 403
    cors = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example"]}]
    s3.put_bucket_cors(Bucket=versioned, CORSConfiguration={"CORSRules": cors})
    assert preflight(url, "https://a.example") == "https://a.example"
    assert preflight(url, "https://b.example") == 403


def test_a_grant_opens_an_object_to_another_account(s3, prod, name):
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    grantee = prod.client("s3").list_buckets()["Owner"]["ID"]
    s3.put_object(Bucket=name, Key="k", Body=b"x", GrantRead=f'id="{grantee}"')
    assert prod.client("s3").get_object(Bucket=name, Key="k")["Body"].read() == b"x"
    granted = s3.get_object_acl(Bucket=name, Key="k")["Grants"]
    assert [(g["Grantee"]["ID"], g["Permission"]) for g in granted] == [(grantee, "READ")]
    public = {"Bucket": name, "Key": "k", "ACL": "public-read"}
    refused(s3.put_object_acl, "AccessDenied", "BlockPublicAcls", **public, status=403)
    s3.put_object_acl(Bucket=name, Key="k", ACL="private")
    refused(prod.client("s3").get_object, "AccessDenied", Bucket=name, Key="k", status=403)
    clear(s3, name)


def signed(dev, method, path, body=b""):
    """A call of S3 Control. SDKs put the account in front of the host, which no resolver knows
    here, so that the request is made and signed by hand."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest

    url = dev.client("s3").meta.endpoint_url + "/v20180820/" + path
    account = dev.client("sts").get_caller_identity()["Account"]
    request = AWSRequest(method=method, url=url, data=body, headers={
        "x-amz-account-id": account,
        "Content-Type": "application/xml",
    })
    S3SigV4Auth(dev.get_credentials(), "s3", dev.region_name).add_auth(request)
    plain = urllib.request.Request(url, data=body or None, method=method, headers=dict(request.headers))
    with urllib.request.urlopen(plain, timeout=30) as answer:
        return answer.read().decode()


def test_an_access_point_is_a_door_with_its_own_policy(dev, prod, s3, name, server):
    s3.create_bucket(Bucket=name)
    body = f"<CreateAccessPointRequest><Bucket>{name}</Bucket></CreateAccessPointRequest>"
    made = signed(dev, "PUT", f"accesspoint/{name}", body.encode())
    alias = made.split("<Alias>")[1].split("</Alias>")[0]
    s3.put_object(Bucket=alias, Key="k", Body=b"x")
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"x"
    account = server.account("dev")
    arn = f"arn:aws:s3:{dev.region_name}:{account}:accesspoint/{name}"
    delegate = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": account}},
    }
    s3.put_bucket_policy(Bucket=name, Policy=policy(delegate))
    foreign = prod.client("s3")
    refused(foreign.get_object, "AccessDenied", Bucket=alias, Key="k", status=403)
    who = {"AWS": f"arn:aws:iam::{server.account('prod')}:root"}
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/object/*"}
    document = policy({**reading, "Principal": who}).replace("&", "&amp;")
    body = f"<PutAccessPointPolicyRequest><Policy>{document}</Policy></PutAccessPointPolicyRequest>"
    signed(dev, "PUT", f"accesspoint/{name}/policy", body.encode())
    assert foreign.get_object(Bucket=alias, Key="k")["Body"].read() == b"x"
    refused(foreign.get_object, "AccessDenied", Bucket=name, Key="k", status=403)
    assert json.loads(document)["Statement"]
    signed(dev, "DELETE", f"accesspoint/{name}")
    clear(s3, name)
