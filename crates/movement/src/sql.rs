//! The SQL that a movement sends, and the little it must understand of the SQL it is given.
//!
//! Values enter only through [`literal`] and [`identifier`]; nothing is pasted. Statements are
//! those of the Redshift Developer Guide (UNLOAD, GRANT, REVOKE, CREATE USER).

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{ObjectName, Query, Visit, Visitor};
use sqlparser::dialect::RedshiftSqlDialect;
use sqlparser::parser::Parser;

use crate::facts::Facts;
use crate::file::{Form, Format, IfExists, Movement, TableName, What};

/// `'text'`: quotes doubled, and backslashes too, because Redshift reads them as escapes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// `"name"`, quotes doubled.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `"schema"."relation"`.
pub(crate) fn qualified(name: &TableName) -> String {
    format!("{}.{}", identifier(&name.schema), identifier(&name.relation))
}

/// Reads `schema.relation` or `relation` (then of schema `public`), with or without quotes.
pub(crate) fn table_name(text: &str) -> Option<TableName> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (name, after) = quoted.split_once('"')?;
                (name.to_owned(), after)
            }
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let (name, after) = rest.split_at_checked(end)?;
                let simple = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '#';
                if !name.chars().all(simple) {
                    return None;
                }
                // Redshift folds names to lower case.
                (name.to_lowercase(), after)
            }
        };
        if part.is_empty() {
            return None;
        }
        parts.push(part);
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => break,
            None => return None,
        }
    }
    let relation = parts.pop()?;
    let schema = parts.pop().unwrap_or_else(|| "public".to_owned());
    parts.is_empty().then_some(TableName { schema, relation })
}

/// The relations a select reads, without those it defines itself in WITH.
pub(crate) fn relations(sql: &str) -> Result<Vec<TableName>, String> {
    let statements =
        Parser::parse_sql(&RedshiftSqlDialect {}, sql).map_err(|error| error.to_string())?;
    let mut found = Relations::default();
    let _ = statements.visit(&mut found);
    if let Some(odd) = found.odd {
        return Err(format!("`{odd}` is not schema.table"));
    }
    Ok(found.read.difference(&found.defined).cloned().collect())
}

#[derive(Default)]
struct Relations {
    read: BTreeSet<TableName>,
    /// Names of WITH; a table of schema public with the same name is hidden by them.
    defined: BTreeSet<TableName>,
    odd: Option<String>,
}

impl Visitor for Relations {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for defined in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.defined.extend(table_name(&defined.alias.name.to_string()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        match table_name(&relation.to_string()) {
            Some(name) => {
                self.read.insert(name);
            }
            None => self.odd = Some(relation.to_string()),
        }
        ControlFlow::Continue(())
    }
}

/// The select that is unloaded.
pub(crate) fn select(movement: &Movement) -> String {
    match &movement.source.what {
        What::Query { sql, .. } => sql.clone(),
        What::Table { table, columns, filter } => {
            let columns: Vec<String> = columns.iter().map(|name| identifier(name)).collect();
            let list = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
            let filter =
                filter.as_ref().map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
            format!("SELECT {list} FROM {}{filter}", qualified(table))
        }
    }
}

/// The relations that the database user needs to read.
pub(crate) fn reads(movement: &Movement) -> Vec<TableName> {
    match &movement.source.what {
        What::Table { table, .. } => vec![table.clone()],
        What::Query { reads, .. } => reads.clone(),
    }
}

/// The UNLOAD, with `mark` as a comment in front so that it is found again in the history.
///
/// The select stands in a string literal, so what it escapes is escaped once more.
pub(crate) fn unload(movement: &Movement, facts: &Facts, mark: &str) -> String {
    let target = &movement.target;
    let select = select(movement);
    let location = format!("s3://{}/{}", target.bucket, target.prefix);
    let mut lines = vec![
        format!("/* {mark} */ UNLOAD ({})", literal(&select)),
        format!("TO {}", literal(&location)),
        format!("IAM_ROLE {}", literal(&facts.chain(&movement.roles))),
    ];
    lines.extend(form(&target.form));
    lines.push("MANIFEST VERBOSE".to_owned());
    if let Some(key) = &facts.target_key_arn {
        lines.push(format!("KMS_KEY_ID {} ENCRYPTED", literal(key)));
    }
    match target.if_exists {
        IfExists::Fail => {}
        IfExists::Overwrite => lines.push("ALLOWOVERWRITE".to_owned()),
        IfExists::Replace => lines.push("CLEANPATH".to_owned()),
    }
    if facts.source_region != facts.target_region {
        lines.push(format!("REGION {}", literal(facts.target_region.as_str())));
    }
    lines.join("\n")
}

fn form(form: &Form) -> Vec<String> {
    let mut lines = Vec::new();
    if form.format != Format::Text {
        lines.push(format!("FORMAT {}", form.format.word().to_uppercase()));
    }
    if !form.partition_by.is_empty() {
        let columns: Vec<String> = form.partition_by.iter().map(|name| identifier(name)).collect();
        let include = if form.include_partition_columns { " INCLUDE" } else { "" };
        lines.push(format!("PARTITION BY ({}){include}", columns.join(", ")));
    }
    if form.header {
        lines.push("HEADER".to_owned());
    }
    if let Some(delimiter) = form.delimiter {
        lines.push(format!("DELIMITER {}", literal(&delimiter.to_string())));
    }
    if let Some(null) = &form.null_as {
        lines.push(format!("NULL AS {}", literal(null)));
    }
    let switches = [(form.escape, "ESCAPE"), (form.add_quotes, "ADDQUOTES")];
    lines.extend(switches.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
    if let Some(compression) = form.compression {
        lines.push(compression.word().to_uppercase());
    }
    if let Some(size) = form.max_file_size_mb {
        lines.push(format!("MAXFILESIZE {size} MB"));
    }
    if !form.parallel {
        lines.push("PARALLEL OFF".to_owned());
    }
    lines
}

/// `SELECT`, or `SELECT ("a", "b")` for single columns.
pub(crate) fn select_privilege(columns: &[String]) -> String {
    if columns.is_empty() {
        return "SELECT".to_owned();
    }
    let columns: Vec<String> = columns.iter().map(|name| identifier(name)).collect();
    format!("SELECT ({})", columns.join(", "))
}
