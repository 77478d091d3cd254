"""Redshift: the life of a cluster, its roles, and its database users."""

import psycopg2
import psycopg
import pytest
from landbridge import refused
from provision import connect_as_master, wait_for_cluster
from unloading import Unloader


def test_the_life_of_a_cluster(prod, name):
    redshift = prod.client("redshift")
    made = redshift.create_cluster(
        ClusterIdentifier=name,
        ClusterType="single-node",
        NodeType="ra3.large",
        MasterUsername="owner",
        MasterUserPassword="Passw0rdOfOwner",
    )["Cluster"]
    assert made["ClusterStatus"] == "creating" and made["DBName"] == "dev"
    waiting = {"ClusterIdentifier": name, "WaiterConfig": {"Delay": 1, "MaxAttempts": 120}}
    redshift.get_waiter("cluster_available").wait(**waiting)
    (cluster,) = redshift.describe_clusters(ClusterIdentifier=name)["Clusters"]
    login = {
        "host": cluster["Endpoint"]["Address"],
        "port": cluster["Endpoint"]["Port"],
        "dbname": "dev",
        "user": "owner",
        "password": "Passw0rdOfOwner",
    }
    with psycopg2.connect(**login, sslmode="require") as connection:
        with connection.cursor() as cursor:
            cursor.execute("select current_user, version()")
            user, version = cursor.fetchone()
            assert user == "owner" and "Redshift 1.0" in version
    refused(
        redshift.create_cluster,
        "ClusterAlreadyExists",
        ClusterIdentifier=name,
        NodeType="ra3.large",
        MasterUsername="owner",
        MasterUserPassword="Passw0rdOfOwner",
    )
    redshift.delete_cluster(ClusterIdentifier=name, SkipFinalClusterSnapshot=True)
    redshift.get_waiter("cluster_deleted").wait(**waiting)
    refused(redshift.describe_clusters, "ClusterNotFound", ClusterIdentifier=name, status=404)
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(**login, sslmode="require", connect_timeout=5)


def test_clusters_belong_to_their_account(dev, story):
    call = dev.client("redshift").describe_clusters
    refused(call, "ClusterNotFound", ClusterIdentifier=story.cluster)


def test_roles_come_and_go_while_sessions_live_on(story, server):
    redshift = story.prod.client("redshift")
    unload = Unloader(story, server)
    with unload.connection.cursor() as cursor:
        cursor.execute("create temp table mine as select 42 as answer")
    change = redshift.modify_cluster_iam_roles
    here = {"ClusterIdentifier": story.cluster}
    answer = change(**here, RemoveIamRoles=[story.cluster_role])["Cluster"]
    assert answer["ClusterStatus"] == "modifying" or answer["IamRoles"]
    assert wait_for_cluster(story)["IamRoles"] == []
    change(**here, AddIamRoles=[story.cluster_role])
    (role,) = wait_for_cluster(story)["IamRoles"]
    assert role == {"IamRoleArn": story.cluster_role, "ApplyStatus": "in-sync"}
    with unload.connection.cursor() as cursor:
        cursor.execute("select answer from mine")
        assert cursor.fetchone() == (42,)


def test_a_role_of_another_account_cannot_be_attached(story):
    call = story.prod.client("redshift").modify_cluster_iam_roles
    with pytest.raises(Exception) as caught:
        call(ClusterIdentifier=story.cluster, AddIamRoles=[story.write_role])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


@pytest.fixture
def owner(story):
    """The owner's connection."""
    connection = connect_as_master(story)
    connection.autocommit = True
    yield connection
    connection.close()


def run(connection, *statements):
    """Runs statements; the rows of the last."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_grants(owner, story, server, name):
    user = Unloader(story, server).connection
    run(owner, f"create schema {name}", f"create table {name}.t as select 1 as a")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="permission denied for schema"):
        run(user, f"select * from {name}.t")
    run(owner, f"grant usage on schema {name} to {story.db_user}")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="permission denied for relation t"):
        run(user, f"select * from {name}.t")
    run(owner, f"grant select on {name}.t to {story.db_user}")
    assert run(user, f"select * from {name}.t") == [(1,)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(user, f"insert into {name}.t values (2)")
    run(owner, f"revoke select on {name}.t from {story.db_user}")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(user, f"select * from {name}.t")
    run(owner, f"drop schema {name} cascade")


def test_transactions(owner, story, name):
    run(owner, f"create table {name} (a int)")
    owner.autocommit = False
    run(owner, f"insert into {name} values (1)")
    owner.rollback()
    run(owner, f"insert into {name} values (2)")
    owner.commit()
    with pytest.raises(psycopg2.errors.UndefinedTable):
        run(owner, f"insert into {name} values (3)", "select * from nowhere")
    with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
        run(owner, "select 1")
    owner.rollback()
    owner.autocommit = True
    assert run(owner, f"select a from {name}") == [(2,)]
    run(owner, f"drop table {name}")


def test_ordinary_sql_in_the_redshift_dialect(owner):
    assert run(owner, "select 5 / 2, 'a' || 'b', nvl(null, 1)") == [(2, "ab", 1)]
    with pytest.raises(psycopg2.errors.DivisionByZero):
        run(owner, "select 1 / 0")
    assert run(owner, "select top 1 x from (select 1 as x union all select 2) t order by 1") == [(1,)]


def test_psycopg_3_with_server_side_parameters(story, server):
    login = Unloader(story, server).login
    with psycopg.connect(
        host=login["host"],
        port=login["port"],
        dbname=login["dbname"],
        user=login["username"],
        password=login["password"],
        sslmode="verify-full",
        sslrootcert=str(server.state / "ca.pem"),
        client_encoding="utf8",
        prepare_threshold=None,
    ) as connection:
        query = "select id, price from tickets where id between %s and %s order by id"
        found = connection.execute(query, (1, 3)).fetchall()
        assert [(row[0], str(row[1])) for row in found] == [(1, "-50.00"), (2, "-37.63"), (3, "-25.26")]
