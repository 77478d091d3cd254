//! Set operators: MINUS is the engine's EXCEPT; INTERSECT and EXCEPT know no ALL (SQL commands ›
//! UNION, INTERSECT, or EXCEPT).

use std::ops::ControlFlow;

use sqlparser::ast::{Query, SetExpr, SetOperator, SetQuantifier, Statement as Tree, VisitorMut};

use super::Notes;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes<'_>) -> Parse<()> {
    change(tree, &mut Sets)
}

struct Sets;

impl VisitorMut for Sets {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        match operators(&mut query.body) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn operators(body: &mut SetExpr) -> Parse<()> {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return Ok(()) };
    let union = *op == SetOperator::Union;
    match set_quantifier {
        SetQuantifier::None | SetQuantifier::Distinct => {}
        SetQuantifier::All if union => {}
        _ => {
            return Err(SqlError::unsupported(format!("{op} {set_quantifier} is not supported")));
        }
    }
    if *op == SetOperator::Minus {
        *op = SetOperator::Except;
    }
    operators(left)?;
    operators(right)
}
