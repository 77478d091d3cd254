//! Functions that are written as syntax: `EXTRACT`, `TRIM`, `SUBSTRING … FROM`, `POSITION … IN`.

use sqlparser::ast::{CeilFloorKind, DateTimeField, Expr, TrimWhereField};

use super::text::{part, position};
use super::time::{at_time_zone, extract};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::{build, datetime};

/// Rewrites such an expression; leaves every other alone.
pub(in crate::rewrite) fn syntax(expr: &mut Expr) -> Parse<()> {
    let new = match expr {
        Expr::Extract { field, expr, .. } => {
            let part = datetime::part(&field.to_string().trim_matches(['\'', '"']).to_lowercase())?;
            extract(part, take(expr))
        }
        Expr::AtTimeZone { timestamp, time_zone } => at_time_zone(take(timestamp), take(time_zone)),
        Expr::Position { expr, r#in } => position(take(r#in), take(expr)),
        Expr::Substring { substring_from: None, substring_for: None, .. } => {
            let message = "function substring(\"unknown\") does not exist";
            return Err(SqlError::new("42883", message));
        }
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let from = substring_from.take().map_or_else(|| build::number(1), |from| *from);
            part(take(expr), from, substring_for.take().map(|count| *count))
        }
        Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
            let name = match trim_where {
                None | Some(TrimWhereField::Both) => "trim",
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
            };
            let mut args = vec![take(expr)];
            args.extend(trim_what.take().map(|what| *what));
            args.extend(trim_characters.take().unwrap_or_default());
            build::call(name, args)
        }
        Expr::Ceil { expr, field } => rounded("ceil", expr, field)?,
        Expr::Floor { expr, field } => rounded("floor", expr, field)?,
        _ => return Ok(()),
    };
    *expr = new;
    Ok(())
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, build::null())
}

fn rounded(name: &str, expr: &mut Expr, field: &CeilFloorKind) -> Parse<Expr> {
    match field {
        CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {
            Ok(build::call(name, vec![take(expr)]))
        }
        _ => Err(SqlError::unsupported(format!("{name} TO is not supported"))),
    }
}
