"""`kill -9` in the middle of everything, again and again on the same state."""

import json
import os
import random
import signal
import socket
import subprocess
import time

import movements
import provision
import pytest
from crash import Multipart, Objects, Secrets, Unloads, Users
from landbridge import BINARY, Server, clean_environment, landbridge, until
from tickets import TABLE

LONG = bool(os.environ.get("LANDBRIDGE_LONG"))
ROUNDS = 200 if LONG else 10
WHERE = "note is null or note <> 'it''s withdrawn'"
SEED = os.environ.get("LANDBRIDGE_SEED") or str(random.randrange(10**9))


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def doomed(tmp_path):
    """A server that is killed; it always listens on the same port, so that clients stay."""
    running = Server(tmp_path / "state", listen=f"127.0.0.1:{free_port()}").start()
    yield running
    if running.process.poll() is None:
        running.kill()


def warehouse(server, session, bucket):
    """A cluster with a role that may write to the bucket; answers the role."""
    trust = provision.trust({"Service": "redshift.amazonaws.com"})
    iam, redshift = session.client("iam"), session.client("redshift")
    role = iam.create_role(RoleName="unloader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    rights = provision.policy(
        provision.allow("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"])
    )
    iam.put_role_policy(RoleName="unloader", PolicyName="own", PolicyDocument=rights)
    redshift.create_cluster(
        ClusterIdentifier="doomed",
        ClusterType="single-node",
        NodeType="ra3.large",
        MasterUsername="owner",
        MasterUserPassword="Passw0rdOfOwner",
        DBName="dev",
        IamRoles=[role],
    )
    cluster_is_up(redshift)
    return role


def cluster_is_up(redshift):
    """Waits for the only cluster and its roles."""

    def up():
        cluster = redshift.describe_clusters()["Clusters"][0]
        attached = all(role["ApplyStatus"] == "in-sync" for role in cluster["IamRoles"])
        return cluster["ClusterStatus"] == "available" and attached

    until(up, "the cluster")


@pytest.mark.timeout(30 * ROUNDS)
def test_every_acknowledged_write_survives_and_nothing_half_done_shows(doomed):
    print(f"LANDBRIDGE_SEED={SEED}")
    chance = random.Random(SEED)
    prod = doomed.session("prod")
    prod.client("s3").create_bucket(Bucket="doomed")
    role = warehouse(doomed, prod, "doomed")
    unloads = Unloads(SEED, doomed, prod, "doomed", role)
    unloads.connect()
    unloads.fill()
    workers = [
        Objects(SEED, prod, "doomed"),
        Multipart(SEED, prod, "doomed"),
        Users(SEED, prod),
        Secrets(SEED, prod),
        unloads,
    ]
    for number in range(ROUNDS):
        for worker in workers:
            worker.start()
        time.sleep(chance.uniform(0.05, 0.8))
        doomed.kill()
        for worker in workers:
            worker.settle()
        doomed.start()
        cluster_is_up(prod.client("redshift"))
        for worker in workers:
            worker.check()
        print(number, [worker.acknowledged for worker in workers])
    assert all(worker.acknowledged for worker in workers), "a worker never got through"
    assert doomed.stop() == 0


def test_a_second_server_on_the_state_of_a_running_one_is_told_why(doomed):
    done = landbridge("serve", "--listen", "127.0.0.1:0", "--state", doomed.state, check=1)
    assert str(doomed.state) in done.stderr
    assert "in use by another landbridge process" in done.stderr
    assert doomed.session("prod").client("s3").list_buckets()["Buckets"] == []
    # The lock goes with the process, however that ends.
    doomed.kill()
    doomed.start()


# --- a movement, cut off -------------------------------------------------------------------------


@pytest.fixture
def cut_off(doomed, tmp_path, monkeypatch):
    """An applied movement on a server that is killed, and its number of rows."""
    monkeypatch.setenv("PGSSLROOTCERT", str(doomed.state / "ca.pem"))
    story = provision.Story(doomed.session("prod"), doomed.session("dev"))
    provision.up(story)
    admin_secret = movements.keep_admin_login(story)
    with provision.connect_as_master(story) as connection, connection.cursor() as cursor:
        for _ in range(6 if LONG else 5):
            cursor.execute(f"insert into {TABLE} select * from {TABLE}")
        cursor.execute(f"select count(*) from {TABLE} where {WHERE}")
        (count,) = cursor.fetchone()
    connection.close()
    what = f'table = "{TABLE.removeprefix("public.")}"\nwhere = "{WHERE}"'
    file = tmp_path / "movement.toml"
    movements.write(file, story, "cut-off", admin_secret, what, format="csv")
    landbridge("apply", file, "--yes", "--state", doomed.state, check=0)
    return file, count


def begin_run(server, file):
    """`landbridge run` under way."""
    command = [BINARY, "run", file, "--json", "--state", server.state]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment()
    )


def journal(server):
    """What the journal says happened, oldest first."""
    lines = (server.state / "movements" / "cut-off" / "journal.jsonl").read_text().splitlines()
    return [json.loads(line)["event"] for line in lines]


def make_room(s3):
    """Empties the target, so that the next run finds it as the first did."""
    for found in s3.list_objects_v2(Bucket="cut-off")["Contents"]:
        s3.delete_object(Bucket="cut-off", Key=found["Key"])


@pytest.mark.parametrize("victim", ["server", "run", "both"])
def test_a_run_that_is_cut_off_resumes_or_reports_exactly(doomed, cut_off, victim):
    file, count = cut_off
    print(f"LANDBRIDGE_SEED={SEED}")
    chance = random.Random(f"{SEED}/{victim}")
    for _ in range(20 if LONG else 2):
        before = len(journal(doomed))
        running = begin_run(doomed, file)
        time.sleep(chance.uniform(0.02, 0.6))
        if victim in ("run", "both"):
            running.send_signal(signal.SIGKILL)
        if victim in ("server", "both"):
            doomed.kill()
            doomed.start()
        told = running.communicate(timeout=60)
        assert running.returncode in (0, 1, -signal.SIGKILL), told
        if running.returncode == 1:
            assert "panicked" not in "".join(told) and "".join(told).strip(), "a failure says why"
        cluster_is_up(doomed.session("prod").client("redshift"))
        if "arrived" not in journal(doomed)[before:]:
            done = landbridge("run", file, "--json", "--state", doomed.state)
            assert done.returncode == 0, f"{told}\n{done.stdout}{done.stderr}"
            assert json.loads(done.stdout)["moved"]["rows"] == count
        verified = landbridge("verify", file, "--state", doomed.state, check=0)
        assert f"{count:,} rows" in verified.stdout
        make_room(doomed.session("dev").client("s3"))
    landbridge("destroy", file, "--data", "--yes", "--state", doomed.state, check=0)
