//! Date parts, date and time input, format patterns.

use sqlparser::ast::{Expr, Value};

use super::build;
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
    if !matches!(to, SqlType::Date | SqlType::Timestamp | SqlType::TimestampTz) {
        return None;
    }
    let trimmed = text.trim();
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
    let digits = trimmed.get(..8).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = trimmed.get(8..)?;
    if !rest.is_empty() && !rest.starts_with([' ', 'T']) {
        return None;
    }
    let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
    Some(build::string(format!("{year}-{month}-{day}{rest}")))
}

/// Pattern fields of `TO_CHAR` and its kin (SQL functions › Datetime format strings), the longest
/// first, and the engine's.
const FIELDS: &[(&str, &str)] = &[
    ("HH24", "%H"),
    ("HH12", "%I"),
    ("HH", "%I"),
    ("YYYY", "%Y"),
    ("YY", "%y"),
    ("MM", "%m"),
    ("MI", "%M"),
    ("SS", "%S"),
    ("MS", "%g"),
    ("US", "%f"),
    ("DDD", "%j"),
    ("DD", "%d"),
    ("AM", "%p"),
    ("PM", "%p"),
    ("Month", "%B"),
    ("Mon", "%b"),
    ("Day", "%A"),
    ("Dy", "%a"),
];

/// Translates a date pattern; `None` when it has a field this does not know.
pub(super) fn pattern(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    'next: while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (inside, after) = quoted.split_once('"')?;
            out.push_str(&inside.replace('%', "%%"));
            rest = after;
            continue;
        }
        for (field, engine) in FIELDS {
            let head = rest.get(..field.len());
            // Names of months and days keep the case of the pattern, so only that case is known.
            let exact = field.chars().any(|c| c.is_ascii_lowercase());
            let same = head.is_some_and(|head| {
                if exact { head == *field } else { head.eq_ignore_ascii_case(field) }
            });
            if same {
                // The names are padded with blanks to nine characters: not the engine's.
                if matches!(*field, "Month" | "Day") {
                    return None;
                }
                out.push_str(engine);
                rest = rest.get(field.len()..)?;
                continue 'next;
            }
        }
        if c.is_ascii_alphanumeric() && c != 'T' {
            return None;
        }
        if c == '%' {
            out.push('%');
        }
        out.push(c);
        rest = rest.get(c.len_utf8()..)?;
    }
    Some(out)
}
