//! Small values between our own code and the engine: literals in, rows of scalars out.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;

/// A scalar read from one of our own tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// NULL, or a type that our own tables do not use.
    Null,
    /// BOOLEAN.
    Bool(bool),
    /// Any integer; timestamps are microseconds since 1970.
    Int(i64),
    /// VARCHAR.
    Text(String),
}

impl Value {
    /// The text, empty for anything else.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The text, `None` for NULL.
    pub(crate) fn opt_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The integer, 0 for anything else.
    pub(crate) fn int(&self) -> i64 {
        match self {
            Self::Int(number) => *number,
            _ => 0,
        }
    }

    /// True only for TRUE.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

/// A string literal of the engine's SQL (it knows no backslash escapes).
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Adds a batch's rows as scalars.
pub(super) fn append_rows(batch: &RecordBatch, rows: &mut Vec<Vec<Value>>) {
    for row in 0..batch.num_rows() {
        rows.push(batch.columns().iter().map(|column| scalar(column.as_ref(), row)).collect());
    }
}

fn scalar(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        DataType::Int16 => Value::Int(column.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Value::Int(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Value::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Value::Int(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Utf8 => Value::Text(column.as_string::<i32>().value(row).to_owned()),
        _ => Value::Null,
    }
}
