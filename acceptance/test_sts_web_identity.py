"""AssumeRoleWithWebIdentity with keys that the server was given, as workloads use it."""

import base64
import json
import subprocess
import time

import pytest
from landbridge import Server, refused, tool

ISSUER = "id.example.com"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An identity provider with one RSA key, made by openssl."""

    def __init__(self, folder):
        self.key = folder / "key.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)
        told = subprocess.run(
            ["openssl", "rsa", "-in", self.key, "-noout", "-modulus"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        modulus = bytes.fromhex(told.strip().split("=")[1])
        key = {"kty": "RSA", "kid": "one", "n": encoded(modulus), "e": "AQAB"}
        self.jwks = folder / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [key]}))

    def token(self, **claims):
        now = int(time.time())
        claims = {
            "iss": f"https://{ISSUER}", "aud": "workloads", "sub": "job", "iat": now,
            "exp": now + 600, **claims,
        }
        head = encoded(json.dumps({"alg": "RS256", "kid": "one"}).encode())
        signed = f"{head}.{encoded(json.dumps(claims).encode())}"
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key],
            input=signed.encode(),
            check=True,
            capture_output=True,
        ).stdout
        return f"{signed}.{encoded(signature)}"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def world(tmp_path_factory, issuer):
    """A server that was told the issuer's keys at an earlier start and remembers them."""
    running = Server(tmp_path_factory.mktemp("federated") / "state")
    running.start("--web-identity-keys", f"{ISSUER}={issuer.jwks}")
    assert running.stop() == 0
    yield running.start()
    assert running.stop() == 0


@pytest.fixture(scope="module")
def role(world):
    iam = world.session("prod").client("iam")
    provider = iam.create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["workloads"], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{ISSUER}:sub": "job"}},
            }
        ],
    }
    made = iam.create_role(RoleName="workload", AssumeRolePolicyDocument=json.dumps(trust))
    return made["Role"]["Arn"]


def test_sdks_take_their_credentials_from_a_token_file(world, issuer, role, tmp_path):
    token = tmp_path / "token"
    token.write_text(issuer.token())
    environment = world.environment() | {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": role,
        "AWS_ROLE_SESSION_NAME": "from-a-file",
        "AWS_ENDPOINT_URL": world.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        # The command line keeps such sessions in the home folder, by the name of their role.
        "HOME": str(tmp_path),
    }
    done = tool("aws", "sts", "get-caller-identity", environment=environment)
    assert json.loads(done.stdout)["Arn"].endswith(":assumed-role/workload/from-a-file")


def test_what_the_token_says_decides(world, issuer, role):
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    sts = boto3.client(
        "sts",
        endpoint_url=world.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )
    asked = {"RoleArn": role, "RoleSessionName": "me"}
    call = sts.assume_role_with_web_identity
    answer = call(**asked, WebIdentityToken=issuer.token())
    assert answer["SubjectFromWebIdentityToken"] == "job"
    assert answer["Audience"] == "workloads"
    refused(
        call,
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        **asked,
        WebIdentityToken=issuer.token(sub="somebody"),
    )
    refused(
        call, "InvalidIdentityToken", **asked, WebIdentityToken=issuer.token(aud="others")
    )
    refused(call, "ExpiredTokenException", **asked, WebIdentityToken=issuer.token(exp=1))
