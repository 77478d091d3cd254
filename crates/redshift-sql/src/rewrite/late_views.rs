//! A late-binding view is its query: its name in FROM gives way to a subquery (SQL commands ›
//! CREATE VIEW › WITH NO SCHEMA BINDING).
//!
//! Which names are such views, the catalog tells. Views inside the query have been put in already.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, ObjectNamePart, Statement as Tree, TableAlias, TableFactor, VisitorMut,
};

use super::Notes;
use crate::cursor::{Parse, object_name};
use crate::error::SqlError;
use crate::resolve::Catalog;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, notes: &mut Notes<'_>) -> Parse<()> {
    let Some(catalog) = notes.catalog else { return Ok(()) };
    let mut views = Views { catalog, qualified: Vec::new() };
    change(tree, &mut views)?;
    if views.qualified.is_empty() {
        return Ok(());
    }
    change(tree, &mut Shorten { qualified: views.qualified })
}

struct Views<'a> {
    catalog: &'a dyn Catalog,
    /// Names written with their schemas: columns may repeat them.
    qualified: Vec<Vec<String>>,
}

impl VisitorMut for Views<'_> {
    type Break = SqlError;

    /// After its children: what is put in is not looked at again.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let idents: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
        let parts: Vec<String> = idents.iter().map(|ident| ident.value.clone()).collect();
        let Some(last) = idents.last().map(|ident| Ident::with_quote('"', &ident.value)) else {
            return ControlFlow::Continue(());
        };
        let Ok(wanted) = object_name(parts.clone(), 0) else { return ControlFlow::Continue(()) };
        let Some(view) = self.catalog.late_view(&wanted) else {
            return ControlFlow::Continue(());
        };
        let Some(Tree::Query(query)) = view.tree().cloned() else {
            return ControlFlow::Continue(());
        };
        if parts.len() > 1 {
            self.qualified.push(parts);
        }
        let alias = alias.take().unwrap_or_else(|| TableAlias {
            explicit: true,
            name: last,
            columns: Vec::new(),
            at: None,
        });
        *factor = TableFactor::Derived {
            lateral: false,
            subquery: query,
            alias: Some(alias),
            sample: None,
        };
        ControlFlow::Continue(())
    }
}

/// `schema.view.column` becomes `view.column`: a subquery has no schema.
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
