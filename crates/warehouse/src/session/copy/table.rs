//! The table of a COPY: which of its columns the files fill, and the statement that does it.
//! Redshift Developer Guide, "COPY › Column mapping options", "EXPLICIT_IDS".

use std::collections::HashMap;

use load::options::Options;
use load::target::Target;
use redshift_sql::{Access, Copy, Privilege, SqlType};

use super::super::Session;
use super::super::columns::{FieldType, declared, of_engine_name};
use crate::catalog::relations::declared_types;
use crate::engine::{Value, catalog_of, literal, quote};
use crate::errors::Failure;
use crate::privileges::Resolved;

/// Where rows go.
pub(super) struct Table {
    /// Its name, as messages have it.
    pub name: String,
    /// Its id; 0 for temporary tables, which the catalog does not number.
    pub id: i64,
    /// Its name for the engine.
    engine_name: String,
    /// The columns that the files fill, in order.
    pub targets: Vec<Target>,
}

/// A column as the engine has it.
struct Column {
    name: String,
    ty: SqlType,
    nullable: bool,
    identity: bool,
}

impl Table {
    /// The statement that inserts what `source` gives.
    pub(super) fn insert(&self, source: &str) -> String {
        let names: Vec<String> = self.targets.iter().map(|target| quote(&target.name)).collect();
        let names = names.join(", ");
        format!("INSERT INTO {} ({names}) SELECT {names} FROM {source}", self.engine_name)
    }
}

impl Session {
    /// Finds the table, checks the INSERT privilege, and chooses the columns.
    pub(super) fn copy_table(&mut self, copy: &Copy, options: &Options) -> Result<Table, Failure> {
        let access = Access {
            name: copy.table.clone(),
            privilege: Privilege::Insert,
            columns: copy.columns.clone(),
            position: 0,
        };
        let found = self.check_accesses(&[access])?.into_iter().next();
        let (name, id, parts) = match found {
            Some(Resolved::Temporary { name }) => {
                let parts = [String::from("temp"), String::from("main"), name.clone()];
                (name, 0, parts)
            }
            Some(Resolved::Relation { database, relation }) if !relation.is_view() => {
                let parts = [catalog_of(&database), relation.schema, relation.name.clone()];
                (relation.name, relation.id, parts)
            }
            _ => {
                let name = &copy.table.name;
                return Err(Failure::new("42809", format!("\"{name}\" is not a table")));
            }
        };
        let declared = match copy.table.database.as_deref() {
            _ if id == 0 => HashMap::new(),
            other => {
                let database = other.unwrap_or(&self.database).to_owned();
                self.declared_of(&database, id)?
            }
        };
        let columns = self.table_columns(&parts, &declared)?;
        let targets = targets(columns, copy.columns.as_deref(), options, &name)?;
        let engine_name = parts.map(|part| quote(&part)).join(".");
        Ok(Table { name, id, engine_name, targets })
    }

    fn declared_of(&self, database: &str, id: i64) -> Result<HashMap<String, SqlType>, Failure> {
        let types = declared_types(&self.connection, database, id)?;
        Ok(types.into_iter().filter_map(|(name, text)| Some((name, declared(&text)?))).collect())
    }

    fn table_columns(
        &self,
        [catalog, schema, table]: &[String; 3],
        declared: &HashMap<String, SqlType>,
    ) -> Result<Vec<Column>, Failure> {
        let place = format!(
            "database_name = {} AND schema_name = {} AND table_name = {}",
            literal(catalog),
            literal(schema),
            literal(table)
        );
        let checks = self.connection.rows(&format!(
            "SELECT expression FROM duckdb_constraints() WHERE {place} AND constraint_type = 'CHECK'"
        ))?;
        let lengths: Vec<(String, SqlType)> =
            checks.iter().flatten().filter_map(|check| checked_type(check.text())).collect();
        let rows = self.connection.rows(&format!(
            "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() \
             WHERE {place} ORDER BY column_index"
        ))?;
        let column = |row: &Vec<Value>| {
            let [name, kind, nullable, default] = row.as_slice() else { return None };
            let name = name.text().to_owned();
            let checked = lengths.iter().find(|(column, _)| *column == name).map(|(_, ty)| *ty);
            let ty = declared.get(&name).copied().or(checked).or_else(|| engine_type(kind.text()));
            let identity =
                default.text().contains("nextval('") && default.text().contains("identity ");
            let nullable = nullable.is_true();
            Some(Column { name, ty: ty?, nullable, identity })
        };
        Ok(rows.iter().filter_map(column).collect())
    }
}

/// A type that the engine says everything about; text without a length is as long as can be.
fn engine_type(kind: &str) -> Option<SqlType> {
    if kind == "JSON" {
        return Some(SqlType::Super);
    }
    if kind == "TIME WITH TIME ZONE" {
        return Some(SqlType::TimeTz);
    }
    match of_engine_name(kind) {
        FieldType::Sql(SqlType::Varchar(0)) => Some(SqlType::Varchar(65_535)),
        FieldType::Sql(SqlType::Varbyte(0)) => Some(SqlType::Varbyte(16_777_216)),
        FieldType::Sql(ty) => Some(ty),
        _ => None,
    }
}

/// Column and declared type out of the engine's check of a text's length, which is where the
/// length of a temporary table's column is kept.
fn checked_type(check: &str) -> Option<(String, SqlType)> {
    let (_, rest) = check.split_once("strlen(")?;
    let (column, _) = rest.split_once(')')?;
    let (_, rest) = check.split_once("value too long for type ")?;
    let (ty, _) = rest.split_once(')')?;
    let ty = SqlType::parse(&format!("{ty})")).ok()?;
    Some((column.trim_matches('"').to_owned(), ty))
}

/// The columns that files fill: those listed, or all but the identity columns, which only
/// EXPLICIT_IDS lets be given.
fn targets(
    columns: Vec<Column>,
    listed: Option<&[String]>,
    options: &Options,
    table: &str,
) -> Result<Vec<Target>, Failure> {
    let target = |column: &Column| Target {
        name: column.name.clone(),
        ty: column.ty,
        nullable: column.nullable,
    };
    let Some(listed) = listed else {
        let given = |column: &&Column| options.explicit_ids || !column.identity;
        return Ok(columns.iter().filter(given).map(target).collect());
    };
    let find = |name: &String| {
        let column = columns.iter().find(|column| column.name == *name).ok_or_else(|| {
            let message = format!("column \"{name}\" of relation \"{table}\" does not exist");
            Failure::new("42703", message)
        })?;
        if column.identity && !options.explicit_ids {
            let message = format!("cannot set an identity column to a value: \"{name}\"");
            let mut failure = Failure::new("0A000", message);
            failure.hint = Some(String::from("Use EXPLICIT_IDS."));
            return Err(failure);
        }
        Ok(target(column))
    };
    let targets = listed.iter().map(find).collect::<Result<Vec<_>, Failure>>()?;
    let twice = |name: &String| listed.iter().filter(|other| *other == name).count() > 1;
    match listed.iter().find(|name| twice(name)) {
        Some(name) => {
            let message = format!("column \"{name}\" specified more than once");
            Err(Failure::new("42701", message))
        }
        None => Ok(targets),
    }
}
