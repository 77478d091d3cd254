//! Schemas, tables and views: the engine's object and our catalog's rows change together.
//! Redshift Developer Guide, "CREATE TABLE", "CREATE VIEW", "CREATE SCHEMA", "DROP TABLE".

mod alter;
mod comments;
mod like;
mod materialized;
mod rebuild;
mod schema;
mod table;
mod view;

pub(super) use table::default_encoding;

use redshift_sql::{Access, DropRelation, Kind, ObjectName, Privilege, RelationKind};

use super::{Output, Parameter, Session};
use crate::catalog::relations::{self, Relation};
use crate::catalog::system;
use crate::errors::Failure;
use crate::privileges::{self, Resolved, Wanted};

/// The place of a new object.
struct Place {
    schema: String,
    name: String,
}

impl Session {
    /// Carries out the statements of this file and its children.
    pub(super) fn run_ddl(
        &mut self,
        kind: &Kind,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let done = self.change_relations(kind, parameters, output);
        self.relations_changed();
        done
    }

    fn change_relations(
        &mut self,
        kind: &Kind,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        match kind {
            Kind::CreateTable(create) => self.create_table(create, parameters, output),
            Kind::CreateView(create) => self.create_view(create),
            Kind::CreateSchema(create) => self.create_schema(create, output),
            Kind::AlterSchema(alter) => self.alter_schema(alter),
            Kind::DropSchema(drop) => self.drop_schema(drop, output),
            Kind::DropRelation(drop) => self.drop_relation(drop, output),
            Kind::AlterTable(alter) => self.alter_table(alter),
            Kind::Truncate { table, sql } => self.truncate(table, sql, output),
            Kind::Comment(comment) => self.comment(comment),
            Kind::Analyze { table } => self.analyze(table.as_ref(), output),
            Kind::Vacuum { table } => self.vacuum(table.as_ref(), output),
            Kind::Lock { tables } => self.lock(tables),
            Kind::CreateMaterializedView(create) => self.create_materialized(create),
            Kind::RefreshMaterializedView { name, cascade } => self.refresh(name, *cascade, output),
            Kind::AlterMaterializedView { name, auto_refresh } => {
                self.alter_materialized(name, *auto_refresh)
            }
            _ => Err(Failure::not_implemented("this statement")),
        }
    }

    /// The schema and name of a new object, in the connected database and not the system's.
    fn place(&mut self, name: &ObjectName) -> Result<Place, Failure> {
        self.require_own_database(name.database.as_deref())?;
        let schema =
            match &name.schema {
                Some(schema) => schema.clone(),
                None => self.search_path()?.into_iter().next().ok_or_else(|| {
                    Failure::new("3F000", "no schema has been selected to create in")
                })?,
            };
        if system::is_system_name(&schema) || schema == "information_schema" {
            return Err(Failure::denied("schema", &schema));
        }
        if system::find(&name.name).is_some() {
            return Err(Failure::new(
                "42939",
                format!("relation name \"{}\" is reserved for the system", name.name),
            ));
        }
        Ok(Place { schema, name: name.name.clone() })
    }

    /// What is kept of a view's relations is kept in its own database.
    fn refuse_elsewhere(&self, reads: &[Resolved], what: &str) -> Result<(), Failure> {
        let elsewhere = |read: &Resolved| matches!(read, Resolved::Relation { database, .. } if *database != self.database);
        if !reads.iter().any(elsewhere) {
            return Ok(());
        }
        let message = format!("{what} over relations of another database are not supported");
        let mut failure = Failure::new("0A000", message);
        failure.hint = Some(String::from("Create a view WITH NO SCHEMA BINDING."));
        Err(failure)
    }

    fn require_own_database(&self, database: Option<&str>) -> Result<(), Failure> {
        match database {
            Some(database) if database != self.database_name => Err(Failure::new(
                "0A000",
                "cross-database references are only supported for queries",
            )),
            _ => Ok(()),
        }
    }

    /// CREATE on the schema, or the system permission for this kind of object.
    pub(super) fn require_create(&mut self, schema: &str, permission: &str) -> Result<(), Failure> {
        let database = self.database.clone();
        if relations::schema(&self.connection, &database, schema)?.is_none()
            || privileges::is_hidden_schema(schema)
        {
            return Err(Failure::new("3F000", format!("schema \"{schema}\" does not exist")));
        }
        let identity = self.identity()?;
        if identity.may(permission) {
            return Ok(());
        }
        let connection = &self.connection;
        privileges::require_on_schema(connection, &database, schema, &identity, Privilege::Create)
    }

    fn find_relation(&self, place: &Place) -> Result<Option<Relation>, Failure> {
        let schemas = [place.schema.clone()];
        Ok(relations::find(&self.connection, &self.database, &schemas, &place.name)?)
    }

    /// What a name stands for, after checking that the user may do this to it.
    fn target(&mut self, name: &ObjectName, privilege: Privilege) -> Result<Resolved, Failure> {
        self.require_own_database(name.database.as_deref())?;
        let access = Access { name: name.clone(), privilege, columns: None, position: 0 };
        let resolved = self.check_accesses(std::slice::from_ref(&access))?;
        match resolved.into_iter().next() {
            Some(Resolved::System { name, .. }) => Err(Failure::denied("relation", &name)),
            Some(other) => Ok(other),
            None => Err(Failure::internal("a name stands for nothing")),
        }
    }

    fn drop_relation(
        &mut self,
        drop: &DropRelation,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        self.atomically(|session| {
            for name in &drop.names {
                let target = match session.target(name, Privilege::Drop) {
                    Err(failure)
                        if drop.if_exists
                            && matches!(failure.sqlstate.as_str(), "42P01" | "3F000") =>
                    {
                        output.notice(&super::Notice::info(format!(
                            "{} \"{}\" does not exist and will be skipped",
                            title(drop.kind),
                            name.name
                        )))?;
                        continue;
                    }
                    Err(failure) if failure.sqlstate == "42P01" => {
                        let message = format!("{} \"{name}\" does not exist", title(drop.kind));
                        return Err(Failure::new("42P01", message));
                    }
                    other => other?,
                };
                session.drop_one(target, drop.kind, drop.cascade)?;
            }
            Ok(())
        })?;
        Ok(format!("DROP {}", title(drop.kind).to_uppercase()))
    }

    fn drop_one(
        &mut self,
        target: Resolved,
        kind: RelationKind,
        cascade: bool,
    ) -> Result<(), Failure> {
        match target {
            Resolved::Relation { database, relation } => {
                let fits = match kind {
                    RelationKind::Table => relation.is_table(),
                    RelationKind::View => relation.is_view(),
                    RelationKind::MaterializedView => relation.is_materialized(),
                };
                if !fits {
                    let shown = title(kind).to_lowercase();
                    let message = format!("\"{}\" is not a {shown}", relation.name);
                    return Err(Failure::new("42809", message));
                }
                self.drop_dependents(&database, &relation, cascade)?;
                self.drop_relation_of(&database, &relation)
            }
            Resolved::Temporary { name } => {
                let engine = format!("temp.main.{}", crate::engine::quote(&name));
                self.connection.run(&format!("DROP TABLE {engine}"))?;
                self.temporary()?;
                if let Some(names) = &mut self.temporary {
                    names.remove(&name);
                }
                Ok(())
            }
            Resolved::System { name, .. } => Err(Failure::denied("relation", &name)),
        }
    }

    /// Drops a relation in the engine and in the catalog; nothing depends on it any more.
    fn drop_relation_of(&mut self, database: &str, relation: &Relation) -> Result<(), Failure> {
        let place = Place { schema: relation.schema.clone(), name: relation.name.clone() };
        let engine = self.engine_place(&place)?;
        if relation.is_view() {
            if !relation.late_binding {
                self.connection.run(&format!("DROP VIEW IF EXISTS {engine}"))?;
            }
        } else {
            let sequences = self.sequences_of(&place)?;
            self.connection.run(&format!("DROP TABLE {engine}"))?;
            for sequence in sequences {
                self.connection.run(&format!("DROP SEQUENCE IF EXISTS {sequence}"))?;
            }
            relations::remove_pointing_at(&self.connection, database, relation.id)?;
        }
        Ok(relations::remove(&self.connection, database, relation)?)
    }

    /// Views and keys over a dropped relation go with it (CASCADE) or keep it (2BP01);
    /// late-binding views do not care.
    fn drop_dependents(
        &mut self,
        database: &str,
        relation: &Relation,
        cascade: bool,
    ) -> Result<(), Failure> {
        let views = relations::dependents(&self.connection, database, relation.id)?;
        let keys = relations::pointing_at(&self.connection, database, relation.id)?;
        let used = !views.is_empty() || !keys.is_empty();
        if used && !cascade {
            let kind = match relation {
                relation if relation.is_view() => "view",
                relation if relation.is_materialized() => "materialized view",
                _ => "table",
            };
            return Err(in_use(&format!("{kind} {}", relation.name)));
        }
        views.iter().try_for_each(|view| self.drop_view_of(database, view))
    }

    /// Drops a view with everything over it.
    fn drop_view_of(&mut self, database: &str, view: &Relation) -> Result<(), Failure> {
        self.drop_dependents(database, view, true)?;
        self.drop_relation_of(database, view)
    }

    /// TRUNCATE commits the transaction it is in, and itself.
    fn truncate(
        &mut self,
        table: &ObjectName,
        sql: &str,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let target = self.target(table, Privilege::Truncate)?;
        if matches!(&target, Resolved::Relation { relation, .. } if !relation.is_table()) {
            return Err(Failure::new("42809", format!("\"{}\" is not a table", table.name)));
        }
        let sql = self.engine_names_of(sql, table)?;
        self.connection.run(&sql)?;
        if self.transaction.is_open() {
            self.commit(output)?;
        }
        Ok(String::from("TRUNCATE TABLE"))
    }

    /// The engine sorts and frees by itself; who may ask and for what is Redshift's.
    fn vacuum(
        &mut self,
        table: Option<&ObjectName>,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        if self.transaction.is_open() {
            return Err(Failure::new("25001", "VACUUM cannot run inside a transaction block"));
        }
        if let Some(table) = table {
            self.maintained(table, "vacuum", output)?;
        }
        Ok(String::from("VACUUM"))
    }

    /// The engine keeps its own statistics.
    fn analyze(
        &mut self,
        table: Option<&ObjectName>,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        if let Some(table) = table {
            self.maintained(table, "analyze", output)?;
        }
        Ok(String::from("ANALYZE"))
    }

    /// A table is looked after by its owner or a superuser; others are told that it is skipped.
    fn maintained(
        &mut self,
        table: &ObjectName,
        what: &str,
        output: &mut dyn Output,
    ) -> Result<(), Failure> {
        let Resolved::Relation { relation, .. } = self.resolved(table)? else { return Ok(()) };
        let identity = self.identity()?;
        let name = &relation.name;
        let why = if relation.is_view() {
            format!("skipping \"{name}\" --- cannot {what} non-tables or special system tables")
        } else if !identity.superuser && relation.owner != identity.user {
            format!("skipping \"{name}\" --- only table or database owner can {what} it")
        } else {
            return Ok(());
        };
        output.notice(&super::Notice::warning("01000", &why))
    }

    /// The engine's snapshots need no locks; LOCK checks that the tables are there to be locked.
    fn lock(&mut self, tables: &[ObjectName]) -> Result<String, Failure> {
        let identity = self.identity()?;
        for table in tables {
            if let Resolved::Relation { database, relation } =
                self.with_scope(|connection, scope| privileges::resolve(connection, scope, table))?
            {
                let wanted = Wanted { privilege: Privilege::Select, columns: None };
                let connection = &self.connection;
                privileges::check_relation(connection, &database, &relation, &identity, &wanted)?;
            }
        }
        Ok(String::from("LOCK TABLE"))
    }
}

/// What kind of relation a DROP names, as messages say it.
fn title(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table => "Table",
        RelationKind::View => "View",
        RelationKind::MaterializedView => "Materialized view",
    }
}

/// 2BP01 with the hint that Redshift gives.
fn in_use(what: &str) -> Failure {
    let message = format!("cannot drop {what} because other objects depend on it");
    let mut failure = Failure::new("2BP01", message);
    failure.hint = Some(String::from("Use DROP ... CASCADE to drop the dependent objects too."));
    failure
}
