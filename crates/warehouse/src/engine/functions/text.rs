//! String functions (Redshift guide, SQL functions › String functions).

use super::kinds::{BigInt, Bytes, Integer, Text};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Text,), Text>("lb_soundex", |(text,)| Ok(Some(soundex(text))))?;
    registry.add::<(Text, Text), Integer>("lb_difference", difference)?;
    registry.add::<(Text, Text), Integer>("lb_octetindex", octetindex)?;
    registry.add::<(Text, Integer, Text), Text>("lb_lpad", |a| pad(a, true))?;
    registry.add::<(Text, Integer, Text), Text>("lb_rpad", |a| pad(a, false))?;
    registry.add::<(Text, Integer, Integer), Text>("lb_substring_text", substring)?;
    registry.add::<(Bytes, Integer, Integer), Bytes>("lb_substring_bytes", substring_bytes)?;
    registry.add::<(Text,), Text>("lb_initcap", |(text,)| Ok(Some(initcap(text))))?;
    registry.add::<(Text, Text, BigInt), Text>("lb_split_part", split_part)
}

/// The American Soundex code: the first letter and three digits; empty without letters.
fn soundex(text: &str) -> String {
    let mut letters = text.chars().filter(char::is_ascii_alphabetic);
    let Some(first) = letters.next() else { return String::new() };
    let mut code = String::from(first.to_ascii_uppercase());
    let mut last = digit(first);
    for letter in letters {
        let found = digit(letter);
        match found {
            Some(digit) if last != found => code.push(digit),
            _ => {}
        }
        // H and W do not part two letters of the same digit; vowels do.
        if !matches!(letter.to_ascii_lowercase(), 'h' | 'w') {
            last = found;
        }
        if code.len() == 4 {
            break;
        }
    }
    format!("{code:0<4}")
}

fn digit(letter: char) -> Option<char> {
    Some(match letter.to_ascii_lowercase() {
        'b' | 'f' | 'p' | 'v' => '1',
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
        'd' | 't' => '3',
        'l' => '4',
        'm' | 'n' => '5',
        'r' => '6',
        _ => return None,
    })
}

/// In how many places two Soundex codes agree.
fn difference((left, right): (&str, &str)) -> Answer<i32> {
    let (left, right) = (soundex(left), soundex(right));
    let same = left.chars().zip(right.chars()).filter(|(l, r)| l == r).count();
    Ok(Some(i32::try_from(same).unwrap_or(0)))
}

/// Where a text first occurs in another, in bytes from 1; 0 for nowhere.
fn octetindex((part, text): (&str, &str)) -> Answer<i32> {
    let found = text.find(part).map_or(0, |at| at.saturating_add(1));
    Ok(Some(i32::try_from(found).unwrap_or(i32::MAX)))
}

/// The longest text that a string function may make.
const LONGEST: usize = 16_000_000;

/// `LPAD`, `RPAD`: a longer text is cut at its end; nothing to fill with leaves it as it is.
fn pad((text, length, fill): (&str, i32, &str), at_start: bool) -> Answer<String> {
    let length = usize::try_from(length).unwrap_or(0);
    if length > LONGEST {
        return Err(Refusal::new("54000", "requested length too large"));
    }
    let have = text.chars().count();
    if have >= length {
        return Ok(Some(text.chars().take(length).collect()));
    }
    let missing: String = fill.chars().cycle().take(length.saturating_sub(have)).collect();
    Ok(Some(if at_start { missing + text } else { text.to_owned() + &missing }))
}

/// `SUBSTRING(text, start, count)`: characters before the first count but are not there.
fn substring((text, start, count): (&str, i32, i32)) -> Answer<String> {
    let (skip, take) = window(start, count)?;
    Ok(Some(text.chars().skip(skip).take(take).collect()))
}

fn substring_bytes((bytes, start, count): (&[u8], i32, i32)) -> Answer<Vec<u8>> {
    let (skip, take) = window(start, count)?;
    Ok(Some(bytes.iter().skip(skip).take(take).copied().collect()))
}

/// How many to skip and to take.
fn window(start: i32, count: i32) -> Result<(usize, usize), Refusal> {
    if count < 0 {
        return Err(Refusal::new("22011", "negative substring length not allowed"));
    }
    let end = i64::from(start).saturating_add(i64::from(count));
    let first = i64::from(start).max(1);
    let take = end.saturating_sub(first).max(0);
    let size = |n: i64| usize::try_from(n).unwrap_or(0);
    Ok((size(first.saturating_sub(1)), size(take)))
}

/// `INITCAP(text)`: every letter that follows neither letter nor digit is a capital, the others are
/// small.
fn initcap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for letter in text.chars() {
        if inside {
            out.extend(letter.to_lowercase());
        } else {
            out.extend(letter.to_uppercase());
        }
        inside = letter.is_alphanumeric();
    }
    out
}

/// `SPLIT_PART(text, delimiter, part)`: empty when there are fewer parts.
fn split_part((text, delimiter, part): (&str, &str, i64)) -> Answer<String> {
    let Some(index) = usize::try_from(part).ok().and_then(|part| part.checked_sub(1)) else {
        return Err(Refusal::new("22023", "field position must be greater than zero"));
    };
    let found = match delimiter {
        "" => Some(text).filter(|_| index == 0),
        delimiter => text.split(delimiter).nth(index),
    };
    Ok(Some(found.unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{difference, octetindex, pad, soundex, split_part, substring};

    #[test]
    fn soundex_follows_the_american_rules() {
        for (text, expect) in [
            ("Robert", "R163"),
            ("Rupert", "R163"),
            ("Ashcraft", "A261"),
            ("Tymczak", "T522"),
            ("Pfister", "P236"),
            ("o'hara", "O600"),
            ("", ""),
        ] {
            assert_eq!(soundex(text), expect, "{text}");
        }
        assert_eq!(difference(("Robert", "Rupert")), Ok(Some(4)));
    }

    #[test]
    fn positions_count_from_one() {
        assert_eq!(octetindex(("é", "aéé")), Ok(Some(2)));
        assert_eq!(octetindex(("x", "aéé")), Ok(Some(0)));
        assert_eq!(substring(("pillar", -1, 4)), Ok(Some("pi".into())));
        assert_eq!(substring(("pillar", 5, 9)), Ok(Some("ar".into())));
        assert!(substring(("pillar", 2, -1)).is_err());
        assert_eq!(split_part(("a,b", ",", 3)), Ok(Some(String::new())));
        assert!(split_part(("a,b", ",", 0)).is_err());
        assert_eq!(pad(("ab", 5, "xy"), true), Ok(Some("xyxab".into())));
        assert_eq!(pad(("ab", 5, ""), false), Ok(Some("ab".into())));
    }
}
