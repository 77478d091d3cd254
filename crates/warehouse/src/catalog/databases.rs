//! The databases of a cluster: rows of a table beside users and groups, and a schema of our own
//! tables for each.
//!
//! A database is made, renamed and dropped in one transaction of the engine, so that it is there
//! whole or not at all, also after the process was killed. It is called by its key among us
//! ([`key_of`]), which a new name does not change. This module must not know who may do what.
//! Start reading at [`create`]. Redshift Developer Guide, "CREATE DATABASE".

use chrono::{DateTime, Utc};

use super::users::BOOTSTRAP_ID;
use super::{create_database_tables, create_public, own, system, timestamp};
use crate::engine::{
    Connection, EngineFault, MARK, Value, catalog_of, key_of, literal, own_schema_of, quote,
};
use crate::errors::Failure;

/// The first database's number (`pg_database.oid`); others follow.
const FIRST_NUMBER: i64 = 100;
/// Databases that a cluster may have (Redshift Management Guide, "Quotas and limits").
pub(crate) const MOST_DATABASES: usize = 60;

/// A database of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Database {
    /// What it is called among us.
    pub key: String,
    /// `pg_database.oid`.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// The owner's user id.
    pub owner: i64,
    /// `CONNECTION LIMIT`; `None` is `UNLIMITED`.
    pub connection_limit: Option<i64>,
    /// `ISOLATION LEVEL SERIALIZABLE`.
    pub serializable: bool,
}

/// All databases, the first one first.
pub(crate) fn all(connection: &Connection, home: &str) -> Result<Vec<Database>, EngineFault> {
    let table = own(home, "databases");
    let rows = connection.rows(&format!(
        "SELECT id, name, owner, connection_limit, serializable FROM {table} ORDER BY id"
    ))?;
    let number = |value: &Value| (*value != Value::Null).then(|| value.int());
    let database = |row: &Vec<Value>| match row.as_slice() {
        [id, name, owner, limit, serializable] => Some(Database {
            key: match id.int() {
                FIRST_NUMBER => home.to_owned(),
                other => key_of(home, other),
            },
            number: id.int(),
            name: name.text().to_owned(),
            owner: owner.int(),
            connection_limit: number(limit),
            serializable: serializable.is_true(),
        }),
        _ => None,
    };
    Ok(rows.iter().filter_map(database).collect())
}

/// Finds a database by its name.
pub(crate) fn find(
    connection: &Connection,
    home: &str,
    name: &str,
) -> Result<Option<Database>, EngineFault> {
    Ok(all(connection, home)?.into_iter().find(|database| database.name == name))
}

/// What is said of a name that no database has.
pub(crate) fn missing(name: &str) -> Failure {
    Failure::new("3D000", format!("database \"{name}\" does not exist"))
}

/// Writes the cluster's first database down, on the first start.
pub(super) fn create_first(
    connection: &Connection,
    home: &str,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    if !all(connection, home)?.is_empty() {
        return Ok(());
    }
    let database = Database {
        key: home.to_owned(),
        number: FIRST_NUMBER,
        name: home.to_owned(),
        owner: BOOTSTRAP_ID,
        connection_limit: None,
        serializable: false,
    };
    insert(connection, home, &database, now)
}

/// The number of the next new database.
pub(crate) fn next_number(databases: &[Database]) -> i64 {
    let last = databases.iter().map(|database| database.number).max();
    last.unwrap_or(FIRST_NUMBER).saturating_add(1)
}

/// Makes a database with its tables and its `public` schema, in the open transaction.
pub(crate) fn create(
    connection: &Connection,
    home: &str,
    database: &Database,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    create_database_tables(connection, &database.key)?;
    create_public(connection, &database.key)?;
    insert(connection, home, database, now)?;
    system::create_unions(connection, home, &all(connection, home)?)
}

fn insert(
    connection: &Connection,
    home: &str,
    database: &Database,
    now: DateTime<Utc>,
) -> Result<(), EngineFault> {
    let limit = database.connection_limit.map_or_else(|| "NULL".to_owned(), |n| n.to_string());
    connection.run(&format!(
        "INSERT INTO {table} VALUES ({number}, {name}, {owner}, {limit}, {serializable}, NULL, {now})",
        table = own(home, "databases"),
        number = database.number,
        name = literal(&database.name),
        owner = database.owner,
        serializable = database.serializable,
        now = timestamp(now),
    ))?;
    Ok(())
}

/// Drops a database with everything in it, in the open transaction.
pub(crate) fn remove(
    connection: &Connection,
    home: &str,
    database: &Database,
) -> Result<(), EngineFault> {
    let key = &database.key;
    let schemas = own(key, "schemas");
    let rows = connection.rows(&format!("SELECT coalesce(engine_name, name) FROM {schemas}"))?;
    let mut names: Vec<String> = rows.iter().flatten().map(|name| name.text().to_owned()).collect();
    names.push(own_schema_of(key));
    // Never a schema of the first database, whatever the table says.
    names.retain(|name| name.ends_with(MARK));
    connection.run(&format!(
        "DELETE FROM {} WHERE id = {}",
        own(home, "databases"),
        database.number
    ))?;
    system::create_unions(connection, home, &all(connection, home)?)?;
    let catalog = quote(&catalog_of(key));
    for name in names {
        connection.run(&format!("DROP SCHEMA {catalog}.{} CASCADE", quote(&name)))?;
    }
    Ok(())
}

/// Changes a database's row, in the open transaction; `assignment` is SQL of ours.
pub(crate) fn change(
    connection: &Connection,
    home: &str,
    number: i64,
    assignment: &str,
) -> Result<(), EngineFault> {
    let table = own(home, "databases");
    connection.run(&format!("UPDATE {table} SET {assignment} WHERE id = {number}"))?;
    system::create_unions(connection, home, &all(connection, home)?)
}
