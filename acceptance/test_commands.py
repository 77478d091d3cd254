"""The commands around the server: pure ones, environment for a shell, help, exit statuses."""

import json

import pytest
from landbridge import landbridge, tool

ACCOUNT = "123456789012"


def question(effect="Allow", **changes):
    """A line for `landbridge simulate`: may ada read one object?"""
    statement = {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    line = {
        "request": {
            "principal": f"arn:aws:iam::{ACCOUNT}:user/ada",
            "principal_account": ACCOUNT,
            "principal_kind": "user",
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::b/k",
            "resource_account": ACCOUNT,
            "context": {},
        },
        "identity_policies": [{"Version": "2012-10-17", "Statement": [statement]}],
        "resource_policy": None,
        "permissions_boundaries": [],
        "session_policies": [],
        "scps": [],
        "rcps": [],
        "vpc_endpoint_policies": [],
    }
    line["request"] |= changes
    return json.dumps(line)


def test_simulate_answers_line_by_line_in_order():
    lines = [
        question(),
        question(effect="Deny"),
        question(resource="arn:aws:s3:::other/k"),
        question(resource_account="999999999999"),
    ]
    done = landbridge("simulate", input="\n".join(lines) + "\n", check=0)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    decisions = [a["decision"] if isinstance(a, dict) else a for a in answers]
    assert decisions == ["allow", "explicit_deny", "implicit_deny", "implicit_deny"]


@pytest.mark.parametrize("profile", ["prod", "dev"])
def test_env_exports_what_clients_need(server, profile):
    exports = landbridge("env", profile, "--state", server.state, check=0).stdout
    script = exports + "\naws sts get-caller-identity --query Account --output text"
    environment = server.environment()
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "PGSSLROOTCERT"):
        environment.pop(variable)
    done = tool("bash", "-c", script, environment=environment)
    assert done.stdout.strip() == server.account(profile)


def test_help_has_an_example_everywhere():
    top = landbridge("--help", check=0).stdout
    for command in ("serve", "demo", "plan", "apply", "run", "verify", "destroy", "env", "simulate"):
        assert command in top
        help_text = landbridge(command, "--help", check=0).stdout
        assert f"landbridge {command}" in help_text and "xample" in help_text, command


def test_usage_errors_exit_with_two():
    assert landbridge("no-such-command").returncode == 2
    assert landbridge("serve", "--no-such-option").returncode == 2


def test_a_movement_file_that_is_not_there(server, tmp_path):
    done = landbridge("run", tmp_path / "none.toml", "--state", server.state)
    assert done.returncode in (1, 2) and "none.toml" in done.stderr


def test_completions_and_version():
    assert "landbridge" in landbridge("completions", "bash", check=0).stdout
    assert landbridge("--version", check=0).stdout.startswith("landbridge 0.")
