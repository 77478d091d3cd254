"""Six ways in which the movement is refused, each with AWS's own error, each put right afterwards."""

import contextlib
import json

import provision
import psycopg2
import pytest
import unload as program
from botocore.exceptions import ClientError
from provision import policy
from tickets import TABLE
from unloading import Unloader


@pytest.fixture(scope="module")
def unload(story, server):
    """UNLOAD as the story's database user."""
    return Unloader(story, server)


@pytest.fixture
def run_program(story, server, monkeypatch, name):
    """Runs the example's handler in this process, with the variables a user would export."""
    for variable, value in server.environment("dev").items():
        if variable.startswith(("AWS_", "PG")):
            monkeypatch.setenv(variable, value)

    def run(**changes):
        path = f"s3://{story.bucket}/{story.prefix}{name}/"
        return program.handler({**story.event(), "s3_bucket_path": path, **changes})

    return run


@contextlib.contextmanager
def trust_policy(session, role, document):
    """A role's trust policy, changed for a while."""
    iam = session.client("iam")
    before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))


@contextlib.contextmanager
def role_policy(session, role, document):
    """A role's inline policy, changed for a while."""
    iam = session.client("iam")
    before = iam.get_role_policy(RoleName=role, PolicyName="movement")["PolicyDocument"]
    iam.put_role_policy(RoleName=role, PolicyName="movement", PolicyDocument=document)
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="movement", PolicyDocument=json.dumps(before))


def denied(run, code, message):
    """The program ends in this error of an AWS API."""
    with pytest.raises(ClientError) as caught:
        run()
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)


def unload_denied(unload, *words, code):
    """An UNLOAD ends in this error of the cluster, and leaves nothing."""
    prefix = unload.prefix()
    with pytest.raises(psycopg2.Error) as caught:
        unload(f"select * from {TABLE}", "csv", prefix)
    error = caught.value
    assert error.pgcode == "XX000", error
    for word in words:
        assert word in error.diag.message_primary, error
    assert f"code:      {code}" in error.diag.message_detail, error.diag.message_detail
    assert unload.stored(prefix) == {}


def refused_assume(story, caller, role):
    """STS's sentence."""
    return f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"


def function_session(story):
    """The ARN under which the program's first role acts."""
    role = provision.FUNCTION_ROLE
    return f"arn:aws:sts::{story.dev_account}:assumed-role/{role}/unload"


def reader_session(story):
    """The ARN under which the program's second role acts."""
    return f"arn:aws:sts::{story.prod_account}:assumed-role/{provision.READ_ROLE}/unload"


def cluster_says(role):
    """What a cluster says when STS refuses a role of the chain."""
    return f"message: Not authorized to get credentials of role {role}"


# --- 1: trust policy -----------------------------------------------------------------------------


def test_trust_policy_of_the_reader(story, run_program):
    document = provision.trust({"AWS": story.write_role})
    with trust_policy(story.prod, provision.READ_ROLE, document):
        caller = function_session(story)
        denied(run_program, "AccessDenied", refused_assume(story, caller, story.read_role))
    assert run_program()["rows"] == 1000


@pytest.mark.parametrize("hop", ["first", "second"])
def test_trust_policy_in_the_chain(story, unload, hop):
    session, name, role = {
        "first": (story.prod, provision.CLUSTER_ROLE, story.cluster_role),
        "second": (story.dev, provision.WRITE_ROLE, story.write_role),
    }[hop]
    with trust_policy(session, name, provision.trust({"Service": "glue.amazonaws.com"})):
        unload_denied(unload, "exception name : UnauthorizedException", cluster_says(role), code=30000)
    assert unload(f"select * from {TABLE}", "csv").rows == 1000


# --- 2: external id ------------------------------------------------------------------------------


def test_external_id_of_the_reader(story, run_program):
    caller = function_session(story)
    said = refused_assume(story, caller, story.read_role)
    denied(lambda: run_program(external_id="someone-elses"), "AccessDenied", said)


def test_external_id_names_the_database_user(story, unload):
    other = story.login.replace(story.db_user, "somebody")
    condition = {"StringEquals": {"sts:ExternalId": other}}
    document = provision.trust({"Service": "redshift.amazonaws.com"}, **condition)
    with trust_policy(story.prod, provision.CLUSTER_ROLE, document):
        unload_denied(unload, cluster_says(story.cluster_role), code=30000)


# --- 3: permission on the secret -----------------------------------------------------------------


def test_secret_permission(story, run_program):
    other = story.secret_arn.replace(story.secret_name, "another")
    document = policy(provision.allow("secretsmanager:GetSecretValue", other))
    action = "secretsmanager:GetSecretValue"
    with role_policy(story.prod, provision.READ_ROLE, document):
        denied(
            run_program,
            "AccessDeniedException",
            f"User: {reader_session(story)} is not authorized to perform: {action} on resource: "
            f"{story.secret_arn} because no identity-based policy allows the {action} action",
        )


# --- 4: key policy -------------------------------------------------------------------------------


def test_key_policy_of_the_bucket(story, unload):
    kms = story.dev.client("kms")
    before = kms.get_key_policy(KeyId=story.bucket_key, PolicyName="default")["Policy"]
    without = provision.key_policy(story)
    kms.put_key_policy(KeyId=story.bucket_key, PolicyName="default", Policy=without)
    try:
        unload_denied(
            unload,
            "S3ServiceException:",
            "is not authorized to perform: kms:GenerateDataKey",
            story.bucket_key,
            "Status 403,Error AccessDenied",
            code=8001,
        )
    finally:
        kms.put_key_policy(KeyId=story.bucket_key, PolicyName="default", Policy=before)


def test_key_policy_of_the_secret(story, run_program):
    kms = story.prod.client("kms")
    before = kms.get_key_policy(KeyId=story.secret_key, PolicyName="default")["Policy"]
    document = json.loads(before)
    deny = {"AWS": story.read_role}
    document["Statement"].append(
        {"Effect": "Deny", "Principal": deny, "Action": "kms:Decrypt", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=story.secret_key, PolicyName="default", Policy=json.dumps(document))
    try:
        denied(run_program, "AccessDeniedException", "Access to KMS is not allowed")
    finally:
        kms.put_key_policy(KeyId=story.secret_key, PolicyName="default", Policy=before)


# --- 5: role not attached to the cluster ---------------------------------------------------------


def test_role_not_attached(story, unload):
    redshift = story.prod.client("redshift")
    role = {"ClusterIdentifier": story.cluster}
    redshift.modify_cluster_iam_roles(**role, RemoveIamRoles=[story.cluster_role])
    provision.wait_for_cluster(story)
    try:
        said = f"User {story.login} is not authorized to assume IAM Role {story.cluster_role}"
        unload_denied(unload, said, code=8001)
    finally:
        redshift.modify_cluster_iam_roles(**role, AddIamRoles=[story.cluster_role])
        provision.wait_for_cluster(story)
    # The session stayed connected through both changes.
    assert unload(f"select * from {TABLE}", "csv").rows == 1000


# --- 6: bucket policy ----------------------------------------------------------------------------


def test_bucket_policy(story, unload):
    s3 = story.dev.client("s3")
    before = s3.get_bucket_policy(Bucket=story.bucket)["Policy"]
    document = json.loads(before)
    everything = f"arn:aws:s3:::{story.bucket}/*"
    who = {"AWS": story.write_role}
    document["Statement"].append(
        {"Effect": "Deny", "Principal": who, "Action": "s3:PutObject", "Resource": everything}
    )
    s3.put_bucket_policy(Bucket=story.bucket, Policy=json.dumps(document))
    try:
        unload_denied(unload, "S3ServiceException:", "Status 403,Error AccessDenied", code=8001)
    finally:
        s3.put_bucket_policy(Bucket=story.bucket, Policy=before)


def test_bucket_policy_asks_for_its_key(story, unload):
    prefix = unload.prefix()
    statement = unload.statement(f"select * from {TABLE}", "csv", prefix)
    without_key = statement.replace(f"encrypted kms_key_id '{story.bucket_key}'", "")
    with pytest.raises(psycopg2.Error, match="S3ServiceException"), unload.connection.cursor() as cursor:
        cursor.execute(without_key)
    assert unload.stored(prefix) == {}
