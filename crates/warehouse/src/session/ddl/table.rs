//! CREATE TABLE in every form, and CREATE VIEW.

use redshift_sql::{
    Column, Constraint, CreateTable, CreateView, DistStyle, ObjectName, Privilege, SortStyle,
    SqlType, TableAttributes, TableSource,
};

use super::super::columns::type_name;
use super::super::engine_sql::put_in;
use super::super::rewrite::rewrite_names;
use super::super::{Notice, Output, Parameter, Session};
use super::Place;
use crate::catalog::relations::{self, ColumnFacts, NewRelation};
use crate::errors::Failure;
use crate::privileges::{self, Resolved, resolve};

impl Session {
    pub(super) fn create_table(
        &mut self,
        create: &CreateTable,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let reads = self.check_accesses(&create.accesses)?;
        if create.temporary {
            self.create_temporary(create, parameters)?;
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
            let columns = session.run_all(create, parameters)?;
            session.record_table(create, &place, &reads, columns)
        })?;
        Ok(tag(create))
    }

    /// Runs the engine's statements; gives what the catalog keeps of the columns that a query has.
    fn run_all(
        &mut self,
        create: &CreateTable,
        parameters: &[Parameter],
    ) -> Result<Vec<ColumnFacts>, Failure> {
        let TableSource::Query { query, .. } = &create.source else {
            for sql in &create.sql {
                let sql = rewrite_names(sql, &create.accesses);
                self.connection.run(&put_in(&sql, parameters))?;
            }
            return Ok(column_facts(&create.columns, &create.attributes));
        };
        let resolution = self.engine_sql(query, parameters)?;
        let names: Vec<String> = create.columns.iter().map(|column| column.name.clone()).collect();
        let mut columns = self.columns_of_query(&resolution, &names)?;
        for column in &mut columns {
            column.dist_key = create.attributes.dist_key.as_deref() == Some(&column.name);
            column.sort_key = sort_position(&column.name, &create.attributes);
        }
        let sql = create.as_query(&resolution.sql);
        self.connection.run(&sql.ok_or_else(|| Failure::internal("a query was lost"))?)?;
        Ok(columns)
    }

    fn create_temporary(
        &mut self,
        create: &CreateTable,
        parameters: &[Parameter],
    ) -> Result<(), Failure> {
        let identity = self.identity()?;
        let database = self.database.clone();
        privileges::require_on_database(&self.connection, &database, &identity, Privilege::Temp)?;
        if self.temporary()?.contains(&create.name.name) {
            if create.if_not_exists {
                return Ok(());
            }
            return Err(exists(&create.name.name));
        }
        let columns = self.atomically(|session| session.run_all(create, parameters))?;
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
        reads: &[Resolved],
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
        if let TableSource::Like { including_defaults, .. } = &create.source
            && let Some(Resolved::Relation { relation, .. }) = reads.first()
        {
            let (from, defaults) = (relation.id, *including_defaults);
            relations::copy_columns(&self.connection, &database, from, id, defaults)?;
        }
        for constraint in &create.constraints {
            self.record_constraint(id, &place.name, None, constraint)?;
        }
        Ok(())
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
        let found = self.with_scope(|connection, scope| resolve(connection, scope, table))?;
        Ok(match found {
            Resolved::Relation { relation, .. } => Some(relation.id),
            _ => None,
        })
    }

    pub(super) fn create_view(&mut self, create: &CreateView) -> Result<String, Failure> {
        let place = self.place(&create.name)?;
        self.require_create(&place.schema, "CREATE OR REPLACE VIEW")?;
        if create.late_binding {
            return Err(Failure::not_implemented("CREATE VIEW … WITH NO SCHEMA BINDING"));
        }
        let reads = self.check_accesses(&create.engine_query.accesses)?;
        if reads.iter().any(|read| matches!(read, Resolved::Temporary { .. })) {
            return Err(Failure::new("42P16", "views over temporary tables are not supported"));
        }
        let old = self.find_relation(&place)?;
        if let Some(old) = &old {
            if !create.or_replace {
                return Err(exists(&place.name));
            }
            if !old.is_view() {
                return Err(Failure::new("42809", format!("\"{}\" is not a view", old.name)));
            }
        }
        let sql = self.qualified_view(create)?;
        let resolution = self.resolve(&create.engine_query, &[])?;
        let columns = self.columns_of_query(&resolution, &create.columns)?;
        self.atomically(|session| {
            session.connection.run(&sql)?;
            let database = session.database.clone();
            let id = match &old {
                Some(old) => {
                    let text = crate::engine::literal(&create.query);
                    let assignment = format!("definition = {text}");
                    relations::change(&session.connection, &database, old.id, &assignment)?;
                    relations::replace_columns(&session.connection, &database, old.id, &columns)?;
                    old.id
                }
                None => {
                    let new = NewRelation {
                        schema: &place.schema,
                        name: &place.name,
                        kind: "v",
                        owner: session.user.id,
                        dist_style: "",
                        sort_style: "",
                        late_binding: create.late_binding,
                        definition: Some(&create.query),
                        columns,
                    };
                    let now = session.cluster.world.now();
                    relations::add(&session.connection, &database, &new, now)?
                }
            };
            let uses: Vec<i64> = reads.iter().filter_map(relation_id).collect();
            Ok(relations::set_dependencies(&session.connection, &database, id, &uses)?)
        })?;
        Ok(String::from("CREATE VIEW"))
    }

    /// The view's SQL with every relation named in full: another session's search path must not
    /// change what it reads.
    fn qualified_view(&mut self, create: &CreateView) -> Result<String, Failure> {
        let mut create = create.clone();
        let mut text = self.statement_text.clone();
        let mut offset = self.statement_position;
        // A relation that is named twice is listed once: each turn finds the next place.
        for _ in 0..QUALIFY_TURNS {
            let accesses = create.engine_query.accesses.clone();
            let reads = self.check_accesses(&accesses)?;
            let next = accesses.iter().zip(&reads).find_map(|(access, read)| match read {
                Resolved::Relation { relation, .. } if access.name.schema.is_none() => {
                    let at = place_of(&text, access.position, offset, &access.name.name)?;
                    Some((at, relation.schema.clone()))
                }
                _ => None,
            });
            let Some((at, schema)) = next else { break };
            text.insert_str(at, &format!("{}.", crate::engine::quote(&schema)));
            offset = 1;
            match self.parse(&text)?.into_iter().next().map(|statement| statement.kind) {
                Some(redshift_sql::Kind::CreateView(again)) => create = again,
                _ => return Err(Failure::internal("a view's text changed its meaning")),
            }
        }
        let resolution = self.resolve(&create.engine_query, &[])?;
        create.as_query(&resolution.sql).ok_or_else(|| Failure::internal("a query was lost"))
    }
}

/// Names that one view may leave to the search path.
const QUALIFY_TURNS: usize = 200;

/// Where a name stands in a statement's text, in bytes; positions count in characters from 1 of
/// the whole message, in which the statement starts at `offset`.
fn place_of(text: &str, position: usize, offset: usize, name: &str) -> Option<usize> {
    let index = position.checked_sub(offset.max(1))?;
    let at = text.char_indices().nth(index)?.0;
    let here = text.get(at..)?.trim_start_matches('"').to_lowercase();
    here.starts_with(&name.to_lowercase()).then_some(at)
}

fn relation_id(read: &Resolved) -> Option<i64> {
    match read {
        Resolved::Relation { relation, .. } => Some(relation.id),
        _ => None,
    }
}

/// CREATE TABLE AS answers like a query.
fn tag(create: &CreateTable) -> String {
    match create.source {
        TableSource::Query { .. } => String::from("SELECT"),
        _ => String::from("CREATE TABLE"),
    }
}

fn exists(name: &str) -> Failure {
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
