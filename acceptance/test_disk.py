"""A full disk and one that cannot be written: clear refusals, nothing lost, and all goes on when there
is room again. The server runs on a small file system of its own, in namespaces of its own."""

import json
import os
import subprocess
import time

import pytest
from crash import Objects, Secrets, Users
from landbridge import BINARY, Server, clean_environment, landbridge, refused

MIB = 1024 * 1024
DISK = 128 * MIB
NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount():
    """Whether this machine lets us mount a file system of our own."""
    try:
        done = subprocess.run([*NAMESPACES, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="no user and mount namespaces here")


class Small(Server):
    """A server whose state lies on a disk of `DISK` bytes that only it sees."""

    def __init__(self, directory):
        directory.mkdir()
        mount = f'mount -t tmpfs -o size={DISK} none "{directory}" && exec "$@"'
        super().__init__(directory / "state", wrapper=[*NAMESPACES, "sh", "-c", mount, "sh"])
        self.directory = directory

    def start(self):
        """Starts it; from then on paths lead through the process into its own file system."""
        inside = self.state
        log = open(self.directory.parent / "small.log", "ab")
        ready = self.directory.parent / "small.ready"
        command = [*self.wrapper, BINARY, "serve", "--listen", "127.0.0.1:0", "--state", inside]
        self.process = subprocess.Popen(
            [*command, "--ready-file", ready], stdout=log, stderr=log, env=clean_environment()
        )
        end = time.monotonic() + 60
        while not (facts := self.read(ready)):
            assert self.process.poll() is None and time.monotonic() < end, "did not start"
            time.sleep(0.05)
        self.facts, self.endpoint = facts, facts["endpoint"]
        self.disk = f"/proc/{self.process.pid}/root{self.directory}"
        self.state = type(self.state)(f"{self.disk}/state")
        return self

    def fill(self, leave=0):
        """Takes what room there is."""
        with open(f"{self.disk}/filler", "ab", buffering=0) as filler:
            try:
                while self.free() > leave:
                    filler.write(bytes(max(min(MIB, self.free() - leave), 4096)))
            except OSError:
                pass

    def free(self):
        """Bytes that are free."""
        facts = os.statvfs(self.disk)
        return facts.f_bavail * facts.f_frsize

    def drain(self):
        """Gives the room back."""
        os.unlink(f"{self.disk}/filler")


@pytest.fixture
def small(tmp_path):
    running = Small(tmp_path / "disk").start()
    yield running
    assert running.stop() == 0


def test_on_a_full_disk_reads_go_on_and_changes_are_refused(small):
    prod = small.session("prod")
    s3, iam, trail = (prod.client(name) for name in ("s3", "iam", "cloudtrail"))
    secrets = prod.client("secretsmanager")
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="kept", Body=b"kept" * 1000)
    secrets.create_secret(Name="kept", SecretString="kept")
    # Objects stop first, so that there is room to delete some.
    stored = 0
    unavailable = ("ServiceUnavailable", "disk")
    while True:
        try:
            s3.put_object(Bucket="full", Key=f"big/{stored}", Body=bytes(8 * MIB))
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceUnavailable", error
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            break
        stored += 1
        assert stored * 8 * MIB < DISK
    assert stored > 2
    iam.create_user(UserName="between")
    s3.delete_object(Bucket="full", Key="big/0")
    s3.put_object(Bucket="full", Key="small", Body=b"small")

    small.fill()
    refused(iam.create_user, *unavailable, UserName="refused", status=503)
    refused(s3.put_object, *unavailable, Bucket="full", Key="refused", Body=b"x", status=503)
    refused(secrets.put_secret_value, *unavailable, SecretId="kept", SecretString="x", status=503)
    for _ in range(50):
        assert s3.get_object(Bucket="full", Key="kept")["Body"].read() == b"kept" * 1000
        assert secrets.get_secret_value(SecretId="kept")["SecretString"] == "kept"
    assert [u["UserName"] for u in iam.list_users()["Users"]] == ["admin", "between"]
    assert "GetSecretValue" in {e["EventName"] for e in trail.lookup_events()["Events"]}

    small.drain()
    iam.create_user(UserName="afterwards")
    assert [u["UserName"] for u in iam.list_users()["Users"]] == ["admin", "afterwards", "between"]
    listed = {o["Key"] for o in s3.list_objects_v2(Bucket="full")["Contents"]}
    assert listed == {"kept", "small"} | {f"big/{n}" for n in range(1, stored)}
    made = trail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
    )["Events"]
    names = [json.loads(e["CloudTrailEvent"])["requestParameters"]["userName"] for e in made]
    assert names == ["afterwards", "between"]


def test_a_disk_that_fills_in_the_middle_of_changes_loses_nothing(small):
    prod = small.session("prod")
    prod.client("s3").create_bucket(Bucket="full")
    workers = [Objects(7, prod, "full"), Users(7, prod), Secrets(7, prod)]
    for worker in workers:
        worker.patient = True
    for _ in range(3):
        for worker in workers:
            worker.start()
        time.sleep(0.15)
        small.fill()
        time.sleep(0.15)
        small.drain()
        time.sleep(0.1)
        for worker in workers:
            worker.settle()
        for worker in workers:
            worker.check()
    assert all(worker.acknowledged for worker in workers)


def test_a_state_that_cannot_be_written_is_told_at_the_start(tmp_path):
    (tmp_path / "disk").mkdir()
    mount = f'mount -t tmpfs -o ro none "{tmp_path}/disk" && exec "$@"'
    serve = [BINARY, "serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "disk" / "state"]
    command = [*NAMESPACES, "sh", "-c", mount, "sh", *serve]
    done = subprocess.run(
        command, text=True, capture_output=True, timeout=60, env=clean_environment()
    )
    assert done.returncode == 1
    assert f"cannot create `{tmp_path}/disk/state`" in done.stderr and "Read-only" in done.stderr


def test_a_state_that_is_a_file_is_told_at_the_start(tmp_path):
    (tmp_path / "state").write_text("no folder")
    done = landbridge("serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "state", check=1)
    assert str(tmp_path / "state") in done.stderr
