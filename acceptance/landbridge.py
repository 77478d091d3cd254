"""The binary under test, as a user has it: its commands, a running server, and clients of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions
import botocore.session

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("LANDBRIDGE_BIN", ROOT / "target/debug/landbridge")).resolve()
EXAMPLE = ROOT / "examples" / "unload-across-accounts"
PATIENCE = 120  # seconds until a state that must come counts as never coming
# One attempt, so that a test sees the first answer.
ONE_TRY = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60)


def clean_environment(**more):
    """The caller's environment without anything that would lead an AWS client elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PG", "LANDBRIDGE_"))}
    kept |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "NO_COLOR": "1"}
    return kept | {name: str(value) for name, value in more.items()}


def landbridge(*arguments, check=None, timeout=PATIENCE, **options):
    """Runs the binary. `check` is the exit status that is asked for."""
    options.setdefault("env", clean_environment())
    done = subprocess.run(
        [BINARY, *map(str, arguments)], text=True, capture_output=True, timeout=timeout, **options
    )
    if check is not None and done.returncode != check:
        raise AssertionError(f"exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class Server:
    """`landbridge serve`, on a free port unless told, over one state folder. `wrapper` is a command
    that runs the one behind it."""

    def __init__(self, state, listen="127.0.0.1:0", wrapper=()):
        self.state = Path(state)
        self.listen, self.wrapper = listen, wrapper
        self.process = None

    def start(self, *options):
        """Starts it, with more options of `serve`, and waits until it says that it answers."""
        ready = self.state.parent / f"{self.state.name}.ready"
        ready.unlink(missing_ok=True)
        self.log = open(self.state.parent / f"{self.state.name}.log", "ab")
        command = [*self.wrapper, BINARY, "serve", "--listen", self.listen, "--state", self.state]
        self.process = subprocess.Popen(
            [*command, "--ready-file", ready, *options],
            stdout=self.log,
            stderr=self.log,
            env=clean_environment(),
        )
        until(lambda: self.process.poll() is not None or self.read(ready), "the server to be ready")
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{Path(self.log.name).read_text()}")
        self.facts = self.read(ready)
        self.endpoint = self.facts["endpoint"]
        return self

    @staticmethod
    def read(path):
        """The ready file, once it is there and whole."""
        try:
            return json.loads(path.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def kill(self):
        """Ends it without a chance to tidy up."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it as an init system would; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def account(self, name):
        """The twelve digits of an account."""
        return self.facts["accounts"][name]["id"]

    def environment(self, profile=None):
        """What a user exports to reach this server with any AWS or Postgres client."""
        variables = {
            "AWS_CONFIG_FILE": self.state / "aws" / "config",
            "AWS_SHARED_CREDENTIALS_FILE": self.state / "aws" / "credentials",
            "PGSSLROOTCERT": self.state / "ca.pem",
            # The tests themselves sign with the AWS CRT, programs with botocore's own Python.
            "BOTO_DISABLE_CRT": "true",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        if profile:
            variables["AWS_PROFILE"] = profile
        return clean_environment(**variables)

    def session(self, profile):
        """A boto3 session of a profile; endpoint, region and keys come from the server's files."""
        core = botocore.session.Session(profile=profile)
        core.set_config_variable("config_file", str(self.state / "aws" / "config"))
        core.set_config_variable("credentials_file", str(self.state / "aws" / "credentials"))
        core.set_default_client_config(ONE_TRY)
        return boto3.Session(botocore_session=core)

    def acting_as(self, credentials, region="us-east-1"):
        """A boto3 session of the credentials that STS or IAM answered with."""
        core = botocore.session.Session()
        core.set_config_variable("region", region)
        core.set_default_client_config(ONE_TRY)
        core.set_credentials(
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials.get("SessionToken"),
        )
        return At(boto3.Session(botocore_session=core), self.endpoint)

    def assume(self, session, role, name="acceptance", **more):
        """A session that acts as a role."""
        sts = session.client("sts")
        answer = sts.assume_role(RoleArn=role, RoleSessionName=name, **more)
        return self.acting_as(answer["Credentials"])


class At:
    """A boto3 session whose clients talk to one endpoint."""

    def __init__(self, session, endpoint):
        self.session, self.endpoint = session, endpoint
        self.region_name = session.region_name

    def client(self, service, **options):
        """A client of a service."""
        return self.session.client(service, endpoint_url=self.endpoint, **options)


def until(condition, what, patience=PATIENCE):
    """Waits until `condition()` is true and returns its value."""
    end = time.monotonic() + patience
    pause = 0.02
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
    raise AssertionError(f"waited {patience} s for {what}")


def refused(call, code, *words, status=None, **arguments):
    """Calls an operation that must be refused with this code and these words; returns the error."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        for word in words:
            assert word in error.response["Error"]["Message"], error
        if status:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error
        return error
    raise AssertionError(f"was not refused with {code}")


def tool(*command, environment, check=0, stdin=None):
    """Runs a client program; returns what it did. `check=None` accepts any exit status."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environment,
        input=stdin,
        text=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    if check is not None and done.returncode != check:
        raise AssertionError(f"{command[0]}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def have(program):
    """Whether a client program is installed."""
    return shutil.which(program) is not None
