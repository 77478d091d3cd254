//! `WITH … UPDATE` and `WITH … DELETE`: the common table expressions are put where they are named,
//! so that what follows sees a plain data change.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Ident, ObjectNamePart, Query, SelectItem, SetExpr, Statement as Tree, TableAlias, TableFactor,
    VisitorMut, WildcardAdditionalOptions, With,
};

use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk;

/// The data change that a query's WITH belongs to; every other tree is given back as it is.
pub(crate) fn inlined(tree: Tree) -> Parse<Tree> {
    let Tree::Query(mut query) = tree else { return Ok(tree) };
    if !matches!(query.body.as_ref(), SetExpr::Update(_) | SetExpr::Delete(_)) {
        return Ok(Tree::Query(query));
    }
    let Some(with) = query.with.take() else { return Ok(Tree::Query(query)) };
    match *query.body {
        SetExpr::Update(mut change) | SetExpr::Delete(mut change) => {
            walk::change(&mut change, &mut Inline { with: &with })?;
            Ok(change)
        }
        other => Ok(Tree::Query(Box::new(Query { body: Box::new(other), ..*query }))),
    }
}

struct Inline<'a> {
    with: &'a With,
}

impl VisitorMut for Inline<'_> {
    type Break = SqlError;

    /// After its children: what is put in is not looked at again.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let [ObjectNamePart::Identifier(only)] = name.0.as_slice() else {
            return ControlFlow::Continue(());
        };
        let tables = &self.with.cte_tables;
        let Some(index) = tables.iter().position(|cte| cte.alias.name.value == only.value) else {
            return ControlFlow::Continue(());
        };
        let mut with = self.with.clone();
        with.cte_tables.truncate(index + 1);
        let alias = alias.take().unwrap_or_else(|| plain_alias(only.clone()));
        match everything(factor.clone()) {
            Some(mut query) => {
                query.with = Some(with);
                let subquery = Box::new(query);
                *factor = TableFactor::Derived {
                    lateral: false,
                    subquery,
                    alias: Some(alias),
                    sample: None,
                };
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(SqlError::unsupported("this form of WITH is not supported")),
        }
    }
}

fn plain_alias(name: Ident) -> TableAlias {
    TableAlias { explicit: true, name, columns: Vec::new(), at: None }
}

/// `SELECT * FROM factor`.
fn everything(factor: TableFactor) -> Option<Query> {
    let parsed = crate::query::template("SELECT * FROM x")?;
    let Tree::Query(mut query) = parsed else { return None };
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.projection = vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())];
        select.from.first_mut()?.relation = factor;
    }
    Some(*query)
}
