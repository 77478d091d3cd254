//! Regular expressions (Redshift guide, SQL functions › String functions › REGEXP_COUNT and its
//! kin). Plain patterns run in linear time; the parameter `p` brings Perl's look-around and runs
//! with a limit.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::kinds::{Bool, Integer, Text};
use super::{Answer, Refusal, Registry};
use crate::engine::EngineFault;

pub(super) fn register(registry: &Registry<'_>) -> Result<(), EngineFault> {
    registry.add::<(Text, Text, Integer, Text), Integer>("lb_regexp_count", count)?;
    registry
        .add::<(Text, Text, Integer, Integer, Integer, Text), Integer>("lb_regexp_instr", instr)?;
    registry.add::<(Text, Text, Text, Integer, Text), Text>("lb_regexp_replace", replace)?;
    registry.add::<(Text, Text, Integer, Integer, Text), Text>("lb_regexp_substr", substr)?;
    registry.add::<(Text, Text, Text), Bool>("lb_similar_to", similar_to)
}

/// A pattern of either dialect.
enum Pattern {
    Posix(::regex::Regex),
    Perl(fancy_regex::Regex),
}

/// Where a match lies, in bytes: the whole, and its first subexpression.
struct Found {
    start: usize,
    end: usize,
    group: Option<(usize, usize)>,
}

/// Steps of backtracking that one search may take.
const BACKTRACKING: usize = 200_000;
/// Patterns kept compiled by a thread.
const KEPT: usize = 64;

thread_local! {
    static COMPILED: RefCell<HashMap<(String, Flags), Rc<Pattern>>> = RefCell::default();
}

/// The parameters: `i` any case, `e` the first subexpression, `p` Perl's dialect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Flags {
    any_case: bool,
    group: bool,
    perl: bool,
}

impl Flags {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut flags = Self::default();
        for letter in text.chars() {
            match letter.to_ascii_lowercase() {
                'c' => flags.any_case = false,
                'i' => flags.any_case = true,
                'e' => flags.group = true,
                'p' => flags.perl = true,
                other => {
                    let words = format!("invalid regular expression option: \"{other}\"");
                    return Err(Refusal::new("22023", words));
                }
            }
        }
        Ok(flags)
    }
}

fn compiled(pattern: &str, flags: Flags) -> Result<Rc<Pattern>, Refusal> {
    let key = (pattern.to_owned(), flags);
    if let Some(known) = COMPILED.with_borrow(|kept| kept.get(&key).cloned()) {
        return Ok(known);
    }
    let invalid = |error: &dyn std::fmt::Display| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Refusal::new("2201B", format!("invalid regular expression: {reason}"))
    };
    let made = if flags.perl {
        fancy_regex::RegexBuilder::new(pattern)
            .case_insensitive(flags.any_case)
            .backtrack_limit(BACKTRACKING)
            .build()
            .map(Pattern::Perl)
            .map_err(|error| invalid(&error))?
    } else {
        ::regex::RegexBuilder::new(pattern)
            .case_insensitive(flags.any_case)
            .build()
            .map(Pattern::Posix)
            .map_err(|error| invalid(&error))?
    };
    let made = Rc::new(made);
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Rc::clone(&made));
    });
    Ok(made)
}

impl Pattern {
    /// The first match from a byte on.
    fn find(&self, text: &str, from: usize) -> Result<Option<Found>, Refusal> {
        Ok(match self {
            Self::Posix(regex) => regex.captures_at(text, from).and_then(|groups| {
                let whole = groups.get(0)?;
                let group = groups.get(1).map(|g| (g.start(), g.end()));
                Some(Found { start: whole.start(), end: whole.end(), group })
            }),
            Self::Perl(regex) => {
                let groups = regex.captures_from_pos(text, from).map_err(|_| too_complex())?;
                groups.and_then(|groups| {
                    let whole = groups.get(0)?;
                    let group = groups.get(1).map(|g| (g.start(), g.end()));
                    Some(Found { start: whole.start(), end: whole.end(), group })
                })
            }
        })
    }

    /// Up to `limit` matches, none inside another.
    fn all(&self, text: &str, limit: usize) -> Result<Vec<Found>, Refusal> {
        let mut found = Vec::new();
        let mut from = 0_usize;
        while found.len() < limit && from <= text.len() {
            let Some(next) = self.find(text, from)? else { break };
            from = next.end;
            if next.start == next.end {
                // After an empty match the search goes on behind the next character.
                let after = text.get(from..).and_then(|rest| rest.chars().next());
                from = from.saturating_add(after.map_or(1, char::len_utf8));
            }
            found.push(next);
        }
        Ok(found)
    }
}

fn too_complex() -> Refusal {
    Refusal::new("54001", "regular expression is too complex")
}

/// The text before a position (in characters, from 1) and the rest; `None` behind the end.
fn split(text: &str, position: i32) -> Option<(&str, &str)> {
    let skip = usize::try_from(position).unwrap_or(1).max(1).saturating_sub(1);
    if skip == 0 {
        return Some(("", text));
    }
    let (at, _) = text.char_indices().nth(skip)?;
    text.split_at_checked(at)
}

/// `REGEXP_COUNT(text, pattern, position, parameters)`.
fn count((text, pattern, position, flags): (&str, &str, i32, &str)) -> Answer<i32> {
    let pattern = compiled(pattern, Flags::read(flags)?)?;
    let Some((_, rest)) = split(text, position) else { return Ok(Some(0)) };
    let count = pattern.all(rest, usize::MAX)?.len();
    Ok(Some(i32::try_from(count).unwrap_or(i32::MAX)))
}

/// The match of a number; with the parameter `e` its first subexpression.
fn occurrence(
    rest: &str,
    pattern: &str,
    number: usize,
    flags: Flags,
) -> Result<Option<(usize, usize)>, Refusal> {
    let found = compiled(pattern, flags)?.all(rest, number)?;
    let Some(found) = found.get(number.saturating_sub(1)) else { return Ok(None) };
    Ok(match found.group {
        Some(group) if flags.group => Some(group),
        _ => Some((found.start, found.end)),
    })
}

/// `None` when an occurrence cannot be.
fn wanted(text: &str, number: i32) -> Option<usize> {
    let number = usize::try_from(number).ok().filter(|number| *number > 0)?;
    (number <= text.chars().count()).then_some(number)
}

/// `REGEXP_INSTR(text, pattern, position, occurrence, option, parameters)`.
fn instr(
    (text, pattern, position, number, end, flags): (&str, &str, i32, i32, i32, &str),
) -> Answer<i32> {
    let flags = Flags::read(flags)?;
    let (Some((before, rest)), Some(number)) = (split(text, position), wanted(text, number)) else {
        return Ok(Some(0));
    };
    let Some(found) = occurrence(rest, pattern, number, flags)? else { return Ok(Some(0)) };
    let at = if end == 0 { found.0 } else { found.1 };
    let inside = rest.get(..at).unwrap_or_default();
    let characters = before.chars().count().saturating_add(inside.chars().count());
    Ok(Some(i32::try_from(characters.saturating_add(1)).unwrap_or(i32::MAX)))
}

/// `REGEXP_SUBSTR(text, pattern, position, occurrence, parameters)`.
fn substr(
    (text, pattern, position, number, flags): (&str, &str, i32, i32, &str),
) -> Answer<String> {
    let flags = Flags::read(flags)?;
    let Some((_, rest)) = split(text, position) else { return Ok(Some(String::new())) };
    let Some(number) = wanted(text, number) else {
        // An empty text has no first occurrence to ask for; other numbers that cannot be are NULL.
        return Ok((number == 1).then(String::new));
    };
    let found = occurrence(rest, pattern, number, flags)?;
    let found = found.and_then(|(start, end)| rest.get(start..end));
    Ok(Some(found.unwrap_or_default().to_owned()))
}

/// `REGEXP_REPLACE(text, pattern, replacement, position, parameters)`: every match.
fn replace(
    (text, pattern, replacement, position, flags): (&str, &str, &str, i32, &str),
) -> Answer<String> {
    let flags = Flags::read(flags)?;
    let Some((before, rest)) = split(text, position) else { return Ok(Some(text.to_owned())) };
    let pattern = compiled(pattern, flags)?;
    let mut out = String::from(before);
    let mut from = 0_usize;
    for found in pattern.all(rest, usize::MAX)? {
        out.push_str(rest.get(from..found.start).unwrap_or_default());
        pattern.expand(rest, &found, replacement, &mut out);
        from = found.end;
    }
    out.push_str(rest.get(from..).unwrap_or_default());
    Ok(Some(out))
}

impl Pattern {
    /// Writes a replacement: `\1` is the first subexpression, with `p` also `$1`; `\\` a backslash.
    fn expand(&self, text: &str, found: &Found, replacement: &str, out: &mut String) {
        if !replacement.contains(['\\', '$']) {
            return out.push_str(replacement);
        }
        let groups = self.groups(text, found.start);
        let mut rest = replacement.chars().peekable();
        while let Some(letter) = rest.next() {
            let marks = letter == '\\' || (letter == '$' && matches!(self, Self::Perl(_)));
            let digit = rest.peek().and_then(|next| next.to_digit(10));
            match digit.filter(|_| marks) {
                Some(number) => {
                    rest.next();
                    let group = usize::try_from(number).ok().and_then(|n| groups.get(n));
                    out.push_str(group.map_or("", String::as_str));
                }
                None if letter == '\\' && rest.peek() == Some(&'\\') => {
                    rest.next();
                    out.push('\\');
                }
                None => out.push(letter),
            }
        }
    }

    /// The texts of the match that starts at a byte and of its subexpressions.
    fn groups(&self, text: &str, at: usize) -> Vec<String> {
        match self {
            Self::Posix(regex) => regex.captures_at(text, at).map_or_else(Vec::new, |groups| {
                groups.iter().map(|g| g.map_or("", |g| g.as_str()).to_owned()).collect()
            }),
            Self::Perl(regex) => match regex.captures_from_pos(text, at) {
                Ok(Some(groups)) => {
                    groups.iter().map(|g| g.map_or("", |g| g.as_str()).to_owned()).collect()
                }
                _ => Vec::new(),
            },
        }
    }
}

/// `text SIMILAR TO pattern` with a pattern known only when the row is.
fn similar_to((text, pattern, escape): (&str, &str, &str)) -> Answer<bool> {
    let escape = escape.chars().next().unwrap_or('\\');
    let whole = format!("(?s)^(?:{})$", redshift_sql::similar_pattern(pattern, escape));
    Ok(Some(compiled(&whole, Flags::default())?.find(text, 0)?.is_some()))
}

#[cfg(test)]
mod tests {
    use super::{count, instr, replace, similar_to, substr};

    #[test]
    fn positions_and_occurrences() {
        assert_eq!(count(("abcabc", "b", 1, "")), Ok(Some(2)));
        assert_eq!(count(("abcabc", "b", 3, "c")), Ok(Some(1)));
        assert_eq!(count(("abc", "b", 9, "")), Ok(Some(0)));
        assert_eq!(instr(("the fox", "FOX", 1, 1, 0, "i")), Ok(Some(5)));
        assert_eq!(instr(("éa éa", "a", 1, 2, 1, "")), Ok(Some(6)));
        assert_eq!(instr(("abc", "x", 1, 1, 0, "")), Ok(Some(0)));
        assert_eq!(substr(("a1b22", "[0-9]+", 1, 2, "")), Ok(Some("22".into())));
        assert_eq!(substr(("a1b22", "b([0-9])", 1, 1, "e")), Ok(Some("2".into())));
        assert_eq!(substr(("a1b22", "[0-9]+", 1, 0, "")), Ok(None));
        assert!(count(("a", "(", 1, "")).is_err());
        assert!(count(("a", "(?=a)", 1, "")).is_err());
        assert!(count(("a", "a", 1, "x")).is_err());
    }

    #[test]
    fn replacements_and_perl() {
        assert_eq!(replace(("the fox", "FOX", "dog", 1, "i")), Ok(Some("the dog".into())));
        assert_eq!(replace(("ab ab", "(a)(b)", r"\2\1", 2, "")), Ok(Some("ab ba".into())));
        let words = "(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+";
        let text = "secret7 plain B12 b12";
        assert_eq!(replace((text, words, "*", 1, "p")), Ok(Some("* plain B12 *".into())));
        assert_eq!(replace((text, words, "*", 1, "ip")), Ok(Some("* plain * *".into())));
        assert_eq!(similar_to(("abc", "%(b|d)%", "\\")), Ok(Some(true)));
        assert_eq!(similar_to(("abc", "b", "\\")), Ok(Some(false)));
    }
}
