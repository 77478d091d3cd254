//! Row-level security and dynamic data masking.

use super::{EngineStatement, Grantee, ObjectName};
use crate::types::SqlType;

/// A column that a policy's expressions name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyColumn {
    /// Folded name.
    pub name: String,
    /// Its type.
    pub data_type: SqlType,
}

/// A statement about policies.
#[derive(Debug, Clone, PartialEq)]
pub enum PolicyStatement {
    /// `CREATE RLS POLICY p [WITH (…) [[AS] alias]] USING (…)`.
    CreateRls {
        /// The policy.
        name: String,
        /// Columns of the relation that the predicate names.
        columns: Vec<PolicyColumn>,
        /// What the predicate calls the relation.
        alias: Option<String>,
        /// Which rows are seen.
        predicate: PolicyText,
    },
    /// `ALTER RLS POLICY p USING (…)`.
    AlterRls {
        /// The policy.
        name: String,
        /// Which rows are seen.
        predicate: PolicyText,
    },
    /// `CREATE MASKING POLICY [IF NOT EXISTS] p WITH (…) USING (…)`.
    CreateMasking {
        /// The policy.
        name: String,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// Inputs.
        columns: Vec<PolicyColumn>,
        /// What is shown instead, for each output.
        expressions: Vec<PolicyText>,
    },
    /// `ALTER MASKING POLICY p USING (…)`.
    AlterMasking {
        /// The policy.
        name: String,
        /// What is shown instead, for each output.
        expressions: Vec<PolicyText>,
    },
    /// `DROP { RLS | MASKING } POLICY [IF EXISTS] p [CASCADE | RESTRICT]`.
    Drop {
        /// Of rows or of values.
        kind: PolicyKind,
        /// The policy.
        name: String,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`: detached first.
        cascade: bool,
    },
    /// `ATTACH RLS POLICY p ON t, … TO …`, or `DETACH … FROM …`.
    AttachRls {
        /// The policy.
        name: String,
        /// Relations.
        tables: Vec<ObjectName>,
        /// Whom it concerns.
        grantees: Vec<Grantee>,
        /// False for `DETACH`.
        attach: bool,
    },
    /// `ATTACH MASKING POLICY p ON t (…) [USING (…)] TO … [PRIORITY n]`, or `DETACH … FROM …`.
    AttachMasking {
        /// The policy.
        name: String,
        /// The relation.
        table: ObjectName,
        /// Columns that it masks.
        outputs: Vec<String>,
        /// Columns that it reads; the outputs when not written.
        inputs: Option<Vec<String>>,
        /// Whom it concerns.
        grantee: Grantee,
        /// The highest wins.
        priority: i64,
        /// False for `DETACH`.
        attach: bool,
    },
    /// `ALTER TABLE t ROW LEVEL SECURITY { ON | OFF } [CONJUNCTION TYPE { AND | OR }]`.
    RowLevelSecurity {
        /// The relation.
        table: ObjectName,
        /// `ON`.
        on: bool,
        /// `CONJUNCTION TYPE OR` is true; `None` leaves it.
        any: Option<bool>,
    },
}

/// Of rows or of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// `RLS`.
    Rls,
    /// `MASKING`.
    Masking,
}

/// A policy's expression: Redshift SQL as written, and as a query of it alone.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyText {
    /// As written.
    pub text: String,
    /// `SELECT (…)`: its accesses are the policy's lookup tables.
    pub query: EngineStatement,
}
