//! From Redshift's tree to the engine's: passes in a fixed order.
//!
//! Each pass is one file and knows one matter. Start reading at [`PASSES`].

mod build;
mod casts;
mod catalog_forms;
mod dates;
mod datetime;
mod dynamic;
pub(crate) mod expanded_arrays;
pub(crate) mod forms;
mod functions;
pub(crate) mod guard;
mod hierarchy;
mod identities;
mod labels;
mod late_views;
mod names;
mod operators;
mod outer_joins;
pub(crate) mod overloads;
pub(crate) mod partiql;
mod patterns;
mod refuse;
mod sets;
mod shape;
mod special;
mod stand_ins;
mod table_functions;
mod top;
mod typing;

pub use casts::{Written, zone_of};
pub use dates::MONTHS;
pub use patterns::similar_pattern;

use std::collections::BTreeSet;

use sqlparser::ast::{Expr, Statement as Tree};

use crate::cursor::Parse;
use crate::resolve::{Catalog, ColumnType};
use crate::types::SqlType;

/// What the passes leave for the caller.
#[derive(Default)]
pub(crate) struct Notes<'a> {
    /// What is known of relations; `None` when a statement is only read.
    catalog: Option<&'a dyn Catalog>,
    /// Functions of the session that the SQL reads as engine variables.
    session_functions: BTreeSet<String>,
    /// The columns of the result, where the catalog tells them.
    pub columns: Option<Vec<ColumnType>>,
    /// The types of parameters, as far as their places tell them.
    pub parameters: Vec<Option<SqlType>>,
}

impl Notes<'_> {
    /// The session functions, in order.
    pub fn session_functions(&self) -> Vec<String> {
        self.session_functions.iter().cloned().collect()
    }
}

type Pass = fn(&mut Tree, &mut Notes<'_>) -> Parse<()>;

/// The order, and why each stands where it stands.
const PASSES: &[Pass] = &[
    // Before everything: what a reader may not see must not be there for any later pass.
    guard::apply,
    // What a late-binding view stands for is read like the rest; its own guards are in it.
    late_views::apply,
    // These write Redshift's own forms of joins as others that Redshift has too.
    hierarchy::apply,
    outer_joins::apply,
    sets::apply,
    // Before types: how many values there are.
    shape::apply,
    // After shape: which columns get the values.
    identities::apply,
    // Before all that translates: what no later pass looks at must not slip through to the engine.
    refuse::apply,
    // Before functions are renamed: a result column is called by Redshift's name of its function.
    labels::apply,
    // After labels; before anything takes a subscript for a path into a SUPER value.
    catalog_forms::elements,
    // Before functions: a limit is no expression of a row.
    top::apply,
    // Before scalar functions: `FROM current_database()` becomes a query that calls one.
    table_functions::apply,
    // Before typing: it sees what goes into SUPER columns as SUPER.
    typing::mark,
    // Before functions: they and operators still have Redshift's names.
    typing::apply,
    // Before casts: function calls become casts (`date('…')`, `convert`).
    functions::apply,
    // After functions, which refuse names that no client may call; before casts, whose types these are not.
    catalog_forms::names,
    // After functions, whose results it knows; before operators and casts, which know no SUPER.
    dynamic::apply,
    // After functions: what they expand to divides and concatenates too.
    operators::apply,
    // After everything that writes types.
    casts::apply,
    // After everything that calls functions of ours.
    forms::apply,
    // Last: names and literals are made text that means exactly themselves.
    names::apply,
];

/// Rewrites a statement in place; returns the session functions it reads.
pub(crate) fn apply(tree: &mut Tree) -> Parse<Vec<String>> {
    let mut notes = Notes::default();
    for pass in PASSES {
        pass(tree, &mut notes)?;
    }
    Ok(notes.session_functions())
}

/// The same with what the catalog knows. Passes that put something else in a relation's place
/// belong first here: everything after them must see what they put.
pub(crate) fn resolve<'a>(tree: &mut Tree, catalog: &'a dyn Catalog) -> Parse<Notes<'a>> {
    let mut notes = Notes { catalog: Some(catalog), ..Notes::default() };
    for pass in PASSES {
        pass(tree, &mut notes)?;
    }
    Ok(notes)
}

/// Whether a name is one that a pass has put in.
pub(crate) fn is_marked(name: &str) -> bool {
    name.starts_with(build::ENGINE)
}

/// Whether Redshift has a function of this name.
pub(crate) fn is_function(name: &str) -> bool {
    functions::how(name).is_some()
}

/// The arguments of a call, all unnamed expressions.
pub(crate) fn arguments(function: &sqlparser::ast::Function) -> Parse<Vec<Expr>> {
    functions::arguments(function)
}

/// `NULL`.
pub(crate) fn null() -> Expr {
    build::null()
}

/// An expression as a query of it alone.
pub(crate) fn select(expr: Expr) -> Tree {
    build::select(expr, None)
}

/// Puts the late-binding views in, and nothing else.
pub(crate) fn put_views(tree: &mut Tree, catalog: &dyn Catalog) -> Parse<()> {
    late_views::apply(tree, &mut Notes { catalog: Some(catalog), ..Notes::default() })
}

/// Runs the passes still to come on an expression whose text an earlier pass needs.
fn finish(expr: &mut Expr, passes: &[Pass]) -> Parse<()> {
    let mut tree = build::select(std::mem::replace(expr, build::null()), None);
    for pass in passes {
        pass(&mut tree, &mut Notes::default())?;
    }
    *expr = build::take_only_expression(tree)?;
    Ok(())
}

/// What comes after the functions.
const AFTER_FUNCTIONS: &[Pass] =
    &[dynamic::apply, operators::apply, casts::apply, forms::apply, names::apply];
/// What comes after the operators.
const AFTER_OPERATORS: &[Pass] = &[casts::apply, forms::apply, names::apply];
/// What comes after the casts.
const AFTER_CASTS: &[Pass] = &[forms::apply, names::apply];

/// Rewrites one expression in place, by the same passes.
pub(crate) fn apply_to_expression(expr: &mut Expr) -> Parse<()> {
    let mut tree = build::select(std::mem::replace(expr, build::null()), None);
    apply(&mut tree)?;
    *expr = build::take_only_expression(tree)?;
    Ok(())
}
