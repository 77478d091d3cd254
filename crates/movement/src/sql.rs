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
use crate::file::{Form, Format, IfExists, Load, Movement, Place, TableName, Unload, Way, What};

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
pub(crate) fn select(what: &What) -> String {
    match what {
        What::Query { sql, .. } => sql.clone(),
        What::Table { table, columns, filter } => {
            let list = if columns.is_empty() { "*".to_owned() } else { names(columns) };
            let filter =
                filter.as_ref().map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
            format!("SELECT {list} FROM {}{filter}", qualified(table))
        }
    }
}

/// `"a", "b"`.
pub(crate) fn names(columns: &[String]) -> String {
    columns.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ")
}

/// The relations that the database user needs: to read, or to load.
pub(crate) fn relations_of(movement: &Movement) -> Vec<TableName> {
    match &movement.way {
        Way::Out(Unload { what: What::Table { table, .. }, .. }) => vec![table.clone()],
        Way::Out(Unload { what: What::Query { reads, .. }, .. }) => reads.clone(),
        Way::In(load) => vec![load.table.clone()],
    }
}

/// The UNLOAD, with `mark` as a comment in front so that it is found again in the history.
///
/// The select stands in a string literal, so what it escapes is escaped once more.
pub(crate) fn unload(movement: &Movement, unload: &Unload, facts: &Facts, mark: &str) -> String {
    let mut lines = vec![
        format!("/* {mark} */ UNLOAD ({})", literal(&select(&unload.what))),
        format!("TO {}", literal(&movement.store.url())),
        format!("IAM_ROLE {}", literal(&facts.chain(&movement.roles))),
    ];
    lines.extend(form(&unload.form));
    lines.push("MANIFEST VERBOSE".to_owned());
    if let Some(key) = &facts.store_key_arn {
        lines.push(format!("KMS_KEY_ID {} ENCRYPTED", literal(key)));
    }
    match unload.if_exists {
        IfExists::Fail => {}
        IfExists::Overwrite => lines.push("ALLOWOVERWRITE".to_owned()),
        IfExists::Replace => lines.push("CLEANPATH".to_owned()),
    }
    lines.extend(region(facts));
    lines.join("\n")
}

/// Names the data's Region where it is not the cluster's.
fn region(facts: &Facts) -> Option<String> {
    let other = facts.warehouse_region != facts.store_region;
    other.then(|| format!("REGION {}", literal(facts.store_region.as_str())))
}

/// The COPY into `table`, with `mark` as a comment in front.
pub(crate) fn copy(
    movement: &Movement,
    load: &Load,
    facts: &Facts,
    (table, mark): (&str, &str),
) -> String {
    let columns = match load.columns.is_empty() {
        true => String::new(),
        false => format!(" ({})", names(&load.columns)),
    };
    let from = match &load.manifest {
        Some(key) => format!("s3://{}/{key}", movement.store.bucket()),
        None => movement.store.url(),
    };
    let mut lines = vec![
        format!("/* {mark} */ COPY {table}{columns}"),
        format!("FROM {}", literal(&from)),
        format!("IAM_ROLE {}", literal(&facts.chain(&movement.roles))),
    ];
    match &movement.store.place {
        Place::Table(_) => lines.push(format!("READRATIO {}", load.read_ratio)),
        Place::Bucket { bucket, .. } => lines.extend(read_form(&load.form, bucket)),
    }
    if load.manifest.is_some() {
        lines.push("MANIFEST".to_owned());
    }
    lines.extend(load.max_errors.map(|errors| format!("MAXERROR {errors}")));
    lines.extend(load.options.clone());
    lines.extend(region(facts));
    lines.join("\n")
}

/// The form of the files as COPY has it.
fn read_form(form: &Form, bucket: &str) -> Vec<String> {
    let mut lines = match form.format {
        Format::Text => {
            let widths = form.fixed_width.as_ref();
            widths.map(|widths| format!("FIXEDWIDTH {}", literal(widths))).into_iter().collect()
        }
        Format::Json | Format::Avro => {
            let how = match &form.json_paths {
                Some(key) => format!("s3://{bucket}/{key}"),
                None if form.ignore_case => "auto ignorecase".to_owned(),
                None => "auto".to_owned(),
            };
            vec![format!("FORMAT {} {}", form.format.word().to_uppercase(), literal(&how))]
        }
        format => vec![format!("FORMAT {}", format.word().to_uppercase())],
    };
    if form.header {
        lines.push("IGNOREHEADER 1".to_owned());
    }
    lines.extend(fields(form));
    let switches = [(form.escape, "ESCAPE"), (form.add_quotes, "REMOVEQUOTES")];
    lines.extend(switches.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
    lines.extend(form.compression.map(|compression| compression.word().to_uppercase()));
    lines
}

/// How fields end, and what stands for NULL.
fn fields(form: &Form) -> Vec<String> {
    let delimiter = form.delimiter.map(|c| format!("DELIMITER {}", literal(&c.to_string())));
    let null = form.null_as.as_ref().map(|null| format!("NULL AS {}", literal(null)));
    delimiter.into_iter().chain(null).collect()
}

fn form(form: &Form) -> Vec<String> {
    let mut lines = Vec::new();
    if form.format != Format::Text {
        lines.push(format!("FORMAT {}", form.format.word().to_uppercase()));
    }
    if !form.partition_by.is_empty() {
        let include = if form.include_partition_columns { " INCLUDE" } else { "" };
        lines.push(format!("PARTITION BY ({}){include}", names(&form.partition_by)));
    }
    if form.header {
        lines.push("HEADER".to_owned());
    }
    lines.extend(fields(form));
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
    format!("SELECT ({})", names(columns))
}
