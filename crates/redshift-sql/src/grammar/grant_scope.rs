//! What a grant can be about beside single tables, schemas and databases: functions and
//! procedures by their arguments, and everything of a kind in a place (SQL commands › GRANT,
//! scoped permissions).

use sqlparser::tokenizer::Token;

use super::grant::{SCHEMA, TABLE, invalid};
use crate::ast::{
    ColumnPrivilege, GrantObject, Privilege, RoutineKind, RoutineName, ScopedObjects,
};
use crate::cursor::{Cursor, Parse};
use crate::error::SqlError;
use crate::types::{self, SqlType};

/// `FUNCTION f(…), …`, `ALL FUNCTIONS IN SCHEMA …` and the same for procedures, if next.
pub(super) fn routines(c: &mut Cursor<'_>) -> Parse<Option<GrantObject>> {
    for (kind, one, all) in [
        (RoutineKind::Function, "function", "all functions in schema"),
        (RoutineKind::Procedure, "procedure", "all procedures in schema"),
    ] {
        if c.accept(all) {
            let schemas = c.comma_separated(Cursor::object_name)?;
            return Ok(Some(GrantObject::AllRoutinesInSchema { kind, schemas }));
        }
        if c.accept(one) {
            let routines = c.comma_separated(routine_name)?;
            return Ok(Some(GrantObject::Routines { kind, routines }));
        }
    }
    Ok(None)
}

/// `name [( [ [argname] type ] [, …] )]`.
pub(super) fn routine_name(c: &mut Cursor<'_>) -> Parse<RoutineName> {
    let name = c.object_name()?;
    if !c.accept_token(&Token::LParen) {
        return Ok(RoutineName { name, arguments: None });
    }
    let mut arguments = Vec::new();
    while !c.accept_token(&Token::RParen) {
        if !arguments.is_empty() {
            c.expect_token(&Token::Comma)?;
        }
        arguments.push(argument(c)?);
    }
    Ok(RoutineName { name, arguments: Some(arguments) })
}

/// A type, perhaps after the argument's name and mode: only the type counts.
fn argument(c: &mut Cursor<'_>) -> Parse<SqlType> {
    c.accept_one_of(&["inout", "in", "out"]);
    let mark = c.mark();
    if let Ok(found) = types::parse(c)
        && ends_argument(c)
    {
        return Ok(found);
    }
    c.reset(mark);
    c.name()?;
    c.accept_one_of(&["inout", "in", "out"]);
    types::parse(c)
}

fn ends_argument(c: &Cursor<'_>) -> bool {
    matches!(c.peek().map(|l| &l.token), Some(Token::Comma | Token::RParen))
}

/// After `privileges FOR`: `TABLES IN { SCHEMA s [DATABASE d] | DATABASE d }` and its kin.
pub(super) fn scoped(c: &mut Cursor<'_>, wanted: &[ColumnPrivilege]) -> Parse<GrantObject> {
    const ROUTINE: &[Privilege] = &[Privilege::Execute];
    const LANGUAGE: &[Privilege] = &[Privilege::Usage];
    let kinds: [(&str, ScopedObjects, &[Privilege]); 5] = [
        ("schemas in", ScopedObjects::Schemas, SCHEMA),
        ("tables in", ScopedObjects::Tables, TABLE),
        ("functions in", ScopedObjects::Functions, ROUTINE),
        ("procedures in", ScopedObjects::Procedures, ROUTINE),
        ("languages in", ScopedObjects::Languages, LANGUAGE),
    ];
    let Some((_, objects, allowed)) = kinds.into_iter().find(|(words, ..)| c.accept(words)) else {
        let message = "scoped permissions for these objects are not supported";
        return Err(SqlError::unsupported(message).at(c.position()));
    };
    let mut privileges = Vec::new();
    for ColumnPrivilege { privilege, columns } in wanted {
        if columns.is_some() || !(*privilege == Privilege::All || allowed.contains(privilege)) {
            return Err(invalid(*privilege, objects.word()));
        }
        privileges.push(*privilege);
    }
    let in_schema = !matches!(objects, ScopedObjects::Schemas | ScopedObjects::Languages);
    let schema = if in_schema && c.accept("schema") { Some(c.name()?) } else { None };
    let database = if schema.is_none() {
        c.expect("database")?;
        Some(c.name()?)
    } else if c.accept("database") {
        Some(c.name()?)
    } else {
        None
    };
    Ok(GrantObject::Scoped { privileges, objects, schema, database })
}
