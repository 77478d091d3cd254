//! PartiQL: navigation into SUPER values (`t.c.a[0].b`) and iteration over them (`FROM t, t.c x`).
//!
//! Runs on the tree as parsed, before anything asks which relations a statement reads: an item of
//! `FROM` that navigates from an earlier one is no relation. Only the names in `FROM` are needed:
//! a path begins at a relation's alias, at a column, or at an alias of an iteration. Afterwards no
//! path is left in the tree, only calls of the warehouse's functions under marked names.
//! Redshift Developer Guide, "Querying semi-structured data".
//! Start reading at [`apply`]; `scope.rs` says what a name is, `from.rs` rewrites iterations,
//! `path.rs` paths.

mod from;
mod path;
mod scope;

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, Query, Select, SelectItem, SetExpr, Statement as Tree, VisitMut, VisitorMut,
};

use super::labels;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::change;
use scope::{Frame, Scopes};

/// Rewrites a statement in place.
pub(crate) fn apply(tree: &mut Tree) -> Parse<()> {
    let mut scopes = Scopes::default();
    scopes.push(Frame::of_statement(tree));
    change(tree, &mut PartiQl { scopes })?;
    fold(tree)
}

/// Marks a word that is folded unless it turns out to be an attribute that keeps its case.
const WRITTEN: char = '\u{2}';

/// A word with that mark.
pub(crate) fn as_written(word: &str) -> String {
    format!("{WRITTEN}{word}")
}

/// Folds the words that are no attributes.
pub(crate) fn fold(node: &mut impl VisitMut) -> Parse<()> {
    struct Fold;
    impl VisitorMut for Fold {
        type Break = SqlError;
        fn pre_visit_ident(&mut self, ident: &mut Ident) -> ControlFlow<SqlError> {
            if ident.value.starts_with(WRITTEN) {
                ident.value = folded(&ident.value);
            }
            ControlFlow::Continue(())
        }
    }
    change(node, &mut Fold)
}

/// A name as it is compared.
fn folded(word: &str) -> String {
    match word.strip_prefix(WRITTEN) {
        Some(written) => crate::lexer::fold(written),
        None => word.to_owned(),
    }
}

/// An attribute's name.
fn attribute(word: &str) -> String {
    word.strip_prefix(WRITTEN).unwrap_or(word).to_owned()
}

struct PartiQl {
    scopes: Scopes,
}

impl PartiQl {
    /// The names of a select's `FROM`, its iterations rewritten on the way.
    fn enter(&mut self, select: &mut Select, by_query: bool) -> Parse<()> {
        self.scopes.push(Frame { by_query, ..Frame::default() });
        for table in &mut select.from {
            from::rewrite(&mut table.relation, &mut self.scopes)?;
            for join in &mut table.joins {
                from::rewrite(&mut join.relation, &mut self.scopes)?;
            }
        }
        for item in &mut select.projection {
            self.label(item);
        }
        Ok(())
    }

    /// A path's column is called by its last attribute.
    fn label(&self, item: &mut SelectItem) {
        if let SelectItem::UnnamedExpr(expr) = item
            && self.is_called_by_path(expr)
        {
            labels::name(item);
        }
        if let SelectItem::ExprWithAlias { alias, .. } = item {
            alias.value = folded(&alias.value);
        }
    }

    /// Whether a column's name comes from a path.
    fn is_called_by_path(&self, expr: &Expr) -> bool {
        match expr {
            Expr::JsonAccess { .. } | Expr::CompoundFieldAccess { .. } => true,
            Expr::Identifier(name) => self.scopes.is_element(&name.value),
            Expr::CompoundIdentifier(names) => path::root(&self.scopes, names).is_some(),
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => self.is_called_by_path(inner),
            Expr::Case { else_result: Some(inner), .. } => self.is_called_by_path(inner),
            _ => false,
        }
    }
}

fn flow(result: Parse<()>) -> ControlFlow<SqlError> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl VisitorMut for PartiQl {
    type Break = SqlError;

    // ORDER BY stands outside of the select whose names it sees.
    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        flow(match query.body.as_mut() {
            SetExpr::Select(select) => self.enter(select, true),
            _ => {
                self.scopes.push(Frame { by_query: true, ..Frame::default() });
                Ok(())
            }
        })
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        if self.scopes.take_entered() {
            return ControlFlow::Continue(());
        }
        flow(self.enter(select, false))
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<SqlError> {
        if !self.scopes.last_is_of_query() {
            self.scopes.pop();
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        flow(path::rewrite(expr, &self.scopes))
    }
}
