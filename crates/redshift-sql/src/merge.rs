//! MERGE: the two clauses that Redshift wants, and the simple mode (SQL commands › MERGE).
//!
//! The engine's MERGE takes one of several matching rows silently; Redshift refuses them, so a
//! query looks for them first. `REMOVE DUPLICATES` is a DELETE and an INSERT. Start reading at
//! [`parse`].

use sqlparser::ast::{
    Expr, FromTable, Ident, JoinConstraint, JoinOperator, Merge as Tree, MergeAction,
    MergeClauseKind, SetExpr, Statement, TableFactor, TableObject,
};

use crate::ast::{EngineStatement, Kind, Merge};
use crate::cursor::{Cursor, Parse, is_word};
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::lexer::Lexeme;
use crate::query;

/// The words that end the simple mode.
const SIMPLE: [&str; 2] = ["remove", "duplicates"];

/// Reads the statement, whose first word is MERGE.
pub(crate) fn parse(c: &mut Cursor<'_>) -> Parse<Kind> {
    let rest = c.rest();
    let body = rest.len().saturating_sub(SIMPLE.len());
    let tail = rest.get(body..).unwrap_or_default();
    let simple = tail.len() == SIMPLE.len()
        && tail.iter().zip(SIMPLE).all(|(lexeme, word)| is_word(lexeme, word));
    let lexemes = if simple { rest.get(..body).unwrap_or_default() } else { rest };
    let Statement::Merge(tree) = query::tree(c, lexemes)? else { return Err(c.unexpected()) };
    check_target(c, &tree)?;
    let merge = if simple { simple_mode(c, lexemes, &tree)? } else { whole(c, lexemes, tree)? };
    c.finish_rest();
    Ok(Kind::Merge(Box::new(merge)))
}

/// The target has no alias.
fn check_target(c: &Cursor<'_>, tree: &Tree) -> Parse<()> {
    let TableFactor::Table { alias: Some(alias), .. } = &tree.table else { return Ok(()) };
    let column = usize::try_from(alias.name.span.start.column).unwrap_or_default();
    let found = c.all().iter().find(|lexeme| lexeme.start + 1 == column);
    Err(found.map_or_else(|| c.unexpected(), |lexeme| c.unexpected_lexeme(lexeme)))
}

fn whole(c: &Cursor<'_>, lexemes: &[Lexeme], tree: Tree) -> Parse<Merge> {
    check_clauses(c, &tree)?;
    let duplicates = duplicates(c, lexemes, &tree)?;
    let statement = query::engine_statement(c, lexemes, Statement::Merge(tree))?;
    Ok(Merge { duplicates: Some(duplicates), statements: vec![statement], simple: false })
}

/// WHEN MATCHED with UPDATE or DELETE, then WHEN NOT MATCHED with INSERT, both without conditions.
fn check_clauses(c: &Cursor<'_>, tree: &Tree) -> Parse<()> {
    if tree.clauses.iter().any(|clause| clause.predicate.is_some()) {
        return Err(SqlError::unsupported("MERGE with a condition after WHEN is not supported"));
    }
    let by_source = |kind: &MergeClauseKind| {
        matches!(kind, MergeClauseKind::NotMatchedBySource | MergeClauseKind::NotMatchedByTarget)
    };
    if tree.clauses.iter().any(|clause| by_source(&clause.clause_kind)) {
        return Err(SqlError::unsupported("MERGE WHEN NOT MATCHED BY is not supported"));
    }
    let [matched, not_matched] = tree.clauses.as_slice() else { return Err(incomplete(c)) };
    let right = matched.clause_kind == MergeClauseKind::Matched
        && matches!(matched.action, MergeAction::Update { .. } | MergeAction::Delete { .. })
        && not_matched.clause_kind == MergeClauseKind::NotMatched
        && matches!(not_matched.action, MergeAction::Insert(_));
    if right { Ok(()) } else { Err(incomplete(c)) }
}

fn incomplete(c: &Cursor<'_>) -> SqlError {
    SqlError::new(SYNTAX_ERROR, "syntax error at end of input").at(c.end_position())
}

/// A query that has a row when a row of the target has several of the source.
fn duplicates(c: &Cursor<'_>, lexemes: &[Lexeme], tree: &Tree) -> Parse<EngineStatement> {
    let shape = "SELECT 1 FROM x JOIN x ON c GROUP BY x.rowid HAVING count(*) > 1 LIMIT 1";
    let mut built = query::template(shape).ok_or_else(lost)?;
    let Statement::Query(query) = &mut built else { return Err(lost()) };
    let SetExpr::Select(select) = query.body.as_mut() else { return Err(lost()) };
    let from = select.from.first_mut().ok_or_else(lost)?;
    let join = from.joins.first_mut().ok_or_else(lost)?;
    from.relation = tree.table.clone();
    join.relation = tree.source.clone();
    join.join_operator = JoinOperator::Inner(JoinConstraint::On((*tree.on).clone()));
    if let sqlparser::ast::GroupByExpr::Expressions(by, _) = &mut select.group_by {
        let row = [name_of(&tree.table)?, Ident::new("rowid")];
        *by = vec![Expr::CompoundIdentifier(row.to_vec())];
    }
    query::engine_statement(c, lexemes, built)
}

fn name_of(factor: &TableFactor) -> Parse<Ident> {
    let TableFactor::Table { name, .. } = factor else {
        return Err(SqlError::unsupported("MERGE into this target is not supported"));
    };
    name.0.last().and_then(|part| part.as_ident()).cloned().ok_or_else(lost)
}

/// Rows of the target that match go, all of the source come.
fn simple_mode(c: &Cursor<'_>, lexemes: &[Lexeme], tree: &Tree) -> Parse<Merge> {
    if !tree.clauses.is_empty() {
        return Err(c.unexpected_lexeme(c.rest().last().ok_or_else(|| c.unexpected())?));
    }
    let mut gone = query::template("DELETE FROM x USING x WHERE c").ok_or_else(lost)?;
    if let Statement::Delete(delete) = &mut gone {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &mut delete.from;
        from.first_mut().ok_or_else(lost)?.relation = tree.table.clone();
        let using = delete.using.as_mut().and_then(|using| using.first_mut());
        using.ok_or_else(lost)?.relation = tree.source.clone();
        delete.selection = Some((*tree.on).clone());
    }
    let TableFactor::Table { name, .. } = &tree.table else {
        return Err(SqlError::unsupported("MERGE into this target is not supported"));
    };
    let mut come = query::template("INSERT INTO x SELECT * FROM x").ok_or_else(lost)?;
    if let Statement::Insert(insert) = &mut come {
        insert.table = TableObject::TableName(name.clone());
        let body = insert.source.as_mut().map(|source| source.body.as_mut());
        let Some(SetExpr::Select(select)) = body else { return Err(lost()) };
        select.from.first_mut().ok_or_else(lost)?.relation = tree.source.clone();
    }
    let statements = vec![
        query::engine_statement(c, lexemes, gone)?,
        query::engine_statement(c, lexemes, come)?,
    ];
    Ok(Merge { duplicates: None, statements, simple: true })
}

fn lost() -> SqlError {
    SqlError::new("XX000", "internal error: MERGE lost in rewriting")
}
