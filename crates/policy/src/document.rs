//! A parsed policy document that remembers its source text.
//!
//! The parser takes what an engine can read with certainty; what AWS refuses to store is
//! [`validate`](crate::validate)'s matter. Grammar: "Grammar of the IAM JSON policy language"
//! (IAM User Guide). Start at [`Document::parse`].

use std::fmt;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::source::{self, Position};
use crate::statement::Statement;

/// A parsed policy document.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    version: Version,
    id: Option<String>,
    statements: Vec<Statement>,
    spans: Vec<Range<usize>>,
}

/// The version of the policy language, not of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// No `Version` element; read like 2008-10-17.
    Absent,
    /// The old language, without policy variables.
    V2008,
    /// The current language.
    V2012,
}

/// Why a text is not a policy document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// Line of the fault, counted from 1.
    pub line: usize,
    /// Column of the fault, counted from 1.
    pub column: usize,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {}, column {}", self.message, self.line, self.column)
    }
}

impl std::error::Error for ParseError {}

impl ParseError {
    fn at(position: Position, message: impl Into<String>) -> Self {
        Self { message: message.into(), line: position.line, column: position.column }
    }
}

impl Document {
    /// Parses a document; one `Statement` may stand without its list.
    ///
    /// # Errors
    /// When the text is not JSON, a field is unknown, doubled or of the wrong type, or a statement
    /// lacks its `Effect`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let json: Value = serde_json::from_str(text).map_err(|error| ParseError {
            message: "not JSON".to_owned(),
            line: error.line(),
            column: error.column(),
        })?;
        let spans = source::statements(text).map_err(|duplicate| {
            let place = Position::of(text, duplicate.offset);
            ParseError::at(place, format!("`{}` is given twice", duplicate.field))
        })?;
        let start = Position { line: 1, column: 1 };
        let fail = |message: String| ParseError::at(start, message);
        let Value::Object(fields) = &json else {
            return Err(fail("a policy is a JSON object".to_owned()));
        };
        known_fields(fields, &["Version", "Id", "Statement"]).map_err(fail)?;
        let version = read_version(fields).map_err(fail)?;
        let id = optional_string(fields, "Id").map_err(fail)?;
        let statements = read_statements(text, fields, &spans, version)?;
        Ok(Self { text: text.to_owned(), version, id, statements, spans })
    }

    /// The source text, as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The language version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The policy's `Id`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The statements in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Every principal that the statements name, as type and value (`AWS`, an ARN); for services
    /// that check at storing whether they exist.
    pub fn principals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.statements.iter().flat_map(Statement::principal_names)
    }

    /// The source text with other names for the principals of type `AWS` that `name` knows one
    /// for; everything else stays as it is written.
    pub fn with_principals(&self, mut name: impl FnMut(&str) -> Option<String>) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut done = 0;
        for span in source::principals(&self.text) {
            let written = self.text.get(span.clone()).unwrap_or_default();
            let plain: Option<String> = serde_json::from_str(written).ok();
            if let Some(other) = plain.and_then(|plain| name(&plain)) {
                text.push_str(self.text.get(done..span.start).unwrap_or_default());
                text.push_str(&Value::String(other).to_string());
                done = span.end;
            }
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        text
    }

    /// Where a statement, counted from 1, begins and ends in the text, as IAM's policy simulator
    /// counts: from right behind the bracket, comma or colon in front of it to right behind its
    /// closing brace ("simulate-principal-policy", AWS CLI Reference, has an example).
    pub fn extent(&self, statement: usize) -> Option<(Position, Position)> {
        let span = self.spans.get(statement.checked_sub(1)?)?;
        let start = self.text.get(..span.start)?.trim_end().len();
        Some((Position::of(&self.text, start), Position::of(&self.text, span.end)))
    }

    /// Every key that conditions and policy variables ask the request for, each once, as written
    /// and in the order of asking.
    pub fn context_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for statement in &self.statements {
            let conditions = statement.conditions().iter();
            let asked = conditions.flat_map(|one| {
                std::iter::once(one.key()).chain(one.variables()).collect::<Vec<_>>()
            });
            let in_resources = statement.resources().into_iter().flat_map(|r| r.variables());
            for key in asked.chain(in_resources) {
                if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) {
                    keys.push(key.to_owned());
                }
            }
        }
        keys
    }

    /// The source text of one statement.
    pub fn quote(&self, statement: &Statement) -> &str {
        let span = self.spans.get(statement.index().saturating_sub(1));
        span.and_then(|span| self.text.get(span.clone())).unwrap_or("")
    }
}

fn read_version(fields: &Map<String, Value>) -> Result<Version, String> {
    match optional_string(fields, "Version")?.as_deref() {
        None => Ok(Version::Absent),
        Some("2008-10-17") => Ok(Version::V2008),
        Some("2012-10-17") => Ok(Version::V2012),
        Some(other) => Err(format!("Version `{other}` does not exist")),
    }
}

fn read_statements(
    text: &str,
    fields: &Map<String, Value>,
    spans: &[Range<usize>],
    version: Version,
) -> Result<Vec<Statement>, ParseError> {
    let values: &[Value] = match fields.get("Statement") {
        Some(Value::Array(values)) => values,
        Some(single) => std::slice::from_ref(single),
        None => {
            let start = Position { line: 1, column: 1 };
            return Err(ParseError::at(start, "`Statement` is missing"));
        }
    };
    let mut statements = Vec::with_capacity(values.len());
    for (index, (value, span)) in values.iter().zip(spans).enumerate() {
        let position = Position::of(text, span.start);
        let statement = Statement::parse(value, index + 1, position, version == Version::V2012)
            .map_err(|message| ParseError::at(position, message))?;
        statements.push(statement);
    }
    Ok(statements)
}

/// Refuses fields outside the grammar: an engine that ignores one decides something else than
/// what was written.
pub(crate) fn known_fields(fields: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(format!("unknown field `{field}`")),
        None => Ok(()),
    }
}

/// A field that is a string when it is there.
pub(crate) fn optional_string(
    fields: &Map<String, Value>,
    name: &str,
) -> Result<Option<String>, String> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{name}` is not a string")),
    }
}
