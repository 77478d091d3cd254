//! A function of texts as a scalar function of the engine.
//!
//! Every function takes any number of texts and knows no NULL among them: the engine answers NULL
//! when an argument is. Start reading at [`add`].

use std::error::Error;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListBuilder, StringArray, StringBuilder,
};
use duckdb::core::{DataChunkHandle, LogicalTypeHandle, LogicalTypeId};
use duckdb::vscalar::{ScalarFunctionSignature, VScalar};
use duckdb::vtab::arrow::{WritableVector, data_chunk_to_arrow, write_arrow_array_to_vector};

use super::EngineFault;

/// What a function gives: a value, `None` for NULL, or why it fails.
pub(super) type Answer<T> = Result<Option<T>, Fault>;
/// A function of texts.
pub(super) type Function<T> = fn(&[&str]) -> Answer<T>;

/// A failure of the statement: SQLSTATE and Redshift's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", redshift_sql::raise_text(self.sqlstate, &self.message))]
pub(super) struct Fault {
    /// Five characters.
    pub sqlstate: &'static str,
    /// Redshift's words.
    pub message: String,
}

impl Fault {
    /// A failure with its code and words.
    pub(super) fn new(sqlstate: &'static str, message: impl Into<String>) -> Self {
        Self { sqlstate, message: message.into() }
    }
}

/// The text of a SUPER value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct JsonText(pub String);

/// The texts of several SUPER values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Elements(pub Vec<String>);

/// A type that functions give.
pub(super) trait Output: Sized + Send + Sync + 'static {
    /// The engine's type.
    fn logical_type() -> LogicalTypeHandle;
    /// The rows of one vector.
    fn array(rows: Vec<Option<Self>>) -> ArrayRef;
}

/// The engine's JSON: text under another name.
fn json() -> LogicalTypeHandle {
    let mut text = LogicalTypeHandle::from(LogicalTypeId::Varchar);
    text.set_alias("JSON");
    text
}

impl Output for JsonText {
    fn logical_type() -> LogicalTypeHandle {
        json()
    }

    fn array(rows: Vec<Option<Self>>) -> ArrayRef {
        Arc::new(rows.into_iter().map(|row| row.map(|text| text.0)).collect::<StringArray>())
    }
}

impl Output for Elements {
    fn logical_type() -> LogicalTypeHandle {
        LogicalTypeHandle::list(&json())
    }

    fn array(rows: Vec<Option<Self>>) -> ArrayRef {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for row in rows {
            let present = row.is_some();
            for text in row.into_iter().flat_map(|row| row.0) {
                lists.values().append_value(text);
            }
            lists.append(present);
        }
        Arc::new(lists.finish())
    }
}

impl Output for String {
    fn logical_type() -> LogicalTypeHandle {
        LogicalTypeHandle::from(LogicalTypeId::Varchar)
    }

    fn array(rows: Vec<Option<Self>>) -> ArrayRef {
        Arc::new(rows.into_iter().collect::<StringArray>())
    }
}

impl Output for bool {
    fn logical_type() -> LogicalTypeHandle {
        LogicalTypeHandle::from(LogicalTypeId::Boolean)
    }

    fn array(rows: Vec<Option<Self>>) -> ArrayRef {
        Arc::new(rows.into_iter().collect::<BooleanArray>())
    }
}

impl Output for i32 {
    fn logical_type() -> LogicalTypeHandle {
        LogicalTypeHandle::from(LogicalTypeId::Integer)
    }

    fn array(rows: Vec<Option<Self>>) -> ArrayRef {
        Arc::new(rows.into_iter().collect::<Int32Array>())
    }
}

/// The engine's view of the functions that give `T`.
struct OfTexts<T>(PhantomData<T>);

impl<T: Output> VScalar for OfTexts<T> {
    type State = Function<T>;

    fn invoke(
        function: &Self::State,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn Error>> {
        let batch = data_chunk_to_arrow(input)?;
        let columns: Vec<&StringArray> =
            batch.columns().iter().filter_map(|column| column.as_string_opt()).collect();
        if columns.len() != batch.num_columns() {
            return Err("an argument is no text".into());
        }
        let mut rows = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let texts: Option<Vec<&str>> = columns
                .iter()
                .map(|column| (!column.is_null(row)).then(|| column.value(row)))
                .collect();
            rows.push(match texts {
                Some(texts) => function(&texts)?,
                None => None,
            });
        }
        write_arrow_array_to_vector(&T::array(rows), output)
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        let text = LogicalTypeHandle::from(LogicalTypeId::Varchar);
        vec![ScalarFunctionSignature::variadic(text, T::logical_type())]
    }
}

/// Registers one function.
pub(super) fn add<T: Output>(
    root: &duckdb::Connection,
    name: &str,
    function: Function<T>,
) -> Result<(), EngineFault> {
    Ok(root.register_scalar_function_with_state::<OfTexts<T>>(name, &function)?)
}
