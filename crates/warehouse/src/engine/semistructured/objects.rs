//! Into SUPER values and out of them: navigation, unnesting, arrays and objects.
//! Redshift Developer Guide, "Querying semi-structured data", "Array functions", "Object functions".
//!
//! Lax: what does not fit gives NULL, never a failure.

use super::json::{self, Json};
use super::scalar::{Answer, Elements, Fault, JsonText};

fn given(value: &Json) -> JsonText {
    JsonText(value.write())
}

/// `value.name` (`get(value, 'a', name)`) and `value[index]` (`get(value, 'i', index)`), any
/// number of steps.
pub(super) fn get(arguments: &[&str]) -> Answer<JsonText> {
    let [text, path @ ..] = arguments else { return Ok(None) };
    let Some(value) = json::parse(text) else { return Ok(None) };
    let mut at = Some(&value);
    for step in path.chunks(2) {
        at = match (at, step) {
            (Some(value), ["a", name]) => value.attribute(name),
            (Some(Json::Array(items)), ["i", index]) => {
                index.parse::<usize>().ok().and_then(|index| items.get(index))
            }
            _ => None,
        };
    }
    Ok(at.map(given))
}

/// The elements of an array, to iterate over; of anything else none.
pub(super) fn elements(arguments: &[&str]) -> Answer<Elements> {
    let [text] = arguments else { return Ok(None) };
    Ok(match json::parse(text) {
        Some(Json::Array(items)) => Some(Elements(items.iter().map(Json::write).collect())),
        _ => None,
    })
}

/// The attributes of an object as `[name, value]`, to iterate over; of anything else none.
pub(super) fn members(arguments: &[&str]) -> Answer<Elements> {
    let [text] = arguments else { return Ok(None) };
    let Some(Json::Object(members)) = json::parse(text) else { return Ok(None) };
    let pair = |(name, value)| Json::Array(vec![Json::Text(name), value]).write();
    Ok(Some(Elements(members.into_iter().map(pair).collect())))
}

/// `ARRAY(value, …)`.
pub(super) fn array(arguments: &[&str]) -> Answer<JsonText> {
    Ok(Some(JsonText(format!("[{}]", arguments.join(",")))))
}

/// `ARRAY_CONCAT(array, array)`.
pub(super) fn concat(arguments: &[&str]) -> Answer<JsonText> {
    let [left, right] = arguments else { return Ok(None) };
    let (Some(Json::Array(mut items)), Some(Json::Array(more))) =
        (json::parse(left), json::parse(right))
    else {
        return Ok(None);
    };
    items.extend(more);
    Ok(Some(given(&Json::Array(items))))
}

/// `ARRAY_FLATTEN(array)`: every level.
pub(super) fn flatten(arguments: &[&str]) -> Answer<JsonText> {
    let [text] = arguments else { return Ok(None) };
    let Some(value @ Json::Array(_)) = json::parse(text) else { return Ok(None) };
    let mut flat = Vec::new();
    pour(value, &mut flat);
    Ok(Some(given(&Json::Array(flat))))
}

fn pour(value: Json, flat: &mut Vec<Json>) {
    match value {
        Json::Array(items) => items.into_iter().for_each(|item| pour(item, flat)),
        other => flat.push(other),
    }
}

/// `SUBARRAY(array, start, length)`, from 0; what lies outside of the array is left out.
pub(super) fn subarray(arguments: &[&str]) -> Answer<JsonText> {
    let [text, start, length] = arguments else { return Ok(None) };
    let (Ok(start), Ok(length)) = (start.parse::<usize>(), length.parse::<usize>()) else {
        return Ok(None);
    };
    Ok(match json::parse(text) {
        Some(Json::Array(items)) => {
            let part = items.into_iter().skip(start).take(length).collect();
            Some(given(&Json::Array(part)))
        }
        _ => None,
    })
}

/// `OBJECT(name, value, …)`; names come as SUPER values and must be strings.
pub(super) fn object(arguments: &[&str]) -> Answer<JsonText> {
    let mut members: Vec<(String, Json)> = Vec::new();
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return Ok(None) };
        let (Some(Json::Text(name)), Some(value)) = (json::parse(name), json::parse(value)) else {
            return Err(Fault::new("22023", "Object attribute names must be strings"));
        };
        members.push((name, value));
    }
    Ok(Some(given(&Json::Object(members))))
}

/// `LOWER_ATTRIBUTE_NAMES(value)` and `UPPER_ATTRIBUTE_NAMES(value)`, at every level; the first
/// argument says which.
pub(super) fn rename(arguments: &[&str]) -> Answer<JsonText> {
    let [case, text] = arguments else { return Ok(None) };
    let change = match *case {
        "lower" => str::to_lowercase,
        _ => str::to_uppercase,
    };
    Ok(json::parse(text).map(|value| given(&renamed(value, change))))
}

fn renamed(value: Json, change: fn(&str) -> String) -> Json {
    match value {
        Json::Array(items) => {
            Json::Array(items.into_iter().map(|item| renamed(item, change)).collect())
        }
        Json::Object(members) => {
            let member = |(name, value): (String, Json)| (change(&name), renamed(value, change));
            Json::Object(members.into_iter().map(member).collect())
        }
        scalar => scalar,
    }
}
