//! Types of system views' columns that the engine has no word for: `column_types.in` as a table.
//!
//! It must not know what is in the views. Start reading at [`of`].

use std::collections::HashMap;
use std::sync::LazyLock;

use redshift_sql::SqlType;

/// One view a line: `name: column type, …`.
const TEXT: &str = include_str!("column_types.in");

type Columns = HashMap<&'static str, SqlType>;

static VIEWS: LazyLock<HashMap<&'static str, Columns>> = LazyLock::new(|| lines().collect());

/// The type of a system view's column, where it is not the engine's.
pub(crate) fn of(view: &str, column: &str) -> Option<SqlType> {
    VIEWS.get(view)?.get(column).copied()
}

fn lines() -> impl Iterator<Item = (&'static str, Columns)> {
    TEXT.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (view, columns) = line.split_once(": ")?;
        Some((view, columns.split(", ").filter_map(column).collect()))
    })
}

fn column(text: &'static str) -> Option<(&'static str, SqlType)> {
    let (name, kind) = text.split_once(' ')?;
    Some((
        name,
        match kind {
            "name" => SqlType::Name,
            "oid" => SqlType::Oid,
            kind => SqlType::Char(kind.strip_prefix("char(")?.strip_suffix(')')?.parse().ok()?),
        },
    ))
}

#[cfg(test)]
mod tests {
    use redshift_sql::SqlType;

    use super::super::system::{System, find};
    use super::{TEXT, lines, of};

    #[test]
    fn every_line_is_of_a_view_and_every_type_is_read() {
        for (view, columns) in lines() {
            assert!(matches!(find(view), Some(System::View(_))), "{view}");
            let line = TEXT.lines().find(|line| line.starts_with(&format!("{view}: "))).unwrap();
            assert_eq!(columns.len(), line.split(", ").count(), "{view}");
        }
        assert_eq!(of("stl_query", "label"), Some(SqlType::Char(320)));
        assert_eq!(of("pg_class", "relname"), Some(SqlType::Name));
        assert_eq!(of("pg_class", "relkind"), None);
    }
}
