//! Cursors of procedures and loops over rows. Both read a kept result; one may be open at a time.
//! Developer guide, "Supported PL/pgSQL statements", Cursors; "Returning a result set".

use redshift_sql::Kind;
use redshift_sql::procedural::{CursorSource, Fragment, Loop, Target, VariableType};

use super::super::{Pager, Parameter};
use super::expressions::Capture;
use super::frame::{Place, Value};
use super::interpreter::{Flow, Interpreter};
use crate::errors::Failure;

/// Rows that a loop reads at a time.
const PAGE: u64 = 1000;

/// A loop's rows.
pub(super) struct Opened {
    pager: Pager,
    /// How often a procedure had ended a transaction when it was opened.
    ended: u64,
}

impl Interpreter<'_> {
    /// A bound cursor is called like its variable.
    pub(super) fn name_cursor(&mut self, number: usize) {
        let bound = self.body.cursors.iter().any(|cursor| cursor.variable == number);
        if bound && let Some(variable) = self.frame.get(number) {
            let name = Value::of_text(variable.name.clone());
            self.put(number, name);
        }
    }

    /// The rows of a query.
    pub(super) fn open_query(&mut self, query: &Fragment) -> Result<Opened, Failure> {
        let statement = self.statement(query)?;
        let parameters = self.parameters(query)?;
        self.open_rows(&statement.kind, &parameters)
    }

    /// The rows of a query in a text.
    pub(super) fn open_dynamic(&mut self, command: &Fragment) -> Result<Opened, Failure> {
        let text = self.command_text(command)?;
        let opened = self
            .session
            .parse_one(&text)
            .and_then(|statement| self.open_rows(&statement.kind, &[]));
        opened.map_err(|failure| failure.within(&format!("SQL statement \"{text}\"")))
    }

    fn open_rows(&mut self, kind: &Kind, parameters: &[Parameter]) -> Result<Opened, Failure> {
        let Kind::Engine(query) = kind else {
            return Err(Failure::new("42601", "cannot open a cursor for what is not a query"));
        };
        if !query.returns_rows {
            return Err(Failure::new("42601", "cannot open a cursor for what is not a query"));
        }
        if !self.session.cursors.is_empty() || self.session.running.loops > 0 {
            return Err(Failure::new(
                "XX000",
                "opening multiple cursors from within the same client connection is not allowed.",
            ));
        }
        let pager = self.session.keep_query(query, parameters)?;
        Ok(Opened { pager, ended: self.session.running.ended })
    }

    /// Runs a loop's body for each row.
    pub(super) fn over_rows(
        &mut self,
        found: &Loop,
        target: &Target,
        mut opened: Opened,
    ) -> Result<Flow, Failure> {
        self.session.running.loops = self.session.running.loops.saturating_add(1);
        let result = self.each_row(found, target, &mut opened);
        self.session.running.loops = self.session.running.loops.saturating_sub(1);
        if opened.ended == self.session.running.ended {
            self.session.close_pager(&opened.pager);
        }
        result
    }

    fn each_row(
        &mut self,
        found: &Loop,
        target: &Target,
        opened: &mut Opened,
    ) -> Result<Flow, Failure> {
        let mut ran = false;
        let mut left = Flow::Next;
        'pages: while !opened.pager.is_done() {
            let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
            let mut capture = Capture::new(self.output, limit);
            self.session.page(&mut opened.pager, Some(PAGE), &mut capture)?;
            for row in std::mem::take(&mut capture.rows) {
                if opened.ended != self.session.running.ended {
                    let text = "cursor \"<unnamed portal 1>\" does not exist";
                    return Err(Failure::new("34000", text));
                }
                ran = true;
                self.assign_row(target, row)?;
                if let Some(flow) = self.iteration(found)? {
                    left = flow;
                    break 'pages;
                }
            }
        }
        self.set_found(ran);
        Ok(left)
    }

    pub(super) fn open_cursor(
        &mut self,
        number: usize,
        source: &CursorSource,
    ) -> Result<(), Failure> {
        let name = self.cursor_name(number).unwrap_or_else(|| {
            self.session.cursor_number = self.session.cursor_number.saturating_add(1);
            format!("<unnamed portal {}>", self.session.cursor_number)
        });
        if self.session.cursors.contains_key(&name) {
            return Err(Failure::new("42P03", format!("cursor \"{name}\" already in use")));
        }
        let opened = match source {
            CursorSource::Query(query) => self.open_query(query)?,
            CursorSource::Dynamic(command) => self.open_dynamic(command)?,
            CursorSource::Bound(arguments) => self.open_bound(number, arguments)?,
        };
        self.session.cursors.insert(name.clone(), opened.pager);
        self.put(number, Value::of_text(name));
        Ok(())
    }

    fn open_bound(&mut self, number: usize, arguments: &[Fragment]) -> Result<Opened, Failure> {
        let body = self.body;
        let Some(bound) = body.cursors.iter().find(|cursor| cursor.variable == number) else {
            return Err(Failure::internal("a bound cursor without a query"));
        };
        for (variable, argument) in bound.arguments.iter().zip(arguments) {
            let value = self.evaluate(argument)?;
            self.assign_variable(*variable, value)?;
        }
        self.open_query(&bound.query)
    }

    pub(super) fn fetch_cursor(&mut self, number: usize, target: &Target) -> Result<(), Failure> {
        let name = self.open_name(number)?;
        let Some(mut pager) = self.session.cursors.get(&name).cloned() else {
            return Err(no_cursor(&name));
        };
        let mut capture = Capture::new(self.output, 1);
        self.session.page(&mut pager, Some(1), &mut capture)?;
        let (row, nulls) = (capture.rows.pop(), capture.nulls());
        self.session.cursors.insert(name, pager);
        self.set_found(row.is_some());
        self.assign_row(target, row.unwrap_or(nulls))
    }

    pub(super) fn close_cursor(&mut self, number: usize) -> Result<(), Failure> {
        let name = self.open_name(number)?;
        let Some(pager) = self.session.cursors.remove(&name) else {
            return Err(no_cursor(&name));
        };
        self.session.close_pager(&pager);
        Ok(())
    }

    fn cursor_name(&self, number: usize) -> Option<String> {
        match &self.frame.get(number)?.place {
            Place::Value(value) => value.text.clone(),
            Place::Record(_) => None,
        }
    }

    fn open_name(&self, number: usize) -> Result<String, Failure> {
        self.cursor_name(number).ok_or_else(|| {
            let declared = self.body.variables.get(number);
            let is_cursor = declared.is_some_and(|variable| variable.kind == VariableType::Cursor);
            debug_assert!(is_cursor);
            let name = declared.map_or("", |variable| variable.name.as_str());
            Failure::new("22004", format!("cursor variable \"{name}\" is NULL"))
        })
    }
}

fn no_cursor(name: &str) -> Failure {
    Failure::new("34000", format!("cursor \"{name}\" does not exist"))
}
