"""A cluster of one's own for the client programs, and how each of them is told where it is."""

import json
from dataclasses import dataclass

WAITING = {"Delay": 1, "MaxAttempts": 120}
PASSWORD = "Passw0rdOfOwner"


@dataclass
class Warehouse:
    """A cluster with its master user, a role that may use a bucket, and the bucket."""

    server: object
    host: str
    port: int
    role: str
    bucket: str
    user: str = "owner"
    password: str = PASSWORD
    database: str = "dev"

    def dbapi(self):
        """Arguments of redshift_connector."""
        login = {"host": self.host, "port": self.port, "database": self.database}
        return login | {"user": self.user, "password": self.password, "ssl": False}

    def libpq(self):
        """Arguments of psycopg 2 and 3."""
        login = {"host": self.host, "port": self.port, "dbname": self.database}
        return login | {"user": self.user, "password": self.password, "sslmode": "disable"}

    def environment(self):
        """The same as libpq's environment variables, beside the server's own."""
        return self.server.environment("prod") | {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            "PGSSLMODE": "disable",
        }


def make(server, prod, name):
    """Makes the cluster, its role and the bucket."""
    trust = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}}
    trust |= {"Action": "sts:AssumeRole"}
    files = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    iam, redshift = prod.client("iam"), prod.client("redshift")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="files", PolicyDocument=document(files))
    prod.client("s3").create_bucket(Bucket=name)
    redshift.create_cluster(
        ClusterIdentifier=name,
        ClusterType="single-node",
        NodeType="ra3.large",
        MasterUsername="owner",
        MasterUserPassword=PASSWORD,
        IamRoles=[role],
    )
    redshift.get_waiter("cluster_available").wait(ClusterIdentifier=name, WaiterConfig=WAITING)
    (cluster,) = redshift.describe_clusters(ClusterIdentifier=name)["Clusters"]
    endpoint = cluster["Endpoint"]
    return Warehouse(server, endpoint["Address"], endpoint["Port"], role, name)


def document(statement):
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
