"""STS: who may become whom, for how long, and what the session may then do."""

import json

import provision
import pytest
from landbridge import refused
from provision import allow, policy, trust


@pytest.fixture
def role(prod, name):
    """Makes roles in PROD that are removed afterwards."""
    iam, made = prod.client("iam"), []

    def make(trust_policy, permissions=None, **options):
        role_name = f"{name}-{len(made)}"
        arn = iam.create_role(
            RoleName=role_name, AssumeRolePolicyDocument=trust_policy, **options
        )["Role"]["Arn"]
        made.append(role_name)
        if permissions:
            iam.put_role_policy(RoleName=role_name, PolicyName="p", PolicyDocument=permissions)
        return arn

    yield make
    for role_name in made:
        provision.delete_role(prod, role_name)


@pytest.fixture
def account_trust(server):
    """Trust in the whole of an account."""
    return lambda which, **condition: trust(
        {"AWS": f"arn:aws:iam::{server.account(which)}:root"}, **condition
    )


def test_a_session_knows_who_it_is(server, prod, role, account_trust):
    arn = role(account_trust("prod"))
    answer = prod.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")
    role_name = arn.rsplit("/", 1)[1]
    session = f"arn:aws:sts::{server.account('prod')}:assumed-role/{role_name}/me"
    assert answer["AssumedRoleUser"]["Arn"] == session
    assert answer["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    who = server.acting_as(answer["Credentials"]).client("sts").get_caller_identity()
    assert (who["Arn"], who["Account"]) == (session, server.account("prod"))
    assert who["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]


def test_external_id(prod, role, account_trust):
    arn = role(account_trust("prod", StringEquals={"sts:ExternalId": "the-right-one"}))
    assume = prod.client("sts").assume_role
    asked = {"RoleArn": arn, "RoleSessionName": "me"}
    message = f"is not authorized to perform: sts:AssumeRole on resource: {arn}"
    refused(assume, "AccessDenied", message, status=403, **asked)
    refused(assume, "AccessDenied", message, status=403, **asked, ExternalId="another")
    assert assume(**asked, ExternalId="the-right-one")["Credentials"]


def test_across_accounts_both_sides_must_agree(server, prod, dev, role, account_trust):
    trusted = role(account_trust("dev"))
    stranger = role(account_trust("prod"))
    caller = f"arn:aws:iam::{server.account('dev')}:user/"
    asked = {"RoleSessionName": "me"}
    dev.client("sts").assume_role(RoleArn=trusted, **asked)
    assume = dev.client("sts").assume_role
    refused(assume, "AccessDenied", caller, RoleArn=stranger, **asked)
    nobody = dev.client("iam")
    nobody.create_user(UserName="nobody")
    keys = nobody.create_access_key(UserName="nobody")["AccessKey"]
    weak = server.acting_as({k: keys[k] for k in ("AccessKeyId", "SecretAccessKey")})
    refused(weak.client("sts").assume_role, "AccessDenied", RoleArn=trusted, **asked)
    nobody.delete_access_key(UserName="nobody", AccessKeyId=keys["AccessKeyId"])
    nobody.delete_user(UserName="nobody")


def test_an_unknown_role_is_refused_like_a_closed_one(server, dev):
    ghost = f"arn:aws:iam::{server.account('prod')}:role/ghost"
    assume = dev.client("sts").assume_role
    message = f"is not authorized to perform: sts:AssumeRole on resource: {ghost}"
    refused(assume, "AccessDenied", message, RoleArn=ghost, RoleSessionName="me")


def test_duration(prod, server, role, account_trust):
    short = role(account_trust("prod"))
    long = role(account_trust("prod"), policy(allow("sts:AssumeRole", "*")), MaxSessionDuration=43200)
    assume = prod.client("sts").assume_role
    asked = {"RoleSessionName": "me"}
    message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    refused(assume, "ValidationError", message, RoleArn=short, DurationSeconds=3601, **asked)
    refused(assume, "ValidationError", RoleArn=long, DurationSeconds=43201, **asked)
    first = server.acting_as(assume(RoleArn=long, DurationSeconds=43200, **asked)["Credentials"])
    chained = first.client("sts").assume_role
    message = "exceeds the 1 hour session limit for roles assumed by role chaining"
    refused(chained, "ValidationError", message, RoleArn=long, DurationSeconds=3601, **asked)
    assert chained(RoleArn=long, DurationSeconds=3600, **asked)["Credentials"]


def test_a_session_policy_only_narrows(prod, server, role, account_trust, bucket):
    everything = role(account_trust("prod"), policy(allow("iam:*", "*")))
    narrowed = policy(allow(["iam:ListRoles", "s3:ListAllMyBuckets"], "*"))
    session = server.assume(prod, everything, Policy=narrowed)
    assert session.client("iam").list_roles()["Roles"]
    message = "because no session policy allows the iam:ListUsers action"
    refused(session.client("iam").list_users, "AccessDenied", message)
    message = "because no identity-based policy allows the s3:ListAllMyBuckets action"
    refused(session.client("s3").list_buckets, "AccessDenied", message)


def test_tags_need_their_permission_and_reach_the_policies(prod, server, role, account_trust):
    untagged = role(account_trust("prod"))
    asked = {"RoleSessionName": "me", "Tags": [{"Key": "team", "Value": "blue"}]}
    message = "is not authorized to perform: sts:TagSession"
    refused(prod.client("sts").assume_role, "AccessDenied", message, RoleArn=untagged, **asked)
    who = {"AWS": f"arn:aws:iam::{server.account('prod')}:root"}
    tagged = role(
        policy(
            {"Effect": "Allow", "Principal": who, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        ),
        policy(allow("iam:ListUsers", "*", StringEquals={"aws:PrincipalTag/team": "blue"})),
    )
    blue = server.assume(prod, tagged, Tags=asked["Tags"])
    assert blue.client("iam").list_users()
    red = server.assume(prod, tagged, Tags=[{"Key": "team", "Value": "red"}])
    refused(red.client("iam").list_users, "AccessDenied")


def test_source_identity_sticks_through_a_chain(prod, server, role, account_trust):
    who = {"AWS": f"arn:aws:iam::{server.account('prod')}:root"}
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    open_trust = policy({"Effect": "Allow", "Principal": who, "Action": both})
    plain = role(account_trust("prod"))
    asked = {"RoleSessionName": "me", "SourceIdentity": "ada"}
    message = "is not authorized to perform: sts:SetSourceIdentity"
    refused(prod.client("sts").assume_role, "AccessDenied", message, RoleArn=plain, **asked)
    as_ada = {"StringEquals": {"aws:SourceIdentity": "ada"}}
    last = role(open_trust, policy(allow("iam:ListUsers", "*", **as_ada)))
    first = role(open_trust, policy(allow(both, last)))
    session = server.assume(prod, first, SourceIdentity="ada")
    refused(
        session.client("sts").assume_role,
        "AccessDenied",
        RoleArn=last,
        RoleSessionName="me",
        SourceIdentity="bob",
    )
    assert server.assume(session, last).client("iam").list_users()


def test_malformed_arguments(prod):
    assume = prod.client("sts").assume_role
    role = "arn:aws:iam::111111111111:role/any"
    message = "failed to satisfy constraint: Member must satisfy regular expression pattern"
    refused(assume, "ValidationError", message, RoleArn=role, RoleSessionName="a b")
    refused(assume, "ValidationError", "is invalid", RoleArn="x" * 30, RoleSessionName="me")
    refused(
        assume,
        "MalformedPolicyDocument",
        RoleArn=role,
        RoleSessionName="me",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}),
    )
