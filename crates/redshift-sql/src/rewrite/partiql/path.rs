//! Paths: `root.attribute[index]…` becomes one call that takes the root and the steps.

use sqlparser::ast::{AccessExpr, Expr, FunctionArguments, Ident, JsonPathElem, Subscript, Value};

use super::scope::{Scopes, Start};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::rewrite::{build, catalog_forms, functions};

/// The arguments of such a call.
fn called(expr: &Expr, name: &str) -> Option<Vec<Expr>> {
    let Expr::Function(function) = expr else { return None };
    let known = function.name.0.last().and_then(|part| part.as_ident())?;
    if known.value.strip_prefix(build::ENGINE) != Some(name) {
        return None;
    }
    functions::arguments(function).ok()
}

/// One step.
enum Step {
    Attribute(String),
    Index(Box<Expr>),
}

/// Where a dotted name's path begins: its root and the attributes after it. `None` for a column.
pub(super) fn root(scopes: &Scopes, names: &[Ident]) -> Option<(Expr, Vec<Ident>)> {
    let (root, used) = match scopes.start(names)? {
        Start::Element => (element(names.first()?), 1),
        Start::Column(used) if used < names.len() => (column(names.get(..used)?), used),
        Start::Column(_) => return None,
    };
    Some((root, names.get(used..)?.to_vec()))
}

/// An iteration's value: the column of the alias's name in the subquery of that name.
fn element(name: &Ident) -> Expr {
    Expr::CompoundIdentifier(vec![name.clone(), name.clone()])
}

fn column(names: &[Ident]) -> Expr {
    match names {
        [only] => Expr::Identifier(only.clone()),
        names => Expr::CompoundIdentifier(names.to_vec()),
    }
}

/// Rewrites a path; leaves every other expression alone.
pub(super) fn rewrite(expr: &mut Expr, scopes: &Scopes) -> Parse<()> {
    let (root, steps) = match expr {
        Expr::Identifier(name) if scopes.is_element(&name.value) => (element(name), Vec::new()),
        Expr::CompoundIdentifier(names) => match root(scopes, names) {
            Some((root, rest)) => (root, rest.into_iter().map(attribute).collect()),
            None => return Ok(()),
        },
        Expr::JsonAccess { .. } if is_of_the_catalog(expr) => return Ok(()),
        // The value has been rewritten already.
        Expr::JsonAccess { value, path } => {
            let root = std::mem::replace(value.as_mut(), build::null());
            (root, path.path.drain(..).map(step).collect::<Parse<_>>()?)
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let root = std::mem::replace(root.as_mut(), build::null());
            (root, access_chain.drain(..).map(access).collect::<Parse<_>>()?)
        }
        _ => return Ok(()),
    };
    *expr = navigate(root, steps);
    Ok(())
}

/// Elements of the system catalog's arrays are no paths; `array(1, 2)[0]` is one.
fn is_of_the_catalog(expr: &Expr) -> bool {
    let Expr::JsonAccess { value, .. } = expr else { return false };
    let gives_super = matches!(value.as_ref(), Expr::Function(function)
        if matches!(function.args, FunctionArguments::List(_))
            && function.name.to_string().trim_matches('"') == "array");
    !gives_super && catalog_forms::is_element(expr)
}

fn attribute(name: Ident) -> Step {
    Step::Attribute(super::attribute(&name.value))
}

fn step(element: JsonPathElem) -> Parse<Step> {
    Ok(match element {
        JsonPathElem::Dot { key, .. } => Step::Attribute(super::attribute(&key)),
        JsonPathElem::Bracket { key } => index(key),
        JsonPathElem::ColonBracket { .. } => return Err(unknown()),
    })
}

fn access(access: AccessExpr) -> Parse<Step> {
    match access {
        AccessExpr::Dot(Expr::Identifier(name)) => Ok(attribute(name)),
        AccessExpr::Subscript(Subscript::Index { index: key }) => Ok(index(key)),
        _ => Err(unknown()),
    }
}

fn unknown() -> SqlError {
    SqlError::unsupported("this form of navigation is not supported")
}

/// `['a']` is an attribute, `[0]` an element.
fn index(key: Expr) -> Step {
    match &key {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(name) => Step::Attribute(name.clone()),
            _ => Step::Index(Box::new(key)),
        },
        _ => Step::Index(Box::new(key)),
    }
}

fn navigate(root: Expr, steps: Vec<Step>) -> Expr {
    let mut args = match called(&root, "lb_super_get") {
        // The root's own path goes on.
        Some(args) => args,
        None => vec![root],
    };
    for step in steps {
        match step {
            Step::Attribute(name) => args.extend([build::string("a"), build::string(name)]),
            Step::Index(index) => {
                args.extend([build::string("i"), build::cast(*index, "VARCHAR")]);
            }
        }
    }
    build::engine_call("lb_super_get", args)
}
