//! Forms that clients of PostgreSQL write and Redshift's grammar does not have.
//!
//! psql writes its catalog queries with `OPERATOR(pg_catalog.~)`, `COLLATE pg_catalog.default`
//! and casts to `pg_catalog.text` and its kin. Outside literals they are put into Redshift's
//! words, padded, so that every place in the text stays where it was.

/// What psql writes, and what it means; none is longer than what it stands for.
const FORMS: [(&str, &str); 13] = [
    ("OPERATOR(pg_catalog.~)", "~"),
    ("OPERATOR(pg_catalog.!~)", "!~"),
    ("COLLATE pg_catalog.default", ""),
    ("::pg_catalog.regclass", "::regclass"),
    ("::pg_catalog.regtype", "::regtype"),
    ("::pg_catalog.regproc", "::regproc"),
    ("::pg_catalog.\"char\"", "::varchar"),
    ("::\"char\"", "::text"),
    ("::pg_catalog.text", "::varchar"),
    ("::pg_catalog.char", "::varchar"),
    ("::pg_catalog.oid", "::oid"),
    ("::pg_catalog.int", "::int"),
    ("::pg_catalog.name", "::name"),
];

/// The text in Redshift's words, of the same length.
pub(super) fn plain(sql: &str) -> String {
    if !FORMS.iter().any(|(form, _)| sql.contains(form)) {
        return sql.to_owned();
    }
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let form = FORMS.iter().find(|(form, _)| rest.starts_with(form));
        let length = match (form, first) {
            (Some((form, meaning)), _) => {
                out.push_str(&format!("{meaning:<width$}", width = form.len()));
                form.len()
            }
            (None, '\'') => keep(&mut out, rest, literal_length(rest)),
            (None, c) => keep(&mut out, rest, c.len_utf8()),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

fn keep(out: &mut String, rest: &str, length: usize) -> usize {
    out.push_str(rest.get(..length).unwrap_or(rest));
    length
}

/// Bytes of the literal at the start: in Redshift a backslash escapes what follows. A doubled
/// quote reads as two literals, which is as good.
fn literal_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return at.saturating_add(1),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn forms_are_replaced_outside_literals_only() {
        for (sql, expect) in [
            (
                "c.relname OPERATOR(pg_catalog.~) '^(t)$' COLLATE pg_catalog.default and x",
                "c.relname ~ '^(t)$' and x",
            ),
            ("c.oid::pg_catalog.regtype::pg_catalog.text", "c.oid::regtype ::varchar"),
            (
                "select 'a\\' ::pg_catalog.text', 'it''s ::pg_catalog.text'",
                "select 'a\\' ::pg_catalog.text', 'it''s ::pg_catalog.text'",
            ),
        ] {
            let found = plain(sql);
            assert_eq!(found.len(), sql.len());
            assert_eq!(found.split_whitespace().collect::<Vec<_>>().join(" "), expect);
        }
    }
}
