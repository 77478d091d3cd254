//! `a.x = b.x(+)` in WHERE becomes a LEFT JOIN (SQL commands › SELECT › WHERE › Oracle-style outer
//! joins).
//!
//! The conditions that bear the mark of a table are that table's join condition; the tables without
//! a mark come first. Start reading at [`rewrite`].

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart,
    Select, SelectItem, SelectItemQualifiedWildcardKind, Statement as Tree, TableFactor,
    TableWithJoins, Visitor, VisitorMut,
};

use super::{Notes, build};
use crate::cursor::Parse;
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::walk;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes<'_>) -> Parse<()> {
    walk::change(tree, &mut OuterJoins)
}

struct OuterJoins;

impl VisitorMut for OuterJoins {
    type Break = SqlError;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        match rewrite(select) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

/// A table of FROM, the conditions that join it, and the tables that those need.
struct Joined {
    name: String,
    factor: TableFactor,
    on: Vec<Expr>,
    needs: BTreeSet<String>,
}

fn rewrite(select: &mut Select) -> Parse<()> {
    if !select.selection.as_ref().is_some_and(is_marked) {
        return Ok(());
    }
    let mut tables = tables_of(select)?;
    let mut kept = Vec::new();
    let mut conditions = Vec::new();
    split(select.selection.take(), &mut conditions);
    for condition in conditions {
        if is_marked(&condition) {
            give(condition, &mut tables)?;
        } else {
            kept.push(condition);
        }
    }
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let (joined, order) = join(tables)?;
    if order != names {
        keep_order(select, &names);
    }
    select.from = vec![joined];
    select.selection = all(kept);
    Ok(())
}

fn tables_of(select: &mut Select) -> Parse<Vec<Joined>> {
    let mut tables = Vec::new();
    for table in std::mem::take(&mut select.from) {
        if !table.joins.is_empty() {
            return Err(refused("The (+) operator cannot be used together with JOIN"));
        }
        let name = name_of(&table.relation)
            .ok_or_else(|| refused("The (+) operator cannot be used with this table"))?;
        let (on, needs) = (Vec::new(), BTreeSet::new());
        tables.push(Joined { name, factor: table.relation, on, needs });
    }
    Ok(tables)
}

/// What a table of FROM is called in the query.
pub(super) fn name_of(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. } => Some(alias.name.value.clone()),
        TableFactor::Table { name, args: None, .. } => {
            name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.clone())
        }
        _ => None,
    }
}

fn refused(message: &str) -> SqlError {
    SqlError::new(SYNTAX_ERROR, message)
}

/// The conditions between ANDs.
fn split(condition: Option<Expr>, into: &mut Vec<Expr>) {
    match condition {
        None => {}
        Some(Expr::BinaryOp { left, op: BinaryOperator::And, right }) => {
            split(Some(*left), into);
            split(Some(*right), into);
        }
        Some(Expr::Nested(inner)) if is_marked(&inner) => split(Some(*inner), into),
        Some(other) => into.push(other),
    }
}

fn all(conditions: Vec<Expr>) -> Option<Expr> {
    let and = |left: Expr, right: Expr| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::And,
        right: Box::new(right),
    };
    conditions.into_iter().reduce(and)
}

/// Gives a marked condition to the table that bears the mark.
fn give(mut condition: Expr, tables: &mut [Joined]) -> Parse<()> {
    if matches!(&condition, Expr::BinaryOp { op: BinaryOperator::Or, .. } | Expr::UnaryOp { .. }) {
        return Err(refused("The (+) operator cannot be used in an OR or NOT condition"));
    }
    let mut marks = Marks::default();
    walk::read(&condition, &mut marks);
    if marks.unqualified {
        let message = "the (+) operator on a column without its table's name is not supported";
        return Err(SqlError::unsupported(message));
    }
    let [table] = marks.marked.iter().collect::<Vec<_>>()[..] else {
        return Err(refused("The (+) operator can be on one side of a condition only"));
    };
    let found = tables.iter_mut().find(|joined| joined.name == *table);
    let joined = found.ok_or_else(|| {
        let message = format!("missing FROM-clause entry for table \"{table}\"");
        SqlError::new("42P01", message)
    })?;
    marks.plain.remove(table);
    joined.needs.extend(marks.plain);
    walk::change(&mut condition, &mut Unmark)?;
    joined.on.push(condition);
    Ok(())
}

/// The tables without marks, then the others, each after those that its conditions need; gives
/// the order too.
fn join(tables: Vec<Joined>) -> Parse<(TableWithJoins, Vec<String>)> {
    let (mut waiting, plain): (Vec<_>, Vec<_>) =
        tables.into_iter().partition(|table| !table.on.is_empty());
    let mut placed: Vec<String> = Vec::new();
    let mut from: Option<TableWithJoins> = None;
    for table in plain {
        placed.push(table.name);
        let operator = JoinOperator::CrossJoin(JoinConstraint::None);
        add(&mut from, table.factor, operator);
    }
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|table| {
            from.is_some() && table.needs.iter().all(|name| placed.contains(name))
        });
        let Some(ready) = ready else {
            return Err(refused("The (+) operator: two tables are outer-joined to each other"));
        };
        let table = waiting.remove(ready);
        placed.push(table.name);
        let on = all(table.on).unwrap_or_else(build::null);
        add(&mut from, table.factor, JoinOperator::LeftOuter(JoinConstraint::On(on)));
    }
    let from = from.ok_or_else(|| refused("The (+) operator needs two tables"))?;
    Ok((from, placed))
}

fn add(from: &mut Option<TableWithJoins>, relation: TableFactor, join_operator: JoinOperator) {
    match from {
        None => *from = Some(TableWithJoins { relation, joins: Vec::new() }),
        Some(from) => from.joins.push(Join { relation, global: false, join_operator }),
    }
}

/// `*` shows the tables in the order they were written in.
fn keep_order(select: &mut Select, names: &[String]) {
    let items = std::mem::take(&mut select.projection);
    for item in items {
        match item {
            SelectItem::Wildcard(options) => {
                select.projection.extend(names.iter().map(|name| {
                    let part = ObjectNamePart::Identifier(Ident::with_quote('"', name));
                    let kind = SelectItemQualifiedWildcardKind::ObjectName(ObjectName(vec![part]));
                    SelectItem::QualifiedWildcard(kind, options.clone())
                }));
            }
            other => select.projection.push(other),
        }
    }
}

fn is_marked(expr: &Expr) -> bool {
    struct Found;
    impl Visitor for Found {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::OuterJoin(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    walk::read(expr, &mut Found)
}

/// The tables of a condition's columns, with and without the mark.
#[derive(Default)]
struct Marks {
    marked: BTreeSet<String>,
    plain: BTreeSet<String>,
    unqualified: bool,
}

impl Visitor for Marks {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::OuterJoin(inner) => match table_of(inner) {
                Some(table) => {
                    self.marked.insert(table);
                }
                None => self.unqualified = true,
            },
            Expr::CompoundIdentifier(_) => self.plain.extend(table_of(expr)),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn table_of(column: &Expr) -> Option<String> {
    let Expr::CompoundIdentifier(parts) = column else { return None };
    let table = parts.len().checked_sub(2).and_then(|index| parts.get(index));
    table.map(|ident| ident.value.clone())
}

struct Unmark;

impl VisitorMut for Unmark {
    type Break = SqlError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if let Expr::OuterJoin(inner) = expr {
            *expr = std::mem::replace(inner.as_mut(), build::null());
        }
        ControlFlow::Continue(())
    }
}
