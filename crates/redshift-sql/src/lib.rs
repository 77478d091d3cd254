//! The Redshift SQL dialect: text in, statements out; those for the engine already rewritten to
//! the engine's SQL.
//!
//! Only what is understood reaches the engine: an unknown statement, function or table function
//! is refused here, with its SQLSTATE and position. This crate is pure: it must not know the
//! engine's API, the catalog, the session, the clock. Start reading at [`parse`] and
//! [`ast::Kind`]; then `grammar/` (statements), `query.rs` (queries), `rewrite/` (the passes).

pub mod ast;
mod cursor;
mod dialect;
mod emit;
mod error;
mod grammar;
mod lexer;
mod merge;
mod password;
pub mod procedural;
mod query;
mod redact;
mod relations;
mod resolve;
mod rewrite;
mod tag;
pub mod types;
mod udf;
mod walk;
mod with_change;
mod words;
mod zones;

#[cfg(test)]
mod tests;

pub use ast::*;
pub use error::{SqlError, raise_text, raised};
pub use grammar::check_encoding;
pub use password::check_plain as check_password;
pub use redact::redact;
pub use resolve::{Catalog, ColumnType, NoCatalog, Parsed, Resolution};
pub use rewrite::forms::FORMED as FORMED_FUNCTIONS;
pub use rewrite::guard::{Guard, Mask, Protected, RowFilter};
pub use rewrite::overloads::cost as conversion_cost;
pub use rewrite::{MONTHS, Written, similar_pattern, zone_of};
pub use tag::command_tag;
pub use types::SqlType;
pub use udf::{GivenType, NoFunctions, UserFunction, UserFunctions, check_function};
pub use zones::Zone;

use cursor::Cursor;
use sqlparser::tokenizer::Token;

/// How a session wants its text read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// `enable_case_sensitive_identifier`: quoted identifiers keep their case.
    pub case_sensitive_identifiers: bool,
    /// `enable_case_sensitive_super_attribute`: unquoted attributes of SUPER values keep their case.
    pub case_sensitive_super_attributes: bool,
}

/// Settings the engine must run with for rewritten SQL to mean what it should.
///
/// The warehouse sets them globally before it locks the configuration.
pub const ENGINE_SETTINGS: &[(&str, &str)] = &[
    // `5/2` is 2.
    ("integer_division", "true"),
    // NULL sorts as the largest value.
    ("default_null_order", "'nulls_last_on_asc_first_on_desc'"),
    // Names arrive folded and quoted; results keep them as they are.
    ("preserve_identifier_case", "true"),
];

/// Reads a text of any number of statements separated by `;`.
///
/// An empty text, or one of comments only, is one [`Kind::Empty`].
///
/// # Errors
/// [`SqlError`] with the SQLSTATE, text and position of the first thing not understood; then no
/// statement of the text may run, as in the simple query protocol a syntax error stops them all.
pub fn parse(sql: &str, options: &Options) -> Result<Vec<Statement>, SqlError> {
    parse_with(sql, options, &NoFunctions)
}

/// The same where the database has functions of its own.
///
/// # Errors
/// As [`parse`], and those of [`UserFunctions::find`].
pub fn parse_with(
    sql: &str,
    options: &Options,
    functions: &dyn UserFunctions,
) -> Result<Vec<Statement>, SqlError> {
    on_a_deep_stack(|| parse_statements(sql, options, functions))
}

/// Stack for the deepest tree that is accepted, whatever is left of the caller's: walking, printing
/// and dropping a tree are recursive.
const STACK_BYTES: usize = 128 * 1024 * 1024;

/// Runs `work` on a stack that is deep enough for whatever this crate accepts.
pub fn on_a_deep_stack<T>(work: impl FnOnce() -> T) -> T {
    // Memory is reserved, and used only as far as the depth asks for it.
    stacker::grow(STACK_BYTES, work)
}

fn parse_statements(
    sql: &str,
    options: &Options,
    functions: &dyn UserFunctions,
) -> Result<Vec<Statement>, SqlError> {
    let lexemes = lexer::tokenize(sql, options)?;
    let mut statements = Vec::new();
    for part in lexemes.split(|lexeme| lexeme.token == Token::SemiColon) {
        let mut cursor = Cursor::new(part, sql).with_functions(functions);
        if part.is_empty() {
            continue;
        }
        let (text, position) = (cursor.text_of(part), cursor.position());
        let kind = grammar::statement(&mut cursor)?;
        statements.push(Statement { kind, text, position });
    }
    if statements.is_empty() {
        statements.push(Statement { kind: Kind::Empty, text: String::new(), position: 1 });
    }
    Ok(statements)
}

/// Reads one query, as the body of an `UNLOAD`: a single `SELECT` without an outer `LIMIT`.
///
/// # Errors
/// As [`parse`]; 42601 `Limit clause is not supported` for an outer limit. Positions count in
/// `sql` itself.
pub fn parse_query(sql: &str, options: &Options) -> Result<EngineStatement, SqlError> {
    parse_query_with(sql, options, &NoFunctions)
}

/// The same where the database has functions of its own.
///
/// # Errors
/// As [`parse_query`], and those of [`UserFunctions::find`].
pub fn parse_query_with(
    sql: &str,
    options: &Options,
    functions: &dyn UserFunctions,
) -> Result<EngineStatement, SqlError> {
    let mut lexemes = lexer::tokenize(sql, options)?;
    if lexemes.last().is_some_and(|last| last.token == Token::SemiColon) {
        lexemes.pop();
    }
    let mut cursor = Cursor::new(&lexemes, sql).with_functions(functions);
    if cursor.at_end() {
        return Err(cursor.unexpected());
    }
    on_a_deep_stack(|| query::unloadable(&mut cursor))
}
