//! What stands for a relation: its name in FROM gives way to a query.
//!
//! Guards and late-binding views are put in by this. What is put in is not looked at again; names
//! of common table expressions and the target of a statement are left alone. It must not know what
//! the queries are. Start reading at [`put`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, ObjectName as Name, ObjectNamePart, Query, Statement as Tree, TableFactor, VisitorMut,
};

use super::build;
use crate::ast::ObjectName;
use crate::cursor::{Parse, object_name};
use crate::error::SqlError;
use crate::relations;
use crate::walk::change;

/// Tells the query that stands for a relation.
pub(super) type StandIn<'a> = dyn Fn(&ObjectName) -> Parse<Option<Box<Query>>> + 'a;

/// Puts queries in the places of their relations' names.
pub(super) fn put(tree: &mut Tree, find: &StandIn<'_>) -> Parse<()> {
    let mut relations = relations::are_relations(tree)?;
    // The first is the target.
    let target = matches!(tree, Tree::Update(_) | Tree::Delete(_) | Tree::Merge(_));
    if let Some(first) = relations.first_mut().filter(|_| target) {
        *first = false;
    }
    if !relations.iter().any(|is| *is) {
        return Ok(());
    }
    let mut places =
        Places { find, relations, next: 0, pending: Vec::new(), qualified: Vec::new() };
    change(tree, &mut places)?;
    match places.qualified.is_empty() {
        true => Ok(()),
        false => change(tree, &mut Shorten { qualified: places.qualified }),
    }
}

struct Places<'a> {
    find: &'a StandIn<'a>,
    /// For every part of every FROM, in order: is it a relation of the catalog?
    relations: Vec<bool>,
    next: usize,
    pending: Vec<bool>,
    /// Names written with their schemas: columns may repeat them.
    qualified: Vec<Vec<String>>,
}

impl Places<'_> {
    fn stand_in(&self, factor: &TableFactor) -> Parse<Option<Box<Query>>> {
        let TableFactor::Table { name, args: None, .. } = factor else { return Ok(None) };
        match object_name(parts_of(name), 0) {
            Ok(name) => (self.find)(&name),
            Err(_) => Ok(None),
        }
    }
}

impl VisitorMut for Places<'_> {
    type Break = SqlError;

    fn pre_visit_table_factor(&mut self, _: &mut TableFactor) -> ControlFlow<SqlError> {
        self.pending.push(self.relations.get(self.next).copied().unwrap_or_default());
        self.next = self.next.saturating_add(1);
        ControlFlow::Continue(())
    }

    /// After its children: what is put in is not looked at again.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        if !self.pending.pop().unwrap_or_default() {
            return ControlFlow::Continue(());
        }
        let query = match self.stand_in(factor) {
            Ok(Some(query)) => query,
            Ok(None) => return ControlFlow::Continue(()),
            Err(error) => return ControlFlow::Break(error),
        };
        let TableFactor::Table { name, alias, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let parts = parts_of(name);
        let last = || build::alias(parts.last().map(String::as_str).unwrap_or_default());
        let alias = alias.take().unwrap_or_else(last);
        if parts.len() > 1 {
            self.qualified.push(parts);
        }
        *factor = TableFactor::Derived {
            lateral: false,
            subquery: query,
            alias: Some(alias),
            sample: None,
        };
        ControlFlow::Continue(())
    }
}

/// The parts of a name, folded.
pub(super) fn parts_of(name: &Name) -> Vec<String> {
    let idents = name.0.iter().filter_map(ObjectNamePart::as_ident);
    idents.map(|ident| ident.value.clone()).collect()
}

/// `schema.t.column` becomes `t.column`: a subquery has no schema.
struct Shorten {
    qualified: Vec<Vec<String>>,
}

impl VisitorMut for Shorten {
    type Break = SqlError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if let Expr::CompoundIdentifier(parts) = expr {
            let begins = |name: &&Vec<String>| {
                parts.len() > name.len()
                    && parts.iter().zip(name.iter()).all(|(part, own)| part.value == *own)
            };
            if let Some(name) = self.qualified.iter().find(begins) {
                parts.drain(..name.len().saturating_sub(1));
            }
        }
        ControlFlow::Continue(())
    }
}
