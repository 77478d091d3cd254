//! `SHOW` (SQL commands › SHOW and its family). Lists are in `show_list.rs`.

use sqlparser::tokenizer::Token;

use super::routines::routine_name;
use super::session::parameter;
use super::show_list;
use crate::ast::{Kind, RoutineKind, Show};
use crate::cursor::{Cursor, Parse};

/// Reads the statement after the word `SHOW`.
pub(super) fn parse(c: &mut Cursor<'_>) -> Parse<Kind> {
    let show = if let Some(list) = show_list::accept(c)? {
        Show::List(list)
    } else if c.accept("all") {
        Show::All
    } else if c.accept("procedure") {
        Show::Procedure(routine_name(c, RoutineKind::Procedure)?)
    } else if c.accept("time zone") {
        Show::Parameter("timezone".into())
    } else if c.accept("session authorization") || c.accept("session_authorization") {
        Show::Parameter("session_authorization".into())
    } else if c.accept("transaction isolation level") {
        Show::Parameter("transaction_isolation".into())
    } else if !is_two_words(c) {
        Show::Parameter(parameter(c)?)
    } else if c.accept("grants on") {
        Show::GrantsOnTable(c.object_name()?)
    } else if c.accept("table") {
        Show::Table(c.object_name()?)
    } else if c.accept("view") {
        Show::View(c.object_name()?)
    } else {
        return Err(c.unsupported("this form of SHOW is not supported"));
    };
    Ok(Kind::Show(show))
}

/// `SHOW TABLE t`: two words at least, where a parameter is one.
fn is_two_words(c: &Cursor<'_>) -> bool {
    matches!(c.peek_at(1).map(|lexeme| &lexeme.token), Some(Token::Word(_)))
}
