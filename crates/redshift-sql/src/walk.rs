//! Walking a tree through one concrete type.
//!
//! sqlparser's traversal is generic over the visitor: every visitor type compiles thousands of
//! functions of its own. Here all of them go through a trait object, so the traversal is compiled
//! twice (to read, to change) and not once for each pass. A virtual call for each node is nothing
//! beside parsing.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, ObjectName, OrderBy, OrderByExpr, Query, Select, Statement,
    TableFactor, ValueWithSpan, Visit, VisitMut, Visitor, VisitorMut,
};

use crate::cursor::Parse;
use crate::error::SqlError;

/// A reading visitor behind a pointer.
struct Reader<'v>(&'v mut dyn Visitor<Break = ()>);

/// A changing visitor behind a pointer.
struct Changer<'v>(&'v mut dyn VisitorMut<Break = SqlError>);

/// Forwards every hook there is: one that were left out would silently never be called.
macro_rules! forward {
    ($break:ty; $($hook:ident($($node:tt)+)),* $(,)?) => {
        type Break = $break;
        $(fn $hook(&mut self, node: $($node)+) -> ControlFlow<$break> {
            self.0.$hook(node)
        })*
    };
}

impl Visitor for Reader<'_> {
    forward!(();
        pre_visit_query(&Query), post_visit_query(&Query),
        pre_visit_select(&Select), post_visit_select(&Select),
        pre_visit_relation(&ObjectName), post_visit_relation(&ObjectName),
        pre_visit_table_factor(&TableFactor), post_visit_table_factor(&TableFactor),
        pre_visit_expr(&Expr), post_visit_expr(&Expr),
        pre_visit_statement(&Statement), post_visit_statement(&Statement),
        pre_visit_value(&ValueWithSpan), post_visit_value(&ValueWithSpan),
        pre_visit_ident(&Ident), post_visit_ident(&Ident),
        pre_visit_order_by(&OrderBy), post_visit_order_by(&OrderBy),
        pre_visit_order_by_expr(&OrderByExpr), post_visit_order_by_expr(&OrderByExpr),
        pre_visit_group_by(&GroupByExpr), post_visit_group_by(&GroupByExpr),
    );
}

impl VisitorMut for Changer<'_> {
    forward!(SqlError;
        pre_visit_query(&mut Query), post_visit_query(&mut Query),
        pre_visit_select(&mut Select), post_visit_select(&mut Select),
        pre_visit_relation(&mut ObjectName), post_visit_relation(&mut ObjectName),
        pre_visit_table_factor(&mut TableFactor), post_visit_table_factor(&mut TableFactor),
        pre_visit_expr(&mut Expr), post_visit_expr(&mut Expr),
        pre_visit_statement(&mut Statement), post_visit_statement(&mut Statement),
        pre_visit_value(&mut ValueWithSpan), post_visit_value(&mut ValueWithSpan),
        pre_visit_ident(&mut Ident), post_visit_ident(&mut Ident),
        pre_visit_order_by(&mut OrderBy), post_visit_order_by(&mut OrderBy),
        pre_visit_order_by_expr(&mut OrderByExpr), post_visit_order_by_expr(&mut OrderByExpr),
        pre_visit_group_by(&mut GroupByExpr), post_visit_group_by(&mut GroupByExpr),
    );
}

/// Shows a tree to a visitor; whether it broke off.
pub(crate) fn read(node: &impl Visit, visitor: &mut dyn Visitor<Break = ()>) -> bool {
    node.visit(&mut Reader(visitor)).is_break()
}

/// Lets a visitor change a tree; its break is the error.
pub(crate) fn change(
    node: &mut impl VisitMut,
    visitor: &mut dyn VisitorMut<Break = SqlError>,
) -> Parse<()> {
    match node.visit(&mut Changer(visitor)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}
