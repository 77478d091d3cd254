//! `SELECT TOP n` becomes `LIMIT n`.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, LimitClause, Query, SetExpr, Statement as Tree, TopQuantity, Value, VisitorMut,
};

use super::Notes;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Top)
}

struct Top;

impl VisitorMut for Top {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        match rewrite(query) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn pre_visit_select(&mut self, select: &mut sqlparser::ast::Select) -> ControlFlow<SqlError> {
        // What is left here stands in a set operation, where a limit has no place of its own.
        match select.top {
            None => ControlFlow::Continue(()),
            Some(_) => {
                ControlFlow::Break(SqlError::unsupported("TOP in a set operation is not supported"))
            }
        }
    }
}

fn rewrite(query: &mut Query) -> Parse<()> {
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(()) };
    let Some(top) = select.top.take() else { return Ok(()) };
    if top.percent || top.with_ties {
        return Err(SqlError::unsupported("TOP … PERCENT and WITH TIES are not supported"));
    }
    if query.limit_clause.is_some() {
        return Err(SqlError::new("42601", "TOP and LIMIT cannot be used together"));
    }
    let limit = match top.quantity {
        Some(TopQuantity::Expr(expr)) => expr,
        Some(TopQuantity::Constant(n)) => Expr::value(Value::Number(n.to_string(), false)),
        None => return Err(SqlError::new("42601", "TOP needs a number")),
    };
    query.limit_clause =
        Some(LimitClause::LimitOffset { limit: Some(limit), offset: None, limit_by: Vec::new() });
    Ok(())
}
