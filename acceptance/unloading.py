"""UNLOAD as a database user sends it, and what then lies in the bucket."""

import bz2
import gzip
import io
import json
import os
import uuid
from dataclasses import dataclass, field

import psycopg2
import zstandard
from unload import literal

DECOMPRESS = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".zst": lambda body: zstandard.ZstdDecompressor()
    .stream_reader(io.BytesIO(body), read_across_frames=True)
    .read(),
}


@dataclass
class Unloaded:
    """One finished UNLOAD."""

    notices: list
    rows: int
    stored: dict = field(default_factory=dict)  # object name under the prefix -> bytes as stored

    @property
    def manifest(self):
        """The manifest, read."""
        return json.loads(self.stored["manifest"])

    @property
    def files(self):
        """Data files in the order of their names, decompressed by their extension."""
        data = {}
        for name in sorted(self.stored):
            if name != "manifest":
                extension = os.path.splitext(name)[1]
                data[name] = DECOMPRESS.get(extension, bytes)(self.stored[name])
        return data

    @property
    def text(self):
        """All data files behind each other."""
        return b"".join(self.files.values()).decode()


class Unloader:
    """The database user of a provisioned story, and a reader of its bucket."""

    def __init__(self, story, server):
        self.story, self.server = story, server
        secret = story.prod.client("secretsmanager").get_secret_value(SecretId=story.secret_arn)
        self.login = json.loads(secret["SecretString"])
        self.s3 = story.dev.client("s3")
        self.connection = self.connect()

    def connect(self, **changes):
        """A connection of the database user, each statement a transaction of its own."""
        known = {"host": "host", "port": "port", "dbname": "dbname", "username": "user"}
        arguments = {known[name]: self.login[name] for name in known}
        arguments |= {"password": self.login["password"], "sslmode": "verify-full"}
        arguments["sslrootcert"] = str(self.server.state / "ca.pem")
        connection = psycopg2.connect(**(arguments | changes))
        connection.autocommit = True
        return connection

    def prefix(self):
        """A place in the bucket where nothing lies yet."""
        return f"{self.story.prefix}{uuid.uuid4().hex[:10]}/"

    def statement(self, query, options, prefix, roles=None):
        """The text of an UNLOAD through the story's roles, under the bucket's key."""
        roles = roles or f"{self.story.cluster_role},{self.story.write_role}"
        return (
            f"unload ({literal(query)}) to {literal(f's3://{self.story.bucket}/{prefix}')} "
            f"iam_role {literal(roles)} encrypted kms_key_id {literal(self.story.bucket_key)} {options}"
        )

    def __call__(self, query, options="", prefix=None, connection=None, roles=None):
        """Runs one UNLOAD and fetches what it wrote."""
        prefix = prefix or self.prefix()
        connection = connection or self.connection
        del connection.notices[:]
        with connection.cursor() as cursor:
            cursor.execute(self.statement(query, options, prefix, roles))
            cursor.execute("select pg_last_unload_count()")
            (rows,) = cursor.fetchone()
        notices = [notice.strip() for notice in connection.notices]
        return Unloaded(notices, rows, self.stored(prefix))

    def stored(self, prefix):
        """Every object under a prefix."""
        found = {}
        pages = self.s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.story.bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                body = self.s3.get_object(Bucket=self.story.bucket, Key=entry["Key"])["Body"].read()
                found[entry["Key"][len(prefix) :]] = body
        return found
