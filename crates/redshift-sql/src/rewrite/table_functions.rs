//! Functions in `FROM`: an allow-list of its own, because here the engine reads files.

use std::ops::ControlFlow;

use sqlparser::ast::{
    FunctionArg, FunctionArgExpr, Ident, Statement as Tree, TableAlias, TableAliasColumnDef,
    TableFactor, TableFunctionArgs, VisitorMut,
};

use super::{Notes, build, catalog_forms, functions};
use crate::cursor::Parse;
use crate::error::{SqlError, UNDEFINED_FUNCTION};
use crate::walk::change;

/// Rows that the engine or the warehouse's catalog produces, and nothing else.
const ROWS: &[&str] =
    &["generate_series", "unnest", "pg_get_late_binding_view_cols", "pg_get_cols"];
/// Those whose one column is called as the alias says: `unnest(a) AS x` is a column `x`.
const ONE_COLUMN: &[&str] = &["generate_series", "unnest"];
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
    let known = ROWS.contains(&function.as_str());
    if known && (function != "unnest" || is_of_catalog(args)) {
        *name = build::function_name(&function);
        drop_column_types(alias);
        if ONE_COLUMN.contains(&function.as_str()) {
            name_column(alias.get_or_insert_with(|| named(&function)));
        }
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

/// Redshift has no `unnest`; PostgreSQL's clients call it on the catalog's arrays.
fn is_of_catalog(args: &TableFunctionArgs) -> bool {
    matches!(args.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Expr(array))]
        if catalog_forms::is_array_column(array))
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

/// An alias without column names names the column too.
fn name_column(alias: &mut TableAlias) {
    if alias.columns.is_empty() {
        let name = alias.name.clone();
        alias.columns.push(TableAliasColumnDef { name, data_type: None });
    }
}

fn named(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: Ident::new(name), columns: Vec::new(), at: None }
}
