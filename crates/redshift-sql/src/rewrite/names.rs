//! Names and literals as text that means exactly themselves to the engine.
//!
//! Names are quoted, so that no word the engine reserves changes a statement's meaning. Literals
//! are written by us: the tree's own printing guesses whether a quote is already doubled.

use std::ops::ControlFlow;

use sqlparser::ast::{Ident, Statement as Tree, Value, ValueWithSpan, VisitorMut};

use super::{Notes, build};
use crate::cursor::Parse;
use crate::emit;
use crate::error::SqlError;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut Names)
}

struct Names;

/// Functions that are grammar to the engine: quoted they would not be found.
const GRAMMAR: &[&str] = &["array", "coalesce", "grouping", "grouping_id", "nullif"];

impl VisitorMut for Names {
    type Break = SqlError;

    fn pre_visit_ident(&mut self, ident: &mut Ident) -> ControlFlow<SqlError> {
        match ident.value.strip_prefix(build::ENGINE) {
            // The engine's own type name.
            Some(engine) => *ident = Ident::new(engine),
            // A value that asks for the column's default: no name can be written like this.
            None if ident.value == "default" && ident.quote_style.is_none() => {}
            None if GRAMMAR.contains(&ident.value.as_str()) && ident.quote_style.is_none() => {}
            None => ident.quote_style = Some('"'),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<SqlError> {
        if let Value::SingleQuotedString(text) = &value.value {
            value.value = Value::Placeholder(emit::literal(text));
        }
        ControlFlow::Continue(())
    }
}
