"""IAM: users, keys, roles, policies; and that what they say is what happens."""

import json

import pytest
from landbridge import refused
from provision import allow, policy, trust

READ_USERS = policy(allow("iam:ListUsers", "*"))
REDSHIFT = trust({"Service": "redshift.amazonaws.com"})


@pytest.fixture
def iam(prod):
    """IAM as PROD's administrator."""
    return prod.client("iam")


@pytest.fixture
def user(iam, server, name):
    """A user without permissions, and a session of it."""
    iam.create_user(UserName=name, Path="/people/")
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    session = server.acting_as({k: keys[k] for k in ("AccessKeyId", "SecretAccessKey")})
    yield session
    for attached in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=name, PolicyArn=attached["PolicyArn"])
    for inline in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=inline)
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def test_users_and_their_keys(iam, user, name, server):
    made = iam.get_user(UserName=name)["User"]
    arn = f"arn:aws:iam::{server.account('prod')}:user/people/{name}"
    assert (made["Arn"], made["Path"]) == (arn, "/people/")
    assert made["UserId"].startswith("AIDA")
    assert name in [u["UserName"] for u in iam.list_users(PathPrefix="/people/")["Users"]]
    refused(iam.create_user, "EntityAlreadyExists", UserName=name, status=409)
    conflict = "Cannot delete entity, must"
    refused(iam.delete_user, "DeleteConflict", conflict, UserName=name, status=409)
    (key,) = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert key["AccessKeyId"].startswith("AKIA") and key["Status"] == "Active"
    assert user.client("sts").get_caller_identity()["Arn"] == arn
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    refused(user.client("sts").get_caller_identity, "InvalidClientTokenId")


def test_a_user_may_do_what_its_policies_say(iam, user, name, server):
    arn = f"arn:aws:iam::{server.account('prod')}:user/people/{name}"
    listed = user.client("iam").list_users
    action = "iam:ListUsers"
    message = (
        f"User: {arn} is not authorized to perform: {action} on resource: "
        f"arn:aws:iam::{server.account('prod')}:user/ because no identity-based policy allows the "
        f"{action} action"
    )
    refused(listed, "AccessDenied", message, status=403)
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=READ_USERS)
    assert listed()["Users"]
    stored = iam.get_user_policy(UserName=name, PolicyName="read")["PolicyDocument"]
    assert stored == json.loads(READ_USERS)
    deny = policy({"Effect": "Deny", "Action": "iam:List*", "Resource": "*"})
    iam.put_user_policy(UserName=name, PolicyName="no", PolicyDocument=deny)
    refused(listed, "AccessDenied", "with an explicit deny in an identity-based policy")


def test_managed_policies_and_their_versions(iam, user, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=READ_USERS)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    assert user.client("iam").list_users()["Users"]
    refused(iam.delete_policy, "DeleteConflict", PolicyArn=arn, status=409)
    other = policy(allow("iam:ListRoles", "*"))
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)
    assert version["PolicyVersion"]["VersionId"] == "v2"
    refused(user.client("iam").list_users, "AccessDenied")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert user.client("iam").list_users()["Users"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    assert document == json.loads(other)
    iam.detach_user_policy(UserName=name, PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    refused(iam.get_policy, "NoSuchEntity", f"Policy {arn} was not found.", PolicyArn=arn)


def test_aws_managed_policies(iam, user, name):
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert user.client("iam").list_roles()
    refused(user.client("iam").create_user, "AccessDenied", UserName=name + "x")


def test_a_permissions_boundary_limits(iam, user, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=READ_USERS)["Policy"]["Arn"]
    everything = policy(allow("*", "*"))
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=everything)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
    assert user.client("iam").list_users()
    message = "because no permissions boundary allows the iam:ListRoles action"
    refused(user.client("iam").list_roles, "AccessDenied", message)
    iam.delete_user_permissions_boundary(UserName=name)
    iam.delete_policy(PolicyArn=arn)


def test_roles(iam, name, server):
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=REDSHIFT, Description="one")["Role"]
    assert role["RoleId"].startswith("AROA") and role["MaxSessionDuration"] == 3600
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == json.loads(REDSHIFT)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=READ_USERS)
    refused(iam.delete_role, "DeleteConflict", RoleName=name)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["p"]
    iam.update_role(RoleName=name, MaxSessionDuration=7200)
    assert iam.get_role(RoleName=name)["Role"]["MaxSessionDuration"] == 7200
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    message = f"The role with name {name} cannot be found."
    refused(iam.get_role, "NoSuchEntity", message, RoleName=name, status=404)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "Syntax errors in policy."),
        (policy({"Effect": "Allow", "Action": "s3:*"}), "Policy statement must contain resources."),
        (
            policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}),
            "Policy document should not specify a principal.",
        ),
    ],
)
def test_malformed_policies_are_refused(iam, name, document, message):
    refused(
        iam.create_policy,
        "MalformedPolicyDocument",
        message,
        PolicyName=name,
        PolicyDocument=document,
    )


def test_a_trust_policy_must_name_somebody_who_exists(iam, name, server):
    ghost = trust({"AWS": f"arn:aws:iam::{server.account('prod')}:role/ghost"})
    refused(
        iam.create_role,
        "MalformedPolicyDocument",
        "Invalid principal in policy",
        RoleName=name,
        AssumeRolePolicyDocument=ghost,
    )


def test_passing_a_role_needs_permission(iam, user, name, story):
    do = policy(allow("redshift:*", "*"))
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=do)
    modify = user.client("redshift").modify_cluster_iam_roles
    asked = {"ClusterIdentifier": story.cluster, "AddIamRoles": [story.cluster_role]}
    refused(modify, "AccessDenied", "iam:PassRole", status=403, **asked)
