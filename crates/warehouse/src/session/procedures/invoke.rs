//! One call of a procedure: arguments in, the body, outputs out; whose rights it has and which
//! settings hold meanwhile.

use redshift_sql::procedural::{Body, VariableType, read_body};

use super::super::{Output, Session};
use super::Answer;
use super::frame::{Place, Value, frame, sql_type};
use super::interpreter::{Flow, Interpreter};
use super::routines::body_failure;
use crate::catalog::history::{CallRecord, Record};
use crate::catalog::routines::Routine;
use crate::catalog::users::by_id;
use crate::errors::Failure;

/// Calls inside calls at most (Limits and differences for stored procedure support).
const MAX_DEPTH: usize = 16;

impl Session {
    /// Runs a procedure with these values for its inputs; gives its outputs.
    pub(super) fn invoke(
        &mut self,
        routine: &Routine,
        values: Vec<Value>,
        text: &str,
        output: &mut dyn Output,
    ) -> Result<Vec<Answer>, Failure> {
        if self.running.calls.len() >= MAX_DEPTH {
            let text = format!("stored procedure calls are nested more than {MAX_DEPTH} deep");
            return Err(Failure::new("54001", text));
        }
        if routine.nonatomic != self.running.nonatomic {
            return Err(Failure::new(
                "0A000",
                "nested stored procedure calls must be in the same transaction mode",
            ));
        }
        let body = read_body(&routine.name, &routine.body, &routine.arguments, &self.options())
            .map_err(|error| body_failure(&routine.name, error))?;
        let (query, from) = (self.last_query, self.running.calls.last().copied());
        let started = self.cluster.world.now();
        self.running.calls.push(query);
        let result = self.with_settings(routine, |session| {
            session
                .with_rights(routine, |session| session.carry_out(routine, &body, values, output))
        });
        self.running.calls.pop();
        self.cluster.history.add(Record::Call(CallRecord {
            origin: self.origin(query),
            session_user: self.session_user.id,
            label: self.settings.get("query_group").unwrap_or_default().to_owned(),
            text: redshift_sql::redact(text),
            started,
            ended: self.cluster.world.now(),
            aborted: result.is_err(),
            from,
        }));
        result
    }

    fn carry_out(
        &mut self,
        routine: &Routine,
        body: &Body,
        values: Vec<Value>,
        output: &mut dyn Output,
    ) -> Result<Vec<Answer>, Failure> {
        let mut interpreter = Interpreter::new(self, routine, body, frame(body), output);
        interpreter.copy_types()?;
        interpreter.set_found(false);
        let inputs = routine.arguments.iter().zip(&body.arguments);
        let inputs = inputs.filter(|(argument, _)| argument.mode.is_input());
        for ((_, number), value) in inputs.zip(values) {
            interpreter.assign_variable(*number, value)?;
        }
        match interpreter.block(&body.block)? {
            Flow::Next | Flow::Return | Flow::Exit(_) | Flow::Continue(_) => {}
        }
        let frame = interpreter.into_frame();
        let arguments = routine.arguments.iter().zip(&body.arguments).enumerate();
        Ok(arguments
            .filter(|(_, (argument, _))| argument.mode.is_output())
            .map(|(index, (argument, number))| Answer {
                name: output_name(argument.name.as_deref(), index),
                value: match frame.get(*number).map(|variable| &variable.place) {
                    Some(Place::Value(value)) => {
                        Value { kind: sql_type(argument.kind), text: value.text.clone() }
                    }
                    _ => Value::null(sql_type(argument.kind)),
                },
            })
            .collect())
    }

    /// Runs `work` with the procedure's `SET` options in force.
    fn with_settings<T>(
        &mut self,
        routine: &Routine,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if routine.settings.is_empty() {
            return work(self);
        }
        let bound = std::mem::replace(&mut self.running.bound, true);
        let mut before = Vec::new();
        for (name, value) in &routine.settings {
            before.push((name.clone(), self.settings.get(name).map(str::to_owned)));
            self.settings.set(name, Some(std::slice::from_ref(value)), false)?;
            self.setting_changed(name)?;
        }
        let result = work(self);
        for (name, value) in before {
            let value = value.map(|value| vec![value]);
            let restored = self.settings.set(&name, value.as_deref(), false);
            if let Err(fault) = restored.map(drop).and_then(|()| self.setting_changed(&name)) {
                tracing::debug!(error = %fault, "a setting was not restored");
            }
        }
        self.running.bound = bound;
        result
    }

    /// Runs `work` as the owner of a `SECURITY DEFINER` procedure.
    fn with_rights<T>(
        &mut self,
        routine: &Routine,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if !routine.definer || routine.owner == self.user.id {
            return work(self);
        }
        let owner = by_id(&self.connection, &self.cluster.home, routine.owner)?
            .ok_or_else(|| Failure::new("42704", "the procedure's owner does not exist"))?;
        let caller = std::mem::replace(&mut self.user, owner);
        let result = self.user_changed().and_then(|()| work(self));
        self.user = caller;
        match self.user_changed() {
            Ok(()) => result,
            // Nothing may go on with the owner's rights.
            Err(failure) => Err(result.err().unwrap_or(failure).fatal()),
        }
    }
}

/// The column of an output: its argument's name, or its place.
pub(super) fn output_name(name: Option<&str>, index: usize) -> String {
    name.map_or_else(|| format!("column{}", index.saturating_add(1)), str::to_owned)
}

impl Interpreter<'_> {
    /// Gives variables declared `%TYPE` their columns' types.
    fn copy_types(&mut self) -> Result<(), Failure> {
        let body = self.body;
        for (number, declared) in body.variables.iter().enumerate() {
            match &declared.kind {
                VariableType::Column { table, column } => {
                    let kind = self.session.column_type(table, column)?;
                    self.retype(number, kind);
                }
                VariableType::Row(table) => {
                    let row = self.session.row_type(table)?;
                    let row = row.into_iter().map(|(name, kind)| (name, Value::null(kind)));
                    self.shape(number, row.collect());
                }
                VariableType::Sql(_) | VariableType::Cursor | VariableType::Record => {}
            }
        }
        Ok(())
    }
}
