//! Functions that need more than another name, and functions that are syntax.
//!
//! One file per kind. Each takes the call as read (arguments already rewritten) and its name.

mod admin;
mod aggregate;
mod condition;
mod own;
mod rows;
mod semistructured;
mod syntax;
mod text;
mod time;

pub(super) use admin::*;
pub(super) use aggregate::*;
pub(super) use condition::*;
pub(super) use own::{As, Own, own};
pub(super) use rows::series;
pub(super) use semistructured::*;
pub(super) use syntax::syntax;
pub(super) use text::*;
pub(super) use time::*;

use sqlparser::ast::{Expr, Function};

use super::functions::{arguments, does_not_exist};
use crate::cursor::Parse;

/// A rewriting of one function.
pub(super) type Special = fn(&Function, &str) -> Parse<Expr>;

/// Exactly `N` arguments.
fn exactly<const N: usize>(function: &Function, name: &str) -> Parse<[Expr; N]> {
    arguments(function)?.try_into().map_err(|_| does_not_exist(name, function))
}
