//! JSONPaths files: which part of each object belongs to which column.
//!
//! Knows the expressions (COPY from JSON format › JSONPaths), not the data they are applied to:
//! JSON and Avro share them. Start at [`parse`].

use serde_json::Value;

/// Expressions with more steps are refused, so that following one needs little stack.
const MOST_STEPS: usize = 100;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.name` or `['name']`.
    Member(String),
    /// `[0]`.
    Element(usize),
}

/// The steps from the root of an object or array to a column's value.
pub type Path = Vec<Step>;

/// Reads a JSONPaths file for a column list of `columns` columns. `None` if its key is not
/// `jsonpaths`: the statement is then treated as `'auto'`.
///
/// # Errors
/// In Redshift's words where they are known: a file that is not such an object, an expression that
/// is neither dot nor bracket notation throughout or has a wildcard, another number of expressions
/// than columns.
pub fn parse(file: &[u8], columns: usize) -> Result<Option<Vec<Path>>, String> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let parsed: Value = serde_json::from_slice(file)
        .map_err(|error| format!("Invalid JSONPaths file: not well-formed JSON ({error})"))?;
    let Value::Object(members) = parsed else {
        return Err("Invalid JSONPaths file: not a JSON object".into());
    };
    let Some(list) = members.get("jsonpaths") else { return Ok(None) };
    let Value::Array(list) = list else {
        return Err("Invalid JSONPaths file: jsonpaths is not an array".into());
    };
    let texts: Option<Vec<&str>> = list.iter().map(text).collect();
    let texts = texts.ok_or("Invalid JSONPaths file: jsonpaths is not an array of strings")?;
    if texts.len() != columns {
        return Err(format!(
            "Number of jsonpaths and the number of columns should match. JSONPath size: {}, Number of columns in table or column list: {columns}",
            texts.len()
        ));
    }
    texts.into_iter().map(path).collect::<Result<_, _>>().map(Some)
}

/// An expression, also as the only item of a list.
fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(items) if items.len() == 1 => items.first().and_then(Value::as_str),
        _ => None,
    }
}

/// Reads one expression.
///
/// # Errors
/// See [`parse`].
pub fn path(expression: &str) -> Result<Path, String> {
    let invalid = |why: &str| format!("Invalid JSONPath format: {why}: {expression}");
    let rest =
        expression.trim().strip_prefix('$').ok_or_else(|| invalid("does not begin with $"))?;
    let dots = rest.starts_with('.');
    let mut reader = Reader { rest };
    let mut steps = Vec::new();
    while !reader.rest.is_empty() {
        let step = reader.step(dots).ok_or_else(|| invalid("not supported"))?;
        steps.push(step);
        if steps.len() > MOST_STEPS {
            return Err(invalid("too many steps"));
        }
    }
    Ok(steps)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// The next step; `dots` if the expression is in dot notation, which brackets may only join
    /// with a number.
    fn step(&mut self, dots: bool) -> Option<Step> {
        if let Some(rest) = self.rest.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end)?;
            self.rest = after;
            let wild = name.is_empty() || name == "*" || name.contains(['\'', '"', ']']);
            return (dots && !wild).then(|| Step::Member(name.to_owned()));
        }
        let inside = self.rest.strip_prefix('[')?.trim_start();
        if let Some(quote) = inside.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            let (name, after) = quoted(inside.strip_prefix(quote)?, quote)?;
            self.rest = after.trim_start().strip_prefix(']')?;
            return (!dots).then_some(Step::Member(name));
        }
        let (number, after) = inside.split_once(']')?;
        self.rest = after;
        let number = number.trim_end();
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| number.parse().ok().map(Step::Element))?
    }
}

/// A name up to its closing quote, which a backslash may keep in the name.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.push(letters.next()?.1),
            letter if letter == quote => {
                let after = text.split_at_checked(at + letter.len_utf8())?.1;
                return Some((name, after));
            }
            letter => name.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Step::{Element, Member};
    use super::*;

    fn member(name: &str) -> Step {
        Member(name.into())
    }

    #[test]
    fn expressions() {
        let check = |expression: &str, expect: Option<Path>| {
            assert_eq!(path(expression).ok(), expect, "{expression}");
        };
        check("$.id", Some(vec![member("id")]));
        check("$['id']", Some(vec![member("id")]));
        check("$[\"id\"]['x.y']", Some(vec![member("id"), member("x.y")]));
        check("$.a.b[0].c", Some(vec![member("a"), member("b"), Element(0), member("c")]));
        check("$['a'][12]['it\\'s']", Some(vec![member("a"), Element(12), member("it's")]));
        check("$[0]", Some(vec![Element(0)]));
        check("$[ 'a' ]", Some(vec![member("a")]));
        check("$", Some(vec![]));
        check("$.été", Some(vec![member("été")]));
        for refused in [
            "",
            "id",
            "$id",
            "$..id",
            "$.*",
            "$.a[*]",
            "$['a'].b",
            "$.a['b']",
            "$[a]",
            "$[-1]",
            "$['a'",
            "$['a]",
            "$[",
            "$[]",
            "$.",
            "$.a.",
            "$[99999999999999999999999]",
            "$[0",
        ] {
            check(refused, None);
        }
        check(&format!("${}", ".a".repeat(MOST_STEPS + 1)), None);
    }

    #[test]
    fn files() {
        let check = |file: &str, columns: usize, expect: Result<Option<usize>, &str>| {
            let parsed = parse(file.as_bytes(), columns).map(|paths| paths.map(|p| p.len()));
            assert_eq!(parsed, expect.map_err(str::to_owned), "{file}");
        };
        check(r#"{"jsonpaths": ["$.a", "$['b'][0]"]}"#, 2, Ok(Some(2)));
        check("\u{feff}{\"jsonpaths\": [[\"$.a\"]]}", 1, Ok(Some(1)));
        check(r#"{"paths": ["$.a"]}"#, 2, Ok(None));
        check(
            r#"{"jsonpaths": ["$.a"]}"#,
            2,
            Err(
                "Number of jsonpaths and the number of columns should match. JSONPath size: 1, Number of columns in table or column list: 2",
            ),
        );
        check("[]", 1, Err("Invalid JSONPaths file: not a JSON object"));
        check(
            r#"{"jsonpaths": [1]}"#,
            1,
            Err("Invalid JSONPaths file: jsonpaths is not an array of strings"),
        );
        check(r#"{"jsonpaths": 1}"#, 1, Err("Invalid JSONPaths file: jsonpaths is not an array"));
        check(r#"{"jsonpaths": ["$.*"]}"#, 1, Err("Invalid JSONPath format: not supported: $.*"));
        assert!(parse(b"{", 1).is_err());
    }
}
