//! Stored procedures and functions: `CREATE`, `ALTER`, `DROP`, `CALL` (SQL commands › CREATE
//! PROCEDURE, CREATE FUNCTION, CALL, DROP PROCEDURE, ALTER PROCEDURE).

use sqlparser::tokenizer::Token;

use super::session::{parameter, values};
use crate::ast::{
    AlterRoutine, AlterRoutineAction, Argument, ArgumentMode, ArgumentType, Call, CallArgument,
    CreateFunction, CreateProcedure, Kind, RoutineKind, RoutineRef, Set, Volatility,
};
use crate::cursor::{Cursor, Parse};
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::{query, types};

/// Arguments of one direction at most.
const MAX_ARGUMENTS: usize = 32;

/// Reads `PROCEDURE` or `FUNCTION` after `CREATE [OR REPLACE]`, if one is next.
pub(super) fn create(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let mark = c.mark();
    let replace = c.accept("or replace");
    if c.accept("procedure") {
        return procedure(c, replace).map(Some);
    }
    if c.accept("function") {
        return function(c, replace).map(Some);
    }
    c.reset(mark);
    Ok(None)
}

/// Reads the rest of `DROP PROCEDURE` or `DROP FUNCTION`, if one is next.
pub(super) fn drop(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let Some(kind) = kind(c) else { return Ok(None) };
    let routine = signed_name(c, kind)?;
    let cascade = c.accept("cascade");
    let _ = !cascade && c.accept("restrict");
    Ok(Some(Kind::DropRoutine { routine, cascade }))
}

/// Reads the rest of `ALTER PROCEDURE` or `ALTER FUNCTION`, if one is next.
pub(super) fn alter(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let Some(kind) = kind(c) else { return Ok(None) };
    let routine = signed_name(c, kind)?;
    let action = if c.accept("rename to") {
        AlterRoutineAction::Rename(c.name()?)
    } else {
        c.expect("owner to")?;
        AlterRoutineAction::Owner(c.user_name()?)
    };
    Ok(Some(Kind::AlterRoutine(AlterRoutine { routine, action })))
}

fn kind(c: &mut Cursor<'_>) -> Option<RoutineKind> {
    if c.accept("procedure") {
        return Some(RoutineKind::Procedure);
    }
    c.accept("function").then_some(RoutineKind::Function)
}

/// A name with its argument types, which are required.
fn signed_name(c: &mut Cursor<'_>, kind: RoutineKind) -> Parse<RoutineRef> {
    let routine = routine_name(c, kind)?;
    if routine.arguments.is_none() { Err(c.unexpected()) } else { Ok(routine) }
}

/// A routine's name with the argument types where they are given.
pub(super) fn routine_name(c: &mut Cursor<'_>, kind: RoutineKind) -> Parse<RoutineRef> {
    let name = c.object_name()?;
    let in_parens = matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::LParen));
    let arguments = if in_parens { Some(arguments(c)?) } else { None };
    Ok(RoutineRef { kind, name, arguments })
}

/// `( [[name] [mode] type, …] )`.
fn arguments(c: &mut Cursor<'_>) -> Parse<Vec<Argument>> {
    let at = c.position();
    c.expect_token(&Token::LParen)?;
    if c.accept_token(&Token::RParen) {
        return Ok(Vec::new());
    }
    let found = c.comma_separated(argument)?;
    c.expect_token(&Token::RParen)?;
    for (is, word) in [
        (ArgumentMode::is_input as fn(ArgumentMode) -> bool, "input"),
        (ArgumentMode::is_output, "output"),
    ] {
        if found.iter().filter(|argument| is(argument.mode)).count() > MAX_ARGUMENTS {
            let message =
                format!("a routine cannot have more than {MAX_ARGUMENTS} {word} arguments");
            return Err(SqlError::new("54023", message).at(at));
        }
    }
    Ok(found)
}

fn argument(c: &mut Cursor<'_>) -> Parse<Argument> {
    let before = mode(c);
    let mark = c.mark();
    if let Ok(kind) = argument_type(c)
        && matches!(c.peek().map(|l| &l.token), Some(Token::Comma | Token::RParen))
    {
        return Ok(Argument { name: None, mode: before.unwrap_or_default(), kind });
    }
    // Not a type alone: a name is in front of it.
    c.reset(mark);
    let name = c.name()?;
    if matches!(c.peek().map(|l| &l.token), Some(Token::Comma | Token::RParen)) {
        // One word that is no type: say so.
        c.reset(mark);
        return Err(argument_type(c).err().unwrap_or_else(|| c.unexpected()));
    }
    let after = if before.is_none() { mode(c) } else { None };
    let kind = argument_type(c)?;
    Ok(Argument { name: Some(name), mode: before.or(after).unwrap_or_default(), kind })
}

fn mode(c: &mut Cursor<'_>) -> Option<ArgumentMode> {
    if c.accept("in") {
        return Some(ArgumentMode::In);
    }
    if c.accept("out") {
        return Some(ArgumentMode::Out);
    }
    c.accept("inout").then_some(ArgumentMode::InOut)
}

fn argument_type(c: &mut Cursor<'_>) -> Parse<ArgumentType> {
    if c.accept("refcursor") {
        return Ok(ArgumentType::Cursor);
    }
    types::parse(c).map(ArgumentType::Sql)
}

/// The clauses that may come in any order.
#[derive(Default)]
struct Clauses {
    body: Option<String>,
    language: Option<String>,
    volatility: Option<Volatility>,
    nonatomic: bool,
    definer: Option<bool>,
    settings: Vec<Set>,
}

fn clauses(c: &mut Cursor<'_>) -> Parse<Clauses> {
    let mut found = Clauses::default();
    while !c.at_end() {
        if c.accept("as") {
            found.body = Some(body(c)?);
        } else if c.accept("language") {
            found.language = Some(if c.at_string() { c.string()? } else { c.name()? });
        } else if c.accept("nonatomic") {
            found.nonatomic = true;
        } else if c.accept("security definer") {
            found.definer = Some(true);
        } else if c.accept("security invoker") {
            found.definer = Some(false);
        } else if c.accept("volatile") {
            found.volatility = Some(Volatility::Volatile);
        } else if c.accept("stable") {
            found.volatility = Some(Volatility::Stable);
        } else if c.accept("immutable") {
            found.volatility = Some(Volatility::Immutable);
        } else if c.accept("set") {
            found.settings.push(setting(c)?);
        } else {
            return Err(c.unexpected());
        }
    }
    Ok(found)
}

fn setting(c: &mut Cursor<'_>) -> Parse<Set> {
    let name = parameter(c)?;
    if !c.accept("to") {
        c.expect_token(&Token::Eq)?;
    }
    Ok(Set { name, values: values(c)?, local: false })
}

/// `$$ … $$` or a string literal.
fn body(c: &mut Cursor<'_>) -> Parse<String> {
    let text = match c.peek().map(|lexeme| &lexeme.token) {
        Some(Token::DollarQuotedString(body)) => body.value.clone(),
        Some(Token::SingleQuotedString(text)) => text.clone(),
        _ => return Err(c.unexpected()),
    };
    c.advance();
    Ok(text)
}

fn procedure(c: &mut Cursor<'_>, replace: bool) -> Parse<Kind> {
    let name = c.object_name()?;
    let arguments = arguments(c)?;
    let at = c.position();
    let clauses = clauses(c)?;
    let (Some(body), Some(language)) = (clauses.body, clauses.language) else {
        return Err(c.unexpected());
    };
    if language != "plpgsql" {
        return Err(unknown_language(&language).at(at));
    }
    if clauses.volatility.is_some() {
        return Err(SqlError::new(SYNTAX_ERROR, "a procedure has no volatility").at(at));
    }
    if clauses.nonatomic && (clauses.definer == Some(true) || !clauses.settings.is_empty()) {
        let option = if clauses.definer == Some(true) { "SECURITY DEFINER" } else { "SET" };
        let message = format!("{option} option is not supported with NONATOMIC");
        return Err(SqlError::unsupported(message).at(at));
    }
    Ok(Kind::CreateProcedure(CreateProcedure {
        replace,
        name,
        arguments,
        body,
        nonatomic: clauses.nonatomic,
        definer: clauses.definer.unwrap_or(false),
        settings: clauses.settings,
    }))
}

fn function(c: &mut Cursor<'_>, replace: bool) -> Parse<Kind> {
    let name = c.object_name()?;
    let at = c.position();
    let arguments = arguments(c)?;
    c.expect("returns")?;
    let returns = types::parse(c)?;
    let clauses = clauses(c)?;
    let (Some(body), Some(language)) = (clauses.body, clauses.language) else {
        return Err(c.unexpected());
    };
    match language.as_str() {
        "sql" => {}
        "plpythonu" => {
            let message = "Python UDFs are not supported: their support ended on 2026-06-30";
            return Err(SqlError::unsupported(message).at(at));
        }
        other => return Err(unknown_language(other).at(at)),
    }
    if arguments.iter().any(|argument| argument.name.is_some()) {
        let message = "SQL functions refer to their arguments as $1, $2, …: argument names are \
                       not supported";
        return Err(SqlError::unsupported(message).at(at));
    }
    if arguments.iter().any(|argument| argument.mode != ArgumentMode::In) {
        return Err(SqlError::unsupported("functions have no output arguments").at(at));
    }
    let Some(volatility) = clauses.volatility else { return Err(c.unexpected()) };
    let procedural = clauses.nonatomic || clauses.definer.is_some() || !clauses.settings.is_empty();
    if procedural {
        let message = "NONATOMIC, SECURITY and SET are not supported for functions";
        return Err(SqlError::unsupported(message).at(at));
    }
    let create = CreateFunction { replace, name, arguments, returns, volatility, body };
    Ok(Kind::CreateFunction(create))
}

fn unknown_language(language: &str) -> SqlError {
    SqlError::new("42704", format!("language \"{language}\" does not exist"))
}

/// Reads the statement after the word `CALL`.
pub(super) fn call(c: &mut Cursor<'_>) -> Parse<Kind> {
    let name = c.object_name()?;
    c.expect_token(&Token::LParen)?;
    let start = c.mark();
    let mut arguments = Vec::new();
    if !c.accept_token(&Token::RParen) {
        arguments = c.comma_separated(call_argument)?;
        c.expect_token(&Token::RParen)?;
    }
    let used = c.all().get(start..c.mark()).unwrap_or_default();
    let parameters = query::parameters(used)?;
    Ok(Kind::Call(Call { name, arguments, parameters }))
}

fn call_argument(c: &mut Cursor<'_>) -> Parse<CallArgument> {
    let start = c.mark();
    let text = query::value_text(c)?;
    let used = c.all().get(start..c.mark()).unwrap_or_default();
    let untyped = match used {
        [only] => {
            matches!(only.token, Token::SingleQuotedString(_))
                || crate::cursor::is_word(only, "null")
        }
        _ => false,
    };
    Ok(CallArgument { text, untyped })
}
