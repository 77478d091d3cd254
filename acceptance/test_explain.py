"""`landbridge explain access`: verdicts on the platform, and encoded messages of denials opened."""

import json

import pytest
from botocore.exceptions import ClientError
from landbridge import landbridge, tool

HEADER = "x-landbridge-authorization-message"


def statement(action, resource, **more):
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements):
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


@pytest.fixture
def role(prod, name):
    """A role of PROD that the account may assume; it may read one prefix of every bucket."""
    iam = prod.client("iam")
    account = prod.client("sts").get_caller_identity()["Account"]
    condition = {"StringEquals": {"sts:ExternalId": "right"}}
    trust = {
        "Sid": "Team",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
    reads = statement("s3:GetObject", f"arn:aws:s3:::{name}/orders/*", Sid="Orders")
    iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=document(reads))
    yield made["Arn"]
    iam.delete_role_policy(RoleName=name, PolicyName="reads")
    iam.delete_role(RoleName=name)


@pytest.fixture
def shared(dev, bucket, role):
    """A bucket of DEV that admits the role."""
    admits = statement("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": role}, Sid="Role")
    dev.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(admits))
    return bucket


def explain(server, principal, action, resource, *more):
    """Exit status and document of one question."""
    done = landbridge(
        *("explain", "access", "--state", server.state, "--principal", principal),
        *("--action", action, "--resource", resource, "--json", *more),
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def test_an_access_across_accounts_is_allowed(server, role, shared):
    status, answer = explain(server, role, "s3:GetObject", f"arn:aws:s3:::{shared}/orders/1")
    assert (status, answer["answer"], answer["verdict"]) == (0, "allowed", "allow")
    policies = {one["policy"]: one["sid"] for one in answer["deciding"]}
    role_name = role.split("/")[-1]
    assert policies == {
        f"inline policy reads of role {role_name}": "Orders",
        f"bucket policy of {shared}": "Role",
    }


def test_a_denial_names_what_is_missing_and_the_fix_helps(server, prod, role, shared):
    asked = (server, role, "s3:GetObject", f"arn:aws:s3:::{shared}/invoices/1")
    status, answer = explain(*asked)
    assert (status, answer["verdict"]) == (2, "implicit_deny")
    assert answer["because"] == "no identity-based policy allows the action"
    change = answer["fixes"][0]["change"]
    assert change["do"] == "add_value" and change["element"] == "Resource"
    iam, name = prod.client("iam"), role.split("/")[-1]
    policy = iam.get_role_policy(RoleName=name, PolicyName="reads")["PolicyDocument"]
    held = policy["Statement"][answer["fixes"][0]["statement"] - 1]
    held["Resource"] = [held["Resource"], change["value"]]
    iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=json.dumps(policy))
    assert explain(*asked)[0] == 0


def test_keys_that_decide_are_asked_for(server, prod, role):
    caller = prod.client("sts").get_caller_identity()["Arn"]
    asked = (server, caller, "sts:AssumeRole", role)
    status, answer = explain(*asked)
    assert status == 2
    assert answer["needs"] == [
        {"key": "sts:ExternalId", "compared_with": ["right"], "always_sent": False}
    ]
    assert explain(*asked, "--context", "sts:ExternalId=right")[0] == 0
    status, answer = explain(*asked, "--context", "sts:ExternalId=wrong")
    assert status == 2 and answer["needs"] == []
    assert answer["fixes"][0]["statement"] == 1


def test_the_text_shows_the_path_to_the_verdict(server, role, shared):
    done = landbridge(
        *("explain", "access", "--state", server.state, "--principal", role),
        *("--action", "s3:PutObject", "--resource", f"arn:aws:s3:::{shared}/orders/1"),
        check=2,
    )
    name = role.split("/")[-1]
    lines = done.stdout.splitlines()
    assert lines[0] == f"✗ denied   {name} → s3:PutObject  {shared}/orders/1"
    assert f"  prod {server.account('prod')}" in lines and f"  dev {server.account('dev')}" in lines
    assert any(line.startswith("  fix    ") for line in lines)
    assert "\x1b" not in done.stdout and done.stderr == ""


@pytest.mark.parametrize(
    "principal, resource, words",
    [
        ("arn:aws:iam::111111111111:role/nobody-knows", "arn:aws:s3:::b/k", "there is no role"),
        ("nobody", "arn:aws:s3:::b/k", "is not a principal"),
        ("arn:aws:iam::111111111111:user/admin", "bucket", "is not the ARN of a resource"),
    ],
)
def test_questions_that_are_none(server, principal, resource, words):
    status, said = explain(server, principal, "s3:GetObject", resource)
    assert status == 1 and words in said


def test_a_world_that_is_not_there_is_not_made(tmp_path):
    done = landbridge(
        *("explain", "access", "--state", tmp_path / "none", "--message", "x"), check=1
    )
    assert "there is no world" in done.stderr and not (tmp_path / "none").exists()


# --- encoded messages ----------------------------------------------------------------------------


def denials(session):
    """A denied call in every protocol."""
    return {
        "query": (session.client("iam").list_users, {}),
        "query-redshift": (session.client("redshift").describe_clusters, {}),
        "json": (session.client("secretsmanager").list_secrets, {}),
        "json-kms": (session.client("kms").create_key, {}),
        "json-cloudtrail": (session.client("cloudtrail").lookup_events, {}),
        "rest-xml": (session.client("s3").list_buckets, {}),
        "rest-xml-head": (session.client("s3").head_bucket, {"Bucket": "not-yours"}),
    }


@pytest.fixture(scope="module")
def stranger(server, prod, dev):
    """A user of PROD without any permission, and a bucket that is not its own."""
    iam = prod.client("iam")
    dev.client("s3").create_bucket(Bucket="not-yours")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    yield server.acting_as(key)
    iam.delete_access_key(UserName="stranger", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="stranger")
    dev.client("s3").delete_bucket(Bucket="not-yours")


def message_of(call, **arguments):
    """The encoded message of a call that is denied."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["ResponseMetadata"]["HTTPHeaders"][HEADER]


PROTOCOLS = [
    *("query", "query-redshift", "json", "json-kms", "json-cloudtrail"),
    *("rest-xml", "rest-xml-head"),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_denial_carries_its_message(server, stranger, protocol):
    call, arguments = denials(stranger)[protocol]
    message = message_of(call, **arguments)
    environment = server.environment("prod")
    decoded = tool(
        *("aws", "sts", "decode-authorization-message", "--encoded-message", message),
        *("--query", "DecodedMessage", "--output", "text"),
        environment=environment,
    )
    decoded = json.loads(decoded.stdout)
    assert decoded["allowed"] is False
    assert decoded["request"]["principal"]["arn"].endswith(":user/stranger")
    opened = landbridge(
        *("explain", "access", "--message", message, "--state", server.state, "--json"), check=2
    )
    # With both accounts' profiles nothing is hidden; what one account could read is the same.
    opened = json.loads(opened.stdout)
    for name in ("consulted", "deciding", "blockers", "fixes"):
        for whole, own in zip(opened[name], decoded[name], strict=True):
            assert not whole.get("hidden") and (own.get("hidden") or own == whole)
    assert opened["request"] == decoded["request"]


def test_a_message_from_standard_input(server, stranger):
    message = message_of(stranger.client("secretsmanager").get_secret_value, SecretId="none")
    done = landbridge(
        *("explain", "access", "--message", "-", "--state", server.state),
        input=message + "\n",
        check=2,
    )
    assert done.stdout.startswith("✗ denied   stranger → secretsmanager:GetSecretValue")
    assert "no identity-based policy allows the action" in done.stdout


def test_a_message_that_is_none(server):
    done = landbridge("explain", "access", "--message", "abc", "--state", server.state, check=1)
    assert "nobody here may open this message" in done.stderr
    assert "InvalidAuthorizationMessageException" in done.stderr


def test_help_has_examples():
    assert "landbridge explain access --principal" in landbridge("explain", "access", "--help").stdout
