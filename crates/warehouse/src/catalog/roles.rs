//! What roles are about: the system's own, who holds which, and the system permissions of each.
//! Redshift Developer Guide, "Role-based access control", "System-defined roles",
//! "System permissions for RBAC".

use redshift_sql::SYSTEM_PERMISSIONS;

use super::own;
use super::users::BOOTSTRAP_ID;
use crate::engine::{Connection, EngineFault, Value, literal};

/// `sys:secadmin`: manages users, roles, row-level security and masking.
pub(crate) const SECURITY_ADMIN: i64 = 15;

/// The system's roles: id, name, the system role each holds, its own permissions.
const SYSTEM_ROLES: [(i64, &str, Option<i64>, &[&str]); 5] = [
    (11, "sys:monitor", None, &["ACCESS CATALOG", "ACCESS SYSTEM TABLE"]),
    (12, "sys:operator", Some(11), &["ANALYZE", "CANCEL", "VACUUM"]),
    (
        13,
        "sys:dba",
        Some(12),
        &[
            "ALTER TABLE",
            "CREATE OR REPLACE EXTERNAL FUNCTION",
            "CREATE OR REPLACE FUNCTION",
            "CREATE OR REPLACE PROCEDURE",
            "CREATE OR REPLACE VIEW",
            "CREATE SCHEMA",
            "CREATE TABLE",
            "DROP FUNCTION",
            "DROP PROCEDURE",
            "DROP SCHEMA",
            "DROP TABLE",
            "DROP VIEW",
            "TRUNCATE TABLE",
        ],
    ),
    (14, "sys:superuser", None, SYSTEM_PERMISSIONS),
    (
        SECURITY_ADMIN,
        "sys:secadmin",
        None,
        &[
            "ALTER USER",
            "CREATE ROLE",
            "CREATE USER",
            "DROP ROLE",
            "DROP USER",
            "EXPLAIN MASKING",
            "EXPLAIN RLS",
            "IGNORE RLS",
        ],
    ),
];

/// Whether a name lies in the system's own name space of roles.
pub(crate) fn is_system_role(name: &str) -> bool {
    name.starts_with("sys:") || name.starts_with("ds:")
}

/// Makes the system's roles on the first start.
pub(super) fn create_system_roles(connection: &Connection, home: &str) -> Result<(), EngineFault> {
    let roles = own(home, "roles");
    let known = connection.rows(&format!("SELECT 1 FROM {roles} WHERE id = {SECURITY_ADMIN}"))?;
    if !known.is_empty() {
        return Ok(());
    }
    let mut script = String::from("BEGIN TRANSACTION;");
    for (id, name, inherits, permissions) in SYSTEM_ROLES {
        script.push_str(&format!(
            "INSERT INTO {roles} VALUES ({id}, {}, {BOOTSTRAP_ID}, NULL);",
            literal(name)
        ));
        if let Some(held) = inherits {
            let grants = own(home, "role_grants");
            script.push_str(&format!("INSERT INTO {grants} VALUES ({held}, 'role', {id}, false);"));
        }
        for permission in permissions {
            script.push_str(&insert_permission(home, permission, "role", id));
        }
    }
    script.push_str("COMMIT");
    connection.run_script(&script)
}

fn insert_permission(home: &str, permission: &str, kind: &str, id: i64) -> String {
    let table = own(home, "system_grants");
    format!("INSERT INTO {table} VALUES ('{permission}', '{kind}', {id});")
}

/// Gives a system permission, or takes it.
pub(crate) fn set_permission(
    connection: &Connection,
    home: &str,
    permission: &str,
    kind: &str,
    id: i64,
    given: bool,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "DELETE FROM {} WHERE privilege = '{permission}' AND grantee_kind = '{kind}' \
         AND grantee = {id}",
        own(home, "system_grants")
    ))?;
    if given {
        connection.run(&insert_permission(home, permission, kind, id))?;
    }
    Ok(())
}

/// The system permissions of an identity; `identity` is SQL of ours.
pub(crate) fn permissions(
    connection: &Connection,
    home: &str,
    identity: &str,
) -> Result<Vec<String>, EngineFault> {
    let table = own(home, "system_grants");
    let rows =
        connection.rows(&format!("SELECT DISTINCT privilege FROM {table} WHERE {identity}"))?;
    Ok(rows.iter().flatten().map(|value| value.text().to_owned()).collect())
}

/// Who owns a role.
pub(crate) fn owner(
    connection: &Connection,
    home: &str,
    role: i64,
) -> Result<Option<i64>, EngineFault> {
    let rows =
        connection.rows(&format!("SELECT owner FROM {} WHERE id = {role}", own(home, "roles")))?;
    Ok(rows.first().and_then(|row| row.first()).map(Value::int))
}

/// Whether a user may give a role on: it holds it with the admin option, itself or by a role.
pub(crate) fn is_administered(
    connection: &Connection,
    home: &str,
    role: i64,
    identity: &str,
) -> Result<bool, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT 1 FROM {} WHERE role = {role} AND admin AND ({identity}) LIMIT 1",
        own(home, "role_grants")
    ))?;
    Ok(!rows.is_empty())
}

/// Whether a role holds another, itself or by roles in between; a role holds itself.
pub(crate) fn reaches(
    connection: &Connection,
    home: &str,
    from: i64,
    to: i64,
) -> Result<bool, EngineFault> {
    let grants = own(home, "role_grants");
    let rows = connection.rows(&format!(
        "WITH RECURSIVE held AS (
           SELECT CAST({from} AS BIGINT) AS role
           UNION SELECT g.role FROM {grants} g JOIN held h
             ON g.grantee_kind = 'role' AND g.grantee = h.role)
         SELECT 1 FROM held WHERE role = {to}"
    ))?;
    Ok(!rows.is_empty())
}

/// Why a role cannot be dropped: it is granted to a user, or tied to other roles.
pub(crate) fn in_use(
    connection: &Connection,
    home: &str,
    role: i64,
) -> Result<Option<&'static str>, EngineFault> {
    let grants = own(home, "role_grants");
    let rows = connection.rows(&format!(
        "SELECT grantee_kind FROM {grants} WHERE role = {role} \
         UNION ALL SELECT 'role' FROM {grants} WHERE grantee_kind = 'role' AND grantee = {role}"
    ))?;
    if rows.iter().flatten().any(|kind| kind.text() == "user") {
        return Ok(Some("cannot drop this role since it has been granted on a user"));
    }
    let tied = !rows.is_empty();
    Ok(tied.then_some("cannot drop this role since it depends on another role"))
}
