"""Unload a query of a Redshift cluster in PROD into a bucket in DEV, by roles alone.

    AWS_PROFILE=dev python3 unload.py unload.json

Four steps: assume the function's role, with it the reader role in PROD; get the cluster's secret;
connect; UNLOAD through a chain of two roles that ends in DEV. `handler` is an AWS Lambda handler: there
the function has its role already, so leave `function_role` out of the event.
Where it talks to (AWS or Landbridge) only the AWS configuration says.
"""

import json
import os
import sys

import boto3
import psycopg2


def assume(session, role, **more):
    """A session that acts as `role`, one hour at most: longer is refused in a chain."""
    answer = session.client("sts").assume_role(
        RoleArn=role, RoleSessionName="unload", DurationSeconds=3600, **more
    )["Credentials"]
    return boto3.Session(
        aws_access_key_id=answer["AccessKeyId"],
        aws_secret_access_key=answer["SecretAccessKey"],
        aws_session_token=answer["SessionToken"],
        region_name=session.region_name,
    )


def secret(session, name, region):
    """The secret's fields. Its value is JSON, so it is read as JSON."""
    client = session.client("secretsmanager", region_name=region)
    return json.loads(client.get_secret_value(SecretId=name)["SecretString"])


def connect(login):
    """Connects with TLS, the server's name verified. Values go in as arguments: none is quoted by hand."""
    return psycopg2.connect(
        host=login["host"],
        port=int(login["port"]),
        dbname=login["dbname"],
        user=login["username"],
        password=login["password"],
        sslmode=os.environ.get("PGSSLMODE", "verify-full"),
        connect_timeout=30,
    )


def literal(text):
    """A Redshift string literal: quotes are doubled, and so are backslashes, which are escapes there."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def unload_statement(event):
    """The statement: a whole, readable result, encrypted under the bucket's key, with its manifest."""
    roles = event["redshift_s3_write_role"] + "," + event["s3_write_role"]
    return "\n".join(
        [
            f"UNLOAD ({literal(event['sql_query'])})",
            f"TO {literal(event['s3_bucket_path'])}",
            f"IAM_ROLE {literal(roles)}",
            f"REGION {literal(event['s3_bucket_region'])}",
            f"ENCRYPTED KMS_KEY_ID {literal(event['kms_key'])}",
            "MANIFEST VERBOSE",
            event.get("options", "FORMAT CSV HEADER"),
        ]
    )


def handler(event, context=None):
    """Runs the movement and returns what the cluster said about it."""
    session = boto3.Session()
    if "function_role" in event:
        session = assume(session, event["function_role"])
    reader = assume(session, event["sm_read_role"], ExternalId=event["external_id"])
    connection = connect(secret(reader, event["secret_name"], event["sm_region"]))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(unload_statement(event))  # returns no rows: there is nothing to fetch
            cursor.execute("select pg_last_unload_count()")
            (rows,) = cursor.fetchone()
        return {"rows": rows, "notices": [notice.strip() for notice in connection.notices]}
    finally:
        connection.close()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(handler(json.load(file)), indent=2))
