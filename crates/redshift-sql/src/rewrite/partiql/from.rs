//! Iterations in `FROM`: `t.c AS x AT i` over an array, `UNPIVOT t.c AS v AT k` over an object.
//!
//! Each becomes a subquery of one row for each element, under the alias of the value.

use sqlparser::ast::{Expr, Ident, JsonPath, ObjectName, SelectItem, TableAlias, TableFactor};

use super::scope::{Name, Scopes, parts};
use crate::cursor::Parse;
use crate::rewrite::build::{self, engine_call as call};

/// Rewrites one item and adds its name.
pub(super) fn rewrite(factor: &mut TableFactor, scopes: &mut Scopes) -> Parse<()> {
    match factor {
        TableFactor::Table { name, json_path, alias, args: None, sample: None, .. }
            if iterates(name, json_path.as_ref(), scopes)
                && alias.as_ref().is_none_or(|alias| alias.columns.is_empty()) =>
        {
            let array = source(name, json_path.take());
            let (value, index) = match alias.take() {
                Some(TableAlias { name, at, .. }) => (name, at),
                None => (last(&array), None),
            };
            scopes.add(Name::Element(value.value.clone()));
            *factor = over_array(array, &value, index)?;
        }
        TableFactor::UnpivotExpr { expression, value_alias, attribute_alias } => {
            scopes.add(Name::Element(value_alias.value.clone()));
            let object = std::mem::replace(expression, build::null());
            *factor = over_object(object, value_alias, attribute_alias.take())?;
        }
        TableFactor::NestedJoin { table_with_joins, .. } => {
            rewrite(&mut table_with_joins.relation, scopes)?;
            for join in &mut table_with_joins.joins {
                rewrite(&mut join.relation, scopes)?;
            }
        }
        other => scopes.add_factor(other),
    }
    Ok(())
}

/// Whether a name in `FROM` is a path from an earlier item.
fn iterates(name: &ObjectName, path: Option<&JsonPath>, scopes: &Scopes) -> bool {
    match parts(name).as_slice() {
        [only] => scopes.is_element(only) || path.is_some(),
        [first, ..] => scopes.is_item(first),
        [] => false,
    }
}

fn source(name: &ObjectName, path: Option<JsonPath>) -> Expr {
    let names: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
    let value = match names.as_slice() {
        [only] => Expr::Identifier(only.clone()),
        _ => Expr::CompoundIdentifier(names),
    };
    match path {
        Some(path) => Expr::JsonAccess { value: Box::new(value), path },
        None => value,
    }
}

/// The name of values without an alias: the last attribute's.
fn last(array: &Expr) -> Ident {
    Ident::new(super::folded(&crate::rewrite::labels::label(array)))
}

fn over_array(array: Expr, value: &Ident, index: Option<Ident>) -> Parse<TableFactor> {
    let unnested = call("unnest", vec![call("lb_super_elements", vec![array.clone()])]);
    let mut columns = vec![(unnested, value.clone())];
    if let Some(index) = index {
        let length = call("lb_super_measure", vec![build::string("elements"), array]);
        let positions = call("range", vec![build::cast(length, "BIGINT")]);
        columns.push((call("unnest", vec![positions]), index));
    }
    subquery(columns, value)
}

fn over_object(object: Expr, value: &Ident, attribute: Option<Ident>) -> Parse<TableFactor> {
    let pairs = call("unnest", vec![call("lb_super_members", vec![object])]);
    let part = |position: &str| {
        call("lb_super_get", vec![pairs.clone(), build::string("i"), build::string(position)])
    };
    let mut columns = vec![(part("1"), value.clone())];
    if let Some(attribute) = attribute {
        let name = call("lb_super_scalar", vec![build::string("text"), part("0")]);
        columns.push((name, attribute));
    }
    subquery(columns, value)
}

fn subquery(columns: Vec<(Expr, Ident)>, alias: &Ident) -> Parse<TableFactor> {
    let items = columns.into_iter().map(|(expr, alias)| SelectItem::ExprWithAlias { expr, alias });
    Ok(TableFactor::Derived {
        // The engine lets every subquery in FROM see the items before it.
        lateral: false,
        subquery: build::query(items.collect())?,
        alias: Some(TableAlias {
            explicit: true,
            name: alias.clone(),
            columns: Vec::new(),
            at: None,
        }),
        sample: None,
    })
}
