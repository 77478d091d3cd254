//! Reading one table of the file: typed values, unknown keys, positions.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, nearest, position};

/// Problems found so far, with the text they refer to.
pub(super) struct Findings<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Findings<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::default() }
    }

    pub fn add(&self, span: &Range<usize>, message: impl Into<String>, help: Option<String>) {
        let (line, column) = position(self.text, span.start);
        self.problems.borrow_mut().push(Problem { line, column, message: message.into(), help });
    }

    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }
}

/// One table. Every key that is asked for becomes known; [`Section::check_unknown`] refuses the others.
pub(super) struct Section<'s> {
    name: &'s str,
    table: Option<&'s DeTable<'s>>,
    span: Range<usize>,
    findings: &'s Findings<'s>,
    known: RefCell<Vec<&'static str>>,
}

/// A value with its place in the file.
pub(super) struct Placed<T> {
    pub value: T,
    pub span: Range<usize>,
}

impl<'s> Section<'s> {
    pub fn top(table: &'s Spanned<DeTable<'s>>, findings: &'s Findings<'s>) -> Self {
        Self {
            name: "",
            table: Some(table.get_ref()),
            span: table.span(),
            findings,
            known: RefCell::default(),
        }
    }

    /// The sub-table `name`; an empty one (with a problem if `required`) when it is absent.
    pub fn table(&self, name: &'static str, required: bool) -> Section<'s> {
        let found = self.get(name);
        let table = found.as_ref().and_then(|(value, _)| value.as_table());
        match (&found, table) {
            (Some((value, span)), None) => {
                let message = format!("`{name}` should be a table, not {}", article(value));
                self.findings.add(span, message, Some(format!("write it as `[{name}]`")));
            }
            (None, _) if required => {
                self.findings.add(&(0..0), format!("the table `[{name}]` is missing"), None);
            }
            _ => {}
        }
        let span = found.map_or(0..0, |(_, span)| span);
        Section { name, table, span, findings: self.findings, known: RefCell::default() }
    }

    fn get(&self, key: &'static str) -> Option<(&'s DeValue<'s>, Range<usize>)> {
        self.known.borrow_mut().push(key);
        let (_, value) = self.table?.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value.get_ref(), value.span()))
    }

    /// Whether this table is in the file at all; a missing one has been reported already.
    pub fn exists(&self) -> bool {
        self.table.is_some()
    }

    pub fn has(&self, key: &'static str) -> bool {
        self.table.is_some_and(|table| table.iter().any(|(name, _)| name.get_ref() == key))
    }

    fn wrong_type(&self, key: &str, value: &DeValue<'_>, span: &Range<usize>, wanted: &str) {
        let message = format!("`{key}` should be {wanted}, not {}", article(value));
        self.findings.add(span, message, None);
    }

    pub fn problem(&self, span: &Range<usize>, message: impl Into<String>, help: Option<&str>) {
        self.findings.add(span, message, help.map(str::to_owned));
    }

    /// A problem at the value of `key`, or at the table when the key is absent.
    pub fn problem_at(&self, key: &'static str, message: impl Into<String>, help: Option<&str>) {
        let span = self.get(key).map_or_else(|| self.span.clone(), |(_, span)| span);
        self.problem(&span, message, help);
    }

    pub fn text(&self, key: &'static str) -> Option<Placed<String>> {
        let (value, span) = self.get(key)?;
        match value.as_str() {
            Some("") => {
                self.findings.add(&span, format!("`{key}` is empty"), None);
                None
            }
            Some(text) => Some(Placed { value: text.to_owned(), span }),
            None => {
                self.wrong_type(key, value, &span, "a string");
                None
            }
        }
    }

    /// A string that must be there; empty after a problem has been noted.
    pub fn required(&self, key: &'static str) -> Placed<String> {
        let absent = self.exists() && !self.has(key);
        self.text(key).unwrap_or_else(|| {
            if absent {
                let message = format!("`{key}` is missing in [{}]", self.name);
                self.findings.add(&self.span, message, None);
            }
            Placed { value: String::new(), span: self.span.clone() }
        })
    }

    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some((value, span)) = self.get(key) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.wrong_type(key, value, &span, "true or false");
            default
        })
    }

    /// A whole number within bounds.
    pub fn number(&self, key: &'static str, bounds: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let (value, span) = self.get(key)?;
        let Some(integer) = value.as_integer() else {
            self.wrong_type(key, value, &span, "a whole number");
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let message = format!("`{key}` should be {} to {}", bounds.start(), bounds.end());
            self.findings.add(&span, message, None);
        }
        number
    }

    pub fn texts(&self, key: &'static str) -> Vec<Placed<String>> {
        let Some((value, span)) = self.get(key) else { return Vec::new() };
        let Some(array) = value.as_array() else {
            self.wrong_type(key, value, &span, "an array of strings");
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|item| match item.get_ref().as_str() {
                Some(text) if !text.is_empty() => {
                    Some(Placed { value: text.to_owned(), span: item.span() })
                }
                _ => {
                    let message = format!("`{key}` should hold strings that are not empty");
                    self.findings.add(&item.span(), message, None);
                    None
                }
            })
            .collect()
    }

    /// A string parsed by its type.
    pub fn parsed<T>(&self, key: &'static str) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let Placed { value, span } = self.text(key)?;
        value
            .parse()
            .map_err(|error| self.findings.add(&span, format!("`{key}`: {error}"), None))
            .ok()
    }

    /// One of a list of words.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let Placed { value, span } = self.text(key)?;
        let found = choices.iter().find(|(word, _)| *word == value).map(|(_, choice)| *choice);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let help = nearest(&value, &words).map(|word| format!("did you mean \"{word}\"?"));
            let message =
                format!("`{key}` cannot be \"{value}\"; it is one of {}", words.join(", "));
            self.findings.add(&span, message, help);
        }
        found
    }

    /// Refuses every key that nobody asked for.
    pub fn check_unknown(&self) {
        let known = self.known.borrow().clone();
        for (key, _) in self.table.into_iter().flatten() {
            let word = key.get_ref().as_ref();
            if known.contains(&word) {
                continue;
            }
            let place = if self.name.is_empty() {
                "at the top".to_owned()
            } else {
                format!("in [{}]", self.name)
            };
            let help = match nearest(word, &known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => {
                    let mut all = known.clone();
                    all.sort_unstable();
                    all.dedup();
                    format!("known are {}", all.join(", "))
                }
            };
            self.findings.add(&key.span(), format!("unknown key `{word}` {place}"), Some(help));
        }
    }
}

/// The value's type with its article.
fn article(value: &DeValue<'_>) -> String {
    let word = value.type_str();
    let article = if word.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {word}")
}
