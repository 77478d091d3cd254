//! `CREATE`, `ALTER`, `DROP` of procedures and functions, and `SHOW PROCEDURE`.
//! Redshift Developer Guide, "CREATE PROCEDURE", "CREATE FUNCTION", "ALTER PROCEDURE",
//! "DROP PROCEDURE", "SHOW PROCEDURE".

use redshift_sql::procedural::{BodyError, read_body};
use redshift_sql::{
    AlterRoutine, AlterRoutineAction, Argument, ArgumentMode, CreateProcedure, RoutineKind,
    RoutineRef, signature,
};

use super::super::Session;
use super::word;
use crate::catalog::grants::{Object, held};
use crate::catalog::routines::Routine;
use crate::catalog::{defaults, routines};
use crate::errors::Failure;

impl Session {
    pub(in super::super) fn create_procedure(
        &mut self,
        create: &CreateProcedure,
    ) -> Result<String, Failure> {
        let name = &create.name.name;
        read_body(name, &create.body, &create.arguments, &self.options())
            .map_err(|error| compile_failure(name, error))?;
        let settings = self.checked_settings(create)?;
        self.require_language("plpgsql")?;
        let routine = Routine {
            id: 0,
            kind: RoutineKind::Procedure,
            schema: String::new(),
            name: name.clone(),
            owner: self.user.id,
            arguments: create.arguments.clone(),
            returns: None,
            volatility: String::from("v"),
            definer: create.definer,
            nonatomic: create.nonatomic,
            settings,
            body: create.body.clone(),
        };
        self.record_routine(&create.name, routine, create.replace)?;
        Ok(String::from("CREATE PROCEDURE"))
    }

    /// The `SET` options must be settings.
    fn checked_settings(&self, create: &CreateProcedure) -> Result<Vec<(String, String)>, Failure> {
        let mut tried = self.settings.clone();
        let mut kept = Vec::new();
        for set in &create.settings {
            let value = tried.set(&set.name, set.values.as_deref(), false)?;
            kept.push((set.name.clone(), value));
        }
        Ok(kept)
    }

    /// USAGE on a language, which everybody has until it is revoked.
    pub(super) fn require_language(&mut self, language: &str) -> Result<(), Failure> {
        let identity = self.identity()?;
        if identity.superuser {
            return Ok(());
        }
        let object = Object::Language(language);
        let held = held(&self.connection, &self.database, &object, &identity.filter)?;
        if held.iter().any(|grant| grant.privilege == "USAGE") {
            return Ok(());
        }
        Err(Failure::denied("language", language))
    }

    /// Writes a new routine, or a new body of one that it may replace.
    pub(super) fn record_routine(
        &mut self,
        name: &redshift_sql::ObjectName,
        mut routine: Routine,
        replace: bool,
    ) -> Result<(), Failure> {
        let place = self.routine_place(name, routine.kind)?;
        routine.schema = place;
        let signature = signature(&routine.arguments);
        let (connection, database) = (&self.connection, self.database.clone());
        let schemas = [routine.schema.clone()];
        let kind = routine.kind;
        let same = routines::named(connection, &database, &schemas, kind, &routine.name)?
            .into_iter()
            .find(|known| redshift_sql::signature(&known.arguments) == signature);
        match &same {
            Some(_) if !replace => {
                let text = format!(
                    "{} \"{}\" already exists with same argument types",
                    word(kind),
                    routine.name
                );
                return Err(Failure::new("42723", text));
            }
            Some(known) => {
                self.require_routine_owner(known)?;
                same_shape(known, &routine)?;
                routine.id = known.id;
                routine.owner = known.owner;
            }
            None => {}
        }
        let now = self.cluster.world.now();
        self.atomically(|session| {
            let connection = &session.connection;
            if let Some(known) = &same {
                routines::remove(connection, &database, known.id)?;
            }
            routines::add(connection, &database, &routine, now)?;
            if same.is_none() {
                let signature = routine.signature();
                let object = routines::object(&routine, &signature);
                defaults::apply(connection, &database, &object, &routine.schema, routine.owner)?;
            }
            Ok(())
        })?;
        self.privileges_changed();
        Ok(())
    }

    pub(super) fn require_routine_owner(&mut self, routine: &Routine) -> Result<(), Failure> {
        let identity = self.identity()?;
        let permission = match routine.kind {
            RoutineKind::Procedure => "DROP PROCEDURE",
            RoutineKind::Function => "DROP FUNCTION",
        };
        if identity.superuser || identity.user == routine.owner || identity.may(permission) {
            return Ok(());
        }
        let text = format!("must be owner of {} {}", word(routine.kind), routine.name);
        Err(Failure::new("42501", text))
    }

    /// The routine of exactly these input types.
    pub(in super::super) fn existing_signature(
        &mut self,
        kind: RoutineKind,
        name: &redshift_sql::ObjectName,
        wanted: Option<&str>,
    ) -> Result<Routine, Failure> {
        let mut found = self.routines_named(kind, name)?;
        if let Some(wanted) = wanted {
            found.retain(|routine| signature(&routine.arguments) == wanted);
        }
        let one = found.len() == 1 || wanted.is_some();
        match found.into_iter().next() {
            Some(routine) if one => Ok(routine),
            Some(_) => {
                let text = format!("{} name \"{name}\" is not unique", word(kind));
                Err(Failure::new("42725", text))
            }
            None => {
                let types = wanted.map(|types| format!("({types})")).unwrap_or_default();
                let text = format!("{} {name}{types} does not exist", word(kind));
                Err(Failure::new("42883", text))
            }
        }
    }

    /// The routine that a statement names by its arguments, of which outputs may be left out.
    fn existing_named(&mut self, routine: &RoutineRef) -> Result<Routine, Failure> {
        let wanted = routine.arguments.as_deref().map(signature);
        self.existing_signature(routine.kind, &routine.name, wanted.as_deref())
    }

    pub(in super::super) fn drop_routine(
        &mut self,
        routine: &RoutineRef,
    ) -> Result<String, Failure> {
        let found = self.existing_named(routine)?;
        self.require_routine_owner(&found)?;
        let database = self.database.clone();
        self.atomically(|session| {
            routines::remove_grants(&session.connection, &database, &found)?;
            Ok(routines::remove(&session.connection, &database, found.id)?)
        })?;
        self.privileges_changed();
        Ok(format!("DROP {}", word(found.kind).to_ascii_uppercase()))
    }

    pub(in super::super) fn alter_routine(
        &mut self,
        alter: &AlterRoutine,
    ) -> Result<String, Failure> {
        let found = self.existing_named(&alter.routine)?;
        self.require_routine_owner(&found)?;
        let database = self.database.clone();
        match &alter.action {
            AlterRoutineAction::Rename(name) => {
                let schemas = [found.schema.clone()];
                let own = signature(&found.arguments);
                let taken =
                    routines::named(&self.connection, &database, &schemas, found.kind, name)?
                        .iter()
                        .any(|other| signature(&other.arguments) == own);
                if taken {
                    let text = format!(
                        "{} {name}({own}) already exists in schema \"{}\"",
                        word(found.kind),
                        found.schema
                    );
                    return Err(Failure::new("42723", text));
                }
                self.atomically(|session| {
                    Ok(routines::rename(&session.connection, &database, &found, name)?)
                })?;
            }
            AlterRoutineAction::Owner(user) => {
                let owner = self.existing_user(user)?.id;
                routines::set_owner(&self.connection, &database, found.id, owner)?;
            }
        }
        self.privileges_changed();
        Ok(format!("ALTER {}", word(found.kind).to_ascii_uppercase()))
    }

    /// The statement that would make a procedure again.
    pub(in super::super) fn show_procedure(
        &mut self,
        routine: &RoutineRef,
    ) -> Result<String, Failure> {
        let found = self.existing_named(routine)?;
        let arguments: Vec<String> = found.arguments.iter().map(shown_argument).collect();
        let mut text = format!(
            "CREATE OR REPLACE PROCEDURE {}.{}({})\n",
            found.schema,
            found.name,
            arguments.join(", ")
        );
        if found.nonatomic {
            text.push_str("NONATOMIC\n");
        }
        text.push_str(&format!("LANGUAGE plpgsql\nAS $_${}$_$\n", found.body));
        if found.definer {
            text.push_str("SECURITY DEFINER\n");
        }
        for (name, value) in &found.settings {
            text.push_str(&format!("SET {name} TO {value}\n"));
        }
        Ok(text)
    }

    /// The schema a new routine goes to.
    fn routine_place(
        &mut self,
        name: &redshift_sql::ObjectName,
        kind: RoutineKind,
    ) -> Result<String, Failure> {
        if name.database.as_ref().is_some_and(|database| *database != self.database_name) {
            return Err(Failure::new(
                "0A000",
                "cross-database references are only supported for queries",
            ));
        }
        let schema =
            match &name.schema {
                Some(schema) => schema.clone(),
                None => self.search_path()?.into_iter().next().ok_or_else(|| {
                    Failure::new("3F000", "no schema has been selected to create in")
                })?,
            };
        let permission = match kind {
            RoutineKind::Procedure => "CREATE OR REPLACE PROCEDURE",
            RoutineKind::Function => "CREATE OR REPLACE FUNCTION",
        };
        self.require_create(&schema, permission)?;
        Ok(schema)
    }
}

/// An argument as `SHOW PROCEDURE` writes it: inputs without their mode, types without length.
fn shown_argument(argument: &Argument) -> String {
    let mode = match argument.mode {
        ArgumentMode::In => None,
        ArgumentMode::Out => Some("OUT"),
        ArgumentMode::InOut => Some("INOUT"),
    };
    let parts = [mode, argument.name.as_deref(), Some(argument.kind.base_name())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A replaced routine keeps the types of what it gives back.
fn same_shape(known: &Routine, new: &Routine) -> Result<(), Failure> {
    let outputs = |routine: &Routine| -> Vec<&'static str> {
        let outputs = routine.arguments.iter().filter(|argument| argument.mode.is_output());
        outputs.map(|argument| argument.kind.base_name()).collect()
    };
    let returns = |routine: &Routine| routine.returns.map(|returns| returns.base_name());
    if outputs(known) == outputs(new) && returns(known) == returns(new) {
        return Ok(());
    }
    let kind = word(new.kind);
    let hint = format!("Use DROP {} first.", kind.to_ascii_uppercase());
    let text = format!("cannot change return type of existing {kind}");
    Err(Failure::new("42P13", text).with_hint(&hint))
}

/// Why a body is none: where in it, as context.
fn compile_failure(name: &str, error: BodyError) -> Failure {
    let mut failure = Failure::from(error.error);
    failure.position = None;
    failure.within(&format!("compile of PL/pgSQL function \"{name}\" near line {}", error.line))
}

/// The body of a procedure that was checked when it was made.
pub(super) fn body_failure(name: &str, error: BodyError) -> Failure {
    compile_failure(name, error)
}
