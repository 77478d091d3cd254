//! Transactions, cursors and prepared statements.

use sqlparser::tokenizer::Token;

use crate::ast::{Begin, Execute, Explain, Fetch, Isolation, Kind, Prepare, Statement};
use crate::cursor::{Cursor, Parse};
use crate::error::SqlError;
use crate::{grammar, query, types};

/// Reads one of these statements if one is next.
pub(super) fn accept(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    if c.accept("begin") {
        accept_work(c);
        return modes(c).map(Some);
    }
    if c.accept("start transaction") {
        return modes(c).map(Some);
    }
    if c.accept("commit") || c.accept("end") {
        accept_work(c);
        return Ok(Some(Kind::Commit));
    }
    if c.accept("rollback") || c.accept("abort") {
        accept_work(c);
        if c.accept("to") {
            return Err(c.unsupported("SAVEPOINT is not supported"));
        }
        return Ok(Some(Kind::Rollback));
    }
    cursors(c)
}

fn accept_work(c: &mut Cursor<'_>) {
    let _ = c.accept("work") || c.accept("transaction");
}

fn modes(c: &mut Cursor<'_>) -> Parse<Kind> {
    let mut begin = Begin::default();
    while !c.at_end() {
        c.accept_token(&Token::Comma);
        if c.accept("isolation level") {
            begin.isolation = Some(isolation(c)?);
        } else if c.accept("read only") {
            begin.read_only = Some(true);
        } else {
            c.expect("read write")?;
            begin.read_only = Some(false);
        }
    }
    Ok(Kind::Begin(begin))
}

fn isolation(c: &mut Cursor<'_>) -> Parse<Isolation> {
    let levels = [
        ("serializable", Isolation::Serializable),
        ("snapshot", Isolation::Snapshot),
        ("read committed", Isolation::ReadCommitted),
        ("read uncommitted", Isolation::ReadUncommitted),
        ("repeatable read", Isolation::RepeatableRead),
    ];
    let found = levels.into_iter().find(|(words, _)| c.accept(words));
    found.map(|(_, level)| level).ok_or_else(|| c.unexpected())
}

fn cursors(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let kind = if c.accept("declare") {
        let name = c.name()?;
        c.expect("cursor")?;
        c.expect("for")?;
        Kind::DeclareCursor { name, query: query::select(c)? }
    } else if c.accept("fetch") {
        Kind::Fetch(fetch(c)?)
    } else if c.accept("close") {
        Kind::Close { cursor: name_or_all(c)? }
    } else if c.accept("prepare") {
        Kind::Prepare(prepare(c)?)
    } else if c.accept("execute") {
        Kind::Execute(execute(c)?)
    } else if c.accept("deallocate") {
        c.accept("prepare");
        Kind::Deallocate { name: name_or_all(c)? }
    } else if c.accept("explain") {
        explain(c)?
    } else {
        return Ok(None);
    };
    Ok(Some(kind))
}

fn name_or_all(c: &mut Cursor<'_>) -> Parse<Option<String>> {
    if c.accept("all") { Ok(None) } else { c.name().map(Some) }
}

/// `FETCH [NEXT | ALL | FORWARD [n | ALL]] FROM cursor`.
fn fetch(c: &mut Cursor<'_>) -> Parse<Fetch> {
    let forward = c.accept("forward");
    let count = if c.accept("all") {
        None
    } else if !forward && c.accept("next") || c.looking_at(&["from"]) || c.looking_at(&["in"]) {
        Some(1)
    } else if let Some(Token::Number(..)) = c.peek().map(|lexeme| &lexeme.token) {
        Some(c.integer()?)
    } else {
        Some(1)
    };
    let _ = c.accept("from") || c.accept("in");
    Ok(Fetch { cursor: c.name()?, count })
}

fn prepare(c: &mut Cursor<'_>) -> Parse<Prepare> {
    let name = c.name()?;
    let types = if c.looking_at(&["as"]) { Vec::new() } else { c.parenthesized(types::parse)? };
    c.expect("as")?;
    let statement = nested(c)?;
    match statement.kind {
        Kind::Engine(ref engine) if engine.parameters > types.len() && !types.is_empty() => {
            let message = format!("there is no parameter ${}", engine.parameters);
            Err(SqlError::new("42P02", message))
        }
        Kind::Engine(_) => Ok(Prepare { name, types, statement: Box::new(statement) }),
        _ => Err(c.unsupported("only SELECT, INSERT, UPDATE or DELETE can be prepared")),
    }
}

fn execute(c: &mut Cursor<'_>) -> Parse<Execute> {
    let name = c.name()?;
    let values = if c.at_end() { Vec::new() } else { c.parenthesized(query::value)? };
    Ok(Execute { name, values })
}

fn explain(c: &mut Cursor<'_>) -> Parse<Kind> {
    let verbose = c.accept("verbose");
    let statement = nested(c)?;
    match statement.kind {
        Kind::Engine(_) | Kind::CreateTable(_) => {
            Ok(Kind::Explain(Explain { verbose, statement: Box::new(statement) }))
        }
        _ => Err(c.unsupported("EXPLAIN of this statement is not supported")),
    }
}

/// The rest of the statement as a statement of its own.
fn nested(c: &mut Cursor<'_>) -> Parse<Statement> {
    let (rest, position) = (c.rest(), c.position());
    let text = c.text_of(rest);
    let kind = grammar::dispatch(c)?;
    c.end()?;
    Ok(Statement { kind, text, position })
}
