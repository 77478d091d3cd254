//! Which values are SUPER, as far as the catalog and the functions tell; and columns of that type
//! marked where the dynamic typing pass must know them, which sees no catalog.
//!
//! Also what goes into a SUPER column of INSERT and UPDATE becomes a cast to it. Start reading at
//! [`mark`].

use std::ops::ControlFlow;

use sqlparser::ast::{
    AssignmentTarget, BinaryOperator, CastKind, DataType, Expr, Function, Ident, Insert,
    ObjectName, ObjectNamePart, OrderBy, OrderByKind, Query, Select, SelectItem, SetExpr,
    Statement as Tree, TableFactor, TableObject, Update, VisitorMut,
};

use super::scope::{has_none, qualified, unqualified};
use super::{Type, Typer};
use crate::cursor::{Parse, object_name};
use crate::error::{SqlError, UNDEFINED_TABLE};
use crate::resolve::ColumnType;
use crate::rewrite::functions::arguments;
use crate::rewrite::{Notes, build, casts, dynamic};
use crate::types::SqlType;
use crate::walk::change;

/// Redshift's functions that give SUPER.
const GIVE_SUPER: &[&str] = &[
    "array",
    "array_concat",
    "array_flatten",
    "json_parse",
    "lower_attribute_names",
    "object",
    "split_to_array",
    "subarray",
    "upper_attribute_names",
];
/// Those that give SUPER for SUPER.
const KEEP_SUPER: &[&str] =
    &["abs", "ceil", "ceiling", "coalesce", "floor", "isnull", "nullif", "nvl", "round", "trunc"];

impl Typer<'_> {
    /// Whether an expression, not rewritten yet, is a SUPER value.
    pub(super) fn gives_super(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Identifier(name) => unqualified(&self.scopes, name) == SUPER,
            Expr::CompoundIdentifier(parts) => qualified(&self.scopes, parts) == SUPER,
            Expr::Nested(inner)
            | Expr::UnaryOp { expr: inner, .. }
            | Expr::Ceil { expr: inner, .. }
            | Expr::Floor { expr: inner, .. } => self.gives_super(inner),
            Expr::Cast { data_type, .. } => is_super_type(data_type),
            Expr::Function(function) => self.function_gives_super(function),
            Expr::BinaryOp { left, op, right } => {
                use BinaryOperator as B;
                let keeps = matches!(op, B::Plus | B::Minus | B::Multiply | B::Divide | B::Modulo);
                keeps && (self.gives_super(left) || self.gives_super(right))
            }
            Expr::Case { conditions, else_result, .. } => {
                conditions.iter().any(|when| self.gives_super(&when.result))
                    || else_result.as_deref().is_some_and(|result| self.gives_super(result))
            }
            _ => false,
        }
    }

    fn function_gives_super(&self, function: &Function) -> bool {
        if dynamic::is_super(&Expr::Function(function.clone())) {
            return true;
        }
        // The values of an iteration.
        let over_elements = |arg: &Expr| arg.to_string().contains("lb_super_elements");
        let is_iteration =
            build::is_engine_name(&function.name) && function.name.to_string().contains("unnest");
        if is_iteration {
            let args = arguments(function).unwrap_or_default();
            return args.first().is_some_and(over_elements);
        }
        let last = function.name.0.last().and_then(ObjectNamePart::as_ident);
        let name = last.map_or("", |name: &Ident| name.value.as_str());
        if KEEP_SUPER.contains(&name) {
            let args = arguments(function).unwrap_or_default();
            return args.iter().any(|arg| self.gives_super(arg));
        }
        GIVE_SUPER.contains(&name)
    }
}

const SUPER: Type = Type::Sql(SqlType::Super);

fn is_super_type(data_type: &DataType) -> bool {
    data_type.to_string().eq_ignore_ascii_case("super")
}

/// Marks a statement's SUPER columns in place, when there is a catalog.
pub(in crate::rewrite) fn mark(tree: &mut Tree, notes: &mut Notes<'_>) -> Parse<()> {
    let Some(catalog) = notes.catalog else { return Ok(()) };
    let typer = Typer::new(catalog);
    let mut marks = Marks { typer, queries: Vec::new() };
    match tree {
        Tree::Insert(insert) => marks.insert(insert),
        Tree::Update(update) => marks.update(update)?,
        Tree::Delete(delete) => {
            let (sqlparser::ast::FromTable::WithFromKeyword(from)
            | sqlparser::ast::FromTable::WithoutKeyword(from)) = &delete.from;
            let mut tables = from.clone();
            tables.extend(delete.using.iter().flatten().cloned());
            let scope = marks.typer.from(&mut tables)?;
            marks.typer.scopes.push(scope);
        }
        _ => {}
    }
    change(tree, &mut marks)
}

struct Marks<'a> {
    typer: Typer<'a>,
    /// Of each open query: how many common table expressions it found, and whether the scope of
    /// its select is there already.
    queries: Vec<(usize, bool)>,
}

impl Marks<'_> {
    fn columns(&self, name: &ObjectName) -> Option<Vec<ColumnType>> {
        let parts = name.0.iter().filter_map(ObjectNamePart::as_ident);
        let parts = parts.map(|part| part.value.clone()).collect();
        self.typer.catalog.columns(&object_name(parts, 0).ok()?)
    }

    fn insert(&self, insert: &mut Insert) {
        let TableObject::TableName(name) = &insert.table else { return };
        let Some(columns) = self.columns(name) else { return };
        let targets: Vec<bool> = if insert.columns.is_empty() {
            columns.iter().map(is_super_column).collect()
        } else {
            let named = insert.columns.iter().map(|name| name.0.last()?.as_ident());
            named
                .map(|name| {
                    columns.iter().find(|column| Some(&column.name) == name.map(|n| &n.value))
                })
                .map(|column| column.is_some_and(is_super_column))
                .collect()
        };
        if let (Some(source), true) = (&mut insert.source, targets.contains(&true)) {
            into_super(&mut source.body, &targets);
        }
    }

    fn update(&mut self, update: &mut Update) -> Parse<()> {
        if let TableFactor::Table { name, .. } = &update.table.relation
            && let Some(columns) = self.columns(name)
        {
            for assignment in &mut update.assignments {
                let AssignmentTarget::ColumnName(target) = &assignment.target else { continue };
                let target = target.0.last().and_then(ObjectNamePart::as_ident);
                let target = target.map(|target| &target.value);
                if columns.iter().any(|c| Some(&c.name) == target && is_super_column(c)) {
                    to_super(&mut assignment.value);
                }
            }
        }
        let mut tables = vec![update.table.clone()];
        if let Some(
            sqlparser::ast::UpdateTableFromKind::BeforeSet(more)
            | sqlparser::ast::UpdateTableFromKind::AfterSet(more),
        ) = &update.from
        {
            tables.extend(more.iter().cloned());
        }
        let scope = self.typer.from(&mut tables)?;
        self.typer.scopes.push(scope);
        Ok(())
    }

    fn enter(&mut self, select: &Select) -> Parse<()> {
        // The typing pass changes the tree itself later: here a copy is looked at.
        let scope = self.typer.from(&mut select.from.clone())?;
        self.typer.scopes.push(scope);
        // Later items and ORDER BY may use the names that earlier ones give.
        for item in &select.projection {
            let SelectItem::ExprWithAlias { expr, alias } = item else { continue };
            let sql_type = self.typer.gives_super(expr).then_some(SqlType::Super);
            if let Some(scope) = self.typer.scopes.last_mut() {
                scope.aliases.push(ColumnType { name: alias.value.clone(), sql_type });
            }
        }
        Ok(())
    }

    /// A path begins at a SUPER value, or at something of which no type is known.
    fn check_path(&self, expr: &Expr) -> Parse<()> {
        let Expr::Function(function) = expr else { return Ok(()) };
        if !build::is_engine_name(&function.name)
            || !function.name.to_string().ends_with("lb_super_get")
        {
            return Ok(());
        }
        let args = arguments(function)?;
        let [root, step, rest @ ..] = args.as_slice() else { return Ok(()) };
        let is_index = casts::literal(step) == Some("i");
        let known = match root {
            Expr::Identifier(name) if has_none(&self.typer.scopes, name) && !is_index => {
                let message = format!("missing FROM-clause entry for table \"{}\"", name.value);
                return Err(SqlError::new(UNDEFINED_TABLE, message));
            }
            Expr::Identifier(name) => unqualified(&self.typer.scopes, name).sql(),
            Expr::CompoundIdentifier(names) => qualified(&self.typer.scopes, names).sql(),
            _ => None,
        };
        let Some(known) = known.filter(|known| *known != SqlType::Super) else { return Ok(()) };
        let type_name = known.base_name();
        Err(if is_index {
            let message = format!("cannot subscript type {type_name} because it is not an array");
            SqlError::new("42804", message)
        } else {
            let name = rest.first().and_then(casts::literal).unwrap_or_default();
            let message = format!(
                "column notation .{name} applied to type {type_name}, which is not a composite type"
            );
            SqlError::new("42809", message)
        })
    }

    fn query(&mut self, query: &mut Query) -> Parse<()> {
        let before = self.typer.common.len();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let relation = self.typer.common_table(&mut cte.clone(), with.recursive)?;
                self.typer.common.push(relation);
            }
        }
        let entered = match query.body.as_ref() {
            SetExpr::Select(select) => {
                self.enter(select)?;
                true
            }
            _ => false,
        };
        if let (true, SetExpr::Select(select), Some(order)) =
            (entered, query.body.as_ref(), &mut query.order_by)
        {
            self.order_by(select, order);
        }
        self.queries.push((self.typer.common.len().saturating_sub(before), entered));
        Ok(())
    }

    /// Keys that are SUPER values, by name or by number in the select list: their order is not
    /// that of their texts.
    fn order_by(&self, select: &Select, order: &mut OrderBy) {
        let OrderByKind::Expressions(keys) = &mut order.kind else { return };
        if select.distinct.is_some() {
            return;
        }
        for key in keys {
            if let Some(item) = listed(&select.projection, &key.expr)
                && self.typer.gives_super(item)
            {
                key.expr = item.clone();
            }
            self.operand(&mut key.expr);
        }
    }

    fn operand(&self, expr: &mut Expr) {
        match expr {
            Expr::Nested(inner) => self.operand(inner),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) if self.typer.gives_super(expr) => {
                let column = std::mem::replace(expr, build::null());
                *expr = build::engine_call("lb_super_get", vec![column]);
            }
            _ => {}
        }
    }

    fn operands(&self, expr: &mut Expr) {
        match expr {
            Expr::BinaryOp { left, right, .. } => {
                self.operand(left);
                self.operand(right);
            }
            Expr::UnaryOp { expr, .. }
            | Expr::Cast { expr, .. }
            | Expr::IsNull(expr)
            | Expr::IsNotNull(expr)
            | Expr::Like { expr, .. }
            | Expr::ILike { expr, .. }
            | Expr::SimilarTo { expr, .. }
            | Expr::Ceil { expr, .. }
            | Expr::Floor { expr, .. } => self.operand(expr),
            Expr::InList { expr, list, .. } => {
                self.operand(expr);
                list.iter_mut().for_each(|item| self.operand(item));
            }
            Expr::Between { expr, low, high, .. } => {
                [expr, low, high].into_iter().for_each(|part| self.operand(part));
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                operand.iter_mut().chain(else_result).for_each(|part| self.operand(part));
                for when in conditions {
                    self.operand(&mut when.condition);
                    self.operand(&mut when.result);
                }
            }
            Expr::Function(function) => self.arguments(function),
            _ => {}
        }
    }

    fn arguments(&self, function: &mut Function) {
        use sqlparser::ast::{FunctionArg, FunctionArgExpr, FunctionArguments};
        let FunctionArguments::List(list) = &mut function.args else { return };
        for arg in &mut list.args {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
                self.operand(expr);
            }
        }
    }
}

/// The item of a select list that a key of ORDER BY means: a number or an alias.
fn listed<'a>(items: &'a [SelectItem], key: &Expr) -> Option<&'a Expr> {
    match key {
        Expr::Value(value) => {
            let position: usize = value.value.to_string().parse().ok()?;
            match items.get(position.checked_sub(1)?)? {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    Some(expr)
                }
                _ => None,
            }
        }
        Expr::Identifier(name) => items.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if alias.value == name.value => Some(expr),
            _ => None,
        }),
        _ => None,
    }
}

fn is_super_column(column: &ColumnType) -> bool {
    column.sql_type == Some(SqlType::Super)
}

/// What goes into SUPER columns, in every part of a query.
fn into_super(body: &mut SetExpr, targets: &[bool]) {
    match body {
        SetExpr::Values(values) => {
            for row in &mut values.rows {
                let targets = row.iter_mut().zip(targets);
                targets.filter(|(_, wanted)| **wanted).for_each(|(value, _)| to_super(value));
            }
        }
        SetExpr::Select(select) => {
            let star = |item: &SelectItem| {
                matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
            };
            if select.projection.iter().any(star) {
                return;
            }
            let targets = select.projection.iter_mut().zip(targets);
            for (item, _) in targets.filter(|(_, wanted)| **wanted) {
                if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
                {
                    to_super(expr);
                }
            }
        }
        SetExpr::SetOperation { left, right, .. } => {
            into_super(left, targets);
            into_super(right, targets);
        }
        SetExpr::Query(query) => into_super(&mut query.body, targets),
        _ => {}
    }
}

/// `expr::super`.
fn to_super(expr: &mut Expr) {
    let name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new("super"))]);
    let is_default = matches!(expr, Expr::Identifier(name) if name.value == "default");
    if is_default || is_null(expr) {
        return;
    }
    *expr = Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(std::mem::replace(expr, build::null())),
        data_type: DataType::Custom(name, Vec::new()),
        format: None,
    };
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, sqlparser::ast::Value::Null))
}

fn flow(result: Parse<()>) -> ControlFlow<SqlError> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl VisitorMut for Marks<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        flow(self.query(query))
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        if let Some((common, entered)) = self.queries.pop() {
            self.typer.common.truncate(self.typer.common.len().saturating_sub(common));
            if entered {
                self.typer.scopes.pop();
            }
        }
        ControlFlow::Continue(())
    }

    // A part of a set operation: its scope ends with it.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        match self.queries.last() {
            Some((_, true)) => ControlFlow::Continue(()),
            _ => flow(self.enter(select)),
        }
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<SqlError> {
        if !matches!(self.queries.last(), Some((_, true))) {
            self.typer.scopes.pop();
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        self.operands(expr);
        flow(self.check_path(expr))
    }
}
