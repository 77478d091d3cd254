//! `SHOW DATABASES`, `SHOW TABLES FROM …` and the other lists, whose names drivers send as
//! parameters (SQL commands › SHOW COLUMNS, SHOW CONSTRAINTS, SHOW DATABASES, SHOW FUNCTIONS,
//! SHOW GRANTS, SHOW PARAMETERS, SHOW PROCEDURES, SHOW SCHEMAS, SHOW TABLES).

use sqlparser::tokenizer::Token;

use crate::ast::{ListKind, ShowList, Word};
use crate::cursor::{Cursor, Parse};
use crate::error::SqlError;

/// The beginnings, what they list, and the most parts that a name after them has. Longer ones
/// stand before those they begin with.
const LISTS: &[(&str, ListKind, usize)] = &[
    ("databases", ListKind::Databases, 0),
    ("schemas from database", ListKind::Schemas, 1),
    ("tables from schema", ListKind::Tables, 2),
    ("tables from database", ListKind::TablesOfDatabase, 1),
    ("columns from table", ListKind::Columns, 3),
    ("columns from database", ListKind::ColumnsOfDatabase, 1),
    ("constraints primary keys from table", ListKind::PrimaryKeys, 3),
    ("constraints foreign keys exported from table", ListKind::ExportedKeys, 3),
    ("constraints foreign keys from table", ListKind::ForeignKeys, 3),
    ("grants on tables from database", ListKind::TableGrantsOfDatabase, 1),
    ("grants on table", ListKind::TableGrants, 3),
    ("column grants on table", ListKind::ColumnGrants, 3),
    ("procedures from schema", ListKind::Procedures, 2),
    ("functions from schema", ListKind::Functions, 2),
    ("parameters of procedure", ListKind::ProcedureParameters, 3),
    ("parameters of function", ListKind::FunctionParameters, 3),
];

/// The most rows that `LIMIT` may ask for.
const MOST_ROWS: u64 = 10_000;

/// Reads a list; `None` when the statement is none, and nothing has been read.
pub(super) fn accept(c: &mut Cursor<'_>) -> Parse<Option<ShowList>> {
    let Some((_, kind, parts)) = LISTS.iter().find(|(words, ..)| c.accept(words)) else {
        return Ok(None);
    };
    let mut list = ShowList {
        kind: *kind,
        names: Vec::new(),
        arguments: Vec::new(),
        schema_like: None,
        table_like: None,
        like: None,
        limit: None,
        parameters: 0,
    };
    if *parts > 0 {
        list.names = names(c, *parts)?;
    }
    if matches!(kind, ListKind::ProcedureParameters | ListKind::FunctionParameters) {
        list.arguments = arguments(c)?;
    }
    conditions(c, &mut list)?;
    list.parameters = highest(&list);
    Ok(Some(list))
}

/// `a`, `a.b` or `a.b.c`, each a name or `$n`.
fn names(c: &mut Cursor<'_>, most: usize) -> Parse<Vec<Word>> {
    let at = c.position();
    let mut names = vec![name(c)?];
    while c.accept_token(&Token::Period) {
        names.push(name(c)?);
    }
    if names.len() > most {
        return Err(
            SqlError::new("42601", "improper qualified name (too many dotted names)").at(at)
        );
    }
    Ok(names)
}

fn name(c: &mut Cursor<'_>) -> Parse<Word> {
    match placeholder(c)? {
        Some(word) => Ok(word),
        None => c.name().map(Word::Text),
    }
}

fn pattern(c: &mut Cursor<'_>) -> Parse<Word> {
    match placeholder(c)? {
        Some(word) => Ok(word),
        None => c.string().map(Word::Text),
    }
}

/// `$n`, if it is next.
fn placeholder(c: &mut Cursor<'_>) -> Parse<Option<Word>> {
    let Some(Token::Placeholder(text)) = c.peek().map(|lexeme| lexeme.token.clone()) else {
        return Ok(None);
    };
    let number = text.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
    match number.filter(|n| (1..=usize::from(u16::MAX)).contains(n)) {
        Some(number) => {
            c.accept_token(&Token::Placeholder(text));
            Ok(Some(Word::Parameter(number)))
        }
        None => Err(c.unexpected()),
    }
}

/// `(type, …)`; a type may be several words (`character varying`).
fn arguments(c: &mut Cursor<'_>) -> Parse<Vec<Word>> {
    c.expect_token(&Token::LParen)?;
    if c.accept_token(&Token::RParen) {
        return Ok(Vec::new());
    }
    let types = c.comma_separated(|c| {
        if let Some(word) = placeholder(c)? {
            return Ok(word);
        }
        let mut words = vec![c.name()?];
        while matches!(c.peek().map(|lexeme| &lexeme.token), Some(Token::Word(_))) {
            words.push(c.name()?);
        }
        Ok(Word::Text(words.join(" ")))
    })?;
    c.expect_token(&Token::RParen)?;
    Ok(types)
}

/// `[DRIVER_TOKEN 't'] [WHERE SCHEMA_NAME LIKE p [AND TABLE_NAME LIKE p]] [LIKE p] [LIMIT n]`.
fn conditions(c: &mut Cursor<'_>, list: &mut ShowList) -> Parse<()> {
    let batch = matches!(
        list.kind,
        ListKind::TablesOfDatabase | ListKind::ColumnsOfDatabase | ListKind::TableGrantsOfDatabase
    );
    if batch && c.accept("driver_token") {
        c.string()?;
    }
    if batch && c.accept("where") {
        loop {
            if c.accept("schema_name like") {
                list.schema_like = Some(pattern(c)?);
            } else {
                c.expect("table_name like")?;
                list.table_like = Some(pattern(c)?);
            }
            if !c.accept("and") {
                break;
            }
        }
    }
    if c.accept("like") {
        list.like = Some(pattern(c)?);
    }
    if c.accept("limit") {
        let limit: u64 = c.integer()?;
        if limit > MOST_ROWS {
            let message = format!("LIMIT must be between 0 and {MOST_ROWS}");
            return Err(SqlError::new("22023", message).at(c.last_position()));
        }
        list.limit = Some(limit);
    }
    Ok(())
}

fn highest(list: &ShowList) -> usize {
    let patterns = [&list.schema_like, &list.table_like, &list.like];
    let words = list.names.iter().chain(&list.arguments).chain(patterns.into_iter().flatten());
    let numbers = words.filter_map(|word| match word {
        Word::Parameter(number) => Some(*number),
        Word::Text(_) => None,
    });
    numbers.max().unwrap_or(0)
}
