//! String functions.

use sqlparser::ast::{BinaryOperator, Expr, Function, Value};

use super::exactly;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::functions::{arguments, does_not_exist};
use crate::rewrite::{AFTER_FUNCTIONS, build, finish};

/// `CONCAT(a, b)` is NULL when one side is; the engine's skips NULLs.
pub(in crate::rewrite) fn concat(function: &Function, name: &str) -> Parse<Expr> {
    let [left, right] = exactly::<2>(function, name)?;
    Ok(build::binary(build::nested(left), BinaryOperator::StringConcat, build::nested(right)))
}

/// `LPAD(s, n [, fill])`: blanks by default.
pub(in crate::rewrite) fn pad(function: &Function, name: &str) -> Parse<Expr> {
    let mut args = arguments(function)?;
    match args.len() {
        2 => args.push(build::string(" ")),
        3 => {}
        _ => return Err(does_not_exist(name, function)),
    }
    Ok(build::call(name, args))
}

/// `CHARINDEX(sub, s)` is `STRPOS(s, sub)`.
pub(in crate::rewrite) fn charindex(function: &Function, name: &str) -> Parse<Expr> {
    let [part, text] = exactly::<2>(function, name)?;
    Ok(build::call("strpos", vec![text, part]))
}

/// `SHA2(s, bits)`: 0 and 256 are the engine's SHA-256.
pub(in crate::rewrite) fn sha2(function: &Function, name: &str) -> Parse<Expr> {
    let [text, bits] = exactly::<2>(function, name)?;
    match whole_number(&bits) {
        Some(0 | 256) => Ok(build::call("sha256", vec![text])),
        _ => Err(SqlError::unsupported("SHA2 with this number of bits is not supported")),
    }
}

/// Lower-case digits.
pub(in crate::rewrite) fn to_hex(function: &Function, name: &str) -> Parse<Expr> {
    let [value] = exactly::<1>(function, name)?;
    Ok(build::call("lower", vec![build::call("to_hex", vec![value])]))
}

/// `REGEXP_REPLACE(s, pattern [, replacement])` replaces every match.
pub(in crate::rewrite) fn regexp_replace(function: &Function, name: &str) -> Parse<Expr> {
    let mut args = arguments(function)?;
    match args.len() {
        2 => args.push(build::string("")),
        3 => {}
        _ => return Err(more_arguments(name)),
    }
    args.push(build::string("g"));
    Ok(build::call("regexp_replace", args))
}

/// `REGEXP_SUBSTR(s, pattern)`: the first match, or an empty string.
pub(in crate::rewrite) fn regexp_substr(function: &Function, name: &str) -> Parse<Expr> {
    match arguments(function)?.as_slice() {
        [text, pattern] => Ok(build::call("regexp_extract", vec![text.clone(), pattern.clone()])),
        _ => Err(more_arguments(name)),
    }
}

/// `REGEXP_COUNT(s, pattern)`.
pub(in crate::rewrite) fn regexp_count(function: &Function, name: &str) -> Parse<Expr> {
    match arguments(function)?.as_slice() {
        [text, pattern] => {
            let all = build::call("regexp_extract_all", vec![text.clone(), pattern.clone()]);
            Ok(build::cast(build::call("len", vec![all]), "INTEGER"))
        }
        _ => Err(more_arguments(name)),
    }
}

fn more_arguments(name: &str) -> SqlError {
    SqlError::unsupported(format!("{name} with these arguments is not supported"))
}

/// `INITCAP(s)`: the first letter of each word.
pub(in crate::rewrite) fn initcap(function: &Function, name: &str) -> Parse<Expr> {
    let [mut text] = exactly::<1>(function, name)?;
    finish(&mut text, AFTER_FUNCTIONS)?;
    let words = "array_to_string(list_transform(regexp_extract_all(lower(v), '[[:alnum:]]+|[^[:alnum:]]+'), \
                 lambda w: upper(left(w, 1)) || substring(w, 2)), '')";
    Ok(build::with_value(&text, words))
}

/// `QUOTE_LITERAL(s)`, `QUOTE_IDENT(s)`.
pub(in crate::rewrite) fn quote_literal(function: &Function, name: &str) -> Parse<Expr> {
    let [mut text] = exactly::<1>(function, name)?;
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
