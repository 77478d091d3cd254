//! Redshift's steps of the engine's operations, with rows, widths and costs.
//!
//! What Redshift's plans do not show (projections, writing) is passed over; what they show and the
//! engine does inside another operation (`Hash`) is added. A sort is followed by the way to the
//! leader, as on a cluster of one slice. Start reading at [`Maker::statement`].

use std::collections::HashMap;

use super::UNKNOWN_WIDTH;
use super::conditions;
use crate::engine::{Method, Operation, Plan};

/// Cost of reading a row, as in the guide's plans.
const READ: f64 = 0.01;
/// Of putting a row into a group, or beside a join's other side.
const GROUP: f64 = 0.005;
/// Of giving a row on.
const GIVE: f64 = 0.0025;
/// What the guide's plans add to the cost of everything that is sorted.
const SORTED: f64 = 1e12;

/// A step of a plan as it is shown.
pub(super) struct Step {
    /// `XN Seq Scan on sales`.
    pub name: String,
    /// What is told below the heading.
    pub details: Vec<String>,
    /// Until the first row, and until the last.
    pub cost: (f64, f64),
    /// Rows that are expected.
    pub rows: u64,
    /// Bytes of a row.
    pub width: u64,
    /// What it works on.
    pub inputs: Vec<Step>,
}

/// Makes steps.
pub(super) struct Maker<'a> {
    /// Bytes of columns, by name.
    pub widths: &'a HashMap<String, u64>,
    /// The columns of scans are told.
    pub verbose: bool,
}

impl Maker<'_> {
    /// The steps of a statement, whose last one keeps so many rows.
    pub(super) fn statement(&self, plan: &Plan, limit: Option<u64>) -> Step {
        self.expecting(plan, limit.filter(|_| plan.operation == Operation::Limit))
    }

    fn step(&self, plan: &Plan) -> Step {
        self.expecting(plan, None)
    }

    /// The same; `rows` are expected of it where the engine tells only so of what comes next.
    fn expecting(&self, plan: &Plan, rows: Option<u64>) -> Step {
        use Operation as O;
        let rows = plan.rows.or(rows);
        match (&plan.operation, plan.inputs.as_slice()) {
            (O::Project, [input]) => {
                let mut step = self.expecting(input, rows.filter(|rows| *rows > 0));
                step.width = self.width_of(&plan.columns, input);
                step
            }
            (O::Write, [input]) => {
                let mut step = self.expecting(input, rows);
                if input.operation == O::Values {
                    step.name = String::from("XN Values Scan");
                }
                step
            }
            (O::Filter(condition), [input]) => self.filtered(condition, input, rows),
            (O::Scan { table, conditions }, _) => self.scan(plan, table, conditions, rows),
            (O::Join { method, kind, conditions }, [outer, inner]) => {
                self.join(*method, kind, conditions, [outer, inner], rows)
            }
            (O::Aggregate { groups, values }, [input]) => {
                self.aggregate(groups.as_deref(), values, input, rows)
            }
            (O::Window(functions), [input]) => self.window(functions, input),
            (O::Sort { keys, limit }, [input]) => self.sort(keys, *limit, input),
            (O::Limit, [input]) => limited(self.step(input), rows),
            (O::Append, inputs) => self.append(inputs),
            (O::Common(name), [definition, main]) => self.common(name, definition, main),
            (O::Recursive(name), [first, next]) => self.recursive(name, [first, next], rows),
            (other, inputs) => self.leaf(other, inputs, rows),
        }
    }

    fn width_of(&self, columns: &[String], input: &Plan) -> u64 {
        let one = |column: &String| {
            let name = input.written(column);
            let known = name.and_then(|name| self.widths.get(&name).copied());
            known.unwrap_or(UNKNOWN_WIDTH)
        };
        columns.iter().map(one).sum()
    }

    fn scan(&self, plan: &Plan, table: &str, filters: &[String], rows: Option<u64>) -> Step {
        let rows = rows.unwrap_or(1);
        let widths = plan
            .columns
            .iter()
            .map(|column| self.widths.get(column).copied().unwrap_or(UNKNOWN_WIDTH));
        let mut details = Vec::new();
        if self.verbose && !plan.columns.is_empty() {
            details.push(format!("Output: {}", plan.columns.join(", ")));
        }
        details.extend(conditions::filter(filters));
        let (own, name) = conditions::table(table);
        // What the leader's catalog holds is read by the leader.
        let place = if own { "LD" } else { "XN" };
        Step {
            name: format!("{place} Seq Scan on {name}"),
            details,
            cost: (0.0, number(rows) * READ),
            rows,
            width: widths.sum(),
            inputs: Vec::new(),
        }
    }

    fn filtered(&self, condition: &str, input: &Plan, rows: Option<u64>) -> Step {
        let condition = input.written(condition);
        let mut step = self.step(input);
        step.details.extend(condition.and_then(|one| conditions::filter(&[one])));
        step.rows = rows.unwrap_or(step.rows);
        step
    }

    fn join(
        &self,
        method: Method,
        kind: &str,
        on: &[String],
        sides: [&Plan; 2],
        rows: Option<u64>,
    ) -> Step {
        let [outer, inner] = sides.map(|side| self.step(side));
        let rows = rows.unwrap_or_else(|| outer.rows.saturating_mul(inner.rows).max(1));
        let width = match kind {
            "SEMI" | "ANTI" => outer.width,
            "RIGHT_SEMI" | "RIGHT_ANTI" => inner.width,
            _ => outer.width.saturating_add(inner.width),
        };
        let (word, label) = match method {
            Method::Hash => ("Hash", "Hash Cond"),
            Method::Merge => ("Merge", "Merge Cond"),
            Method::Loop => ("Nested Loop", "Join Filter"),
        };
        let pairs = match method {
            Method::Loop => number(outer.rows) * number(inner.rows),
            Method::Hash | Method::Merge => number(outer.rows),
        };
        let end = outer.cost.1 + inner.cost.1 + pairs * GROUP + number(rows) * GIVE;
        let details = conditions::join(on, sides).map(|on| format!("{label}: {on}"));
        let name = format!("XN {word} {}DS_DIST_NONE", join_word(kind, method));
        let inner = if method == Method::Hash { hashed(inner) } else { inner };
        let cost = (inner.cost.1, end);
        Step {
            name,
            details: Vec::from_iter(details),
            cost,
            rows,
            width,
            inputs: vec![outer, inner],
        }
    }

    fn aggregate(
        &self,
        groups: Option<&[String]>,
        values: &[String],
        input: &Plan,
        rows: Option<u64>,
    ) -> Step {
        let below = self.step(input);
        let name = if groups.is_some() { "XN HashAggregate" } else { "XN Aggregate" };
        let width = self.width_of(groups.unwrap_or_default(), input);
        let width = width.saturating_add(UNKNOWN_WIDTH.saturating_mul(values.len() as u64));
        let (rows, each) = match groups {
            Some(_) => (rows.filter(|rows| *rows > 0).unwrap_or(below.rows), GROUP),
            None => (1, GIVE),
        };
        let start = below.cost.1 + number(below.rows) * each;
        let given = if groups.is_some() { number(rows) * GIVE } else { 0.0 };
        let cost = (start, start + given);
        Step { name: name.into(), details: Vec::new(), cost, rows, width, inputs: vec![below] }
    }

    fn window(&self, functions: &[String], input: &Plan) -> Step {
        let below = self.step(input);
        let details = functions.first().map(|one| conditions::window(one)).unwrap_or_default();
        let start = below.cost.1 + ordering(below.rows);
        let cost = (start, start + number(below.rows) * READ);
        let added = UNKNOWN_WIDTH.saturating_mul(functions.len() as u64);
        let (rows, width) = (below.rows, below.width.saturating_add(added));
        Step { name: "XN Window".into(), details, cost, rows, width, inputs: vec![below] }
    }

    /// `Merge`, `Network`, `Sort`: the order is made where the rows are, and kept on the way.
    fn sort(&self, keys: &[String], limit: Option<u64>, input: &Plan) -> Step {
        let below = self.step(input);
        let keys: Option<Vec<String>> =
            keys.iter().map(|key| input.written(key).map(|key| conditions::key(&key))).collect();
        let keys = keys.map(|keys| keys.join(", "));
        let start = SORTED + below.cost.1 + ordering(below.rows);
        let cost = (start, start + number(below.rows) * GIVE);
        let (rows, width) = (below.rows, below.width);
        let told =
            |label: &str| Vec::from_iter(keys.as_ref().map(|keys| format!("{label}: {keys}")));
        let around = |name: &str, details, inputs| Step {
            name: name.into(),
            details,
            cost,
            rows,
            width,
            inputs,
        };
        let sort = around("XN Sort", told("Sort Key"), vec![below]);
        let network = around("XN Network", vec![String::from("Send to leader")], vec![sort]);
        let merge = around("XN Merge", told("Merge Key"), vec![network]);
        match limit {
            Some(limit) => limited(merge, Some(limit)),
            None => merge,
        }
    }

    fn append(&self, inputs: &[Plan]) -> Step {
        let numbered = inputs.iter().enumerate().map(|(index, input)| {
            let below = self.step(input);
            let name = format!("XN Subquery Scan \"*SELECT* {}\"", index.saturating_add(1));
            above(name, below, 0.0)
        });
        let inputs: Vec<Step> = numbered.collect();
        let rows = inputs.iter().map(|input| input.rows).fold(0, u64::saturating_add);
        let width = inputs.first().map_or(0, |input| input.width);
        let end = inputs.iter().map(|input| input.cost.1).sum();
        let name = String::from("XN Append");
        Step { name, details: Vec::new(), cost: (0.0, end), rows, width, inputs }
    }

    /// A common table expression that is computed once stands below what reads it.
    fn common(&self, name: &str, definition: &Plan, main: &Plan) -> Step {
        let mut step = self.step(main);
        let below = self.step(definition);
        step.cost = (step.cost.0 + below.cost.1, step.cost.1 + below.cost.1);
        step.inputs.push(above(format!("XN Subquery Scan {name}"), below, 0.0));
        step
    }

    fn recursive(&self, name: &str, parts: [&Plan; 2], rows: Option<u64>) -> Step {
        let [first, next] = parts.map(|part| self.step(part));
        let rows = rows.unwrap_or(first.rows);
        let cost = (0.0, first.cost.1 + next.cost.1);
        let width = first.width;
        let name = format!("XN Recursive Union {name}");
        Step { name, details: Vec::new(), cost, rows, width, inputs: vec![first, next] }
    }

    fn leaf(&self, operation: &Operation, inputs: &[Plan], rows: Option<u64>) -> Step {
        let inputs: Vec<Step> = inputs.iter().map(|input| self.step(input)).collect();
        let below: f64 = inputs.iter().map(|input| input.cost.1).sum();
        let expected = inputs.iter().map(|input| input.rows).max().unwrap_or(1);
        let rows = rows.unwrap_or(expected);
        let (name, details, rows) = match operation {
            Operation::Function(name) => (format!("XN Function Scan on {name}"), None, rows),
            Operation::Constant { empty: false } => (String::from("XN Result"), None, 1),
            Operation::Constant { empty: true } => {
                (String::from("XN Result"), Some(String::from("One-Time Filter: false")), 0)
            }
            Operation::CommonScan { name, recursive } => {
                let word = if *recursive { "WorkTable" } else { "CTE" };
                (format!("XN {word} Scan on {name}"), None, rows)
            }
            Operation::Other(name) => (format!("XN {}", conditions::words(name)), None, rows),
            Operation::Aggregate { .. } => (String::from("XN HashAggregate"), None, rows),
            _ => (String::from("XN Materialize"), None, rows),
        };
        let width = inputs.iter().map(|input| input.width).sum();
        let cost = (0.0, below + number(rows) * READ);
        Step { name, details: Vec::from_iter(details), cost, rows, width, inputs }
    }
}

/// A step over another that gives the same rows.
fn above(name: String, below: Step, more: f64) -> Step {
    let (rows, width) = (below.rows, below.width);
    let cost = (below.cost.0, below.cost.1 + more);
    Step { name, details: Vec::new(), cost, rows, width, inputs: vec![below] }
}

/// The side of a join that is hashed.
fn hashed(below: Step) -> Step {
    let mut step = above(String::from("XN Hash"), below, 0.0);
    step.cost.0 = step.cost.1;
    step
}

/// The first rows of a step.
fn limited(below: Step, rows: Option<u64>) -> Step {
    let rows = rows.map_or(below.rows, |rows| rows.min(below.rows));
    let part = if below.rows == 0 { 1.0 } else { number(rows) / number(below.rows) };
    let (start, end) = below.cost;
    let mut step = above(String::from("XN Limit"), below, 0.0);
    step.rows = rows;
    step.cost = (start, start + (end - start) * part);
    step
}

/// Redshift's word for a kind of join.
fn join_word(kind: &str, method: Method) -> String {
    let word = match kind {
        "INNER" | "" => "",
        "LEFT" | "SINGLE" => "Left ",
        "RIGHT" => "Right ",
        "OUTER" | "FULL" => "Full ",
        "SEMI" => "IN ",
        "ANTI" => "NOT IN ",
        "RIGHT_SEMI" => "Right IN ",
        "RIGHT_ANTI" => "Right NOT IN ",
        other => return format!("{} Join ", conditions::words(other)),
    };
    match (word, method) {
        ("", Method::Loop) => String::new(),
        (word, _) => format!("{word}Join "),
    }
}

/// What it costs to put so many rows into an order.
fn ordering(rows: u64) -> f64 {
    let rows = number(rows).max(1.0);
    rows * rows.log2() * GROUP
}

/// Rows as a factor of a cost, whose digits do not matter.
#[allow(clippy::cast_precision_loss, reason = "a cost is no count")]
fn number(rows: u64) -> f64 {
    rows as f64
}
