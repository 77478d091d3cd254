//! Dynamic typing: operators and casts that look at the values' types when they run.
//! Redshift Developer Guide, "Querying semi-structured data" › Dynamic typing, Order by;
//! "Operators and functions"; "Limitations" › Casting.

use super::json::{self, Json};
use super::number::{self, Number};
use super::scalar::{Answer, Fault, JsonText};

/// A scalar as a SUPER value: the engine's name of its type, and its text.
pub(super) fn from_scalar(arguments: &[&str]) -> Answer<JsonText> {
    let [type_name, text] = arguments else { return Ok(None) };
    let base = type_name.split('(').next().unwrap_or_default();
    let text = match base {
        "JSON" | "BOOLEAN" | "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "HUGEINT"
        | "UTINYINT" | "USMALLINT" | "UINTEGER" | "UBIGINT" | "DECIMAL" => (*text).to_owned(),
        "VARCHAR" => Json::Text((*text).to_owned()).write(),
        "FLOAT" | "DOUBLE" => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Number::Float(value).write(),
            _ => return Err(Fault::new("22023", "Cannot cast NaN or infinity to super")),
        },
        other => {
            let name = other.to_ascii_lowercase();
            return Err(Fault::new("42846", format!("cannot cast type {name} to super")));
        }
    };
    Ok(Some(JsonText(text)))
}

/// A SUPER value as the text of a scalar, which the engine then tries to cast; NULL where
/// Redshift's cast gives NULL. The first argument is the kind of the wanted type.
pub(super) fn to_scalar(arguments: &[&str]) -> Answer<String> {
    let [kind, text] = arguments else { return Ok(None) };
    let Some(value) = json::parse(text) else { return Ok(None) };
    Ok(match (*kind, value) {
        ("text", Json::Bool(value)) => Some(value.to_string()),
        ("text", Json::Number(digits)) => Some(digits),
        ("text" | "string", Json::Text(text)) => Some(text),
        ("boolean", Json::Bool(value)) => Some(value.to_string()),
        ("boolean", Json::Number(digits)) => {
            number::read(&digits).and_then(Number::integer).map(|whole| (whole != 0).to_string())
        }
        ("boolean", Json::Text(text)) => boolean(&text),
        ("integer", Json::Bool(value)) => Some(i32::from(value).to_string()),
        ("integer", Json::Number(digits)) => whole(&digits)?,
        ("integer", Json::Text(text)) => {
            text.trim().parse::<i128>().ok().map(|whole| whole.to_string())
        }
        ("number", Json::Number(digits)) => number::read(&digits).map(Number::plain),
        ("number", Json::Text(text)) => {
            text.trim().parse::<f64>().ok().map(|_| text.trim().to_owned())
        }
        _ => None,
    })
}

/// The nearest whole number, as a cast to an integer type gives it.
fn whole(digits: &str) -> Answer<String> {
    let Some(number) = number::read(digits) else { return Ok(None) };
    Ok(match number::rounded("round", number, 0)? {
        Number::Float(value) => Some(format!("{value:.0}")),
        decimal => Some(decimal.write()),
    })
}

fn boolean(text: &str) -> Option<String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" => Some(String::from("true")),
        "f" | "false" | "n" | "no" | "0" => Some(String::from("false")),
        _ => None,
    }
}

/// `left = right`: false for values of different types, deep for arrays and objects, NULL when
/// one is null.
pub(super) fn equal(arguments: &[&str]) -> Answer<bool> {
    let [left, right] = arguments else { return Ok(None) };
    let (Some(left), Some(right)) = (json::parse(left), json::parse(right)) else {
        return Ok(None);
    };
    if left == Json::Null || right == Json::Null {
        return Ok(None);
    }
    Ok(Some(sort_key(&left) == sort_key(&right)))
}

/// The order of two scalars of the same type: -1, 0 or 1; NULL for anything else.
pub(super) fn compare(arguments: &[&str]) -> Answer<i32> {
    let [left, right] = arguments else { return Ok(None) };
    let order = match (json::parse(left), json::parse(right)) {
        (Some(Json::Bool(left)), Some(Json::Bool(right))) => left.cmp(&right),
        (Some(Json::Text(left)), Some(Json::Text(right))) => {
            left.trim_end_matches(' ').cmp(right.trim_end_matches(' '))
        }
        (Some(Json::Number(left)), Some(Json::Number(right))) => {
            match (number::read(&left), number::read(&right)) {
                (Some(left), Some(right)) => number::compare(left, right),
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(order as i32))
}

/// A text that sorts as ORDER BY sorts SUPER values, and is the same for equal values.
pub(super) fn order(arguments: &[&str]) -> Answer<String> {
    let [text] = arguments else { return Ok(None) };
    Ok(json::parse(text).filter(|value| *value != Json::Null).map(|value| sort_key(&value)))
}

/// Booleans, numbers, strings, arrays, objects, and null last.
fn sort_key(value: &Json) -> String {
    match value {
        Json::Bool(value) => format!("1{}", u8::from(*value)),
        Json::Number(digits) => {
            let key = number::read(digits).map(Number::sort_key);
            format!("2{}", key.unwrap_or_default())
        }
        Json::Text(text) => format!("3{}", text.trim_end_matches(' ')),
        Json::Array(items) => {
            let keys = items.iter().map(|item| Json::Text(sort_key(item)).write());
            format!("4{}", keys.collect::<Vec<_>>().join(","))
        }
        Json::Object(members) => {
            let mut keys: Vec<String> = members
                .iter()
                .map(|(name, value)| Json::Text(format!("{name}\t{}", sort_key(value))).write())
                .collect();
            keys.sort();
            format!("5{}", keys.join(","))
        }
        Json::Null => String::from("9"),
    }
}

/// `left operator right`; the operator is the first argument. `+` concatenates strings; NULL for
/// operands that do not fit each other.
pub(super) fn arithmetic(arguments: &[&str]) -> Answer<JsonText> {
    let [operator, left, right] = arguments else { return Ok(None) };
    match (json::parse(left), json::parse(right)) {
        (Some(Json::Number(left)), Some(Json::Number(right))) => {
            let (Some(left), Some(right)) = (number::read(&left), number::read(&right)) else {
                return Ok(None);
            };
            let result = number::arithmetic(operator, left, right)?;
            Ok(Some(JsonText(result.write())))
        }
        (Some(Json::Text(left)), Some(Json::Text(right))) if *operator == "+" => {
            Ok(Some(JsonText(Json::Text(left + &right).write())))
        }
        _ => Ok(None),
    }
}

/// `FLOOR(value)` and its like: the function's name, the value and the digits to keep.
pub(super) fn rounded(arguments: &[&str]) -> Answer<JsonText> {
    let [name, text, digits] = arguments else { return Ok(None) };
    let (Some(Json::Number(number)), Ok(digits)) = (json::parse(text), digits.parse()) else {
        return Ok(None);
    };
    let Some(number) = number::read(&number) else { return Ok(None) };
    Ok(Some(JsonText(number::rounded(name, number, digits)?.write())))
}
