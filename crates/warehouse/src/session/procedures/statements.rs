//! SQL inside a procedure: statements, dynamic ones, and calls of other procedures.
//! Developer guide, "Supported PL/pgSQL statements"; what is not allowed inside is in "Limits and
//! differences for stored procedure support".

use redshift_sql::procedural::{Fragment, Reference, Target};
use redshift_sql::{Kind, ObjectName, Statement, Verb};

use super::super::Parameter;
use super::expressions::Capture;
use super::interpreter::Interpreter;
use crate::errors::Failure;

const NO_DESTINATION: &str = "If you want to discard the results, use PERFORM instead.";

impl Interpreter<'_> {
    /// A statement without a place for rows.
    pub(super) fn sql(&mut self, sql: &Fragment) -> Result<(), Failure> {
        let statement = self.statement(sql)?;
        if let Kind::Engine(query) = &statement.kind
            && query.verb == Verb::Select
        {
            let text = "SELECT query has no destination for result data";
            return Err(Failure::new("42601", text).with_hint(NO_DESTINATION));
        }
        let parameters = self.parameters(sql)?;
        self.run(&statement, &parameters, None)
    }

    /// `SELECT … INTO`: without a row the target is NULL.
    pub(super) fn select_into(&mut self, query: &Fragment, target: &Target) -> Result<(), Failure> {
        let statement = self.statement(query)?;
        let parameters = self.parameters(query)?;
        self.run(&statement, &parameters, Some(target))
    }

    /// `PERFORM`.
    pub(super) fn perform(&mut self, query: &Fragment) -> Result<(), Failure> {
        let statement = self.statement(query)?;
        let parameters = self.parameters(query)?;
        self.run(&statement, &parameters, None)
    }

    /// `EXECUTE text [INTO target]`.
    pub(super) fn dynamic(
        &mut self,
        command: &Fragment,
        into: Option<&Target>,
    ) -> Result<(), Failure> {
        let text = self.command_text(command)?;
        let ran = self.session.parse_one(&text).and_then(|statement| {
            let ends = matches!(statement.kind, Kind::Begin(_) | Kind::Commit | Kind::Rollback);
            if ends {
                let text = "cannot begin/end transactions in dynamic SQL";
                return Err(Failure::new("0A000", text));
            }
            self.run(&statement, &[], into)
        });
        ran.map_err(|failure| failure.within(&format!("SQL statement \"{text}\"")))
    }

    /// The text of a dynamic statement.
    pub(super) fn command_text(&mut self, command: &Fragment) -> Result<String, Failure> {
        let value = self.evaluate(command)?;
        value.text.ok_or_else(|| Failure::new("22004", "cannot EXECUTE a null querystring"))
    }

    fn run(
        &mut self,
        statement: &Statement,
        parameters: &[Parameter],
        into: Option<&Target>,
    ) -> Result<(), Failure> {
        self.refuse(statement)?;
        let mut capture = Capture::new(self.output, usize::from(into.is_some()));
        let tag = self.session.execute_inside(statement, parameters, &mut capture)?;
        let (count, row, nulls) = (capture.count, capture.rows.pop(), capture.nulls());
        let changed = changed_rows(&tag);
        let rows = i64::try_from(changed.unwrap_or(count)).unwrap_or(i64::MAX);
        let counts = changed.is_some() || matches!(&statement.kind, Kind::Engine(_));
        if counts {
            self.row_count = rows;
            self.set_found(rows > 0);
        }
        self.after_statement()?;
        if let Some(target) = into {
            self.row_count = rows.min(1);
            self.assign_row(target, row.unwrap_or(nulls))?;
        }
        Ok(())
    }

    /// What needs a transaction of its own, or the session's own hands, is refused.
    fn refuse(&self, statement: &Statement) -> Result<(), Failure> {
        let what = match &statement.kind {
            Kind::Truncate { .. } => return self.require_unbound("TRUNCATE"),
            Kind::Vacuum { .. } => "VACUUM",
            Kind::CreateDatabase(_) => "CREATE DATABASE",
            Kind::AlterDatabase(_) => "ALTER DATABASE",
            Kind::DropDatabase { .. } => "DROP DATABASE",
            Kind::Prepare(_) => "PREPARE",
            Kind::Execute(_) => "EXECUTE of a prepared statement",
            Kind::Set(set) if set.local => "SET LOCAL",
            Kind::Begin(_) => "BEGIN",
            Kind::SetSessionAuthorization { .. } => "SET SESSION AUTHORIZATION",
            Kind::Discard => "DISCARD",
            _ => return Ok(()),
        };
        Err(Failure::new("0A000", format!("{what} is not supported in a stored procedure")))
    }

    /// `CALL` of another procedure: its outputs go into the variables given.
    pub(super) fn nested_call(
        &mut self,
        name: &ObjectName,
        arguments: &[Fragment],
        text: &str,
    ) -> Result<(), Failure> {
        let mut values = Vec::new();
        let mut kinds = Vec::new();
        for argument in arguments {
            let value = self.evaluate(argument)?;
            let literal = argument.references.is_empty() && is_literal(&argument.text);
            kinds.push((!literal).then_some(value.kind));
            values.push(value);
        }
        let routine = self.session.routine_for(name, &kinds)?;
        self.session.require_execute(&routine)?;
        let mut targets = Vec::new();
        for (argument, given) in routine.inputs().zip(arguments) {
            if !argument.mode.is_output() {
                continue;
            }
            match given.only_reference() {
                Some(reference) => targets.push(reference.clone()),
                None => return Err(no_variable(argument.name.as_deref())),
            }
        }
        let outputs = routine.arguments.iter().filter(|argument| argument.mode.is_output());
        if outputs.count() > targets.len() {
            let text = "a nested call of a procedure with OUT arguments is not supported: its \
                        outputs must be INOUT arguments";
            return Err(Failure::new("0A000", text));
        }
        self.session.next_query();
        let answers = self.session.invoke(&routine, values, text, self.output)?;
        for (target, answer) in targets.iter().zip(answers) {
            self.refuse_constant(target)?;
            self.assign(target, answer.value)?;
        }
        Ok(())
    }

    fn refuse_constant(&self, target: &Reference) -> Result<(), Failure> {
        let Reference::Variable(number) = target else { return Ok(()) };
        match self.body.variables.get(*number) {
            Some(variable) if variable.constant => Err(no_variable(Some(&variable.name))),
            _ => Ok(()),
        }
    }
}

fn no_variable(name: Option<&str>) -> Failure {
    let name = name.unwrap_or("?");
    Failure::new("42601", format!("INOUT argument \"{name}\" must be given a variable"))
}

/// A string literal or NULL alone: it fits any type.
fn is_literal(expression: &str) -> bool {
    let text = expression.strip_prefix("SELECT ").unwrap_or(expression).trim();
    let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.is_some_and(|inner| !inner.contains('\'')) || text.eq_ignore_ascii_case("null")
}

/// The number of rows that a command tag tells.
fn changed_rows(tag: &str) -> Option<u64> {
    let known = ["INSERT", "UPDATE", "DELETE", "MERGE"];
    known.iter().any(|verb| tag.starts_with(verb)).then_some(())?;
    tag.rsplit(' ').next()?.parse().ok()
}
