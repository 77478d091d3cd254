//! JSON in strings: what reads text as JSON each time, and JSON_PARSE, which makes a SUPER of it.
//! Redshift Developer Guide, "JSON functions".

use super::json::{self, Json};
use super::number::canonical;
use super::scalar::{Answer, Fault, JsonText};

/// Bytes of one string inside a SUPER value (SUPER › Limitations).
const LONGEST_STRING: usize = 16_000_000;
/// Bytes of one SUPER value.
const LARGEST: usize = 16 * 1024 * 1024;

/// What every function here says of a text that is no JSON.
fn malformed() -> Fault {
    Fault::new("XX000", "JSON parsing error")
}

/// `JSON_PARSE(text)`.
pub(super) fn parse(arguments: &[&str]) -> Answer<JsonText> {
    let [text] = arguments else { return Ok(None) };
    let mut value = json::parse(text).ok_or_else(malformed)?;
    check(&mut value)?;
    let text = value.write();
    if text.len() > LARGEST {
        return Err(Fault::new("XX000", "SUPER value exceeds the max size of 16777216 bytes"));
    }
    Ok(Some(JsonText(text)))
}

/// What JSON_PARSE asks of a text beyond its grammar; numbers get the form of SUPER.
fn check(value: &mut Json) -> Result<(), Fault> {
    match value {
        Json::Number(digits) => *digits = canonical(digits),
        Json::Text(text) if text.len() > LONGEST_STRING => {
            let message = "String value exceeds the max size of 16000000 bytes";
            return Err(Fault::new("XX000", message));
        }
        Json::Array(items) => items.iter_mut().try_for_each(check)?,
        Json::Object(members) => {
            if repeats_a_name(members) {
                return Err(Fault::new("XX000", "JSON parsing error: duplicate attribute name"));
            }
            members.iter_mut().try_for_each(|(_, value)| check(value))?;
        }
        _ => {}
    }
    Ok(())
}

fn repeats_a_name(members: &[(String, Json)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

/// `CAN_JSON_PARSE`, `IS_VALID_JSON` and `IS_VALID_JSON_ARRAY`, told apart by the first argument.
pub(super) fn is_valid(arguments: &[&str]) -> Answer<bool> {
    let [what, text] = arguments else { return Ok(None) };
    let valid = match *what {
        "parse" => parse(&[text]).is_ok(),
        "object" => matches!(json::parse(text), Some(Json::Object(_))),
        _ => matches!(json::parse(text), Some(Json::Array(_))),
    };
    Ok(Some(valid))
}

/// The text of a value as the string functions give it: strings bare, null as nothing.
fn bare(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Text(text) => Some(text.clone()),
        other => Some(other.write()),
    }
}

/// A parsed text, `None` if it is none and the caller asked for NULL then.
fn lenient(text: &str, null_if_invalid: &str) -> Result<Option<Json>, Fault> {
    match json::parse(text) {
        Some(value) => Ok(Some(value)),
        None if null_if_invalid == "true" => Ok(None),
        None => Err(malformed()),
    }
}

/// `JSON_EXTRACT_PATH_TEXT(text, name, …)`; the first argument is its `null_if_invalid`.
pub(super) fn path_text(arguments: &[&str]) -> Answer<String> {
    let [null_if_invalid, text, path @ ..] = arguments else { return Ok(None) };
    let Some(value) = lenient(text, null_if_invalid)? else { return Ok(None) };
    let mut at = Some(&value);
    for name in path {
        at = at.and_then(|value| value.attribute(name));
    }
    Ok(at.and_then(bare))
}

/// `JSON_EXTRACT_ARRAY_ELEMENT_TEXT(text, position)`; the first argument is `null_if_invalid`.
pub(super) fn element_text(arguments: &[&str]) -> Answer<String> {
    let [null_if_invalid, text, position] = arguments else { return Ok(None) };
    Ok(match lenient(text, null_if_invalid)? {
        Some(Json::Array(items)) => {
            let position = position.parse::<usize>().ok();
            position.and_then(|position| items.get(position)).and_then(bare)
        }
        None => None,
        Some(_) if *null_if_invalid == "true" => None,
        Some(_) => return Err(malformed()),
    })
}

/// `JSON_ARRAY_LENGTH(text)`; the first argument is `null_if_invalid`.
pub(super) fn array_length(arguments: &[&str]) -> Answer<i32> {
    let [null_if_invalid, text] = arguments else { return Ok(None) };
    match lenient(text, null_if_invalid)? {
        Some(Json::Array(items)) => Ok(i32::try_from(items.len()).ok()),
        Some(_) if *null_if_invalid != "true" => Err(malformed()),
        _ => Ok(None),
    }
}

/// `SPLIT_TO_ARRAY(text, delimiter)`.
pub(super) fn split(arguments: &[&str]) -> Answer<JsonText> {
    let [text, delimiter] = arguments else { return Ok(None) };
    let parts = match *delimiter {
        "" => vec![Json::Text((*text).to_owned())],
        delimiter => text.split(delimiter).map(|part| Json::Text(part.to_owned())).collect(),
    };
    Ok(Some(JsonText(Json::Array(parts).write())))
}
