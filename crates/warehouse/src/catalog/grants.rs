//! Privileges as rows: who may do what with which object.
//!
//! One row per object, privilege, column and holder. Scoped permissions are rows too: their
//! object is a kind in a place (`tables` in a schema, or in all of them), and [`held`] counts
//! them for every object in that place. Redshift Developer Guide, "GRANT", "REVOKE".

use super::own;
use crate::engine::{Connection, EngineFault, Value, literal};

/// The object of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object<'a> {
    /// A table or view.
    Relation {
        /// Its schema.
        schema: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A schema.
    Schema(&'a str),
    /// The database the row lies in.
    Database,
    /// A function or procedure.
    Routine {
        /// `function` or `procedure`.
        kind: &'static str,
        /// Its schema.
        schema: &'a str,
        /// Its name with its arguments' types: `f(integer, character varying)`.
        signature: &'a str,
    },
    /// A language of functions.
    Language(&'a str),
    /// Everything of a kind in a place.
    Scope {
        /// `tables`, `functions`, `procedures`, `schemas` or `languages`.
        objects: &'static str,
        /// In this schema; empty is the whole database.
        schema: &'a str,
    },
}

impl Object<'_> {
    fn values(&self) -> (&'static str, String, String) {
        let none = || String::from("''");
        match self {
            Self::Relation { schema, name } => ("relation", literal(schema), literal(name)),
            Self::Schema(schema) => ("schema", literal(schema), none()),
            Self::Database => ("database", none(), none()),
            Self::Routine { kind, schema, signature } => {
                (kind, literal(schema), literal(signature))
            }
            Self::Language(name) => ("language", none(), literal(name)),
            Self::Scope { objects, schema } => (objects, literal(schema), none()),
        }
    }

    fn filter(&self) -> String {
        let (object, schema, name) = self.values();
        format!("object = '{object}' AND schema_name = {schema} AND name = {name}")
    }

    /// The rows that count for the object: its own and those of the places it is in.
    fn reach(&self) -> String {
        let own = self.filter();
        let (scope, schema) = match self {
            Self::Relation { schema, .. } => ("tables", *schema),
            Self::Routine { kind: "procedure", schema, .. } => ("procedures", *schema),
            Self::Routine { schema, .. } => ("functions", *schema),
            Self::Schema(_) => ("schemas", ""),
            Self::Language(_) => ("languages", ""),
            Self::Database | Self::Scope { .. } => return own,
        };
        let schema = literal(schema);
        format!("(({own}) OR (object = '{scope}' AND schema_name IN ({schema}, '')))")
    }

    /// Its kind as messages name it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Relation { .. } => "relation",
            Self::Schema(_) => "schema",
            Self::Database => "database",
            Self::Routine { kind, .. } => kind,
            Self::Language(_) => "language",
            Self::Scope { objects, .. } => objects,
        }
    }
}

/// Who holds a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// `user`, `group`, `role`, `rls_policy` or `public`.
    pub kind: &'static str,
    /// Its id; 0 for PUBLIC.
    pub id: i64,
}

/// One privilege to give or take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Right<'a> {
    /// `SELECT`, `USAGE`, ….
    pub privilege: &'a str,
    /// Only this column; empty for all.
    pub column: &'a str,
}

/// Gives a privilege; giving it again may only add the grant option.
pub(crate) fn give(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    right: Right<'_>,
    to: &Holder,
    grant_option: bool,
    grantor: i64,
) -> Result<(), EngineFault> {
    let had = take_rows(connection, database, object, right, to)?;
    let option = grant_option || had == Some(true);
    let (kind, schema, name) = object.values();
    connection.run(&format!(
        "INSERT INTO {} VALUES ('{kind}', {schema}, {name}, '{}', {}, '{}', {}, {option}, {grantor})",
        own(database, "grants"),
        right.privilege,
        literal(right.column),
        to.kind,
        to.id,
    ))?;
    Ok(())
}

/// Takes a privilege, or only its grant option.
pub(crate) fn take(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    right: Right<'_>,
    from: &Holder,
    option_only: bool,
) -> Result<(), EngineFault> {
    if option_only {
        connection.run(&format!(
            "UPDATE {} SET grant_option = false WHERE {}",
            own(database, "grants"),
            row_filter(object, right, from)
        ))?;
        return Ok(());
    }
    take_rows(connection, database, object, right, from).map(drop)
}

/// Takes a privilege on every column of its own.
pub(crate) fn take_columns(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    privilege: &str,
    from: &Holder,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "DELETE FROM {} WHERE {} AND privilege = '{privilege}' AND column_name <> '' \
         AND grantee_kind = '{}' AND grantee = {}",
        own(database, "grants"),
        object.filter(),
        from.kind,
        from.id
    ))?;
    Ok(())
}

fn row_filter(object: &Object<'_>, right: Right<'_>, holder: &Holder) -> String {
    format!(
        "{} AND privilege = '{}' AND column_name = {} AND grantee_kind = '{}' AND grantee = {}",
        object.filter(),
        right.privilege,
        literal(right.column),
        holder.kind,
        holder.id
    )
}

/// Removes the row and tells whether it carried the grant option; `None` when there was none.
fn take_rows(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    right: Right<'_>,
    holder: &Holder,
) -> Result<Option<bool>, EngineFault> {
    let grants = own(database, "grants");
    let filter = row_filter(object, right, holder);
    let rows = connection.rows(&format!("SELECT grant_option FROM {grants} WHERE {filter}"))?;
    if rows.is_empty() {
        return Ok(None);
    }
    connection.run(&format!("DELETE FROM {grants} WHERE {filter}"))?;
    Ok(Some(rows.iter().flatten().any(Value::is_true)))
}

/// A privilege that an identity holds on an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// `SELECT`, `USAGE`, ….
    pub privilege: String,
    /// The only column it is for; empty for all.
    pub column: String,
    /// May be given on.
    pub grant_option: bool,
}

/// What an identity holds on an object, by itself, its groups, its roles or PUBLIC, and by its
/// scoped permissions. `identity` is SQL of ours: see [`identity_filter`].
pub(crate) fn held(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    identity: &str,
) -> Result<Vec<Held>, EngineFault> {
    rows_of(connection, database, &object.reach(), identity)
}

/// What one holder has on an object, by rows of its own.
pub(crate) fn held_by(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    holder: &Holder,
) -> Result<Vec<Held>, EngineFault> {
    let own = format!("grantee_kind = '{}' AND grantee = {}", holder.kind, holder.id);
    rows_of(connection, database, &object.filter(), &own)
}

fn rows_of(
    connection: &Connection,
    database: &str,
    objects: &str,
    holders: &str,
) -> Result<Vec<Held>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT privilege, column_name, grant_option FROM {} WHERE {objects} AND ({holders})",
        own(database, "grants"),
    ))?;
    Ok(rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [privilege, column, option] => Some(Held {
                privilege: privilege.text().to_owned(),
                column: column.text().to_owned(),
                grant_option: option.is_true(),
            }),
            _ => None,
        })
        .collect())
}

/// Those to whom a user has given a privilege on.
pub(crate) fn given_on(
    connection: &Connection,
    database: &str,
    object: &Object<'_>,
    privilege: &str,
    grantor: i64,
) -> Result<Vec<Holder>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT grantee_kind, grantee FROM {} WHERE {} AND privilege = '{privilege}' \
         AND grantor = {grantor} AND NOT (grantee_kind = 'user' AND grantee = {grantor})",
        own(database, "grants"),
        object.filter()
    ))?;
    Ok(rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [kind, id] => Some(Holder { kind: holder_kind(kind.text()), id: id.int() }),
            _ => None,
        })
        .collect())
}

/// The kinds of holders, as rows have them.
pub(crate) fn holder_kind(text: &str) -> &'static str {
    match text {
        "user" => "user",
        "group" => "group",
        "role" => "role",
        "rls_policy" => "rls_policy",
        _ => "public",
    }
}

/// What `grants` calls its object in messages.
const OBJECT_NAME: &str = "CASE object WHEN 'schema' THEN schema_name WHEN 'database' THEN object \
                           ELSE coalesce(nullif(name, ''), nullif(schema_name, ''), object) END";

/// An object on which a user holds a privilege of its own: such a user cannot be dropped.
pub(crate) fn privileged_on(
    connection: &Connection,
    database: &str,
    user: i64,
) -> Result<Option<String>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT {OBJECT_NAME} FROM {} WHERE grantee_kind = 'user' AND grantee = {user} \
         UNION ALL SELECT 'default privileges' FROM {} \
         WHERE owner = {user} OR (grantee_kind = 'user' AND grantee = {user}) LIMIT 1",
        own(database, "grants"),
        own(database, "default_privileges")
    ))?;
    Ok(rows.first().and_then(|row| row.first()).map(|name| name.text().to_owned()))
}

/// An object on which a group holds a privilege: such a group cannot be dropped.
pub(crate) fn held_by_group(
    connection: &Connection,
    database: &str,
    group: i64,
) -> Result<Option<String>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT {OBJECT_NAME} FROM {} WHERE grantee_kind = 'group' AND grantee = {group} LIMIT 1",
        own(database, "grants"),
    ))?;
    Ok(rows.first().and_then(|row| row.first()).map(|name| name.text().to_owned()))
}

/// The grantees an identity counts as.
pub(crate) fn identity_filter(user: i64, groups: &[i64], roles: &[i64]) -> String {
    let mut filter =
        format!("grantee_kind = 'public' OR (grantee_kind = 'user' AND grantee = {user})");
    for (kind, ids) in [("group", groups), ("role", roles)] {
        if !ids.is_empty() {
            let list: Vec<String> = ids.iter().map(i64::to_string).collect();
            filter.push_str(&format!(
                " OR (grantee_kind = '{kind}' AND grantee IN ({}))",
                list.join(", ")
            ));
        }
    }
    filter
}

/// The groups and roles of a user, roles granted to roles included.
pub(crate) fn memberships(
    connection: &Connection,
    home: &str,
    user: i64,
) -> Result<(Vec<i64>, Vec<i64>), EngineFault> {
    let groups = connection.rows(&format!(
        "SELECT group_id FROM {} WHERE user_id = {user}",
        own(home, "group_members")
    ))?;
    let grants = own(home, "role_grants");
    let roles = connection.rows(&format!(
        "WITH RECURSIVE held AS (
           SELECT role FROM {grants} WHERE grantee_kind = 'user' AND grantee = {user}
           UNION SELECT g.role FROM {grants} g JOIN held h
             ON g.grantee_kind = 'role' AND g.grantee = h.role)
         SELECT role FROM held"
    ))?;
    let ids = |rows: Vec<Vec<Value>>| rows.iter().flatten().map(Value::int).collect();
    Ok((ids(groups), ids(roles)))
}
