//! Stored procedures: making, dropping and calling them.
//!
//! A body is read anew for each call (`redshift_sql::procedural`) and carried out statement by
//! statement through the session's ordinary path: what a procedure may do is what its user may
//! do, and variables reach SQL only as parameters. It must not know the wire. Start reading at
//! [`Session::call`]; `interpreter.rs` carries out a body.
//! Redshift Developer Guide, "Creating stored procedures in Amazon Redshift".

mod cursors;
mod expressions;
mod frame;
mod functions;
mod interpreter;
mod invoke;
mod lookup;
mod messages;
mod routines;
mod statements;
mod transactions;

use redshift_sql::{Call, Kind, RoutineKind};

use super::engine_sql::stream;
use super::{Field, FieldType, Notice, Output, Parameter, Session};
use crate::catalog::routines::Routine;
use crate::errors::Failure;
use frame::Value;
pub(super) use functions::Functions;

/// What the running procedures of a session have in common.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// The queries of the nested calls, outermost first.
    calls: Vec<i64>,
    /// Nobody may end the transaction: the outermost call is inside a transaction block, or a
    /// procedure with `SET` options runs.
    bound: bool,
    /// The mode of the outermost procedure.
    nonatomic: bool,
    /// How often a procedure ended a transaction: cursors opened before are closed.
    ended: u64,
    /// Loops over rows that are open.
    loops: usize,
}

/// An output of a call.
struct Answer {
    name: String,
    value: Value,
}

impl Session {
    /// `CALL`: runs a procedure and sends its outputs as one row.
    pub(super) fn call(
        &mut self,
        call: &Call,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let arguments = self.call_arguments(call, parameters)?;
        let kinds: Vec<_> =
            arguments.iter().map(|(value, known)| known.then_some(value.kind)).collect();
        let routine = self.routine_for(&call.name, &kinds)?;
        self.require_execute(&routine)?;
        let outermost = self.running.calls.is_empty();
        if outermost {
            self.running = Running {
                bound: self.transaction.status() != super::Status::Idle,
                nonatomic: routine.nonatomic,
                ..Running::default()
            };
        }
        let own = outermost && !routine.nonatomic && !self.transaction.is_open();
        if own {
            self.begin_implicit()?;
        }
        let values = arguments.into_iter().map(|(value, _)| value).collect();
        let text = self.statement_text.clone();
        let answers = if outermost {
            // Bodies and calls nest, and carrying them out is recursive.
            redshift_sql::on_a_deep_stack(|| self.invoke(&routine, values, &text, output))
        } else {
            self.invoke(&routine, values, &text, output)
        }?;
        if own {
            self.end_implicit()?;
        }
        self.send_answers(&answers, output)?;
        Ok(String::from("CALL"))
    }

    /// The columns a CALL answers with; `None` when the procedure has no outputs.
    pub(super) fn describe_call(
        &mut self,
        call: &Call,
        types: &[Option<&'static str>],
    ) -> Result<Option<Vec<Field>>, Failure> {
        let mut kinds = Vec::new();
        if !call.arguments.is_empty() {
            let text = arguments_query(call);
            let statement = self.parse_one(&text)?;
            if let Kind::Engine(query) = &statement.kind {
                let fields = self.describe_query(query, types)?;
                let untyped = call.arguments.iter().map(|argument| argument.untyped);
                kinds = fields
                    .iter()
                    .zip(untyped)
                    .map(|(field, untyped)| (!untyped).then_some(field.kind.sql()))
                    .collect();
            }
        }
        let routine = self.routine_for(&call.name, &kinds)?;
        let fields = outputs(&routine);
        Ok(if fields.is_empty() { None } else { Some(fields) })
    }

    /// The values of the arguments, and whether the type of each is known.
    fn call_arguments(
        &mut self,
        call: &Call,
        parameters: &[Parameter],
    ) -> Result<Vec<(Value, bool)>, Failure> {
        if call.arguments.is_empty() {
            return Ok(Vec::new());
        }
        let statement = self.parse_one(&arguments_query(call))?;
        let Kind::Engine(query) = &statement.kind else {
            return Err(Failure::new("42601", "syntax error in the arguments of CALL"));
        };
        let row = self.first_row(query, parameters)?.unwrap_or_default();
        let untyped = call.arguments.iter().map(|argument| argument.untyped);
        Ok(row.into_iter().zip(untyped).map(|((_, value), untyped)| (value, !untyped)).collect())
    }

    /// The one row of a call's outputs.
    fn send_answers(&mut self, answers: &[Answer], output: &mut dyn Output) -> Result<(), Failure> {
        if answers.is_empty() {
            return Ok(());
        }
        let columns: Vec<String> = answers
            .iter()
            .map(|answer| {
                format!(
                    "{} AS {}",
                    answer.value.parameter().to_sql(),
                    crate::engine::quote(&answer.name)
                )
            })
            .collect();
        let field = |answer: &Answer| Field {
            name: answer.name.clone(),
            kind: FieldType::Sql(answer.value.kind),
        };
        let fields: Vec<Field> = answers.iter().map(field).collect();
        // Names may be given twice: the engine must not make them different.
        let mut named = Named { output, fields: &fields };
        stream(&self.connection, &format!("SELECT {}", columns.join(", ")), &mut named)
    }
}

/// The outputs of a procedure as columns.
fn outputs(routine: &Routine) -> Vec<Field> {
    let arguments = routine.arguments.iter().enumerate();
    arguments
        .filter(|(_, argument)| argument.mode.is_output())
        .map(|(index, argument)| Field {
            name: invoke::output_name(argument.name.as_deref(), index),
            kind: FieldType::Sql(frame::sql_type(argument.kind)),
        })
        .collect()
}

fn arguments_query(call: &Call) -> String {
    let texts: Vec<&str> = call.arguments.iter().map(|argument| argument.text.as_str()).collect();
    format!("SELECT {}", texts.join(", "))
}

/// Passes rows on under other columns.
struct Named<'a> {
    output: &'a mut dyn Output,
    fields: &'a [Field],
}

impl Output for Named<'_> {
    fn columns(&mut self, _fields: &[Field]) -> Result<(), Failure> {
        self.output.columns(self.fields)
    }

    fn rows(&mut self, batch: &arrow::record_batch::RecordBatch) -> Result<(), Failure> {
        self.output.rows(batch)
    }

    fn notice(&mut self, notice: &Notice) -> Result<(), Failure> {
        self.output.notice(notice)
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        self.output.parameter(name, value)
    }
}

/// The word in messages.
fn word(kind: RoutineKind) -> &'static str {
    kind.word()
}
