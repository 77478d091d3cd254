//! What a SUPER value is: its dynamic type and its measures.
//! Redshift Developer Guide, "SUPER type information functions".

use super::json::{self, Json};
use super::number::{self, Number};
use super::scalar::Answer;

/// `JSON_TYPEOF(value)`.
pub(super) fn type_of(arguments: &[&str]) -> Answer<String> {
    let [text] = arguments else { return Ok(None) };
    Ok(json::parse(text).map(|value| {
        String::from(match value {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        })
    }))
}

/// `IS_ARRAY(value)` and its like; the first argument says which.
pub(super) fn is(arguments: &[&str]) -> Answer<bool> {
    let [what, text] = arguments else { return Ok(None) };
    Ok(json::parse(text).map(|value| match (*what, &value) {
        ("array", Json::Array(_)) | ("object", Json::Object(_)) => true,
        ("scalar", Json::Bool(_) | Json::Number(_) | Json::Text(_)) => true,
        ("boolean", Json::Bool(_)) | ("varchar", Json::Text(_)) => true,
        // CHAR holds single-byte characters only.
        ("char", Json::Text(text)) => text.is_ascii(),
        (what, Json::Number(digits)) => is_number(what, digits),
        _ => false,
    }))
}

/// Whole numbers are of every type whose range holds them.
fn is_number(what: &str, digits: &str) -> bool {
    let Some(number) = number::read(digits) else { return false };
    let whole = number.integer();
    match what {
        "float" => matches!(number, Number::Float(_)),
        "decimal" => matches!(number, Number::Decimal { .. }),
        "bigint" => whole.is_some_and(|whole| i64::try_from(whole).is_ok()),
        "integer" => whole.is_some_and(|whole| i32::try_from(whole).is_ok()),
        "smallint" => whole.is_some_and(|whole| i16::try_from(whole).is_ok()),
        _ => false,
    }
}

/// `GET_ARRAY_LENGTH`, `GET_NUMBER_ATTRIBUTES`, `JSON_SIZE`, `DECIMAL_PRECISION` and
/// `DECIMAL_SCALE`, told apart by the first argument; NULL for values that have no such measure.
pub(super) fn measure(arguments: &[&str]) -> Answer<i32> {
    let [what, text] = arguments else { return Ok(None) };
    let Some(value) = json::parse(text) else { return Ok(None) };
    let decimal = |value: &Json| match value {
        Json::Number(digits) => number::read(digits),
        _ => None,
    };
    let measured = match (*what, &value) {
        ("elements", Json::Array(items)) => items.len().try_into().ok(),
        ("attributes", Json::Object(members)) => members.len().try_into().ok(),
        ("bytes", value) => value.write().len().try_into().ok(),
        ("precision", value) => {
            decimal(value).and_then(Number::precision).and_then(|digits| digits.try_into().ok())
        }
        ("scale", value) => match decimal(value) {
            Some(Number::Decimal { scale, .. }) => scale.try_into().ok(),
            _ => None,
        },
        _ => None,
    };
    Ok(measured)
}
