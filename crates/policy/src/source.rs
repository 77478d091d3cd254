//! Where things stand in the source text of a policy: line and column of each statement, the
//! principals of type `AWS`, and fields that are given twice.
//!
//! Works only on text that `serde_json` has accepted, and knows no more of JSON than where values
//! begin and end. Start at `statements`.

use std::ops::Range;

/// A place in a text, both counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column in that line.
    pub column: usize,
}

impl Position {
    /// The position of a byte offset.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let last_line = before.rsplit('\n').next().unwrap_or("");
        Self { line, column: last_line.chars().count() + 1 }
    }
}

/// A field that an object has twice: readers disagree on which counts, so the document is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Duplicate {
    pub field: String,
    pub offset: usize,
}

/// The byte range of each statement of a policy document, in order.
pub(crate) fn statements(json: &str) -> Result<Vec<Range<usize>>, Duplicate> {
    Ok(scan(json)?.statements)
}

/// The byte range, quotes included, of each principal of type `AWS`, in order.
pub(crate) fn principals(json: &str) -> Vec<Range<usize>> {
    scan(json).map(|scanner| scanner.principals).unwrap_or_default()
}

fn scan(json: &str) -> Result<Scanner<'_>, Duplicate> {
    let mut scanner = Scanner { text: json, at: 0, statements: Vec::new(), principals: Vec::new() };
    scanner.value(Place::Document)?;
    Ok(scanner)
}

/// Which value of the document is being passed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Document,
    Statements,
    Statement,
    /// The value of `Principal` or `NotPrincipal`.
    Principal,
    /// The value of its `AWS`.
    Names,
    Inside,
}

impl Place {
    /// What stands in a field of an object at this place.
    fn of_field(self, field: &str) -> Self {
        match (self, field) {
            (Self::Document, "Statement") => Self::Statements,
            (Self::Statements | Self::Statement, "Principal" | "NotPrincipal") => Self::Principal,
            (Self::Principal, "AWS") => Self::Names,
            _ => Self::Inside,
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    statements: Vec<Range<usize>>,
    principals: Vec<Range<usize>>,
}

impl Scanner<'_> {
    fn value(&mut self, place: Place) -> Result<(), Duplicate> {
        self.skip_blanks();
        let start = self.at;
        match (self.peek(), place) {
            (Some(b'['), Place::Statements) => return self.array(Place::Statement),
            (Some(b'{'), _) => self.object(place)?,
            (Some(b'['), Place::Names) => self.array(Place::Names)?,
            (Some(b'['), _) => self.array(Place::Inside)?,
            (Some(b'"'), Place::Names) => {
                self.string();
                self.principals.push(start..self.at);
            }
            (Some(b'"'), _) => self.string(),
            _ => self.skip_while(|byte| !matches!(byte, b',' | b']' | b'}')),
        }
        if matches!(place, Place::Statements | Place::Statement) {
            self.statements.push(start..self.at);
        }
        Ok(())
    }

    fn array(&mut self, elements: Place) -> Result<(), Duplicate> {
        self.at += 1;
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b']') | None => break,
                Some(b',') => self.at += 1,
                _ => self.value(elements)?,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn object(&mut self, place: Place) -> Result<(), Duplicate> {
        self.at += 1;
        let mut fields = std::collections::HashSet::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'}') | None => break,
                Some(b',') => self.at += 1,
                _ => {
                    let field = self.field();
                    let offset = self.at;
                    let inner = place.of_field(&field);
                    if !fields.insert(field.clone()) {
                        return Err(Duplicate { field, offset });
                    }
                    self.value(inner)?;
                }
            }
        }
        self.at += 1;
        Ok(())
    }

    /// A field's name with its colon.
    fn field(&mut self) -> String {
        let start = self.at;
        self.string();
        let name = self.text.get(start..self.at).unwrap_or_default();
        self.skip_blanks();
        self.at += 1;
        serde_json::from_str(name).unwrap_or_else(|_| name.to_owned())
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
    }

    fn skip_blanks(&mut self) {
        self.skip_while(|byte| byte.is_ascii_whitespace());
    }

    fn skip_while(&mut self, skip: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&skip) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found() {
        let check = |json: &str, expect: &[&str]| {
            let found: Vec<_> =
                statements(json).unwrap().into_iter().filter_map(|span| json.get(span)).collect();
            assert_eq!(found, expect, "{json}");
        };
        check(r#"{"Statement": {"Sid": "Statement"}}"#, &[r#"{"Sid": "Statement"}"#]);
        check(
            r#"{"A":[1,{"Statement":[2]}],"Statement":[{"a":"]}\""} , {}]}"#,
            &[r#"{"a":"]}\""}"#, "{}"],
        );
        check(r#"{"Id":"x"}"#, &[]);
    }

    #[test]
    fn principals_are_found() {
        let check = |json: &str, expect: &[&str]| {
            let found: Vec<_> =
                principals(json).into_iter().filter_map(|span| json.get(span)).collect();
            assert_eq!(found, expect, "{json}");
        };
        check(r#"{"Statement":{"Principal":{"AWS":"a","Service":"b"}}}"#, &["\"a\""]);
        check(
            r#"{"Statement":[{"NotPrincipal":{"AWS":["a", "b"]}},{"Principal":"*"}]}"#,
            &["\"a\"", "\"b\""],
        );
        check(
            r#"{"Statement":{"Condition":{"Principal":{"AWS":"a"}}},"Principal":{"AWS":"b"}}"#,
            &[],
        );
    }

    #[test]
    fn fields_given_twice() {
        let check = |json: &str, expect: Option<&str>| {
            assert_eq!(statements(json).err().map(|d| d.field).as_deref(), expect, "{json}");
        };
        check(r#"{"Effect":1,"Eff\u0065ct":2}"#, Some("Effect"));
        check(r#"{"Statement":[{"a":{"k":1,"k":2}}]}"#, Some("k"));
        check(r#"{"a":{"k":1},"b":{"k":2}}"#, None);
    }

    #[test]
    fn positions() {
        let text = "{\n  \"é\": {}}";
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        assert_eq!(Position::of(text, text.find("{}").unwrap()), Position { line: 2, column: 8 });
    }
}
