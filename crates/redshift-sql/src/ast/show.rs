//! `SHOW` in every form: parameters of the session, lists of objects, definitions.
//! Redshift Developer Guide, "SQL commands" › "SHOW" and its family.

use super::ObjectName;

/// `SHOW …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Show {
    /// `SHOW PROCEDURE name [(types)]`.
    Procedure(super::RoutineRef),
    /// `SHOW name`.
    Parameter(String),
    /// `SHOW ALL`.
    All,
    /// `SHOW TABLES FROM …` and its kin.
    List(ShowList),
    /// `SHOW TABLE t`: the statement that makes the relation.
    Table(ObjectName),
    /// `SHOW VIEW v`.
    View(ObjectName),
    /// `SHOW GRANTS ON t` without the word `TABLE`.
    GrantsOnTable(ObjectName),
}

/// A list of objects: drivers send its names and patterns as parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowList {
    /// What is listed.
    pub kind: ListKind,
    /// The names after `FROM`, `ON` or `OF`, outermost first, as many as were written.
    pub names: Vec<Word>,
    /// The argument types of `SHOW PARAMETERS OF f(…)`.
    pub arguments: Vec<Word>,
    /// `WHERE SCHEMA_NAME LIKE p`.
    pub schema_like: Option<Word>,
    /// `WHERE TABLE_NAME LIKE p`.
    pub table_like: Option<Word>,
    /// `LIKE p`, on the names of what is listed.
    pub like: Option<Word>,
    /// `LIMIT n`, 0 to 10,000.
    pub limit: Option<u64>,
    /// The highest `$n`.
    pub parameters: usize,
}

/// A name or pattern of a list: written, or bound by the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// As written; names are folded.
    Text(String),
    /// `$n`, from 1.
    Parameter(usize),
}

/// What a list lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// `SHOW DATABASES`.
    Databases,
    /// `SHOW SCHEMAS FROM DATABASE d`.
    Schemas,
    /// `SHOW TABLES FROM SCHEMA [d.]s`.
    Tables,
    /// `SHOW TABLES FROM DATABASE d`.
    TablesOfDatabase,
    /// `SHOW COLUMNS FROM TABLE [[d.]s.]t`.
    Columns,
    /// `SHOW COLUMNS FROM DATABASE d`.
    ColumnsOfDatabase,
    /// `SHOW CONSTRAINTS PRIMARY KEYS FROM TABLE t`.
    PrimaryKeys,
    /// `SHOW CONSTRAINTS FOREIGN KEYS FROM TABLE t`.
    ForeignKeys,
    /// `SHOW CONSTRAINTS FOREIGN KEYS EXPORTED FROM TABLE t`.
    ExportedKeys,
    /// `SHOW GRANTS ON TABLE t`.
    TableGrants,
    /// `SHOW GRANTS ON TABLES FROM DATABASE d`.
    TableGrantsOfDatabase,
    /// `SHOW COLUMN GRANTS ON TABLE t`.
    ColumnGrants,
    /// `SHOW PROCEDURES FROM SCHEMA [d.]s`.
    Procedures,
    /// `SHOW FUNCTIONS FROM SCHEMA [d.]s`.
    Functions,
    /// `SHOW PARAMETERS OF PROCEDURE p(types)`.
    ProcedureParameters,
    /// `SHOW PARAMETERS OF FUNCTION f(types)`.
    FunctionParameters,
}
