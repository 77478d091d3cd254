//! Functions that give rows in the place of a value, as PostgreSQL's do on the leader node.

use sqlparser::ast::{Expr, Function};

use super::exactly;
use crate::cursor::Parse;
use crate::rewrite::build;

/// `generate_series(low, high)` in a list of columns: a row for each number.
pub(in crate::rewrite) fn series(function: &Function, name: &str) -> Parse<Expr> {
    let args = exactly::<2>(function, name)?;
    Ok(build::engine_call("unnest", vec![build::engine_call("lb_series", args.into())]))
}
