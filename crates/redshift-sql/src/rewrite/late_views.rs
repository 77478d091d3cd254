//! A late-binding view is its query: its name in FROM gives way to a subquery (SQL commands ›
//! CREATE VIEW › WITH NO SCHEMA BINDING).
//!
//! Which names are such views, the catalog tells. Views inside the query have been put in already.

use sqlparser::ast::Statement as Tree;

use super::{Notes, stand_ins};
use crate::cursor::Parse;

pub(super) fn apply(tree: &mut Tree, notes: &mut Notes<'_>) -> Parse<()> {
    let Some(catalog) = notes.catalog else { return Ok(()) };
    stand_ins::put(tree, &|name| {
        let view = catalog.late_view(name);
        Ok(match view.as_ref().and_then(|view| view.tree()) {
            Some(Tree::Query(query)) => Some(query.clone()),
            _ => None,
        })
    })
}
