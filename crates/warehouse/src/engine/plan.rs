//! The engine's plan of a statement, read from its JSON: what is done in which order, in words that
//! are nobody's own.
//!
//! It must not know how plans are shown. Start reading at [`Plan::read`].

use std::collections::HashMap;

use serde_json::Value as Json;

/// One operation and what it works on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// What is done.
    pub operation: Operation,
    /// The number of rows that the engine expects to come of it; `None` where it does not tell.
    pub rows: Option<u64>,
    /// The columns that it gives, by name, where they are listed.
    pub columns: Vec<String>,
    /// What it works on.
    pub inputs: Vec<Plan>,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A table is read; the conditions that its rows must meet.
    Scan { table: String, conditions: Vec<String> },
    /// A function gives rows.
    Function(String),
    /// Rows that were written down: `VALUES`.
    Values,
    /// One row without columns, or none.
    Constant { empty: bool },
    /// Columns are computed.
    Project,
    /// Rows that do not meet a condition are left out.
    Filter(String),
    /// Two inputs are joined.
    Join { method: Method, kind: String, conditions: Vec<String> },
    /// Rows are gathered into groups, or all into one.
    Aggregate { groups: Option<Vec<String>>, values: Vec<String> },
    /// Window functions.
    Window(Vec<String>),
    /// Rows are put into an order; only so many of them are kept.
    Sort { keys: Vec<String>, limit: Option<u64> },
    /// Only some rows are kept.
    Limit,
    /// One input after the other.
    Append,
    /// The first input is a common table expression of the second.
    Common(String),
    /// A recursive one: how it begins, and how it goes on.
    Recursive(String),
    /// The rows of one of these.
    CommonScan { name: String, recursive: bool },
    /// Rows are written: nothing is shown of it.
    Write,
    /// Anything else, by the engine's name.
    Other(String),
}

/// How a join is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// The second input's rows are hashed.
    Hash,
    /// Both are sorted.
    Merge,
    /// Every row with every row.
    Loop,
}

impl Plan {
    /// Reads what the engine answers to `EXPLAIN (FORMAT JSON)`; `None` when it is no plan.
    pub(super) fn read(json: &str) -> Option<Self> {
        let read: Json = serde_json::from_str(json).ok()?;
        let first = read.as_array()?.first()?;
        let mut names = HashMap::new();
        name_expressions(first, &mut names);
        let mut plan = Self::node(first)?;
        plan.name_scans(&names);
        Some(plan)
    }

    /// Gives the scans of common table expressions their names for their numbers.
    fn name_scans(&mut self, names: &HashMap<String, String>) {
        if let Operation::CommonScan { name, .. } = &mut self.operation
            && let Some(known) = names.get(name)
        {
            name.clone_from(known);
        }
        self.inputs.iter_mut().for_each(|input| input.name_scans(names));
    }

    fn node(node: &Json) -> Option<Self> {
        let name = node.get("name")?.as_str()?.trim();
        let info = Info(node.get("extra_info"));
        let inputs = node.get("children").and_then(Json::as_array);
        let inputs = inputs.into_iter().flatten().filter_map(Self::node).collect();
        let operation = operation(name, &info);
        let columns = match &operation {
            Operation::Aggregate { groups, values } => {
                groups.iter().flatten().chain(values).cloned().collect()
            }
            _ => info.list("Projections"),
        };
        let rows = info.text("Estimated Cardinality").parse().ok();
        Some(Self { operation, rows, columns, inputs })
    }

    /// The column with this number, as its source calls it; `None` where that cannot be told.
    pub(crate) fn column(&self, number: usize) -> Option<String> {
        use Operation as O;
        match self.operation {
            O::Filter(_) | O::Sort { .. } | O::Limit => self.inputs.first()?.column(number),
            O::Project | O::Aggregate { .. } => {
                let column = self.columns.get(number)?;
                self.inputs.first()?.written(column)
            }
            O::Scan { .. } => self.columns.get(number).cloned(),
            _ => None,
        }
    }

    /// An expression over this plan's columns, with their names for their numbers.
    pub(crate) fn written(&self, expression: &str) -> Option<String> {
        let expression = plain(expression);
        let mut out = String::new();
        let mut rest = expression.as_str();
        while let Some((before, after)) = rest.split_once('#') {
            let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, tail) = after.split_at_checked(digits)?;
            out.push_str(before);
            out.push_str(&self.column(number.parse().ok()?)?);
            rest = tail;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// The names of common table expressions by their numbers.
fn name_expressions(node: &Json, names: &mut HashMap<String, String>) {
    let info = Info(node.get("extra_info"));
    if info.has("CTE Name") {
        names.insert(info.text("Table Index"), info.text("CTE Name"));
    }
    let inputs = node.get("children").and_then(Json::as_array);
    inputs.into_iter().flatten().for_each(|input| name_expressions(input, names));
}

/// The engine packs values while it groups and sorts: that is no part of an expression.
fn plain(expression: &str) -> String {
    let mut text = expression.trim().to_owned();
    while let Some(inner) = text.strip_prefix("__internal_") {
        let Some((_, inner)) = inner.split_once('(') else { break };
        let Some(inner) = inner.strip_suffix(')') else { break };
        text = inner.to_owned();
    }
    without_blanks(&text).replace("count_star()", "count(*)").replace("sum_no_overflow(", "sum(")
}

/// Comparisons of text pass over trailing blanks: how rewritten SQL says so is no part of the
/// expression either.
fn without_blanks(text: &str) -> String {
    const HEAD: &str = "CASE  WHEN (suffix(";
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(HEAD) {
        out.push_str(before);
        let found = after.split_once(", ' ')) THEN (rtrim(").and_then(|(value, tail)| {
            let tail = tail.strip_prefix(value)?.strip_prefix(", ' ')) ELSE ")?;
            Some((value, tail.strip_prefix(value)?.strip_prefix(" END")?))
        });
        match found {
            Some((value, tail)) => {
                out.push_str(value);
                rest = tail;
            }
            None => {
                out.push_str(HEAD);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    without_bounds(&out)
}

/// `a >= 't' AND a < 't!' AND (a = 't')` is the last of these: the others are there for the engine
/// to leave out blocks of rows.
fn without_bounds(text: &str) -> String {
    let parts: Vec<&str> = text.split(" AND ").collect();
    let mut out: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        let bounded = || {
            let (name, literal) = part.split_once(">=")?;
            let inside = literal.strip_prefix('\'')?.strip_suffix('\'')?;
            let equal = *parts.get(at.checked_add(2)?)?;
            let below = *parts.get(at.checked_add(1)?)? == format!("{name}<'{inside}!'");
            (below && equal == format!("({name} = '{inside}')")).then_some(equal)
        };
        match bounded() {
            Some(equal) => {
                out.push(equal);
                at = at.saturating_add(3);
            }
            None => {
                out.push(part);
                at = at.saturating_add(1);
            }
        }
    }
    out.join(" AND ")
}

/// What the engine adds to an operation.
struct Info<'a>(Option<&'a Json>);

impl Info<'_> {
    fn list(&self, key: &str) -> Vec<String> {
        let found = self.0.and_then(|info| info.get(key));
        let items: Vec<&str> = match found {
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
            Some(Json::String(one)) => vec![one],
            _ => Vec::new(),
        };
        items.into_iter().filter(|item| !item.is_empty()).map(plain).collect()
    }

    fn text(&self, key: &str) -> String {
        self.list(key).join(", ")
    }

    fn has(&self, key: &str) -> bool {
        self.0.is_some_and(|info| info.get(key).is_some())
    }
}

fn operation(name: &str, info: &Info<'_>) -> Operation {
    use Operation as O;
    let join = |method, key: &str| O::Join {
        method,
        kind: info.text("Join Type"),
        conditions: info.list(key),
    };
    match name {
        "SEQ_SCAN" => O::Scan { table: info.text("Table"), conditions: info.list("Filters") },
        "COLUMN_DATA_SCAN" => O::Values,
        "DUMMY_SCAN" => O::Constant { empty: false },
        "EMPTY_RESULT" => O::Constant { empty: true },
        "PROJECTION" => O::Project,
        "FILTER" => O::Filter(info.text("Expression")),
        "HASH_JOIN" => join(Method::Hash, "Conditions"),
        "PIECEWISE_MERGE_JOIN" | "IE_JOIN" => join(Method::Merge, "Conditions"),
        "NESTED_LOOP_JOIN" => join(Method::Loop, "Conditions"),
        "BLOCKWISE_NL_JOIN" => join(Method::Loop, "Condition"),
        "CROSS_PRODUCT" | "POSITIONAL_JOIN" => join(Method::Loop, ""),
        "HASH_GROUP_BY" | "PERFECT_HASH_GROUP_BY" | "PARTITIONED_AGGREGATE" => {
            O::Aggregate { groups: Some(info.list("Groups")), values: info.list("Aggregates") }
        }
        "UNGROUPED_AGGREGATE" | "SIMPLE_AGGREGATE" => {
            O::Aggregate { groups: None, values: info.list("Aggregates") }
        }
        "WINDOW" | "STREAMING_WINDOW" => O::Window(info.list("Projections")),
        "ORDER_BY" => O::Sort { keys: info.list("Order By"), limit: None },
        "TOP_N" => O::Sort {
            keys: info.list("Order By"),
            limit: info.text("Top").parse().ok().or(Some(0)),
        },
        "LIMIT" | "STREAMING_LIMIT" | "LIMIT_PERCENT" => O::Limit,
        "UNION" => O::Append,
        "CTE" => O::Common(info.text("CTE Name")),
        "REC_CTE" => O::Recursive(info.text("CTE Name")),
        "CTE_SCAN" | "REC_CTE_SCAN" => {
            O::CommonScan { name: info.text("CTE Index"), recursive: name == "REC_CTE_SCAN" }
        }
        "INSERT" | "BATCH_INSERT" | "UPDATE" | "DELETE" => O::Write,
        _ if info.has("Function") => O::Function(info.text("Function").to_lowercase()),
        other => O::Other(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, Plan, plain};

    #[test]
    fn expressions_are_those_of_the_statement() {
        for (text, expect) in [
            ("__internal_compress_string_uinteger(#0)", "#0"),
            ("sum_no_overflow(#1)", "sum(#1)"),
            ("CASE  WHEN (suffix(a.b, ' ')) THEN (rtrim(a.b, ' ')) ELSE a.b END", "a.b"),
            ("CASE  WHEN (suffix(a, ' ')) THEN (rtrim(b, ' ')) ELSE a END", ""),
            ("a>='x' AND a<'x!' AND (a = 'x')", "(a = 'x')"),
            ("a>='x' AND a<'y!' AND (a = 'x')", "a>='x' AND a<'y!' AND (a = 'x')"),
        ] {
            let expect = if expect.is_empty() { text } else { expect };
            assert_eq!(plain(text), expect);
        }
    }

    #[test]
    fn numbers_of_columns_are_followed_to_their_names() {
        let json = r##"[{"name": "HASH_GROUP_BY", "extra_info": {"Groups": "#0",
            "Aggregates": "sum(#1)", "Estimated Cardinality": "7"}, "children": [
            {"name": "PROJECTION", "extra_info": {"Projections": ["__internal_compress_x(#1)", "#0"]},
            "children": [{"name": "SEQ_SCAN", "children": [], "extra_info": {
            "Table": "t", "Projections": ["amount", "shop"], "Filters": "amount>1"}}]}]}]"##;
        let plan = Plan::read(json).unwrap();
        assert_eq!(
            (plan.column(0), plan.column(1)),
            (Some("shop".into()), Some("sum(amount)".into()))
        );
        assert_eq!((plan.column(2), plan.rows), (None, Some(7)));
        let scan = &plan.inputs[0].inputs[0];
        let conditions = vec![String::from("amount>1")];
        assert_eq!(scan.operation, Operation::Scan { table: "t".into(), conditions });
        assert_eq!(Plan::read("[]"), None);
    }
}
