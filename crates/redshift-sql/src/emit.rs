//! Writing engine SQL: names and literals, quoted so that they mean exactly themselves.

use crate::ast::ObjectName;

/// A name in double quotes.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A literal in single quotes; the engine knows no backslash escapes in it.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A qualified name.
pub(crate) fn name(name: &ObjectName) -> String {
    let parts = [name.database.as_deref(), name.schema.as_deref(), Some(name.name.as_str())];
    parts.into_iter().flatten().map(ident).collect::<Vec<_>>().join(".")
}

/// Names in parentheses.
pub(crate) fn list(names: &[String]) -> String {
    format!("({})", names.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", "))
}
