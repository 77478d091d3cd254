"""`landbridge explain access --profile` reads servers that are not ours, as it would read AWS.

The server answers as AWS does but enforces nothing, so each verdict is compared with what the
policies say.
"""

import json
import socket
import subprocess
import sys
import time

import boto3
import pytest
from landbridge import PATIENCE, clean_environment, landbridge

HOME, AWAY = "123456789012", "222222222222"
REGION = "eu-west-1"


def statement(action, resource=None, **more):
    """A statement that allows."""
    body = {"Effect": "Allow", "Action": action} | ({"Resource": resource} if resource else {})
    return body | more


def document(*statements):
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Elsewhere:
    """A running server, and AWS configuration files that lead to it."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.log = open(folder / "log", "ab")
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        environment = clean_environment(MOTO_IAM_LOAD_MANAGED_POLICIES="true")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=environment)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, "it did not start"
                time.sleep(0.05)
        config = f"""
[profile home]
region = {REGION}
endpoint_url = {self.endpoint}
[profile away]
region = {REGION}
endpoint_url = {self.endpoint}
role_arn = arn:aws:iam::{AWAY}:role/auditor
source_profile = home
[profile sso]
sso_session = corporation
"""
        (folder / "config").write_text(config)
        (folder / "credentials").write_text(
            "[home]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
        )
        self.variables = clean_environment(
            AWS_CONFIG_FILE=folder / "config", AWS_SHARED_CREDENTIALS_FILE=folder / "credentials"
        )

    def client(self, profile, service):
        """A boto3 client of a profile."""
        base = {"endpoint_url": self.endpoint, "region_name": REGION}
        keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
        if profile == "away":
            sts = boto3.client("sts", **base, **keys)
            role = f"arn:aws:iam::{AWAY}:role/auditor"
            held = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
            keys = {
                "aws_access_key_id": held["AccessKeyId"],
                "aws_secret_access_key": held["SecretAccessKey"],
                "aws_session_token": held["SessionToken"],
            }
        return boto3.client(service, **base, **keys)

    def explain(self, principal, action, resource, *more, profiles=("home", "away")):
        """Exit status and document of one question."""
        done = landbridge(
            *("explain", "access", "--principal", principal, "--action", action),
            *("--resource", resource, "--json", *more),
            *(word for profile in profiles for word in ("--profile", profile)),
            env=self.variables,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The server, with a small world of two accounts on it."""
    running = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    try:
        provision(running)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(PATIENCE)


def provision(at):
    """A role and a user of one account, a bucket, a role, a key and a secret of the other."""
    home, away = at.client("home", "iam"), at.client("away", "iam")
    trust = document(statement("sts:AssumeRole", Principal={"Service": "redshift.amazonaws.com"}))
    etl = home.create_role(RoleName="etl", Path="/jobs/", AssumeRolePolicyDocument=trust)
    at.etl = etl["Role"]["Arn"]
    everything = document(
        statement(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::lake/*"),
        statement("sts:AssumeRole", f"arn:aws:iam::{AWAY}:role/reader", Sid="Next"),
        statement(["kms:Decrypt", "secretsmanager:GetSecretValue"], "*"),
    )
    home.put_role_policy(RoleName="etl", PolicyName="work", PolicyDocument=everything)
    edge = home.create_policy(
        PolicyName="edge", PolicyDocument=document(statement(["s3:Get*", "sts:*", "kms:*"], "*"))
    )["Policy"]["Arn"]
    bounded = home.create_role(
        RoleName="bounded", AssumeRolePolicyDocument=trust, PermissionsBoundary=edge
    )
    at.bounded = bounded["Role"]["Arn"]
    home.put_role_policy(
        RoleName="bounded", PolicyName="all", PolicyDocument=document(statement("s3:*", "*"))
    )
    home.create_user(UserName="ada", Tags=[{"Key": "team", "Value": "x"}])
    home.create_group(GroupName="readers")
    home.attach_group_policy(
        GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    home.add_user_to_group(GroupName="readers", UserName="ada")
    at.ada = f"arn:aws:iam::{HOME}:user/ada"
    who = {"AWS": at.etl}
    condition = {"StringEquals": {"sts:ExternalId": "right"}}
    away.create_role(
        RoleName="reader",
        AssumeRolePolicyDocument=document(
            statement("sts:AssumeRole", Principal=who, Condition=condition, Sid="Chain")
        ),
    )
    s3 = at.client("away", "s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    admits = statement("s3:GetObject", "arn:aws:s3:::lake/*", Principal=who, Sid="Etl")
    s3.put_bucket_policy(Bucket="lake", Policy=document(admits))
    key = document(
        statement("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{AWAY}:root"}),
        statement("kms:Decrypt", "*", Principal=who, Sid="Decrypt"),
    )
    kms = at.client("away", "kms")
    at.key = kms.create_key(Policy=key)["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/lake", TargetKeyId=at.key)
    secrets = at.client("away", "secretsmanager")
    at.secret = secrets.create_secret(Name="login", SecretString="x")["ARN"]


READER = f"arn:aws:iam::{AWAY}:role/reader"
RIGHT = ("--context", "sts:ExternalId=right")
WRONG = ("--context", "sts:ExternalId=wrong")


@pytest.mark.parametrize(
    "who, action, resource, more, status, because",
    [
        ("etl", "s3:GetObject", "arn:aws:s3:::lake/1", (), 0, "both the caller's account"),
        ("etl", "s3:PutObject", "arn:aws:s3:::lake/1", (), 2, "the resource-based policy does not"),
        ("etl", "s3:GetObject", "arn:aws:s3:::sea/1", (), 2, "no identity-based policy allows"),
        ("etl", "sts:AssumeRole", READER, RIGHT, 0, "both the caller's account"),
        ("etl", "sts:AssumeRole", READER, WRONG, 2, "the role trust policy does not admit"),
        ("etl", "kms:Decrypt", "key", (), 0, "both the caller's account"),
        ("etl", "kms:Decrypt", "alias", (), 0, "both the caller's account"),
        ("etl", "secretsmanager:GetSecretValue", "secret", (), 2, "the resource has no"),
        ("ada", "s3:ListAllMyBuckets", "*", (), 0, "an identity-based policy grants it"),
        ("ada", "kms:ListKeys", "*", (), 2, "no identity-based policy allows"),
        ("bounded", "s3:ListAllMyBuckets", "*", (), 2, "no permissions boundary allows"),
        ("bounded", "s3:GetAccountPublicAccessBlock", "*", (), 0, "an identity-based policy"),
        ("reader", "s3:GetObject", "arn:aws:s3:::lake/1", (), 2, "no identity-based policy allows"),
    ],
)
def test_verdicts(elsewhere, who, action, resource, more, status, because):
    principal = READER if who == "reader" else getattr(elsewhere, who)
    alias = f"arn:aws:kms:{REGION}:{AWAY}:alias/lake"
    known = {"key": elsewhere.key, "alias": alias, "secret": elsewhere.secret}
    found, answer = elsewhere.explain(principal, action, known.get(resource, resource), *more)
    assert found == status, answer
    assert answer["because"].startswith(because), answer
    assert answer["unread"] == [] and answer["needs"] == []


def test_the_facts_are_those_of_the_server(elsewhere):
    _, answer = elsewhere.explain(elsewhere.ada, "s3:GetObject", "arn:aws:s3:::lake/1")
    context = answer["request"]["context"]
    assert context["aws:PrincipalTag/team"] == "x" and context["aws:username"] == "ada"
    assert context["aws:RequestedRegion"] == REGION
    assert answer["request"]["resource_account"] == AWAY
    policies = [one["policy"] for one in answer["consulted"]]
    assert "arn:aws:iam::aws:policy/AmazonS3FullAccess" in policies


def test_an_account_without_a_profile_is_unread(elsewhere):
    asked = (elsewhere.etl, "sts:AssumeRole", READER, *RIGHT)
    status, answer = elsewhere.explain(*asked, profiles=("home",))
    assert (status, answer["answer"]) == (1, "undecided")
    assert answer["unread"][0]["what"] == "trust policy of role reader"
    assert answer["unread"][0]["why"] == f"no profile of account {AWAY} is given"


@pytest.mark.parametrize(
    "profile, words",
    [("sso", "signs in by SSO"), ("none", "is not in the AWS configuration; it has away, home, sso")],
)
def test_profiles_that_cannot_be_used(elsewhere, profile, words):
    asked = (elsewhere.etl, "s3:GetObject", "arn:aws:s3:::lake/1")
    status, said = elsewhere.explain(*asked, profiles=(profile,))
    assert status == 1 and words in said
