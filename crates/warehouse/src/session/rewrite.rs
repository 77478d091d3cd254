//! Names in the engine's SQL: Redshift's databases and system schemas have other names there.
//!
//! Only dotted names that a statement's accesses hold are replaced, wherever they stand (a
//! column may repeat its table's whole name), never inside literals.

use redshift_sql::{Access, ObjectName, Privilege};

use super::Session;
use super::parameters::token_length;
use crate::catalog::relations;
use crate::catalog::system::{CATALOG_SCHEMA, INFORMATION_SCHEMA};
use crate::engine::{catalog_of, quote};
use crate::errors::Failure;

impl Session {
    /// The engine's SQL with the engine's names of the relations of its accesses.
    pub(super) fn engine_names(&self, sql: &str, accesses: &[Access]) -> Result<String, Failure> {
        rewrite_names(sql, accesses, |database, schema| self.engine_place_of(database, schema))
    }

    /// The same for a statement that makes or changes one object.
    pub(super) fn engine_names_of(&self, sql: &str, name: &ObjectName) -> Result<String, Failure> {
        let access =
            Access { name: name.clone(), privilege: Privilege::Select, columns: None, position: 0 };
        self.engine_names(sql, &[access])
    }

    /// The engine's catalog and name of a schema; `None` where it finds the schema as it is
    /// written.
    fn engine_place_of(
        &self,
        database: Option<&str>,
        schema: &str,
    ) -> Result<Option<String>, Failure> {
        if schema.starts_with("pg_temp") {
            return Ok(None);
        }
        let key = match database {
            Some(name) => self.database_named(name)?.key,
            None => self.database.clone(),
        };
        let engine = relations::engine_schema(&self.connection, &key, schema)?;
        let as_written = database.is_none() && engine == schema;
        Ok((!as_written).then(|| format!("{}.{}", quote(&catalog_of(&key)), quote(&engine))))
    }

    /// The same of a schema that must exist, by its database's key.
    pub(super) fn engine_schema(&self, database: &str, schema: &str) -> Result<String, Failure> {
        let engine = relations::engine_schema(&self.connection, database, schema)?;
        Ok(format!("{}.{}", quote(&catalog_of(database)), quote(&engine)))
    }
}

/// Replaces the names that the engine knows otherwise; `place` gives the engine's name of a
/// schema of a database.
fn rewrite_names(
    sql: &str,
    accesses: &[Access],
    place: impl Fn(Option<&str>, &str) -> Result<Option<String>, Failure>,
) -> Result<String, Failure> {
    let mut renames = Vec::new();
    for access in accesses {
        renames.extend(rename(&access.name, &place)?);
    }
    Ok(if renames.is_empty() { sql.to_owned() } else { replace(sql, &renames) })
}

/// The parts to look for and what stands in their place.
fn rename(
    name: &ObjectName,
    place: impl Fn(Option<&str>, &str) -> Result<Option<String>, Failure>,
) -> Result<Option<(Vec<String>, String)>, Failure> {
    let Some(schema) = name.schema.as_deref() else { return Ok(None) };
    let target = match schema {
        "pg_catalog" => Some(CATALOG_SCHEMA.to_owned()),
        "information_schema" => Some(INFORMATION_SCHEMA.to_owned()),
        _ => place(name.database.as_deref(), schema)?,
    };
    let Some(target) = target else { return Ok(None) };
    let parts = name.database.iter().cloned().chain([schema.to_owned(), name.name.clone()]);
    Ok(Some((parts.collect(), format!("{target}.{}", quote(&name.name)))))
}

fn replace(sql: &str, renames: &[(Vec<String>, String)]) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while !rest.is_empty() {
        let chain = dotted(rest);
        let found = renames.iter().find(|(parts, _)| {
            chain.len() >= parts.len() && chain.iter().zip(parts).all(|((part, _), p)| part == p)
        });
        let length = match found {
            Some((parts, target)) => {
                out.push_str(target);
                chain.get(parts.len().saturating_sub(1)).map_or(1, |(_, end)| *end)
            }
            None => {
                let whole = chain.last().map_or(0, |(_, end)| *end);
                let length = whole.max(one_token(rest));
                out.push_str(rest.get(..length).unwrap_or(rest));
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

fn one_token(rest: &str) -> usize {
    rest.chars().next().map_or(1, |first| token_length(rest, first).max(1))
}

/// The dotted name at the start of the text: each part, unquoted, and where it ends.
pub(super) fn dotted(text: &str) -> Vec<(String, usize)> {
    let mut parts = Vec::new();
    let mut at = 0_usize;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { break };
        if first != '"' && !first.is_alphabetic() && first != '_' && first != '#' {
            break;
        }
        let length = token_length(rest, first);
        let token = rest.get(..length).unwrap_or_default();
        let end = at.saturating_add(length);
        parts.push((unquoted(token), end));
        if text.get(end..).is_none_or(|tail| !tail.starts_with('.')) {
            break;
        }
        at = end.saturating_add(1);
    }
    parts
}

fn unquoted(token: &str) -> String {
    match token.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => token.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use redshift_sql::{Access, ObjectName, Privilege};

    use super::rewrite_names;

    fn access(database: Option<&str>, schema: Option<&str>, name: &str) -> Access {
        let own = |part: &str| part.to_owned();
        let name = ObjectName {
            database: database.map(own),
            schema: schema.map(own),
            name: name.to_owned(),
        };
        Access { name, privilege: Privilege::Select, columns: None, position: 0 }
    }

    #[test]
    fn names_are_replaced_where_they_are_names() {
        let accesses = [
            access(None, Some("pg_catalog"), "pg_class"),
            access(Some("dev"), Some("public"), "t"),
            access(None, Some("sales"), "orders"),
        ];
        for (sql, expect) in [
            (
                "select 1 from pg_catalog.pg_class c",
                "select 1 from memory.rs_catalog.\"pg_class\" c",
            ),
            (
                "select \"dev\".\"public\".\"t\".\"a\" from dev.public.t",
                "select \"dev$db\".\"public\".\"t\".\"a\" from \"dev$db\".\"public\".\"t\"",
            ),
            ("select 'pg_catalog.pg_class'", "select 'pg_catalog.pg_class'"),
            (
                "select * from sales.orders where a = 1.5",
                "select * from sales.orders where a = 1.5",
            ),
            ("select x.pg_catalog.pg_class", "select x.pg_catalog.pg_class"),
        ] {
            let place = |database: Option<&str>, schema: &str| {
                Ok(database.map(|database| format!("\"{database}$db\".\"{schema}\"")))
            };
            assert_eq!(rewrite_names(sql, &accesses, place).unwrap(), expect);
        }
    }
}
