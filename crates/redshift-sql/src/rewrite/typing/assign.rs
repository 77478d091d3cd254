//! Values stored into columns: `INSERT`, `UPDATE`, `MERGE`.
//!
//! Redshift guide, "Character types": a longer string is refused unless only blanks are too many,
//! which are cut. CHAR is stored without its blanks.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, Expr, FromTable, Ident, Insert, Merge, MergeAction,
    MergeInsertKind, MergeUpdateKind, ObjectName, ObjectNamePart, SelectItem, SetExpr, TableObject,
    Update, UpdateTableFromKind,
};

use super::super::{build, casts};
use super::arithmetic::{invalid_input, is_integer, is_number, is_text};
use super::compare::{cast_to, has_special_input, trim_literal, trimmed};
use super::{Columns, Type, Typer, take, zones};
use crate::cursor::Parse;
use crate::error::{SqlError, raise_text};
use crate::resolve::ColumnType;
use crate::types::SqlType;

impl Typer<'_> {
    /// `INSERT`.
    pub(super) fn insert(&mut self, insert: &mut Insert) -> Parse<()> {
        let TableObject::TableName(table) = &insert.table else { return Ok(()) };
        let targets = named(self.relation(table), &insert.columns);
        let Some(source) = &mut insert.source else { return Ok(()) };
        if let SetExpr::Values(values) = source.body.as_mut() {
            let given = values.rows.first().map_or(0, |row| row.content.len());
            name_given(&mut insert.columns, targets.as_deref().unwrap_or_default(), given)?;
            for row in &mut values.rows {
                self.row(&mut row.content, targets.as_deref().unwrap_or_default())?;
            }
            return Ok(());
        }
        let columns = self.query(source)?;
        if let (Some(columns), Some(targets)) = (&columns, &targets) {
            name_given(&mut insert.columns, targets, columns.len())?;
        }
        let (SetExpr::Select(select), Some(columns), Some(targets)) =
            (source.body.as_mut(), columns, targets)
        else {
            return Ok(());
        };
        // With a `*` the items are not the columns.
        if select.projection.len() != columns.len() {
            return Ok(());
        }
        for ((item, column), target) in select.projection.iter_mut().zip(&columns).zip(&targets) {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                let of = match (casts::literal(expr), column.sql_type) {
                    (Some(text), None) => Type::Text(u32::try_from(text.len()).unwrap_or(u32::MAX)),
                    (_, known) => Type::of(known),
                };
                self.assign(expr, of, target)?;
            }
        }
        Ok(())
    }

    fn row(&mut self, row: &mut [Expr], targets: &[ColumnType]) -> Parse<()> {
        for (index, expr) in row.iter_mut().enumerate() {
            let of = self.expression(expr)?;
            if let Some(target) = targets.get(index) {
                self.assign(expr, of, target)?;
            }
        }
        Ok(())
    }

    /// `UPDATE`.
    pub(super) fn update(&mut self, update: &mut Update) -> Parse<()> {
        let mut tables = vec![update.table.clone()];
        let mut from = match &mut update.from {
            Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => {
                std::mem::take(from)
            }
            None => Vec::new(),
        };
        let mut scope = self.from(&mut tables)?;
        let targets = scope.relations.first().and_then(|relation| relation.columns.clone());
        let others = self.from(&mut from)?;
        scope.add(others);
        self.scopes.push(scope);
        let done = self.in_update(update, &mut from, targets.as_deref().unwrap_or_default());
        self.scopes.pop();
        if let Some(UpdateTableFromKind::BeforeSet(old) | UpdateTableFromKind::AfterSet(old)) =
            &mut update.from
        {
            *old = from;
        }
        done
    }

    fn in_update(
        &mut self,
        update: &mut Update,
        from: &mut [sqlparser::ast::TableWithJoins],
        targets: &[ColumnType],
    ) -> Parse<()> {
        self.conditions(from)?;
        self.assignments(&mut update.assignments, targets)?;
        update.selection.as_mut().map_or(Ok(()), |expr| self.condition(expr, "WHERE"))
    }

    fn assignments(&mut self, assignments: &mut [Assignment], targets: &[ColumnType]) -> Parse<()> {
        for assignment in assignments {
            let of = self.expression(&mut assignment.value)?;
            let AssignmentTarget::ColumnName(name) = &assignment.target else { continue };
            let name = last_part(name);
            if let Some(target) = targets.iter().find(|column| Some(&column.name) == name.as_ref())
            {
                self.assign(&mut assignment.value, of, target)?;
            }
        }
        Ok(())
    }

    /// `DELETE`.
    pub(super) fn delete(&mut self, delete: &mut Delete) -> Parse<()> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &mut delete.from;
        let mut scope = self.from(from)?;
        let mut using = delete.using.take().unwrap_or_default();
        let others = self.from(&mut using)?;
        scope.add(others);
        self.scopes.push(scope);
        let mut done = self.conditions(&mut using);
        if let (Ok(()), Some(selection)) = (&done, &mut delete.selection) {
            done = self.condition(selection, "WHERE");
        }
        self.scopes.pop();
        delete.using = (!using.is_empty()).then_some(using);
        done
    }

    /// `MERGE`.
    pub(super) fn merge(&mut self, merge: &mut Merge) -> Parse<()> {
        let mut scope = super::scope::Scope::default();
        self.factor(&mut merge.table, &mut scope)?;
        let targets = scope.relations.first().and_then(|relation| relation.columns.clone());
        self.factor(&mut merge.source, &mut scope)?;
        self.scopes.push(scope);
        let done = self.in_merge(merge, targets);
        self.scopes.pop();
        done
    }

    fn in_merge(&mut self, merge: &mut Merge, targets: Columns) -> Parse<()> {
        self.expression(&mut merge.on)?;
        for clause in &mut merge.clauses {
            if let Some(predicate) = &mut clause.predicate {
                self.expression(predicate)?;
            }
            match &mut clause.action {
                MergeAction::Update(update) => {
                    if let MergeUpdateKind::Set(assignments) = &mut update.kind {
                        self.assignments(assignments, targets.as_deref().unwrap_or_default())?;
                    }
                }
                MergeAction::Insert(insert) => {
                    let columns = named(targets.clone(), &insert.columns).unwrap_or_default();
                    if let MergeInsertKind::Values(values) = &mut insert.kind {
                        for row in &mut values.rows {
                            self.row(&mut row.content, &columns)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes a value one that the column holds.
    fn assign(&mut self, expr: &mut Expr, of: Type, column: &ColumnType) -> Parse<()> {
        let Some(to) = column.sql_type else { return Ok(()) };
        zones::converted(expr, of, to);
        match (to, of) {
            (_, Type::Untyped) => self.infer(expr, to),
            (SqlType::Varchar(length), _) => fit(expr, of, length, to),
            (SqlType::Char(length), _) => {
                fit(expr, of, length, to);
                match of {
                    Type::Text(_) => trim_literal(expr),
                    Type::Sql(SqlType::Char(_)) => {}
                    Type::Sql(known) if !is_text(known) => {}
                    _ => *expr = trimmed(build::cast(take(expr), "VARCHAR")),
                }
            }
            (_, Type::Text(_)) if has_special_input(to) => *expr = cast_to(take(expr), to)?,
            (_, Type::Text(_)) if is_integer(to) => {
                let text = casts::literal(expr).unwrap_or_default().trim();
                if text.parse::<i128>().is_err() {
                    return Err(invalid_input(to, text));
                }
            }
            (_, Type::Sql(SqlType::Boolean)) if is_number(to) => {
                return Err(not_assignable(column, to, SqlType::Boolean));
            }
            (_, Type::Sql(known)) if is_text(known) && !takes_text(to) => {
                return Err(not_assignable(column, to, known));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Cuts blanks that are too many; more than blanks are the engine's error to raise.
fn fit(expr: &mut Expr, of: Type, length: u32, to: SqlType) {
    let longest = match of.shown() {
        Some(SqlType::Char(longest) | SqlType::Varchar(longest)) => longest,
        // Numbers and the like: what the column checks is enough.
        _ => return,
    };
    let fits = longest != 0 && longest <= length;
    if length == 0 || fits || casts::literal(expr).is_some_and(str::is_empty) {
        return;
    }
    let error = raise_text("22001", &format!("value too long for type {to}"));
    let length = build::number(length.into());
    *expr = build::engine_call("memory.rs_own.fit", vec![take(expr), length, build::string(error)]);
}

/// Columns that text may be put into: how is not this pass's matter.
fn takes_text(to: SqlType) -> bool {
    !is_number(to)
        && !matches!(
            to,
            SqlType::Boolean | SqlType::Date | SqlType::Timestamp | SqlType::TimestampTz
        )
}

fn not_assignable(column: &ColumnType, to: SqlType, of: SqlType) -> SqlError {
    let message = format!(
        "column \"{}\" is of type {} but expression is of type {}",
        column.name,
        to.base_name(),
        of.base_name()
    );
    SqlError::new("42804", message).with_hint("You will need to rewrite or cast the expression.")
}

/// An INSERT with fewer values than columns fills the first; the others get their defaults.
fn name_given(names: &mut Vec<ObjectName>, targets: &[ColumnType], given: usize) -> Parse<()> {
    let wanted = targets.len();
    if wanted == 0 || given == wanted {
        return Ok(());
    }
    if given > wanted {
        let message = "INSERT has more expressions than target columns";
        return Err(SqlError::new("42601", message));
    }
    if !names.is_empty() {
        let message = "INSERT has more target columns than expressions";
        return Err(SqlError::new("42601", message));
    }
    let name = |target: &ColumnType| {
        ObjectName(vec![ObjectNamePart::Identifier(Ident::new(&target.name))])
    };
    *names = targets.iter().take(given).map(name).collect();
    Ok(())
}

/// The columns that an INSERT names, or all.
fn named(columns: Columns, names: &[ObjectName]) -> Columns {
    let columns = columns?;
    if names.is_empty() {
        return Some(columns);
    }
    names
        .iter()
        .map(|name| {
            let name = last_part(name)?;
            columns.iter().find(|column| column.name == name).cloned()
        })
        .collect()
}

fn last_part(name: &ObjectName) -> Option<String> {
    let last = name.0.last().and_then(ObjectNamePart::as_ident)?;
    Some(last.value.clone())
}
