//! `+ - * / %` and `||`, by the types of their sides.

use sqlparser::ast::{BinaryOperator, Expr, Value};

use super::super::{build, casts};
use super::decimal::{self, Digits, Operand};
use super::expression::is_null;
use super::{Type, Typer, take, zones};
use crate::cursor::Parse;
use crate::error::{SqlError, UNDEFINED_FUNCTION};
use crate::types::SqlType;

/// The longest VARCHAR.
const MAX_VARCHAR: u32 = 65_535;

impl Typer<'_> {
    /// Types `left op right` once both sides are typed; `expr` is the whole operation.
    pub(super) fn arithmetic(&mut self, expr: &mut Expr, left: Type, right: Type) -> Parse<Type> {
        let Expr::BinaryOp { left: one, op, right: other } = expr else {
            return Ok(Type::Unknown);
        };
        let left = self.settled(one, left, right)?;
        let right = self.settled(other, right, left)?;
        let (Some(left), Some(right)) = (left.shown(), right.shown()) else {
            return Ok(Type::Unknown);
        };
        if is_text(left) && is_text(right) {
            if *op != BinaryOperator::Plus {
                return Err(no_operator(op, left, right));
            }
            *op = BinaryOperator::StringConcat;
            return Ok(Type::Sql(concatenated(left, right)));
        }
        if left == SqlType::Boolean || right == SqlType::Boolean {
            return Err(no_operator(op, left, right));
        }
        if no_such(op, left, right) {
            return Err(no_operator(op, left, right));
        }
        if let Some(found) = dates(expr, left, right) {
            return Ok(found);
        }
        Ok(numbers(expr, left, right))
    }

    /// A literal or parameter takes the other side's type.
    fn settled(&mut self, expr: &mut Expr, own: Type, other: Type) -> Parse<Type> {
        let Type::Sql(other) = other else { return Ok(own) };
        match own {
            Type::Untyped if is_integer(other) || (is_number(other) && is_null(expr)) => {
                self.infer(expr, other);
                *expr = engine_typed(take(expr), other);
                Ok(Type::Sql(other))
            }
            Type::Untyped => {
                self.infer(expr, other);
                Ok(own)
            }
            Type::Text(_) if is_integer(other) => {
                let text = casts::literal(expr).unwrap_or_default().trim().to_owned();
                if text.parse::<i128>().is_err() {
                    return Err(invalid_input(other, &text));
                }
                *expr = build::nested(Expr::value(Value::Number(text, false)));
                Ok(Type::Sql(other))
            }
            _ => Ok(own),
        }
    }
}

/// 22P02 in PostgreSQL's words.
pub(super) fn invalid_input(wanted: SqlType, text: &str) -> SqlError {
    let message = format!("invalid input syntax for {}: \"{text}\"", wanted.base_name());
    SqlError::new("22P02", message)
}

/// Sums of two dates, products with one, and fractions of days.
fn no_such(op: &BinaryOperator, left: SqlType, right: SqlType) -> bool {
    let dated = (is_dated(left), is_dated(right));
    let add = matches!(op, BinaryOperator::Plus | BinaryOperator::Minus);
    match dated {
        (false, false) => false,
        (true, true) => *op != BinaryOperator::Minus,
        _ => {
            let fraction = |of| is_number(of) && !is_integer(of);
            !add || fraction(left) || fraction(right)
        }
    }
}

/// Types that days can be added to.
pub(super) fn is_dated(sql_type: SqlType) -> bool {
    matches!(sql_type, SqlType::Date | SqlType::Timestamp | SqlType::TimestampTz)
}

pub(super) fn no_operator(op: &BinaryOperator, left: SqlType, right: SqlType) -> SqlError {
    let (left, right) = (left.base_name(), right.base_name());
    let message = format!("operator does not exist: {left} {op} {right}");
    SqlError::new(UNDEFINED_FUNCTION, message).with_hint(
        "No operator matches the given name and argument type(s). You may need to add explicit type casts.",
    )
}

pub(super) fn is_text(sql_type: SqlType) -> bool {
    matches!(sql_type, SqlType::Char(_) | SqlType::Varchar(_))
}

pub(super) fn is_integer(sql_type: SqlType) -> bool {
    matches!(sql_type, SqlType::SmallInt | SqlType::Integer | SqlType::BigInt)
}

pub(super) fn is_float(sql_type: SqlType) -> bool {
    matches!(sql_type, SqlType::Real | SqlType::Double)
}

pub(super) fn is_number(sql_type: SqlType) -> bool {
    is_integer(sql_type) || is_float(sql_type) || matches!(sql_type, SqlType::Decimal { .. })
}

/// The larger of two integer types.
pub(super) fn larger(left: SqlType, right: SqlType) -> SqlType {
    let size = |sql_type: SqlType| sql_type.wire_size();
    if size(left) >= size(right) { left } else { right }
}

/// The type of `a || b`; a length is unknown when one of them is.
pub(super) fn concatenated(left: SqlType, right: SqlType) -> SqlType {
    match (left.max_bytes(), right.max_bytes()) {
        (Some(left), Some(right)) if left > 0 && right > 0 => {
            SqlType::Varchar((left + right).min(MAX_VARCHAR))
        }
        _ => SqlType::Varchar(0),
    }
}

/// Types `left op right` of numbers.
fn numbers(expr: &mut Expr, left: SqlType, right: SqlType) -> Type {
    let Expr::BinaryOp { left: one, op, right: other } = expr else { return Type::Unknown };
    if !is_number(left) || !is_number(right) {
        return Type::Unknown;
    }
    if is_float(left) || is_float(right) {
        if left == SqlType::Real && right == SqlType::Real {
            return Type::Sql(SqlType::Real);
        }
        for (side, of) in [(one, left), (other, right)] {
            if of == SqlType::Real {
                **side = build::cast(take(side), "DOUBLE");
            }
        }
        return Type::Sql(SqlType::Double);
    }
    if is_integer(left) && is_integer(right) {
        let result = larger(left, right);
        // The engine gives a literal the other side's type, however small.
        for (side, of) in [(one, left), (other, right)] {
            if of == result && is_literal(side) && left != right {
                **side = engine_typed(take(side), result);
            }
        }
        return Type::Sql(result);
    }
    let (Some(left), Some(right)) = (Digits::of(left), Digits::of(right)) else {
        return Type::Unknown;
    };
    if *op == BinaryOperator::Modulo {
        return Type::Unknown;
    }
    let (one, other) = (take(one), take(other));
    let (one, other) =
        (Operand { expr: one, digits: left }, Operand { expr: other, digits: right });
    let (new, sql_type) = decimal::operation(&op.clone(), one, other);
    *expr = new;
    Type::Sql(sql_type)
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => true,
        Expr::Nested(inner) => is_literal(inner),
        Expr::UnaryOp { expr, .. } => is_literal(expr),
        _ => false,
    }
}

/// `CAST(expr AS …)` to the engine's type of the same meaning.
pub(super) fn engine_typed(expr: Expr, sql_type: SqlType) -> Expr {
    match sql_type.engine() {
        Some(engine) => build::cast(expr, &engine),
        None => expr,
    }
}

/// Dates and times under `+` and `-`; `None` when neither side is one.
fn dates(expr: &mut Expr, left: SqlType, right: SqlType) -> Option<Type> {
    use SqlType as T;
    let Expr::BinaryOp { left: one, op, right: other } = expr else { return None };
    let plus = *op == BinaryOperator::Plus;
    if !plus && *op != BinaryOperator::Minus {
        return None;
    }
    let interval = |of: T| matches!(of, T::IntervalDayToSecond | T::IntervalYearToMonth);
    Some(match (left, right) {
        (T::Date, days) if is_integer(days) => {
            **other = engine_typed(build::nested(take(other)), T::Integer);
            Type::Sql(T::Date)
        }
        (days, T::Date) if is_integer(days) && plus => Type::Sql(T::Date),
        (T::Date, T::Date) if !plus => {
            let difference = build::binary(take(one), op.clone(), take(other));
            *expr = build::cast(difference, "INTEGER");
            Type::Sql(T::Integer)
        }
        (T::Timestamp | T::TimestampTz, days) if is_integer(days) => {
            let days = engine_typed(build::nested(take(other)), T::Integer);
            **other = build::engine_call("to_days", vec![days]);
            zoned(expr, left)
        }
        (T::Date | T::Timestamp, of) if interval(of) => Type::Sql(T::Timestamp),
        (of, T::Date | T::Timestamp) if interval(of) && plus => Type::Sql(T::Timestamp),
        (T::TimestampTz, T::IntervalDayToSecond) => moved(expr),
        (T::TimestampTz, T::IntervalYearToMonth) => zoned(expr, left),
        _ => return None,
    })
}

/// A moment and a span of time: the engine adds to times without a zone only.
fn moved(expr: &mut Expr) -> Type {
    if let Expr::BinaryOp { left, op, right } = expr {
        let plain = build::cast(take(left), "TIMESTAMP");
        let moved = build::binary(plain, op.clone(), take(right));
        *expr = build::cast(moved, "TIMESTAMPTZ");
    }
    Type::Sql(SqlType::TimestampTz)
}

/// Days and months are those of the session's calendar.
fn zoned(expr: &mut Expr, left: SqlType) -> Type {
    if left == SqlType::TimestampTz
        && let Expr::BinaryOp { left, op, right } = expr
    {
        let (moment, op, right) = (take(left), op.clone(), take(right));
        *expr = zones::by_calendar(moment, |local| build::binary(local, op, right));
    }
    Type::Sql(left)
}
