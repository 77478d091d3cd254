//! `CREATE DATABASE` and `ALTER DATABASE` (SQL commands › CREATE DATABASE, ALTER DATABASE).

use crate::ast::{AlterDatabase, AlterDatabaseAction, CreateDatabase, Kind};
use crate::cursor::{Cursor, Parse};
use crate::error::SqlError;

/// Names that no user's database may have.
const RESERVED: [&str; 3] = ["template0", "template1", "padb_harvest"];

/// Reads the statement after `CREATE DATABASE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Parse<Kind> {
    let name = new_name(c)?;
    if c.looking_at(&["from"]) {
        return Err(c.unsupported("CREATE DATABASE … FROM is not supported"));
    }
    c.accept("with");
    let (mut owner, mut connection_limit, mut serializable) = (None, None, false);
    while !c.at_end() {
        if c.accept("owner") {
            c.accept_token(&sqlparser::tokenizer::Token::Eq);
            owner = Some(c.user_name()?);
        } else if c.accept("connection limit") {
            connection_limit = limit(c)?;
        } else if c.accept("isolation level") {
            serializable = isolation(c)?;
        } else {
            collation(c)?;
        }
    }
    Ok(Kind::CreateDatabase(CreateDatabase { name, owner, connection_limit, serializable }))
}

/// Reads the statement after `ALTER DATABASE`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Parse<Kind> {
    let name = c.name()?;
    if c.accept("rename to") {
        let actions = vec![AlterDatabaseAction::Rename(new_name(c)?)];
        return Ok(Kind::AlterDatabase(AlterDatabase { name, actions }));
    }
    if c.accept("owner to") {
        let actions = vec![AlterDatabaseAction::Owner(c.user_name()?)];
        return Ok(Kind::AlterDatabase(AlterDatabase { name, actions }));
    }
    if c.looking_at(&["collate"]) || c.looking_at(&["integration"]) {
        return Err(c.unsupported("this form of ALTER DATABASE is not supported"));
    }
    let mut actions = Vec::new();
    if c.accept("connection limit") {
        actions.push(AlterDatabaseAction::ConnectionLimit(limit(c)?));
    }
    if c.looking_at(&["collate"]) {
        return Err(c.unsupported("this form of ALTER DATABASE is not supported"));
    }
    if c.accept("isolation level") {
        actions.push(AlterDatabaseAction::Serializable(isolation(c)?));
    }
    if actions.is_empty() {
        return Err(c.unexpected());
    }
    Ok(Kind::AlterDatabase(AlterDatabase { name, actions }))
}

/// Letters, digits, `_`, `-` and blanks only, as in names that need no escape anywhere.
fn new_name(c: &mut Cursor<'_>) -> Parse<String> {
    let at = c.position();
    let name = c.name()?;
    let plain = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '-' | ' ');
    if !name.chars().all(plain) || name.len() > 64 || name.trim() != name {
        let message = format!("database names such as \"{name}\" are not supported");
        return Err(SqlError::unsupported(message).at(at));
    }
    if RESERVED.contains(&name.as_str()) {
        let message = format!("database name \"{name}\" is reserved");
        return Err(SqlError::new("42939", message).at(at));
    }
    Ok(name)
}

/// `{ limit | UNLIMITED }`.
fn limit(c: &mut Cursor<'_>) -> Parse<Option<u32>> {
    if c.accept("unlimited") { Ok(None) } else { c.integer().map(Some) }
}

/// True for `SERIALIZABLE`.
fn isolation(c: &mut Cursor<'_>) -> Parse<bool> {
    match c.accept_one_of(&["snapshot", "serializable"]) {
        Some(level) => Ok(level == "serializable"),
        None => Err(c.unexpected()),
    }
}

/// Only the default: comparing without regard to case would be another answer.
fn collation(c: &mut Cursor<'_>) -> Parse<()> {
    c.expect("collate")?;
    if super::attributes::collation(c)? {
        return Err(c.unsupported("COLLATE CASE_INSENSITIVE is not supported"));
    }
    Ok(())
}
