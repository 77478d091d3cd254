//! The engine chooses among the forms of a function of ours by the first argument's type, before
//! it knows the types of aggregates, windows, and of columns around a subquery. Where such a value
//! is the argument, it is given a name of its own first: then its type is known.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Array, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    LambdaFunction, LambdaFunctionParameter, LambdaSyntax, OneOrManyWithParens, Statement as Tree,
    Subscript, VisitorMut,
};

use super::special::{function_name, is_late, names_columns};
use super::{Notes, build};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::change;

/// Functions of ours with several forms; the warehouse tests that there are no others.
pub const FORMED: &[&str] = &[
    "lb_add_months",
    "lb_add_years",
    "lb_any_zoned",
    "lb_at_time_zone",
    "lb_bytes",
    "lb_length",
    "lb_moment",
    "lb_octet_length",
    "lb_part",
    "lb_sign",
    "lb_substring",
    "lb_to_char",
    "lb_trunc",
];

/// What the value is called.
const VALUE: &str = "v";

pub(super) fn apply(tree: &mut Tree, _: &mut Notes<'_>) -> Parse<()> {
    change(tree, &mut Forms { subqueries: 0 })
}

struct Forms {
    /// Expressions around the current place that are subqueries.
    subqueries: usize,
}

impl VisitorMut for Forms {
    type Break = SqlError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if is_subquery(expr) {
            self.subqueries = self.subqueries.saturating_add(1);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if is_subquery(expr) {
            self.subqueries = self.subqueries.saturating_sub(1);
        }
        if function_name(expr).is_some_and(|name| FORMED.contains(&name)) {
            self.name_value(expr);
        }
        ControlFlow::Continue(())
    }
}

impl Forms {
    /// `list_transform([value], lambda v : f(v, …))[1]`.
    fn name_value(&self, expr: &mut Expr) {
        let Expr::Function(function) = expr else { return };
        let FunctionArguments::List(list) = &mut function.args else { return };
        let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first_mut() else {
            return;
        };
        if !is_late(first) && (self.subqueries == 0 || !names_columns(first)) {
            return;
        }
        let name = Ident::new(VALUE);
        let value = std::mem::replace(first, Expr::Identifier(name.clone()));
        let body = std::mem::replace(expr, build::null());
        let lambda = Expr::Lambda(LambdaFunction {
            params: OneOrManyWithParens::One(LambdaFunctionParameter { name, data_type: None }),
            body: Box::new(body),
            syntax: LambdaSyntax::LambdaKeyword,
        });
        let values = Expr::Array(Array { elem: vec![value], named: false });
        let mapped = build::engine_call("list_transform", vec![values, lambda]);
        let first = AccessExpr::Subscript(Subscript::Index { index: build::number(1) });
        *expr = Expr::CompoundFieldAccess { root: Box::new(mapped), access_chain: vec![first] };
    }
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. })
}
