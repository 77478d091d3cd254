//! Cursors, prepared statements of SQL, and the pages of row-limited portals.
//!
//! The engine keeps one open result per connection, so a result that must outlive other
//! statements is kept in a temporary table of ours (which spills to disk) and read in pages.
//! Redshift Developer Guide, "DECLARE", "FETCH", "CLOSE", "PREPARE", "EXECUTE".

use redshift_sql::{EngineStatement, Execute, Fetch, Kind, Prepare, Statement, Verb};

use super::engine_sql::{describe_sql, stream};
use super::known::typed;
use super::transaction::Transaction;
use super::zoned_times::shown;
use super::{Field, Output, Parameter, Session};
use crate::engine::{Value, quote};
use crate::errors::Failure;

/// The column that numbers the rows of a kept result, from 1.
const NUMBER: &str = "\"lb number\"";

/// A query's rows, kept to be read in pages.
#[derive(Debug, Clone)]
pub(crate) struct Pager {
    table: String,
    fields: Vec<Field>,
    next: u64,
    total: u64,
}

impl Pager {
    /// Whether every row has been read.
    pub(crate) fn is_done(&self) -> bool {
        self.next >= self.total
    }
}

/// Passes rows on under the query's own column names: the table had to make them unique.
struct Renamed<'a> {
    output: &'a mut dyn Output,
    fields: &'a [Field],
}

impl Output for Renamed<'_> {
    fn columns(&mut self, _fields: &[Field]) -> Result<(), Failure> {
        self.output.columns(self.fields)
    }

    fn rows(&mut self, batch: &arrow::record_batch::RecordBatch) -> Result<(), Failure> {
        self.output.rows(batch)
    }

    fn notice(&mut self, notice: &super::Notice) -> Result<(), Failure> {
        self.output.notice(notice)
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        self.output.parameter(name, value)
    }
}

impl Session {
    /// Runs a query into a place of its own, to be read by [`Session::page`]; `None` when the
    /// statement is no query.
    ///
    /// # Errors
    /// The query's failure, after its transaction has been undone.
    pub(crate) fn open_pager(
        &mut self,
        statement: &Statement,
        parameters: &[Parameter],
    ) -> Result<Option<Pager>, Failure> {
        let Kind::Engine(engine) = &statement.kind else { return Ok(None) };
        if engine.verb != Verb::Select {
            return Ok(None);
        }
        self.surrounded(statement, |session| {
            let pager = session.keep_query(engine, parameters);
            let rows = pager.as_ref().map_or(0, |pager| pager.total);
            (pager.map(Some), rows)
        })
    }

    /// Reads the next rows, all of them for `None`.
    ///
    /// # Errors
    /// The engine's failure, or that of the output.
    pub(crate) fn page(
        &mut self,
        pager: &mut Pager,
        count: Option<u64>,
        output: &mut dyn Output,
    ) -> Result<(), Failure> {
        let end = count.map_or(pager.total, |count| pager.next.saturating_add(count));
        let end = end.min(pager.total);
        let sql = format!(
            "SELECT * EXCLUDE ({NUMBER}) FROM temp.main.{} \
             WHERE {NUMBER} > {} AND {NUMBER} <= {end} ORDER BY {NUMBER}",
            quote(&pager.table),
            pager.next,
        );
        let mut renamed = Renamed { output, fields: &pager.fields };
        stream(&self.connection, &sql, &mut renamed)?;
        pager.next = end;
        Ok(())
    }

    /// Forgets a kept result.
    pub(crate) fn close_pager(&mut self, pager: &Pager) {
        let dropped = format!("DROP TABLE IF EXISTS temp.main.{}", quote(&pager.table));
        if let Err(fault) = self.connection.run(&dropped) {
            tracing::debug!(error = %fault, "a kept result was not dropped");
        }
    }

    pub(super) fn keep_query(
        &mut self,
        query: &EngineStatement,
        parameters: &[Parameter],
    ) -> Result<Pager, Failure> {
        let resolution = self.engine_sql(query, parameters)?;
        let sql = shown(&self.connection, &resolution)?;
        let fields = typed(describe_sql(&self.connection, &sql)?, &resolution);
        self.cursor_number = self.cursor_number.saturating_add(1);
        let table = format!("lb_kept_{}", self.cursor_number);
        // Rows of an uncommitted table have no row ids to count on: they get numbers.
        let created = format!(
            "CREATE TEMP TABLE temp.main.{} AS SELECT row_number() OVER () AS {NUMBER}, q.* \
             FROM ({sql}) AS q",
            quote(&table)
        );
        // The engine answers with the number of rows.
        let rows = self.connection.rows(&created)?;
        let total = rows.iter().flatten().map(Value::int).sum::<i64>();
        let total = u64::try_from(total).unwrap_or(0);
        Ok(Pager { table, fields, next: 0, total })
    }

    /// Carries out the statements of this file.
    pub(super) fn run_cursor(
        &mut self,
        kind: &Kind,
        parameters: &[Parameter],
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        match kind {
            Kind::DeclareCursor { name, query } => self.declare(name, query, parameters),
            Kind::Fetch(fetch) => self.fetch(fetch, output),
            Kind::Close { cursor } => self.close(cursor.as_deref()),
            Kind::Prepare(prepare) => self.prepare(prepare),
            Kind::Execute(execute) => self.execute_prepared(execute, output),
            Kind::Deallocate { name } => self.deallocate(name.as_deref()),
            _ => Err(Failure::internal("not a cursor statement")),
        }
    }

    fn declare(
        &mut self,
        name: &str,
        query: &EngineStatement,
        parameters: &[Parameter],
    ) -> Result<String, Failure> {
        if self.transaction != Transaction::Block {
            return Err(Failure::new(
                "25P01",
                "DECLARE CURSOR may only be used in transaction blocks",
            ));
        }
        if self.cursors.contains_key(name) {
            return Err(Failure::new("42P03", format!("cursor \"{name}\" already exists")));
        }
        let pager = self.keep_query(query, parameters)?;
        self.cursors.insert(name.to_owned(), pager);
        Ok(String::from("DECLARE CURSOR"))
    }

    fn fetch(&mut self, fetch: &Fetch, output: &mut dyn Output) -> Result<String, Failure> {
        let name = &fetch.cursor;
        let mut pager = self.cursors.get(name).cloned().ok_or_else(|| no_cursor(name))?;
        self.page(&mut pager, fetch.count, output)?;
        self.cursors.insert(name.clone(), pager);
        Ok(String::from("FETCH"))
    }

    /// The columns of an open cursor: to the protocol it is a portal of the same name.
    pub(crate) fn cursor_fields(&self, name: &str) -> Option<Vec<Field>> {
        self.cursors.get(name).map(|pager| pager.fields.clone())
    }

    /// The columns a FETCH answers with.
    pub(super) fn describe_fetch(&self, fetch: &Fetch) -> Result<Vec<Field>, Failure> {
        let found = self.cursors.get(&fetch.cursor).ok_or_else(|| no_cursor(&fetch.cursor))?;
        Ok(found.fields.clone())
    }

    fn close(&mut self, name: Option<&str>) -> Result<String, Failure> {
        match name {
            None => self.close_cursors(),
            Some(name) => {
                let pager = self.cursors.remove(name).ok_or_else(|| no_cursor(name))?;
                self.close_pager(&pager);
            }
        }
        Ok(String::from("CLOSE CURSOR"))
    }

    /// Cursors end with their transaction.
    pub(super) fn close_cursors(&mut self) {
        let cursors = std::mem::take(&mut self.cursors);
        cursors.values().for_each(|pager| self.close_pager(pager));
    }

    fn prepare(&mut self, prepare: &Prepare) -> Result<String, Failure> {
        let name = &prepare.name;
        if self.prepared.contains_key(name) {
            return Err(Failure::new(
                "42P05",
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        if let Kind::Engine(engine) = &prepare.statement.kind {
            self.check_accesses(&engine.accesses)?;
        }
        self.prepared.insert(name.clone(), prepare.clone());
        Ok(String::from("PREPARE"))
    }

    /// The prepared statement and its values.
    fn bound(&self, execute: &Execute) -> Result<(Statement, Vec<Parameter>), Failure> {
        let name = &execute.name;
        let prepared = self.prepared.get(name).ok_or_else(|| no_statement(name))?;
        let statement = (*prepared.statement).clone();
        if let Kind::Engine(engine) = &statement.kind
            && execute.values.len() != engine.parameters.max(prepared.types.len())
        {
            return Err(Failure::new(
                "42601",
                format!("wrong number of parameters for prepared statement \"{name}\""),
            ));
        }
        let values = execute.values.iter().cloned().map(Parameter::Expression);
        Ok((statement, values.collect()))
    }

    fn execute_prepared(
        &mut self,
        execute: &Execute,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let (statement, values) = self.bound(execute)?;
        match &statement.kind {
            Kind::Engine(engine) => self.run_engine(engine, &values, output),
            _ => Err(Failure::new("0A000", "only queries and data changes can be prepared")),
        }
    }

    /// The columns an EXECUTE answers with.
    pub(super) fn describe_prepared(
        &mut self,
        execute: &Execute,
    ) -> Result<Option<Vec<Field>>, Failure> {
        let (statement, values) = self.bound(execute)?;
        match &statement.kind {
            Kind::Engine(engine) if engine.verb == Verb::Select => {
                let resolution = self.engine_sql(engine, &values)?;
                let fields = describe_sql(&self.connection, &resolution.sql)?;
                Ok(Some(typed(fields, &resolution)))
            }
            _ => Ok(None),
        }
    }

    fn deallocate(&mut self, name: Option<&str>) -> Result<String, Failure> {
        match name {
            None => self.prepared.clear(),
            Some(name) => {
                self.prepared.remove(name).ok_or_else(|| no_statement(name))?;
            }
        }
        Ok(String::from("DEALLOCATE"))
    }
}

fn no_cursor(name: &str) -> Failure {
    Failure::new("34000", format!("cursor \"{name}\" does not exist"))
}

fn no_statement(name: &str) -> Failure {
    Failure::new("26000", format!("prepared statement \"{name}\" does not exist"))
}
