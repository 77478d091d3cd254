"""The movement by the source's own route: the boto3 program, and the same steps by aws-cli and psql."""

import csv
import io
import json

import pytest
import unload as program
from landbridge import EXAMPLE, Server, have, tool
from tickets import TABLE, rows
from unloading import Unloader


def event_at(story, folder, **changes):
    """The program's event, with a place of its own in the bucket."""
    prefix = f"{story.prefix}{folder}/"
    return {**story.event(), "s3_bucket_path": f"s3://{story.bucket}/{prefix}", **changes}, prefix


def check_files(story, server, prefix, header=True):
    """The CSV under a prefix holds every ticket."""
    done = Unloader(story, server).stored(prefix)
    manifest = json.loads(done.pop("manifest"))
    found = []
    for body in done.values():
        lines = list(csv.reader(io.StringIO(body.decode(), newline="")))
        found += lines[1:] if header else lines
    assert sorted(int(line[0]) for line in found) == [row[0] for row in rows()]
    assert manifest["meta"]["content_length"] == sum(map(len, done.values()))


def test_the_program_as_a_user_runs_it(story, server, tmp_path, name):
    event, prefix = event_at(story, name)
    (tmp_path / "unload.json").write_text(json.dumps(event))
    done = tool(
        *("python3", EXAMPLE / "unload.py", tmp_path / "unload.json"),
        environment=server.environment("dev"),
    )
    said = json.loads(done.stdout)
    assert said["rows"] == 1000
    assert said["notices"] == ["INFO:  UNLOAD completed, 1000 record(s) unloaded successfully."]
    check_files(story, server, prefix)


def test_provisioning_from_nothing_and_back(tmp_path):
    world = Server(tmp_path / "state").start()
    event = tmp_path / "unload.json"
    try:
        provision = ("python3", EXAMPLE / "provision.py")
        tool(*provision, "up", event, environment=world.environment())
        tool("python3", EXAMPLE / "unload.py", event, environment=world.environment("dev"))
        tool(*provision, "down", event, environment=world.environment())
        for profile in ("prod", "dev"):
            session = world.session(profile)
            assert session.client("iam").list_roles()["Roles"] == []
            assert session.client("s3").list_buckets()["Buckets"] == []
            assert session.client("secretsmanager").list_secrets()["SecretList"] == []
            kms = session.client("kms")
            for key in kms.list_keys()["Keys"]:
                known = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
                assert known["KeyState"] == "PendingDeletion" or known["KeyManager"] == "AWS"
    finally:
        world.stop()


def test_the_program_names_no_endpoint():
    for source in ("unload.py", "provision.py"):
        text = (EXAMPLE / source).read_text().lower()
        assert "endpoint_url" not in text and "localhost" not in text and "127.0.0.1" not in text


def aws(server, *arguments, environment=None, **options):
    """An aws-cli call; its JSON answer."""
    done = tool("aws", *arguments, environment=environment or server.environment("dev"), **options)
    return json.loads(done.stdout) if done.stdout.strip() else {}


def exported(server, credentials):
    """An environment that holds the credentials STS answered with, as a shell would export them."""
    return server.environment("dev") | {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


def read_secret_by_cli(story, server):
    """Steps one and two: two roles, then the secret."""
    function = aws(
        server,
        *("sts", "assume-role", "--role-session-name", "cli"),
        *("--role-arn", story.function_role),
    )
    reader = aws(
        server,
        *("sts", "assume-role", "--role-session-name", "cli"),
        *("--role-arn", story.read_role, "--external-id", story.external_id),
        environment=exported(server, function["Credentials"]),
    )
    value = aws(
        server,
        *("secretsmanager", "get-secret-value", "--secret-id", story.secret_arn),
        environment=exported(server, reader["Credentials"]),
    )
    return json.loads(value["SecretString"])


def psql_environment(server, login):
    """What psql needs, as exported by hand."""
    return server.environment() | {
        "PGHOST": login["host"],
        "PGPORT": str(login["port"]),
        "PGDATABASE": login["dbname"],
        "PGUSER": login["username"],
        "PGPASSWORD": login["password"],
        "PGSSLMODE": "verify-full",
    }


@pytest.mark.skipif(not have("psql"), reason="psql (postgresql-client) is not installed")
def test_the_same_by_aws_cli_and_psql(story, server, tmp_path, name):
    login = read_secret_by_cli(story, server)
    event, prefix = event_at(story, name)
    done = tool(
        *("psql", "-X", "--set=ON_ERROR_STOP=1", "-c", program.unload_statement(event)),
        environment=psql_environment(server, login),
    )
    assert "INFO:  UNLOAD completed, 1000 record(s) unloaded successfully." in done.stderr
    assert done.stdout.strip() == "UNLOAD"
    check_files(story, server, prefix)
    tool(
        *("aws", "s3", "cp", "--recursive", f"s3://{story.bucket}/{prefix}", tmp_path / "got"),
        environment=server.environment("dev"),
    )
    manifest = json.loads((tmp_path / "got" / "manifest").read_text())
    for entry in manifest["entries"]:
        file = tmp_path / "got" / entry["url"].rsplit("/", 1)[1]
        assert file.stat().st_size == entry["meta"]["content_length"]


@pytest.mark.skipif(not have("psql"), reason="psql (postgresql-client) is not installed")
def test_psql_shows_rows_and_errors(story, server):
    environment = psql_environment(server, Unloader(story, server).login)
    query = f"select count(*), sum(sold) from {TABLE}; select current_user"
    done = tool("psql", "-XAt", "-c", query, environment=environment)
    assert done.stdout.splitlines() == [f"1000|{sum(row[4] for row in rows())}", story.db_user]
    refused = tool("psql", "-X", "-c", "selec 1", environment=environment, check=1)
    assert "ERROR:" in refused.stderr and "syntax error" in refused.stderr
