//! Result columns without a name get Redshift's: the function's, the cast type's, `?column?`.
//!
//! The engine would call them by their text. Files of an `UNLOAD` and clients see these names.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, Ident, JsonPathElem, Select, SelectItem, Statement as Tree, VisitorMut,
};

use super::Notes;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::types::SqlType;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Labels)
}

struct Labels;

impl VisitorMut for Labels {
    type Break = SqlError;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        for item in &mut select.projection {
            let SelectItem::UnnamedExpr(expr) = item else { continue };
            if matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
                && !is_keyword(expr)
            {
                continue;
            }
            name(item);
        }
        ControlFlow::Continue(())
    }
}

/// Writes the name of a nameless column beside it.
pub(super) fn name(item: &mut SelectItem) {
    let SelectItem::UnnamedExpr(expr) = item else { return };
    let alias = Ident::with_quote('"', label(expr));
    let expr = std::mem::replace(expr, super::build::null());
    *item = SelectItem::ExprWithAlias { expr, alias };
}

/// `sysdate`, `current_user`: calls without parentheses.
fn is_keyword(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(name) if super::functions::is_bare_call(name))
}

const NAMELESS: &str = "?column?";

/// The name of an expression's column.
pub(super) fn label(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) if is_keyword(expr) => function_label(&name.value),
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(names) => {
            names.last().map_or_else(|| NAMELESS.into(), |name| name.value.clone())
        }
        Expr::JsonAccess { value, path } => {
            let attribute = path.path.iter().rev().find_map(|step| match step {
                JsonPathElem::Dot { key, .. } => Some(key.clone()),
                _ => None,
            });
            attribute.unwrap_or_else(|| label(value))
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let attribute = access_chain.iter().rev().find_map(|step| match step {
                AccessExpr::Dot(name) => Some(label(name)),
                AccessExpr::Subscript(_) => None,
            });
            attribute.unwrap_or_else(|| label(root))
        }
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => label(inner),
        // Of several casts of a constant the last names the column.
        Expr::Cast { expr, data_type, .. } => match label(uncast(expr)) {
            inner if inner == NAMELESS => type_label(&data_type.to_string()),
            inner => inner,
        },
        Expr::Convert { data_type: Some(data_type), .. } => type_label(&data_type.to_string()),
        Expr::TypedString(typed) => type_label(&typed.data_type.to_string()),
        Expr::Function(function) => {
            let last = function.name.0.last().and_then(|part| part.as_ident());
            last.map_or_else(|| NAMELESS.into(), |name| function_label(&name.value))
        }
        Expr::Case { else_result, .. } => match else_result.as_deref().map(label) {
            Some(inner) if inner != NAMELESS => inner,
            _ => "case".into(),
        },
        Expr::Subquery(_) | Expr::Value(_) => NAMELESS.into(),
        Expr::Exists { .. } => NAMELESS.into(),
        Expr::Extract { .. } => "date_part".into(),
        Expr::Trim { .. } => "btrim".into(),
        Expr::Substring { .. } => "substring".into(),
        Expr::Position { .. } => "position".into(),
        Expr::AtTimeZone { .. } => "timezone".into(),
        Expr::Ceil { .. } => "ceil".into(),
        Expr::Floor { .. } => "floor".into(),
        _ => NAMELESS.into(),
    }
}

fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => uncast(expr),
        other => other,
    }
}

/// The name by which the server knows a function that has two.
fn function_label(name: &str) -> String {
    match name {
        "dateadd" => "date_add",
        "datediff" => "date_diff",
        "date_part" => "pgdate_part",
        // The server makes these expressions of other kinds while it parses.
        "decode" | "nvl2" => "case",
        "nvl" | "isnull" | "ifnull" => "coalesce",
        "current_date" => "date",
        "sysdate" => "timestamp",
        other => other,
    }
    .into()
}

/// The internal name of a type, as the server labels a cast of a constant.
fn type_label(text: &str) -> String {
    let name = match SqlType::parse(text) {
        Ok(SqlType::Boolean) => "bool",
        Ok(SqlType::SmallInt) => "int2",
        Ok(SqlType::Integer) => "int4",
        Ok(SqlType::BigInt) => "int8",
        Ok(SqlType::Real) => "float4",
        Ok(SqlType::Double) => "float8",
        Ok(SqlType::Decimal { .. }) => "numeric",
        Ok(SqlType::Char(_)) => "bpchar",
        Ok(SqlType::Varchar(_)) => "varchar",
        Ok(SqlType::Date) => "date",
        Ok(SqlType::Timestamp) => "timestamp",
        Ok(SqlType::TimestampTz) => "timestamptz",
        Ok(SqlType::Time) => "time",
        Ok(SqlType::TimeTz) => "timetz",
        Ok(SqlType::Super) => "super",
        _ => NAMELESS,
    };
    name.into()
}
