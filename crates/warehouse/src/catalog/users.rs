//! Users, groups and roles: rows of the cluster's first database.
//! Redshift Developer Guide, "Users", "CREATE USER", "CREATE GROUP", "CREATE ROLE".

use chrono::{DateTime, Utc};

use super::{Master, next_number, optional, own, relations, timestamp};
use crate::engine::{Connection, EngineFault, Value, literal};
use crate::password::PasswordVerifier;

/// `rdsdb`, the user that owns what the service itself made.
pub(crate) const BOOTSTRAP_ID: i64 = 1;
/// Ids given to users, groups and roles start here.
const FIRST_ID: i64 = 100;

/// What a login and a statement need to know of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// `usesysid`.
    pub id: i64,
    /// As stored.
    pub name: String,
    /// CREATEUSER.
    pub superuser: bool,
    /// CREATEDB.
    pub create_db: bool,
    /// SYSLOG ACCESS UNRESTRICTED.
    pub syslog_unrestricted: bool,
    /// What the password is checked against.
    pub password: PasswordVerifier,
    /// VALID UNTIL, as text.
    pub valid_until: Option<String>,
    /// CONNECTION LIMIT.
    pub connection_limit: Option<i64>,
    /// SESSION TIMEOUT in seconds.
    pub session_timeout: Option<i64>,
    /// EXTERNALID.
    pub external_id: Option<String>,
}

const USER_COLUMNS: &str = "id, name, super, create_db, syslog_unrestricted, password, \
                            valid_until, connection_limit, session_timeout, external_id";

fn user_of(row: &[Value]) -> Option<User> {
    let [id, name, superuser, create_db, syslog, password, valid_until, limit, timeout, external] =
        row
    else {
        return None;
    };
    let number = |value: &Value| (*value != Value::Null).then(|| value.int());
    Some(User {
        id: id.int(),
        name: name.text().to_owned(),
        superuser: superuser.is_true(),
        create_db: create_db.is_true(),
        syslog_unrestricted: syslog.is_true(),
        password: PasswordVerifier::from_stored(password.text()),
        valid_until: valid_until.opt_text(),
        connection_limit: number(limit),
        session_timeout: number(timeout),
        external_id: external.opt_text(),
    })
}

/// Finds a user by name.
pub(crate) fn find(
    connection: &Connection,
    home: &str,
    name: &str,
) -> Result<Option<User>, EngineFault> {
    let users = own(home, "users");
    let rows = connection
        .rows(&format!("SELECT {USER_COLUMNS} FROM {users} WHERE name = {}", literal(name)))?;
    Ok(rows.first().and_then(|row| user_of(row)))
}

/// Finds a user by id.
pub(crate) fn by_id(
    connection: &Connection,
    home: &str,
    id: i64,
) -> Result<Option<User>, EngineFault> {
    let users = own(home, "users");
    let rows = connection.rows(&format!("SELECT {USER_COLUMNS} FROM {users} WHERE id = {id}"))?;
    Ok(rows.first().and_then(|row| user_of(row)))
}

/// Makes the master user and `rdsdb` on the first start; later starts change nothing.
pub(super) fn create_master(
    connection: &Connection,
    home: &str,
    master: &Master<'_>,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    if find(connection, home, master.name)?.is_some() {
        return Ok(());
    }
    connection.run_script(&format!(
        "BEGIN TRANSACTION;
         INSERT INTO {users} VALUES
           ({BOOTSTRAP_ID}, 'rdsdb', '', true, true, true, NULL, NULL, NULL, NULL, {now}),
           ({FIRST_ID}, {name}, {password}, true, true, true, NULL, NULL, NULL, NULL, {now});
         COMMIT",
        users = own(home, "users"),
        name = literal(master.name),
        password = literal(&master.password.to_stored()),
        now = timestamp(now),
    ))
}

/// The next free id among users, groups and roles.
pub(crate) fn next_id(connection: &Connection, home: &str) -> Result<i64, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT CAST(coalesce(max(id), {FIRST_ID}) AS BIGINT) FROM (
           SELECT id FROM {} UNION ALL SELECT id FROM {} UNION ALL SELECT id FROM {})",
        own(home, "users"),
        own(home, "groups"),
        own(home, "roles"),
    ))?;
    let highest = rows.first().and_then(|row| row.first()).map_or(FIRST_ID, Value::int);
    next_number(connection, &own(home, "user_ids"), highest)
}

/// Adds a user.
pub(crate) fn create(
    connection: &Connection,
    home: &str,
    user: &User,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "INSERT INTO {users} VALUES ({id}, {name}, {password}, {superuser}, {create_db}, \
         {syslog}, {valid_until}, {limit}, {timeout}, {external}, {now})",
        users = own(home, "users"),
        id = user.id,
        name = literal(&user.name),
        password = literal(&user.password.to_stored()),
        superuser = user.superuser,
        create_db = user.create_db,
        syslog = user.syslog_unrestricted,
        valid_until = optional(user.valid_until.as_deref()),
        limit = optional_number(user.connection_limit),
        timeout = optional_number(user.session_timeout),
        external = optional(user.external_id.as_deref()),
        now = timestamp(now),
    ))?;
    Ok(())
}

/// Writes a user's changed facts (all but the id).
pub(crate) fn update(connection: &Connection, home: &str, user: &User) -> Result<(), EngineFault> {
    connection.run(&format!(
        "UPDATE {users} SET name = {name}, password = {password}, super = {superuser}, \
         create_db = {create_db}, syslog_unrestricted = {syslog}, valid_until = {valid_until}, \
         connection_limit = {limit}, session_timeout = {timeout}, external_id = {external} \
         WHERE id = {id}",
        users = own(home, "users"),
        id = user.id,
        name = literal(&user.name),
        password = literal(&user.password.to_stored()),
        superuser = user.superuser,
        create_db = user.create_db,
        syslog = user.syslog_unrestricted,
        valid_until = optional(user.valid_until.as_deref()),
        limit = optional_number(user.connection_limit),
        timeout = optional_number(user.session_timeout),
        external = optional(user.external_id.as_deref()),
    ))?;
    Ok(())
}

fn optional_number(number: Option<i64>) -> String {
    number.map_or_else(|| String::from("NULL"), |n| n.to_string())
}

/// The parameters that `ALTER USER … SET` gives a user's sessions.
pub(crate) fn settings(
    connection: &Connection,
    home: &str,
    user: i64,
) -> Result<Vec<(String, String)>, EngineFault> {
    let table = own(home, "user_settings");
    let sql = format!("SELECT name, value FROM {table} WHERE user_id = {user}");
    relations::text_pairs(connection, &sql)
}

/// Sets or forgets such a parameter.
pub(crate) fn set_setting(
    connection: &Connection,
    home: &str,
    user: i64,
    name: &str,
    value: Option<&str>,
) -> Result<(), EngineFault> {
    let (table, name) = (own(home, "user_settings"), literal(name));
    connection.run(&format!("DELETE FROM {table} WHERE user_id = {user} AND name = {name}"))?;
    if let Some(value) = value {
        let value = literal(value);
        connection.run(&format!("INSERT INTO {table} VALUES ({user}, {name}, {value})"))?;
    }
    Ok(())
}

/// Changes one fact of a role; `assignment` is SQL of ours.
pub(crate) fn change_role(
    connection: &Connection,
    home: &str,
    role: i64,
    assignment: &str,
) -> Result<(), EngineFault> {
    connection.run(&format!("UPDATE {} SET {assignment} WHERE id = {role}", own(home, "roles")))?;
    Ok(())
}

/// Replaces one user's password.
pub(crate) fn set_password(
    connection: &Connection,
    home: &str,
    name: &str,
    password: &PasswordVerifier,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "UPDATE {} SET password = {} WHERE name = {}",
        own(home, "users"),
        literal(&password.to_stored()),
        literal(name),
    ))?;
    Ok(())
}

/// A group or a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collective {
    /// `CREATE GROUP`.
    Group,
    /// `CREATE ROLE`.
    Role,
}

impl Collective {
    fn table(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::Role => "roles",
        }
    }

    /// The word in messages and in grants.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Role => "role",
        }
    }
}

/// The id of a group or role.
pub(crate) fn collective_id(
    connection: &Connection,
    home: &str,
    kind: Collective,
    name: &str,
) -> Result<Option<i64>, EngineFault> {
    let rows = connection.rows(&format!(
        "SELECT id FROM {} WHERE name = {}",
        own(home, kind.table()),
        literal(name)
    ))?;
    Ok(rows.first().and_then(|row| row.first()).map(Value::int))
}

/// Adds a group.
pub(crate) fn create_group(
    connection: &Connection,
    home: &str,
    id: i64,
    name: &str,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "INSERT INTO {} VALUES ({id}, {})",
        own(home, "groups"),
        literal(name)
    ))?;
    Ok(())
}

/// Adds a role.
pub(crate) fn create_role(
    connection: &Connection,
    home: &str,
    id: i64,
    name: &str,
    owner: i64,
    external_id: Option<&str>,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "INSERT INTO {} VALUES ({id}, {}, {owner}, {})",
        own(home, "roles"),
        literal(name),
        optional(external_id)
    ))?;
    Ok(())
}

/// Renames a group or role.
pub(crate) fn rename_collective(
    connection: &Connection,
    home: &str,
    kind: Collective,
    id: i64,
    name: &str,
) -> Result<(), EngineFault> {
    connection.run(&format!(
        "UPDATE {} SET name = {} WHERE id = {id}",
        own(home, kind.table()),
        literal(name)
    ))?;
    Ok(())
}

/// Puts users into a group; those already in it stay once.
pub(crate) fn add_members(
    connection: &Connection,
    home: &str,
    group: i64,
    users: &[i64],
) -> Result<(), EngineFault> {
    for user in users {
        connection.run(&format!(
            "INSERT INTO {table} SELECT {group}, {user} WHERE NOT EXISTS (
               SELECT 1 FROM {table} WHERE group_id = {group} AND user_id = {user})",
            table = own(home, "group_members"),
        ))?;
    }
    Ok(())
}

/// Takes users out of a group.
pub(crate) fn remove_members(
    connection: &Connection,
    home: &str,
    group: i64,
    users: &[i64],
) -> Result<(), EngineFault> {
    for user in users {
        connection.run(&format!(
            "DELETE FROM {} WHERE group_id = {group} AND user_id = {user}",
            own(home, "group_members"),
        ))?;
    }
    Ok(())
}

/// Forgets a user, group or role and everything granted to it.
pub(crate) fn remove(
    connection: &Connection,
    home: &str,
    databases: &[String],
    kind: &str,
    id: i64,
) -> Result<(), EngineFault> {
    let (table, member) = match kind {
        "group" => ("groups", "group_id"),
        "role" => ("roles", ""),
        _ => ("users", "user_id"),
    };
    connection.run(&format!("DELETE FROM {} WHERE id = {id}", own(home, table)))?;
    if !member.is_empty() {
        let members = own(home, "group_members");
        connection.run(&format!("DELETE FROM {members} WHERE {member} = {id}"))?;
    }
    let to = format!("grantee_kind = '{kind}' AND grantee = {id}");
    connection.run(&format!("DELETE FROM {} WHERE {to}", own(home, "assume_role")))?;
    connection.run(&format!("DELETE FROM {} WHERE {to}", own(home, "role_grants")))?;
    connection.run(&format!("DELETE FROM {} WHERE {to}", own(home, "system_grants")))?;
    if kind == "user" {
        let settings = own(home, "user_settings");
        connection.run(&format!("DELETE FROM {settings} WHERE user_id = {id}"))?;
    }
    if kind == "role" {
        connection.run(&format!("DELETE FROM {} WHERE role = {id}", own(home, "role_grants")))?;
    }
    for database in databases {
        let grants = own(database, "grants");
        for table in [grants, own(database, "default_privileges")] {
            let found = connection.rows(&format!("SELECT 1 FROM {table} WHERE {to} LIMIT 1"))?;
            if !found.is_empty() {
                connection.run(&format!("DELETE FROM {table} WHERE {to}"))?;
            }
        }
    }
    Ok(())
}
