//! Materialized views (SQL commands › CREATE MATERIALIZED VIEW, REFRESH, ALTER).

use sqlparser::tokenizer::Token;

use super::attributes::table_attribute;
use crate::ast::{CreateMaterializedView, Kind, TableAttributes};
use crate::cursor::{Cursor, Parse};
use crate::lexer::Lexeme;
use crate::{query, relations};

/// Words of queries that a refresh must run whole (Materialized views › Refreshing › Limitations).
const NOT_INCREMENTAL: &[&str] = &[
    "left",
    "right",
    "full",
    "union",
    "intersect",
    "except",
    "minus",
    "over",
    "distinct",
    "limit",
    "order",
    "offset",
    "top",
    "median",
    "listagg",
    "percentile_cont",
    "stddev",
    "variance",
];

/// Reads the statement after `CREATE MATERIALIZED VIEW`.
pub(super) fn create(c: &mut Cursor<'_>) -> Parse<Kind> {
    let name = relations::new_name(c)?;
    let mut attributes = TableAttributes::default();
    let mut auto_refresh = None;
    while !c.looking_at(&["as"]) {
        if c.accept("auto refresh") {
            if auto_refresh.replace(yes_or_no(c)?).is_some() {
                return Err(super::authorization::redundant().at(c.last_position()));
            }
        } else if !table_attribute(c, &mut attributes)? {
            return Err(c.unexpected());
        }
    }
    c.expect("as")?;
    let lexemes = c.rest();
    let engine_query = query::select_in(c, lexemes)?;
    let incremental = !lexemes.iter().any(needs_all);
    let query = c.text_of(without_parens(lexemes));
    c.finish_rest();
    if engine_query.parameters > 0 {
        return Err(c.unsupported("parameters are not supported in CREATE MATERIALIZED VIEW"));
    }
    Ok(Kind::CreateMaterializedView(Box::new(CreateMaterializedView {
        name,
        attributes,
        auto_refresh: auto_refresh.unwrap_or(false),
        incremental,
        query,
        engine_query,
    })))
}

/// Reads the statement after `ALTER MATERIALIZED VIEW`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Parse<Kind> {
    let name = c.object_name()?;
    if c.looking_at(&["row", "level"]) || c.looking_at(&["alter"]) {
        return Err(c.unsupported("this form of ALTER MATERIALIZED VIEW is not supported"));
    }
    c.expect("auto refresh")?;
    Ok(Kind::AlterMaterializedView { name, auto_refresh: yes_or_no(c)? })
}

/// Reads the statement after `REFRESH MATERIALIZED VIEW`.
pub(super) fn refresh(c: &mut Cursor<'_>) -> Parse<Kind> {
    let name = c.object_name()?;
    let cascade = c.accept("cascade");
    let _ = !cascade && c.accept("restrict");
    Ok(Kind::RefreshMaterializedView { name, cascade })
}

fn yes_or_no(c: &mut Cursor<'_>) -> Parse<bool> {
    match c.accept_one_of(&["yes", "no"]) {
        Some(word) => Ok(word == "yes"),
        None => Err(c.unexpected()),
    }
}

fn needs_all(lexeme: &Lexeme) -> bool {
    NOT_INCREMENTAL.iter().any(|word| crate::cursor::is_word(lexeme, word))
}

/// `AS ( query )` means the query.
fn without_parens(lexemes: &[Lexeme]) -> &[Lexeme] {
    match lexemes {
        [first, inner @ .., last]
            if first.token == Token::LParen
                && last.token == Token::RParen
                && closes_last(inner) =>
        {
            inner
        }
        all => all,
    }
}

/// Whether no parenthesis inside closes the one before.
fn closes_last(inner: &[Lexeme]) -> bool {
    let mut depth = 0_i64;
    inner.iter().all(|lexeme| {
        match lexeme.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth >= 0
    })
}
