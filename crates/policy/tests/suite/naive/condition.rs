//! Conditions, one operator after the other.

use serde_json::Value;

use super::{Token, glob, glob_tokens, list};

/// Every operator, every key.
pub fn all_hold(request: &Value, block: &Value, variables: bool) -> bool {
    block.as_object().into_iter().flatten().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(key, wanted)| {
            let wanted: Vec<String> = list(wanted).into_iter().map(text).collect();
            holds(request, operator, found(request, key), &wanted, variables)
        })
    })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The values of a key in any case; none when absent or empty.
fn found(request: &Value, key: &str) -> Vec<String> {
    let context = request["context"].as_object().into_iter().flatten();
    let mut same = context.filter(|(name, _)| name.to_lowercase() == key.to_lowercase());
    same.next().map_or_else(Vec::new, |(_, values)| list(values).into_iter().map(text).collect())
}

fn holds(
    request: &Value,
    operator: &str,
    found: Vec<String>,
    wanted: &[String],
    variables: bool,
) -> bool {
    let (set, name) = operator.split_once(':').unwrap_or(("", operator));
    let (name, if_exists) = match name.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let negated = name.contains("Not");
    let positive = name.replace("Not", "");
    if !KNOWN.contains(&name) || !["", "ForAllValues", "ForAnyValue"].contains(&set) {
        return false;
    }
    if name == "Null" {
        let absent = found.is_empty().to_string();
        return !if_exists && wanted.iter().any(|value| value.to_lowercase() == absent);
    }
    if found.is_empty() {
        return if_exists || set == "ForAllValues" || (set.is_empty() && negated);
    }
    let value_holds = |value: &String| {
        let results: Vec<Option<bool>> = wanted
            .iter()
            .map(|wanted| compare(request, &positive, wanted, value, variables))
            .collect();
        if results.contains(&Some(true)) { !negated } else { negated && !results.contains(&None) }
    };
    match set {
        "ForAllValues" => found.iter().all(value_holds),
        "ForAnyValue" => found.iter().any(value_holds),
        _ => found.len() == 1 && value_holds(&found[0]),
    }
}

const KNOWN: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// `None` when a side is of the wrong type.
fn compare(
    request: &Value,
    operator: &str,
    wanted: &str,
    found: &str,
    variables: bool,
) -> Option<bool> {
    let filled = |wildcards| match variables {
        true => substitute(request, wanted, wildcards),
        false => Some(tokens(wanted, wildcards)),
    };
    match operator {
        "StringEquals" => Some(filled(false).is_some_and(|tokens| glob_tokens(&tokens, found))),
        "StringLike" => Some(filled(true).is_some_and(|tokens| glob_tokens(&tokens, found))),
        "StringEqualsIgnoreCase" => {
            let lower = |token: Token| match token {
                Token::Literal(c) => c.to_lowercase().collect::<String>(),
                _ => String::new(),
            };
            let same = |tokens: Vec<Token>| {
                tokens.into_iter().map(lower).collect::<String>() == found.to_lowercase()
            };
            Some(filled(false).is_some_and(same))
        }
        "ArnEquals" | "ArnLike" => arn(request, wanted, found, variables),
        "IpAddress" => ip(wanted, found),
        "Bool" => Some(truth(wanted)? == truth(found)?),
        "BinaryEquals" => Some(base64(wanted)? == base64(found)?),
        _ => order(operator, wanted, found),
    }
}

fn order(operator: &str, wanted: &str, found: &str) -> Option<bool> {
    let (wanted, found, relation) = match operator.strip_prefix("Numeric") {
        Some(relation) => (number(wanted)?, number(found)?, relation),
        None => (date(wanted)?, date(found)?, operator.strip_prefix("Date")?),
    };
    Some(match relation {
        "Equals" => found == wanted,
        "LessThan" => found < wanted,
        "LessThanEquals" => found <= wanted,
        "GreaterThan" => found > wanted,
        _ => found >= wanted,
    })
}

/// Good for the numbers of the tests: thousandths.
fn number(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.len() > 3 || fraction.contains(['-', '+']) {
        return None;
    }
    let thousandths: i128 = format!("{fraction:0<3}").parse().ok()?;
    let whole_number: i128 = whole.parse().ok()?;
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    Some(whole_number * 1_000 + sign * thousandths)
}

/// Milliseconds, by counting days since 1970 one year and month after the other.
fn date(text: &str) -> Option<i128> {
    if let Some(milliseconds) = number(text) {
        let beyond_year_9999 = milliseconds > 253_402_300_799_000;
        return Some(if beyond_year_9999 { milliseconds / 1_000 } else { milliseconds });
    }
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let [year, month, day] = <[i64; 3]>::try_from(numbers(day, '-')?).ok()?;
    let (time, offset) = match time.split_once('+') {
        Some((time, offset)) => (time, numbers(offset, ':')?),
        None => (time.strip_suffix('Z')?, vec![0, 0]),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = <[i64; 3]>::try_from(numbers(time, ':')?).ok()?;
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month_index = usize::try_from(month - 1).ok().filter(|index| *index < 12)?;
    let years: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let days = years + lengths[..month_index].iter().sum::<i64>() + day - 1;
    let minutes = hour * 60 + minute - offset[0] * 60 - offset[1];
    let milliseconds: i64 = format!("{fraction:0<3}").parse().ok()?;
    Some(i128::from((days * 86_400 + minutes * 60 + second) * 1_000 + milliseconds))
}

fn numbers(text: &str, separator: char) -> Option<Vec<i64>> {
    text.split(separator).map(|part| part.parse().ok()).collect()
}

fn truth(text: &str) -> Option<bool> {
    text.to_lowercase().parse().ok()
}

/// Bits of the text, one value a character.
fn base64(text: &str) -> Option<Vec<usize>> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let whole = text.len().is_multiple_of(4) && text.len() - digits.len() <= 2;
    whole.then(|| digits.chars().map(|c| alphabet.find(c)).collect()).flatten()
}

/// Compares bit strings.
fn ip(wanted: &str, found: &str) -> Option<bool> {
    let (net, prefix) = match wanted.split_once('/') {
        Some((net, prefix)) => (net, prefix.parse::<usize>().ok()?),
        None => (wanted, bits(wanted)?.len()),
    };
    let (net, found) = (bits(net)?, bits(found)?);
    if prefix > net.len() {
        return None;
    }
    let same = net.chars().zip(found.chars()).take(prefix).all(|(net, found)| net == found);
    Some(net.len() == found.len() && same)
}

fn bits(address: &str) -> Option<String> {
    let address = address.strip_prefix("::ffff:").filter(|v4| v4.contains('.')).unwrap_or(address);
    if let Ok(v4) = address.parse::<std::net::Ipv4Addr>() {
        return Some(v4.octets().iter().map(|octet| format!("{octet:08b}")).collect());
    }
    let v6: std::net::Ipv6Addr = address.parse().ok()?;
    Some(v6.octets().iter().map(|octet| format!("{octet:08b}")).collect())
}

fn arn(request: &Value, wanted: &str, found: &str, variables: bool) -> Option<bool> {
    let wanted: Vec<&str> = wanted.splitn(6, ':').collect();
    let found: Vec<&str> = found.splitn(6, ':').collect();
    if wanted.len() < 6 || found.len() < 6 || wanted[0] != "arn" || found[0] != "arn" {
        return None;
    }
    Some(wanted.iter().zip(&found).all(|(wanted, found)| match variables {
        true => substitute(request, wanted, true).is_some_and(|tokens| glob_tokens(&tokens, found)),
        false => glob(wanted, found),
    }))
}

fn tokens(text: &str, wildcards: bool) -> Vec<Token> {
    text.chars()
        .map(|c| match c {
            '*' if wildcards => Token::Many,
            '?' if wildcards => Token::One,
            other => Token::Literal(other),
        })
        .collect()
}

/// Fills in variables; `None` when one has no single value and no default.
pub fn substitute(request: &Value, pattern: &str, wildcards: bool) -> Option<Vec<Token>> {
    let Some((before, rest)) = pattern.split_once("${") else {
        return Some(tokens(pattern, wildcards));
    };
    let Some((variable, after)) = rest.split_once('}') else {
        return Some(tokens(pattern, wildcards));
    };
    let value = match variable {
        "" => "${}".to_owned(),
        "*" | "?" | "$" => variable.to_owned(),
        _ => {
            let (key, default) = variable.split_once(',').unwrap_or((variable, ""));
            match found(request, key).as_slice() {
                [only] => only.clone(),
                _ if default.is_empty() => return None,
                _ => default.trim().trim_matches('\'').to_owned(),
            }
        }
    };
    let mut filled = tokens(before, wildcards);
    filled.extend(tokens(&value, false));
    filled.extend(substitute(request, after, wildcards)?);
    Some(filled)
}
