//! Functions: the list of those that exist, and what each becomes.
//!
//! A function not listed does not reach the engine. Start reading at [`TABLES`]; a new function is one
//! line in the table of its kind.

mod aggregates;
mod catalog;
mod conditions;
mod dates;
mod json;
mod numbers;
mod session;
mod sketches;
mod strings;
mod varbyte;

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    ObjectNamePart, Statement as Tree, Value, VisitorMut,
};

use super::special::{self, Special};
use super::{Notes, build, overloads};
use crate::cursor::Parse;
use crate::error::{SqlError, UNDEFINED_FUNCTION};
use crate::types::SqlType;
use crate::walk::change;

/// What becomes of a function.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// The engine has the same.
    Same,
    /// The engine has it under this name.
    Named(&'static str),
    /// The session knows the answer: read as an engine variable of the same name.
    Session,
    /// The warehouse's catalog defines it in the engine.
    Catalog,
    /// A function of the warehouse's own.
    Own(special::Own),
    /// Rewritten by code.
    By(Special),
    /// Redshift has it, Landbridge not yet.
    Missing,
}

/// Functions by their names as Redshift spells them, in lower case: one line each, sorted.
type Table = &'static [(&'static str, How)];

/// Every function of Redshift's, by kind.
const TABLES: &[Table] = &[
    aggregates::FUNCTIONS,
    catalog::FUNCTIONS,
    conditions::FUNCTIONS,
    dates::FUNCTIONS,
    json::FUNCTIONS,
    numbers::FUNCTIONS,
    session::FUNCTIONS,
    sketches::FUNCTIONS,
    strings::FUNCTIONS,
    varbyte::FUNCTIONS,
];

/// Words that call a function without parentheses.
const BARE: &[&str] = &[
    "sysdate",
    "current_user",
    "session_user",
    "user",
    "current_date",
    "current_timestamp",
    "current_user_id",
    "current_database",
    "current_schema",
    "current_aws_account",
    "current_namespace",
    "current_session_arn",
];

/// Whether an unquoted name is such a word.
pub(super) fn is_bare_call(name: &Ident) -> bool {
    name.quote_style.is_none() && BARE.contains(&name.value.as_str())
}

pub(super) fn apply(tree: &mut Tree, notes: &mut Notes) -> Parse<()> {
    change(tree, &mut Functions { notes })
}

struct Functions<'a, 'n> {
    notes: &'a mut Notes<'n>,
}

impl VisitorMut for Functions<'_, '_> {
    type Break = SqlError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        match self.rewrite(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Functions<'_, '_> {
    fn rewrite(&mut self, expr: &mut Expr) -> Parse<()> {
        if let Expr::Identifier(name) = expr {
            if !is_bare_call(name) {
                return Ok(());
            }
            *expr = build::call(&name.value, Vec::new());
        }
        let Expr::Function(function) = expr else {
            return special::syntax(expr);
        };
        if build::is_engine_name(&function.name) {
            return match overloads::read(function)? {
                // Typing has not come by here.
                Some(call) if self.notes.catalog.is_some() => Err(call.refused()),
                _ => Ok(()),
            };
        }
        let (name, position) = simple_name(&function.name)?;
        if name == "array" && matches!(function.args, FunctionArguments::Subquery(_)) {
            // `ARRAY(SELECT …)`: grammar, not a call.
            return Ok(());
        }
        check_shape(function).map_err(|error| error.at(position))?;
        special::check_window(function, &name).map_err(|error| error.at(position))?;
        let rewritten = match how(&name) {
            Some(How::Same | How::Catalog) => rename(function, &name),
            Some(How::Named(engine)) => rename(function, engine),
            Some(How::Session) => self.session(function, &name)?,
            Some(How::Own(own)) => own.call(function, &name).map_err(|error| error.at(position))?,
            Some(How::By(special)) => {
                let rewritten = special(function, &name)
                    .map_err(|e| if e.position.is_some() { e } else { e.at(position) })?;
                self.note_variables(&name);
                rewritten
            }
            Some(How::Missing) => {
                let message = format!("function {name} is not supported");
                return Err(SqlError::unsupported(message).at(position));
            }
            None => return Err(does_not_exist(&name, function).at(position)),
        };
        *expr = rewritten;
        Ok(())
    }

    fn session(&mut self, function: &Function, name: &str) -> Parse<Expr> {
        if !arguments(function)?.is_empty() {
            return Err(does_not_exist(name, function));
        }
        self.notes.session_functions.insert(name.to_owned());
        Ok(variable(name))
    }

    /// The clock's functions read the time at which the transaction began.
    fn note_variables(&mut self, name: &str) {
        if matches!(name, "now" | "current_timestamp" | "current_date") {
            self.notes.session_functions.insert("sysdate".to_owned());
        }
        if name == "current_setting" {
            self.notes.session_functions.insert(name.to_owned());
        }
        if name == "timeofday" {
            self.notes.session_functions.insert("getdate".to_owned());
        }
    }
}

/// The engine's variable of this name.
pub(super) fn variable(name: &str) -> Expr {
    build::call("getvariable", vec![build::string(name)])
}

pub(super) fn how(name: &str) -> Option<How> {
    let mut all = TABLES.iter().flat_map(|table| table.iter());
    all.find(|(known, _)| *known == name).map(|(_, how)| *how)
}

/// A name without schema, or in `pg_catalog`; and its position.
pub(super) fn simple_name(name: &ObjectName) -> Parse<(String, usize)> {
    let idents: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
    let at = idents
        .first()
        .map_or(0, |ident| usize::try_from(ident.span.start.column).unwrap_or_default());
    match idents.as_slice() {
        [only] if name.0.len() == 1 => Ok((only.value.to_ascii_lowercase(), at)),
        [schema, last] if name.0.len() == 2 && schema.value == "pg_catalog" => {
            Ok((last.value.to_ascii_lowercase(), at))
        }
        _ => {
            let message = format!("function {name}() does not exist");
            Err(SqlError::new(UNDEFINED_FUNCTION, message).at(at))
        }
    }
}

fn rename(function: &Function, name: &str) -> Expr {
    Expr::Function(Function { name: build::function_name(name), ..function.clone() })
}

/// What calls may carry.
fn check_shape(function: &Function) -> Parse<()> {
    let refused = if function.uses_odbc_syntax {
        Some("{fn …}")
    } else if !matches!(function.parameters, FunctionArguments::None) {
        Some("parameters of a function")
    } else if function.filter.is_some() {
        Some("FILTER")
    } else if matches!(function.args, FunctionArguments::Subquery(_)) {
        Some("a subquery as the arguments of a function")
    } else {
        None
    };
    match refused {
        Some(what) => Err(SqlError::unsupported(format!("{what} is not supported"))),
        None => Ok(()),
    }
}

/// The plain arguments of a call.
pub(super) fn arguments(function: &Function) -> Parse<Vec<Expr>> {
    let list = match &function.args {
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::List(list) => list,
        FunctionArguments::Subquery(_) => return Err(SqlError::unsupported("a subquery here")),
    };
    list.args
        .iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr.clone()),
            _ => Err(SqlError::new("42601", "named arguments are not supported")),
        })
        .collect()
}

/// Redshift's text, with what is known of the arguments' types.
pub(super) fn does_not_exist(name: &str, function: &Function) -> SqlError {
    let types = arguments(function).unwrap_or_default();
    let types: Vec<&str> = types.iter().map(type_of).collect();
    let message = format!("function {name}({}) does not exist", types.join(", "));
    SqlError::new(UNDEFINED_FUNCTION, message).with_hint(
        "No function matches the given name and argument types. You may need to add explicit type casts.",
    )
}

fn type_of(expr: &Expr) -> &'static str {
    let value = match expr {
        Expr::Nested(inner) => return type_of(inner),
        Expr::Cast { data_type, .. } => {
            let known = SqlType::parse(&data_type.to_string());
            return known.map_or("\"unknown\"", |kind| kind.base_name());
        }
        Expr::Value(value) => value,
        _ => return "\"unknown\"",
    };
    match &value.value {
        Value::Number(text, _) if text.contains(['.', 'e', 'E']) => "numeric",
        Value::Number(..) => "integer",
        Value::Boolean(_) => "boolean",
        _ => "\"unknown\"",
    }
}
