//! Refuses what neither Redshift has nor the later passes look at.
//!
//! An allow-list: of tree nodes, and of the parts of statements. Whatever a newer parser learns
//! is refused until it is listed here.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, GroupByExpr, LimitClause, MergeAction, Query, Select, SelectFlavor, SelectItem, SetExpr,
    Statement as Tree, TableFactor, Value, ValueWithSpan, VisitorMut, WildcardAdditionalOptions,
};

use super::Notes;
use crate::cursor::Parse;
use crate::error::SqlError;
use crate::walk::change;

pub(super) fn apply(tree: &mut Tree, _: &mut Notes) -> Parse<()> {
    statement(tree)?;
    change(tree, &mut Refuse)
}

fn statement(tree: &Tree) -> Parse<()> {
    let extra = match tree {
        Tree::Query(_) => None,
        Tree::Insert(insert) => first(&[
            (insert.or.is_some() || insert.ignore || insert.replace_into, "INSERT OR"),
            (insert.overwrite, "INSERT OVERWRITE"),
            (insert.partitioned.is_some(), "INSERT PARTITION"),
            (insert.on.is_some(), "ON CONFLICT"),
            (insert.returning.is_some() || insert.output.is_some(), "RETURNING"),
            (insert.settings.is_some() || insert.format_clause.is_some(), "INSERT FORMAT"),
            (!insert.assignments.is_empty(), "INSERT SET"),
            (!insert.after_columns.is_empty() || insert.has_table_keyword, "INSERT TABLE"),
            (insert.priority.is_some() || insert.insert_alias.is_some(), "INSERT with alias"),
            (insert.multi_table_insert_type.is_some(), "INSERT ALL"),
            (!insert.optimizer_hints.is_empty(), "hints"),
        ]),
        Tree::Update(update) => first(&[
            (update.returning.is_some() || update.output.is_some(), "RETURNING"),
            (update.or.is_some() || !update.order_by.is_empty(), "UPDATE with ORDER BY"),
            (update.limit.is_some(), "UPDATE with LIMIT"),
            (!update.table.joins.is_empty(), "UPDATE of a join"),
        ]),
        Tree::Delete(delete) => first(&[
            (delete.returning.is_some() || delete.output.is_some(), "RETURNING"),
            (!delete.tables.is_empty(), "DELETE of several tables"),
            (!delete.order_by.is_empty() || delete.limit.is_some(), "DELETE with LIMIT"),
        ]),
        Tree::Merge(merge) => {
            let nothing = |a: &MergeAction| matches!(a, MergeAction::DoNothing { .. });
            first(&[
                (merge.output.is_some(), "RETURNING"),
                (merge.clauses.iter().any(|c| nothing(&c.action)), "DO NOTHING"),
            ])
        }
        _ => Some("this statement"),
    };
    extra.map_or(Ok(()), |what| Err(not_supported(what)))
}

/// The name of the first part that is present.
fn first(parts: &[(bool, &'static str)]) -> Option<&'static str> {
    parts.iter().find(|(present, _)| *present).map(|(_, name)| *name)
}

fn not_supported(what: &str) -> SqlError {
    SqlError::unsupported(format!("{what} is not supported"))
}

struct Refuse;

fn flow(refused: Option<&str>) -> ControlFlow<SqlError> {
    match refused {
        None => ControlFlow::Continue(()),
        Some(what) => ControlFlow::Break(not_supported(what)),
    }
}

impl VisitorMut for Refuse {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        let limit_by = matches!(&query.limit_clause,
            Some(LimitClause::LimitOffset { limit_by, .. }) if !limit_by.is_empty());
        let comma = matches!(&query.limit_clause, Some(LimitClause::OffsetCommaLimit { .. }));
        flow(set_expr(&query.body).or_else(|| {
            first(&[
                (!query.locks.is_empty(), "FOR UPDATE"),
                (query.fetch.is_some(), "FETCH FIRST"),
                (query.for_clause.is_some(), "FOR"),
                (query.settings.is_some() || query.format_clause.is_some(), "FORMAT"),
                (!query.pipe_operators.is_empty(), "|>"),
                (limit_by || comma, "this form of LIMIT"),
            ])
        }))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        let from_first = !matches!(select.flavor, SelectFlavor::Standard);
        flow(first(&[
            (from_first, "FROM without SELECT"),
            (select.into.is_some(), "INTO here"),
            (!select.lateral_views.is_empty(), "LATERAL VIEW"),
            (select.prewhere.is_some(), "PREWHERE"),
            (!select.connect_by.is_empty(), "CONNECT BY"),
            (!select.cluster_by.is_empty() || !select.distribute_by.is_empty(), "CLUSTER BY"),
            (!select.sort_by.is_empty(), "SORT BY"),
            (select.value_table_mode.is_some(), "SELECT AS VALUE"),
            (select.select_modifiers.is_some(), "this form of SELECT"),
            (
                matches!(&select.group_by, GroupByExpr::Expressions(_, m) if !m.is_empty()),
                "WITH ROLLUP",
            ),
            (select.projection.iter().any(odd_item), "this form of *"),
        ]))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        flow(table_factor(factor))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        flow(if allowed(expr) { None } else { Some(expression_name(expr)) })
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<SqlError> {
        match &value.value {
            Value::Number(_, false)
            | Value::SingleQuotedString(_)
            | Value::Boolean(_)
            | Value::Null => ControlFlow::Continue(()),
            Value::Placeholder(name) if is_parameter(name) => ControlFlow::Continue(()),
            Value::DollarQuotedString(body) => {
                value.value = Value::SingleQuotedString(body.value.clone());
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(not_supported("this form of literal")),
        }
    }
}

/// `$1`, `$2`, …: the only placeholders.
fn is_parameter(name: &str) -> bool {
    name.strip_prefix('$').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn set_expr(body: &SetExpr) -> Option<&'static str> {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => None,
        SetExpr::SetOperation { left, right, .. } => set_expr(left).or_else(|| set_expr(right)),
        SetExpr::Table(_) => Some("TABLE as a query"),
        _ => Some("a data change inside a query"),
    }
}

fn odd_item(item: &SelectItem) -> bool {
    let odd = |options: &WildcardAdditionalOptions| {
        options.opt_ilike.is_some()
            || options.opt_except.is_some()
            || options.opt_replace.is_some()
            || options.opt_rename.is_some()
            || options.opt_alias.is_some()
    };
    match item {
        SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => odd(options),
        SelectItem::ExprWithAliases { .. } => true,
        SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. } => false,
    }
}

fn table_factor(factor: &TableFactor) -> Option<&'static str> {
    match factor {
        TableFactor::Table {
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
            alias,
            ..
        } => first(&[
            (alias.as_ref().is_some_and(|alias| alias.at.is_some()), "AT beside a relation"),
            (json_path.is_some(), "navigation of a SUPER column in FROM"),
            (version.is_some(), "a table version"),
            (sample.is_some(), "TABLESAMPLE"),
            (
                *with_ordinality
                    || !with_hints.is_empty()
                    || !partitions.is_empty()
                    || !index_hints.is_empty(),
                "this form of table",
            ),
        ]),
        TableFactor::Derived { sample, lateral, .. } => {
            first(&[(sample.is_some(), "TABLESAMPLE"), (*lateral, "LATERAL")])
        }
        TableFactor::NestedJoin { .. } | TableFactor::Pivot { .. } => None,
        TableFactor::Unpivot { .. } => None,
        _ => Some("this table function"),
    }
}

/// Nodes that some later pass understands.
fn allowed(expr: &Expr) -> bool {
    super::catalog_forms::is_element(expr)
        || matches!(
            expr,
            Expr::Identifier(_)
                | Expr::CompoundIdentifier(_)
                | Expr::IsFalse(_)
                | Expr::IsNotFalse(_)
                | Expr::IsTrue(_)
                | Expr::IsNotTrue(_)
                | Expr::IsNull(_)
                | Expr::IsNotNull(_)
                | Expr::IsUnknown(_)
                | Expr::IsNotUnknown(_)
                | Expr::InList { .. }
                | Expr::InSubquery { .. }
                | Expr::Between { .. }
                | Expr::BinaryOp { .. }
                | Expr::Like { any: false, .. }
                | Expr::ILike { any: false, .. }
                | Expr::SimilarTo { .. }
                | Expr::AnyOp { .. }
                | Expr::AllOp { .. }
                | Expr::UnaryOp { .. }
                | Expr::Convert { is_try: false, .. }
                | Expr::Cast { format: None, .. }
                | Expr::Extract { .. }
                | Expr::AtTimeZone { .. }
                | Expr::Ceil { .. }
                | Expr::Floor { .. }
                | Expr::Position { .. }
                | Expr::Substring { .. }
                | Expr::Trim { .. }
                | Expr::Nested(_)
                | Expr::Value(_)
                | Expr::TypedString(_)
                | Expr::Function(_)
                | Expr::Case { .. }
                | Expr::Exists { .. }
                | Expr::Subquery(_)
                | Expr::GroupingSets(_)
                | Expr::Cube(_)
                | Expr::Rollup(_)
                | Expr::Tuple(_)
                | Expr::Interval(_)
                | Expr::Wildcard(_)
                | Expr::QualifiedWildcard(..)
                | Expr::Array(_)
        )
}

fn expression_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::OuterJoin(_) => "the (+) join operator",
        Expr::Prior(_) => "CONNECT BY",
        Expr::CompoundFieldAccess { .. } | Expr::JsonAccess { .. } => "navigation of SUPER",
        Expr::Overlay { .. } => "OVERLAY",
        Expr::Collate { .. } => "COLLATE",
        _ => "this expression",
    }
}
