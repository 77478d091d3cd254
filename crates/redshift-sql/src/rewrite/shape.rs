//! What a statement's shape must be before types matter: the columns and values of an INSERT, and
//! what DISTINCT may be ordered by (SQL commands › INSERT, SELECT › ORDER BY).

use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, Ident, Insert, ObjectName, ObjectNamePart, OrderByKind, Query, Select,
    SelectItem, SetExpr, Statement as Tree, TableObject, Value, VisitorMut,
};

use super::Notes;
use crate::cursor::{Parse, object_name};
use crate::error::{SYNTAX_ERROR, SqlError};
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, notes: &mut Notes<'_>) -> Parse<()> {
    if let Tree::Insert(insert) = tree {
        insert_shape(insert, notes)?;
    }
    change(tree, &mut Ordered)
}

/// Fewer values than columns fill the first ones; more are an error.
fn insert_shape(insert: &mut Insert, notes: &Notes<'_>) -> Parse<()> {
    for (index, column) in insert.columns.iter().enumerate() {
        if insert.columns.iter().skip(index + 1).any(|other| last(other) == last(column)) {
            let message = format!("column \"{}\" specified more than once", last(column));
            return Err(SqlError::new("42701", message));
        }
    }
    let Some(values) = insert.source.as_deref().and_then(|source| width(&source.body)) else {
        return Ok(());
    };
    let TableObject::TableName(name) = &insert.table else { return Ok(()) };
    let parts = name.0.iter().filter_map(ObjectNamePart::as_ident).map(|i| i.value.clone());
    let known =
        notes.catalog.and_then(|catalog| catalog.columns(&object_name(parts.collect(), 0).ok()?));
    let given = insert.columns.len();
    let most = match (&known, given) {
        (_, given) if given > 0 => given,
        (Some(columns), _) => columns.len(),
        (None, _) => return Ok(()),
    };
    if values > most {
        let message = "INSERT has more expressions than target columns";
        return Err(SqlError::new(SYNTAX_ERROR, message));
    }
    if values < given {
        let message = "INSERT has more target columns than expressions";
        return Err(SqlError::new(SYNTAX_ERROR, message));
    }
    if let (0, true, Some(columns)) = (given, values < most, known) {
        insert.columns = columns
            .into_iter()
            .take(values)
            .map(|column| {
                let ident = Ident::with_quote('"', column.name);
                ObjectName(vec![ObjectNamePart::Identifier(ident)])
            })
            .collect();
    }
    Ok(())
}

fn last(name: &ObjectName) -> &str {
    let ident = name.0.last().and_then(ObjectNamePart::as_ident);
    ident.map(|ident| ident.value.as_str()).unwrap_or_default()
}

/// The number of values of a row, where the text tells it.
pub(super) fn width(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Values(values) => values.rows.first().map(|row| row.len()),
        SetExpr::Select(select) => {
            let star = |item: &SelectItem| {
                matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
            };
            (!select.projection.iter().any(star)).then_some(select.projection.len())
        }
        SetExpr::Query(inner) => width(&inner.body),
        SetExpr::SetOperation { left, .. } => width(left),
        _ => None,
    }
}

struct Ordered;

impl VisitorMut for Ordered {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        let SetExpr::Select(select) = query.body.as_ref() else {
            return ControlFlow::Continue(());
        };
        let Some(OrderByKind::Expressions(by)) = query.order_by.as_ref().map(|order| &order.kind)
        else {
            return ControlFlow::Continue(());
        };
        let distinct = matches!(select.distinct, Some(Distinct::Distinct));
        if !distinct || by.iter().all(|by| is_selected(&by.expr, select)) {
            return ControlFlow::Continue(());
        }
        let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
        ControlFlow::Break(SqlError::new("42P10", message))
    }
}

/// Whether an expression is one of the select list, by place, name or text.
fn is_selected(expr: &Expr, select: &Select) -> bool {
    if matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..))) {
        return true;
    }
    let name = |expr: &Expr| match expr {
        Expr::Identifier(ident) => Some(ident.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|ident| ident.value.clone()),
        _ => None,
    };
    let wanted = name(expr);
    select.projection.iter().any(|item| match item {
        SelectItem::UnnamedExpr(own) => own == expr || wanted.is_some() && name(own) == wanted,
        SelectItem::ExprWithAlias { expr: own, alias } => {
            own == expr
                || wanted.as_ref() == Some(&alias.value)
                || wanted.is_some() && name(own) == wanted
        }
        _ => true,
    })
}
