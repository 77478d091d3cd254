//! `START WITH … CONNECT BY PRIOR …` becomes a recursive common table expression (SQL commands ›
//! SELECT › CONNECT BY).
//!
//! The table of FROM is replaced by a subquery that walks the tree and has one column more,
//! `level`. Start reading at [`rewrite`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, ConnectByKind, ExcludeSelectItem, Expr, Ident, ObjectName, ObjectNamePart,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement as Tree,
    TableAlias, TableFactor, Visitor, VisitorMut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::outer_joins::name_of;
use super::{Notes, build};
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk;

/// The pseudo column: the root's is 1.
const LEVEL: &str = "level";
/// The row that a row was reached from.
const PRIOR: &str = "lb prior";
/// What the walk looks like; `x` is the table, `c` a condition.
const SHAPE: &str = "WITH RECURSIVE \"lb tree\" AS (\
     SELECT x.*, 1 AS \"level\" FROM x WHERE c \
     UNION ALL \
     SELECT x.*, \"lb prior\".\"level\" + 1 AS \"level\" FROM x CROSS JOIN \"lb tree\" AS \"lb prior\" \
     WHERE c) SELECT * FROM \"lb tree\"";

pub(super) fn apply(tree: &mut Tree, _: &mut Notes<'_>) -> Parse<()> {
    walk::change(tree, &mut Hierarchy)
}

struct Hierarchy;

impl VisitorMut for Hierarchy {
    type Break = SqlError;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        match rewrite(select) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn rewrite(select: &mut Select) -> Parse<()> {
    if select.connect_by.is_empty() {
        return Ok(());
    }
    let (start, step) = conditions(std::mem::take(&mut select.connect_by))?;
    let [table] = select.from.as_mut_slice() else {
        return Err(SqlError::unsupported("CONNECT BY over several tables is not supported"));
    };
    if !table.joins.is_empty() {
        return Err(SqlError::unsupported("CONNECT BY over a join is not supported"));
    }
    let name = name_of(&table.relation)
        .ok_or_else(|| SqlError::unsupported("CONNECT BY over this table is not supported"))?;
    let start = qualified(start.unwrap_or_else(truth), &name, Level::Root)?;
    let step = qualified(step, &name, Level::Next)?;
    let subquery = walking(&table.relation, &name, start, step)?;
    let alias = TableAlias {
        explicit: true,
        name: Ident::with_quote('"', &name),
        columns: Vec::new(),
        at: None,
    };
    table.relation =
        TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
    hide_level(&mut select.projection);
    Ok(())
}

fn truth() -> Expr {
    Expr::value(sqlparser::ast::Value::Boolean(true))
}

fn conditions(clauses: Vec<ConnectByKind>) -> Parse<(Option<Expr>, Expr)> {
    let (mut start, mut step) = (None, None);
    for clause in clauses {
        match clause {
            ConnectByKind::StartWith { condition, .. } => start = Some(*condition),
            ConnectByKind::ConnectBy { nocycle: true, .. } => {
                return Err(SqlError::unsupported("CONNECT BY NOCYCLE is not supported"));
            }
            ConnectByKind::ConnectBy { relationships, .. } => {
                let and = |left: Expr, right: Expr| Expr::BinaryOp {
                    left: Box::new(left),
                    op: BinaryOperator::And,
                    right: Box::new(right),
                };
                step = relationships.into_iter().reduce(and);
            }
        }
    }
    let step = step.ok_or_else(|| SqlError::new("42601", "START WITH needs CONNECT BY"))?;
    Ok((start, step))
}

/// What LEVEL is where a condition stands.
#[derive(Clone, Copy)]
enum Level {
    Root,
    Next,
}

/// The condition with every column's table named: the row's own, or that of the row before.
fn qualified(mut condition: Expr, table: &str, level: Level) -> Parse<Expr> {
    if holds_query(&condition) {
        return Err(SqlError::unsupported("subqueries in CONNECT BY are not supported"));
    }
    walk::change(&mut condition, &mut Qualify { table, level })?;
    Ok(build::nested(condition))
}

fn holds_query(expr: &Expr) -> bool {
    struct Found;
    impl Visitor for Found {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    walk::read(expr, &mut Found)
}

struct Qualify<'a> {
    table: &'a str,
    level: Level,
}

fn column(table: &str, name: &Ident) -> Expr {
    Expr::CompoundIdentifier(vec![Ident::with_quote('"', table), name.clone()])
}

fn next_level() -> Expr {
    let level = column(PRIOR, &Ident::with_quote('"', LEVEL));
    build::binary(level, BinaryOperator::Plus, build::number(1))
}

impl VisitorMut for Qualify<'_> {
    type Break = SqlError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let changed = match expr {
            Expr::Prior(inner) => match inner.as_ref() {
                Expr::Identifier(name) => Some(column(PRIOR, name)),
                Expr::CompoundIdentifier(parts) => parts.last().map(|name| column(PRIOR, name)),
                _ => {
                    let message = "PRIOR of an expression is not supported";
                    return ControlFlow::Break(SqlError::unsupported(message));
                }
            },
            Expr::Identifier(name) if name.value == LEVEL => match self.level {
                Level::Root => Some(build::number(1)),
                Level::Next => Some(next_level()),
            },
            Expr::Identifier(name) => Some(column(self.table, name)),
            _ => None,
        };
        if let Some(changed) = changed {
            *expr = changed;
        }
        ControlFlow::Continue(())
    }
}

fn walking(table: &TableFactor, name: &str, start: Expr, step: Expr) -> Parse<Box<Query>> {
    let lost = || SqlError::new("XX000", "internal error: CONNECT BY lost in rewriting");
    let parsed = Parser::parse_sql(&GenericDialect {}, SHAPE).ok().and_then(|mut all| all.pop());
    let Some(Tree::Query(mut query)) = parsed else { return Err(lost()) };
    let tree = query.with.as_mut().and_then(|with| with.cte_tables.first_mut()).ok_or_else(lost)?;
    let SetExpr::SetOperation { left, right, .. } = tree.query.body.as_mut() else {
        return Err(lost());
    };
    for (half, condition) in [(left, start), (right, step)] {
        let SetExpr::Select(select) = half.as_mut() else { return Err(lost()) };
        fill(select, table, name, condition);
    }
    Ok(query)
}

/// Puts the table and the condition into one half of the shape.
fn fill(select: &mut Select, table: &TableFactor, name: &str, condition: Expr) {
    if let Some(from) = select.from.first_mut() {
        from.relation = table.clone();
    }
    if let Some(SelectItem::QualifiedWildcard(kind, _)) = select.projection.first_mut() {
        let part = ObjectNamePart::Identifier(Ident::with_quote('"', name));
        *kind = SelectItemQualifiedWildcardKind::ObjectName(ObjectName(vec![part]));
    }
    select.selection = Some(condition);
}

/// `*` shows the table's own columns.
fn hide_level(projection: &mut [SelectItem]) {
    for item in projection {
        if let SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) = item
            && options.opt_exclude.is_none()
        {
            let level = ObjectNamePart::Identifier(Ident::with_quote('"', LEVEL));
            options.opt_exclude = Some(ExcludeSelectItem::Single(ObjectName(vec![level])));
        }
    }
}
