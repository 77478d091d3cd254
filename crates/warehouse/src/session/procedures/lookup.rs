//! Which of several routines of a name is meant: by the number and the types of the arguments.
//! Redshift Developer Guide, "Overloading procedure names", "Overloading function names".

use redshift_sql::{ArgumentType, ObjectName, Privilege, RoutineKind, SqlType, conversion_cost};

use super::super::Session;
use super::word;
use crate::catalog::grants::held;
use crate::catalog::routines::{self, Routine};
use crate::errors::Failure;
use crate::privileges::{self, privilege_name};

const NO_MATCH: &str = "No procedure matches the given name and argument types. You may need to \
                        add explicit type casts.";

impl Session {
    /// The routines of a name by the search path, or in the schema it names.
    pub(super) fn routines_named(
        &mut self,
        kind: RoutineKind,
        name: &ObjectName,
    ) -> Result<Vec<Routine>, Failure> {
        if name.database.as_ref().is_some_and(|database| *database != self.database_name) {
            return Err(Failure::new(
                "0A000",
                "cross-database references are only supported for queries",
            ));
        }
        let schemas = match &name.schema {
            Some(schema) => vec![schema.clone()],
            None => self.search_path()?,
        };
        Ok(routines::named(&self.connection, &self.database, &schemas, kind, &name.name)?)
    }

    /// The procedure that a call with arguments of these types means; `None` fits any type.
    pub(super) fn routine_for(
        &mut self,
        name: &ObjectName,
        given: &[Option<SqlType>],
    ) -> Result<Routine, Failure> {
        let found = self.routines_named(RoutineKind::Procedure, name)?;
        match best(found, given) {
            Best::One(routine) => Ok(*routine),
            Best::None => Err(missing(name, given)),
            Best::Several => {
                let text = format!("procedure {} is not unique", called(name, given));
                Err(Failure::new("42725", text).with_hint(
                    "Could not choose a best candidate procedure. You may need to add explicit \
                     type casts.",
                ))
            }
        }
    }

    /// EXECUTE on a routine and USAGE on its schema.
    pub(super) fn require_execute(&mut self, routine: &Routine) -> Result<(), Failure> {
        let identity = self.identity()?;
        if identity.superuser {
            return Ok(());
        }
        let (connection, database) = (&self.connection, &self.database);
        let usage = Privilege::Usage;
        privileges::require_on_schema(connection, database, &routine.schema, &identity, usage)?;
        if routine.owner == identity.user {
            return Ok(());
        }
        let signature = routine.signature();
        let object = routines::object(routine, &signature);
        let held = held(connection, database, &object, &identity.filter)?;
        if held.iter().any(|grant| grant.privilege == privilege_name(Privilege::Execute)) {
            return Ok(());
        }
        Err(Failure::denied(word(routine.kind), &routine.name))
    }
}

/// What fits best.
pub(super) enum Best {
    One(Box<Routine>),
    None,
    Several,
}

/// The routine whose arguments need the least conversion; earlier schemas win.
pub(super) fn best(found: Vec<Routine>, given: &[Option<SqlType>]) -> Best {
    let mut least: Option<u32> = None;
    let mut fitting: Vec<Routine> = Vec::new();
    for routine in found {
        let Some(cost) = cost(&routine, given) else { continue };
        if least.is_none_or(|least| cost < least) {
            least = Some(cost);
            fitting.clear();
        }
        if least == Some(cost) {
            fitting.push(routine);
        }
    }
    let schema = fitting.first().map(|routine| routine.schema.clone());
    fitting.retain(|routine| Some(&routine.schema) == schema.as_ref());
    match (fitting.pop(), fitting.is_empty()) {
        (Some(only), true) => Best::One(Box::new(only)),
        (Some(_), false) => Best::Several,
        (None, _) => Best::None,
    }
}

/// How much conversion the arguments need; `None` when one cannot be converted.
fn cost(routine: &Routine, given: &[Option<SqlType>]) -> Option<u32> {
    let wanted: Vec<ArgumentType> = routine.inputs().map(|argument| argument.kind).collect();
    if wanted.len() != given.len() {
        return None;
    }
    let costs = wanted.iter().zip(given).map(|(wanted, given)| match (wanted, given) {
        (ArgumentType::Cursor, None) => Some(0),
        (ArgumentType::Cursor, Some(given)) => text(*given).then_some(1),
        (ArgumentType::Sql(wanted), given) => conversion_cost(*given, *wanted),
    });
    costs.sum()
}

fn text(kind: SqlType) -> bool {
    matches!(kind, SqlType::Varchar(_) | SqlType::Char(_) | SqlType::Name)
}

/// The call as messages show it: `sp(integer, "unknown")`.
pub(super) fn called(name: &ObjectName, given: &[Option<SqlType>]) -> String {
    let kinds: Vec<&str> =
        given.iter().map(|kind| kind.map_or("\"unknown\"", |kind| kind.base_name())).collect();
    format!("{name}({})", kinds.join(", "))
}

fn missing(name: &ObjectName, given: &[Option<SqlType>]) -> Failure {
    let text = format!("procedure {} does not exist", called(name, given));
    Failure::new("42883", text).with_hint(NO_MATCH)
}
