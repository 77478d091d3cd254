//! Statements for the engine: checked, named, run, and their rows passed on.

use redshift_sql::{ColumnType, EngineStatement, Resolution, SqlType, Verb};

use super::columns::{self, of_engine_name};
use super::known::typed;
use super::parameters::{substitute, type_of_parameter};
use super::zoned_times::shown;
use super::{Field, FieldType, Output, Parameter, Session};
use crate::catalog::optional;
use crate::engine::{Connection, literal};
use crate::errors::Failure;
use crate::privileges::{self, Resolved};

impl Session {
    /// Checks a statement's accesses and gives the engine's SQL with its values put in, and what
    /// is known of its result.
    pub(super) fn engine_sql(
        &mut self,
        statement: &EngineStatement,
        parameters: &[Parameter],
    ) -> Result<Resolution, Failure> {
        let types: Vec<Option<SqlType>> = parameters.iter().map(Parameter::sql_type).collect();
        let mut resolution = self.resolve(statement, &types)?;
        resolution.sql = put_in(&resolution.sql, parameters);
        Ok(resolution)
    }

    /// Checks the privileges of a statement's accesses; reads of history wait for its writer.
    pub(super) fn check_accesses(
        &mut self,
        accesses: &[redshift_sql::Access],
    ) -> Result<Vec<Resolved>, Failure> {
        // Functions ask about the identity too, with no relation in sight.
        let identity = self.identity()?;
        self.tell_zone()?;
        if accesses.is_empty() {
            return Ok(Vec::new());
        }
        let resolved = self.with_scope(|connection, scope| {
            privileges::check(connection, scope, &identity, accesses)
        })?;
        let reads = |wanted: fn(&str) -> bool| {
            let is_wanted =
                |found: &Resolved| matches!(found, Resolved::System { name, .. } if wanted(name));
            resolved.iter().any(is_wanted)
        };
        if reads(is_history) {
            self.cluster.history.flush();
        }
        if reads(|name| name.ends_with("v_mv_info")) {
            self.note_stale()?;
        }
        if reads(|name| name == "pg_settings") {
            self.tell_settings()?;
        }
        if reads(tells_temporary) {
            self.tell_temporary()?;
        }
        Ok(resolved)
    }

    /// The declared types of temporary tables' columns, for the views that list them.
    fn tell_temporary(&mut self) -> Result<(), Failure> {
        let text = |name: &str, column: &ColumnType| {
            let declared = column.sql_type.as_ref().map(columns::type_name);
            let declared = optional(declared.as_deref());
            let (name, column) = (literal(name), literal(&column.name));
            format!("{{'relation': {name}, 'name': {column}, 'type': CAST({declared} AS VARCHAR)}}")
        };
        let tables = self.shapes.temporary.iter();
        let mut all: Vec<String> = tables
            .flat_map(|(name, columns)| columns.iter().map(move |column| text(name, column)))
            .collect();
        // A list without items has no type.
        all.push(String::from("{'relation': '', 'name': '', 'type': ''}"));
        self.set_variable("lb_temporary", &format!("[{}]", all.join(", ")))
    }

    /// The session's parameters, for `pg_settings` and `current_setting()`.
    pub(super) fn tell_settings(&self) -> Result<(), Failure> {
        let changes = Some(self.settings.changes());
        if self.settings_told.get() == changes {
            return Ok(());
        }
        let pair = |(name, value): (String, String)| {
            format!("{{'name': {}, 'setting': {}}}", literal(&name), literal(&value))
        };
        let pairs: Vec<String> = self.settings.all().into_iter().map(pair).collect();
        self.set_variable("lb_settings", &format!("[{}]", pairs.join(", ")))?;
        self.settings_told.set(changes);
        Ok(())
    }

    /// Runs a statement of the engine; gives its command tag.
    pub(super) fn run_engine(
        &mut self,
        statement: &EngineStatement,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let resolution = self.engine_sql(statement, parameters)?;
        if statement.returns_rows && statement.verb == Verb::Select {
            stream_typed(&self.connection, &resolution, output)?;
            return Ok(String::from("SELECT"));
        }
        let changed = self.connection.run(&resolution.sql)?;
        Ok(match statement.verb {
            Verb::Select => String::from("SELECT"),
            Verb::Insert => format!("INSERT 0 {changed}"),
            Verb::Update => format!("UPDATE {changed}"),
            Verb::Delete => format!("DELETE {changed}"),
            Verb::Merge => format!("MERGE {changed}"),
        })
    }

    /// The columns of a query, found without running it.
    pub(super) fn describe_query(
        &mut self,
        statement: &EngineStatement,
        types: &[Option<&'static str>],
    ) -> Result<Vec<Field>, Failure> {
        let given: Vec<Option<SqlType>> =
            types.iter().map(|engine| engine.and_then(type_of_parameter)).collect();
        let resolution = self.resolve(statement, &given)?;
        let sql = &resolution.sql;
        // A parameter of unknown type is text, unless its place needs another type.
        let as_text = with_nulls(sql, statement.parameters, types, Some("VARCHAR"));
        let mut described = describe_sql(&self.connection, &as_text);
        if described.is_err() && statement.parameters > 0 {
            let untyped = with_nulls(sql, statement.parameters, types, None);
            described = describe_sql(&self.connection, &untyped);
        }
        Ok(typed(described?, &resolution))
    }
}

/// The statement with its values put in.
pub(super) fn put_in(sql: &str, parameters: &[Parameter]) -> String {
    if parameters.is_empty() {
        return sql.to_owned();
    }
    substitute(sql, |n| parameters.get(n.checked_sub(1)?).map(Parameter::to_sql))
}

fn with_nulls(
    sql: &str,
    count: usize,
    types: &[Option<&'static str>],
    unknown: Option<&'static str>,
) -> String {
    let parameters: Vec<Parameter> = (0..count)
        .map(|index| Parameter::Null(types.get(index).copied().flatten().or(unknown)))
        .collect();
    put_in(sql, &parameters)
}

/// Asks the engine for a query's columns.
pub(super) fn describe_sql(connection: &Connection, sql: &str) -> Result<Vec<Field>, Failure> {
    let rows = connection.rows(&format!("DESCRIBE {sql}"))?;
    Ok(rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [name, kind, ..] => {
                Some(Field { name: name.text().to_owned(), kind: of_engine_name(kind.text()) })
            }
            _ => None,
        })
        .collect())
}

/// Runs a query and passes its rows on as they come.
pub(super) fn stream(
    connection: &Connection,
    sql: &str,
    output: &mut dyn Output,
) -> Result<(), Failure> {
    pass_on(connection, sql, |fields| fields, output)
}

/// The same, with what is known of the result's types.
fn stream_typed(
    connection: &Connection,
    resolution: &Resolution,
    output: &mut dyn Output,
) -> Result<(), Failure> {
    pass_on(connection, &shown(connection, resolution)?, |fields| typed(fields, resolution), output)
}

fn pass_on(
    connection: &Connection,
    sql: &str,
    fields: impl FnOnce(Vec<Field>) -> Vec<Field>,
    output: &mut dyn Output,
) -> Result<(), Failure> {
    let mut prepared = connection.prepare(sql)?;
    let schema = prepared.start()?;
    output.columns(&fields(columns::of_schema(&schema)))?;
    while let Some(batch) = prepared.next_batch()? {
        output.rows(&batch)?;
    }
    Ok(())
}

/// Text columns for results of our own (SHOW, EXPLAIN).
pub(super) fn text_fields(names: &[&str]) -> Vec<Field> {
    let kind = FieldType::Sql(redshift_sql::SqlType::Varchar(0));
    names.iter().map(|name| Field { name: (*name).to_owned(), kind }).collect()
}

/// Views that list temporary tables beside the others.
fn tells_temporary(name: &str) -> bool {
    matches!(name, "columns" | "tables" | "svv_columns" | "svv_tables")
}

/// Views of what ran and who was there, which the writer of history fills.
fn is_history(name: &str) -> bool {
    const BEGINNINGS: [&str; 5] = ["sys_", "stl_", "stv_", "svl_", "svcs_"];
    const OTHERS: [&str; 2] = ["pg_stat_activity", "svv_query_inflight"];
    BEGINNINGS.iter().any(|prefix| name.starts_with(prefix)) || OTHERS.contains(&name)
}
