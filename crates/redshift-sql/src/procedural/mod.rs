//! The language of stored procedures, PL/pgSQL as Redshift has it: text into blocks and
//! statements, with every variable resolved to a number.
//!
//! SQL inside stays text, with `$n` in the place of variables, and is read when it runs; only its
//! syntax is tried here. This module must not know the engine, the catalog or the session.
//! Amazon Redshift Developer Guide, "PL/pgSQL language reference". Start reading at [`read_body`];
//! [`Body`] is what comes of it.

mod ast;
mod block;
mod control;
mod cursors;
mod names;
mod reader;
mod simple;
mod syntax;
#[cfg(test)]
mod tests;

pub use ast::*;

use crate::ast::{Argument, ArgumentMode, ArgumentType};
use crate::error::SqlError;
use crate::types::SqlType;
use crate::{Options, lexer};
use reader::Reader;

/// Bytes of a body at most (Limits and differences for stored procedure support).
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Bytes of a text without a length of its own.
const LONGEST_TEXT: u32 = 65_535;

/// Why a body is none, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyError {
    /// The error; its position counts in the body.
    pub error: SqlError,
    /// The line of the body it stands on, from 1.
    pub line: usize,
}

/// Reads the body of the procedure `name`.
///
/// # Errors
/// 42601 for what is no PL/pgSQL, or SQL inside that is none; 0A000 for exception conditions other
/// than `OTHERS`; 54000 for a body or a number of variables above the limit.
pub fn read_body(
    name: &str,
    source: &str,
    arguments: &[Argument],
    options: &Options,
) -> Result<Body, BodyError> {
    crate::on_a_deep_stack(|| read(name, source, arguments, options))
}

fn read(
    name: &str,
    source: &str,
    arguments: &[Argument],
    options: &Options,
) -> Result<Body, BodyError> {
    if source.len() > MAX_BODY_BYTES {
        let error = SqlError::new("54000", "procedure source is longer than 2 MB");
        return Err(BodyError { error, line: 1 });
    }
    let lexemes = match lexer::tokenize(source, options) {
        Ok(lexemes) => lexemes,
        Err(error) => return Err(located(&Reader::new(&[], source, options), error)),
    };
    let mut reader = Reader::new(&lexemes, source, options);
    reader.names.open(None);
    let found = reader.names.declare("found", VariableType::Sql(SqlType::Boolean));
    reader.names.open(Some(name.to_owned()));
    declare_arguments(&mut reader, arguments);
    let block = reader.body().map_err(|error| located(&reader, error))?;
    let too_many = reader.names.variables.len() > names::MAX_VARIABLES;
    if too_many {
        let message = "a procedure has at most 1024 variables";
        return Err(BodyError { error: SqlError::new("54000", message), line: 1 });
    }
    let cursors = std::mem::take(&mut reader.cursors);
    let numbers = std::mem::take(&mut reader.names.arguments);
    let variables = std::mem::take(&mut reader.names.variables);
    let body = Body { variables, arguments: numbers, found, cursors, block };
    syntax::check(&body, options).map_err(|(line, error)| BodyError { error, line })?;
    Ok(body)
}

fn located(reader: &Reader<'_>, error: SqlError) -> BodyError {
    let line = error.position.map_or(1, |position| reader.line_at(position));
    BodyError { error, line }
}

fn declare_arguments(reader: &mut Reader<'_>, arguments: &[Argument]) {
    for argument in arguments {
        let kind = match argument.kind {
            // An argument's length is not part of it.
            ArgumentType::Sql(SqlType::Varchar(_) | SqlType::Char(_)) => {
                VariableType::Sql(SqlType::Varchar(LONGEST_TEXT))
            }
            ArgumentType::Sql(kind) => VariableType::Sql(kind),
            ArgumentType::Cursor => VariableType::Cursor,
        };
        let name = argument.name.as_deref().unwrap_or_default();
        let number = reader.names.declare(name, kind);
        // Inputs that are no outputs keep their values.
        let input_only = argument.mode == ArgumentMode::In;
        if let Some(variable) = reader.names.variables.get_mut(number) {
            variable.constant = input_only;
        }
        reader.names.arguments.push(number);
    }
}
