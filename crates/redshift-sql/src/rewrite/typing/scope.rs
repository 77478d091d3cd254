//! Which columns a name can mean.
//!
//! A [`Scope`] is one select's FROM clause and, as its list is read, the names it has given:
//! Redshift lets later items use them, and a column of FROM wins over such a name (SQL commands ›
//! SELECT list, lateral alias references).

use sqlparser::ast::{Expr, Ident};

use super::super::build;
use super::joins::Shown;
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

/// A column that a join merges (`USING`, `NATURAL`).
#[derive(Debug, Clone)]
pub(super) struct Merged {
    /// Its name and type.
    pub column: ColumnType,
    /// What its name stands for, where the join is written as a condition.
    pub instead: Option<Expr>,
}

/// One select's names.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// FROM, in order.
    pub relations: Vec<Relation>,
    /// Columns that joins merge.
    pub merged: Vec<Merged>,
    /// What `*` shows, where joins are written as conditions.
    pub shown: Option<Vec<Shown>>,
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
        if let Some(merged) = self.merged_column(name) {
            return Found::Column(Type::of(merged.column.sql_type));
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

    fn merged_column(&self, name: &str) -> Option<&Merged> {
        self.merged.iter().find(|merged| merged.column.name == name)
    }

    /// What stands for a merged column's name.
    pub(super) fn instead_of(&self, name: &str) -> Option<Expr> {
        self.merged_column(name)?.instead.clone()
    }

    /// Adds another FROM clause.
    pub(super) fn add(&mut self, other: Self) {
        self.relations.extend(other.relations);
        self.merged.extend(other.merged);
    }

    /// Which relation a column is of, and its name; `None` for what is no column, and where it
    /// cannot be told.
    pub(super) fn place<'e>(&self, expr: &'e Expr) -> Option<(usize, &'e str)> {
        let (relation, name) = match expr {
            Expr::Identifier(name) => (None, name),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., relation, name] => (Some(relation), name),
                _ => return None,
            },
            _ => return None,
        };
        let has = |candidate: &Relation| {
            let columns = candidate.columns.as_deref();
            columns.is_some_and(|columns| named(columns, &name.value).is_some())
        };
        let mut found = self.relations.iter().enumerate().filter(|(_, candidate)| match relation {
            Some(relation) => candidate.name == relation.value,
            None => has(candidate),
        });
        let (at, _) = found.next()?;
        found.next().is_none().then_some((at, name.value.as_str()))
    }

    /// The columns that `*` or `relation.*` shows, as expressions; `None` where they are unknown.
    pub(super) fn values(&self, only: Option<&str>) -> Option<Vec<Expr>> {
        if let (None, Some(shown)) = (only, &self.shown) {
            return Some(shown.iter().map(|shown| shown.value.clone()).collect());
        }
        if only.is_none() && !self.merged.is_empty() {
            return None;
        }
        let mut values = Vec::new();
        let wanted = |relation: &&Relation| only.is_none_or(|only| relation.name == only);
        for relation in self.relations.iter().filter(wanted) {
            let alone = self.relations.len() == 1;
            let nameless = relation.name.is_empty();
            let columns = relation.columns.as_ref().filter(|_| alone || !nameless)?;
            let value = |column: &ColumnType| match nameless {
                true => Expr::Identifier(build::quoted(&column.name)),
                false => build::column(&relation.name, &column.name),
            };
            values.extend(columns.iter().map(value));
        }
        Some(values)
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

/// What stands for an unqualified name that a join merges.
pub(super) fn instead(scopes: &[Scope], name: &Ident) -> Option<Expr> {
    let has = |scope: &&Scope| matches!(scope.find(&name.value), Found::Column(_));
    scopes.iter().rev().find(has)?.instead_of(&name.value)
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
