//! Casts and typed literals: Redshift's types to the engine's, strings cut to their length.

use std::ops::ControlFlow;

use sqlparser::ast::{CastKind, DataType, Expr, Statement as Tree, Value, VisitorMut};

use super::{AFTER_CASTS, Notes, build, datetime, finish};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::types::SqlType;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Casts)
}

struct Casts;

impl VisitorMut for Casts {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match rewrite(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn rewrite(expr: &mut Expr) -> Parse<()> {
    let (value, data_type) = match expr {
        Expr::Cast { kind, expr, data_type, .. } => {
            if is_engine(data_type) {
                return Ok(());
            }
            if matches!(kind, CastKind::TryCast | CastKind::SafeCast) {
                return Err(SqlError::unsupported("TRY_CAST is not supported"));
            }
            (std::mem::replace(expr.as_mut(), build::null()), data_type.clone())
        }
        Expr::TypedString(typed) => (Expr::Value(typed.value.clone()), typed.data_type.clone()),
        Expr::Convert { expr, data_type: Some(data_type), .. } => {
            (std::mem::replace(expr.as_mut(), build::null()), data_type.clone())
        }
        Expr::Convert { .. } => {
            return Err(SqlError::unsupported("this form of CONVERT is not supported"));
        }
        _ => return Ok(()),
    };
    *expr = cast(value, SqlType::parse(&data_type.to_string().to_ascii_lowercase())?)?;
    Ok(())
}

fn is_engine(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Custom(name, _) if name.0.iter().any(|part| {
        part.as_ident().is_some_and(|ident| ident.value.starts_with(build::ENGINE))
    }))
}

/// `CAST(value AS type)` with Redshift's meaning.
pub(super) fn cast(value: Expr, to: SqlType) -> Parse<Expr> {
    let engine = to
        .engine()
        .ok_or_else(|| SqlError::unsupported(format!("casts to type {to} are not supported")))?;
    let value = match literal(&value) {
        Some(text) => match datetime::special_input(text, to) {
            Some(special) => special,
            None => value,
        },
        None => value,
    };
    let plain = build::cast(value, &engine);
    match to {
        SqlType::Varchar(length) | SqlType::Char(length) => cut(plain, length),
        _ => Ok(plain),
    }
}

pub(super) fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The longest beginning of at most `length` bytes that ends between characters.
fn cut(value: Expr, length: u32) -> Parse<Expr> {
    if let Expr::Cast { expr, .. } = &value {
        // Most constants need no code at run time.
        if literal(expr).is_some_and(|text| text.len() <= length as usize) {
            return Ok(value);
        }
    }
    let mut value = value;
    // The text is written here, before the last pass: its names and literals first.
    finish(&mut value, AFTER_CASTS)?;
    let body = format!(
        "CASE WHEN strlen(v) <= {length} THEN v \
         WHEN strlen(v) = length(v) THEN left(v, {length}) \
         ELSE left(v, list_max(list_filter(range(0, {length} + 1), lambda n: strlen(left(v, n)) <= {length}))) END"
    );
    Ok(build::with_value(&value, &body))
}
