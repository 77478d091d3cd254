//! The warehouse's own catalog: users, groups, schemas, relations, grants and history, as tables
//! of the engine in a schema that user SQL cannot name, so that they change in the same
//! transactions as the objects they describe.
//!
//! Databases, users, groups, roles, ASSUMEROLE grants and history belong to the cluster and live
//! with its first database; schemas, relations and grants live with each database. All of them lie
//! in one file of the engine, in schemas of their own. The system views that users see are built
//! over them in the engine's in-memory root, anew at each start.
//! This module must not know sessions or the wire. Start reading at [`prepare`]; the tables are
//! in `catalog/tables.sql`, the views in `catalog/views.sql`.

pub(crate) mod column_types;
pub(crate) mod comments;
pub(crate) mod databases;
pub(crate) mod defaults;
mod empty;
pub(crate) mod grants;
pub(crate) mod history;
pub(crate) mod policies;
pub(crate) mod relations;
pub(crate) mod roles;
pub(crate) mod routines;
pub(crate) mod system;
pub(crate) mod users;

use chrono::{DateTime, Utc};

use crate::engine::{Connection, EngineFault, Value, catalog_of, literal, own_schema_of, quote};
use crate::password::PasswordVerifier;

/// The superuser a cluster is born with.
pub(crate) struct Master<'a> {
    /// `MasterUsername`.
    pub name: &'a str,
    /// What its password is checked against.
    pub password: &'a PasswordVerifier,
}

/// Tables that every database has.
const DATABASE_TABLES: &str = include_str!("catalog/database_tables.sql");
/// Tables of the first database only.
const CLUSTER_TABLES: &str = include_str!("catalog/cluster_tables.sql");

/// One of our own tables in a database, ready for SQL.
pub(crate) fn own(database: &str, table: &str) -> String {
    format!("{}.{table}", own_schema(database))
}

fn own_schema(database: &str) -> String {
    format!("{}.{}", quote(&catalog_of(database)), quote(&own_schema_of(database)))
}

/// Creates what is missing: our tables, the `public` schemas, the master user; then the views.
pub(crate) fn prepare(
    connection: &Connection,
    home: &str,
    master: &Master<'_>,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    create_tables(connection, home, CLUSTER_TABLES)?;
    databases::create_first(connection, home, now)?;
    let all = databases::all(connection, home)?;
    for database in &all {
        create_database_tables(connection, &database.key)?;
        if relations::schema(connection, &database.key, "public")?.is_none() {
            connection.run("BEGIN TRANSACTION")?;
            create_public(connection, &database.key)?;
            connection.run("COMMIT")?;
        }
    }
    users::create_master(connection, home, master, now)?;
    roles::create_system_roles(connection, home)?;
    connection.run("BEGIN TRANSACTION")?;
    system::create_unions(connection, home, &all)?;
    connection.run("COMMIT")?;
    system::create_views(connection, home)
}

/// The tables that every database has.
pub(crate) fn create_database_tables(
    connection: &Connection,
    database: &str,
) -> Result<(), EngineFault> {
    create_tables(connection, database, DATABASE_TABLES)
}

/// The `public` schema and what everybody may do in a new database, in the open transaction.
pub(crate) fn create_public(connection: &Connection, database: &str) -> Result<(), EngineFault> {
    let bootstrap = users::BOOTSTRAP_ID;
    relations::add_public(connection, database)?;
    connection.run(&format!(
        "INSERT INTO {grants} VALUES ('schema', 'public', '', 'USAGE', '', 'public', 0, false, {bootstrap}),
           ('schema', 'public', '', 'CREATE', '', 'public', 0, false, {bootstrap}),
           ('language', '', 'plpgsql', 'USAGE', '', 'public', 0, false, {bootstrap}),
           ('language', '', 'sql', 'USAGE', '', 'public', 0, false, {bootstrap}),
           ('database', '', '', 'TEMP', '', 'public', 0, false, {bootstrap})",
        grants = own(database, "grants"),
    ))?;
    Ok(())
}

fn create_tables(connection: &Connection, database: &str, script: &str) -> Result<(), EngineFault> {
    let schema = own_schema(database);
    connection.run_script(&format!("CREATE SCHEMA IF NOT EXISTS {schema}"))?;
    connection.run_script(&script.replace("own.", &format!("{schema}.")))
}

/// A number above `highest` that nothing else gets, also in a transaction that runs at the same
/// time and does not see this one's objects. `sequence` is one of our own, ready for SQL; one that
/// is younger than the objects it numbers catches up.
pub(crate) fn next_number(
    connection: &Connection,
    sequence: &str,
    highest: i64,
) -> Result<i64, EngineFault> {
    let take = |count: i64| -> Result<i64, EngineFault> {
        let sequence = literal(sequence);
        let sql = format!("SELECT max(nextval({sequence})) FROM range({count})");
        Ok(connection.rows(&sql)?.first().and_then(|row| row.first()).map_or(0, Value::int))
    };
    let number = take(1)?;
    if number > highest {
        Ok(number)
    } else {
        take(highest.saturating_sub(number).saturating_add(1))
    }
}

/// A literal, or NULL.
pub(crate) fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| String::from("NULL"), literal)
}

/// A timestamp literal (UTC, microseconds).
pub(crate) fn timestamp(at: DateTime<Utc>) -> String {
    format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.6f"))
}
