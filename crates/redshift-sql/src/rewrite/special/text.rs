//! String functions.

use sqlparser::ast::{BinaryOperator, Expr, Function, Value};

use super::exactly;
use super::own::is_null;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::functions::{arguments, does_not_exist};
use crate::rewrite::{AFTER_FUNCTIONS, build, casts, finish};

/// `CONCAT(a, b)` is NULL when one side is; the engine's skips NULLs.
pub(in crate::rewrite) fn concat(function: &Function, name: &str) -> Parse<Expr> {
    let [left, right] = exactly::<2>(function, name)?;
    Ok(build::binary(build::nested(left), BinaryOperator::StringConcat, build::nested(right)))
}

/// `CHARINDEX(sub, s)` is `STRPOS(s, sub)`.
pub(in crate::rewrite) fn charindex(function: &Function, name: &str) -> Parse<Expr> {
    let [part, text] = exactly::<2>(function, name)?;
    Ok(position(text, part))
}

/// `STRPOS(s, sub)`.
pub(in crate::rewrite) fn strpos(function: &Function, name: &str) -> Parse<Expr> {
    let [text, part] = exactly::<2>(function, name)?;
    Ok(position(text, part))
}

/// Where a text first occurs in another, in characters from 1; 0 for nowhere.
pub(super) fn position(text: Expr, part: Expr) -> Expr {
    let sides = [text, part].map(|side| build::cast(side, "VARCHAR"));
    build::cast(build::call("strpos", sides.to_vec()), "INTEGER")
}

/// `SUBSTRING(s, start [, count])`.
pub(in crate::rewrite) fn substring(function: &Function, name: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    match args.as_slice() {
        [text, start] => Ok(part(text.clone(), start.clone(), None)),
        [text, start, count] => Ok(part(text.clone(), start.clone(), Some(count.clone()))),
        _ => Err(does_not_exist(name, function)),
    }
}

/// A part of a text or of bytes. The engine's own function means the same of a text whose part
/// begins in it.
pub(super) fn part(text: Expr, start: Expr, count: Option<Expr>) -> Expr {
    let inside = whole_number(&start).is_some_and(|start| start > 0);
    let known = count.as_ref().is_none_or(|n| whole_number(n).is_some_and(|n| n >= 0));
    let count = count.unwrap_or_else(|| build::number(i64::from(i32::MAX)));
    if inside && known {
        return build::call("lb_part", vec![text, start, count]);
    }
    let [start, count] = [start, count].map(|number| build::cast(number, "INTEGER"));
    build::call("lb_substring", vec![text, start, count])
}

/// A value of any type; the literal NULL is a text.
fn typed(value: &Expr) -> Expr {
    if is_null(value) { build::cast(value.clone(), "VARCHAR") } else { value.clone() }
}

/// `FNV_HASH(x [, seed])`.
pub(in crate::rewrite) fn fnv_hash(function: &Function, name: &str) -> Parse<Expr> {
    match arguments(function)?.as_slice() {
        [value] => Ok(build::call("lb_fnv", vec![typed(value)])),
        [value, seed] => {
            let seed = build::cast(seed.clone(), "BIGINT");
            Ok(build::call("lb_fnv_seeded", vec![typed(value), seed]))
        }
        _ => Err(does_not_exist(name, function)),
    }
}

/// `TEXT_TO_INT_ALT(s)`; formats are not built.
pub(in crate::rewrite) fn text_to_int_alt(function: &Function, name: &str) -> Parse<Expr> {
    match arguments(function)?.as_slice() {
        [text] => Ok(build::call("lb_text_to_int_alt", vec![build::cast(text.clone(), "VARCHAR")])),
        [_, _] => Err(SqlError::unsupported(format!("{name} with a format is not supported"))),
        _ => Err(does_not_exist(name, function)),
    }
}

/// `TEXT_TO_NUMERIC_ALT(s [, precision, scale])`; formats are not built.
pub(in crate::rewrite) fn text_to_numeric_alt(function: &Function, name: &str) -> Parse<Expr> {
    let args = arguments(function)?;
    let (text, precision, scale) = match args.as_slice() {
        [text] => (text, 38, 0),
        [text, precision, scale] => match (whole_number(precision), whole_number(scale)) {
            (Some(precision @ 1..=38), Some(scale @ 0..=37)) => (text, precision, scale),
            _ => return Err(SqlError::new("22023", "precision and scale must be literals")),
        },
        [_, _] | [_, _, _, _] => {
            return Err(SqlError::unsupported(format!("{name} with a format is not supported")));
        }
        _ => return Err(does_not_exist(name, function)),
    };
    let text = build::cast(text.clone(), "VARCHAR");
    let digits = vec![text, build::number(precision), build::number(scale)];
    let value = build::call("lb_text_to_numeric_alt", digits);
    Ok(build::cast(value, &format!("DECIMAL({precision},{scale})")))
}

/// `COLLATE(s, 'case_insensitive')`: the engine's collation of that kind.
pub(in crate::rewrite) fn collate(function: &Function, name: &str) -> Parse<Expr> {
    let [text, collation] = exactly::<2>(function, name)?;
    let engine = match casts::literal(&collation).map(str::to_ascii_lowercase).as_deref() {
        Some("case_insensitive" | "ci") => "NOCASE",
        Some("case_sensitive" | "cs") => "BINARY",
        _ => {
            return Err(SqlError::new(
                "22023",
                "collation must be case_sensitive or case_insensitive",
            ));
        }
    };
    let collation = build::function_name(engine);
    Ok(build::nested(Expr::Collate { expr: Box::new(build::nested(text)), collation }))
}

/// `QUOTE_LITERAL(s)`, `QUOTE_IDENT(s)`.
pub(in crate::rewrite) fn quote_literal(function: &Function, name: &str) -> Parse<Expr> {
    let [text] = exactly::<1>(function, name)?;
    let mut text = build::cast(text, "VARCHAR");
    finish(&mut text, AFTER_FUNCTIONS)?;
    let body = if name == "quote_literal" {
        "'''' || replace(replace(v, '\\', '\\\\'), '''', '''''') || ''''"
    } else {
        "CASE WHEN regexp_full_match(v, '[a-z_][a-z0-9_$]*') THEN v \
         ELSE '\"' || replace(v, '\"', '\"\"') || '\"' END"
    };
    Ok(build::with_value(&text, body))
}

/// The value of a whole-number literal.
pub(super) fn whole_number(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
