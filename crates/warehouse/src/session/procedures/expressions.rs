//! Expressions and assignments: the engine evaluates, variables take the values.
//! Developer guide, "Supported PL/pgSQL statements", Assignment and SELECT INTO.

use std::sync::Arc;

use redshift_sql::procedural::{Fragment, Reference, Target};
use redshift_sql::{EngineStatement, Kind, ObjectName, SqlType, Statement};

use super::super::output::Nowhere;
use super::super::{Field, Notice, Output, Parameter, Session};
use super::frame::{Place, Row, Value};
use super::interpreter::Interpreter;
use crate::errors::Failure;
use crate::privileges::Resolved;

/// Takes the first rows of a result and counts the others; notices go on.
pub(super) struct Capture<'a> {
    output: &'a mut dyn Output,
    fields: Vec<Field>,
    /// The rows taken.
    pub(super) rows: Vec<Row>,
    limit: usize,
    /// All rows seen.
    pub(super) count: u64,
}

impl<'a> Capture<'a> {
    pub(super) fn new(output: &'a mut dyn Output, limit: usize) -> Self {
        Self { output, fields: Vec::new(), rows: Vec::new(), limit, count: 0 }
    }

    /// The columns' names, with NULLs, for an empty result.
    pub(super) fn nulls(&self) -> Row {
        let null = |field: &Field| (field.name.clone(), Value::null(field.kind.sql()));
        self.fields.iter().map(null).collect()
    }
}

impl Output for Capture<'_> {
    fn columns(&mut self, fields: &[Field]) -> Result<(), Failure> {
        self.fields = fields.to_vec();
        Ok(())
    }

    fn rows(&mut self, batch: &arrow::record_batch::RecordBatch) -> Result<(), Failure> {
        self.count = self.count.saturating_add(batch.num_rows() as u64);
        let wanted = self.limit.saturating_sub(self.rows.len());
        if wanted == 0 {
            return Ok(());
        }
        let batch = batch.slice(0, wanted.min(batch.num_rows()));
        for row in crate::front::texts(&batch)? {
            let cells = self.fields.iter().zip(row);
            let named = |(field, text): (&Field, Option<String>)| {
                (field.name.clone(), read(field.kind.sql(), text))
            };
            self.rows.push(cells.map(named).collect());
        }
        Ok(())
    }

    fn notice(&mut self, notice: &Notice) -> Result<(), Failure> {
        self.output.notice(notice)
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        self.output.parameter(name, value)
    }
}

/// A column's value; the engine keeps CHAR without its blanks.
fn read(kind: SqlType, text: Option<String>) -> Value {
    let text = match (kind, text) {
        (SqlType::Char(width), Some(mut text)) => {
            let width = usize::try_from(width).unwrap_or(0);
            text.push_str(&" ".repeat(width.saturating_sub(text.len())));
            Some(text)
        }
        (_, text) => text,
    };
    Value { kind, text }
}

impl Session {
    /// Reads a text that must be one statement.
    pub(super) fn parse_one(&mut self, sql: &str) -> Result<Statement, Failure> {
        let mut statements = self.parse(sql)?;
        statements.retain(|statement| statement.kind != Kind::Empty);
        match (statements.pop(), statements.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => {
                Err(Failure::new("42601", "cannot run several statements in one command"))
            }
            (None, _) => Err(Failure::new("22004", "the command is empty")),
        }
    }

    /// The first row of a query, with the columns' types.
    pub(super) fn first_row(
        &mut self,
        query: &EngineStatement,
        parameters: &[Parameter],
    ) -> Result<Option<Row>, Failure> {
        let mut nowhere = Nowhere;
        let mut capture = Capture::new(&mut nowhere, 1);
        self.run_engine(query, parameters, &mut capture)?;
        Ok(capture.rows.pop())
    }

    /// The columns of a table and their types.
    pub(super) fn row_type(
        &mut self,
        table: &ObjectName,
    ) -> Result<Vec<(String, SqlType)>, Failure> {
        let found = self
            .with_scope(|connection, scope| crate::privileges::resolve(connection, scope, table))?;
        let columns = match &found {
            Resolved::System { name, .. } => {
                return Err(Failure::new("0A000", format!("%ROWTYPE of {name} is not supported")));
            }
            _ => self.columns_of(&found)?.unwrap_or_default(),
        };
        let kind = |kind: Option<SqlType>| kind.unwrap_or(SqlType::Varchar(0));
        Ok(columns.into_iter().map(|column| (column.name, kind(column.sql_type))).collect())
    }

    /// The type of a column.
    pub(super) fn column_type(
        &mut self,
        table: &ObjectName,
        column: &str,
    ) -> Result<SqlType, Failure> {
        let found = self.row_type(table)?.into_iter().find(|(name, _)| name == column);
        found.map(|(_, kind)| kind).ok_or_else(|| {
            let text = format!("column \"{column}\" of relation \"{table}\" does not exist");
            Failure::new("42703", text)
        })
    }
}

impl Interpreter<'_> {
    /// The statement of a piece of SQL, read once for each call.
    pub(super) fn statement(&mut self, piece: &Fragment) -> Result<Arc<Statement>, Failure> {
        let place = std::ptr::from_ref(piece).addr();
        if let Some(known) = self.read.get(&place) {
            return Ok(Arc::clone(known));
        }
        let statement = Arc::new(self.session.parse_one(&piece.text)?);
        self.read.insert(place, Arc::clone(&statement));
        Ok(statement)
    }

    /// The values of a piece's references.
    pub(super) fn parameters(&self, piece: &Fragment) -> Result<Vec<Parameter>, Failure> {
        let value = |reference| self.value(reference).map(|value| value.parameter());
        piece.references.iter().map(value).collect()
    }

    /// What a variable or field holds.
    pub(super) fn value(&self, reference: &Reference) -> Result<Value, Failure> {
        let (number, field) = match reference {
            Reference::Variable(number) => (*number, None),
            Reference::Field(number, field) => (*number, Some(field)),
        };
        let Some(variable) = self.frame.get(number) else {
            return Err(Failure::internal("a variable without a place"));
        };
        let name = &variable.name;
        match (&variable.place, field) {
            (Place::Value(value), _) => Ok(value.clone()),
            (Place::Record(None), _) => {
                let text = format!("record \"{name}\" is not assigned yet");
                let mut failure = Failure::new("55000", text);
                failure.detail = Some(String::from(
                    "The tuple structure of a not-yet-assigned record is indeterminate.",
                ));
                Err(failure)
            }
            (Place::Record(Some(row)), Some(field)) => {
                let found = row.iter().find(|(column, _)| column == field);
                found.map(|(_, value)| value.clone()).ok_or_else(|| no_field(name, field))
            }
            (Place::Record(Some(_)), None) => Err(Failure::new(
                "0A000",
                format!("record \"{name}\" cannot be used as a value: name one of its fields"),
            )),
        }
    }

    /// The value of an expression.
    pub(super) fn evaluate(&mut self, expression: &Fragment) -> Result<Value, Failure> {
        if let Some(only) = expression.only_reference() {
            return self.value(only);
        }
        let statement = self.statement(expression)?;
        let parameters = self.parameters(expression)?;
        let Kind::Engine(query) = &statement.kind else {
            return Err(Failure::new("42601", "syntax error in an expression"));
        };
        let mut row = self.session.first_row(query, &parameters)?.unwrap_or_default();
        if row.len() > 1 {
            let text = format!("query \"{}\" returned {} columns", expression.text, row.len());
            return Err(Failure::new("42601", text));
        }
        Ok(row.pop().map_or_else(|| Value::null(SqlType::Varchar(0)), |(_, value)| value))
    }

    /// Whether a condition is true; NULL is not.
    pub(super) fn condition(&mut self, expression: &Fragment) -> Result<bool, Failure> {
        let value = self.evaluate(expression)?;
        let value = self.converted(value, SqlType::Boolean)?;
        Ok(value.is_true())
    }

    /// A bound of a loop over integers.
    pub(super) fn bound(&mut self, expression: &Fragment, which: &str) -> Result<i64, Failure> {
        let value = self.evaluate(expression)?;
        let value = self.converted(value, SqlType::Integer)?;
        let number = value.text.as_deref().and_then(|text| text.parse().ok());
        number.ok_or_else(|| {
            Failure::new("22004", format!("{which} bound of FOR loop cannot be NULL"))
        })
    }

    /// Sets a variable or a field.
    pub(super) fn assign(&mut self, target: &Reference, value: Value) -> Result<(), Failure> {
        match target {
            Reference::Variable(number) => self.assign_variable(*number, value),
            Reference::Field(number, field) => self.assign_field(*number, field, value),
        }
    }

    /// Sets a variable, converting to its type.
    pub(super) fn assign_variable(&mut self, number: usize, value: Value) -> Result<(), Failure> {
        let Some(variable) = self.frame.get(number) else {
            return Err(Failure::internal("a variable without a place"));
        };
        if matches!(variable.place, Place::Record(_)) {
            let text = format!("cannot assign a value to record \"{}\"", variable.name);
            return Err(Failure::new("42804", text));
        }
        if variable.not_null && value.text.is_none() {
            let name = &variable.name;
            let text = format!("NULL cannot be assigned to variable \"{name}\" declared NOT NULL");
            return Err(Failure::new("22004", text));
        }
        let value = self.converted(value, variable.kind)?;
        self.put(number, value);
        Ok(())
    }

    fn assign_field(&mut self, number: usize, field: &str, value: Value) -> Result<(), Failure> {
        let known = self.value(&Reference::Field(number, field.to_owned()))?;
        let value = self.converted(value, known.kind)?;
        if let Some(variable) = self.frame.get_mut(number)
            && let Place::Record(Some(row)) = &mut variable.place
            && let Some(place) = row.iter_mut().find(|(name, _)| name == field)
        {
            place.1 = value;
        }
        Ok(())
    }

    /// Gives a row to a target.
    pub(super) fn assign_row(&mut self, target: &Target, row: Row) -> Result<(), Failure> {
        match target {
            Target::Record(number) => {
                let declared = self.body.variables.get(*number).map(|variable| &variable.kind);
                if let Some(redshift_sql::procedural::VariableType::Row(_)) = declared {
                    return self.assign_typed_row(*number, row);
                }
                self.shape(*number, row);
            }
            Target::List(list) => {
                let mut values = row.into_iter().map(|(_, value)| value);
                for reference in list {
                    let value = values.next().unwrap_or_else(|| Value::null(SqlType::Varchar(0)));
                    self.assign(reference, value)?;
                }
            }
        }
        Ok(())
    }

    /// A `%ROWTYPE` keeps its columns: values go in by place.
    fn assign_typed_row(&mut self, number: usize, row: Row) -> Result<(), Failure> {
        let known = match self.frame.get(number).map(|variable| &variable.place) {
            Some(Place::Record(Some(known))) => known.clone(),
            _ => Vec::new(),
        };
        let mut values = row.into_iter().map(|(_, value)| value);
        let mut next = Vec::with_capacity(known.len());
        for (name, old) in known {
            let value = values.next().unwrap_or_else(|| Value::null(old.kind));
            next.push((name, self.converted(value, old.kind)?));
        }
        self.shape(number, next);
        Ok(())
    }

    /// The value in another type, as a column of that type would take it.
    pub(super) fn converted(&mut self, value: Value, kind: SqlType) -> Result<Value, Failure> {
        if matches!(kind, SqlType::Varchar(_) | SqlType::Char(_) | SqlType::Name) {
            let text = value.text.is_some().then(|| value.shown());
            let text = text.map(|text| fitted(text, kind)).transpose()?;
            return Ok(Value { kind, text });
        }
        if value.kind == kind || value.text.is_none() || widens(&value, kind) {
            return Ok(Value { kind, text: value.text });
        }
        let name = kind.to_string();
        let statement = match self.conversions.get(&name) {
            Some(known) => Arc::clone(known),
            None => {
                let read = self.session.parse_one(&format!("SELECT CAST($1 AS {name})"))?;
                let read = Arc::new(read);
                self.conversions.insert(name, Arc::clone(&read));
                read
            }
        };
        let Kind::Engine(query) = &statement.kind else {
            return Err(Failure::internal("a conversion is no query"));
        };
        let row = self.session.first_row(query, &[value.parameter()])?;
        let text = row.and_then(|mut row| row.pop()).and_then(|(_, value)| value.text);
        Ok(Value { kind, text })
    }
}

/// Integers go into integers that hold them.
fn widens(value: &Value, kind: SqlType) -> bool {
    let whole = |kind| matches!(kind, SqlType::SmallInt | SqlType::Integer | SqlType::BigInt);
    if !whole(value.kind) || !whole(kind) {
        return false;
    }
    let number = value.text.as_deref().and_then(|text| text.parse::<i64>().ok());
    number.is_some_and(|number| match kind {
        SqlType::SmallInt => i16::try_from(number).is_ok(),
        SqlType::Integer => i32::try_from(number).is_ok(),
        _ => true,
    })
}

/// A text of the type's length: only blanks may be cut, CHAR is filled up with them.
fn fitted(mut text: String, kind: SqlType) -> Result<String, Failure> {
    let Some(limit) = kind.max_bytes().filter(|limit| *limit > 0) else { return Ok(text) };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if text.len() > limit {
        if !text.bytes().skip(limit).all(|byte| byte == b' ') {
            return Err(Failure::new("22001", format!("value too long for type {kind}")));
        }
        text.truncate(text.floor_char_boundary(limit));
    }
    if matches!(kind, SqlType::Char(_)) {
        let missing = limit.saturating_sub(text.len());
        text.push_str(&" ".repeat(missing));
    }
    Ok(text)
}

fn no_field(record: &str, field: &str) -> Failure {
    Failure::new("42703", format!("record \"{record}\" has no field \"{field}\""))
}
