//! Which columns a name can mean.
//!
//! A [`Scope`] is one select's FROM clause and, as its list is read, the names it has given:
//! Redshift lets later items use them, and a column of FROM wins over such a name (SQL commands ›
//! SELECT list, lateral alias references).

use sqlparser::ast::Ident;

use super::{Columns, Type};
use crate::resolve::ColumnType;

/// A relation in FROM.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// The name columns are qualified with; empty for a part without one.
    pub name: String,
    /// Its columns; `None` when they are not known.
    pub columns: Columns,
}

/// One select's names.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// FROM, in order.
    pub relations: Vec<Relation>,
    /// Columns that a join merges (`USING`, `NATURAL`).
    pub merged: Vec<ColumnType>,
    /// Names given by the select list so far.
    pub aliases: Vec<ColumnType>,
}

/// What looking a name up gives.
enum Found {
    /// No relation has it.
    Nothing,
    /// One has it, or it cannot be told which.
    Column(Type),
}

impl Scope {
    /// The type of an unqualified name.
    fn find(&self, name: &str) -> Found {
        if let Some(merged) = named(&self.merged, name) {
            return Found::Column(Type::of(merged.sql_type));
        }
        let mut found = None;
        for relation in &self.relations {
            match &relation.columns {
                // It may be the one that has it.
                None => return Found::Column(Type::Unknown),
                Some(columns) => match (named(columns, name), found) {
                    (None, _) => {}
                    (Some(column), None) => found = Some(column),
                    // Ambiguous: the engine says so.
                    (Some(_), Some(_)) => return Found::Column(Type::Unknown),
                },
            }
        }
        match found.or_else(|| named(&self.aliases, name)) {
            Some(column) => Found::Column(Type::of(column.sql_type)),
            None => Found::Nothing,
        }
    }

    /// The relation that qualifies a name.
    pub(super) fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}

fn named<'a>(columns: &'a [ColumnType], name: &str) -> Option<&'a ColumnType> {
    columns.iter().find(|column| column.name == name)
}

/// Whether no relation in sight can have a column of this name.
pub(super) fn has_none(scopes: &[Scope], name: &Ident) -> bool {
    scopes.iter().all(|scope| matches!(scope.find(&name.value), Found::Nothing))
}

/// The type of an unqualified column, from the innermost scope outward.
pub(super) fn unqualified(scopes: &[Scope], name: &Ident) -> Type {
    for scope in scopes.iter().rev() {
        if let Found::Column(found) = scope.find(&name.value) {
            return found;
        }
    }
    Type::Unknown
}

/// The type of `relation.column`; longer names end in the same two parts.
pub(super) fn qualified(scopes: &[Scope], parts: &[Ident]) -> Type {
    let [.., relation, column] = parts else { return Type::Unknown };
    for scope in scopes.iter().rev() {
        if let Some(found) = scope.relation(&relation.value) {
            let columns = found.columns.as_deref().unwrap_or_default();
            return named(columns, &column.value)
                .map_or(Type::Unknown, |column| Type::of(column.sql_type));
        }
    }
    Type::Unknown
}
