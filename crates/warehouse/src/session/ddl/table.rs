//! CREATE TABLE in every form.

use redshift_sql::{
    Column, Constraint, CreateTable, DistStyle, ObjectName, Privilege, SortStyle, SqlType,
    TableAttributes, TableSource,
};

use super::super::columns::type_name;
use super::super::engine_sql::put_in;
use super::super::{Notice, Output, Parameter, Session};
use super::Place;
use crate::catalog::relations::{self, ColumnFacts, NewRelation};
use crate::engine::quote;
use crate::errors::Failure;
use crate::privileges::{Resolved, resolve};

impl Session {
    pub(super) fn create_table(
        &mut self,
        create: &CreateTable,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let reads = self.check_accesses(&create.accesses)?;
        let create = &self.like_written_out(create, reads.first())?;
        if create.temporary {
            self.create_temporary(create, parameters, output)?;
            return Ok(tag(create));
        }
        let place = self.place(&create.name)?;
        self.require_create(&place.schema, "CREATE TABLE")?;
        if self.find_relation(&place)?.is_some() {
            if create.if_not_exists {
                output.notice(&Notice::info(format!(
                    "Relation \"{}\" already exists and will be skipped",
                    place.name
                )))?;
                return Ok(tag(create));
            }
            return Err(exists(&place.name));
        }
        self.atomically(|session| {
            let columns = session.run_all(create, Some(&place), parameters)?;
            session.record_table(create, &place, columns)
        })?;
        Ok(tag(create))
    }

    /// Runs the engine's statements; gives what the catalog keeps of the columns that a query has.
    fn run_all(
        &mut self,
        create: &CreateTable,
        place: Option<&Place>,
        parameters: &[Parameter],
    ) -> Result<Vec<ColumnFacts>, Failure> {
        let TableSource::Query { query, .. } = &create.source else {
            let renamed = self.sequences_for(create, place)?;
            for sql in &create.sql {
                let sql = self.engine_names(sql, &create.accesses)?;
                let sql = self.engine_names_of(&sql, &create.name)?;
                let sql = renamed.iter().fold(sql, |sql, (from, to)| sql.replace(from, to));
                self.connection.run(&put_in(&sql, parameters))?;
            }
            return Ok(column_facts(&create.columns, &create.attributes));
        };
        let resolution = self.engine_sql(query, parameters)?;
        let names: Vec<String> = create.columns.iter().map(|column| column.name.clone()).collect();
        let mut columns = self.columns_of_query(&resolution, &names)?;
        if names.len() > columns.len() {
            let message = "CREATE TABLE AS specifies too many column names";
            return Err(Failure::new("42601", message));
        }
        require_distinct(&columns)?;
        attributed(&mut columns, &create.attributes)?;
        let sql = create.as_query(&resolution.sql);
        let sql = sql.ok_or_else(|| Failure::internal("a query was lost"))?;
        self.connection.run(&self.engine_names_of(&sql, &create.name)?)?;
        Ok(columns)
    }

    fn create_temporary(
        &mut self,
        create: &CreateTable,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        self.require_on_own_database(&identity, Privilege::Temp)?;
        if self.temporary()?.contains(&create.name.name) {
            if create.if_not_exists {
                return output.notice(&Notice::info(format!(
                    "Relation \"{}\" already exists and will be skipped",
                    create.name.name
                )));
            }
            return Err(exists(&create.name.name));
        }
        let columns = self.atomically(|session| session.run_all(create, None, parameters))?;
        self.know_temporary(&create.name.name, &columns);
        self.temporary()?;
        if let Some(names) = &mut self.temporary {
            names.insert(create.name.name.clone());
        }
        Ok(())
    }

    fn record_table(
        &mut self,
        create: &CreateTable,
        place: &Place,
        columns: Vec<ColumnFacts>,
    ) -> Result<(), Failure> {
        let database = self.database.clone();
        let new = NewRelation {
            schema: &place.schema,
            name: &place.name,
            kind: "r",
            owner: self.user.id,
            dist_style: dist_style(&create.attributes),
            sort_style: sort_style(&create.attributes),
            late_binding: false,
            definition: None,
            columns,
        };
        let id = relations::add(&self.connection, &database, &new, self.cluster.world.now())?;
        for (name, constraint) in &create.constraints {
            self.record_constraint(id, &place.name, name.as_deref(), constraint)?;
        }
        Ok(())
    }

    /// The sequences behind identity columns get names of their own in the table's schema, so that
    /// no other table and no search path changes which one a column reads.
    fn sequences_for(
        &self,
        create: &CreateTable,
        place: Option<&Place>,
    ) -> Result<Vec<(String, String)>, Failure> {
        let Some(place) = place else { return Ok(Vec::new()) };
        let id = relations::next_id(&self.connection, &self.database)?;
        let mut renamed = Vec::new();
        for (index, column) in create.columns.iter().enumerate() {
            if column.identity.is_some() {
                let name = format!("identity {} {}", create.name.name, column.name);
                let parts = [create.name.database.as_deref(), create.name.schema.as_deref()];
                let written: Vec<String> =
                    parts.into_iter().flatten().chain([name.as_str()]).map(quote).collect();
                let name = format!("identity {id} {index}");
                let own = Place { schema: place.schema.clone(), name };
                renamed.push((written.join("."), self.engine_place(&own)?));
            }
        }
        Ok(renamed)
    }

    pub(super) fn record_constraint(
        &mut self,
        relation: i64,
        table: &str,
        name: Option<&str>,
        constraint: &Constraint,
    ) -> Result<(), Failure> {
        let (kind, columns, suffix) = match constraint {
            Constraint::PrimaryKey(columns) => ("p", columns, "pkey"),
            Constraint::Unique(columns) => ("u", columns, "key"),
            Constraint::ForeignKey { columns, .. } => ("f", columns, "fkey"),
        };
        let first = columns.first().map(String::as_str).unwrap_or_default();
        let default = match kind {
            "p" => format!("{table}_{suffix}"),
            _ => format!("{table}_{first}_{suffix}"),
        };
        let references = match constraint {
            Constraint::ForeignKey { table, references, .. } => {
                self.referenced(table)?.map(|id| (id, references.as_slice()))
            }
            _ => None,
        };
        let name = name.unwrap_or(&default);
        let key = relations::Key { relation, name, kind, columns, references };
        Ok(relations::add_constraint(&self.connection, &self.database, &key)?)
    }

    /// The table that a foreign key points at; none for one that is not in the catalog.
    fn referenced(&mut self, table: &ObjectName) -> Result<Option<i64>, Failure> {
        self.require_own_database(table.database.as_deref())?;
        let found = self.with_scope(|connection, scope| resolve(connection, scope, table))?;
        Ok(match found {
            Resolved::Relation { relation, .. } => Some(relation.id),
            _ => None,
        })
    }
}

/// CREATE TABLE AS answers like a query.
fn tag(create: &CreateTable) -> String {
    match create.source {
        TableSource::Query { .. } => String::from("SELECT"),
        _ => String::from("CREATE TABLE"),
    }
}

pub(super) fn exists(name: &str) -> Failure {
    Failure::new("42P07", format!("Relation \"{name}\" already exists"))
}

/// `AUTO`, `EVEN`, `KEY` or `ALL`; a distribution key alone means `KEY`.
pub(super) fn dist_style(attributes: &TableAttributes) -> &'static str {
    match (attributes.dist_style, &attributes.dist_key) {
        (Some(DistStyle::Even), _) => "EVEN",
        (Some(DistStyle::All), _) => "ALL",
        (Some(DistStyle::Key), _) | (None, Some(_)) => "KEY",
        (Some(DistStyle::Auto) | None, _) => "AUTO",
    }
}

/// The kind of sort key; empty when there is none.
pub(super) fn sort_style(attributes: &TableAttributes) -> &'static str {
    match attributes.sort_key.as_ref().map(|key| key.style) {
        Some(SortStyle::Compound) => "COMPOUND",
        Some(SortStyle::Interleaved) => "INTERLEAVED",
        Some(SortStyle::Auto) => "AUTO",
        Some(SortStyle::None) | None => "",
    }
}

/// Columns of one relation have different names.
pub(super) fn require_distinct(columns: &[ColumnFacts]) -> Result<(), Failure> {
    for (index, column) in columns.iter().enumerate() {
        if columns.iter().skip(index.saturating_add(1)).any(|other| other.name == column.name) {
            let message = format!("column \"{}\" duplicated", column.name);
            return Err(Failure::new("42701", message));
        }
    }
    Ok(())
}

/// Puts distribution and sort keys to the columns of a query that they name.
pub(super) fn attributed(
    columns: &mut [ColumnFacts],
    attributes: &TableAttributes,
) -> Result<(), Failure> {
    let sort = attributes.sort_key.iter().flat_map(|key| &key.columns);
    for name in attributes.dist_key.iter().chain(sort) {
        if !columns.iter().any(|column| column.name == *name) {
            let message =
                format!("column \"{name}\" specified as distkey/sortkey is not in the query");
            return Err(Failure::new("42703", message));
        }
    }
    for column in columns.iter_mut() {
        column.dist_key = attributes.dist_key.as_deref() == Some(&column.name);
        column.sort_key = sort_position(&column.name, attributes);
    }
    Ok(())
}

fn column_facts(columns: &[Column], attributes: &TableAttributes) -> Vec<ColumnFacts> {
    columns.iter().map(|column| facts_of(column, attributes)).collect()
}

/// A column's attributes as the catalog keeps them.
pub(super) fn facts_of(column: &Column, attributes: &TableAttributes) -> ColumnFacts {
    let sort_key = sort_position(&column.name, attributes);
    ColumnFacts {
        name: column.name.clone(),
        type_name: column.data_type.as_ref().map(type_name),
        encoding: column
            .encode
            .clone()
            .unwrap_or_else(|| default_encoding(column.data_type.as_ref(), sort_key).to_owned()),
        dist_key: attributes.dist_key.as_deref() == Some(&column.name),
        sort_key,
        default_text: column.default.clone().or_else(|| identity_text(column)),
        is_identity: column.identity.is_some(),
    }
}

/// How an identity column is written.
fn identity_text(column: &Column) -> Option<String> {
    let identity = column.identity.as_ref()?;
    let by_default = if identity.by_default { "GENERATED BY DEFAULT AS " } else { "" };
    Some(format!("{by_default}IDENTITY({},{})", identity.seed, identity.step))
}

/// Position in the sort key from 1; interleaved keys alternate in sign (PG_TABLE_DEF).
fn sort_position(name: &str, attributes: &TableAttributes) -> i32 {
    let Some(key) = &attributes.sort_key else { return 0 };
    let Some(index) = key.columns.iter().position(|column| column == name) else { return 0 };
    let position = i32::try_from(index.saturating_add(1)).unwrap_or(0);
    let negative = key.style == SortStyle::Interleaved && index % 2 == 1;
    if negative { -position } else { position }
}

/// Redshift Developer Guide, "CREATE TABLE", ENCODE: sort keys, BOOLEAN and floats are raw,
/// text is LZO, the rest AZ64.
pub(in crate::session) fn default_encoding(
    data_type: Option<&SqlType>,
    sort_key: i32,
) -> &'static str {
    match data_type {
        _ if sort_key != 0 => "none",
        Some(
            SqlType::Boolean
            | SqlType::Real
            | SqlType::Double
            | SqlType::Geometry
            | SqlType::Geography
            | SqlType::HllSketch,
        ) => "none",
        Some(SqlType::Char(_) | SqlType::Varchar(_) | SqlType::Varbyte(_)) => "lzo",
        Some(SqlType::Super) => "zstd",
        _ => "az64",
    }
}
