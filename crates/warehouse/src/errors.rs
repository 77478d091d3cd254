//! Failures of a statement as a client sees them, and the one table that turns the engine's
//! messages into SQLSTATEs and Redshift's words.
//!
//! It must not know sessions or the wire. Start reading at [`Failure`]; the table is
//! [`ENGINE_MESSAGES`].

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
            position: error.position,
            fatal: false,
        }
    }
}

impl From<UnloadError> for Failure {
    fn from(error: UnloadError) -> Self {
        let mut failure = Self::new(&error.sqlstate, error.message);
        failure.detail = error.detail;
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
    /// What the message contains.
    contains: &'static str,
    /// The code it means.
    sqlstate: &'static str,
    /// Redshift's words; `%` stands for the first name the engine put in quotes (or after
    /// `name `), empty keeps the engine's own words.
    message: &'static str,
}

const fn rule(contains: &'static str, sqlstate: &'static str, message: &'static str) -> Rule {
    Rule { contains, sqlstate, message }
}

/// First match wins: special messages first, then the engine's error classes.
static ENGINE_MESSAGES: &[Rule] = &[
    rule("INTERRUPT Error", "57014", "Query (0) canceled on user's request"),
    rule("Interrupted!", "57014", "Query (0) canceled on user's request"),
    rule("Divide by zero", "22012", "Divide by zero"),
    rule("division by zero", "22012", "Divide by zero"),
    rule("Conflict on ", "XX000", "1023"),
    rule("write-write conflict", "XX000", "1023"),
    rule("Transaction conflict", "XX000", "1023"),
    rule("has been modified by another", "XX000", "1023"),
    rule("altered after this transaction", "XX000", "1023"),
    rule("Current transaction is aborted", "25P02", ""),
    rule(
        "a single transaction can only write to a single",
        "0A000",
        "a transaction cannot write to more than one database",
    ),
    rule("cannot start a transaction within", "25001", ""),
    rule("Table with name", "42P01", "relation \"%\" does not exist"),
    rule("View with name", "42P01", "relation \"%\" does not exist"),
    rule("because schema", "3F000", ""),
    rule("Schema with name", "3F000", "schema \"%\" does not exist"),
    rule("Function with name", "42883", ""),
    rule("No function matches", "42883", ""),
    rule("already exists", "42P07", "Relation \"%\" already exists"),
    rule("Referenced table", "42P01", ""),
    rule("Referenced column", "42703", "column \"%\" does not exist"),
    rule("does not have a column", "42703", "column \"%\" does not exist"),
    rule("Ambiguous reference", "42702", "column reference \"%\" is ambiguous"),
    rule("must appear in the GROUP BY", "42803", ""),
    rule("NOT NULL constraint failed", "23502", "Cannot insert a NULL value into column %"),
    rule("Could not convert string", "22P02", ""),
    rule("invalid timestamp field", "22007", ""),
    rule("invalid date field", "22007", ""),
    rule("time field value out of range", "22008", ""),
    rule("out of range for the destination type", "22003", ""),
    rule("Overflow in", "22003", ""),
    rule("Out of Range Error", "22003", ""),
    rule("Could not cast value", "22003", ""),
    rule("Conversion Error", "22P02", ""),
    rule("Cannot compare values", "42883", ""),
    rule("Cannot mix values", "42804", ""),
    rule("Parser Error", "42601", ""),
    rule("Binder Error", "42601", ""),
    rule("Catalog Error", "42704", ""),
    rule("Constraint Error", "23000", ""),
    rule("Out of Memory Error", "53200", ""),
    rule("Not implemented Error", "0A000", ""),
    rule("Permission Error", "42501", ""),
    rule("Dependency Error", "2BP01", ""),
];

/// Reads an engine message: rewritten SQL raises errors of its own with their SQLSTATE,
/// everything else goes by [`ENGINE_MESSAGES`].
pub(crate) fn from_engine(message: &str) -> Failure {
    let first = message.split("\nLINE ").next().unwrap_or(message);
    let first = first.split("\n\n").next().unwrap_or(first);
    let first = first.split("\n\tCandidate").next().unwrap_or(first).trim();
    if let Some((sqlstate, text)) = redshift_sql::raised(message) {
        return Failure::new(sqlstate, text);
    }
    let Some(rule) = ENGINE_MESSAGES.iter().find(|rule| message.contains(rule.contains)) else {
        return Failure::new("XX000", without_class(first));
    };
    let text = match rule.message {
        "" => without_class(first).to_owned(),
        "1023" => {
            String::from("1023\nDETAIL:  Serializable isolation violation on a table in Redshift")
        }
        text => match quoted_name(first) {
            Some(name) => text.replace('%', &name),
            None if text.contains('%') => without_class(first).to_owned(),
            None => text.to_owned(),
        },
    };
    Failure::new(rule.sqlstate, text)
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
