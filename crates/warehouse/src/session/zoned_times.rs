//! TIMETZ values in results: the engine hands them out without their offsets, so it is asked for
//! their texts instead.
//! Redshift Developer Guide, "Datetime types", TIMETZ.

use std::borrow::Cow;

use redshift_sql::{Resolution, SqlType};

use super::engine_sql::describe_sql;
use crate::engine::{Connection, quote};
use crate::errors::Failure;

/// A query with the texts of its TIMETZ columns; as it is where there are none.
///
/// # Errors
/// The engine's, for a query that it does not understand.
pub(super) fn shown<'a>(
    connection: &Connection,
    resolution: &'a Resolution,
) -> Result<Cow<'a, str>, Failure> {
    let columns = resolution.columns.as_deref().unwrap_or_default();
    if columns.iter().all(|column| column.sql_type != Some(SqlType::TimeTz)) {
        return Ok(Cow::Borrowed(&resolution.sql));
    }
    // Columns are told by their numbers: all of them must be known.
    if describe_sql(connection, &resolution.sql)?.len() != columns.len() {
        return Ok(Cow::Borrowed(&resolution.sql));
    }
    let numbered = columns.iter().zip(1_usize..).map(|(column, number)| {
        let name = quote(&column.name);
        match column.sql_type {
            Some(SqlType::TimeTz) => format!("CAST(#{number} AS VARCHAR) AS {name}"),
            _ => format!("#{number} AS {name}"),
        }
    });
    let columns: Vec<String> = numbered.collect();
    Ok(Cow::Owned(format!("SELECT {} FROM ({})", columns.join(", "), resolution.sql)))
}
