//! Statements about the session itself: settings, transactions, cursors, prepared statements.

use super::Statement;
use crate::types::SqlType;

/// `BEGIN` / `START TRANSACTION` and its modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Begin {
    /// `READ ONLY` (true) or `READ WRITE` (false) where written.
    pub read_only: Option<bool>,
    /// `ISOLATION LEVEL …` was written: accepted, it changes nothing in Redshift.
    pub isolation: Option<Isolation>,
}

/// Isolation levels that Redshift's grammar accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// `SERIALIZABLE`.
    Serializable,
    /// `SNAPSHOT`.
    Snapshot,
    /// `READ COMMITTED`.
    ReadCommitted,
    /// `READ UNCOMMITTED`.
    ReadUncommitted,
    /// `REPEATABLE READ`.
    RepeatableRead,
}

/// `SET [SESSION | LOCAL] name { TO | = } value, …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Folded name; a custom one keeps its dots (`app.user`). `SET TIME ZONE` is `timezone`.
    pub name: String,
    /// The values, unquoted, in order; `None` is `DEFAULT`.
    pub values: Option<Vec<String>>,
    /// `LOCAL`: until the end of the transaction.
    pub local: bool,
}

/// `FETCH [NEXT | ALL | n | FORWARD [n | ALL]] FROM cursor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Folded name.
    pub cursor: String,
    /// Rows wanted; `None` is `ALL`.
    pub count: Option<u64>,
}

/// `PREPARE name [(type, …)] AS statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepare {
    /// Folded name.
    pub name: String,
    /// Parameter types.
    pub types: Vec<SqlType>,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub statement: Box<Statement>,
}

/// `EXECUTE name [(value, …)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execute {
    /// Folded name.
    pub name: String,
    /// Each value as an expression of engine SQL.
    pub values: Vec<String>,
}

/// `EXPLAIN [VERBOSE] statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// `VERBOSE`.
    pub verbose: bool,
    /// What is explained.
    pub statement: Box<Statement>,
}
