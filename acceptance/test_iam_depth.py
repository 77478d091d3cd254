"""IAM in depth: passwords, devices, instance profiles, service-linked roles, providers."""

import base64
import hashlib
import hmac
import struct
import time

import pytest
from landbridge import refused
from provision import allow, policy, trust

EC2 = trust({"Service": "ec2.amazonaws.com"})


@pytest.fixture
def iam(prod):
    """IAM as PROD's administrator."""
    return prod.client("iam")


@pytest.fixture
def member(iam, server, name):
    """A user in a group, neither with a permission, and a session of the user."""
    iam.create_group(GroupName=name, Path="/teams/")
    iam.create_user(UserName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    yield server.acting_as({k: keys[k] for k in ("AccessKeyId", "SecretAccessKey")})
    iam.remove_user_from_group(GroupName=name, UserName=name)
    for attached in iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]:
        iam.detach_group_policy(GroupName=name, PolicyArn=attached["PolicyArn"])
    for inline in iam.list_group_policies(GroupName=name)["PolicyNames"]:
        iam.delete_group_policy(GroupName=name, PolicyName=inline)
    for inline in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=inline)
    iam.delete_access_key(UserName=name, AccessKeyId=keys["AccessKeyId"])
    iam.delete_user(UserName=name)
    iam.delete_group(GroupName=name)


def code(seed, later=0):
    """What an authenticator shows (RFC 6238)."""
    step = struct.pack(">Q", (int(time.time()) + later) // 30)
    digest = hmac.new(base64.b32decode(seed), step, hashlib.sha1).digest()
    word = struct.unpack(">I", digest[digest[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{word % 1_000_000:06}"


def test_an_mfa_device_takes_two_codes(iam, member, name):
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    serial, seed = device["SerialNumber"], device["Base32StringSeed"]
    assert len(seed) == 64
    given = {"UserName": name, "SerialNumber": serial}
    refused(
        iam.enable_mfa_device,
        "InvalidAuthenticationCode",
        AuthenticationCode1="000000",
        AuthenticationCode2="000000",
        **given,
    )
    iam.enable_mfa_device(
        AuthenticationCode1=code(seed), AuthenticationCode2=code(seed, 30), **given
    )
    assert [d["SerialNumber"] for d in iam.list_mfa_devices(UserName=name)["MFADevices"]] == [serial]
    refused(iam.delete_virtual_mfa_device, "DeleteConflict", SerialNumber=serial)
    iam.deactivate_mfa_device(**given)
    iam.delete_virtual_mfa_device(SerialNumber=serial)


def test_a_user_changes_its_own_password(iam, member, name):
    iam.create_login_profile(UserName=name, Password="First pass 1")
    change = member.client("iam").change_password
    words = {"OldPassword": "First pass 1", "NewPassword": "Second pass 2"}
    refused(change, "AccessDenied", "iam:ChangePassword", **words)
    own = allow("iam:ChangePassword", "arn:aws:iam::*:user/${aws:username}")
    iam.put_group_policy(GroupName=name, PolicyName="own", PolicyDocument=policy(own))
    change(**words)
    refused(change, "AccessDenied", "The old password was incorrect.", **words)
    refused(iam.delete_user, "DeleteConflict", UserName=name)
    iam.delete_login_profile(UserName=name)


def test_instance_profiles_hold_a_role(iam, name):
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName=name, Tags=[{"Key": "a", "Value": "b"}])
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert [r["Arn"] for r in profile["Roles"]] == [role]
    refused(iam.delete_role, "DeleteConflict", "must remove roles from instance", RoleName=name)
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.delete_instance_profile(InstanceProfileName=name)
    iam.delete_role(RoleName=name)


def test_a_service_linked_role_is_only_its_services_to_change(iam):
    made = iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]
    name = made["RoleName"]
    assert made["Path"] == "/aws-service-role/batch.amazonaws.com/"
    message = f"Cannot perform the operation on the protected role '{name}'"
    refused(iam.delete_role, "UnmodifiableEntity", message, RoleName=name, status=400)
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"]
    assert status == "SUCCEEDED"


def test_identity_providers_are_kept(iam, name, server):
    url = f"https://{name}.example/issuer"
    made = iam.create_open_id_connect_provider(Url=url, ClientIDList=["app"])
    arn = made["OpenIDConnectProviderArn"]
    provider = f"oidc-provider/{name}.example/issuer"
    assert arn == f"arn:aws:iam::{server.account('prod')}:{provider}"
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert got["ClientIDList"] == ["app", "two"]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    refused(
        iam.get_open_id_connect_provider, "NoSuchEntity", OpenIDConnectProviderArn=arn, status=404
    )
