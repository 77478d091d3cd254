//! What a relation's name stands for, by the session's search path.
//! Redshift Developer Guide, "Search path", "Cross-database queries".

use std::collections::HashSet;

use redshift_sql::ObjectName;

use crate::catalog::databases;
use crate::catalog::relations::{self, Relation};
use crate::catalog::system::{self, System, Visibility};
use crate::engine::{Connection, MARK, OWN_SCHEMA};
use crate::errors::Failure;

/// Where names are looked up.
pub(crate) struct Scope<'a> {
    /// The key of the cluster's first database.
    pub home: &'a str,
    /// The key of the connected database.
    pub database: &'a str,
    /// Its name.
    pub database_name: &'a str,
    /// The schemas of the search path that exist, in order.
    pub search_path: &'a [String],
    /// The session's temporary tables.
    pub temporary: &'a HashSet<String>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// A temporary table of the session.
    Temporary {
        /// Its name.
        name: String,
    },
    /// A view of the system catalog.
    System {
        /// Its name.
        name: String,
        /// Who may read it.
        visibility: Visibility,
    },
    /// A table or view.
    Relation {
        /// The key of the database it is in.
        database: String,
        /// The relation.
        relation: Relation,
    },
}

/// Schemas that exist in the engine and not in Redshift, or that are our own.
pub(crate) fn is_hidden_schema(schema: &str) -> bool {
    schema == OWN_SCHEMA
        || schema.ends_with(MARK)
        || matches!(
            schema,
            "memory"
                | "system"
                | "temp"
                | "main"
                | "rs_catalog"
                | "rs_information"
                | "rs_own"
                | "rs_show"
        )
}

/// Looks a relation up.
///
/// # Errors
/// 42P01 when there is no such relation, 3F000 for a schema, 3D000 for a database, 0A000 for a
/// documented system view that is not built.
pub(crate) fn resolve(
    connection: &Connection,
    scope: &Scope<'_>,
    name: &ObjectName,
) -> Result<Resolved, Failure> {
    let database = match name.database.as_deref() {
        Some(other) if other != scope.database_name => {
            let found = databases::find(connection, scope.home, other)?;
            found.ok_or_else(|| databases::missing(other))?.key
        }
        _ => scope.database.to_owned(),
    };
    match name.schema.as_deref() {
        None => resolve_unqualified(connection, scope, &name.name),
        Some("pg_catalog") => system_view(system::find(&name.name), "pg_catalog", &name.name),
        Some("information_schema") => {
            system_view(system::find_information(&name.name), "information_schema", &name.name)
        }
        Some(schema) => resolve_in(connection, scope, &database, schema, &name.name),
    }
}

fn resolve_unqualified(
    connection: &Connection,
    scope: &Scope<'_>,
    name: &str,
) -> Result<Resolved, Failure> {
    if scope.temporary.contains(name) {
        return Ok(Resolved::Temporary { name: name.to_owned() });
    }
    if let Some(found) = system::find(name) {
        return system_view(Some(found), "pg_catalog", name);
    }
    let found = relations::find(connection, scope.database, scope.search_path, name)?;
    found.map_or_else(
        || Err(no_relation(name)),
        |relation| Ok(Resolved::Relation { database: scope.database.to_owned(), relation }),
    )
}

fn resolve_in(
    connection: &Connection,
    scope: &Scope<'_>,
    database: &str,
    schema: &str,
    name: &str,
) -> Result<Resolved, Failure> {
    if schema.starts_with("pg_temp") && scope.temporary.contains(name) {
        return Ok(Resolved::Temporary { name: name.to_owned() });
    }
    if is_hidden_schema(schema) || relations::schema(connection, database, schema)?.is_none() {
        return Err(Failure::new("3F000", format!("schema \"{schema}\" does not exist")));
    }
    let schemas = [schema.to_owned()];
    let found = relations::find(connection, database, &schemas, name)?;
    found.map_or_else(
        || Err(no_relation(&format!("{schema}.{name}"))),
        |relation| Ok(Resolved::Relation { database: database.to_owned(), relation }),
    )
}

fn system_view(found: Option<System>, schema: &str, name: &str) -> Result<Resolved, Failure> {
    match found {
        Some(System::View(visibility)) => {
            Ok(Resolved::System { name: name.to_owned(), visibility })
        }
        Some(System::NotBuilt) => Err(Failure::new("0A000", format!("{name} is not implemented"))),
        None => Err(no_relation(&format!("{schema}.{name}"))),
    }
}

fn no_relation(name: &str) -> Failure {
    Failure::new("42P01", format!("relation \"{name}\" does not exist"))
}
