//! Statements that Redshift has and Landbridge does not carry out: refused by name, so that they
//! are not mistaken for typing errors.

use crate::cursor::Cursor;
use crate::error::SqlError;

/// First words of whole statements, lower case.
const STATEMENTS: &[&str] = &["import", "desc datashare", "desc identity provider"];

/// Objects of `CREATE`, `ALTER`, `DROP`, lower case.
const OBJECTS: &[&str] = &[
    "or replace external function",
    "or replace external view",
    "or replace library",
    "external function",
    "external schema",
    "external table",
    "external view",
    "external model",
    "datashare",
    "model",
    "library",
    "identity provider",
    "or replace template",
    "template",
    "system",
    "view",
    "index",
    "sequence",
    "trigger",
    "type",
    "domain",
    "extension",
];

/// Statements of PostgreSQL that Redshift does not have.
const NOT_IN_REDSHIFT: &[&str] = &["savepoint", "release", "notify", "listen", "do", "reindex"];

/// The refusal of a statement known by its first words.
pub(super) fn known(c: &Cursor<'_>) -> Option<SqlError> {
    let words = STATEMENTS.iter().chain(NOT_IN_REDSHIFT);
    named(c, words).map(|name| not_supported(c, &name))
}

/// The refusal of `CREATE object` and its kin; the verb has been read.
pub(super) fn known_object(c: &Cursor<'_>, verb: &str) -> Option<SqlError> {
    named(c, OBJECTS.iter()).map(|name| not_supported(c, &format!("{verb} {name}")))
}

fn named<'a>(c: &Cursor<'_>, mut list: impl Iterator<Item = &'a &'a str>) -> Option<String> {
    list.find(|words| c.looking_at(&words.split(' ').collect::<Vec<_>>()))
        .map(|words| words.to_ascii_uppercase())
}

fn not_supported(c: &Cursor<'_>, name: &str) -> SqlError {
    SqlError::unsupported(format!("{name} is not supported")).at(c.position())
}
