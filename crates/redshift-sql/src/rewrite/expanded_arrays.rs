//! `information_schema._pg_expandarray(array)`: a row for each element, of the element `x` and
//! its number `n`. PostgreSQL's JDBC driver finds keys by it (PostgreSQL 8.0,
//! `information_schema.sql`).
//!
//! It must not know which columns are arrays. Start reading at [`apply`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, Function, Ident, ObjectNamePart, Statement as Tree, Visitor, VisitorMut,
};

use super::build;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::{change, read};

const NAME: &str = "_pg_expandarray";
/// The rows' two fields.
const FIELDS: [&str; 2] = ["x", "n"];

/// The call becomes the engine's, and in a statement that has one, so do fields `x` and `n`.
pub(crate) fn apply(tree: &mut Tree) -> Parse<()> {
    if !read(tree, &mut Finder) {
        return Ok(());
    }
    change(tree, &mut Expander)
}

/// Stops at a call.
struct Finder;

impl Visitor for Finder {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) if is_call(function) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

struct Expander;

impl VisitorMut for Expander {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match expanded(expr) {
            Ok(Some(new)) => *expr = new,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

fn is_call(function: &Function) -> bool {
    let is = |index: usize, name: &str| {
        let part = function.name.0.get(index).and_then(ObjectNamePart::as_ident);
        part.is_some_and(|part| part.value.eq_ignore_ascii_case(name))
    };
    is(0, "information_schema") && is(1, NAME)
}

fn expanded(expr: &mut Expr) -> Parse<Option<Expr>> {
    match expr {
        Expr::Function(function) if is_call(function) => {
            let rows = build::engine_call("lb_expanded", super::arguments(function)?);
            Ok(Some(build::engine_call("unnest", vec![rows])))
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let [AccessExpr::Dot(Expr::Identifier(field))] = access_chain.as_slice() else {
                return Ok(None);
            };
            Ok(field_of(root, field))
        }
        _ => Ok(None),
    }
}

/// `(rows).n`: of the call itself, or of the column that it gave in a query below.
fn field_of(root: &mut Expr, field: &Ident) -> Option<Expr> {
    let Expr::Nested(rows) = root else { return None };
    let is_rows = match rows.as_ref() {
        Expr::Function(function) => build::is_engine_name(&function.name),
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        _ => false,
    };
    let field = FIELDS.iter().find(|name| field.value.eq_ignore_ascii_case(name))?;
    if !is_rows {
        return None;
    }
    let rows = std::mem::replace(rows.as_mut(), build::null());
    Some(build::engine_call("struct_extract", vec![rows, build::string(*field)]))
}
