//! Types of everything in a statement, and what only types can tell.
//!
//! Runs on Redshift's own tree, before functions and operators get the engine's names, and
//! changes it in place where the engine would mean something else by the same words. What it
//! does not know stays [`Type::Unknown`] and is left alone: typing never refuses a statement for
//! being incomplete. It must not know the engine's API nor where columns come from. Start reading
//! at [`apply`]; `query.rs` walks queries, `scope.rs` finds names, `expression.rs` types values.

mod arithmetic;
mod assign;
mod blanks;
mod combined;
mod compare;
mod decimal;
mod expression;
mod joins;
mod query;
mod results;
mod scope;
mod semistructured;
mod unify;
mod zones;

use sqlparser::ast::{Expr, Statement as Tree};

use super::{Notes, build};
use crate::cursor::Parse;
use crate::resolve::{Catalog, ColumnType};
use crate::types::SqlType;
use scope::{Relation, Scope};
pub(super) use semistructured::mark;

/// What is known of a value's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    /// Nothing.
    Unknown,
    /// NULL or a parameter: takes the type its place wants.
    Untyped,
    /// A string literal of this many bytes: takes the type its place wants, or is text.
    Text(u32),
    /// A type of Redshift. A string's length of 0 is unknown.
    Sql(SqlType),
}

impl Type {
    fn of(known: Option<SqlType>) -> Self {
        known.map_or(Self::Unknown, Self::Sql)
    }

    fn sql(self) -> Option<SqlType> {
        match self {
            Self::Sql(known) => Some(known),
            Self::Unknown | Self::Untyped | Self::Text(_) => None,
        }
    }

    /// The same, with literals as the text that they are.
    fn shown(self) -> Option<SqlType> {
        match self {
            Self::Text(length) => Some(SqlType::Varchar(length.max(1))),
            other => other.sql(),
        }
    }

    /// The type of a result: literals have become text.
    fn settled(self) -> Self {
        match self {
            Self::Text(_) => Self::of(self.shown()),
            other => other,
        }
    }

    fn is_varchar(self) -> bool {
        matches!(self, Self::Sql(SqlType::Varchar(_)))
    }
}

/// The columns of a query's result; `None` when not even their number is known.
type Columns = Option<Vec<ColumnType>>;

/// Walks one statement.
struct Typer<'a> {
    catalog: &'a dyn Catalog,
    /// Scopes of the selects around the current place, the innermost last.
    scopes: Vec<Scope>,
    /// Common table expressions in sight, the innermost last.
    common: Vec<Relation>,
    parameters: Vec<Option<SqlType>>,
    /// The query to come next may name itself.
    recursive: bool,
}

impl<'a> Typer<'a> {
    fn new(catalog: &'a dyn Catalog) -> Self {
        Self {
            catalog,
            scopes: Vec::new(),
            common: Vec::new(),
            parameters: Vec::new(),
            recursive: false,
        }
    }
}

/// Types a statement in place, when there is a catalog.
pub(super) fn apply(tree: &mut Tree, notes: &mut Notes<'_>) -> Parse<()> {
    let Some(catalog) = notes.catalog else { return Ok(()) };
    let mut typer = Typer::new(catalog);
    match tree {
        Tree::Query(query) => {
            notes.columns = typer.query(query)?;
            query::name_nulls(query, &mut notes.columns);
        }
        Tree::Insert(insert) => typer.insert(insert)?,
        Tree::Update(update) => typer.update(update)?,
        Tree::Delete(delete) => typer.delete(delete)?,
        Tree::Merge(merge) => typer.merge(merge)?,
        _ => {}
    }
    notes.parameters = typer.parameters;
    Ok(())
}

/// Takes an expression out to put it into another.
fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, build::null())
}
