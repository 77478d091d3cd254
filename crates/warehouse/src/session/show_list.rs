//! The lists of `SHOW`: queries over the catalog's views, with names and patterns as literals.
//! Redshift Developer Guide, "SHOW COLUMNS", "SHOW CONSTRAINTS", "SHOW TABLES" and their kin.
//!
//! It must not know what is in the views (`catalog/show.sql`). Start reading at
//! [`Session::list_sql`].

use redshift_sql::{ListKind, ObjectName, ShowList, Word};

use super::{Parameter, Session};
use crate::catalog::relations;
use crate::engine::literal;
use crate::errors::Failure;
use crate::privileges;

/// Where a list comes from: its view, the columns that the written names are compared with, the
/// column that `LIKE` is for, and the order.
struct Source {
    view: &'static str,
    scope: &'static [&'static str],
    like: &'static str,
    order: &'static str,
}

const fn source(
    view: &'static str,
    scope: &'static [&'static str],
    like: &'static str,
    order: &'static str,
) -> Source {
    Source { view, scope, like, order }
}

const DATABASE: &[&str] = &["database_name"];
const SCHEMA: &[&str] = &["database_name", "schema_name"];
const TABLE: &[&str] = &["database_name", "schema_name", "table_name"];
const REFERENCING: &[&str] = &["fk_database_name", "fk_schema_name", "fk_table_name"];
const REFERENCED: &[&str] = &["pk_database_name", "pk_schema_name", "pk_table_name"];
const GRANTED: &[&str] = &["database_name", "schema_name", "object_name"];
const PROCEDURE: &[&str] = &["database_name", "schema_name", "procedure_name"];
const FUNCTION: &[&str] = &["database_name", "schema_name", "function_name"];

fn source_of(kind: ListKind) -> Source {
    let by_column = "schema_name, table_name, ordinal_position";
    match kind {
        ListKind::Databases => source("databases", &[], "database_name", "database_name"),
        ListKind::Schemas => source("schemas", DATABASE, "schema_name", "schema_name"),
        ListKind::Tables => source("tables", SCHEMA, "table_name", "table_name"),
        ListKind::TablesOfDatabase => {
            source("tables", DATABASE, "table_name", "schema_name, table_name")
        }
        ListKind::Columns => source("columns", TABLE, "column_name", "ordinal_position"),
        ListKind::ColumnsOfDatabase => source("columns", DATABASE, "column_name", by_column),
        ListKind::PrimaryKeys => source("primary_keys", TABLE, "column_name", "pk_name, key_seq"),
        ListKind::ForeignKeys => {
            source("foreign_keys", REFERENCING, "fk_column_name", "fk_name, key_seq")
        }
        ListKind::ExportedKeys => source(
            "foreign_keys",
            REFERENCED,
            "pk_column_name",
            "fk_schema_name, fk_table_name, fk_name, key_seq",
        ),
        ListKind::TableGrants | ListKind::TableGrantsOfDatabase => {
            let scope = if kind == ListKind::TableGrants { GRANTED } else { DATABASE };
            source(
                "table_grants",
                scope,
                "identity_name",
                "schema_name, object_name, identity_type, identity_name, privilege_type",
            )
        }
        ListKind::ColumnGrants => source(
            "column_grants",
            TABLE,
            "column_name",
            "column_name, identity_type, identity_name, privilege_type",
        ),
        ListKind::Procedures => {
            source("procedures", SCHEMA, "procedure_name", "procedure_name, argument_list")
        }
        ListKind::Functions => {
            source("functions", SCHEMA, "function_name", "function_name, argument_list")
        }
        ListKind::ProcedureParameters => {
            source("procedure_parameters", PROCEDURE, "parameter_name", "ordinal_position")
        }
        ListKind::FunctionParameters => {
            source("function_parameters", FUNCTION, "parameter_name", "ordinal_position")
        }
    }
}

/// The column of a view that holds the table's name.
fn table_column(kind: ListKind) -> &'static str {
    if kind == ListKind::TableGrantsOfDatabase { "object_name" } else { "table_name" }
}

impl Session {
    /// The query behind a list. Without `parameters` it is only asked for its columns.
    ///
    /// # Errors
    /// 3D000, 3F000 or 42P01 when what the list is of does not exist.
    pub(super) fn list_sql(
        &mut self,
        list: &ShowList,
        parameters: Option<&[Parameter]>,
    ) -> Result<String, Failure> {
        let source = source_of(list.kind);
        let table = format!("memory.rs_show.{}", source.view);
        let Some(parameters) = parameters else {
            return Ok(format!("SELECT * FROM {table}"));
        };
        let mut conditions = self.scope(list, &source, parameters)?;
        let patterns = [
            ("schema_name", &list.schema_like),
            (table_column(list.kind), &list.table_like),
            (source.like, &list.like),
        ];
        for (column, pattern) in patterns {
            if let Some(pattern) = pattern {
                let pattern = literal(&text(pattern, parameters)?);
                conditions.push(format!("{column} LIKE {pattern} ESCAPE '\\'"));
            }
        }
        if !list.arguments.is_empty() {
            let types: Result<Vec<_>, _> =
                list.arguments.iter().map(|w| text(w, parameters)).collect();
            conditions.push(format!("argument_list = {}", literal(&types?.join(", "))));
        }
        let limit = list.limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
        let conditions =
            if conditions.is_empty() { String::from("true") } else { conditions.join(" AND ") };
        Ok(format!("SELECT * FROM {table} WHERE {conditions} ORDER BY {}{limit}", source.order))
    }

    /// What the written names say: each part against its column, the left-out ones filled in.
    fn scope(
        &mut self,
        list: &ShowList,
        source: &Source,
        parameters: &[Parameter],
    ) -> Result<Vec<String>, Failure> {
        let names: Result<Vec<_>, _> =
            list.names.iter().map(|word| text(word, parameters)).collect();
        let mut names = names?;
        if source.scope.len() == 3 && names.len() < 3 && is_of_table(list.kind) {
            names = self.full_name(names)?;
        }
        while names.len() < source.scope.len() {
            let missing = if source.scope.len().saturating_sub(names.len()) == 1 {
                self.database_name.clone()
            } else {
                String::from("public")
            };
            names.insert(0, missing);
        }
        self.check_scope(&names, list.kind)?;
        let columns = source.scope.iter().zip(&names);
        Ok(columns.map(|(column, name)| format!("{column} = {}", literal(name))).collect())
    }

    /// The place of a table that was named without its database.
    fn full_name(&mut self, mut names: Vec<String>) -> Result<Vec<String>, Failure> {
        let name = names.pop().unwrap_or_default();
        let object = ObjectName { database: None, schema: names.pop(), name: name.clone() };
        let (database, schema) = self.place_of(&object)?;
        Ok(vec![database, schema, name])
    }

    fn check_scope(&mut self, names: &[String], kind: ListKind) -> Result<(), Failure> {
        let [database, inner @ ..] = names else { return Ok(()) };
        let key = self.database_named(database)?.key;
        let [schema, rest @ ..] = inner else { return Ok(()) };
        let system = matches!(schema.as_str(), "pg_catalog" | "information_schema");
        if !system && relations::schema(&self.connection, &key, schema)?.is_none() {
            return Err(Failure::new("3F000", format!("schema \"{schema}\" does not exist")));
        }
        if let ([table], true) = (rest, is_of_table(kind)) {
            let object = ObjectName {
                database: Some(database.clone()),
                schema: Some(schema.clone()),
                name: table.clone(),
            };
            self.place_of(&object)?;
        }
        Ok(())
    }

    /// The database and schema of a relation that must exist.
    pub(super) fn place_of(&mut self, name: &ObjectName) -> Result<(String, String), Failure> {
        let resolved =
            self.with_scope(|connection, scope| privileges::resolve(connection, scope, name))?;
        match resolved {
            privileges::Resolved::Relation { database, relation } => {
                Ok((self.name_of(&database)?, relation.schema))
            }
            _ => Ok((self.database_name.clone(), String::from("pg_catalog"))),
        }
    }
}

fn is_of_table(kind: ListKind) -> bool {
    matches!(
        kind,
        ListKind::Columns
            | ListKind::PrimaryKeys
            | ListKind::ForeignKeys
            | ListKind::ExportedKeys
            | ListKind::TableGrants
            | ListKind::ColumnGrants
    )
}

/// A written word, or the text that the client bound.
fn text(word: &Word, parameters: &[Parameter]) -> Result<String, Failure> {
    match word {
        Word::Text(text) => Ok(text.clone()),
        Word::Parameter(number) => {
            let value = number.checked_sub(1).and_then(|index| parameters.get(index));
            match value {
                Some(
                    Parameter::Unknown(text)
                    | Parameter::Typed(_, text)
                    | Parameter::Value(_, Some(text)),
                ) => Ok(text.clone()),
                Some(Parameter::Expression(_)) => {
                    Err(Failure::new("0A000", "an expression as a name is not supported"))
                }
                Some(Parameter::Null(_) | Parameter::Value(_, None)) => {
                    Err(Failure::new("22004", "a name or pattern is null"))
                }
                None => Err(Failure::new("08P01", format!("there is no parameter ${number}"))),
            }
        }
    }
}
