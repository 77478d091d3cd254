//! CREATE, ALTER and DROP SCHEMA. Redshift Developer Guide, "CREATE SCHEMA", "ALTER SCHEMA".

use redshift_sql::{
    AlterSchema, AlterSchemaAction, CreateSchema, DropSchema, ObjectName, Privilege,
};

use super::super::{Notice, Output, Session};
use super::view::Moved;
use crate::catalog::{relations, routines, system};
use crate::errors::Failure;
use crate::privileges::{self, Identity};

impl Session {
    pub(super) fn create_schema(
        &mut self,
        create: &CreateSchema,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let name = &create.name;
        refuse_reserved(name)?;
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
            AlterSchemaAction::Rename(name) => {
                self.atomically(|session| session.rename_schema(&alter.name, name))?;
            }
            AlterSchemaAction::Owner(user) => {
                let owner = format!("owner = {}", self.existing_user(user)?.id);
                relations::change_schema(&self.connection, &database, &alter.name, &owner)?;
            }
            AlterSchemaAction::Quota(quota) => {
                privileges::require_superuser(&identity, "change the quota of a schema")?;
                let quota = quota.map_or_else(|| String::from("NULL"), |n| n.to_string());
                let quota = format!("quota_mb = {quota}");
                relations::change_schema(&self.connection, &database, &alter.name, &quota)?;
            }
        }
        self.privileges_changed();
        Ok(String::from("ALTER SCHEMA"))
    }

    /// The engine keeps its name of the schema, so that its own views go on; the texts of views
    /// are written with the new name.
    fn rename_schema(&mut self, from: &str, to: &str) -> Result<(), Failure> {
        refuse_reserved(to)?;
        let database = self.database.clone();
        if relations::schema(&self.connection, &database, to)?.is_some() {
            return Err(Failure::new("42P06", format!("schema \"{to}\" already exists")));
        }
        for relation in relations::in_schema(&self.connection, &database, from)? {
            let moved = Moved::Renamed { schema: to, name: &relation.name };
            self.follow_in_texts(&relation, &moved)?;
        }
        Ok(relations::rename_schema(&self.connection, &database, from, to)?)
    }

    /// Ownership of a schema, or a privilege on it that stands for this.
    pub(super) fn require_schema_owner(
        &self,
        name: &str,
        identity: &Identity,
        privilege: Privilege,
    ) -> Result<(), Failure> {
        let (connection, database) = (&self.connection, &self.database);
        if relations::schema(connection, database, name)?.is_none() {
            return Err(Failure::new("3F000", format!("schema \"{name}\" does not exist")));
        }
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
}

/// Names of the system's schemas are not for others.
fn refuse_reserved(name: &str) -> Result<(), Failure> {
    if !system::is_system_name(name) && !privileges::is_hidden_schema(name) {
        return Ok(());
    }
    let mut failure = Failure::new("42939", format!("unacceptable schema name \"{name}\""));
    failure.detail = Some(String::from("The name is reserved for system schemas."));
    Err(failure)
}
