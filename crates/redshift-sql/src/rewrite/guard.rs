//! What a reader may not see never leaves its relation: a guarded relation's name gives way to a
//! query of the rows, values and columns that are meant for this reader.
//!
//! The catalog tells which relations are guarded, and how ([`Protected`]). Rows are filtered
//! before values are masked, and both before anything of the statement is computed. What is put in
//! is not looked at again. A target of UPDATE or DELETE keeps its name: its condition is asked only
//! of rows that the reader sees. Redshift guide, "Row-level security", "Dynamic data masking".
//! Start reading at [`apply`] and [`Protected::guard`].

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Delete, Expr, FromTable, Ident, ObjectName as Name, ObjectNamePart, Query,
    SelectItem, SetExpr, Statement as Tree, TableFactor, TableWithJoins, Update, Value, Visitor,
    VisitorMut,
};

use super::build::{column, derived, quoted};
use super::stand_ins::parts_of;
use super::{Notes, build, stand_ins};
use crate::ast::ObjectName;
use crate::cursor::{Parse, object_name};
use crate::error::SqlError;
use crate::query;
use crate::resolve::{Catalog, Parsed};
use crate::types::SqlType;
use crate::walk::{self, change};

/// What policies call the relation that they filter, unless they say otherwise.
const FILTERED: &str = "rls_table";
/// What masks call the relation whose values they change.
const MASKED: &str = "masked_table";

/// The rows of a relation that a reader sees.
#[derive(Debug, Clone, PartialEq)]
pub struct RowFilter {
    /// What the predicates call the relation.
    pub alias: Option<String>,
    /// Columns that the predicates name.
    pub columns: Vec<String>,
    /// As written; none at all shows no row.
    pub predicates: Vec<String>,
    /// One of them is enough.
    pub any: bool,
    /// Relations that the predicates read: as written, part by part, and exact.
    pub lookups: Vec<(Vec<String>, ObjectName)>,
}

/// What stands for a column's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// The column masked.
    pub column: String,
    /// As written.
    pub expression: String,
    /// The expression's names, and the columns they stand for.
    pub inputs: Vec<(String, String)>,
    /// The column keeps its type.
    pub data_type: Option<SqlType>,
}

/// A relation and what a reader may have of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Protected {
    /// Its name, exact.
    pub name: ObjectName,
    /// The query behind it, for a view that reads guarded relations itself.
    pub source: Option<Parsed>,
    /// The columns that may be read, in order; `None` is all.
    pub columns: Option<Vec<String>>,
    /// All columns, in order.
    pub all: Vec<String>,
    /// The rows; `None` is all.
    pub filter: Option<RowFilter>,
    /// The values.
    pub masks: Vec<Mask>,
}

/// What the statement gets in a relation's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// For readers.
    query: Parsed,
    /// For writers: the same rows, and columns that they must not read.
    filter: Option<RowFilter>,
    unreadable: Vec<String>,
}

impl Protected {
    /// Builds the query.
    ///
    /// # Errors
    /// [`SqlError`] for a policy that cannot be read: nothing is shown then.
    pub fn guard(&self) -> Result<Guard, SqlError> {
        let mut masks = Vec::new();
        for mask in &self.masks {
            masks.push((mask.column.as_str(), mask.read()?));
        }
        let shown: &[String] = self.columns.as_deref().unwrap_or(&self.all);
        let rows = self.rows()?;
        let items = shown.iter().map(|name| {
            let found = masks.iter().find(|(column, _)| column == name);
            let expr = found.map_or_else(|| column(MASKED, name), |(_, mask)| mask.clone());
            SelectItem::ExprWithAlias { expr, alias: quoted(name) }
        });
        let query = select(items.collect(), derived(rows, MASKED), None)?;
        let unreadable = self.masks.iter().map(|mask| mask.column.clone());
        Ok(Guard {
            query: Parsed::new(Tree::Query(query)),
            filter: self.filter.clone(),
            unreadable: unreadable.collect(),
        })
    }

    /// `SELECT columns FROM relation AS alias WHERE predicates`.
    fn rows(&self) -> Parse<Box<Query>> {
        let alias = self.filter.as_ref().and_then(|filter| filter.alias.as_deref());
        let alias = alias.unwrap_or(FILTERED);
        let source = match self.source.as_ref().and_then(Parsed::tree) {
            Some(Tree::Query(query)) => derived(query.clone(), alias),
            _ => table(&self.name, alias),
        };
        let items = self.all.iter().map(|name| SelectItem::UnnamedExpr(column(alias, name)));
        let condition = self.filter.as_ref().map(|filter| filter.condition(alias)).transpose()?;
        select(items.collect(), source, condition)
    }
}

impl RowFilter {
    /// The condition with the policy's columns qualified.
    fn condition(&self, relation: &str) -> Parse<Expr> {
        let mut whole = None;
        for predicate in &self.predicates {
            let mut expr = query::policy_expression(predicate)?;
            let own = self.alias.as_deref().unwrap_or(FILTERED);
            let mut qualify = Qualify { policy: self, own, relation, depth: 0 };
            change(&mut expr, &mut qualify)?;
            let op = if self.any { BinaryOperator::Or } else { BinaryOperator::And };
            let expr = Expr::Nested(Box::new(expr));
            whole = Some(match whole {
                None => expr,
                Some(before) => build::binary(before, op, expr),
            });
        }
        Ok(whole.unwrap_or_else(|| Expr::value(Value::Boolean(false))))
    }
}

/// `c` and `alias.c` of a policy become columns of the relation, outside of subqueries.
struct Qualify<'a> {
    policy: &'a RowFilter,
    own: &'a str,
    relation: &'a str,
    depth: usize,
}

impl VisitorMut for Qualify<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.depth = self.depth.saturating_add(1);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else {
            return ControlFlow::Continue(());
        };
        let parts = parts_of(name);
        if let Some((_, exact)) = self.policy.lookups.iter().find(|(own, _)| *own == parts) {
            alias.get_or_insert_with(|| build::alias(&exact.name));
            *name = full_name(exact);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let name = match expr {
            Expr::Identifier(name) if self.depth == 0 => name.value.clone(),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [first, last] if first.value == self.own => last.value.clone(),
                _ => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        if self.policy.columns.contains(&name) {
            if self.depth > 0 {
                let error = SqlError::new("0A000", "RLS policy could not be rewritten.");
                return ControlFlow::Break(error);
            }
            *expr = column(self.relation, &name);
        }
        ControlFlow::Continue(())
    }
}

impl Mask {
    fn read(&self) -> Parse<Expr> {
        let mut expr = query::policy_expression(&self.expression)?;
        change(&mut expr, &mut Inputs { mask: self })?;
        Ok(match self.data_type.filter(|known| *known != SqlType::Varchar(0)) {
            Some(data_type) => build::redshift_cast(Expr::Nested(Box::new(expr)), data_type),
            None => Expr::Nested(Box::new(expr)),
        })
    }
}

/// A mask's names become columns.
struct Inputs<'a> {
    mask: &'a Mask,
}

impl VisitorMut for Inputs<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        ControlFlow::Break(SqlError::unsupported("subqueries in masking policies"))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let name = match expr {
            Expr::Identifier(name) => name.value.clone(),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [first, last] if first.value == MASKED => last.value.clone(),
                _ => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        if let Some((_, input)) = self.mask.inputs.iter().find(|(own, _)| *own == name) {
            *expr = column(MASKED, input);
        }
        ControlFlow::Continue(())
    }
}

/// Puts the guards in the places of their relations.
pub(super) fn apply(tree: &mut Tree, notes: &mut Notes<'_>) -> Parse<()> {
    let Some(catalog) = notes.catalog else { return Ok(()) };
    put(tree, catalog)
}

/// The same for a tree by itself, as that of a view.
pub(crate) fn put(tree: &mut Tree, catalog: &dyn Catalog) -> Parse<()> {
    match tree {
        Tree::Update(update) => guard_update(update, catalog)?,
        Tree::Delete(delete) => guard_delete(delete, catalog)?,
        Tree::Merge(merge) if guard_of(&merge.table, catalog).is_some() => {
            return Err(SqlError::unsupported(
                "MERGE into a relation with policies is not supported",
            ));
        }
        _ => {}
    }
    stand_ins::put(tree, &|name| match catalog.guard(name) {
        None => Ok(None),
        Some(guard) => match guard.query.tree() {
            Some(Tree::Query(query)) => Ok(Some(query.clone())),
            _ => Err(SqlError::new("XX000", "internal error: a guard without its query")),
        },
    })
}

fn guard_of(factor: &TableFactor, catalog: &dyn Catalog) -> Option<Guard> {
    let TableFactor::Table { name, args: None, .. } = factor else { return None };
    catalog.guard(&object_name(parts_of(name), 0).ok()?)
}

fn guard_update(update: &mut Update, catalog: &dyn Catalog) -> Parse<()> {
    let Some(guard) = guard_of(&update.table.relation, catalog) else { return Ok(()) };
    let mut read = Read::default();
    for assignment in &update.assignments {
        walk::read(&assignment.value, &mut read);
    }
    walk::read(&update.from, &mut read);
    walk::read(&update.selection, &mut read);
    guard.refuse_reading(&read)?;
    let name = name_of(&update.table);
    guard.restrict(&mut update.selection, &name)
}

fn guard_delete(delete: &mut Delete, catalog: &dyn Catalog) -> Parse<()> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let Some(table) = from.first() else { return Ok(()) };
    let Some(guard) = guard_of(&table.relation, catalog) else { return Ok(()) };
    let mut read = Read::default();
    walk::read(&delete.using, &mut read);
    walk::read(&delete.selection, &mut read);
    guard.refuse_reading(&read)?;
    let name = name_of(table);
    guard.restrict(&mut delete.selection, &name)
}

/// What columns of a target are qualified with.
fn name_of(table: &TableWithJoins) -> String {
    match &table.relation {
        TableFactor::Table { alias: Some(alias), .. } => alias.name.value.clone(),
        TableFactor::Table { name, .. } => parts_of(name).pop().unwrap_or_default(),
        _ => String::new(),
    }
}

/// Every name that stands as a value.
#[derive(Default)]
struct Read {
    names: BTreeSet<String>,
}

impl Visitor for Read {
    type Break = ();

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
        self.names.insert(ident.value.clone());
        ControlFlow::Continue(())
    }
}

impl Guard {
    /// Writers read no masked column of their target: what they would write could be its value.
    fn refuse_reading(&self, read: &Read) -> Parse<()> {
        match self.unreadable.iter().find(|column| read.names.contains(*column)) {
            None => Ok(()),
            Some(column) => Err(SqlError::unsupported(format!(
                "reading column \"{column}\" in this statement is not supported: it has a masking policy"
            ))),
        }
    }

    /// The condition is asked only of rows that the reader sees.
    fn restrict(&self, selection: &mut Option<Expr>, target: &str) -> Parse<()> {
        let Some(filter) = &self.filter else { return Ok(()) };
        let seen = filter.condition(target)?;
        let asked = selection.take().unwrap_or_else(|| Expr::value(Value::Boolean(true)));
        let none = Expr::value(Value::Boolean(false));
        *selection = Some(build::case(vec![(seen, asked)], Some(none)));
        Ok(())
    }
}

fn full_name(name: &ObjectName) -> Name {
    let parts = [name.database.as_deref(), name.schema.as_deref(), Some(name.name.as_str())];
    let parts = parts.into_iter().flatten();
    Name(parts.map(|part| ObjectNamePart::Identifier(quoted(part))).collect())
}

fn table(name: &ObjectName, alias: &str) -> TableFactor {
    TableFactor::Table {
        name: full_name(name),
        alias: Some(build::alias(alias)),
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

fn select(items: Vec<SelectItem>, from: TableFactor, condition: Option<Expr>) -> Parse<Box<Query>> {
    let mut query = build::select_query(build::null(), "none")?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.projection = items;
        select.from = vec![TableWithJoins { relation: from, joins: Vec::new() }];
        select.selection = condition;
    }
    Ok(query)
}
