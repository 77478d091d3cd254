"""Bytes that are no requests, over real sockets: each connection ends soon, with an error where the
protocol has one, and the server is as it was: no state changed, no memory kept, still answering."""

import os
import random
import re
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from landbridge import Server
from test_crash import warehouse

SEED = os.environ.get("LANDBRIDGE_SEED") or str(random.randrange(10**9))
REQUESTS, PACKETS = (50_000, 50_000) if os.environ.get("LANDBRIDGE_LONG") else (10_000, 10_000)
# Seconds that a connection may take: nothing here waits for the server's own time limits.
SOON = 20
# Most that memory may grow by, MiB.
ROOM = 200

HTTP = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-amz-json-1.1\r\n"
    b"X-Amz-Target: secretsmanager.GetSecretValue\r\nContent-Length: 16\r\n\r\n" + b'{"SecretId":"a"}',
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 43\r\n\r\nAction=GetCallerIdentity&Version=2011-06-15",
    b"PUT /bucket/key HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"PUT /bucket/key HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EX"
    b"AMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00\r\n"
    b"x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nX-Amz-Date: 20260101T000000Z\r\n"
    b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
]
PIECES = [b"\0", b"\r\n", b"\n", b" ", b":", b"\xff", b"\x16\x03\x01", b"%", b"A" * 70_000, b"a: b\r\n" * 300]


def startup(*pairs):
    """A start-up packet of protocol 3.0."""
    body = struct.pack("!i", 196608) + b"".join(p.encode() + b"\0" for p in pairs) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


POSTGRES = [
    startup("user", "owner", "database", "dev"),
    struct.pack("!ii", 8, 80877103),  # SSLRequest
    struct.pack("!iiii", 16, 80877102, 1, 2),  # CancelRequest
    startup("user", "owner", "database", "dev") + b"p" + struct.pack("!i", 9) + b"abcd\0",
    startup("user", "owner") + b"Q" + struct.pack("!i", 13) + b"select 1\0",
    struct.pack("!i", 2**31 - 1) + b"\0\3\0\0" + b"x" * 5_000,
    startup("user", "owner") + b"p" + struct.pack("!i", 2**30) + b"x" * 5_000,
]


def damaged(whole, chance):
    """Cuts, removes, changes, doubles or inserts."""
    data = bytearray(whole)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.randrange(1, 12))
        kind = chance.randrange(5)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            del data[at:to]
        elif kind == 2:
            data[at:to] = chance.randbytes(to - at)
        elif kind == 3:
            data[at:at] = data[at:to] * 3
        else:
            data[at:at] = chance.choice(PIECES)
    return bytes(data)


def exchange(address, data):
    """Sends bytes and the end of the stream; answers everything that comes back."""
    answer = b""
    with socket.create_connection(address, timeout=SOON) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except OSError as error:
            # An end like any other; waiting is none.
            assert not isinstance(error, TimeoutError)
    return answer


def every(kinds, count, address, check):
    """Sends damaged ones from several connections at once."""

    def one(number):
        chance = random.Random(f"{SEED}/{number}")
        data = damaged(chance.choice(kinds), chance)
        try:
            check(exchange(address, data))
        except Exception as error:
            raise AssertionError(f"LANDBRIDGE_SEED={SEED} {number}: {data[:300]!r}") from error

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(count)))


def resident(server):
    """MiB that the server holds."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A server with a cluster."""
    running = Server(tmp_path_factory.mktemp("attacked") / "state").start()
    session = running.session("prod")
    session.client("s3").create_bucket(Bucket="bucket")
    warehouse(running, session, "bucket")
    yield running
    assert running.stop() == 0


def state_of(server):
    """What there is, and how much the trail tells."""
    session = server.session("prod")
    made = [u["UserName"] for u in session.client("iam").list_users()["Users"]]
    objects = session.client("s3").list_objects_v2(Bucket="bucket").get("Contents", [])
    events = session.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
    )["Events"]
    return made, objects, [event["EventId"] for event in events]


def test_damaged_http_ends_in_an_error_and_changes_nothing(attacked):
    host, port = attacked.endpoint.removeprefix("http://").split(":")
    before, memory = state_of(attacked), resident(attacked)

    def check(answer):
        # Nothing at all for what is no HTTP; otherwise each answer has a status of the client's.
        for status in re.findall(rb"HTTP/1\.[01] (\d+)", answer):
            assert 400 <= int(status) < 500 or status in (b"100", b"501"), answer[:300]

    every(HTTP, REQUESTS, (host, int(port)), check)
    assert state_of(attacked) == before
    assert resident(attacked) < memory + ROOM
    log = open(attacked.log.name).read()
    assert "panicked" not in log and "without an answer" not in log


def test_damaged_startup_packets_end_in_an_error_and_change_nothing(attacked):
    cluster = attacked.session("prod").client("redshift").describe_clusters()["Clusters"][0]
    address = cluster["Endpoint"]["Address"], cluster["Endpoint"]["Port"]
    before, memory = state_of(attacked), resident(attacked)

    def check(answer):
        # Nobody is let in: no ReadyForQuery, no AuthenticationOk.
        assert b"R\0\0\0\x08\0\0\0\0" not in answer and b"Z\0\0\0\5" not in answer, answer[:300]

    every(POSTGRES, PACKETS, address, check)
    assert state_of(attacked) == before
    assert resident(attacked) < memory + ROOM
    with psycopg2.connect(
        host=address[0], port=address[1], dbname="dev", user="owner", password="Passw0rdOfOwner"
    ) as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
    connection.close()
    assert "panicked" not in open(attacked.log.name).read()


def test_connections_that_send_nothing_keep_nobody_out(attacked):
    host, port = attacked.endpoint.removeprefix("http://").split(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(200)]
    try:
        for connection in idle[::2]:
            connection.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
        begun = time.monotonic()
        assert attacked.session("prod").client("s3").list_buckets()["Buckets"]
        assert time.monotonic() - begun < SOON
    finally:
        for connection in idle:
            connection.close()
