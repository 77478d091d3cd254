//! Forms that clients use on the system catalog only: names cast to object ids (`'t'::regclass`)
//! and elements of its arrays (`conkey[1]`). They run on the leader node, as PostgreSQL 8.0 had
//! them (PostgreSQL documentation, "Object Identifier Types", "Arrays").
//!
//! It must not know what is in the catalog: the warehouse defines `lb_relation` and its kin.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, FunctionArguments, Statement as Tree, Subscript, VisitorMut,
};

use super::{Notes, build};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::change;

/// Columns of the catalog that are arrays; `indkey` counts from 0.
const ARRAYS: &[&str] = &[
    "conkey",
    "confkey",
    "indkey",
    "grolist",
    "relacl",
    "reloptions",
    "nspacl",
    "datacl",
    "proacl",
    "proargnames",
    "proargmodes",
    "proallargtypes",
];
/// Functions that give arrays.
const ARRAY_FUNCTIONS: &[&str] = &["current_schemas", "string_to_array", "array"];
/// The one that counts from 0.
const VECTOR: &str = "indkey";

/// Casts to names of objects: what gives the id for a name, and what gives the name for an id.
const REGISTERED: &[(&str, &str, &str)] = &[
    ("regclass", "lb_relation", "lb_relation_name"),
    ("regtype", "lb_type", "lb_type_name"),
    ("regproc", "lb_routine", "lb_routine_name"),
];

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Forms)
}

struct Forms;

impl VisitorMut for Forms {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if let Some(new) = element(expr).or_else(|| registered(expr)) {
            *expr = new;
        }
        ControlFlow::Continue(())
    }
}

/// Whether a subscript is one of the catalog's arrays, and not a path into a SUPER value.
pub(super) fn is_element(expr: &Expr) -> bool {
    let Expr::CompoundFieldAccess { root, access_chain } = expr else { return false };
    let [.., AccessExpr::Subscript(Subscript::Index { .. })] = access_chain.as_slice() else {
        return false;
    };
    array_name(root, access_chain).is_some()
}

/// Whether an expression is a column of the catalog that is an array.
pub(super) fn is_array_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
        && array_name(expr, &[]).is_some()
}

/// The name of the column or function that gives the array.
fn array_name<'a>(root: &'a Expr, chain: &'a [AccessExpr]) -> Option<&'a str> {
    let dotted = chain.iter().rev().find_map(|access| match access {
        AccessExpr::Dot(Expr::Identifier(name)) => Some(name.value.as_str()),
        _ => None,
    });
    let name = match (dotted, root) {
        (Some(name), _) => name,
        (None, Expr::Identifier(name)) => name.value.as_str(),
        (None, Expr::CompoundIdentifier(names)) => names.last()?.value.as_str(),
        (None, Expr::Nested(inner)) => return array_name(inner, &[]),
        (None, Expr::Function(function)) => {
            let name = function.name.0.last()?.as_ident()?.value.as_str();
            return ARRAY_FUNCTIONS.contains(&name).then_some(name);
        }
        _ => return None,
    };
    ARRAYS.contains(&name).then_some(name)
}

/// `array[n]` as the engine's function: NULL outside the array.
fn element(expr: &mut Expr) -> Option<Expr> {
    if !is_element(expr) {
        return None;
    }
    let Expr::CompoundFieldAccess { root, access_chain } = expr else { return None };
    let from_zero = array_name(root, access_chain) == Some(VECTOR);
    let Some(AccessExpr::Subscript(Subscript::Index { index })) = access_chain.pop() else {
        return None;
    };
    let index = if from_zero {
        build::binary(index, sqlparser::ast::BinaryOperator::Plus, build::number(1))
    } else {
        index
    };
    let array = if access_chain.is_empty() {
        std::mem::replace(root.as_mut(), build::null())
    } else {
        std::mem::replace(expr, build::null())
    };
    Some(build::call("list_extract", vec![array, index]))
}

/// A cast to a name of an object.
fn registered(expr: &mut Expr) -> Option<Expr> {
    let Expr::Cast { expr: value, data_type, .. } = expr else { return None };
    let kind = data_type.to_string().to_ascii_lowercase();
    let kind = kind.strip_prefix("pg_catalog.").unwrap_or(&kind);
    if let Some((_, id, name)) = REGISTERED.iter().find(|(registered, ..)| *registered == kind) {
        let is_literal = super::casts::literal(value).is_some();
        let value = std::mem::replace(value.as_mut(), build::null());
        return Some(build::call(if is_literal { id } else { name }, vec![value]));
    }
    // `number::regclass::oid` is the number again.
    let Expr::Function(function) = value.as_mut() else { return None };
    let name = function.name.0.last()?.as_ident()?.value.clone();
    let is_name = REGISTERED.iter().any(|(.., named)| *named == name);
    let FunctionArguments::List(list) = &mut function.args else { return None };
    if !is_name || !matches!(kind, "oid" | "int" | "int4" | "integer" | "bigint" | "int8") {
        return None;
    }
    match list.args.pop()? {
        sqlparser::ast::FunctionArg::Unnamed(sqlparser::ast::FunctionArgExpr::Expr(inner)) => {
            Some(inner)
        }
        _ => None,
    }
}
