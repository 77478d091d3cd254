"""The removal matrix: whatever is taken from the path, the movement fails at just that hop.

The table is made from what stands in the two accounts after `apply`: every statement, action,
resource, principal and condition of every policy on the path, the role's association, the
database privileges, the login. For each of them, that one alone is taken away; then

- `run` fails at the hop it serves, with AWS's words, and the refusal is in the audit log once;
- `check` finds the same hop closed and names what is missing, and so does the `explain access`
  that it names for a closer look;
- the command that both print as the remedy, run as it stands, mends it.

What only guards (denies, privileges closed to others) is shown by what it keeps out. With
LANDBRIDGE_LONG=1 every cell runs the movement again after its remedy, otherwise every fourth.
"""

import copy
import json
import os
import re
import shlex
from dataclasses import dataclass, field

import provision
import pytest
from landbridge import clean_environment, landbridge, refused
from movements import Movement, keep_admin_login, write

LONG = bool(os.environ.get("LANDBRIDGE_LONG"))
# AWS documents these for UNLOAD, and an UNLOAD of one small file does without: reading ("Permissions
# to access other AWS resources", Redshift Management Guide), and decrypting the parts of a multipart
# upload ("Multipart upload permissions", S3 User Guide). `check` asks for what is documented.
DOCUMENTED = {"s3:GetObject", "kms:Decrypt"}
CHAIN = "select trim(iam_arn) from svv_iam_privileges where iam_arn like '%{}%'"
# What AWS, Redshift and its database say to a refused try.
REFUSED = "(?i)not authorized|denied|not allowed|does not have|authentication failed"
WHAT = 'table = "shop.orders"'
OPTIONS = 'if_exists = "replace"\nparallel = false'


@dataclass
class Cell:
    """One element of the path that can be taken away."""

    name: str
    hop: int
    take: callable
    restore: callable
    # What `check` must name.
    words: list = field(default_factory=list)
    # `breaks`; `documented`: only `check` minds; `owner`: not the movement's own, so its owner
    # carries out the remedy's words.
    kind: str = "breaks"


@dataclass
class Document:
    """A policy on the path, how it is put back, and the step that makes it."""

    name: str
    hop: int
    text: dict
    put: callable
    # An inline policy goes as a whole when its last statement goes.
    delete: callable = None

    def cells(self):
        for index, statement in enumerate(self.text["Statement"]):
            if statement["Effect"] == "Allow" and not is_administration(statement):
                yield from self.of_allow(index, statement)
            # A deny of everything would, turned round, keep out whoever has to put it back.
            elif statement["Effect"] == "Deny" and statement["Action"] != "s3:*":
                yield from self.of_condition(index, statement)

    def of_allow(self, index, statement):
        if len(self.text["Statement"]) > 1 or self.delete:
            yield self.cell(index, "statement", lambda s: None)
        actions = listed(statement["Action"])
        for action in actions:
            rest = [a for a in actions if a != action] or [other_action(action)]
            kind = "documented" if action in DOCUMENTED and len(actions) > 1 else "breaks"
            yield self.cell(index, action, lambda s, rest=rest: s | {"Action": rest}, kind)
        if "Resource" in statement and statement["Resource"] != "*":
            other = [other_name(r) for r in listed(statement["Resource"])]
            yield self.cell(index, "resource", lambda s: s | {"Resource": other})
        if "Principal" in statement:
            stranger = {"Service": "glue.amazonaws.com"}
            yield self.cell(index, "principal", lambda s: s | {"Principal": stranger})
        yield from self.of_condition(index, statement)

    def of_condition(self, index, statement):
        for operator, keys in statement.get("Condition", {}).items():
            for key, value in keys.items():
                yield self.cell(index, key, other_condition(operator, key, other_value(value)))

    def cell(self, index, what, change, kind="breaks"):
        """A cell that changes one statement, or takes it away (`change` gives None)."""
        text = copy.deepcopy(self.text)
        changed = change(text["Statement"][index])
        sid = self.text["Statement"][index]["Sid"]
        if changed is None:
            del text["Statement"][index]
        else:
            text["Statement"][index] = changed

        def take():
            self.put(text) if text["Statement"] else self.delete()

        name = f"{self.name}, {sid}: {what}"
        return Cell(name, self.hop, take, lambda: self.put(self.text), [sid], kind)


def listed(value):
    return value if isinstance(value, list) else [value]


def is_administration(statement):
    """A key's own account may administer it; the hops have statements of their own, or none."""
    return ":root" in json.dumps(statement.get("Principal", ""))


def other_action(action):
    return {"sts": "sts:TagSession"}.get(action.split(":")[0], action.split(":")[0] + ":ListTagsForResource")


def other_value(value):
    return {"true": "false", "false": "true"}.get(value, other_name(value))


def other_name(text):
    """The same with another last word: `arn:aws:s3:::b/in/*` becomes `arn:aws:s3:::b/another/*`."""
    return re.sub(r"[^:/*.]+(/?\*?)$", r"another\1", text)


def other_condition(operator, key, value):
    def change(statement):
        conditions = copy.deepcopy(statement["Condition"])
        conditions[operator][key] = value
        return statement | {"Condition": conditions}

    return change


# --- reading the path ------------------------------------------------------------------------------


class Path:
    """The applied movement and everything that stands for it in the two accounts."""

    # The cluster's side, the statement, the database user, the roles of the cluster and of the data.
    side, verb, user, cluster_role, data_role = "source", "unload", "mv_user", "mv-cluster", "mv-writer"

    def __init__(self, story, run, name):
        self.story, self.run, self.name = story, run, name
        other = {"source": "target", "target": "source"}[self.side]
        self.accounts = {self.side: story.prod, other: story.dev}
        planned = run.told("plan")
        assert planned["exit"] == "done", "everything has been applied"
        self.steps = {step["id"]: step for step in planned["steps"]}

    def master(self, statement):
        """Runs a statement as the cluster's owner; returns its first row."""
        with provision.connect_as_master(self.story) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
        connection.close()
        return row

    def documents(self):
        """Every policy of the path, read from the accounts."""
        for id, step in self.steps.items():
            kind, session = id.split(".")[1], self.accounts[step["side"]]
            if kind == "role":
                yield from self.of_role(id.split(".", 2)[2], step, session)
            elif kind == "key-policy":
                yield self.of_key(id.split(".", 2)[2], step, session)
            elif kind == "bucket-policy":
                s3, bucket = session.client("s3"), self.name
                text = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])

                def put(text):
                    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(text))

                yield Document(f"policy of {bucket}", step["hop"], text, put)

    def of_role(self, role, step, session):
        iam = session.client("iam")
        trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]

        def put_trust(text):
            iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(text))

        yield Document(f"trust of {role}", step["hop"], trust, put_trust)
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert not attached, "what is attached would have to be in the matrix"
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            which = {"RoleName": role, "PolicyName": name}
            hop = self.steps[f"{step['side']}.policy.{role}.{name}"]["hop"]

            def put(text, which=which):
                iam.put_role_policy(PolicyDocument=json.dumps(text), **which)

            yield Document(
                f"{name} of {role}",
                hop,
                iam.get_role_policy(**which)["PolicyDocument"],
                put,
                lambda which=which: iam.delete_role_policy(**which),
            )

    def of_key(self, alias, step, session):
        kms = session.client("kms")
        which = {"KeyId": kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"], "PolicyName": "default"}
        text = json.loads(kms.get_key_policy(**which)["Policy"])
        return Document(
            f"policy of {alias}",
            step["hop"],
            text,
            lambda text: kms.put_key_policy(Policy=json.dumps(text), **which),
        )

    # What is no policy.

    def others(self):
        user = self.user
        for id, step in self.steps.items():
            parts, hop = id.split("."), step["hop"]
            sql = None
            if parts[1:3] == ["grant", "usage"]:
                sql = ("usage on schema " + parts[3], parts[3])
            elif parts[1] == "grant" and parts[2] in ("select", "insert", "delete", "update"):
                sql = (f"{parts[2]} on " + ".".join(parts[3:]), parts[-1])
            elif parts[1:3] == ["grant", "assumerole"]:
                (chain,) = self.master(CHAIN.format(self.data_role))
                take = f"revoke assumerole on '{chain}' from {user} for {self.verb}"
                restore = f"grant assumerole on '{chain}' to {user} for {self.verb}"
                yield self.sql_cell(f"ASSUMEROLE of {user}", hop, take, restore, ["ASSUMEROLE"])
            elif parts[1] == "association":
                yield self.association(hop)
            elif parts[1] == "user":
                take = f"alter user {user} password 'Another1login'"
                yield self.sql_cell(f"login of {user}", hop, take, None, [user])
            elif parts[1] == "key" and step["side"] == self.side:
                yield self.delegation(id.split(".", 2)[2], step)
            if sql:
                what, word = sql
                take, restore = f"revoke {what} from {user}", f"grant {what} to {user}"
                yield self.sql_cell(f"grant {what}", hop, take, restore, [word])

    def sql_cell(self, name, hop, take, restore, words):
        def put_back():
            self.master(restore) if restore else self.run("apply", "--hop", hop, "--yes")

        return Cell(name, hop, lambda: self.master(take), put_back, words)

    def association(self, hop):
        redshift = self.story.prod.client("redshift")
        role = f"arn:aws:iam::{self.story.prod_account}:role/{self.cluster_role}"

        def change(**which):
            redshift.modify_cluster_iam_roles(ClusterIdentifier=self.story.cluster, **which)
            provision.wait_for_cluster(self.story)

        take, restore = lambda: change(RemoveIamRoles=[role]), lambda: change(AddIamRoles=[role])
        return Cell(f"association of {self.cluster_role}", hop, take, restore, [self.cluster_role])

    def delegation(self, alias, step):
        """The key's own account lets its IAM policies decide: without, they decide nothing."""
        document = self.of_key(alias, step, self.accounts[self.side])
        text = copy.deepcopy(document.text)
        (statement,) = text["Statement"]
        verbs = ["Describe", "Get", "List", "Put", "Schedule", "Delete"]
        statement["Action"] = [f"kms:{verb}*" for verb in verbs]
        take, restore = lambda: document.put(text), lambda: document.put(document.text)
        return Cell(f"policy of {alias}: kms:Decrypt", step["hop"], take, restore, ["key policy"], "owner")

    def cells(self):
        for document in self.documents():
            yield from document.cells()
        yield from self.others()


@pytest.fixture(scope="module")
def path(server, story, tmp_path_factory):
    """One applied movement over a table of a schema of its own."""
    name, file = "removal-matrix", tmp_path_factory.mktemp("matrix") / "matrix.toml"
    admin_secret = keep_admin_login(story)
    run = Movement(server, write(file, story, name, admin_secret, WHAT, "csv", OPTIONS))
    maker = Path.__new__(Path)
    maker.story = story
    maker.master("create schema shop")
    maker.master("create table shop.orders (id int, note varchar(20))")
    maker.master("insert into shop.orders values (1, 'a'), (2, null), (3, 'c')")
    run("apply", "--yes")
    run("run")
    yield Path(story, run, name)
    run("destroy", "--data", "--yes")
    maker.master("drop table shop.orders")
    maker.master("drop schema shop")
    story.prod.client("secretsmanager").delete_secret(SecretId=admin_secret, ForceDeleteWithoutRecovery=True)


# --- the audit log -----------------------------------------------------------------------------------


class Refusals:
    """The records of refused calls that are written after this moment."""

    def __init__(self, state):
        self.segments = state / "audit"
        self.sizes = {file: file.stat().st_size for file in self.segments.iterdir() if file.is_file()}

    def __iter__(self):
        decoder = json.JSONDecoder()
        for file in sorted(self.segments.iterdir()):
            if not file.is_file():
                continue
            text = file.read_bytes()[self.sizes.get(file, 0) :].decode("utf-8", "replace")
            for found in re.finditer(r'\{"eventVersion"', text):
                record, _ = decoder.raw_decode(text, found.start())
                who = record["userIdentity"].get("arn", "redshift")
                # Looking for the cause, `run` reads as the accounts' administrators; that is no try.
                looking = who.endswith(":user/admin") and record["eventName"] != "AssumeRole"
                if "AccessDenied" in record.get("errorCode", "") and not looking:
                    yield who, record["eventName"], json.dumps(record.get("resources"))


# --- the cells ---------------------------------------------------------------------------------------


def wrong_in(path, cell, again):
    """Takes the element away and looks; returns what is not as it should be."""
    run, wrong = path.run, []

    def expect(holds, what):
        if not holds:
            wrong.append(what)

    refusals = Refusals(run.server.state)
    cell.take()
    mended = False
    try:
        outcome = told(run, "run")
        tries = list(refusals)
        if cell.kind == "documented":
            expect(outcome["exit"] == "done", "an UNLOAD of one small file does without")
        else:
            trouble = outcome.get("trouble", {})
            said = trouble.get("said") or ""
            expect(trouble.get("hop") == cell.hop, f"run failed at {trouble.get('hop')}: {said}")
            expect(re.search(REFUSED, said), f"run said {said}")
            expect(len(tries) == len(set(tries)), f"in the log more than once: {tries}")
            in_database = re.match("grant|ASSUMEROLE|association|login", cell.name)
            expect(bool(tries) != bool(in_database), f"in the log: {tries}")
        checked = told(run, "check")
        expect(checked["exit"] == "denied", f"check: {checked['exit']}")
        closed = [hop["number"] for hop in checked["hops"] if hop["state"] == "failed"]
        expect(closed == [cell.hop], f"check found closed: {closed}")
        block = next((t for t in checked.get("troubles", []) if t.get("hop") == cell.hop), {})
        text = json.dumps(block, ensure_ascii=False)
        for word in cell.words:
            expect(word in text, f"check does not name {word}: {text}")
        expect(block.get("fix"), f"check names no remedy: {text}")
        if again and "explain" in block:
            found = explained(run.server, block["explain"])
            expect(found.returncode == 2, f"explain access says otherwise: {found.stdout}{found.stderr}")
            # A statement that is gone, or no longer of this action, is told as an absence.
            there = cell.name.endswith((": resource", ": principal", ":ExternalId", ":ViaService"))
            for word in cell.words if there else []:
                expect(word in found.stdout, f"explain access does not name {word}: {found.stdout}")
        remedy = (block.get("fix") or [""])[0]
        command = [] if cell.kind == "owner" else shlex.split(remedy)
        if cell.kind == "owner":
            carry_out(path.story.prod.client("kms"), remedy)
            mended = True
        elif command[:2] == ["landbridge", "apply"]:
            landbridge(*command[1:], "--yes", env=clean_environment(), check=0)
            mended = True
        else:
            wrong.append(f"the remedy is no command: {block.get('fix')}")
        if again and mended:
            expect(told(run, "run")["exit"] == "done", "the remedy does not mend it")
            expect(told(run, "check")["exit"] == "done", "check is not content after the remedy")
        return wrong
    finally:
        if not mended:
            cell.restore()


def carry_out(kms, remedy):
    """Does with a key's policy what the words of a remedy say."""
    words = r'in key policy of (\S+), statement (\d+) .*: add "(\S+)" to (\w+)'
    key, number, value, element = re.fullmatch(words, remedy).groups()
    name = {"KeyId": key, "PolicyName": "default"}
    text = json.loads(kms.get_key_policy(**name)["Policy"])
    text["Statement"][int(number) - 1][element].append(value)
    kms.put_key_policy(**name, Policy=json.dumps(text))


def explained(server, command):
    """The `landbridge explain access` that `check` names for a closer look."""
    words = shlex.split(command)
    assert words[:3] == ["landbridge", "explain", "access"], command
    return landbridge(*words[1:], env=clean_environment())


def told(run, command):
    """The document of `--json`, whatever the exit status."""
    return json.loads(run(command, "--json", check=None).stdout)


def tried(path, capsys, least=25):
    """Tries every cell of a path and prints the matrix."""
    table, failed = [], []
    cells = list(path.cells())
    for number, cell in enumerate(cells):
        wrong = wrong_in(path, cell, LONG or number % 4 == 0)
        kind = "" if cell.kind == "breaks" else f"   {cell.kind}"
        table.append(f"  hop {cell.hop}  {'✗' if wrong else '✓'} {cell.name}{kind}")
        failed += [f"{cell.name}: {what}" for what in wrong]
    with capsys.disabled():
        print("\n" + "\n".join(table))
    assert not failed, "\n".join(failed)
    breaking = [cell for cell in cells if cell.kind != "documented"]
    assert len(breaking) >= least, f"only {len(breaking)} elements on the path"
    assert {cell.hop for cell in breaking} == {1, 2, 3, 4, 5, 6, 7}
    assert told(path.run, "run")["exit"] == "done"
    assert told(path.run, "check")["exit"] == "done"


def test_each_element_of_the_path_is_needed_and_its_remedy_mends_it(path, capsys):
    tried(path, capsys)


def test_what_only_guards_keeps_others_out(path, server):
    """Without a guard the run passes, what it kept out comes in, and `check` says so."""
    s3, bucket = path.story.dev.client("s3"), path.name
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    intrusion = {"Bucket": bucket, "Key": "in/intruder", "Body": b"x"}
    refused(s3.put_object, "AccessDenied", "explicit deny", **intrusion)
    for statement in json.loads(before)["Statement"]:
        rest = json.loads(before)
        rest["Statement"] = [s for s in rest["Statement"] if s["Sid"] != statement["Sid"]]
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(rest))
        checked = told(path.run, "check")
        assert checked["exit"] == "pending"
        (block,) = checked["troubles"]
        assert statement["Sid"] in json.dumps(block) and block["hop"] == 7
        if "ThisKeyOnly" in statement["Sid"]:
            s3.put_object(**intrusion)
            s3.delete_object(Bucket=bucket, Key="in/intruder")
        assert plain_transport(json.dumps(rest), bucket, path) == (
            "allow" if "TlsOnly" in statement["Sid"] else "explicit_deny"
        )
        landbridge(*shlex.split(block["fix"][0])[1:], "--yes", check=0)
        refused(s3.put_object, "AccessDenied", "explicit deny", **intrusion)
        assert told(path.run, "check")["exit"] == "done"


def plain_transport(policy, bucket, path):
    """What the engine says to an administrator who reads an object without TLS."""
    account = path.story.dev_account
    line = {
        "request": {
            "principal": f"arn:aws:iam::{account}:user/admin",
            "principal_account": account,
            "principal_kind": "user",
            "action": "s3:GetObject",
            "resource": f"arn:aws:s3:::{bucket}/in/000",
            "resource_account": account,
            "context": {"aws:SecureTransport": ["false"]},
        },
        "identity_policies": [
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ],
        "resource_policy": json.loads(policy),
        "permissions_boundaries": [],
        "session_policies": [],
        "scps": [],
        "rcps": [],
        "vpc_endpoint_policies": [],
    }
    answer = json.loads(landbridge("simulate", input=json.dumps(line) + "\n", check=0).stdout)
    return answer["decision"] if isinstance(answer, dict) else answer


def test_nobody_else_may_use_the_chain_while_it_is_applied(path):
    other = (
        "select bool_and(has_assumerole_privilege(usename, 'arn:aws:iam::111111111111:role/any', 'unload')) "
        "from pg_user where usesuper = false"
    )
    assert path.master(other) == (False,)
    path.master("grant assumerole on all to public for all")
    assert path.master(other) == (True,)
    checked = told(path.run, "check")
    assert checked["exit"] == "pending"
    (block,) = checked["troubles"]
    assert "ASSUMEROLE of PUBLIC" in json.dumps(block) and "open to everybody" in json.dumps(block)
    landbridge(*shlex.split(block["fix"][0])[1:], "--yes", check=0)
    assert path.master(other) == (False,)
    assert told(path.run, "check")["exit"] == "done"


def test_everything_in_the_way_is_told_in_one_go(path):
    """Hops behind a closed one are evaluated, so that three removals are found by one check."""
    cells = {cell.name: cell for cell in path.cells()}
    chosen = [
        "trust of mv-entry, WhoeverMayRunIt: principal",
        "ReadSecret of mv-reader, ReadOneSecret: statement",
        "grant select on shop.orders",
        "WriteTarget of mv-writer, WriteTarget: s3:PutObject",
    ]
    for name in chosen:
        cells[name].take()
    try:
        checked = told(path.run, "check")
        closed = [hop["number"] for hop in checked["hops"] if hop["state"] == "failed"]
        assert closed == [1, 3, 5, 7], checked
        text = path.run("check", check=2).stdout
        for name in chosen:
            hop = cells[name].hop
            assert f"landbridge apply {path.run.file} --hop {hop}" in text
    finally:
        path.run("apply", "--yes")
    assert told(path.run, "check")["exit"] == "done"


def test_check_moves_nothing_and_shows_no_secret(path, server):
    s3 = path.story.dev.client("s3")

    def objects():
        listed = s3.list_objects_v2(Bucket=path.name)["Contents"]
        return {found["Key"]: (found["ETag"], found["LastModified"]) for found in listed}

    before, policy = objects(), s3.get_bucket_policy(Bucket=path.name)["Policy"]
    done = path.run("check")
    assert objects() == before and s3.get_bucket_policy(Bucket=path.name)["Policy"] == policy
    secret = path.story.prod.client("secretsmanager").get_secret_value(SecretId=f"{path.name}/login")
    assert json.loads(secret["SecretString"])["password"] not in done.stdout + done.stderr
    for hop in range(1, 8):
        assert re.search(rf"  {hop}  ✓", done.stdout), done.stdout
