//! The names that a path may begin with.

use sqlparser::ast::{
    FromTable, Ident, ObjectName, ObjectNamePart, Statement as Tree, TableFactor, TableWithJoins,
    UpdateTableFromKind,
};

use super::folded;

/// One item of a `FROM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// A relation or subquery under its alias.
    Relation(String),
    /// A relation without alias: its whole name.
    Whole(Vec<String>),
    /// The values of an iteration.
    Element(String),
}

/// The names of one select.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// In order.
    pub names: Vec<Name>,
    /// Pushed when its query began, not its select: ORDER BY sees it too.
    pub by_query: bool,
    /// The select has begun.
    pub entered: bool,
}

impl Frame {
    /// The tables that an UPDATE, a DELETE or a MERGE names.
    pub fn of_statement(tree: &Tree) -> Self {
        let mut frame = Self::default();
        match tree {
            Tree::Update(update) => {
                frame.add_joined(&update.table);
                if let Some(
                    UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables),
                ) = &update.from
                {
                    tables.iter().for_each(|table| frame.add_joined(table));
                }
            }
            Tree::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) =
                    &delete.from;
                from.iter().for_each(|table| frame.add_joined(table));
                delete.using.iter().flatten().for_each(|table| frame.add_joined(table));
            }
            Tree::Merge(merge) => {
                frame.add(&merge.table);
                frame.add(&merge.source);
            }
            _ => {}
        }
        frame
    }

    fn add_joined(&mut self, table: &TableWithJoins) {
        self.add(&table.relation);
        table.joins.iter().for_each(|join| self.add(&join.relation));
    }

    /// The name of a relation or subquery.
    pub fn add(&mut self, factor: &TableFactor) {
        let (name, alias) = match factor {
            TableFactor::Table { name, alias, .. } => (Some(name), alias),
            TableFactor::Derived { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::Pivot { alias, .. }
            | TableFactor::Unpivot { alias, .. } => (None, alias),
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.add_joined(table_with_joins);
                (None, alias)
            }
            _ => return,
        };
        match (alias, name) {
            (Some(alias), _) => self.names.push(Name::Relation(alias.name.value.clone())),
            (None, Some(name)) => self.names.push(Name::Whole(parts(name))),
            // Its columns are in sight, though it has no name.
            (None, None) => self.names.push(Name::Relation(String::new())),
        }
    }
}

/// A relation's name, part by part.
pub(super) fn parts(name: &ObjectName) -> Vec<String> {
    let idents = name.0.iter().filter_map(ObjectNamePart::as_ident);
    idents.map(|ident| folded(&ident.value)).collect()
}

/// What the beginning of a dotted name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// An iteration's value: one part.
    Element,
    /// So many parts name a column.
    Column(usize),
}

/// The names in sight, the innermost select's last.
#[derive(Debug, Default)]
pub(super) struct Scopes(Vec<Frame>);

impl Scopes {
    pub fn push(&mut self, frame: Frame) {
        self.0.push(frame);
    }

    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The innermost select's frame.
    pub fn add(&mut self, name: Name) {
        if let Some(frame) = self.0.last_mut() {
            frame.names.push(name);
        }
    }

    /// Adds a relation or subquery of the innermost select.
    pub fn add_factor(&mut self, factor: &TableFactor) {
        if let Some(frame) = self.0.last_mut() {
            frame.add(factor);
        }
    }

    /// Whether the innermost frame was made for the select that now begins; asked once.
    pub fn take_entered(&mut self) -> bool {
        match self.0.last_mut() {
            Some(frame) if frame.by_query && !frame.names.is_empty() && !frame.entered => {
                frame.entered = true;
                true
            }
            _ => false,
        }
    }

    pub fn last_is_of_query(&self) -> bool {
        self.0.last().is_some_and(|frame| frame.by_query && frame.entered)
    }

    fn names(&self) -> impl Iterator<Item = &Name> {
        self.0.iter().rev().flat_map(|frame| &frame.names)
    }

    /// Whether a bare name is an iteration's value.
    pub fn is_element(&self, name: &str) -> bool {
        let named = self.names().find(|known| match known {
            Name::Relation(alias) | Name::Element(alias) => alias == name,
            Name::Whole(parts) => parts.last().is_some_and(|last| last == name),
        });
        matches!(named, Some(Name::Element(_)))
    }

    /// Whether a name is one of a relation or an iteration.
    pub fn is_item(&self, name: &str) -> bool {
        self.names().any(|known| match known {
            Name::Relation(alias) | Name::Element(alias) => alias == name,
            Name::Whole(parts) => parts.last().is_some_and(|last| last == name),
        })
    }

    /// What a dotted name begins with; `None` where no names are in sight.
    pub fn start(&self, names: &[Ident]) -> Option<Start> {
        let first = &folded(&names.first()?.value);
        let found = self.names().find_map(|known| match known {
            Name::Element(alias) => (alias == first).then_some(Start::Element),
            Name::Relation(alias) => (alias == first).then_some(Start::Column(2)),
            Name::Whole(parts) => qualified(parts, names).map(|length| Start::Column(length + 1)),
        });
        // A name of no relation is a column's.
        found.or_else(|| self.names().next().map(|_| Start::Column(1)))
    }
}

/// How many parts of a dotted name are the relation's, if it begins with it: `t.c`, `s.t.c` or
/// `d.s.t.c`, whatever of it was written in `FROM`.
fn qualified(relation: &[String], names: &[Ident]) -> Option<usize> {
    let last = relation.last()?;
    (1..=3).find(|length| {
        let before = names.len() > *length;
        let named = names.get(length - 1).is_some_and(|name| folded(&name.value) == *last);
        before && named && agree(relation, names.get(..length - 1).unwrap_or_default())
    })
}

/// Whether the written qualifiers are those of the relation, as far as it has any.
fn agree(relation: &[String], written: &[Ident]) -> bool {
    let known = relation.iter().rev().skip(1);
    written.iter().rev().zip(known).all(|(written, known)| folded(&written.value) == *known)
}
