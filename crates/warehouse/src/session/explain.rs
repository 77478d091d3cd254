//! EXPLAIN: what the engine will do, in the form of Redshift's plans.
//! Redshift Developer Guide, "EXPLAIN", "Query plan".
//!
//! The operations, their order and the numbers of rows are the engine's. The costs are made up, by
//! the sums that the guide's own plans follow; widths are those of the columns' types, strings
//! counting at most [`STRING_WIDTH`] bytes. Start reading at [`Session::explain`]; `steps.rs` makes
//! Redshift's steps of the engine's operations, `conditions.rs` writes conditions.

mod conditions;
mod steps;

use std::collections::HashMap;

use redshift_sql::{EngineStatement, Explain, Kind, SqlType, TableSource};

use super::show::send_text;
use super::{Field, Output, Session};
use crate::errors::Failure;
use crate::session::engine_sql::text_fields;
use steps::{Maker, Step};

/// What EXPLAIN calls its column.
const COLUMN: &str = "QUERY PLAN";
/// Bytes of a string of unknown or great length.
const STRING_WIDTH: u64 = 32;
/// Bytes of a value of unknown type.
const UNKNOWN_WIDTH: u64 = 8;

/// The columns an EXPLAIN answers with.
pub(super) fn fields() -> Vec<Field> {
    text_fields(&[COLUMN])
}

impl Session {
    /// `EXPLAIN [VERBOSE]` of a query, a data change or `CREATE TABLE … AS`.
    pub(super) fn explain(
        &mut self,
        explain: &Explain,
        output: &mut dyn Output,
    ) -> Result<String, Failure> {
        let query = explained(explain)?;
        let sql = self.engine_sql(query, &[])?.sql;
        self.require_explain()?;
        let widths = self.widths(query)?;
        let plan = self.connection.plan(&sql)?;
        let maker = Maker { widths: &widths, verbose: explain.verbose };
        let mut lines = Vec::new();
        write(&maker.statement(&plan, limit_of(&sql)), 0, &mut lines);
        let rows: Vec<Vec<String>> = lines.into_iter().map(|line| vec![line]).collect();
        send_text(output, &[COLUMN], &rows)?;
        Ok(String::from("EXPLAIN"))
    }

    /// Bytes of the columns of a statement's relations, by name.
    fn widths(&mut self, query: &EngineStatement) -> Result<HashMap<String, u64>, Failure> {
        let mut widths = HashMap::new();
        for found in self.check_accesses(&query.accesses)? {
            for column in self.columns_of(&found)?.unwrap_or_default() {
                widths.insert(column.name, width(column.sql_type));
            }
        }
        Ok(widths)
    }
}

fn explained(explain: &Explain) -> Result<&EngineStatement, Failure> {
    match &explain.statement.kind {
        Kind::Engine(engine) => Ok(engine),
        Kind::CreateTable(create) => match &create.source {
            TableSource::Query { query, .. } => Ok(query),
            _ => Err(Failure::not_implemented("EXPLAIN of this statement")),
        },
        _ => Err(Failure::not_implemented("EXPLAIN of this statement")),
    }
}

/// The rows that a statement keeps, where it ends with LIMIT: the engine does not tell.
fn limit_of(sql: &str) -> Option<u64> {
    let (_, limit) = sql.rsplit_once(" LIMIT ")?;
    limit.split(" OFFSET ").next()?.trim().parse().ok()
}

/// Bytes of a value.
fn width(kind: Option<SqlType>) -> u64 {
    let Some(kind) = kind else { return UNKNOWN_WIDTH };
    match kind {
        SqlType::Decimal { precision, .. } => {
            if precision > 18 {
                16
            } else {
                8
            }
        }
        other => match other.max_bytes() {
            Some(0) => STRING_WIDTH,
            Some(bytes) => u64::from(bytes).min(STRING_WIDTH),
            None => u64::try_from(other.wire_size()).unwrap_or(STRING_WIDTH),
        },
    }
}

/// Writes a step and those below it, each two columns further in than its heading.
fn write(step: &Step, depth: usize, lines: &mut Vec<String>) {
    let indent = |more: usize| " ".repeat(depth.saturating_mul(6).saturating_add(more));
    let head = match depth.checked_sub(1) {
        Some(above) => format!("{}->  ", " ".repeat(above.saturating_mul(6).saturating_add(2))),
        None => String::new(),
    };
    let (start, end) = step.cost;
    let (name, rows, bytes) = (&step.name, step.rows, step.width);
    lines.push(format!("{head}{name}  (cost={start:.2}..{end:.2} rows={rows} width={bytes})"));
    lines.extend(step.details.iter().map(|detail| format!("{}{detail}", indent(2))));
    step.inputs.iter().for_each(|input| write(input, depth.saturating_add(1), lines));
}
