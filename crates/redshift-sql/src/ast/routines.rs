//! Stored procedures and SQL user-defined functions.

use super::{ObjectName, RoutineKind, Set};
use crate::types::SqlType;

/// How an argument of a procedure is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ArgumentMode {
    /// `IN`.
    #[default]
    In,
    /// `OUT`.
    Out,
    /// `INOUT`.
    InOut,
}

impl ArgumentMode {
    /// Whether a `CALL` gives a value for it.
    pub fn is_input(self) -> bool {
        self != Self::Out
    }

    /// Whether it is a column of the answer.
    pub fn is_output(self) -> bool {
        self != Self::In
    }
}

/// The type of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArgumentType {
    /// A type of Redshift.
    Sql(SqlType),
    /// `refcursor`.
    Cursor,
}

impl ArgumentType {
    /// The name without length, as signatures are compared and shown.
    pub fn base_name(self) -> &'static str {
        match self {
            Self::Sql(kind) => kind.base_name(),
            Self::Cursor => "refcursor",
        }
    }
}

impl std::fmt::Display for ArgumentType {
    /// With length and precision, as the type was declared.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sql(kind) => kind.fmt(f),
            Self::Cursor => f.write_str("refcursor"),
        }
    }
}

/// `[name] [mode] type` of a procedure, or `[name] type` of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Folded name.
    pub name: Option<String>,
    /// How it is passed.
    pub mode: ArgumentMode,
    /// Its type.
    pub kind: ArgumentType,
}

/// The types of the inputs, as they tell overloaded routines apart: `integer, character varying`.
pub fn signature(arguments: &[Argument]) -> String {
    let inputs = arguments.iter().filter(|argument| argument.mode.is_input());
    inputs.map(|argument| argument.kind.base_name()).collect::<Vec<_>>().join(", ")
}

/// `CREATE [OR REPLACE] PROCEDURE`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateProcedure {
    /// `OR REPLACE`.
    pub replace: bool,
    /// Name.
    pub name: ObjectName,
    /// Arguments.
    pub arguments: Vec<Argument>,
    /// The text between the dollars.
    pub body: String,
    /// `NONATOMIC`.
    pub nonatomic: bool,
    /// `SECURITY DEFINER`.
    pub definer: bool,
    /// `SET parameter TO value`.
    pub settings: Vec<Set>,
}

/// How much a function's result may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// `VOLATILE`.
    Volatile,
    /// `STABLE`.
    Stable,
    /// `IMMUTABLE`.
    Immutable,
}

/// `CREATE [OR REPLACE] FUNCTION … LANGUAGE sql`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunction {
    /// `OR REPLACE`.
    pub replace: bool,
    /// Name.
    pub name: ObjectName,
    /// Arguments, all of them inputs without names.
    pub arguments: Vec<Argument>,
    /// `RETURNS`.
    pub returns: SqlType,
    /// Volatility.
    pub volatility: Volatility,
    /// The `SELECT` between the dollars.
    pub body: String,
}

/// A routine named in a `DROP`, `ALTER`, `SHOW`, `GRANT`: by its input types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutineRef {
    /// Which kind.
    pub kind: RoutineKind,
    /// Name.
    pub name: ObjectName,
    /// The arguments as written; `None` without parentheses.
    pub arguments: Option<Vec<Argument>>,
}

/// `ALTER { PROCEDURE | FUNCTION } name (…) …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterRoutine {
    /// Which one.
    pub routine: RoutineRef,
    /// What changes.
    pub action: AlterRoutineAction,
}

/// What an `ALTER PROCEDURE` or `ALTER FUNCTION` changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterRoutineAction {
    /// `RENAME TO`.
    Rename(String),
    /// `OWNER TO`.
    Owner(String),
}

/// `CALL procedure (argument, …)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Procedure.
    pub name: ObjectName,
    /// Argument expressions.
    pub arguments: Vec<CallArgument>,
    /// The highest `$n` in them.
    pub parameters: usize,
}

/// An argument expression of a `CALL`.
#[derive(Debug, Clone, PartialEq)]
pub struct CallArgument {
    /// The expression's own text.
    pub text: String,
    /// A string literal or NULL: fits an argument of any type.
    pub untyped: bool,
}
