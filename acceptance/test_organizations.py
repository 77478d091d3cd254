"""Organizations: accounts that are really made, and policies that every client feels."""

import json

import pytest
from landbridge import Server, refused, until


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server of its own: an organization changes what everybody may do."""
    running = Server(tmp_path_factory.mktemp("organized") / "state").start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def organizations(world):
    """The management account's client, in an organization that begins with dev."""
    client = world.session("prod").client("organizations")
    client.create_organization(FeatureSet="ALL")
    invited = client.invite_account_to_organization(
        Target={"Id": world.account("dev"), "Type": "ACCOUNT"}
    )
    dev = world.session("dev").client("organizations")
    dev.accept_handshake(HandshakeId=invited["Handshake"]["Id"])
    return client


def test_an_account_is_made_and_its_profile_leads_into_it(world, organizations):
    asked = organizations.create_account(AccountName="Data Lake", Email="lake@example.org")
    by_id = {"CreateAccountRequestId": asked["CreateAccountStatus"]["Id"]}

    def made():
        status = organizations.describe_create_account_status(**by_id)["CreateAccountStatus"]
        return status if status["State"] == "SUCCEEDED" else None

    account = until(made, "the account to be made")["AccountId"]
    # The files are written right after the change.
    config = world.state / "aws" / "config"
    until(lambda: f"arn:aws:iam::{account}:role" in config.read_text(), "the profile")
    who = world.session("Data-Lake").client("sts").get_caller_identity()
    assert who["Account"] == account
    assert ":assumed-role/OrganizationAccountAccessRole/" in who["Arn"]
    world.session("Data-Lake").client("s3").create_bucket(Bucket=f"lake-{account}")
    assert world.stop() == 0
    world.start()
    assert world.session("Data-Lake").client("sts").get_caller_identity()["Account"] == account
    assert set(world.facts["accounts"]) == {"prod", "dev"}


def test_a_service_control_policy_is_felt_at_once(world):
    client = world.session("prod").client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    iam = world.session("dev").client("iam")
    iam.list_users()
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}],
    }
    policy = client.create_policy(
        Name="no-lists",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(document),
    )["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=world.account("dev"))
    error = refused(
        iam.list_users, "AccessDenied", "with an explicit deny in a service control policy"
    )
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    targets = client.get_paginator("list_targets_for_policy").paginate(PolicyId=policy)
    assert [t["Name"] for page in targets for t in page["Targets"]] == ["dev"]
    client.detach_policy(PolicyId=policy, TargetId=world.account("dev"))
    iam.list_users()


def test_only_the_management_account_manages(world):
    dev = world.session("dev").client("organizations")
    assert dev.describe_organization()["Organization"]["MasterAccountId"] == world.account("prod")
    refused(dev.list_accounts, "AccessDeniedException", status=400)
