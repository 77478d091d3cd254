//! Grants on schemas, databases, languages, functions and procedures, and scoped ones.
//! Redshift Developer Guide, "GRANT", "Scoped permissions".

use redshift_sql::{ObjectName, Privilege, RoutineKind, RoutineName, ScopedObjects};

use super::super::Session;
use super::relations::ALL_ON_TABLES;
use super::{Change, Place, To, expand};
use crate::catalog::grants::{Object, Right};
use crate::catalog::relations::{self, Schema};
use crate::catalog::routines;
use crate::catalog::users::BOOTSTRAP_ID;
use crate::errors::Failure;
use crate::privileges::require_superuser;

/// What `ALL` means for schemas.
const ALL_ON_SCHEMAS: [Privilege; 2] = [Privilege::Usage, Privilege::Create];
/// What `ALL` means for databases.
const ALL_ON_DATABASES: [Privilege; 2] = [Privilege::Create, Privilege::Temp];
/// Languages of functions and procedures.
const LANGUAGES: [&str; 2] = ["sql", "plpgsql"];

impl Session {
    /// A schema that must exist, and the database it is in.
    pub(super) fn existing_schema(&self, name: &ObjectName) -> Result<(String, Schema), Failure> {
        let database = match &name.schema {
            Some(database) => self.database_named(database)?.key,
            None => self.database.clone(),
        };
        let schema = relations::schema(&self.connection, &database, &name.name)?;
        let schema = schema.ok_or_else(|| {
            Failure::new("3F000", format!("schema \"{}\" does not exist", name.name))
        })?;
        Ok((database, schema))
    }

    pub(super) fn change_on_schemas(
        &mut self,
        wanted: &[Privilege],
        schemas: &[ObjectName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for name in schemas {
            let (database, schema) = self.existing_schema(name)?;
            let place = Place {
                database: &database,
                object: Object::Schema(&schema.name),
                owner: schema.owner,
                name: &schema.name,
            };
            self.apply_each(&place, &expand(wanted, &ALL_ON_SCHEMAS), holders, change)?;
        }
        Ok(())
    }

    /// Gives or takes rights on a whole object.
    fn apply_each(
        &mut self,
        place: &Place<'_>,
        privileges: &[&'static str],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        privileges.iter().try_for_each(|privilege| {
            self.apply(place, Right { privilege, column: "" }, holders, change)
        })
    }

    pub(super) fn change_on_databases(
        &mut self,
        wanted: &[Privilege],
        databases: &[String],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for name in databases {
            let database = self.database_named(name)?;
            let place = Place {
                database: &database.key,
                object: Object::Database,
                owner: database.owner,
                name,
            };
            self.apply_each(&place, &expand(wanted, &ALL_ON_DATABASES), holders, change)?;
        }
        Ok(())
    }

    pub(super) fn change_on_languages(
        &mut self,
        languages: &[String],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let database = self.database.clone();
        for language in languages {
            if !LANGUAGES.contains(&language.as_str()) {
                let text = format!("language \"{language}\" does not exist");
                return Err(Failure::new("42704", text));
            }
            let place = Place {
                database: &database,
                object: Object::Language(language),
                owner: BOOTSTRAP_ID,
                name: language,
            };
            self.apply(&place, Right { privilege: "USAGE", column: "" }, holders, change)?;
        }
        Ok(())
    }

    pub(super) fn change_on_routines(
        &mut self,
        kind: RoutineKind,
        routines: &[RoutineName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for routine in routines {
            let found = self.existing_routine(kind, routine)?;
            self.change_on_routine(&found, holders, change)?;
        }
        Ok(())
    }

    pub(super) fn change_on_all_routines(
        &mut self,
        kind: RoutineKind,
        schemas: &[ObjectName],
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        for name in schemas {
            let (database, schema) = self.existing_schema(name)?;
            for routine in self.routines_in(kind, &database, &schema.name)? {
                self.change_on_routine(&routine, holders, change)?;
            }
        }
        Ok(())
    }

    fn change_on_routine(
        &mut self,
        routine: &Routine,
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let Routine { database, kind, schema, signature, owner } = routine;
        let place = Place {
            database,
            object: Object::Routine { kind: kind.word(), schema, signature },
            owner: *owner,
            name: signature.split('(').next().unwrap_or(signature),
        };
        self.apply(&place, Right { privilege: "EXECUTE", column: "" }, holders, change)
    }

    /// A function or procedure that must exist.
    fn existing_routine(
        &mut self,
        kind: RoutineKind,
        routine: &RoutineName,
    ) -> Result<Routine, Failure> {
        let types = routine.arguments.as_ref().map(|types| {
            types.iter().map(redshift_sql::SqlType::base_name).collect::<Vec<_>>().join(", ")
        });
        let found = self.existing_signature(kind, &routine.name, types.as_deref())?;
        Ok(grantable(self.database.clone(), &found))
    }

    fn routines_in(
        &self,
        kind: RoutineKind,
        database: &str,
        schema: &str,
    ) -> Result<Vec<Routine>, Failure> {
        let found = routines::in_schema(&self.connection, database, kind, schema)?;
        Ok(found.iter().map(|routine| grantable(database.to_owned(), routine)).collect())
    }

    /// `FOR TABLES IN …`: a superuser's, or the schema owner's.
    pub(super) fn change_scoped(
        &mut self,
        wanted: &[Privilege],
        objects: ScopedObjects,
        (schema, database): (Option<&str>, Option<&str>),
        holders: &[To],
        change: Change,
    ) -> Result<(), Failure> {
        let named = database.unwrap_or(&self.database_name).to_owned();
        let database = self.database_named(&named)?.key;
        let (owner, name) = match schema {
            Some(schema) => {
                let name =
                    ObjectName { database: None, schema: Some(named), name: schema.to_owned() };
                (self.existing_schema(&name)?.1.owner, schema)
            }
            None => {
                let identity = self.identity()?;
                require_superuser(&identity, "grant scoped permissions on a database")?;
                (BOOTSTRAP_ID, "")
            }
        };
        let all: &[Privilege] = match objects {
            ScopedObjects::Tables => &ALL_ON_TABLES,
            ScopedObjects::Schemas => &ALL_ON_SCHEMAS,
            ScopedObjects::Functions | ScopedObjects::Procedures => &[Privilege::Execute],
            ScopedObjects::Languages => &[Privilege::Usage],
        };
        let place = Place {
            database: &database,
            object: Object::Scope { objects: objects.word(), schema: name },
            owner,
            name,
        };
        for privilege in expand(wanted, all) {
            self.apply(&place, Right { privilege, column: "" }, holders, change)?;
        }
        Ok(())
    }
}

/// A function or procedure as grants name it.
struct Routine {
    database: String,
    kind: RoutineKind,
    schema: String,
    /// Its name with its arguments' types.
    signature: String,
    owner: i64,
}

fn grantable(database: String, routine: &routines::Routine) -> Routine {
    Routine {
        database,
        kind: routine.kind,
        schema: routine.schema.clone(),
        signature: routine.signature(),
        owner: routine.owner,
    }
}
