"""One server and one provisioned movement for all tests; every test leaves both as it found them."""

import sys
import uuid

import pytest

from landbridge import BINARY, EXAMPLE, Server

sys.path.insert(0, str(EXAMPLE))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running server with its two default accounts."""
    assert BINARY.exists(), f"{BINARY} is not built: make build"
    running = Server(tmp_path_factory.mktemp("world") / "state").start()
    yield running
    assert running.stop() == 0, "the server did not stop cleanly"


@pytest.fixture(scope="session")
def prod(server):
    """An administrator of the owner's account."""
    return server.session("prod")


@pytest.fixture(scope="session")
def dev(server):
    """An administrator of the consumer's account."""
    return server.session("dev")


@pytest.fixture
def name():
    """A name nobody used yet."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def story(server, prod, dev):
    """The example's two accounts, provisioned by the example's own program."""
    import os

    import provision

    os.environ["PGSSLROOTCERT"] = str(server.state / "ca.pem")  # as a user of libpq would set it
    made = provision.Story(prod, dev)
    provision.up(made)
    return made


@pytest.fixture
def bucket(dev, name):
    """An empty bucket in DEV that is emptied and removed afterwards."""
    s3 = dev.client("s3")
    s3.create_bucket(Bucket=name)
    yield name
    s3.delete_bucket_policy(Bucket=name)
    empty(s3, name)
    s3.delete_bucket(Bucket=name)


def empty(s3, bucket):
    """Removes every object and every upload in progress."""
    for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])


@pytest.fixture(scope="session")
def warehouse(server, prod):
    """A cluster for the client programs alone."""
    import warehouses

    return warehouses.make(server, prod, "clients")
