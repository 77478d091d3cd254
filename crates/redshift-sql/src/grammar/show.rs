//! `SHOW` (SQL commands › SHOW and its family).

use sqlparser::tokenizer::Token;

use super::session::parameter;
use crate::ast::{Kind, Show};
use crate::cursor::{Cursor, Parse};

/// Reads the statement after the word `SHOW`.
pub(super) fn parse(c: &mut Cursor<'_>) -> Parse<Kind> {
    let show = if c.accept("all") {
        Show::All
    } else if c.accept("databases") {
        Show::Databases { like: like(c)? }
    } else if c.accept("schemas") {
        c.expect("from database")?;
        Show::Schemas { database: c.name()?, like: like(c)? }
    } else if c.accept("tables from schema") {
        Show::Tables { schema: c.object_name()?, like: like(c)? }
    } else if c.accept("columns from table") {
        Show::Columns { table: c.object_name()?, like: like(c)? }
    } else if c.accept("grants on table") || c.accept("grants on") {
        Show::GrantsOnTable(c.object_name()?)
    } else if c.accept("time zone") {
        Show::Parameter("timezone".into())
    } else if c.accept("session authorization") || c.accept("session_authorization") {
        Show::Parameter("session_authorization".into())
    } else if c.accept("transaction isolation level") {
        Show::Parameter("transaction_isolation".into())
    } else if is_object_list(c) {
        return Err(c.unsupported("this form of SHOW is not supported"));
    } else {
        Show::Parameter(parameter(c)?)
    };
    Ok(Kind::Show(show))
}

/// `SHOW TABLE t`, `SHOW VIEW v`, `SHOW TABLES FROM DATABASE …`: two words at least.
fn is_object_list(c: &Cursor<'_>) -> bool {
    matches!(c.peek_at(1).map(|lexeme| &lexeme.token), Some(Token::Word(_)))
}

fn like(c: &mut Cursor<'_>) -> Parse<Option<String>> {
    if c.accept("like") { c.string().map(Some) } else { Ok(None) }
}
