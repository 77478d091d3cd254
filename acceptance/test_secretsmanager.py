"""Secrets Manager: values, versions, deletion, and reading across accounts."""

import json
import subprocess
import uuid

import pytest
from landbridge import refused
from provision import policy

MISSING = "Secrets Manager can't find the specified secret."


@pytest.fixture
def secrets(prod):
    """Secrets Manager as PROD's administrator."""
    return prod.client("secretsmanager")


@pytest.fixture
def secret(secrets, name):
    """A secret that is removed afterwards."""
    arn = secrets.create_secret(Name=name, SecretString="one", Description="d")["ARN"]
    yield arn
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def test_a_secret_and_its_description(secrets, secret, name, server):
    assert secret.startswith(f"arn:aws:secretsmanager:us-east-1:{server.account('prod')}:secret:{name}-")
    for reference in (name, secret):
        found = secrets.get_secret_value(SecretId=reference)
        assert (found["SecretString"], found["VersionStages"]) == ("one", ["AWSCURRENT"])
    described = secrets.describe_secret(SecretId=name)
    assert described["Description"] == "d" and "KmsKeyId" not in described
    assert name in [s["Name"] for s in secrets.list_secrets()["SecretList"]]
    message = f"The operation failed because the secret {name} already exists."
    refused(secrets.create_secret, "ResourceExistsException", message, Name=name, SecretString="x")


def test_versions_and_stages(secrets, secret):
    second = secrets.put_secret_value(SecretId=secret, SecretString="two")["VersionId"]
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "two"
    previous = secrets.get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == "one"
    pending = str(uuid.uuid4())
    third = {"SecretString": "three", "ClientRequestToken": pending, "VersionStages": ["AWSPENDING"]}
    secrets.put_secret_value(SecretId=secret, **third)
    secrets.put_secret_value(SecretId=secret, **third)  # the same again changes nothing
    changed = {**third, "SecretString": "other"}
    refused(secrets.put_secret_value, "ResourceExistsException", SecretId=secret, **changed)
    assert secrets.get_secret_value(SecretId=secret)["VersionId"] == second
    secrets.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=pending,
        RemoveFromVersionId=second,
    )
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert "AWSCURRENT" in stages[pending] and stages[second] == ["AWSPREVIOUS"]
    message = "Secrets Manager can't find the specified secret value for staging label: nowhere"
    refused(
        secrets.get_secret_value,
        "ResourceNotFoundException",
        message,
        SecretId=secret,
        VersionStage="nowhere",
    )


def test_binary_values(secrets, name):
    body = bytes(range(256))
    arn = secrets.create_secret(Name=name, SecretBinary=body)["ARN"]
    found = secrets.get_secret_value(SecretId=arn)
    assert found["SecretBinary"] == body and "SecretString" not in found
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def test_deleting_and_restoring(secrets, name):
    arn = secrets.create_secret(Name=name, SecretString="kept")["ARN"]
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    message = "because it was marked for deletion."
    refused(secrets.get_secret_value, "InvalidRequestException", message, SecretId=name)
    message = "a secret with this name is already scheduled for deletion."
    refused(
        secrets.create_secret, "InvalidRequestException", message, Name=name, SecretString="x"
    )
    secrets.restore_secret(SecretId=name)
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "kept"
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    refused(secrets.get_secret_value, "ResourceNotFoundException", MISSING, SecretId=name)
    again = secrets.create_secret(Name=name, SecretString="new")["ARN"]
    assert again != arn
    secrets.delete_secret(SecretId=again, ForceDeleteWithoutRecovery=True)


def open_to(account):
    """A resource policy for a whole account."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            "Resource": "*",
        }
    )


def test_another_account_needs_the_policy_and_a_key_of_the_customer(
    secrets, secret, name, prod, dev, server
):
    read = dev.client("secretsmanager").get_secret_value
    refused(read, "ResourceNotFoundException", MISSING, SecretId=name)
    refused(read, "AccessDeniedException", "secretsmanager:GetSecretValue", SecretId=secret)
    document = open_to(server.account("dev"))
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=document)
    stored = secrets.get_resource_policy(SecretId=secret)["ResourcePolicy"]
    assert json.loads(stored) == json.loads(document)
    message = (
        "You can't access a secret from a different AWS account if you encrypt the secret with the "
        "default KMS service key."
    )
    refused(read, "InvalidRequestException", message, SecretId=secret)
    kms = prod.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.update_secret(SecretId=secret, KmsKeyId=key)
    refused(read, "AccessDeniedException", "Access to KMS is not allowed", SecretId=secret)
    grown = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    grown["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{server.account('dev')}:root"},
            "Action": "kms:Decrypt",
            "Resource": "*",
        }
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(grown))
    assert read(SecretId=secret)["SecretString"] == "one"
    secrets.delete_resource_policy(SecretId=secret)
    refused(read, "AccessDeniedException", SecretId=secret)


def test_an_explicit_deny_in_the_secrets_own_policy(secrets, secret, server):
    document = json.loads(open_to(server.account("prod")))
    document["Statement"][0] |= {"Effect": "Deny", "Action": "secretsmanager:GetSecretValue"}
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=json.dumps(document))
    message = "with an explicit deny in a resource-based policy"
    refused(secrets.get_secret_value, "AccessDeniedException", message, SecretId=secret)


def test_a_batch_by_names_and_by_filters(secrets, name):
    arns = {
        full: secrets.create_secret(Name=full, SecretString=full, Tags=[{"Key": name, "Value": "t"}])[
            "ARN"
        ]
        for full in (f"{name}/one", f"{name}/two")
    }
    batch = secrets.batch_get_secret_value(SecretIdList=[*arns, f"{name}/none"])
    assert {v["Name"]: v["SecretString"] for v in batch["SecretValues"]} == {n: n for n in arns}
    (error,) = batch["Errors"]
    assert error["SecretId"] == f"{name}/none" and error["ErrorCode"] == "ResourceNotFoundException"
    filters = [{"Key": "tag-key", "Values": [name]}]
    found = secrets.batch_get_secret_value(Filters=filters)["SecretValues"]
    assert sorted(v["ARN"] for v in found) == sorted(arns.values())
    pages = secrets.get_paginator("list_secrets").paginate(
        Filters=filters, SortBy="name", SortOrder="desc", PaginationConfig={"PageSize": 1}
    )
    listed = [secret["Name"] for page in pages for secret in page["SecretList"]]
    assert listed == sorted(arns, reverse=True)
    for arn in arns.values():
        secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def test_random_passwords(secrets):
    made = secrets.get_random_password(PasswordLength=20, ExcludePunctuation=True)
    password = made["RandomPassword"]
    assert len(password) == 20 and password.isalnum()
    assert any(c.isdigit() for c in password) and any(c.isupper() for c in password)
    message = "Password length is too short based on the required types."
    refused(secrets.get_random_password, "InvalidParameterException", message, PasswordLength=2)


def test_a_policy_is_validated(secrets, secret, server):
    fine = open_to(server.account("dev"))
    call = {"SecretId": secret, "ResourcePolicy": fine}
    assert secrets.validate_resource_policy(**call)["PolicyValidationPassed"]
    public = json.loads(fine)
    public["Statement"][0]["Principal"] = "*"
    seen = secrets.validate_resource_policy(SecretId=secret, ResourcePolicy=json.dumps(public))
    assert not seen["PolicyValidationPassed"] and seen["ValidationErrors"]
    refused(
        secrets.put_resource_policy,
        "PublicPolicyException",
        SecretId=secret,
        ResourcePolicy=json.dumps(public),
        BlockPublicPolicy=True,
    )


def test_the_command_line_moves_a_label(secrets, secret, server):
    first = secrets.get_secret_value(SecretId=secret)["VersionId"]
    second = secrets.put_secret_value(SecretId=secret, SecretString="two")["VersionId"]
    command = ["aws", "secretsmanager", "update-secret-version-stage", "--secret-id", secret]
    command += ["--version-stage", "AWSCURRENT", "--move-to-version-id", first]
    run = lambda more: subprocess.run(  # noqa: E731
        [*command, *more], capture_output=True, text=True, env=server.environment("prod")
    )
    wrong = run([])
    assert wrong.returncode != 0 and "InvalidParameterException" in wrong.stderr
    done = run(["--remove-from-version-id", second])
    assert done.returncode == 0, done.stderr
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "one"
