"""Movement files over the story's cluster, for the tests of `landbridge plan` to `destroy`."""

import json
import secrets as randomness

import provision
from landbridge import landbridge

MOVEMENT = """
name = "{name}"

[source]
profile = "prod"
cluster = "{cluster}"
database = "{database}"
user = "{user}"
secret = "{name}/login"
secret_key = "alias/{name}-secrets"
admin_secret = "{admin_secret}"
{what}

[target]
profile = "dev"
s3 = "s3://{bucket}/in/"
key = "alias/{name}-landing"
format = "{format}"
{options}

[roles]
entry = "mv-entry"
secret_reader = "mv-reader"
cluster = "mv-cluster"
writer = "mv-writer"
"""


class Movement:
    """A movement file, and the commands on it."""

    def __init__(self, server, file):
        self.server, self.file = server, file

    def __call__(self, command, *options, check=0, **more):
        place = ["--state", self.server.state]
        done = landbridge(command, self.file, *options, *place, check=check, **more)
        assert "Traceback" not in done.stderr and "panicked" not in done.stderr
        return done

    def told(self, command, *options, check=0):
        """The document of `--json`."""
        return json.loads(self(command, *options, "--json", check=check).stdout)


def keep_admin_login(story):
    """Stores the owner's login in a secret, as its owner would; returns the secret's name."""
    endpoint = provision.wait_for_cluster(story)["Endpoint"]
    name = f"owner-{randomness.token_hex(4)}"
    value = {
        "engine": "redshift",
        "host": endpoint["Address"],
        "port": endpoint["Port"],
        "username": story.master["user"],
        "password": story.master["password"],
        "dbname": story.database,
    }
    story.prod.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
    return name


def write(file, story, name, admin_secret, what, format="parquet", options="", user="mv_user"):
    """Writes a movement file; its roles' names are `mv-…`."""
    text = MOVEMENT.format(
        name=name,
        cluster=story.cluster,
        database=story.database,
        admin_secret=admin_secret,
        bucket=name,
        user=user,
        what=what,
        format=format,
        options=options,
    )
    file.write_text(text)
    return file
