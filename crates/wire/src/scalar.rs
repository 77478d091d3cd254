//! Scalars as text: numbers, booleans, timestamps, as forms, XML, headers and paths write them.
//!
//! Knows no protocol; a text that does not parse is `None`, and the protocol words the error.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Number, Value};

use crate::model::{Kind, Member, Model, TimestampFormat};

/// Reads a scalar of `member`'s shape; `None` when the text is none.
pub(crate) fn from_text(model: &Model, member: &Member, text: &str) -> Option<Value> {
    match &model.shape(member.shape).kind {
        Kind::String => Some(Value::from(text)),
        Kind::Blob => STANDARD.decode(text).ok().map(|_| Value::from(text)),
        Kind::Boolean => match text {
            "true" | "True" | "TRUE" => Some(Value::Bool(true)),
            "false" | "False" | "FALSE" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Integer => text.trim().parse::<i32>().ok().map(Value::from),
        Kind::Long => text.trim().parse::<i64>().ok().map(Value::from),
        Kind::Double => double(text.trim()),
        Kind::Timestamp(_) => timestamp(text.trim(), member.timestamp),
        Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. } => None,
    }
}

/// Writes a scalar; structures, lists and maps have no text and give `None`.
pub(crate) fn to_text(member: &Member, value: &Value) -> Option<String> {
    match (value, member.timestamp) {
        (Value::Number(seconds), Some(format)) => Some(timestamp_text(seconds, format)),
        (Value::String(text), _) => Some(text.clone()),
        (Value::Bool(flag), _) => Some(flag.to_string()),
        (Value::Number(number), _) => Some(number.to_string()),
        _ => None,
    }
}

/// JSON has no infinities; values carry them as strings, as the JSON protocols do.
pub(crate) fn double(text: &str) -> Option<Value> {
    match text {
        "NaN" | "Infinity" | "-Infinity" => Some(Value::from(text)),
        _ => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
    }
}

/// Reads a timestamp in any of the formats, its own first: clients mix them.
pub(crate) fn timestamp(text: &str, format: Option<TimestampFormat>) -> Option<Value> {
    let unix = || text.parse::<f64>().ok().and_then(seconds);
    let iso = || DateTime::parse_from_rfc3339(text).ok().map(|at| from_time(&at.to_utc()));
    let rfc = || rfc822(text).map(|at| from_time(&at));
    match format {
        Some(TimestampFormat::Unix) => unix().or_else(iso).or_else(rfc),
        Some(TimestampFormat::Rfc822) => rfc().or_else(iso).or_else(unix),
        _ => iso().or_else(rfc).or_else(unix),
    }
}

fn rfc822(text: &str) -> Option<DateTime<Utc>> {
    let naive = NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S%.f GMT").ok();
    naive
        .map(|naive| naive.and_utc())
        .or_else(|| DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc()))
}

/// Epoch seconds as a value: an integer when there is no fraction.
pub(crate) fn seconds(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}

fn from_time(at: &DateTime<Utc>) -> Value {
    let whole = at.timestamp();
    match at.timestamp_subsec_millis() {
        0 => Value::from(whole),
        #[expect(clippy::cast_precision_loss, reason = "epoch seconds fit a double")]
        millis => Value::from(whole as f64 + f64::from(millis) / 1000.0),
    }
}

/// Milliseconds since 1970 of an epoch-seconds number.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of any date fit")]
fn millis(number: &Number) -> i64 {
    number
        .as_i64()
        .and_then(|seconds| seconds.checked_mul(1000))
        .unwrap_or_else(|| (number.as_f64().unwrap_or_default() * 1000.0).round() as i64)
}

/// Writes epoch seconds in a format; a fraction is written when there is one.
pub(crate) fn timestamp_text(number: &Number, format: TimestampFormat) -> String {
    let millis = millis(number);
    let at = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    let whole = millis % 1000 == 0;
    match format {
        TimestampFormat::Unix => number.to_string(),
        TimestampFormat::Rfc822 if whole => at.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        TimestampFormat::Rfc822 => at.format("%a, %d %b %Y %H:%M:%S%.3f GMT").to_string(),
        TimestampFormat::Iso8601 if whole => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        TimestampFormat::Iso8601 => iso8601_millis(number),
    }
}

/// ISO 8601 that always has milliseconds, as S3 writes its listings.
pub(crate) fn iso8601_millis(number: &Number) -> String {
    let at = DateTime::from_timestamp_millis(millis(number)).unwrap_or_default();
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
