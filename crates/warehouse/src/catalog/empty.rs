//! System views that have columns and never a row: `empty_views.in` as a table of names, and as
//! the statements that make them.
//!
//! It must not know which other views exist. Start reading at [`script`].

use std::collections::HashMap;
use std::sync::LazyLock;

use super::system::Visibility;
use crate::engine::quote;

/// One view a line: `[!]name: column type, …`.
const TEXT: &str = include_str!("empty_views.in");

static NAMES: LazyLock<HashMap<&'static str, Visibility>> =
    LazyLock::new(|| lines().map(|(name, visibility, _)| (name, visibility)).collect());

/// Who may read an empty view; `None` for other names.
pub(super) fn find(name: &str) -> Option<Visibility> {
    NAMES.get(name).copied()
}

/// The statement that creates all of them in a schema.
pub(super) fn script(schema: &str) -> String {
    let views = lines().map(|(name, _, columns)| {
        let columns: Vec<String> = columns.split(", ").filter_map(column).collect();
        format!("CREATE VIEW {schema}.{name} AS SELECT {} WHERE false;\n", columns.join(", "))
    });
    views.collect()
}

fn lines() -> impl Iterator<Item = (&'static str, Visibility, &'static str)> {
    TEXT.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (name, columns) = line.split_once(": ")?;
        Some(match name.strip_prefix('!') {
            Some(name) => (name, Visibility::Superuser, columns),
            None => (name, Visibility::All, columns),
        })
    })
}

/// `CAST(NULL AS type) AS name`.
fn column(text: &str) -> Option<String> {
    let (name, kind) = text.trim().split_once(' ')?;
    let engine = match kind {
        "int" => "INTEGER",
        "char" | "text" | "name" => "VARCHAR",
        other => other,
    };
    Some(format!("CAST(NULL AS {engine}) AS {}", quote(name)))
}

#[cfg(test)]
mod tests {
    use super::{TEXT, find, lines, script};
    use crate::catalog::system::Visibility;

    #[test]
    fn every_line_is_a_view() {
        let written = TEXT.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(lines().count(), written);
        assert_eq!(script("s").matches("CREATE VIEW s.").count(), written);
        assert_eq!(find("svv_external_schemas"), Some(Visibility::All));
        assert_eq!(find("stl_undone"), Some(Visibility::Superuser));
        assert_eq!(find("stl_nothing"), None);
    }
}
