//! Conditions and arithmetic.

use sqlparser::ast::{BinaryOperator, Expr, Function};

use super::exactly;
use crate::cursor::Parse;
use crate::rewrite::build;
use crate::rewrite::functions::{arguments, does_not_exist};

/// `NVL2(a, not_null, null)`.
pub(in crate::rewrite) fn nvl2(function: &Function, name: &str) -> Parse<Expr> {
    let [value, present, absent] = exactly::<3>(function, name)?;
    let condition = Expr::IsNotNull(Box::new(build::nested(value)));
    Ok(build::case(vec![(condition, present)], Some(absent)))
}

/// `DECODE(x, search, result, … [, default])`; NULL finds NULL.
pub(in crate::rewrite) fn decode(function: &Function, name: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    let Some((value, rest)) = args.split_first() else {
        return Err(does_not_exist(name, function));
    };
    if rest.len() < 2 {
        return Err(does_not_exist(name, function));
    }
    let pairs = rest.chunks_exact(2);
    let default = pairs.remainder().first().cloned();
    let whens = pairs
        .filter_map(|pair| match pair {
            [search, result] => Some((same(value, search), result.clone())),
            _ => None,
        })
        .collect();
    Ok(build::case(whens, default))
}

fn same(value: &Expr, search: &Expr) -> Expr {
    let side = |expr: &Expr| Box::new(build::nested(expr.clone()));
    Expr::IsNotDistinctFrom(side(value), side(search))
}

/// `MOD(a, b)`: the operator, so that a zero divisor is found.
pub(in crate::rewrite) fn modulo(function: &Function, name: &str) -> Parse<Expr> {
    let [left, right] = exactly::<2>(function, name)?;
    Ok(build::binary(build::nested(left), BinaryOperator::Modulo, build::nested(right)))
}
