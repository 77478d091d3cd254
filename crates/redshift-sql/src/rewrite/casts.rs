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
        SqlType::TimestampTz => Ok(zoned(plain)),
        SqlType::Varchar(length) | SqlType::Char(length) => cut(plain, length),
        _ => Ok(plain),
    }
}

/// A literal is a clock of the session's zone, unless it tells its own.
fn zoned(cast: Expr) -> Expr {
    let Expr::Cast { expr, kind, data_type, format } = cast else { return cast };
    let call = |name: &str, args| build::engine_call(name, args);
    let zone = match (literal(&expr), verbatim(&expr)) {
        (Some(text), _) => zone_of(text),
        // Written here for words such as `now`.
        (None, Some(text)) if text.contains("getvariable('sysdate')") => Written::Nothing,
        _ => Written::Offset,
    };
    match zone {
        Written::Offset => Expr::Cast { expr, kind, data_type, format },
        Written::Nothing => {
            call("memory.rs_catalog.lb_zoned", vec![build::cast(*expr, "TIMESTAMP")])
        }
        Written::Named { clock, zone } => {
            let special = datetime::special_input(&clock, SqlType::Timestamp);
            let clock = build::cast(special.unwrap_or_else(|| build::string(clock)), "TIMESTAMP");
            let moment = call("lb_zone_to_utc", vec![clock, build::string(zone)]);
            build::cast(moment, "TIMESTAMPTZ")
        }
    }
}

fn verbatim(expr: &Expr) -> Option<&str> {
    let Expr::Value(value) = expr else { return None };
    match &value.value {
        Value::Placeholder(text) => Some(text),
        _ => None,
    }
}

/// What the text of a time tells of its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Nothing.
    Nothing,
    /// Hours and minutes from Greenwich.
    Offset,
    /// A zone by its name, which only we know.
    Named {
        /// The text without the name.
        clock: String,
        /// The name.
        zone: String,
    },
}

/// What the text of a time tells of its zone: whatever follows the clock but half a day or an era.
#[must_use]
pub fn zone_of(text: &str) -> Written {
    let Some((day, after)) = text.split_once(':') else { return Written::Nothing };
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ':' | '.'));
    let digits = after.get(..after.len() - rest.len()).unwrap_or(after);
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    let is_zone = |word: &str| !["AM", "PM", "AD", "BC"].contains(&word.to_uppercase().as_str());
    let Some(at) = words.iter().position(|word| is_zone(word)) else { return Written::Nothing };
    let zone = words.remove(at);
    let offset = zone.starts_with(['+', '-']);
    // The engine reads an offset right behind the seconds, written with a colon.
    let plain = digits.contains(':') && (zone.len() <= 3 || zone.contains(':'));
    if offset && plain && !rest.starts_with(' ') {
        return Written::Offset;
    }
    let clock = format!("{day}:{digits} {}", words.join(" "));
    let zone = if offset { west(zone) } else { zone.to_owned() };
    Written::Named { clock: clock.trim_end().to_owned(), zone }
}

/// `+0530` as the zone of that offset: names of zones count to the west.
fn west(offset: &str) -> String {
    let sign = if offset.starts_with('-') { '+' } else { '-' };
    let digits = offset.trim_start_matches(['+', '-']);
    match digits.split_at_checked(2) {
        Some((hours, minutes)) if !minutes.is_empty() => {
            format!("GMT{sign}{hours}:{}", minutes.trim_start_matches(':'))
        }
        _ => format!("GMT{sign}{digits}"),
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

#[cfg(test)]
mod tests {
    use super::{Written, zone_of};

    #[test]
    fn times_tell_their_zones() {
        let named = |clock: &str, zone: &str| Written::Named {
            clock: clock.to_owned(),
            zone: zone.to_owned(),
        };
        for (text, expect) in [
            ("2031-07-01", Written::Nothing),
            ("2031-07-01 12:00:00.25", Written::Nothing),
            ("2031-07-01 06:00 pm", Written::Nothing),
            ("0044-03-15 12:00:00 BC", Written::Nothing),
            ("2031-07-01 12:00:00-03", Written::Offset),
            ("2031-07-01T12:00:00+05:30", Written::Offset),
            ("2031-07-01 12:00:00 +0530", named("2031-07-01 12:00:00", "GMT-05:30")),
            ("2031-07-01 12:00 -3", named("2031-07-01 12:00", "GMT+3")),
            ("2031-07-01 12:00+02", named("2031-07-01 12:00", "GMT-02")),
            ("2031-07-01 12:00:00+0530", named("2031-07-01 12:00:00", "GMT-05:30")),
            ("2031-07-01 12:00:00Z", named("2031-07-01 12:00:00", "Z")),
            ("2031-07-01 6:00 PM Asia/Tokyo", named("2031-07-01 6:00 PM", "Asia/Tokyo")),
        ] {
            assert_eq!(zone_of(text), expect, "{text}");
        }
    }
}
