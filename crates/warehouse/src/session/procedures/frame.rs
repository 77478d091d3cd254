//! Values of variables while a procedure runs.
//!
//! A value is its type and its text as the wire shows it, floating-point numbers with all their
//! digits; it reaches the engine as a parameter only.

use redshift_sql::procedural::{Body, VariableType};
use redshift_sql::{ArgumentType, SqlType};

use super::super::Parameter;

/// A value of a variable or column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    /// Its type; a string's length of 0 is unknown.
    pub(super) kind: SqlType,
    /// Its text; `None` is NULL.
    pub(super) text: Option<String>,
}

impl Value {
    pub(super) fn null(kind: SqlType) -> Self {
        Self { kind, text: None }
    }

    pub(super) fn of_text(text: impl Into<String>) -> Self {
        Self { kind: SqlType::Varchar(0), text: Some(text.into()) }
    }

    pub(super) fn boolean(value: bool) -> Self {
        let text = if value { "t" } else { "f" };
        Self { kind: SqlType::Boolean, text: Some(text.to_owned()) }
    }

    pub(super) fn integer(value: i64) -> Self {
        let fits = i32::try_from(value).is_ok();
        let kind = if fits { SqlType::Integer } else { SqlType::BigInt };
        Self { kind, text: Some(value.to_string()) }
    }

    pub(super) fn is_true(&self) -> bool {
        self.text.as_deref() == Some("t") || self.text.as_deref() == Some("true")
    }

    /// The value for a statement.
    pub(super) fn parameter(&self) -> Parameter {
        Parameter::Value(self.kind, self.text.clone())
    }

    /// The text as it is shown: floating-point numbers with 15 digits (REAL: 6).
    pub(super) fn shown(&self) -> String {
        let Some(text) = &self.text else { return String::from("<NULL>") };
        let digits = match self.kind {
            SqlType::Double => 15,
            SqlType::Real => 6,
            _ => return text.clone(),
        };
        text.parse::<f64>()
            .map_or_else(|_| text.clone(), |number| crate::front::float(number, digits))
    }
}

/// A row: the names of its columns and their values.
pub(super) type Row = Vec<(String, Value)>;

/// What a variable holds.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// One value.
    Value(Value),
    /// A record; `None` before it is first assigned.
    Record(Option<Row>),
}

/// A variable while it lives.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Its type; of a record no more than that it is one.
    pub(super) kind: SqlType,
    pub(super) not_null: bool,
    pub(super) place: Place,
}

/// The variables of one call.
pub(super) fn frame(body: &Body) -> Vec<Variable> {
    let variable = |declared: &redshift_sql::procedural::Variable| {
        let kind = match &declared.kind {
            VariableType::Sql(kind) => *kind,
            _ => SqlType::Varchar(0),
        };
        let place = if declared.kind.is_record() {
            Place::Record(None)
        } else {
            Place::Value(Value::null(kind))
        };
        Variable { name: declared.name.clone(), kind, not_null: declared.not_null, place }
    };
    body.variables.iter().map(variable).collect()
}

/// The type of an argument's values: a cursor's is its name.
pub(super) fn sql_type(kind: ArgumentType) -> SqlType {
    match kind {
        ArgumentType::Sql(kind) => kind,
        ArgumentType::Cursor => SqlType::Varchar(0),
    }
}
