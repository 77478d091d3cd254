//! `CREATE TABLE … (LIKE parent)`: the parent's columns are written out, and the statement is read
//! again as one with columns of its own.
//!
//! Names, types, NOT NULL, encodings, distribution and sort order come along; keys and identities
//! do not, defaults only when asked for. Redshift Developer Guide, "CREATE TABLE", LIKE.

use redshift_sql::{
    Column, CreateTable, DistStyle, Kind, Options, SortKey, SortStyle, TableAttributes, TableSource,
};

use super::super::Session;
use super::super::columns::type_name;
use crate::catalog::relations::{self, ColumnFacts};
use crate::engine::quote;
use crate::errors::Failure;
use crate::privileges::Resolved;

/// A column of unknown length is as long as can be.
const UNKNOWN: &str = "character varying(65535)";

impl Session {
    /// The statement with the columns of its LIKE written out; every other as it is.
    pub(super) fn like_written_out(
        &mut self,
        create: &CreateTable,
        parent: Option<&Resolved>,
    ) -> Result<CreateTable, Failure> {
        let (TableSource::Like { including_defaults, .. }, Some(parent)) = (&create.source, parent)
        else {
            return Ok(create.clone());
        };
        let facts = self.facts_of_relation(parent)?;
        let types = self.columns_of(parent)?.unwrap_or_default();
        let nullable = self.not_null_of(parent)?;
        let mut items = Vec::new();
        for column in &types {
            let kind = column.sql_type.map_or_else(|| UNKNOWN.into(), |known| type_name(&known));
            let own = facts.iter().find(|own| own.name == column.name);
            let mut item = format!("{} {kind}", quote(&column.name));
            if let Some(own) = own {
                item.push_str(&attributes_of(own, *including_defaults));
            }
            if nullable.contains(&column.name) {
                item.push_str(" NOT NULL");
            }
            items.push(item);
        }
        items.extend(create.columns.iter().map(written));
        let name = quote(&create.name.name);
        let schema = create.name.schema.as_ref().map(|s| format!("{}.", quote(s)));
        let temporary = if create.temporary { "TEMP " } else { "" };
        let text = format!(
            "CREATE {temporary}TABLE {}{name} ({})",
            schema.unwrap_or_default(),
            items.join(", ")
        );
        let options = Options { case_sensitive_identifiers: true, ..Options::default() };
        let read = redshift_sql::parse(&text, &options)?;
        let Some(Kind::CreateTable(mut table)) = read.into_iter().next().map(|s| s.kind) else {
            return Err(Failure::internal("a table's columns are no columns"));
        };
        table.if_not_exists = create.if_not_exists;
        table.constraints.clone_from(&create.constraints);
        table.attributes = self.inherited(parent, &facts)?;
        Ok(table)
    }

    fn facts_of_relation(&self, parent: &Resolved) -> Result<Vec<ColumnFacts>, Failure> {
        match parent {
            Resolved::Relation { database, relation } => {
                Ok(relations::column_facts(&self.connection, database, relation.id)?)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn not_null_of(&self, parent: &Resolved) -> Result<Vec<String>, Failure> {
        let (database, schema, name) = match parent {
            Resolved::Relation { database, relation } => {
                relations::engine_parts(&self.connection, database, relation)?.into()
            }
            Resolved::Temporary { name } => ("temp".into(), "main".into(), name.clone()),
            Resolved::System { .. } => return Ok(Vec::new()),
        };
        let literal = crate::engine::literal;
        let rows = self.connection.rows(&format!(
            "SELECT column_name FROM duckdb_columns() WHERE NOT is_nullable \
             AND database_name = {} AND schema_name = {} AND table_name = {}",
            literal(&database),
            literal(&schema),
            literal(&name)
        ))?;
        Ok(rows.iter().flatten().map(|name| name.text().to_owned()).collect())
    }

    /// Distribution and sort order of the parent.
    fn inherited(
        &self,
        parent: &Resolved,
        facts: &[ColumnFacts],
    ) -> Result<TableAttributes, Failure> {
        let Resolved::Relation { database, relation } = parent else {
            return Ok(TableAttributes::default());
        };
        let (dist, sort) = relations::styles(&self.connection, database, relation.id)?;
        let dist_style = match dist.as_str() {
            "EVEN" => Some(DistStyle::Even),
            "ALL" => Some(DistStyle::All),
            "KEY" => Some(DistStyle::Key),
            _ => None,
        };
        let dist_key = facts.iter().find(|column| column.dist_key).map(|c| c.name.clone());
        let mut keys: Vec<&ColumnFacts> =
            facts.iter().filter(|column| column.sort_key != 0).collect();
        keys.sort_by_key(|column| column.sort_key.abs());
        let columns = keys.iter().map(|column| column.name.clone()).collect();
        let sort_key = match sort.as_str() {
            "COMPOUND" => Some(SortKey { style: SortStyle::Compound, columns }),
            "INTERLEAVED" => Some(SortKey { style: SortStyle::Interleaved, columns }),
            "AUTO" => Some(SortKey { style: SortStyle::Auto, columns: Vec::new() }),
            _ => None,
        };
        Ok(TableAttributes { dist_style, dist_key, sort_key, ..TableAttributes::default() })
    }
}

fn attributes_of(own: &ColumnFacts, with_defaults: bool) -> String {
    let mut text = String::new();
    if let (true, false, Some(default)) = (with_defaults, own.is_identity, &own.default_text) {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if !own.encoding.is_empty() {
        let encoding = if own.encoding == "none" { "raw" } else { own.encoding.as_str() };
        text.push_str(&format!(" ENCODE {encoding}"));
    }
    text
}

/// A column of the statement itself.
fn written(column: &Column) -> String {
    let kind = column.data_type.as_ref().map_or_else(|| UNKNOWN.into(), type_name);
    let mut text = format!("{} {kind}", quote(&column.name));
    if let Some(default) = &column.default {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if let Some(identity) = &column.identity {
        let by_default = if identity.by_default { " GENERATED BY DEFAULT AS" } else { "" };
        text.push_str(&format!("{by_default} IDENTITY({}, {})", identity.seed, identity.step));
    }
    if let Some(encode) = &column.encode {
        let encode = if encode == "none" { "raw" } else { encode.as_str() };
        text.push_str(&format!(" ENCODE {encode}"));
    }
    if column.not_null {
        text.push_str(" NOT NULL");
    }
    text
}
