//! SQL user-defined functions: making them, and finding them for a statement that calls one.
//! Redshift Developer Guide, "CREATE FUNCTION", "Scalar SQL UDFs".

use std::cell::RefCell;

use redshift_sql::{
    ArgumentType, CreateFunction, GivenType, ObjectName, RoutineKind, SqlError, SqlType,
    UserFunction, UserFunctions, Volatility, check_function,
};

use super::super::Session;
use super::lookup::{Best, best, called};
use crate::catalog::routines::Routine;
use crate::errors::Failure;

impl Session {
    pub(in super::super) fn create_function(
        &mut self,
        create: &CreateFunction,
    ) -> Result<String, Failure> {
        let options = self.options();
        check_function(create, &options, &Functions::of(self)).map_err(|mut error| {
            // It counts in the body.
            error.position = None;
            error
        })?;
        self.require_language("sql")?;
        let volatility = match create.volatility {
            Volatility::Volatile => "v",
            Volatility::Stable => "s",
            Volatility::Immutable => "i",
        };
        let routine = Routine {
            id: 0,
            kind: RoutineKind::Function,
            schema: String::new(),
            name: create.name.name.clone(),
            owner: self.user.id,
            arguments: create.arguments.clone(),
            returns: Some(create.returns),
            volatility: volatility.to_owned(),
            definer: false,
            nonatomic: false,
            settings: Vec::new(),
            body: create.body.clone(),
        };
        self.record_routine(&create.name, routine, create.replace)?;
        Ok(String::from("CREATE FUNCTION"))
    }
}

/// A session's functions, for reading statements. Looked up only for names that are none of
/// Redshift's own functions.
pub(in super::super) struct Functions<'a> {
    session: RefCell<&'a mut Session>,
}

impl<'a> Functions<'a> {
    /// The functions that a session sees.
    pub(in super::super) fn of(session: &'a mut Session) -> Self {
        Self { session: RefCell::new(session) }
    }
}

impl UserFunctions for Functions<'_> {
    fn find(
        &self,
        name: &ObjectName,
        arguments: &[GivenType],
    ) -> Result<Option<UserFunction>, SqlError> {
        let mut session = self.session.borrow_mut();
        if session.transaction == super::super::transaction::Transaction::Aborted {
            return Ok(None);
        }
        let mut found = session.routines_named(RoutineKind::Function, name).map_err(told)?;
        found.retain(|routine| routine.inputs().count() == arguments.len());
        let arguments: Vec<Option<SqlType>> = arguments.iter().map(known).collect();
        match best(found, &arguments) {
            Best::None => Ok(None),
            Best::Several => {
                let text = format!("function {} is not unique", called(name, &arguments));
                Err(SqlError::new("42725", text).with_hint(
                    "Could not choose a best candidate function. You may need to add explicit \
                     type casts.",
                ))
            }
            Best::One(routine) => {
                session.require_execute(&routine).map_err(told)?;
                Ok(Some(as_function(&routine)))
            }
        }
    }

    fn overloads(&self, name: &ObjectName, count: usize) -> Result<Vec<UserFunction>, SqlError> {
        let mut session = self.session.borrow_mut();
        if session.transaction == super::super::transaction::Transaction::Aborted {
            return Ok(Vec::new());
        }
        let mut found = session.routines_named(RoutineKind::Function, name).map_err(told)?;
        found.retain(|routine| routine.inputs().count() == count);
        let mut functions: Vec<UserFunction> = Vec::new();
        for routine in &found {
            let function = as_function(routine);
            // Earlier schemas win.
            if functions.iter().any(|other| other.arguments == function.arguments) {
                continue;
            }
            session.require_execute(routine).map_err(told)?;
            functions.push(function);
        }
        Ok(functions)
    }
}

fn known(given: &GivenType) -> Option<SqlType> {
    match given {
        GivenType::Known(kind) => Some(*kind),
        GivenType::Literal | GivenType::Unknown => None,
    }
}

fn as_function(routine: &Routine) -> UserFunction {
    let kind = |kind: ArgumentType| match kind {
        ArgumentType::Sql(kind) => kind,
        ArgumentType::Cursor => SqlType::Varchar(0),
    };
    UserFunction {
        arguments: routine.inputs().map(|argument| kind(argument.kind)).collect(),
        returns: routine.returns.unwrap_or(SqlType::Varchar(0)),
        body: routine.body.clone(),
    }
}

/// A failure of a lookup as an error of reading.
fn told(failure: Failure) -> SqlError {
    let sqlstate = ["42501", "3F000", "0A000"].into_iter().find(|code| *code == failure.sqlstate);
    SqlError::new(sqlstate.unwrap_or("XX000"), failure.message)
}
