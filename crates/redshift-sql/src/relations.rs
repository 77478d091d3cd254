//! Which relations a statement touches, and how.
//!
//! The warehouse grants or refuses by this list, so a relation missing from it would be read
//! without a check: names of common table expressions are left out only where they are in scope.
//! Start reading at [`accesses`].

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use sqlparser::ast::{
    self, AssignmentTarget, Cte, Delete, Expr, FromTable, Ident, Insert, Join, JoinConstraint,
    JoinOperator, Merge, MergeAction, ObjectNamePart, Query, Select, SelectItem, SetExpr,
    SetOperator, Statement as Tree, TableFactor, TableObject, TableWithJoins, Update, Visit,
    Visitor,
};

use crate::ast::{Access, ObjectName, Privilege};
use crate::cursor::{Cursor, Parse, object_name};
use crate::error::{NOT_SUPPORTED, SqlError, UNDEFINED_TABLE};
use crate::{rewrite, walk};

/// Every relation of a statement, in order of appearance.
pub(crate) fn accesses(tree: &Tree) -> Parse<Vec<Access>> {
    let mut walk = Walk::default();
    match tree {
        Tree::Query(query) => walk.read(query)?,
        Tree::Insert(insert) => walk.insert(insert)?,
        Tree::Update(update) => walk.update(update)?,
        Tree::Delete(delete) => walk.delete(delete)?,
        Tree::Merge(merge) => walk.merge(merge)?,
        _ => {}
    }
    walk.name_columns();
    let mut seen = BTreeSet::new();
    walk.found.retain(|a| seen.insert((a.name.clone(), a.privilege, a.columns.clone())));
    Ok(walk.found)
}

/// For every part of every FROM of a statement, in the order of a walk through it: whether it
/// names a relation of the catalog, and no common table expression or function.
pub(crate) fn are_relations(tree: &Tree) -> Parse<Vec<bool>> {
    let mut walk = Walk::default();
    walk.read(tree)?;
    Ok(walk.marks)
}

/// A name for a new relation.
pub(crate) fn new_name(c: &mut Cursor<'_>) -> Parse<ObjectName> {
    let at = c.position();
    let name = c.object_name()?;
    check_new(&name, at)?;
    Ok(name)
}

/// A new relation's name without schema.
pub(crate) fn bare_new_name(c: &mut Cursor<'_>) -> Parse<String> {
    let at = c.position();
    let name = c.name()?;
    check_new(&ObjectName { database: None, schema: None, name: name.clone() }, at)?;
    Ok(name)
}

/// Refuses a name that the engine could take for a file.
pub(crate) fn check_new(name: &ObjectName, at: usize) -> Parse<()> {
    if looks_like_a_file(&name.name) {
        let message = format!("relation names such as \"{}\" are not supported", name.name);
        return Err(SqlError::new(NOT_SUPPORTED, message).at(at));
    }
    Ok(())
}

/// The engine reads an unknown relation's name as a file's: nothing with these characters may
/// reach it as a relation.
fn looks_like_a_file(name: &str) -> bool {
    name.contains(['.', '/', '\\', '*', '?', '[', ']', ':', '~', '\'']) || name.trim() != name
}

/// Names in scope of a query's common table expressions.
type Scope = BTreeSet<String>;

#[derive(Default)]
struct Walk {
    found: Vec<Access>,
    scopes: Vec<Scope>,
    /// Scopes of the bodies of common table expressions, by the address of their query.
    bodies: HashMap<usize, Scope>,
    names: Names,
    /// See [`are_relations`].
    marks: Vec<bool>,
    error: Option<SqlError>,
}

/// The names in a statement, to say which columns it may read at most.
#[derive(Default)]
struct Names {
    /// Every identifier, whatever it names.
    all: BTreeSet<String>,
    /// The last parts of identifiers that stand as values.
    values: BTreeSet<String>,
    /// Relations and their aliases.
    relations: BTreeSet<String>,
    /// Something stands for every column: `*`, a natural join, a pivot.
    whole: bool,
}

impl Walk {
    /// A read that can be limited to the columns named in the statement says so. It says too much
    /// where a name belongs to another relation, and never too little: a relation's name used as
    /// a value would be its whole row.
    fn name_columns(&mut self) {
        let Names { all, values, relations, whole } = &self.names;
        if *whole || !values.is_disjoint(relations) {
            return;
        }
        let reads = self.found.iter_mut().filter(|access| access.privilege == Privilege::Select);
        reads.for_each(|access| access.columns = Some(all.iter().cloned().collect()));
    }

    fn read<N: Visit>(&mut self, node: &N) -> Parse<()> {
        walk::read(node, self);
        self.error.take().map_or(Ok(()), Err)
    }

    fn add(
        &mut self,
        name: &ast::ObjectName,
        privilege: Privilege,
        columns: Option<Vec<String>>,
    ) -> Parse<()> {
        let (name, position) = resolve(name)?;
        self.found.push(Access { name, privilege, columns, position });
        Ok(())
    }

    fn insert(&mut self, insert: &Insert) -> Parse<()> {
        let TableObject::TableName(table) = &insert.table else {
            return Err(SqlError::unsupported("INSERT into this target is not supported"));
        };
        let columns: Vec<String> = insert.columns.iter().map(last_part).collect();
        self.add(table, Privilege::Insert, (!columns.is_empty()).then_some(columns))?;
        insert.source.as_ref().map_or(Ok(()), |source| self.read(source))
    }

    fn update(&mut self, update: &Update) -> Parse<()> {
        let target = target(&update.table)?;
        let columns = assigned(&update.assignments);
        self.add(target, Privilege::Update, Some(columns))?;
        // Reading old values needs SELECT too (SQL commands › UPDATE, required privileges).
        let reads = update.selection.is_some()
            || update.assignments.iter().any(|a| mentions_columns(&a.value));
        if reads {
            self.add(target, Privilege::Select, None)?;
        }
        // The columns assigned are written, not read.
        for assignment in &update.assignments {
            self.read(&assignment.value)?;
        }
        self.read(&update.from)?;
        self.read(&update.selection)
    }

    fn delete(&mut self, delete: &Delete) -> Parse<()> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let [table] = from.as_slice() else {
            return Err(SqlError::unsupported("DELETE from several tables is not supported"));
        };
        let target = target(table)?;
        self.add(target, Privilege::Delete, None)?;
        if delete.selection.is_some() {
            self.add(target, Privilege::Select, None)?;
        }
        self.read(&delete.using)?;
        self.read(&delete.selection)
    }

    fn merge(&mut self, merge: &Merge) -> Parse<()> {
        let TableFactor::Table { name, .. } = &merge.table else {
            return Err(SqlError::unsupported("MERGE into this target is not supported"));
        };
        self.add(name, Privilege::Select, None)?;
        for clause in &merge.clauses {
            match &clause.action {
                MergeAction::Insert(_) => self.add(name, Privilege::Insert, None)?,
                MergeAction::Update(_) => self.add(name, Privilege::Update, None)?,
                MergeAction::Delete { .. } => self.add(name, Privilege::Delete, None)?,
                MergeAction::DoNothing { .. } => {}
            }
        }
        self.read(&merge.source)?;
        self.read(&merge.on)?;
        self.read(&merge.clauses)
    }

    /// Whether a recursive expression's body may name itself: `first UNION [ALL] second`, where
    /// the engine takes the name in `first` for a real relation, so it is refused there.
    fn sees_itself(&mut self, cte: &Cte) -> bool {
        let SetExpr::SetOperation { op: SetOperator::Union, left, .. } = cte.query.body.as_ref()
        else {
            return false;
        };
        let name = &cte.alias.name.value;
        if cte.query.with.is_some() {
            return false;
        }
        if walk::read(left, &mut Mentions(name)) {
            let message = format!(
                "recursive reference to query \"{name}\" must not appear within its non-recursive term"
            );
            self.error.get_or_insert(SqlError::new("42P19", message));
        }
        true
    }

    fn is_common_table(&self, name: &ast::ObjectName) -> bool {
        let [ObjectNamePart::Identifier(only)] = name.0.as_slice() else { return false };
        self.scopes.last().is_some_and(|scope| scope.contains(&only.value))
    }
}

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let outer = match self.bodies.remove(&address(query)) {
            Some(scope) => scope,
            None => self.scopes.last().cloned().unwrap_or_default(),
        };
        let mut scope = outer;
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                // A body sees the expressions before it and those outside, not itself, except in
                // the second part of a recursive one. So does the engine.
                let name = cte.alias.name.value.clone();
                let mut body = scope.clone();
                if with.recursive && self.sees_itself(cte) {
                    body.insert(name.clone());
                }
                self.bodies.insert(address(&cte.query), body);
                scope.insert(name);
            }
        }
        self.scopes.push(scope);
        if self.error.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
        // Not what iterations and paths have become.
        if !rewrite::is_marked(&ident.value) {
            self.names.all.insert(ident.value.clone());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => {
                self.names.values.insert(ident.value.clone());
            }
            Expr::CompoundIdentifier(parts) => {
                self.names.values.extend(parts.last().map(|ident| ident.value.clone()));
            }
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => self.names.whole = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let every = |item: &SelectItem| {
            matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
        };
        let joins = select.from.iter().flat_map(|table| &table.joins);
        self.names.whole |= select.projection.iter().any(every) || joins.into_iter().any(natural);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, alias, .. } => {
                self.names.relations.insert(last_part(name));
                self.names.relations.extend(alias.iter().map(|alias| alias.name.value.clone()));
            }
            TableFactor::Derived { alias, .. } => {
                self.names.relations.extend(alias.iter().map(|alias| alias.name.value.clone()));
            }
            _ => self.names.whole = true,
        }
        // A function in FROM is no relation; the functions' allow-list decides about it.
        let TableFactor::Table { name, args: None, .. } = factor else {
            self.marks.push(false);
            return ControlFlow::Continue(());
        };
        let is_common = self.is_common_table(name);
        self.marks.push(!is_common);
        if is_common {
            return ControlFlow::Continue(());
        }
        match self.add(name, Privilege::Select, None) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

/// Whether a relation of this bare name occurs.
struct Mentions<'a>(&'a str);

impl Visitor for Mentions<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &ast::ObjectName) -> ControlFlow<()> {
        match name.0.as_slice() {
            [ObjectNamePart::Identifier(only)] if only.value == self.0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

fn resolve(name: &ast::ObjectName) -> Parse<(ObjectName, usize)> {
    let mut parts = Vec::with_capacity(name.0.len());
    let mut at = 0;
    for part in &name.0 {
        let ObjectNamePart::Identifier(ident) = part else {
            return Err(SqlError::unsupported("a function cannot name a relation"));
        };
        if at == 0 {
            at = usize::try_from(ident.span.start.column).unwrap_or_default();
        }
        parts.push(ident.value.clone());
    }
    if name.0.iter().any(|part| part.as_ident().is_some_and(|i| i.quote_style == Some('\''))) {
        return Err(SqlError::new("42601", "a string cannot name a relation").at(at));
    }
    let name = object_name(parts, at)?;
    if looks_like_a_file(&name.name) {
        let message = format!("relation \"{}\" does not exist", name.name);
        return Err(SqlError::new(UNDEFINED_TABLE, message).at(at));
    }
    Ok((name, at))
}

fn target(table: &TableWithJoins) -> Parse<&ast::ObjectName> {
    match table {
        TableWithJoins { relation: TableFactor::Table { name, args: None, .. }, joins }
            if joins.is_empty() =>
        {
            Ok(name)
        }
        _ => Err(SqlError::unsupported("this target is not supported")),
    }
}

fn assigned(assignments: &[ast::Assignment]) -> Vec<String> {
    let mut columns = Vec::new();
    for assignment in assignments {
        match &assignment.target {
            AssignmentTarget::ColumnName(name) => columns.push(last_part(name)),
            AssignmentTarget::Tuple(names) => columns.extend(names.iter().map(last_part)),
        }
    }
    columns
}

/// A natural join compares every column of the same name.
fn natural(join: &Join) -> bool {
    use JoinOperator as Op;
    match &join.join_operator {
        Op::Join(constraint)
        | Op::Inner(constraint)
        | Op::Left(constraint)
        | Op::LeftOuter(constraint)
        | Op::Right(constraint)
        | Op::RightOuter(constraint)
        | Op::FullOuter(constraint) => matches!(constraint, JoinConstraint::Natural),
        _ => !matches!(join.join_operator, Op::CrossJoin(_)),
    }
}

fn last_part(name: &ast::ObjectName) -> String {
    let last = name.0.last().and_then(ObjectNamePart::as_ident);
    last.map(|ident| ident.value.clone()).unwrap_or_default()
}

fn mentions_columns(expr: &Expr) -> bool {
    struct Columns;
    impl Visitor for Columns {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    walk::read(expr, &mut Columns)
}
