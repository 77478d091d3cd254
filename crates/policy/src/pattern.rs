//! Texts with policy variables and wildcards, as they stand in `Resource` and in the values of
//! `String*` and `Arn*` conditions.
//!
//! Follows "IAM policy elements: variables and tags" (IAM User Guide). Knows nothing of ARNs.
//! Start at [`Pattern`].

use std::borrow::Cow;

use crate::glob::{self, Glob};
use crate::keys::Keys;

/// A text that may hold variables and wildcards.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: String,
    parts: Parts,
}

#[derive(Debug, Clone)]
enum Parts {
    /// No variables: everything is known when the policy is parsed.
    Fixed { glob: Glob, text: String },
    /// Variables are filled in for each request.
    Open(Vec<Part>),
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    One,
    Many,
    Variable(Variable),
}

#[derive(Debug, Clone)]
struct Variable {
    /// The key as written.
    name: String,
    /// The key in lower case.
    key: String,
    default: Option<String>,
}

impl Variable {
    /// The value of the key, else the default.
    fn value<'v>(&'v self, keys: &Keys<'v>) -> Option<&'v str> {
        keys.single(&self.key).or(self.default.as_deref())
    }
}

/// Which characters of a pattern are special.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syntax {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// `${key}` is a variable: only from `Version` 2012-10-17 on.
    pub variables: bool,
}

/// Whether a text fits a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Yes,
    No,
    /// A variable has no value and no default, so the pattern stands for no text at all.
    Unresolved,
}

impl Fit {
    pub fn from_bool(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

impl Pattern {
    /// Takes a text apart; nothing in it is an error, what is no variable is literal text.
    pub fn parse(source: &str, syntax: Syntax) -> Self {
        let parts = parse_parts(source, syntax);
        let open = parts.iter().any(|part| matches!(part, Part::Variable(_)));
        let parts = if open { Parts::Open(parts) } else { fix(&parts) };
        Self { source: source.to_owned(), parts }
    }

    /// The text as it stands in the policy.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the value fits, with variables taken from the request's keys.
    pub fn fit(&self, value: &str, keys: &Keys<'_>) -> Fit {
        match &self.parts {
            Parts::Fixed { glob, .. } => Fit::from_bool(glob.matches(value)),
            Parts::Open(parts) => fit_open(parts, value, keys),
        }
    }

    /// Whether the value equals the text, without regard to case.
    pub fn equals_ignoring_case(&self, value: &str, keys: &Keys<'_>) -> Fit {
        match self.text(keys) {
            Some(text) => Fit::from_bool(text.to_lowercase() == value.to_lowercase()),
            None => Fit::Unresolved,
        }
    }

    /// The text with its variables filled in; `None` when one has no value.
    pub fn text(&self, keys: &Keys<'_>) -> Option<Cow<'_, str>> {
        match &self.parts {
            Parts::Fixed { text, .. } => Some(Cow::Borrowed(text)),
            Parts::Open(parts) => {
                Some(Cow::Owned(resolve(parts, keys)?.into_iter().map(piece_text).collect()))
            }
        }
    }

    /// Keys of the variables that have no default, as written.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let parts = match &self.parts {
            Parts::Fixed { .. } => &[],
            Parts::Open(parts) => parts.as_slice(),
        };
        parts.iter().filter_map(|part| match part {
            Part::Variable(variable) if variable.default.is_none() => Some(variable.name.as_str()),
            _ => None,
        })
    }
}

/// The place after the `}` of a variable that starts at the beginning of `text` (`${…}`).
pub(crate) fn variable_length(text: &str) -> Option<usize> {
    if text.starts_with("${") { text.find('}').map(|end| end + 1) } else { None }
}

fn piece_text(piece: glob::Piece<'_>) -> &str {
    match piece {
        glob::Piece::Text(text) => text,
        glob::Piece::One => "?",
        glob::Piece::Many => "*",
    }
}

fn fix(parts: &[Part]) -> Parts {
    let pieces: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(glob::Piece::Text(text)),
            Part::One => Some(glob::Piece::One),
            Part::Many => Some(glob::Piece::Many),
            Part::Variable(_) => None,
        })
        .collect();
    let text = pieces.iter().copied().map(piece_text).collect();
    Parts::Fixed { glob: Glob::from_pieces(pieces), text }
}

/// Most texts differ before the first variable; only the others are worth building a pattern for.
fn fit_open(parts: &[Part], value: &str, keys: &Keys<'_>) -> Fit {
    let unresolved = |part: &Part| match part {
        Part::Variable(variable) => variable.value(keys).is_none(),
        _ => false,
    };
    if parts.iter().any(unresolved) {
        return Fit::Unresolved;
    }
    if matches!(parts.first(), Some(Part::Text(start)) if !value.starts_with(start.as_str())) {
        return Fit::No;
    }
    match resolve(parts, keys) {
        Some(pieces) => Fit::from_bool(Glob::from_pieces(pieces).matches(value)),
        None => Fit::Unresolved,
    }
}

/// Fills in the variables; a substituted value is literal text, so a `*` in a tag is no wildcard.
fn resolve<'p>(parts: &'p [Part], keys: &Keys<'p>) -> Option<Vec<glob::Piece<'p>>> {
    parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(glob::Piece::Text(text)),
            Part::One => Some(glob::Piece::One),
            Part::Many => Some(glob::Piece::Many),
            Part::Variable(variable) => variable.value(keys).map(glob::Piece::Text),
        })
        .collect()
}

fn parse_parts(source: &str, syntax: Syntax) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        let start = if syntax.variables { rest.find("${") } else { None };
        let (before, from) =
            rest.split_at_checked(start.unwrap_or(rest.len())).unwrap_or((rest, ""));
        push_text(&mut parts, before, syntax.wildcards);
        let Some(length) = variable_length(from) else {
            push_text(&mut parts, from, syntax.wildcards);
            break;
        };
        let (variable, after) = from.split_at_checked(length).unwrap_or((from, ""));
        parts.push(parse_variable(variable));
        rest = after;
    }
    parts
}

fn push_text(parts: &mut Vec<Part>, text: &str, wildcards: bool) {
    if !wildcards {
        parts.push(Part::Text(text.to_owned()));
        return;
    }
    parts.extend(glob::pieces(text).map(|piece| match piece {
        glob::Piece::Text(text) => Part::Text(text.to_owned()),
        glob::Piece::One => Part::One,
        glob::Piece::Many => Part::Many,
    }));
}

/// Reads `${key}`, `${key, 'default'}` and the literals `${*}`, `${?}`, `${$}`; `${}` is text.
fn parse_variable(source: &str) -> Part {
    let inner = source.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or("");
    match inner {
        "" => Part::Text(source.to_owned()),
        "*" | "?" | "$" => Part::Text(inner.to_owned()),
        _ => {
            let (key, default) = match inner.split_once(',') {
                Some((key, default)) => (key, Some(default.trim())),
                None => (inner, None),
            };
            let default = default.map(|text| {
                let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                quoted.unwrap_or(text).to_owned()
            });
            let name = key.trim().to_owned();
            Part::Variable(Variable { key: name.to_lowercase(), name, default })
        }
    }
}
