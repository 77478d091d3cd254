//! Policies of row-level security and masking: what they say, and whom they concern where.
//! Redshift Developer Guide, "Row-level security", "Dynamic data masking".

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::grants::Holder;
use super::{next_number, optional, own, timestamp};
use crate::engine::{Connection, EngineFault, literal};

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Its number in the database.
    pub id: i64,
    /// Of values, not of rows.
    pub masks: bool,
    /// Its name.
    pub name: String,
    /// What its predicate calls the relation.
    pub alias: Option<String>,
    /// Names and types of its columns.
    pub columns: Vec<(String, String)>,
    /// Its expressions as written, and the types of masks.
    pub expressions: Vec<(String, String)>,
    /// Relations that its predicate reads.
    pub lookups: Vec<Lookup>,
}

/// A relation that a predicate reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// As written, part by part.
    pub written: Vec<String>,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
}

/// A policy on a relation for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// The policy's number.
    pub policy: i64,
    /// The relation's id.
    pub relation: i64,
    /// `user`, `role` or `public`.
    pub kind: String,
    /// Its id; 0 for PUBLIC.
    pub holder: i64,
    /// The highest wins.
    pub priority: i64,
    /// Columns read, for masks.
    pub inputs: Vec<String>,
    /// Columns masked.
    pub outputs: Vec<String>,
}

/// Everything about policies in a database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    /// By number.
    pub all: HashMap<i64, Policy>,
    /// In order of their making.
    pub attachments: Vec<Attachment>,
    /// Relations with row-level security turned on, and whether one policy is enough.
    pub filtered: HashMap<i64, bool>,
    /// What views read.
    pub reads: HashMap<i64, Vec<i64>>,
}

impl Policies {
    /// Whether nothing is protected.
    pub(crate) fn is_empty(&self) -> bool {
        self.attachments.is_empty() && self.filtered.is_empty()
    }

    /// A policy by its name.
    pub(crate) fn named(&self, masks: bool, name: &str) -> Option<&Policy> {
        self.all.values().find(|policy| policy.masks == masks && policy.name == name)
    }

    /// The relations that a view reads, through views too.
    pub(crate) fn below(&self, view: i64) -> BTreeSet<i64> {
        let mut seen = BTreeSet::new();
        let mut open = vec![view];
        while let Some(next) = open.pop() {
            for id in self.reads.get(&next).into_iter().flatten() {
                if seen.insert(*id) {
                    open.push(*id);
                }
            }
        }
        seen
    }
}

/// Reads them all: they are few, and what the catalog answers is remembered until it changes.
pub(crate) fn load(connection: &Connection, database: &str) -> Result<Policies, EngineFault> {
    let mut policies = Policies::default();
    for row in connection.rows(&format!(
        "SELECT id, kind, name, alias, columns, expressions, lookups FROM {}",
        own(database, "policies")
    ))? {
        let [id, kind, name, alias, columns, expressions, lookups] = row.as_slice() else {
            continue;
        };
        let policy = Policy {
            id: id.int(),
            masks: kind.text() == "masking",
            name: name.text().to_owned(),
            alias: alias.opt_text(),
            columns: pairs(columns.text(), "colname"),
            expressions: pairs(expressions.text(), "expr"),
            lookups: lookups_of(lookups.text()),
        };
        policies.all.insert(policy.id, policy);
    }
    if policies.all.is_empty() && !any_filtered(connection, database)? {
        return Ok(policies);
    }
    for row in connection.rows(&format!(
        "SELECT policy, relation, grantee_kind, grantee, priority, inputs, outputs FROM {}",
        own(database, "policy_attachments")
    ))? {
        let [policy, relation, kind, holder, priority, inputs, outputs] = row.as_slice() else {
            continue;
        };
        policies.attachments.push(Attachment {
            policy: policy.int(),
            relation: relation.int(),
            kind: kind.text().to_owned(),
            holder: holder.int(),
            priority: priority.int(),
            inputs: texts(inputs.text()),
            outputs: texts(outputs.text()),
        });
    }
    let table = own(database, "policy_relations");
    for row in connection.rows(&format!("SELECT relation, by_any FROM {table} WHERE is_on"))? {
        if let [relation, any] = row.as_slice() {
            policies.filtered.insert(relation.int(), any.is_true());
        }
    }
    let table = own(database, "dependencies");
    for row in connection.rows(&format!("SELECT view_id, relation FROM {table}"))? {
        if let [view, relation] = row.as_slice() {
            policies.reads.entry(view.int()).or_default().push(relation.int());
        }
    }
    Ok(policies)
}

fn any_filtered(connection: &Connection, database: &str) -> Result<bool, EngineFault> {
    let table = own(database, "policy_relations");
    Ok(!connection.rows(&format!("SELECT 1 FROM {table} WHERE is_on LIMIT 1"))?.is_empty())
}

fn list(text: &str) -> Vec<Json> {
    match serde_json::from_str(text) {
        Ok(Json::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn text_of(value: &Json, key: &str) -> String {
    value.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn pairs(text: &str, first: &str) -> Vec<(String, String)> {
    list(text).iter().map(|item| (text_of(item, first), text_of(item, "type"))).collect()
}

fn texts(text: &str) -> Vec<String> {
    list(text).iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn lookups_of(text: &str) -> Vec<Lookup> {
    list(text)
        .iter()
        .map(|item| Lookup {
            written: item.get("written").map(|parts| texts(&parts.to_string())).unwrap_or_default(),
            schema: text_of(item, "schema"),
            name: text_of(item, "name"),
        })
        .collect()
}

fn pairs_json(pairs: &[(String, String)], first: &str) -> String {
    let items: Vec<Json> =
        pairs.iter().map(|(name, kind)| json!({ first: name, "type": kind })).collect();
    Json::Array(items).to_string()
}

/// The kind of a relation, empty for none.
pub(crate) fn kind_of(
    connection: &Connection,
    database: &str,
    relation: i64,
) -> Result<String, EngineFault> {
    let table = own(database, "relations");
    let rows = connection.rows(&format!("SELECT kind FROM {table} WHERE id = {relation}"))?;
    Ok(rows
        .first()
        .and_then(|row| row.first())
        .map(|kind| kind.text().to_owned())
        .unwrap_or_default())
}

/// The next free number of a policy in a database.
pub(crate) fn next_id(connection: &Connection, database: &str) -> Result<i64, EngineFault> {
    let table = own(database, "policies");
    let rows =
        connection.rows(&format!("SELECT CAST(coalesce(max(id), 0) AS BIGINT) FROM {table}"))?;
    let highest = rows.first().and_then(|row| row.first()).map_or(0, crate::engine::Value::int);
    next_number(connection, &own(database, "policy_ids"), highest)
}

/// Writes a policy, in place of what it was.
pub(crate) fn write(
    connection: &Connection,
    database: &str,
    policy: &Policy,
    by: i64,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    let table = own(database, "policies");
    connection.run(&format!("DELETE FROM {table} WHERE id = {}", policy.id))?;
    let lookups: Vec<Json> = policy
        .lookups
        .iter()
        .map(|l| json!({ "written": l.written, "schema": l.schema, "name": l.name }))
        .collect();
    connection.run(&format!(
        "INSERT INTO {table} VALUES ({}, '{}', {}, {}, {}, {}, {}, {by}, {})",
        policy.id,
        if policy.masks { "masking" } else { "rls" },
        literal(&policy.name),
        optional(policy.alias.as_deref()),
        literal(&pairs_json(&policy.columns, "colname")),
        literal(&pairs_json(&policy.expressions, "expr")),
        literal(&Json::Array(lookups).to_string()),
        timestamp(now),
    ))?;
    Ok(())
}

/// Forgets a policy, what it is attached to and what was granted to it.
pub(crate) fn remove(
    connection: &Connection,
    database: &str,
    policy: i64,
) -> Result<(), EngineFault> {
    connection.run(&format!("DELETE FROM {} WHERE id = {policy}", own(database, "policies")))?;
    let attachments = own(database, "policy_attachments");
    connection.run(&format!("DELETE FROM {attachments} WHERE policy = {policy}"))?;
    connection.run(&format!(
        "DELETE FROM {} WHERE grantee_kind = 'rls_policy' AND grantee = {policy}",
        own(database, "grants")
    ))?;
    Ok(())
}

/// Attaches a policy.
pub(crate) fn attach(
    connection: &Connection,
    database: &str,
    attachment: &Attachment,
    grantor: i64,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "INSERT INTO {} VALUES ({}, {}, '{}', {}, {grantor}, {}, {}, {})",
        own(database, "policy_attachments"),
        attachment.policy,
        attachment.relation,
        attachment.kind,
        attachment.holder,
        attachment.priority,
        literal(&json!(attachment.inputs).to_string()),
        literal(&json!(attachment.outputs).to_string()),
    ))?;
    Ok(())
}

/// Takes every attachment of a policy on a relation from a holder; tells how many there were.
pub(crate) fn detach(
    connection: &Connection,
    database: &str,
    policy: i64,
    relation: i64,
    holder: &Holder,
    outputs: Option<&[String]>,
) -> Result<u64, EngineFault> {
    let outputs = outputs
        .map(|names| format!(" AND outputs = {}", literal(&json!(names).to_string())))
        .unwrap_or_default();
    connection.run(&format!(
        "DELETE FROM {} WHERE policy = {policy} AND relation = {relation} \
         AND grantee_kind = '{}' AND grantee = {}{outputs}",
        own(database, "policy_attachments"),
        holder.kind,
        holder.id
    ))
}

/// Turns row-level security of a relation on or off.
pub(crate) fn set_filtered(
    connection: &Connection,
    database: &str,
    relation: i64,
    on: bool,
    any: Option<bool>,
) -> Result<(), EngineFault> {
    let table = own(database, "policy_relations");
    let rows =
        connection.rows(&format!("SELECT by_any FROM {table} WHERE relation = {relation}"))?;
    let before = rows.iter().flatten().any(crate::engine::Value::is_true);
    connection.run(&format!("DELETE FROM {table} WHERE relation = {relation}"))?;
    let any = any.unwrap_or(before);
    connection.run(&format!("INSERT INTO {table} VALUES ({relation}, {on}, {any})"))?;
    Ok(())
}
