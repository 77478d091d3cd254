//! Failures of a statement as a client sees them, and the one table that turns the engine's
//! messages into SQLSTATEs and Redshift's words.
//!
//! It must not know sessions or the wire. Start reading at [`Failure`]; the table is
//! [`ENGINE_MESSAGES`].

mod numbers;

use crate::engine::EngineFault;
use crate::unload::UnloadError;

/// A statement's failure: the fields of an ErrorResponse.
///
/// The SQLSTATE values are those Redshift uses (PostgreSQL 8.0's list, with `XX000` for
/// everything that a load or an unload refuses).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Five characters.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The DETAIL field.
    pub detail: Option<String>,
    /// The HINT field.
    pub hint: Option<String>,
    /// The CONTEXT field: the call stack, innermost first, a line each.
    pub context: Option<String>,
    /// Where in the query text, in characters from 1.
    pub position: Option<usize>,
    /// The session cannot go on (`FATAL`).
    pub fatal: bool,
}

impl Failure {
    /// A failure with a code and a message.
    pub fn new(sqlstate: &str, message: impl Into<String>) -> Self {
        Self {
            sqlstate: sqlstate.to_owned(),
            message: message.into(),
            detail: None,
            hint: None,
            context: None,
            position: None,
            fatal: false,
        }
    }

    /// 0A000: documented by Redshift, not built here.
    pub fn not_implemented(what: &str) -> Self {
        Self::new("0A000", format!("{what} is not implemented yet"))
    }

    /// 42501 `permission denied for <kind> <name>`.
    pub fn denied(kind: &str, name: &str) -> Self {
        Self::new("42501", format!("permission denied for {kind} {name}"))
    }

    /// 25P02: what every statement of an aborted transaction gets.
    pub fn transaction_aborted() -> Self {
        Self::new(
            "25P02",
            "current transaction is aborted, commands ignored until end of transaction block",
        )
    }

    /// XX000 for a fault of our own that no statement should be able to cause.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::new("XX000", format!("internal error: {what}"))
    }

    /// 57P01: the cluster goes away.
    pub fn shutting_down() -> Self {
        let mut failure = Self::new("57P01", "terminating connection due to administrator command");
        failure.fatal = true;
        failure
    }

    /// The same failure, pointing at a character of the query (from 1).
    #[must_use]
    pub fn at(mut self, position: usize) -> Self {
        if position > 0 {
            self.position = Some(position);
        }
        self
    }

    /// The same failure with a hint.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }

    /// The same failure with a further line of context, outside the others.
    #[must_use]
    pub(crate) fn within(mut self, line: &str) -> Self {
        let context = self.context.get_or_insert_default();
        if !context.is_empty() {
            context.push('\n');
        }
        context.push_str(line);
        self
    }

    /// The same failure, ending the session.
    #[must_use]
    pub fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }
}

impl From<redshift_sql::SqlError> for Failure {
    fn from(error: redshift_sql::SqlError) -> Self {
        Self {
            sqlstate: error.sqlstate.to_owned(),
            message: error.message,
            detail: None,
            hint: error.hint,
            context: None,
            position: error.position,
            fatal: false,
        }
    }
}

impl From<UnloadError> for Failure {
    fn from(error: UnloadError) -> Self {
        let mut failure = Self::new(&error.sqlstate, error.message);
        failure.detail = error.detail;
        failure.hint = error.hint;
        failure
    }
}

impl From<EngineFault> for Failure {
    fn from(fault: EngineFault) -> Self {
        from_engine(&fault.message)
    }
}

/// How one kind of engine message becomes a failure.
struct Rule {
    /// The engine's error class, as the message begins.
    class: &'static str,
    /// What the message contains; empty for any of the class.
    contains: &'static str,
    /// The code it means.
    sqlstate: &'static str,
    /// Redshift's words; `%` stands for the name the message speaks of, empty keeps the engine's.
    words: &'static str,
}

const fn rule(
    class: &'static str,
    contains: &'static str,
    sqlstate: &'static str,
    words: &'static str,
) -> Rule {
    Rule { class, contains, sqlstate, words }
}

const CANCELLED: &str = "Query (0) cancelled on user's request";
/// The number that Redshift gives as the message of a serialization failure.
const CONFLICT: &str = "1023";
/// Its detail.
const CONFLICT_DETAIL: &str = "Serializable isolation violation on a table: it was changed by \
                               another transaction since this one began";
const NO_RELATION: &str = "relation \"%\" does not exist";
const SEVERAL_ROWS: &str = "more than one row returned by a subquery used as an expression";
const NO_COLUMN: &str = "column \"%\" does not exist";
const NOT_GROUPED: &str =
    "column \"%\" must appear in the GROUP BY clause or be used in an aggregate function";
const NO_DEFAULT_COLUMNS: &str = "cannot use column references in default expression";
const TWO_DATABASES: &str = "a transaction cannot write to more than one database";

/// First match wins. Classes keep users' own text, which conversion errors quote, from meaning
/// anything else.
static ENGINE_MESSAGES: &[Rule] = &[
    rule("INTERRUPT", "", "57014", CANCELLED),
    rule("TransactionContext", "to a single attached database", "0A000", TWO_DATABASES),
    rule("TransactionContext", "within a transaction", "25001", ""),
    rule("TransactionContext", "is aborted", "25P02", ""),
    rule("TransactionContext", "", "XX000", CONFLICT),
    rule("Transaction", "", "XX000", CONFLICT),
    rule("Conversion", "invalid date field", "22007", ""),
    rule("Conversion", "invalid timestamp field", "22007", ""),
    rule("Conversion", "field value out of range", "22008", ""),
    rule("Conversion", "out of range", "22003", ""),
    rule("Conversion", "Could not cast value", "22003", ""),
    rule("Conversion", "", "22P02", ""),
    rule("Out of Range", "logarithm of zero", "2201E", "cannot take logarithm of zero"),
    rule(
        "Out of Range",
        "logarithm of a negative",
        "2201E",
        "cannot take logarithm of a negative number",
    ),
    rule(
        "Out of Range",
        "square root of a negative",
        "2201F",
        "cannot take square root of a negative number",
    ),
    rule("Out of Range", "", "22003", ""),
    rule("Out of Memory", "", "53200", ""),
    rule(
        "Constraint",
        "NOT NULL constraint failed",
        "23502",
        "Cannot insert a NULL value into column %",
    ),
    rule("Constraint", "", "23000", ""),
    rule("Catalog", "write-write conflict", "XX000", CONFLICT),
    rule("Catalog", "already exists", "42P07", "Relation \"%\" already exists"),
    rule("Catalog", "Table with name", "42P01", NO_RELATION),
    rule("Catalog", "View with name", "42P01", NO_RELATION),
    rule("Catalog", "Schema with name", "3F000", "schema \"%\" does not exist"),
    rule("Catalog", "Function with name", "42883", ""),
    rule("Catalog", "does not have a column", "42703", NO_COLUMN),
    rule("Catalog", "", "42704", ""),
    rule("Binder", "DEFAULT value cannot contain column", "42P10", NO_DEFAULT_COLUMNS),
    rule("Binder", "Duplicate CTE name", "42712", "WITH query name \"%\" specified more than once"),
    rule("Binder", "Referenced update column", "42703", ""),
    rule("Binder", "Referenced column", "42703", NO_COLUMN),
    rule("Binder", "does not have a column", "42703", NO_COLUMN),
    rule("Binder", "Referenced table", "42P01", "missing FROM-clause entry for table \"%\""),
    rule("Binder", "Subquery returns", "42601", "subquery must return only one column"),
    rule("Binder", "Ambiguous reference", "42702", "column reference \"%\" is ambiguous"),
    rule("Binder", "must appear in the GROUP BY", "42803", NOT_GROUPED),
    rule(
        "Binder",
        "aggregate function calls cannot be nested",
        "42803",
        "aggregate function calls may not have nested aggregate or window function",
    ),
    rule(
        "Binder",
        "WHERE clause cannot contain aggregates",
        "42803",
        "aggregates not allowed in WHERE clause",
    ),
    rule(
        "Binder",
        "WHERE clause cannot contain window",
        "42P20",
        "window functions not allowed in WHERE clause",
    ),
    rule(
        "Binder",
        "window function calls cannot be nested",
        "42P20",
        "window function calls may not be nested",
    ),
    rule("Binder", "term out of range", "42P10", ""),
    rule("Binder", "No function matches", "42883", ""),
    rule("Binder", "Could not choose a best candidate", "42883", ""),
    rule("Binder", "Cannot compare values", "42883", ""),
    rule("Binder", "Cannot mix values", "42804", ""),
    rule("Binder", "", "42601", ""),
    rule("Parser", "", "42601", ""),
    rule("Dependency", "", "2BP01", ""),
    rule("Permission", "", "42501", ""),
    rule("Not implemented", "", "0A000", ""),
    rule("Invalid Input", "More than one row returned by a subquery", "21000", SEVERAL_ROWS),
    rule("Invalid Input", "", "22023", ""),
];

/// Reads an engine message: rewritten SQL raises errors of its own with their SQLSTATE,
/// everything else goes by [`ENGINE_MESSAGES`].
pub(crate) fn from_engine(message: &str) -> Failure {
    // A check that fails quotes its whole expression, which is ours.
    let raises = message.starts_with("Invalid Input")
        || message.starts_with("Constraint Error: CHECK constraint failed");
    if raises && let Some((sqlstate, text)) = redshift_sql::raised(message) {
        return Failure::new(sqlstate, text);
    }
    let first = ["\nLINE ", "\n\n", "\n\tCandidate"]
        .iter()
        .fold(message, |text, end| text.split(end).next().unwrap_or(text))
        .trim();
    let matching = |rule: &&Rule| {
        let of_class = message.strip_prefix(rule.class).is_some_and(|m| m.starts_with(" Error"));
        of_class && message.contains(rule.contains)
    };
    let Some(rule) = ENGINE_MESSAGES.iter().find(matching) else {
        return Failure::new("XX000", without_class(first));
    };
    if rule.words == CONFLICT {
        let mut failure = Failure::new(rule.sqlstate, CONFLICT);
        failure.detail = Some(CONFLICT_DETAIL.to_owned());
        return failure;
    }
    if let Some(failure) = numbers::failure(first) {
        return failure;
    }
    if let Some(words) = column_of_table(first) {
        return Failure::new("42703", words);
    }
    let words = match (rule.words, quoted_name(first)) {
        ("", _) => without_class(first).to_owned(),
        (words, Some(name)) => words.replace('%', &name),
        (words, None) if words.contains('%') => without_class(first).to_owned(),
        (words, None) => words.to_owned(),
    };
    Failure::new(rule.sqlstate, words)
}

/// A column that a table does not have: in an expression, or as the target of an INSERT.
fn column_of_table(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Error: Table \"")?;
    let (table, rest) = rest.split_once("\" does not have a column ")?;
    if let Some(rest) = rest.strip_prefix("named \"") {
        return Some(format!("column {table}.{} does not exist", rest.split('"').next()?));
    }
    let column = rest.strip_prefix("with name \"")?.split('"').next()?;
    Some(format!("column \"{column}\" of relation \"{table}\" does not exist"))
}

/// The message without the engine's error class and its hints.
fn without_class(message: &str) -> &str {
    let text = match message.split_once(" Error: ") {
        Some((class, rest)) if class.len() < 30 && !class.contains('\n') => rest,
        _ => message,
    };
    text.split("\nDid you mean").next().unwrap_or(text).trim()
}

/// The name the message speaks of: the first in double quotes, or after `with name`.
fn quoted_name(message: &str) -> Option<String> {
    let head = message.split("\nDid you mean").next().unwrap_or(message);
    let head = head.split("\nCandidate").next().unwrap_or(head);
    if let Some((_, rest)) = head.split_once("constraint failed: ") {
        return rest.rsplit('.').next().map(str::to_owned);
    }
    if let Some((_, rest)) = head.split_once('"') {
        return rest.split('"').next().map(str::to_owned);
    }
    let (_, rest) = head.split_once("with name ")?;
    rest.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::from_engine;

    #[test]
    fn engine_messages_become_redshifts() {
        for (message, sqlstate, expect) in [
            (
                "Catalog Error: Table with name nope does not exist!\nDid you mean \"pg_enum\"?\n\nLINE 1: x",
                "42P01",
                "relation \"nope\" does not exist",
            ),
            (
                "Catalog Error: Table with name \"x2\" already exists!",
                "42P07",
                "Relation \"x2\" already exists",
            ),
            (
                "Binder Error: Referenced column \"a\" not found in FROM clause!\nCandidate bindings: \"i\"",
                "42703",
                "column \"a\" does not exist",
            ),
            (
                "Constraint Error: NOT NULL constraint failed: nn.i",
                "23502",
                "Cannot insert a NULL value into column i",
            ),
            (
                "Conversion Error: Could not convert string 'Table with name' to INT32\n\nLINE 1: x",
                "22P02",
                "invalid input syntax for integer: \"Table with name\"",
            ),
            ("INTERRUPT Error: Interrupted!", "57014", "Query (0) cancelled on user's request"),
            ("TransactionContext Error: Conflict on update!", "XX000", "1023"),
            (
                "Transaction Error: Catalog write-write conflict on alter with \"t\"",
                "XX000",
                "1023",
            ),
            ("Something Else", "XX000", "Something Else"),
        ] {
            let failure = from_engine(message);
            assert_eq!((failure.sqlstate.as_str(), failure.message.as_str()), (sqlstate, expect));
        }
    }
}
