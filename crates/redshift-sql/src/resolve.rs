//! The second step of a statement for the engine: from its tree to SQL, knowing its relations.
//!
//! [`crate::parse`] is pure and refuses what it does not understand. Types need the catalog, so
//! the warehouse asks for the engine's SQL again when a statement runs, and tells what columns
//! the relations have. Start reading at [`EngineStatement::resolve`].

use std::fmt;
use std::sync::Arc;

use sqlparser::ast::Statement as Tree;

use crate::ast::{EngineStatement, ObjectName, Verb};
use crate::error::SqlError;
use crate::rewrite::guard::Guard;
use crate::types::SqlType;
use crate::{on_a_deep_stack, query, rewrite};

/// What the warehouse knows of the relations and parameters of one statement.
///
/// What it does not know it answers with `None`: the statement then means what it would mean
/// without a catalog, and is never refused for that.
pub trait Catalog {
    /// The columns of a relation, in order; the name is as in [`crate::Access::name`].
    fn columns(&self, relation: &ObjectName) -> Option<Vec<ColumnType>>;

    /// The type the client gave to `$number` (from 1).
    fn parameter(&self, number: usize) -> Option<SqlType>;

    /// The columns of a relation that no statement gives values (`IDENTITY`).
    fn identities(&self, _relation: &ObjectName) -> Vec<String> {
        Vec::new()
    }

    /// What stands in a relation's place for this reader; `None` is the relation itself.
    fn guard(&self, _relation: &ObjectName) -> Option<Guard> {
        None
    }

    /// The query that a late-binding view stands for, without such views in it.
    fn late_view(&self, _relation: &ObjectName) -> Option<Parsed> {
        None
    }
}

/// A catalog that knows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCatalog;

impl Catalog for NoCatalog {
    fn columns(&self, _: &ObjectName) -> Option<Vec<ColumnType>> {
        None
    }

    fn parameter(&self, _: usize) -> Option<SqlType> {
        None
    }
}

/// A column and its type, `None` where it is not known. A string's length of 0 is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// Folded name.
    pub name: String,
    /// Redshift's type.
    pub sql_type: Option<SqlType>,
}

/// A statement as the engine gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The engine's SQL. Parameters are `$1`, `$2`, ….
    pub sql: String,
    /// A query's result columns; `None` when not even their number is known.
    pub columns: Option<Vec<ColumnType>>,
    /// The types of `$1`, `$2`, … as far as their places tell them.
    pub parameters: Vec<Option<SqlType>>,
    /// As [`EngineStatement::session_functions`].
    pub session_functions: Vec<String>,
}

/// A statement's tree as read, before any rewriting.
///
/// Shared between the copies of a statement; only this crate looks inside.
#[derive(Clone, PartialEq)]
pub struct Parsed(Option<Arc<Tree>>);

impl Parsed {
    pub(crate) fn new(tree: Tree) -> Self {
        Self(Some(Arc::new(tree)))
    }

    /// The same statement with guards in their relations' places.
    ///
    /// # Errors
    /// As [`EngineStatement::resolve`].
    pub fn guarded(&self, catalog: &dyn Catalog) -> Result<Self, SqlError> {
        on_a_deep_stack(|| {
            let Some(mut tree) = self.tree().cloned() else { return Ok(self.clone()) };
            rewrite::guard::put(&mut tree, catalog)?;
            Ok(Self::new(tree))
        })
    }

    /// The same statement with the late-binding views that the catalog knows put in.
    ///
    /// # Errors
    /// [`SqlError`] when a tree cannot be changed.
    pub fn with_views(&self, catalog: &dyn Catalog) -> Result<Self, SqlError> {
        on_a_deep_stack(|| {
            let Some(mut tree) = self.tree().cloned() else { return Ok(self.clone()) };
            rewrite::put_views(&mut tree, catalog)?;
            Ok(Self::new(tree))
        })
    }

    pub(crate) fn tree(&self) -> Option<&Tree> {
        self.0.as_deref()
    }
}

impl Drop for Parsed {
    /// Dropping a tree is recursive.
    fn drop(&mut self) {
        if let Some(last) = self.0.take().and_then(Arc::into_inner) {
            on_a_deep_stack(|| drop(last));
        }
    }
}

impl fmt::Debug for Parsed {
    /// The emitted SQL beside it says the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parsed")
    }
}

impl EngineStatement {
    /// The engine's SQL with what the catalog knows, and the types of the result.
    ///
    /// # Errors
    /// [`SqlError`] for what types show to be wrong: 42883 for an operator that does not exist,
    /// 22001 for a value too long.
    pub fn resolve(&self, catalog: &dyn Catalog) -> Result<Resolution, SqlError> {
        on_a_deep_stack(|| self.resolve_here(catalog))
    }

    fn resolve_here(&self, catalog: &dyn Catalog) -> Result<Resolution, SqlError> {
        let Some(mut tree) = self.parsed.tree().cloned() else {
            return Err(SqlError::new("XX000", "internal error: a statement without its tree"));
        };
        let mut notes = rewrite::resolve(&mut tree, catalog)?;
        let sql = tree.to_string();
        let mut session_functions = notes.session_functions();
        query::note_clock(&mut session_functions, &sql, !self.accesses.is_empty());
        let columns = notes.columns.take().filter(|_| self.verb == Verb::Select);
        let mut parameters = std::mem::take(&mut notes.parameters);
        parameters.resize(self.parameters, None);
        Ok(Resolution { sql, columns, parameters, session_functions })
    }
}
