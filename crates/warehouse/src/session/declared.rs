//! Declared types of a result's columns: the engine keeps no lengths of strings, the catalog does.
//!
//! A column keeps its declared type when the query names it plainly (`select a, t.b, *`); what is
//! computed has the engine's type. Only the emitted SQL's select list is looked at.

use std::collections::HashMap;

use redshift_sql::{Access, SqlType};

use super::columns::{declared, type_name};
use super::ddl::default_encoding;
use super::engine_sql::describe_sql;
use super::parameters::token_length;
use super::rewrite::rewrite_names;
use super::{Field, FieldType, Session};
use crate::catalog::relations::{ColumnFacts, declared_types};
use crate::errors::Failure;
use crate::privileges::{Resolved, resolve};

impl Session {
    /// Puts the declared types in the place of the engine's where the query names columns.
    pub(super) fn with_declared(
        &mut self,
        sql: &str,
        accesses: &[Access],
        mut fields: Vec<Field>,
    ) -> Result<Vec<Field>, Failure> {
        let has_text = fields.iter().any(|field| field.kind == FieldType::Sql(SqlType::Varchar(0)));
        let Some(plain) = plain_columns(sql).filter(|_| has_text) else {
            return Ok(fields);
        };
        let types = self.types_of(accesses)?;
        for field in &mut fields {
            let named = plain.star || plain.names.iter().any(|(_, shown)| *shown == field.name);
            let source = plain.names.iter().find(|(_, shown)| *shown == field.name);
            let column = source.map_or(field.name.as_str(), |(column, _)| column);
            if let (true, FieldType::Sql(SqlType::Varchar(0)), Some(Some(declared))) =
                (named, field.kind, types.get(column))
            {
                field.kind = FieldType::Sql(*declared);
            }
        }
        Ok(fields)
    }

    /// What the catalog keeps of the columns of a query that becomes a view or a table.
    pub(super) fn columns_of_query(
        &mut self,
        sql: &str,
        accesses: &[Access],
    ) -> Result<Vec<ColumnFacts>, Failure> {
        let fields = describe_sql(&self.connection, &rewrite_names(sql, accesses))?;
        let fields = self.with_declared(sql, accesses, fields)?;
        let facts = |field: Field| ColumnFacts {
            name: field.name,
            type_name: Some(field.kind.sql())
                .filter(|known| *known != SqlType::Varchar(0))
                .map(|known| type_name(&known)),
            encoding: default_encoding(Some(&field.kind.sql()), 0).to_owned(),
            ..ColumnFacts::default()
        };
        Ok(fields.into_iter().map(facts).collect())
    }

    /// Declared types by column name; `None` where two relations differ.
    fn types_of(
        &mut self,
        accesses: &[Access],
    ) -> Result<HashMap<String, Option<SqlType>>, Failure> {
        let mut types: HashMap<String, Option<SqlType>> = HashMap::new();
        for access in accesses {
            let found =
                self.with_scope(|connection, scope| resolve(connection, scope, &access.name))?;
            let Resolved::Relation { database, relation } = found else { continue };
            for (name, text) in declared_types(&self.connection, &database, relation.id)? {
                let known = declared(&text);
                types
                    .entry(name)
                    .and_modify(|other| {
                        if *other != known {
                            *other = None;
                        }
                    })
                    .or_insert(known);
            }
        }
        Ok(types)
    }
}

/// Whether a result may have columns with declared types.
pub(super) fn may_name_columns(sql: &str) -> bool {
    plain_columns(sql).is_some_and(|plain| plain.star || !plain.names.is_empty())
}

/// The columns that a select list names plainly.
#[derive(Debug, Default, PartialEq)]
struct Plain {
    /// `*` is among them.
    star: bool,
    /// Each column and the name it is shown under.
    names: Vec<(String, String)>,
}

/// Reads the select list; items that compute something are left out. `None` when the query does
/// not begin with `SELECT`, or is a union whose other halves may differ.
fn plain_columns(sql: &str) -> Option<Plain> {
    let tokens = tokens(sql);
    let mut tokens = tokens.iter().map(String::as_str);
    if !tokens.next()?.eq_ignore_ascii_case("select") {
        return None;
    }
    let mut plain = Plain::default();
    let mut item: Vec<&str> = Vec::new();
    let mut depth = 0_i32;
    for token in tokens.by_ref() {
        let top = depth == 0;
        match token {
            "(" => depth = depth.saturating_add(1),
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if top && (token == "," || token.eq_ignore_ascii_case("from")) {
            plain.take(&item);
            item.clear();
            if token != "," {
                let set = |word: &str| {
                    ["union", "intersect", "except"].iter().any(|w| word.eq_ignore_ascii_case(w))
                };
                return (!tokens.any(set)).then_some(plain);
            }
            continue;
        }
        item.push(token);
    }
    None
}

impl Plain {
    fn take(&mut self, item: &[&str]) {
        match item {
            ["*"] => self.star = true,
            [.., ".", "*"] => self.star = true,
            _ => {}
        }
        let (path, shown) = match item {
            [path @ .., word, shown] if word.eq_ignore_ascii_case("as") => (path, Some(*shown)),
            path => (path, None),
        };
        let is_path = path.iter().enumerate().all(|(index, part)| match index % 2 {
            0 => part.starts_with('"'),
            _ => *part == ".",
        });
        if let (true, Some(column)) = (is_path && path.len() % 2 == 1, path.last()) {
            let column = unquoted(column);
            let shown = shown.map_or_else(|| column.clone(), unquoted);
            self.names.push((column, shown));
        }
    }
}

fn unquoted(name: &str) -> String {
    name.trim_matches('"').replace("\"\"", "\"")
}

fn tokens(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest, first).max(1);
        let (token, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if !first.is_whitespace() {
            found.push(token.to_owned());
        }
        rest = tail;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::plain_columns;

    #[test]
    fn only_plain_columns_keep_their_types() {
        for (sql, expect) in [
            (r#"SELECT * FROM "t""#, Some((true, ""))),
            (r#"SELECT "a", "t"."b" AS "c" FROM "t""#, Some((false, "a=a b=c"))),
            (r#"SELECT upper("a") AS "a", "b" FROM "t""#, Some((false, "b=b"))),
            (r#"SELECT ("x"), "a" || 'b' AS "y", "t".* FROM "t""#, Some((true, ""))),
            (r#"SELECT "a" FROM "t" UNION ALL SELECT 'longer'"#, None),
            (r#"WITH "q" AS (SELECT 1) SELECT "a" FROM "q""#, None),
            ("SELECT 1", None),
        ] {
            let found = plain_columns(sql).map(|plain| {
                let names: Vec<String> =
                    plain.names.iter().map(|(a, b)| format!("{a}={b}")).collect();
                (plain.star, names.join(" "))
            });
            let expect = expect.map(|(star, names)| (star, names.to_owned()));
            assert_eq!(found, expect, "{sql}");
        }
    }
}
