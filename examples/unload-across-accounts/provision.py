"""Sets up the two accounts for `unload.py`, and takes everything away again.

    python3 provision.py up unload.json       profiles `prod` and `dev`, administrators of their accounts
    python3 provision.py down unload.json

PROD gets a cluster with a table, a database user, a secret under a key, `SM-Read-Role` and
`CrossAccount-S3-Write-Role`. DEV gets a key, a bucket, `CrossAccount-SM-Read-Role` and `S3-Write-Role`.
Each role may do what this movement needs and nothing more; `up` writes the event that `unload.py` reads.
"""

import argparse
import json
import os
import secrets
import time
from dataclasses import dataclass, field

import boto3
import psycopg2
import psycopg2.extras

from tickets import DDL, TABLE, rows

FUNCTION_ROLE = "CrossAccount-SM-Read-Role"
READ_ROLE = "SM-Read-Role"
CLUSTER_ROLE = "CrossAccount-S3-Write-Role"
WRITE_ROLE = "S3-Write-Role"

# What an administrator of a key needs, its use left out.
KEY_ADMINISTRATION = [
    *("kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*"),
    *("kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource"),
    *("kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
]


@dataclass
class Story:
    """The names of one movement; everything else is derived from them."""

    prod: boto3.Session
    dev: boto3.Session
    bucket: str = "dev-landing"
    prefix: str = "movement-42/"
    cluster: str = "prod-cluster"
    database: str = "sales"
    db_user: str = "unload_user"
    secret_name: str = "redshift_creds"
    external_id: str = field(default_factory=lambda: secrets.token_hex(16))
    # Known once they exist.
    secret_arn: str = ""
    secret_key: str = ""
    bucket_key: str = ""
    master: dict = field(default_factory=dict)

    def __post_init__(self):
        self.region = self.prod.region_name
        self.prod_account = self.prod.client("sts").get_caller_identity()["Account"]
        self.dev_account = self.dev.client("sts").get_caller_identity()["Account"]
        self.function_role = f"arn:aws:iam::{self.dev_account}:role/{FUNCTION_ROLE}"
        self.read_role = f"arn:aws:iam::{self.prod_account}:role/{READ_ROLE}"
        self.cluster_role = f"arn:aws:iam::{self.prod_account}:role/{CLUSTER_ROLE}"
        self.write_role = f"arn:aws:iam::{self.dev_account}:role/{WRITE_ROLE}"

    @property
    def login(self):
        """What the cluster passes as external id for statements of this database user."""
        return f"arn:aws:redshift:{self.region}:{self.prod_account}:dbuser:{self.cluster}/{self.db_user}"

    def event(self):
        """What `unload.py` is called with."""
        return {
            "function_role": self.function_role,
            "sm_read_role": self.read_role,
            "external_id": self.external_id,
            "secret_name": self.secret_arn,
            "sm_region": self.region,
            "redshift_s3_write_role": self.cluster_role,
            "s3_write_role": self.write_role,
            "s3_bucket_path": f"s3://{self.bucket}/{self.prefix}",
            "s3_bucket_region": self.region,
            "kms_key": self.bucket_key,
            "sql_query": f"select * from {TABLE} where note is null or note <> 'it''s withdrawn'",
        }


# --- who may do what -----------------------------------------------------------------------------


def policy(*statements):
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource, **condition):
    """An Allow statement of an identity policy."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def trust(principal, **condition):
    """A trust policy with one statement."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return policy({**statement, "Condition": condition} if condition else statement)


def function_trust(story):
    """Lambda, and for a run from a desk whoever DEV's own policies let assume the role."""
    return trust({"Service": "lambda.amazonaws.com", "AWS": f"arn:aws:iam::{story.dev_account}:root"})


def read_trust(story):
    """The function's role, when it shows this movement's external id."""
    return trust({"AWS": story.function_role}, StringEquals={"sts:ExternalId": story.external_id})


def read_policy(story):
    """One secret, and its key through Secrets Manager only."""
    via = f"secretsmanager.{story.region}.amazonaws.com"
    return policy(
        allow("secretsmanager:GetSecretValue", story.secret_arn),
        allow("kms:Decrypt", story.secret_key, StringEquals={"kms:ViaService": via}),
    )


def cluster_trust(story):
    """Redshift, for one database user of one cluster."""
    return trust({"Service": "redshift.amazonaws.com"}, StringEquals={"sts:ExternalId": story.login})


def write_trust(story):
    """The cluster's role, for the same database user."""
    return trust({"AWS": story.cluster_role}, StringEquals={"sts:ExternalId": story.login})


def write_policy(story):
    """One prefix of one bucket, and its key through S3 only."""
    bucket = f"arn:aws:s3:::{story.bucket}"
    via = f"s3.{story.region}.amazonaws.com"
    return policy(
        allow("s3:ListBucket", bucket, StringLike={"s3:prefix": story.prefix + "*"}),
        allow(
            ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
            f"{bucket}/{story.prefix}*",
        ),
        allow(
            ["kms:GenerateDataKey", "kms:Decrypt"],
            story.bucket_key,
            StringEquals={"kms:ViaService": via},
        ),
    )


def key_policy(story, *users):
    """Administrators administer; reading through S3 is for DEV's own policies to give; `users` write."""
    root = {"AWS": f"arn:aws:iam::{story.dev_account}:root"}
    via = {"StringEquals": {"kms:ViaService": f"s3.{story.region}.amazonaws.com"}}
    statements = [
        {
            "Sid": "Administer",
            "Effect": "Allow",
            "Principal": root,
            "Action": KEY_ADMINISTRATION,
            "Resource": "*",
        },
        {
            "Sid": "ReadThroughS3",
            "Effect": "Allow",
            "Principal": root,
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": via,
        },
    ]
    if users:
        statements.append(
            {
                "Sid": "Write",
                "Effect": "Allow",
                "Principal": {"AWS": list(users)},
                "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
                "Resource": "*",
                "Condition": via,
            }
        )
    return policy(*statements)


def bucket_policy(story):
    """No plain transport, and no object of this movement under another key."""
    bucket = f"arn:aws:s3:::{story.bucket}"
    key = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    return policy(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, bucket + "/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "ThisKeyOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"{bucket}/{story.prefix}*",
            "Condition": {"StringNotEquals": {key: story.bucket_key}},
        },
    )


# --- setting up ----------------------------------------------------------------------------------


def create_role(session, name, trust_policy, permissions=None):
    """A role with one inline policy."""
    iam = session.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy)
    if permissions:
        iam.put_role_policy(RoleName=name, PolicyName="movement", PolicyDocument=permissions)


def create_cluster(story):
    """The owner's cluster, with the role that its statements may start from."""
    redshift = story.prod.client("redshift")
    story.master = {"user": "owner", "password": "Aa1" + secrets.token_hex(12)}
    redshift.create_cluster(
        ClusterIdentifier=story.cluster,
        ClusterType="single-node",
        NodeType="ra3.large",
        DBName=story.database,
        MasterUsername=story.master["user"],
        MasterUserPassword=story.master["password"],
    )
    wait_for_cluster(story)
    redshift.modify_cluster_iam_roles(
        ClusterIdentifier=story.cluster, AddIamRoles=[story.cluster_role]
    )
    wait_for_cluster(story)


def wait_for_cluster(story):
    """Returns the cluster once it is available and its roles are in sync."""
    redshift = story.prod.client("redshift")
    for _ in range(3600):
        (cluster,) = redshift.describe_clusters(ClusterIdentifier=story.cluster)["Clusters"]
        roles = [role["ApplyStatus"] for role in cluster.get("IamRoles", [])]
        if cluster["ClusterStatus"] == "available" and all(role == "in-sync" for role in roles):
            return cluster
        time.sleep(0.5)
    raise TimeoutError(f"{story.cluster} does not become available")


def connect_as_master(story):
    """A connection of the cluster's owner."""
    endpoint = wait_for_cluster(story)["Endpoint"]
    return psycopg2.connect(
        host=endpoint["Address"],
        port=endpoint["Port"],
        dbname=story.database,
        sslmode=os.environ.get("PGSSLMODE", "verify-full"),
        **story.master,
    )


def fill_database(story, password):
    """The table, and a user that may read it and use exactly this chain of roles."""
    chain = f"{story.cluster_role},{story.write_role}"
    with connect_as_master(story) as connection, connection.cursor() as cursor:
        cursor.execute(DDL)
        psycopg2.extras.execute_values(
            cursor, f"insert into {TABLE} values %s", list(rows()), page_size=250
        )
        cursor.execute(f"create user {story.db_user} password '{password}'")
        cursor.execute(f"grant usage on schema public to {story.db_user}")
        cursor.execute(f"grant select on {TABLE} to {story.db_user}")
        cursor.execute("revoke assumerole on all from public for all")
        cursor.execute(f"grant assumerole on '{chain}' to {story.db_user} for unload")
    connection.close()


def create_secret(story, password):
    """The login of the database user, under a key of its own."""
    endpoint = wait_for_cluster(story)["Endpoint"]
    story.secret_key = story.prod.client("kms").create_key(Description="secrets")["KeyMetadata"]["Arn"]
    value = {
        "engine": "redshift",
        "host": endpoint["Address"],
        "port": endpoint["Port"],
        "username": story.db_user,
        "password": password,
        "dbname": story.database,
        "dbClusterIdentifier": story.cluster,
    }
    story.secret_arn = story.prod.client("secretsmanager").create_secret(
        Name=story.secret_name, KmsKeyId=story.secret_key, SecretString=json.dumps(value)
    )["ARN"]


def create_bucket(story):
    """The landing bucket and its key. The key admits the writer once that role exists."""
    metadata = story.dev.client("kms").create_key(
        Description="landing", Policy=key_policy(story)
    )["KeyMetadata"]
    story.bucket_key = metadata["Arn"]
    s3 = story.dev.client("s3")
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": story.region}}
    s3.create_bucket(Bucket=story.bucket, **({} if story.region == "us-east-1" else elsewhere))
    s3.put_bucket_policy(Bucket=story.bucket, Policy=bucket_policy(story))


def up(story):
    """Everything, in the order in which one thing names another."""
    password = "Aa1" + secrets.token_hex(12)
    create_role(
        story.prod,
        CLUSTER_ROLE,
        cluster_trust(story),
        policy(allow("sts:AssumeRole", story.write_role)),
    )
    create_bucket(story)
    create_role(story.dev, WRITE_ROLE, write_trust(story), write_policy(story))
    story.dev.client("kms").put_key_policy(
        KeyId=story.bucket_key, PolicyName="default", Policy=key_policy(story, story.write_role)
    )
    create_cluster(story)
    fill_database(story, password)
    create_secret(story, password)
    create_role(
        story.dev,
        FUNCTION_ROLE,
        function_trust(story),
        policy(allow("sts:AssumeRole", story.read_role)),
    )
    create_role(story.prod, READ_ROLE, read_trust(story), read_policy(story))


# --- taking away ---------------------------------------------------------------------------------


def delete_role(session, name):
    """A role and its inline policies."""
    iam = session.client("iam")
    for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=inline)
    iam.delete_role(RoleName=name)


def down(story):
    """PROD closes first, data and keys go last."""
    redshift = story.prod.client("redshift")
    delete_role(story.prod, READ_ROLE)
    redshift.modify_cluster_iam_roles(
        ClusterIdentifier=story.cluster, RemoveIamRoles=[story.cluster_role]
    )
    wait_for_cluster(story)
    delete_role(story.prod, CLUSTER_ROLE)
    delete_role(story.dev, WRITE_ROLE)
    delete_role(story.dev, FUNCTION_ROLE)
    story.prod.client("secretsmanager").delete_secret(
        SecretId=story.secret_arn, ForceDeleteWithoutRecovery=True
    )
    redshift.delete_cluster(ClusterIdentifier=story.cluster, SkipFinalClusterSnapshot=True)
    s3 = story.dev.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=story.bucket):
        keys = [{"Key": found["Key"]} for found in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=story.bucket, Delete={"Objects": keys})
    s3.delete_bucket(Bucket=story.bucket)
    for session, key in ((story.dev, story.bucket_key), (story.prod, story.secret_key)):
        session.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def main():
    """The command line of this file's first lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("direction", choices=["up", "down"])
    parser.add_argument("event", help="the file that unload.py reads")
    parser.add_argument("--bucket", default="dev-landing")
    arguments = parser.parse_args()
    prod, dev = boto3.Session(profile_name="prod"), boto3.Session(profile_name="dev")
    story = Story(prod, dev, bucket=arguments.bucket)
    if arguments.direction == "up":
        up(story)
        with open(arguments.event, "w", encoding="utf-8") as file:
            json.dump(story.event(), file, indent=2)
        return
    with open(arguments.event, encoding="utf-8") as file:
        event = json.load(file)
    story.secret_arn = event["secret_name"]
    story.bucket_key = event["kms_key"]
    described = prod.client("secretsmanager").describe_secret(SecretId=story.secret_arn)
    story.secret_key = described["KmsKeyId"]
    down(story)


if __name__ == "__main__":
    main()
