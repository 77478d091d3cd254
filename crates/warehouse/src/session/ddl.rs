//! Schemas, tables and views: the engine's object and our catalog's rows change together.
//! Redshift Developer Guide, "CREATE TABLE", "CREATE VIEW", "CREATE SCHEMA", "DROP TABLE".

mod alter;
mod schema;
mod table;

pub(super) use table::default_encoding;

use redshift_sql::{Access, DropRelation, Kind, ObjectName, Privilege, RelationKind};

use super::rewrite::engine_name;
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
            Kind::Analyze { .. } => Ok(String::from("ANALYZE")),
            Kind::Vacuum { .. } => self.vacuum(),
            Kind::Lock { tables } => self.lock(tables),
            Kind::CreateDatabase(_) => Err(Failure::not_implemented("CREATE DATABASE")),
            Kind::DropDatabase { .. } => Err(Failure::not_implemented("DROP DATABASE")),
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

    fn require_own_database(&self, database: Option<&str>) -> Result<(), Failure> {
        match database {
            Some(database) if database != self.database => Err(Failure::new(
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
        let (word, shown) = match drop.kind {
            RelationKind::Table => ("TABLE", "table"),
            RelationKind::View => ("VIEW", "view"),
        };
        self.atomically(|session| {
            for name in &drop.names {
                let target = match session.target(name, Privilege::Drop) {
                    Err(failure)
                        if drop.if_exists
                            && matches!(failure.sqlstate.as_str(), "42P01" | "3F000") =>
                    {
                        output.notice(&super::Notice::info(format!(
                            "{} \"{}\" does not exist and will be skipped",
                            if shown == "table" { "Table" } else { "View" },
                            name.name
                        )))?;
                        continue;
                    }
                    other => other?,
                };
                session.drop_one(name, target, word, shown, drop.cascade)?;
            }
            Ok(())
        })?;
        Ok(format!("DROP {word}"))
    }

    fn drop_one(
        &mut self,
        name: &ObjectName,
        target: Resolved,
        word: &str,
        shown: &str,
        cascade: bool,
    ) -> Result<(), Failure> {
        let engine = match &target {
            Resolved::Temporary { name } => format!("temp.main.{}", crate::engine::quote(name)),
            _ => engine_name(name),
        };
        match target {
            Resolved::Relation { database, relation } => {
                if relation.is_view() != (word == "VIEW") {
                    return Err(Failure::new(
                        "42809",
                        format!("\"{}\" is not a {shown}", relation.name),
                    ));
                }
                self.drop_dependents(&database, &relation, cascade)?;
                self.connection.run(&format!("DROP {word} {engine}"))?;
                relations::remove(&self.connection, &database, &relation)?;
            }
            Resolved::Temporary { name } => {
                self.connection.run(&format!("DROP {word} {engine}"))?;
                self.temporary()?;
                if let Some(names) = &mut self.temporary {
                    names.remove(&name);
                }
            }
            Resolved::System { name, .. } => return Err(Failure::denied("relation", &name)),
        }
        Ok(())
    }

    /// Views over a dropped relation go with it (CASCADE) or keep it (2BP01); late-binding views
    /// do not care.
    fn drop_dependents(
        &mut self,
        database: &str,
        relation: &Relation,
        cascade: bool,
    ) -> Result<(), Failure> {
        let views = relations::dependents(&self.connection, database, relation.id)?;
        if views.is_empty() {
            return Ok(());
        }
        if !cascade {
            let kind = if relation.is_view() { "view" } else { "table" };
            let mut failure = Failure::new(
                "2BP01",
                format!("cannot drop {kind} {} because other objects depend on it", relation.name),
            );
            failure.hint =
                Some(String::from("Use DROP ... CASCADE to drop the dependent objects too."));
            return Err(failure);
        }
        for view in views {
            self.drop_dependents(database, &view, true)?;
            let catalog = crate::engine::quote(&crate::engine::catalog_of(database));
            self.connection.run(&format!(
                "DROP VIEW IF EXISTS {catalog}.{}.{}",
                crate::engine::quote(&view.schema),
                crate::engine::quote(&view.name)
            ))?;
            relations::remove(&self.connection, database, &view)?;
        }
        Ok(())
    }

    /// TRUNCATE commits the transaction it is in, and itself.
    fn truncate(
        &mut self,
        table: &ObjectName,
        sql: &str,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let target = self.target(table, Privilege::Truncate);
        let target = match target {
            // The right to delete all rows is not enough; owners and superusers may.
            Err(failure) if failure.sqlstate == "42501" => return Err(failure),
            other => other?,
        };
        if matches!(&target, Resolved::Relation { relation, .. } if relation.is_view()) {
            return Err(Failure::new("42809", format!("\"{}\" is not a table", table.name)));
        }
        self.connection.run(sql)?;
        if self.transaction.is_open() {
            self.commit(output)?;
        }
        Ok(String::from("TRUNCATE TABLE"))
    }

    fn vacuum(&mut self) -> Result<String, Failure> {
        if self.transaction.is_open() {
            return Err(Failure::new("25001", "VACUUM cannot run inside a transaction block"));
        }
        Ok(String::from("VACUUM"))
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
