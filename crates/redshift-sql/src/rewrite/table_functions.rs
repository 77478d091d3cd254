//! Functions in `FROM`: an allow-list of its own, because here the engine reads files.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Ident, Statement as Tree, TableAlias, TableFactor, TableFunctionArgs, VisitorMut,
};

use super::{Notes, build, functions};
use crate::cursor::Parse;
use crate::error::{SqlError, UNDEFINED_FUNCTION};
use crate::walk::change;

/// Rows that the engine or the warehouse's catalog produces, and nothing else.
const ROWS: &[&str] = &["generate_series", "pg_get_late_binding_view_cols", "pg_get_cols"];
/// Scalars that clients write in `FROM`: one row, one column of the function's name.
const SCALARS: &[&str] = &["current_database", "current_schema", "version", "pg_backend_pid"];

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    change(tree, &mut TableFunctions)
}

struct TableFunctions;

impl VisitorMut for TableFunctions {
    type Break = SqlError;

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        match rewrite(factor) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn rewrite(factor: &mut TableFactor) -> Parse<()> {
    let TableFactor::Table { name, args: Some(args), alias, .. } = factor else { return Ok(()) };
    let (function, position) = functions::simple_name(name)?;
    if ROWS.contains(&function.as_str()) {
        *name = build::function_name(&function);
        drop_column_types(alias);
        return check_settings(args);
    }
    if SCALARS.contains(&function.as_str()) && args.args.is_empty() {
        let scalar = build::call(&function, Vec::new());
        let alias = alias.take().unwrap_or_else(|| named(&function));
        *factor = TableFactor::Derived {
            lateral: false,
            subquery: build::select_query(scalar, &function)?,
            alias: Some(alias),
            sample: None,
        };
        return Ok(());
    }
    let message = format!("function {function}() does not exist");
    Err(SqlError::new(UNDEFINED_FUNCTION, message).at(position))
}

fn check_settings(args: &TableFunctionArgs) -> Parse<()> {
    match args.settings {
        None => Ok(()),
        Some(_) => Err(SqlError::unsupported("SETTINGS is not supported")),
    }
}

/// `f() AS t(a name, b varchar)`: the engine takes names only.
fn drop_column_types(alias: &mut Option<TableAlias>) {
    for column in alias.iter_mut().flat_map(|alias| alias.columns.iter_mut()) {
        column.data_type = None;
    }
}

fn named(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: Ident::new(name), columns: Vec::new(), at: None }
}
