//! `USING` and `NATURAL` joins as conditions, where every column of FROM is known.
//!
//! The columns that such a join merges are compared like any others, so blanks at the end of text
//! do not count, and `*` shows them first (SQL commands › FROM clause, join types). Names of merged
//! columns then stand for one side's column, or for the first that is not NULL of a full join.
//! Start reading at [`conditions`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectNamePart, Query, Select,
    SelectItem, TableFactor, TableWithJoins, VisitorMut,
};

use super::super::build;
use super::query::constraint;
use super::scope::{Merged, Relation, Scope};
use super::{Type, unify};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::resolve::ColumnType;
use crate::walk::change;

/// A column that `*` shows.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// Its name and type.
    pub column: ColumnType,
    /// What its values are.
    pub value: Expr,
}

/// Writes the joins of a FROM clause as conditions; leaves all of them alone when one cannot be.
pub(super) fn conditions(tables: &mut [TableWithJoins], scope: &mut Scope) {
    if !tables.iter_mut().any(merges) {
        return;
    }
    let names = scope.relations.iter().map(|relation| &relation.name);
    let distinct = names.clone().collect::<std::collections::BTreeSet<_>>().len();
    if distinct != scope.relations.len() || names.clone().any(String::is_empty) {
        return;
    }
    let mut written = tables.to_vec();
    let mut walk = Walk { relations: scope.relations.iter(), merged: Vec::new() };
    let shown: Option<Vec<Vec<Shown>>> =
        written.iter_mut().map(|table| walk.table(table)).collect();
    let Some(shown) = shown else { return };
    scope.merged = walk.merged;
    scope.shown = Some(shown.concat());
    tables.clone_from_slice(&written);
}

fn merges(table: &mut TableWithJoins) -> bool {
    let inside = match &mut table.relation {
        TableFactor::NestedJoin { table_with_joins, .. } => merges(table_with_joins),
        _ => false,
    };
    let own = |join: &mut Join| {
        matches!(constraint(join), Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
    };
    inside || table.joins.iter_mut().any(own)
}

/// Goes through FROM beside its relations, which are in the same order.
struct Walk<'a> {
    relations: std::slice::Iter<'a, Relation>,
    merged: Vec<Merged>,
}

impl Walk<'_> {
    /// The columns of a table and what is joined to it.
    fn table(&mut self, table: &mut TableWithJoins) -> Option<Vec<Shown>> {
        let mut left = self.factor(&mut table.relation)?;
        for join in &mut table.joins {
            let right = self.factor(&mut join.relation)?;
            left = self.join(join, left, right)?;
        }
        Some(left)
    }

    fn factor(&mut self, factor: &mut TableFactor) -> Option<Vec<Shown>> {
        if let TableFactor::NestedJoin { table_with_joins, alias: None } = factor {
            return self.table(table_with_joins);
        }
        let relation = self.relations.next()?;
        let columns = relation.columns.as_ref()?;
        let shown = columns.iter().map(|column| {
            let value = build::column(&relation.name, &column.name);
            Shown { column: column.clone(), value }
        });
        Some(shown.collect())
    }

    fn join(&mut self, join: &mut Join, left: Vec<Shown>, right: Vec<Shown>) -> Option<Vec<Shown>> {
        let names = match constraint(join) {
            Some(JoinConstraint::Using(names)) => {
                let name = |name: &sqlparser::ast::ObjectName| {
                    let last = name.0.last().and_then(ObjectNamePart::as_ident)?;
                    Some(last.value.clone())
                };
                names.iter().map(name).collect::<Option<Vec<_>>>()?
            }
            Some(JoinConstraint::Natural) => {
                let shared = |one: &&Shown| only(&right, &one.column.name).is_some();
                left.iter().filter(shared).map(|one| one.column.name.clone()).collect()
            }
            _ => Vec::new(),
        };
        if names.is_empty() {
            return Some([left, right].concat());
        }
        let mut shown = Vec::new();
        let mut condition = None;
        for name in &names {
            let (one, other) = (only(&left, name)?, only(&right, name)?);
            let same = build::binary(one.value.clone(), BinaryOperator::Eq, other.value.clone());
            condition = Some(match condition {
                None => same,
                Some(before) => build::binary(before, BinaryOperator::And, same),
            });
            let merged = merged(&join.join_operator, one, other);
            self.merged.retain(|before| before.column.name != *name);
            let instead = Some(merged.value.clone());
            self.merged.push(Merged { column: merged.column.clone(), instead });
            shown.push(merged);
        }
        *constraint(join)? = JoinConstraint::On(condition?);
        let others = left.into_iter().chain(right);
        shown.extend(others.filter(|column| !names.contains(&column.column.name)));
        Some(shown)
    }
}

/// The only column of a name.
fn only<'a>(columns: &'a [Shown], name: &str) -> Option<&'a Shown> {
    let mut found = columns.iter().filter(|column| column.column.name == name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// What a join makes of two columns of one name.
fn merged(join: &JoinOperator, left: &Shown, right: &Shown) -> Shown {
    use JoinOperator as Op;
    let of = |side: &Shown| Type::of(side.column.sql_type);
    let sql_type = unify::both(of(left), of(right)).sql();
    let value = match join {
        Op::Right(_) | Op::RightOuter(_) => right.value.clone(),
        Op::FullOuter(_) => {
            build::engine_call("coalesce", vec![left.value.clone(), right.value.clone()])
        }
        _ => left.value.clone(),
    };
    Shown { column: ColumnType { name: left.column.name.clone(), sql_type }, value }
}

/// Puts merged columns in the places of their names, also where types are not looked at; result
/// columns keep the names.
pub(super) fn put_in(select: &mut Select, scope: &Scope) -> Parse<()> {
    if scope.merged.iter().all(|merged| merged.instead.is_none()) {
        return Ok(());
    }
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr @ Expr::Identifier(_)) = item
            && let Expr::Identifier(name) = &*expr
            && let Some(value) = scope.instead_of(&name.value)
        {
            let alias = Ident::with_quote('"', &name.value);
            *item = SelectItem::ExprWithAlias { expr: value, alias };
        }
    }
    let names = &mut Names { scope, depth: 0 };
    change(&mut select.projection, names)?;
    change(&mut select.selection, names)?;
    change(&mut select.group_by, names)?;
    change(&mut select.having, names)?;
    change(&mut select.qualify, names)
}

/// Replaces names outside of subqueries: what is inside may have such a column itself.
struct Names<'a> {
    scope: &'a Scope,
    depth: usize,
}

impl VisitorMut for Names<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.depth = self.depth.saturating_add(1);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if let (0, Expr::Identifier(name)) = (self.depth, &*expr)
            && let Some(value) = self.scope.instead_of(&name.value)
        {
            *expr = value;
        }
        ControlFlow::Continue(())
    }
}
