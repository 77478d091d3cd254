//! Blanks at the end of text where values are told apart or put in order: GROUP BY, DISTINCT,
//! ORDER BY; `combined.rs` has those of set operators.
//!
//! VARCHAR values lie in the engine with their blanks, and Redshift takes values that differ in
//! nothing else for the same (guide, "Character types", significance of trailing blanks). So values
//! are told apart by what is left of them without blanks, and one of them is shown: the smallest of
//! a group. Where it cannot be seen what an expression stands for, the engine's own rule stays.
//! Start reading at [`Typer::grouping`], [`Typer::one_of_each`], [`Typer::distinct`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr,
    OrderBy, OrderByExpr, OrderByKind, Query, Select, SelectItem, TableFactor, Value, Visitor,
    VisitorMut,
};

use super::super::special::{aggregates, function_name, is_aggregate};
use super::super::{build, labels};
use super::compare::trimmed;
use super::scope::Scope;
use super::{Columns, Type, Typer, take};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::resolve::ColumnType;
use crate::walk::{self, change};

/// The value by which a VARCHAR is told from others; others stay themselves.
pub(super) fn key(expr: &mut Expr, of: Type) {
    if of.is_varchar() {
        *expr = trimmed(take(expr));
    }
}

/// The keys of a GROUP BY that are VARCHAR.
#[derive(Default)]
pub(super) struct Keys {
    /// As they stand in GROUP BY, and what they mean.
    keys: Vec<(Expr, Expr)>,
    /// Some rows have no value for a key (GROUPING SETS, CUBE, ROLLUP).
    sets: bool,
}

/// What an item of the select list is.
enum Selected {
    /// None of it: an expression of its own.
    Nothing,
    /// This, of this type.
    Item(Box<Expr>, Type),
    /// One, but which cannot be said.
    Unclear,
}

impl Typer<'_> {
    /// Types GROUP BY; tells its VARCHAR keys.
    pub(super) fn grouping(&mut self, select: &mut Select, columns: &Columns) -> Parse<Keys> {
        let Select { group_by, projection, .. } = select;
        let mut found = Keys::default();
        write_out_all(group_by, projection);
        let GroupByExpr::Expressions(keys, _) = group_by else { return Ok(found) };
        for key in keys {
            match key {
                Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                    found.sets = true;
                    for key in sets.iter_mut().flatten() {
                        self.group_key(key, projection, columns, &mut found)?;
                    }
                }
                key => self.group_key(key, projection, columns, &mut found)?,
            }
        }
        Ok(found)
    }

    fn group_key(
        &mut self,
        key: &mut Expr,
        items: &[SelectItem],
        columns: &Columns,
        found: &mut Keys,
    ) -> Parse<()> {
        is_a_place("GROUP BY", key, columns)?;
        let own = self.expression(key)?;
        let of_from = matches!(key, Expr::Identifier(name) if self.is_of_from(&name.value));
        let (meant, of) = match selected(key, items, columns) {
            Selected::Item(expr, of) if !of_from => (*expr, of),
            Selected::Unclear if !of_from => return Ok(()),
            _ => (key.clone(), own),
        };
        if of.is_varchar() {
            found.keys.push((key.clone(), meant));
        }
        Ok(())
    }

    /// Whether a name can be one of a column in FROM.
    fn is_of_from(&self, name: &str) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        scope.relations.iter().any(|relation| match &relation.columns {
            None => true,
            Some(columns) => columns.iter().any(|column| column.name == name),
        })
    }

    /// Types ORDER BY, and orders by what is left of texts without blanks.
    pub(super) fn order(
        &mut self,
        by: &mut [OrderByExpr],
        items: &[SelectItem],
        columns: &Columns,
    ) -> Parse<()> {
        for by in by {
            is_a_place("ORDER BY", &by.expr, columns)?;
            match selected(&by.expr, items, columns) {
                Selected::Item(expr, of) if of.is_varchar() && !is_volatile(&expr) => {
                    by.expr = trimmed(*expr);
                }
                Selected::Item(..) | Selected::Unclear => {}
                Selected::Nothing => {
                    let of = self.expression(&mut by.expr)?;
                    key(&mut by.expr, of);
                }
            }
        }
        Ok(())
    }

    /// Groups by what is left of texts without blanks, and shows one text of each group.
    pub(super) fn one_of_each(
        &self,
        select: &mut Select,
        order_by: Option<&mut OrderBy>,
        keys: Keys,
    ) -> Parse<()> {
        let Some(scope) = self.scopes.last().filter(|_| !keys.keys.is_empty()) else {
            return Ok(());
        };
        let forms = keys.keys.iter().map(|(_, meant)| trimmed(meant.clone())).collect();
        let mut shown = Representative { keys: &keys, forms, scope, inside: 0, depth: 0 };
        if !shown.all_is_seen(select, order_by.as_deref()) {
            return Ok(());
        }
        if let GroupByExpr::Expressions(by, _) = &mut select.group_by {
            for by in by {
                match by {
                    Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                        sets.iter_mut().flatten().for_each(|by| shown.regroup(by));
                    }
                    by => shown.regroup(by),
                }
            }
        }
        select.projection.iter_mut().for_each(labels::name);
        change(&mut select.projection, &mut shown)?;
        change(&mut select.having, &mut shown)?;
        change(&mut select.qualify, &mut shown)?;
        match order_by.map(|order| &mut order.kind) {
            Some(OrderByKind::Expressions(by)) => {
                by.iter_mut().try_for_each(|by| change(&mut by.expr, &mut shown))
            }
            _ => Ok(()),
        }
    }

    /// `SELECT DISTINCT` tells rows apart without the blanks of their texts.
    pub(super) fn distinct(&self, select: &mut Select, columns: &Columns) {
        let Some(columns) = columns else { return };
        let distinct = matches!(select.distinct, Some(Distinct::Distinct));
        if !distinct || !columns.iter().any(is_varchar) {
            return;
        }
        let Some(values) = self.values_of(&select.projection, columns.len()) else { return };
        let by = values.into_iter().zip(columns).enumerate().map(|(at, (value, column))| {
            if is_varchar(column) { trimmed(value) } else { place(at) }
        });
        select.distinct = Some(Distinct::On(by.collect()));
    }

    /// An expression for each result column; `None` when one cannot be told.
    fn values_of(&self, items: &[SelectItem], wanted: usize) -> Option<Vec<Expr>> {
        let mut values = Vec::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    values.push(expr.clone());
                }
                SelectItem::Wildcard(options) if options.opt_exclude.is_none() => {
                    values.extend(self.scopes.last()?.values(None)?);
                }
                SelectItem::QualifiedWildcard(kind, options) if options.opt_exclude.is_none() => {
                    let name = super::query::star_of(kind)?;
                    values.extend(self.scopes.last()?.values(Some(name))?);
                }
                _ => return None,
            }
        }
        (values.len() == wanted && !values.iter().any(is_volatile)).then_some(values)
    }
}

/// 42P10 for a number that counts past the select list.
pub(super) fn is_a_place(clause: &str, key: &Expr, columns: &Columns) -> Parse<()> {
    let (Some(columns), Expr::Value(value)) = (columns, key) else { return Ok(()) };
    let Value::Number(text, _) = &value.value else { return Ok(()) };
    match text.parse::<usize>() {
        Ok(at) if at == 0 || at > columns.len() => {
            let message = format!("{clause} position {at} is not in select list");
            Err(SqlError::new("42P10", message))
        }
        _ => Ok(()),
    }
}

/// `GROUP BY ALL` as the places of what is no aggregate.
fn write_out_all(group_by: &mut GroupByExpr, items: &[SelectItem]) {
    if !matches!(group_by, GroupByExpr::All(_)) || items.iter().any(is_star) {
        return;
    }
    let keys = items.iter().enumerate().filter(|(_, item)| !aggregates(*item));
    let keys = keys.map(|(at, _)| place(at)).collect();
    *group_by = GroupByExpr::Expressions(keys, Vec::new());
}

fn is_star(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

/// What a key of ORDER BY or GROUP BY means by place or name.
fn selected(key: &Expr, items: &[SelectItem], columns: &Columns) -> Selected {
    let of = |at: usize| {
        let columns = columns.as_ref().filter(|columns| columns.len() == items.len());
        Type::of(columns.and_then(|columns| columns.get(at)?.sql_type))
    };
    let item = |at: usize| match items.get(at) {
        Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => {
            Selected::Item(Box::new(expr.clone()), of(at))
        }
        _ => Selected::Unclear,
    };
    match key {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => {
                match text.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) {
                    Some(at) if !items.iter().any(is_star) => item(at),
                    _ => Selected::Unclear,
                }
            }
            _ => Selected::Nothing,
        },
        Expr::Identifier(name) => {
            let named = |item: &SelectItem| matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value == name.value);
            items.iter().position(named).map_or(Selected::Nothing, item)
        }
        _ => Selected::Nothing,
    }
}

pub(super) fn is_varchar(column: &ColumnType) -> bool {
    Type::of(column.sql_type).is_varchar()
}

/// A result column by its place, counted from 0.
pub(super) fn place(at: usize) -> Expr {
    Expr::value(Value::Number(at.saturating_add(1).to_string(), false))
}

/// Whether two writings of an expression could give two values.
fn is_volatile(expr: &Expr) -> bool {
    struct Random;
    impl Visitor for Random {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match function_name(expr) {
                Some("random") => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    walk::read(expr, &mut Random)
}

/// Puts the smallest text of each group in the places of a key.
struct Representative<'a> {
    keys: &'a Keys,
    /// What GROUP BY gets for each key.
    forms: Vec<Expr>,
    scope: &'a Scope,
    /// Aggregates and keys around the current place.
    inside: usize,
    /// Subqueries around it.
    depth: usize,
}

impl Representative<'_> {
    /// Whether every place that names a key can be found.
    fn all_is_seen(&self, select: &Select, order_by: Option<&OrderBy>) -> bool {
        if select.projection.iter().any(is_star) || !select.named_window.is_empty() {
            return false;
        }
        let mut names = Vec::new();
        for (_, meant) in &self.keys.keys {
            match meant {
                Expr::Identifier(name) => names.push(name.value.as_str()),
                Expr::CompoundIdentifier(parts) => {
                    names.extend(parts.iter().map(|part| part.value.as_str()));
                }
                _ => {}
            }
        }
        let mut hidden = Hidden { names, depth: 0 };
        !walk::read(&select.projection, &mut hidden)
            && !walk::read(&select.having, &mut hidden)
            && !walk::read(&select.qualify, &mut hidden)
            && !order_by.is_some_and(|order| walk::read(order, &mut hidden))
    }

    fn regroup(&self, by: &mut Expr) {
        let keys = self.keys.keys.iter().zip(&self.forms);
        if let Some((_, form)) = keys.into_iter().find(|((own, _), _)| own == by) {
            *by = form.clone();
        }
    }

    /// The key that an expression is.
    fn key(&self, expr: &Expr) -> Option<&Expr> {
        let own = self.scope.place(expr);
        let mut forms = self.keys.keys.iter().zip(&self.forms);
        let found = forms.find(|((_, meant), _)| match own {
            Some(_) => self.scope.place(meant) == own,
            None => self.depth == 0 && meant == expr,
        });
        found.map(|(_, form)| form)
    }

    /// Whether what is in an expression is not to be touched.
    fn closes(&self, expr: &Expr) -> bool {
        // In a subquery the engine knows the key only by an aggregate of it.
        is_aggregate(expr) || self.depth == 0 && self.forms.contains(expr)
    }

    fn shown(&self, expr: &mut Expr, form: Expr) {
        let least = build::engine_call("min", vec![take(expr)]);
        *expr = match self.keys.sets {
            false => least,
            true => {
                let grouping = Expr::Function(build::function("grouping", vec![form]));
                let zero = build::number(0);
                let grouped = build::binary(grouping, BinaryOperator::Eq, zero);
                build::case(vec![(grouped, least)], None)
            }
        };
    }

    /// `GROUPING(key)`.
    fn of_grouping(&self, expr: &mut Expr) {
        let Expr::Function(function) = expr else { return };
        let FunctionArguments::List(list) = &mut function.args else { return };
        for arg in &mut list.args {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) = arg
                && let Some(form) = self.key(arg)
            {
                *arg = form.clone();
            }
        }
    }
}

impl VisitorMut for Representative<'_> {
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
        if self.inside == 0 && !self.closes(expr) {
            if let Some(form) = self.key(expr).cloned() {
                self.shown(expr, form);
            }
        } else if self.inside == 0
            && function_name(expr).is_some_and(|name| name.starts_with("grouping"))
        {
            self.of_grouping(expr);
        }
        if self.closes(expr) {
            self.inside = self.inside.saturating_add(1);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        if self.closes(expr) {
            self.inside = self.inside.saturating_sub(1);
        }
        ControlFlow::Continue(())
    }
}

/// Finds names in subqueries that may mean a key, or hide what one does.
struct Hidden<'a> {
    names: Vec<&'a str>,
    depth: usize,
}

impl Hidden<'_> {
    fn is_one(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

impl Visitor for Hidden<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth = self.depth.saturating_add(1);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let (TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. }) = factor else {
            return ControlFlow::Break(());
        };
        let named = match (alias, factor) {
            (Some(alias), _) => self.is_one(&alias.name.value),
            (None, TableFactor::Table { name, .. }) => {
                name.0.iter().filter_map(|part| part.as_ident()).any(|i| self.is_one(&i.value))
            }
            _ => false,
        };
        if named { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) if self.depth > 0 && self.is_one(&name.value) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
