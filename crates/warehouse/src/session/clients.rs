//! Forms that clients of PostgreSQL write and Redshift's grammar does not have.
//!
//! psql writes its catalog queries with `OPERATOR(pg_catalog.~)` and `COLLATE
//! pg_catalog.default`, which mean the plain operator and nothing. They are blanked out, so that
//! every place in the text stays where it was.

/// What psql writes, and what it means.
const FORMS: [(&str, &str); 3] = [
    ("OPERATOR(pg_catalog.~)", "~"),
    ("OPERATOR(pg_catalog.!~)", "!~"),
    ("COLLATE pg_catalog.default", ""),
];

/// The text without these forms, of the same length.
pub(super) fn plain(sql: &str) -> String {
    let mut text = sql.to_owned();
    for (form, meaning) in FORMS {
        if text.contains(form) {
            text = text.replace(form, &format!("{meaning:<width$}", width = form.len()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn places_stay_where_they_are() {
        let sql = "c.relname OPERATOR(pg_catalog.~) '^(t)$' COLLATE pg_catalog.default and x";
        let found = plain(sql);
        assert_eq!(found.len(), sql.len());
        assert_eq!(
            found.split_whitespace().collect::<Vec<_>>().join(" "),
            "c.relname ~ '^(t)$' and x"
        );
        assert_eq!(found.find("and x"), sql.find("and x"));
    }
}
