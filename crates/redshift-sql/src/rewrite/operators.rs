//! Operators whose meaning differs: division, strings and numbers under `+`, regular expressions.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Statement as Tree, UnaryOperator, Value, VisitorMut};

use super::{AFTER_OPERATORS, Notes, build, casts, finish, patterns};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Operators)
}

struct Operators;

impl VisitorMut for Operators {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match rewrite(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn rewrite(expr: &mut Expr) -> Parse<()> {
    match expr {
        Expr::Like { .. } | Expr::ILike { .. } => patterns::like(expr),
        Expr::SimilarTo { .. } => return patterns::similar_to(expr),
        Expr::IsUnknown(inner) => *expr = Expr::IsNull(Box::new(take(inner))),
        Expr::IsNotUnknown(inner) => *expr = Expr::IsNotNull(Box::new(take(inner))),
        Expr::UnaryOp { op, .. } if !unary_is_known(op) => {
            return Err(SqlError::unsupported(format!("operator {op} is not supported")));
        }
        Expr::BinaryOp { left, op, right } => {
            let (left, right) = (left.as_mut(), right.as_mut());
            if let Some(new) = binary(left, op, right)? {
                *expr = new;
            }
        }
        _ => {}
    }
    Ok(())
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, build::null())
}

fn unary_is_known(op: &UnaryOperator) -> bool {
    matches!(
        op,
        UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not | UnaryOperator::BitwiseNot
    )
}

/// The replacement of a binary operation, `None` when the engine means the same.
fn binary(left: &mut Expr, op: &BinaryOperator, right: &mut Expr) -> Parse<Option<Expr>> {
    use BinaryOperator as B;
    Ok(match op {
        B::Divide | B::Modulo => divide(left, op, right)?,
        B::Plus | B::Minus | B::Multiply => add(left, op, right),
        B::PGRegexMatch => Some(regex(left, right, "", false)),
        B::PGRegexIMatch => Some(regex(left, right, "i", false)),
        B::PGRegexNotMatch => Some(regex(left, right, "", true)),
        B::PGRegexNotIMatch => Some(regex(left, right, "i", true)),
        B::PGLikeMatch | B::PGILikeMatch | B::PGNotLikeMatch | B::PGNotILikeMatch => {
            Some(tilde_like(left, op, right))
        }
        B::PGExp | B::BitwiseXor => Some(build::call("pow", vec![take(left), take(right)])),
        B::StringConcat
        | B::Gt
        | B::Lt
        | B::GtEq
        | B::LtEq
        | B::Eq
        | B::NotEq
        | B::And
        | B::Or
        | B::BitwiseOr
        | B::BitwiseAnd
        | B::PGBitwiseShiftLeft
        | B::PGBitwiseShiftRight => None,
        other => return Err(SqlError::unsupported(format!("operator {other} is not supported"))),
    })
}

/// A zero divisor is an error; to the engine it is NULL or infinity.
fn divide(left: &mut Expr, op: &BinaryOperator, right: &mut Expr) -> Parse<Option<Expr>> {
    if is_nonzero_number(right) {
        return Ok(None);
    }
    let divisor = guarded(take(right))?;
    Ok(Some(build::binary(take(left), op.clone(), divisor)))
}

/// The divisor, or the error when it is zero.
fn guarded(divisor: Expr) -> Parse<Expr> {
    /// Longer text is written once, as the engine's local name.
    const SHORT: usize = 200;
    let mut divisor = build::nested(divisor);
    let error = build::raise("22012", "Divide by zero");
    if divisor.to_string().len() > SHORT {
        finish(&mut divisor, AFTER_OPERATORS)?;
        let body = format!("CASE WHEN v = 0 THEN {error} ELSE v END");
        return Ok(build::with_value(&divisor, &body));
    }
    let is_zero = Expr::BinaryOp {
        left: Box::new(divisor.clone()),
        op: BinaryOperator::Eq,
        right: Box::new(build::number(0)),
    };
    Ok(build::case(vec![(is_zero, error)], Some(divisor)))
}

fn is_nonzero_number(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse::<f64>().is_ok_and(|number| number != 0.0),
            _ => false,
        },
        Expr::Nested(inner) => is_nonzero_number(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => is_nonzero_number(expr),
        _ => false,
    }
}

/// `'a' + 'b'` concatenates, `'12' + 1` adds. Without types only literals tell; two columns of
/// text stay an error of the engine.
fn add(left: &mut Expr, op: &BinaryOperator, right: &mut Expr) -> Option<Expr> {
    let text = (is_text(left), is_text(right));
    let numeric =
        |expr: &Expr| casts::literal(expr).is_some_and(|text| text.trim().parse::<f64>().is_ok());
    let concatenates = match text {
        (true, true) => *op == BinaryOperator::Plus,
        (true, false) => *op == BinaryOperator::Plus && !numeric(left) && !is_number(right),
        (false, true) => *op == BinaryOperator::Plus && !numeric(right) && !is_number(left),
        (false, false) => return None,
    };
    if concatenates && !is_interval(left) && !is_interval(right) {
        return Some(build::binary(take(left), BinaryOperator::StringConcat, take(right)));
    }
    let number = |expr: &mut Expr| match casts::literal(expr).map(|text| text.trim().to_owned()) {
        Some(text) if text.parse::<f64>().is_ok() => {
            build::nested(Expr::value(Value::Number(text, false)))
        }
        _ => take(expr),
    };
    (numeric(left) || numeric(right))
        .then(|| build::binary(number(left), op.clone(), number(right)))
}

/// Whether an expression is certainly text.
fn is_text(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_text(inner),
        Expr::BinaryOp { op, .. } => *op == BinaryOperator::StringConcat,
        other => casts::literal(other).is_some(),
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
}

fn is_interval(expr: &Expr) -> bool {
    matches!(expr, Expr::Interval(_))
}

/// `~` finds the pattern anywhere; the engine's operator wants the whole text.
fn regex(left: &mut Expr, right: &mut Expr, flags: &str, negated: bool) -> Expr {
    let mut args = vec![take(left), take(right)];
    if !flags.is_empty() {
        args.push(build::string(flags));
    }
    let found = build::call("regexp_matches", args);
    if negated {
        return build::nested(Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(found) });
    }
    found
}

/// `~~` is `LIKE`.
fn tilde_like(left: &mut Expr, op: &BinaryOperator, right: &mut Expr) -> Expr {
    use BinaryOperator as B;
    let negated = matches!(op, B::PGNotLikeMatch | B::PGNotILikeMatch);
    let (expr, pattern) = (Box::new(take(left)), Box::new(take(right)));
    let mut like = if matches!(op, B::PGLikeMatch | B::PGNotLikeMatch) {
        Expr::Like { negated, any: false, expr, pattern, escape_char: None }
    } else {
        Expr::ILike { negated, any: false, expr, pattern, escape_char: None }
    };
    patterns::like(&mut like);
    build::nested(like)
}
