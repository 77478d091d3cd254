//! The least-privilege documents of the pattern "unload across accounts", and of its way back.
//!
//! Pure: facts in, JSON out. Who may assume whom, and what each of the four roles may do; nothing
//! is granted that a hop of the path does not need. Forms: "Policy elements" in the IAM User
//! Guide; the external id Redshift sends: "Authorizing COPY, UNLOAD … using IAM roles" in the
//! Redshift Management Guide.

use serde_json::{Value, json};

use crate::facts::Facts;
use crate::file::{IfExists, Movement, Place, Way};

const VERSION: &str = "2012-10-17";

fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": VERSION, "Statement": statements })
}

/// Trust of the entry role: the one principal that may run the movement.
pub(crate) fn entry_trust(facts: &Facts) -> Value {
    document(vec![json!({
        "Sid": "WhoeverMayRunIt",
        "Effect": "Allow",
        "Principal": { "AWS": facts.principal },
        "Action": "sts:AssumeRole",
    })])
}

/// The entry role's only permission: the next hop.
pub(crate) fn entry_policy(movement: &Movement, facts: &Facts) -> Value {
    document(vec![json!({
        "Sid": "AssumeReader",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": facts.warehouse_role(&movement.roles.secret_reader),
    })])
}

/// Trust of the secret reader: the entry role, with this movement's external id.
pub(crate) fn reader_trust(movement: &Movement, facts: &Facts) -> Value {
    document(vec![json!({
        "Sid": "EntryRoleOfThisMovement",
        "Effect": "Allow",
        "Principal": { "AWS": facts.store_role(&movement.roles.entry) },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": facts.external_id } },
    })])
}

/// The secret reader's permission: one secret, and its key through Secrets Manager only.
pub(crate) fn reader_policy(facts: &Facts) -> Option<Value> {
    let secret = facts.secret_arn.as_ref()?;
    let mut statements = vec![json!({
        "Sid": "ReadOneSecret",
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": secret,
    })];
    if let Some(key) = &facts.secret_key_arn {
        let service = format!("secretsmanager.{}.amazonaws.com", facts.warehouse_region);
        statements.push(json!({
            "Sid": "ItsKey",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": key,
            "Condition": { "StringEquals": { "kms:ViaService": service } },
        }));
    }
    Some(document(statements))
}

/// Trust of the cluster's role: Redshift, for one database user of one cluster.
pub(crate) fn cluster_trust(facts: &Facts) -> Value {
    document(vec![json!({
        "Sid": "OneDatabaseUser",
        "Effect": "Allow",
        "Principal": { "Service": "redshift.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": facts.db_user_arn } },
    })])
}

/// The cluster role's only permission, where there is a chain: the data's role.
pub(crate) fn cluster_policy(movement: &Movement, facts: &Facts) -> Value {
    document(vec![json!({
        "Sid": role_words(movement).assume,
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": facts.store_role(&movement.roles.data),
    })])
}

/// Trust of the data's role: the cluster's role, for the same database user.
pub(crate) fn data_trust(movement: &Movement, facts: &Facts) -> Value {
    document(vec![json!({
        "Sid": "ClusterRoleForOneDatabaseUser",
        "Effect": "Allow",
        "Principal": { "AWS": facts.warehouse_role(&movement.roles.cluster) },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": facts.db_user_arn } },
    })])
}

/// What the policies of the data's role are called.
pub(crate) struct RoleWords {
    /// The cluster role's policy.
    pub assume: &'static str,
    /// The data role's own policy.
    pub touch: &'static str,
    /// Its statement that lists.
    list: &'static str,
    /// The role in the key's policy.
    who: &'static str,
}

/// By the way the data goes.
pub(crate) fn role_words(movement: &Movement) -> RoleWords {
    match movement.way {
        Way::Out(_) => RoleWords {
            assume: "AssumeWriter",
            touch: "WriteTarget",
            list: "ListTarget",
            who: "Writer",
        },
        Way::In(_) => RoleWords {
            assume: "AssumeReader",
            touch: "ReadSource",
            list: "ListSource",
            who: "Reader",
        },
    }
}

/// The permission on the data: one prefix or one table. The data's key admits the role in its own
/// policy ([`key_statement`]), which is enough within an account; a second grant here would leave
/// either of the two without effect when it is taken away.
///
/// The actions are those that "Permissions to access other AWS resources" (Redshift Management
/// Guide) lists for UNLOAD and COPY; whoever begins a multipart upload may abort it without a
/// permission ("Multipart upload permissions", S3 User Guide).
pub(crate) fn data_policy(movement: &Movement, facts: &Facts) -> Value {
    let words = role_words(movement);
    let (bucket, prefix) = match &movement.store.place {
        Place::Bucket { bucket, prefix } => (format!("arn:aws:s3:::{bucket}"), prefix),
        Place::Table(table) => {
            return document(vec![json!({
                "Sid": words.touch,
                "Effect": "Allow",
                "Action": ["dynamodb:DescribeTable", "dynamodb:Scan"],
                "Resource": facts.table_arn(table),
            })]);
        }
    };
    let actions = match &movement.way {
        Way::Out(unload) if unload.if_exists == IfExists::Replace => {
            json!(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])
        }
        Way::Out(_) => json!(["s3:PutObject", "s3:GetObject"]),
        Way::In(_) => json!("s3:GetObject"),
    };
    let objects = match movement.inward().and_then(|load| load.form.json_paths.as_ref()) {
        Some(key) => json!([format!("{bucket}/{prefix}*"), format!("{bucket}/{key}")]),
        None => json!(format!("{bucket}/{prefix}*")),
    };
    document(vec![
        json!({
            "Sid": words.list,
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": { "StringLike": { "s3:prefix": format!("{prefix}*") } },
        }),
        json!({
            "Sid": words.touch,
            "Effect": "Allow",
            "Action": actions,
            "Resource": objects,
        }),
    ])
}

/// The name of the key policy's statement for the data's role.
pub(crate) fn key_sid(movement: &Movement) -> String {
    sid(&movement.name, role_words(movement).who)
}

/// The key policy's statement for the data's role.
pub(crate) fn key_statement(movement: &Movement, facts: &Facts) -> Value {
    let actions = match movement.way {
        Way::Out(_) => json!(["kms:GenerateDataKey", "kms:Decrypt"]),
        Way::In(_) => json!("kms:Decrypt"),
    };
    let service = facts.store_service(&movement.store.place);
    json!({
        "Sid": key_sid(movement),
        "Effect": "Allow",
        "Principal": { "AWS": facts.data_role(&movement.roles) },
        "Action": actions,
        "Resource": "*",
        "Condition": { "StringEquals": { "kms:ViaService": service } },
    })
}

/// The bucket policy's statements: no plain transport, no other key.
///
/// For a bucket of somebody else the first one covers this movement's prefix only.
pub(crate) fn bucket_statements(
    movement: &Movement,
    facts: &Facts,
    own_bucket: bool,
) -> Option<Vec<Value>> {
    let bucket = format!("arn:aws:s3:::{}", movement.store.bucket());
    let objects = format!("{bucket}/{}*", movement.store.prefix());
    let covered = if own_bucket { json!([bucket, format!("{bucket}/*")]) } else { json!(objects) };
    let mut statements = vec![json!({
        "Sid": sid(&movement.name, "TlsOnly"),
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": covered,
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })];
    if movement.store.key.is_some() {
        let key = facts.store_key_arn.as_ref()?;
        statements.push(json!({
            "Sid": sid(&movement.name, "ThisKeyOnly"),
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": {
                "StringNotEquals": { "s3:x-amz-server-side-encryption-aws-kms-key-id": key }
            },
        }));
    }
    Some(statements)
}

/// `orders-to-dev` + `TlsOnly` → `OrdersToDevTlsOnly`: unique to the movement, letters and digits.
pub(crate) fn sid(movement: &str, what: &str) -> String {
    let mut name = String::new();
    for word in movement.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.extend(letters);
    }
    name + what
}

/// What is not as it is wanted, statement by statement: `statement AssumeWriter is missing`,
/// `statement ItsKey has another Condition`; empty when every wanted statement is there.
pub(crate) fn differences(found: Option<&str>, wanted: &[Value]) -> Vec<String> {
    let present = statements(found);
    wanted.iter().filter_map(|wanted| difference(&present, wanted)).collect()
}

/// Statements that are there and not wanted: `statement Extra was added`.
pub(crate) fn additions(found: Option<&str>, wanted: &[Value]) -> Vec<String> {
    let known = |statement: &Value| wanted.iter().any(|wanted| wanted["Sid"] == statement["Sid"]);
    let added = statements(found).into_iter().filter(|statement| !known(statement));
    added.map(|statement| format!("statement {} was added", sid_of(&statement))).collect()
}

fn difference(present: &[Value], wanted: &Value) -> Option<String> {
    if present.contains(wanted) {
        return None;
    }
    let sid = sid_of(wanted);
    let Some(found) = present.iter().find(|statement| statement["Sid"] == wanted["Sid"]) else {
        return Some(format!("statement {sid} is missing"));
    };
    let (found, wanted) = (found.as_object()?, wanted.as_object()?);
    let differs = |name: &&String| found.get(*name) != wanted.get(*name);
    let mut members: Vec<&String> = wanted.keys().filter(differs).collect();
    members.extend(found.keys().filter(|name| !wanted.contains_key(*name)));
    let members: Vec<&str> = members.into_iter().map(String::as_str).collect();
    Some(format!("statement {sid} has another {}", members.join(" and ")))
}

fn sid_of(statement: &Value) -> &str {
    statement.get("Sid").and_then(Value::as_str).unwrap_or("without a name")
}

/// The policy `text` with `statements` in place of those of the same Sid.
pub(crate) fn merged(text: Option<&str>, statements: &[Value]) -> Value {
    let sids: Vec<String> =
        statements.iter().filter_map(|s| s["Sid"].as_str().map(str::to_owned)).collect();
    let mut kept = others(text, &sids);
    kept.extend(statements.iter().cloned());
    with_statements(text, kept)
}

/// The policy `text` without the statements of these Sids; `None` when nothing remains.
pub(crate) fn without(text: &str, sids: &[String]) -> Option<Value> {
    let kept = others(Some(text), sids);
    (!kept.is_empty()).then(|| with_statements(Some(text), kept))
}

/// The statements of a policy that carry none of these Sids.
fn others(text: Option<&str>, sids: &[String]) -> Vec<Value> {
    let ours = |statement: &Value| {
        statement
            .get("Sid")
            .and_then(Value::as_str)
            .is_some_and(|sid| sids.iter().any(|s| s == sid))
    };
    statements(text).into_iter().filter(|statement| !ours(statement)).collect()
}

/// The statements of a policy; a single one may stand without brackets.
pub(crate) fn statements(text: Option<&str>) -> Vec<Value> {
    let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    match parsed.and_then(|mut policy| policy.get_mut("Statement").map(Value::take)) {
        Some(Value::Array(statements)) => statements,
        Some(single @ Value::Object(_)) => vec![single],
        _ => Vec::new(),
    }
}

fn with_statements(text: Option<&str>, statements: Vec<Value>) -> Value {
    let parsed = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut policy = parsed.filter(Value::is_object).unwrap_or_else(|| document(Vec::new()));
    if let Some(members) = policy.as_object_mut() {
        members.insert("Statement".to_owned(), Value::Array(statements));
    }
    policy
}
