//! Row-level security and dynamic data masking (SQL commands › CREATE RLS POLICY, CREATE MASKING
//! POLICY and their kin).

use sqlparser::tokenizer::Token;

use super::grant::grantee;
use crate::ast::{Grantee, Kind, PolicyColumn, PolicyKind, PolicyStatement, PolicyText};
use crate::cursor::{Cursor, Parse};
use crate::error::SqlError;
use crate::{query, types};

/// Reads `RLS POLICY …` or `MASKING POLICY …` after `CREATE`.
pub(super) fn create(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let statement = if c.accept("rls policy") {
        let name = c.name()?;
        let columns = if c.accept("with") { columns(c)? } else { Vec::new() };
        let named = c.accept("as") || !(columns.is_empty() || c.looking_at(&["using"]));
        let alias = if named { Some(c.name()?) } else { None };
        let predicate = only(expressions(c)?, c)?;
        PolicyStatement::CreateRls { name, columns, alias, predicate }
    } else if c.accept("masking policy") {
        let if_not_exists = c.accept("if not exists");
        let name = c.name()?;
        c.expect("with")?;
        let columns = columns(c)?;
        let expressions = expressions(c)?;
        PolicyStatement::CreateMasking { name, if_not_exists, columns, expressions }
    } else {
        return Ok(None);
    };
    Ok(Some(Kind::Policy(statement)))
}

/// Reads the same after `ALTER`, and `TABLE t ROW LEVEL SECURITY …`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let statement = if c.accept("rls policy") {
        let name = c.name()?;
        PolicyStatement::AlterRls { name, predicate: only(expressions(c)?, c)? }
    } else if c.accept("masking policy") {
        PolicyStatement::AlterMasking { name: c.name()?, expressions: expressions(c)? }
    } else {
        return row_level_security(c);
    };
    Ok(Some(Kind::Policy(statement)))
}

fn row_level_security(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let mark = c.mark();
    let found = c.accept("table").then(|| c.object_name()).transpose().ok().flatten();
    let Some(table) = found.filter(|_| c.accept("row level security")) else {
        c.reset(mark);
        return Ok(None);
    };
    let on = c.accept("on");
    if !on {
        c.expect("off")?;
    }
    let any = if c.accept("conjunction type") {
        let any = c.accept("or");
        if !any {
            c.expect("and")?;
        }
        Some(any)
    } else {
        None
    };
    if c.looking_at(&["for", "datashares"]) {
        return Err(SqlError::unsupported("datashares are not supported").at(c.position()));
    }
    Ok(Some(Kind::Policy(PolicyStatement::RowLevelSecurity { table, on, any })))
}

/// Reads the same after `DROP`.
pub(super) fn drop(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    let kind = if c.accept("rls policy") {
        PolicyKind::Rls
    } else if c.accept("masking policy") {
        PolicyKind::Masking
    } else {
        return Ok(None);
    };
    let if_exists = c.accept("if exists");
    let name = c.name()?;
    let cascade = c.accept("cascade");
    let _ = !cascade && c.accept("restrict");
    Ok(Some(Kind::Policy(PolicyStatement::Drop { kind, name, if_exists, cascade })))
}

/// Reads a whole `ATTACH …` or `DETACH …`.
pub(super) fn attach(c: &mut Cursor<'_>) -> Parse<Option<Kind>> {
    for (verb, attach) in [("attach", true), ("detach", false)] {
        if c.accept(&format!("{verb} rls policy")) {
            return attach_rls(c, attach).map(Some);
        }
        if c.accept(&format!("{verb} masking policy")) {
            return attach_masking(c, attach).map(Some);
        }
    }
    Ok(None)
}

fn attach_rls(c: &mut Cursor<'_>, attach: bool) -> Parse<Kind> {
    let name = c.name()?;
    c.expect("on")?;
    c.accept("table");
    let tables = c.comma_separated(Cursor::object_name)?;
    c.expect(if attach { "to" } else { "from" })?;
    let grantees = c.comma_separated(concerned)?;
    Ok(Kind::Policy(PolicyStatement::AttachRls { name, tables, grantees, attach }))
}

fn attach_masking(c: &mut Cursor<'_>, attach: bool) -> Parse<Kind> {
    let name = c.name()?;
    c.expect("on")?;
    let table = c.object_name()?;
    let outputs = masked(c)?;
    let inputs = if attach && c.accept("using") { Some(masked(c)?) } else { None };
    c.expect(if attach { "to" } else { "from" })?;
    let grantee = concerned(c)?;
    let priority = if attach && c.accept("priority") { c.signed_integer()? } else { 0 };
    Ok(Kind::Policy(PolicyStatement::AttachMasking {
        name,
        table,
        outputs,
        inputs,
        grantee,
        priority,
        attach,
    }))
}

/// Columns in parentheses; paths into SUPER columns are not masked.
fn masked(c: &mut Cursor<'_>) -> Parse<Vec<String>> {
    c.expect_token(&Token::LParen)?;
    let names = c.comma_separated(Cursor::name)?;
    if matches!(c.peek().map(|l| &l.token), Some(Token::Period | Token::LBracket)) {
        let message = "masking policies on paths of SUPER columns are not supported";
        return Err(SqlError::unsupported(message).at(c.position()));
    }
    c.expect_token(&Token::RParen)?;
    Ok(names)
}

/// A user, a role or everybody: policies do not concern groups.
fn concerned(c: &mut Cursor<'_>) -> Parse<Grantee> {
    if c.looking_at(&["group"]) || c.looking_at(&["rls", "policy"]) {
        return Err(c.unexpected());
    }
    grantee(c, false)
}

fn columns(c: &mut Cursor<'_>) -> Parse<Vec<PolicyColumn>> {
    c.expect_token(&Token::LParen)?;
    let columns =
        c.comma_separated(|c| Ok(PolicyColumn { name: c.name()?, data_type: types::parse(c)? }))?;
    c.expect_token(&Token::RParen)?;
    Ok(columns)
}

/// `USING ( expression [, …] )`.
fn expressions(c: &mut Cursor<'_>) -> Parse<Vec<PolicyText>> {
    c.expect("using")?;
    c.expect_token(&Token::LParen)?;
    let found = c.comma_separated(query::policy)?;
    c.expect_token(&Token::RParen)?;
    Ok(found)
}

fn only(mut found: Vec<PolicyText>, c: &Cursor<'_>) -> Parse<PolicyText> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(c.unexpected()),
    }
}
