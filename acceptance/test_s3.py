"""S3: objects and what surrounds them, by boto3 as it comes (checksums, chunked bodies and all)."""

import base64
import hashlib
import json
import urllib.error
import urllib.request

import boto3.s3.transfer
import pytest
from landbridge import refused, tool, until
from provision import policy

BODY = bytes(range(256)) * 40


@pytest.fixture
def s3(dev):
    """S3 as DEV's administrator."""
    return dev.client("s3")


@pytest.fixture
def here(bucket):
    """The arguments that name an object."""
    return {"Bucket": bucket, "Key": "folder/an object ü+&?.txt"}


def test_an_object_comes_back_as_it_went(s3, here):
    put = s3.put_object(
        **here, Body=BODY, ContentType="text/x-test", Metadata={"a": "b"}, CacheControl="no-store"
    )
    assert put["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    got = s3.get_object(**here)
    assert got["Body"].read() == BODY
    assert (got["ContentType"], got["Metadata"], got["CacheControl"]) == (
        *("text/x-test", {"a": "b"}),
        "no-store",
    )
    assert got["ServerSideEncryption"] == "AES256" and got["ContentLength"] == len(BODY)
    assert s3.head_object(**here)["ETag"] == put["ETag"]
    s3.delete_object(**here)
    refused(s3.get_object, "NoSuchKey", "The specified key does not exist.", **here, status=404)
    refused(s3.head_object, "404", **here)


def test_empty_and_large_objects(s3, bucket):
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
    large = BODY * 900
    s3.put_object(Bucket=bucket, Key="large", Body=large)
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == large


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("bytes=0-9", BODY[:10]),
        ("bytes=10000-", BODY[10000:]),
        ("bytes=-7", BODY[-7:]),
        ("bytes=10230-99999", BODY[10230:]),
    ],
)
def test_ranges(s3, here, span, expected):
    s3.put_object(**here, Body=BODY)
    got = s3.get_object(**here, Range=span)
    assert got["Body"].read() == expected
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"].endswith(f"/{len(BODY)}")


def test_a_range_beyond_the_end(s3, here):
    s3.put_object(**here, Body=BODY)
    refused(s3.get_object, "InvalidRange", **here, Range="bytes=10240-", status=416)


def test_preconditions(s3, here):
    etag = s3.put_object(**here, Body=BODY)["ETag"]
    refused(s3.get_object, "304", **here, IfNoneMatch=etag)
    refused(s3.get_object, "PreconditionFailed", **here, IfMatch='"other"', status=412)
    refused(s3.put_object, "PreconditionFailed", **here, Body=b"x", IfNoneMatch="*", status=412)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums(s3, here, algorithm):
    put = s3.put_object(**here, Body=BODY, ChecksumAlgorithm=algorithm)
    got = s3.get_object(**here, ChecksumMode="ENABLED")
    assert got["Body"].read() == BODY
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]


def test_a_checksum_that_does_not_fit(s3, here):
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    refused(s3.put_object, "BadDigest", **here, Body=BODY, ChecksumSHA256=wrong, status=400)
    put = s3.put_object(**here, Body=BODY)
    assert put["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'


def test_a_multipart_upload_by_the_transfer_manager(s3, here, tmp_path):
    body = BODY * 1300
    (tmp_path / "in").write_bytes(body)
    five = boto3.s3.transfer.TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_file(str(tmp_path / "in"), here["Bucket"], here["Key"], Config=five)
    assert s3.head_object(**here)["ETag"].endswith('-3"')
    s3.download_file(here["Bucket"], here["Key"], str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == body


def test_a_multipart_upload_by_hand(s3, here):
    upload = {**here, "UploadId": s3.create_multipart_upload(**here)["UploadId"]}
    sizes = [5 << 20, 17]
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=b"%d" % n * size)["ETag"]}
        for n, size in enumerate(sizes, 1)
    ]
    listed = s3.list_parts(**upload)["Parts"]
    assert [(p["PartNumber"], p["Size"]) for p in listed] == [*enumerate(sizes, 1)]
    refused(s3.head_object, "404", **here)
    wrong = {"Parts": [parts[1], parts[0]]}
    refused(s3.complete_multipart_upload, "InvalidPartOrder", **upload, MultipartUpload=wrong)
    wrong = {"Parts": [{**parts[0], "ETag": '"0"'}]}
    refused(s3.complete_multipart_upload, "InvalidPart", **upload, MultipartUpload=wrong)
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(**here, Range="bytes=-18")["Body"].read() == b"1" + b"2" * 17
    aborted = {**here, "UploadId": s3.create_multipart_upload(**here)["UploadId"]}
    s3.abort_multipart_upload(**aborted)
    refused(s3.list_parts, "NoSuchUpload", **aborted, status=404)


def test_copying(s3, here, bucket):
    s3.put_object(**here, Body=BODY, Metadata={"a": "b"})
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=here)
    copy = s3.get_object(Bucket=bucket, Key="copy")
    assert (copy["Body"].read(), copy["Metadata"]) == (BODY, {"a": "b"})
    s3.copy_object(
        Bucket=bucket,
        Key="copy",
        CopySource=here,
        MetadataDirective="REPLACE",
        Metadata={"c": "d"},
    )
    assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"c": "d"}


def test_listing(s3, bucket):
    names = ["a", "b/1", "b/2", "b/c/3", "d/4", "e", "ü"]
    for key in reversed(names):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    listing = s3.list_objects_v2(Bucket=bucket)
    assert [o["Key"] for o in listing["Contents"]] == names and listing["KeyCount"] == 7
    level = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [o["Key"] for o in level["Contents"]] == ["a", "e", "ü"]
    assert [p["Prefix"] for p in level["CommonPrefixes"]] == ["b/", "d/"]
    inside = s3.list_objects_v2(Bucket=bucket, Prefix="b/", Delimiter="/")
    assert [o["Key"] for o in inside["Contents"]] == ["b/1", "b/2"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    assert [o["Key"] for page in pages for o in page["Contents"]] == names
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="b/c/3")
    assert [o["Key"] for o in after["Contents"]] == ["d/4", "e", "ü"]


def test_batch_delete(s3, bucket):
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    gone = {"Objects": [{"Key": "a"}, {"Key": "b"}, {"Key": "never there"}]}
    deleted = s3.delete_objects(Bucket=bucket, Delete=gone)["Deleted"]
    assert sorted(d["Key"] for d in deleted) == ["a", "b", "never there"]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["c"]
    refused(s3.delete_bucket, "BucketNotEmpty", Bucket=bucket, status=409)


def test_buckets(s3, prod, bucket):
    assert bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    foreign = prod.client("s3")
    refused(foreign.create_bucket, "BucketAlreadyExists", Bucket=bucket, status=409)
    refused(foreign.list_objects_v2, "AccessDenied", Bucket=bucket, status=403)
    refused(s3.create_bucket, "InvalidBucketName", Bucket="No_Good")
    refused(s3.list_objects_v2, "NoSuchBucket", Bucket=bucket + "x", status=404)


def test_a_bucket_policy_opens_and_closes(s3, prod, here, bucket, server):
    s3.put_object(**here, Body=BODY)
    foreign = prod.client("s3")
    refused(foreign.get_object, "AccessDenied", "Access Denied", **here, status=403)
    who = {"AWS": f"arn:aws:iam::{server.account('prod')}:root"}
    what = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/folder/*"}
    document = policy({**what, "Principal": who})
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(document)
    assert foreign.get_object(**here)["Body"].read() == BODY
    refused(foreign.put_object, "AccessDenied", **here, Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy({**what, "Principal": "*", "Effect": "Deny"}))
    refused(s3.get_object, "AccessDenied", "explicit deny in a resource-based policy", **here)
    s3.delete_bucket_policy(Bucket=bucket)
    assert s3.get_object(**here)["Body"].read() == BODY
    refused(s3.get_bucket_policy, "NoSuchBucketPolicy", Bucket=bucket, status=404)


def test_objects_belong_to_the_bucket(s3, here):
    message = "The bucket does not allow ACLs"
    public = {**here, "Body": b"x", "ACL": "public-read"}
    refused(s3.put_object, "AccessControlListNotSupported", message, **public, status=400)
    s3.put_object(**here, Body=b"x", ACL="bucket-owner-full-control")


def test_objects_under_a_key(s3, dev, prod, here, bucket, server):
    key = dev.client("kms").create_key()["KeyMetadata"]["Arn"]
    under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    put = s3.put_object(**here, Body=BODY, **under)
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)
    assert s3.get_object(**here)["Body"].read() == BODY
    who = {"AWS": f"arn:aws:iam::{server.account('prod')}:root"}
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            {
                "Effect": "Allow",
                "Principal": who,
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
            }
        ),
    )
    refused(prod.client("s3").get_object, "AccessDenied", "kms:Decrypt", **here, status=403)
    dev.client("kms").disable_key(KeyId=key)
    refused(s3.get_object, "KMS.DisabledException", **here)
    dev.client("kms").enable_key(KeyId=key)
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    assert s3.put_object(**here, Body=b"x")["SSEKMSKeyId"] == key
    dev.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def fetch(url, **options):
    """An HTTP call without any AWS client."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_presigned_urls(s3, here):
    put = s3.generate_presigned_url("put_object", Params=here, ExpiresIn=60)
    assert fetch(put, data=BODY, method="PUT")[0] == 200
    url = s3.generate_presigned_url("get_object", Params=here, ExpiresIn=60)
    assert fetch(url) == (200, BODY)
    status, body = fetch(url[:-4] + "0000")
    assert status == 403 and b"SignatureDoesNotMatch" in body
    late = s3.generate_presigned_url("get_object", Params=here, ExpiresIn=1)
    until(lambda: fetch(late)[0] == 403, "the URL to expire")
    assert b"Request has expired" in fetch(late)[1]


def test_the_high_level_cli(server, bucket, tmp_path):
    environment = server.environment("dev")
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "one").write_bytes(BODY)
    (folder / "sub" / "two").write_bytes(BODY * 900)
    tool("aws", "s3", "sync", folder, f"s3://{bucket}/x", environment=environment)
    listed = tool("aws", "s3", "ls", "--recursive", f"s3://{bucket}/", environment=environment)
    assert [line.split()[2:] for line in listed.stdout.splitlines()] == [
        [str(len(BODY)), "x/one"],
        [str(len(BODY) * 900), "x/sub/two"],
    ]
    tool("aws", "s3", "cp", f"s3://{bucket}/x/sub/two", tmp_path / "two", environment=environment)
    assert (tmp_path / "two").read_bytes() == BODY * 900
    tool("aws", "s3", "rm", "--recursive", f"s3://{bucket}/x", environment=environment)
