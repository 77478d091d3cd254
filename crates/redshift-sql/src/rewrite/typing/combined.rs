//! Set operators tell rows apart, and order them, without the blanks at the end of their texts
//! (SQL commands › UNION, INTERSECT, or EXCEPT; guide, "Character types").
//!
//! A UNION becomes one of all rows that are told apart afterwards, INTERSECT and EXCEPT become
//! joins, so that the rows shown are rows that there are. Start reading at [`told_apart`].

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Join, JoinConstraint, JoinOperator, OrderByKind, Query,
    SelectItem, SetExpr, SetOperator, SetQuantifier, TableAliasColumnDef, TableFactor,
    TableWithJoins, Value, WildcardAdditionalOptions,
};

use super::super::build::{self, column, quoted};
use super::Columns;
use super::blanks::{is_a_place, is_varchar, place};
use super::compare::trimmed;
use crate::cursor::Parse;
use crate::resolve::ColumnType;

/// What the sides are called; with a blank, for no statement calls anything so by chance.
const LEFT: &str = "left side";
const RIGHT: &str = "right side";

/// Writes a set operation that tells rows apart; left alone where columns are not known.
pub(super) fn told_apart(body: &mut SetExpr, left: &Columns, right: &Columns) -> Parse<()> {
    let SetExpr::SetOperation { op, set_quantifier, .. } = body else { return Ok(()) };
    let (Some(left), Some(right)) = (left, right) else { return Ok(()) };
    let text = |pair: (&ColumnType, &ColumnType)| is_varchar(pair.0) || is_varchar(pair.1);
    let pairs = || left.iter().zip(right);
    if *set_quantifier == SetQuantifier::All || !pairs().any(text) || !are_names(left) {
        return Ok(());
    }
    let by = pairs().enumerate().map(|(at, pair)| match text(pair) {
        true => trimmed(column(LEFT, &pair.0.name)),
        false => place(at),
    });
    let by = by.collect();
    if *op == SetOperator::Union {
        *set_quantifier = SetQuantifier::All;
        let whole = take(body);
        *body = rows(whole, None, Some(by))?;
        return Ok(());
    }
    // The rows shown are the left side's: their types must be those of the result.
    let same = |pair: (&ColumnType, &ColumnType)| {
        text(pair) || pair.0.sql_type.is_some() && pair.0.sql_type == pair.1.sql_type
    };
    if !pairs().all(same) {
        return Ok(());
    }
    let condition = JoinConstraint::On(same_rows(left, right));
    let operator = match op {
        SetOperator::Intersect => JoinOperator::Semi(condition),
        _ => JoinOperator::Anti(condition),
    };
    if let SetExpr::SetOperation { left, right: other, .. } = take(body) {
        let names = (0..right.len())
            .map(|at| TableAliasColumnDef { name: quoted(&numbered(at)), data_type: None });
        let mut relation = derived(*other, RIGHT)?;
        if let TableFactor::Derived { alias: Some(alias), .. } = &mut relation {
            alias.columns = names.collect();
        }
        let join = Join { relation, global: false, join_operator: operator };
        *body = rows(*left, Some(join), Some(by))?;
    }
    Ok(())
}

/// Orders a set operation by what is left of its texts without blanks.
pub(super) fn ordered(query: &mut Query, columns: &Columns) -> Parse<()> {
    let Some(OrderByKind::Expressions(by)) = query.order_by.as_mut().map(|order| &mut order.kind)
    else {
        return Ok(());
    };
    by.iter().try_for_each(|by| is_a_place("ORDER BY", &by.expr, columns))?;
    let Some(columns) = columns.as_ref().filter(|columns| are_names(columns)) else {
        return Ok(());
    };
    let mut changed = false;
    for by in by {
        let found = match &by.expr {
            Expr::Identifier(name) => columns.iter().find(|column| column.name == name.value),
            Expr::Value(value) => match &value.value {
                Value::Number(text, _) => {
                    let at = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                    at.and_then(|at| columns.get(at))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(found) = found.filter(|found| is_varchar(found)) {
            by.expr = trimmed(column(LEFT, &found.name));
            changed = true;
        }
    }
    if changed && matches!(*query.body, SetExpr::SetOperation { .. }) {
        let whole = take(&mut query.body);
        *query.body = rows(whole, None, None)?;
    }
    Ok(())
}

/// The only column of a query without the blanks of its texts.
pub(super) fn only_column_trimmed(query: &mut Query, name: &str) -> Parse<()> {
    let item = SelectItem::UnnamedExpr(trimmed(column(LEFT, name)));
    let mut outer = build::query(vec![item])?;
    std::mem::swap(query, &mut outer);
    let inner = build::derived(outer, LEFT);
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.from = vec![TableWithJoins { relation: inner, joins: Vec::new() }];
    }
    Ok(())
}

/// Whether each column can be named.
fn are_names(columns: &[ColumnType]) -> bool {
    columns.iter().enumerate().all(|(at, column)| {
        let others = columns.iter().skip(at.saturating_add(1));
        !column.name.is_empty() && others.into_iter().all(|other| other.name != column.name)
    })
}

fn take(body: &mut SetExpr) -> SetExpr {
    let none =
        sqlparser::ast::Values { explicit_row: false, value_keyword: false, rows: Vec::new() };
    std::mem::replace(body, SetExpr::Values(none))
}

fn numbered(at: usize) -> String {
    format!("column {at}")
}

/// Equal rows, NULL beside NULL too.
fn same_rows(left: &[ColumnType], right: &[ColumnType]) -> Expr {
    let mut whole = Expr::value(Value::Boolean(true));
    for (at, (one, other)) in left.iter().zip(right).enumerate() {
        let mut sides = (column(LEFT, &one.name), column(RIGHT, &numbered(at)));
        if is_varchar(one) || is_varchar(other) {
            sides = (trimmed(sides.0), trimmed(sides.1));
        }
        let same = Expr::IsNotDistinctFrom(Box::new(sides.0), Box::new(sides.1));
        whole = match at {
            0 => same,
            _ => build::binary(whole, BinaryOperator::And, same),
        };
    }
    whole
}

fn derived(body: SetExpr, alias: &str) -> Parse<TableFactor> {
    let mut subquery = build::query(Vec::new())?;
    *subquery.body = body;
    Ok(build::derived(subquery, alias))
}

/// `SELECT [DISTINCT ON (by)] * FROM (body) [join]`.
fn rows(body: SetExpr, join: Option<Join>, by: Option<Vec<Expr>>) -> Parse<SetExpr> {
    let all = SelectItem::Wildcard(WildcardAdditionalOptions::default());
    let mut outer = build::query(vec![all])?;
    if let SetExpr::Select(select) = outer.body.as_mut() {
        let joins = join.into_iter().collect();
        select.from = vec![TableWithJoins { relation: derived(body, LEFT)?, joins }];
        select.distinct = by.map(Distinct::On);
    }
    Ok(*outer.body)
}
