//! Schemas, and comments on anything.

use redshift_sql::{
    AlterSchema, AlterSchemaAction, Comment, CommentTarget, CreateSchema, DropSchema, ObjectName,
    Privilege,
};

use super::super::{Notice, Output, Session};
use crate::catalog::{optional, relations, routines, system};
use crate::errors::Failure;
use crate::privileges::{self, Identity, Resolved};

impl Session {
    pub(super) fn create_schema(
        &mut self,
        create: &CreateSchema,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let name = &create.name;
        if system::is_system_name(name) || privileges::is_hidden_schema(name) {
            let mut failure = Failure::new("42939", format!("unacceptable schema name \"{name}\""));
            failure.detail = Some(String::from("The name is reserved for system schemas."));
            return Err(failure);
        }
        let database = self.database.clone();
        let identity = self.identity()?;
        if !identity.may("CREATE SCHEMA") {
            self.require_on_own_database(&identity, Privilege::Create)?;
        }
        if relations::schema(&self.connection, &database, name)?.is_some() {
            if create.if_not_exists {
                output.notice(&Notice::info(format!(
                    "Schema \"{name}\" already exists and will be skipped"
                )))?;
                return Ok(String::from("CREATE SCHEMA"));
            }
            return Err(Failure::new("42P06", format!("Schema \"{name}\" already exists")));
        }
        let owner = match &create.owner {
            Some(owner) => self.existing_user(owner)?.id,
            None => self.user.id,
        };
        self.atomically(|session| {
            let quota = create.quota_mb;
            Ok(relations::add_schema(&session.connection, &database, name, owner, quota)?)
        })?;
        self.privileges_changed();
        Ok(String::from("CREATE SCHEMA"))
    }

    pub(super) fn alter_schema(&mut self, alter: &AlterSchema) -> Result<String, Failure> {
        let database = self.database.clone();
        let identity = self.identity()?;
        self.require_schema_owner(&alter.name, &identity, Privilege::Alter)?;
        match &alter.action {
            AlterSchemaAction::Rename(_) => {
                return Err(Failure::not_implemented("ALTER SCHEMA … RENAME"));
            }
            AlterSchemaAction::Owner(user) => {
                let owner = self.existing_user(user)?.id;
                let connection = &self.connection;
                relations::set_schema_owner(connection, &database, &alter.name, owner)?;
            }
            // Quotas are bookkeeping of a managed cluster's disks.
            AlterSchemaAction::Quota(_) => {}
        }
        Ok(String::from("ALTER SCHEMA"))
    }

    /// Ownership of a schema, or a privilege on it that stands for this.
    fn require_schema_owner(
        &self,
        name: &str,
        identity: &Identity,
        privilege: Privilege,
    ) -> Result<(), Failure> {
        let (connection, database) = (&self.connection, &self.database);
        let held = privileges::holds_on_schema(connection, database, name, identity, privilege)?;
        if held || privilege == Privilege::Drop && identity.may("DROP SCHEMA") {
            return Ok(());
        }
        Err(Failure::new("42501", format!("must be owner of schema {name}")))
    }

    pub(super) fn drop_schema(
        &mut self,
        drop: &DropSchema,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let identity = self.identity()?;
        self.atomically(|session| {
            for schema in &drop.schemas {
                session.drop_one_schema(schema, drop, &identity, output)?;
            }
            Ok(())
        })?;
        self.privileges_changed();
        Ok(String::from("DROP SCHEMA"))
    }

    fn drop_one_schema(
        &mut self,
        schema: &ObjectName,
        drop: &DropSchema,
        identity: &Identity,
        output: &mut dyn Output,
    ) -> Result<(), Failure> {
        self.require_own_database(schema.schema.as_deref())?;
        let (name, database) = (&schema.name, self.database.clone());
        if relations::schema(&self.connection, &database, name)?.is_none() && drop.if_exists {
            return output.notice(&Notice::info(format!(
                "Schema \"{name}\" does not exist and will be skipped"
            )));
        }
        self.require_schema_owner(name, identity, Privilege::Drop)?;
        let inside = relations::in_schema(&self.connection, &database, name)?;
        let routines = routines::all_in_schema(&self.connection, &database, name)?;
        let empty = inside.is_empty() && routines.is_empty();
        if !empty && !drop.cascade {
            return Err(super::in_use(&format!("schema {name}")));
        }
        for relation in &inside {
            self.drop_dependents(&database, relation, true)?;
            relations::remove(&self.connection, &database, relation)?;
        }
        for routine in &routines {
            routines::remove_grants(&self.connection, &database, routine)?;
            routines::remove(&self.connection, &database, routine.id)?;
        }
        Ok(relations::remove_schema(&self.connection, &database, name)?)
    }

    pub(super) fn comment(&mut self, comment: &Comment) -> Result<String, Failure> {
        let text = optional(comment.text.as_deref());
        let remarks = format!("remarks = {text}");
        let database = self.database.clone();
        match &comment.on {
            CommentTarget::Table(name) | CommentTarget::View(name) => {
                if let Resolved::Relation { relation, .. } = self.target(name, Privilege::Alter)? {
                    relations::change(&self.connection, &database, relation.id, &remarks)?;
                }
            }
            CommentTarget::Column(name, column) => {
                if let Resolved::Relation { relation, .. } = self.target(name, Privilege::Alter)? {
                    let column = Some(column.as_str());
                    let connection = &self.connection;
                    relations::change_columns(
                        connection,
                        &database,
                        relation.id,
                        column,
                        &remarks,
                    )?;
                }
            }
            CommentTarget::Schema(_)
            | CommentTarget::Database(_)
            | CommentTarget::Constraint(..) => {
                return Err(Failure::not_implemented("COMMENT on this object"));
            }
        }
        Ok(String::from("COMMENT"))
    }
}
