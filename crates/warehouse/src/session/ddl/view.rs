//! CREATE VIEW, and how views follow what happens to their relations.
//!
//! A view's query is kept as Redshift SQL with every relation's schema named, and once more as the
//! engine's view, which shows exactly the columns that the view had when it was made. A
//! late-binding view is kept as written only. Redshift Developer Guide, "CREATE VIEW".

use redshift_sql::{CreateView, EngineStatement, Kind};

use super::super::Session;
use super::super::engine_sql::describe_sql;
use super::super::rewrite::dotted;
use super::Place;
use super::table::{exists, require_distinct};
use crate::catalog::relations::{self, ColumnFacts, NewRelation, Relation};
use crate::engine::{literal, quote};
use crate::errors::Failure;
use crate::privileges::{Resolved, Scope, resolve};

/// Names that one view may leave to the search path.
const TURNS: usize = 200;

/// What becomes of a relation that views read.
pub(super) enum Moved<'a> {
    /// It has another schema or name.
    Renamed { schema: &'a str, name: &'a str },
    /// A column has another name; all columns as they are now.
    Column { from: &'a str, to: &'a str, columns: &'a [String] },
}

impl Session {
    pub(super) fn create_view(&mut self, create: &CreateView) -> Result<String, Failure> {
        let place = self.place(&create.name)?;
        self.require_create(&place.schema, "CREATE OR REPLACE VIEW")?;
        let old = self.find_relation(&place)?;
        if let Some(old) = &old {
            if !create.or_replace {
                return Err(exists(&place.name));
            }
            if !old.is_view() {
                return Err(Failure::new("42809", format!("\"{}\" is not a view", old.name)));
            }
            self.require_owner(old)?;
        }
        if create.late_binding {
            self.create_late_view(create, &place, old.as_ref())?;
            return Ok(String::from("CREATE VIEW"));
        }
        // Failures point into the statement, not into the text that is kept.
        self.check_accesses(&create.engine_query.accesses)?;
        let (definition, query) = self.qualified_query(&create.query)?;
        let reads = self.check_accesses(&query.accesses)?;
        if reads.iter().any(|read| matches!(read, Resolved::Temporary { .. })) {
            return Err(Failure::new("42P16", "views over temporary tables are not supported"));
        }
        self.refuse_elsewhere(&reads, "views")?;
        self.atomically(|session| {
            let columns = session.bind_view(&place, &create.columns, &query, old.as_ref())?;
            let id = session.record_view(&place, old.as_ref(), &definition, columns, false)?;
            let uses: Vec<i64> = reads.iter().filter_map(relation_id).collect();
            Ok(relations::set_dependencies(&session.connection, &session.database, id, &uses)?)
        })?;
        Ok(String::from("CREATE VIEW"))
    }

    /// Kept as written: what it names is looked up when it is read.
    fn create_late_view(
        &mut self,
        create: &CreateView,
        place: &Place,
        old: Option<&Relation>,
    ) -> Result<(), Failure> {
        if create.engine_query.accesses.iter().any(|access| access.name.schema.is_none()) {
            return Err(Failure::new(
                "42601",
                "All the relation names inside should be qualified when creating views with no \
                 schema binding.",
            ));
        }
        let mut definition = create.query.clone();
        if !create.columns.is_empty() {
            let names: Vec<String> = create.columns.iter().map(|name| quote(name)).collect();
            definition = format!("select * from ({definition}) as v ({})", names.join(", "));
        }
        let place = Place { schema: place.schema.clone(), name: place.name.clone() };
        self.atomically(|session| {
            if old.is_some_and(|old| !old.late_binding) {
                session.connection.run(&format!("DROP VIEW {}", session.engine_place(&place)?))?;
            }
            let id = session.record_view(&place, old, &definition, Vec::new(), true)?;
            Ok(relations::set_dependencies(&session.connection, &session.database, id, &[])?)
        })
    }

    /// A relation's name in the engine.
    pub(super) fn engine_place(&self, place: &Place) -> Result<String, Failure> {
        let schema = self.engine_schema(&self.database, &place.schema)?;
        Ok(format!("{schema}.{}", quote(&place.name)))
    }

    fn record_view(
        &mut self,
        place: &Place,
        old: Option<&Relation>,
        definition: &str,
        columns: Vec<ColumnFacts>,
        late_binding: bool,
    ) -> Result<i64, Failure> {
        let (connection, database) = (&self.connection, &self.database);
        if let Some(old) = old {
            let assignment =
                format!("definition = {}, late_binding = {late_binding}", literal(definition));
            relations::change(connection, database, old.id, &assignment)?;
            relations::replace_columns(connection, database, old.id, &columns)?;
            return Ok(old.id);
        }
        let new = NewRelation {
            schema: &place.schema,
            name: &place.name,
            kind: "v",
            owner: self.user.id,
            dist_style: "",
            sort_style: "",
            late_binding,
            definition: Some(definition),
            columns,
        };
        Ok(relations::add(connection, database, &new, self.cluster.world.now())?)
    }

    /// Makes the engine's view; gives its columns. A view that it replaces must have had the same.
    fn bind_view(
        &mut self,
        place: &Place,
        names: &[String],
        query: &EngineStatement,
        old: Option<&Relation>,
    ) -> Result<Vec<ColumnFacts>, Failure> {
        let resolution = self.resolve(query, &[])?;
        let inner = describe_sql(&self.connection, &resolution.sql)?;
        if names.len() > inner.len() {
            return Err(Failure::new(
                "42601",
                "CREATE VIEW specifies more column names than columns",
            ));
        }
        let columns = self.columns_of_query(&resolution, names)?;
        require_distinct(&columns)?;
        if let Some(old) = old.filter(|old| !old.late_binding) {
            self.require_same_columns(old, &columns)?;
        }
        let inner: Vec<String> = inner.into_iter().map(|field| field.name).collect();
        let unique = inner.iter().enumerate().all(|(index, name)| {
            !inner.iter().skip(index.saturating_add(1)).any(|other| other == name)
        });
        // By name where that is clear: columns that the tables get later are not shown.
        let (list, alias) = match unique {
            true => (
                inner
                    .iter()
                    .zip(&columns)
                    .map(|(name, column)| format!("{} AS {}", quote(name), quote(&column.name)))
                    .collect::<Vec<_>>(),
                String::new(),
            ),
            false => {
                let names: Vec<String> = columns.iter().map(|column| quote(&column.name)).collect();
                (names.clone(), format!("({})", names.join(", ")))
            }
        };
        self.connection.run(&format!(
            "CREATE OR REPLACE VIEW {} AS SELECT {} FROM ({}) AS \"lb view\"{alias}",
            self.engine_place(place)?,
            list.join(", "),
            resolution.sql
        ))?;
        Ok(columns)
    }

    fn require_same_columns(&self, old: &Relation, columns: &[ColumnFacts]) -> Result<(), Failure> {
        let before = relations::column_facts(&self.connection, &self.database, old.id)?;
        if before.len() != columns.len() {
            return Err(Failure::new("42P16", "cannot change number of columns in view"));
        }
        for (before, now) in before.iter().zip(columns) {
            let what = match before {
                before if before.name != now.name => "name of view column",
                before if before.type_name != now.type_name => "data type of view column",
                _ => continue,
            };
            let message = format!("cannot change {what} \"{}\"", before.name);
            return Err(Failure::new("42P16", message));
        }
        Ok(())
    }

    /// A query's text with the schema of every relation named, and the query: another session's
    /// search path must not change what a view reads.
    pub(super) fn qualified_query(
        &mut self,
        text: &str,
    ) -> Result<(String, EngineStatement), Failure> {
        let mut text = text.to_owned();
        // A relation that is named twice is listed once: each turn finds the next place.
        for _ in 0..TURNS {
            let query = self.query_of(&text)?;
            let next = self.with_scope(|connection, scope| {
                Ok(query.accesses.iter().find_map(|access| {
                    if access.name.schema.is_some() {
                        return None;
                    }
                    let found = resolve(connection, scope, &access.name).ok()?;
                    let Resolved::Relation { relation, .. } = found else { return None };
                    let at = place_of(&text, access.position, &access.name.name)?;
                    Some((at, relation.schema))
                }))
            })?;
            let Some((at, schema)) = next else { return Ok((text, query)) };
            text.insert_str(at, &format!("{}.", written(&schema)));
        }
        Err(Failure::new("54001", "the view names too many relations"))
    }

    /// A view's query, read again.
    pub(super) fn query_of(&mut self, text: &str) -> Result<EngineStatement, Failure> {
        match self.parse(text)?.into_iter().next().map(|statement| statement.kind) {
            Some(Kind::Engine(query)) if query.returns_rows => Ok(query),
            _ => Err(Failure::internal("a view's text is no query")),
        }
    }

    /// The views over a relation are made again after it has moved. `relation` is as it was.
    pub(super) fn follow(&mut self, relation: &Relation, moved: &Moved<'_>) -> Result<(), Failure> {
        for view in self.follow_in_texts(relation, moved)? {
            self.remake(&view)?;
        }
        Ok(())
    }

    /// The texts of the views over a relation are written anew; gives the views that the engine
    /// has as such.
    pub(super) fn follow_in_texts(
        &mut self,
        relation: &Relation,
        moved: &Moved<'_>,
    ) -> Result<Vec<Relation>, Failure> {
        let database = self.database.clone();
        let mut views = Vec::new();
        for view in relations::dependents(&self.connection, &database, relation.id)? {
            let text = self.text_of(&view)?;
            let text = moved_text(text, relation, moved)?;
            if view.is_materialized() {
                let query = format!("query = {}", literal(&text));
                super::materialized::change(&self.connection, &database, view.id, &query)?;
                continue;
            }
            let change = format!("definition = {}", literal(&text));
            relations::change(&self.connection, &database, view.id, &change)?;
            views.push(view);
        }
        Ok(views)
    }

    /// A view's query as Redshift SQL.
    pub(super) fn text_of(&self, view: &Relation) -> Result<String, Failure> {
        if view.is_materialized() {
            return self.materialized_query(view.id);
        }
        Ok(relations::definition(&self.connection, &self.database, view.id)?)
    }

    /// Makes the engine's view again from its definition, with the columns it has.
    pub(super) fn remake(&mut self, view: &Relation) -> Result<(), Failure> {
        let database = self.database.clone();
        let text = relations::definition(&self.connection, &database, view.id)?;
        let query = self.query_of(&text)?;
        let names: Vec<String> = relations::column_facts(&self.connection, &database, view.id)?
            .into_iter()
            .map(|column| column.name)
            .collect();
        self.relations_changed();
        let place = Place { schema: view.schema.clone(), name: view.name.clone() };
        self.bind_view(&place, &names, &query, None).map(drop)
    }

    /// Only the owner or a superuser.
    pub(super) fn require_owner(&mut self, relation: &Relation) -> Result<(), Failure> {
        let identity = self.identity()?;
        if identity.superuser || relation.owner == identity.user {
            return Ok(());
        }
        Err(Failure::new("42501", format!("must be owner of relation {}", relation.name)))
    }

    /// Resolves names as the session sees them.
    pub(in crate::session) fn resolved(
        &mut self,
        name: &redshift_sql::ObjectName,
    ) -> Result<Resolved, Failure> {
        self.with_scope(|connection, scope: &Scope<'_>| resolve(connection, scope, name))
    }
}

/// The text with a relation's new name, or its column's, wherever it is named.
fn moved_text(mut text: String, relation: &Relation, moved: &Moved<'_>) -> Result<String, Failure> {
    let mut from = 0_usize;
    for _ in 0..TURNS {
        let Some((start, end)) = named(&text, from, &relation.schema, &relation.name) else {
            return Ok(text);
        };
        let tail = text.get(end..).unwrap_or_default();
        let alias =
            if has_alias(tail) { String::new() } else { format!(" as {}", quote(&relation.name)) };
        let new = match moved {
            Moved::Renamed { schema, name } => {
                format!("{}.{}{alias}", written(schema), written(name))
            }
            Moved::Column { from, to, columns } => {
                let shown = |name: &String| match name == to {
                    true => format!("{} as {}", quote(to), quote(from)),
                    false => quote(name),
                };
                let list: Vec<String> = columns.iter().map(shown).collect();
                let (schema, name) = (quote(&relation.schema), quote(&relation.name));
                format!("(select {} from {schema}.{name}){alias}", list.join(", "))
            }
        };
        text.replace_range(start..end, &new);
        from = start.saturating_add(new.len());
    }
    Err(Failure::new("54001", "the view names too many relations"))
}

/// Where a name stands in a text, in bytes; positions count in characters from 1.
fn place_of(text: &str, position: usize, name: &str) -> Option<usize> {
    let index = position.checked_sub(1)?;
    let at = text.char_indices().nth(index)?.0;
    let here = text.get(at..)?.trim_start_matches('"').to_lowercase();
    here.starts_with(&name.to_lowercase()).then_some(at)
}

/// The next `schema.name` from here on, outside literals: its bytes.
fn named(text: &str, from: usize, schema: &str, name: &str) -> Option<(usize, usize)> {
    let mut at = from;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let parts = dotted(rest);
        let own = |index: usize, what: &str| parts.get(index).is_some_and(|(part, _)| part == what);
        let first = usize::from(parts.len() > 2 && !own(0, schema));
        if own(first, schema) && own(first.saturating_add(1), name) {
            let end = parts.get(first.saturating_add(1)).map_or(0, |(_, end)| *end);
            return Some((at, at.saturating_add(end)));
        }
        let whole = parts.last().map_or(0, |(_, end)| *end);
        let one = rest
            .chars()
            .next()
            .map_or(1, |c| super::super::parameters::token_length(rest, c).max(c.len_utf8()));
        at = at.saturating_add(whole.max(one));
    }
    None
}

/// A name as one would write it: in quotes where it needs them.
fn written(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match plain && name.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => name.to_owned(),
        false => quote(name),
    }
}

/// Whether a relation's name is followed by an alias of its own.
fn has_alias(tail: &str) -> bool {
    const NEXT: &[&str] = &[
        "where",
        "join",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "natural",
        "on",
        "using",
        "group",
        "order",
        "having",
        "qualify",
        "limit",
        "offset",
        "union",
        "intersect",
        "except",
        "minus",
        "window",
        "start",
        "connect",
        "pivot",
        "unpivot",
    ];
    let tail = tail.trim_start();
    let Some(first) = tail.chars().next() else { return false };
    if first == '"' {
        return true;
    }
    let word: String =
        tail.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    !word.is_empty() && !NEXT.contains(&word.to_lowercase().as_str())
}

fn relation_id(read: &Resolved) -> Option<i64> {
    match read {
        Resolved::Relation { relation, .. } => Some(relation.id),
        _ => None,
    }
}
