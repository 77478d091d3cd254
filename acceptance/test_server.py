"""The server itself: starting, stopping, dying, one per state; and that it knows its callers."""

import json
import urllib.error
import urllib.request

import boto3
import botocore.config
import psycopg2
import pytest
from landbridge import At, Server, landbridge, refused


def get(url):
    """A plain, unsigned GET: status and body."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_health(server):
    status, body = get(server.endpoint + "/_landbridge/health")
    health = json.loads(body)
    assert status == 200 and health["status"] == "running"
    expected = {"sts", "iam", "s3", "kms", "secretsmanager", "redshift", "cloudtrail"}
    assert expected <= set(health["services"])


def test_the_ready_file_says_where_and_who(server):
    accounts = server.facts["accounts"]
    assert {name: accounts[name]["id"] for name in accounts} == {
        "prod": "111111111111",
        "dev": "222222222222",
    }
    assert server.facts["pid"] == server.process.pid


@pytest.mark.parametrize("profile", ["prod", "dev"])
def test_profiles_are_ready_to_use(server, profile):
    session = server.session(profile)
    who = session.client("sts").get_caller_identity()
    assert who["Account"] == server.account(profile)
    assert session.region_name == "us-east-1"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server that these tests may kill."""
    running = Server(tmp_path_factory.mktemp("own") / "state").start()
    yield running
    if running.process.poll() is None:
        running.stop()


def test_what_was_acknowledged_survives_a_kill(own):
    dev, prod = own.session("dev"), own.session("prod")
    key = dev.client("kms").create_key()["KeyMetadata"]["Arn"]
    secret = dev.client("secretsmanager").create_secret(
        Name="kept", SecretString="still here", KmsKeyId=key
    )
    dev.client("s3").create_bucket(Bucket="kept")
    body = bytes(range(256)) * 4096
    dev.client("s3").put_object(Bucket="kept", Key="body", Body=body)
    prod.client("iam").create_user(UserName="kept")
    user_keys = prod.client("iam").create_access_key(UserName="kept")["AccessKey"]
    cluster = prod.client("redshift")
    cluster.create_cluster(
        ClusterIdentifier="kept",
        ClusterType="single-node",
        NodeType="ra3.large",
        MasterUsername="owner",
        MasterUserPassword="Passw0rdOfOwner",
        DBName="dev",
    )
    waiter = cluster.get_waiter("cluster_available")
    waiter.wait(ClusterIdentifier="kept", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    with login(own) as connection, connection.cursor() as cursor:
        cursor.execute("create table t (a int, b varchar)")
        cursor.execute("insert into t values (1, 'one'), (2, null)")
    connection.commit()
    half = login(own)
    half.cursor().execute("insert into t values (3, 'never committed')")

    own.kill()
    own.start()

    dev, prod = own.session("dev"), own.session("prod")
    assert dev.client("s3").get_object(Bucket="kept", Key="body")["Body"].read() == body
    read = dev.client("secretsmanager").get_secret_value(SecretId=secret["ARN"])
    assert read["SecretString"] == "still here"
    kept = own.acting_as(
        {"AccessKeyId": user_keys["AccessKeyId"], "SecretAccessKey": user_keys["SecretAccessKey"]}
    )
    assert kept.client("sts").get_caller_identity()["Arn"].endswith(":user/kept")
    with login(own) as connection, connection.cursor() as cursor:
        cursor.execute("select a, b from t order by a")
        assert cursor.fetchall() == [(1, "one"), (2, None)]
    events = dev.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateSecret"}]
    )["Events"]
    assert len(events) == 1


def login(server):
    """A connection of the owner of the cluster `kept`."""
    redshift = server.session("prod").client("redshift")
    endpoint = redshift.describe_clusters(ClusterIdentifier="kept")["Clusters"][0]["Endpoint"]
    return psycopg2.connect(
        host=endpoint["Address"],
        port=endpoint["Port"],
        dbname="dev",
        user="owner",
        password="Passw0rdOfOwner",
        sslmode="verify-full",
        sslrootcert=str(server.state / "ca.pem"),
    )


def test_a_second_server_on_the_same_state_is_refused(own):
    done = landbridge("serve", "--listen", "127.0.0.1:0", "--state", own.state, check=1)
    assert str(own.state) in done.stderr


def test_a_term_signal_stops_it_cleanly_and_it_starts_again(own):
    assert own.stop() == 0
    own.start()
    assert own.session("dev").client("s3").list_buckets()["Buckets"]


def test_unsigned_calls_are_refused(server, dev, name):
    dev.client("s3").create_bucket(Bucket=name)
    status, body = get(f"{server.endpoint}/{name}")
    assert status == 403 and b"AccessDenied" in body
    dev.client("s3").delete_bucket(Bucket=name)
    unsigned = botocore.config.Config(signature_version=botocore.UNSIGNED)
    nobody = At(boto3.Session(region_name="us-east-1"), server.endpoint)
    call = nobody.client("iam", config=unsigned).list_users
    refused(call, "MissingAuthenticationToken", status=403)
    call = nobody.client("kms", config=unsigned).list_keys
    refused(call, "MissingAuthenticationTokenException", status=400)


def test_wrong_keys_are_refused_in_each_protocol(server, dev):
    good = dev.get_credentials().get_frozen_credentials()
    wrong = server.acting_as({"AccessKeyId": good.access_key, "SecretAccessKey": "x" * 40})
    refused(wrong.client("sts").get_caller_identity, "SignatureDoesNotMatch", status=403)
    refused(wrong.client("kms").list_keys, "InvalidSignatureException", status=400)
    refused(wrong.client("s3").list_buckets, "SignatureDoesNotMatch", status=403)
    unknown = server.acting_as({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x" * 40})
    refused(unknown.client("sts").get_caller_identity, "InvalidClientTokenId", status=403)
    refused(unknown.client("kms").list_keys, "UnrecognizedClientException", status=400)
    refused(unknown.client("s3").list_buckets, "InvalidAccessKeyId", status=403)


def test_an_operation_that_is_not_built_says_so_after_authentication(server, dev, prod):
    refused(prod.client("iam").list_server_certificates, "NotImplemented", "ListServerCertificates")
    wrong = server.acting_as({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x" * 40})
    refused(wrong.client("iam").list_server_certificates, "InvalidClientTokenId")


def test_invalid_input_is_told_as_aws_tells_it(dev):
    kms = dev.client("kms")
    message = "Value at 'plaintext' failed to satisfy constraint: Member must have length less than"
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    refused(kms.encrypt, "ValidationException", message, KeyId=key, Plaintext=b"x" * 4097)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def test_a_password_that_is_wrong_and_a_database_that_is_not_there(story, server):
    from unloading import Unloader

    unload = Unloader(story, server)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        unload.connect(password="Wr0ngPassword")
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        unload.connect(dbname="nowhere")
    with pytest.raises(psycopg2.OperationalError, match="certificate"):
        unload.connect(sslrootcert="/etc/ssl/certs/ca-certificates.crt")
