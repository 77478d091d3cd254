//! Date parts, date and time input, format patterns.

use sqlparser::ast::{Expr, Value};

use super::{build, dates};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::types::SqlType;

/// Redshift's names of date parts (SQL functions › Date parts) and the engine's.
const PARTS: &[(&str, &[&str])] = &[
    ("millennium", &["millennium", "millennia", "mil", "mils"]),
    ("century", &["century", "centuries", "c", "cent", "cents"]),
    ("decade", &["decade", "decades", "dec", "decs"]),
    ("epoch", &["epoch"]),
    ("year", &["year", "years", "y", "yr", "yrs", "yyyy", "yy"]),
    ("quarter", &["quarter", "quarters", "qtr", "qtrs"]),
    ("month", &["month", "months", "mon", "mons", "mm"]),
    ("week", &["week", "weeks", "w", "wk"]),
    ("dow", &["dayofweek", "dow", "dw", "weekday"]),
    ("doy", &["dayofyear", "doy", "dy", "yearday"]),
    ("day", &["day", "days", "d", "dd"]),
    ("hour", &["hour", "hours", "h", "hr", "hrs", "hh"]),
    ("minute", &["minute", "minutes", "m", "min", "mins", "mi", "n"]),
    ("second", &["second", "seconds", "s", "sec", "secs", "ss"]),
    (
        "millisecond",
        &[
            "millisecond",
            "ms",
            "msec",
            "msecs",
            "msecond",
            "mseconds",
            "millisec",
            "millisecs",
            "millisecon",
            "milliseconds",
        ],
    ),
    (
        "microsecond",
        &[
            "microsecond",
            "microsec",
            "microsecs",
            "microsecond",
            "usecond",
            "useconds",
            "us",
            "usec",
            "usecs",
            "microseconds",
        ],
    ),
];

/// The engine's name of a date part.
///
/// # Errors
/// 22023 for an unknown one, 0A000 for time zone parts.
pub(super) fn part(name: &str) -> Parse<&'static str> {
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("timezone") {
        return Err(SqlError::unsupported(format!("date part \"{lower}\" is not supported")));
    }
    let found = PARTS.iter().find(|(_, names)| names.contains(&lower.as_str()));
    found.map(|(engine, _)| *engine).ok_or_else(|| {
        SqlError::new("22023", format!("date/time units \"{lower}\" not recognized"))
    })
}

/// A date part written as a word or as a string.
pub(super) fn part_of(expr: &Expr) -> Parse<&'static str> {
    match expr {
        Expr::Identifier(name) => part(&name.value),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => part(text),
            _ => Err(SqlError::new("22023", "a date part must be a word or a string")),
        },
        _ => Err(SqlError::new("22023", "a date part must be a word or a string")),
    }
}

/// Input that Redshift reads as a date or time and the engine does not.
pub(super) fn special_input(text: &str, to: SqlType) -> Option<Expr> {
    let trimmed = text.trim();
    if to == SqlType::Time {
        return dates::time(trimmed).map(build::string);
    }
    if !matches!(to, SqlType::Date | SqlType::Timestamp | SqlType::TimestampTz) {
        return None;
    }
    let day = |days: &str| {
        let today = "CAST(getvariable('sysdate') AS DATE)";
        Some(build::verbatim(format!("CAST({today}{days} AS DATE)")))
    };
    match trimmed.to_ascii_lowercase().as_str() {
        "now" => return Some(build::verbatim("getvariable('sysdate')".into())),
        "today" => return day(""),
        "tomorrow" => return day(" + INTERVAL 1 DAY"),
        "yesterday" => return day(" - INTERVAL 1 DAY"),
        _ => {}
    }
    let is_iso = trimmed.as_bytes().get(4) == Some(&b'-') && !trimmed.contains(char::is_alphabetic);
    if is_iso {
        return None;
    }
    compact(trimmed).or_else(|| dates::iso(trimmed)).map(build::string)
}

/// `20200430`, perhaps with a time.
fn compact(trimmed: &str) -> Option<String> {
    let digits = trimmed.get(..8).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = trimmed.get(8..)?;
    if !rest.is_empty() && !rest.starts_with([' ', 'T']) {
        return None;
    }
    let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
    Some(format!("{year}-{month}-{day}{rest}"))
}
