//! Forms that clients use on the system catalog only: names cast to object ids (`'t'::regclass`)
//! and elements of its arrays (`conkey[1]`). They run on the leader node, as PostgreSQL 8.0 had
//! them (PostgreSQL documentation, "Object Identifier Types", "Arrays").
//!
//! It must not know what is in the catalog: the warehouse defines `lb_relation` and its kin.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, JsonPathElem,
    Statement as Tree, VisitorMut,
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
/// What an element is called until the functions' pass gives it the engine's name.
pub(super) const ELEMENT: &str = "lb_element";

/// Casts to names of objects: what gives the id for a name, and what gives the name for an id.
const REGISTERED: &[(&str, &str, &str)] = &[
    ("regclass", "lb_relation", "lb_relation_name"),
    ("regtype", "lb_type", "lb_type_name"),
    ("regproc", "lb_routine", "lb_routine_name"),
    ("regprocedure", "lb_routine", "lb_procedure_name"),
];

/// Elements of the catalog's arrays become calls.
pub(super) fn elements(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Forms(element))
}

/// Casts to names of objects become calls of the warehouse's macros.
pub(super) fn names(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Forms(registered))
}

struct Forms(fn(&mut Expr) -> Option<Expr>);

impl VisitorMut for Forms {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if let Some(new) = self.0(expr) {
            *expr = new;
        }
        ControlFlow::Continue(())
    }
}

/// Whether a subscript is one of the catalog's arrays, and not a path into a SUPER value.
pub(super) fn is_element(expr: &Expr) -> bool {
    let Expr::JsonAccess { value, path } = expr else { return false };
    matches!(path.path.last(), Some(JsonPathElem::Bracket { .. }))
        && array_name(value, &path.path).is_some()
}

/// Whether an expression is a column of the catalog that is an array.
pub(super) fn is_array_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
        && array_name(expr, &[]).is_some()
}

/// The name of the column or function that gives the array.
fn array_name<'a>(value: &'a Expr, path: &'a [JsonPathElem]) -> Option<&'a str> {
    let dotted = path.iter().rev().find_map(|part| match part {
        JsonPathElem::Dot { key, .. } => Some(key.as_str()),
        _ => None,
    });
    let name = match (dotted, value) {
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
    let Expr::JsonAccess { value, path } = expr else { return None };
    let from_zero = array_name(value, &path.path) == Some(VECTOR);
    let Some(JsonPathElem::Bracket { key }) = path.path.pop() else { return None };
    let index =
        if from_zero { build::binary(key, BinaryOperator::Plus, build::number(1)) } else { key };
    let array = std::mem::replace(value.as_mut(), build::null());
    let array = match path.path.pop() {
        // `c.conkey[1]` where the parser took `c` for the value.
        Some(JsonPathElem::Dot { key, .. }) => match array {
            Expr::Identifier(table) => Expr::CompoundIdentifier(vec![table, Ident::new(key)]),
            _ => return None,
        },
        _ => array,
    };
    Some(build::call(ELEMENT, vec![array, index]))
}

fn is_empty_array(value: &Expr) -> bool {
    super::casts::literal(value).is_some_and(|text| text == "{}")
}

/// A cast to a name of an object.
fn registered(expr: &mut Expr) -> Option<Expr> {
    let Expr::Cast { expr: value, data_type, .. } = expr else { return None };
    let kind = data_type.to_string().to_ascii_lowercase();
    let kind = kind.strip_prefix("pg_catalog.").unwrap_or(&kind);
    if kind == "aclitem[]" && is_empty_array(value) {
        // What default privileges without any grant are compared with.
        return Some(build::verbatim(String::from("CAST([] AS VARCHAR[])")));
    }
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
        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => Some(inner),
        _ => None,
    }
}
