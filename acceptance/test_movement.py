"""`landbridge apply`, `run`, `verify`, `destroy` of a movement file, and what they say when refused."""

import json
import shlex

import provision
import pyarrow
import pyarrow.parquet
import pytest
from landbridge import clean_environment, landbridge
from movements import Movement, keep_admin_login, write
from tickets import TABLE, rows
from unloading import Unloader

ROLES = ["mv-entry", "mv-reader", "mv-cluster", "mv-writer"]

WHAT = f"""table = "{TABLE.removeprefix('public.')}"
where = "note is null or note <> 'it''s withdrawn'\""""


@pytest.fixture(scope="module")
def admin_secret(story):
    """The secret with the owner's login, as its owner would keep it."""
    name = keep_admin_login(story)
    yield name
    story.prod.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def movement(server, story, admin_secret, tmp_path, name):
    """Writes a movement file over the story's cluster; its role names are its own."""

    def made(format="parquet", options=""):
        file = tmp_path / "movement.toml"
        return Movement(server, write(file, story, name, admin_secret, WHAT, format, options))

    return made


def inventory(story):
    """What exists in both accounts, by kind."""
    found = {}
    for side, session in (("prod", story.prod), ("dev", story.dev)):
        roles = session.client("iam").list_roles()["Roles"]
        aliases = session.client("kms").list_aliases()["Aliases"]
        held = session.client("secretsmanager").list_secrets()["SecretList"]
        found[side] = {
            "roles": sorted(role["RoleName"] for role in roles),
            "aliases": sorted(alias["AliasName"] for alias in aliases),
            "secrets": sorted(secret["Name"] for secret in held),
            "buckets": sorted(b["Name"] for b in session.client("s3").list_buckets()["Buckets"]),
            "keys": sorted(enabled_keys(session.client("kms"))),
        }
    cluster = provision.wait_for_cluster(story)
    found["attached"] = sorted(role["IamRoleArn"] for role in cluster["IamRoles"])
    with provision.connect_as_master(story) as connection, connection.cursor() as cursor:
        cursor.execute("select usename from pg_user order by 1")
        found["users"] = cursor.fetchall()
    connection.close()
    return found


def enabled_keys(kms):
    """Keys of a customer that are not on their way out."""
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            known = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if known["KeyManager"] == "CUSTOMER" and known["KeyState"] == "Enabled":
                yield known["Arn"]


def test_the_whole_life_of_a_movement(story, server, movement, name):
    before = inventory(story)
    run = movement()
    run("apply", "--yes")
    made = inventory(story)
    assert {"mv-entry", "mv-writer"} <= set(made["dev"]["roles"])
    assert {"mv-reader", "mv-cluster"} <= set(made["prod"]["roles"])
    assert any(arn.endswith(":role/mv-cluster") for arn in made["attached"])

    outcome = json.loads(run("run", "--json").stdout)
    assert (outcome["exit"], outcome["moved"]["rows"]) == ("done", 1000)
    bodies = {
        key: body for key, body in objects(story.dev.client("s3"), name).items() if "manifest" not in key
    }
    tables = [
        pyarrow.parquet.read_table(pyarrow.BufferReader(body), coerce_int96_timestamp_unit="us")
        for body in bodies.values()
    ]
    found = [tuple(row.values()) for row in pyarrow.concat_tables(tables).to_pylist()]
    assert sorted(found) == list(rows())

    assert "1,000 rows" in run("verify").stdout
    run("destroy", "--data", "--yes")
    assert inventory(story) == before


def objects(s3, bucket):
    """Every object of a bucket."""
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {o["Key"]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read() for o in listed}


def test_apply_twice_changes_nothing_the_second_time(story, movement):
    run = movement("csv", "header = true")
    run("apply", "--yes")
    try:
        made = inventory(story)
        run("apply", "--yes")
        assert inventory(story) == made
    finally:
        run("destroy", "--data", "--yes")


def test_verify_sees_an_object_that_was_tampered_with(story, movement, name):
    run = movement("csv", "header = true")
    run("apply", "--yes")
    try:
        run("run")
        run("verify")
        s3 = story.dev.client("s3")
        data = next(key for key in objects(s3, name) if "manifest" not in key)
        body = s3.get_object(Bucket=name, Key=data)["Body"].read()
        key = story.dev.client("kms").describe_key(KeyId=f"alias/{name}-landing")["KeyMetadata"]["Arn"]
        changed = body.replace(b"Macbeth", b"Macduff", 1)
        assert len(changed) == len(body) and changed != body
        s3.put_object(
            Bucket=name, Key=data, Body=changed, ServerSideEncryption="aws:kms", SSEKMSKeyId=key
        )
        done = run("verify", check=1)
        assert data.rsplit("/", 1)[1] in done.stdout + done.stderr
    finally:
        run("destroy", "--data", "--yes")


def test_a_faulty_file_is_told_with_its_line(server, tmp_path):
    file = tmp_path / "faulty.toml"
    file.write_text('name = "x"\n[source]\nprofil = "prod"\n')
    done = landbridge("run", file, "--state", server.state)
    assert done.returncode in (1, 2)
    assert "faulty.toml:3" in done.stderr and "profil" in done.stderr


# --- the six refusals, as the movement tells them ------------------------------------------------


@pytest.fixture
def applied(movement):
    """An applied movement that is taken away again."""
    run = movement("csv")
    run("apply", "--yes")
    yield run
    run("destroy", "--data", "--yes")


def put_trust(session, role, change):
    """Rewrites a role's trust policy in place; returns how to put it back."""
    iam = session.client("iam")
    before = json.dumps(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=change(before))
    return lambda: iam.update_assume_role_policy(RoleName=role, PolicyDocument=before)


def break_trust(story, name):
    stranger = json.dumps({"Service": "glue.amazonaws.com"})

    def change(text):
        document = json.loads(text)
        document["Statement"][0]["Principal"] = json.loads(stranger)
        return json.dumps(document)

    return put_trust(story.prod, "mv-reader", change)


def break_external_id(story, name):
    return put_trust(story.dev, "mv-writer", lambda text: text.replace("/mv_user", "/somebody"))


def break_secret_permission(story, name):
    iam = story.prod.client("iam")
    restore = []
    for inline in iam.list_role_policies(RoleName="mv-reader")["PolicyNames"]:
        found = iam.get_role_policy(RoleName="mv-reader", PolicyName=inline)["PolicyDocument"]
        restore.append({"PolicyName": inline, "PolicyDocument": json.dumps(found)})
        iam.delete_role_policy(RoleName="mv-reader", PolicyName=inline)
    return lambda: [iam.put_role_policy(RoleName="mv-reader", **inline) for inline in restore]


def break_key_policy(story, name):
    kms = story.dev.client("kms")
    key = kms.describe_key(KeyId=f"alias/{name}-landing")["KeyMetadata"]["KeyId"]
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    document = json.loads(before)
    deny = {"Sid": "NotNow", "Effect": "Deny", "Action": "kms:GenerateDataKey", "Resource": "*"}
    document["Statement"].append({**deny, "Principal": "*"})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    return lambda: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)


def break_association(story, name):
    redshift = story.prod.client("redshift")
    role = f"arn:aws:iam::{story.prod_account}:role/mv-cluster"

    def change(**which):
        redshift.modify_cluster_iam_roles(ClusterIdentifier=story.cluster, **which)
        provision.wait_for_cluster(story)

    change(RemoveIamRoles=[role])
    return lambda: change(AddIamRoles=[role])


def break_bucket_policy(story, name):
    s3 = story.dev.client("s3")
    before = s3.get_bucket_policy(Bucket=name)["Policy"]
    document = json.loads(before)
    deny = {"Sid": "NotNow", "Effect": "Deny", "Action": "s3:PutObject", "Principal": "*"}
    document["Statement"].append({**deny, "Resource": f"arn:aws:s3:::{name}/*"})
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    return lambda: s3.put_bucket_policy(Bucket=name, Policy=before)


DENIALS = {
    "trust policy": (break_trust, ["AccessDenied", "sts:AssumeRole", "mv-reader", "trust policy"]),
    "external id": (break_external_id, ["mv-writer", "sts:ExternalId", "/somebody", "/mv_user"]),
    "secret": (break_secret_permission, ["AccessDeniedException", "secretsmanager:GetSecretValue"]),
    "key policy": (break_key_policy, ["kms:GenerateDataKey", "NotNow"]),
    "association": (break_association, ["is not authorized to assume IAM Role", "mv-cluster"]),
    "bucket policy": (break_bucket_policy, ["AccessDenied", "s3:PutObject", "NotNow"]),
}


@pytest.mark.parametrize("denial", DENIALS)
def test_a_refusal_says_what_was_said_why_and_the_smallest_fix(applied, story, name, denial):
    breaks, words = DENIALS[denial]
    restore = breaks(story, name)
    try:
        done = applied("run", check=1)
    finally:
        restore()
    block = done.stdout + done.stderr
    for part in ("✗", "said", "why", "fix", *words):
        assert part in block, f"{part!r} is missing in\n{block}"
    secret = json.loads(
        story.prod.client("secretsmanager").get_secret_value(SecretId=f"{name}/login")["SecretString"]
    )
    assert secret["password"] not in block
    assert applied("run").returncode == 0, "put right, the same command works"


def test_the_fix_that_is_named_works(applied, story, name):
    break_external_id(story, name)
    block = applied("run", check=1)
    assert "landbridge apply" in block.stdout + block.stderr
    applied("apply", "--hop", "6", "--yes")
    applied("run")


# --- plans, detached runs, other ways in ---------------------------------------------------------


def test_a_plan_on_paper_is_applied_exactly_or_not_at_all(story, server, movement, tmp_path, name):
    run = movement("csv")
    paper = tmp_path / "paper.plan"
    before = inventory(story)
    pending = run("plan", "--out", paper, check=2)
    assert "to create" in pending.stdout and inventory(story) == before
    story.dev.client("s3").create_bucket(Bucket=name)
    of_plan = Movement(server, paper)
    stale = of_plan("apply", "--yes", check=1)
    assert "the plan is stale" in stale.stdout and name in stale.stdout
    story.dev.client("s3").delete_bucket(Bucket=name)
    assert inventory(story) == before
    of_plan("apply", "--yes")
    try:
        assert run.told("plan")["exit"] == "done"
        run("run")
    finally:
        run("destroy", "--data", "--yes")
    assert inventory(story) == before


def test_a_detached_run_is_taken_up_by_the_next(story, movement, name):
    # Long enough to be seen at work: a join of the table with itself.
    run = movement("csv")
    text = run.file.read_text().replace(WHAT, 'query = """' + LONG + '"""')
    run.file.write_text(text)
    run("apply", "--yes")
    try:
        left = run.told("run", "--detach")
        assert left["under_way"] and "moved" not in left
        told = run.told("status")["findings"][1]
        assert told["what"] == left["under_way"] and "landbridge run" in told["said"]
        taken = run.told("run")
        assert taken["moved"]["run"] == left["under_way"]
        run("verify", "--recount")
        with provision.connect_as_master(story) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select count(*) from sys_query_history where query_type like 'UNLOAD%%'"
                " and query_label like %s",
                (f"landbridge:{name}:%",),
            )
            assert cursor.fetchone() == (1,), "the statement was sent once"
        connection.close()
    finally:
        run("destroy", "--data", "--yes")


LONG = f"""select a.id, count(*) as pairs from {TABLE} a, {TABLE} b, {TABLE} c
where a.id <> b.id + c.id and c.id % 8 = 0 group by a.id"""


def test_nothing_is_left_to_a_platform_that_ends_with_the_command(tmp_path, movement):
    run = movement()
    alone = landbridge("run", run.file, "--detach", "--state", tmp_path / "other", check=1)
    assert "landbridge serve" in alone.stderr


def test_a_destroy_gives_everybody_back_what_they_had(story, movement):
    asked = (
        "select bool_and(has_assumerole_privilege(usename, 'arn:x', 'unload')) "
        "from pg_user where usesuper = false"
    )

    def everybody_may():
        with provision.connect_as_master(story) as connection, connection.cursor() as cursor:
            cursor.execute(asked)
            (answer,) = cursor.fetchone()
        connection.close()
        return answer

    # The story's own program has closed it: that is what comes back.
    before = everybody_may()
    run = movement("csv")
    run("apply", "--yes")
    assert everybody_may() is False
    done = run("destroy", "--yes")
    assert everybody_may() == before and "on purpose" not in done.stdout


def test_the_trail_tells_who_did_what(story, server, movement, name):
    run = movement("csv")
    run("apply", "--yes")
    try:
        run("run")
        break_external_id(story, name)
        run("run", check=1)
        told = run.told("audit")
        lines = [
            (line["hop"], line["principal"], line["action"], line["allowed"]) for line in told["trail"]
        ]
        for expected in (
            (1, "admin", "sts:AssumeRole", True),
            (2, "mv-entry", "sts:AssumeRole", True),
            (3, "mv-reader", "secretsmanager:GetSecretValue", True),
            (5, "redshift.amazonaws.com", "sts:AssumeRole", True),
            (6, "mv-cluster", "sts:AssumeRole", True),
            (6, "mv-cluster", "sts:AssumeRole", False),
            (7, "mv-writer by s3.amazonaws.com", "kms:GenerateDataKey", True),
            (6, "admin", "iam:UpdateAssumeRolePolicy", True),
        ):
            assert expected in lines, f"{expected} is missing in {lines}"
        # What both accounts saw is told once, and both are named.
        second = next(line for line in told["trail"] if line["hop"] == 2 and line["principal"] == "mv-entry")
        assert sorted(second["accounts"]) == ["dev", "prod"]
        denied = [line for line in told["trail"] if not line["allowed"]]
        assert [(line["hop"], line["error"], line["times"]) for line in denied] == [(6, "AccessDenied", 1)]
        text = run("audit").stdout
        assert "AccessDenied" in text and "1 denied" in text
    finally:
        run("destroy", "--data", "--yes")


def test_profiles_of_any_aws_will_do(story, server, movement, tmp_path, name):
    """The platform as AWS looks from afar: profiles with an endpoint, and nothing of its state."""
    run = movement("csv")
    environment = clean_environment(
        AWS_CONFIG_FILE=server.state / "aws" / "config",
        AWS_SHARED_CREDENTIALS_FILE=server.state / "aws" / "credentials",
        PGSSLROOTCERT=server.state / "ca.pem",
    )
    place = ["--target", "aws", "--state", tmp_path / "mine"]

    def afar(command, *options, check=0):
        return landbridge(command, run.file, *options, *place, env=environment, check=check)

    assert "landbridge apply" in afar("plan", check=2).stdout
    afar("apply", "--yes")
    try:
        afar("run")
        afar("verify")
        break_external_id(story, name)
        block = afar("run", check=1).stdout
        fix = next(line for line in block.splitlines() if "landbridge apply" in line)
        words = shlex.split(fix.split("fix", 1)[1])
        assert words[:2] == ["landbridge", "apply"] and "--target" in words
        landbridge(*words[1:], "--yes", env=environment, check=0)
    finally:
        afar("destroy", "--data", "--yes")
    assert not (tmp_path / "mine" / "world.redb").exists()
