//! Carries out the statements of a body. Start reading at [`Interpreter::block`].

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use redshift_sql::procedural::{
    Action, Block, Body, Fragment, Handler, Loop, LoopKind, Reference, Step,
};
use redshift_sql::{SqlType, Statement};

use super::super::{Output, Session};
use super::frame::{Place, Row, Value, Variable};
use crate::catalog::routines::Routine;
use crate::errors::Failure;

/// Where the next statement is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Flow {
    /// Behind this one.
    Next,
    /// Behind the loop or block of this label, or the innermost loop.
    Exit(Option<String>),
    /// At the top of that loop.
    Continue(Option<String>),
    /// Nowhere: the procedure ends.
    Return,
}

/// One running call.
pub(super) struct Interpreter<'a> {
    pub(super) session: &'a mut Session,
    pub(super) routine: &'a Routine,
    pub(super) body: &'a Body,
    pub(super) frame: Vec<Variable>,
    pub(super) output: &'a mut dyn Output,
    /// Statements read already, by where their text lies in the body.
    pub(super) read: HashMap<usize, Arc<Statement>>,
    /// Conversions read already, by their target.
    pub(super) conversions: HashMap<String, Arc<Statement>>,
    /// The line of the statement that runs.
    pub(super) line: usize,
    /// `ROW_COUNT`.
    pub(super) row_count: i64,
    /// The errors being handled, innermost last.
    pub(super) caught: Vec<Failure>,
    /// The context of the error on its way out names its statement already.
    blamed: bool,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(
        session: &'a mut Session,
        routine: &'a Routine,
        body: &'a Body,
        frame: Vec<Variable>,
        output: &'a mut dyn Output,
    ) -> Self {
        Self {
            session,
            routine,
            body,
            frame,
            output,
            read: HashMap::new(),
            conversions: HashMap::new(),
            line: 0,
            row_count: 0,
            caught: Vec::new(),
            blamed: false,
        }
    }

    pub(super) fn into_frame(self) -> Vec<Variable> {
        self.frame
    }

    /// `FOUND`.
    pub(super) fn set_found(&mut self, found: bool) {
        self.put(self.body.found, Value::boolean(found));
    }

    /// Sets a variable without conversion.
    pub(super) fn put(&mut self, number: usize, value: Value) {
        if let Some(variable) = self.frame.get_mut(number) {
            variable.place = Place::Value(value);
        }
    }

    /// Gives a record a row.
    pub(super) fn shape(&mut self, number: usize, row: Row) {
        if let Some(variable) = self.frame.get_mut(number) {
            variable.place = Place::Record(Some(row));
        }
    }

    pub(super) fn retype(&mut self, number: usize, kind: SqlType) {
        if let Some(variable) = self.frame.get_mut(number) {
            variable.kind = kind;
            variable.place = Place::Value(Value::null(kind));
        }
    }

    /// Carries out a block, with its handler if an error comes out of its statements.
    pub(super) fn block(&mut self, block: &Block) -> Result<Flow, Failure> {
        self.declare(block)?;
        let flow = match (self.steps(&block.statements), &block.handler) {
            (Err(failure), Some(handler)) if catches(&failure) => self.handle(handler, failure)?,
            (result, _) => result?,
        };
        Ok(match flow {
            Flow::Exit(Some(label)) if block.label.as_ref() == Some(&label) => Flow::Next,
            other => other,
        })
    }

    fn declare(&mut self, block: &Block) -> Result<(), Failure> {
        for declaration in &block.declarations {
            let number = declaration.variable;
            let name = |interpreter: &Self| {
                format!(
                    "PL/pgSQL function \"{}\" during statement block local variable \
                     initialization",
                    interpreter.routine.name
                )
            };
            if let Some(default) = &declaration.default {
                let set =
                    self.evaluate(default).and_then(|value| self.assign_variable(number, value));
                set.map_err(|failure| failure.within(&name(self)))?;
            } else if let Some(variable) = self.frame.get_mut(number) {
                variable.place = match &variable.place {
                    Place::Value(value) => Place::Value(Value::null(value.kind)),
                    Place::Record(_) => Place::Record(None),
                };
            }
            self.name_cursor(number);
            if let redshift_sql::procedural::VariableType::Row(table) = self
                .body
                .variables
                .get(number)
                .map_or(&redshift_sql::procedural::VariableType::Record, |v| &v.kind)
            {
                let row = self.session.row_type(table)?;
                self.shape(number, row.into_iter().map(|(n, k)| (n, Value::null(k))).collect());
            }
        }
        Ok(())
    }

    pub(super) fn steps(&mut self, steps: &[Step]) -> Result<Flow, Failure> {
        for step in steps {
            let flow = self.step(step)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn step(&mut self, step: &Step) -> Result<Flow, Failure> {
        if self.session.signals.cancelled.load(Ordering::SeqCst) {
            return Err(Failure::new("57014", "Query (0) cancelled on user's request"));
        }
        self.line = step.line;
        self.action(&step.action).map_err(|failure| self.blame(step, failure))
    }

    /// Adds to an error where it happened, once for each call.
    fn blame(&mut self, step: &Step, mut failure: Failure) -> Failure {
        // Positions count in the text of the piece of SQL, not in the client's.
        failure.position = None;
        let raised = matches!(step.action, Action::Raise { .. } | Action::Reraise);
        if std::mem::replace(&mut self.blamed, true) || raised {
            return failure;
        }
        let failure = match &step.action {
            Action::Sql(sql) => failure.within(&format!("SQL statement \"{}\"", sql.text)),
            Action::SelectInto { query, .. } => {
                failure.within(&format!("SQL statement \"{}\"", query.text))
            }
            Action::Call { text, .. } => failure.within(&format!("SQL statement \"{text}\"")),
            _ => failure,
        };
        failure.within(&format!(
            "PL/pgSQL function \"{}\" line {} at {}",
            self.routine.name,
            step.line,
            step.action.name()
        ))
    }

    fn action(&mut self, action: &Action) -> Result<Flow, Failure> {
        match action {
            Action::Block(block) => return self.block(block),
            Action::If { arms, otherwise } => return self.conditional(arms, otherwise),
            Action::Case { search, arms, otherwise } => {
                if let Some((variable, value)) = search {
                    let value = self.evaluate(value)?;
                    self.put(*variable, value);
                }
                return self.case(arms, otherwise.as_deref());
            }
            Action::Loop(found) => return self.run_loop(found),
            Action::Leave { again, label, when } => {
                return self.leave(*again, label, when.as_ref());
            }
            Action::Return => return Ok(Flow::Return),
            Action::Nothing => {}
            Action::Assign { target, value } => self.assignment(target, value)?,
            Action::SelectInto { query, target } => self.select_into(query, target)?,
            Action::Perform(query) => self.perform(query)?,
            Action::Sql(sql) => self.sql(sql)?,
            Action::Execute { command, into } => self.dynamic(command, into.as_ref())?,
            Action::Call { name, arguments, text } => self.nested_call(name, arguments, text)?,
            Action::Raise { level, format, arguments } => self.raise(*level, format, arguments)?,
            Action::Reraise => return Err(self.reraised()),
            Action::Open { cursor, source } => self.open_cursor(*cursor, source)?,
            Action::Fetch { cursor, target } => self.fetch_cursor(*cursor, target)?,
            Action::Close { cursor } => self.close_cursor(*cursor)?,
            Action::RowCount(target) => {
                let count = Value::integer(self.row_count);
                self.assign(target, count)?;
            }
            Action::Commit => self.commit()?,
            Action::Rollback => self.rollback()?,
            Action::StartTransaction => self.start_transaction()?,
        }
        Ok(Flow::Next)
    }

    fn assignment(&mut self, target: &Reference, value: &Fragment) -> Result<(), Failure> {
        let value = self.evaluate(value)?;
        self.assign(target, value)
    }

    fn conditional(
        &mut self,
        arms: &[(Fragment, Vec<Step>)],
        otherwise: &[Step],
    ) -> Result<Flow, Failure> {
        for (condition, statements) in arms {
            if self.condition(condition)? {
                return self.steps(statements);
            }
        }
        self.steps(otherwise)
    }

    fn case(
        &mut self,
        arms: &[(Fragment, Vec<Step>)],
        otherwise: Option<&[Step]>,
    ) -> Result<Flow, Failure> {
        for (condition, statements) in arms {
            if self.condition(condition)? {
                return self.steps(statements);
            }
        }
        let Some(otherwise) = otherwise else {
            let failure = Failure::new("20000", "case not found");
            return Err(failure.with_hint("CASE statement is missing ELSE part."));
        };
        self.steps(otherwise)
    }

    fn leave(
        &mut self,
        again: bool,
        label: &Option<String>,
        when: Option<&Fragment>,
    ) -> Result<Flow, Failure> {
        if let Some(condition) = when
            && !self.condition(condition)?
        {
            return Ok(Flow::Next);
        }
        Ok(if again { Flow::Continue(label.clone()) } else { Flow::Exit(label.clone()) })
    }

    fn run_loop(&mut self, found: &Loop) -> Result<Flow, Failure> {
        match &found.kind {
            LoopKind::Endless => loop {
                if let Some(flow) = self.iteration(found)? {
                    return Ok(flow);
                }
            },
            LoopKind::While(condition) => {
                while self.condition(condition)? {
                    if let Some(flow) = self.iteration(found)? {
                        return Ok(flow);
                    }
                }
                Ok(Flow::Next)
            }
            LoopKind::Range { variable, from, to, reverse } => {
                let (from, to) = (self.bound(from, "lower")?, self.bound(to, "upper")?);
                self.range(found, *variable, (from, to), *reverse)
            }
            LoopKind::Query { target, query } => {
                let opened = self.open_query(query)?;
                self.over_rows(found, target, opened)
            }
            LoopKind::Dynamic { target, command } => {
                let opened = self.open_dynamic(command)?;
                self.over_rows(found, target, opened)
            }
        }
    }

    fn range(
        &mut self,
        found: &Loop,
        variable: usize,
        (from, to): (i64, i64),
        reverse: bool,
    ) -> Result<Flow, Failure> {
        let mut value = from;
        let mut ran = false;
        let mut left = Flow::Next;
        while if reverse { value >= to } else { value <= to } {
            ran = true;
            self.put(variable, Value { kind: SqlType::Integer, text: Some(value.to_string()) });
            if let Some(flow) = self.iteration(found)? {
                left = flow;
                break;
            }
            // Bounds are 32 bits wide.
            value = if reverse { value.saturating_sub(1) } else { value.saturating_add(1) };
        }
        self.set_found(ran);
        Ok(left)
    }

    /// Runs a loop's body once; gives where to go when that ends the loop.
    pub(super) fn iteration(&mut self, found: &Loop) -> Result<Option<Flow>, Failure> {
        if self.session.signals.cancelled.load(Ordering::SeqCst) {
            return Err(Failure::new("57014", "Query (0) cancelled on user's request"));
        }
        let mine = |label: &Option<String>| label.is_none() || *label == found.label;
        Ok(match self.steps(&found.body)? {
            Flow::Next => None,
            Flow::Continue(label) if mine(&label) => None,
            Flow::Exit(label) if mine(&label) => Some(Flow::Next),
            other => Some(other),
        })
    }

    /// Carries out a handler; what happens to the transaction is `transactions.rs`.
    fn handle(&mut self, handler: &Handler, failure: Failure) -> Result<Flow, Failure> {
        self.blamed = false;
        self.put(handler.sqlstate, Value::of_text(failure.sqlstate.clone()));
        self.put(handler.message, Value::of_text(failure.message.clone()));
        self.before_handler()?;
        self.caught.push(failure.clone());
        let handled = self.steps(&handler.statements);
        self.caught.pop();
        let flow = handled?;
        if self.routine.nonatomic {
            return Ok(flow);
        }
        // The handler's work stays, and the error goes on.
        self.after_handler()?;
        self.blamed = true;
        Err(failure)
    }
}

/// `OTHERS` is every error but the end of the statement or the session.
fn catches(failure: &Failure) -> bool {
    failure.sqlstate != "57014" && !failure.fatal
}
