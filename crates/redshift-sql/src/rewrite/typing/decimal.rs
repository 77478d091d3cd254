//! DECIMAL arithmetic: the precision and scale of results, and how the engine gets there.
//!
//! Redshift guide, "Computations with numeric values". The engine adds and multiplies in 64 bits
//! unless an operand is wider, and divides decimals as doubles; both are written out here.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
    visit_expressions, visit_expressions_mut,
};

use super::super::build;
use crate::types::SqlType;

/// The longest DECIMAL, in digits.
const MAX: u32 = 38;
/// Digits that the engine keeps in 64 bits.
const SHORT: u32 = 18;

/// Digits in all, and behind the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits {
    pub precision: u32,
    pub scale: u32,
}

impl Digits {
    /// Those of an exact number: integers enter as DECIMAL(5,0), (10,0), (19,0).
    pub(super) fn of(sql_type: SqlType) -> Option<Self> {
        let (precision, scale) = match sql_type {
            SqlType::SmallInt => (5, 0),
            SqlType::Integer => (10, 0),
            SqlType::BigInt => (19, 0),
            SqlType::Decimal { precision, scale } => (precision.into(), scale.into()),
            _ => return None,
        };
        Some(Self { precision, scale })
    }

    pub(super) fn sql_type(self) -> SqlType {
        let byte = |digits: u32| u8::try_from(digits.min(MAX)).unwrap_or(38);
        SqlType::Decimal { precision: byte(self.precision), scale: byte(self.scale.min(MAX - 1)) }
    }

    fn whole(self) -> u32 {
        self.precision.saturating_sub(self.scale)
    }

    /// What is left of a result that would be too long.
    fn capped(self) -> Self {
        if self.precision <= MAX {
            return self;
        }
        let over = self.precision - MAX;
        let scale = self.scale.min(self.scale.saturating_sub(over).max(4)).min(MAX - 1);
        Self { precision: MAX, scale }
    }

    fn engine(self) -> String {
        format!("DECIMAL({},{})", self.precision.min(MAX), self.scale)
    }
}

/// The result of `+ - * /` before it is cut to 38 digits.
fn result(op: &BinaryOperator, left: Digits, right: Digits) -> Digits {
    let (precision, scale) = match op {
        BinaryOperator::Multiply => {
            (left.precision + right.precision + 1, left.scale + right.scale)
        }
        BinaryOperator::Divide => {
            let scale = (left.scale + right.precision + 1).saturating_sub(right.scale).max(4);
            (left.whole() + right.scale + scale, scale)
        }
        _ => {
            let scale = left.scale.max(right.scale);
            (left.whole().max(right.whole()) + 1 + scale, scale)
        }
    };
    Digits { precision, scale }
}

/// `UNION`, `COALESCE` and the like of two decimals.
pub(super) fn common(left: Digits, right: Digits) -> Digits {
    if left == right {
        return left;
    }
    let scale = left.scale.max(right.scale);
    let precision = (left.whole().max(right.whole()) + scale).min(19.max(scale));
    Digits { precision, scale }
}

/// One side of an operation.
pub(super) struct Operand {
    pub expr: Expr,
    pub digits: Digits,
}

impl Operand {
    /// Digits the engine sees: those of an integer literal are its own.
    fn seen(&self) -> Digits {
        match whole_literal(&self.expr) {
            Some(length) => Digits { precision: length, scale: 0 },
            None => self.digits,
        }
    }
}

/// Digits of an integer literal.
fn whole_literal(expr: &Expr) -> Option<u32> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                u32::try_from(text.trim_start_matches('0').len().max(1)).ok()
            }
            _ => None,
        },
        Expr::Nested(inner) => whole_literal(inner),
        _ => None,
    }
}

/// `left op right` in the engine's words, and its type.
pub(super) fn operation(op: &BinaryOperator, left: Operand, right: Operand) -> (Expr, SqlType) {
    let full = result(op, left.digits, right.digits);
    let digits = full.capped();
    let expr = match op {
        BinaryOperator::Divide => divided(left, right, digits),
        _ => {
            let computed = widened(op, left, right);
            match digits.scale == full.scale {
                true => computed,
                false => cut(computed, full.scale, digits),
            }
        }
    };
    (expr, digits.sql_type())
}

/// The operation with an operand wide enough that the engine computes in 128 bits where 64 could
/// be too few.
fn widened(op: &BinaryOperator, left: Operand, right: Operand) -> Expr {
    let (one, other) = (left.seen(), right.seen());
    let needed = match op {
        BinaryOperator::Multiply => one.precision + other.precision,
        _ => result(op, one, other).precision,
    };
    let short = one.precision <= SHORT && other.precision <= SHORT;
    let mut expr = build::nested(left.expr);
    if needed > SHORT && short {
        let wide = Digits { precision: SHORT + 1, scale: left.digits.scale };
        expr = build::cast(expr, &wide.engine());
    }
    build::binary(expr, op.clone(), build::nested(right.expr))
}

/// The result with fewer digits behind the point. The engine divides 128-bit numbers bit by bit, so
/// values that fit 64 bits go that way: twenty times faster.
fn cut(computed: Expr, scale: u32, to: Digits) -> Expr {
    let to = to.engine();
    if scale > SHORT || reads_a_query(&computed) {
        return build::cast(computed, &to);
    }
    let short = Digits { precision: SHORT, scale }.engine();
    // Cut once only: a chain of products would double in length with each of them.
    let computed = uncut(computed);
    let fits = Expr::Cast {
        kind: CastKind::TryCast,
        expr: Box::new(computed.clone()),
        data_type: build::engine_type(&short),
        format: None,
    };
    let slow = build::cast(computed, &to);
    build::engine_call("coalesce", vec![build::cast(fits, &to), slow])
}

/// The same expression with the plain casts of [`cut`] in place of the fast ones.
fn uncut(mut expr: Expr) -> Expr {
    let _ = visit_expressions_mut(&mut expr, |part| {
        if let Some(slow) = slow_form(part) {
            *part = slow;
        }
        ControlFlow::<()>::Continue(())
    });
    expr
}

/// The second way of what [`cut`] makes.
fn slow_form(expr: &Expr) -> Option<Expr> {
    let Expr::Function(function) = expr else { return None };
    if function.name != build::engine_name("coalesce") {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return None };
    let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(slow))] = list.args.as_slice() else {
        return None;
    };
    Some(slow.clone())
}

/// Whether computing it twice would ask a query twice.
fn reads_a_query(expr: &Expr) -> bool {
    visit_expressions(expr, |part| match part {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

/// The quotient, cut off after its scale: both sides as whole numbers, divided as such.
fn divided(left: Operand, right: Operand, digits: Digits) -> Expr {
    let shift = (digits.scale + right.digits.scale).saturating_sub(left.digits.scale);
    let dividend = build::binary(
        unscaled(build::nested(left.expr), left.digits),
        BinaryOperator::Multiply,
        power_of_ten(shift),
    );
    let divisor = unscaled(build::nested(right.expr), right.digits);
    scaled(build::binary(dividend, BinaryOperator::Divide, divisor), digits)
}

/// `AVG` of decimals: the sum by the count, cut off after the scale. No rows give NULL.
pub(super) fn average(sum: Expr, count: Expr, scale: u32) -> Expr {
    let digits = Digits { precision: MAX, scale };
    // A sum is declared with 38 digits and uses fewer.
    let used = Digits { precision: MAX - scale.min(MAX), scale };
    let quotient = build::engine_call("divide", vec![unscaled(sum, used), count]);
    scaled(quotient, digits)
}

/// A decimal as the whole number of its last digits.
fn unscaled(expr: Expr, digits: Digits) -> Expr {
    if digits.scale == 0 {
        return build::cast(expr, "HUGEINT");
    }
    if digits.precision + digits.scale <= MAX {
        let wide = build::cast(expr, &Digits { precision: MAX, ..digits }.engine());
        let moved = build::binary(wide, BinaryOperator::Multiply, power_of_ten(digits.scale));
        return build::cast(moved, "HUGEINT");
    }
    // Moving the point would need more than 38 digits: the text has them all.
    let text = build::cast(build::cast(expr, &digits.engine()), "VARCHAR");
    let plain = build::engine_call("replace", vec![text, build::string("."), build::string("")]);
    build::cast(plain, "HUGEINT")
}

/// The decimal that has this whole number as its digits.
fn scaled(expr: Expr, digits: Digits) -> Expr {
    if digits.scale == 0 {
        return build::cast(expr, &digits.engine());
    }
    let whole = build::cast(expr, &Digits { precision: MAX, scale: 0 }.engine());
    let unit = format!("0.{}1", "0".repeat((digits.scale - 1) as usize));
    let unit = Expr::value(Value::Number(unit, false));
    build::cast(build::binary(whole, BinaryOperator::Multiply, unit), &digits.engine())
}

/// `10^n`.
fn power_of_ten(exponent: u32) -> Expr {
    let text = format!("1{}", "0".repeat(exponent as usize));
    let number = Expr::value(Value::Number(text, false));
    // Beyond 64 bits a literal would be a double.
    if exponent > 18 { build::cast(build::string(number.to_string()), "HUGEINT") } else { number }
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::BinaryOperator as Op;

    use super::{Digits, common, result};

    fn digits(precision: u32, scale: u32) -> Digits {
        Digits { precision, scale }
    }

    #[test]
    fn results_have_the_guides_precision_and_scale() {
        for (op, left, right, expect) in [
            (Op::Divide, (8, 2), (8, 2), (17, 9)),
            (Op::Plus, (8, 2), (10, 0), (13, 2)),
            (Op::Minus, (19, 0), (8, 2), (22, 2)),
            (Op::Multiply, (8, 2), (10, 0), (19, 2)),
            (Op::Multiply, (12, 2), (13, 2), (26, 4)),
            (Op::Divide, (19, 2), (38, 19), (38, 4)),
            (Op::Multiply, (19, 2), (38, 19), (38, 4)),
            (Op::Plus, (38, 2), (38, 2), (38, 2)),
            (Op::Plus, (38, 10), (20, 0), (38, 9)),
        ] {
            let found = result(&op, digits(left.0, left.1), digits(right.0, right.1)).capped();
            assert_eq!(found, digits(expect.0, expect.1), "{left:?} {op} {right:?}");
        }
        assert_eq!(common(digits(8, 2), digits(10, 4)), digits(10, 4));
        assert_eq!(common(digits(18, 0), digits(12, 6)), digits(19, 6));
    }
}
