//! Queries: what each part sees, and the columns that come out.

use sqlparser::ast::{
    Cte, ExcludeSelectItem, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName,
    ObjectNamePart, OrderBy, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, TableAlias, TableFactor, TableWithJoins,
    WildcardAdditionalOptions,
};

use super::super::build;
use super::expression::is_null;
use super::scope::{Merged, Relation, Scope};
use super::{Columns, Type, Typer, combined, joins, take, unify};
use crate::cursor::{Parse, object_name};
use crate::resolve::ColumnType;
use crate::types::SqlType;

impl Typer<'_> {
    /// Types a query; gives its result's columns.
    pub(super) fn query(&mut self, query: &mut Query) -> Parse<Columns> {
        let outside = self.common.len();
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                let relation = self.common_table(cte, with.recursive)?;
                self.common.push(relation);
            }
        }
        let sets = matches!(*query.body, SetExpr::SetOperation { .. });
        let columns = self.body(&mut query.body, query.order_by.as_mut());
        self.common.truncate(outside);
        let columns = columns?;
        if sets {
            combined::ordered(query, &columns)?;
        }
        Ok(columns)
    }

    pub(super) fn common_table(&mut self, cte: &mut Cte, recursive: bool) -> Parse<Relation> {
        let name = cte.alias.name.value.clone();
        let outside = self.common.len();
        // What an expression says of itself stays one with what it begins with.
        self.recursive = recursive;
        if let (true, SetExpr::SetOperation { left, .. }) = (recursive, cte.query.body.as_mut()) {
            // The first part tells what the second sees under the expression's own name.
            let columns = renamed(self.body(left, None)?, Some(&cte.alias));
            self.common.push(Relation { name: name.clone(), columns });
        }
        let columns = self.query(&mut cte.query);
        self.common.truncate(outside);
        Ok(Relation { name, columns: renamed(columns?, Some(&cte.alias)) })
    }

    fn body(&mut self, body: &mut SetExpr, order_by: Option<&mut OrderBy>) -> Parse<Columns> {
        match body {
            SetExpr::Select(select) => self.select(select, order_by),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { op, left, right, .. } => {
                let place = match op {
                    SetOperator::Union => "UNION",
                    SetOperator::Intersect => "INTERSECT",
                    _ => "EXCEPT",
                };
                let recursive = std::mem::take(&mut self.recursive);
                let left = self.body(left, None)?;
                let right = self.body(right, None)?;
                if !recursive {
                    combined::told_apart(body, &left, &right)?;
                }
                both(place, left, right)
            }
            SetExpr::Values(values) => {
                values.rows.iter_mut().try_for_each(|row| self.all(&mut row.content))?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn select(&mut self, select: &mut Select, order_by: Option<&mut OrderBy>) -> Parse<Columns> {
        let scope = self.from(&mut select.from)?;
        self.scopes.push(scope);
        let columns = self.in_scope(select, order_by);
        self.scopes.pop();
        columns
    }

    /// The parts of a select that see its FROM clause, in the order in which names become known.
    fn in_scope(
        &mut self,
        select: &mut Select,
        mut order_by: Option<&mut OrderBy>,
    ) -> Parse<Columns> {
        self.conditions(&mut select.from)?;
        if let Some(scope) = self.scopes.last() {
            joins::put_in(select, scope)?;
            expand(&mut select.projection, scope);
        }
        if let Some(selection) = &mut select.selection {
            self.condition(selection, "WHERE")?;
        }
        let columns = self.list(&mut select.projection)?;
        let keys = self.grouping(select, &columns)?;
        if let Some(having) = &mut select.having {
            self.condition(having, "HAVING")?;
        }
        self.optional(select.qualify.as_mut())?;
        if let Some(OrderByKind::Expressions(by)) = order_by.as_mut().map(|order| &mut order.kind) {
            self.order(by, &select.projection, &columns)?;
        }
        self.one_of_each(select, order_by, keys)?;
        self.distinct(select, &columns);
        Ok(columns)
    }

    /// The conditions of joins; they see the whole FROM clause here, the engine says what they may.
    pub(super) fn conditions(&mut self, tables: &mut [TableWithJoins]) -> Parse<()> {
        for table in tables {
            if let TableFactor::NestedJoin { table_with_joins, .. } = &mut table.relation {
                self.conditions(std::slice::from_mut(table_with_joins.as_mut()))?;
            }
            for join in &mut table.joins {
                if let Some(JoinConstraint::On(on)) = constraint(join) {
                    self.condition(on, "JOIN/ON")?;
                }
            }
        }
        Ok(())
    }

    fn optional(&mut self, expr: Option<&mut Expr>) -> Parse<()> {
        expr.map_or(Ok(()), |expr| self.expression(expr).map(drop))
    }

    fn list(&mut self, items: &mut [SelectItem]) -> Parse<Columns> {
        let mut columns = Some(Vec::new());
        for item in items {
            let found = match item {
                SelectItem::UnnamedExpr(expr) => {
                    let name = match expr {
                        Expr::Identifier(name) => name.value.clone(),
                        Expr::CompoundIdentifier(parts) => {
                            parts.last().map(|name| name.value.clone()).unwrap_or_default()
                        }
                        _ => String::new(),
                    };
                    let sql_type = self.item(expr)?;
                    Some(vec![ColumnType { name, sql_type }])
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let sql_type = self.item(expr)?;
                    let column = ColumnType { name: alias.value.clone(), sql_type };
                    if let Some(scope) = self.scopes.last_mut() {
                        scope.aliases.push(column.clone());
                    }
                    Some(vec![column])
                }
                SelectItem::Wildcard(_) => self.star(),
                SelectItem::QualifiedWildcard(kind, _) => self.qualified_star(kind),
                SelectItem::ExprWithAliases { .. } => None,
            };
            columns = match (columns, found) {
                (Some(mut columns), Some(found)) => {
                    columns.extend(found);
                    Some(columns)
                }
                _ => None,
            };
        }
        Ok(columns)
    }

    fn item(&mut self, expr: &mut Expr) -> Parse<Option<SqlType>> {
        // Known before the expression is changed.
        let is_super = self.gives_super(expr);
        let found = self.expression(expr)?.sql();
        Ok(if is_super { Some(SqlType::Super) } else { found })
    }

    /// The columns of `*`.
    fn star(&self) -> Columns {
        let scope = self.scopes.last()?;
        let mut columns: Vec<ColumnType> = Vec::new();
        let mut merged: Vec<&str> = Vec::new();
        for relation in &scope.relations {
            for column in relation.columns.as_ref()? {
                if scope.merged.iter().any(|other| other.column.name == column.name) {
                    if merged.contains(&column.name.as_str()) {
                        continue;
                    }
                    merged.push(&column.name);
                }
                columns.push(column.clone());
            }
        }
        Some(columns)
    }

    fn qualified_star(&self, kind: &SelectItemQualifiedWildcardKind) -> Columns {
        let name = star_of(kind)?;
        let scopes = self.scopes.iter().rev();
        let found = scopes.filter_map(|scope| scope.relation(name)).next()?;
        found.columns.clone()
    }

    /// The names a FROM clause gives.
    pub(super) fn from(&mut self, tables: &mut [TableWithJoins]) -> Parse<Scope> {
        let mut scope = Scope::default();
        for table in &mut *tables {
            self.table(table, &mut scope)?;
        }
        joins::conditions(tables, &mut scope);
        Ok(scope)
    }

    fn table(&mut self, table: &mut TableWithJoins, scope: &mut Scope) -> Parse<()> {
        self.factor(&mut table.relation, scope)?;
        for join in &mut table.joins {
            let before = scope.relations.len();
            self.factor(&mut join.relation, scope)?;
            let names: Vec<String> = match constraint(join) {
                Some(JoinConstraint::Using(names)) => names.iter().filter_map(last_part).collect(),
                Some(JoinConstraint::Natural) => common_names(&scope.relations, before),
                _ => continue,
            };
            for name in names {
                let has = scope.relations.iter().flat_map(|relation| relation.columns.iter());
                let found = has.flatten().find(|column| column.name == name);
                let sql_type = found.and_then(|column| column.sql_type);
                let column = ColumnType { name, sql_type };
                scope.merged.push(Merged { column, instead: None });
            }
        }
        Ok(())
    }

    pub(super) fn factor(&mut self, factor: &mut TableFactor, scope: &mut Scope) -> Parse<()> {
        let relation = match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let known = self.relation(name);
                let own = name.0.last().and_then(ObjectNamePart::as_ident);
                aliased(own.map(|own| own.value.clone()), known, alias.as_ref())
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let columns = self.query(subquery)?;
                aliased(None, columns, alias.as_ref())
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                return self.table(table_with_joins, scope);
            }
            TableFactor::Table { alias, .. }
            | TableFactor::NestedJoin { alias, .. }
            | TableFactor::Pivot { alias, .. }
            | TableFactor::Unpivot { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. } => aliased(None, None, alias.as_ref()),
            _ => aliased(None, None, None),
        };
        scope.relations.push(relation);
        Ok(())
    }

    /// The columns of a relation by its name: a common table expression, or the catalog's.
    pub(super) fn relation(&self, name: &ObjectName) -> Columns {
        let parts: Vec<String> = name.0.iter().filter_map(part).collect();
        if let [only] = parts.as_slice()
            && let Some(found) = self.common.iter().rev().find(|cte| cte.name == *only)
        {
            return found.columns.clone();
        }
        self.catalog.columns(&object_name(parts, 0).ok()?)
    }
}

/// The relation of `relation.*`.
pub(super) fn star_of(kind: &SelectItemQualifiedWildcardKind) -> Option<&str> {
    let SelectItemQualifiedWildcardKind::ObjectName(name) = kind else { return None };
    name.0.last().and_then(ObjectNamePart::as_ident).map(|name| name.value.as_str())
}

/// Writes out a `*` of joins that are written as conditions.
fn expand(items: &mut Vec<SelectItem>, scope: &Scope) {
    let Some(shown) = &scope.shown else { return };
    let mut written = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let SelectItem::Wildcard(options) = &item else {
            written.push(item);
            continue;
        };
        let without = excluded(options);
        for shown in shown.iter().filter(|shown| !without.contains(&shown.column.name)) {
            let alias = Ident::with_quote('"', &shown.column.name);
            written.push(SelectItem::ExprWithAlias { expr: shown.value.clone(), alias });
        }
    }
    *items = written;
}

/// The columns that a `*` leaves out.
fn excluded(options: &WildcardAdditionalOptions) -> Vec<String> {
    match &options.opt_exclude {
        None => Vec::new(),
        Some(ExcludeSelectItem::Single(name)) => last_part(name).into_iter().collect(),
        Some(ExcludeSelectItem::Multiple(names)) => names.iter().filter_map(last_part).collect(),
    }
}

fn part(part: &ObjectNamePart) -> Option<String> {
    part.as_ident().map(|ident| ident.value.clone())
}

fn last_part(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(part)
}

/// Columns that the last relation shares with those before it.
fn common_names(relations: &[Relation], before: usize) -> Vec<String> {
    let names = |relations: &[Relation]| -> Vec<String> {
        let columns = relations.iter().filter_map(|relation| relation.columns.as_ref());
        columns.flatten().map(|column| column.name.clone()).collect()
    };
    let (left, right) = relations.split_at_checked(before).unwrap_or((relations, &[]));
    let right = names(right);
    names(left).into_iter().filter(|name| right.contains(name)).collect()
}

fn aliased(own: Option<String>, columns: Columns, alias: Option<&TableAlias>) -> Relation {
    let name = alias.map(|alias| alias.name.value.clone()).or(own).unwrap_or_default();
    Relation { name, columns: renamed(columns, alias) }
}

/// Columns under the names an alias gives them.
fn renamed(columns: Columns, alias: Option<&TableAlias>) -> Columns {
    let mut columns = columns?;
    for (column, name) in columns.iter_mut().zip(alias.iter().flat_map(|alias| &alias.columns)) {
        column.name.clone_from(&name.name.value);
    }
    Some(columns)
}

/// The columns of a set operation: the first part's names, types that hold both.
fn both(place: &str, left: Columns, right: Columns) -> Parse<Columns> {
    let (Some(mut left), Some(right)) = (left, right) else { return Ok(None) };
    if left.len() != right.len() {
        return Ok(None);
    }
    for (column, other) in left.iter_mut().zip(right) {
        let (one, other) = (Type::of(column.sql_type), Type::of(other.sql_type));
        column.sql_type = unify::matched(place, one, other)?.sql();
    }
    Ok(Some(left))
}

/// A result column that is just NULL is text; to the engine it would be an integer.
pub(super) fn name_nulls(query: &mut Query, columns: &mut Columns) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    for (index, item) in select.projection.iter_mut().enumerate() {
        let SelectItem::ExprWithAlias { expr, .. } = item else { continue };
        if is_null(expr) {
            *expr = build::cast(take(expr), "VARCHAR");
            let column = columns.as_mut().and_then(|columns| columns.get_mut(index));
            if let Some(column) = column {
                column.sql_type = Some(SqlType::Varchar(0));
            }
        }
    }
}

/// A join's condition.
pub(super) fn constraint(join: &mut Join) -> Option<&mut JoinConstraint> {
    use JoinOperator as Op;
    match &mut join.join_operator {
        Op::Join(constraint)
        | Op::Inner(constraint)
        | Op::Left(constraint)
        | Op::LeftOuter(constraint)
        | Op::Right(constraint)
        | Op::RightOuter(constraint)
        | Op::FullOuter(constraint)
        | Op::CrossJoin(constraint) => Some(constraint),
        _ => None,
    }
}
