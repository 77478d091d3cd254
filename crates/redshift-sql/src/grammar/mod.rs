//! Statements: which word starts which, and one file per family of statements.
//!
//! Everything that sqlparser reads wrongly or not at all for Redshift is read here from tokens.
//! Queries and data changes go on to [`crate::query`]. Start reading at [`statement`].

mod alter;
mod attributes;
mod authorization;
mod column;
mod copy;
mod database;
mod defaults;
mod delimited;
mod encoding;
mod grant;
mod grant_scope;
mod materialized;
mod policies;
mod refused;
mod routines;
mod schema;
mod session;
mod show;
mod show_list;
mod table;
mod transaction;
mod unload;
mod users;

pub use encoding::check as check_encoding;
pub(crate) use table::select_into;

use crate::ast::Kind;
use crate::cursor::{Cursor, Parse};
use crate::query;

/// Reads one statement; every token must be used.
pub(crate) fn statement(c: &mut Cursor<'_>) -> Parse<Kind> {
    if c.at_end() {
        return Ok(Kind::Empty);
    }
    let kind = dispatch(c)?;
    c.end()?;
    Ok(kind)
}

fn dispatch(c: &mut Cursor<'_>) -> Parse<Kind> {
    if let Some(kind) = query::accept(c)? {
        return Ok(kind);
    }
    if c.accept("unload") {
        return unload::parse(c);
    }
    if c.accept("copy") {
        return copy::parse(c);
    }
    if c.accept("create") {
        return create(c);
    }
    if c.accept("drop") {
        return drop(c);
    }
    if c.accept("alter") {
        return alter(c);
    }
    if c.accept("call") {
        return routines::call(c);
    }
    if let Some(kind) = policies::attach(c)? {
        return Ok(kind);
    }
    if c.accept("grant") {
        return grant::grant(c);
    }
    if c.accept("revoke") {
        return grant::revoke(c);
    }
    if let Some(kind) = session::accept(c)? {
        return Ok(kind);
    }
    if let Some(kind) = transaction::accept(c)? {
        return Ok(kind);
    }
    if c.accept("refresh materialized view") {
        return materialized::refresh(c);
    }
    if c.accept("show") {
        return show::parse(c);
    }
    if let Some(kind) = schema::maintenance(c)? {
        return Ok(kind);
    }
    Err(refused::known(c).unwrap_or_else(|| c.unexpected()))
}

fn create(c: &mut Cursor<'_>) -> Parse<Kind> {
    if let Some(kind) = policies::create(c)? {
        return Ok(kind);
    }
    if let Some(kind) = users::create(c)? {
        return Ok(kind);
    }
    if let Some(kind) = schema::create(c)? {
        return Ok(kind);
    }
    if let Some(kind) = routines::create(c)? {
        return Ok(kind);
    }
    if c.accept("database") {
        return database::create(c);
    }
    if c.accept("materialized view") {
        return materialized::create(c);
    }
    match table::create(c)? {
        Some(kind) => Ok(kind),
        None => Err(refused::known_object(c, "CREATE").unwrap_or_else(|| c.unexpected())),
    }
}

fn drop(c: &mut Cursor<'_>) -> Parse<Kind> {
    if let Some(kind) = policies::drop(c)? {
        return Ok(kind);
    }
    if let Some(kind) = users::drop(c)? {
        return Ok(kind);
    }
    if let Some(kind) = routines::drop(c)? {
        return Ok(kind);
    }
    match schema::drop(c)? {
        Some(kind) => Ok(kind),
        None => Err(refused::known_object(c, "DROP").unwrap_or_else(|| c.unexpected())),
    }
}

fn alter(c: &mut Cursor<'_>) -> Parse<Kind> {
    if let Some(kind) = users::alter(c)? {
        return Ok(kind);
    }
    if let Some(kind) = policies::alter(c)? {
        return Ok(kind);
    }
    if c.accept("default privileges") {
        return defaults::parse(c);
    }
    if let Some(kind) = routines::alter(c)? {
        return Ok(kind);
    }
    if c.accept("schema") {
        return schema::alter(c);
    }
    if c.accept("table") {
        return alter::table(c);
    }
    if c.accept("database") {
        return database::alter(c);
    }
    if c.accept("materialized view") {
        return materialized::alter(c);
    }
    Err(refused::known_object(c, "ALTER").unwrap_or_else(|| c.unexpected()))
}
