"""Clients that keep a ledger: what was acknowledged must be there after a crash, what was under way
may be there whole or not at all, and nothing else is."""

import hashlib
import json
import random
import threading
import time

import botocore.exceptions
import psycopg2
from unload import literal

# A first part has at least this many bytes on S3.
PART_BYTES = 5 * 1024 * 1024
# What a client sees of a server that is killed.
CUT_OFF = (
    botocore.exceptions.ConnectionClosedError,
    botocore.exceptions.EndpointConnectionError,
    botocore.exceptions.HTTPClientError,
    botocore.exceptions.ResponseStreamingError,
    ConnectionError,
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
)


class NoRoom(Exception):
    """A change was refused because the disk is full."""


class Worker:
    """One client. `known` holds what was acknowledged by name, `pending` the change under way."""

    names = ()

    def __init__(self, seed):
        self.random = random.Random(f"{seed}/{type(self).__name__}")
        self.known = {name: None for name in self.names}
        self.pending = {}
        self.generation = 0
        self.acknowledged = 0
        self.error = None
        self.patient = False  # whether a refusal for want of room is no failure

    def start(self):
        """Works in a thread until it is stopped or the server is gone."""
        self.stopping, self.error = False, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            self.connect()
            while not self.stopping:
                try:
                    self.step()
                except NoRoom:
                    time.sleep(0.01)
        except CUT_OFF:
            pass
        except Exception as error:  # told by `settle`, in the thread of the test
            self.error = error

    def settle(self):
        """Waits for the thread."""
        self.stopping = True
        self.thread.join(60)
        assert not self.thread.is_alive(), f"{type(self).__name__} hangs"
        if self.error:
            raise self.error

    def connect(self):
        """What is made anew for each start of the server."""

    def step(self):
        """One change, by `change`."""
        raise NotImplementedError

    def read(self, name):
        """What the server says of a name now; `None` for what is not there."""
        raise NotImplementedError

    def change(self, name, value, call, *more, **arguments):
        """A call that makes `name` hold `value`."""
        self.pending = {name: value}
        try:
            answer = call(*more, **arguments)
        except botocore.exceptions.ClientError as error:
            # By its status: a client that is still sending may miss the words of a refusal.
            if self.patient and error.response["ResponseMetadata"]["HTTPStatusCode"] == 503:
                # The refusal says that nothing was changed.
                self.pending = {}
                raise NoRoom from error
            raise
        self.known[name] = value
        self.pending = {}
        self.acknowledged += 1
        return answer

    def next(self):
        """A generation that no value had."""
        self.generation += 1
        return self.generation

    def check(self):
        """Compares everything with the ledger; from then on the ledger says what there is."""
        for name, known in self.known.items():
            found = self.read(name)
            allowed = [known] + ([self.pending[name]] if name in self.pending else [])
            assert found in allowed, f"{type(self).__name__} {name}: {found!r} is none of {allowed!r}"
            self.known[name] = found
        self.pending = {}


def body(name, generation, size):
    """Bytes that no other object has."""
    seed = hashlib.sha256(f"{name}/{generation}".encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


class Objects(Worker):
    """Puts and deletes objects of all sizes."""

    names = tuple(f"objects/{n}" for n in range(8))

    def __init__(self, seed, session, bucket):
        super().__init__(seed)
        self.s3, self.bucket = session.client("s3"), bucket

    def step(self):
        name = self.random.choice(self.names)
        if self.random.random() < 0.2:
            self.change(name, None, self.s3.delete_object, Bucket=self.bucket, Key=name)
        else:
            value = (self.next(), self.random.choice([0, 1, 1000, 65_536, 65_537, 400_000]))
            self.put(name, value)

    def put(self, name, value):
        data = body(name, *value)
        self.change(name, value, self.s3.put_object, Bucket=self.bucket, Key=name, Body=data)

    def read(self, name):
        """The generation and size of an object whose bytes are all right."""
        try:
            data = self.s3.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        for value in (self.known[name], self.pending.get(name)):
            if value and data == body(name, *value):
                return value
        return f"{len(data)} bytes that nobody wrote"

    def check(self):
        super().check()
        prefix = self.names[0].split("/")[0] + "/"
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        there = {name: value for name, value in self.known.items() if value}
        assert {o["Key"]: o["Size"] for o in listed} == {n: v[1] for n, v in there.items()}


class Multipart(Objects):
    """Objects of two parts."""

    names = tuple(f"multipart/{n}" for n in range(3))

    def step(self):
        self.put(self.random.choice(self.names), (self.next(), PART_BYTES + 1000))

    def put(self, name, value):
        data, place = body(name, *value), {"Bucket": self.bucket, "Key": name}
        place["UploadId"] = self.s3.create_multipart_upload(**place)["UploadId"]
        parts = []
        for number, part in enumerate((data[:PART_BYTES], data[PART_BYTES:]), 1):
            done = self.s3.upload_part(**place, PartNumber=number, Body=part)
            parts.append({"PartNumber": number, "ETag": done["ETag"]})
        complete = self.s3.complete_multipart_upload
        self.change(name, value, complete, **place, MultipartUpload={"Parts": parts})


class Users(Worker):
    """Makes users with a policy, and removes them; a name is used once."""

    def __init__(self, seed, session):
        super().__init__(seed)
        self.iam, self.trail = session.client("iam"), session.client("cloudtrail")
        self.made = set()

    def step(self):
        there = [name for name, value in self.known.items() if value is not None]
        name = self.random.choice(there) if len(there) > 3 else None
        if name is None:
            name = f"crash-{self.next()}"
            self.known[name] = None
            self.made.add(name)
            try:
                self.change(name, 0, self.iam.create_user, UserName=name)
            except NoRoom:
                self.made.discard(name)
                raise
        elif self.known[name] == 0 or self.random.random() < 0.5:
            generation = self.next()
            statement = {"Effect": "Allow", "Action": f"s3:Get{generation}", "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": statement})
            put = self.iam.put_user_policy
            self.change(
                name, generation, put, UserName=name, PolicyName="own", PolicyDocument=document
            )
        else:
            delete = self.iam.delete_user_policy
            self.change(name, 0, delete, UserName=name, PolicyName="own")
            self.change(name, None, self.iam.delete_user, UserName=name)

    def read(self, name):
        """The generation of a user's policy, 0 for a user without one."""
        try:
            self.iam.get_user(UserName=name)
        except self.iam.exceptions.NoSuchEntityException:
            return None
        if not self.iam.list_user_policies(UserName=name)["PolicyNames"]:
            return 0
        document = self.iam.get_user_policy(UserName=name, PolicyName="own")["PolicyDocument"]
        return int(document["Statement"]["Action"].removeprefix("s3:Get"))

    def check(self):
        """Beside the users: each that was made has one record of it, and no other has any."""
        underway = {name for name in self.pending if self.known[name] is None}
        super().check()
        # What was under way has a record exactly if it came about: made and not yet removed.
        self.made -= {name for name in underway if self.known[name] is None}
        events = self.trail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
        )
        told = [json.loads(e["CloudTrailEvent"]) for page in events for e in page["Events"]]
        names = [e["requestParameters"]["userName"] for e in told if "errorCode" not in e]
        names = sorted(name for name in names if name.startswith("crash-"))
        assert names == sorted(self.made), "users and their records differ"
        # What is settled need not be looked at again.
        self.known = {name: value for name, value in self.known.items() if value is not None}


class Secrets(Worker):
    """Writes new values of secrets."""

    names = tuple(f"crash/{n}" for n in range(3))

    def __init__(self, seed, session):
        super().__init__(seed)
        self.client = session.client("secretsmanager")
        for name in self.names:
            self.change(name, "0", self.client.create_secret, Name=name, SecretString="0")

    def step(self):
        name, value = self.random.choice(self.names), str(self.next())
        self.change(name, value, self.client.put_secret_value, SecretId=name, SecretString=value)

    def read(self, name):
        return self.client.get_secret_value(SecretId=name)["SecretString"]


class Unloads(Worker):
    """UNLOADs to prefixes of their own: manifest and files are there together or not at all."""

    ROWS = 20_000

    def __init__(self, seed, server, session, bucket, role):
        super().__init__(seed)
        self.server, self.bucket, self.role = server, bucket, role
        self.s3, self.redshift = session.client("s3"), session.client("redshift")

    def connect(self):
        endpoint = self.redshift.describe_clusters()["Clusters"][0]["Endpoint"]
        self.connection = psycopg2.connect(
            host=endpoint["Address"],
            port=endpoint["Port"],
            dbname="dev",
            user="owner",
            password="Passw0rdOfOwner",
            sslmode="verify-full",
            sslrootcert=str(self.server.state / "ca.pem"),
        )
        self.connection.autocommit = True

    def fill(self):
        """A table of `ROWS` rows."""
        with self.connection.cursor() as cursor:
            cursor.execute("create table facts (id int, note varchar(100))")
            rows = ",".join(f"({n}, 'the fact with number {n}')" for n in range(1000))
            for _ in range(self.ROWS // 1000):
                cursor.execute(f"insert into facts values {rows}")

    def step(self):
        prefix = f"unloads/{self.next()}/"
        self.known[prefix] = None
        statement = (
            f"unload ('select * from facts') to {literal(f's3://{self.bucket}/{prefix}')} "
            f"iam_role {literal(self.role)} manifest verbose csv"
        )
        with self.connection.cursor() as cursor:
            self.change(prefix, self.ROWS, cursor.execute, statement)

    def read(self, prefix):
        """The rows that a whole UNLOAD left, and what else is there."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        sizes = {o["Key"]: o["Size"] for o in listed}
        if not sizes:
            return None
        if sizes.pop(prefix + "manifest", None) is None:
            return f"files without a manifest: {sorted(sizes)}"
        manifest = self.s3.get_object(Bucket=self.bucket, Key=prefix + "manifest")["Body"].read()
        entries = json.loads(manifest)["entries"]
        said = {e["url"].split("/", 3)[3]: e["meta"]["content_length"] for e in entries}
        if said != sizes:
            return f"the manifest says {said}, there are {sizes}"
        lines = 0
        for key in sizes:
            lines += self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().count(b"\n")
        return lines

    def check(self):
        super().check()
        self.known = {}
