//! Dynamic typing: operators, casts and conditions over SUPER values, whose types are known only
//! when the statement runs.
//!
//! An expression is a SUPER value where its outermost function gives one; columns are marked as
//! such by the typing pass. Redshift Developer Guide, "Querying semi-structured data" › Dynamic
//! typing; "Operators and functions". Start reading at [`rewrite`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, Ident, ObjectName, ObjectNamePart, OrderByExpr,
    Statement as Tree, UnaryOperator, VisitorMut,
};

use super::build::engine_call;
use super::functions::arguments;
use super::{Notes, build};
use crate::cursor::Parse;
use crate::error::{SqlError, UNDEFINED_FUNCTION};
use crate::types::SqlType;
use crate::walk::change;

/// The warehouse's functions that give SUPER.
const GIVES_SUPER: &[&str] = &[
    "lb_json_parse",
    "lb_split_to_array",
    "lb_super",
    "lb_super_arithmetic",
    "lb_super_array",
    "lb_super_concat",
    "lb_super_flatten",
    "lb_super_get",
    "lb_super_object",
    "lb_super_rename",
    "lb_super_rounded",
    "lb_super_subarray",
];

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Dynamic)
}

/// The engine's name of a function.
fn called(name: &ObjectName) -> &str {
    let last = name.0.last().and_then(ObjectNamePart::as_ident);
    let value = last.map_or("", |ident: &Ident| ident.value.as_str());
    value.strip_prefix(build::ENGINE).unwrap_or(value)
}

/// Whether an expression is certainly a SUPER value.
pub(super) fn is_super(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_super(inner),
        Expr::Function(function) => match called(&function.name) {
            "coalesce" | "nullif" => {
                let args = arguments(function).unwrap_or_default();
                args.first().is_some_and(is_super)
            }
            name => GIVES_SUPER.contains(&name),
        },
        Expr::Case { conditions, .. } => conditions.iter().any(|when| is_super(&when.result)),
        Expr::Cast { data_type, .. } => data_type.to_string() == format!("{}JSON", build::ENGINE),
        _ => false,
    }
}

/// A value of any type as a SUPER value.
pub(super) fn to_super(value: Expr) -> Expr {
    if is_super(&value) {
        return value;
    }
    let kind = build::call("typeof", vec![value.clone()]);
    engine_call("lb_super", vec![kind, build::cast(value, "VARCHAR")])
}

struct Dynamic;

impl VisitorMut for Dynamic {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match rewrite(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    /// Values of different types are in the order boolean, number, string, array, object.
    fn post_visit_order_by_expr(&mut self, order: &mut OrderByExpr) -> ControlFlow<SqlError> {
        if is_super(&order.expr) {
            order.expr = engine_call("lb_super_order", vec![take(&mut order.expr)]);
        }
        ControlFlow::Continue(())
    }
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, build::null())
}

fn rewrite(expr: &mut Expr) -> Parse<()> {
    let new = match expr {
        Expr::BinaryOp { left, op, right } if is_super(left) || is_super(right) => {
            binary(take(left), op.clone(), take(right))
        }
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } if is_super(expr) => {
            let zero = build::string("0");
            engine_call("lb_super_arithmetic", vec![build::string("-"), zero, take(expr)])
        }
        Expr::IsNull(value) if is_super(value) => Expr::IsNull(Box::new(present(take(value)))),
        Expr::IsNotNull(value) if is_super(value) => {
            Expr::IsNotNull(Box::new(present(take(value))))
        }
        Expr::InList { expr, list, negated } if is_super(expr) || list.iter().any(is_super) => {
            in_list(&take(expr), std::mem::take(list), *negated)
        }
        Expr::Between { expr, low, high, negated } if is_super(expr) => {
            let value = take(expr);
            let low = compared(value.clone(), BinaryOperator::GtEq, take(low));
            let high = compared(value, BinaryOperator::LtEq, take(high));
            not(build::binary(low, BinaryOperator::And, high), *negated)
        }
        Expr::Like { expr, .. } | Expr::ILike { expr, .. } | Expr::SimilarTo { expr, .. }
            if is_super(expr) =>
        {
            **expr = scalar("string", take(expr));
            return Ok(());
        }
        Expr::Case { .. } => return case(expr),
        Expr::Cast {
            expr: value, data_type, kind: CastKind::Cast | CastKind::DoubleColon, ..
        } => {
            let Some(to) = wanted(data_type)? else { return Ok(()) };
            match to {
                SqlType::Super => to_super(take(value)),
                _ if !is_super(value) => return Ok(()),
                // The casts pass cuts it to its length.
                SqlType::Char(_) | SqlType::Varchar(_) => {
                    **value = scalar("text", take(value));
                    return Ok(());
                }
                to => cast(take(value), to)?,
            }
        }
        Expr::Function(function) => {
            return call(function).map(|new| {
                if let Some(new) = new {
                    *expr = new;
                }
            });
        }
        _ => return Ok(()),
    };
    *expr = new;
    Ok(())
}

/// The type of a cast as Redshift means it; `None` for those that passes have written.
fn wanted(data_type: &sqlparser::ast::DataType) -> Parse<Option<SqlType>> {
    let text = data_type.to_string();
    if text.contains(build::ENGINE) {
        return Ok(None);
    }
    SqlType::parse(&text.to_ascii_lowercase()).map(Some)
}

fn scalar(kind: &str, value: Expr) -> Expr {
    engine_call("lb_super_scalar", vec![build::string(kind), value])
}

fn order(value: Expr) -> Expr {
    engine_call("lb_super_order", vec![to_super(value)])
}

/// The value, NULL also where it is null.
fn present(value: Expr) -> Expr {
    let text = build::cast(value, "VARCHAR");
    build::call("nullif", vec![text, build::string("null")])
}

fn not(condition: Expr, negated: bool) -> Expr {
    if !negated {
        return condition;
    }
    let condition = Box::new(build::nested(condition));
    build::nested(Expr::UnaryOp { op: UnaryOperator::Not, expr: condition })
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    use BinaryOperator as B;
    match op {
        // Keys are the same for equal values only, of whatever types; joins can hash them.
        B::Eq | B::NotEq => build::binary(order(left), op, order(right)),
        B::Lt | B::LtEq | B::Gt | B::GtEq => compared(left, op, right),
        B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo => {
            let operator = build::string(op.to_string());
            engine_call("lb_super_arithmetic", vec![operator, to_super(left), to_super(right)])
        }
        B::StringConcat => build::binary(string(left), op, string(right)),
        B::PGRegexMatch
        | B::PGRegexIMatch
        | B::PGRegexNotMatch
        | B::PGRegexNotIMatch
        | B::PGLikeMatch
        | B::PGILikeMatch
        | B::PGNotLikeMatch
        | B::PGNotILikeMatch => plain(string(left), op, right),
        other => plain(condition(left), other, condition(right)),
    }
}

fn plain(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// Under AND and OR a SUPER value is the boolean in it.
fn condition(value: Expr) -> Expr {
    if is_super(&value) { build::cast(scalar("boolean", value), "BOOLEAN") } else { value }
}

fn string(value: Expr) -> Expr {
    if is_super(&value) { scalar("string", value) } else { value }
}

/// `left < right`: NULL where the types differ.
fn compared(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    let order = engine_call("lb_super_compare", vec![to_super(left), to_super(right)]);
    build::binary(order, op, build::number(0))
}

fn in_list(value: &Expr, list: Vec<Expr>, negated: bool) -> Expr {
    Expr::InList {
        expr: Box::new(order(value.clone())),
        list: list.into_iter().map(order).collect(),
        negated,
    }
}

/// Results of different types become SUPER when one of them is; an operand is compared as SUPER.
fn case(expr: &mut Expr) -> Parse<()> {
    let Expr::Case { operand, conditions, else_result, .. } = expr else { return Ok(()) };
    let compares = operand.as_deref().is_some_and(is_super)
        || (operand.is_some() && conditions.iter().any(|when| is_super(&when.condition)));
    if compares && let Some(operand) = operand {
        **operand = order(take(operand));
        for when in conditions.iter_mut() {
            when.condition = order(take(&mut when.condition));
        }
    }
    let gives = conditions.iter().any(|when| is_super(&when.result))
        || else_result.as_deref().is_some_and(is_super);
    if gives {
        for when in conditions {
            when.result = to_super(take(&mut when.result));
        }
        if let Some(result) = else_result {
            **result = to_super(take(result));
        }
    }
    Ok(())
}

/// A cast from SUPER to anything but text: NULL where the value does not fit the type.
fn cast(value: Expr, to: SqlType) -> Parse<Expr> {
    let kind = match to {
        SqlType::Boolean => "boolean",
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => "integer",
        SqlType::Real | SqlType::Double | SqlType::Decimal { .. } => "number",
        SqlType::Date
        | SqlType::Time
        | SqlType::TimeTz
        | SqlType::Timestamp
        | SqlType::TimestampTz => "string",
        other => {
            return Err(SqlError::new("42846", format!("cannot cast type super to {other}")));
        }
    };
    let text = scalar(kind, value);
    Ok(Expr::Cast {
        kind: CastKind::TryCast,
        expr: Box::new(text),
        data_type: build::engine_type(&to.engine().unwrap_or_default()),
        format: None,
    })
}

/// Functions that Redshift has for SUPER too; `None` for those that mean the same.
fn call(function: &Function) -> Parse<Option<Expr>> {
    let mut args = arguments(function).unwrap_or_default();
    if !args.iter().any(is_super) {
        return Ok(None);
    }
    let name = called(&function.name);
    Ok(match name {
        "coalesce" if !args.iter().all(is_super) => {
            Some(build::call(name, args.into_iter().map(to_super).collect()))
        }
        "nullif" if args.len() == 2 => {
            let [left, right] = [args.swap_remove(0), args.swap_remove(0)];
            let equal = binary(left.clone(), BinaryOperator::Eq, right);
            Some(build::case(vec![(equal, build::null())], Some(left)))
        }
        "abs" | "floor" | "ceil" | "ceiling" | "round" | "trunc" | "lb_trunc"
            if args.len() <= 2 =>
        {
            let digits = if args.len() == 2 { args.pop() } else { None };
            let digits = digits.unwrap_or_else(|| build::number(0));
            let name = build::string(match name {
                "ceiling" => "ceil",
                "lb_trunc" => "trunc",
                name => name,
            });
            let value = args.pop().unwrap_or_else(build::null);
            let digits = build::cast(digits, "VARCHAR");
            Some(engine_call("lb_super_rounded", vec![name, to_super(value), digits]))
        }
        // The engine would compare the values' texts.
        "min" | "max" | "greatest" | "least" => {
            let message = format!("function {name}(super) does not exist");
            return Err(SqlError::new(UNDEFINED_FUNCTION, message));
        }
        _ => None,
    })
}
